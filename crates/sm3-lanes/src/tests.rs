//! Side by side or one after the other: the same digests.

use proptest::prelude::*;

use crate::{digests, one, schedule};

fn one_by_one(messages: &[&[u8]]) -> Vec<crate::Digest> {
    messages.iter().map(|message| one(message)).collect()
}

#[test]
fn the_example_of_the_standard_is_hashed_right_in_every_lane() {
    // GB/T 32905 appendix A.1
    let expected = [
        0x66, 0xc7, 0xf0, 0xf4, 0x62, 0xee, 0xed, 0xd9, 0xd1, 0xf2, 0xd4, 0x6b, 0xdc, 0x10, 0xe4, 0xe2, 0x41,
        0x67, 0xc4, 0x87, 0x5c, 0xf2, 0xf7, 0xa2, 0x29, 0x7d, 0xa0, 0x2b, 0x8f, 0x4b, 0xa8, 0xe0,
    ];
    for count in [1, 7, 8, 16, 40] {
        let messages = vec![&b"abc"[..]; count];
        assert_eq!(schedule::side_by_side(&messages), vec![expected; count]);
    }
}

#[test]
fn every_length_around_the_edge_of_a_block_is_padded_right() {
    let bytes: Vec<u8> = (0..=255).collect();
    let messages: Vec<&[u8]> = (0..200).map(|length| &bytes[..length]).collect();
    assert_eq!(schedule::side_by_side(&messages), one_by_one(&messages));
}

#[test]
fn one_long_message_among_short_ones_is_hashed_one_after_the_other() {
    let (long, short) = (vec![7; 100_000], vec![9; 100]);
    let messages: Vec<&[u8]> = std::iter::once(&long[..])
        .chain(std::iter::repeat_n(&short[..], 20))
        .collect();
    assert!(!schedule::worth_lanes(&messages));
    assert_eq!(digests(&messages), one_by_one(&messages));
    assert!(digests(&[]).is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_messages_have_their_own_digests_in_their_own_order(
        messages in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..700), 0..60)
    ) {
        let messages: Vec<&[u8]> = messages.iter().map(Vec::as_slice).collect();
        let expected = one_by_one(&messages);
        prop_assert_eq!(&schedule::side_by_side(&messages), &expected);
        prop_assert_eq!(&digests(&messages), &expected);
    }
}
