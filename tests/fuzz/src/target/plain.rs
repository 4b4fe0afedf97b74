//! Fonts, pictures, tables and announcement lists.

use std::ops::ControlFlow;

use announcement_list::{RowProof, SignedList};
use certificate_face::font::Typeface;
use certificate_face::picture::{Photo, SignatureImage};
use tabular::Limits;

const TABLE: Limits = Limits {
    csv_bytes: 1 << 20,
    package_bytes: 1 << 20,
    inflated_bytes: 8 << 20,
    inflation: 200,
    rows: 10_000,
    columns: 64,
    cell: 1_000,
};

/// A TrueType font: the verifier's reader, and the one of the font pack.
pub(crate) fn font(input: &[u8]) {
    if let Ok(font) = ofd::Font::parse(input) {
        let _ = font.faults();
        for character in "A姓名注册编号𬭚·\u{10ffff}".chars() {
            let _ = (
                font.state(character),
                font.glyph(character).and_then(|glyph| font.advance(glyph)),
            );
        }
    }
    if let Ok(typeface) = Typeface::parse(input.to_vec()) {
        for character in "A姓名".chars() {
            let _ = typeface.glyph(character).map(|glyph| typeface.outline(glyph));
        }
    }
}

/// A photo or a signature image as it is uploaded.
pub(crate) fn picture(input: &[u8]) {
    let _ = material_content::examine(input);
    let _ = material_content::photo(input);
    let _ = material_content::signature_image(input);
    let _ = material_content::preview(input);
    let _ = Photo::prepare(input.to_vec());
    let _ = SignatureImage::prepare(input.to_vec());
}

/// A table of an import, as CSV.
pub(crate) fn csv(input: &[u8]) {
    let _ = tabular::read_csv(input, &TABLE, |row| {
        for cell in &row.cells {
            let _ = tabular::read_day(cell.shown());
        }
        ControlFlow::Continue(())
    });
}

/// The same as XLSX.
pub(crate) fn xlsx(input: &[u8]) {
    let _ = tabular::read_xlsx(input, &TABLE, |_| ControlFlow::Continue(()));
}

/// A signed list of announcements, or the proof of one row.
pub(crate) fn list(input: &[u8]) {
    if let Ok(list) = SignedList::parse(input) {
        let _ = list.verify(&[]).is_ok();
        let _ = list.prove(1).map(|proof| RowProof::parse(&proof.to_json()));
    }
    if let Ok(proof) = RowProof::parse(input) {
        let _ = proof.verify(&[]).is_ok();
    }
}
