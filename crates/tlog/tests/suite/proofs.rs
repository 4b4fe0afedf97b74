//! Every tree, every proof; and no forged one.

use proptest::prelude::*;
use tlog::{
    Edge, Hash, ReadTiles as _, TreeFault, consistency, consistency_tiles, inclusion, inclusion_tiles, root,
    verify_consistency, verify_inclusion,
};

use crate::{defined_root, grown, leaf};

#[test]
fn every_tree_up_to_300_leaves_has_the_root_of_its_definition_whichever_way_it_is_read() {
    let leaves: Vec<Hash> = (0..300).map(leaf).collect();
    let whole = grown(300, 7);
    let mut edge = Edge::empty();
    for size in 0..=300_u64 {
        let expected = defined_root(&leaves[..usize::try_from(size).expect("small")]);
        assert_eq!(edge.root(), expected, "the edge at {size}");
        assert_eq!(
            root(&whole, size),
            Ok(expected),
            "from a larger tree's tiles at {size}"
        );
        let read = Edge::read(&whole, size).expect("tiles");
        assert_eq!(read.root(), expected, "an edge read again at {size}");
        assert_eq!(read.size(), size);
        edge = edge.append([leaf(size)]).edge;
    }
}

#[test]
fn every_leaf_of_every_small_tree_is_proved() {
    let whole = grown(300, 300);
    for size in (1..=80).chain([127, 128, 129, 255, 256, 257, 300]) {
        let root = root(&whole, size).expect("tiles");
        for index in 0..size {
            let path = inclusion(&whole, index, size).expect("tiles");
            assert_eq!(
                verify_inclusion(leaf(index), index, size, root, &path),
                Ok(()),
                "{index} of {size}"
            );
            let needed = inclusion_tiles(index, size).expect("a leaf");
            assert!(
                needed.iter().all(|id| whole.tile(*id).is_some()),
                "{index} of {size}"
            );
        }
        assert_eq!(inclusion(&whole, size, size), Err(TreeFault::Index));
    }
}

#[test]
fn every_small_tree_begins_with_every_smaller_one_and_proves_it() {
    let whole = grown(300, 1);
    for new in (0..=70).chain([255, 256, 257, 300]) {
        let new_root = root(&whole, new).expect("tiles");
        for old in 0..=new {
            let old_root = root(&whole, old).expect("tiles");
            let path = consistency(&whole, old, new).expect("tiles");
            assert_eq!(
                verify_consistency((old, old_root), (new, new_root), &path),
                Ok(()),
                "{old} of {new}"
            );
        }
        assert_eq!(consistency(&whole, new + 1, new), Err(TreeFault::Sizes));
    }
}

#[test]
fn what_a_proof_needs_is_all_that_it_reads() {
    let whole = grown(70_000, 1_000);
    let size = 70_000;
    for index in [0, 255, 256, 65_535, 65_536, 69_999] {
        let few: std::collections::BTreeMap<_, _> = inclusion_tiles(index, size)
            .expect("a leaf")
            .into_iter()
            .map(|id| (id, whole.tile(id).expect("a tile").to_vec()))
            .collect();
        assert!(few.len() <= 5, "{} tiles", few.len());
        assert_eq!(inclusion(&few, index, size), inclusion(&whole, index, size));
    }
    let few: std::collections::BTreeMap<_, _> = consistency_tiles(65_537, size)
        .expect("sizes")
        .into_iter()
        .map(|id| (id, whole.tile(id).expect("a tile").to_vec()))
        .collect();
    assert_eq!(consistency(&few, 65_537, size), consistency(&whole, 65_537, size));
    let (first, mut fewer) = (few.keys().next().copied().expect("a tile"), few.clone());
    fewer.remove(&first);
    assert_eq!(consistency(&fewer, 65_537, size), Err(TreeFault::Tile(first)));
}

#[test]
fn a_store_keeps_full_tiles_and_leaves_and_nothing_else() {
    // 70 000 leaves: the example of C2SP tlog-tiles.
    let (mut edge, mut rows) = (Edge::empty(), Vec::new());
    for batch in 0..70 {
        let append = edge.append((batch * 1_000..(batch + 1) * 1_000).map(leaf));
        assert_eq!(append.first, batch * 1_000);
        rows.extend(append.full);
        edge = append.edge;
    }
    let at = |level: u8| rows.iter().filter(move |tile| tile.id.level == level).count();
    assert_eq!((at(0), at(1), at(2)), (273, 1, 0));
    let widths: Vec<_> = Edge::tiles(70_000)
        .map(|(id, width)| (id.level, id.index, width))
        .collect();
    assert_eq!(widths, [(0, 273, 112), (1, 1, 17), (2, 0, 1)]);
    // The partial tile of a level is the roots of the full tiles below since its start.
    let roots: Vec<Hash> = rows
        .iter()
        .filter(|tile| tile.id.level == 0 && tile.id.index >= 256)
        .map(|tile| tile.root)
        .collect();
    assert_eq!(edge.partial(1), roots);
    let indices: Vec<_> = rows
        .iter()
        .filter(|tile| tile.id.level == 0)
        .map(|tile| tile.id.index)
        .collect();
    assert_eq!(indices, (0..273).collect::<Vec<_>>());
}

proptest! {
    #[test]
    fn a_tree_does_not_depend_on_how_it_was_grown(size in 0_u64..1_500, step in 1_usize..400) {
        let (stepwise, at_once) = (grown(size, step), grown(size, 1_500));
        prop_assert_eq!(stepwise.edge(), at_once.edge());
    }

    #[test]
    fn no_bent_proof_of_inclusion_holds(
        size in 2_u64..600, at in any::<u64>(), other in any::<u64>(), step in any::<usize>(), bit in 0_usize..256,
    ) {
        let tiles = grown(size, 600);
        let (index, other, root) = (at % size, other % size, root(&tiles, size).expect("tiles"));
        let path = inclusion(&tiles, index, size).expect("tiles");
        let holds = |hash, index, size, root, path: &[Hash]| verify_inclusion(hash, index, size, root, path).is_ok();
        prop_assert!(holds(leaf(index), index, size, root, &path));
        if other != index {
            prop_assert!(!holds(leaf(other), index, size, root, &path));
            prop_assert!(!holds(leaf(index), other, size, root, &path));
        }
        let mut bent = path.clone();
        let step = step % bent.len();
        bent[step] = flipped(bent[step], bit);
        prop_assert!(!holds(leaf(index), index, size, root, &bent));
        prop_assert!(!holds(leaf(index), index, size, flipped(root, bit), &path));
        prop_assert!(!holds(leaf(index), index, size, root, &path[1..]));
        prop_assert!(!holds(leaf(index), index, size, root, &[path.clone(), vec![root]].concat()));
        // A node is no leaf: the proof one level up does not prove its hash as an entry.
        prop_assert!(!holds(root, 0, size, root, &path) );
    }

    #[test]
    fn no_bent_proof_of_consistency_holds(
        new in 2_u64..600, old in any::<u64>(), step in any::<usize>(), bit in 0_usize..256,
    ) {
        let tiles = grown(new, 600);
        let old = 1 + old % (new - 1);
        let (old_root, new_root) = (root(&tiles, old).expect("tiles"), root(&tiles, new).expect("tiles"));
        let path = consistency(&tiles, old, new).expect("tiles");
        let holds = |old, new, path: &[Hash]| verify_consistency(old, new, path).is_ok();
        prop_assert!(holds((old, old_root), (new, new_root), &path));
        let mut bent = path.clone();
        let step = step % bent.len();
        bent[step] = flipped(bent[step], bit);
        prop_assert!(!holds((old, old_root), (new, new_root), &bent));
        prop_assert!(!holds((old, flipped(old_root, bit)), (new, new_root), &path));
        prop_assert!(!holds((old, old_root), (new, flipped(new_root, bit)), &path));
        prop_assert!(!holds((old, old_root), (new, new_root), &path[1..]));
        prop_assert!(!holds((old, old_root), (new, new_root), &[]));
        prop_assert!(!holds((old, old_root), (new, new_root), &[path, vec![new_root]].concat()));
    }

    #[test]
    fn proofs_of_any_shape_never_panic(
        old in any::<u64>(), new in any::<u64>(), path in prop::collection::vec(any::<[u8; 32]>(), 0..70),
    ) {
        let path: Vec<Hash> = path.into_iter().map(Hash::new).collect();
        prop_assert!(verify_consistency((old, leaf(1)), (new, leaf(2)), &path).is_err());
        prop_assert!(verify_inclusion(leaf(1), old, new, leaf(2), &path).is_err());
    }

    #[test]
    fn plans_for_trees_of_any_size_are_short(index in any::<u64>(), size in 1..=u64::MAX) {
        let tiles = inclusion_tiles(index % size, size).expect("a leaf");
        prop_assert!(tiles.len() <= 16, "{}", tiles.len());
        prop_assert!(tiles.iter().all(|id| id.width_in(size) > 0));
        let tiles = consistency_tiles(index % size, size).expect("sizes");
        prop_assert!(tiles.iter().all(|id| id.width_in(size) > 0));
    }
}

fn flipped(hash: Hash, bit: usize) -> Hash {
    let mut bytes = *hash.as_bytes();
    bytes[bit / 8] ^= 1 << (bit % 8);
    Hash::new(bytes)
}
