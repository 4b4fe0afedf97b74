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

/// Sets `text` into `room` millimetres: on one line at `size` if it fits, else a little smaller, else on up to
/// `most` lines, never below `least`.
pub fn fit(
    pack: &FontPack,
    text: &str,
    room: f64,
    size: f64,
    least: f64,
    most: usize,
) -> Result<Fitted, Unfit> {
    if width(pack, text) * size <= room {
        return Ok(Fitted {
            size,
            lines: std::iter::once(0..text.len()).collect(),
        });
    }
    for lines in 1..=most {
        // A further line is better than shrinking below this.
        let floor = if lines == most {
            least
        } else {
            (size * 0.8).max(least)
        };
        let mut candidate = size;
        loop {
            let broken = wrap(pack, text, room / candidate);
            if broken.len() <= lines
                && broken
                    .iter()
                    .all(|r| width(pack, line(text, r)) * candidate <= room + 1e-9)
            {
                return Ok(Fitted {
                    size: candidate,
                    lines: broken,
                });
            }
            if candidate <= floor {
                break;
            }
            candidate = (candidate - 0.1).max(floor);
        }
    }
    Err(Unfit)
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
