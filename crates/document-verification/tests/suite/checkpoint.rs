//! A checkpoint of the transparency log as evidence of time: who has to have seen it, and of what file.

use certificate_face::specimen;
use document_verification::trust::{LogRule, Named, SigningKey, TrustError};
use document_verification::{
    DocumentStanding, Outcome, Policy, Proofs, Report, TimeEvidence, TrustBundle, Verifier, check,
};
use domain::certificate::LogEntry;
use gm::certificate::RevocationReason;
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use tlog::{
    AddCheckpoint, Cosigner, DetachedProof, DocumentKind, Leaf, LogSigner, Memory, MemoryTiles, Note, Origin,
    Witness, inclusion, root,
};

use crate::fixture::{OFFICE, ORIGINAL, at, now, of};
use crate::revoked::lists_of_revoked_signers;

const ORIGIN: &str = "log.example/jianzheng";
/// Of the tree, of which the two files are leaves.
const SIZE: u64 = 9;
const COMPROMISED: &str = "2026-05-10T00:00:00Z";

fn log(seed: u8) -> LogSigner {
    LogSigner::from_seed(ORIGIN, &[seed; 32]).expect("a key")
}

fn witness(n: u8) -> Cosigner {
    Cosigner::from_seed(&format!("witness-{n}.example"), &[100 + n; 32]).expect("a key")
}

fn rule(quorum: usize) -> LogRule {
    LogRule {
        origin: ORIGIN.to_owned(),
        keys: vec![log(1).verifier().to_string()],
        witnesses: (1..=3).map(|n| witness(n).verifier().to_string()).collect(),
        quorum,
    }
}

/// The bundle in which the key of every signer is known to be stolen since 10 May; documents were signed on 6 May.
fn bundle(rule: &LogRule) -> Result<TrustBundle, TrustError> {
    let lists = lists_of_revoked_signers(COMPROMISED, RevocationReason::KeyCompromise);
    let parts = OFFICE.bundle_parts(&lists, OFFICE.authorities());
    let key = SigningKey::from_seed(&[7; 32]).expect("a key");
    let also = Named {
        log: Some(rule),
        ..Named::default()
    };
    let draft = parts.draft(OFFICE.authorities());
    let signed = TrustBundle::sign_naming(&draft, also, &key)?;
    let mut files = parts.files();
    files.statement = &signed.statement;
    files.signature = signed.signature.as_bytes();
    files.key = signed.key.as_bytes();
    TrustBundle::open(&files)
}

/// A proof for a leaf of a log that holds it, stated by a log's key and cosigned at these instants.
fn proof(leaf: &Leaf, by: &LogSigner, cosigned: &[(u8, &str)]) -> String {
    let others = (0..SIZE - 1).map(|n| Leaf::Facts([u8::try_from(n).expect("small"); 32]).hash());
    let mut tiles = MemoryTiles::default();
    let appended = tiles.edge().append(others.chain([leaf.hash()]));
    assert!(tiles.apply(appended));
    let stated = by.sign(SIZE, root(&tiles, SIZE).expect("tiles"));
    let cosign = |note: Note, (n, instant): &(u8, &str)| {
        let origin = Origin::new(ORIGIN).expect("a line");
        let witness = Witness::new(witness(*n), origin, vec![by.verifier().clone()]);
        let request = AddCheckpoint {
            old_size: 0,
            proof: Vec::new(),
            checkpoint: note.clone(),
        };
        let pending = witness.add_checkpoint(&Memory::Enrolled, &request, at(instant));
        note.with(pending.expect("cosigned").release())
    };
    DetachedProof {
        extra: None,
        index: SIZE - 1,
        path: inclusion(&tiles, SIZE - 1, SIZE).expect("tiles"),
        checkpoint: cosigned.iter().fold(stated, cosign),
    }
    .to_string()
}

fn leaf(kind: DocumentKind, file: &[u8]) -> Leaf {
    Leaf::Documents(vec![(kind, Sha256::digest(file).into())])
}

fn report(file: &[u8], proof: String, rule: &LogRule, now: Timestamp) -> Report {
    let verifier = Verifier::new(bundle(rule).expect("a bundle"), Policy::default());
    let proofs = Proofs {
        checkpoint: Some(proof),
        ..Proofs::default()
    };
    verifier.verify_with(file, now, &proofs)
}

#[test]
fn a_quorum_that_had_seen_the_file_before_the_compromise_vouches_for_its_time() {
    let early = [(1, "2026-05-07T00:00:00Z"), (3, "2026-05-08T00:00:00Z")];
    let late = [(1, "2026-05-07T00:00:00Z"), (2, "2026-05-11T00:00:00Z")];
    for (kind, file) in [
        (DocumentKind::Ofd, &ORIGINAL.ofd),
        (DocumentKind::Pdf, &ORIGINAL.pdf),
    ] {
        let leaf = leaf(kind, file);
        let seen = report(file, proof(&leaf, &log(1), &early), &rule(2), now());
        assert_eq!(seen.document, DocumentStanding::Authentic, "{:?}", seen.findings);
        assert_eq!(seen.time_evidence, TimeEvidence::Checkpoint);
        assert_eq!(of(&seen, check::CHECKPOINT).0, Outcome::Pass);
        // The second witness came after the thief.
        let seen = report(file, proof(&leaf, &log(1), &late), &rule(2), now());
        assert_eq!(seen.document, DocumentStanding::CannotSay);
        assert_eq!(seen.time_evidence, TimeEvidence::Checkpoint);
    }
}

#[test]
fn a_checkpoint_that_proves_nothing_says_why() {
    let file = &ORIGINAL.ofd;
    let own = leaf(DocumentKind::Ofd, file);
    let two = [(1, "2026-05-07T00:00:00Z"), (2, "2026-05-07T00:00:00Z")];
    for (proof, reason) in [
        (proof(&own, &log(1), &two[..1]), "too_few_witnesses"),
        (proof(&own, &log(2), &two), "checkpoint_not_of_the_log"),
        (
            proof(&leaf(DocumentKind::Pdf, file), &log(1), &two),
            "not_in_the_log",
        ),
        (
            proof(&leaf(DocumentKind::Ofd, &ORIGINAL.pdf), &log(1), &two),
            "not_in_the_log",
        ),
        (
            "c2sp.org/tlog-proof@v1\nindex 0\n".to_owned(),
            "checkpoint_malformed",
        ),
    ] {
        let report = report(file, proof, &rule(2), now());
        assert_eq!(of(&report, check::CHECKPOINT), (Outcome::Warning, reason));
        assert_eq!(report.document, DocumentStanding::CannotSay, "{reason}");
        assert_eq!(report.time_evidence, TimeEvidence::Claimed, "{reason}");
    }
}

#[test]
fn a_copy_proves_offline_that_its_version_is_logged() {
    let two = [(1, "2026-05-07T00:00:00Z"), (2, "2026-05-07T00:00:00Z")];
    let commitment = [5; 32];
    let proved = |leaf: [u8; 32], by: &LogSigner, cosigned: &[(u8, &str)]| {
        let mut record = specimen::record("张伟民", 2);
        record.log = Some(LogEntry {
            origin: ORIGIN.to_owned(),
            leaf_index: SIZE - 1,
            commitment: hex::encode(commitment),
            proof: proof(&Leaf::Facts(leaf), by, cosigned),
        });
        let sealed = OFFICE.seal(&specimen::use_copy_of(&record));
        let verifier = Verifier::new(bundle(&rule(2)).expect("a bundle"), Policy::default());
        [sealed.ofd, sealed.pdf].map(|file| of(&verifier.verify(&file, now()), check::LOG_ENTRY))
    };
    let holds = proved(commitment, &log(1), &two);
    assert_eq!(holds.map(|(result, _)| result), [Outcome::Pass; 2], "{holds:?}");
    let few = proved(commitment, &log(1), &two[..1]);
    assert_eq!(few, [(Outcome::Warning, "too_few_witnesses"); 2]);
    let another = proved(commitment, &log(2), &two);
    assert_eq!(another, [(Outcome::Warning, "checkpoint_not_of_the_log"); 2]);
    let untrue = proved([6; 32], &log(1), &two);
    assert_eq!(untrue, [(Outcome::CannotSay, "version_not_in_the_log"); 2]);
}

#[test]
fn a_bundle_names_a_quorum_or_is_not_signed() {
    let wrong = |change: &dyn Fn(&mut LogRule)| {
        let mut rule = rule(2);
        change(&mut rule);
        matches!(bundle(&rule), Err(TrustError::Statement(_)))
    };
    assert!(!wrong(&|_| {}), "as it is, it is one");
    assert!(wrong(&|rule| rule.quorum = 0), "nobody is no quorum");
    assert!(wrong(&|rule| rule.quorum = 4), "more than there are");
    assert!(wrong(&|rule| rule.witnesses[1] = rule.witnesses[0].clone()));
    assert!(wrong(&|rule| rule.keys.clear()));
    assert!(wrong(&|rule| rule.keys[0].push('x')));
}
