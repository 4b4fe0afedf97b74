//! Whether what was signed is what a reader shows.

use ofd::{Document, SignatureFile};

use crate::finding::{Finding, check};
use crate::mapping::printable;

/// With several documents in a package a reader shows one of them: each must be signed by itself. Recorded versions are
/// reported where they are read.
pub(super) fn one_document(documents: &[Document], signed: &[Vec<(String, SignatureFile)>]) -> Vec<Finding> {
    let any_signed = signed.iter().any(|signatures| !signatures.is_empty());
    let mut found = Vec::new();
    for (document, signatures) in documents.iter().zip(signed) {
        if documents.len() > 1 && any_signed && signatures.is_empty() {
            let finding = Finding::fail(check::DISPLAYED, "document_beside_the_signed_one");
            found.push(finding.about(printable(&document.path)));
        }
    }
    let versions = documents
        .iter()
        .flat_map(|document| &document.findings)
        .any(|finding| finding.kind == ofd::FindingKind::DocumentVersions);
    if documents.len() == 1 && !versions {
        found.push(Finding::pass(check::DISPLAYED));
    }
    found
}
