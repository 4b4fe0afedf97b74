//! X.509 certificates with SM2 (GB/T 20518) and ECDSA: reading, issuing, revoking.

mod issue;
mod memo;
mod name;
mod ocsp;
mod parse;
mod revocation;

use std::{fmt, ops::Range, sync::Arc};

use jiff::Timestamp;

pub(crate) use issue::algorithm_identifier;
pub use issue::{Authority, IssueError, Marking, Profile, Request, Subject, Validity};
pub use name::Name;
pub use ocsp::{OcspResponse, OcspStatement};
pub use revocation::{Revocation, RevocationList, RevocationReason};

use crate::{
    asn1::{Error, Oid},
    key::{PublicKey, VerifyingKey},
    oid,
    scheme::{Scheme, Unusable},
    signature::InvalidSignature,
};

/// No certificate or revocation list in use comes near this size.
pub const MAX_CERTIFICATE_LENGTH: usize = 64 * 1024;

/// The bits of a keyUsage extension.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct KeyUsage(u16);

impl KeyUsage {
    /// digitalSignature
    pub const DIGITAL_SIGNATURE: Self = Self(1 << 15);
    /// nonRepudiation, also called contentCommitment
    pub const NON_REPUDIATION: Self = Self(1 << 14);
    /// keyCertSign
    pub const KEY_CERT_SIGN: Self = Self(1 << 10);
    /// cRLSign
    pub const CRL_SIGN: Self = Self(1 << 9);

    /// Both sets together.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether any bit of `other` is set here.
    #[must_use]
    pub const fn allows_any(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether every bit of `other` is set here.
    #[must_use]
    pub const fn allows_all(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// The content of a basicConstraints extension.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct BasicConstraints {
    /// Whether the subject may issue certificates.
    pub authority: bool,
    /// How many certificates that are not self-issued may stand between the subject and a leaf.
    pub path_length: Option<u32>,
}

/// A certificate with the bytes it was read from. Cheap to clone.
#[derive(Clone)]
pub struct Certificate(Arc<Fields>);

struct Fields {
    der: Vec<u8>,
    tbs: Range<usize>,
    serial: Vec<u8>,
    issuer: Name,
    not_before: Timestamp,
    not_after: Timestamp,
    subject: Name,
    spki: Range<usize>,
    key: Result<VerifyingKey, Unusable>,
    key_usage: Option<KeyUsage>,
    extended_key_usage: Option<Vec<Oid>>,
    purpose_critical: bool,
    basic_constraints: Option<BasicConstraints>,
    policies: Option<Vec<Oid>>,
    authority_key_id: Option<Vec<u8>>,
    subject_key_id: Option<Vec<u8>>,
    crl_locations: Vec<String>,
    unknown_critical: bool,
    scheme: Result<Scheme, Unusable>,
    signature: Range<usize>,
    memo: memo::Memo,
}

impl Certificate {
    /// Reads a certificate. It is kept as it stands; nothing after it is accepted.
    pub fn from_der(der: &[u8]) -> Result<Self, Error> {
        parse::certificate(der).map(|fields| Self(Arc::new(fields)))
    }

    /// Reads the first certificate of a PEM text.
    pub fn from_pem(pem: &str) -> Result<Self, Error> {
        Self::all_from_pem(pem)?
            .into_iter()
            .next()
            .ok_or(Error::Truncated)
    }

    /// Reads every certificate of a PEM text, in its order.
    pub fn all_from_pem(pem: &str) -> Result<Vec<Self>, Error> {
        parse::pem_blocks(pem, "CERTIFICATE")?
            .iter()
            .map(|der| Self::from_der(der))
            .collect()
    }

    /// The certificate as PEM.
    #[must_use]
    pub fn to_pem(&self) -> String {
        parse::to_pem("CERTIFICATE", &self.0.der)
    }

    /// The original bytes.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.0.der
    }

    /// The bytes that the issuer signed.
    #[must_use]
    pub fn tbs(&self) -> &[u8] {
        self.slice(&self.0.tbs)
    }

    /// Whom the certificate is for.
    #[must_use]
    pub fn subject(&self) -> &Name {
        &self.0.subject
    }

    /// Who issued it.
    #[must_use]
    pub fn issuer(&self) -> &Name {
        &self.0.issuer
    }

    /// The serial number: content of its INTEGER, as it stands.
    #[must_use]
    pub fn serial(&self) -> &[u8] {
        &self.0.serial
    }

    /// The first instant of validity.
    #[must_use]
    pub fn not_before(&self) -> Timestamp {
        self.0.not_before
    }

    /// The last instant of validity.
    #[must_use]
    pub fn not_after(&self) -> Timestamp {
        self.0.not_after
    }

    /// Whether `at` lies within the validity, both ends included.
    #[must_use]
    pub fn is_valid_at(&self, at: Timestamp) -> bool {
        self.0.not_before <= at && at <= self.0.not_after
    }

    /// The subject's key, if it is one that this crate also signs with.
    #[must_use]
    pub fn public_key(&self) -> Option<&PublicKey> {
        self.0.key.as_ref().ok().and_then(VerifyingKey::own)
    }

    /// The subject's key, or why nothing may be verified with it.
    pub fn verifying_key(&self) -> Result<&VerifyingKey, Unusable> {
        self.0.key.as_ref().map_err(|fault| *fault)
    }

    /// The subject's key as it stands (`SubjectPublicKeyInfo`).
    #[must_use]
    pub fn spki(&self) -> &[u8] {
        self.slice(&self.0.spki)
    }

    /// keyUsage, if present.
    #[must_use]
    pub fn key_usage(&self) -> Option<KeyUsage> {
        self.0.key_usage
    }

    /// extKeyUsage, if present.
    #[must_use]
    pub fn extended_key_usage(&self) -> Option<&[Oid]> {
        self.0.extended_key_usage.as_deref()
    }

    /// Whether extKeyUsage is marked critical.
    #[must_use]
    pub fn has_critical_purpose(&self) -> bool {
        self.0.purpose_critical
    }

    /// basicConstraints, if present.
    #[must_use]
    pub fn basic_constraints(&self) -> Option<BasicConstraints> {
        self.0.basic_constraints
    }

    /// Whether the subject may issue certificates.
    #[must_use]
    pub fn is_authority(&self) -> bool {
        self.0
            .basic_constraints
            .is_some_and(|constraints| constraints.authority)
    }

    /// certificatePolicies, if present.
    #[must_use]
    pub fn policies(&self) -> Option<&[Oid]> {
        self.0.policies.as_deref()
    }

    /// Whether the certificate says of itself that it is a specimen.
    #[must_use]
    pub fn is_specimen(&self) -> bool {
        self.policies()
            .is_some_and(|policies| policies.contains(&oid::SPECIMEN_POLICY))
    }

    /// Key identifier of the issuer, if given.
    #[must_use]
    pub fn authority_key_id(&self) -> Option<&[u8]> {
        self.0.authority_key_id.as_deref()
    }

    /// Key identifier of the subject, if given.
    #[must_use]
    pub fn subject_key_id(&self) -> Option<&[u8]> {
        self.0.subject_key_id.as_deref()
    }

    /// Where the issuer says its revocation lists are. Verifiers never follow them.
    #[must_use]
    pub fn crl_locations(&self) -> &[String] {
        &self.0.crl_locations
    }

    /// Whether a critical extension is present that this crate does not process.
    #[must_use]
    pub fn has_unknown_critical_extension(&self) -> bool {
        self.0.unknown_critical
    }

    /// How the issuer signed, or why that proves nothing. The two places that name the algorithm must agree
    /// (RFC 5280 §4.1.1.2).
    pub fn signature_scheme(&self) -> Result<Scheme, Unusable> {
        self.0.scheme
    }

    /// Whether subject and issuer are the same name.
    #[must_use]
    pub fn is_self_issued(&self) -> bool {
        self.0.subject == self.0.issuer
    }

    /// Verifies the issuer's signature.
    pub fn verify_signature(&self, issuer: &VerifyingKey) -> Result<(), InvalidSignature> {
        self.0.memo.check(issuer, || {
            let scheme = self.0.scheme.map_err(|_| InvalidSignature)?;
            issuer.verify(scheme, &[self.tbs()], self.slice(&self.0.signature))
        })
    }

    fn slice(&self, range: &Range<usize>) -> &[u8] {
        self.0.der.get(range.clone()).unwrap_or_default()
    }
}

impl PartialEq for Certificate {
    fn eq(&self, other: &Self) -> bool {
        self.0.der == other.0.der
    }
}

impl Eq for Certificate {}

/// Shows the serial number only: a subject may be a person.
impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Certificate(")?;
        for byte in self.serial() {
            write!(f, "{byte:02x}")?;
        }
        f.write_str(")")
    }
}
