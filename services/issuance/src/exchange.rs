//! What is signed between the nation and a province: chain heads with SM2, receipts with Ed25519 (design §3).

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_lc_rs::signature::Ed25519KeyPair;
use domain::province::Province;
use gm::{PublicKey, Verifier as _};
use jiff::{SignedDuration, Timestamp};
use postgres::hash::Hash;
use register_tree::Pair;

const HEAD: &str = "jianzheng exchange head v1";
const RECEIPT: &str = "jianzheng exchange receipt v1";

/// Most acts of a kind that are taken from a province without an officer's word (0: no ceiling).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Ceiling {
    pub(crate) hour: Option<u32>,
    pub(crate) day: Option<u32>,
}

/// The ceilings of a province, by kind of act ([`crate::event::What::kind`]).
pub(crate) type Ceilings = BTreeMap<&'static str, Ceiling>;

/// What the nation knows of a province.
#[derive(Clone)]
pub(crate) struct Enrolled {
    pub(crate) key: PublicKey,
    pub(crate) ceilings: Ceilings,
}

/// Keys and limits of the exchange.
#[derive(Clone)]
pub(crate) struct Exchange {
    provinces: BTreeMap<Province, Enrolled>,
    receipts: Arc<Ed25519KeyPair>,
    announce_within: SignedDuration,
}

impl Exchange {
    pub(crate) fn new(
        provinces: BTreeMap<Province, Enrolled>,
        receipts: Ed25519KeyPair,
        announce_within: SignedDuration,
    ) -> Self {
        Self {
            provinces,
            receipts: Arc::new(receipts),
            announce_within,
        }
    }

    /// Whether the nation knows this province's exchange key.
    pub(crate) fn knows(&self, province: Province) -> bool {
        self.provinces.contains_key(&province)
    }

    /// Every province that is enrolled.
    pub(crate) fn provinces(&self) -> impl Iterator<Item = Province> {
        self.provinces.keys().copied()
    }

    /// The ceiling of a province for a kind of act.
    pub(crate) fn ceiling(&self, province: Province, kind: &str) -> Option<Ceiling> {
        self.provinces.get(&province)?.ceilings.get(kind).copied()
    }

    /// Until when what is cleared now may be announced.
    pub(crate) fn announce_by(&self, now: Timestamp) -> Timestamp {
        now.saturating_add(self.announce_within).unwrap_or(Timestamp::MAX)
    }

    /// Whether the province signed its chain up to this event.
    pub(crate) fn verifies_head(
        &self,
        province: Province,
        sequence: u64,
        hash: &Hash,
        signature: &[u8],
    ) -> bool {
        let message = message(HEAD, province, sequence, hash);
        let key = self.provinces.get(&province);
        key.is_some_and(|known| known.key.verify_bytes(&message, signature).is_ok())
    }

    /// The nation's word that it has applied everything up to this event.
    pub(crate) fn sign_receipt(
        &self,
        province: Province,
        sequence: u64,
        hash: &Hash,
        at: Timestamp,
    ) -> Vec<u8> {
        let message = [
            &message(RECEIPT, province, sequence, hash)[..],
            &at.as_microsecond().to_be_bytes(),
        ]
        .concat();
        self.receipts.sign(&message).as_ref().to_vec()
    }
}

impl Exchange {
    /// The nation's word that both sides hold the same registrations of the province at a pair of positions.
    pub(crate) fn sign_equal(&self, province: Province, pair: Pair, root: &Hash, at: Timestamp) -> Vec<u8> {
        let message = register_tree::statement(province, pair, root, at);
        self.receipts.sign(&message).as_ref().to_vec()
    }
}

impl std::fmt::Debug for Exchange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Exchange")
            .field("provinces", &self.provinces.keys().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

/// The stream of a province's events.
pub(crate) fn stream(province: Province) -> String {
    format!("provinces/{province}")
}

/// Domain, province (two digits), sequence (big endian), hash.
fn message(domain: &str, province: Province, sequence: u64, hash: &Hash) -> Vec<u8> {
    [
        domain.as_bytes(),
        province.code().as_bytes(),
        &sequence.to_be_bytes(),
        hash,
    ]
    .concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_signed_names_its_purpose_province_and_number() {
        let province = Province::from_code("32").expect("Jiangsu");
        let head = message(HEAD, province, 258, &[9; 32]);
        assert!(head.starts_with(b"jianzheng exchange head v132\0\0\0\0\0\0\x01\x02\x09"));
        assert_eq!(head.len(), HEAD.len() + 2 + 8 + 32);
        assert!(message(RECEIPT, province, 258, &[9; 32]).starts_with(b"jianzheng exchange receipt v132\0"));
    }
}
