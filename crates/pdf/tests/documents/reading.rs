//! What our own reader finds in our own documents, and in other programs' forms of them.

use crate::{
    forgery,
    sample::{self, IDENTIFIER, NAME, NUMBER, layout, sample_unsigned},
    tools::{self, Signer, run_ok},
};
use pdf::{
    Limits, Pdf, Permission, Unsigned, archival, text,
    verify::{self, Check, Coverage},
};

fn open(file: &[u8]) -> Pdf<'_> {
    Pdf::open(file, Limits::default()).expect("the file can be read")
}

#[test]
fn a_signed_document_is_wholly_signed_once() {
    let unsigned = sample_unsigned();
    let digest = unsigned.byte_range_sha256();
    let signed = Signer::new().sign(unsigned);
    let pdf = open(&signed);
    let examination = verify::examine(&pdf).unwrap();
    assert!(
        examination.is_wholly_signed_once(),
        "{:?}",
        examination.faults().collect::<Vec<_>>()
    );
    assert_eq!(
        examination.findings.len(),
        17,
        "every check is reported: {:?}",
        examination.findings
    );
    let signature = &examination.signatures[0];
    assert_eq!(signature.sha256(), Some(digest));
    assert_eq!(
        (signature.field.as_str(), signature.doc_mdp, signature.certifying),
        ("Seal", Some(1), true)
    );
    assert_eq!(signature.sub_filter, "ETSI.CAdES.detached");
    assert_eq!(signature.claimed_name.as_deref(), Some("样本机关"));
    assert_eq!(signature.claimed_time.as_deref(), Some("D:20261123100305+08'00'"));
    assert_eq!(signature.signed_revision(), Some(signed.as_slice()));
    assert_eq!(examination.doc_mdp, Some(1));
    assert_eq!((pdf.revisions().len(), examination.trailing_bytes), (1, 0));
}

#[test]
fn openssl_accepts_the_extracted_cms_over_the_signed_parts() {
    let signer = Signer::new();
    let signed = signer.sign(sample_unsigned());
    let pdf = open(&signed);
    let examination = verify::examine(&pdf).unwrap();
    let signature = &examination.signatures[0];
    let content = signer.store("content.bin", &signature.signed_parts().unwrap().concat());
    let cms = signer.store("extracted.der", &signature.cms);
    let certificate = signer.path("certificate.pem");
    let report = tools::run(
        "openssl",
        &[
            "cms",
            "-verify",
            "-cades",
            "-binary",
            "-inform",
            "DER",
            "-in",
            &cms,
            "-content",
            &content,
            "-CAfile",
            tools::text_of(&certificate),
            "-purpose",
            "any",
            "-out",
            "/dev/null",
        ],
    );
    let words = String::from_utf8_lossy(&report.stderr).into_owned();
    assert!(
        report.status.success() && words.contains("CAdES Verification successful"),
        "{words}"
    );
}

#[test]
fn an_unsigned_document_is_sound_but_for_its_zeros_and_can_be_taken_up_again() {
    let unsigned = sample_unsigned();
    let pdf = open(unsigned.bytes());
    let examination = verify::examine(&pdf).unwrap();
    let faults: Vec<Check> = examination.faults().map(|finding| finding.check).collect();
    assert_eq!(faults, [Check::Contents]);
    assert_eq!(examination.signatures[0].coverage, Coverage::WholeFile);
    let again = Unsigned::reopen(unsigned.bytes().to_vec()).unwrap();
    assert_eq!(again.byte_range_sha256(), unsigned.byte_range_sha256());
    assert_eq!(again.byte_range(), unsigned.byte_range());
    let signed = Signer::new().sign(again);
    assert!(
        Unsigned::reopen(signed).is_err(),
        "a signed document is not taken up"
    );
}

#[test]
fn text_comes_back_exactly_and_at_its_place() {
    let unsigned = sample_unsigned();
    let pdf = open(unsigned.bytes());
    let pages = pdf.pages().unwrap();
    assert_eq!(pages.len(), 1);
    let page = text::page_text(&pdf, &pages[0]).unwrap();
    assert!(page.faults.is_empty(), "{:?}", page.faults);
    assert_eq!(
        page.joined(),
        format!("注册证书\n姓名：\n编号：\n{NAME}\n{NUMBER}\nABC 2026")
    );
    let name = page.runs.iter().find(|run| run.text == NAME).unwrap();
    for (found, drawn) in [(name.x, 50.0), (name.y, 100.0), (name.size, 5.0)] {
        assert!((found - drawn).abs() < 0.001, "{found} {drawn}");
    }
}

#[test]
fn glyphs_without_unicode_value_outline_or_right_width_are_reported() {
    let unsigned = sample_unsigned();
    for (from, to, fault) in [
        (
            "<0015><D872DF5A>",
            "<0F15><D872DF5A>",
            text::GlyphFault::NoUnicode,
        ),
        ("[1[256 ", "[1[251 ", text::GlyphFault::Width),
    ] {
        let bytes = forgery::replaced(unsigned.bytes(), from, to);
        let pdf = open(&bytes);
        let page = text::page_text(&pdf, &pdf.pages().unwrap()[0]).unwrap();
        assert!(
            page.faults
                .iter()
                .any(|(font, _, found)| font == "F1" && *found == fault),
            "{fault:?}"
        );
    }
}

#[test]
fn metadata_comes_back_with_escapes_undone() {
    let unsigned = sample_unsigned();
    let xmp = open(unsigned.bytes()).xmp().unwrap().unwrap();
    assert_eq!(xmp.identifier.as_deref(), Some(IDENTIFIER));
    assert_eq!(xmp.title.as_deref(), Some("注册证书（样本）"));
    assert_eq!(xmp.creator.as_deref(), Some("样本机关 & Specimen <Authority>"));
    assert_eq!(
        xmp.relations,
        ["sha-256:00ff", "https://verify.example/?id=1&v=2"]
    );
    assert_eq!(
        (xmp.part.as_deref(), xmp.conformance.as_deref()),
        (Some("2"), Some("U"))
    );
    assert!(!xmp.ambiguous_identifier);
}

#[test]
fn our_documents_keep_the_archival_rules_and_each_broken_rule_is_named() {
    use archival::ArchivalFault;
    let unsigned = sample_unsigned();
    assert_eq!(archival::faults(&open(unsigned.bytes())), Ok(vec![]));
    let attached = layout(Permission::NoChanges, true).unsigned(NAME, NUMBER, Some(sample::XML));
    assert_eq!(archival::faults(&open(attached.bytes())), Ok(vec![]));
    for (from, to, fault) in [
        ("/CIDToGIDMap/", "/CIDToGIDMqp/", ArchivalFault::CidToGidMap),
        ("/ToUnicode ", "/ToUnicodf ", ArchivalFault::ToUnicode),
        ("/F 132", "/F 128", ArchivalFault::AnnotationFlags),
        ("/AP<</N ", "/AP<</D ", ArchivalFault::AnnotationAppearance),
        ("/OutputIntents", "/OutputIntentz", ArchivalFault::OutputIntent),
        ("/FontFile2 ", "/FontFile9 ", ArchivalFault::FontNotEmbedded),
        ("/ID[<", "/IX[<", ArchivalFault::TrailerId),
        ("<pdfaid:part>2", "<pdfaid:part>1", ArchivalFault::Identification),
        ("conformance>U<", "conformance>A<", ArchivalFault::Identification),
        ("/Perms<</DocMDP", "/Perms<</DocMDX", ArchivalFault::Permissions),
        ("/SigFlags 3>>/", "/XFA      3>>/", ArchivalFault::Form),
        ("%\u{e2}", "%", ArchivalFault::Header),
    ] {
        let bytes = if fault == ArchivalFault::Header {
            let mut bytes = unsigned.bytes().to_vec();
            bytes[10..14].copy_from_slice(b"text");
            bytes
        } else {
            forgery::replaced(unsigned.bytes(), from, to)
        };
        let faults = archival::faults(&open(&bytes)).unwrap();
        assert!(
            faults.iter().any(|(found, _)| *found == fault),
            "{from}: {faults:?}"
        );
    }
}

#[test]
fn files_with_cross_reference_and_object_streams_are_read() {
    let signer = Signer::new();
    let plain = signer.store("plain.pdf", sample_unsigned().bytes());
    for (name, options) in [
        (
            "streams.pdf",
            ["--object-streams=generate", "--compress-streams=y"],
        ),
        ("linear.pdf", ["--linearize", "--object-streams=generate"]),
        ("classic.pdf", ["--linearize", "--object-streams=disable"]),
    ] {
        let path = signer.path(name);
        run_ok("qpdf", &[options[0], options[1], &plain, tools::text_of(&path)]);
        let bytes = std::fs::read(path).unwrap();
        let pdf = open(&bytes);
        let page = text::page_text(&pdf, &pdf.pages().unwrap()[0]).unwrap();
        assert!(page.joined().contains(NAME) && page.faults.is_empty(), "{name}");
        assert_eq!(
            pdf.xmp().unwrap().unwrap().identifier.as_deref(),
            Some(IDENTIFIER)
        );
        let examination = verify::examine(&pdf).unwrap();
        assert!(
            !examination.is_sound(),
            "a rewritten file is not what was signed: {name}"
        );
        assert_eq!(examination.trailing_bytes, 0, "{name}");
    }
}

#[test]
fn an_encrypted_file_is_refused_by_name() {
    let signer = Signer::new();
    let plain = signer.store("plain.pdf", sample_unsigned().bytes());
    let path = signer.path("encrypted.pdf");
    run_ok(
        "qpdf",
        &["--encrypt", "a", "b", "256", "--", &plain, tools::text_of(&path)],
    );
    let bytes = std::fs::read(path).unwrap();
    assert_eq!(
        Pdf::open(&bytes, Limits::default()).unwrap_err().name(),
        "pdf.read.encrypted"
    );
}

#[test]
fn a_photo_of_usual_size_is_embedded_byte_for_byte() {
    let layout = layout(Permission::NoChanges, false);
    let photo = sample::large_photo();
    let unsigned = layout.assemble(&layout.content(NAME, NUMBER), &photo, None);
    assert!(
        unsigned
            .bytes()
            .windows(photo.len())
            .any(|window| window == photo)
    );
    assert!(
        verify::examine(&open(unsigned.bytes())).unwrap().signatures[0]
            .sha256()
            .is_some()
    );
}
