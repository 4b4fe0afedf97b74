//! Reading the QR symbol back from the lines that draw it.

use crate::code::Code;
use crate::geometry::Rect;

/// Whether the lines draw exactly the dark modules of `code`: rows of (first column, column after the last, row).
pub(super) fn same_modules(code: &Code, lines: impl Iterator<Item = (f64, f64, f64)>) -> bool {
    let side = code.side();
    let mut expected = Vec::with_capacity(512);
    for row in 0..side {
        let mut column = 0;
        while column < side {
            let start = column;
            while column < side && code.dark(column, row) {
                column += 1;
            }
            if column > start {
                expected.push((start, column, row));
            }
            column += 1;
        }
    }
    let mut count = 0;
    for line in lines {
        let near = |value: f64, module: u16| (value - f64::from(module)).abs() < 0.02;
        match expected.get(count) {
            Some(&(start, end, row)) if near(line.0, start) && near(line.1, end) && near(line.2, row) => {
                count += 1;
            }
            _ => return false,
        }
    }
    count == expected.len()
}

/// The lines of the one path in an OFD page, in modules, if it stands in `room`.
pub(super) fn ofd_lines(page: &str, room: Rect, side: u16) -> Option<Vec<(f64, f64, f64)>> {
    let (_, object) = page.split_once("<ofd:PathObject")?;
    let boundary = object.split_once("Boundary=\"")?.1.split_once('"')?.0;
    let [x, y, width, height] = numbers::<4>(boundary)?;
    let near = |a: f64, b: f64| (a - b).abs() < 0.01;
    if !(near(x, room.x) && near(y, room.y) && near(width, room.width) && near(height, room.height)) {
        return None;
    }
    let data = object.split_once("<ofd:AbbreviatedData>")?.1.split_once('<')?.0;
    let module = width / f64::from(side);
    let mut out = Vec::with_capacity(512);
    let mut words = data.as_bytes().split(|&byte| byte == b' ');
    while let Some(word) = words.next() {
        let mut next = || decimal(words.next()?);
        let (x0, y0) = (next()?, next()?);
        if word != b"M" || words.next() != Some(b"L") {
            return None;
        }
        let mut next = || decimal(words.next()?);
        let (x1, y1) = (next()?, next()?);
        if !near(y0, y1) {
            return None;
        }
        out.push((x0 / module, x1 / module, y0 / module - 0.5));
    }
    Some(out)
}

/// A number as both writers write it: digits, with a fraction or not.
fn decimal(word: &[u8]) -> Option<f64> {
    let (mut value, mut scale, mut fraction) = (0_u32, 1_u32, false);
    for &byte in word {
        match byte {
            b'0'..=b'9' => {
                value = value.checked_mul(10)?.checked_add(u32::from(byte - b'0'))?;
                scale = scale.checked_mul(if fraction { 10 } else { 1 })?;
            }
            b'.' if !fraction => fraction = true,
            _ => return None,
        }
    }
    (!word.is_empty()).then(|| f64::from(value) / f64::from(scale))
}

/// The lines of the symbol in a PDF content stream, in modules, if it stands in `room`.
pub(super) fn pdf_lines(content: &[u8], room: Rect, side: u16) -> Option<Vec<(f64, f64, f64)>> {
    const PEN: &[u8] = b"cm 1 w ";
    let at = memchr::memmem::find(content, PEN)?;
    let (before, after) = (content.get(..at)?, content.get(at + PEN.len()..)?);
    let matrix = before.get(memchr::memrchr(b'q', before)? + 1..)?;
    let matrix = std::str::from_utf8(matrix).ok()?;
    let [a, b, c, d, x, y] = numbers::<6>(matrix.trim())?;
    let near = |a: f64, b: f64| (a - b).abs() < 0.01;
    let module = room.width / f64::from(side);
    let upright = near(b, 0.0) && near(c, 0.0) && near(a, module) && near(d, module);
    if !(upright && near(x, room.x) && near(y, room.y + module / 2.0)) {
        return None;
    }
    let ink = memchr::memmem::find(after, b"RG")?;
    let (color, lines) = (after.get(..ink)?, after.get(ink + 2..)?);
    if numbers::<3>(std::str::from_utf8(color).ok()?.trim())? != [0.0; 3] {
        return None;
    }
    let mut out = Vec::with_capacity(512);
    let mut words = lines
        .split(u8::is_ascii_whitespace)
        .filter(|word| !word.is_empty());
    loop {
        let first = words.next()?;
        if first == b"S" {
            return Some(out);
        }
        let (x0, y0) = (decimal(first)?, decimal(words.next()?)?);
        if words.next() != Some(b"m") {
            return None;
        }
        let (x1, y1) = (decimal(words.next()?)?, decimal(words.next()?)?);
        if words.next() != Some(b"l") || !near(y0, y1) {
            return None;
        }
        out.push((x0, x1, y0));
    }
}

fn numbers<const N: usize>(text: &str) -> Option<[f64; N]> {
    let values: Vec<f64> = text
        .split_ascii_whitespace()
        .map(|word| word.parse().ok())
        .collect::<Option<_>>()?;
    values.try_into().ok()
}
