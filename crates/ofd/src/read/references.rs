//! The digests of a signature's references, and which files they leave uncovered.

use std::collections::HashSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::finding::{Finding, FindingKind};
use super::package::Package;
use super::signature::{CheckMethod, SignatureFile};

/// What became of one reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReferenceOutcome {
    /// The file has the stated digest.
    Matches,
    /// The file has another digest.
    Differs,
    /// There is no such file.
    Missing,
    /// The file cannot be read.
    Unreadable,
    /// The stated digest is not a base64 SM3 value.
    Malformed,
    /// The digest's method is not supported: cannot say.
    Unsupported,
}

/// One reference, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReferenceCheck {
    /// The path, or the `FileRef` as written if it means none.
    pub path: String,
    /// What became of it.
    pub outcome: ReferenceOutcome,
}

/// A file that no matching reference covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uncovered {
    /// Its path.
    pub path: String,
    /// What it is.
    pub role: Coverage,
}

/// What an uncovered file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coverage {
    /// The list of signatures: left out where further signatures are allowed.
    SignatureList,
    /// A file of another signature, possibly added later.
    OtherSignature,
    /// The integrity list of GM/T 0099 or its signature value.
    IntegrityList,
    /// Anything else: content that can be exchanged without the signature noticing.
    Content,
}

/// The references of a signature, checked.
#[derive(Debug, Clone)]
pub struct IntegrityReport {
    /// Every reference in order.
    pub references: Vec<ReferenceCheck>,
    /// Every file of the package that no matching reference covers, but for the signature's own two.
    pub uncovered: Vec<Uncovered>,
    /// Whether the list of signatures is covered, so that the document is closed to further signatures.
    pub closed: bool,
    /// What is odd about the references.
    pub findings: Vec<Finding>,
}

impl IntegrityReport {
    /// Whether every reference matches. An empty list proves nothing and does not pass.
    #[must_use]
    pub fn intact(&self) -> bool {
        !self.references.is_empty()
            && self
                .references
                .iter()
                .all(|reference| reference.outcome == ReferenceOutcome::Matches)
    }

    /// Whether every file is covered, but for what a signature cannot cover itself.
    #[must_use]
    pub fn complete(&self) -> bool {
        self.uncovered.is_empty()
    }
}

impl Package<'_> {
    /// Digests every referenced file of `signature` and lists the files left uncovered.
    ///
    /// `all` are the signatures of the same document, to tell files of other signatures from content.
    #[must_use]
    pub fn check_references(&self, signature: &SignatureFile, all: &[SignatureFile]) -> IntegrityReport {
        let mut covered = HashSet::new();
        let mut named = HashSet::new();
        let mut findings = Vec::new();
        let mut references = Vec::with_capacity(signature.references.len());
        for reference in &signature.references {
            let outcome = self.outcome(
                &signature.check_method,
                reference.path.as_deref(),
                &reference.check_value,
            );
            let path = reference.path.as_deref().unwrap_or(&reference.file_ref);
            if !named.insert(path) {
                findings.push(Finding::at(FindingKind::RepeatedReference, path));
            }
            if outcome == ReferenceOutcome::Matches {
                covered.insert(path);
            }
            references.push(ReferenceCheck {
                path: path.to_owned(),
                outcome,
            });
        }
        let own = [signature.entry.path.as_str(), signature.signed_value.as_str()];
        let uncovered = self
            .entries()
            .iter()
            .map(|entry| entry.name())
            .filter(|name| !covered.contains(name) && !own.contains(name))
            .map(|name| Uncovered {
                path: name.to_owned(),
                role: role(name, signature, all),
            })
            .collect();
        let closed = covered.contains(signature.list.as_str());
        IntegrityReport {
            references,
            uncovered,
            closed,
            findings,
        }
    }

    fn outcome(&self, method: &CheckMethod, path: Option<&str>, check_value: &str) -> ReferenceOutcome {
        let Some(entry) = path.and_then(|path| self.entry(path)) else {
            return ReferenceOutcome::Missing;
        };
        if *method != CheckMethod::Sm3 {
            return ReferenceOutcome::Unsupported;
        }
        let value: String = check_value.split_ascii_whitespace().collect();
        let Ok(stated) = STANDARD.decode(value) else {
            return ReferenceOutcome::Malformed;
        };
        if stated.len() != 32 {
            return ReferenceOutcome::Malformed;
        }
        match entry.digest() {
            None => ReferenceOutcome::Unreadable,
            Some(digest) if digest.as_slice() == stated => ReferenceOutcome::Matches,
            Some(_) => ReferenceOutcome::Differs,
        }
    }
}

fn role(name: &str, signature: &SignatureFile, all: &[SignatureFile]) -> Coverage {
    if name == signature.list {
        return Coverage::SignatureList;
    }
    let of_other = |other: &SignatureFile| {
        other.entry.path == name || other.signed_value == name || other.seal.as_deref() == Some(name)
    };
    if all
        .iter()
        .filter(|other| other.entry.path != signature.entry.path)
        .any(of_other)
    {
        return Coverage::OtherSignature;
    }
    match name {
        "OFDEntries.xml" | "signedvalue.dat" => Coverage::IntegrityList,
        _ => Coverage::Content,
    }
}
