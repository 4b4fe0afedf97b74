//! Lists, tokens and places in lists: the vectors of the draft, and what must never be believed.

use std::collections::BTreeSet;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use status_list::{
    AllocationFault, Bits, DecoyPlan, Es256Signer, Freshness, Limits, ListFault, ReadFault, SHARD_CAPACITY,
    SHARD_PARTS, SHARD_SIZE, Shard, Status, StatusList, StatusListToken, Terms, TokenFault, midnight_after,
};

const URI: &str = "https://status.example/lists/7";

fn signer(id: &str) -> Es256Signer {
    let der =
        EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new()).expect("a key");
    Es256Signer::from_pkcs8(id, der.as_ref()).expect("a key")
}

fn instant(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

fn terms() -> Terms {
    Terms::new(60, 6 * 3_600).expect("within bounds")
}

fn unpacked(bits: Bits, lst: &str, most: u32) -> Result<StatusList, ListFault> {
    StatusList::decompress(bits, &URL_SAFE_NO_PAD.decode(lst).expect("base64url"), most)
}

#[test]
fn the_draft_s_small_lists_are_read_bit_for_bit() {
    // §4.1 and §9.1.
    let list = unpacked(Bits::One, "eNrbuRgAAhcBXQ", 16).expect("a list");
    let read: Vec<_> = (0..16)
        .map(|index| list.value(index).expect("an entry"))
        .collect();
    assert_eq!(read, [1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1]);
    let list = unpacked(Bits::Two, "eNo76fITAAPfAgc", 12).expect("a list");
    let read: Vec<_> = (0..12)
        .map(|index| list.value(index).expect("an entry"))
        .collect();
    assert_eq!(read, [1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3]);
    assert_eq!((list.value(12), list.entries()), (None, 12));
}

#[test]
fn the_draft_s_large_lists_have_the_entries_that_it_says_and_no_others() {
    // Appendix: a million entries each.
    let one = "eNrt3AENwCAMAEGogklACtKQPg9LugC9k_ACvreiogEAAKkeCQAAAAAAAAAAAAAAAAAAAIBylgQAAAAAAAAAAAAAAAAAAAAAAAAA\
        AAAAAAAAAAAAAAAAAAAAAAAAAAAAXG9IAAAAAAAAAPwsJAAAAAAAAAAAAAAAvhsSAAAAAAAAAAAA7KpLAAAAAAAAAAAAAAAAAAAA\
        AJsLCQAAAAAAAAAAADjelAAAAAAAAAAAKjDMAQAAAACAZC8L2AEb";
    let two = "eNrt2zENACEQAEEuoaBABP5VIO01fCjIHTMStt9ovGVIAAAAAABAbiEBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAEB5\
        WwIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\
        AAAAAAAAAID0ugQAAAAAAAAAAAAAAAAAQG12SgAAAAAAAAAAAAAAAAAAAAAAAAAAAOCSIQEAAAAAAAAAAAAAAAAAAAAAAAD8ExIA\
        AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAwJEuAQAAAAAAAAAAAAAAAAAAAAAAAMB9SwIAAAAAAAAAAAAAAAAAAACoYUoA\
        AAAAAAAAAAAAAEBqH81gAQw";
    let indices = [
        0, 1_993, 25_460, 159_495, 495_669, 554_353, 645_645, 723_232, 854_545, 934_534, 1_000_345,
    ];
    for (bits, lst, values) in [
        (Bits::One, one, [1; 11]),
        (Bits::Two, two, [1, 2, 1, 3, 1, 1, 2, 1, 1, 2, 3]),
    ] {
        let list = unpacked(bits, lst, SHARD_SIZE).expect("a list");
        assert_eq!(list.entries(), u64::from(SHARD_SIZE));
        let mut expected = StatusList::new(bits, SHARD_SIZE);
        for (index, value) in indices.into_iter().zip(values) {
            assert_eq!(list.value(index), Some(value), "{index}");
            assert!(expected.set_value(index, value));
        }
        assert_eq!(list, expected);
        assert_eq!(
            StatusList::decompress(bits, &expected.compress(), SHARD_SIZE),
            Ok(list)
        );
    }
}

#[test]
fn a_list_that_inflates_beyond_what_is_read_is_not_inflated() {
    // 64 MiB of zeroes in 64 KiB.
    let bomb = StatusList::new(Bits::Eight, 64 << 20).compress();
    assert!(bomb.len() < 70_000);
    assert_eq!(
        StatusList::decompress(Bits::Two, &bomb, SHARD_SIZE),
        Err(ListFault::Large)
    );
    let list = StatusList::new(Bits::Two, 100).compress();
    assert_eq!(
        StatusList::decompress(Bits::Two, &list, 96),
        Err(ListFault::Large)
    );
    assert!(StatusList::decompress(Bits::Two, &list, 100).is_ok());
    for wrong in [
        &list[..list.len() - 1],
        &[list.as_slice(), b"more"].concat(),
        b"",
        b"not zlib",
    ] {
        assert_eq!(
            StatusList::decompress(Bits::Two, wrong, 100),
            Err(ListFault::Compression)
        );
    }
}

#[test]
fn an_answer_says_how_fresh_it_is() {
    let key = signer("status-1");
    let mut list = StatusList::new(Bits::Two, SHARD_SIZE);
    assert!(list.set(5, Status::Invalid) && list.set(6, Status::Suspended) && list.set_value(8, 3));
    assert!(!list.set(SHARD_SIZE, Status::Invalid) && !list.set_value(5, 4));
    let issued = instant("2026-11-27T02:00:00.7Z");
    let text = StatusListToken::sign(&list, URI, terms(), issued, &key).expect("signed");
    let keys = [key.verifier().expect("public")];
    let token = StatusListToken::open(&text, URI, &keys, Limits::default()).expect("believed");
    let at = |seconds: i64| issued + SignedDuration::from_secs(seconds);
    let answer = token.answer(5, at(0)).expect("an answer");
    assert_eq!(answer.status, Status::Invalid);
    assert_eq!(
        answer.freshness,
        Freshness::Fresh {
            until: instant("2026-11-27T02:01:00Z")
        }
    );
    assert_eq!(
        token.answer(6, at(0)).map(|answer| answer.status),
        Ok(Status::Suspended)
    );
    assert_eq!(
        token.answer(7, at(0)).map(|answer| answer.status),
        Ok(Status::Valid)
    );
    assert_eq!(token.answer(8, at(0)), Err(ReadFault::Value(3)));
    assert_eq!(token.answer(SHARD_SIZE, at(0)), Err(ReadFault::Index));
    let stale = token.answer(5, at(60)).expect("an answer").freshness;
    assert_eq!(
        stale,
        Freshness::Stale {
            since: instant("2026-11-27T02:01:00Z")
        }
    );
    assert_eq!(token.answer(5, at(6 * 3_600)), Err(ReadFault::Expired));
    assert_eq!(token.answer(5, at(-62)), Err(ReadFault::NotYet));
}

#[test]
fn nothing_outlasts_midnight_in_china() {
    let key = signer("status-1");
    let keys = [key.verifier().expect("public")];
    let list = StatusList::new(Bits::Two, 4);
    for issued in ["2026-11-27T15:59:30Z", "2026-11-27T15:59:59.999Z"] {
        let midnight = instant("2026-11-27T16:00:00Z");
        let issued = instant(issued);
        let text = StatusListToken::sign(&list, URI, terms(), issued, &key).expect("signed");
        let token = StatusListToken::open(&text, URI, &keys, Limits::default()).expect("believed");
        let answer = token.answer(0, issued).expect("an answer");
        assert_eq!(answer.freshness, Freshness::Fresh { until: midnight });
        assert_eq!(answer.expires_at, midnight);
        assert_eq!(token.answer(0, midnight), Err(ReadFault::Expired));
    }
}

#[test]
fn a_token_is_believed_for_its_list_under_its_key_and_as_it_was_signed() {
    let (key, other) = (signer("status-1"), signer("status-1"));
    let now = instant("2026-11-27T02:00:00Z");
    let text =
        StatusListToken::sign(&StatusList::new(Bits::Two, 64), URI, terms(), now, &key).expect("signed");
    let known = key.verifier().expect("public");
    let open = |text: &str, uri: &str| {
        StatusListToken::open(text, uri, std::slice::from_ref(&known), Limits::default()).map(|_| ())
    };
    assert_eq!(open(&text, URI), Ok(()));
    assert_eq!(
        open(&text, "https://status.example/lists/8"),
        Err(TokenFault::Uri)
    );
    let imposter =
        StatusListToken::sign(&StatusList::new(Bits::Two, 64), URI, terms(), now, &other).expect("signed");
    assert_eq!(open(&imposter, URI), Err(TokenFault::Signature));
    let renamed = StatusListToken::sign(
        &StatusList::new(Bits::Two, 64),
        URI,
        terms(),
        now,
        &signer("status-2"),
    );
    assert_eq!(open(&renamed.expect("signed"), URI), Err(TokenFault::Key));
    let limits = Limits {
        token: 100,
        ..Limits::default()
    };
    let large = StatusListToken::open(&text, URI, std::slice::from_ref(&known), limits).map(|_| ());
    assert_eq!(large, Err(TokenFault::Large));
    let (_, rest) = text.split_once('.').expect("three parts");
    for header in [
        r#"{"alg":"none","kid":"status-1","typ":"statuslist+jwt"}"#,
        r#"{"alg":"HS256","kid":"status-1","typ":"statuslist+jwt"}"#,
        r#"{"alg":"ES256","kid":"status-1","typ":"JWT"}"#,
        r#"{"alg":"ES256","kid":"status-1","typ":"statuslist+jwt","crit":["b64"]}"#,
    ] {
        let forged = format!("{}.{rest}", URL_SAFE_NO_PAD.encode(header));
        assert_eq!(open(&forged, URI), Err(TokenFault::Header), "{header}");
    }
    for wrong in ["", "a.b", "a.b.c", ".."] {
        assert!(open(wrong, URI).is_err(), "{wrong:?}");
    }
}

#[test]
fn a_library_written_by_others_verifies_our_tokens() {
    use jsonwebtoken::{Algorithm, DecodingKey, Validation};
    let key = signer("status-1");
    let mut list = StatusList::new(Bits::Two, 12);
    for (index, value) in (0..).zip([1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3]) {
        assert!(list.set_value(index, value));
    }
    let now = instant("2026-11-27T02:00:00Z");
    let text = StatusListToken::sign(&list, URI, terms(), now, &key).expect("signed");
    let verifier = key.verifier().expect("public");
    let (x, y) = verifier.point()[1..].split_at(32);
    let theirs = DecodingKey::from_ec_components(&URL_SAFE_NO_PAD.encode(x), &URL_SAFE_NO_PAD.encode(y))
        .expect("a key");
    let mut validation = Validation::new(Algorithm::ES256);
    validation.validate_exp = false;
    let read =
        jsonwebtoken::decode::<serde_json::Value>(&text, &theirs, &validation).expect("they verify it");
    assert_eq!(read.header.typ.as_deref(), Some("statuslist+jwt"));
    assert_eq!(read.claims["sub"], URI);
    assert_eq!(read.claims["ttl"], 60);
    assert_eq!(read.claims["exp"], now.as_second() + 6 * 3_600);
    assert_eq!(read.claims["status_list"]["bits"], 2);
    let lst = read.claims["status_list"]["lst"].as_str().expect("a string");
    assert_eq!(unpacked(Bits::Two, lst, 12), Ok(list));
}

fn shard(key: u8) -> Shard {
    Shard::new(
        3,
        instant("2026-01-01T00:00:00Z"),
        [key; 32],
        DecoyPlan::default(),
    )
}

#[test]
fn places_are_random_different_free_and_never_a_decoy_s() {
    let shard = shard(1);
    let mut random = StdRng::seed_from_u64(1);
    let mut taken = BTreeSet::new();
    for _ in 0..20 {
        let used = u32::try_from(taken.len()).expect("few");
        let drawn = shard
            .allocate(&mut random, 500, used, None, |index| taken.contains(&index))
            .expect("room");
        assert!(!drawn.is_sorted(), "their order tells nothing");
        for index in drawn {
            assert!(index < SHARD_SIZE && !shard.is_decoy(index));
            assert!(taken.insert(index), "{index} twice");
        }
    }
    // Spread over the whole shard: a sixteenth of it has its share within a fifth.
    let share = taken.iter().filter(|index| **index < SHARD_SIZE / 16).count();
    assert!((500..=750).contains(&share), "{share}");
    let full = shard.allocate(&mut random, 1, SHARD_CAPACITY, None, |_| false);
    assert_eq!(full, Err(AllocationFault::Full));
    let none_free = shard.allocate(&mut random, 1, 0, None, |_| true);
    assert_eq!(none_free, Err(AllocationFault::Random));
}

#[test]
fn those_who_draw_from_different_parts_never_draw_the_same() {
    let shard = shard(1);
    let mut random = StdRng::seed_from_u64(2);
    let mut drawn = BTreeSet::new();
    for part in 0..SHARD_PARTS {
        let of_part = shard.allocate(&mut random, 300, 0, Some(part), |_| false);
        for index in of_part.expect("room") {
            assert!(!shard.is_decoy(index));
            assert!(drawn.insert(index), "{index} is in two parts");
        }
    }
    let own = shard.allocate(&mut random, 1, 0, Some(SHARD_PARTS), |_| false);
    assert_eq!(own, Err(AllocationFault::Random), "there is no such part");
}

#[test]
fn decoys_are_an_eighth_and_follow_from_the_key_alone() {
    let decoys = shard(1).decoys();
    let expected = f64::from(SHARD_SIZE) / 8.0;
    let share = f64::from(u32::try_from(decoys.len()).expect("few")) / expected;
    assert!((0.98..1.02).contains(&share), "{share}");
    assert!(decoys.iter().all(|decoy| shard(1).is_decoy(decoy.index)));
    assert_eq!(decoys, shard(1).decoys());
    let (opened, over) = (instant("2026-01-01T00:00:00Z"), instant("2040-01-01T00:00:00Z"));
    let ended = |at| {
        decoys
            .iter()
            .filter(|decoy| decoy.status(at) == Status::Invalid)
            .count()
    };
    assert_eq!(ended(opened - SignedDuration::from_secs(1)), 0);
    let share = f64::from(u32::try_from(ended(over)).expect("few")) / expected;
    assert!((0.64..0.69).contains(&share), "two thirds end: {share}");
    assert!(decoys.iter().all(|decoy| decoy.status(over) != Status::Suspended));
    let between = instant("2027-01-01T00:00:00Z");
    assert!(
        decoys
            .iter()
            .any(|decoy| decoy.status(between) == Status::Suspended)
    );
    let list = Shard::list(&decoys, between);
    assert!(
        decoys
            .iter()
            .all(|decoy| list.value(decoy.index) == Some(decoy.status(between) as u8))
    );
}

#[test]
fn terms_have_bounds() {
    assert!(Terms::new(60, 60).is_some() && Terms::new(1, 86_400).is_some());
    assert!(Terms::new(61, 86_400).is_none() && Terms::new(0, 60).is_none() && Terms::new(60, 59).is_none());
}

proptest! {
    #[test]
    fn lists_come_back(
        bits in prop::sample::select(vec![Bits::One, Bits::Two, Bits::Four, Bits::Eight]),
        entries in 1_u32..3_000,
        sets in prop::collection::vec((any::<u32>(), any::<u8>()), 0..200),
    ) {
        let mut list = StatusList::new(bits, entries);
        let mut expected = std::collections::BTreeMap::new();
        for (index, value) in sets {
            let (index, value) = (index % entries, value & (u8::MAX >> (8 - bits as u8)));
            prop_assert!(list.set_value(index, value));
            expected.insert(index, value);
        }
        let read = StatusList::decompress(bits, &list.compress(), entries).expect("a list");
        for index in 0..entries {
            prop_assert_eq!(read.value(index), Some(expected.get(&index).copied().unwrap_or(0)));
        }
        prop_assert_eq!(read, list);
    }

    #[test]
    fn midnight_is_that_of_the_day_in_shanghai(seconds in -4_000_000_000_i64..8_000_000_000) {
        let zone = jiff::tz::TimeZone::fixed(jiff::tz::offset(8));
        let local = jiff::ZonedDateTime::new(Timestamp::from_second(seconds).expect("in range"), zone);
        let expected = local.tomorrow().expect("a day").start_of_day().expect("a day").timestamp().as_second();
        prop_assert_eq!(midnight_after(seconds), expected);
    }

    #[test]
    fn no_bent_token_is_believed(at in any::<prop::sample::Index>(), bit in 0_u8..7) {
        let key = signer("status-1");
        let now = instant("2026-11-27T02:00:00Z");
        let text = StatusListToken::sign(&StatusList::new(Bits::Two, 64), URI, terms(), now, &key).expect("signed");
        let mut bytes = text.into_bytes();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        let bent = String::from_utf8(bytes).expect("ASCII");
        let keys = [key.verifier().expect("public")];
        prop_assert!(StatusListToken::open(&bent, URI, &keys, Limits::default()).is_err());
    }
}
