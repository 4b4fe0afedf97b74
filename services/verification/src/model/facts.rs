//! The register's facts of a version, as digests: enough to tell whether a document states the same.

use domain::certificate::{FactsRecord, SpecialtyFacts};
use sha2::{Digest as _, Sha256};

use crate::indices::Mark;

/// Digest of everything but the specialties, and one digest for each specialty: a use copy lists only those that were
/// alive when it was made (domain §1.10).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FactsMark {
    base: Mark,
    specialties: Box<[Mark]>,
}

impl FactsMark {
    /// The mark of a version's facts.
    pub(crate) fn of(facts: &FactsRecord) -> Self {
        let mut base = facts.clone();
        base.use_copy = None;
        base.specialties.clear();
        Self {
            base: digest(&fields(&base)),
            specialties: facts.specialties.iter().map(specialty).collect(),
        }
    }

    /// Whether a document states these facts: an original all of them, a copy those of its specialties.
    pub(crate) fn covers(&self, stated: &FactsRecord) -> bool {
        let stated_mark = Self::of(stated);
        let within = stated_mark
            .specialties
            .iter()
            .all(|mark| self.specialties.contains(mark));
        let all = stated.use_copy.is_some() || stated_mark.specialties.len() == self.specialties.len();
        stated_mark.base == self.base && within && all
    }
}

fn specialty(facts: &SpecialtyFacts) -> Mark {
    let SpecialtyFacts {
        specialty,
        valid_from,
        valid_to,
        qualification_number,
    } = facts;
    digest(
        format!(
            "{} {valid_from} {valid_to} {}",
            specialty.code(),
            qualification_number.as_str()
        )
        .as_bytes(),
    )
}

/// Only records that were read from canonical bytes are ever compared, so the order of the type's fields is as good as
/// the canonical one, and several times faster.
fn fields(facts: &FactsRecord) -> Vec<u8> {
    serde_json::to_vec(facts).expect("invariant: every field serialises to JSON")
}

fn digest(bytes: &[u8]) -> Mark {
    Mark::of(&Sha256::digest(bytes).into())
}
