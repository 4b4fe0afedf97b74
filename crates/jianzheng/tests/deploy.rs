//! What stands in `deploy/` can be started: every configuration is checked by the program as its container would see it.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use jianzheng::admin::containers;
use jianzheng::deployment::{Deployment, Role};
use service_runtime::clock::{Clock as _, SystemClock};

/// Where compose.yaml mounts the only folder that a service writes to.
const STATE: &str = "/var/lib/jianzheng";

#[test]
fn every_configuration_is_without_fault_in_its_container() {
    let folder = tempfile::tempdir().expect("a folder");
    let deployment = prepared(folder.path());
    let compose = std::fs::read_to_string(deploy().join("compose.yaml")).expect("compose.yaml");
    for role in deployment.roles() {
        let file = format!("{role}.toml");
        let home = deployment.home(&role);
        let own = home
            .strip_prefix(&deployment.folder)
            .expect("below the deployment");
        for mount in [
            format!("- ./config/{file}:/etc/jianzheng/config.toml:ro\n"),
            format!("- ./node/{}:/etc/jianzheng/own:ro\n", own.display()),
        ] {
            assert!(compose.contains(&mount), "compose.yaml lacks {mount}");
        }
        let config = mounted(folder.path(), &deployment, &role);
        let checked = Command::new(env!("CARGO_BIN_EXE_jianzheng"))
            .args(["serve", role.service(), "--check-config", "--config"])
            .arg(&config)
            .output()
            .expect("jianzheng runs");
        assert!(
            checked.status.success(),
            "deploy/config/{file}: {}",
            String::from_utf8_lossy(&checked.stderr)
        );
    }
}

#[test]
fn every_file_of_configurations_belongs_to_a_service() {
    let roles: Vec<String> = of(Path::new("/"))
        .roles()
        .iter()
        .map(|role| format!("{role}.toml"))
        .collect();
    for entry in std::fs::read_dir(deploy().join("config")).expect("deploy/config") {
        let name = entry.expect("an entry").file_name();
        assert!(
            roles.iter().any(|role| name == role.as_str()),
            "{}",
            name.display()
        );
    }
}

#[test]
fn what_is_mounted_everywhere_holds_no_secret() {
    let folder = tempfile::tempdir().expect("a folder");
    let deployment = prepared(folder.path());
    let mut texts = Vec::new();
    let mut folders = vec![deployment.folder.join("public")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("public") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                texts.push((path.clone(), std::fs::read(path).expect("a file")));
            }
        }
    }
    assert!(texts.len() >= 7, "authorities, receipts, trust: {}", texts.len());
    for (path, text) in texts {
        let text = String::from_utf8_lossy(&text);
        assert!(!text.contains("PRIVATE KEY"), "{}", path.display());
    }
}

#[test]
fn preparing_again_changes_no_password_and_no_key() {
    let folder = tempfile::tempdir().expect("a folder");
    let deployment = prepared(folder.path());
    let kept = || {
        let home = deployment.home(&Role::Identity);
        let files = [
            home.join("database/app"),
            home.join("tls-key.pem"),
            deployment.folder.join("postgres/passwords/identity_app"),
            deployment.folder.join("postgres/server-key.pem"),
        ];
        files.map(|file| std::fs::read(file).expect("a file"))
    };
    let before = kept();
    assert_eq!(
        before[0], before[2],
        "the service and PostgreSQL have the same password"
    );
    containers::prepare(&deployment, SystemClock::new().now()).expect("again");
    assert_eq!(kept(), before);
}

fn deploy() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy")
}

fn of(folder: &Path) -> Deployment {
    Deployment {
        folder: folder.join("node"),
        address: IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        provinces: vec!["32".to_owned(), "33".to_owned()],
        routes: BTreeMap::new(),
    }
}

fn prepared(folder: &Path) -> Deployment {
    let deployment = of(folder);
    containers::prepare(&deployment, SystemClock::new().now()).expect("a deployment");
    deployment
}

/// The configuration of a role beside its `own` and `public`, as in its container.
fn mounted(folder: &Path, deployment: &Deployment, role: &Role) -> PathBuf {
    let inside = folder.join("containers").join(role.to_string());
    let state = inside.join("state");
    std::fs::create_dir_all(state.join("objects")).expect("folders");
    symlink(deployment.home(role), inside.join("own")).expect("own");
    symlink(deployment.folder.join("public"), inside.join("public")).expect("public");
    let text = std::fs::read_to_string(deploy().join("config").join(format!("{role}.toml")))
        .expect("a configuration");
    let config = inside.join("config.toml");
    std::fs::write(&config, text.replace(STATE, &state.display().to_string())).expect("config.toml");
    config
}
