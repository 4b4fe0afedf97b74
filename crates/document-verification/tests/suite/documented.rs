//! `docs/verification.md` is true: it names every check, no reason that there is none of, no test that is none.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use document_verification::{known_checks, known_reasons};

/// Checks that other pages describe: the facts (design §4), PDF files, and what the register says.
const ELSEWHERE: [&str; 8] = [
    "facts.",
    "copy.",
    "register.",
    "pdf.",
    "cades.",
    "timestamp.",
    "time.document_stamp",
    "dss.",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The words between backticks.
fn names(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

struct Row {
    check: String,
    reasons: Vec<String>,
    test: String,
}

/// The last three cells of each row are check, reasons, test.
fn rows() -> Vec<Row> {
    let text = fs::read_to_string(root().join("docs/verification.md")).expect("the page");
    let tables = text
        .lines()
        .filter(|line| line.starts_with('|') && line.contains('`'));
    tables
        .map(|line| {
            let cells: Vec<&str> = line.trim_matches('|').split('|').collect();
            let [.., check, reasons, test] = cells.as_slice() else {
                panic!("three cells: {line}")
            };
            let only = |cell: &str| {
                let found: Vec<&str> = names(cell).collect();
                assert_eq!(found.len(), 1, "{line}");
                found[0].to_owned()
            };
            Row {
                check: only(check),
                reasons: names(reasons).map(str::to_owned).collect(),
                test: only(test),
            }
        })
        .collect()
}

/// Names of functions under `#[test]` in the crates whose checks these are.
fn tests() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for folder in [
        "crates/document-verification/tests/suite",
        "crates/seal-format/tests/seal",
        "crates/gm/tests/gm",
    ] {
        for file in fs::read_dir(root().join(folder)).expect("tests") {
            let path = file.expect("a file").path();
            if path.extension().is_none_or(|kind| kind != "rs") {
                continue;
            }
            let text = fs::read_to_string(path).expect("source");
            let lines: Vec<&str> = text.lines().map(str::trim).collect();
            for (index, line) in lines.iter().enumerate() {
                let name = line.strip_prefix("fn ").and_then(|rest| rest.split_once('('));
                let of_property = line.contains(" in any::<") || text.contains("proptest! {");
                let is_test = index > 0 && (lines[index - 1] == "#[test]" || of_property);
                if let Some((name, _)) = name.filter(|_| is_test) {
                    found.insert(name.to_owned());
                }
            }
        }
    }
    found
}

#[test]
fn every_check_is_on_the_page() {
    let rows = rows();
    let written: BTreeSet<&str> = rows.iter().map(|row| row.check.as_str()).collect();
    let known: BTreeSet<&str> = known_checks().collect();
    let invented: Vec<_> = written.difference(&known).collect();
    assert!(invented.is_empty(), "no such check: {invented:?}");
    let elsewhere = |check: &&&str| !ELSEWHERE.iter().any(|prefix| check.starts_with(prefix));
    let missing: Vec<_> = known.difference(&written).filter(elsewhere).collect();
    assert!(missing.is_empty(), "not on the page: {missing:?}");
}

#[test]
fn every_reason_and_every_test_on_the_page_is_there() {
    let (reasons, tests) = (known_reasons().collect::<BTreeSet<_>>(), tests());
    for row in rows() {
        for reason in &row.reasons {
            assert!(
                reasons.contains(reason.as_str()),
                "{}: no reason {reason}",
                row.check
            );
        }
        assert!(!row.reasons.is_empty(), "{} never fails", row.check);
        assert!(tests.contains(&row.test), "{}: no test {}", row.check, row.test);
    }
}

#[test]
fn no_check_and_no_reason_is_worded_twice() {
    let twice = |names: Vec<&'static str>| {
        let mut seen = BTreeSet::new();
        names
            .into_iter()
            .filter(|name| !seen.insert(*name))
            .collect::<Vec<_>>()
    };
    assert_eq!(twice(known_checks().collect()), [""; 0]);
    assert_eq!(twice(known_reasons().collect()), [""; 0]);
}
