//! Forged, damaged and hostile files: what is told apart, and that nothing panics.

use crate::{
    forgery::{self, appended, cms_like, replaced},
    sample::sample_unsigned,
};
use pdf::{
    Limits, Pdf, ReadError, archival, text,
    verify::{self, Check, Coverage, Examination, Outcome},
};
use proptest::prelude::*;

/// A document "signed" with a DER value that no one checks here.
fn signed() -> Vec<u8> {
    sample_unsigned()
        .sign(&cms_like())
        .expect("the sample can be read")
}

fn examined<T>(file: &[u8], look: impl FnOnce(&Examination<'_>) -> T) -> T {
    let pdf = Pdf::open(file, Limits::default()).expect("the sample can be read");
    look(&verify::examine(&pdf).expect("the sample can be read"))
}

fn failed(file: &[u8]) -> Vec<Check> {
    examined(file, |examination| {
        examination.faults().map(|finding| finding.check).collect()
    })
}

#[test]
fn the_untouched_document_is_sound() {
    assert!(examined(&signed(), |found| found.is_wholly_signed_once()));
}

#[test]
fn a_byte_range_must_start_at_zero_and_leave_out_exactly_the_contents() {
    let file = signed();
    let [_, first, second, length] = examined(&file, |found| found.signatures[0].byte_range);
    let range = |start: usize, first: usize, second: usize, length: usize| {
        let written = format!("[{start} {first:<10} {second:<10} {length:<10}]");
        let place = file
            .windows(11)
            .position(|window| window == b"/ByteRange[")
            .unwrap()
            + 10;
        let mut forged = file.clone();
        forged[place..place + written.len()].copy_from_slice(written.as_bytes());
        forged
    };
    assert!(failed(&range(0, first, second, length)).is_empty());
    for (forged, check) in [
        (range(1, first, second, length), Check::ByteRange),
        (range(0, first, second, length + 1), Check::ByteRange),
        (range(0, second, first, length), Check::ByteRange),
        (range(0, first - 1, second, length), Check::Gap),
        (range(0, first, second + 1, length - 1), Check::Gap),
        (range(0, first + 1, second - 1, length + 1), Check::Gap),
        (range(0, first, second, length - 1), Check::Coverage),
        (range(0, first, second, length - 40), Check::Coverage),
    ] {
        let failed = failed(&forged);
        // Without its line end the range still ends with the revision, but a byte is left over.
        let last_line_end = length - 1;
        if forged == range(0, first, second, last_line_end) {
            assert!(failed.contains(&Check::Coverage));
        }
        assert!(failed.contains(&check), "{check:?}: {failed:?}");
    }
}

#[test]
fn contents_must_be_plain_hexadecimal_with_zeros_after_the_value() {
    let file = signed();
    let [_, first, second, _] = examined(&file, |found| found.signatures[0].byte_range);
    let with = |place: usize, bytes: &[u8]| {
        let mut forged = file.clone();
        forged[place..place + bytes.len()].copy_from_slice(bytes);
        forged
    };
    assert!(failed(&with(second - 3, b"01")).contains(&Check::Contents));
    assert!(failed(&with(first + 1, b"04")).contains(&Check::Contents));
    assert!(failed(&with(first + 1, b"3084FFFFFFFF")).contains(&Check::Contents));
    assert!(failed(&with(first + 5, b"  ")).contains(&Check::Gap));
    assert!(failed(&with(first + 5, b" ")).contains(&Check::Gap));
}

#[test]
fn bytes_around_the_document_are_named() {
    let file = signed();
    let longer = [file.as_slice(), b"hidden"].concat();
    assert!(failed(&longer).contains(&Check::FileEnd));
    assert_eq!(examined(&longer, |found| found.trailing_bytes), 6);
    assert_eq!(
        examined(&longer, |found| found.signatures[0].coverage),
        Coverage::Unsound
    );
    let shifted = [b"#!/bin/sh\n".as_slice(), &file].concat();
    assert!(
        Pdf::open(&shifted, Limits::default()).is_err(),
        "offsets no longer fit"
    );
}

#[test]
fn a_replaced_page_content_is_a_later_change_that_nothing_explains() {
    let file = signed();
    let pdf = Pdf::open(&file, Limits::default()).unwrap();
    let content = match pdf.pages().unwrap()[0].dictionary.get("Contents") {
        Some(pdf::Object::Array(parts)) => match parts[1] {
            pdf::Object::Reference(number) => number,
            _ => panic!("not a reference"),
        },
        _ => panic!("not an array"),
    };
    let forged = appended(
        &file,
        &[(content, "<</Length 3>>stream\nq Q\nendstream".to_owned())],
        "",
    );
    let pdf = Pdf::open(&forged, Limits::default()).unwrap();
    let examination = verify::examine(&pdf).unwrap();
    let signature = &examination.signatures[0];
    assert_eq!(signature.coverage, Coverage::Revision { index: 0, later: 1 });
    assert_eq!(signature.later.as_ref().unwrap().unexplained, [content]);
    assert_eq!(signature.signed_revision(), Some(file.as_slice()));
    let faults: Vec<_> = examination
        .faults()
        .map(|fault| (fault.check, fault.outcome))
        .collect();
    assert_eq!(faults, [(Check::LaterChanges, Outcome::Fail)]);
}

#[test]
fn a_store_of_certificates_is_the_only_later_change_that_passes() {
    let file = signed();
    let pdf = Pdf::open(&file, Limits::default()).unwrap();
    let size = pdf.trailer().get("Size").unwrap().as_integer().unwrap();
    let next = u32::try_from(size).unwrap();
    let catalog = String::from_utf8_lossy(forgery::object_body(&file, 1)).into_owned();
    let extended = catalog.replacen("<<", &format!("<</DSS {next} 0 R"), 1);
    let store = (next, "<</Type/DSS>>".to_owned());
    let grown = appended(&file, &[(1, extended.clone()), store.clone()], "");
    examined(&grown, |found| {
        assert!(found.is_sound(), "{:?}", found.faults().collect::<Vec<_>>());
        assert!(!found.is_wholly_signed_once());
        assert!(found.signatures[0].later.as_ref().unwrap().is_long_term_only());
    });
    for (from, to) in [
        ("/Lang(zh-CN)", "/Lang(en-US)"),
        ("/Pages 2 0 R", "/Pages 3 0 R"),
        ("/Fields[6 0 R]", "/Fields[]"),
        ("/Type/Catalog", "/Type/Catalog/OpenAction<</S/JavaScript>>"),
    ] {
        let forged = appended(&file, &[(1, extended.replacen(from, to, 1)), store.clone()], "");
        let pdf = Pdf::open(&forged, Limits::default()).unwrap();
        if let Ok(examination) = verify::examine(&pdf) {
            assert!(!examination.is_sound(), "{to}");
            assert!(
                examination
                    .signatures
                    .iter()
                    .all(|found| found.coverage != Coverage::WholeFile)
            );
        }
    }
}

#[test]
fn a_renewed_packet_of_metadata_may_change_its_dates_but_not_what_it_says() {
    let file = signed();
    let pdf = Pdf::open(&file, Limits::default()).unwrap();
    let Some(&pdf::Object::Reference(number)) = pdf.catalog().unwrap().get("Metadata") else {
        panic!()
    };
    let packet = String::from_utf8_lossy(forgery::object_body(&file, number)).into_owned();
    for (from, to, passes) in [
        ("ModifyDate>2026", "ModifyDate>2027", true),
        ("dc:identifier>1.2", "dc:identifier>1.3", false),
        ("rdf:li>sha-256", "rdf:li>sha-257", false),
        ("conformance>U", "conformance>B", false),
    ] {
        assert!(packet.contains(from));
        let grown = appended(&file, &[(number, packet.replacen(from, to, 1))], "");
        let explained = examined(&grown, |found| {
            found.signatures[0].later.as_ref().unwrap().is_long_term_only()
        });
        assert_eq!(explained, passes, "{to}");
    }
}

#[test]
fn a_visible_field_added_later_does_not_pass_as_a_time_stamp() {
    let file = signed();
    let pdf = Pdf::open(&file, Limits::default()).unwrap();
    let next = u32::try_from(pdf.trailer().get("Size").unwrap().as_integer().unwrap()).unwrap();
    let catalog = String::from_utf8_lossy(forgery::object_body(&file, 1)).into_owned();
    let catalog = catalog.replacen("/Fields[6 0 R]", &format!("/Fields[6 0 R {next} 0 R]"), 1);
    for (rect, passes) in [("0 0 0 0", true), ("0 0 500 500", false)] {
        let field = format!(
            "<</Type/Annot/Subtype/Widget/FT/Sig/T(Stamp)/Rect[{rect}]/V {} 0 R>>",
            next + 1
        );
        let stamp = "<</Type/DocTimeStamp/Filter/X/SubFilter/ETSI.RFC3161>>".to_owned();
        let grown = appended(
            &file,
            &[(1, catalog.clone()), (next, field), (next + 1, stamp)],
            "",
        );
        let explained = examined(&grown, |found| {
            found.signatures[0].later.as_ref().unwrap().is_long_term_only()
        });
        assert_eq!(explained, passes, "{rect}");
    }
}

#[test]
fn signatures_that_no_field_shows_or_two_fields_share_are_named() {
    let file = signed();
    let hidden = replaced(&file, "/Fields[6 0 R]", "/Fields[     ]");
    assert!(failed(&hidden).contains(&Check::NoStraySignature));
    assert!(failed(&hidden).contains(&Check::SignaturePresent));
    let renamed = replaced(
        &file,
        "/SubFilter/ETSI.CAdES.detached",
        "/SubFilter/OTHER.Profile.thing",
    );
    assert_eq!(
        failed(&renamed),
        [Check::SubFilter],
        "an unknown profile is not taken for an unsigned file"
    );
    let uncertified = replaced(&file, "/Perms<</DocMDP", "/Perms<</DocMDQ");
    assert_eq!(failed(&uncertified), [Check::Certification]);
}

#[test]
fn a_key_named_twice_makes_the_object_unreadable() {
    let file = signed();
    let forged = replaced(&file, "/SigFlags 3>>/Perms", "/Fields[] >>/Perms ");
    let pdf = Pdf::open(&forged, Limits::default()).unwrap();
    assert_eq!(
        verify::examine(&pdf).map(|found| found.is_sound()).unwrap_err(),
        ReadError::Syntax("a dictionary names a key twice")
    );
}

#[test]
fn looping_sections_and_greedy_streams_meet_their_limits() {
    let file = signed();
    let grown = appended(&file, &[(90, "null".to_owned())], "");
    let own = forgery::last_section(&grown);
    let looped = appended(&file, &[(90, "null".to_owned())], &format!("/Prev {own}"));
    assert!(matches!(
        Pdf::open(&looped, Limits::default()),
        Err(ReadError::Loop(_))
    ));
    let small = Limits {
        inflated_bytes: 100,
        ..Limits::default()
    };
    let pdf = Pdf::open(&file, small).unwrap();
    let page = &pdf.pages().unwrap()[0];
    assert_eq!(
        text::page_text(&pdf, page).unwrap_err(),
        ReadError::Limit("inflated bytes")
    );
    let tiny = Limits {
        file_bytes: 100,
        ..Limits::default()
    };
    assert_eq!(Pdf::open(&file, tiny).unwrap_err(), ReadError::Limit("file size"));
    let few = Limits {
        objects: 5,
        ..Limits::default()
    };
    assert_eq!(Pdf::open(&file, few).unwrap_err(), ReadError::Limit("objects"));
}

/// Everything the reader can be asked.
fn exercise(file: &[u8]) {
    let Ok(pdf) = Pdf::open(
        file,
        Limits {
            inflated_bytes: 4 << 20,
            ..Limits::default()
        },
    ) else {
        return;
    };
    let _ = verify::examine(&pdf);
    let _ = pdf.xmp();
    let _ = archival::faults(&pdf);
    for page in pdf.pages().unwrap_or_default() {
        let _ = text::page_text(&pdf, &page);
    }
    let _ = pdf::Unsigned::reopen(file.to_vec());
}

/// Whether a verifier that knows the right digest and CMS would notice.
fn is_noticed(file: &[u8], digest: [u8; 32]) -> bool {
    let Ok(pdf) = Pdf::open(file, Limits::default()) else {
        return true;
    };
    let Ok(examination) = verify::examine(&pdf) else {
        return true;
    };
    !examination.is_wholly_signed_once() || examination.signatures[0].sha256() != Some(digest)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_flipped_byte_of_the_signed_range_is_noticed(place in any::<prop::sample::Index>(), flip in 1u8..) {
        let file = signed();
        let (range, digest) = examined(&file, |found| {
            (found.signatures[0].byte_range, found.signatures[0].sha256().unwrap())
        });
        let [_, first, second, _] = range;
        let at = place.index(file.len() - (second - first));
        let at = if at < first { at } else { at + (second - first) };
        let mut altered = file;
        altered[at] ^= flip;
        prop_assert!(is_noticed(&altered, digest), "byte {at}");
    }

    #[test]
    fn mutated_files_never_panic(
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..20),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let mut file = signed();
        for (place, byte) in edits {
            let at = place.index(file.len());
            file[at] = byte;
        }
        if let Some(cut) = cut {
            file.truncate(cut.index(file.len()));
        }
        exercise(&file);
    }

    #[test]
    fn mutated_syntax_never_panics(
        edits in prop::collection::vec((any::<prop::sample::Index>(), "[0-9<>/\\[\\] ()RA-Za-z-]{1,6}"), 1..12),
    ) {
        let mut file = signed();
        // Only the parts that are text: objects without streams, and the end.
        let places: Vec<usize> = (0..file.len())
            .filter(|at| *at > file.len() - 2_600 || file[*at].is_ascii_digit())
            .collect();
        for (place, text) in edits {
            let at = places[place.index(places.len())].min(file.len() - text.len());
            file[at..at + text.len()].copy_from_slice(text.as_bytes());
        }
        exercise(&file);
    }

    #[test]
    fn bytes_that_are_no_pdf_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        exercise(&bytes);
        exercise(&[b"%PDF-1.7\n".as_slice(), &bytes, b"\nstartxref\n9\n%%EOF"].concat());
    }
}
