use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use postgres::cluster::{Cluster, ClusterError, Durability};
use postgres::sqlx::{Connection, PgConnection};
use postgres::{Database, ReadDatabase, Tx, migrate};
use tokio::sync::Notify;

use crate::{EXAMPLE, count, open_account};

/// A directory name of this test process; nothing is made there, the cluster's place is derived from it.
fn directory(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("jianzheng-cluster-{name}-{}", std::process::id()))
}

async fn accounts(cluster: &Cluster) -> i64 {
    let roles = cluster.database("example").await.unwrap();
    let database = Database::connect(&roles.app, "test").await.unwrap();
    database
        .run_tx("count", async |tx: &mut Tx| count(tx, "example.account").await)
        .await
        .unwrap()
}

async fn fill(cluster: &Cluster) {
    let roles = cluster.database("example").await.unwrap();
    migrate(&roles.owner, &EXAMPLE).await.unwrap();
    let database = Database::connect(&roles.app, "test").await.unwrap();
    database
        .run_tx("open", async |tx: &mut Tx| open_account(tx, 1, "a", 0).await)
        .await
        .unwrap();
}

/// What committed is there after a regular stop, after the server was killed, and after a second owner was
/// turned away meanwhile. One test, since making a cluster takes seconds.
#[tokio::test]
async fn a_cluster_keeps_what_committed() {
    let directory = directory("keeps");
    let cluster = Cluster::start(&directory, Durability::Durable).unwrap();
    fill(&cluster).await;
    assert!(matches!(
        Cluster::start(&directory, Durability::Durable),
        Err(ClusterError::InUse(_))
    ));
    let place = cluster.place().to_owned();
    assert!(
        place.join(".s.PGSQL.5432").as_os_str().len() < 100,
        "socket paths are short"
    );
    drop(cluster);
    assert!(!place.join("data/postmaster.pid").exists(), "stopped on drop");

    let cluster = Cluster::start(&directory, Durability::Durable).unwrap();
    assert_eq!(accounts(&cluster).await, 1);
    kill(cluster.server_pid());
    wait_for_end(cluster.server_pid());
    drop(cluster);

    let mut cluster = Cluster::start(&directory, Durability::Durable).unwrap();
    assert_eq!(accounts(&cluster).await, 1, "recovered after a crash");
    pools_go_on_after_a_crash(&mut cluster).await;
    assert_eq!(accounts(&cluster).await, 3);
    assert_settings(&cluster).await;
    assert_secrets_are_private(cluster.place());
    cluster.destroy().unwrap();
    assert!(!place.exists());
}

/// A crash breaks every connection: a transaction that had not come to its COMMIT begins anew, and no idle connection is
/// handed out that broke with it.
async fn pools_go_on_after_a_crash(cluster: &mut Cluster) {
    let roles = cluster.database("example").await.unwrap();
    let database = Database::connect(&roles.app, "test").await.unwrap();
    let reader = ReadDatabase::connect(&roles.app, "test").await.unwrap();
    let idle = tokio::join!(reader.pool().acquire(), reader.pool().acquire());
    drop((idle.0.unwrap(), idle.1.unwrap()));

    let (begun, recovered, attempts) = (Notify::new(), Notify::new(), AtomicU32::new(0));
    let opening = database.run_tx("open amid a crash", async |tx: &mut Tx| {
        open_account(tx, 2, "b", 0).await?;
        if attempts.fetch_add(1, Ordering::Relaxed) == 0 {
            begun.notify_one();
            recovered.notified().await;
        }
        open_account(tx, 3, "c", 0).await
    });
    let crash = async {
        begun.notified().await;
        cluster.crash().unwrap();
        cluster.recover().unwrap();
        recovered.notify_one();
    };
    let (opened, ()) = tokio::join!(opening, crash);
    opened.unwrap();
    assert_eq!(attempts.load(Ordering::Relaxed), 2);
    for _ in 0..4 {
        let seen: i64 = sqlx::query_scalar("SELECT count(*) FROM example.account")
            .fetch_one(reader.pool())
            .await
            .unwrap();
        assert_eq!(seen, 3);
    }
}

async fn assert_settings(cluster: &Cluster) {
    let roles = cluster.database("example").await.unwrap();
    let mut connection = PgConnection::connect(&roles.app.url().unwrap()).await.unwrap();
    for (setting, value) in [
        ("listen_addresses", ""),
        ("fsync", "on"),
        ("full_page_writes", "on"),
        ("synchronous_commit", "on"),
        ("log_error_verbosity", "terse"),
        ("log_min_error_statement", "panic"),
        ("log_parameter_max_length", "0"),
        ("log_parameter_max_length_on_error", "0"),
        ("log_statement", "none"),
        ("TimeZone", "UTC"),
    ] {
        let found: String = sqlx::query_scalar("SELECT current_setting($1)")
            .bind(setting)
            .fetch_one(&mut connection)
            .await
            .unwrap();
        assert_eq!(found, value, "{setting}");
    }
}

fn assert_secrets_are_private(place: &Path) {
    use std::os::unix::fs::PermissionsExt;

    let files: Vec<_> = std::fs::read_dir(place.join("secrets"))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert!(files.len() >= 3, "administrator, owner, app");
    for file in files {
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
    assert_eq!(
        std::fs::metadata(place).unwrap().permissions().mode() & 0o777,
        0o700
    );
    assert!(!place.join("initial-password").exists());
}

/// The process that started a cluster is killed without any chance to stop it.
#[test]
fn a_server_dies_with_the_process_that_started_it() {
    let mut starter = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "cluster::process_that_starts_a_cluster",
            "--ignored",
            "--nocapture",
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let output = BufReader::new(starter.stdout.take().unwrap());
    let told = output.lines().map(Result::unwrap).find_map(|line| {
        line.split_once("server ")
            .map(|(_, pid)| pid.trim().parse::<u32>().unwrap())
    });
    let server = told.expect("the starter tells the server's process id");
    assert!(Path::new(&format!("/proc/{server}")).exists());
    starter.kill().unwrap();
    starter.wait().unwrap();
    wait_for_end(server);

    // What it left is taken over.
    let cluster = Cluster::start(&started_by(starter.id()), Durability::Fast).unwrap();
    cluster.destroy().unwrap();
}

#[test]
#[ignore = "started by another test as a process of its own"]
fn process_that_starts_a_cluster() {
    let cluster = Cluster::start(&started_by(std::process::id()), Durability::Fast).unwrap();
    println!("server {}", cluster.server_pid());
    // Until it is killed; ends by itself if it was started by hand.
    let _ = std::io::stdin().read(&mut [0; 1]).unwrap();
    cluster.destroy().unwrap();
}

fn started_by(process: u32) -> PathBuf {
    std::env::temp_dir().join(format!("jianzheng-cluster-started-by-{process}"))
}

fn kill(process: u32) {
    assert!(
        Command::new("kill")
            .args(["-KILL", &process.to_string()])
            .status()
            .unwrap()
            .success()
    );
}

/// Returns when the process is gone.
fn wait_for_end(process: u32) {
    let pid = format!("--pid={process}");
    assert!(
        Command::new("tail")
            .args([&pid, "-s", "0.05", "-f", "/dev/null"])
            .status()
            .unwrap()
            .success()
    );
}
