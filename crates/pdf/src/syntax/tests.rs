use super::*;

fn written(write: impl Fn(&mut Vec<u8>)) -> String {
    let mut out = Vec::new();
    write(&mut out);
    String::from_utf8(out).unwrap()
}

#[test]
fn decimals_have_no_exponent_and_no_trailing_zeros() {
    for (value, text) in [
        (0.0, "0"),
        (-0.0001, "0"),
        (1.0, "1"),
        (-1.5, "-1.5"),
        (0.05, "0.05"),
        (12.3456, "12.346"),
        (-0.007, "-0.007"),
        (841.8898, "841.89"),
    ] {
        assert_eq!(written(|out| push_decimal(out, value)), text);
    }
}

#[test]
fn integers_are_padded_on_demand() {
    assert_eq!(written(|out| push_uint(out, 0)), "0");
    assert_eq!(written(|out| push_uint(out, u64::MAX)), u64::MAX.to_string());
    assert_eq!(written(|out| push_padded(out, 42, 10)), "0000000042");
}

#[test]
fn text_strings_escape_ascii_and_encode_the_rest() {
    assert_eq!(written(|out| push_text_string(out, r"a(b)\c")), r"(a\(b\)\\c)");
    assert_eq!(written(|out| push_text_string(out, "建𠮷")), "<FEFF5EFAD842DFB7>");
}

#[test]
fn dates_are_china_time() {
    let at: Timestamp = "2026-11-23T17:04:05Z".parse().unwrap();
    assert_eq!(written(|out| push_date(out, at)), "(D:20261124010405+08'00')");
    assert_eq!(written(|out| push_xmp_date(out, at)), "2026-11-24T01:04:05+08:00");
}

#[test]
fn names_escape_delimiters() {
    assert_eq!(
        written(|out| push_name(out, "application/xml")),
        "/application#2Fxml"
    );
}
