//! What acts came to, until it is stored.

use std::collections::{BTreeMap, BTreeSet};

use domain::ids::{ClearanceId, PersonId, RegisterActId};
use domain::province::Province;
use jiff::Timestamp;
use jiff::civil::Date;
use postgres::audit::{Outcome, Record};
use register_tree::Key as TreeKey;
use serde_json::Value;
use uuid::Uuid;

use super::{ChangeNumber, Place};
use crate::command::notify::Notification;
use crate::store::exchange::claim::{End, Key};
use crate::store::exchange::downstream::News;
use crate::store::exchange::{clearance, migration};
use crate::store::issuing::apply::{Ended, NewVersion};
use crate::store::log::change::NewChange;
use crate::store::register::act::NewAct;

/// What is to be stored. What a person, a version or a claim ends up as is kept once, however often it changed; acts, changes
/// and records are kept each, in their order.
#[derive(Default)]
pub(super) struct Written {
    pub(super) acts: Vec<NewAct>,
    pub(super) stood: BTreeMap<PersonId, Stood>,
    /// Trees through which registrations went.
    pub(super) passed: Vec<(Province, TreeKey)>,
    pub(super) employments: BTreeMap<PersonId, Option<Uuid>>,
    pub(super) due: BTreeMap<PersonId, Option<Date>>,
    pub(super) told: Vec<Told>,
    pub(super) changes: Vec<NewChange>,
    pub(super) versions: Vec<NewVersion>,
    pub(super) restated: BTreeMap<Uuid, Option<Ended>>,
    pub(super) given: Vec<(Place, Uuid)>,
    pub(super) claims: BTreeMap<Key, End>,
    pub(super) clearances: Vec<(ClearanceId, clearance::State)>,
    pub(super) migrations: Vec<(Uuid, migration::State)>,
    pub(super) freed: BTreeSet<PersonId>,
    pub(super) notifications: Vec<Notification>,
    pub(super) audit: Vec<Noted>,
    pub(super) news: Vec<(Province, News)>,
}

/// How a person's entry came to be what it is.
#[derive(Debug, Default)]
pub(super) struct Stood {
    pub(super) last_act: Option<RegisterActId>,
    /// Whether a registration began, also one after another that ended.
    pub(super) begun: bool,
}

/// A day that was told of a person.
pub(super) struct Told {
    pub(super) person: PersonId,
    pub(super) day: Date,
    pub(super) change: ChangeNumber,
}

/// A record of the audit that waits to be stored.
pub(super) struct Noted {
    at: Timestamp,
    actor: String,
    verb: String,
    article: String,
    subject: String,
    refused: Option<String>,
    evidence: Value,
}

impl From<&Record<'_>> for Noted {
    fn from(record: &Record<'_>) -> Self {
        Self {
            at: record.at,
            actor: record.actor.to_owned(),
            verb: record.verb.to_owned(),
            article: record.article.to_owned(),
            subject: record.subject.to_owned(),
            refused: match record.outcome {
                Outcome::Done => None,
                Outcome::Refused { reason } => Some(reason.to_owned()),
            },
            evidence: record.evidence.clone(),
        }
    }
}

impl Noted {
    pub(super) fn record(&self) -> Record<'_> {
        Record {
            at: self.at,
            actor: &self.actor,
            verb: &self.verb,
            article: &self.article,
            subject: &self.subject,
            outcome: match &self.refused {
                None => Outcome::Done,
                Some(reason) => Outcome::Refused { reason },
            },
            evidence: self.evidence.clone(),
        }
    }
}
