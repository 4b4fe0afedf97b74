//! Verifying seals and signed seals: one finding for each step of domain §4.8, none stopping the others.

mod seal;
mod signature;

use gm::{
    Finding, Outcome, Signature, chain,
    key::{Algorithm, PublicKey, Verifier as _},
    timestamp,
};
use jiff::Timestamp;

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
    /// The maker's certificate and those above it are valid at the instant asked for.
    pub const MAKER_VALIDITY: &str = "seal.maker_validity";
    /// The maker's key may sign, and those above it may certify.
    pub const MAKER_KEY_USAGE: &str = "seal.maker_key_usage";
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
    /// The certificates above the signer's are valid at the signing time.
    pub const ISSUER_VALIDITY: &str = "signature.issuer_validity";
    /// The signer's key may sign, and those above it may certify.
    pub const SIGNER_KEY_USAGE: &str = "signature.signer_key_usage";
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

/// Names under which the checks of a path are reported: each part that domain §4.8 lists by itself.
struct PathChecks {
    path: &'static str,
    validity: &'static str,
    key_usage: &'static str,
    revocation: &'static str,
}

impl PathChecks {
    const fn names(&self) -> [&'static str; 4] {
        [self.path, self.validity, self.key_usage, self.revocation]
    }

    fn of(&self, check: &str) -> &'static str {
        match check {
            chain::check::VALIDITY => self.validity,
            chain::check::KEY_USAGE | chain::check::PURPOSE => self.key_usage,
            chain::check::REVOCATION => self.revocation,
            _ => self.path,
        }
    }

    /// Everything that does not simply hold, each by itself and once; for a part that holds one finding.
    fn findings(&self, found: &(impl Iterator<Item = Finding> + Clone)) -> Vec<Finding> {
        let mut out: Vec<Finding> = Vec::with_capacity(4);
        for name in self.names() {
            let before = out.len();
            for finding in found.clone().filter(|one| self.of(one.check) == name) {
                let told = |one: &Finding| {
                    (one.check, one.outcome, one.reason) == (name, finding.outcome, finding.reason)
                };
                if (finding.outcome != Outcome::Pass || finding.reason != "ok") && !out.iter().any(told) {
                    out.push(Finding {
                        check: name,
                        ..finding
                    });
                }
            }
            if out.len() == before {
                out.push(Finding::pass(name));
            }
        }
        out
    }

    fn cannot_say(&self, reason: &'static str) -> [Finding; 4] {
        self.names().map(|name| Finding::cannot_say(name, reason))
    }
}

/// The time of a token that can be relied on: all checks hold, but that revocation lists may be missing.
#[must_use]
pub fn proved_time(token: &timestamp::Report) -> Option<Timestamp> {
    let only_lists_missing = token.findings.iter().all(|finding| {
        finding.outcome == Outcome::Pass
            || (finding.check == chain::check::REVOCATION && finding.outcome == Outcome::CannotSay)
    });
    token.time.filter(|_| only_lists_missing)
}
