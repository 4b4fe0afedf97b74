//! Fonts are read with suspicion and judged for what readers need.

use ofd::{Font, FontFault, GlyphState};

use crate::fixture::font;

#[test]
fn a_character_is_drawn_blank_or_missing() {
    let bytes = font("张𬭚");
    let font = Font::parse(&bytes).expect("TrueType");
    assert_eq!(font.state('张'), GlyphState::Drawn);
    assert_eq!(font.state('𬭚'), GlyphState::Drawn);
    assert_eq!(font.state(' '), GlyphState::Blank);
    assert_eq!(font.state('李'), GlyphState::Missing);
    assert_eq!(font.advance(1), Some(1.0));
    assert!(font.faults().is_empty(), "{:?}", font.faults());
}

#[test]
fn a_table_that_readers_need_is_missed() {
    let mut bytes = font("张");
    let at = bytes
        .windows(4)
        .position(|tag| tag == b"OS/2")
        .expect("the table");
    bytes[at..at + 4].copy_from_slice(b"OS/1");
    assert_eq!(
        Font::parse(&bytes).expect("still drawable").faults(),
        [FontFault::Table(*b"OS/2")]
    );
}

#[test]
fn padding_counted_in_is_noticed() {
    let mut bytes = font("张");
    let at = bytes
        .windows(4)
        .position(|tag| tag == b"head")
        .expect("the table");
    bytes[at + 15] = 56;
    assert_eq!(
        Font::parse(&bytes).expect("still drawable").faults(),
        [FontFault::Length(*b"head")]
    );
}

#[test]
fn outlines_of_postscript_are_not_accepted() {
    let mut bytes = font("张");
    bytes[..4].copy_from_slice(b"OTTO");
    assert_eq!(Font::parse(&bytes).expect_err("refused"), FontFault::NotTrueType);
}
