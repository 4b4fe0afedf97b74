//! Whether what is drawn is what the text says.

use std::collections::HashSet;

use certificate_face::font::{Drawn, FontPack};
use ofd::{Document, Font, FontResource, GlyphState, Package, PageContent, TextRun};

use crate::finding::{Finding, check};
use crate::mapping::printable;

/// Glyphs compared with characters in one font; certificates have a handful.
const MOST_TRANSFORMS: usize = 200_000;

/// Programs of honest fonts are shorter; the pack's have none.
const LONGEST_PROGRAM: usize = 64 << 10;

/// Every character of every run is drawn by an embedded font, each by a glyph of its own. Fonts of the reader's own, as
/// other producers use them, draw what the reader has.
pub(super) fn examine(package: &Package<'_>, document: &Document, pages: &[PageContent]) -> Vec<Finding> {
    let mut found = Vec::new();
    for resource in fonts(document) {
        let runs = runs_in(pages, resource);
        if runs.is_empty() {
            continue;
        }
        let reasons = match package.font_bytes(document, resource.id) {
            Ok(None) => vec![Finding::warning(check::GLYPHS, "font_not_embedded")],
            Ok(Some(bytes)) => match Font::parse(bytes) {
                Ok(font) => of_font(&font, &runs),
                Err(_) => vec![Finding::warning(check::GLYPHS, "font_not_understood")],
            },
            Err(_) => vec![Finding::warning(check::GLYPHS, "font_not_understood")],
        };
        let name = printable(&resource.name).into_owned();
        found.extend(reasons.into_iter().map(|finding| finding.about(name.as_str())));
    }
    if found.is_empty() {
        found.push(Finding::pass(check::GLYPHS));
    }
    found
}

/// Whether the characters are drawn as the font pack of certificates draws them. A later pack may draw them anew, so
/// this is a remark.
pub(super) fn of_the_pack(package: &Package<'_>, document: &Document, pages: &[PageContent]) -> Vec<Finding> {
    let pack = FontPack::shared();
    let mut found = Vec::new();
    for resource in fonts(document) {
        let runs = runs_in(pages, resource);
        let Ok(Some(bytes)) = package.font_bytes(document, resource.id) else {
            continue;
        };
        let Ok(font) = Font::parse(bytes) else { continue };
        let otherwise = characters(&runs).into_iter().any(|c| {
            let outline = font.glyph(c).and_then(|glyph| font.outline(glyph));
            outline.is_some_and(|outline| pack.drawn(c, outline) == Drawn::Otherwise)
        });
        if otherwise {
            let name = printable(&resource.name).into_owned();
            found.push(Finding::warning(check::GLYPHS, "glyph_unlike_the_font_pack").about(name));
        }
    }
    found
}

/// Each font by its number once: of two with one number the first is found.
fn fonts(document: &Document) -> impl Iterator<Item = &FontResource> {
    let mut seen = HashSet::new();
    document.fonts.iter().filter(move |font| seen.insert(font.id))
}

fn runs_in<'p>(pages: &'p [PageContent], font: &FontResource) -> Vec<&'p TextRun> {
    let runs = pages.iter().flat_map(|page| &page.runs);
    runs.filter(|run| run.font == font.id).collect()
}

/// Each character once.
fn characters(runs: &[&TextRun]) -> Vec<char> {
    let mut all: Vec<char> = runs.iter().flat_map(|run| run.text.chars()).collect();
    all.sort_unstable();
    all.dedup();
    all
}

fn of_font(font: &Font<'_>, runs: &[&TextRun]) -> Vec<Finding> {
    let mut found = Vec::new();
    let characters = characters(runs);
    let undrawn = |c: &char| match font.state(*c) {
        GlyphState::Drawn => false,
        GlyphState::Blank => !c.is_whitespace(),
        GlyphState::Missing => true,
    };
    if characters.iter().any(undrawn) {
        found.push(Finding::fail(check::GLYPHS, "glyph_missing"));
    }
    if shares_glyphs(font, &characters) {
        found.push(Finding::warning(check::GLYPHS, "characters_share_a_glyph"));
    }
    if font.program_length() > LONGEST_PROGRAM {
        found.push(Finding::warning(check::GLYPHS, "font_program_too_long"));
    }
    let mut budget = MOST_TRANSFORMS;
    let replaced = runs.iter().map(|run| replaced(font, run, &mut budget)).max();
    match replaced {
        Some(Replaced::ByOthers) => found.push(Finding::fail(check::GLYPHS, "glyph_differs_from_text")),
        Some(Replaced::Untold) => found.push(Finding::warning(check::GLYPHS, "glyphs_chosen_by_number")),
        Some(Replaced::Not) | None => {}
    }
    found
}

/// Two ideographs or digits drawn by one glyph: at most one of them is what a person reads. Signs and letters of other
/// scripts share glyphs in honest fonts.
fn shares_glyphs(font: &Font<'_>, characters: &[char]) -> bool {
    let distinct = |c: &char| matches!(c, '0'..='9' | '\u{4e00}'..='\u{9fff}');
    let drawn = characters.iter().filter(|c| distinct(c));
    let mut glyphs: Vec<u16> = drawn.filter_map(|c| font.glyph(*c)).collect();
    glyphs.sort_unstable();
    glyphs
        .windows(2)
        .any(|pair| matches!(pair, [one, other] if one == other))
}

/// What glyph transforms make of a text.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Replaced {
    /// Nothing, or the glyphs of the `cmap` all the same.
    Not,
    /// Several characters by other numbers of glyphs: ligatures, or not.
    Untold,
    /// Glyphs of other characters.
    ByOthers,
}

/// Every text of an object is compared with all transforms of the object; `budget` bounds what that may cost.
fn replaced(font: &Font<'_>, run: &TextRun, budget: &mut usize) -> Replaced {
    let mut worst = Replaced::Not;
    if run.transforms.is_empty() {
        return worst;
    }
    let cost = run.transforms.len().saturating_add(run.glyphs.len());
    match budget.checked_sub(cost) {
        Some(left) => *budget = left,
        None => return Replaced::Untold,
    }
    let text: Vec<char> = run.text.chars().collect();
    for transform in run.transforms.iter() {
        let end = transform.position.saturating_add(transform.characters);
        let Some(part) = text.get(transform.position..end) else {
            worst = worst.max(Replaced::Untold);
            continue;
        };
        let one_each = part.len() == transform.glyphs.len();
        let same = || {
            part.iter()
                .zip(&transform.glyphs)
                .all(|(c, glyph)| font.glyph(*c) == Some(*glyph))
        };
        worst = worst.max(match (one_each, one_each && same()) {
            (true, true) => Replaced::Not,
            (true, false) => Replaced::ByOthers,
            (false, _) => Replaced::Untold,
        });
    }
    worst
}
