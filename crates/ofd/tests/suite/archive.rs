//! Archives made to mislead are refused or reported by name.

use std::ops::Range;

use ofd::{FindingKind, Limits, Package, Reason};

/// A file of a hand-made archive, with everything a liar may want to set.
#[derive(Clone)]
pub(crate) struct Forged {
    pub(crate) name: &'static [u8],
    pub(crate) local_name: &'static [u8],
    pub(crate) flags: u16,
    pub(crate) method: u16,
    pub(crate) data: Vec<u8>,
    pub(crate) size: u32,
    pub(crate) offset: Option<u32>,
    pub(crate) extra: Vec<u8>,
    pub(crate) local_extra: Vec<u8>,
}

pub(crate) fn honest(name: &'static str, data: &[u8]) -> Forged {
    let size = u32::try_from(data.len()).expect("small");
    let name = name.as_bytes();
    Forged {
        name,
        local_name: name,
        flags: 0,
        method: 0,
        data: data.to_vec(),
        size,
        offset: None,
        extra: Vec::new(),
        local_extra: Vec::new(),
    }
}

pub(crate) fn forge(files: &[Forged]) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for file in files {
        let here = u32::try_from(out.len()).expect("small");
        let fields = |name: &[u8], extra: &[u8]| {
            let mut fields = Vec::new();
            for value in [20, file.flags, file.method, 0, 0x21] {
                fields.extend_from_slice(&u16::to_le_bytes(value));
            }
            let packed = u32::try_from(file.data.len()).expect("small");
            for value in [crc(&file.data), packed, file.size] {
                fields.extend_from_slice(&u32::to_le_bytes(value));
            }
            fields.extend_from_slice(&u16::try_from(name.len()).expect("short").to_le_bytes());
            fields.extend_from_slice(&u16::try_from(extra.len()).expect("short").to_le_bytes());
            fields
        };
        out.extend_from_slice(b"PK\x03\x04");
        out.extend(fields(file.local_name, &file.local_extra));
        out.extend_from_slice(file.local_name);
        out.extend_from_slice(&file.local_extra);
        out.extend_from_slice(&file.data);
        directory.extend_from_slice(b"PK\x01\x02\x14\0");
        directory.extend(fields(file.name, &file.extra));
        directory.extend_from_slice(&[0; 10]);
        directory.extend_from_slice(&file.offset.unwrap_or(here).to_le_bytes());
        directory.extend_from_slice(file.name);
        directory.extend_from_slice(&file.extra);
    }
    let start = u32::try_from(out.len()).expect("small");
    out.extend_from_slice(&directory);
    out.extend_from_slice(b"PK\x05\x06\0\0\0\0");
    let count = u16::try_from(files.len()).expect("few").to_le_bytes();
    out.extend_from_slice(&[count, count].concat());
    out.extend_from_slice(&u32::try_from(directory.len()).expect("small").to_le_bytes());
    out.extend_from_slice(&start.to_le_bytes());
    out.extend_from_slice(&[0; 2]);
    out
}

/// CRC-32 bit by bit: tests do not lean on the library's own dependency.
fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg())
        })
    })
}

/// The files of a package.
pub(crate) fn unpack(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let package = Package::open(bytes, &Limits::default()).expect("readable");
    let entries = package.entries().iter();
    entries
        .map(|entry| (entry.name().to_owned(), entry.bytes().expect("readable").to_vec()))
        .collect()
}

/// A package of stored files.
pub(crate) fn pack(entries: &[(String, Vec<u8>)]) -> Vec<u8> {
    let files: Vec<_> = entries
        .iter()
        .map(|(name, data)| honest(Box::leak(name.clone().into_boxed_str()), data))
        .collect();
    forge(&files)
}

/// The same package with changed files.
pub(crate) fn rewrite(bytes: &[u8], mut change: impl FnMut(&str, &mut Vec<u8>)) -> Vec<u8> {
    let mut entries = unpack(bytes);
    for (name, content) in &mut entries {
        change(name, content);
    }
    pack(&entries)
}

/// Where the data of each file lies, found by scanning local headers without flags.
pub(crate) fn data_ranges(bytes: &[u8]) -> Vec<(String, Range<usize>)> {
    let u16_at = |at: usize| usize::from(u16::from_le_bytes([bytes[at], bytes[at + 1]]));
    let (mut at, mut ranges) = (0, Vec::new());
    while bytes[at..].starts_with(b"PK\x03\x04") {
        let packed = u32::from_le_bytes(bytes[at + 18..at + 22].try_into().expect("four bytes")) as usize;
        let start = at + 30 + u16_at(at + 26) + u16_at(at + 28);
        let name = String::from_utf8(bytes[at + 30..at + 30 + u16_at(at + 26)].to_vec()).expect("ASCII");
        ranges.push((name, start..start + packed));
        at = start + packed;
    }
    ranges
}

pub(crate) fn refusal(bytes: &[u8]) -> Reason {
    Package::open(bytes, &Limits::default())
        .expect_err("refused")
        .reason
}

pub(crate) fn kinds(bytes: &[u8]) -> Vec<FindingKind> {
    let package = Package::open(bytes, &Limits::default()).expect("readable");
    package.findings().iter().map(|finding| finding.kind).collect()
}

#[test]
fn an_honest_archive_has_no_findings() {
    assert_eq!(
        kinds(&forge(&[honest("OFD.xml", b"one"), honest("Doc_0/a", b"two")])),
        []
    );
}

#[test]
fn two_entries_of_one_name_are_refused() {
    let twice = [honest("OFD.xml", b"one"), honest("OFD.xml", b"two")];
    assert_eq!(refusal(&forge(&twice)), Reason::DuplicateEntry);
    let case = [honest("OFD.xml", b"one"), honest("ofd.XML", b"two")];
    assert_eq!(refusal(&forge(&case)), Reason::DuplicateEntry);
}

#[test]
fn entries_that_share_bytes_are_refused() {
    let mut second = honest("b", b"same");
    second.local_name = b"a";
    second.name = b"a/";
    let first = honest("a", b"same");
    second.offset = Some(0);
    second.name = b"a2";
    assert_eq!(refusal(&forge(&[first, second])), Reason::HeaderMismatch);
    let mut inner = forge(&[honest("b", b"hidden")]);
    inner.truncate(30 + 1 + 6);
    let outer = honest("a", &inner);
    let nested = Forged {
        offset: Some(30 + 1),
        ..honest("b", b"hidden")
    };
    assert_eq!(refusal(&forge(&[outer, nested])), Reason::OverlappingEntries);
}

#[test]
fn names_that_leave_the_package_are_refused() {
    for name in [
        "../OFD.xml",
        "/OFD.xml",
        "Doc_0/../../x",
        "C:/x",
        "Doc_0\\x",
        "a//b",
        "./a",
        "a\u{0}b",
        "",
    ] {
        assert_eq!(
            refusal(&forge(&[honest(name, b"")])),
            Reason::EntryName,
            "{name:?}"
        );
    }
    let invalid = Forged {
        name: b"\xff\xfe",
        local_name: b"\xff\xfe",
        ..honest("x", b"")
    };
    assert_eq!(refusal(&forge(&[invalid])), Reason::EntryName);
}

#[test]
fn a_local_header_that_says_otherwise_is_refused() {
    let renamed = Forged {
        local_name: b"other",
        ..honest("OFD.xml", b"one")
    };
    assert_eq!(refusal(&forge(&[renamed])), Reason::HeaderMismatch);
}

#[test]
fn encrypted_and_unknown_methods_are_refused() {
    assert_eq!(
        refusal(&forge(&[Forged {
            flags: 1,
            ..honest("a", b"x")
        }])),
        Reason::Encrypted
    );
    assert_eq!(
        refusal(&forge(&[Forged {
            method: 12,
            ..honest("a", b"x")
        }])),
        Reason::Method
    );
}

#[test]
fn bytes_that_belong_to_no_entry_are_reported() {
    let archive = forge(&[honest("OFD.xml", b"one")]);
    assert_eq!(
        kinds(&[b"junk".as_slice(), &archive].concat()),
        [FindingKind::PrependedBytes]
    );
    assert_eq!(
        kinds(&[archive.as_slice(), b"junk"].concat()),
        [FindingKind::TrailingBytes]
    );
    let mut commented = archive;
    let at = commented.len() - 2;
    commented[at] = 4;
    commented.extend_from_slice(b"note");
    assert_eq!(kinds(&commented), [FindingKind::ArchiveComment]);
    // An entry that the directory leaves out.
    let two = forge(&[honest("a", b"one"), honest("b", b"two"), honest("c", b"three")]);
    assert_eq!(kinds(&without_second(&two)), [FindingKind::UnlistedBytes]);
}

/// Takes the second entry of three out of the directory only.
fn without_second(bytes: &[u8]) -> Vec<u8> {
    let mut out = bytes.to_vec();
    let end = out.len() - 22;
    let entry = 46 + 1;
    let start = end - 3 * entry;
    out.drain(start + entry..start + 2 * entry);
    let end = end - entry;
    out[end + 8..end + 12].copy_from_slice(&[2, 0, 2, 0]);
    let size = u32::try_from(2 * entry).expect("small");
    out[end + 12..end + 16].copy_from_slice(&size.to_le_bytes());
    out
}

#[test]
fn two_directories_that_both_fit_are_refused() {
    let inner = forge(&[honest("OFD.xml", b"other")]);
    let mut outer = forge(&[honest("OFD.xml", b"one")]);
    let at = outer.len() - 2;
    let length = u16::try_from(inner.len()).expect("small").to_le_bytes();
    outer[at..].copy_from_slice(&length);
    assert_eq!(refusal(&[outer, inner].concat()), Reason::ArchiveAmbiguous);
}

#[test]
fn limits_are_kept_before_inflating() {
    let bomb = Forged {
        method: 8,
        size: 60 << 20,
        ..honest("a", &[0; 64])
    };
    assert_eq!(refusal(&forge(&[bomb])), Reason::TooLarge);
    let archive = forge(&[honest("a", b"one"), honest("b", b"two")]);
    let refused = |limits: Limits| Package::open(&archive, &limits).expect_err("refused").reason;
    assert_eq!(
        refused(Limits {
            entries: 1,
            ..Limits::default()
        }),
        Reason::TooLarge
    );
    assert_eq!(
        refused(Limits {
            archive: 10,
            ..Limits::default()
        }),
        Reason::TooLarge
    );
    assert_eq!(
        refused(Limits {
            inflated: 5,
            ..Limits::default()
        }),
        Reason::TooLarge
    );
    assert_eq!(
        refused(Limits {
            entry: 2,
            ..Limits::default()
        }),
        Reason::TooLarge
    );
}

#[test]
fn a_size_that_is_a_lie_makes_the_file_unreadable() {
    let lie = Forged {
        method: 8,
        size: 40,
        ..honest("a", b"\x03\x00")
    };
    assert_eq!(kinds(&forge(&[lie])), [FindingKind::UnreadableEntry]);
}

fn with_ofd(xml: &str) -> Vec<u8> {
    forge(&[honest("OFD.xml", xml.as_bytes())])
}

fn structure(xml: &str) -> Reason {
    let bytes = with_ofd(xml);
    let package = Package::open(&bytes, &Limits::default()).expect("readable");
    package.documents().expect_err("refused").reason
}

#[test]
fn document_types_and_entities_are_refused() {
    assert_eq!(
        structure("<!DOCTYPE OFD [<!ENTITY a \"b\">]><OFD/>"),
        Reason::Doctype
    );
    assert_eq!(structure("<OFD><DocBody>&a;</DocBody></OFD>"), Reason::Doctype);
}

#[test]
fn malformed_xml_is_refused() {
    for xml in [
        "",
        "<OFD>",
        "<OFD></ofd>",
        "<OFD/><OFD/>",
        "text",
        "<OFD a='1' a='2'/>",
        "<OFD>\u{1}</OFD>",
        "<OFD>&#0;</OFD>",
    ] {
        assert_eq!(structure(xml), Reason::Xml, "{xml}");
    }
    let deep = format!("{}{}", "<OFD>".repeat(100), "</OFD>".repeat(100));
    assert_eq!(structure(&deep), Reason::XmlTooLarge);
}

#[test]
fn another_encoding_than_utf8_is_refused() {
    let text = "<?xml version=\"1.0\" encoding=\"UTF-16\"?><OFD/>";
    let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    for xml in [
        [b"\xff\xfe".as_slice(), &wide].concat(),
        wide,
        text.as_bytes().to_vec(),
        b"<?xml version=\"1.0\" encoding=\"GBK\"?><OFD/>".to_vec(),
        b"<OFD>\xd5\xc5</OFD>".to_vec(),
    ] {
        let bytes = forge(&[honest("OFD.xml", &xml)]);
        let package = Package::open(&bytes, &Limits::default()).expect("readable");
        assert_eq!(package.documents().expect_err("refused").reason, Reason::Xml);
    }
}

#[test]
fn a_huge_file_of_xml_is_refused() {
    let many = format!("<OFD>{}</OFD>", "<a/>".repeat(400_001));
    assert_eq!(structure(&many), Reason::XmlTooLarge);
    let attributes: String = (0..400_001).map(|n| format!(" a{n}=''")).collect();
    assert_eq!(structure(&format!("<OFD{attributes}/>")), Reason::XmlTooLarge);
}

#[test]
fn an_element_that_readers_would_choose_between_is_refused() {
    let twice = "<OFD><DocBody><DocRoot>a</DocRoot><DocRoot>b</DocRoot></DocBody></OFD>";
    assert_eq!(structure(twice), Reason::RepeatedElement);
    assert_eq!(
        structure("<OFD><DocBody><DocRoot>../../x</DocRoot></DocBody></OFD>"),
        Reason::Location
    );
    assert_eq!(structure("<OFD><DocBody/></OFD>"), Reason::MissingElement);
    assert_eq!(structure("<Other/>"), Reason::UnexpectedRoot);
}
