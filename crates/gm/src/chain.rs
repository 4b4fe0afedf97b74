//! Path building and validation. Every check that fails is a finding of its own; none stops the others.
//!
//! The rules are those of RFC 5280 §6 and domain §4.8 as far as the hierarchies in use need them: signature, name
//! and key chaining, validity at the instant asked for, CA flag, path length, key usage, purpose, policies, critical
//! extensions, revocation. Name constraints are not processed; marked critical they fail the path.

mod build;
mod checks;
mod revocation;

use jiff::Timestamp;

use crate::{
    asn1::Oid,
    certificate::{Certificate, OcspResponse, RevocationList},
    finding::{Finding, Outcome, overall},
};

/// The longest path from leaf to root, both included.
pub const MAX_DEPTH: usize = 6;

/// How many signatures one call verifies at most while it looks for a path; a hostile heap of certificates with
/// equal names costs no more.
pub const MAX_SIGNATURE_CHECKS: usize = 32;

/// Stable names of the checks.
pub mod check {
    /// A path leads to a trusted root.
    pub const ANCHOR: &str = "chain.anchor";
    /// Each certificate is signed by the next.
    pub const SIGNATURE: &str = "chain.signature";
    /// Each certificate is valid at the instant asked for.
    pub const VALIDITY: &str = "chain.validity";
    /// Each issuer is a certification authority.
    pub const AUTHORITY: &str = "chain.authority";
    /// No path is longer than an issuer allows.
    pub const PATH_LENGTH: &str = "chain.path_length";
    /// Each key may be used as it was.
    pub const KEY_USAGE: &str = "chain.key_usage";
    /// The leaf serves the purpose asked for.
    pub const PURPOSE: &str = "chain.purpose";
    /// No critical extension is left unprocessed.
    pub const EXTENSIONS: &str = "chain.extensions";
    /// The specimen mark goes down the path unbroken.
    pub const POLICY: &str = "chain.policy";
    /// No certificate was revoked by the instant asked for.
    pub const REVOCATION: &str = "chain.revocation";
}

/// Reason of a revocation check that holds as of the instant asked for, while the key was found to be compromised after
/// it: worth something only if that instant is proved by somebody else than the signer.
pub const COMPROMISED_LATER: &str = "compromised_later";

/// What the leaf's key was used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// Signing seals (制章).
    SealMaking,
    /// Signing documents with a seal (签章).
    Sealing,
    /// Signing a PDF document.
    PdfSigning,
    /// Signing time stamps.
    TimeStamping,
}

/// What is trusted, and what helps to get there.
#[derive(Clone, Copy, Debug, Default)]
pub struct Trust<'a> {
    /// Certificates trusted as they are.
    pub roots: &'a [Certificate],
    /// Certificates trusted as they are for time stamps and nothing else; where there are none, `roots` serve.
    pub time_stamping: &'a [Certificate],
    /// Certificates that may stand in between. Not trusted.
    pub intermediates: &'a [Certificate],
    /// Revocation lists. Each counts only if its issuer signed it.
    pub revocation_lists: &'a [RevocationList],
    /// What OCSP responders said. Each counts only if the issuer, or a responder that it named, signed it.
    pub ocsp_responses: &'a [OcspResponse],
}

impl<'a> Trust<'a> {
    /// What authorities of time stamps lead to.
    #[must_use]
    pub const fn time_stamping_roots(&self) -> &'a [Certificate] {
        if self.time_stamping.is_empty() {
            self.roots
        } else {
            self.time_stamping
        }
    }
}

/// The outcome of validating a path.
#[derive(Clone, Debug)]
pub struct Report {
    /// All checks, in the order of [`check`]; one that failed for several certificates appears once for each.
    pub findings: Vec<Finding>,
    /// The path examined, leaf first; as far as it could be built.
    pub path: Vec<Certificate>,
    /// Whether any certificate of the path carries [`crate::oid::SPECIMEN_POLICY`].
    pub specimen: bool,
    /// The policies that hold along the whole path, as the leaf states them (RFC 5280 without mappings).
    pub policies: Vec<Oid>,
    /// The earliest instant from which a key of the path is said to be in other hands, whenever that is.
    pub compromised_from: Option<Timestamp>,
}

impl Report {
    /// All findings taken together.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        overall(&self.findings)
    }

    /// The outcome of one check.
    #[must_use]
    pub fn outcome_of(&self, check: &str) -> Option<Outcome> {
        let concerned: Vec<Finding> = self
            .findings
            .iter()
            .filter(|finding| finding.check == check)
            .copied()
            .collect();
        if concerned.is_empty() {
            None
        } else {
            Some(overall(&concerned))
        }
    }
}

/// Whether a certificate alone serves a purpose.
pub(crate) fn purpose(leaf: &Certificate, purpose: Purpose) -> Finding {
    checks::purpose(leaf, purpose)
}

/// Validates the path from `leaf` to one of the roots for `purpose` as of `at`.
#[must_use]
pub fn verify(leaf: &Certificate, trust: &Trust<'_>, purpose: Purpose, at: Timestamp) -> Report {
    let found = build::path(leaf, trust);
    let path = &found.certificates;
    let mut findings = vec![found.anchor()];
    findings.extend(checks::signatures(&found));
    findings.extend(checks::validity(path, at));
    findings.extend(checks::authority(path));
    findings.extend(checks::path_length(path));
    findings.extend(checks::key_usage(path));
    findings.push(checks::purpose(leaf, purpose));
    findings.extend(checks::extensions(path));
    findings.extend(checks::specimen_mark(path));
    let (revocation, compromised_from) = revocation::revocation(&found, trust, at);
    findings.extend(revocation);
    Report {
        findings,
        specimen: path.iter().any(Certificate::is_specimen),
        policies: checks::policies(path),
        compromised_from,
        path: found.certificates,
    }
}
