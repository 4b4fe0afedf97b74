//! Writing what attackers append to a PDF, and what honest programs do.

use crate::fixture::ORIGINAL;

/// What stands between `N 0 obj` and `endobj` in the original.
pub(crate) fn body(number: u32) -> String {
    let head = format!("\n{number} 0 obj\n");
    let file = &ORIGINAL.pdf;
    let place = file
        .windows(head.len())
        .position(|window| window == head.as_bytes());
    let start = place.expect("the original has it") + head.len();
    let length = file[start..]
        .windows(8)
        .position(|window| window == b"\nendobj\n");
    String::from_utf8_lossy(&file[start..start + length.expect("it ends")]).into_owned()
}

/// The first number that the original does not use.
pub(crate) fn free() -> u32 {
    let pdf = pdf::Pdf::open(&ORIGINAL.pdf, pdf::Limits::default()).expect("it can be read");
    pdf.object_numbers().max().expect("it has objects") + 1
}

fn last_section(file: &[u8]) -> usize {
    let text = String::from_utf8_lossy(&file[file.len() - 64..]).into_owned();
    let (_, after) = text.rsplit_once("startxref").expect("a section");
    after
        .split_ascii_whitespace()
        .next()
        .and_then(|digits| digits.parse().ok())
        .expect("an offset")
}

/// The original with a revision that writes these objects; `trailer` is added to the usual entries.
pub(crate) fn appended(objects: &[(u32, String)], trailer: &str) -> Vec<u8> {
    let mut grown = ORIGINAL.pdf.clone();
    let previous = last_section(&grown);
    let mut rows = String::new();
    for (number, body) in objects {
        rows.push_str(&format!("{number} 1\n{:010} 00000 n \n", grown.len()));
        grown.extend_from_slice(format!("{number} 0 obj\n{body}\nendobj\n").as_bytes());
    }
    let start = grown.len();
    let root = if trailer.contains("/Root") {
        ""
    } else {
        "/Root 1 0 R"
    };
    let prev = if trailer.contains("/Prev") {
        String::new()
    } else {
        format!("/Prev {previous}")
    };
    let trailer = trailer.replace("SELF", &start.to_string());
    grown.extend_from_slice(
        format!("xref\n{rows}trailer\n<<{root}/Size 900{prev}{trailer}>>\nstartxref\n{start}\n%%EOF\n")
            .as_bytes(),
    );
    grown
}

/// The original with a revision whose section is a cross-reference stream and whose one object is in an object stream.
pub(crate) fn appended_in_streams(number: u32, body: &str) -> Vec<u8> {
    let mut grown = ORIGINAL.pdf.clone();
    let previous = last_section(&grown);
    let (container, section) = (free() + 1, free() + 2);
    let first = format!("{number} 0 ");
    let data = format!("{first}{body}");
    let container_at = grown.len();
    grown.extend_from_slice(
        format!(
            "{container} 0 obj\n<</Type/ObjStm/N 1/First {}/Length {}>>stream\n{data}\nendstream\nendobj\n",
            first.len(),
            data.len()
        )
        .as_bytes(),
    );
    let start = grown.len();
    let mut rows = Vec::new();
    for (kind, second, third) in [
        (2_u8, container as usize, 0_u8),
        (1, container_at, 0),
        (1, start, 0),
    ] {
        rows.push(kind);
        rows.extend_from_slice(&u32::try_from(second).expect("small").to_be_bytes());
        rows.push(third);
    }
    grown.extend_from_slice(
        format!(
            "{section} 0 obj\n<</Type/XRef/Root 1 0 R/Size 900/Prev {previous}/W[1 4 1]\
             /Index[{number} 1 {container} 1 {section} 1]/Length {}>>stream\n",
            rows.len()
        )
        .as_bytes(),
    );
    grown.extend_from_slice(&rows);
    grown.extend_from_slice(format!("\nendstream\nendobj\nstartxref\n{start}\n%%EOF\n").as_bytes());
    grown
}

/// The original with a revision that hides objects from readers that do not know cross-reference streams.
pub(crate) fn hybrid(number: u32, body: &str) -> Vec<u8> {
    let mut grown = ORIGINAL.pdf.clone();
    let previous = last_section(&grown);
    let at = grown.len();
    grown.extend_from_slice(format!("{number} 0 obj\n{body}\nendobj\n").as_bytes());
    let stream = grown.len();
    let own = free() + 3;
    let mut row = vec![1_u8];
    row.extend_from_slice(&u32::try_from(at).expect("small").to_be_bytes());
    row.push(0);
    grown.extend_from_slice(
        format!(
            "{own} 0 obj\n<</Type/XRef/Size 900/W[1 4 1]/Index[{number} 1]/Length {}>>stream\n",
            row.len()
        )
        .as_bytes(),
    );
    grown.extend_from_slice(&row);
    grown.extend_from_slice(b"\nendstream\nendobj\n");
    let start = grown.len();
    grown.extend_from_slice(
        format!(
            "xref\n0 1\n0000000000 65535 f \ntrailer\n<</Root 1 0 R/Size 900/Prev {previous}/XRefStm {stream}>>\n\
             startxref\n{start}\n%%EOF\n"
        )
        .as_bytes(),
    );
    grown
}
