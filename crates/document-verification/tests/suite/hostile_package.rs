//! Archives made to mislead, with a certificate inside.

use std::io::{Cursor, Write as _};

use document_verification::{DocumentStanding, Outcome, Report, check};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::archive::{Files, pack, unpack};
use crate::fixture::{ORIGINAL, judged, of};

/// The certificate with one more file.
fn with(name: &str, content: &[u8]) -> Vec<u8> {
    let mut files = unpack(&ORIGINAL.ofd);
    files.push((name.to_owned(), content.to_vec()));
    pack(&files)
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four"))
}

/// Where the first header of the directory stands.
fn directory(bytes: &[u8]) -> usize {
    u32_at(bytes, bytes.len() - 6) as usize
}

/// The same bit in the first local header and in its header in the directory.
fn in_both_headers(change: impl Fn(&mut [u8])) -> Vec<u8> {
    let mut bytes = pack(&unpack(&ORIGINAL.ofd));
    let central = directory(&bytes);
    change(&mut bytes[6..]);
    change(&mut bytes[central + 8..]);
    bytes
}

/// The certificate with one deflated file of zeros.
fn bomb() -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default();
    for (name, content) in unpack(&ORIGINAL.ofd) {
        let stored = options.compression_method(CompressionMethod::Stored);
        writer.start_file(name.as_str(), stored).expect("a name");
        writer.write_all(&content).expect("memory");
    }
    let deflated = options.compression_method(CompressionMethod::Deflated);
    writer
        .start_file("Doc_0/Res/zeros.bin", deflated)
        .expect("a name");
    writer.write_all(&vec![0; 4 << 20]).expect("memory");
    writer.finish().expect("memory").into_inner()
}

#[track_caller]
fn told(bytes: &[u8], check: &str, expected: (Outcome, &str), document: DocumentStanding) -> Report {
    let report = judged(bytes);
    assert_eq!(of(&report, check), expected, "{:?}", report.findings);
    assert_eq!(report.document, document, "{:?}", report.findings);
    report
}

#[test]
fn archives_made_to_mislead_are_refused_by_name() {
    use DocumentStanding::{Altered, CannotSay};
    use Outcome::{CannotSay as Unsure, Fail};
    let mut other_crc = pack(&unpack(&ORIGINAL.ofd));
    other_crc[14] ^= 1;
    for (bytes, expected, document) in [
        (with("ofd.XML", b"1"), (Fail, "ofd.duplicate-entry"), Altered),
        (with("OFD.xml.", b"1"), (Fail, "ofd.duplicate-entry"), Altered),
        (with("OFD.xml/a", b"1"), (Fail, "ofd.duplicate-entry"), Altered),
        (with("../OFD.xml", b"1"), (Fail, "ofd.entry-name"), Altered),
        (with("/etc/x", b"1"), (Fail, "ofd.entry-name"), Altered),
        (with("C:\\x", b"1"), (Fail, "ofd.entry-name"), Altered),
        (with("Doc_0/./x", b"1"), (Fail, "ofd.entry-name"), Altered),
        (other_crc, (Fail, "ofd.header-mismatch"), Altered),
        // What is only packed in another way may be sound.
        (
            in_both_headers(|at| at[0] |= 1),
            (Unsure, "ofd.encrypted"),
            CannotSay,
        ),
        (
            in_both_headers(|at| at[2] = 93),
            (Unsure, "ofd.compression-method"),
            CannotSay,
        ),
        (bomb(), (Unsure, "ofd.too-large"), CannotSay),
    ] {
        told(&bytes, check::CONTAINER, expected, document);
    }
}

#[test]
fn bytes_between_the_entries_and_the_directory_alter_a_certificate() {
    let mut bytes = pack(&unpack(&ORIGINAL.ofd));
    let start = directory(&bytes);
    bytes.splice(start..start, *b"PK\x03\x04");
    let end = bytes.len() - 6;
    let moved = u32::try_from(start + 4).expect("small").to_le_bytes();
    bytes[end..end + 4].copy_from_slice(&moved);
    let expected = (Outcome::Fail, "ofd.unlisted-bytes");
    told(&bytes, check::SURPLUS, expected, DocumentStanding::Altered);
}

/// Readers of PDF look for their header in the first kilobyte, readers of archives for their record at the end.
#[test]
fn a_file_that_is_a_pdf_and_an_archive_at_once_is_neither_for_sure() {
    let mut files: Files = vec![("%PDF-1.7".to_owned(), b"1 0 obj".to_vec())];
    files.extend(unpack(&ORIGINAL.ofd));
    let expected = (Outcome::Fail, "two_formats_in_one");
    told(&pack(&files), check::SURPLUS, expected, DocumentStanding::Altered);
    // Behind a PDF.
    let both = [ORIGINAL.pdf.as_slice(), &ORIGINAL.ofd].concat();
    let report = judged(&both);
    assert!(
        report
            .of(check::SURPLUS)
            .any(|one| one.reason == "two_formats_in_one")
    );
    assert_ne!(report.document, DocumentStanding::Authentic);
}
