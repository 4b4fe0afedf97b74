//! Whom to believe: a log, and how many of which witnesses have to have seen what it says.

use std::collections::BTreeMap;

use jiff::Timestamp;
use thiserror::Error;

use crate::checkpoint::{Checkpoint, CheckpointFault, Origin};
use crate::cosignature::Cosignature;
use crate::key::{Algorithm, VerifierKey};
use crate::note::Note;

/// A log's keys and k of n witnesses. With more than half of all witnesses demanded, two views of the log need a witness that
/// cosigned both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quorum {
    origin: Origin,
    log: Vec<VerifierKey>,
    witnesses: Vec<VerifierKey>,
    threshold: usize,
}

/// Why a quorum cannot be that, or was not reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum QuorumFault {
    /// No key of the log, or one of the wrong kind.
    #[error("a log needs at least one key, each for signatures of notes")]
    LogKey,
    /// A witness's key of the wrong kind, or a name or a key twice: it would count twice.
    #[error("witnesses need a name and a key for cosignatures each, of their own")]
    Witness,
    /// More witnesses demanded than there are.
    #[error("more witnesses are demanded than there are")]
    Threshold,
    /// The log's own statement is not to be believed.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointFault),
    /// A known witness's cosignature does not hold.
    #[error("a cosignature does not hold")]
    Cosignature,
    /// Too few witnesses.
    #[error("{present} witnesses cosigned where {demanded} are demanded")]
    Few {
        /// Known witnesses whose cosignatures hold.
        present: usize,
        /// How many there have to be.
        demanded: usize,
    },
}

/// A checkpoint that a quorum has seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witnessed {
    /// What the log says.
    pub checkpoint: Checkpoint,
    /// Who cosigned it, each once, by time.
    pub cosignatures: Vec<Cosignature>,
    threshold: usize,
}

impl Witnessed {
    /// The time by which the quorum had seen it, by the witnesses' clocks: a cosigner more than that may be late or lie. None where
    /// no witness is demanded.
    #[must_use]
    pub fn seen_by(&self) -> Option<Timestamp> {
        let nth = self.threshold.checked_sub(1)?;
        self.cosignatures.get(nth).map(|cosignature| cosignature.at)
    }
}

impl Quorum {
    /// The log `origin` under any of the keys of `log`, and at least `threshold` of the witnesses.
    ///
    /// # Errors
    /// If a key is of the wrong kind, a witness would count twice, or there are too few.
    pub fn new(
        origin: Origin,
        log: Vec<VerifierKey>,
        witnesses: Vec<VerifierKey>,
        threshold: usize,
    ) -> Result<Self, QuorumFault> {
        if log.is_empty() || log.iter().any(|key| key.algorithm() != Algorithm::Ed25519) {
            return Err(QuorumFault::LogKey);
        }
        let mut names: Vec<_> = witnesses.iter().map(VerifierKey::name).collect();
        let mut keys: Vec<_> = witnesses.iter().chain(&log).map(VerifierKey::public).collect();
        names.sort_unstable();
        keys.sort_unstable();
        let distinct =
            names.is_sorted_by(|one, next| one < next) && keys.is_sorted_by(|one, next| one < next);
        let cosigners = witnesses
            .iter()
            .all(|key| key.algorithm() == Algorithm::CosignatureV1);
        if !distinct || !cosigners {
            return Err(QuorumFault::Witness);
        }
        if threshold > witnesses.len() {
            return Err(QuorumFault::Threshold);
        }
        Ok(Self {
            origin,
            log,
            witnesses,
            threshold,
        })
    }

    /// What the others have to say where one witness has lost its memory: all but that one, of whom as many are demanded as there
    /// are, up to the threshold. None where nobody else is there to vouch.
    #[must_use]
    pub fn without(&self, witness: &VerifierKey) -> Option<Self> {
        let mut others = self.clone();
        others
            .witnesses
            .retain(|other| other.public() != witness.public());
        others.threshold = self.threshold.min(others.witnesses.len());
        (others.threshold > 0).then_some(others)
    }

    /// The log's keys.
    #[must_use]
    pub fn log_keys(&self) -> &[VerifierKey] {
        &self.log
    }

    /// The log.
    #[must_use]
    pub const fn origin(&self) -> &Origin {
        &self.origin
    }

    /// How many witnesses are demanded.
    #[must_use]
    pub const fn threshold(&self) -> usize {
        self.threshold
    }

    /// Checks a checkpoint with its cosignatures. Signatures of unknown keys are ignored; one of a known key that does not hold
    /// condemns the note, as signed-note recommends.
    ///
    /// # Errors
    /// If the log did not sign it, or too few witnesses did.
    pub fn verify(&self, note: &Note) -> Result<Witnessed, QuorumFault> {
        let checkpoint = Checkpoint::open(note, &self.origin, &self.log)?;
        let mut latest: BTreeMap<String, Timestamp> = BTreeMap::new();
        for signature in note.signatures() {
            let Some(key) = self.witnesses.iter().find(|key| key.is_named_by(signature)) else {
                continue;
            };
            let cosignature =
                Cosignature::verify(note.text(), signature, key).ok_or(QuorumFault::Cosignature)?;
            let at = latest.entry(cosignature.witness).or_insert(cosignature.at);
            *at = cosignature.at.max(*at);
        }
        let (present, demanded) = (latest.len(), self.threshold);
        if present < demanded {
            return Err(QuorumFault::Few { present, demanded });
        }
        let mut cosignatures: Vec<_> = latest
            .into_iter()
            .map(|(witness, at)| Cosignature { witness, at })
            .collect();
        cosignatures.sort_by_key(|cosignature| cosignature.at);
        Ok(Witnessed {
            checkpoint,
            cosignatures,
            threshold: demanded,
        })
    }
}
