//! What is written is read back as it was meant.

use ofd::{Font, GlyphState, Limits, Package, TextSource, sm3};
use proptest::prelude::*;

use crate::fixture::{Fixture, plan};

const RARE: &str = "样本张𬭚明·𠮷";

#[test]
fn a_sealed_document_is_intact_complete_and_closed() {
    let bytes = Fixture::new().sealed(RARE, "京1112026000001");
    let package = Package::open(&bytes, &Limits::default()).expect("readable");
    assert!(package.findings().is_empty(), "{:?}", package.findings());
    let document = package.documents().expect("readable").remove(0);
    assert!(document.findings.is_empty(), "{:?}", document.findings);
    let signatures = package.signatures(&document).expect("readable");
    assert_eq!(signatures.len(), 1);
    let report = package.check_references(&signatures[0], &signatures);
    assert!(
        report.intact() && report.complete() && report.closed,
        "{report:?}"
    );
    assert_eq!(
        report.references.len(),
        package.entries().len() - 2,
        "all but the signature's own two files"
    );
    assert!(
        signatures[0]
            .references
            .iter()
            .all(|reference| reference.file_ref.starts_with('/'))
    );
    assert_eq!(
        signatures[0].date_time.as_ref().and_then(|t| t.instant),
        Some(plan().time)
    );
}

#[test]
fn the_digest_to_be_signed_is_that_of_the_signature_file_in_the_package() {
    let fixture = Fixture::new();
    let unsealed = fixture
        .template
        .prepare(&fixture.content("张三", "1"), &plan())
        .expect("sound");
    let (hash, path) = (unsealed.data_hash(), unsealed.property_info());
    let bytes = unsealed.seal(b"value");
    let package = Package::open(&bytes, &Limits::default()).expect("readable");
    assert_eq!(sm3(package.file(path).expect("there")), hash);
    assert_eq!(
        package
            .file("/Doc_0/Signs/Sign_0/SignedValue.dat")
            .expect("there"),
        b"value"
    );
}

#[test]
fn metadata_is_found_in_all_three_carriers() {
    let bytes = Fixture::new().sealed(RARE, "京1112026000001");
    let package = Package::open(&bytes, &Limits::default()).expect("readable");
    let document = package.documents().expect("readable").remove(0);
    assert_eq!(document.info.custom_data("CZZT"), Some(RARE));
    assert_eq!(
        document.info.doc_id.as_deref(),
        Some("5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a")
    );
    let attachment = &document.attachments[0];
    assert_eq!(
        (attachment.usage.as_deref(), attachment.visible),
        (Some("metadata"), false)
    );
    assert_eq!(package.file(&attachment.path).expect("there"), b"<certificate/>");
    let page = package.page(&document, 0).expect("readable");
    let tag = &document.custom_tags[0];
    assert!(tag.type_id.is_some() && tag.namespace.is_some());
    let shown: Vec<_> = tag
        .fields
        .iter()
        .map(|field| {
            assert!(
                field
                    .objects
                    .iter()
                    .all(|(page, _)| *page == document.pages[0].id)
            );
            let objects: Vec<_> = field.objects.iter().map(|(_, object)| *object).collect();
            (field.name.as_str(), page.text_of(&objects))
        })
        .collect();
    assert_eq!(
        shown,
        [("CZZT", RARE.to_owned()), ("ZZBH", "京1112026000001".to_owned())]
    );
}

#[test]
fn every_character_is_proved_to_have_a_glyph() {
    let bytes = Fixture::new().sealed(RARE, "京1112026000001");
    let package = Package::open(&bytes, &Limits::default()).expect("readable");
    let document = package.documents().expect("readable").remove(0);
    let page = package.page(&document, 0).expect("readable");
    assert_eq!(
        page.runs
            .iter()
            .filter(|run| run.source == TextSource::Template)
            .count(),
        2
    );
    for run in &page.runs {
        let font = package
            .font_bytes(&document, run.font)
            .expect("there")
            .expect("embedded");
        let font = Font::parse(font).expect("TrueType");
        assert!(run.text.chars().all(|c| font.state(c) == GlyphState::Drawn));
        assert_eq!(font.state('龘'), GlyphState::Missing);
    }
}

#[test]
fn a_page_reads_from_top_to_bottom_and_left_to_right() {
    let bytes = Fixture::new().sealed(RARE, "京1112026000001");
    let package = Package::open(&bytes, &Limits::default()).expect("readable");
    let document = package.documents().expect("readable").remove(0);
    let text = package.page(&document, 0).expect("readable").text();
    assert_eq!(text, format!("姓名 {RARE}\n注册编号 京1112026000001\n样本\n"));
}

#[test]
fn a_transformed_text_is_placed_where_it_is_drawn() {
    let bytes = Fixture::new().sealed("张三", "1");
    let package = Package::open(&bytes, &Limits::default()).expect("readable");
    let document = package.documents().expect("readable").remove(0);
    let page = package.page(&document, 0).expect("readable");
    let mark = page
        .runs
        .iter()
        .find(|run| run.source == TextSource::Annotation)
        .expect("the watermark");
    // 50 + 0.6 · 10, 130 + 0.8 · 10 + 30
    assert!(
        (mark.x - 56.0).abs() < 1e-3 && (mark.baseline - 168.0).abs() < 1e-3,
        "{} {}",
        mark.x,
        mark.baseline
    );
    assert_eq!(mark.alpha, 90);
}

#[test]
fn the_same_arguments_give_the_same_bytes() {
    let one = Fixture::new().sealed(RARE, "京1112026000001");
    let two = Fixture::new().sealed(RARE, "京1112026000001");
    assert!(one == two);
}

#[test]
fn any_difference_changes_the_digest_to_be_signed() {
    let fixture = Fixture::new();
    let hash = |name: &str, photo: &[u8]| {
        let mut content = fixture.content(name, "1");
        content.images = vec![(fixture.photo, ofd::Part::stored(photo.to_vec()))];
        fixture
            .template
            .prepare(&content, &plan())
            .expect("sound")
            .data_hash()
    };
    assert_ne!(hash("张三", b"one"), hash("张四", b"one"));
    assert_ne!(hash("张三", b"one"), hash("张三", b"two"));
}

#[test]
fn an_unsigned_package_can_be_read_for_a_lint() {
    let fixture = Fixture::new();
    let unsealed = fixture
        .template
        .prepare(&fixture.content("张三", "1"), &plan())
        .expect("sound");
    let bytes = unsealed.unsigned_package();
    let package = Package::open(bytes, &Limits::default()).expect("readable");
    let document = package.documents().expect("readable").remove(0);
    let signatures = package.signatures(&document).expect("readable");
    let report = package.check_references(&signatures[0], &signatures);
    assert!(report.intact() && report.complete());
    assert!(package.entry(&signatures[0].signed_value).is_none());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Text comes back character by character, whatever planes it mixes and however it must be escaped.
    #[test]
    fn any_text_comes_back(name in "[ -~一-龥𠀀-𠀿·]{1,24}", number in "[0-9A-Z京<>&\"']{1,20}") {
        let name = name.trim();
        prop_assume!(!name.is_empty());
        let bytes = Fixture::new().sealed(name, &number);
        let package = Package::open(&bytes, &Limits::default()).expect("readable");
        let document = package.documents().expect("readable").remove(0);
        prop_assert_eq!(document.info.custom_data("CZZT"), Some(name));
        prop_assert_eq!(document.info.custom_data("ZZBH"), Some(number.as_str()));
        let page = package.page(&document, 0).expect("readable");
        let tag = &document.custom_tags[0];
        for (field, value) in tag.fields.iter().zip([name, number.as_str()]) {
            let objects: Vec<_> = field.objects.iter().map(|(_, object)| *object).collect();
            prop_assert_eq!(page.text_of(&objects), value);
        }
        let signatures = package.signatures(&document).expect("readable");
        prop_assert!(package.check_references(&signatures[0], &signatures).intact());
    }
}
