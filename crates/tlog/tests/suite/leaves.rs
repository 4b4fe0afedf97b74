//! Entries, and what they must not say.

use proptest::prelude::*;
use tlog::{BundleFault, DocumentKind, Leaf, LeafFault, commit_facts, decode_bundle, encode_bundle};

#[test]
fn entries_are_spelled_as_the_documentation_says() {
    let facts = Leaf::Facts([0xab; 32]).encode();
    assert_eq!(
        facts,
        [b"jianzheng.log/facts/v1\n".as_slice(), &[0xab; 32]].concat()
    );
    let documents =
        Leaf::documents(vec![(DocumentKind::Pdf, [2; 32]), (DocumentKind::Ofd, [1; 32])]).expect("two files");
    let spelled = [
        b"jianzheng.log/documents/v1\n\x01".as_slice(),
        &[1; 32],
        b"\x02",
        &[2; 32],
    ]
    .concat();
    assert_eq!(documents.encode(), spelled);
    for leaf in [Leaf::Facts([0xab; 32]), documents] {
        assert_eq!(Leaf::decode(&leaf.encode()), Ok(leaf));
    }
}

#[test]
fn the_commitment_is_the_documented_hash() {
    use aws_lc_rs::digest::{SHA256, digest};
    let message = [b"jianzheng.log/facts-commitment/v1\n".as_slice(), &[7; 32], b"{}"].concat();
    assert_eq!(commit_facts(&[7; 32], b"{}"), digest(&SHA256, &message).as_ref());
    assert_ne!(
        commit_facts(&[7; 32], b"{}"),
        commit_facts(&[8; 32], b"{}"),
        "the salt hides the facts"
    );
}

#[test]
fn other_entries_are_refused() {
    let documents = |files: &[(u8, u8)]| {
        let mut entry = b"jianzheng.log/documents/v1\n".to_vec();
        for (kind, byte) in files {
            entry.push(*kind);
            entry.extend_from_slice(&[*byte; 32]);
        }
        Leaf::decode(&entry)
    };
    assert_eq!(documents(&[]), Err(LeafFault::Files));
    assert_eq!(
        documents(&[(2, 1), (1, 1)]),
        Err(LeafFault::Files),
        "out of order"
    );
    assert_eq!(documents(&[(1, 1), (1, 1)]), Err(LeafFault::Files), "twice");
    assert_eq!(documents(&[(3, 1)]), Err(LeafFault::Files), "of no kind");
    assert_eq!(documents(&[(1, 1); 17]), Err(LeafFault::Files), "too many");
    assert_eq!(
        Leaf::decode(b"jianzheng.log/documents/v1\n\x01"),
        Err(LeafFault::Length)
    );
    assert_eq!(
        Leaf::decode(b"jianzheng.log/facts/v1\nshort"),
        Err(LeafFault::Length)
    );
    assert_eq!(Leaf::decode(b"jianzheng.log/facts/v2\n"), Err(LeafFault::Kind));
    assert_eq!(Leaf::decode(b""), Err(LeafFault::Kind));
}

proptest! {
    #[test]
    fn bundles_come_back(entries in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..50), 0..=256)) {
        let bundle = encode_bundle(entries.iter().map(Vec::as_slice)).expect("short entries");
        prop_assert_eq!(decode_bundle(&bundle).expect("a bundle"), entries.iter().map(Vec::as_slice).collect::<Vec<_>>());
        if !bundle.is_empty() {
            let cut = &bundle[..bundle.len() - 1];
            // Cut within the last entry, whatever its length.
            prop_assert_eq!(decode_bundle(cut), Err(BundleFault::Short));
        }
    }
}

#[test]
fn bundles_have_bounds() {
    let empty: [&[u8]; 257] = [b""; 257];
    assert_eq!(encode_bundle(empty), Err(BundleFault::Wide));
    assert_eq!(decode_bundle(&[0; 514]), Err(BundleFault::Wide));
    let long = vec![0; 65_536];
    assert_eq!(encode_bundle([long.as_slice()]), Err(BundleFault::Long));
}
