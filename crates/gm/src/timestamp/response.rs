//! `TimeStampResp`: what comes back, and whether it may be used.

use jiff::{SignedDuration, Timestamp};

use super::{Report, Request, TstInfo, verify::examine};
use crate::{
    asn1::{Error, Reader, Writer, tag},
    chain::{self, Trust},
    finding::Outcome,
};

/// A token that answers a request, verified.
#[derive(Clone, Debug)]
pub struct Token {
    /// `ContentInfo` as it came.
    pub der: Vec<u8>,
    /// What it states.
    pub info: TstInfo,
}

/// Why an answer is not used. Nothing here is worth asking the same authority again at once.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// It is no `TimeStampResp`.
    #[error("the answer cannot be read")]
    Malformed,
    /// The authority refuses (`PKIStatus`, and the first bit of `PKIFailureInfo` that is set).
    #[error("the authority refuses: status {status}, failure {failure:?}")]
    Refused {
        /// PKIStatus.
        status: i64,
        /// PKIFailureInfo.
        failure: Option<usize>,
    },
    /// It stamps another digest.
    #[error("the token is about another digest")]
    OtherImprint,
    /// It repeats another nonce, or none.
    #[error("the token answers another request")]
    OtherNonce,
    /// It stamps under another policy than was asked for.
    #[error("the token is under another policy")]
    OtherPolicy,
    /// It states a time that is not the present.
    #[error("the token states another time than the present")]
    OtherTime,
    /// A check on the token does not hold.
    #[error("the token does not verify: {check}: {reason}")]
    Unverified {
        /// Which check.
        check: &'static str,
        /// Why.
        reason: &'static str,
    },
}

impl Request {
    /// Takes an answer to this request, received at `now`, if it may be used: granted, about the imprint and the nonce
    /// sent, stating the present within `tolerance`, signed by an authority that `trust` leads to. That no revocation
    /// list is at hand does not speak against it; that the list names it does.
    pub fn accept(
        &self,
        response: &[u8],
        trust: &Trust<'_>,
        now: Timestamp,
        tolerance: SignedDuration,
    ) -> Result<Token, Unusable> {
        let der = granted(response)?;
        let (info, report) = examine(&der, None, trust);
        let info = info.ok_or(Unusable::Malformed)?;
        if info.imprint != self.imprint {
            return Err(Unusable::OtherImprint);
        }
        if info.nonce != self.nonce {
            return Err(Unusable::OtherNonce);
        }
        if self.policy.is_some_and(|policy| policy != info.policy) {
            return Err(Unusable::OtherPolicy);
        }
        if now.duration_since(info.time).abs() > tolerance {
            return Err(Unusable::OtherTime);
        }
        holds(&report)?;
        Ok(Token { der, info })
    }
}

fn holds(report: &Report) -> Result<(), Unusable> {
    let spoils = |finding: &&crate::Finding| match finding.outcome {
        Outcome::Pass => false,
        Outcome::Fail => true,
        Outcome::CannotSay => finding.check != chain::check::REVOCATION,
    };
    match report.findings.iter().find(spoils) {
        None => Ok(()),
        Some(finding) => Err(Unusable::Unverified {
            check: finding.check,
            reason: finding.reason,
        }),
    }
}

/// The token of an answer that grants one: `granted` or `grantedWithMods` (RFC 3161 §2.4.2).
fn granted(response: &[u8]) -> Result<Vec<u8>, Unusable> {
    let read = || {
        let mut outer = Reader::new(response);
        let mut fields = outer.sequence()?;
        outer.finish()?;
        let mut status = fields.sequence()?;
        let code = status.integer()?;
        status.optional(tag::SEQUENCE)?;
        let failure = status.optional(tag::BIT_STRING)?;
        let failure = failure.and_then(|bits| first_bit(bits.content().get(1..)?));
        let token = if fields.is_empty() {
            None
        } else {
            Some(fields.expect(tag::SEQUENCE)?.raw().to_vec())
        };
        fields.finish()?;
        Ok::<_, Error>((code, failure, token))
    };
    match read() {
        Err(_) => Err(Unusable::Malformed),
        Ok((0 | 1, _, Some(token))) => Ok(token),
        Ok((0 | 1, _, None)) => Err(Unusable::Malformed),
        Ok((status, failure, _)) => Err(Unusable::Refused { status, failure }),
    }
}

fn first_bit(bytes: &[u8]) -> Option<usize> {
    let (index, byte) = bytes.iter().enumerate().find(|(_, byte)| **byte != 0)?;
    usize::try_from(byte.leading_zeros())
        .ok()
        .map(|bit| 8 * index + bit)
}

/// `TimeStampResp` with a token.
pub(super) fn granting(token: &[u8]) -> Vec<u8> {
    let mut out = Writer::new();
    out.sequence(|response| {
        response
            .sequence(|status| {
                status.integer(0);
            })
            .raw(token);
    });
    out.finish()
}

/// `TimeStampResp` of a refusal: `rejection` with one bit of PKIFailureInfo.
pub(super) fn refusing(failure: usize) -> Vec<u8> {
    let mut bits = vec![0_u8; failure / 8 + 1];
    if let Some(last) = bits.last_mut() {
        *last = 0x80 >> (failure % 8);
    }
    let unused = u8::try_from(7 - failure % 8).unwrap_or_default();
    let mut out = Writer::new();
    out.sequence(|response| {
        response.sequence(|status| {
            status
                .integer(2)
                .element(tag::BIT_STRING, &[&[unused], bits.as_slice()].concat());
        });
    });
    out.finish()
}
