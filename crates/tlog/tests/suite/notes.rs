//! Notes, checkpoints, quorums and detached proofs: what is read, and what is not.

use base64::Engine as _;
use jiff::Timestamp;
use proptest::prelude::*;
use tlog::{
    AddCheckpoint, Checkpoint, CheckpointFault, Cosigner, DetachedProof, Edge, Leaf, LogSigner, Memory,
    MemoryTiles, Note, NoteFault, Origin, ProofFault, Quorum, QuorumFault, TreeFault, VerifierKey, Witness,
    inclusion, root,
};

use crate::leaf;

const ORIGIN: &str = "log.example/jianzheng";

pub(crate) fn log() -> LogSigner {
    LogSigner::from_seed(ORIGIN, &[1; 32]).expect("a key")
}

pub(crate) fn cosigner(n: u8) -> Cosigner {
    Cosigner::from_seed(&format!("w{n}.example"), &[100 + n; 32]).expect("a key")
}

pub(crate) fn origin() -> Origin {
    Origin::new(ORIGIN).expect("a line")
}

pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + second).expect("in range")
}

pub(crate) fn witness(n: u8) -> Witness {
    Witness::new(cosigner(n), origin(), vec![log().verifier().clone()])
}

/// Has witnesses cosign as the first thing they do.
pub(crate) fn cosigned(note: Note, by: &[u8]) -> Note {
    by.iter().fold(note, |note, n| {
        let request = AddCheckpoint {
            old_size: 0,
            proof: Vec::new(),
            checkpoint: note.clone(),
        };
        let pending = witness(*n).add_checkpoint(&Memory::Enrolled, &request, at(i64::from(*n)));
        note.with(pending.expect("cosigned").release())
    })
}

pub(crate) fn quorum(threshold: usize) -> Quorum {
    let witnesses = (1..=5).map(|n| cosigner(n).verifier().clone()).collect();
    Quorum::new(origin(), vec![log().verifier().clone()], witnesses, threshold).expect("a quorum")
}

fn stated() -> Note {
    log().sign(5, Edge::empty().append((0..5).map(leaf)).edge.root())
}

#[test]
fn a_quorum_counts_every_known_witness_once() {
    let note = cosigned(stated(), &[1, 2, 4]);
    let witnessed = quorum(3).verify(&note).expect("three of five");
    assert_eq!(witnessed.checkpoint.size, 5);
    assert_eq!(witnessed.seen_by(), Some(at(4)));
    assert_eq!(
        quorum(2).verify(&note).expect("two of five").seen_by(),
        Some(at(2))
    );
    assert_eq!(quorum(0).verify(&stated()).expect("none").seen_by(), None);
    assert_eq!(
        quorum(4).verify(&note),
        Err(QuorumFault::Few {
            present: 3,
            demanded: 4
        })
    );
    // The same cosignature twice, and one of a stranger.
    let twice = format!("{note}{}\n", note.signatures()[1]);
    let twice = Note::parse(&twice).expect("a note");
    assert_eq!(
        quorum(4).verify(&twice),
        Err(QuorumFault::Few {
            present: 3,
            demanded: 4
        })
    );
    let stranger = cosigned(note, &[9]);
    assert_eq!(
        quorum(4).verify(&stranger),
        Err(QuorumFault::Few {
            present: 3,
            demanded: 4
        })
    );
}

#[test]
fn a_witness_cannot_be_configured_to_count_twice() {
    let key = |name: &str, seed: u8| {
        Cosigner::from_seed(name, &[seed; 32])
            .expect("a key")
            .verifier()
            .clone()
    };
    let build = |witnesses: Vec<VerifierKey>, threshold| {
        Quorum::new(origin(), vec![log().verifier().clone()], witnesses, threshold).map(|_| ())
    };
    assert_eq!(
        build(vec![key("a", 1), key("b", 2)], 2),
        Err(QuorumFault::Witness),
        "the log's own key as a witness"
    );
    assert_eq!(
        build(vec![key("a", 3), key("b", 3)], 2),
        Err(QuorumFault::Witness),
        "one key under two names"
    );
    assert_eq!(
        build(vec![key("a", 3), key("a", 4)], 2),
        Err(QuorumFault::Witness),
        "one name with two keys"
    );
    assert_eq!(build(vec![key("a", 3)], 2), Err(QuorumFault::Threshold));
    assert_eq!(
        build(vec![log().verifier().clone()], 1),
        Err(QuorumFault::Witness),
        "a log's key"
    );
    let none = Quorum::new(origin(), Vec::new(), Vec::new(), 0);
    assert_eq!(none.map(|_| ()), Err(QuorumFault::LogKey));
}

#[test]
fn a_checkpoint_of_another_log_or_key_or_text_is_none() {
    let quorum = quorum(0);
    let fault = |note: &Note| match quorum.verify(note) {
        Err(QuorumFault::Checkpoint(fault)) => Some(fault),
        _ => None,
    };
    let other = LogSigner::from_seed("log.example/other", &[1; 32]).expect("a key");
    assert_eq!(fault(&other.sign(5, leaf(0))), Some(CheckpointFault::Origin));
    let forger = LogSigner::from_seed(ORIGIN, &[2; 32]).expect("a key");
    assert_eq!(fault(&forger.sign(5, leaf(0))), Some(CheckpointFault::Unsigned));
    let bent = stated().to_string().replacen("\n5\n", "\n6\n", 1);
    assert_eq!(
        fault(&Note::parse(&bent).expect("a note")),
        Some(CheckpointFault::Signature)
    );
    let cosignature_only = stated().to_string();
    let (text, _) = cosignature_only.split_once("\n\n").expect("a text");
    let line = cosigned(stated(), &[1]).signatures()[1].to_string();
    let only = Note::parse(&format!("{text}\n\n{line}\n")).expect("a note");
    assert_eq!(fault(&only), Some(CheckpointFault::Unsigned));
}

#[test]
fn a_bent_cosignature_condemns_the_note() {
    let note = cosigned(stated(), &[1, 2]);
    // In its time, and in its signature.
    for place in [7_usize, 20] {
        let mut value = note.signatures()[1].value().to_vec();
        value[place] ^= 1;
        let id = note.signatures()[1].key_id().to_be_bytes();
        let line = base64::engine::general_purpose::STANDARD.encode([&id, value.as_slice()].concat());
        let text = note.to_string().replace(
            &note.signatures()[1].to_string(),
            &format!("\u{2014} w1.example {line}"),
        );
        let note = Note::parse(&text).expect("a note");
        assert_eq!(
            quorum(1).verify(&note),
            Err(QuorumFault::Cosignature),
            "byte {place}"
        );
    }
}

#[test]
fn texts_that_are_no_checkpoints_are_not_read() {
    let root = leaf(0).to_string();
    assert!(Checkpoint::parse(&format!("a log\n12\n{root}\n")).is_ok());
    for wrong in [
        format!("a log\n012\n{root}\n"),
        format!("a log\n-1\n{root}\n"),
        format!("a log\n18446744073709551616\n{root}\n"),
        format!("a log\n12\n{root}"),
        format!("a log\n12\n{root}\nan extension\n"),
        format!("\n12\n{root}\n"),
        format!("a log\n12\n{}\n", &root[..40]),
        // The empty tree has one root.
        format!("a log\n0\n{root}\n"),
    ] {
        assert_eq!(Checkpoint::parse(&wrong), Err(CheckpointFault::Text), "{wrong:?}");
    }
}

#[test]
fn notes_are_read_in_one_spelling() {
    let note = cosigned(stated(), &[1, 2]).to_string();
    assert_eq!(Note::parse(&note).expect("a note").to_string(), note);
    for (wrong, fault) in [
        (note.replace('\n', "\r\n"), NoteFault::Control),
        (note.trim_end().to_owned(), NoteFault::Shape),
        (note.replace("\n\n", "\n"), NoteFault::Shape),
        (format!("{note}\u{2014} w1.example AAAA\n"), NoteFault::Signature),
        (format!("{note}- w1.example AAAAAAAAAA==\n"), NoteFault::Signature),
        (
            format!("{note}\u{2014} w1+example AAAAAAAAAA==\n"),
            NoteFault::Name,
        ),
        (
            format!("{note}{}", "\u{2014} w AAAAAAAAAA==\n".repeat(101)),
            NoteFault::Large,
        ),
        (format!("{}{note}", "x".repeat(70_000)), NoteFault::Large),
    ] {
        assert_eq!(Note::parse(&wrong), Err(fault));
    }
}

fn proved(extra: Option<Vec<u8>>) -> (DetachedProof, Vec<u8>) {
    let entries: Vec<Vec<u8>> = (0..40).map(|n| Leaf::Facts([n; 32]).encode()).collect();
    let mut tiles = MemoryTiles::default();
    assert!(
        tiles.apply(
            tiles
                .edge()
                .append(entries.iter().map(|entry| tlog::leaf_hash(entry)))
        )
    );
    let checkpoint = cosigned(log().sign(40, root(&tiles, 40).expect("tiles")), &[1, 2, 3]);
    let proof = DetachedProof {
        extra,
        index: 17,
        path: inclusion(&tiles, 17, 40).expect("tiles"),
        checkpoint,
    };
    (proof, entries[17].clone())
}

#[test]
fn a_detached_proof_holds_for_its_entry_and_no_other() {
    for extra in [None, Some(b"anything".to_vec())] {
        let (proof, entry) = proved(extra);
        let text = proof.to_string();
        assert!(text.starts_with("c2sp.org/tlog-proof@v1\n"));
        let read = DetachedProof::parse(&text).expect("a proof");
        assert_eq!((read.to_string(), &read), (text, &proof));
        let proved = read.verify(&entry, &quorum(3)).expect("it holds");
        assert_eq!((proved.index, proved.witnessed.checkpoint.size), (17, 40));
        let other = Leaf::Facts([18; 32]).encode();
        assert_eq!(
            read.verify(&other, &quorum(3)),
            Err(ProofFault::Tree(TreeFault::Proof))
        );
        let few = QuorumFault::Few {
            present: 3,
            demanded: 4,
        };
        assert_eq!(read.verify(&entry, &quorum(4)), Err(ProofFault::Quorum(few)));
        let moved = DetachedProof { index: 18, ..proof };
        assert_eq!(
            moved.verify(&entry, &quorum(3)),
            Err(ProofFault::Tree(TreeFault::Proof))
        );
    }
}

#[test]
fn texts_that_are_no_proofs_are_not_read() {
    let text = proved(None).0.to_string();
    for wrong in [
        text.replacen("@v1", "@v2", 1),
        text.replacen("index 17", "index 017", 1),
        text.replacen("index 17\n", "", 1),
        text.replacen("index 17", "extra !\nindex 17", 1),
        text.replacen("index 17\n", "index 17\nAAAA\n", 1),
        text.replacen(
            "index 17\n",
            &format!("index 17\n{}", format!("{}\n", leaf(0)).repeat(64)),
            1,
        ),
        text.replace("\n\n", "\n"),
        "x".repeat(300_000),
    ] {
        assert!(DetachedProof::parse(&wrong).is_err(), "{}", &wrong[..80]);
    }
}

proptest! {
    #[test]
    fn no_bent_detached_proof_holds(at in any::<prop::sample::Index>(), bit in 0_u8..7) {
        let (proof, entry) = proved(None);
        let text = proof.to_string();
        let mut bytes = text.into_bytes();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        // Every byte counts, other than those of the quorum's surplus: with three of three, there is none.
        let read = String::from_utf8(bytes).ok().and_then(|bent| DetachedProof::parse(&bent).ok());
        prop_assert!(read.is_none_or(|read| read.verify(&entry, &quorum(3)).is_err()), "byte {at}");
    }

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,40}(\n|\\PC{0,30}\n){0,8}") {
        // Not panicking is the promise; what is read is written as it was.
        if let Ok(note) = Note::parse(&text) {
            prop_assert_eq!(note.to_string(), text.clone());
        }
        if let Ok(proof) = DetachedProof::parse(&text) {
            prop_assert_eq!(proof.to_string(), text);
        }
    }
}
