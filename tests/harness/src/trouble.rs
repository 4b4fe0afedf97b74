//! What befalls whole processes: a killed database, a second instance, a clock that goes wrong.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result};
use jianzheng::deployment::Deployment;
use jianzheng::fleet::Process;
use jianzheng::fleet::SignalName;
use jiff::{SignedDuration, Timestamp};
use service_runtime::clock::{Clock as _, ClockFile, RegisterClock};
use service_runtime::tls::Gate;

use crate::{Role, World};

/// A second process of a service on the same database, store and keys, at an address of its own.
pub struct Twin {
    process: Process,
    deployment: Deployment,
    role: Role,
}

impl Twin {
    /// Kills it.
    ///
    /// # Panics
    /// If it cannot be ended.
    pub async fn kill(self) {
        self.process.end(SignalName::Kill).await.expect("killed");
    }

    /// Where a gate of it listens.
    pub fn listen(&self, gate: Gate) -> std::net::SocketAddr {
        self.deployment.listen(&self.role, gate)
    }
}

impl World {
    /// Kills PostgreSQL, and with it every connection of every service.
    ///
    /// # Panics
    /// If it cannot be killed.
    pub fn crash_database(&mut self) {
        self.fleet.cluster_mut().crash().expect("killed");
    }

    /// Starts a killed PostgreSQL again; it recovers.
    ///
    /// # Panics
    /// If it does not come back.
    pub fn recover_database(&mut self) {
        self.fleet.cluster_mut().recover().expect("it recovers");
    }

    /// Starts a second process of a service and waits until it serves.
    ///
    /// # Panics
    /// If it does not.
    pub async fn twin(&self, role: &Role) -> Twin {
        match self.try_twin(role, None).await {
            Ok(twin) => twin,
            Err(error) => panic!("no second {role}: {error:#}"),
        }
    }

    /// As [`Self::twin`], on a copy of the database: a second truth under the same keys.
    ///
    /// # Panics
    /// As [`Self::twin`].
    pub async fn twin_on(&self, role: &Role, copy: &str) -> Twin {
        match self.try_twin(role, Some(copy)).await {
            Ok(twin) => twin,
            Err(error) => panic!("no second {role}: {error:#}"),
        }
    }

    /// Copies the database of a process that has ended, as a backup does; an earlier copy of this name is replaced.
    ///
    /// # Panics
    /// If somebody is still in it.
    pub async fn copy_database(&self, role: &Role, copy: &str) {
        let name = role.database().expect("the process has a database");
        self.put_database(&name, copy, &name).await;
    }

    /// Puts a copy in the place of the database of a process that has ended.
    ///
    /// # Panics
    /// As [`Self::copy_database`].
    pub async fn restore_database(&self, role: &Role, copy: &str) {
        let name = role.database().expect("the process has a database");
        self.put_database(copy, &name, &name).await;
    }

    async fn put_database(&self, from: &str, to: &str, owner: &str) {
        let cluster = self.fleet.cluster();
        let away = cluster.drop_database(to).await;
        away.expect("what is replaced can go");
        let copy = format!("CREATE DATABASE {to} TEMPLATE {from} OWNER {owner}_owner");
        cluster.administer(&copy).await.expect("nobody is in it");
    }

    async fn try_twin(&self, role: &Role, copy: Option<&str>) -> Result<Twin> {
        let first = self.fleet.deployment();
        let std::net::IpAddr::V4(address) = first.address else {
            anyhow::bail!("a world is on an IPv4 address");
        };
        let [net, high, middle, low] = address.octets();
        let second = Deployment {
            folder: self.folder().join("twin"),
            address: [net, high ^ 0x40, middle, low].into(),
            ..first.clone()
        };
        let config = second.config(role);
        let home = config.parent().context("a folder")?;
        std::fs::create_dir_all(home)?;
        for shared in ["authorities", "clients"] {
            let link = second.folder.join(shared);
            if !link.exists() {
                std::os::unix::fs::symlink(first.folder.join(shared), link)?;
            }
        }
        // Only where it listens differs; everything else is named by its path.
        let text = std::fs::read_to_string(first.config(role))?;
        let (before, rest) = text.split_once("[listen]").context("a section")?;
        let (listen, after) = rest.split_once("\n\n").context("sections after it")?;
        let listen = listen.replace(&first.address.to_string(), &second.address.to_string());
        let mut text = format!("{before}[listen]{listen}\n\n{after}")
            .replace("token-trust.json", "token-trust-twin.json");
        if let (Some(copy), Some(name)) = (copy, role.database()) {
            let database = |name: &str| format!("\ndatabase = \"{name}\"\n");
            anyhow::ensure!(text.contains(&database(&name)), "its database is configured");
            text = text.replace(&database(&name), &database(copy));
        }
        std::fs::write(&config, text)?;
        let mut process = Process::spawn(self.fleet.program(), &second, role)?;
        process.serving(&second).await?;
        Ok(Twin {
            process,
            deployment: second,
            role: role.clone(),
        })
    }

    /// Starts a process anew with a clock that differs from everybody else's by so much; who moves the register clock later
    /// does not move it.
    ///
    /// # Panics
    /// If it does not come back, or would be ahead of the machine's clock.
    pub async fn skew(&mut self, role: &Role, by: SignedDuration) {
        let path = self.folder().join(format!("clock-{role}"));
        ClockFile::create(&path, self.now() + by).expect("within the past");
        self.start_by_clock(role, &path).await;
    }

    /// Starts a process anew with everybody's clock.
    ///
    /// # Panics
    /// If it does not come back.
    pub async fn align(&mut self, role: &Role) {
        let everybody = self.fleet.deployment().clock();
        self.start_by_clock(role, &everybody).await;
    }

    async fn start_by_clock(&mut self, role: &Role, clock: &Path) {
        let config = self.fleet.deployment().config(role);
        let text = std::fs::read_to_string(&config).expect("written at the start");
        let (before, rest) = text.split_once("[clock]\n").expect("its clock is configured");
        let (_, after) = rest.split_once('\n').expect("a file is named");
        let text = format!("{before}[clock]\nfile = {clock:?}\n{after}");
        std::fs::write(&config, text).expect("ours");
        self.fleet.end(role, SignalName::Term).await.expect("it drains");
        self.fleet.restart(role).await.expect("it comes back");
    }

    /// A disk of a megabyte under the private PostgreSQL, as a tablespace of its own; none where this process may not mount
    /// one.
    ///
    /// # Panics
    /// If the tablespace cannot be made.
    pub async fn small_disk(&self) -> Option<SmallDisk> {
        let place = self.fleet.cluster().place().join(SMALL);
        std::fs::create_dir(&place).expect("the cluster's folder is ours");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=1m,mode=0700", "none"])
            .arg(&place)
            .stderr(Stdio::null())
            .status();
        if !mounted.is_ok_and(|status| status.success()) {
            std::fs::remove_dir(&place).expect("just made");
            return None;
        }
        let disk = SmallDisk { place };
        let cluster = self.fleet.cluster();
        cluster.give_to_server(&disk.place).expect("its own disk");
        let make = format!("CREATE TABLESPACE {SMALL} LOCATION '{}'", disk.place.display());
        cluster.administer(&make).await.expect("a tablespace");
        cluster
            .administer(&format!("GRANT CREATE ON TABLESPACE {SMALL} TO PUBLIC"))
            .await
            .expect("for everybody");
        Some(disk)
    }

    /// The register's present.
    ///
    /// # Panics
    /// If the control file is gone.
    pub fn now(&self) -> Timestamp {
        let file = ClockFile::open(&self.fleet.deployment().clock()).expect("the world's clock");
        RegisterClock::controlled(file).now()
    }
}

const SMALL: &str = "small";

/// A mounted disk that is soon full.
pub struct SmallDisk {
    place: PathBuf,
}

impl SmallDisk {
    /// Name of the tablespace.
    pub fn tablespace(&self) -> &'static str {
        SMALL
    }

    /// Leaves no room.
    ///
    /// # Panics
    /// If something else than a full disk stops it.
    pub fn fill(&self) {
        let mut filler = std::fs::File::create(self.place.join("filler")).expect("ours");
        let full = loop {
            if let Err(full) = filler.write_all(&[0; 4096]) {
                break full;
            }
        };
        assert_eq!(full.kind(), std::io::ErrorKind::StorageFull);
    }

    /// Makes room again.
    ///
    /// # Panics
    /// If it was not filled.
    pub fn free(&self) {
        std::fs::remove_file(self.place.join("filler")).expect("it was filled");
    }

    /// Takes the tablespace away; nothing may be on it any more.
    ///
    /// # Panics
    /// If something is.
    pub async fn remove(self, world: &World) {
        let away = format!("DROP TABLESPACE {SMALL}");
        world
            .fleet
            .cluster()
            .administer(&away)
            .await
            .expect("nothing is on it");
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let unmounted = Command::new("umount").arg("-l").arg(&self.place).status();
        if unmounted.is_ok_and(|status| status.success()) {
            let _empty = std::fs::remove_dir(&self.place);
        }
    }
}
