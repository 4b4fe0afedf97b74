//! Promises of the payload. Signatures here are a digest of the message: keys are elsewhere.

use proptest::prelude::*;
use sha2::{Digest as _, Sha512};

use super::*;
use crate::code::{Code, MOST};
use crate::specimen;

const ADDRESS: &str = "https://verify.example.cn/q/AQIDBAUGBwgJCgsMDQ4PEBESExQ";

#[expect(clippy::unnecessary_wraps, reason = "stands for a signer, which may fail")]
fn digest(message: &[u8]) -> Result<[u8; SIGNATURE], PayloadError> {
    Ok(Sha512::digest(message).into())
}

fn payload() -> Payload {
    Payload::of(&specimen::use_copy(2).facts(), specimen::sealing().time)
}

#[test]
fn a_text_reads_back_and_its_signature_covers_the_token() {
    let text = payload().text(ADDRESS, [1, 2, 3, 4], digest).unwrap();
    let read = SignedText::parse(&text).unwrap();
    assert_eq!(read.payload, payload());
    assert_eq!(read.key, [1, 2, 3, 4]);
    assert_eq!(read.token, "AQIDBAUGBwgJCgsMDQ4PEBESExQ");
    assert!(read.message.starts_with(b"jianzheng qr payload v1\0"));
    assert_eq!(digest(&read.message).unwrap(), read.signature);
    let other = SignedText::parse(&text.replace("ExQ#", "ExR#")).unwrap();
    assert_ne!(digest(&other.message).unwrap(), other.signature);
}

#[test]
fn nothing_that_the_rules_of_disclosure_keep_back_is_in_it() {
    let text = payload().text(ADDRESS, [0; 4], digest).unwrap();
    let (_, fragment) = text.split_once('#').unwrap();
    let bytes = URL_SAFE_NO_PAD.decode(fragment).unwrap();
    let body = &bytes[..bytes.len() - SIGNATURE];
    // Every byte is accounted for by the fields that it may have.
    let (name, employer) = (2 + 2 * 3, 2 + 2 * 14);
    assert_eq!(
        body.len(),
        1 + 4 + 4 + 2 + (2 + 1 + 8) + (1 + 2 * 3) + name + employer
    );
}

#[test]
fn a_usual_symbol_is_of_version_11_and_the_longest_of_version_20() {
    let usual = payload().text(ADDRESS, [0; 4], digest).unwrap();
    assert_eq!(Code::new(&usual).unwrap().side(), 61, "{} bytes", usual.len());
    let longest = Payload {
        name: "𬭚".repeat(50),
        employer: "建".repeat(100),
        specialties: Specialty::ALL.map(|one| (one, date(2029, 1, 1))).to_vec(),
        ..payload()
    };
    let text = longest.text(ADDRESS, [0; 4], digest).unwrap();
    assert!(text.len() <= MOST, "{}", text.len());
    assert_eq!(Code::new(&text).unwrap().side(), 97);
    assert_eq!(SignedText::parse(&text).unwrap().payload, longest);
}

#[test]
fn what_is_no_payload_is_refused() {
    let text = payload().text(ADDRESS, [0; 4], digest).unwrap();
    assert_eq!(SignedText::parse(ADDRESS), Err(PayloadError::Address));
    assert_eq!(
        SignedText::parse("https://e.cn/q/x#AQ"),
        Err(PayloadError::Address)
    );
    assert_eq!(
        SignedText::parse(&format!("{text}=")),
        Err(PayloadError::Encoding)
    );
    assert_eq!(
        SignedText::parse(&text.replace("#AQ", "#Ag")),
        Err(PayloadError::Version(2))
    );
    assert!(SignedText::parse(&text[..text.len() - 4]).is_err());
    let early = Payload {
        specialties: vec![(Specialty::Mining, date(1999, 12, 31))],
        ..payload()
    };
    assert_eq!(early.text(ADDRESS, [0; 4], digest), Err(PayloadError::Facts));
    let unknown = Payload {
        number: "苏12".to_owned(),
        ..payload()
    };
    assert_eq!(unknown.text(ADDRESS, [0; 4], digest), Err(PayloadError::Facts));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Any change of a text makes another message or none at all: a signature over one is none over the other.
    #[test]
    fn a_changed_text_is_another_message(at in any::<prop::sample::Index>(), to in "[A-Za-z0-9_-]") {
        let text = payload().text(ADDRESS, [0; 4], digest).unwrap();
        let at = at.index(text.len());
        let mut changed = text.clone();
        changed.replace_range(at..=at, &to);
        prop_assume!(changed != text);
        if let Ok(read) = SignedText::parse(&changed) {
            let host = at < ADDRESS.find("/q/").unwrap();
            prop_assert!(host || digest(&read.message).unwrap() != read.signature);
        }
    }

    #[test]
    fn no_bytes_make_the_reader_panic(noise in proptest::collection::vec(any::<u8>(), 0..220)) {
        let mut bytes = noise;
        if let Some(first) = bytes.first_mut() {
            *first = 1;
        }
        let _ = SignedText::parse(&format!("{ADDRESS}#{}", URL_SAFE_NO_PAD.encode(bytes)));
    }
}
