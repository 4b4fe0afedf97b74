//! Where a cluster keeps its files, and as whom its server runs.

use std::fs::{self, DirBuilder, Permissions};
use std::io::{Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest, Sha256};

use super::{ClusterError, io};

/// Directory, binaries and account of one cluster.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    root: PathBuf,
    binaries: PathBuf,
    account: Account,
}

/// As whom the server runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Account {
    /// As whoever runs this program.
    Own { uid: u32 },
    /// As user postgres, because this program runs as root.
    Postgres { uid: u32, gid: u32 },
}

impl Layout {
    /// The place is derived from the directory's path: short enough for a socket, reachable by the server's
    /// account wherever the directory itself is, and the same after every restart.
    pub(crate) fn for_directory(directory: &Path) -> Result<Self, ClusterError> {
        let absolute = std::path::absolute(directory).map_err(io("resolve the cluster's directory"))?;
        let digest = Sha256::digest(absolute.as_os_str().as_encoded_bytes());
        let account = account()?;
        let owner = match account {
            Account::Own { uid } => uid,
            Account::Postgres { .. } => 0,
        };
        let root = Path::new(PARENT).join(format!("jianzheng-{owner}-{}", hex::encode(&digest[..8])));
        Ok(Self {
            root,
            binaries: newest_binaries()?,
            account,
        })
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.root.join("data")
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.root.join("postgres.log")
    }

    pub(crate) fn lock(&self) -> PathBuf {
        self.root.join("lock")
    }

    /// Password file of a role.
    pub(crate) fn secret(&self, role: &str) -> PathBuf {
        self.root.join("secrets").join(role)
    }

    /// Makes the directories, private to the server's account, or checks that they are.
    pub(crate) fn create(&self) -> Result<(), ClusterError> {
        let made = DirBuilder::new().mode(0o700).create(&self.root);
        match made {
            Ok(()) => self.give_to_server(&self.root)?,
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => self.check_private()?,
            Err(error) => return Err(io("make the cluster's directory")(error)),
        }
        DirBuilder::new()
            .mode(0o700)
            .recursive(true)
            .create(self.root.join("secrets"))
            .map_err(io("make the directory of passwords"))
    }

    /// The parent directory is open to everybody, so what is found there may be somebody else's.
    fn check_private(&self) -> Result<(), ClusterError> {
        let found = fs::symlink_metadata(&self.root).map_err(io("look at the cluster's directory"))?;
        let mut uid = self.server_uid();
        if matches!(self.account, Account::Postgres { .. }) && found.uid() == 0 {
            // Made by us, but interrupted before it was given to the server's account.
            uid = 0;
            self.give_to_server(&self.root)?;
        }
        let private = found.is_dir() && found.uid() == uid && found.mode() & 0o077 == 0;
        if private {
            Ok(())
        } else {
            Err(ClusterError::Foreign(self.root.clone()))
        }
    }

    fn server_uid(&self) -> u32 {
        match self.account {
            Account::Own { uid } | Account::Postgres { uid, .. } => uid,
        }
    }

    /// Hands a file or directory to the account of the server.
    pub(crate) fn give_to_server(&self, path: &Path) -> Result<(), ClusterError> {
        match self.account {
            Account::Own { .. } => Ok(()),
            Account::Postgres { uid, gid } => {
                chown(path, Some(uid), Some(gid)).map_err(io("give a file to user postgres"))
            }
        }
    }

    /// A program of PostgreSQL, run as the server's account in a clean environment. With `bound` the kernel
    /// interrupts it when the calling thread ends.
    pub(crate) fn command(&self, program: &str, bound: bool) -> Command {
        let mut command = Command::new("setpriv");
        if let Account::Postgres { uid, gid } = self.account {
            command.args([
                "--reuid",
                &uid.to_string(),
                "--regid",
                &gid.to_string(),
                "--clear-groups",
            ]);
        }
        if bound {
            command.args(["--pdeathsig", "INT"]);
        }
        command.arg("--").arg(self.binaries.join(program));
        command
            .current_dir(&self.root)
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("LC_ALL", "C.UTF-8");
        command
    }

    /// Password of a role: read, or made on first use.
    pub(crate) fn password(&self, role: &str) -> Result<String, ClusterError> {
        let file = self.secret(role);
        match fs::read_to_string(&file) {
            Ok(password) if !password.is_empty() => return Ok(password),
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(io("read a password")(error)),
        }
        let mut random = [0; 24];
        fs::File::open("/dev/urandom")
            .and_then(|mut source| source.read_exact(&mut random))
            .map_err(io("draw a password"))?;
        let password = hex::encode(random);
        write_private(&file, password.as_bytes()).map_err(io("keep a password"))?;
        Ok(password)
    }
}

/// Writes a file that only its owner may read, whole or not at all.
pub(crate) fn write_private(path: &Path, contents: &[u8]) -> std::io::Result<()> {
    let draft = path.with_extension("new");
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&draft)?;
    file.set_permissions(Permissions::from_mode(0o600))?;
    file.write_all(contents)?;
    fs::rename(&draft, path)
}

fn account() -> Result<Account, ClusterError> {
    // The kernel gives this directory to the effective user.
    let uid = fs::metadata("/proc/self")
        .map_err(io("learn who runs this program"))?
        .uid();
    if uid != 0 {
        return Ok(Account::Own { uid });
    }
    let users = fs::read_to_string("/etc/passwd").map_err(io("read the list of users"))?;
    let ids = users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        let uid = fields.nth(1)?.parse().ok()?;
        let gid = fields.next()?.parse().ok()?;
        (name == "postgres").then_some((uid, gid))
    });
    let (uid, gid) = ids.ok_or(ClusterError::NoAccount)?;
    Ok(Account::Postgres { uid, gid })
}

fn newest_binaries() -> Result<PathBuf, ClusterError> {
    let versions = fs::read_dir(INSTALLED).map_err(|_| ClusterError::NotInstalled)?;
    versions
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let version: u32 = entry.file_name().to_str()?.parse().ok()?;
            let binaries = entry.path().join("bin");
            binaries.join("initdb").is_file().then_some((version, binaries))
        })
        .max()
        .map(|(_, binaries)| binaries)
        .ok_or(ClusterError::NotInstalled)
}

const INSTALLED: &str = "/usr/lib/postgresql";
/// Survives a restart, and every account can pass through it.
const PARENT: &str = "/var/tmp";
