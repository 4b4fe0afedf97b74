//! Counterfoils (存根): what the nation keeps outside its database, in the object store, so that a database restored to an earlier point
//! comes to the same versions, files and leaves again (decision 0035). Written before what they are of is vouched for: a piece of the log
//! before its checkpoint is signed, a paper before a province is answered, an intent before the keeper of the seals is asked.
//!
//! They hold rows as the database does: ciphertext under the keys of persons, those keys as wrapped, ids and digests. Like a backup they
//! are kept for as long as a backup may be restored, and then taken away.

use domain::application::ApplicationType;
use domain::ids::{ApplicationId, PersonId};
use domain::province::Province;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::error::Error;
use crate::objects::Objects;
use crate::store::exchange::claim::Key;
use crate::store::restoration::paper::Paper;

/// Pieces of the log, in folders of this many positions.
const LOG: &str = "counterfoils/log";
const FOLDER: u64 = 100_000;
const PAPERS: &str = "counterfoils/papers";
const INTENTS: &str = "counterfoils/intents";

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
}

impl AskedFor {
    pub(crate) const fn key(&self) -> Key {
        Key {
            province: self.province,
            application: self.application,
        }
    }
}

/// The place of a piece of the log.
pub(crate) fn piece(first: u64, through: u64) -> String {
    let folder = first / FOLDER;
    format!("{LOG}/{folder:015}/{first:020}-{through:020}")
}

/// The last position of a piece, by its place.
fn through(place: &str) -> Option<u64> {
    place.rsplit_once('-')?.1.parse().ok()
}

/// The last position of which there is a counterfoil; 0 without any.
///
/// # Errors
/// The object store's.
pub(crate) async fn reaches(objects: &Objects) -> Result<u64, Error> {
    let folders = objects.folders(LOG).await.map_err(Error::internal)?;
    let Some(last) = folders.last() else { return Ok(0) };
    let pieces = objects.list(last).await.map_err(Error::internal)?;
    Ok(pieces
        .iter()
        .filter_map(|place| through(place))
        .max()
        .unwrap_or(0))
}

/// Places of the pieces that reach beyond a position, in their order.
///
/// # Errors
/// The object store's.
pub(crate) async fn beyond(objects: &Objects, position: u64) -> Result<Vec<String>, Error> {
    let mut pieces = Vec::new();
    // A piece of an earlier folder may reach into this one.
    let least = format!("{:015}", (position / FOLDER).saturating_sub(1));
    for folder in objects.folders(LOG).await.map_err(Error::internal)? {
        if folder
            .rsplit('/')
            .next()
            .is_some_and(|name| name >= least.as_str())
        {
            pieces.extend(objects.list(&folder).await.map_err(Error::internal)?);
        }
    }
    pieces.retain(|place| through(place).is_some_and(|through| through > position));
    Ok(pieces)
}

/// A counterfoil as text.
///
/// # Errors
/// The object store's, or it is no text.
pub(crate) async fn read(objects: &Objects, place: &str) -> Result<String, Error> {
    let bytes = objects.get(place).await.map_err(Error::internal)?;
    String::from_utf8(bytes).map_err(Error::internal)
}

/// Keeps what a province asked for.
///
/// # Errors
/// The object store's: the province is not answered then, and asks again.
pub(crate) async fn keep_paper(objects: &Objects, asked: &AskedFor) -> Result<(), Error> {
    let content = serde_json::to_vec(asked).map_err(Error::internal)?;
    objects
        .put(&named(PAPERS, asked.at), content)
        .await
        .map_err(Error::internal)
}

/// Keeps sets with their intents.
///
/// # Errors
/// The object store's: the keeper is not asked then.
pub(crate) async fn keep_intents(objects: &Objects, rows: &Value, at: Timestamp) -> Result<(), Error> {
    let content = serde_json::to_vec(rows).map_err(Error::internal)?;
    objects
        .put(&named(INTENTS, at), content)
        .await
        .map_err(Error::internal)
}

/// In the order of register time, and of making where that stands still.
fn named(folder: &str, at: Timestamp) -> String {
    format!("{folder}/{:020}-{}", at.as_microsecond().max(0), Uuid::now_v7())
}

fn instant(place: &str) -> Option<Timestamp> {
    let micros = place.rsplit('/').next()?.split('-').next()?.parse().ok()?;
    Timestamp::from_microsecond(micros).ok()
}

async fn since(objects: &Objects, folder: &str, at: Timestamp) -> Result<Vec<String>, Error> {
    let mut places = objects.list(folder).await.map_err(Error::internal)?;
    places.retain(|place| instant(place).is_some_and(|kept| kept >= at));
    Ok(places)
}

/// Papers of acts from an instant on, in their order.
///
/// # Errors
/// The object store's, or one cannot be read.
pub(crate) async fn papers_since(objects: &Objects, at: Timestamp) -> Result<Vec<Paper>, Error> {
    let mut papers = Vec::new();
    for place in since(objects, PAPERS, at).await? {
        let content = read(objects, &place).await?;
        let asked: AskedFor = serde_json::from_str(&content).map_err(Error::internal)?;
        papers.push(Paper {
            at: asked.at,
            person: asked.person,
            application: asked.application,
            content: serde_json::to_value(&asked).map_err(Error::internal)?,
            name: place,
        });
    }
    Ok(papers)
}

/// Sets with their intents, and what they refer to, from an instant on.
///
/// # Errors
/// The object store's, or one cannot be read.
pub(crate) async fn intents_since(objects: &Objects, at: Timestamp) -> Result<Vec<Value>, Error> {
    let mut intents = Vec::new();
    for place in since(objects, INTENTS, at).await? {
        let content = read(objects, &place).await?;
        intents.push(serde_json::from_str(&content).map_err(Error::internal)?);
    }
    Ok(intents)
}

/// Takes counterfoils away that were kept before an instant of the system clock: no backup as old as that is restored any more.
///
/// # Errors
/// The object store's; the next time goes on.
pub(crate) async fn forget(objects: &Objects, before: Timestamp) -> Result<(), Error> {
    for folder in [LOG, PAPERS, INTENTS] {
        for place in objects.older(folder, before).await.map_err(Error::internal)? {
            objects.delete(&place).await.map_err(Error::internal)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn pieces_are_found_by_how_far_they_reach() {
        let folder = tempfile::tempdir().expect("a folder");
        let objects = Objects::open(folder.path()).expect("it can be used");
        assert_eq!(reaches(&objects).await.expect("it answers"), 0);
        for (first, last) in [(1, 3), (4, 99_999), (100_000, 100_002), (100_003, 200_001)] {
            objects
                .put(&piece(first, last), b"{}".to_vec())
                .await
                .expect("it takes");
        }
        assert_eq!(reaches(&objects).await.expect("it answers"), 200_001);
        let beyond = beyond(&objects, 100_002).await.expect("it answers");
        assert_eq!(beyond, [piece(100_003, 200_001)]);
        let all = super::beyond(&objects, 3).await.expect("it answers");
        assert_eq!(all.len(), 3);
    }
}
