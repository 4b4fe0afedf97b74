//! The port of Go's `sumdb/tlog` and `sumdb/note` reads our tiles, proofs, checkpoints and keys, and we its.

use signed_note::{Note as TheirNote, StandardVerifier, VerifierList};
use tlog::{LogSigner, ReadTiles as _, TileId, TilePath, consistency, inclusion, root};
use tlog_tiles::{
    Hash as TheirHash, HashReader as _, Tile, TileHashReader, TileReader, check_record, check_tree,
};

use crate::{grown, leaf};

fn theirs(hash: tlog::Hash) -> TheirHash {
    TheirHash(*hash.as_bytes())
}

fn all_theirs(path: &[tlog::Hash]) -> Vec<TheirHash> {
    path.iter().copied().map(theirs).collect()
}

#[test]
fn they_accept_our_proofs() {
    let tiles = grown(1_200, 50);
    for size in [1, 2, 3, 255, 256, 257, 511, 700, 1_200] {
        let head = theirs(root(&tiles, size).expect("tiles"));
        for index in [0, size / 3, size / 2, size - 1] {
            let path = all_theirs(&inclusion(&tiles, index, size).expect("tiles"));
            check_record(&path, size, head, index, theirs(leaf(index))).expect("they accept it");
        }
        for old in [1, size / 2 + 1, size] {
            let path = all_theirs(&consistency(&tiles, old, size).expect("tiles"));
            let old_head = theirs(root(&tiles, old).expect("tiles"));
            check_tree(&path, size, head, old, old_head).expect("they accept it");
        }
    }
}

/// Serves our tiles by the path that they ask for.
struct Served(tlog::MemoryTiles);

impl TileReader for Served {
    fn height(&self) -> u8 {
        8
    }

    fn read_tiles(&self, tiles: &[Tile]) -> Result<Vec<Vec<u8>>, tlog_tiles::Error> {
        let served = tiles.iter().map(|tile| {
            let id = TileId {
                level: tile.level(),
                index: tile.level_index(),
            };
            let width = usize::try_from(tile.width()).expect("small");
            // Their paths name the height of tiles, ours do not.
            let path = TilePath::Hashes(id, tile.width().into()).to_string();
            assert_eq!(tile.path().replacen("tile/8/", "tile/", 1), path);
            tlog::Hash::concat(&self.0.tile(id).expect("a tile")[..width])
        });
        Ok(served.collect())
    }

    fn save_tiles(&self, _tiles: &[Tile], _data: &[Vec<u8>]) {}
}

#[test]
fn they_authenticate_our_tiles_against_our_root() {
    let size = 70_000;
    let served = Served(grown(size, 5_000));
    let head = root(&served.0, size).expect("tiles");
    let reader = TileHashReader::new(size, theirs(head), &served);
    for index in [0, 255, 256, 65_536, 69_999] {
        let stored = tlog_tiles::stored_hash_index(0, index);
        let hashes = reader.read_hashes(&[stored]).expect("authenticated");
        assert!(hashes == [theirs(leaf(index))], "leaf {index}");
    }
    let wrong = TileHashReader::new(size, theirs(leaf(0)), &served);
    assert!(wrong.read_hashes(&[0]).is_err());
}

#[test]
fn they_verify_our_checkpoints() {
    let log = LogSigner::from_seed("log.example/jianzheng", &[7; 32]).expect("a key");
    let tiles = grown(300, 300);
    let note = log.sign(300, root(&tiles, 300).expect("tiles")).to_string();
    let key = StandardVerifier::new(&log.verifier().to_string()).expect("they read our key");
    let read = TheirNote::from_bytes(note.as_bytes()).expect("they read our note");
    let (verified, unverified) = read
        .verify(&VerifierList::new(vec![Box::new(key)]))
        .expect("verified");
    assert_eq!((verified.len(), unverified.len()), (1, 0));
    let checkpoint = tlog_tiles::Checkpoint::from_bytes(read.text()).expect("they read our checkpoint");
    assert_eq!(
        (checkpoint.origin(), checkpoint.size()),
        ("log.example/jianzheng", 300)
    );
    assert!(*checkpoint.hash() == theirs(root(&tiles, 300).expect("tiles")));
}
