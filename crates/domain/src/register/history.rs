//! The register at an instant, as known at another: what counted then, and what was known then to count (design §5).
//!
//! Acts are kept as they were recorded. What reaches back (a lapse with the day of its event, the undoing of a lapse, a
//! correction) counts from the instant that it is about, but is known from its recording on; so the two questions have two
//! answers, and both can be given for ever.

use jiff::Timestamp;

use super::{ActRecord, RegisterAct, RegisterEntry};
use crate::calendar::start_of;
use crate::correction::CorrectionNature;
use crate::ids::RegisterActId;

/// An act and since when the register has known it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownAct {
    /// What.
    pub record: ActRecord,
    /// When it was recorded.
    pub recorded_at: Timestamp,
}

/// An entry as it counted, and the acts that it rests on, in the order of their recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryAt {
    /// The entry.
    pub entry: RegisterEntry,
    /// What made it so.
    pub acts: Vec<RegisterActId>,
}

/// The entry that counted at `at` by what had been recorded at `known_at`; none where the person was not registered yet.
/// `acts` are all of one person, in the order of their recording.
///
/// * A lapse (失效) counts from the day of its event; an undone one never counted.
/// * The correction of a register error counts from the registration on; that of a legal change from its day on.
/// * Everything else counts from its legal moment.
#[must_use]
pub fn entry_at(acts: &[KnownAct], at: Timestamp, known_at: Timestamp) -> Option<EntryAt> {
    let known: Vec<&ActRecord> = acts
        .iter()
        .filter(|act| act.recorded_at <= known_at)
        .map(|act| &act.record)
        .collect();
    let undone = |nth: usize, record: &ActRecord| match &record.act {
        RegisterAct::Lapse { row, .. } => known
            .iter()
            .skip(nth)
            .any(|later| matches!(&later.act, RegisterAct::UndoLapse { row: undone } if undone == row)),
        RegisterAct::UndoLapse { .. } => true,
        _ => false,
    };
    let mut entry: Option<RegisterEntry> = None;
    let mut rests_on = Vec::new();
    for (nth, record) in known.iter().enumerate() {
        if undone(nth, record) {
            // It changes nothing; yet whoever asks about a day after it is shown that it was so, and was undone.
            rests_on.extend((record.at <= at && entry.is_some()).then_some(record.id));
            continue;
        }
        if counts_from(record) > at {
            continue;
        }
        let Some(next) = RegisterEntry::apply(entry.clone(), record) else {
            continue;
        };
        // A registration that begins anew rests on nothing before it.
        if matches!(record.act, RegisterAct::Register { .. }) {
            rests_on.clear();
        }
        rests_on.push(record.id);
        entry = Some(next);
    }
    entry.map(|entry| EntryAt {
        entry,
        acts: rests_on,
    })
}

/// The instant from which an act counts.
fn counts_from(record: &ActRecord) -> Timestamp {
    match &record.act {
        RegisterAct::Lapse { effective_on, .. } => start_of(*effective_on).min(record.at),
        RegisterAct::Correct { terms, .. } => match terms.nature {
            // Applied after the registration it corrects, by its place in the order.
            CorrectionNature::RegisterError => Timestamp::MIN,
            CorrectionNature::LegalChange { changed_on } => start_of(changed_on).min(record.at),
        },
        _ => record.at,
    }
}
