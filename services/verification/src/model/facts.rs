//! The register's facts of a version, as digests: enough to tell whether a document states the same.

use domain::certificate::{FactsRecord, SpecialtyFacts};
use sha2::{Digest as _, Sha256};

use super::few::Few;

/// Key of the digests of facts. They are compared with what strangers upload, and short: without the key nobody can
/// search for facts that have the same.
#[derive(Clone)]
pub(crate) struct FactsKey([u8; 32]);

/// Digest of everything but the specialties, and one digest for each specialty: a use copy lists only those that were
/// alive when it was made (domain §1.10).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FactsMark {
    pub(super) base: Short,
    pub(super) specialties: Few<Short>,
}

/// The first 64 bits of a keyed digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Short(pub(super) [u8; 8]);

impl FactsKey {
    pub(crate) const fn new(key: [u8; 32]) -> Self {
        Self(key)
    }

    /// The mark of a version's facts. Where the status is listed is no fact of the register, and each copy has a place of its own;
    /// that a file is the one that was issued is told by its digest.
    pub(crate) fn mark(&self, facts: &FactsRecord) -> FactsMark {
        let mut base = facts.clone();
        base.use_copy = None;
        base.status_list = None;
        // What a copy brings along of the log is no fact of its version.
        base.log = None;
        base.specialties.clear();
        FactsMark {
            base: self.digest(&fields(&base)),
            specialties: facts.specialties.iter().map(|one| self.specialty(one)).collect(),
        }
    }

    fn specialty(&self, facts: &SpecialtyFacts) -> Short {
        let SpecialtyFacts {
            specialty,
            valid_from,
            valid_to,
            qualification_number,
        } = facts;
        let number = qualification_number.as_str();
        self.digest(format!("{} {valid_from} {valid_to} {number}", specialty.code()).as_bytes())
    }

    /// Key first and cut off: of a digest that is not given away nothing can be continued.
    fn digest(&self, bytes: &[u8]) -> Short {
        let digest: [u8; 32] = Sha256::new()
            .chain_update(self.0)
            .chain_update(bytes)
            .finalize()
            .into();
        let (short, _) = digest
            .split_first_chunk()
            .expect("invariant: a digest has 32 bytes");
        Short(*short)
    }
}

impl std::fmt::Debug for FactsKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FactsKey(***)")
    }
}

impl FactsMark {
    /// Whether a document states these facts: an original all of them, a copy those of its specialties.
    pub(crate) fn covers(&self, key: &FactsKey, stated: &FactsRecord) -> bool {
        let stated_mark = key.mark(stated);
        let (known, listed) = (self.specialties.as_slice(), stated_mark.specialties.as_slice());
        let within = listed.iter().all(|mark| known.contains(mark));
        let all = stated.use_copy.is_some() || listed.len() == known.len();
        stated_mark.base == self.base && within && all
    }
}

/// Only records that were read from canonical bytes are ever compared, so the order of the type's fields is as good as
/// the canonical one, and several times faster.
fn fields(facts: &FactsRecord) -> Vec<u8> {
    serde_json::to_vec(facts).expect("invariant: every field serialises to JSON")
}
