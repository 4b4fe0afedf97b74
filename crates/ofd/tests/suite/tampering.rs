//! Changed packages: nothing panics, and what a signature covers cannot change unnoticed.

use ofd::{Font, Limits, Package, ReferenceOutcome};
use proptest::prelude::*;

use crate::fixture::Fixture;

/// Reads all there is to read; says whether the references of an only signature all match.
fn read(bytes: &[u8]) -> Option<bool> {
    let package = Package::open(bytes, &Limits::default()).ok()?;
    let _ = package.integrity_list();
    let mut intact = None;
    for document in package.documents().ok()? {
        for index in 0..document.pages.len() {
            if let Ok(page) = package.page(&document, index) {
                let _ = page.text();
            }
        }
        for font in &document.fonts {
            if let Ok(Some(bytes)) = package.font_bytes(&document, font.id)
                && let Ok(font) = Font::parse(bytes)
            {
                let _ = (
                    font.faults(),
                    font.state('张'),
                    font.state('𬭚'),
                    font.advance(font.glyph_count()),
                );
            }
        }
        let signatures = package.signatures(&document).ok()?;
        for signature in &signatures {
            intact = Some(package.check_references(signature, &signatures).intact());
        }
    }
    intact
}

#[test]
fn every_covered_file_is_noticed_when_one_byte_of_it_changes() {
    let bytes = Fixture::new().sealed("张三", "京1112026000001");
    assert_eq!(read(&bytes), Some(true));
    let package = Package::open(&bytes, &Limits::default()).expect("readable");
    let document = package.documents().expect("readable").remove(0);
    let signatures = package.signatures(&document).expect("readable");
    let names: Vec<_> = signatures[0]
        .references
        .iter()
        .map(|r| r.file_ref.clone())
        .collect();
    assert_eq!(names.len(), 17);
    for name in names {
        let changed = crate::archive::rewrite(&bytes, |entry, content| {
            if format!("/{entry}") == name {
                let middle = content.len() / 2;
                content[middle] ^= 1;
            }
        });
        assert_ne!(read(&changed), Some(true), "{name}");
    }
}

#[test]
fn an_added_file_is_named_as_uncovered() {
    let bytes = Fixture::new().sealed("张三", "京1112026000001");
    let mut entries = crate::archive::unpack(&bytes);
    entries.push(("Doc_0/Res/smuggled.ttf".to_owned(), b"glyphs".to_vec()));
    let bytes = crate::archive::pack(&entries);
    let package = Package::open(&bytes, &Limits::default()).expect("readable");
    let document = package.documents().expect("readable").remove(0);
    let signatures = package.signatures(&document).expect("readable");
    let report = package.check_references(&signatures[0], &signatures);
    assert!(report.intact());
    assert_eq!(
        report
            .uncovered
            .iter()
            .map(|file| file.path.as_str())
            .collect::<Vec<_>>(),
        ["Doc_0/Res/smuggled.ttf"]
    );
}

#[test]
fn a_removed_file_is_named_as_missing() {
    let bytes = Fixture::new().sealed("张三", "京1112026000001");
    let mut entries = crate::archive::unpack(&bytes);
    entries.retain(|(name, _)| name != "Doc_0/Res/image_3.png");
    let bytes = crate::archive::pack(&entries);
    let package = Package::open(&bytes, &Limits::default()).expect("readable");
    let document = package.documents().expect("readable").remove(0);
    let signatures = package.signatures(&document).expect("readable");
    let report = package.check_references(&signatures[0], &signatures);
    let missing: Vec<_> = report
        .references
        .iter()
        .filter(|r| r.outcome == ReferenceOutcome::Missing)
        .map(|r| r.path.as_str())
        .collect();
    assert_eq!(missing, ["Doc_0/Res/image_3.png"]);
}

#[test]
fn a_signature_without_references_proves_nothing() {
    let bytes = Fixture::new().sealed("张三", "京1112026000001");
    let changed = crate::archive::rewrite(&bytes, |entry, content| {
        if entry.ends_with("Signature.xml") {
            let text = String::from_utf8(content.clone()).expect("XML");
            let (head, rest) = text.split_once("<ofd:Reference ").expect("references");
            let (_, tail) = rest.split_once("</ofd:References>").expect("references");
            *content = format!("{head}</ofd:References>{tail}").into_bytes();
        }
    });
    assert_eq!(read(&changed), Some(false));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Bytes of no particular form are refused, not followed.
    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..2048)) {
        let _ = read(&bytes);
        let _ = Font::parse(&bytes).map(|font| font.state('张'));
    }

    /// A truncated package is never taken for an intact one.
    #[test]
    fn truncated_packages_never_panic(cut in any::<prop::sample::Index>()) {
        let bytes = sealed();
        let cut = cut.index(bytes.len());
        prop_assert_eq!(read(&bytes[..cut]), None);
    }

    /// A flipped bit anywhere never panics; in the data of a covered file it is always reported, unless it is one of
    /// the padding bits after a deflated stream, so that every file inflates to the same bytes as before.
    #[test]
    fn a_flipped_bit_is_reported(at in any::<prop::sample::Index>(), bit in 0_u8..8) {
        let mut bytes = sealed().to_vec();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        let intact = read(&bytes);
        if covered_data().iter().any(|range| range.contains(&at)) && intact == Some(true) {
            prop_assert!(crate::archive::unpack(&bytes) == crate::archive::unpack(sealed()));
        }
    }

    /// XML files damaged in several places are refused or read, never a panic.
    #[test]
    fn damaged_xml_never_panics(
        file in any::<prop::sample::Index>(),
        damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
    ) {
        let names: Vec<_> = crate::archive::unpack(sealed()).into_iter().map(|(name, _)| name).collect();
        let name = file.get(&names);
        let changed = crate::archive::rewrite(sealed(), |entry, content| {
            if entry == name {
                for (at, byte) in &damage {
                    let at = at.index(content.len());
                    content[at] = *byte;
                }
            }
        });
        let _ = read(&changed);
    }
}

fn sealed() -> &'static [u8] {
    static BYTES: std::sync::LazyLock<Vec<u8>> =
        std::sync::LazyLock::new(|| Fixture::new().sealed("张三", "京1112026000001"));
    &BYTES
}

/// Where the data of the covered files lies in [`sealed`].
fn covered_data() -> &'static [std::ops::Range<usize>] {
    static RANGES: std::sync::LazyLock<Vec<std::ops::Range<usize>>> = std::sync::LazyLock::new(|| {
        crate::archive::data_ranges(sealed())
            .into_iter()
            .filter(|(name, _)| !name.ends_with("Signature.xml") && !name.ends_with("SignedValue.dat"))
            .map(|(_, range)| range)
            .collect()
    });
    &RANGES
}
