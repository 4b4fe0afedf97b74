//! The keys of others, with which this crate only verifies.

use std::{fmt, sync::Arc};

use aws_lc_rs::{
    digest,
    signature::{
        ECDSA_P384_SHA256_ASN1, ECDSA_P384_SHA384_ASN1, ECDSA_P521_SHA256_ASN1, ECDSA_P521_SHA384_ASN1,
        ECDSA_P521_SHA512_ASN1, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384,
        RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA256, RSA_PSS_2048_8192_SHA384,
        RSA_PSS_2048_8192_SHA512, RsaParameters, RsaPssSaltLength, VerificationAlgorithm,
    },
};

use super::{Algorithm, PublicKey, Verifier as _};
use crate::{
    asn1::{Error, Oid, Reader, tag},
    oid,
    scheme::{Hash, Scheme, Unusable, no_parameters, pss},
    signature::{InvalidSignature, Signature},
};

/// The shortest RSA modulus whose signatures prove anything (GM/T 0034 and NIST SP 800-131A ask for as much).
pub const MIN_RSA_BITS: usize = 2048;
/// The longest RSA modulus that is verified with.
pub const MAX_RSA_BITS: usize = 4096;
/// RSA exponents lie between 2^16 and 2^32 (FIPS 186-5 §A.1.1 for the lower bound): with 1 everybody signs, with 3
/// whoever finds a verifier that reads paddings loosely.
const RSA_EXPONENTS: std::ops::RangeInclusive<u64> = 65_537..=u32::MAX as u64;

/// A key of anybody, fit to verify with. Cheap to clone.
#[derive(Clone)]
pub struct VerifyingKey(Kind);

#[derive(Clone)]
enum Kind {
    /// One of the curves that this crate also signs on.
    Own(PublicKey),
    Other(Arc<Other>),
}

struct Other {
    spki: Vec<u8>,
    curve_or_modulus: Foreign,
}

enum Foreign {
    /// SEC 1 point.
    P384(Vec<u8>),
    /// SEC 1 point.
    P521(Vec<u8>),
    Rsa(Rsa),
}

/// An RSA key, whose owner may have said what it signs with (RFC 4055 §1.2).
struct Rsa {
    /// `RSAPublicKey`
    der: Vec<u8>,
    bits: usize,
    only: Only,
}

enum Only {
    Any,
    Pss,
    /// This digest, and a salt of at least this length.
    PssWith(Hash, u16),
}

impl VerifyingKey {
    /// Reads a `SubjectPublicKeyInfo`.
    ///
    /// # Errors
    /// Why nothing may be verified with it.
    pub fn from_spki(der: &[u8]) -> Result<Self, Unusable> {
        let malformed = |_: Error| Unusable::MalformedKey;
        let mut outer = Reader::new(der);
        let mut spki = outer.sequence().map_err(malformed)?;
        outer.finish().map_err(malformed)?;
        let mut algorithm = spki.sequence().map_err(malformed)?;
        let kind = algorithm.oid().map_err(malformed)?;
        let bits = spki
            .expect(tag::BIT_STRING)
            .and_then(|bits| bits.bits())
            .map_err(malformed)?;
        spki.finish().map_err(malformed)?;
        let other = match kind {
            oid::EC_PUBLIC_KEY => match curve(&mut algorithm)? {
                oid::SM2_CURVE | oid::P256 => {
                    let own = PublicKey::from_spki(der).map_err(|_| Unusable::MalformedKey)?;
                    return Ok(own.into());
                }
                oid::P384 => Foreign::P384(point(bits, &ECDSA_P384_SHA384_ASN1)?),
                oid::P521 => Foreign::P521(point(bits, &ECDSA_P521_SHA512_ASN1)?),
                _ => return Err(Unusable::Unknown),
            },
            oid::RSA_ENCRYPTION => {
                no_parameters(&mut algorithm)?;
                Foreign::Rsa(Rsa::read(bits, Only::Any)?)
            }
            oid::RSA_PSS => {
                let only = match algorithm.peek() {
                    None => Only::Pss,
                    Some(_) => match pss(&mut algorithm)? {
                        Scheme::RsaPss { hash, salt } => Only::PssWith(hash, salt),
                        _ => return Err(Unusable::Parameters),
                    },
                };
                Foreign::Rsa(Rsa::read(bits, only)?)
            }
            _ => return Err(Unusable::of(kind)),
        };
        Ok(Self(Kind::Other(Arc::new(Other {
            spki: der.to_vec(),
            curve_or_modulus: other,
        }))))
    }

    /// The same key as one that this crate also signs with, if it is on one of its two curves.
    #[must_use]
    pub const fn own(&self) -> Option<&PublicKey> {
        match &self.0 {
            Kind::Own(own) => Some(own),
            Kind::Other(_) => None,
        }
    }

    /// Verifies a signature over the concatenation of `message`.
    ///
    /// # Errors
    /// If it does not hold, or key and scheme are not for each other.
    pub fn verify(
        &self,
        scheme: Scheme,
        message: &[&[u8]],
        signature: &[u8],
    ) -> Result<(), InvalidSignature> {
        match (&self.0, scheme) {
            (Kind::Own(own), scheme) => verify_own(own, scheme, message, signature),
            (Kind::Other(other), scheme) => {
                let hash = scheme.hash().ok_or(InvalidSignature)?;
                other.curve_or_modulus.verify(scheme, hash, message, signature)
            }
        }
    }

    /// Kind and size, as people know them: `RSA-3072`.
    #[must_use]
    pub fn description(&self) -> String {
        match &self.0 {
            Kind::Own(own) => match own.algorithm() {
                Algorithm::Sm2WithSm3 => "SM2".to_owned(),
                Algorithm::EcdsaP256Sha256 => "ECDSA-P256".to_owned(),
            },
            Kind::Other(other) => match &other.curve_or_modulus {
                Foreign::P384(_) => "ECDSA-P384".to_owned(),
                Foreign::P521(_) => "ECDSA-P521".to_owned(),
                Foreign::Rsa(rsa) => format!("RSA-{}", rsa.bits),
            },
        }
    }
}

impl From<PublicKey> for VerifyingKey {
    fn from(own: PublicKey) -> Self {
        Self(Kind::Own(own))
    }
}

impl PartialEq for VerifyingKey {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Kind::Own(one), Kind::Own(other)) => one == other,
            (Kind::Other(one), Kind::Other(other)) => one.spki == other.spki,
            _ => false,
        }
    }
}

impl Eq for VerifyingKey {}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifyingKey({})", self.description())
    }
}

/// The name of a curve; one that is described instead is refused.
fn curve(algorithm: &mut Reader<'_>) -> Result<Oid, Unusable> {
    let name = match algorithm.peek() {
        Some(tag::OBJECT_IDENTIFIER) => algorithm.oid().map_err(|_| Unusable::MalformedKey)?,
        Some(tag::SEQUENCE) => return Err(Unusable::ExplicitCurve),
        _ => return Err(Unusable::Parameters),
    };
    algorithm.finish().map_err(|_| Unusable::Parameters)?;
    Ok(name)
}

/// A point in SEC 1 encoding that is on its curve.
fn point(bits: &[u8], curve: &'static dyn VerificationAlgorithm) -> Result<Vec<u8>, Unusable> {
    match ParsedPublicKey::new(curve, bits) {
        Ok(_) => Ok(bits.to_vec()),
        Err(_) => Err(Unusable::MalformedKey),
    }
}

impl Rsa {
    fn read(der: &[u8], only: Only) -> Result<Self, Unusable> {
        let malformed = |_: Error| Unusable::MalformedKey;
        let mut outer = Reader::new(der);
        let mut numbers = outer.sequence().map_err(malformed)?;
        outer.finish().map_err(malformed)?;
        let mut number = || {
            let content = numbers.expect(tag::INTEGER).map_err(malformed)?.content();
            match content.first() {
                Some(first) if first & 0x80 == 0 => {
                    let zeros = content.iter().take_while(|byte| **byte == 0).count();
                    Ok(content.get(zeros..).unwrap_or_default())
                }
                _ => Err(Unusable::MalformedKey),
            }
        };
        let (modulus, exponent) = (number()?, number()?);
        numbers.finish().map_err(malformed)?;
        let bits = length(modulus);
        if bits < MIN_RSA_BITS {
            return Err(Unusable::SmallKey);
        }
        if bits > MAX_RSA_BITS {
            return Err(Unusable::LargeKey);
        }
        let value = exponent
            .iter()
            .fold(0, |value: u64, byte| value << 8 | u64::from(*byte));
        if exponent.len() > 8 || value % 2 == 0 || !RSA_EXPONENTS.contains(&value) {
            return Err(Unusable::Exponent);
        }
        match ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, der) {
            Ok(_) => Ok(Self {
                der: der.to_vec(),
                bits,
                only,
            }),
            Err(_) => Err(Unusable::MalformedKey),
        }
    }

    fn parameters(&self, scheme: Scheme) -> Option<RsaParameters> {
        match (scheme, &self.only) {
            (Scheme::RsaPkcs1(hash), Only::Any) => Some(match hash {
                Hash::Sha256 => RSA_PKCS1_2048_8192_SHA256,
                Hash::Sha384 => RSA_PKCS1_2048_8192_SHA384,
                Hash::Sha512 => RSA_PKCS1_2048_8192_SHA512,
            }),
            (Scheme::RsaPss { hash, salt }, only) if only.allows(hash, salt) => {
                let parameters = match hash {
                    Hash::Sha256 => RSA_PSS_2048_8192_SHA256,
                    Hash::Sha384 => RSA_PSS_2048_8192_SHA384,
                    Hash::Sha512 => RSA_PSS_2048_8192_SHA512,
                };
                Some(parameters.with_pss_salt_length(RsaPssSaltLength::Custom(salt)))
            }
            _ => None,
        }
    }
}

impl Only {
    fn allows(&self, hash: Hash, salt: u16) -> bool {
        match self {
            Self::Any | Self::Pss => true,
            Self::PssWith(only, shortest) => *only == hash && salt >= *shortest,
        }
    }
}

impl Foreign {
    fn verify(
        &self,
        scheme: Scheme,
        hash: Hash,
        message: &[&[u8]],
        signature: &[u8],
    ) -> Result<(), InvalidSignature> {
        let digest = hashed(hash, message);
        let holds = match (self, scheme) {
            (Self::P384(point), Scheme::Ecdsa(hash)) => match hash {
                Hash::Sha256 => ECDSA_P384_SHA256_ASN1.verify_digest_sig(point, &digest, signature),
                Hash::Sha384 => ECDSA_P384_SHA384_ASN1.verify_digest_sig(point, &digest, signature),
                // Only the leftmost bits of a digest longer than the order count (FIPS 186-5 §6.4.2).
                Hash::Sha512 => {
                    let digest = shortened(&digest, &digest::SHA384)?;
                    ECDSA_P384_SHA384_ASN1.verify_digest_sig(point, &digest, signature)
                }
            },
            (Self::P521(point), Scheme::Ecdsa(hash)) => match hash {
                Hash::Sha256 => ECDSA_P521_SHA256_ASN1.verify_digest_sig(point, &digest, signature),
                Hash::Sha384 => ECDSA_P521_SHA384_ASN1.verify_digest_sig(point, &digest, signature),
                Hash::Sha512 => ECDSA_P521_SHA512_ASN1.verify_digest_sig(point, &digest, signature),
            },
            (Self::Rsa(rsa), scheme) => {
                let parameters = rsa.parameters(scheme).ok_or(InvalidSignature)?;
                parameters.verify_digest_sig(&rsa.der, &digest, signature)
            }
            _ => return Err(InvalidSignature),
        };
        holds.map_err(|_| InvalidSignature)
    }
}

fn verify_own(
    own: &PublicKey,
    scheme: Scheme,
    message: &[&[u8]],
    signature: &[u8],
) -> Result<(), InvalidSignature> {
    let signature = Signature::parse(own.algorithm(), signature)?;
    match (own.algorithm(), scheme) {
        (Algorithm::Sm2WithSm3, Scheme::Sm2WithSm3)
        | (Algorithm::EcdsaP256Sha256, Scheme::Ecdsa(Hash::Sha256)) => {
            let mut digester = own.digester();
            message.iter().for_each(|piece| digester.update(piece));
            own.verify_digest(&digester.finish(), &signature)
        }
        (Algorithm::EcdsaP256Sha256, Scheme::Ecdsa(hash)) => {
            let digest = hashed(hash, message);
            let leftmost = digest.as_ref().first_chunk().ok_or(InvalidSignature)?;
            own.verify_digest(leftmost, &signature)
        }
        _ => Err(InvalidSignature),
    }
}

fn hashed(hash: Hash, message: &[&[u8]]) -> digest::Digest {
    let mut state = digest::Context::new(match hash {
        Hash::Sha256 => &digest::SHA256,
        Hash::Sha384 => &digest::SHA384,
        Hash::Sha512 => &digest::SHA512,
    });
    message.iter().for_each(|piece| state.update(piece));
    state.finish()
}

fn shortened(
    digest: &digest::Digest,
    to: &'static digest::Algorithm,
) -> Result<digest::Digest, InvalidSignature> {
    let leftmost = digest.as_ref().get(..to.output_len()).ok_or(InvalidSignature)?;
    digest::Digest::import_less_safe(leftmost, to).map_err(|_| InvalidSignature)
}

/// Of a number without leading zero bytes.
fn length(number: &[u8]) -> usize {
    let top = number.first().map_or(0, |first| first.leading_zeros() as usize);
    (number.len() * 8).saturating_sub(top)
}
