//! Issuing certificates.

use jiff::Timestamp;
use rand_core::CryptoRng;

use super::{Certificate, KeyUsage};
use crate::{
    asn1::{Oid, Writer, generalized_time, tag, utc_time},
    key::{Algorithm, PublicKey, SignError, Signer},
    oid,
};

/// What a certificate is for; decides its extensions (GB/T 20518 for SM2, RFC 5280 and RFC 9336 for the PDF side).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Profile {
    /// Root of the seal hierarchy: signs certificates and revocation lists.
    SealRoot,
    /// Issues seal certificates while the root's key is away: signs certificates and revocation lists.
    SealIntermediate,
    /// The seal maker (制章者): signs seals.
    SealMaker,
    /// The seal signer (签章者): signs documents with a seal.
    SealSigner,
    /// Root of the hierarchy for PDF signatures.
    PdfRoot,
    /// Issues PDF certificates while the root's key is away.
    PdfIntermediate,
    /// Signs PDF documents.
    PdfSigner,
    /// Signs time stamps (RFC 3161).
    TimeStamping,
}

impl Profile {
    const fn is_root(self) -> bool {
        matches!(self, Self::SealRoot | Self::PdfRoot)
    }

    /// How many authorities may follow below; `None` for those that issue nothing.
    const fn path_length(self) -> Option<i64> {
        match self {
            Self::SealRoot | Self::PdfRoot => Some(1),
            Self::SealIntermediate | Self::PdfIntermediate => Some(0),
            Self::SealMaker | Self::SealSigner | Self::PdfSigner | Self::TimeStamping => None,
        }
    }

    const fn key_usage(self) -> &'static [u8] {
        match self {
            // keyCertSign, cRLSign
            Self::SealRoot | Self::PdfRoot | Self::SealIntermediate | Self::PdfIntermediate => {
                &[1, 0b0000_0110]
            }
            // digitalSignature, nonRepudiation
            Self::SealMaker | Self::SealSigner | Self::PdfSigner | Self::TimeStamping => &[6, 0b1100_0000],
        }
    }

    /// emailProtection beside documentSigning, since common PDF readers know only the older purpose.
    const fn extended_key_usage(self) -> &'static [Oid] {
        match self {
            Self::SealRoot | Self::SealIntermediate | Self::SealMaker | Self::SealSigner => &[],
            Self::PdfRoot | Self::PdfIntermediate => &[],
            Self::PdfSigner => &[oid::DOCUMENT_SIGNING, oid::EMAIL_PROTECTION],
            Self::TimeStamping => &[oid::TIME_STAMPING],
        }
    }
}

/// Whether a certificate carries [`oid::SPECIMEN_POLICY`]. There is no default: every caller says which.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Marking {
    /// A specimen: it and everything below it is reported as such by every verifier.
    Specimen,
    /// Not marked.
    Unmarked,
}

/// Whom a certificate is for. Country is CN.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Subject {
    /// CN
    pub common_name: String,
    /// O
    pub organization: String,
}

/// From when until when a certificate is valid, both included, in whole seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Validity {
    /// The first second.
    pub from: Timestamp,
    /// The last second.
    pub until: Timestamp,
}

/// Everything that goes into a certificate and is not its issuer's.
#[derive(Clone)]
pub struct Request {
    /// What it is for.
    pub profile: Profile,
    /// Whom it is for.
    pub subject: Subject,
    /// The subject's key.
    pub public_key: PublicKey,
    /// From when until when.
    pub validity: Validity,
    /// Serial number, big-endian; positive, at most 20 bytes with its sign, and never given twice by an issuer.
    pub serial: Vec<u8>,
    /// Specimen or not.
    pub marking: Marking,
    /// Where revocation lists will be found; may be empty.
    pub crl_locations: Vec<String>,
}

/// Why a certificate or revocation list was not issued.
#[derive(Debug, thiserror::Error)]
pub enum IssueError {
    /// The request contradicts itself or its issuer.
    #[error("{0}")]
    Refused(&'static str),
    /// The key could not sign.
    #[error(transparent)]
    Sign(#[from] SignError),
}

/// An issuer: its certificate and the key that belongs to it.
pub struct Authority<S> {
    certificate: Certificate,
    signer: S,
}

impl<S: Signer> Authority<S> {
    /// Makes a root. `request.public_key` is the signer's own.
    pub fn self_signed(signer: S, request: &Request, rng: &mut dyn CryptoRng) -> Result<Self, IssueError> {
        if !request.profile.is_root() {
            return Err(IssueError::Refused("only a root signs its own certificate"));
        }
        if request.public_key != *signer.public_key() {
            return Err(IssueError::Refused("a root certifies its own key"));
        }
        let issuer = name(&request.subject);
        let key_id = key_identifier(&request.public_key);
        let certificate = build(request, &issuer, &key_id, &signer, rng)?;
        Ok(Self { certificate, signer })
    }

    /// Takes an existing certificate and its key.
    pub fn new(certificate: Certificate, signer: S) -> Result<Self, IssueError> {
        if certificate.public_key() != Some(signer.public_key()) {
            return Err(IssueError::Refused("certificate and key do not belong together"));
        }
        if !certificate.is_authority() {
            return Err(IssueError::Refused("the certificate may not issue others"));
        }
        Ok(Self { certificate, signer })
    }

    /// The issuer's certificate.
    #[must_use]
    pub const fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// The issuer's key.
    pub(super) const fn signer(&self) -> &S {
        &self.signer
    }

    /// Issues a certificate. A marked issuer issues only marked certificates, so that the mark follows the key, and
    /// nothing outlives its issuer.
    pub fn issue(&self, request: &Request, rng: &mut dyn CryptoRng) -> Result<Certificate, IssueError> {
        if request.profile.is_root() {
            return Err(IssueError::Refused("a root is not issued by another authority"));
        }
        if self.certificate.is_specimen() && request.marking != Marking::Specimen {
            return Err(IssueError::Refused("a specimen authority issues specimens only"));
        }
        if request.validity.from < self.certificate.not_before()
            || request.validity.until > self.certificate.not_after()
        {
            return Err(IssueError::Refused("validity exceeds that of the issuer"));
        }
        let key_id = match self.certificate.subject_key_id() {
            Some(id) => id.to_vec(),
            None => key_identifier(self.signer.public_key()),
        };
        build(
            request,
            self.certificate.subject().der(),
            &key_id,
            &self.signer,
            rng,
        )
    }
}

/// The identifier that certificates carry for a key: the leftmost 160 bits of SHA-256 over its point
/// (RFC 7093 method 1; no SHA-1 anywhere).
#[must_use]
pub(super) fn key_identifier(key: &PublicKey) -> Vec<u8> {
    let mut digest = Algorithm::EcdsaP256Sha256.digest(&key.to_point()).to_vec();
    digest.truncate(20);
    digest
}

fn build(
    request: &Request,
    issuer: &[u8],
    issuer_key_id: &[u8],
    signer: &impl Signer,
    rng: &mut dyn CryptoRng,
) -> Result<Certificate, IssueError> {
    if request.validity.until < request.validity.from {
        return Err(IssueError::Refused("validity ends before it begins"));
    }
    check_serial(&request.serial)?;
    let algorithm = algorithm_identifier(signer.algorithm());
    let mut tbs = Writer::new();
    tbs.sequence(|tbs| {
        tbs.constructed(tag::context(0), |version| {
            version.integer(2);
        });
        tbs.unsigned(&request.serial).raw(&algorithm).raw(issuer);
        tbs.sequence(|validity| {
            time(validity, request.validity.from);
            time(validity, request.validity.until);
        });
        tbs.raw(&name(&request.subject))
            .raw(&request.public_key.to_spki());
        tbs.constructed(tag::context(3), |explicit| {
            explicit.sequence(|list| extensions(list, request, issuer_key_id));
        });
    });
    let der = signed(&tbs.finish(), &algorithm, signer, rng)?;
    Certificate::from_der(&der).map_err(|_| IssueError::Refused("the request does not make a certificate"))
}

/// `SEQUENCE{tbs, algorithm, signature}`, the frame of certificates and revocation lists.
pub(super) fn signed(
    tbs: &[u8],
    algorithm: &[u8],
    signer: &impl Signer,
    rng: &mut dyn CryptoRng,
) -> Result<Vec<u8>, SignError> {
    let signature = signer.sign(tbs, rng)?.to_der();
    let mut out = Writer::new();
    out.sequence(|frame| {
        frame.raw(tbs).raw(algorithm).bits(&signature);
    });
    Ok(out.finish())
}

fn check_serial(serial: &[u8]) -> Result<(), IssueError> {
    let zeros = serial.iter().take_while(|byte| **byte == 0).count();
    let digits = serial.get(zeros..).unwrap_or_default();
    let sign = usize::from(digits.first().is_some_and(|first| first & 0x80 != 0));
    if digits.is_empty() || digits.len() + sign > 20 {
        return Err(IssueError::Refused(
            "a serial number is positive and has at most 20 bytes",
        ));
    }
    Ok(())
}

/// `AlgorithmIdentifier` without parameters, as RFC 5758 and GB/T 20518 have it.
pub(crate) fn algorithm_identifier(algorithm: Algorithm) -> Vec<u8> {
    let mut out = Writer::new();
    out.sequence(|identifier| {
        identifier.oid(algorithm.oid());
    });
    out.finish()
}

fn name(subject: &Subject) -> Vec<u8> {
    let mut out = Writer::new();
    out.sequence(|name| {
        for (kind, string, text) in [
            (oid::COUNTRY, tag::PRINTABLE_STRING, "CN"),
            (oid::ORGANIZATION, tag::UTF8_STRING, subject.organization.as_str()),
            (oid::COMMON_NAME, tag::UTF8_STRING, subject.common_name.as_str()),
        ] {
            name.constructed(tag::SET, |set| {
                set.sequence(|attribute| {
                    attribute.oid(kind).element(string, text.as_bytes());
                });
            });
        }
    });
    out.finish()
}

/// UTCTime until 2049, GeneralizedTime from 2050 (RFC 5280 §4.1.2.5).
pub(super) fn time(out: &mut Writer, at: Timestamp) {
    match utc_time(at) {
        Some(text) => out.element(tag::UTC_TIME, text.as_bytes()),
        None => out.element(tag::GENERALIZED_TIME, generalized_time(at).as_bytes()),
    };
}

pub(super) fn extension(list: &mut Writer, kind: Oid, critical: bool, write: impl FnOnce(&mut Writer)) {
    list.sequence(|extension| {
        extension.oid(kind);
        if critical {
            extension.element(tag::BOOLEAN, &[0xff]);
        }
        extension.constructed(tag::OCTET_STRING, write);
    });
}

fn extensions(list: &mut Writer, request: &Request, issuer_key_id: &[u8]) {
    let profile = request.profile;
    extension(list, oid::BASIC_CONSTRAINTS, true, |content| {
        content.sequence(|constraints| {
            if let Some(length) = profile.path_length() {
                constraints.element(tag::BOOLEAN, &[0xff]).integer(length);
            }
        });
    });
    extension(list, oid::KEY_USAGE, true, |content| {
        content.element(tag::BIT_STRING, profile.key_usage());
    });
    if !profile.extended_key_usage().is_empty() {
        // RFC 3161 §2.3 demands that the purpose of a time-stamping certificate is critical.
        extension(
            list,
            oid::EXTENDED_KEY_USAGE,
            profile == Profile::TimeStamping,
            |content| {
                content.sequence(|purposes| {
                    for purpose in profile.extended_key_usage() {
                        purposes.oid(*purpose);
                    }
                });
            },
        );
    }
    extension(list, oid::SUBJECT_KEY_IDENTIFIER, false, |content| {
        content.octets(&key_identifier(&request.public_key));
    });
    extension(list, oid::AUTHORITY_KEY_IDENTIFIER, false, |content| {
        content.sequence(|fields| {
            fields.element(0x80, issuer_key_id);
        });
    });
    if request.marking == Marking::Specimen {
        extension(list, oid::CERTIFICATE_POLICIES, false, |content| {
            content.sequence(|policies| {
                policies.sequence(|policy| {
                    policy.oid(oid::SPECIMEN_POLICY);
                });
            });
        });
    }
    if !request.crl_locations.is_empty() {
        extension(list, oid::CRL_DISTRIBUTION_POINTS, false, |content| {
            content.sequence(|points| {
                for location in &request.crl_locations {
                    points.sequence(|point| {
                        point.constructed(tag::context(0), |name| {
                            name.constructed(tag::context(0), |full| {
                                full.element(0x86, location.as_bytes());
                            });
                        });
                    });
                }
            });
        });
    }
}

impl KeyUsage {
    /// What every signing profile asks for.
    pub(crate) const SIGNING: Self = Self::DIGITAL_SIGNATURE.with(Self::NON_REPUDIATION);
}
