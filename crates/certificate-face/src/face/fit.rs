//! Measuring text, shrinking and wrapping it into a box.

use std::ops::Range;

use crate::font::{Font, FontPack};

/// A text broken into lines at a size at which each fits.
#[derive(Debug, Clone, PartialEq)]
pub struct Fitted {
    /// Size of the em square.
    pub size: f64,
    /// Byte ranges of the lines; joined they are the text again.
    pub lines: Vec<Range<usize>>,
}

/// The text fits at no allowed size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the text does not fit its box at the smallest readable size")]
pub struct Unfit;

/// The width of a text in ems of the font that draws each character.
pub fn width(pack: &FontPack, text: &str) -> f64 {
    text.chars().map(|c| advance(pack, c)).sum()
}

pub(super) fn advance(pack: &FontPack, character: char) -> f64 {
    f64::from(pack.advance(pack.font_for(character).unwrap_or(Font::Song), character))
}

/// How a text may be set.
#[derive(Clone, Copy)]
pub struct Room<'f> {
    /// The longest line, in millimetres.
    pub width: f64,
    /// The size wished for.
    pub size: f64,
    /// The smallest size.
    pub least: f64,
    /// The most lines.
    pub lines: usize,
    /// The largest size at which so many lines fit the height.
    pub tallest: &'f dyn Fn(usize) -> f64,
}

/// Sets `text` into `room`: on as few lines as allow nearly the wished size, else on those that allow the largest.
pub fn fit(pack: &FontPack, text: &str, room: &Room<'_>) -> Result<Fitted, Unfit> {
    if width(pack, text) * room.size <= room.width {
        return Ok(Fitted {
            size: room.size,
            lines: std::iter::once(0..text.len()).collect(),
        });
    }
    let mut best: Option<Fitted> = None;
    for lines in 1..=room.lines {
        let found = largest(pack, text, room, lines);
        let nearly = found.as_ref().is_some_and(|found| found.size >= room.size * 0.8);
        let larger = |found: &Fitted| best.as_ref().is_none_or(|best| found.size > best.size + 1e-9);
        if let Some(found) = found.filter(larger) {
            best = Some(found);
        }
        if nearly {
            break;
        }
    }
    best.ok_or(Unfit)
}

/// The largest size at which the text takes no more than `lines`.
fn largest(pack: &FontPack, text: &str, room: &Room<'_>, lines: usize) -> Option<Fitted> {
    let mut size = room.size.min((room.tallest)(lines));
    // Sizes at which even unbroken text is longer than all lines together need not be tried.
    let bound = room.width * lines as f64 / width(pack, text);
    while size > bound + 1e-6 && size > room.least {
        size = (size - 0.1).max(room.least);
    }
    while size >= room.least - 1e-9 {
        let broken = wrap(pack, text, room.width / size);
        let fits = |range: &Range<usize>| width(pack, line(text, range)) * size <= room.width + 1e-9;
        if broken.len() <= lines && broken.iter().all(fits) {
            return Some(Fitted { size, lines: broken });
        }
        if size <= room.least {
            break;
        }
        size = (size - 0.1).max(room.least);
    }
    None
}

/// The text of one line.
pub(super) fn line<'a>(text: &'a str, range: &Range<usize>) -> &'a str {
    text.get(range.clone()).unwrap_or("")
}

/// Greedy breaking: between Chinese characters anywhere, in Latin text after a space or middle dot if there is one.
fn wrap(pack: &FontPack, text: &str, room: f64) -> Vec<Range<usize>> {
    let mut lines = Vec::new();
    let (mut start, mut used, mut break_at) = (0, 0.0, None);
    for (at, character) in text.char_indices() {
        let step = advance(pack, character);
        if used + step > room && at > start {
            let end = break_at
                .filter(|&b| b > start && character.is_alphabetic() && is_latin(character))
                .unwrap_or(at);
            lines.push(start..end);
            used = width(pack, text.get(end..at).unwrap_or(""));
            start = end;
            break_at = None;
        }
        used += step;
        if matches!(character, ' ' | '·') || !is_latin(character) {
            break_at = Some(at + character.len_utf8());
        }
    }
    lines.push(start..text.len());
    lines
}

fn is_latin(character: char) -> bool {
    u32::from(character) < 0x0250
}
