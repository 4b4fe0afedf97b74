//! How others sign: the schemes that are verified here and never made (RFC 4055, RFC 4056, RFC 5480, RFC 5758).

use crate::{
    asn1::{Element, Oid, Reader, tag},
    key::Algorithm,
    oid,
};

/// A digest of the SHA-2 family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Hash {
    /// SHA-256
    Sha256,
    /// SHA-384
    Sha384,
    /// SHA-512
    Sha512,
}

impl Hash {
    const ALL: [Self; 3] = [Self::Sha256, Self::Sha384, Self::Sha512];

    /// Its identifier.
    #[must_use]
    pub const fn oid(self) -> Oid {
        match self {
            Self::Sha256 => oid::SHA256,
            Self::Sha384 => oid::SHA384,
            Self::Sha512 => oid::SHA512,
        }
    }

    /// The digest with this identifier; the reason if it is none of these.
    pub(crate) fn from_oid(wanted: Oid) -> Result<Self, Unusable> {
        let found = Self::ALL.into_iter().find(|hash| hash.oid() == wanted);
        found.ok_or_else(|| Unusable::of(wanted))
    }

    /// Its length in bytes.
    #[must_use]
    pub const fn length(self) -> u16 {
        match self {
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }
}

/// A signature scheme with everything that its parameters choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// SM2 with SM3 and the default identity.
    Sm2WithSm3,
    /// ECDSA on whichever curve the key is.
    Ecdsa(Hash),
    /// RSASSA-PKCS1-v1_5.
    RsaPkcs1(Hash),
    /// RSASSA-PSS, with MGF1 over the same digest.
    RsaPss {
        /// The digest of message and mask.
        hash: Hash,
        /// Length of the salt in bytes.
        salt: u16,
    },
}

/// Why an algorithm or a key is not made use of: a stable reason for a finding that cannot say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Unusable {
    /// Anybody can forge what it proves, whoever it belongs to.
    #[error("weak_algorithm")]
    Weak,
    /// It is none that this crate knows.
    #[error("unsupported_algorithm")]
    Unknown,
    /// It is known, and its parameters are not.
    #[error("unsupported_parameters")]
    Parameters,
    /// The places that name the algorithm name different ones.
    #[error("algorithms_differ")]
    Differing,
    /// An RSA modulus of less than [`crate::key::MIN_RSA_BITS`].
    #[error("key_too_small")]
    SmallKey,
    /// An RSA modulus of more than [`crate::key::MAX_RSA_BITS`], which costs whoever verifies more than it may.
    #[error("key_too_large")]
    LargeKey,
    /// An RSA exponent with which signing is easy, or verifying is dear.
    #[error("key_exponent_unsound")]
    Exponent,
    /// A curve by its parameters instead of its name: whoever chooses them can forge (CVE-2020-0601).
    #[error("curve_parameters_explicit")]
    ExplicitCurve,
    /// The key is no number, or no point of its curve.
    #[error("key_malformed")]
    MalformedKey,
}

impl Unusable {
    /// The name of the reason.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Weak => "weak_algorithm",
            Self::Unknown => "unsupported_algorithm",
            Self::Parameters => "unsupported_parameters",
            Self::Differing => "algorithms_differ",
            Self::SmallKey => "key_too_small",
            Self::LargeKey => "key_too_large",
            Self::Exponent => "key_exponent_unsound",
            Self::ExplicitCurve => "curve_parameters_explicit",
            Self::MalformedKey => "key_malformed",
        }
    }

    /// Why an algorithm that is none of ours is not made use of.
    pub(crate) fn of(algorithm: Oid) -> Self {
        if oid::BROKEN.contains(&algorithm) {
            Self::Weak
        } else {
            Self::Unknown
        }
    }
}

impl Scheme {
    /// Reads an `AlgorithmIdentifier` that names digest and signature together, as certificates have it.
    pub(crate) fn combined(identifier: &Element<'_>) -> Result<Self, Unusable> {
        let mut fields = identifier.reader();
        let kind = fields.oid().map_err(|_| Unusable::Unknown)?;
        if kind == oid::SM2_WITH_SM3 {
            return Ok(Self::Sm2WithSm3);
        }
        if kind == oid::RSA_PSS {
            return pss(&mut fields);
        }
        let (scheme, _) = COMBINED
            .iter()
            .find(|(_, name)| *name == kind)
            .ok_or_else(|| Unusable::of(kind))?;
        no_parameters(&mut fields).map(|()| *scheme)
    }

    /// Reads what a `SignerInfo` states: the digest here and the signature there. Both the combined identifiers and
    /// those of the key alone occur.
    pub(crate) fn of_signer(digest: Oid, identifier: &Element<'_>) -> Result<Self, Unusable> {
        if oid::BROKEN.contains(&digest) {
            return Err(Unusable::Weak);
        }
        let mut fields = identifier.reader();
        let kind = fields.oid().map_err(|_| Unusable::Unknown)?;
        let sm3 = digest == oid::SM3 || digest == oid::SM3_WITHOUT_KEY;
        match kind {
            oid::SM2_WITH_SM3 | oid::SM2_SIGN | oid::SM2_CURVE if sm3 => Ok(Self::Sm2WithSm3),
            oid::EC_PUBLIC_KEY => Hash::from_oid(digest).map(Self::Ecdsa),
            oid::RSA_ENCRYPTION => {
                no_parameters(&mut fields)?;
                Hash::from_oid(digest).map(Self::RsaPkcs1)
            }
            _ => {
                let scheme = Self::combined(identifier)?;
                if scheme.hash().is_some_and(|hash| hash.oid() == digest) {
                    Ok(scheme)
                } else {
                    Err(Unusable::Differing)
                }
            }
        }
    }

    /// The digest, if it is of the SHA-2 family.
    #[must_use]
    pub const fn hash(self) -> Option<Hash> {
        match self {
            Self::Sm2WithSm3 => None,
            Self::Ecdsa(hash) | Self::RsaPkcs1(hash) | Self::RsaPss { hash, .. } => Some(hash),
        }
    }

    /// The scheme as the trade calls it: `RSA-PSS-SHA256`.
    #[must_use]
    pub fn description(self) -> String {
        let hash = |hash: Hash| u32::from(hash.length()) * 8;
        match self {
            Self::Sm2WithSm3 => "SM2-SM3".to_owned(),
            Self::Ecdsa(with) => format!("ECDSA-SHA{}", hash(with)),
            Self::RsaPkcs1(with) => format!("RSA-SHA{}", hash(with)),
            Self::RsaPss { hash: with, .. } => format!("RSA-PSS-SHA{}", hash(with)),
        }
    }

    /// The same as one of the algorithms that this crate signs with, for a key on P-256 or the SM2 curve.
    #[must_use]
    pub const fn own(self) -> Option<Algorithm> {
        match self {
            Self::Sm2WithSm3 => Some(Algorithm::Sm2WithSm3),
            Self::Ecdsa(Hash::Sha256) => Some(Algorithm::EcdsaP256Sha256),
            Self::Ecdsa(_) | Self::RsaPkcs1(_) | Self::RsaPss { .. } => None,
        }
    }
}

impl From<Algorithm> for Scheme {
    fn from(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::Sm2WithSm3 => Self::Sm2WithSm3,
            Algorithm::EcdsaP256Sha256 => Self::Ecdsa(Hash::Sha256),
        }
    }
}

const COMBINED: &[(Scheme, Oid)] = &[
    (Scheme::Ecdsa(Hash::Sha256), oid::ECDSA_WITH_SHA256),
    (Scheme::Ecdsa(Hash::Sha384), oid::ECDSA_WITH_SHA384),
    (Scheme::Ecdsa(Hash::Sha512), oid::ECDSA_WITH_SHA512),
    (Scheme::RsaPkcs1(Hash::Sha256), oid::SHA256_WITH_RSA),
    (Scheme::RsaPkcs1(Hash::Sha384), oid::SHA384_WITH_RSA),
    (Scheme::RsaPkcs1(Hash::Sha512), oid::SHA512_WITH_RSA),
];

/// Absent or NULL: both occur, whichever the scheme asks for.
pub(crate) fn no_parameters(identifier: &mut Reader<'_>) -> Result<(), Unusable> {
    let parameters = if identifier.is_empty() {
        None
    } else {
        Some(identifier.any().map_err(|_| Unusable::Parameters)?)
    };
    let fits = parameters.is_none_or(|parameters| parameters.raw() == [5, 0]) && identifier.is_empty();
    if fits { Ok(()) } else { Err(Unusable::Parameters) }
}

/// `RSASSA-PSS-params` (RFC 4055 §3.1). What is left out is SHA-1, with which nothing is proved.
pub(crate) fn pss(fields: &mut Reader<'_>) -> Result<Scheme, Unusable> {
    let parameters = |_| Unusable::Parameters;
    let mut list = fields.sequence().map_err(parameters)?;
    fields.finish().map_err(parameters)?;
    let mut explicit = |number| {
        let found = list.optional(tag::context(number)).map_err(parameters)?;
        Ok::<_, Unusable>(found.map(|element| element.reader()))
    };
    let (hash, mask, salt, trailer) = (explicit(0)?, explicit(1)?, explicit(2)?, explicit(3)?);
    list.finish().map_err(parameters)?;
    let hash = digest_identifier(hash.ok_or(Unusable::Weak)?)?;
    let mut mask = mask.ok_or(Unusable::Weak)?.sequence().map_err(parameters)?;
    let same_mask = mask.oid().map_err(parameters)? == oid::MGF1 && digest_identifier(mask)? == hash;
    let salt = match salt {
        None => 20,
        Some(mut salt) => salt.integer().map_err(parameters)?,
    };
    let trailer = match trailer {
        None => 1,
        Some(mut trailer) => trailer.integer().map_err(parameters)?,
    };
    match u16::try_from(salt) {
        Ok(salt) if same_mask && trailer == 1 => Ok(Scheme::RsaPss { hash, salt }),
        _ => Err(Unusable::Parameters),
    }
}

fn digest_identifier(mut at: Reader<'_>) -> Result<Hash, Unusable> {
    let mut identifier = at.sequence().map_err(|_| Unusable::Parameters)?;
    let hash = Hash::from_oid(identifier.oid().map_err(|_| Unusable::Parameters)?)?;
    no_parameters(&mut identifier)?;
    at.finish().map_err(|_| Unusable::Parameters)?;
    Ok(hash)
}
