//! System packages: installed when the task runs as root on Debian, named exactly otherwise.

use std::path::Path;

use anyhow::Result;

use crate::shell;

/// A Debian package and the file by which its presence is known.
struct Package {
    name: &'static str,
    file: &'static str,
}

const SERVER: &[Package] = &[
    Package {
        name: "postgresql-15",
        file: "/usr/lib/postgresql/15/bin/postgres",
    },
    Package {
        name: "openssl",
        file: "/usr/bin/openssl",
    },
];

/// libFuzzer is compiled by it.
const COMPILER: &[Package] = &[Package {
    name: "g++",
    file: "/usr/bin/g++",
}];

const JUDGES: &[Package] = &[
    Package {
        name: "poppler-utils",
        file: "/usr/bin/pdfsig",
    },
    Package {
        name: "libnss3-tools",
        file: "/usr/bin/certutil",
    },
    Package {
        name: "qpdf",
        file: "/usr/bin/qpdf",
    },
    Package {
        name: "zbar-tools",
        file: "/usr/bin/zbarimg",
    },
    // A token for the seal service's PKCS#11 backend, and what builds a module that knows SM2.
    Package {
        name: "softhsm2",
        file: "/usr/bin/softhsm2-util",
    },
    Package {
        name: "gcc",
        file: "/usr/bin/gcc",
    },
    Package {
        name: "libssl-dev",
        file: "/usr/include/openssl/evp.h",
    },
    Package {
        name: "python3-venv",
        file: "/usr/share/doc/python3-venv",
    },
    Package {
        name: "chromium",
        file: "/usr/bin/chromium",
    },
    Package {
        name: "chromium-driver",
        file: "/usr/bin/chromedriver",
    },
];

/// What the demonstration needs.
pub(crate) fn for_demo() -> Result<()> {
    ensure(SERVER)
}

/// What the tests need besides: the judges written by others.
pub(crate) fn for_tests() -> Result<()> {
    ensure(SERVER)?;
    ensure(JUDGES)
}

/// What fuzzing needs besides.
pub(crate) fn for_fuzzing() -> Result<()> {
    ensure(COMPILER)
}

fn ensure(packages: &[Package]) -> Result<()> {
    let missing: Vec<&str> = packages
        .iter()
        .filter(|package| !Path::new(package.file).exists())
        .map(|package| package.name)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let list = missing.join(" ");
    let is_debian = Path::new("/usr/bin/apt-get").exists();
    if !(is_debian && is_root()) {
        eprintln!("缺少系统软件包 (missing system packages): {list}");
        eprintln!("请运行 (run): apt-get update && apt-get install -y {list}");
        std::process::exit(2);
    }
    let quiet = |arguments: &[&str]| {
        let mut command = shell::command("apt-get", arguments);
        command.env("DEBIAN_FRONTEND", "noninteractive");
        shell::run(&mut command)
    };
    quiet(&["update", "-qq"])?;
    let mut arguments = vec!["install", "-y", "-qq", "--no-install-recommends"];
    arguments.extend(missing);
    quiet(&arguments)
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|metadata| std::os::unix::fs::MetadataExt::uid(&metadata) == 0)
}
