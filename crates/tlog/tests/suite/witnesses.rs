//! A witness cosigns one history, and none that it cannot remember.
//!
//! ```text
//!   log ──old size, proof, checkpoint──▶ witness ──decides──▶ memory stored ──▶ cosignature released
//! ```

use proptest::prelude::*;
use tlog::{
    AddCheckpoint, Edge, Memory, MemoryTiles, Note, Pending, QuorumFault, Remembered, TreeFault,
    WitnessRefusal, consistency, root,
};

use crate::notes::{at, cosigned, log, quorum, witness};
use crate::{grown, leaf};

fn request(tiles: &MemoryTiles, old: u64, new: u64) -> AddCheckpoint {
    AddCheckpoint {
        old_size: old,
        proof: consistency(tiles, old, new).expect("tiles"),
        checkpoint: log().sign(new, root(tiles, new).expect("tiles")),
    }
}

fn stored(pending: Pending) -> (Memory, Note) {
    let memory = pending.memory().clone();
    let note = memory.note.clone();
    (Memory::Remembered(memory), note.with(pending.release()))
}

/// A tree of another history, that begins alike.
fn forked(common: u64, size: u64) -> MemoryTiles {
    let mut tiles = MemoryTiles::default();
    let leaves = (0..size).map(|n| leaf(if n < common { n } else { n + 1_000_000 }));
    let append = Edge::empty().append(leaves);
    assert!(tiles.apply(append));
    tiles
}

#[test]
fn a_witness_follows_a_log_that_grows() {
    let (tiles, witness) = (grown(700, 100), witness(1));
    let mut memory = Memory::Enrolled;
    let mut old = 0;
    for new in [1, 1, 2, 255, 256, 257, 700] {
        let pending = witness
            .add_checkpoint(&memory, &request(&tiles, old, new), at(0))
            .expect("cosigned");
        assert_eq!(pending.replaces(), &memory);
        let (next, note) = stored(pending);
        assert_eq!(quorum(1).verify(&note).expect("witnessed").checkpoint.size, new);
        (memory, old) = (next, new);
    }
}

#[test]
fn it_says_what_it_remembers() {
    let (tiles, witness) = (grown(100, 100), witness(1));
    let pending = witness.add_checkpoint(&Memory::Enrolled, &request(&tiles, 0, 60), at(0));
    let (memory, _) = stored(pending.expect("cosigned"));
    let asked = |old, new| {
        witness
            .add_checkpoint(&memory, &request(&tiles, old, new), at(1))
            .map(|_| ())
    };
    assert_eq!(asked(0, 100), Err(WitnessRefusal::Remembers(60)));
    assert_eq!(asked(50, 100), Err(WitnessRefusal::Remembers(60)));
    assert_eq!(asked(40, 50), Err(WitnessRefusal::Remembers(60)), "never back");
    assert_eq!(asked(60, 100), Ok(()));
    let smaller = AddCheckpoint {
        old_size: 60,
        ..request(&tiles, 0, 50)
    };
    assert_eq!(
        witness.add_checkpoint(&memory, &smaller, at(1)).map(|_| ()),
        Err(WitnessRefusal::Sizes)
    );
}

#[test]
fn it_does_not_cosign_a_second_history() {
    let (tiles, other, witness) = (grown(100, 100), forked(40, 100), witness(1));
    let pending = witness.add_checkpoint(&Memory::Enrolled, &request(&tiles, 0, 60), at(0));
    let (memory, _) = stored(pending.expect("cosigned"));
    let longer = witness
        .add_checkpoint(&memory, &request(&other, 60, 100), at(1))
        .map(|_| ());
    assert_eq!(longer, Err(WitnessRefusal::Proof(TreeFault::Proof)));
    let as_long = witness
        .add_checkpoint(&memory, &request(&other, 60, 60), at(1))
        .map(|_| ());
    let Err(WitnessRefusal::Fork(evidence)) = as_long else {
        panic!("{as_long:?}");
    };
    // The evidence is two notes that the log signed.
    let other = request(&other, 60, 60).checkpoint;
    let (one, two) = (quorum(0).verify(&evidence.note), quorum(0).verify(&other));
    assert!(
        one.expect("signed")
            .checkpoint
            .contradicts(&two.expect("signed").checkpoint)
    );
}

/// Two of five are shown one history, two another, and both logs go on: neither is ever witnessed by three, whoever is asked for
/// the third, and a witness that meets the other half's checkpoint has the evidence.
#[test]
fn a_fork_shown_to_disjoint_witnesses_is_witnessed_on_no_side() {
    let (one, other) = (grown(100, 100), forked(40, 100));
    let shown = |tiles: &MemoryTiles, to: &[u8]| cosigned(request(tiles, 0, 60).checkpoint, to);
    let (here, there) = (shown(&one, &[1, 2]), shown(&other, &[3, 4]));
    let few = Err(QuorumFault::Few {
        present: 2,
        demanded: 3,
    });
    assert_eq!(quorum(3).verify(&here), few);
    assert_eq!(quorum(3).verify(&there), few);

    let (memory, _) = stored(
        witness(1)
            .add_checkpoint(&Memory::Enrolled, &request(&one, 0, 60), at(0))
            .expect("cosigned"),
    );
    let turned = witness(1).add_checkpoint(&memory, &request(&other, 60, 60), at(1));
    let Err(WitnessRefusal::Fork(evidence)) = turned.map(|_| ()) else {
        panic!("nobody goes over to the other side");
    };
    let stated = |note: &Note| quorum(2).verify(note).expect("two of five").checkpoint;
    assert!(
        stated(&here).contradicts(&stated(&there)),
        "published by either half"
    );
    assert!(here.to_string().starts_with(evidence.note.text()));

    // The fifth makes a quorum of one side only.
    let third = shown(&one, &[1, 2, 5]);
    assert!(quorum(3).verify(&third).is_ok());
    let (memory, _) = stored(
        witness(5)
            .add_checkpoint(&Memory::Enrolled, &request(&one, 0, 60), at(0))
            .expect("cosigned"),
    );
    let both = witness(5).add_checkpoint(&memory, &request(&other, 60, 100), at(1));
    assert_eq!(both.map(|_| ()), Err(WitnessRefusal::Proof(TreeFault::Proof)));
}

#[test]
fn one_that_lost_its_memory_is_silent_until_it_is_anchored() {
    let (tiles, witness) = (grown(100, 100), witness(1));
    for old in [0, 60] {
        let asked = witness.add_checkpoint(&Memory::Lost, &request(&tiles, old, 100), at(1));
        assert_eq!(asked.map(|_| ()), Err(WitnessRefusal::Lost));
    }
    let note = request(&tiles, 0, 60).checkpoint;
    let anchor = |note: &Note, others| witness.anchor(&Memory::Lost, note, &quorum(others));
    let few = |present, demanded| Err(WitnessRefusal::Anchor(QuorumFault::Few { present, demanded }));
    assert_eq!(anchor(&note, 2), few(0, 2));
    assert_eq!(anchor(&note, 0), few(0, 1), "the log alone anchors nobody");
    assert_eq!(
        anchor(&cosigned(note.clone(), &[1, 2]), 2),
        few(1, 2),
        "nobody vouches for oneself"
    );
    let memory = anchor(&cosigned(note, &[2, 3]), 2).expect("two others");
    assert_eq!(memory.size, 60);
    let memory = Memory::Remembered(memory);
    assert!(
        witness
            .add_checkpoint(&memory, &request(&tiles, 60, 100), at(1))
            .is_ok()
    );
    let again = witness.anchor(
        &memory,
        &cosigned(request(&tiles, 0, 100).checkpoint, &[2, 3]),
        &quorum(2),
    );
    assert_eq!(
        again,
        Err(WitnessRefusal::Remembers(60)),
        "an anchor is for the lost only"
    );
}

#[test]
fn one_restored_from_a_backup_learns_of_it_from_its_own_cosignature() {
    let (tiles, witness) = (grown(100, 100), witness(1));
    let step = |memory: &Memory, old, new| witness.add_checkpoint(memory, &request(&tiles, old, new), at(0));
    let (backup, _) = stored(step(&Memory::Enrolled, 0, 40).expect("cosigned"));
    let (_, shown) = stored(step(&backup, 40, 80).expect("cosigned"));
    let presented = AddCheckpoint {
        checkpoint: shown,
        ..request(&tiles, 40, 80)
    };
    let asked = witness.add_checkpoint(&backup, &presented, at(1)).map(|_| ());
    assert_eq!(asked, Err(WitnessRefusal::Forgotten(80)));
}

#[test]
fn requests_are_read_as_they_are_written() {
    let request = request(&grown(100, 100), 40, 100);
    let text = request.to_string();
    assert_eq!(AddCheckpoint::parse(&text), Ok(request));
    for wrong in [
        text.replacen("old 40", "old 040", 1),
        text.replacen("old 40", "new 40", 1),
        text.replacen("old 40\n", "old 40\nAAAA\n", 1),
        text.replacen(
            "old 40\n",
            &format!("old 40\n{}", format!("{}\n", leaf(0)).repeat(64)),
            1,
        ),
        text.replace("\n\n", "\n"),
    ] {
        assert!(AddCheckpoint::parse(&wrong).is_err());
    }
}

proptest! {
    /// Whatever a log sends, everything that a witness ever cosigned is one history.
    #[test]
    fn whatever_is_asked_what_was_cosigned_is_one_history(
        common in 0_u64..40,
        asked in prop::collection::vec((any::<bool>(), 0_u64..60, 0_u64..60), 1..30),
    ) {
        let (honest, forked, witness) = (grown(60, 60), forked(common, 60), witness(1));
        let mut memory = Memory::Enrolled;
        let mut cosigned: Vec<Remembered> = Vec::new();
        for (fork, one, other) in asked {
            let tiles = if fork { &forked } else { &honest };
            let request = request(tiles, one.min(other), one.max(other));
            let Ok(pending) = witness.add_checkpoint(&memory, &request, at(0)) else { continue };
            cosigned.push(pending.memory().clone());
            (memory, _) = stored(pending);
        }
        let of = |tiles: &MemoryTiles| cosigned.iter().all(|seen| root(tiles, seen.size) == Ok(seen.root));
        prop_assert!(of(&honest) || of(&forked));
        prop_assert!(cosigned.is_sorted_by_key(|seen| seen.size));
    }
}
