//! Pages that draw something else than their text says: things put over it, glyphs of other characters, pictures that
//! are none. All are sealed by the authority's own key.

use document_verification::{Outcome, check};

use crate::fixture::{Office, Plan, judged, now, of};
use crate::hand::{DOCUMENT, Hand, PAGE};
use crate::hostile_ofd::{AUTHENTIC, CANNOT_SAY, told, told_any};

fn annotated(visible: bool, boundary: &str) -> Hand {
    let hand = Hand::new();
    let id = hand.page_id();
    let annotations = format!(
        "<ofd:Annotations xmlns:ofd=\"http://www.ofdspec.org/2016\"><ofd:Page PageID=\"{id}\">\
         <ofd:FileLoc>Page_0/Annotation.xml</ofd:FileLoc></ofd:Page></ofd:Annotations>"
    );
    let annotation = format!(
        "<ofd:PageAnnot xmlns:ofd=\"http://www.ofdspec.org/2016\"><ofd:Annot ID=\"901\" Type=\"Stamp\" Visible=\"{visible}\">\
         <ofd:Appearance Boundary=\"{boundary}\"><ofd:PathObject ID=\"902\" Boundary=\"0 0 200 200\"/></ofd:Appearance>\
         </ofd:Annot></ofd:PageAnnot>"
    );
    hand.replace(
        DOCUMENT,
        "</ofd:Pages>",
        "</ofd:Pages><ofd:Annotations>Annots/Annotations.xml</ofd:Annotations>",
    )
    .with("Doc_0/Annots/Annotations.xml", annotations)
    .with("Doc_0/Annots/Page_0/Annotation.xml", annotation)
}

#[test]
fn an_annotation_over_the_text() {
    let over = annotated(true, "0 0 200 200");
    told(
        over,
        check::OVERLAY,
        (Outcome::Fail, "annotation_over_content"),
        CANNOT_SAY,
    );
    let unseen = annotated(false, "0 0 200 200");
    told(unseen, check::OVERLAY, (Outcome::Pass, "ok"), AUTHENTIC);
    let beside = annotated(true, "0 297 200 200");
    told(beside, check::OVERLAY, (Outcome::Pass, "ok"), AUTHENTIC);
}

#[test]
fn a_template_in_the_foreground() {
    let hand = Hand::new().replace(PAGE, "ZOrder=\"Background\"", "ZOrder=\"Foreground\"");
    told(
        hand,
        check::OVERLAY,
        (Outcome::Fail, "template_over_content"),
        CANNOT_SAY,
    );
}

#[test]
fn a_glyph_of_another_character_chosen_by_number() {
    let transform = "<ofd:CGTransform CodePosition=\"0\" CodeCount=\"1\" GlyphCount=\"1\"><ofd:Glyphs>3</ofd:Glyphs></ofd:CGTransform><ofd:TextCode";
    let hand = Hand::new().replace(PAGE, "<ofd:TextCode", transform);
    told(
        hand,
        check::GLYPHS,
        (Outcome::Fail, "glyph_differs_from_text"),
        CANNOT_SAY,
    );
    let beyond = transform.replace("CodePosition=\"0\"", "CodePosition=\"900\"");
    let hand = Hand::new().replace(PAGE, "<ofd:TextCode", &beyond);
    told_any(hand, check::GLYPHS, "glyphs_chosen_by_number");
}

fn u32_at(font: &[u8], at: usize) -> u32 {
    u32::from_be_bytes(font[at..at + 4].try_into().expect("four"))
}

fn u16_at(font: &[u8], at: usize) -> usize {
    usize::from(u16::from_be_bytes([font[at], font[at + 1]]))
}

/// Where a table stands.
fn table(font: &[u8], tag: &[u8; 4]) -> std::ops::Range<usize> {
    let mut records = (0..u16_at(font, 4)).map(|index| 12 + 16 * index);
    let record = records.find(|at| &font[*at..*at + 4] == tag).expect("the table");
    let start = u32_at(font, record + 8) as usize;
    start..start + u32_at(font, record + 12) as usize
}

/// The groups of a `cmap` of format 12, each of one character, with the place of its glyph number.
fn groups(font: &[u8]) -> Vec<(u32, usize)> {
    let cmap = table(font, b"cmap").start;
    let mut subtables =
        (0..u16_at(font, cmap + 2)).map(|index| cmap + u32_at(font, cmap + 8 + 8 * index) as usize);
    let Some(wide) = subtables.find(|at| u16_at(font, *at) == 12) else {
        return Vec::new();
    };
    let all = (0..u32_at(font, wide + 12) as usize).map(|index| wide + 16 + 12 * index);
    all.filter(|at| u32_at(font, *at) == u32_at(font, at + 4))
        .map(|at| (u32_at(font, at), at + 8))
        .collect()
}

/// The font with most ideographs that stand alone in its character map.
fn lying_font(change: impl Fn(&mut Vec<u8>, usize, usize)) -> Hand {
    let mut hand = Hand::new();
    let used = hand.text(PAGE) + &hand.text("Doc_0/Tpls/Tpl_0/Content.xml");
    let fonts = hand.files.iter_mut().filter(|(name, _)| name.ends_with(".ttf"));
    let ideographs = |font: &[u8]| -> Vec<usize> {
        let all = groups(font).into_iter();
        let drawn = |c: u32| char::from_u32(c).is_some_and(|c| used.contains(c));
        all.filter(|(c, _)| (0x4e00..0xa000).contains(c) && drawn(*c))
            .map(|(_, at)| at)
            .collect()
    };
    let (_, font) = fonts
        .max_by_key(|(_, font)| ideographs(font).len())
        .expect("fonts");
    let places = ideographs(font);
    assert!(places.len() >= 2, "{} ideographs", places.len());
    change(font, places[0], places[1]);
    hand
}

#[test]
fn a_character_map_that_leads_to_other_glyphs() {
    let swapped = lying_font(|font, one, other| {
        for byte in 0..4 {
            font.swap(one + byte, other + byte);
        }
    });
    told_any(swapped, check::GLYPHS, "glyph_unlike_the_font_pack");
    let shared = lying_font(|font, one, other| font.copy_within(one..one + 4, other));
    told_any(shared, check::GLYPHS, "characters_share_a_glyph");
}

#[test]
fn a_glyph_made_of_itself_and_a_long_program_cost_nothing() {
    let looped = lying_font(|font, one, _| {
        let glyph = u32_at(font, one) as usize;
        let (loca, glyf) = (table(font, b"loca").start, table(font, b"glyf").start);
        let start = glyf + u32_at(font, loca + 4 * glyph) as usize;
        let end = glyf + u32_at(font, loca + 4 * glyph + 4) as usize;
        font[start..start + 2].copy_from_slice(&[0xff, 0xff]);
        // Flags: more components follow; the number of the glyph itself; two bytes of offsets.
        let number = u16::try_from(glyph).expect("small").to_be_bytes();
        for part in font[start + 10..end].chunks_exact_mut(6) {
            part.copy_from_slice(&[0, 0x20, number[0], number[1], 0, 0]);
        }
    });
    let report = judged(&looped.sealed());
    assert_eq!(of(&report, check::GLYPHS), (Outcome::Fail, "glyph_missing"));
    // The record of a table that nobody needs to draw becomes that of a program.
    let programmed = lying_font(|font, _, _| {
        let record = (0..u16_at(font, 4))
            .map(|index| 12 + 16 * index)
            .find(|at| &font[*at..*at + 4] == b"post")
            .expect("a table");
        font[record..record + 4].copy_from_slice(b"prep");
        let at = u32::try_from(font.len()).expect("small").to_be_bytes();
        font[record + 8..record + 12].copy_from_slice(&at);
        font[record + 12..record + 16].copy_from_slice(&(100_000_u32).to_be_bytes());
        font.resize(font.len() + 100_000, 0);
    });
    told_any(programmed, check::GLYPHS, "font_program_too_long");
}

#[test]
fn a_seal_whose_picture_is_a_document_or_not_what_it_says() {
    for (format, bytes, reason) in [
        ("ofd", b"PK\x03\x04".to_vec(), "picture_is_a_document"),
        ("PNG", b"PK\x03\x04".to_vec(), "picture_is_a_document"),
        ("PNG", b"GIF89a\x01\0\x01\0".to_vec(), "picture_not_of_its_format"),
        ("SVG", b"<svg/>".to_vec(), "picture_format_unknown"),
    ] {
        let office = Office::open(Plan {
            picture: Some((format, bytes)),
            ..Plan::new(51)
        });
        let hand = Hand::new().with("Doc_0/Signs/Sign_0/Seal.esl", office.seal.der());
        let bytes = hand.sealed_by(&office);
        let policy = document_verification::Policy::default();
        let report = document_verification::verify(&bytes, &office.bundle(), now(), &policy);
        assert_eq!(of(&report, check::SEAL_PICTURE), (Outcome::Warning, reason));
        assert_eq!(report.document, AUTHENTIC, "{:?}", report.findings);
    }
}

#[test]
fn pictures_that_lie_about_their_format_or_ask_for_memory() {
    let names: Vec<String> = Hand::new()
        .files
        .iter()
        .map(|(name, _)| name.clone())
        .filter(|name| name.ends_with(".png") || name.ends_with(".jpg"))
        .collect();
    let name = names.first().expect("a picture");
    let huge = |head: &[u8], sizes: &[u8]| [head, sizes, &[0; 16]].concat();
    let png = huge(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", &[0, 1, 0, 0, 0, 1, 0, 0]);
    let jpeg = huge(
        b"\xff\xd8\xff\xe0\0\x04\0\0\xff\xc0\0\x11\x08",
        &[0xff, 0xff, 0xff, 0xff],
    );
    for content in [png, jpeg, b"PK\x03\x04".to_vec(), b"MZ".to_vec()] {
        let hand = Hand::new().with(name, content);
        let report = judged(&hand.sealed());
        let reasons: Vec<&str> = report.of(check::PICTURES).map(|one| one.reason).collect();
        let known = [
            "picture_too_large",
            "picture_not_of_its_format",
            "picture_is_a_document",
        ];
        assert!(reasons.iter().any(|reason| known.contains(reason)), "{reasons:?}");
    }
}
