//! Verifying seals and signed seals: one finding for each step of domain §4.8, none stopping the others.

mod seal;
mod signature;

use gm::{
    Finding, Outcome, Signature, chain,
    key::{Algorithm, PublicKey, Verifier as _},
};

pub use seal::{SealReport, maker_signature, seal};
pub use signature::{Evidence, KnownSigner, SignatureReport, signature, signature_by};

/// Stable names of the checks.
pub mod check {
    /// Version numbers, dates and picture are what the standard allows.
    pub const SEAL_FORMAT: &str = "seal.format";
    /// The maker's signature over the seal.
    pub const SEAL_SIGNATURE: &str = "seal.signature";
    /// The maker's certificate leads to a trusted root.
    pub const MAKER_CHAIN: &str = "seal.maker_chain";
    /// The maker's certificate was not revoked.
    pub const MAKER_REVOCATION: &str = "seal.maker_revocation";
    /// The maker's certificate was valid when the seal was made.
    pub const MAKER_AT_CREATION: &str = "seal.maker_at_creation";
    /// The seal was made before it was used.
    pub const SEAL_CREATED: &str = "seal.created";
    /// The seal may be used at the instant asked for.
    pub const SEAL_VALIDITY: &str = "seal.validity";
    /// The time stamp over the maker's signature (version 5), if there is one.
    pub const SEAL_TIME_STAMP: &str = "seal.time_stamp";
    /// Version numbers and signing time can be read and agree.
    pub const SIGNATURE_FORMAT: &str = "signature.format";
    /// The seal lists the signer's certificate.
    pub const SIGNER_LISTED: &str = "signature.signer_listed";
    /// The signature over `TBS_Sign`.
    pub const SIGNATURE: &str = "signature.value";
    /// The signer's certificate leads to a trusted root as of the signing time.
    pub const SIGNER_CHAIN: &str = "signature.signer_chain";
    /// The signer's certificate was not revoked by the signing time.
    pub const SIGNER_REVOCATION: &str = "signature.signer_revocation";
    /// The signing time lies within the validity of the signer's certificate.
    pub const TIME_IN_CERTIFICATE: &str = "signature.time_in_certificate";
    /// The signing time lies within the validity of the seal.
    pub const TIME_IN_SEAL: &str = "signature.time_in_seal";
    /// `Seal.esl` is the seal that was signed.
    pub const SEAL_FILE: &str = "signature.seal_file";
    /// The digest that was signed is that of `Signature.xml`.
    pub const DATA_HASH: &str = "signature.data_hash";
    /// The protected part is the `Signature.xml` at hand.
    pub const PROPERTY_INFO: &str = "signature.property_info";
    /// The time stamp over the signature value, if there is one.
    pub const TIME_STAMP: &str = "signature.time_stamp";
}

/// A signature value under a key, with the digest that it verifies; the key may be missing or of an unknown kind.
fn value(
    check: &'static str,
    key: Option<(&PublicKey, &[u8; 32])>,
    algorithm: gm::asn1::Oid,
    signature: &[u8],
) -> Finding {
    match (key, Algorithm::from_oid(algorithm)) {
        (Some((key, digest)), Some(algorithm)) if algorithm == key.algorithm() => {
            let value = Signature::parse(algorithm, signature);
            let holds = value.is_ok_and(|value| key.verify_digest(digest, &value).is_ok());
            Finding::decide(check, holds, "mismatch")
        }
        (Some(_), Some(_)) => Finding::fail(check, "algorithm_mismatch"),
        _ => Finding::cannot_say(check, "unsupported_algorithm"),
    }
}

/// The worst of some findings of a path under one name.
fn summary(check: &'static str, findings: impl Iterator<Item = Finding>) -> Finding {
    let findings: Vec<Finding> = findings.collect();
    let worst = |outcome| findings.iter().find(|finding| finding.outcome == outcome);
    let noted = || findings.iter().find(|finding| finding.reason != "ok");
    let chosen = worst(Outcome::Fail)
        .or_else(|| worst(Outcome::CannotSay))
        .or_else(noted);
    chosen.map_or_else(|| Finding::pass(check), |finding| Finding { check, ..*finding })
}

/// A path without its revocation checks, and those alone: lists are often not at hand.
fn path_and_revocation(report: &chain::Report, path: &'static str, revocation: &'static str) -> [Finding; 2] {
    let is_revocation = |finding: &Finding| finding.check == chain::check::REVOCATION;
    [
        summary(
            path,
            report
                .findings
                .iter()
                .copied()
                .filter(|finding| !is_revocation(finding)),
        ),
        summary(revocation, report.findings.iter().copied().filter(is_revocation)),
    ]
}
