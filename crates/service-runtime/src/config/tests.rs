use std::{fs, os::unix::fs::PermissionsExt, path::Path, time::Duration};

use jiff::Timestamp;
use secrecy::ExposeSecret;
use serde::Deserialize;

use super::*;
use crate::{
    clock::{Clock, ClockFile},
    pki::{Authority, Validity},
    tls::{Gate, PeerIdentity},
};

/// A folder with the services' authority and a certificate of `identity`.
fn folder(deployment: Deployment) -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a folder");
    let now = crate::clock::SystemClock::new().now();
    let validity = Validity::starting(now, Duration::from_secs(86_400)).expect("a validity");
    let authority = Authority::create(Gate::Services, deployment, validity).expect("an authority");
    authority.save(dir.path()).expect("saved");
    let identity = PeerIdentity::nation("identity").expect("an identity");
    authority
        .issue(&identity, &[], validity)
        .expect("issued")
        .save(dir.path(), "identity")
        .expect("saved");
    dir
}

const GOOD: &str = r#"
    deployment = "development"
    [listen]
    services = "127.0.0.1:0"
    [tls]
    certificate = "identity.pem"
    key = "identity-key.pem"
    services_ca = "ca.pem"
    [peers.seal]
    address = "127.0.0.1:7000"
    timeout = "300ms"
"#;

fn paths(faults: &Faults) -> Vec<&str> {
    faults.0.iter().map(|fault| fault.path.as_str()).collect()
}

#[test]
fn a_sound_file_is_read_with_paths_relative_to_it() {
    let dir = folder(Deployment::Development);
    let file = dir.path().join("identity.toml");
    fs::write(&file, GOOD).expect("written");
    let common = load(&file, Common::read).expect("no fault");
    let seal = common.peers.find("seal").expect("configured");
    assert_eq!(seal.identity.to_string(), "spiffe://jianzheng/nation/seal");
    assert_eq!(seal.timeout, Duration::from_millis(300));
    assert_eq!(common.listen.at.len(), 1);
    assert!(!common.clocks.register.is_controlled());
}

#[test]
fn every_fault_is_reported_at_once() {
    let dir = folder(Deployment::Development);
    let text = r#"
        deployment = "staging"
        colour = "red"
        [listen]
        services = "here"
        clients = "127.0.0.1:0"
        [tls]
        certificate = "identity.pem"
        key = "missing.pem"
        services_ca = "identity-key.pem"
        [telemetry]
        sample = 2
        otlp = "nowhere at all"
        [limits]
        in_flight = 0
        grace = "soon"
        [tokens]
        clock_skew = "6m"
        [peers.seal]
        adress = "127.0.0.1:7000"
    "#;
    let faults = parse(text, dir.path(), Common::read).expect_err("it is full of faults");
    assert_eq!(
        paths(&faults),
        [
            "colour",
            "deployment",
            "limits.grace",
            "limits.in_flight",
            "listen.services",
            "peers.seal.address",
            "peers.seal.adress",
            "telemetry.otlp",
            "telemetry.sample",
            "tls.key",
            "tls.services_ca",
            "tokens.clock_skew",
        ],
        "{faults}"
    );
}

#[test]
fn a_gate_and_a_peer_need_the_authority_they_go_by() {
    let dir = folder(Deployment::Development);
    let text = GOOD.replace("[tls]", "clients = \"127.0.0.1:0\"\n[tls]")
        + "identity = \"spiffe://jianzheng/province/32/registration\"\n";
    let faults = parse(&text, dir.path(), Common::read).expect_err("two authorities are missing");
    assert_eq!(
        paths(&faults),
        ["listen.clients", "peers.seal.identity"],
        "{faults}"
    );
}

#[test]
fn a_service_that_listens_nowhere_does_not_start() {
    let dir = folder(Deployment::Development);
    let text = GOOD.replace("services = \"127.0.0.1:0\"", "");
    let faults = parse(&text, dir.path(), Common::read).expect_err("no gate is open");
    assert_eq!(paths(&faults), ["listen"]);
}

#[test]
fn what_is_not_toml_is_reported_by_line_without_its_text() {
    let faults = parse("a = 1\nb = s3cret s3cret\n", Path::new("."), |_| Some(())).expect_err("not TOML");
    assert_eq!(paths(&faults), ["line 2"]);
    assert!(!faults.to_string().contains("s3cret"), "{faults}");
}

#[test]
fn secrets_come_from_files_that_not_everybody_may_read() {
    let dir = tempfile::tempdir().expect("a folder");
    let secret = dir.path().join("password");
    fs::write(&secret, "s3cret\n").expect("written");
    let read = |root: &mut Section| root.secret_file("password_file");
    let text = "password_file = \"password\"";

    fs::set_permissions(&secret, fs::Permissions::from_mode(0o604)).expect("changed");
    let faults = parse(text, dir.path(), read).expect_err("everybody may read it");
    assert_eq!(paths(&faults), ["password_file"]);
    assert!(!faults.to_string().contains("s3cret"));

    fs::set_permissions(&secret, fs::Permissions::from_mode(0o600)).expect("changed");
    let read = parse(text, dir.path(), read).expect("only the owner may read it");
    assert_eq!(read.expose_secret(), "s3cret");
    assert!(!format!("{read:?}").contains("s3cret"));
}

#[test]
fn the_register_clock_is_controlled_only_with_development_keys() {
    for (keys, deployment, controlled) in [
        (Deployment::Development, "development", true),
        (Deployment::Development, "production", false),
        (Deployment::Production, "development", false),
        (Deployment::Production, "production", false),
    ] {
        let dir = folder(keys);
        let start: Timestamp = "2023-08-01T00:00:00Z".parse().expect("an instant");
        ClockFile::create(&dir.path().join("clock"), start).expect("created");
        let text =
            GOOD.replace("\"development\"", &format!("{deployment:?}")) + "[clock]\nfile = \"clock\"\n";
        match parse(&text, dir.path(), Common::read) {
            Ok(common) => {
                assert!(controlled, "{keys:?} keys, {deployment}");
                assert_eq!(common.clocks.register.today().to_string(), "2023-08-01");
            }
            Err(faults) => {
                assert!(!controlled, "{keys:?} keys, {deployment}: {faults}");
                assert_eq!(paths(&faults), ["clock.file"]);
            }
        }
    }
}

#[test]
fn the_database_section_is_read_by_the_database_s_own_type() {
    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Settings {
        socket: String,
        role: String,
    }
    let base = Path::new("/srv/jianzheng");
    let read = |root: &mut Section| {
        database(root, |settings: &Settings| {
            if settings.role == "postgres" {
                vec!["role must not be postgres".to_owned()]
            } else {
                Vec::new()
            }
        })
    };
    let settings = parse("[database]\nsocket = \"run\"\nrole = \"seal_app\"", base, read).expect("sound");
    assert_eq!(
        (settings.socket.as_str(), settings.role.as_str()),
        ("/srv/jianzheng/run", "seal_app")
    );
    for (text, problem) in [
        (
            "[database]\nsocket = \"run\"\nrole = \"postgres\"",
            "role must not be postgres",
        ),
        ("[database]\nsocket = \"run\"", "missing field `role`"),
        ("", "is required"),
    ] {
        let faults = parse(text, base, read).expect_err(problem);
        assert_eq!(
            faults.0,
            [Fault {
                path: "database".to_owned(),
                problem: problem.to_owned()
            }]
        );
    }
}

#[test]
fn durations_need_a_unit() {
    let read = |root: &mut Section| root.required::<Duration>("t");
    for (text, expected) in [
        ("300ms", 300),
        ("5s", 5000),
        ("2m", 120_000),
        ("1h", 3_600_000),
        ("1d", 86_400_000),
    ] {
        let read = parse(&format!("t = {text:?}"), Path::new("."), read).expect("a duration");
        assert_eq!(read, Duration::from_millis(expected));
    }
    for text in [
        "\"5\"",
        "5",
        "\"s\"",
        "\"-5s\"",
        "\"5 weeks\"",
        "\"99999999999999999999s\"",
        "\"9999999999999999999d\"",
    ] {
        assert!(
            parse(&format!("t = {text}"), Path::new("."), read).is_err(),
            "{text}"
        );
    }
}
