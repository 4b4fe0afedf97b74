//! The other side: an authority that stamps.

use jiff::Timestamp;
use rand_core::CryptoRng;

use super::{Request, TstInfo, response};
use crate::{
    asn1::Oid,
    cades::{self, Dress, sign_as},
    certificate::Certificate,
    chain::{self, Purpose},
    finding::Outcome,
    key::Signer,
    oid,
};

/// `badAlg`, `badRequest`, `badDataFormat`, `unacceptedPolicy` of PKIFailureInfo.
const BAD_ALGORITHM: usize = 0;
const BAD_REQUEST: usize = 2;
const BAD_FORMAT: usize = 5;
const UNACCEPTED_POLICY: usize = 15;

/// What an authority answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// `TimeStampResp` with a token.
    Granted(Vec<u8>),
    /// `TimeStampResp` with a reason.
    Refused(Vec<u8>),
}

impl Answer {
    /// The `TimeStampResp`.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        match self {
            Self::Granted(der) | Self::Refused(der) => der,
        }
    }
}

/// A time-stamping authority: a key for nothing else, its certificate, its policy.
pub struct TimeStampAuthority<S> {
    signer: S,
    chain: Vec<Certificate>,
    policy: Oid,
}

/// The certificate is not one of a time-stamping authority, or not for the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("certificate and key are not those of a time-stamping authority")]
pub struct NotATimeStampAuthority;

impl<S: Signer> TimeStampAuthority<S> {
    /// With a chain that begins with the authority's own certificate.
    ///
    /// # Errors
    /// The certificate is for another key or another purpose.
    pub fn new(signer: S, chain: Vec<Certificate>, policy: Oid) -> Result<Self, NotATimeStampAuthority> {
        let own = chain.first().ok_or(NotATimeStampAuthority)?;
        let stamps = chain::purpose(own, Purpose::TimeStamping).outcome == Outcome::Pass;
        if own.public_key() != Some(signer.public_key()) || !stamps {
            return Err(NotATimeStampAuthority);
        }
        Ok(Self {
            signer,
            chain,
            policy,
        })
    }

    /// The authority's certificate and its issuers.
    #[must_use]
    pub fn chain(&self) -> &[Certificate] {
        &self.chain
    }

    /// Answers a `TimeStampReq` as of `now` (whole seconds are stated). `serial` must never come again.
    ///
    /// # Errors
    /// The key could not sign.
    pub fn answer(
        &self,
        request: &[u8],
        serial: u64,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
    ) -> Result<Answer, cades::Error> {
        let refused = |failure| Ok(Answer::Refused(response::refusing(failure)));
        let Ok(request) = Request::parse(request) else {
            return refused(BAD_FORMAT);
        };
        match request.imprint.is_whole() {
            Some(true) => {}
            Some(false) => return refused(BAD_REQUEST),
            None => return refused(BAD_ALGORITHM),
        }
        if request.policy.is_some_and(|policy| policy != self.policy) {
            return refused(UNACCEPTED_POLICY);
        }
        let info = TstInfo {
            policy: self.policy,
            imprint: request.imprint,
            // A leading zero would make equal numbers different bytes; a set first bit would make it negative.
            serial: positive(serial),
            time: now,
            nonce: request.nonce,
        };
        let content = info.to_der();
        let token = sign_as(
            &Dress::around(oid::TST_INFO, &content),
            &self.signer.algorithm().digest(&content),
            &self.signer,
            &self.chain,
            rng,
        )?;
        Ok(Answer::Granted(response::granting(&token)))
    }
}

fn positive(value: u64) -> Vec<u8> {
    let bytes = value.to_be_bytes();
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count().min(7);
    let mut digits = bytes.get(zeros..).unwrap_or_default().to_vec();
    if digits.first().is_some_and(|first| first & 0x80 != 0) {
        digits.insert(0, 0);
    }
    digits
}
