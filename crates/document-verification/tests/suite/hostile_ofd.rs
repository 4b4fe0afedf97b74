//! OFD documents that show something else than what was signed, or would have a reader do something. All are sealed by
//! the authority's own key: only looking tells.

use document_verification::{DocumentStanding, Outcome, Report, check};

use crate::fixture::{OFFICE, failures, judged, of};
use crate::hand::{DOCUMENT, Hand, OFD, PAGE, RESOURCES, reference, stamp};

pub(crate) const AUTHENTIC: DocumentStanding = DocumentStanding::Authentic;
const ALTERED: DocumentStanding = DocumentStanding::Altered;
pub(crate) const CANNOT_SAY: DocumentStanding = DocumentStanding::CannotSay;

#[track_caller]
pub(crate) fn told(hand: Hand, check: &str, expected: (Outcome, &str), document: DocumentStanding) -> Report {
    let report = judged(&hand.sealed());
    assert_eq!(of(&report, check), expected, "{:?}", report.findings);
    assert_eq!(report.document, document, "{:?}", report.findings);
    report
}

#[test]
fn sealed_by_hand_an_honest_certificate_is_authentic() {
    let report = judged(&Hand::new().sealed());
    assert_eq!(failures(&report), []);
    assert_eq!(report.document, AUTHENTIC, "{:?}", report.findings);
    for check in [
        check::DISPLAYED,
        check::OVERLAY,
        check::ACTIVE,
        check::PICTURES,
        check::CHECK_METHOD,
        check::PAGES,
        check::STAMP,
        check::SEAL_PICTURE,
    ] {
        assert_eq!(of(&report, check), (Outcome::Pass, "ok"), "{check}");
    }
}

#[test]
fn a_second_document_beside_the_signed_one() {
    let second = "</ofd:DocBody><ofd:DocBody><ofd:DocInfo/><ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody>";
    let hand = Hand::new().replace(OFD, "</ofd:DocBody>", second);
    let expected = (Outcome::Fail, "document_beside_the_signed_one");
    let report = told(hand, check::DISPLAYED, expected, CANNOT_SAY);
    assert!(
        report
            .of(check::DISPLAYED)
            .any(|one| one.reason == "ofd.several-documents")
    );
}

#[test]
fn a_recorded_version_that_a_reader_may_show() {
    let versions =
        "<ofd:Versions><ofd:Version ID=\"1\" Index=\"1\" BaseLoc=\"v.xml\"/></ofd:Versions><ofd:Signatures>";
    let hand = Hand::new().replace(OFD, "<ofd:Signatures>", versions);
    let expected = (Outcome::CannotSay, "ofd.document-versions");
    told(hand, check::DISPLAYED, expected, CANNOT_SAY);
}

#[test]
fn two_lists_of_signatures() {
    let two = "<ofd:Signatures>/Doc_0/Signs/Other.xml</ofd:Signatures><ofd:Signatures>";
    let hand = Hand::new().replace(OFD, "<ofd:Signatures>", two);
    told(
        hand,
        check::DOCUMENT,
        (Outcome::Fail, "ofd.repeated-element"),
        ALTERED,
    );
}

#[test]
fn a_digest_method_that_is_absent_broken_or_unknown() {
    for (method, reason) in [
        ("", "check_method_absent"),
        (" CheckMethod=\"MD5\"", "check_method_broken"),
        (" CheckMethod=\"SHA1\"", "check_method_broken"),
        (" CheckMethod=\"1.3.14.3.2.26\"", "check_method_broken"),
        (" CheckMethod=\"2.16.840.1.101.3.4.2.1\"", "unsupported_algorithm"),
    ] {
        let mut hand = Hand::new();
        hand.method = method.to_owned();
        // Nothing is covered by digests that prove nothing, which is no form of this authority.
        told(hand, check::CHECK_METHOD, (Outcome::CannotSay, reason), ALTERED);
    }
}

#[test]
fn references_that_repeat_contradict_or_name_nothing() {
    let page = Hand::new().text(PAGE);
    let mut same = Hand::new();
    same.more = reference(PAGE, &gm::sm3::digest(page.as_bytes()));
    told(
        same,
        check::ODDITY,
        (Outcome::Warning, "ofd.repeated-reference"),
        AUTHENTIC,
    );
    let mut other = Hand::new();
    other.more = reference(PAGE, &[0; 32]);
    told(
        other,
        check::REFERENCES,
        (Outcome::Fail, "digest_differs"),
        ALTERED,
    );
    let mut short = Hand::new();
    short.more = reference("nowhere.xml", &[0; 31]);
    told(short, check::REFERENCES, (Outcome::Fail, "file_missing"), ALTERED);
}

#[test]
fn a_signature_that_covers_no_page() {
    let mut hand = Hand::new();
    hand.left_out = vec![PAGE];
    told(hand, check::PAGES, (Outcome::Fail, "no_page_covered"), ALTERED);
}

#[test]
fn a_document_without_pages() {
    let text = Hand::new().text(DOCUMENT);
    let (start, rest) = text.split_once("<ofd:Pages>").expect("pages");
    let (_, end) = rest.split_once("</ofd:Pages>").expect("pages");
    let hand = Hand::new().with(DOCUMENT, format!("{start}<ofd:Pages></ofd:Pages>{end}"));
    told(
        hand,
        check::PAGE,
        (Outcome::Fail, "document_without_pages"),
        CANNOT_SAY,
    );
}

#[test]
fn stamps_that_nobody_sees_whole() {
    let id = Hand::new().page_id();
    let own = |boundary, clip| stamp(&id, boundary, clip);
    let cases = [
        (String::new(), "no_stamp"),
        (stamp("9999", "142 243 45 45", None), "stamp_on_no_page"),
        (own("300 300 45 45", None), "stamp_off_page"),
        (own("-50 10 45 45", None), "stamp_off_page"),
        (own("190 243 45 45", None), "stamp_partly_off_page"),
        (own("142 243 45 45", Some("50 50 1 1")), "stamp_clipped_away"),
        (own("142 243 45 45", Some("0 0 10 45")), "stamp_clipped"),
        (own("142 243 0 0", None), "stamp_without_size"),
        (own("142 243 4 4", None), "stamp_of_another_size"),
    ];
    for (stamps, reason) in cases {
        let mut hand = Hand::new();
        hand.stamps = stamps;
        // The signer itself put it there, so the document is what it was.
        let report = told_any(hand, check::STAMP, reason);
        assert_eq!(report.document, AUTHENTIC, "{reason}");
    }
}

/// One of the findings of a check is the expected remark.
#[track_caller]
pub(crate) fn told_any(hand: Hand, check: &str, reason: &str) -> Report {
    let report = judged(&hand.sealed());
    let found = report
        .of(check)
        .any(|one| (one.result, one.reason) == (Outcome::Warning, reason));
    assert!(found, "{reason}: {:?}", report.findings);
    report
}

#[test]
fn actions_and_resources_outside_of_the_package_are_reported_and_not_followed() {
    let action = "<ofd:Actions><ofd:Action Event=\"DO\"><ofd:URI URI=\"http://198.51.100.7/\"/></ofd:Action></ofd:Actions>";
    let on_opening = Hand::new().replace(DOCUMENT, "</ofd:Pages>", &format!("</ofd:Pages>{action}"));
    told(
        on_opening,
        check::ACTIVE,
        (Outcome::Warning, "ofd.actions"),
        AUTHENTIC,
    );
    let on_page = Hand::new().replace(PAGE, "</ofd:Content>", &format!("</ofd:Content>{action}"));
    told(
        on_page,
        check::ACTIVE,
        (Outcome::Warning, "ofd.actions"),
        AUTHENTIC,
    );
    let text = Hand::new().text(RESOURCES);
    let (_, rest) = text.split_once("<ofd:MediaFile>").expect("a picture");
    let (file, _) = rest.split_once("</ofd:MediaFile>").expect("a picture");
    for elsewhere in ["http://198.51.100.7/x.png", "//host/share/x.png", "C:/x.png"] {
        let hand = Hand::new().replace(
            RESOURCES,
            &format!("<ofd:MediaFile>{file}</ofd:MediaFile>"),
            &format!("<ofd:MediaFile>{elsewhere}</ofd:MediaFile>"),
        );
        told_any(hand, check::ACTIVE, "ofd.external-location");
    }
}

#[test]
fn pages_in_another_encoding_with_entities_or_beyond_all_bounds() {
    let utf16: Vec<u8> = "<?xml version=\"1.0\" encoding=\"UTF-16\"?><ofd:Page/>"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let page = Hand::new().text(PAGE);
    let entity = page.replacen("<ofd:Page", "<!DOCTYPE x [<!ENTITY a \"b\">]><ofd:Page", 1);
    let huge = page.replacen(
        "</ofd:Content>",
        &format!("{}</ofd:Content>", "<a/>".repeat(400_000)),
        1,
    );
    let deep = page.replacen(
        "</ofd:Content>",
        &format!("{}{}</ofd:Content>", "<a>".repeat(80), "</a>".repeat(80)),
        1,
    );
    for (content, reason) in [
        ([b"\xff\xfe".as_slice(), &utf16].concat(), "ofd.xml"),
        (entity.into_bytes(), "ofd.doctype"),
        (huge.into_bytes(), "ofd.xml-too-large"),
        (deep.into_bytes(), "ofd.xml-too-large"),
    ] {
        let hand = Hand::new().with(PAGE, content);
        told(hand, check::PAGE, (Outcome::Fail, reason), CANNOT_SAY);
    }
}

#[test]
fn foreign_namespaces_and_numbers_used_twice() {
    let foreign = Hand::new().replace(PAGE, "http://www.ofdspec.org/2016", "http://example.org/other");
    told_any(foreign, check::ODDITY, "ofd.unknown-namespace");
    let mixed = Hand::new().replace(
        PAGE,
        "</ofd:Content>",
        "</ofd:Content><x:Note xmlns:x=\"http://example.org/other\"/>",
    );
    told_any(mixed, check::ODDITY, "ofd.mixed-namespaces");
    let fonts = Hand::new().text("Doc_0/PublicRes.xml");
    let (_, rest) = fonts.split_once("<ofd:Font ID=\"").expect("a font");
    let (first, _) = rest.split_once('"').expect("its number");
    let twice = format!("<ofd:Fonts><ofd:Font ID=\"{first}\" FontName=\"SimSun\"/>");
    let hand = Hand::new().replace("Doc_0/PublicRes.xml", "<ofd:Fonts>", &twice);
    told_any(hand, check::ODDITY, "ofd.repeated-id");
    let page = Hand::new().text(PAGE);
    let at = page.find("<ofd:TextObject").expect("a text");
    let end = at + page[at..].find("</ofd:TextObject>").expect("its end") + "</ofd:TextObject>".len();
    let doubled = format!("{}{}", &page[..end], &page[at..]);
    told_any(Hand::new().with(PAGE, doubled), check::ODDITY, "ofd.repeated-id");
}

#[test]
fn the_hand_and_the_office_agree_on_the_seal() {
    let hand = Hand::new();
    let seal = hand
        .files
        .iter()
        .find(|(name, _)| name.ends_with("Seal.esl"))
        .expect("a seal");
    assert_eq!(seal.1, OFFICE.seal.der());
}
