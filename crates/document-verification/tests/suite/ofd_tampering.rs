//! The tamper matrix of the OFD: every file, every field of the signature, the container.

use document_verification::{DocumentStanding, FileKind, Outcome, check};
use proptest::prelude::*;

use crate::archive::{change, pack, unpack};
use crate::fixture::{OFFICE, ORIGINAL, Office, Plan, VERIFIER, failures, judged, now, of};

const SIGNATURE_XML: &str = "Doc_0/Signs/Sign_0/Signature.xml";
const SIGNED_VALUE: &str = "Doc_0/Signs/Sign_0/SignedValue.dat";
const SEAL: &str = "Doc_0/Signs/Sign_0/Seal.esl";
const LIST: &str = "Doc_0/Signs/Signatures.xml";

#[test]
fn packing_again_changes_nothing() {
    let report = judged(&pack(&unpack(&ORIGINAL.ofd)));
    assert_eq!(
        report.document,
        DocumentStanding::Authentic,
        "{:?}",
        failures(&report)
    );
}

#[test]
fn every_changed_file_is_named() {
    for (name, content) in unpack(&ORIGINAL.ofd) {
        for at in [0, content.len() / 2, content.len() - 1] {
            let report = judged(&change(&ORIGINAL.ofd, &name, |content| content[at] ^= 1));
            assert_eq!(
                report.document,
                DocumentStanding::Altered,
                "{name} at {at}: {:?}",
                report.findings
            );
            let named = |check: &str| {
                report
                    .of(check)
                    .any(|one| one.result == Outcome::Fail && one.subject.as_deref() == Some(&name))
            };
            match name.as_str() {
                SIGNATURE_XML => assert!(
                    report.outcome_of("signature.data_hash") == Some(Outcome::Fail) || named(check::READABLE),
                    "{at}: {:?}",
                    report.findings
                ),
                SIGNED_VALUE => assert!(!failures(&report).is_empty()),
                LIST => assert!(
                    named(check::REFERENCES) || named(check::READABLE),
                    "{:?}",
                    report.findings
                ),
                _ => assert!(named(check::REFERENCES), "{name} at {at}: {:?}", report.findings),
            }
        }
    }
}

#[test]
fn every_missing_file_is_named() {
    for (name, _) in unpack(&ORIGINAL.ofd) {
        let mut files = unpack(&ORIGINAL.ofd);
        files.retain(|(found, _)| *found != name);
        let report = judged(&pack(&files));
        let named = report.findings.iter().any(|one| {
            one.result == Outcome::Fail
                && one
                    .subject
                    .as_deref()
                    .is_some_and(|subject| subject.contains(&name))
        });
        assert!(named, "{name}: {:?}", report.findings);
        assert_eq!(report.document, DocumentStanding::Altered, "{name}");
    }
}

#[test]
fn an_added_file_is_named_and_alters_a_certificate() {
    let mut files = unpack(&ORIGINAL.ofd);
    files.push(("Doc_0/Res/smuggled.ttf".to_owned(), b"glyphs".to_vec()));
    let report = judged(&pack(&files));
    assert_eq!(report.document, DocumentStanding::Altered);
    assert_eq!(
        failures(&report),
        [(
            check::COVERAGE,
            "file_not_covered",
            "Doc_0/Res/smuggled.ttf".to_owned()
        )],
        "and nothing else"
    );
}

#[test]
fn a_second_entry_of_one_name_is_refused() {
    let name = "OFD.xml";
    let mut files = unpack(&ORIGINAL.ofd);
    let (_, content) = files
        .iter()
        .find(|(found, _)| found == name)
        .expect("there")
        .clone();
    // The writer refuses equal names: write another of the same length and rename it in the bytes.
    files.push(("XFD.xml".to_owned(), content));
    let mut bytes = pack(&files);
    while let Some(at) = bytes.windows(7).position(|window| window == b"XFD.xml") {
        bytes[at] = b'O';
    }
    let report = judged(&bytes);
    assert_eq!(
        of(&report, check::CONTAINER),
        (Outcome::Fail, "ofd.duplicate-entry")
    );
    assert_eq!(report.document, DocumentStanding::Altered);
}

#[test]
fn bytes_around_the_archive_alter_a_certificate() {
    let before = [b"PK".as_slice(), &ORIGINAL.ofd].concat();
    let after = [ORIGINAL.ofd.as_slice(), b"more"].concat();
    for bytes in [before, after] {
        let report = judged(&bytes);
        assert_eq!(
            of(&report, check::SURPLUS).0,
            Outcome::Fail,
            "{:?}",
            report.findings
        );
        assert_eq!(report.document, DocumentStanding::Altered);
    }
}

#[test]
fn a_truncated_package_was_sealed_once_and_is_altered() {
    let bytes = &ORIGINAL.ofd;
    for part in 1..20 {
        let report = judged(&bytes[..bytes.len() * part / 20]);
        assert_eq!(report.kind, FileKind::Ofd);
        assert_ne!(report.document, DocumentStanding::Authentic);
        assert_eq!(of(&report, check::CONTAINER).1, "ofd.not-an-archive");
    }
    // The signed value is written last.
    let report = judged(&bytes[..bytes.len() - 1]);
    assert_eq!(report.document, DocumentStanding::Altered);
}

#[test]
fn another_seal_in_the_package_is_not_the_signed_one() {
    let other = Office::open(Plan::new(5));
    let report = judged(&change(&ORIGINAL.ofd, SEAL, |seal| {
        *seal = other.seal.der().to_vec();
    }));
    assert_eq!(of(&report, "signature.seal_file"), (Outcome::Fail, "differs"));
    assert_eq!(of(&report, check::REFERENCES), (Outcome::Fail, "digest_differs"));
    assert_eq!(report.document, DocumentStanding::Altered);
}

#[test]
fn the_signature_of_another_certificate_does_not_fit() {
    let other = OFFICE.seal(&certificate_face::specimen::original(3)).ofd;
    let value = unpack(&other)
        .into_iter()
        .find(|(name, _)| name == SIGNED_VALUE)
        .expect("there")
        .1;
    let report = judged(&change(&ORIGINAL.ofd, SIGNED_VALUE, |own| *own = value));
    assert_eq!(of(&report, "signature.data_hash"), (Outcome::Fail, "mismatch"));
    assert_eq!(
        of(&report, "signature.value"),
        (Outcome::Pass, "ok"),
        "it is genuine, of something else"
    );
    assert_eq!(report.document, DocumentStanding::Altered);
}

#[test]
fn every_byte_of_the_signed_value_counts() {
    let content = unpack(&ORIGINAL.ofd)
        .into_iter()
        .find(|(name, _)| name == SIGNED_VALUE)
        .expect("there")
        .1;
    // The picture is the bulk of it; its bytes are all alike.
    let ends = (0..content.len()).filter(|at| *at < 700 || *at + 2200 > content.len() || at % 97 == 0);
    for at in ends.step_by(7) {
        let report = VERIFIER.verify(
            &change(&ORIGINAL.ofd, SIGNED_VALUE, |value| value[at] ^= 1),
            now(),
        );
        // An algorithm that nobody knows is all that cannot be told.
        let right = match report.document {
            DocumentStanding::Altered | DocumentStanding::WrongAuthority => true,
            DocumentStanding::CannotSay => {
                of(&report, "signature.value") == (Outcome::CannotSay, "unsupported_algorithm")
            }
            _ => false,
        };
        assert!(right, "byte {at}: {:?} {:?}", report.document, report.findings);
    }
}

#[test]
fn an_emptied_signature_covers_nothing() {
    let report = judged(&change(&ORIGINAL.ofd, SIGNATURE_XML, |xml| {
        let text = String::from_utf8(xml.clone()).expect("XML");
        let (head, rest) = text.split_once("<ofd:Reference ").expect("references");
        let (_, tail) = rest.split_once("</ofd:References>").expect("references");
        *xml = format!("{head}</ofd:References>{tail}").into_bytes();
    }));
    assert_eq!(of(&report, check::REFERENCES), (Outcome::Fail, "no_references"));
    assert_eq!(report.document, DocumentStanding::Altered);
}

#[test]
fn a_list_without_the_signature_leaves_an_altered_file() {
    let report = judged(&change(&ORIGINAL.ofd, LIST, |xml| {
        let text = String::from_utf8(xml.clone()).expect("XML");
        let at = text.find("<ofd:Signature ").expect("an entry");
        let end = at + text[at..].find("/>").expect("its end") + 2;
        *xml = (text[..at].to_owned() + &text[end..]).into_bytes();
    }));
    assert_ne!(
        report.document,
        DocumentStanding::Authentic,
        "{:?}",
        report.findings
    );
    assert_eq!(of(&report, check::PRESENT), (Outcome::Fail, "unsigned"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn arbitrary_bytes_never_panic(head in prop::sample::select(vec![&b"PK\x03\x04"[..], b"%PDF-1.7\n", b""]),
        bytes in proptest::collection::vec(any::<u8>(), 0..2048)) {
        let report = judged(&[head, &bytes].concat());
        prop_assert_ne!(report.document, DocumentStanding::Authentic);
    }

    /// Wherever a bit flips, the file is authentic no more, unless every file in it is the same as before: times and
    /// attributes in the archive, and padding bits after a deflated stream, are content of none.
    #[test]
    fn a_flipped_bit_is_never_authentic(at in any::<prop::sample::Index>(), bit in 0_u8..8) {
        let mut bytes = ORIGINAL.ofd.clone();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        let report = VERIFIER.verify(&bytes, now());
        if report.document == DocumentStanding::Authentic {
            prop_assert!(unpack(&bytes) == unpack(&ORIGINAL.ofd), "byte {} bit {}", at, bit);
        }
    }

    /// Files damaged in several places are judged, never a panic, and never authentic.
    #[test]
    fn a_damaged_file_is_altered(
        file in any::<prop::sample::Index>(),
        damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
    ) {
        let files = unpack(&ORIGINAL.ofd);
        let (name, original) = file.get(&files);
        let mut content = original.clone();
        for (at, byte) in &damage {
            let at = at.index(content.len());
            content[at] = *byte;
        }
        let same = content == *original;
        let report = VERIFIER.verify(&change(&ORIGINAL.ofd, name, |own| *own = content), now());
        prop_assert_eq!(report.document == DocumentStanding::Authentic, same, "{}", name);
    }
}
