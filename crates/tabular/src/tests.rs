use std::io::{Cursor, Write as _};

use proptest::prelude::*;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::*;

const SMALL: Limits = Limits {
    csv_bytes: 1 << 20,
    package_bytes: 1 << 20,
    inflated_bytes: 4 << 20,
    inflation: 100,
    rows: 50,
    columns: 8,
    cell: 40,
};

fn collect(
    read: impl FnOnce(&mut dyn FnMut(Row) -> ControlFlow<()>) -> Result<(), TableError>,
) -> Result<Vec<Row>, TableError> {
    let mut rows = Vec::new();
    read(&mut |row| {
        rows.push(row);
        ControlFlow::Continue(())
    })?;
    Ok(rows)
}

fn csv_rows(bytes: &[u8]) -> Result<Vec<Row>, TableError> {
    collect(|each| read_csv(bytes, &SMALL, each))
}

fn xlsx_rows(bytes: &[u8]) -> Result<Vec<Row>, TableError> {
    collect(|each| read_xlsx(bytes, &SMALL, each))
}

fn texts(rows: &[Row]) -> Vec<Vec<&str>> {
    rows.iter()
        .map(|row| row.cells.iter().map(Cell::shown).collect())
        .collect()
}

/// A package as a spreadsheet writes it; `cell` gives the XML of one cell without its place.
fn package(rows: &[Vec<String>], cell: impl Fn(&str) -> String) -> Vec<u8> {
    let mut sheet = String::new();
    for (at, row) in rows.iter().enumerate() {
        sheet.push_str(&format!("<row r=\"{}\">", at + 1));
        for (column, text) in row.iter().enumerate() {
            let letter = char::from(b'A' + u8::try_from(column).expect("few columns"));
            sheet.push_str(&cell(text).replacen("<c", &format!("<c r=\"{letter}{}\"", at + 1), 1));
        }
        sheet.push_str("</row>");
    }
    book(&format!("<sheetData>{sheet}</sheetData>"))
}

/// A package of one sheet with this content.
fn book(sheet: &str) -> Vec<u8> {
    let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let package = "http://schemas.openxmlformats.org/package/2006/relationships";
    zipped(&[
        (
            "[Content_Types].xml",
            "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"/>".to_owned(),
        ),
        (
            "_rels/.rels",
            format!(
                "<Relationships xmlns=\"{package}\"><Relationship Id=\"rId1\" Type=\"{office}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"
            ),
        ),
        (
            "xl/workbook.xml",
            format!(
                "<workbook xmlns=\"{main}\" xmlns:r=\"{office}\"><sheets><sheet name=\"注册\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>"
            ),
        ),
        (
            "xl/_rels/workbook.xml.rels",
            format!(
                "<Relationships xmlns=\"{package}\"><Relationship Id=\"rId1\" Type=\"{office}/worksheet\" Target=\"worksheets/sheet1.xml\"/></Relationships>"
            ),
        ),
        (
            "xl/worksheets/sheet1.xml",
            format!("<worksheet xmlns=\"{main}\">{sheet}</worksheet>"),
        ),
    ])
}

fn zipped(parts: &[(&str, String)]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in parts {
        writer
            .start_file(*name, SimpleFileOptions::default())
            .expect("a part");
        writer.write_all(content.as_bytes()).expect("a part");
    }
    writer.finish().expect("a package").into_inner()
}

fn inline(text: &str) -> String {
    let text = text
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    format!("<c t=\"inlineStr\"><is><t xml:space=\"preserve\">{text}</t></is></c>")
}

fn number(text: &str) -> String {
    format!("<c><v>{text}</v></c>")
}

fn written(rows: &[Vec<String>]) -> Vec<u8> {
    write(rows.iter().map(|row| row.iter().map(String::as_str).collect()))
}

#[test]
fn a_heading_and_its_rows_come_with_the_numbers_of_a_spreadsheet() {
    let rows = csv_rows("姓名,注册编号\n\n张三,苏1322018201901234\n".as_bytes()).expect("rows");
    assert_eq!(
        texts(&rows),
        [vec!["姓名", "注册编号"], vec!["张三", "苏1322018201901234"]]
    );
    assert_eq!(rows.iter().map(|row| row.number).collect::<Vec<_>>(), [1, 3]);
    for text in ["a\r\n\r\n\"b\r\nb\"\r\nc\r\n", "a\n\n\"b\nb\"\nc"] {
        let rows = csv_rows(text.as_bytes()).expect("rows");
        assert_eq!(
            rows.iter().map(|row| row.number).collect::<Vec<_>>(),
            [1, 3, 5],
            "{text:?}"
        );
    }
}

#[test]
fn utf_8_with_a_mark_and_gb18030_give_the_same_text() {
    let text = "姓名,企业名称\n彧頔,江苏华建\n".to_owned() + &"王伟,无锡水利\n".repeat(30);
    let marked = format!("\u{feff}{text}");
    let (gb, _, lossy) = encoding_rs::GB18030.encode(&text);
    assert!(!lossy);
    let plain = csv_rows(text.as_bytes()).expect("UTF-8");
    assert_eq!(plain, csv_rows(marked.as_bytes()).expect("with a mark"));
    assert_eq!(plain, csv_rows(&gb).expect("GB18030"));
}

#[test]
fn a_byte_of_neither_encoding_is_refused_and_not_replaced() {
    assert_eq!(csv_rows(b"name\n\xff\xff\n"), Err(TableError::Encoding));
}

#[test]
fn a_number_that_a_spreadsheet_has_rounded_is_told_apart() {
    let rows = csv_rows("证件号码\n3.20205E+17\n".as_bytes()).expect("rows");
    assert!(matches!(rows[1].cells[0], Cell::Rounded(_)));
    let rows = [
        vec!["1".to_owned()],
        vec!["320205199003070011".to_owned()],
        vec!["12345".to_owned()],
    ];
    let read = xlsx_rows(&package(&rows, number)).expect("rows");
    assert!(matches!(read[1].cells[0], Cell::Rounded(_)));
    assert_eq!(read[2].cells[0], Cell::Text("12345".to_owned()));
}

#[test]
fn days_are_read_as_people_and_spreadsheets_write_them() {
    for text in [
        "2021-03-01",
        "2021/3/1",
        "2021.03.01",
        "2021年3月1日",
        "20210301",
        "44256",
        "2021-03-01 00:00:00",
    ] {
        assert_eq!(
            read_day(text).map(|day| day.to_string()).as_deref(),
            Some("2021-03-01"),
            "{text}"
        );
    }
    for text in [
        "",
        "2021-02-30",
        "3/1/2021",
        "21-3-1",
        "2021-03-01 10:00",
        "4425",
        "2021-3",
    ] {
        assert_eq!(read_day(text), None, "{text}");
    }
}

#[test]
fn what_is_too_large_is_refused_by_name() {
    assert_eq!(csv_rows(b"a\n"), Err(TableError::Empty));
    assert_eq!(
        csv_rows("a\n".repeat(60).as_bytes()),
        Err(TableError::TooManyRows)
    );
    assert_eq!(
        csv_rows(b"a\n1,2,3,4,5,6,7,8,9\n"),
        Err(TableError::TooManyColumns { row: 2 })
    );
    let long = "x".repeat(41);
    assert_eq!(
        csv_rows(format!("a\n{long}\n").as_bytes()),
        Err(TableError::CellTooLong { row: 2 })
    );
    let unclosed = format!("a\n\"{}", "x,\n".repeat(50_000));
    assert_eq!(
        csv_rows(unclosed.as_bytes()),
        Err(TableError::CellTooLong { row: 2 })
    );
    assert_eq!(
        csv_rows(&vec![b'a'; 2 << 20]),
        Err(TableError::CellTooLong { row: 1 })
    );
    let far = package(&[vec!["a".to_owned()]], |_| {
        "<c r=\"ZZ9\"><v>1</v></c>".to_owned()
    });
    assert!(xlsx_rows(&far).is_err());
}

#[test]
fn a_package_that_inflates_out_of_proportion_is_not_read() {
    let bomb = zipped(&[("xl/workbook.xml", " ".repeat(3 << 20))]);
    assert_eq!(xlsx_rows(&bomb), Err(TableError::TooManyBytes));
    let twice = [("xl/A.xml", "x".to_owned()), ("xl/a.xml", "y".to_owned())];
    assert_eq!(xlsx_rows(&zipped(&twice)), Err(TableError::Unreadable));
}

#[test]
fn a_position_that_no_sheet_has_makes_a_package_unreadable() {
    let sheet = |range: &str, row: &str, place: &str| {
        let cell = inline("张三").replacen("<c", &format!("<c r=\"{place}\""), 1);
        let dimension = format!("<dimension ref=\"{range}\"></dimension>");
        let heading = inline("姓名");
        book(&format!(
            "{dimension}<sheetData><row r=\"1\">{heading}</row><row r=\"{row}\">{cell}</row></sheetData>"
        ))
    };
    assert!(xlsx_rows(&sheet("A1:B2", "2", "A2")).is_ok());
    for (range, row, place) in [
        ("A1:B2", "2", "A9999999999"),
        ("A1:B2", "4294967298", "A2"),
        ("B2:A1", "2", "A2"),
    ] {
        assert_eq!(xlsx_rows(&sheet(range, row, place)), Err(TableError::Unreadable));
    }
}

#[test]
fn what_would_be_a_formula_is_written_as_text() {
    for text in ["=1+1", "+86", "-2", "@SUM(A1)", "\t=1", "\r=1", "'=1", "＝1"] {
        assert_eq!(escaped(text), format!("'{text}"));
    }
    assert_eq!(escaped("张三"), "张三");
    let file = String::from_utf8(write([vec!["=cmd|' /C calc'!A0", "a"]])).expect("UTF-8");
    assert_eq!(file, "\u{feff}'=cmd|' /C calc'!A0,a\r\n");
}

/// Tables of plain texts; the first column is never empty, so that no row is.
fn tables() -> impl Strategy<Value = Vec<Vec<String>>> {
    let cell = "[a-zA-Z0-9一-龥𠮷·,\"'=@+<>&-]{0,12}";
    let row = ("[a-z一-龥]{1,8}", proptest::collection::vec(cell, 0..5))
        .prop_map(|(first, rest)| std::iter::once(first).chain(rest).collect::<Vec<_>>());
    proptest::collection::vec(row, 2..12)
}

/// As a table comes out: formulas' apostrophes taken back, scientific numbers and empty ends aside.
fn is_plain(text: &str) -> bool {
    unescaped(text) == text && !text.contains(['E', 'e'])
}

proptest! {
    #[test]
    fn csv_and_xlsx_of_one_table_give_the_same_rows(table in tables()) {
        let table: Vec<Vec<String>> = table.iter().map(|row| row.iter().map(|cell| if is_plain(cell) { cell.clone() } else { "x".to_owned() }).collect()).collect();
        let csv = csv_rows(&written(&table)).expect("csv");
        let xlsx = xlsx_rows(&package(&table, inline)).expect("xlsx");
        prop_assert_eq!(&csv, &xlsx);
        for (read, row) in csv.iter().zip(&table) {
            let mut row: Vec<&str> = row.iter().map(String::as_str).collect();
            while row.last() == Some(&"") { row.pop(); }
            prop_assert_eq!(read.cells.iter().map(Cell::shown).collect::<Vec<_>>(), row);
        }
    }

    #[test]
    fn what_is_escaped_never_calculates_and_comes_back(text in "[='+@\t\r\\-a-z＝]{0,8}") {
        let out = escaped(&text);
        prop_assert!(!out.starts_with(['=', '+', '-', '@', '\t', '\r', '＝']));
        prop_assert_eq!(unescaped(&out), text);
    }

    #[test]
    fn no_bytes_make_a_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..4096)) {
        let _ = csv_rows(&bytes);
        let _ = xlsx_rows(&bytes);
    }

    #[test]
    fn a_damaged_package_is_refused_or_read_within_the_limits(table in tables(), at in any::<prop::sample::Index>(), with in any::<u8>()) {
        let mut bytes = package(&table, inline);
        let at = at.index(bytes.len());
        bytes[at] = with;
        if let Ok(rows) = xlsx_rows(&bytes) {
            prop_assert!(rows.len() <= 51 && rows.iter().all(|row| row.cells.len() <= 8));
        }
    }
}
