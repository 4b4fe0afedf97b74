//! Files of another producer are read as they are, oddities named.

use ofd::{
    CheckMethod, Coverage, Document, FindingKind, IntegrityReport, Limits, Package, SignatureFile,
    SignatureKind,
};

const SEALED: &[u8] = include_bytes!("../samples/ofdrw-SESV4SignDoc.ofd");
const RIDING: &[u8] = include_bytes!("../samples/ofdrw-V4RideRight.ofd");
const SIGNED: &[u8] = include_bytes!("../samples/ofdrw-DigitalSign.ofd");
const INTEGRITY: &[u8] = include_bytes!("../samples/ofdrw-hello-integrity.ofd");

fn open(bytes: &[u8]) -> (Package<'_>, Document) {
    let package = Package::open(bytes, &Limits::default()).expect("a readable package");
    let mut documents = package.documents().expect("readable documents");
    assert_eq!(documents.len(), 1);
    (package, documents.remove(0))
}

fn only_signature(package: &Package<'_>, document: &Document) -> (SignatureFile, IntegrityReport) {
    let mut signatures = package.signatures(document).expect("readable signatures");
    assert_eq!(signatures.len(), 1);
    let report = package.check_references(&signatures[0], &signatures);
    (signatures.remove(0), report)
}

#[test]
fn a_sealed_document_of_another_producer_is_intact_but_open_to_further_signatures() {
    let (package, document) = open(SEALED);
    let (signature, report) = only_signature(&package, &document);
    assert_eq!(signature.entry.kind, SignatureKind::Seal);
    assert_eq!(
        signature.check_method,
        CheckMethod::Sm3,
        "written as the literal SM3"
    );
    assert_eq!(signature.references.len(), 5);
    assert!(report.intact());
    assert!(!report.closed);
    let uncovered: Vec<_> = report
        .uncovered
        .iter()
        .map(|file| (file.path.as_str(), file.role))
        .collect();
    assert_eq!(
        uncovered,
        [("Doc_0/Signs/Signatures.xml", Coverage::SignatureList)]
    );
    let seal = signature.seal.expect("it names a seal");
    assert_eq!(package.file(&seal).expect("the seal is there").len(), 17_011);
    assert_eq!(
        package
            .file(&signature.signed_value)
            .expect("the value is there")
            .len(),
        17_726
    );
    assert_eq!(
        signature
            .date_time
            .expect("it states a time")
            .local
            .expect("understood")
            .to_string(),
        "2026-08-04T10:08:09"
    );
}

#[test]
fn a_riding_seam_is_one_clipped_stamp_a_page() {
    let (package, document) = open(RIDING);
    let (signature, report) = only_signature(&package, &document);
    assert!(report.intact() && report.closed);
    assert!(report.complete(), "{:?}", report.uncovered);
    assert_eq!(document.pages.len(), 5);
    assert_eq!(signature.stamps.len(), 5);
    for (stamp, page) in signature.stamps.iter().zip(&document.pages) {
        assert_eq!(stamp.page, page.id);
        assert!(stamp.clip.is_some_and(|clip| clip.width == 8.0));
    }
}

#[test]
fn a_bare_signature_has_no_seal() {
    let (package, document) = open(SIGNED);
    let (signature, report) = only_signature(&package, &document);
    assert_eq!(signature.entry.kind, SignatureKind::Sign);
    assert_eq!(signature.seal, None);
    assert!(report.intact());
    assert_eq!(
        package
            .file(&signature.signed_value)
            .expect("the value is there")
            .len(),
        70
    );
}

#[test]
fn an_integrity_list_is_compared_with_the_package() {
    let (package, document) = open(INTEGRITY);
    assert!(package.signatures(&document).expect("none").is_empty());
    let list = package.integrity_list().expect("readable").expect("there");
    assert_eq!(list.listed.len(), 5);
    assert_eq!(list.signed_value.as_deref(), Some("signedvalue.dat"));
    assert!(
        list.matches(),
        "missing {:?}, unlisted {:?}",
        list.missing,
        list.unlisted
    );
}

#[test]
fn text_is_extracted_in_reading_order() {
    let (package, document) = open(INTEGRITY);
    let text: String = (0..document.pages.len())
        .map(|index| package.page(&document, index).expect("readable").text())
        .collect();
    assert!(text.starts_with("拿来主义\n鲁迅\n"), "{text}");
    let (package, document) = open(RIDING);
    let page = package.page(&document, 0).expect("readable");
    assert_eq!((page.runs.len(), page.paths), (0, 18));
}

#[test]
fn the_only_oddity_is_a_resource_file_that_is_named_and_not_there() {
    for bytes in [SEALED, SIGNED, INTEGRITY] {
        let (package, document) = open(bytes);
        assert!(package.findings().is_empty(), "{:?}", package.findings());
        assert!(document.findings.is_empty(), "{:?}", document.findings);
    }
    let (_, document) = open(RIDING);
    let odd: Vec<_> = document
        .findings
        .iter()
        .map(|odd| (odd.kind, odd.path.as_deref()))
        .collect();
    assert_eq!(odd, [(FindingKind::MissingFile, Some("Doc_0/PublicRes.xml"))]);
}
