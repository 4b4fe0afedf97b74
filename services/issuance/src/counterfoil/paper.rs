//! Counterfoils of what provinces asked for, and of what the keeper of the seals was asked, in folders by day of register time.

use domain::application::ApplicationType;
use domain::ids::{ApplicationId, PersonId};
use domain::province::Province;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use service_runtime::clock::day_of;
use uuid::Uuid;

use super::{INTENTS, PAPERS, SUCCESSIONS, read};
use crate::error::Error;
use crate::objects::Objects;
use crate::store::exchange::claim::Key;
use crate::store::restoration::paper::Paper;

/// What a province asked for otherwise than by an event, and got.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct AskedFor {
    pub(crate) person: PersonId,
    pub(crate) province: Province,
    pub(crate) application: ApplicationId,
    /// Register time of the act.
    pub(crate) at: Timestamp,
    #[serde(flatten)]
    pub(crate) what: What,
}

/// What it was.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "asked", rename_all = "snake_case")]
pub(crate) enum What {
    Claim {
        actor: String,
        kind: ApplicationType,
    },
    Release {
        actor: String,
        reason: String,
    },
    /// The rows of the clearance.
    Clear {
        rows: Value,
    },
    /// The rows of somebody's row of an import, which stands where an application stands otherwise.
    Migrate {
        rows: Value,
    },
}

impl AskedFor {
    pub(crate) const fn key(&self) -> Key {
        Key {
            province: self.province,
            application: self.application,
        }
    }
}

/// Keeps what a province asked for at once, in its order; nothing where it is nothing.
///
/// # Errors
/// The object store's: the province is not answered then, and asks again.
pub(crate) async fn keep_papers(objects: &Objects, at: Timestamp, asked: &[AskedFor]) -> Result<(), Error> {
    if asked.is_empty() {
        return Ok(());
    }
    keep(objects, PAPERS, asked, at).await
}

/// Keeps sets with their intents.
///
/// # Errors
/// The object store's: the keeper is not asked then.
pub(crate) async fn keep_intents(objects: &Objects, rows: &Value, at: Timestamp) -> Result<(), Error> {
    keep(objects, INTENTS, rows, at).await
}

/// Keeps the row of a succession as cleared; it is about nobody.
///
/// # Errors
/// As [`keep_papers`].
pub(crate) async fn keep_succession(objects: &Objects, row: &Value, at: Timestamp) -> Result<(), Error> {
    keep(objects, SUCCESSIONS, row, at).await
}

async fn keep<T: Serialize + Sync + ?Sized>(
    objects: &Objects,
    kind: &str,
    rows: &T,
    at: Timestamp,
) -> Result<(), Error> {
    let content = serde_json::to_vec(rows).map_err(Error::internal)?;
    objects
        .put(&named(kind, at), content)
        .await
        .map_err(Error::internal)
}

/// In the order of register time, and of making where that stands still.
fn named(kind: &str, at: Timestamp) -> String {
    let folder = folder(kind, at);
    format!("{folder}/{:020}-{}", at.as_microsecond().max(0), Uuid::now_v7())
}

/// Of the day of an instant: their order is that of time.
fn folder(kind: &str, at: Timestamp) -> String {
    format!("{kind}/{}", day_of(at))
}

fn instant(place: &str) -> Option<Timestamp> {
    let micros = place.rsplit('/').next()?.split('-').next()?.parse().ok()?;
    Timestamp::from_microsecond(micros).ok()
}

async fn since(objects: &Objects, kind: &str, at: Timestamp) -> Result<Vec<String>, Error> {
    let (first, mut places) = (folder(kind, at), Vec::new());
    for folder in objects.folders(kind).await.map_err(Error::internal)? {
        if folder >= first {
            places.extend(objects.list(&folder).await.map_err(Error::internal)?);
        }
    }
    places.retain(|place| instant(place).is_some_and(|kept| kept >= at));
    Ok(places)
}

/// Places of the papers of acts from an instant on, in their order.
///
/// # Errors
/// The object store's.
pub(crate) async fn papers_since(objects: &Objects, at: Timestamp) -> Result<Vec<String>, Error> {
    since(objects, PAPERS, at).await
}

/// The papers of a place, in their order.
///
/// # Errors
/// The object store's, or they cannot be read.
pub(crate) async fn papers(objects: &Objects, place: &str) -> Result<Vec<Paper>, Error> {
    let content = read(objects, place).await?;
    let asked: Vec<AskedFor> = serde_json::from_str(&content).map_err(Error::internal)?;
    asked
        .iter()
        .enumerate()
        .map(|(index, asked)| {
            Ok(Paper {
                at: asked.at,
                person: asked.person,
                application: asked.application,
                content: serde_json::to_value(asked).map_err(Error::internal)?,
                name: format!("{place}/{index:04}"),
            })
        })
        .collect()
}

/// Sets with their intents, and what they refer to, from an instant on.
///
/// # Errors
/// The object store's, or one cannot be read.
pub(crate) async fn intents_since(objects: &Objects, at: Timestamp) -> Result<Vec<Value>, Error> {
    rows_since(objects, INTENTS, at).await
}

/// Rows of successions as cleared, from an instant on.
///
/// # Errors
/// As [`intents_since`].
pub(crate) async fn successions_since(objects: &Objects, at: Timestamp) -> Result<Vec<Value>, Error> {
    rows_since(objects, SUCCESSIONS, at).await
}

async fn rows_since(objects: &Objects, kind: &str, at: Timestamp) -> Result<Vec<Value>, Error> {
    let mut rows = Vec::new();
    for place in since(objects, kind, at).await? {
        let content = read(objects, &place).await?;
        rows.push(serde_json::from_str(&content).map_err(Error::internal)?);
    }
    Ok(rows)
}
