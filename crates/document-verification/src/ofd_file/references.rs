//! What a signature of an OFD covers.

use std::collections::HashSet;

use ofd::{CheckMethod, Document, IntegrityReport, Package, SignatureFile};

use crate::finding::{Finding, check};
use crate::mapping::{self, printable};

/// Digests of the references, and what they leave uncovered.
pub(super) fn examine(
    package: &Package<'_>,
    document: &Document,
    file: &SignatureFile,
    all: &[SignatureFile],
    id: &str,
    findings: &mut Vec<Finding>,
) {
    let report = package.check_references(file, all);
    let mut found = vec![method(file)];
    let fixed = found.len();
    if report.references.is_empty() {
        found.push(Finding::fail(check::REFERENCES, "no_references"));
    }
    for reference in &report.references {
        let finding = match reference.outcome {
            ofd::ReferenceOutcome::Matches => continue,
            ofd::ReferenceOutcome::Differs => Finding::fail(check::REFERENCES, "digest_differs"),
            ofd::ReferenceOutcome::Missing => Finding::fail(check::REFERENCES, "file_missing"),
            ofd::ReferenceOutcome::Unreadable => Finding::fail(check::REFERENCES, "file_unreadable"),
            ofd::ReferenceOutcome::Malformed => Finding::fail(check::REFERENCES, "digest_malformed"),
            ofd::ReferenceOutcome::Unsupported => {
                Finding::cannot_say(check::REFERENCES, "unsupported_algorithm")
            }
        };
        found.push(finding.about(printable(&reference.path)));
    }
    if found.len() == fixed {
        found.push(Finding::pass(check::REFERENCES));
    }
    let mut covered = true;
    for uncovered in &report.uncovered {
        let finding = match uncovered.role {
            ofd::Coverage::Content => {
                covered = false;
                Finding::fail(check::COVERAGE, "file_not_covered")
            }
            // The list has a check of its own; what signs later, or lists, cannot be covered by what was before.
            ofd::Coverage::SignatureList => continue,
            ofd::Coverage::OtherSignature => Finding::warning(check::COVERAGE, "other_signature"),
            ofd::Coverage::IntegrityList => Finding::warning(check::COVERAGE, "integrity_list"),
        };
        found.push(finding.about(printable(&uncovered.path)));
    }
    if covered {
        found.push(Finding::pass(check::COVERAGE));
    }
    found.extend(pages(document, &report));
    found.push(Finding::decide(
        check::CLOSED,
        report.closed,
        "open_to_further_signatures",
    ));
    found.extend(file.findings.iter().chain(&report.findings).map(mapping::oddity));
    findings.extend(found.into_iter().map(|finding| finding.of(id)));
}

/// A digest method that is left out is MD5 by the standard: it proves nothing, whatever the digests are.
fn method(file: &SignatureFile) -> Finding {
    const BROKEN: [&str; 6] = [
        "md5",
        "sha1",
        "sha-1",
        "1.2.840.113549.2.5",
        "1.3.14.3.2.26",
        "md2",
    ];
    match &file.check_method {
        CheckMethod::Sm3 => Finding::pass(check::CHECK_METHOD),
        CheckMethod::Other(_) if !file.states_check_method => {
            Finding::cannot_say(check::CHECK_METHOD, "check_method_absent")
        }
        CheckMethod::Other(name) if BROKEN.contains(&name.to_ascii_lowercase().as_str()) => {
            Finding::cannot_say(check::CHECK_METHOD, "check_method_broken")
        }
        CheckMethod::Other(_) => Finding::cannot_say(check::CHECK_METHOD, "unsupported_algorithm"),
    }
}

/// A signature that names no page, or not all, leaves open what it is about.
fn pages(document: &Document, report: &IntegrityReport) -> Vec<Finding> {
    let named: HashSet<&str> = report
        .references
        .iter()
        .map(|reference| reference.path.as_str())
        .collect();
    let unnamed: Vec<&str> = document
        .pages
        .iter()
        .map(|page| page.path.as_str())
        .filter(|path| !named.contains(path))
        .collect();
    if unnamed.is_empty() {
        return vec![Finding::pass(check::PAGES)];
    }
    if unnamed.len() == document.pages.len() {
        return vec![Finding::fail(check::PAGES, "no_page_covered")];
    }
    let finding = |path: &&str| Finding::fail(check::PAGES, "page_not_covered").about(printable(path));
    unnamed.iter().map(finding).collect()
}
