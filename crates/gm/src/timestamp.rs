//! Time-stamp tokens (RFC 3161, GB/T 20520): reading and verifying.

use jiff::Timestamp;

use crate::{
    asn1::{Error, Oid, Reader, tag},
    cades::digest,
    certificate::Certificate,
    chain::{self, Purpose, Trust},
    finding::{Finding, Outcome, overall},
    oid,
    signed_data::SignedData,
};

/// Stable names of the checks.
pub mod check {
    /// A `SignedData` with exactly one signer over a `TSTInfo`.
    pub const FORMAT: &str = "timestamp.format";
    /// The token is about the bytes at hand.
    pub const IMPRINT: &str = "timestamp.imprint";
    /// The signature of the time-stamping authority.
    pub const SIGNATURE: &str = "timestamp.signature";
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
}

struct TstInfo {
    algorithm: Oid,
    imprint: Vec<u8>,
    time: Timestamp,
}

/// Verifies a token over `stamped`.
#[must_use]
pub fn verify(token: &[u8], stamped: &[u8], trust: &Trust<'_>) -> Report {
    let malformed = || Report {
        findings: vec![Finding::fail(check::FORMAT, "malformed")],
        time: None,
        authority: None,
    };
    let Ok(data) = SignedData::parse(token) else {
        return malformed();
    };
    let Some(Ok(info)) = data
        .content()
        .filter(|_| data.content_type == oid::TST_INFO)
        .map(tst_info)
    else {
        return malformed();
    };
    let ([signer], Some(content)) = (data.signers.as_slice(), data.content()) else {
        return malformed();
    };
    let mut findings = vec![Finding::pass(check::FORMAT)];
    findings.push(match digest(info.algorithm, &[stamped]) {
        None => Finding::cannot_say(check::IMPRINT, "unsupported_algorithm"),
        Some(computed) => Finding::decide(check::IMPRINT, computed[..] == info.imprint[..], "mismatch"),
    });
    let authority = data.certificate_of(signer).cloned();
    findings.push(
        match (
            &authority,
            authority.as_ref().and_then(Certificate::public_key),
            signer.algorithm(),
        ) {
            (None, ..) => Finding::cannot_say(check::SIGNATURE, "certificate_missing"),
            (_, Some(key), Some(_)) => {
                let digest_fits = match data.message_digest(signer) {
                    Some(stated) => {
                        digest(signer.digest_algorithm, &[content]).is_some_and(|own| own[..] == *stated)
                    }
                    None => !signer.has_signed_attributes(),
                };
                let holds = digest_fits && data.verify_signature(signer, key, &[content]).is_ok();
                Finding::decide(check::SIGNATURE, holds, "mismatch")
            }
            _ => Finding::cannot_say(check::SIGNATURE, "unsupported_algorithm"),
        },
    );
    if let Some(authority) = &authority {
        let mut intermediates = trust.intermediates.to_vec();
        intermediates.extend(data.certificates.iter().cloned());
        let trust = Trust {
            intermediates: &intermediates,
            ..*trust
        };
        findings.extend(chain::verify(authority, &trust, Purpose::TimeStamping, info.time).findings);
    }
    Report {
        findings,
        time: Some(info.time),
        authority,
    }
}

/// The time that a token states, without any check.
#[must_use]
pub fn stated_time(token: &[u8]) -> Option<Timestamp> {
    let data = SignedData::parse(token).ok()?;
    tst_info(data.content()?).ok().map(|info| info.time)
}

fn tst_info(der: &[u8]) -> Result<TstInfo, Error> {
    let mut info = Reader::new(der).sequence()?;
    info.integer()?;
    info.oid()?;
    let mut imprint = info.sequence()?;
    let algorithm = imprint.sequence()?.oid()?;
    let imprint = imprint.octets()?.content().to_vec();
    info.expect(tag::INTEGER)?;
    let time = info.expect(tag::GENERALIZED_TIME)?.time()?;
    Ok(TstInfo {
        algorithm,
        imprint,
        time,
    })
}
