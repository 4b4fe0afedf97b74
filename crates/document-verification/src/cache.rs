//! What was learnt about seals, certificates and common files, kept by their bytes.
//!
//! A document of the same authority carries the same seal: its maker's signature and path need no second look. An
//! outcome is kept for the instants at which it is the same: those between two dates that any of its checks compares
//! with. Signers are kept as they were read, with how their signatures stand against their issuers. What authentic PDF files
//! begin with alike (fonts, the face) is read once ([`Beginnings`]). Nothing comes from outside: only this program's own
//! outcomes for equal bytes are kept, and bytes are compared, not names or digests.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use gm::Certificate;
use jiff::Timestamp;
use ofd::FileMemory;
use parking_lot::Mutex;
use pdf::{KnownPrefix, Limits};
use seal_format::verify::{KnownSigner, SealReport};
use seal_format::{Seal, SignedSeal};

use crate::trust::TrustBundle;

/// More seals than any nation's register has; a server asked about others forgets and starts again.
const CAPACITY: usize = 256;
/// A signer that is asked for often keeps 200 KB of multiples of its key.
const SIGNERS: usize = 64;
/// How long a common beginning is worth keeping, and how much of a file is compared.
const BEGINNING: Range<usize> = 8 << 10..1 << 20;
/// Faces by version, and whether they are copies: few are in use at a time.
const MAKES: usize = 16;
/// Instants are many, dates that matter few.
const ERAS: usize = 32;

/// Outcomes for seals, signers, and the files of packages that come again.
#[derive(Default)]
pub struct Cache {
    pub(crate) files: FileMemory,
    pub(crate) beginnings: Beginnings,
    seals: Mutex<HashMap<Tail, Known>>,
    signers: Mutex<HashMap<Tail, Arc<KnownSigner>>>,
}

/// What authentic PDF files of one make begin with. Others are not learnt from: whoever sends files cannot make this forget.
#[derive(Default)]
pub(crate) struct Beginnings(Mutex<Learnt>);

#[derive(Default)]
struct Learnt {
    /// The beginning of the last authentic file that was read without help.
    last: Vec<u8>,
    known: Vec<Arc<KnownPrefix>>,
}

impl Beginnings {
    /// What is known of the beginning of this file.
    pub(crate) fn known(&self, file: &[u8], limits: Limits) -> Option<Arc<KnownPrefix>> {
        let learnt = self.0.lock();
        learnt
            .known
            .iter()
            .find(|known| known.fits(file, limits))
            .cloned()
    }

    /// Learns from an authentic file of which nothing was known: what it has in common with another one before.
    pub(crate) fn learn(&self, file: &[u8], limits: Limits) {
        let head = file.get(..file.len().min(BEGINNING.end)).unwrap_or_default();
        let mut learnt = self.0.lock();
        if learnt.known.iter().any(|known| known.fits(file, limits)) {
            return;
        }
        let alike = head.iter().zip(&learnt.last).take_while(|(a, b)| a == b).count();
        if alike < BEGINNING.start || alike == head.len() {
            learnt.last = head.to_vec();
            return;
        }
        learnt.last = Vec::new();
        let Ok(known) = KnownPrefix::learn(file, alike, limits) else {
            return;
        };
        if learnt.known.len() >= MAKES {
            learnt.known.clear();
        }
        learnt.known.push(Arc::new(known));
    }
}

/// The last bytes of a structure, which are of its signature: what outcomes are looked up by before all bytes are
/// compared.
type Tail = [u8; 16];

fn tail(bytes: &[u8]) -> Tail {
    bytes.last_chunk().copied().unwrap_or_default()
}

impl std::fmt::Debug for Cache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cache")
            .field("files", &self.files)
            .field("beginnings", &self.beginnings.0.lock().known.len())
            .field("seals", &self.seals.lock().len())
            .finish()
    }
}

struct Known {
    seal: Seal,
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
        let key = tail(seal.der());
        let same = |known: &&Known| known.seal.der() == seal.der();
        if let Some(known) = self.seals.lock().get(&key).filter(same) {
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
        if seals.get(&key).is_none_or(|known| !same(&known)) {
            let known = Known {
                seal: seal.clone(),
                dates: dates(seal, &report, bundle),
                outcomes: Vec::new(),
            };
            seals.insert(key, known);
        }
        let Some(known) = seals.get_mut(&key) else {
            return report;
        };
        if known.outcomes.len() >= ERAS {
            known.outcomes.clear();
        }
        known.outcomes.push((era(&known.dates, at), Arc::clone(&report)));
        report
    }
}

impl Cache {
    /// The signer of a signed seal; nothing if its certificate cannot be read.
    pub(crate) fn signer(&self, signed: &SignedSeal) -> Option<Arc<KnownSigner>> {
        let mut key = tail(signed.signer_der());
        let of_seal = tail(signed.seal().der());
        key.iter_mut()
            .zip(of_seal)
            .for_each(|(byte, other)| *byte ^= other);
        let found = self.signers.lock().get(&key).map(Arc::clone);
        if let Some(known) = found.filter(|known| known.is_of(signed)) {
            return Some(known);
        }
        let known = Arc::new(KnownSigner::of(signed)?);
        let mut signers = self.signers.lock();
        if signers.len() >= SIGNERS && !signers.contains_key(&key) {
            signers.clear();
        }
        signers.insert(key, Arc::clone(&known));
        Some(known)
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
