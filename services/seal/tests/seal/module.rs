//! Keys in PKCS#11 modules: SoftHSM holds the PDF signer's, a module built here from C over OpenSSL 3 the seal signer's,
//! since SoftHSM knows no SM2. SoftHSM finds its configuration by the environment only, so the story runs in a process of
//! its own, told by standard input where to work.

use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::signing::both_hold;
use crate::world::{World, intent, ofd, reason};

const SOFTHSM: &str = "/usr/lib/softhsm/libsofthsm2.so";
const STORY: &str = "module::story_of_keys_in_modules";

#[test]
fn keys_in_modules_sign_what_the_software_keys_did() {
    let folder = tempfile::tempdir().expect("a folder");
    let tokens = folder.path().join("tokens");
    std::fs::create_dir(&tokens).expect("a folder");
    let settings = folder.path().join("softhsm2.conf");
    std::fs::write(
        &settings,
        format!("directories.tokendir = {}\n", tokens.display()),
    )
    .expect("written");
    let mut child = Command::new(std::env::current_exe().expect("this program"))
        .args([STORY, "--exact", "--ignored", "--nocapture"])
        .env("SOFTHSM2_CONF", &settings)
        .stdin(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut stdin = child.stdin.take().expect("piped");
    writeln!(stdin, "{}", folder.path().display()).expect("it listens");
    drop(stdin);
    assert!(child.wait().expect("it ends").success(), "the story holds");
}

#[test]
#[ignore = "run by the test above, in a process of its own"]
fn story_of_keys_in_modules() {
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).expect("standard input");
    if line.trim().is_empty() {
        return;
    }
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(story(Path::new(line.trim())));
}

async fn story(folder: &Path) {
    let mut world = World::new().await;
    let keystore = world.realm.folder().join("keystore/specimen");
    let (seal_key, pdf_key) = (
        keystore.join("seal-signer-key.pem"),
        keystore.join("pdf-signer-key.pem"),
    );
    softhsm(&[
        "--init-token",
        "--free",
        "--label",
        "jianzheng",
        "--pin",
        "234567",
        "--so-pin",
        "765432",
    ]);
    let import = pdf_key.to_str().expect("a path");
    softhsm(&[
        "--import",
        import,
        "--token",
        "jianzheng",
        "--label",
        "jz-specimen-pdf",
        "--id",
        "01",
        "--pin",
        "234567",
    ]);
    let module = sm2_module(folder, &seal_key);
    for (name, pin) in [("hsm-pin", "234567\n"), ("sm2-pin", "123456\n")] {
        let path = world.realm.folder().join(name);
        std::fs::write(&path, pin).expect("written");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).expect("guarded");
    }
    std::fs::remove_file(&pdf_key).expect("the key is in the module now");
    std::fs::remove_file(&seal_key).expect("the key is in the module now");

    for mechanism in ["0x80000301", "0x80000302"] {
        world.restart(&sections(&module, mechanism)).await;
        both_hold(&world).await;
    }
    world.restart(&sections(&module, "0x80000303")).await;
    let refused = world.sign(vec![ofd(&intent(), [1; 32])]).await;
    assert_eq!(
        reason(&refused[0]),
        "KEY_UNAVAILABLE",
        "the module knows no such mechanism"
    );
}

fn sections(module: &Path, mechanism: &str) -> String {
    format!(
        "[backends.hsm]\nkind = \"pkcs11\"\nmodule = {SOFTHSM:?}\ntoken = \"jianzheng\"\npin_file = \"hsm-pin\"\n\
         key_label = \"jz-{{key}}\"\n\
         [backends.sm2]\nkind = \"pkcs11\"\nmodule = {module:?}\ntoken = \"sm2-token\"\npin_file = \"sm2-pin\"\n\
         key_label = \"jz-{{key}}\"\nsm2_mechanism = {mechanism}\n\
         [profiles.original]\nofd = \"sm2\"\npdf = \"hsm\"\n[profiles.use_copy]\nofd = \"sm2\"\npdf = \"hsm\"\n"
    )
}

fn softhsm(arguments: &[&str]) {
    let done = Command::new("softhsm2-util")
        .args(arguments)
        .stdout(Stdio::null())
        .status();
    assert!(done.expect("Debian package softhsm2").success(), "{arguments:?}");
}

/// Builds the module with the key of the ceremony inside its reach.
fn sm2_module(folder: &Path, key: &Path) -> PathBuf {
    let kept = folder.join("module-key.pem");
    std::fs::copy(key, &kept).expect("copied");
    let library = folder.join("sm2_module.so");
    let done = Command::new("gcc")
        .args(["-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror", "-o"])
        .arg(&library)
        .arg(format!("-DKEY_FILE=\"{}\"", kept.display()))
        .arg("-DKEY_LABEL=\"jz-specimen-ofd\"")
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/seal/sm2_module.c"))
        .arg("-lcrypto")
        .status();
    assert!(done.expect("gcc").success(), "Debian packages gcc, libssl-dev");
    library
}
