//! Forging documents.

/// A DER sequence of 300 bytes.
pub(crate) fn cms_like() -> Vec<u8> {
    [[0x30, 0x82, 1, 0x28].as_slice(), &[0x5A; 296]].concat()
}

/// Replaces the last occurrence of `from` by `to` of the same length.
pub(crate) fn replaced(file: &[u8], from: &str, to: &str) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let at = file
        .windows(from.len())
        .rposition(|window| window == from.as_bytes())
        .expect(from);
    let mut file = file.to_vec();
    file[at..at + to.len()].copy_from_slice(to.as_bytes());
    file
}

/// What stands between `N 0 obj` and `endobj`.
pub(crate) fn object_body(file: &[u8], number: u32) -> &[u8] {
    let head = format!("\n{number} 0 obj\n");
    let start = file
        .windows(head.len())
        .rposition(|window| window == head.as_bytes())
        .expect("the sample has it")
        + head.len();
    let length = file[start..]
        .windows(8)
        .position(|window| window == b"\nendobj\n")
        .expect("the sample has it");
    &file[start..start + length]
}

/// The offset that the last `startxref` names.
pub(crate) fn last_section(file: &[u8]) -> usize {
    let at = file
        .windows(9)
        .rposition(|window| window == b"startxref")
        .expect("the sample has it")
        + 10;
    let digits: String = file[at..]
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .map(|b| *b as char)
        .collect();
    digits.parse().expect("the sample has it")
}

/// Appends an incremental update. `trailer` replaces the usual `/Prev`.
pub(crate) fn appended(file: &[u8], objects: &[(u32, String)], trailer: &str) -> Vec<u8> {
    let mut grown = file.to_vec();
    let mut rows = String::new();
    for (number, body) in objects {
        rows.push_str(&format!("{number} 1\n{:010} 00000 n \n", grown.len()));
        grown.extend_from_slice(format!("{number} 0 obj\n{body}\nendobj\n").as_bytes());
    }
    let start = grown.len();
    let size = objects
        .iter()
        .map(|(number, _)| number + 1)
        .max()
        .unwrap_or(0)
        .max(100);
    let previous = if trailer.is_empty() {
        format!("/Prev {}", last_section(file))
    } else {
        trailer.to_owned()
    };
    grown.extend_from_slice(
        format!("xref\n{rows}trailer\n<</Root 1 0 R/Size {size}{previous}>>\nstartxref\n{start}\n%%EOF\n")
            .as_bytes(),
    );
    grown
}
