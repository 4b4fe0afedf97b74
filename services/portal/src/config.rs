//! Configuration of the portal.

use std::path::Path;
use std::time::Duration;

use document_preview::{Limits, Previewer};
use domain::province::Province;
use service_runtime::config::{Common, Faults, Peer, Section, load};
use service_runtime::tls::Gate;

/// What the portal reads before it opens its port.
#[derive(Debug)]
pub struct Config {
    /// Sections that all services share; `[listen]` opens `public` and nothing else.
    pub common: Common,
    /// `[peers.verification]`
    pub verification: Peer,
    /// `[peers.registration_NN]`: the provinces whose announcements are shown; none unless given.
    pub provinces: Vec<(Province, Peer)>,
    /// `[peers.issuance]`: its status lists and its transparency log are served where it is given.
    pub issuance: Option<Peer>,
    /// `[peers.identity]` and `[peers.issuance]`: the desk is open where both are given.
    pub desk: Option<(Peer, Peer)>,
    /// `[uploads]`
    pub uploads: Uploads,
    pub(crate) previewer: Previewer,
}

/// A visitor waits for the pictures with the verdict, and everybody may upload: fewer and smaller than elsewhere.
const PREVIEWS: Limits = Limits {
    time: Duration::from_secs(10),
    workers: 1,
    wait: Duration::from_secs(2),
    document: 4 << 20,
    pages: 3,
};

/// What is taken on of uploaded files.
#[derive(Debug, Clone, Copy)]
pub struct Uploads {
    /// `largest` file in bytes.
    pub largest: usize,
    /// `timeout` of one upload with its answer; generous, because phones send slowly.
    pub timeout: Duration,
    /// `at_once`: uploads under way; the next one is asked to come back.
    pub at_once: usize,
}

impl Default for Uploads {
    fn default() -> Self {
        Self {
            largest: 20 << 20,
            timeout: Duration::from_secs(90),
            at_once: 32,
        }
    }
}

impl Config {
    /// Reads the file, reporting every fault at once.
    ///
    /// # Errors
    /// All faults of the file.
    pub fn load(path: &Path) -> Result<Self, Faults> {
        load(path, Self::read)
    }

    /// Reads every section.
    pub fn read(root: &mut Section) -> Option<Self> {
        let common = Common::read(root);
        let uploads = Uploads::read(root);
        let previewer = Previewer::read(root, PREVIEWS);
        let common = common?;
        for at in &common.listen.at {
            if at.gate != Gate::Public {
                root.fault(
                    &format!("listen.{}", at.gate.name()),
                    "is not a gate of the portal",
                );
            }
        }
        if !common.listen.at.iter().any(|at| at.gate == Gate::Public) {
            root.fault("listen.public", "is required");
        }
        let verification = common.peers.required(root, "verification");
        let peer = |province: Province| {
            let peer = common.peers.find(&format!("registration_{province}"))?;
            Some((province, peer.clone()))
        };
        let desk = common.peers.find("identity").zip(common.peers.find("issuance"));
        let desk = desk.map(|(identity, issuance)| (identity.clone(), issuance.clone()));
        Some(Self {
            issuance: common.peers.find("issuance").cloned(),
            desk,
            provinces: Province::all().filter_map(peer).collect(),
            verification: verification?,
            common,
            uploads,
            previewer,
        })
    }
}

impl Uploads {
    fn read(root: &mut Section) -> Self {
        let usual = Self::default();
        let mut section = root.section("uploads");
        let uploads = Self {
            largest: section.or("largest", usual.largest),
            timeout: section.or("timeout", usual.timeout),
            at_once: section.or("at_once", usual.at_once),
        };
        for (key, zero) in [
            ("largest", uploads.largest == 0),
            ("timeout", uploads.timeout.is_zero()),
            ("at_once", uploads.at_once == 0),
        ] {
            if zero {
                section.fault(key, "must be more than 0");
            }
        }
        uploads
    }
}
