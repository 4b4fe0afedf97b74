//! What a time of signing rests on, and what follows where a key was compromised.
//!
//! In order: a time-stamp token in the file, a checkpoint of the log that a quorum cosigned, the register's own record
//! of the file's digest; else the time is only claimed. Whoever has a stolen key can claim any time, so a signature of a
//! key that was revoked for compromise counts only if something else than its own word puts it before the compromise.

use domain::certificate::FactsRecord;
use gm::chain::COMPROMISED_LATER;
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest as _, Sha256};
use tlog::{DetachedProof, DocumentKind, Leaf, ProofFault, QuorumFault};

use crate::finding::{Finding, Outcome, check};
use crate::report::{FileKind, TimeEvidence};
use crate::trust::TrustBundle;
use crate::verifier::{Context, Examined};

/// What others than the file say of when it existed.
#[derive(Debug, Clone, Default)]
pub struct Proofs {
    /// A detached proof of the transparency log (C2SP tlog-proof) that it holds the digest of this very file, as it came.
    pub checkpoint: Option<String>,
    /// Since when the register has had the digest of this very file, for callers that asked it.
    pub digest_recorded_at: Option<Timestamp>,
}

/// By when a quorum of the witnesses that the bundle names had seen a checkpoint of a tree that holds the file: the time of
/// the cosignature that completed the quorum, for a later one may be late or lie.
fn seen_by(proof: &str, file: (FileKind, &[u8]), bundle: &TrustBundle) -> Result<Timestamp, &'static str> {
    let quorum = bundle.log_quorum().ok_or("no_witness_known")?;
    let kind = match file.0 {
        FileKind::Ofd => DocumentKind::Ofd,
        FileKind::Pdf => DocumentKind::Pdf,
        FileKind::Unknown => return Err("not_in_the_log"),
    };
    let leaf = Leaf::Documents(vec![(kind, Sha256::digest(file.1).into())]);
    let proof = DetachedProof::parse(proof).map_err(|_| "checkpoint_malformed")?;
    let proved = proof.verify(&leaf.encode(), &quorum).map_err(not_proved)?;
    proved.witnessed.seen_by().ok_or("no_witness_known")
}

/// What a use copy brings along of the log (design §4): the leaf that commits to its version's facts was seen by the quorum. It says
/// nothing of when the copy was made.
pub(crate) fn log_entry(record: Option<&FactsRecord>, bundle: &TrustBundle) -> Option<Finding> {
    let entry = record?.log.as_ref()?;
    let proved = || {
        let quorum = bundle.log_quorum().ok_or("no_witness_known")?;
        let commitment = hex::decode(&entry.commitment).ok();
        let commitment: Option<[u8; 32]> = commitment.and_then(|bytes| bytes.try_into().ok());
        let leaf = Leaf::Facts(commitment.ok_or("checkpoint_malformed")?);
        let proof = DetachedProof::parse(&entry.proof).map_err(|_| "checkpoint_malformed")?;
        proof
            .verify(&leaf.encode(), &quorum)
            .map_err(|fault| match not_proved(fault) {
                "not_in_the_log" => "version_not_in_the_log",
                reason => reason,
            })
    };
    Some(match proved() {
        Ok(_) => Finding::pass(check::LOG_ENTRY),
        // The authority sealed a proof that proves nothing.
        Err("version_not_in_the_log") => Finding::cannot_say(check::LOG_ENTRY, "version_not_in_the_log"),
        Err(reason) => Finding::warning(check::LOG_ENTRY, reason),
    })
}

const fn not_proved(fault: ProofFault) -> &'static str {
    match fault {
        ProofFault::Text(_) | ProofFault::Note(_) => "checkpoint_malformed",
        ProofFault::Quorum(QuorumFault::Few { .. }) => "too_few_witnesses",
        ProofFault::Quorum(_) => "checkpoint_not_of_the_log",
        ProofFault::Tree(_) => "not_in_the_log",
    }
}

/// Uses the proofs for signatures whose time is only claimed, then settles what compromises leave of them.
pub(crate) fn settle(examined: &mut Examined, file: (FileKind, &[u8]), context: &Context<'_>) {
    let proved = proved_elsewhere(examined, file, context);
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
fn proved_elsewhere(
    examined: &mut Examined,
    file: (FileKind, &[u8]),
    context: &Context<'_>,
) -> Option<(TimeEvidence, Timestamp)> {
    let proof = context.proofs.checkpoint.as_deref();
    match proof.map(|proof| seen_by(proof, file, context.bundle)) {
        Some(Ok(instant)) => {
            examined.findings.push(Finding::pass(check::CHECKPOINT));
            return Some((TimeEvidence::Checkpoint, instant));
        }
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
