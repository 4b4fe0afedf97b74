//! What a time of signing rests on, and what follows where a key was compromised.
//!
//! In order: a time-stamp token in the file, a checkpoint of the log that a quorum cosigned, the register's own record
//! of the file's digest; else the time is only claimed. Whoever has a stolen key can claim any time, so a signature of a
//! key that was revoked for compromise counts only if something else than its own word puts it before the compromise.

use gm::chain::COMPROMISED_LATER;
use jiff::{SignedDuration, Timestamp};

use crate::finding::{Finding, Outcome, check};
use crate::report::TimeEvidence;
use crate::trust::TrustBundle;
use crate::verifier::{Context, Examined};

/// What others than the file say of when it existed.
#[derive(Debug, Clone, Default)]
pub struct Proofs {
    /// A checkpoint of the transparency log with a proof that the file is in its tree.
    pub checkpoint: Option<CheckpointProof>,
    /// Since when the register has had the digest of this very file, for callers that asked it.
    pub digest_recorded_at: Option<Timestamp>,
}

/// A signed note of the log with its cosignatures (C2SP tlog-checkpoint) and the path from the file's leaf to its root.
#[derive(Debug, Clone)]
pub struct CheckpointProof {
    /// The note as it was served.
    pub note: Vec<u8>,
    /// Index of the leaf in the tree.
    pub leaf_index: u64,
    /// Digests from the leaf to the root.
    pub path: Vec<[u8; 32]>,
}

impl CheckpointProof {
    /// The instant of the checkpoint, if a quorum of the witnesses that the bundle names cosigned it. Bundles of this
    /// format name neither a log nor witnesses, so none is believed yet.
    fn instant(&self, _bundle: &TrustBundle) -> Result<Timestamp, &'static str> {
        Err("no_witness_known")
    }
}

/// Uses the proofs for signatures whose time is only claimed, then settles what compromises leave of them.
pub(crate) fn settle(examined: &mut Examined, context: &Context<'_>) {
    let proved = proved_elsewhere(examined, context);
    for index in 0..examined.signatures.len() {
        let Some(signature) = examined.signatures.get_mut(index) else {
            continue;
        };
        if matches!(signature.evidence, TimeEvidence::TimeStamp) {
            continue;
        }
        let id = signature.id.clone();
        let claimed = signature.signed_at;
        let compromised_from = signature.compromised_from;
        let proof = proved.filter(|(_, existed)| fits(claimed, *existed, context));
        if let Some((evidence, _)) = proof {
            signature.evidence = evidence;
        }
        let own = examined
            .findings
            .iter_mut()
            .filter(|finding| finding.signature.as_deref() == Some(&id));
        for finding in own {
            if finding.check == check::TIME_EVIDENCE && proof.is_some() {
                *finding = Finding::pass(check::TIME_EVIDENCE).of(&id);
            } else if finding.reason == COMPROMISED_LATER {
                let before = proof.is_some_and(|(_, existed)| {
                    compromised_from.is_none_or(|from| existed < from)
                        && before_compromises(claimed, existed, context.bundle)
                });
                if !before {
                    finding.result = Outcome::CannotSay;
                    finding.reason = "compromised_and_time_only_claimed";
                }
            }
        }
    }
}

/// The best of the proofs, with the instant by which the file existed.
fn proved_elsewhere(examined: &mut Examined, context: &Context<'_>) -> Option<(TimeEvidence, Timestamp)> {
    match context
        .proofs
        .checkpoint
        .as_ref()
        .map(|proof| proof.instant(context.bundle))
    {
        Some(Ok(instant)) => return Some((TimeEvidence::Checkpoint, instant)),
        Some(Err(reason)) => examined
            .findings
            .push(Finding::warning(check::CHECKPOINT, reason)),
        None => {}
    }
    let recorded = context.proofs.digest_recorded_at?;
    Some((TimeEvidence::DigestRecord, recorded))
}

/// A proof is of use for a signature that claims to be older than it, but for what clocks differ.
fn fits(claimed: Option<Timestamp>, existed: Timestamp, context: &Context<'_>) -> bool {
    let latest = existed
        .checked_add(context.policy.clock_tolerance.max(SignedDuration::ZERO))
        .unwrap_or(Timestamp::MAX);
    claimed.is_some_and(|claimed| claimed <= latest)
}

/// Whether `existed` lies before every compromise of the bundle's lists that came after the claimed time: the one that
/// concerns the signature is among them.
fn before_compromises(claimed: Option<Timestamp>, existed: Timestamp, bundle: &TrustBundle) -> bool {
    let Some(claimed) = claimed else { return false };
    bundle
        .revocation_lists()
        .iter()
        .flat_map(gm::certificate::RevocationList::entries)
        .filter(|entry| entry.is_compromise() && entry.effective_from() > claimed)
        .all(|entry| existed < entry.effective_from())
}
