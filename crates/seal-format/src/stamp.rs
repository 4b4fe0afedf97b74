//! Signing documents with a seal.
//!
//! A `TBS_Sign` holds the whole seal, which for every document is the same 20 KB. [`Stamp`] keeps the encoded prefix
//! and the SM3 midstate of Z ‖ prefix, so that a document costs the digest of its last hundred bytes. That needs a
//! constant length after the seal: GeneralizedTime in its 15-byte form and a fixed propertyInfo.

use gm::{
    Algorithm, Certificate, Signature,
    asn1::{generalized_time, header, length_of_length, tag},
    key::Digester,
    oid,
};
use jiff::Timestamp;

use crate::{Listed, Seal, Version};

/// Encoded lengths after the seal: GeneralizedTime and the BIT STRING of an SM3 digest.
const TIME_LENGTH: usize = 2 + 15;
const HASH_LENGTH: usize = 2 + 33;

/// Why a document was not signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StampError {
    /// The seal does not list the certificate: it must be made anew after a certificate was replaced.
    #[error("the seal does not list the signer's certificate")]
    SignerNotListed,
    /// Only versions 4 and 5 are written, with SM2 keys.
    #[error("version or key cannot be written")]
    Unsupported,
    /// propertyInfo is not an absolute path of printable ASCII.
    #[error("the protected part is named by an absolute path")]
    PropertyInfo,
    /// The instant is outside the validity of the seal.
    #[error("outside the validity of the seal")]
    OutsideSealValidity,
    /// The instant is outside the validity of the signer's certificate.
    #[error("outside the validity of the signer's certificate")]
    OutsideCertificateValidity,
    /// The signature does not belong to the signer's certificate's algorithm.
    #[error("signature of another algorithm")]
    Algorithm,
}

/// A seal ready to sign documents with one certificate.
#[derive(Clone, Debug)]
pub struct Stamp {
    seal: Seal,
    signer: Certificate,
    /// Header of `TBS_Sign`, version, seal.
    prefix: Vec<u8>,
    /// SM3 of Z ‖ prefix.
    midstate: Digester,
    /// Element propertyInfo.
    property: Vec<u8>,
    /// Elements cert and signatureAlgID.
    signatory: Vec<u8>,
}

impl Stamp {
    /// Prepares a seal for `signer`. `property_info` is the absolute path of `Signature.xml` in every document.
    pub fn new(seal: &Seal, signer: &Certificate, property_info: &str) -> Result<Self, StampError> {
        let key = signer
            .public_key()
            .filter(|key| key.algorithm() == Algorithm::Sm2WithSm3);
        let key = key
            .filter(|_| seal.version() != Version::V1)
            .ok_or(StampError::Unsupported)?;
        if !property_info.starts_with('/') || !property_info.chars().all(|c| c.is_ascii_graphic()) {
            return Err(StampError::PropertyInfo);
        }
        if !lists(seal, signer) {
            return Err(StampError::SignerNotListed);
        }
        let mut property = Vec::new();
        header(&mut property, tag::IA5_STRING, property_info.len());
        property.extend_from_slice(property_info.as_bytes());
        let mut version = Vec::new();
        header(&mut version, tag::INTEGER, 1);
        version.push(seal.version().number().to_le_bytes()[0]);

        let content = version.len() + seal.der().len() + TIME_LENGTH + HASH_LENGTH + property.len();
        let mut prefix = Vec::with_capacity(8 + seal.der().len());
        header(&mut prefix, tag::SEQUENCE, content);
        prefix.extend_from_slice(&version);
        prefix.extend_from_slice(seal.der());
        let mut midstate = key.digester();
        midstate.update(&prefix);

        let mut signatory = Vec::new();
        header(&mut signatory, tag::OCTET_STRING, signer.der().len());
        signatory.extend_from_slice(signer.der());
        let algorithm = oid::SM2_WITH_SM3;
        header(
            &mut signatory,
            tag::OBJECT_IDENTIFIER,
            algorithm.as_content().len(),
        );
        signatory.extend_from_slice(algorithm.as_content());
        Ok(Self {
            seal: seal.clone(),
            signer: signer.clone(),
            prefix,
            midstate,
            property,
            signatory,
        })
    }

    /// The seal.
    #[must_use]
    pub const fn seal(&self) -> &Seal {
        &self.seal
    }

    /// The certificate that signs.
    #[must_use]
    pub const fn signer(&self) -> &Certificate {
        &self.signer
    }

    /// What is to be signed for one document: `data_hash` is the SM3 digest of its `Signature.xml`.
    pub fn tbs(&self, at: Timestamp, data_hash: &[u8; 32]) -> Result<TbsSign<'_>, StampError> {
        if at < self.seal.valid_from() || at > self.seal.valid_until() {
            return Err(StampError::OutsideSealValidity);
        }
        if !self.signer.is_valid_at(at) {
            return Err(StampError::OutsideCertificateValidity);
        }
        let time = generalized_time(at);
        let mut suffix = Vec::with_capacity(TIME_LENGTH + HASH_LENGTH + self.property.len());
        header(&mut suffix, tag::GENERALIZED_TIME, time.len());
        suffix.extend_from_slice(time.as_bytes());
        header(&mut suffix, tag::BIT_STRING, 33);
        suffix.push(0);
        suffix.extend_from_slice(data_hash);
        suffix.extend_from_slice(&self.property);
        Ok(TbsSign { stamp: self, suffix })
    }
}

/// A `TBS_Sign` (domain §4.6) of one document.
#[derive(Clone, Debug)]
pub struct TbsSign<'a> {
    stamp: &'a Stamp,
    /// timeInfo, dataHash, propertyInfo.
    suffix: Vec<u8>,
}

impl TbsSign<'_> {
    /// The digest that the signer's key signs: SM3 of Z ‖ DER.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        let mut digester = self.stamp.midstate.clone();
        digester.update(&self.suffix);
        digester.finish()
    }

    /// The bytes themselves, for signers that take messages.
    #[must_use]
    pub fn to_der(&self) -> Vec<u8> {
        [self.stamp.prefix.as_slice(), &self.suffix].concat()
    }

    /// The signed seal (`SES_Signature`): the bytes of `SignedValue.dat`.
    pub fn finish(&self, signature: &Signature) -> Result<Vec<u8>, StampError> {
        if signature.algorithm() != Algorithm::Sm2WithSm3 {
            return Err(StampError::Algorithm);
        }
        let value = signature.to_der();
        let parts = [self.stamp.prefix.as_slice(), &self.suffix, &self.stamp.signatory];
        let bits = 1 + value.len();
        let content = parts.iter().map(|part| part.len()).sum::<usize>() + 1 + length_of_length(bits) + bits;
        let mut out = Vec::with_capacity(1 + length_of_length(content) + content);
        header(&mut out, tag::SEQUENCE, content);
        for part in parts {
            out.extend_from_slice(part);
        }
        header(&mut out, tag::BIT_STRING, bits);
        out.push(0);
        out.extend_from_slice(&value);
        Ok(out)
    }
}

/// Whether a seal lists a certificate: byte for byte, or by its SM3 or SHA-256 digest.
pub(crate) fn lists(seal: &Seal, signer: &Certificate) -> bool {
    match seal.listed() {
        Listed::Certificates(certificates) => certificates.contains(&signer.der()),
        Listed::Digests(digests) => {
            let (sm3, sha256) = (
                Algorithm::Sm2WithSm3.digest(signer.der()),
                Algorithm::EcdsaP256Sha256.digest(signer.der()),
            );
            digests.iter().any(|(kind, value)| match digest_kind(kind) {
                Some(Algorithm::Sm2WithSm3) => **value == sm3,
                Some(Algorithm::EcdsaP256Sha256) => **value == sha256,
                None => false,
            })
        }
    }
}

/// Whether a seal lists digests only, none of which this crate can compute.
pub(crate) fn lists_unknown_digests(seal: &Seal) -> bool {
    match seal.listed() {
        Listed::Certificates(_) => false,
        Listed::Digests(digests) => digests.iter().all(|(kind, _)| digest_kind(kind).is_none()),
    }
}

/// ObjType is free text in the standard: names and identifiers both occur.
fn digest_kind(kind: &str) -> Option<Algorithm> {
    match kind.to_ascii_uppercase().as_str() {
        "SM3" | "1.2.156.10197.1.401" | "1.2.156.10197.1.401.1" => Some(Algorithm::Sm2WithSm3),
        "SHA256" | "SHA-256" | "2.16.840.1.101.3.4.2.1" => Some(Algorithm::EcdsaP256Sha256),
        _ => None,
    }
}
