//! `cargo xtask container`: the image of `deploy/`, with base images made of Debian's packages where no registry is to be
//! had.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use clap::Args;

use crate::shell;

/// How the image is made.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Make the base images (Debian, Rust, PostgreSQL) of Debian's packages and this machine's Rust instead of taking
    /// them from a registry. Needs root and mmdebstrap.
    #[arg(long)]
    from_packages: bool,
    /// The profile of the executable.
    #[arg(long, default_value = "release")]
    profile: String,
    /// podman or docker.
    #[arg(long, default_value = "podman")]
    engine: String,
}

/// A base image made here: its name and the packages in it.
struct Base {
    image: &'static str,
    packages: &'static str,
    changes: &'static [&'static str],
}

const SUITE: &str = "bookworm";
const DEBIAN: Base = Base {
    image: "localhost/jianzheng-debian",
    packages: "ca-certificates",
    changes: &[],
};
const RUST: Base = Base {
    image: "localhost/jianzheng-rust",
    packages: "gcc,g++,libc6-dev,make,ca-certificates",
    changes: &["ENV CARGO_HOME=/usr/local/cargo"],
};
const POSTGRES: Base = Base {
    image: "localhost/jianzheng-postgres",
    packages: "postgresql-15",
    changes: &["USER 999:999"],
};
/// As in the official image, so that one compose.yaml fits both: the same user, owner of an empty folder for the data.
const POSTGRES_USER: &str = "echo postgres:x:999: >>/etc/group && \
     echo postgres:x:999:999::/var/lib/postgresql:/bin/sh >>/etc/passwd";
const POSTGRES_DATA: &str = "rm -rf /var/lib/postgresql/15 /etc/postgresql/15 && \
     install -d -o postgres -g postgres -m 0700 /var/lib/postgresql/data";

/// Makes what is missing and builds the image `jianzheng`.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let mut build = Command::new(&arguments.engine);
    build.args(["build", "--tag", "jianzheng", "--file", "deploy/Containerfile"]);
    build.arg(format!("--build-arg=PROFILE={}", arguments.profile));
    if arguments.from_packages {
        let copy_toolchain = toolchain()?;
        let postgres_user = format!("chroot \"$1\" sh -c '{POSTGRES_USER}'");
        let postgres_data = format!("chroot \"$1\" sh -c '{POSTGRES_DATA}'");
        ensure(&arguments.engine, &DEBIAN, &[])?;
        ensure(
            &arguments.engine,
            &RUST,
            &[
                format!("--customize-hook={copy_toolchain}"),
                format!("--customize-hook={AUTHORITIES}"),
            ],
        )?;
        ensure(
            &arguments.engine,
            &POSTGRES,
            &[
                format!("--essential-hook={postgres_user}"),
                format!("--customize-hook={postgres_data}"),
            ],
        )?;
        build.arg(format!("--build-arg=DEBIAN={}", DEBIAN.image));
        build.arg(format!("--build-arg=RUST={}", RUST.image));
    }
    shell::run(build.arg(".").current_dir(shell::root()))?;
    if arguments.from_packages {
        println!("export JIANZHENG_POSTGRES={}", POSTGRES.image);
    }
    Ok(())
}

/// Makes a base image unless the engine has it.
fn ensure(engine: &str, base: &Base, hooks: &[String]) -> Result<()> {
    let known = Command::new(engine)
        .args(["image", "inspect", "--format", "{{.Id}}", base.image])
        .output()
        .with_context(|| format!("cannot start {engine}"))?;
    if known.status.success() {
        return Ok(());
    }
    let folder = shell::target().join("container");
    std::fs::create_dir_all(&folder)?;
    let archive = folder.join(format!("{}.tar", base.image.replace('/', "-")));
    shell::run(
        Command::new("mmdebstrap")
            .args(["--variant=minbase", "--include", base.packages])
            .args(hooks)
            .arg(SUITE)
            .arg(&archive)
            .stdin(std::process::Stdio::null()),
    )?;
    let mut import = Command::new(engine);
    import.arg("import");
    for change in base.changes {
        import.args(["--change", change]);
    }
    shell::run(import.arg(&archive).arg(base.image))?;
    std::fs::remove_file(archive)?;
    Ok(())
}

/// The authorities that this machine trusts, so that cargo reaches the registry the way it does here.
const AUTHORITIES: &str = "copy-in /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs";

/// The hook that puts this machine's Rust into an image: compiler, standard library and cargo, without the manuals.
fn toolchain() -> Result<String> {
    let said = Command::new("rustc").args(["--print", "sysroot"]).output()?;
    let sysroot = PathBuf::from(String::from_utf8(said.stdout)?.trim());
    if !sysroot.join("bin/cargo").is_file() {
        bail!("{} holds no cargo", sysroot.display());
    }
    Ok(format!("copy-in {} /usr/local", parts(&sysroot)))
}

fn parts(sysroot: &Path) -> String {
    ["bin", "lib"]
        .map(|part| sysroot.join(part).display().to_string())
        .join(" ")
}
