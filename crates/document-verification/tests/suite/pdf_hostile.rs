//! Hostile PDF files: each trick is a finding with its own reason, and none stops at the first.

use document_verification::{DocumentStanding, Outcome, Report, check};

use crate::fixture::{ORIGINAL, judged};
use crate::pdf_revisions::{appended, appended_in_streams, body, free, hybrid};

#[track_caller]
fn told(report: &Report, check: &str, reason: &str) {
    let found = report
        .findings
        .iter()
        .any(|one| one.check == check && one.reason == reason && one.result != Outcome::Pass);
    assert!(found, "no {check} {reason}: {:?}", report.findings);
    assert_ne!(report.document, DocumentStanding::Authentic);
}

/// A revision that changes the catalog and brings one object along.
fn catalog_with(entry: &str, object: &str) -> Vec<u8> {
    let new = free();
    let catalog = body(1).replacen(
        "<<",
        &format!("<<{}", entry.replace("NEW", &format!("{new} 0 R"))),
        1,
    );
    appended(&[(1, catalog), (new, object.to_owned())], "")
}

#[test]
fn content_that_does_something_is_told_by_its_kind() {
    for (entry, object, reason) in [
        (
            "/OpenAction NEW",
            "<</S/JavaScript/JS(app.alert(1))>>",
            "javascript",
        ),
        (
            "/OpenAction NEW",
            "<</S/JavaScript/JS(app.alert(1))>>",
            "open_action",
        ),
        (
            "/Names<</JavaScript<</Names[(a)NEW]>>>>/X 1",
            "<</JS(x)>>",
            "javascript",
        ),
        ("/OpenAction NEW", "<</S/Launch/F(cmd.exe)>>", "launch_action"),
        (
            "/X NEW",
            "<</Type/Action/S/SubmitForm/F(http://a.example)>>",
            "submit_form",
        ),
        (
            "/X NEW",
            "<</Type/Action/S/URI/URI(http://a.example)>>",
            "external_link",
        ),
        ("/X NEW", "<</S/GoToR/F(other.pdf)/D[0/Fit]>>", "external_file"),
        ("/X NEW", "<</Type/Filespec/F(other.pdf)>>", "external_file"),
        (
            "/X NEW",
            "<</Length 0/F(other.bin)>>stream\n\nendstream",
            "external_file",
        ),
        ("/X NEW", "<</S/ResetForm>>", "form_action"),
        ("/X NEW", "<</Type/Annot/Subtype/RichMedia>>", "multimedia"),
        ("/OCProperties NEW", "<</OCGs[]/D<<>>>>", "optional_content"),
        ("/AA NEW", "<</WC<</S/Named/N/Print>>>>", "additional_actions"),
        ("/X NEW", "<</XFA(x)>>", "xfa_form"),
        ("/X NEW", "<</NeedAppearances true>>", "appearances_drawn_anew"),
    ] {
        let entry = entry.replace("/Names<<", "/Y<<");
        let report = judged(&catalog_with(&entry, object));
        told(&report, "pdf.active-content", reason);
        told(&report, "pdf.signature.later-changes", "catalog_replaced_later");
    }
}

#[test]
fn a_place_in_the_document_is_no_action() {
    let report = judged(&catalog_with("/OpenAction[3 0 R/Fit]/X NEW", "<<>>"));
    assert_eq!(report.outcome_of("pdf.active-content"), Some(Outcome::Pass));
}

#[test]
fn shadow_attacks_are_told_by_what_they_hide_or_replace() {
    let pdf = pdf::Pdf::open(&ORIGINAL.pdf, pdf::Limits::default()).expect("it can be read");
    let page = &pdf.pages().expect("a page")[0];
    let reference = |value: Option<&pdf::Object>| match value {
        Some(pdf::Object::Reference(number)) => *number,
        other => panic!("{other:?}"),
    };
    let first = |key| {
        let resources = pdf.dictionary(&page.resources, key).expect("resources");
        reference(resources.iter().next().map(|(_, value)| value))
    };
    let (picture, font) = (first("XObject"), first("Font"));
    let content = match page.dictionary.get("Contents") {
        Some(pdf::Object::Array(parts)) => reference(parts.last()),
        other => panic!("{other:?}"),
    };
    let new = free();
    let nothing = || "<</Length 0>>stream\n\nendstream".to_owned();
    for (objects, reason) in [
        // Hide: an overlay that covered something when it was signed is gone.
        (
            vec![(
                picture,
                "<</Type/XObject/Subtype/Form/BBox[0 0 0 0]/Length 0>>stream\n\nendstream".to_owned(),
            )],
            "picture_replaced_later",
        ),
        // Replace: the same text is drawn by another font, a field shows another value.
        (
            vec![(font, "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>".to_owned())],
            "font_replaced_later",
        ),
        (
            vec![(6, body(6).replacen("<<", "<</DV(x)", 1))],
            "field_replaced_later",
        ),
        (vec![(content, nothing())], "page_content_replaced_later"),
        // Hide and replace: the file held a second page that nothing showed.
        (
            vec![
                (2, format!("<</Type/Pages/Kids[{new} 0 R]/Count 1>>")),
                (new, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>".to_owned()),
            ],
            "page_replaced_later",
        ),
        (
            vec![(3, body(3).replacen("/MediaBox[0 0", "/MediaBox[9 9", 1))],
            "page_replaced_later",
        ),
        (
            vec![
                (
                    3,
                    body(3).replacen("/Annots[6 0 R", &format!("/Annots[6 0 R {new} 0 R"), 1),
                ),
                (
                    new,
                    "<</Type/Annot/Subtype/FreeText/Rect[0 0 500 500]/Contents(x)>>".to_owned(),
                ),
            ],
            "annotation_added_later",
        ),
    ] {
        let report = judged(&appended(&objects, ""));
        told(&report, "pdf.signature.later-changes", reason);
        assert_eq!(report.document, DocumentStanding::Altered, "{reason}");
    }
    let other = format!("<</Type/Catalog/Pages {} 0 R>>", new + 1);
    let pages = "<</Type/Pages/Kids[]/Count 0>>".to_owned();
    let report = judged(&appended(
        &[(new, other), (new + 1, pages)],
        &format!("/Root {new} 0 R"),
    ));
    assert_eq!(
        report.document,
        DocumentStanding::Altered,
        "nothing of the new document is signed: {:?}",
        report.findings
    );
    told(&report, "pdf.hidden-objects", "objects_that_nothing_shows");
    told(&report, "pdf.signature.no-stray", "signature_outside_the_form");
}

#[test]
fn objects_in_streams_change_the_document_no_less() {
    let catalog = body(1).replacen("/Lang(zh-CN)", "/Lang(en-US)", 1);
    let report = judged(&appended_in_streams(1, &catalog));
    told(&report, "pdf.signature.later-changes", "catalog_replaced_later");
    assert_eq!(report.document, DocumentStanding::Altered);
}

#[test]
fn a_hybrid_file_is_told() {
    let report = judged(&hybrid(free(), "<<>>"));
    told(&report, "pdf.cross-reference", "hybrid_cross_reference");
    let report = judged(&hybrid(3, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>"));
    told(&report, "pdf.cross-reference", "hybrid_cross_reference");
}

#[test]
fn an_encrypted_revision_is_not_read() {
    let report = judged(&appended(&[], "/Encrypt<</Filter/Standard/V 5>>"));
    told(&report, check::CONTAINER, "encrypted");
}

#[test]
fn loops_are_told_and_end() {
    let report = judged(&appended(&[], "/Prev SELF"));
    told(&report, check::CONTAINER, "reference_loop");
    let report = judged(&appended(
        &[(2, "<</Type/Pages/Kids[2 0 R 3 0 R]/Count 2>>".to_owned())],
        "",
    ));
    told(&report, "pdf.signature.later-changes", "page_replaced_later");
    let looped = body(1).replacen("/Fields[6 0 R]", "/Fields[6 0 R 6 0 R]", 1);
    let report = judged(&appended(&[(1, looped)], ""));
    told(&report, "pdf.objects", "reference_loop");
    let new = free();
    let chained = body(1)
        .replacen("<<", &format!("<</Names {new} 0 R"), 1)
        .replacen("/Names<<", "/Y<<", 1);
    let report = judged(&appended(&[(1, chained), (new, format!("{new} 0 R"))], ""));
    assert_ne!(report.document, DocumentStanding::Authentic);
}

/// The original with other numbers in its byte range; the room is ten digits each.
fn with_range(change: impl FnOnce([usize; 4]) -> String) -> Vec<u8> {
    let mut bytes = ORIGINAL.pdf.clone();
    let pdf = pdf::Pdf::open(&ORIGINAL.pdf, pdf::Limits::default()).expect("it can be read");
    let range = pdf::verify::examine(&pdf).expect("signed").signatures[0].byte_range;
    let place = bytes
        .windows(11)
        .rposition(|window| window == b"/ByteRange[")
        .expect("a range")
        + 11;
    let length = bytes[place..]
        .iter()
        .position(|byte| *byte == b']')
        .expect("it ends");
    let mut text = change(range);
    assert!(text.len() <= length);
    text.extend(std::iter::repeat_n(' ', length - text.len()));
    bytes[place..place + length].copy_from_slice(text.as_bytes());
    bytes
}

#[test]
fn tricks_with_the_byte_range_have_their_reasons() {
    type Trick = fn([usize; 4]) -> String;
    let (range, gap, coverage) = (
        "pdf.signature.byte-range",
        "pdf.signature.gap",
        "pdf.signature.coverage",
    );
    let cases: [(Trick, &str, &str); 7] = [
        (
            |[_, a, b, c]| format!("1 {a} {b} {c}"),
            range,
            "range_not_from_the_start",
        ),
        (|[_, a, b, c]| format!("0 {b} {a} {c}"), range, "ranges_overlap"),
        (
            |[_, a, b, c]| format!("0 {a} {b} {}", c + 1),
            range,
            "range_outside_the_file",
        ),
        (|[_, a, b, _]| format!("0 {a} {b}"), range, "range_not_two_parts"),
        (
            |[_, a, b, c]| format!("0 {} {b} {c}", a - 9),
            gap,
            "more_left_out_than_the_signature",
        ),
        (
            |[_, a, b, c]| format!("0 {a} {} {}", b + 9, c - 9),
            gap,
            "more_left_out_than_the_signature",
        ),
        (
            |[_, a, b, c]| format!("0 {a} {b} {}", c - 40),
            coverage,
            "range_ends_within_a_revision",
        ),
    ];
    for (change, check, reason) in cases {
        told(&judged(&with_range(change)), check, reason);
    }
}

#[test]
fn the_gap_holds_hexadecimal_digits_and_nothing_else() {
    let place = ORIGINAL
        .pdf
        .windows(10)
        .rposition(|window| window == b"/Contents<")
        .expect("a value")
        + 10;
    let length = ORIGINAL.pdf[place..]
        .iter()
        .position(|byte| *byte == b'>')
        .expect("it ends");
    let with = |at: usize, bytes: &[u8]| {
        let mut file = ORIGINAL.pdf.clone();
        file[place + at..place + at + bytes.len()].copy_from_slice(bytes);
        judged(&file)
    };
    told(
        &with(length - 8, b"  "),
        "pdf.signature.gap",
        "contents_not_hexadecimal",
    );
    told(
        &with(length - 8, b"25"),
        "pdf.signature.contents",
        "bytes_after_the_signature",
    );
    told(&with(length - 8, b"><"), "pdf.objects", "structure_unsound");
}

#[test]
fn an_unknown_profile_is_not_taken_for_an_unsigned_file() {
    for (profile, reason) in [
        ("adbe.x509.rsa_sha1", "weak_algorithm"),
        ("GBT.SES.detached.v", "sub_filter_unknown"),
    ] {
        let ours = b"/SubFilter/ETSI.CAdES.detached";
        let place = ORIGINAL
            .pdf
            .windows(ours.len())
            .rposition(|window| window == ours)
            .expect("a profile");
        let mut bytes = ORIGINAL.pdf.clone();
        bytes[place + 11..place + 11 + profile.len()].copy_from_slice(profile.as_bytes());
        bytes[place + 11 + profile.len()] = b' ';
        assert_eq!(profile.len(), ours.len() - 12);
        told(&judged(&bytes), "pdf.signature.sub-filter", reason);
    }
}

#[test]
fn a_signature_value_elsewhere_or_of_two_fields_is_told() {
    let report = judged(&appended(
        &[(free(), "<</Type/Sig/ByteRange[0 1 2 3]/Contents<00>>>".to_owned())],
        "",
    ));
    told(&report, "pdf.signature.no-stray", "signature_outside_the_form");
}
