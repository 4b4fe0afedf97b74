//! The judges on documents made without a running system: content with them, and with no forgery of them.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::path::Path;

use conformance::judges::{self, OF_DOCUMENTS};
use conformance::{Judge, Objection, Tools, ask, sample};
use jiff::Timestamp;
use tempfile::TempDir;

fn samples() -> TempDir {
    samples_by(sample::write)
}

fn samples_by(write: impl FnOnce(&Path, Timestamp) -> anyhow::Result<()>) -> TempDir {
    let out = tempfile::tempdir().unwrap();
    #[expect(
        clippy::disallowed_methods,
        reason = "OpenSSL and NSS judge by the machine's present"
    )]
    write(out.path(), Timestamp::now()).unwrap();
    out
}

#[test]
fn no_judge_objects_to_documents_of_the_writers() {
    let out = samples();
    if let Err(report) = ask(OF_DOCUMENTS, out.path(), &Tools::find()) {
        panic!("{report}");
    }
}

#[test]
fn the_largest_symbol_is_read_off_both_forms() {
    let out = samples_by(sample::write_largest);
    let judges: &[(&str, Judge)] = &[
        ("text by ofdkit", judges::ofd_text),
        ("text by pdftotext", judges::pdf_text),
        ("QR symbol by zbarimg", judges::code),
    ];
    if let Err(report) = ask(judges, out.path(), &Tools::find()) {
        panic!("{report}");
    }
}

#[test]
fn a_riding_seam_is_read_by_other_readers() {
    let out = samples_by(sample::write_ridden);
    if let Err(report) = ask(&[("riding seam", judges::seams)], out.path(), &Tools::find()) {
        panic!("{report}");
    }
}

#[test]
fn pyhanko_believes_the_time_stamps() {
    let out = samples();
    let pdf = out.path().join("original.pdf");
    let root = out.path().join("trust/pdf-root.pem");
    match Tools::find().python(out.path(), "pades.py", &[pdf, root, "--stamped".into()]) {
        Ok(answer) => drop(answer.well().unwrap()),
        Err(Objection::Missing(what)) => println!("pyHanko: SKIPPED, {what} is not installed"),
        Err(Objection::Fault(fault)) => panic!("{fault}"),
    }
}

type Files = BTreeMap<String, Vec<u8>>;

/// Rewrites the package of `original.ofd`.
fn alter(out: &Path, change: impl FnOnce(&mut Files)) {
    let path = out.join("original.ofd");
    let mut archive = zip::ZipArchive::new(std::fs::File::open(&path).unwrap()).unwrap();
    let mut files = Files::new();
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).unwrap();
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        files.insert(entry.name().unwrap().into_owned(), content);
    }
    change(&mut files);
    let mut writer = zip::ZipWriter::new(std::fs::File::create(&path).unwrap());
    for (name, content) in files {
        writer
            .start_file(name, zip::write::SimpleFileOptions::default())
            .unwrap();
        writer.write_all(&content).unwrap();
    }
    writer.finish().unwrap();
}

fn replace(content: &mut Vec<u8>, from: &str, to: &str) {
    let text = String::from_utf8(std::mem::take(content)).unwrap();
    assert!(text.contains(from));
    *content = text.replace(from, to).into_bytes();
}

/// Each of the judges objects; one that could not sit is not asked.
fn object(out: &Path, judges: &[(&str, Judge)]) {
    let tools = Tools::find();
    for (name, judge) in judges {
        match judge(out, &tools) {
            Err(Objection::Fault(_)) => {}
            Err(Objection::Missing(what)) => println!("{name}: SKIPPED, {what} is not installed"),
            Ok(()) => panic!("{name} is content with a forgery"),
        }
    }
}

#[test]
fn another_name_on_the_page_is_seen() {
    let out = samples();
    alter(out.path(), |files| {
        replace(
            files.get_mut("Doc_0/Pages/Page_0/Content.xml").unwrap(),
            "张伟民",
            "张伟明",
        );
    });
    let judges: [(&str, Judge); 4] = [
        ("ofdkit", judges::ofd_text),
        ("easyofd", judges::easyofd),
        ("sofd", judges::sofd),
        ("references", judges::references),
    ];
    object(out.path(), &judges);
}

#[test]
fn a_smuggled_file_is_seen() {
    let out = samples();
    alter(out.path(), |files| {
        files.insert("Doc_0/Res/more.xml".into(), b"<more/>".to_vec());
    });
    object(
        out.path(),
        &[("sofd", judges::sofd), ("references", judges::references)],
    );
}

#[test]
fn another_signature_value_is_seen() {
    let out = samples();
    alter(out.path(), |files| {
        *files
            .get_mut("Doc_0/Signs/Sign_0/SignedValue.dat")
            .unwrap()
            .last_mut()
            .unwrap() ^= 1;
    });
    object(
        out.path(),
        &[("OpenSSL", judges::signatures), ("sofd", judges::sofd)],
    );
}

#[test]
fn keys_of_another_ceremony_are_seen() {
    let (out, other) = (samples(), samples());
    for root in ["trust/seal-root.pem", "trust/pdf-root.pem"] {
        std::fs::copy(other.path().join(root), out.path().join(root)).unwrap();
    }
    let judges: [(&str, Judge); 3] = [
        ("OpenSSL", judges::chains),
        ("pdfsig", judges::pdfsig),
        ("pyHanko", judges::pyhanko),
    ];
    object(out.path(), &judges);
}

#[test]
fn a_pdf_of_another_document_is_seen() {
    let out = samples();
    std::fs::copy(
        out.path().join("certificate.pdf"),
        out.path().join("original.pdf"),
    )
    .unwrap();
    object(
        out.path(),
        &[("pdftotext", judges::pdf_text), ("zbarimg", judges::code)],
    );
}

#[test]
fn an_altered_pdf_is_seen() {
    let out = samples();
    let path = out.path().join("original.pdf");
    let mut pdf = std::fs::read(&path).unwrap();
    let at = pdf.len() / 2;
    pdf[at] ^= 1;
    std::fs::write(&path, &pdf).unwrap();
    object(
        out.path(),
        &[("pdfsig", judges::pdfsig), ("pyHanko", judges::pyhanko)],
    );
    pdf.truncate(at);
    std::fs::write(&path, &pdf).unwrap();
    object(out.path(), &[("qpdf", judges::qpdf)]);
}
