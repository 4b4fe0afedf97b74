//! Scanning the QR code of a certificate, as a phone would: from the drawn modules to the text.

use ofd::{Limits, Package};

/// The token in the QR code on an OFD: the last part of its address.
///
/// # Panics
/// If the page has no code that can be read.
pub fn token(file: &[u8]) -> String {
    let text = text(file);
    text.rsplit('/').next().unwrap_or_default().to_owned()
}

/// The text of the QR code on an OFD.
///
/// # Panics
/// As [`token`].
pub fn text(file: &[u8]) -> String {
    let package = Package::open(file, &Limits::default()).expect("an OFD");
    let documents = package.documents().expect("documents");
    let page = documents[0].pages.first().expect("a page");
    let page = std::str::from_utf8(package.file(&page.path).expect("the page"))
        .expect("UTF-8")
        .to_owned();
    let (_, drawn) = page.split_once("<ofd:PathObject").expect("the code is drawn");
    let boundary = attribute(drawn, "Boundary=\"");
    let width: f64 = boundary
        .split_ascii_whitespace()
        .nth(2)
        .and_then(|word| word.parse().ok())
        .expect("a width");
    let data = between(drawn, "<ofd:AbbreviatedData>", "<");
    let numbers: Vec<f64> = data
        .split_ascii_whitespace()
        .filter_map(|word| word.parse().ok())
        .collect();
    let lines: Vec<&[f64]> = numbers.chunks_exact(4).collect();
    // A line runs through the middle of its row, as thick as a module; the first row has dark ones in every symbol.
    let module: f64 = attribute(drawn, "LineWidth=\"").parse().expect("a width");
    let top = lines.first().expect("modules")[1];
    let side = (width / module).round() as usize;
    let mut dark = vec![false; side * side];
    for line in lines {
        let row = ((line[1] - top) / module).round() as usize;
        for column in (line[0] / module).round() as usize..(line[2] / module).round() as usize {
            dark[row * side + column] = true;
        }
    }
    let grid = rqrr::SimpleGrid::from_func(side, |column, row| dark[row * side + column]);
    let (_, text) = rqrr::Grid::new(grid).decode().expect("the code can be read");
    text
}

fn attribute<'a>(text: &'a str, name: &str) -> &'a str {
    between(text, name, "\"")
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    let (_, rest) = text.split_once(start).expect("it is there");
    rest.split_once(end).expect("it ends").0
}
