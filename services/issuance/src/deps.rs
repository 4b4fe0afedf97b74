//! What commands, queries and jobs of the rooms register, exchange and log work with. The issuing room has its own
//! ([`crate::issuing`]), which shares database, keys, objects and bells with this.

use std::sync::Arc;

use domain::certificate::Organisation;
use jiff::Timestamp;
use postgres::{Database, ReadDatabase};
use service_runtime::clock::{Clock as _, RegisterClock, SystemClock};
use tlog::LogSigner;
use tokio::sync::Notify;

use crate::exchange::Exchange;
use crate::objects::Objects;
use crate::peer::identity::Identity;
use crate::positions::Positions;
use crate::restoration::Gate;
use crate::sealing::Sealing;
use crate::status::StatusLists;
use crate::witnesses::Witnesses;

/// One per process, shared by every call.
pub(crate) struct Deps {
    /// Changes.
    pub(crate) database: Database,
    /// Reads.
    pub(crate) read: ReadDatabase,
    /// What law goes by.
    pub(crate) clock: RegisterClock,
    /// What leases and pauses go by.
    pub(crate) system: SystemClock,
    pub(crate) sealing: Sealing,
    pub(crate) objects: Objects,
    pub(crate) identity: Identity,
    pub(crate) exchange: Exchange,
    pub(crate) issuer: Issuer,
    /// Signs checkpoints of the transparency log. Without it the log grows and nobody vouches for it.
    pub(crate) log: Option<LogSigner>,
    /// The status lists. Without them nothing gets a place in one.
    pub(crate) status: Option<Arc<StatusLists>>,
    pub(crate) witnesses: Witnesses,
    /// Whether the nation works, or is being restored.
    pub(crate) gate: Gate,
    /// How far this process knows things to be.
    pub(crate) positions: Positions,
    /// Bells rung after commits. Hints only: every job also looks by itself.
    pub(crate) bells: Bells,
}

/// Who is woken by what was committed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Bells {
    /// Changes wait for a number: the sequencer.
    pub(crate) changes: Arc<Notify>,
    /// Document sets wait to be made: the issuing job.
    pub(crate) documents: Arc<Notify>,
    /// Provinces have something to be told: streams of PullChanges.
    pub(crate) downstream: Arc<Notify>,
    /// Notifications have their positions: streams of WatchNotifications.
    pub(crate) notifications: Arc<Notify>,
}

/// In whose name certificates are made.
#[derive(Debug, Clone)]
pub(crate) struct Issuer {
    pub(crate) organisation: Organisation,
    /// 证照类型代码.
    pub(crate) type_code: String,
    /// Made with development keys: everything is marked.
    pub(crate) specimen: bool,
    /// Whether the face shows the document number in full.
    pub(crate) show_document_number: bool,
}

impl Deps {
    /// The present by the register clock.
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

impl notification_service::Source for Deps {
    fn database(&self) -> &Database {
        &self.database
    }

    fn reader(&self) -> &ReadDatabase {
        &self.read
    }

    fn numbered(&self) -> &Notify {
        &self.bells.notifications
    }

    fn collection(&self) -> String {
        "notifications".to_owned()
    }
}
