//! The whole structure of a small document, as text.
//!
//! To accept a changed structure create an empty file `tests/golden/REPLACE`, run the test, delete the file, and
//! read the difference.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use ofd::{Limits, Package, sm3};

use crate::fixture::Fixture;

#[test]
fn the_structure_of_a_document_is_as_recorded() {
    let bytes = Fixture::new().sealed("样本张𬭚明", "京1112026000001");
    let now = dump(&bytes);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let file = folder.join("document.txt");
    if folder.join("REPLACE").exists() {
        fs::write(&file, &now).expect("the golden file can be written");
    }
    let recorded = fs::read_to_string(&file).expect("the golden file is there");
    assert!(
        now == recorded,
        "the structure differs from {}:\n{now}",
        file.display()
    );
}

/// XML files in full, an element a line; others by length and digest.
fn dump(bytes: &[u8]) -> String {
    let package = Package::open(bytes, &Limits::default()).expect("readable");
    let mut out = String::new();
    for entry in package.entries() {
        let content = entry.bytes().expect("readable");
        match str::from_utf8(content) {
            Ok(text) if entry.name().ends_with(".xml") => {
                writeln!(out, "== {}", entry.name()).expect("a String takes any text");
                out.push_str(&text.replace("><", ">\n<"));
                out.push('\n');
            }
            _ => {
                let digest = hex::encode(sm3(content));
                writeln!(out, "== {} {} {digest}", entry.name(), content.len())
                    .expect("a String takes any text");
            }
        }
    }
    out
}
