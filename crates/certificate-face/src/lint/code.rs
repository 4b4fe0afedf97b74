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
    let mut words = data.split(' ');
    while let Some(word) = words.next() {
        let mut next = || words.next()?.parse::<f64>().ok();
        let (x0, y0) = (next()?, next()?);
        if word != "M" || words.next() != Some("L") {
            return None;
        }
        let mut next = || words.next()?.parse::<f64>().ok();
        let (x1, y1) = (next()?, next()?);
        if !near(y0, y1) {
            return None;
        }
        out.push((x0 / module, x1 / module, y0 / module - 0.5));
    }
    Some(out)
}

/// The lines of the symbol in a PDF content stream, in modules, if it stands in `room`.
pub(super) fn pdf_lines(content: &str, room: Rect, side: u16) -> Option<Vec<(f64, f64, f64)>> {
    let (before, after) = content.split_once("cm 1 w ")?;
    let matrix = before.rsplit_once('q')?.1;
    let [a, b, c, d, x, y] = numbers::<6>(matrix.trim())?;
    let near = |a: f64, b: f64| (a - b).abs() < 0.01;
    let module = room.width / f64::from(side);
    let upright = near(b, 0.0) && near(c, 0.0) && near(a, module) && near(d, module);
    if !(upright && near(x, room.x) && near(y, room.y + module / 2.0)) {
        return None;
    }
    let (color, lines) = after.split_once("RG")?;
    if numbers::<3>(color.trim())? != [0.0; 3] {
        return None;
    }
    let mut out = Vec::with_capacity(512);
    let mut words = lines.split_ascii_whitespace();
    loop {
        let first = words.next()?;
        if first == "S" {
            return Some(out);
        }
        let mut next = || words.next()?.parse::<f64>().ok();
        let (x0, y0): (f64, f64) = (first.parse().ok()?, next()?);
        if words.next() != Some("m") {
            return None;
        }
        let mut next = || words.next()?.parse::<f64>().ok();
        let (x1, y1) = (next()?, next()?);
        if words.next() != Some("l") || !near(y0, y1) {
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
