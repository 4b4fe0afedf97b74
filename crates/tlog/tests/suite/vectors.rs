//! Reference data of certificate-transparency (RFC 6962), and of signed-note and tlog-tiles.

use tlog::{Hash, MemoryTiles, TileId, TilePath, VerifierKey, consistency, inclusion, leaf_hash, root};

const INPUTS: [&str; 8] = [
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
];

fn tree() -> MemoryTiles {
    let mut tiles = MemoryTiles::default();
    let leaves = INPUTS.map(|input| leaf_hash(&hex::decode(input).expect("hex")));
    assert!(tiles.apply(tiles.edge().append(leaves)));
    tiles
}

fn hexed(hashes: &[Hash]) -> Vec<String> {
    hashes.iter().map(|hash| hex::encode(hash.as_bytes())).collect()
}

#[test]
fn roots_are_those_of_the_reference() {
    let roots = [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];
    for (size, expected) in (0..).zip(roots) {
        let root = root(&tree(), size).expect("tiles");
        assert_eq!(hex::encode(root.as_bytes()), expected, "{size}");
    }
}

#[test]
fn paths_are_those_of_the_reference() {
    let path = |index, size| hexed(&inclusion(&tree(), index, size).expect("tiles"));
    assert_eq!(
        path(0, 8),
        [
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ]
    );
    assert_eq!(
        path(5, 8),
        [
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ]
    );
    assert_eq!(
        path(2, 3),
        ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]
    );
}

#[test]
fn proofs_of_consistency_are_those_of_the_reference() {
    let path = |old, new| hexed(&consistency(&tree(), old, new).expect("tiles"));
    assert_eq!(path(1, 1), Vec::<String>::new());
    assert_eq!(
        path(1, 8),
        [
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ]
    );
    assert_eq!(
        path(6, 8),
        [
            "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ]
    );
    assert_eq!(
        path(2, 5),
        [
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        ]
    );
}

#[test]
fn paths_of_tiles_are_those_of_the_standard() {
    let hashes = |level, index, width| TilePath::Hashes(TileId { level, index }, width).to_string();
    assert_eq!(hashes(0, 1_234_067, 256), "tile/0/x001/x234/067");
    assert_eq!(hashes(0, 273, 112), "tile/0/273.p/112");
    assert_eq!(hashes(2, 0, 1), "tile/2/000.p/1");
    assert_eq!(TilePath::Entries(1_000, 256).to_string(), "tile/entries/x001/000");
    for path in [
        "tile/0/x001/x234/067",
        "tile/0/273.p/112",
        "tile/63/000",
        "tile/entries/x001/000.p/255",
    ] {
        assert_eq!(TilePath::parse(path).expect("a path").to_string(), path);
    }
    for wrong in [
        "tile/0/67",
        "tile/0/x000/067",
        "tile/64/000",
        "tile/00/000",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/01",
        "tile/0/001/x234",
        "tile/0/x01/000",
        "tile/0/",
        "/tile/0/000",
        "tile/0/x999/x999/x999/x999/x999/x999/x999",
    ] {
        assert_eq!(TilePath::parse(wrong), None, "{wrong}");
    }
}

#[test]
fn known_keys_are_read_and_written_as_they_are() {
    // Of Go's checksum database, and of the documentation of its notes.
    for key in [
        "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8",
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    ] {
        assert_eq!(VerifierKey::parse(key).expect("a key").to_string(), key);
    }
    for wrong in [
        "sum.golang.org+033de0af+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8",
        "sum.golang.org+033de0ae",
        "+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8",
    ] {
        assert!(VerifierKey::parse(wrong).is_err(), "{wrong}");
    }
}
