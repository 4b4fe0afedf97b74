//! Writing sfnt files: tables behind a directory, character maps, names; and what composite outlines refer to.

use std::borrow::Cow;

use super::typeface::Fields;

/// A table of the new font: its tag, its bytes.
pub(super) type Table<'a> = ([u8; 4], Cow<'a, [u8]>);

const COMPOSITE_WORDS: u16 = 0x0001;
const COMPOSITE_SCALE: u16 = 0x0008;
const COMPOSITE_MORE: u16 = 0x0020;
const COMPOSITE_XY_SCALE: u16 = 0x0040;
const COMPOSITE_TWO_BY_TWO: u16 = 0x0080;

/// `post` version 3: no glyph names; underline position and thickness that nobody uses.
pub(super) const POST: [u8; 32] = {
    let mut out = [0; 32];
    out[1] = 3;
    out[8] = 0xFF;
    out[9] = 0x9C;
    out[11] = 50;
    out
};

/// The position and glyph of each component of a composite outline.
pub(super) fn components(outline: &[u8]) -> Vec<(usize, u16)> {
    let fields = Fields::new(outline, "glyf");
    let mut out = Vec::new();
    if fields.i16(0).unwrap_or(0) >= 0 {
        return out;
    }
    let mut at = 10;
    while let (Ok(flags), Ok(glyph)) = (fields.u16(at), fields.u16(at + 2)) {
        out.push((at + 2, glyph));
        at += 4 + if flags & COMPOSITE_WORDS != 0 { 4 } else { 2 };
        at += match flags {
            _ if flags & COMPOSITE_SCALE != 0 => 2,
            _ if flags & COMPOSITE_XY_SCALE != 0 => 4,
            _ if flags & COMPOSITE_TWO_BY_TWO != 0 => 8,
            _ => 0,
        };
        if flags & COMPOSITE_MORE == 0 {
            break;
        }
    }
    out
}

/// A format 4 map of the groups inside the basic plane; every segment is a plain delta.
pub(super) fn format_four(groups: &[(u32, u32, u16)]) -> Vec<u8> {
    let basic = groups.iter().filter(|(first, ..)| *first < 0xFFFF);
    let mut segments: Vec<(u16, u16, u16)> = basic
        .map(|&(first, last, glyph)| {
            (
                first as u16,
                last.min(0xFFFE) as u16,
                glyph.wrapping_sub(first as u16),
            )
        })
        .collect();
    segments.push((0xFFFF, 0xFFFF, 1));
    let count = segments.len() as u16;
    let search = 1_u16 << (15 - count.leading_zeros());
    let size = 16 + segments.len() * 8;
    let mut out = Vec::with_capacity(size);
    let header = [
        4,
        size as u16,
        0,
        count * 2,
        search * 2,
        search.trailing_zeros() as u16,
        (count - search) * 2,
    ];
    header
        .iter()
        .for_each(|value| out.extend_from_slice(&value.to_be_bytes()));
    segments
        .iter()
        .for_each(|(_, last, _)| out.extend_from_slice(&last.to_be_bytes()));
    out.extend_from_slice(&[0, 0]);
    segments
        .iter()
        .for_each(|(first, ..)| out.extend_from_slice(&first.to_be_bytes()));
    segments
        .iter()
        .for_each(|(.., delta)| out.extend_from_slice(&delta.to_be_bytes()));
    out.resize(size, 0);
    out
}

pub(super) fn name(family: &str, bold: bool) -> Vec<u8> {
    let style = if bold { "Bold" } else { "Regular" };
    let post_script = family.replace(' ', "");
    let values = [
        (1_u16, family),
        (2, style),
        (3, &post_script),
        (4, family),
        (5, "Version 1.0"),
        (6, &post_script),
    ];
    let mut out = Vec::with_capacity(256);
    for value in [0, values.len() as u16, (6 + values.len() * 12) as u16] {
        out.extend_from_slice(&value.to_be_bytes());
    }
    let mut text = Vec::with_capacity(160);
    for (id, value) in values {
        let start = text.len() as u16;
        value
            .encode_utf16()
            .for_each(|unit| text.extend_from_slice(&unit.to_be_bytes()));
        for field in [3, 1, 0x0409, id, text.len() as u16 - start, start] {
            out.extend_from_slice(&field.to_be_bytes());
        }
    }
    out.extend_from_slice(&text);
    out
}

/// Lays tables out behind a directory. Directory lengths are unpadded: fontTools refuses padded ones.
pub(super) fn font(tables: &[Table<'_>]) -> Vec<u8> {
    let count = tables.len() as u16;
    let search = 1_u16 << (15 - count.leading_zeros());
    let directory = 12 + tables.len() * 16;
    let size: usize = tables
        .iter()
        .map(|(_, bytes)| bytes.len().next_multiple_of(4))
        .sum();
    let mut out = Vec::with_capacity(directory + size);
    out.extend_from_slice(&0x0001_0000_u32.to_be_bytes());
    for value in [
        count,
        search * 16,
        search.trailing_zeros() as u16,
        (count - search) * 16,
    ] {
        out.extend_from_slice(&value.to_be_bytes());
    }
    let mut offset = directory;
    let mut head = 0;
    for (tag, bytes) in tables {
        if tag == b"head" {
            head = offset;
        }
        out.extend_from_slice(tag);
        for value in [checksum(bytes), offset as u32, length(bytes)] {
            out.extend_from_slice(&value.to_be_bytes());
        }
        offset += bytes.len().next_multiple_of(4);
    }
    for (_, bytes) in tables {
        out.extend_from_slice(bytes);
        out.resize(out.len().next_multiple_of(4), 0);
    }
    let adjustment = 0xB1B0_AFBA_u32.wrapping_sub(checksum(&out));
    put(&mut out, head + 8, &adjustment.to_be_bytes());
    out
}

fn checksum(bytes: &[u8]) -> u32 {
    let (words, rest) = bytes.as_chunks::<4>();
    let mut tail = [0; 4];
    put(&mut tail, 0, rest);
    words.iter().fold(u32::from_be_bytes(tail), |sum, word| {
        sum.wrapping_add(u32::from_be_bytes(*word))
    })
}

pub(super) fn length(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).expect("invariant: a subset holds at most 65 535 glyphs of some hundred bytes")
}

pub(super) fn put(out: &mut [u8], at: usize, value: &[u8]) {
    if let Some(slot) = out.get_mut(at..at + value.len()) {
        slot.copy_from_slice(value);
    }
}
