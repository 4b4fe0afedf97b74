//! Reading and verifying tokens of anybody.

use jiff::Timestamp;

use super::TstInfo;
use crate::{
    cades::{digest, names_certificate, unusable},
    certificate::Certificate,
    chain::{self, Purpose, Trust},
    finding::{Finding, Outcome, overall},
    oid,
    signed_data::{SignedData, SignerInfo},
};

/// Stable names of the checks.
pub mod check {
    /// A `SignedData` with exactly one signer over a `TSTInfo`.
    pub const FORMAT: &str = "timestamp.format";
    /// The token is about the bytes at hand.
    pub const IMPRINT: &str = "timestamp.imprint";
    /// The signature of the time-stamping authority.
    pub const SIGNATURE: &str = "timestamp.signature";
    /// The attribute that names the authority's certificate names the one that was used (RFC 5816).
    pub const SIGNING_CERTIFICATE: &str = "timestamp.signing_certificate";
}

/// The outcome of verifying a token.
#[derive(Clone, Debug)]
pub struct Report {
    /// The checks of this module, then those of [`chain`] for the authority's certificate at the time it states.
    pub findings: Vec<Finding>,
    /// When the authority says it saw the bytes. Proves something only if every finding passes.
    pub time: Option<Timestamp>,
    /// The authority's certificate, if it is inside.
    pub authority: Option<Certificate>,
}

impl Report {
    /// All findings taken together.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        overall(&self.findings)
    }

    /// Whether the token may be relied on: every check holds, but for revocation lists that are not at hand.
    #[must_use]
    pub fn is_trusted(&self) -> bool {
        self.findings.iter().all(|finding| {
            finding.outcome == Outcome::Pass
                || (finding.check == chain::check::REVOCATION && finding.outcome == Outcome::CannotSay)
        })
    }
}

/// Verifies a token over `stamped`.
#[must_use]
pub fn verify(token: &[u8], stamped: &[u8], trust: &Trust<'_>) -> Report {
    verify_parts(token, &[stamped], trust)
}

/// Verifies a token over the concatenation of some pieces.
#[must_use]
pub fn verify_parts(token: &[u8], stamped: &[&[u8]], trust: &Trust<'_>) -> Report {
    examine(token, Some(stamped), trust).1
}

/// What a token states, and how its checks end; without `stamped` the imprint is left to the caller.
pub(super) fn examine(
    token: &[u8],
    stamped: Option<&[&[u8]]>,
    trust: &Trust<'_>,
) -> (Option<TstInfo>, Report) {
    let malformed = || {
        let report = Report {
            findings: vec![Finding::fail(check::FORMAT, "malformed")],
            time: None,
            authority: None,
        };
        (None, report)
    };
    let Ok(data) = SignedData::parse(token) else {
        return malformed();
    };
    let Some(Ok(info)) = data
        .content()
        .filter(|_| data.content_type == oid::TST_INFO)
        .map(TstInfo::parse)
    else {
        return malformed();
    };
    let ([signer], Some(content)) = (data.signers.as_slice(), data.content()) else {
        return malformed();
    };
    let mut findings = vec![format(&data, signer)];
    if let Some(stamped) = stamped {
        findings.push(match digest(info.imprint.algorithm, stamped) {
            None => Finding::cannot_say(check::IMPRINT, unusable(info.imprint.algorithm)),
            Some(computed) => Finding::decide(check::IMPRINT, computed == info.imprint.digest, "mismatch"),
        });
    }
    let authority = data.certificate_of(signer).cloned();
    findings.push(signature(&data, signer, authority.as_ref(), content));
    findings.push(names_certificate(
        check::SIGNING_CERTIFICATE,
        &data,
        signer,
        authority.as_ref(),
    ));
    if let Some(authority) = &authority {
        findings.extend(authority_findings(authority, &data, trust, info.time));
    }
    let report = Report {
        findings,
        time: Some(info.time),
        authority,
    };
    (Some(info), report)
}

/// Signed attributes are there and name the type of the content (RFC 5652 §5.3: they must, where it is not data).
fn format(data: &SignedData, signer: &SignerInfo) -> Finding {
    let stated = data
        .signed_attribute(signer, oid::CONTENT_TYPE)
        .and_then(|mut values| values.oid().ok());
    Finding::decide(
        check::FORMAT,
        stated == Some(oid::TST_INFO),
        "content_type_differs",
    )
}

fn signature(
    data: &SignedData,
    signer: &SignerInfo,
    authority: Option<&Certificate>,
    content: &[u8],
) -> Finding {
    let Some(authority) = authority else {
        return Finding::cannot_say(check::SIGNATURE, "certificate_missing");
    };
    let key = match (signer.scheme(), authority.verifying_key()) {
        (Ok(_), Ok(key)) => key,
        (Err(fault), _) | (_, Err(fault)) => return Finding::cannot_say(check::SIGNATURE, fault.reason()),
    };
    let digest_fits = match data.message_digest(signer) {
        Some(stated) => digest(signer.digest_algorithm, &[content]).is_some_and(|own| own == stated),
        None => !signer.has_signed_attributes(),
    };
    let holds = digest_fits && data.verify_signature(signer, key, &[content]).is_ok();
    Finding::decide(check::SIGNATURE, holds, "mismatch")
}

/// The path of the authority at the time it states. Its purpose is the only one and critical (RFC 3161 §2.3).
fn authority_findings(
    authority: &Certificate,
    data: &SignedData,
    trust: &Trust<'_>,
    at: Timestamp,
) -> Vec<Finding> {
    let mut intermediates = trust.intermediates.to_vec();
    intermediates.extend(data.certificates.iter().cloned());
    let trust = Trust {
        roots: trust.time_stamping_roots(),
        intermediates: &intermediates,
        ..*trust
    };
    let mut findings = chain::verify(authority, &trust, Purpose::TimeStamping, at).findings;
    if !authority.has_critical_purpose() {
        findings.push(Finding::fail(chain::check::PURPOSE, "purpose_not_critical").at(0));
    }
    findings
}

/// The time that a token states, without any check.
#[must_use]
pub fn stated_time(token: &[u8]) -> Option<Timestamp> {
    let data = SignedData::parse(token).ok()?;
    TstInfo::parse(data.content()?).ok().map(|info| info.time)
}
