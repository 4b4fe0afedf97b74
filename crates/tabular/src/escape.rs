//! CSV that no spreadsheet takes for a formula (OWASP, CSV injection).

/// What makes a spreadsheet calculate: `=`, `+`, `-`, `@`, tab, carriage return, and the full-width signs.
const TRIGGERS: [char; 10] = ['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠'];

fn calculates(text: &str) -> bool {
    text.trim_start_matches('\'').starts_with(TRIGGERS)
}

/// A cell that a spreadsheet shows as it is: an apostrophe stands before what would begin a formula.
#[must_use]
pub fn escaped(text: &str) -> String {
    if calculates(text) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

/// Takes back what [`escaped`] added.
#[must_use]
pub fn unescaped(text: &str) -> &str {
    match text.strip_prefix('\'') {
        Some(rest) if calculates(rest) => rest,
        _ => text,
    }
}

/// A CSV file of these rows: UTF-8 with a mark, as spreadsheets want it, every cell escaped.
#[must_use]
pub fn write<'a>(rows: impl IntoIterator<Item = Vec<&'a str>>) -> Vec<u8> {
    let mut file = "\u{feff}".as_bytes().to_vec();
    let mut writer = csv::WriterBuilder::new()
        .flexible(true)
        .terminator(csv::Terminator::CRLF)
        .from_writer(&mut file);
    for row in rows {
        // Writing into memory does not fail.
        let _ = writer.write_record(row.into_iter().map(escaped));
    }
    let _ = writer.flush();
    drop(writer);
    file
}
