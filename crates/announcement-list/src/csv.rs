//! The list as a table for spreadsheets (RFC 4180, UTF-8 with a byte order mark). It carries no signature: whoever has
//! verified the JSON can make the same table from it and compare the bytes.

use crate::document::{ListedRow, SignedList};
use crate::row::Row;

const HEADER: [&str; 6] = ["序号", "姓名", "注册编号", "聘用企业", "注册专业", "注册类型"];
const CORRECTION: [&str; 2] = ["更正事项", "原公告序号"];
const WITHHELD: &str = "（已依法不再公开）";

/// The table of a list, the same bytes for the same list.
#[must_use]
pub fn csv(list: &SignedList) -> String {
    let corrects = list.statement.corrects.is_some();
    let mut out = String::from('\u{feff}');
    let titles = HEADER
        .into_iter()
        .chain(corrects.then_some(CORRECTION).into_iter().flatten());
    line(&mut out, &titles.map(str::to_owned).collect::<Vec<_>>());
    for row in &list.rows {
        let cells = match row {
            ListedRow::Shown(row) => shown(row, corrects),
            ListedRow::Withheld(row) => vec![row.ordinal.to_string(), WITHHELD.to_owned()],
        };
        line(&mut out, &cells);
    }
    out
}

fn shown(row: &Row, corrects: bool) -> Vec<String> {
    let mut cells = vec![
        row.ordinal.to_string(),
        row.name.clone(),
        row.registration_number.clone(),
        row.employer.clone(),
        row.specialties.join("、"),
        row.kind.clone(),
    ];
    if corrects {
        let mark = row.correction.as_ref();
        cells.push(mark.map(|mark| mark.kind.clone()).unwrap_or_default());
        let row = mark.and_then(|mark| mark.row);
        cells.push(row.map(|row| row.to_string()).unwrap_or_default());
    }
    cells
}

fn line(out: &mut String, cells: &[String]) {
    let cells: Vec<_> = cells.iter().map(|text| cell(text)).collect();
    out.push_str(&cells.join(","));
    out.push_str("\r\n");
}

/// A cell that no spreadsheet takes for a formula: what begins like one, also in full width or after blanks, gets an
/// apostrophe before it; quotes, commas and line ends are quoted.
#[must_use]
pub fn cell(text: &str) -> String {
    let first = text.trim_start().chars().next();
    let formula = matches!(
        first,
        Some('=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠' | '|' | '%')
    ) || text.starts_with(['\t', '\r', '\n']);
    let text = if formula {
        format!("'{text}")
    } else {
        text.to_owned()
    };
    if text.contains(['"', ',', '\r', '\n', '\t', ';']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}
