//! Counterfoils (存根): what the nation keeps outside its database, in the object store, so that a database restored to an earlier point
//! comes to the same versions, files and leaves again (decision 0035). Written before what they are of is vouched for: a piece of the log
//! before its checkpoint is signed, a paper before a province is answered, an intent before the keeper of the seals is asked.
//!
//! They hold rows as the database does: ciphertext under the keys of persons, those keys as wrapped, ids and digests. Like a backup they
//! are kept for as long as a backup may be restored, and then taken away.

mod paper;

use jiff::Timestamp;

pub(crate) use self::paper::{
    AskedFor, What, intents_since, keep_intents, keep_papers, keep_succession, papers, papers_since,
    successions_since,
};
use crate::error::Error;
use crate::objects::Objects;

/// Pieces of the log, in folders of this many positions.
const LOG: &str = "counterfoils/log";
const FOLDER: u64 = 100_000;
/// The others, in a folder for each day of register time.
const PAPERS: &str = "counterfoils/papers";
const INTENTS: &str = "counterfoils/intents";
const SUCCESSIONS: &str = "counterfoils/successions";

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

/// Takes counterfoils away that were kept before an instant of the system clock: no backup as old as that is restored any more. Folders
/// are in the order of their making, so nothing is looked at beyond the first in which something is younger.
///
/// # Errors
/// The object store's; the next time goes on.
pub(crate) async fn forget(objects: &Objects, before: Timestamp) -> Result<(), Error> {
    for kind in [LOG, PAPERS, INTENTS, SUCCESSIONS] {
        for folder in objects.folders(kind).await.map_err(Error::internal)? {
            let aged = objects.aged(&folder, before).await.map_err(Error::internal)?;
            for place in aged.old {
                objects.delete(&place).await.map_err(Error::internal)?;
            }
            if aged.younger > 0 {
                break;
            }
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

    fn at(text: &str) -> Timestamp {
        text.parse().expect("an instant")
    }

    #[tokio::test]
    async fn what_is_older_goes_folder_by_folder_and_no_folder_after_a_younger_one_is_looked_at() {
        let folder = tempfile::tempdir().expect("a folder");
        let objects = Objects::open(folder.path()).expect("it can be used");
        for day in [
            "2026-05-03T15:59:59Z",
            "2026-05-03T16:00:00Z",
            "2026-05-05T10:00:00Z",
        ] {
            let rows = serde_json::json!({ "of": day });
            keep_intents(&objects, &rows, at(day)).await.expect("it takes");
        }
        let days = ["2026-05-03", "2026-05-04", "2026-05-05"].map(|day| format!("{INTENTS}/{day}"));
        assert_eq!(objects.folders(INTENTS).await.expect("it answers"), days);
        let found = intents_since(&objects, at("2026-05-03T16:00:00Z")).await;
        assert_eq!(found.expect("it answers").len(), 2);

        // The first day was kept long ago, and so was the third: the second keeps it.
        let long_ago = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1);
        for day in [&days[0], &days[2]] {
            for place in objects.list(day).await.expect("it answers") {
                let file = std::fs::File::options()
                    .write(true)
                    .open(folder.path().join(place));
                file.and_then(|file| file.set_modified(long_ago)).expect("ours");
            }
        }
        forget(&objects, at("2000-01-01T00:00:00Z"))
            .await
            .expect("it answers");
        assert_eq!(objects.folders(INTENTS).await.expect("it answers"), days[1..]);
    }
}
