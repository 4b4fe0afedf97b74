//! What was learnt about seals, kept by their bytes.
//!
//! A document of the same authority carries the same seal: its maker's signature and path need no second look. An
//! outcome is kept for the instants at which it is the same: those between two dates that any of its checks compares
//! with. Nothing comes from outside: only this program's own outcomes for equal bytes are kept.

use std::collections::HashMap;
use std::sync::Arc;

use gm::Certificate;
use jiff::Timestamp;
use parking_lot::Mutex;
use seal_format::Seal;
use seal_format::verify::SealReport;
use sha2::{Digest as _, Sha256};

use crate::trust::TrustBundle;

/// More seals than any nation's register has; a server asked about others forgets and starts again.
const CAPACITY: usize = 256;
/// Instants are many, dates that matter few.
const ERAS: usize = 32;

/// Outcomes for seals by the SHA-256 of their bytes.
#[derive(Default)]
pub struct Cache {
    seals: Mutex<HashMap<[u8; 32], Known>>,
}

impl std::fmt::Debug for Cache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cache")
            .field("seals", &self.seals.lock().len())
            .finish()
    }
}

struct Known {
    dates: Vec<Timestamp>,
    outcomes: Vec<(Era, Arc<SealReport>)>,
}

/// How many of the dates lie before an instant, and how many not after it.
type Era = (usize, usize);

impl Cache {
    /// The outcome for a seal as of an instant, computed at most once in each of its eras.
    pub(crate) fn seal(
        &self,
        seal: &Seal,
        bundle: &TrustBundle,
        at: Timestamp,
        verify: impl FnOnce() -> SealReport,
    ) -> Arc<SealReport> {
        let key: [u8; 32] = Sha256::digest(seal.der()).into();
        if let Some(known) = self.seals.lock().get(&key) {
            let era = era(&known.dates, at);
            if let Some((_, report)) = known.outcomes.iter().find(|(found, _)| *found == era) {
                return Arc::clone(report);
            }
        }
        let report = Arc::new(verify());
        let mut seals = self.seals.lock();
        if seals.len() >= CAPACITY && !seals.contains_key(&key) {
            seals.clear();
        }
        let known = seals.entry(key).or_insert_with(|| Known {
            dates: dates(seal, &report, bundle),
            outcomes: Vec::new(),
        });
        if known.outcomes.len() >= ERAS {
            known.outcomes.clear();
        }
        known.outcomes.push((era(&known.dates, at), Arc::clone(&report)));
        report
    }
}

fn era(dates: &[Timestamp], at: Timestamp) -> Era {
    (
        dates.partition_point(|date| *date < at),
        dates.partition_point(|date| *date <= at),
    )
}

/// Every date that a check on this seal compares an instant with, sorted.
fn dates(seal: &Seal, report: &SealReport, bundle: &TrustBundle) -> Vec<Timestamp> {
    let mut dates = vec![seal.created(), seal.valid_from(), seal.valid_until()];
    let path = report
        .chain
        .iter()
        .flat_map(|chain| &chain.path)
        .chain(&report.maker);
    let certificates: Vec<&Certificate> = path.chain(bundle.seal_certificates()).collect();
    for certificate in &certificates {
        dates.extend([certificate.not_before(), certificate.not_after()]);
    }
    for list in bundle.revocation_lists() {
        dates.push(list.this_update());
        dates.extend(list.next_update());
        let revoked = certificates
            .iter()
            .filter_map(|certificate| list.find(certificate));
        dates.extend(revoked.map(gm::certificate::Revocation::effective_from));
    }
    dates.sort_unstable();
    dates.dedup();
    dates
}
