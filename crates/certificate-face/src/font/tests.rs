//! Promises of the font pack and of the small fonts made from it.

use super::*;

/// Parses an assembled font with our own reader and compares every outline and advance with the source.
fn assert_same_glyphs(font: Font, text: &str) {
    let source = FontPack::shared().typeface(font);
    let subset = Subset::new(source, text.chars()).unwrap();
    let made = Typeface::parse(subset.assemble_ofd("Test Song")).unwrap();
    assert_eq!(made.character_count(), subset.characters().len());
    for &character in subset.characters() {
        let (new, old) = (made.glyph(character).unwrap(), source.glyph(character).unwrap());
        assert_eq!(Some(new), subset.glyph(character));
        assert_eq!(
            made.outline(new),
            source.outline(old),
            "outline of U+{:04X}",
            u32::from(character)
        );
        assert_eq!(made.advance(new), source.advance(old));
    }
}

#[test]
fn the_pack_draws_the_listed_repertoire_and_the_rare_names() {
    let pack = FontPack::shared();
    let repertoire = include_str!("../../fonts/repertoire.txt");
    let listed: String = repertoire
        .lines()
        .filter(|line| !line.starts_with("# ") && !line.contains("] "))
        .collect();
    assert!(listed.chars().count() > 800);
    assert_eq!(pack.missing(&listed), Vec::<char>::new());
    assert_eq!(
        pack.missing("𬭚𠮷㛃䶮𬀪𫖯 阿卜杜拉·买买提 彧頔磾鶄 José 〇"),
        Vec::<char>::new()
    );
    assert!(pack.typeface(Font::Song).character_count() > 22_000);
}

#[test]
fn a_character_no_font_has_is_named_by_its_code_point() {
    let refused = FontPack::shared()
        .check("王\u{31000}\u{31000}\u{E78D}")
        .unwrap_err();
    assert_eq!(refused.to_string(), "no font draws U+31000 U+E78D");
}

#[test]
fn subsets_keep_outlines_and_widths() {
    assert_same_glyphs(Font::Song, "张𬭚𠮷㛃䶮𬀪𫖯 0123456789·一丁七万ABC");
    assert_same_glyphs(Font::Bold, "中华人民共和国一级建造师注册证书");
    let fallback = FontPack::shared().typeface(Font::Fallback);
    assert!(fallback.character_count() > 250);
    assert_same_glyphs(Font::Fallback, "𠝆𠬤𠲬𡂪");
}

#[test]
fn a_subset_without_characters_is_still_a_font() {
    let subset = Subset::new(FontPack::shared().typeface(Font::Song), "".chars()).unwrap();
    assert_eq!(
        Typeface::parse(subset.assemble_ofd("Empty"))
            .unwrap()
            .character_count(),
        0
    );
    assert!(subset.assemble_pdf().len() > 200);
}

#[test]
fn the_same_text_gives_the_same_bytes_in_any_order() {
    let song = FontPack::shared().typeface(Font::Song);
    let one = Subset::new(song, "水利水电工程".chars()).unwrap();
    let two = Subset::new(song, "程工电利水".chars()).unwrap();
    assert_eq!(one.assemble_ofd("A"), two.assemble_ofd("A"));
    assert_eq!(one.assemble_pdf(), two.assemble_pdf());
    assert_eq!(one.widths().collect::<Vec<_>>(), [1000; 6]);
}

#[test]
fn checksums_and_unpadded_lengths_are_right() {
    let subset = Subset::new(FontPack::shared().typeface(Font::Song), "证书".chars()).unwrap();
    let font = subset.assemble_ofd("Check");
    let word = |at: usize| u32::from_be_bytes(font[at..at + 4].try_into().unwrap());
    let whole = font.chunks(4).fold(0_u32, |sum, c| {
        sum.wrapping_add(u32::from_be_bytes(c.try_into().unwrap()))
    });
    assert_eq!(whole, 0xB1B0_AFBA);
    for record in (12..12 + 160).step_by(16) {
        match &font[record..record + 4] {
            b"head" => assert_eq!(word(record + 12), 54),
            b"loca" => assert_eq!(word(record + 12), (3 + 1) * 4),
            b"hmtx" => assert_eq!(word(record + 12), 3 * 4),
            _ => assert!(word(record + 12) > 0),
        }
    }
}

#[test]
fn a_composite_brings_its_components() {
    // Glyph 1 is a composite of glyph 2, which no character maps to: made from a font of ours by hand.
    let made = composite_font();
    let typeface = Typeface::parse(made).unwrap();
    let subset = Subset::new(&typeface, ['一']).unwrap();
    let again = Typeface::parse(subset.assemble_ofd("Composite")).unwrap();
    let outline = again.outline_bytes(again.glyph('一').unwrap());
    assert_eq!(&outline[12..14], [0, 2], "the component is renumbered");
    assert_eq!(again.outline(2), typeface.outline(2));
    assert!(!again.outline(2).is_empty());
}

/// 一 as a composite glyph of another one, built by moving bytes of an assembled font.
fn composite_font() -> Vec<u8> {
    let song = FontPack::shared().typeface(Font::Song);
    let subset = Subset::new(song, "一丁".chars()).unwrap();
    let mut font = subset.assemble_ofd("Parts");
    let at = |tag: &[u8]| {
        let record = (12..172).step_by(16).find(|&r| &font[r..r + 4] == tag).unwrap();
        u32::from_be_bytes(font[record + 8..record + 12].try_into().unwrap()) as usize
    };
    let (glyf, loca, cmap) = (at(b"glyf"), at(b"loca"), at(b"cmap"));
    let start = u32::from_be_bytes(font[loca + 4..loca + 8].try_into().unwrap()) as usize;
    let composite: [u8; 16] = [0xFF, 0xFF, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x02, 0, 2, 0, 0];
    font[glyf + start..glyf + start + 16].copy_from_slice(&composite);
    // Format 12 group count 1: the run 一丁 becomes 一 alone.
    let twelve = font[cmap..].windows(4).position(|w| w == [0, 12, 0, 0]).unwrap() + cmap;
    font[twelve + 20..twelve + 24].copy_from_slice(&0x4E00_u32.to_be_bytes());
    font
}

proptest::proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic(noise in proptest::collection::vec(proptest::prelude::any::<(usize, u8)>(), 1..40)) {
        let subset = Subset::new(FontPack::shared().typeface(Font::Song), "证书𬭚".chars()).unwrap();
        let mut font = subset.assemble_ofd("Noise");
        let length = font.len();
        for (at, value) in noise {
            font[at % length] = value;
        }
        if let Ok(read) = Typeface::parse(font) {
            for glyph in 0..8 {
                let _ = read.outline(glyph);
            }
            let _ = Subset::new(&read, "证书𬭚".chars()).map(|s| s.assemble_pdf());
        }
    }
}

/// First and last code point of each range of GB 18030-2022 level 3.
fn level_three() -> Vec<(u32, u32, &'static str)> {
    include_str!("../../fonts/level-three.csv")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| {
            let fields: Vec<&str> = line.split(',').collect();
            let point = |at: usize| u32::from_str_radix(fields[at], 16).unwrap();
            (point(0), point(1), fields[2])
        })
        .collect()
}

fn characters(ranges: &[(u32, u32, &str)]) -> impl Iterator<Item = char> {
    let points: Vec<_> = ranges.iter().flat_map(|&(first, last, _)| first..=last).collect();
    points.into_iter().map(|point| char::from_u32(point).unwrap())
}

#[test]
fn every_character_of_gb_18030_level_3_is_drawn() {
    let (pack, ranges) = (FontPack::shared(), level_three());
    let ideographs = ranges.iter().filter(|range| range.2.contains("Unified"));
    let count: u32 = ideographs.map(|(first, last, _)| last - first + 1).sum();
    assert_eq!(count, 87_875, "the standard's own count");
    assert_eq!(characters(&ranges).count(), 88_103);
    let missing: Vec<_> = characters(&ranges)
        .filter(|&c| pack.font_for(c).is_none())
        .collect();
    assert_eq!(missing, Vec::<char>::new());
    for character in characters(&ranges) {
        let font = pack.typeface(pack.font_for(character).unwrap());
        let glyph = font.glyph(character).unwrap();
        let ems = f32::from(font.advance(glyph)) / f32::from(font.units_per_em());
        assert!(
            (ems - 1.0).abs() < 1e-6,
            "U+{:04X} is {ems} wide",
            u32::from(character)
        );
        assert!(
            !font.outline_bytes(glyph).is_empty(),
            "U+{:04X} is blank",
            u32::from(character)
        );
    }
}

/// Where the chain changes fonts, and every 997th character between.
fn sample() -> Vec<char> {
    let pack = FontPack::shared();
    let all: Vec<char> = characters(&level_three()).collect();
    let fonts: Vec<_> = all.iter().map(|&c| pack.font_for(c)).collect();
    let edge = |at: usize| {
        at == 0 || at + 1 == all.len() || fonts[at] != fonts[at - 1] || fonts[at] != fonts[at + 1]
    };
    (0..all.len())
        .filter(|&at| at % 997 == 0 || edge(at))
        .map(|at| all[at])
        .collect()
}

/// Draws names of rare characters in both forms and lets the lint say whether each is there.
fn draw(characters: &[char]) {
    use crate::face::Kind;
    use crate::facts::FaceFacts;
    use crate::layout::DocumentNumberPolicy::Shown;
    use crate::{lint, render, specimen};
    let template = specimen::template(Kind::Original, Shown);
    let (pictures, sealing) = (specimen::pictures(specimen::SEED), specimen::sealing());
    let printed = specimen::original(1);
    for names in characters.chunks(50) {
        let name: String = names.iter().collect();
        let facts = FaceFacts {
            name: &name,
            ..printed.facts()
        };
        let drafts = render::render(&template, &facts, &pictures, &sealing).unwrap();
        let linted = lint::lint(&template, &facts, &pictures, drafts);
        assert!(
            linted.is_ok(),
            "U+{:04X} and following: {:?}",
            u32::from(names[0]),
            linted.err()
        );
    }
}

#[test]
fn a_sample_of_level_3_and_every_change_of_font_is_drawn_in_both_forms() {
    let sample = sample();
    let fonts: std::collections::BTreeSet<_> =
        sample.iter().map(|&c| FontPack::shared().font_for(c)).collect();
    assert_eq!(fonts.len(), 2);
    // Fifty to a document; of the many places where fonts alternate every seventh is enough beside the fixed ones.
    let thinned: Vec<char> = sample
        .iter()
        .copied()
        .enumerate()
        .filter(|(at, _)| at % 7 == 0)
        .map(|(_, c)| c)
        .collect();
    draw(&thinned);
}

/// All of level 3 in both forms: minutes. `cargo nextest run -p certificate-face --run-ignored only`.
#[test]
#[ignore = "takes minutes; run when the font pack changes"]
fn all_of_level_3_is_drawn_in_both_forms() {
    draw(&characters(&level_three()).collect::<Vec<_>>());
}
