//! A whole system for one test: a nation and two provinces as real processes with a real PostgreSQL, on an address of
//! their own, with a register clock that the test moves.
//!
//! The actors and the ways of a story are in [`testkit`]; the faults are signals to processes, [links](link::Link) between
//! them, and what befalls PostgreSQL and clocks.

pub mod link;
pub mod program;
mod trouble;

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;

use anyhow::Result;
use jianzheng::admin::bootstrap;
use jianzheng::demo::doors;
use jianzheng::deployment::Deployment;
pub use jianzheng::deployment::Role;
use jianzheng::fleet::Fleet;
pub use jianzheng::fleet::SignalName;
use jiff::{Span, Timestamp, ToSpan as _};
use postgres::cluster::Durability;
use service_runtime::clock::{Clock as _, SystemClock, day_of, start_of};
use service_runtime::tls::Gate;
use testkit::stage::{Doors, Stage};
pub use trouble::{SmallDisk, Twin};

use crate::link::Link;

/// The province of most stories.
pub const PROVINCE: &str = "32";

/// A running system; gone with this value.
pub struct World {
    /// The processes.
    pub fleet: Fleet,
    /// Ways in, by client certificate.
    pub doors: Doors,
    /// The machine's present when the world began: no story goes beyond it.
    pub present: Timestamp,
    links: BTreeMap<(Role, Role), Link>,
    folder: Folder,
}

/// The world's folder; its logs stay behind when the test fails.
struct Folder(tempfile::TempDir);

impl Drop for Folder {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.disable_cleanup(true);
            eprintln!("logs in {}", self.0.path().join("deployment/logs").display());
        }
    }
}

impl World {
    /// Starts everything; the register clock stands about three years before the present.
    ///
    /// # Panics
    /// If a process does not start; its log is in the message's folder.
    pub async fn start() -> Self {
        Self::start_back(2.years().months(11).days(11)).await
    }

    /// Starts everything; the register clock stands this far before the present.
    ///
    /// # Panics
    /// As [`Self::start`].
    pub async fn start_back(back: Span) -> Self {
        match Self::try_start(back, &[], Durability::Fast).await {
            Ok(world) => world,
            Err(error) => panic!("the system did not start: {error:#}"),
        }
    }

    /// As [`Self::start_back`], with a [`Link`] where each of these callers reaches each of these callees, and a PostgreSQL
    /// that keeps what it committed when it is killed.
    ///
    /// # Panics
    /// As [`Self::start`].
    pub async fn start_linked(back: Span, pairs: &[(Role, Role)]) -> Self {
        match Self::try_start(back, pairs, Durability::SurvivesServer).await {
            Ok(world) => world,
            Err(error) => panic!("the system did not start: {error:#}"),
        }
    }

    async fn try_start(back: Span, pairs: &[(Role, Role)], durability: Durability) -> Result<Self> {
        service_runtime::tls::install_provider();
        let program = program::built()?;
        let folder = tempfile::Builder::new().prefix("jianzheng-world-").tempdir()?;
        let present = SystemClock::new().now();
        let mut deployment = Deployment {
            folder: folder.path().join("deployment"),
            address: own_address(),
            provinces: vec![PROVINCE.to_owned(), "33".to_owned()],
            routes: BTreeMap::new(),
        };
        let mut links = BTreeMap::new();
        for (caller, callee) in pairs {
            let gate = gate_for(caller, callee);
            let link = Link::new(deployment.address, deployment.listen(callee, gate)).await?;
            let pair = (caller.clone(), callee.clone());
            deployment.routes.insert(pair.clone(), link.address());
            links.insert(pair, link);
        }
        let since = start_of(day_of(present).saturating_sub(back));
        bootstrap::run(&deployment, present, since)?;
        let started = Fleet::start(deployment, &program, durability).await;
        let fleet = match started {
            Ok(fleet) => fleet,
            Err(error) => {
                let kept = folder.keep();
                return Err(error.context(format!("logs in {}", kept.display())));
            }
        };
        let doors = doors(fleet.deployment())?;
        Ok(Self {
            fleet,
            doors,
            present,
            links,
            folder: Folder(folder),
        })
    }

    /// Everybody in their place in the usual province.
    ///
    /// # Panics
    /// If somebody is refused.
    pub async fn stage(&self) -> Stage {
        Stage::set(&self.doors, PROVINCE)
            .await
            .expect("the stage can be set")
    }

    /// How one process reaches another.
    ///
    /// # Panics
    /// If the world was started without a link there.
    pub fn link(&self, caller: &Role, callee: &Role) -> &Link {
        self.links
            .get(&(caller.clone(), callee.clone()))
            .expect("the world was started with this link")
    }

    /// Where everything of this world is.
    pub fn folder(&self) -> &Path {
        self.folder.0.path()
    }

    /// Drains every process.
    ///
    /// # Panics
    /// If one cannot be ended.
    pub async fn stop(self) {
        let cluster = self.fleet.cluster().place().to_owned();
        self.fleet.stop().await.expect("every process can be ended");
        std::fs::remove_dir_all(cluster).expect("the private cluster's folder is ours");
    }
}

/// The gate at which a callee takes a caller.
fn gate_for(caller: &Role, callee: &Role) -> Gate {
    match (caller, callee) {
        (Role::Portal, _) => Gate::Clients,
        (Role::Registration(_), _) => Gate::Provinces,
        _ => Gate::Services,
    }
}

/// A loopback address that no other test process has.
fn own_address() -> IpAddr {
    let [_, high, middle, low] = std::process::id().to_be_bytes();
    IpAddr::V4(Ipv4Addr::new(127, 80 + (high & 0x3f), middle, low.max(1)))
}
