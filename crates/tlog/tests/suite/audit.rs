//! An audit finds what was rewritten, dropped or said twice.

use tlog::{Audit, AuditFault, Checkpoint, Hash, Leaf, LeafFault, leaf_hash};

use crate::notes::origin;

fn entry(n: u64) -> Vec<u8> {
    let mut commitment = [0; 32];
    commitment[..8].copy_from_slice(&n.to_be_bytes());
    Leaf::Facts(commitment).encode()
}

fn checkpoint(size: u64) -> Checkpoint {
    let leaves = (0..size).map(|n| leaf_hash(&entry(n)));
    let root = tlog::Edge::empty().append(leaves).edge.root();
    Checkpoint {
        origin: origin(),
        size,
        root,
    }
}

#[test]
fn a_log_that_only_grew_is_found_in_order() {
    let signed = [checkpoint(0), checkpoint(1), checkpoint(300), checkpoint(600)];
    let mut audit = Audit::against(&signed);
    let stored = tlog::Edge::empty()
        .append((0..600).map(|n| leaf_hash(&entry(n))))
        .full;
    for n in 0..600 {
        audit.entry(&entry(n)).expect("in order");
    }
    for tile in &stored {
        audit
            .compare(tile.id, &tile.hashes, tile.root)
            .expect("the stored tile");
    }
    assert_eq!(audit.full_tile(), None);
    assert_eq!(audit.finish(), Ok((600, checkpoint(600).root)));
}

#[test]
fn a_rewritten_leaf_shows_at_the_next_checkpoint() {
    let signed = [checkpoint(10), checkpoint(20)];
    let mut audit = Audit::against(&signed);
    let found = (0..20)
        .map(|n| audit.entry(&entry(if n == 12 { 99 } else { n })))
        .find_map(Result::err);
    assert_eq!(found, Some(AuditFault::Checkpoint(20)));
}

#[test]
fn dropped_leaves_show() {
    let signed = [checkpoint(10), checkpoint(20)];
    let mut audit = Audit::against(&signed);
    for n in 0..15 {
        audit.entry(&entry(n)).expect("in order so far");
    }
    assert_eq!(
        audit.finish(),
        Err(AuditFault::Missing {
            stated: 20,
            present: 15
        })
    );
}

#[test]
fn two_histories_show_whichever_is_stored() {
    let forked = Checkpoint {
        root: leaf_hash(b"another history"),
        ..checkpoint(10)
    };
    assert!(forked.contradicts(&checkpoint(10)));
    assert!(!checkpoint(9).contradicts(&checkpoint(10)));
    let signed = [checkpoint(10), forked];
    let mut audit = Audit::against(&signed);
    let found = (0..10).map(|n| audit.entry(&entry(n))).find_map(Result::err);
    assert_eq!(found, Some(AuditFault::Checkpoint(10)));
}

#[test]
fn a_rewritten_tile_and_a_foreign_entry_show() {
    let mut audit = Audit::default();
    for n in 0..256 {
        audit.entry(&entry(n)).expect("in order");
    }
    let stored = tlog::Edge::empty()
        .append((0..256).map(|n| leaf_hash(&entry(n))))
        .full;
    let mut hashes: Vec<Hash> = stored[0].hashes.clone();
    hashes.swap(3, 4);
    assert_eq!(
        audit.compare(stored[0].id, &hashes, stored[0].root),
        Err(AuditFault::Tile(stored[0].id))
    );
    let foreign = audit.entry(b"anything");
    assert_eq!(
        foreign,
        Err(AuditFault::Leaf {
            index: 256,
            fault: LeafFault::Kind
        })
    );
}
