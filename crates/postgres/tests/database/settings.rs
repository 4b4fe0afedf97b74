use std::path::{Path, PathBuf};

use postgres::cluster::{Cluster, Durability};
use postgres::sqlx::{Connection, Executor, PgConnection};
use postgres::{Database, Driver, Error, Settings};

#[test]
fn every_fault_is_told_at_once_by_its_key() {
    let wrong: Settings = serde_json::from_value(serde_json::json!({
        "socket": "run", "host": "db.example", "database": "Identity; DROP", "role": "", "max_connections": 0,
        "password_file": "/nowhere/password", "tls_certificate": "/nowhere/certificate",
    }))
    .unwrap();
    let faults = wrong.faults().join("\n");
    for key in [
        "socket and host",
        "database",
        "role",
        "max_connections",
        "password_file",
        "tls_certificate and tls_key",
    ] {
        assert!(faults.contains(key), "{key}: {faults}");
    }
    let without_tls: Settings =
        serde_json::from_value(serde_json::json!({"host": "db.example", "database": "a", "role": "a"}))
            .unwrap();
    assert_eq!(without_tls.faults(), ["tls_ca is missing: TCP needs TLS"]);
    let unknown = serde_json::json!({"socket": "/run", "database": "a", "role": "a", "sslmode": "disable"});
    assert!(serde_json::from_value::<Settings>(unknown).is_err());
    assert_eq!(
        Settings::on_socket("/run/postgresql", "identity", "identity_app").faults(),
        Vec::<String>::new()
    );
}

#[tokio::test]
async fn wrong_settings_open_nothing() {
    let error = Database::connect(&Settings::on_socket("relative", "a", "b"), "test")
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Settings(faults) if faults == ["socket is not absolute"]));
}

#[tokio::test]
async fn a_missing_server_is_unavailable() {
    let nowhere = Settings {
        wait_timeout_ms: 100,
        ..Settings::on_socket("/nowhere", "a", "b")
    };
    let error = Database::connect(&nowhere, "test").await.unwrap_err();
    assert!(error.is_unavailable(), "{error:?}");
}

/// Over TCP the server must hold a certificate of the given authority for the very name it is called by.
#[tokio::test]
async fn over_tcp_only_the_right_server_is_trusted() {
    let directory = std::env::temp_dir().join(format!("jianzheng-cluster-tls-{}", std::process::id()));
    let (ours, other) = (authority(), authority());
    let cluster = Cluster::start(&directory, Durability::Fast).unwrap();
    let roles = cluster.database("example").await.unwrap();
    let port = free_port();
    listen_with_tls(&cluster, &ours, port).await;
    let place = cluster.place().to_owned();
    let trusted = write(&place, "ca.pem", &ours.certificate.pem());
    let untrusted = write(&place, "other-ca.pem", &other.certificate.pem());
    drop(cluster);

    let cluster = Cluster::start(&directory, Durability::Fast).unwrap();
    let over_tcp = Settings {
        socket: None,
        host: Some("localhost".to_owned()),
        port,
        tls_ca: Some(trusted),
        wait_timeout_ms: 3_000,
        ..roles.app.clone()
    };
    let database = Database::connect(&over_tcp, "test").await.unwrap();
    let encrypted: bool = database
        .run_tx("look", async |tx: &mut postgres::Tx| -> Result<_, Error> {
            let query = sqlx::query_scalar("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()");
            Ok(query.fetch_one(tx.conn()).await?)
        })
        .await
        .unwrap();
    assert!(encrypted);
    for distrusted in [
        Settings {
            tls_ca: Some(untrusted),
            ..over_tcp.clone()
        },
        // The same server under a name its certificate does not hold.
        Settings {
            host: Some("127.0.0.1".to_owned()),
            ..over_tcp.clone()
        },
    ] {
        let error = Database::connect(&distrusted, "test").await.unwrap_err();
        assert!(
            matches!(
                error,
                Error::Driver(Driver::Other(_) | Driver::Lost(_) | Driver::Io(_))
            ),
            "{error:?}"
        );
    }
    database.close().await;
    cluster.destroy().unwrap();
}

struct Authority {
    certificate: rcgen::Certificate,
    issuer: rcgen::Issuer<'static, rcgen::KeyPair>,
}

fn authority() -> Authority {
    let key = rcgen::KeyPair::generate().unwrap();
    let mut parameters = rcgen::CertificateParams::new(vec![]).unwrap();
    parameters.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let certificate = parameters.self_signed(&key).unwrap();
    Authority {
        certificate,
        issuer: rcgen::Issuer::new(parameters, key),
    }
}

/// Settings of a production server, taken up at its next start.
async fn listen_with_tls(cluster: &Cluster, authority: &Authority, port: u16) {
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = rcgen::CertificateParams::new(vec!["localhost".to_owned()])
        .unwrap()
        .signed_by(&key, &authority.issuer)
        .unwrap();
    let data = cluster.place().join("data");
    write_as_server(&data, "server.crt", &certificate.pem());
    write_as_server(&data, "server.key", &key.serialize_pem());
    write_as_server(
        &data,
        "production_hba.conf",
        "hostssl all all localhost scram-sha-256\n",
    );
    let administrator = Settings {
        password_file: Some(cluster.place().join("secrets/postgres")),
        ..Settings::on_socket(cluster.place(), "postgres", "postgres")
    };
    let mut connection = PgConnection::connect(&administrator.url().unwrap())
        .await
        .unwrap();
    for (setting, value) in [
        ("listen_addresses", "localhost".to_owned()),
        ("port", port.to_string()),
        ("ssl", "on".to_owned()),
        ("hba_file", data.join("production_hba.conf").display().to_string()),
    ] {
        let statement = format!("ALTER SYSTEM SET {setting} = '{value}'");
        connection
            .execute(sqlx::raw_sql(sqlx::AssertSqlSafe(statement)))
            .await
            .unwrap();
    }
}

fn write(folder: &Path, name: &str, contents: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, contents).unwrap();
    path
}

/// A file only the server's account may read.
fn write_as_server(data: &Path, name: &str, contents: &str) {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};

    let path = write(data, name, contents);
    let owner = std::fs::metadata(data).unwrap();
    chown(&path, Some(owner.uid()), Some(owner.gid())).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("localhost:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}
