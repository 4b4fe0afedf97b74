//! OCSP responses (RFC 6960) that somebody kept: what a responder said of a certificate, and whether it may say so.
//!
//! Nothing is asked of a responder here. A response counts if the certificate's issuer signed it, or somebody whom the
//! issuer itself certified for this and nothing else.

use std::{fmt, ops::Range, sync::Arc};

use jiff::Timestamp;

use super::{
    Certificate, KeyUsage, Name, Revocation, RevocationReason,
    parse::extension as read_extension,
    revocation::{entry_extension, unpadded},
};
use crate::{
    asn1::{Element, Error, Oid, Reader, tag},
    cades, oid,
    scheme::{Scheme, Unusable},
    signature::InvalidSignature,
};

/// The longest response read: its certificates are its bulk.
const MAX_LENGTH: usize = 1024 * 1024;
/// How many statements and certificates of one response are read.
const MAX_MEMBERS: usize = 32;

/// A successful response with the bytes it was read from. Cheap to clone.
#[derive(Clone)]
pub struct OcspResponse(Arc<Fields>);

struct Fields {
    der: Vec<u8>,
    tbs: Range<usize>,
    responder: Responder,
    produced_at: Timestamp,
    statements: Vec<OcspStatement>,
    unknown_critical: bool,
    scheme: Result<Scheme, Unusable>,
    signature: Range<usize>,
    certificates: Vec<Certificate>,
}

enum Responder {
    Name(Name),
    /// SHA-1 of the key: a name, which proves nothing and need not.
    KeyHash(Vec<u8>),
}

/// What a responder says of one certificate.
#[derive(Debug, Clone)]
pub struct OcspStatement {
    id: CertificateId,
    /// Its entry, as a revocation list would have it, if it is revoked.
    pub revocation: Option<Revocation>,
    /// The responder does not know the certificate: that it is not revoked does not follow.
    pub unknown: bool,
    /// As of when it speaks.
    pub this_update: Timestamp,
    /// When there will be a newer one, if stated.
    pub next_update: Option<Timestamp>,
    /// A critical extension stands beside it that this crate does not process.
    pub unknown_critical: bool,
}

/// Which certificate is meant: issuer's name and key by their digests, and the number.
#[derive(Debug, Clone)]
struct CertificateId {
    algorithm: Oid,
    issuer_name: Vec<u8>,
    issuer_key: Vec<u8>,
    serial: Vec<u8>,
}

impl OcspResponse {
    /// Reads an `OCSPResponse` that succeeded, or the `BasicOCSPResponse` inside one.
    ///
    /// # Errors
    /// If it is none; a response that reports an error says nothing of certificates and is none either.
    pub fn from_der(der: &[u8]) -> Result<Self, Error> {
        if der.len() > MAX_LENGTH {
            return Err(Error::TooLarge);
        }
        let mut outer = Reader::new(der);
        let mut response = outer.sequence()?;
        outer.finish()?;
        if response.peek() != Some(tag::ENUMERATED) {
            return basic(der).map(|fields| Self(Arc::new(fields)));
        }
        if response.any()?.content() != [0] {
            return Err(Error::InvalidContent);
        }
        let mut bytes = response.expect(tag::context(0))?.reader().sequence()?;
        response.finish()?;
        if bytes.oid()? != oid::OCSP_BASIC {
            return Err(Error::InvalidContent);
        }
        let inner = bytes.octets()?.content();
        bytes.finish()?;
        basic(inner).map(|fields| Self(Arc::new(fields)))
    }

    /// The `BasicOCSPResponse` as it stands.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.0.der
    }

    /// When the responder signed it.
    #[must_use]
    pub fn produced_at(&self) -> Timestamp {
        self.0.produced_at
    }

    /// The certificates inside. Not trusted.
    #[must_use]
    pub fn certificates(&self) -> &[Certificate] {
        &self.0.certificates
    }

    /// What it says of a certificate of `issuer`; says nothing about who signed it.
    pub fn about<'a>(
        &'a self,
        certificate: &'a Certificate,
        issuer: &'a Certificate,
    ) -> impl Iterator<Item = &'a OcspStatement> {
        let of = move |statement: &&OcspStatement| statement.id.is(certificate, issuer);
        self.0.statements.iter().filter(of)
    }

    /// Whether `issuer` signed it, or somebody whom it certified for nothing but this and whose certificate was valid
    /// then. `revoked` says of such a certificate that its issuer revoked it.
    ///
    /// # Errors
    /// If neither is so.
    pub fn verify(
        &self,
        issuer: &Certificate,
        revoked: impl Fn(&Certificate) -> bool,
    ) -> Result<(), InvalidSignature> {
        if self.0.unknown_critical {
            return Err(InvalidSignature);
        }
        let delegated = self
            .0
            .certificates
            .iter()
            .filter(|one| self.may_answer(one, issuer) && !revoked(one));
        let mut signers = std::iter::once(issuer).chain(delegated);
        let signed = signers.any(|signer| self.is_named(signer) && self.is_signed_by(signer));
        if signed { Ok(()) } else { Err(InvalidSignature) }
    }

    fn is_named(&self, signer: &Certificate) -> bool {
        match &self.0.responder {
            Responder::Name(name) => signer.subject() == name,
            Responder::KeyHash(hash) => {
                key_bits(signer).is_some_and(|key| sha1(key).as_slice() == hash.as_slice())
            }
        }
    }

    fn is_signed_by(&self, signer: &Certificate) -> bool {
        let bytes = |range: &Range<usize>| self.0.der.get(range.clone()).unwrap_or_default();
        let (Ok(scheme), Ok(key)) = (self.0.scheme, signer.verifying_key()) else {
            return false;
        };
        key.verify(scheme, &[bytes(&self.0.tbs)], bytes(&self.0.signature))
            .is_ok()
    }

    /// RFC 6960 §4.2.2.2: issued directly by the issuer, for this purpose.
    fn may_answer(&self, certificate: &Certificate, issuer: &Certificate) -> bool {
        let purposes = certificate.extended_key_usage().unwrap_or_default();
        purposes.contains(&oid::OCSP_SIGNING)
            && certificate.issuer() == issuer.subject()
            && !certificate.has_unknown_critical_extension()
            && certificate.is_valid_at(self.0.produced_at)
            && certificate
                .key_usage()
                .is_none_or(|usage| usage.allows_any(KeyUsage::SIGNING))
            && issuer
                .verifying_key()
                .is_ok_and(|key| certificate.verify_signature(key).is_ok())
    }
}

impl fmt::Debug for OcspResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OcspResponse")
            .field("produced_at", &self.0.produced_at)
            .field("statements", &self.0.statements.len())
            .finish_non_exhaustive()
    }
}

impl CertificateId {
    fn parse(id: &mut Reader<'_>) -> Result<Self, Error> {
        let parsed = Self {
            algorithm: id.sequence()?.oid()?,
            issuer_name: id.octets()?.content().to_vec(),
            issuer_key: id.octets()?.content().to_vec(),
            serial: id.expect(tag::INTEGER)?.content().to_vec(),
        };
        id.finish()?;
        Ok(parsed)
    }

    fn is(&self, certificate: &Certificate, issuer: &Certificate) -> bool {
        let digest = |bytes: &[u8]| {
            if self.algorithm == oid::SHA1 {
                Some(sha1(bytes))
            } else {
                cades::digest(self.algorithm, &[bytes])
            }
        };
        unpadded(&self.serial) == unpadded(certificate.serial())
            && digest(certificate.issuer().der()).is_some_and(|name| name == self.issuer_name)
            && key_bits(issuer)
                .and_then(digest)
                .is_some_and(|key| key == self.issuer_key)
    }
}

/// Here SHA-1 only tells keys apart that the issuer itself made.
fn sha1(bytes: &[u8]) -> Vec<u8> {
    let algorithm = &aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY;
    aws_lc_rs::digest::digest(algorithm, bytes).as_ref().to_vec()
}

/// The key without its algorithm: what the digests of a key are over.
fn key_bits(certificate: &Certificate) -> Option<&[u8]> {
    let mut spki = Reader::new(certificate.spki()).sequence().ok()?;
    spki.any().ok()?;
    spki.expect(tag::BIT_STRING).ok()?.bits().ok()
}

fn basic(der: &[u8]) -> Result<Fields, Error> {
    let mut outer = Reader::new(der);
    let mut response = outer.sequence()?;
    outer.finish()?;
    let tbs = response.expect(tag::SEQUENCE)?;
    let algorithm = response.expect(tag::SEQUENCE)?;
    let signature = response.expect(tag::BIT_STRING)?.bits_range()?;
    let mut certificates = Vec::new();
    if let Some(explicit) = response.optional(tag::context(0))? {
        let mut list = explicit.reader().sequence()?;
        while !list.is_empty() && certificates.len() < MAX_MEMBERS {
            certificates.extend(Certificate::from_der(list.any()?.raw()).ok());
        }
    }
    response.finish()?;

    let mut data = tbs.reader();
    data.optional(tag::context(0))?;
    let responder = responder(&data.any()?)?;
    let produced_at = data.time()?;
    let (mut list, mut statements) = (data.sequence()?, Vec::new());
    while !list.is_empty() {
        if statements.len() >= MAX_MEMBERS {
            return Err(Error::TooLarge);
        }
        statements.push(statement(&mut list.sequence()?)?);
    }
    let mut unknown_critical = false;
    if let Some(explicit) = data.optional(tag::context(1))? {
        let mut extensions = explicit.reader().sequence()?;
        while !extensions.is_empty() {
            let (_, critical, _) = read_extension(&mut extensions)?;
            unknown_critical |= critical;
        }
    }
    data.finish()?;
    Ok(Fields {
        tbs: tbs.range(),
        responder,
        produced_at,
        statements,
        unknown_critical,
        scheme: Scheme::combined(&algorithm),
        signature,
        certificates,
        der: der.to_vec(),
    })
}

fn responder(id: &Element<'_>) -> Result<Responder, Error> {
    let mut explicit = id.reader();
    let found = if id.tag == tag::context(1) {
        Responder::Name(Name::parse(&explicit.expect(tag::SEQUENCE)?)?)
    } else if id.tag == tag::context(2) {
        Responder::KeyHash(explicit.octets()?.content().to_vec())
    } else {
        return Err(Error::UnexpectedTag);
    };
    explicit.finish()?;
    Ok(found)
}

fn statement(single: &mut Reader<'_>) -> Result<OcspStatement, Error> {
    let id = CertificateId::parse(&mut single.sequence()?)?;
    let status = single.any()?;
    let this_update = single.time()?;
    let next_update = match single.optional(tag::context(0))? {
        Some(explicit) => Some(explicit.reader().time()?),
        None => None,
    };
    let (mut reason, mut invalid_since, mut unknown_critical) = (RevocationReason::Unspecified, None, false);
    if let Some(explicit) = single.optional(tag::context(1))? {
        let mut extensions = explicit.reader().sequence()?;
        while !extensions.is_empty() {
            entry_extension(
                &mut extensions,
                &mut reason,
                &mut invalid_since,
                &mut unknown_critical,
            )?;
        }
    }
    single.finish()?;
    let revocation = match status.tag {
        0x80 | 0x82 => None,
        0xa1 => {
            let mut info = status.reader();
            let revoked_at = info.time()?;
            if let Some(explicit) = info.optional(tag::context(0))? {
                reason = match explicit.reader().expect(tag::ENUMERATED)?.content() {
                    [code] => RevocationReason::from_code(*code),
                    _ => return Err(Error::InvalidContent),
                };
            }
            info.finish()?;
            Some(Revocation {
                serial: id.serial.clone(),
                revoked_at,
                reason,
                invalid_since,
            })
        }
        _ => return Err(Error::UnexpectedTag),
    };
    Ok(OcspStatement {
        id,
        revocation,
        unknown: status.tag == 0x82,
        this_update,
        next_update,
        unknown_critical,
    })
}
