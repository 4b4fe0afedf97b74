//! Entries under several names, and sizes in several places: what one reader takes and another does not.

use ofd::{FindingKind, Limits, Package, Reason};

use crate::archive::{Forged, forge, honest, kinds, refusal};

#[test]
fn names_that_a_file_system_takes_for_one_are_refused() {
    for (one, other) in [
        ("Doc_0/Page.xml", "doc_0/PAGE.xml"),
        ("Doc_0/Page.xml", "Doc_0/Page.xml."),
        ("Doc_0/Page.xml", "Doc_0 /Page.xml"),
        ("Doc_0/É.xml", "Doc_0/é.xml"),
        ("Doc_0", "Doc_0/Page.xml"),
        ("Doc_0/Page.xml", "Doc_0"),
        ("Doc_0/", "Doc_0"),
    ] {
        assert_eq!(
            refusal(&forge(&[honest(one, b"1"), honest(other, b"2")])),
            Reason::DuplicateEntry,
            "{one} {other}"
        );
    }
    assert_eq!(
        kinds(&forge(&[honest("Doc_0/", b""), honest("Doc_0/a", b"1")])),
        []
    );
}

/// One extra field.
fn extra(tag: u16, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len()).expect("short");
    [&tag.to_le_bytes(), &length.to_le_bytes(), body].concat()
}

#[test]
fn an_extra_field_that_renames_an_entry_is_refused() {
    let renaming = |name: &[u8]| extra(0x7075, &[b"\x01\0\0\0\0", name].concat());
    let entry = |central: Vec<u8>, local: Vec<u8>| Forged {
        extra: central,
        local_extra: local,
        ..honest("a", b"1")
    };
    for bytes in [
        forge(&[entry(renaming(b"b"), Vec::new())]),
        forge(&[entry(Vec::new(), renaming(b"b"))]),
    ] {
        assert_eq!(refusal(&bytes), Reason::HeaderMismatch);
    }
    let same = forge(&[entry(renaming(b"a"), renaming(b"a"))]);
    assert_eq!(kinds(&same), [], "the same name is no other");
}

#[test]
fn a_name_of_unknown_encoding_is_reported() {
    assert_eq!(
        kinds(&forge(&[honest("Doc_0/页.xml", b"1")])),
        [FindingKind::NameEncoding]
    );
    let told = Forged {
        flags: 1 << 11,
        ..honest("Doc_0/页.xml", b"1")
    };
    assert_eq!(kinds(&forge(&[told])), []);
}

/// The archive with its end record saturated and the ZIP64 records before it; `lie` changes the record.
fn with_zip64(bytes: &[u8], lie: impl Fn(&mut Vec<u8>)) -> Vec<u8> {
    let end = bytes.len() - 22;
    let field = |at: usize, length: usize| {
        let mut wide = [0; 8];
        wide[..length].copy_from_slice(&bytes[end + at..end + at + length]);
        wide
    };
    let mut record = b"PK\x06\x06".to_vec();
    record.extend_from_slice(&44_u64.to_le_bytes());
    record.extend_from_slice(&[45, 0, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    for wide in [field(8, 2), field(10, 2), field(12, 4), field(16, 4)] {
        record.extend_from_slice(&wide);
    }
    lie(&mut record);
    let at = u64::try_from(end).expect("small");
    let mut out = [&bytes[..end], &record].concat();
    out.extend_from_slice(b"PK\x06\x07\0\0\0\0");
    out.extend_from_slice(&at.to_le_bytes());
    out.extend_from_slice(&[1, 0, 0, 0]);
    out.extend_from_slice(b"PK\x05\x06\0\0\0\0");
    out.extend_from_slice(&[0xff; 12]);
    out.extend_from_slice(&[0; 2]);
    out
}

#[test]
fn the_records_of_zip64_are_read_and_believed_no_further_than_others() {
    let plain = forge(&[honest("OFD.xml", b"one")]);
    let honest_record = with_zip64(&plain, |_| {});
    assert_eq!(kinds(&honest_record), []);
    let package = Package::open(&honest_record, &Limits::default()).expect("readable");
    assert_eq!(package.file("OFD.xml").expect("there"), b"one");
    // More entries than there are, a directory elsewhere, another disk, a longer record.
    for (at, value, reason) in [
        (24, 2, Reason::ArchiveSplit),
        (40, 1, Reason::ArchiveDamaged),
        (48, 0xff, Reason::ArchiveDamaged),
        (16, 1, Reason::ArchiveSplit),
        (4, 45, Reason::ArchiveDamaged),
    ] {
        let bytes = with_zip64(&plain, |record| record[at] = value);
        assert_eq!(refusal(&bytes), reason, "byte {at}");
    }
    // A record beside an end record that needs none: some readers follow the one, some the other.
    let mut both = with_zip64(&plain, |_| {});
    let end = both.len() - 22;
    both.truncate(end);
    both.extend_from_slice(&plain[plain.len() - 22..]);
    assert_eq!(refusal(&both), Reason::ArchiveDamaged);
}

#[test]
fn wide_sizes_in_a_local_header_must_be_those_of_the_directory() {
    let wide = |size: u64| extra(1, &[size.to_le_bytes(), 1_u64.to_le_bytes()].concat());
    let entry = |size: u64| {
        let file = Forged {
            local_extra: wide(size),
            ..honest("a", b"1")
        };
        let mut bytes = forge(&[file]);
        bytes[18..26].copy_from_slice(&[0xff; 8]);
        bytes
    };
    assert_eq!(kinds(&entry(1)), []);
    assert_eq!(refusal(&entry(2)), Reason::HeaderMismatch);
    let mut absent = forge(&[honest("a", b"1")]);
    absent[18..26].copy_from_slice(&[0xff; 8]);
    assert_eq!(refusal(&absent), Reason::HeaderMismatch);
}
