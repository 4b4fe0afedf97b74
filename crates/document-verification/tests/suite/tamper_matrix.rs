//! The tamper matrix: one mutation of every file of a sealed package, of every field of its signed seal, and of every
//! field of the PDF's CMS. Each must be caught, for the right reason; the tables under `tests/golden` say which.
//!
//! To accept a changed table create an empty file `tests/golden/REPLACE`, run the tests, delete the file, and read the
//! difference. A line that says AUTHENTIC is a miss and fails whatever the table says.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use document_verification::{DocumentStanding, Outcome, Report, check};

use crate::archive::{change, pack, unpack};
use crate::der_tree::{CMS, Node, SIGNED_SEAL, Shape};
use crate::fixture::{ORIGINAL, VERIFIER, now};
use crate::pdf_tampering::{cms, with_cms};

const SIGNED_VALUE: &str = "Doc_0/Signs/Sign_0/SignedValue.dat";

/// What is wrong: what fails, or where nothing does, what cannot be said. Subjects only where they name files.
fn reasons(report: &Report) -> String {
    let of = |outcome| {
        let mut found: Vec<String> = Vec::new();
        for finding in report.findings.iter().filter(|one| one.result == outcome) {
            let reason = format!("{}={}", finding.check, finding.reason);
            if !found.contains(&reason) {
                found.push(reason);
            }
        }
        found.join(" ")
    };
    let failing = of(Outcome::Fail);
    if failing.is_empty() {
        of(Outcome::CannotSay)
    } else {
        failing
    }
}

/// What was done to what, under the verdict and the reasons that it came to.
struct Table {
    groups: Vec<(String, Vec<String>)>,
    misses: Vec<String>,
}

impl Table {
    const fn new() -> Self {
        Self {
            groups: Vec::new(),
            misses: Vec::new(),
        }
    }

    /// Adds a line: what was done to what, the verdict, why. `right` is whether the reason is one that fits.
    fn add(&mut self, what: &str, done: &str, bytes: &[u8], right: impl Fn(&Report) -> bool) {
        let report = VERIFIER.verify(bytes, now());
        let verdict = serde_json::to_string(&report.document).expect("a name");
        let outcome = format!("{} {}", verdict.trim_matches('"'), reasons(&report));
        let act = format!("{what} {done}");
        if report.document == DocumentStanding::Authentic || !right(&report) {
            self.misses.push(format!("{act}: {outcome}"));
        }
        match self.groups.iter_mut().find(|(known, _)| *known == outcome) {
            Some((_, acts)) => acts.push(act),
            None => self.groups.push((outcome, vec![act])),
        }
    }

    fn to_text(&self) -> String {
        let mut out = String::new();
        for (outcome, acts) in &self.groups {
            writeln!(out, "== {outcome}").expect("a String takes any text");
            for act in acts {
                writeln!(out, "{act}").expect("a String takes any text");
            }
        }
        out
    }

    #[track_caller]
    fn settle(self, name: &str) {
        assert!(self.misses.is_empty(), "missed:\n{}", self.misses.join("\n"));
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
        let file = folder.join(name);
        let now = self.to_text();
        if folder.join("REPLACE").exists() {
            fs::write(&file, &now).expect("the table can be written");
        }
        let recorded = fs::read_to_string(&file).expect("the table is there");
        assert!(
            now == recorded,
            "the table differs from {}:\n{now}",
            file.display()
        );
    }
}

#[test]
fn every_file_of_a_package() {
    let mut table = Table::new();
    let files = unpack(&ORIGINAL.ofd);
    for (name, content) in &files {
        let named = |report: &Report| {
            report.findings.iter().any(|one| {
                one.result == Outcome::Fail
                    && one
                        .subject
                        .as_deref()
                        .is_some_and(|subject| subject.contains(name))
            })
        };
        // What signs everything cannot be named as covered; it fails by its own checks.
        let own =
            |report: &Report| name.contains("/Sign_0/") && report.of(check::REFERENCES).next().is_some();
        let right = |report: &Report| named(report) || own(report);
        for (done, at) in [
            ("first byte", 0),
            ("middle byte", content.len() / 2),
            ("last byte", content.len() - 1),
        ] {
            let bytes = change(&ORIGINAL.ofd, name, |content| content[at] ^= 1);
            table.add(name, done, &bytes, right);
        }
        table.add(name, "emptied", &change(&ORIGINAL.ofd, name, Vec::clear), right);
        let longer = change(&ORIGINAL.ofd, name, |content| content.push(b' '));
        table.add(name, "lengthened", &longer, right);
        let without: Vec<_> = files.iter().filter(|(other, _)| other != name).cloned().collect();
        table.add(name, "removed", &pack(&without), right);
        let mut renamed = files.clone();
        for (own, _) in renamed.iter_mut().filter(|(own, _)| own == name) {
            own.push('_');
        }
        table.add(name, "renamed", &pack(&renamed), right);
    }
    table.settle("tampered_files.txt");
}

/// Which checks answer for a field of the signed seal, by the longest prefix of its name: one of them must not pass.
const SEAL_OWNERS: &[(&str, &[&str])] = &[
    ("toSign", &["signature.value"]),
    ("toSign.eseal.eSealInfo", &["seal.signature"]),
    ("toSign.eseal.cert", &["seal.maker_chain", "seal.signature"]),
    ("toSign.eseal.signAlgID", &["seal.signature"]),
    ("toSign.eseal.signedValue", &["seal.signature"]),
    ("toSign.dataHash", &["signature.data_hash"]),
    ("cert", &["signature.signer_listed"]),
    ("signatureAlgID", &["signature.value"]),
    ("signature", &["signature.value"]),
];

const CMS_OWNERS: &[(&str, &[&str])] = &[
    ("contentType", &["cades.format"]),
    ("content", &["cades.format", "cades.form"]),
    (
        "content.encapContentInfo",
        &[
            "cades.format",
            "cades.form",
            "cades.content_type",
            "cades.message_digest",
        ],
    ),
    (
        "content.certificates",
        &[
            "cades.format",
            "cades.form",
            "chain.signature",
            "cades.signing_certificate",
        ],
    ),
    (
        "content.signerInfos",
        &[
            "cades.format",
            "cades.form",
            "cades.signature",
            "cades.signing_certificate",
        ],
    ),
];

fn owners(table: &[(&'static str, &'static [&'static str])], name: &str) -> &'static [&'static str] {
    let under = |prefix: &str| name == prefix || name.starts_with(&format!("{prefix}."));
    let found = table.iter().filter(|(prefix, _)| under(prefix));
    found
        .max_by_key(|(prefix, _)| prefix.len())
        .expect("a field of a known part")
        .1
}

/// Changes every field and takes out every element of one structure.
fn every_field(
    der: &[u8],
    shape: &'static Shape,
    owned_by: &[(&'static str, &'static [&'static str])],
    put_back: impl Fn(Vec<u8>) -> Vec<u8>,
) -> Table {
    let tree = Node::parse(der, shape);
    let mut table = Table::new();
    for field in tree.fields() {
        let (place, name) = (&field.place, &field.name);
        let right = |report: &Report| {
            let unread = report.outcome_of(check::READABLE) == Some(Outcome::Fail);
            let doubtful = |check: &&str| {
                report
                    .outcome_of(check)
                    .is_some_and(|outcome| matches!(outcome, Outcome::Fail | Outcome::CannotSay))
            };
            unread || owners(owned_by, name).iter().any(doubtful)
        };
        if field.holds_value {
            table.add(name, "changed", &put_back(tree.changed(place)), right);
        }
        let done = if field.fills_parent { "emptied" } else { "removed" };
        table.add(name, done, &put_back(tree.removed(place)), right);
    }
    table
}

#[test]
fn every_field_of_the_signed_seal() {
    let content = unpack(&ORIGINAL.ofd)
        .into_iter()
        .find(|(name, _)| name == SIGNED_VALUE)
        .expect("there")
        .1;
    let put_back = |value: Vec<u8>| change(&ORIGINAL.ofd, SIGNED_VALUE, |own| *own = value);
    every_field(&content, &SIGNED_SEAL, SEAL_OWNERS, put_back).settle("tampered_seal.txt");
}

#[test]
fn every_field_of_the_pdf_signature() {
    let put_back = |value: Vec<u8>| with_cms(&value);
    every_field(&cms(&ORIGINAL.pdf), &CMS, CMS_OWNERS, put_back).settle("tampered_cms.txt");
}
