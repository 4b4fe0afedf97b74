//! Certificate revocation lists.

use std::{fmt, ops::Range, sync::Arc};

use jiff::Timestamp;
use rand_core::CryptoRng;

use super::{
    Certificate, Name,
    issue::{Authority, IssueError, algorithm_identifier, extension, key_identifier, signed, time},
    memo::Memo,
    parse::{agreed, extension as read_extension, pem_blocks, to_pem},
};
use crate::{
    asn1::{Error, Reader, Writer, generalized_time, tag},
    key::{Signer, VerifyingKey},
    oid,
    scheme::{Scheme, Unusable},
    signature::InvalidSignature,
};

/// The largest list read: about 300 000 entries.
const MAX_LIST_LENGTH: usize = 16 * 1024 * 1024;

/// Why a certificate was revoked (RFC 5280 §5.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RevocationReason {
    /// Not stated, or a reason of no consequence here.
    Unspecified,
    /// The key is, or may be, in other hands.
    KeyCompromise,
    /// The issuer's key is, or may be, in other hands.
    AuthorityCompromise,
    /// The subject's name or standing changed.
    AffiliationChanged,
    /// Replaced by another certificate.
    Superseded,
    /// No longer needed.
    CessationOfOperation,
    /// Suspended for now.
    Hold,
}

impl RevocationReason {
    const fn code(self) -> u8 {
        match self {
            Self::Unspecified => 0,
            Self::KeyCompromise => 1,
            Self::AuthorityCompromise => 2,
            Self::AffiliationChanged => 3,
            Self::Superseded => 4,
            Self::CessationOfOperation => 5,
            Self::Hold => 6,
        }
    }

    pub(super) const fn from_code(code: u8) -> Self {
        match code {
            1 => Self::KeyCompromise,
            2 => Self::AuthorityCompromise,
            3 => Self::AffiliationChanged,
            4 => Self::Superseded,
            5 => Self::CessationOfOperation,
            6 => Self::Hold,
            _ => Self::Unspecified,
        }
    }
}

/// One entry of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revocation {
    /// Content of the INTEGER of the serial number.
    pub serial: Vec<u8>,
    /// When the issuer revoked it.
    pub revoked_at: Timestamp,
    /// Why.
    pub reason: RevocationReason,
    /// Since when the key is known or suspected to be bad, if that is earlier (invalidityDate).
    pub invalid_since: Option<Timestamp>,
}

impl Revocation {
    /// Whether the key is, or may be, in other hands: then whoever has it can also write any time of signing. An entry
    /// that states since when the certificate is invalid and not why is taken for one.
    #[must_use]
    pub fn is_compromise(&self) -> bool {
        match self.reason {
            RevocationReason::KeyCompromise | RevocationReason::AuthorityCompromise => true,
            RevocationReason::Unspecified => self.invalid_since.is_some(),
            RevocationReason::AffiliationChanged
            | RevocationReason::Superseded
            | RevocationReason::CessationOfOperation
            | RevocationReason::Hold => false,
        }
    }

    /// From when on signatures of the certificate do not count: for a compromise from when it is suspected
    /// (invalidityDate), for any other reason from when the issuer revoked it.
    #[must_use]
    pub fn effective_from(&self) -> Timestamp {
        match self.invalid_since {
            Some(since) if self.is_compromise() => since.min(self.revoked_at),
            _ => self.revoked_at,
        }
    }
}

/// A revocation list with the bytes it was read from. Cheap to clone.
#[derive(Clone)]
pub struct RevocationList(Arc<Fields>);

struct Fields {
    der: Vec<u8>,
    tbs: Range<usize>,
    issuer: Name,
    this_update: Timestamp,
    next_update: Option<Timestamp>,
    entries: Vec<Revocation>,
    unknown_critical: bool,
    scheme: Result<Scheme, Unusable>,
    signature: Range<usize>,
    memo: Memo,
}

impl RevocationList {
    /// Issues a list. `entries` may come in any order; serial numbers are big-endian and positive.
    pub fn issue<S: Signer>(
        authority: &Authority<S>,
        number: u64,
        this_update: Timestamp,
        next_update: Timestamp,
        entries: &[Revocation],
        rng: &mut dyn CryptoRng,
    ) -> Result<Self, IssueError> {
        if next_update <= this_update {
            return Err(IssueError::Refused("the next update comes after this one"));
        }
        let signer = authority.signer();
        let algorithm = algorithm_identifier(signer.algorithm());
        let mut tbs = Writer::new();
        tbs.sequence(|tbs| {
            tbs.integer(1)
                .raw(&algorithm)
                .raw(authority.certificate().subject().der());
            time(tbs, this_update);
            time(tbs, next_update);
            if !entries.is_empty() {
                tbs.sequence(|list| entries.iter().for_each(|revocation| entry(list, revocation)));
            }
            tbs.constructed(tag::context(0), |explicit| {
                explicit.sequence(|list| {
                    extension(list, oid::AUTHORITY_KEY_IDENTIFIER, false, |content| {
                        let id = authority.certificate().subject_key_id().map(<[u8]>::to_vec);
                        let id = id.unwrap_or_else(|| key_identifier(signer.public_key()));
                        content.sequence(|fields| {
                            fields.element(0x80, &id);
                        });
                    });
                    extension(list, oid::CRL_NUMBER, false, |content| {
                        content.unsigned(&number.to_be_bytes());
                    });
                });
            });
        });
        let der = signed(&tbs.finish(), &algorithm, signer, rng)?;
        Self::from_der(&der).map_err(|_| IssueError::Refused("the entries do not make a list"))
    }

    /// Reads a list. It is kept as it stands; nothing after it is accepted.
    pub fn from_der(der: &[u8]) -> Result<Self, Error> {
        parse(der).map(|fields| Self(Arc::new(fields)))
    }

    /// Reads every list of a PEM text, in its order.
    pub fn all_from_pem(pem: &str) -> Result<Vec<Self>, Error> {
        pem_blocks(pem, "X509 CRL")?
            .iter()
            .map(|der| Self::from_der(der))
            .collect()
    }

    /// The list as PEM.
    #[must_use]
    pub fn to_pem(&self) -> String {
        to_pem("X509 CRL", &self.0.der)
    }

    /// The original bytes.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.0.der
    }

    /// Who issued it.
    #[must_use]
    pub fn issuer(&self) -> &Name {
        &self.0.issuer
    }

    /// As of when it speaks.
    #[must_use]
    pub fn this_update(&self) -> Timestamp {
        self.0.this_update
    }

    /// When the next one is due, if stated.
    #[must_use]
    pub fn next_update(&self) -> Option<Timestamp> {
        self.0.next_update
    }

    /// Whether the list, or an entry, has a critical extension that this crate does not process. Such a list can
    /// revoke, but its silence proves nothing.
    #[must_use]
    pub fn has_unknown_critical_extension(&self) -> bool {
        self.0.unknown_critical
    }

    /// All entries, in the order of the list.
    #[must_use]
    pub fn entries(&self) -> &[Revocation] {
        &self.0.entries
    }

    /// The entry of a certificate, if it is listed. Says nothing about issuer and signature.
    #[must_use]
    pub fn find(&self, certificate: &Certificate) -> Option<&Revocation> {
        let serial = unpadded(certificate.serial());
        self.0
            .entries
            .iter()
            .find(|entry| unpadded(&entry.serial) == serial)
    }

    /// Verifies the issuer's signature.
    pub fn verify_signature(&self, issuer: &VerifyingKey) -> Result<(), InvalidSignature> {
        self.0.memo.check(issuer, || {
            let scheme = self.0.scheme.map_err(|_| InvalidSignature)?;
            let bytes = |range: &Range<usize>| self.0.der.get(range.clone()).unwrap_or_default();
            issuer.verify(scheme, &[bytes(&self.0.tbs)], bytes(&self.0.signature))
        })
    }
}

impl fmt::Debug for RevocationList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RevocationList")
            .field("this_update", &self.0.this_update)
            .field("entries", &self.0.entries.len())
            .finish_non_exhaustive()
    }
}

pub(super) fn unpadded(serial: &[u8]) -> &[u8] {
    let zeros = serial.iter().take_while(|byte| **byte == 0).count();
    serial.get(zeros..).unwrap_or_default()
}

fn entry(list: &mut Writer, revocation: &Revocation) {
    list.sequence(|entry| {
        entry.unsigned(&revocation.serial);
        time(entry, revocation.revoked_at);
        if revocation.reason == RevocationReason::Unspecified && revocation.invalid_since.is_none() {
            return;
        }
        entry.sequence(|extensions| {
            if revocation.reason != RevocationReason::Unspecified {
                extension(extensions, oid::CRL_REASON, false, |content| {
                    content.element(tag::ENUMERATED, &[revocation.reason.code()]);
                });
            }
            if let Some(since) = revocation.invalid_since {
                extension(extensions, oid::INVALIDITY_DATE, false, |content| {
                    content.element(tag::GENERALIZED_TIME, generalized_time(since).as_bytes());
                });
            }
        });
    });
}

fn parse(der: &[u8]) -> Result<Fields, Error> {
    if der.len() > MAX_LIST_LENGTH {
        return Err(Error::TooLarge);
    }
    let mut outer = Reader::new(der);
    let mut list = outer.sequence()?;
    outer.finish()?;
    let tbs_element = list.expect(tag::SEQUENCE)?;
    let algorithm = list.expect(tag::SEQUENCE)?;
    let signature = list.expect(tag::BIT_STRING)?.bits_range()?;
    list.finish()?;

    let mut tbs = tbs_element.reader();
    tbs.optional(tag::INTEGER)?;
    let inner_algorithm = tbs.expect(tag::SEQUENCE)?;
    let issuer = Name::parse(&tbs.expect(tag::SEQUENCE)?)?;
    let this_update = tbs.time()?;
    let next_update = match tbs.peek() {
        Some(tag::UTC_TIME | tag::GENERALIZED_TIME) => Some(tbs.time()?),
        _ => None,
    };
    let mut unknown_critical = false;
    let mut entries = Vec::new();
    if let Some(listed) = tbs.optional(tag::SEQUENCE)? {
        let mut listed = listed.reader();
        while !listed.is_empty() {
            entries.push(parse_entry(&mut listed.sequence()?, &mut unknown_critical)?);
        }
    }
    if let Some(explicit) = tbs.optional(tag::context(0))? {
        let mut extensions = explicit.reader().sequence()?;
        while !extensions.is_empty() {
            let (_, critical, _) = read_extension(&mut extensions)?;
            unknown_critical |= critical;
        }
    }
    tbs.finish()?;
    Ok(Fields {
        tbs: tbs_element.range(),
        issuer,
        this_update,
        next_update,
        entries,
        unknown_critical,
        scheme: agreed(&algorithm, &inner_algorithm),
        signature,
        memo: Memo::default(),
        der: der.to_vec(),
    })
}

fn parse_entry(entry: &mut Reader<'_>, unknown_critical: &mut bool) -> Result<Revocation, Error> {
    let serial = entry.expect(tag::INTEGER)?.content().to_vec();
    let revoked_at = entry.time()?;
    let (mut reason, mut invalid_since) = (RevocationReason::Unspecified, None);
    if let Some(extensions) = entry.optional(tag::SEQUENCE)? {
        let mut extensions = extensions.reader();
        while !extensions.is_empty() {
            entry_extension(&mut extensions, &mut reason, &mut invalid_since, unknown_critical)?;
        }
    }
    entry.finish()?;
    Ok(Revocation {
        serial,
        revoked_at,
        reason,
        invalid_since,
    })
}

/// One extension of an entry, or of what an OCSP responder says in place of one (RFC 6960 §4.4.5).
pub(super) fn entry_extension(
    extensions: &mut Reader<'_>,
    reason: &mut RevocationReason,
    invalid_since: &mut Option<Timestamp>,
    unknown_critical: &mut bool,
) -> Result<(), Error> {
    let (kind, critical, mut content) = read_extension(extensions)?;
    match kind {
        oid::CRL_REASON => match content.expect(tag::ENUMERATED)?.content() {
            [code] => *reason = RevocationReason::from_code(*code),
            _ => return Err(Error::InvalidContent),
        },
        oid::INVALIDITY_DATE => *invalid_since = Some(content.time()?),
        _ => *unknown_critical |= critical,
    }
    Ok(())
}
