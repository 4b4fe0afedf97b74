//! Detached CAdES baseline B-B signatures as PAdES embeds them (ETSI EN 319 122-1, EN 319 142-1): signed attributes
//! content-type, message-digest and signing-certificate-v2, no signing-time (PAdES states the time in the PDF).

mod verify;

use rand_core::CryptoRng;

pub use verify::{Report, verify};
pub(crate) use verify::{digest, names_certificate, unusable};

use crate::{
    asn1::{self, Oid, Reader, Writer, tag},
    certificate::{Certificate, algorithm_identifier},
    key::{Algorithm, SignError, Signer},
    oid,
    signed_data::SignedData,
};

/// Stable names of the checks.
pub mod check {
    /// A `SignedData` with exactly one signer and nothing inside.
    pub const FORMAT: &str = "cades.format";
    /// The content type attribute names the content.
    pub const CONTENT_TYPE: &str = "cades.content_type";
    /// The message digest attribute is the digest of the content.
    pub const MESSAGE_DIGEST: &str = "cades.message_digest";
    /// The attribute that names the signer's certificate names the one that was used.
    pub const SIGNING_CERTIFICATE: &str = "cades.signing_certificate";
    /// The signature value fits attributes and certificate.
    pub const SIGNATURE: &str = "cades.signature";
}

/// The longest DER signature value on a curve of 256 bits.
const MAX_SIGNATURE_LENGTH: usize = 72;

/// Why no signature was made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The first certificate is not for the signer's key.
    #[error("the signer's certificate is missing or for another key")]
    WrongCertificate,
    /// The key could not sign.
    #[error(transparent)]
    Sign(#[from] SignError),
}

/// Signs a content of which `content_digest` is the plain digest in the signer's digest algorithm (SHA-256 for
/// ECDSA, SM3 for SM2). `certificates` begins with the signer's own, followed by its issuers as far as they shall be
/// embedded.
pub fn sign(
    content_digest: &[u8; 32],
    signer: &dyn Signer,
    certificates: &[Certificate],
    rng: &mut dyn CryptoRng,
) -> Result<Vec<u8>, Error> {
    sign_as(&Dress::DETACHED, content_digest, signer, certificates, rng)
}

/// The same in the dress of GB/T 35275, as Chinese readers of PDF expect of SM2 signatures: its own content types,
/// everything else as in CAdES.
pub fn sign_gm(
    content_digest: &[u8; 32],
    signer: &dyn Signer,
    certificates: &[Certificate],
    rng: &mut dyn CryptoRng,
) -> Result<Vec<u8>, Error> {
    sign_as(&Dress::GM, content_digest, signer, certificates, rng)
}

/// Which `SignedData` a signature is put into.
pub(crate) struct Dress<'a> {
    kind: Oid,
    version: i64,
    content_type: Oid,
    content: Option<&'a [u8]>,
}

impl<'a> Dress<'a> {
    /// CMS over a content that is elsewhere.
    const DETACHED: Self = Self {
        kind: oid::SIGNED_DATA,
        version: 1,
        content_type: oid::DATA,
        content: None,
    };
    /// GB/T 35275 over a content that is elsewhere.
    const GM: Self = Self {
        kind: oid::GM_SIGNED_DATA,
        version: 1,
        content_type: oid::GM_DATA,
        content: None,
    };

    /// CMS with a content of another type than data inside (RFC 5652 §5.1: version 3).
    pub(crate) const fn around(content_type: Oid, content: &'a [u8]) -> Self {
        Self {
            kind: oid::SIGNED_DATA,
            version: 3,
            content_type,
            content: Some(content),
        }
    }
}

pub(crate) fn sign_as(
    dress: &Dress<'_>,
    content_digest: &[u8; 32],
    signer: &dyn Signer,
    certificates: &[Certificate],
    rng: &mut dyn CryptoRng,
) -> Result<Vec<u8>, Error> {
    let own = certificates
        .first()
        .filter(|own| own.public_key() == Some(signer.public_key()));
    let own = own.ok_or(Error::WrongCertificate)?;
    let attributes = signed_attributes(dress, content_digest, signer.algorithm(), own);
    let mut set = Writer::new();
    set.element(tag::SET, &attributes);
    let signature = signer.sign(&set.finish(), rng)?.to_der();
    Ok(assemble(
        dress,
        signer.algorithm(),
        certificates,
        own,
        &attributes,
        &signature,
    ))
}

/// An upper bound for what [`sign`] returns with these certificates, for writers that reserve room beforehand.
#[must_use]
pub fn maximum_length(algorithm: Algorithm, certificates: &[Certificate]) -> usize {
    let Some(own) = certificates.first() else { return 0 };
    let dress = Dress::DETACHED;
    let attributes = signed_attributes(&dress, &[0; 32], algorithm, own);
    assemble(
        &dress,
        algorithm,
        certificates,
        own,
        &attributes,
        &[0; MAX_SIGNATURE_LENGTH],
    )
    .len()
}

/// The content of the SET of signed attributes, in DER order.
fn signed_attributes(
    dress: &Dress<'_>,
    content_digest: &[u8; 32],
    algorithm: Algorithm,
    own: &Certificate,
) -> Vec<u8> {
    let attribute = |kind: Oid, write: &dyn Fn(&mut Writer)| {
        let mut out = Writer::new();
        out.sequence(|attribute| {
            attribute.oid(kind).constructed(tag::SET, |values| write(values));
        });
        out.finish()
    };
    sorted(vec![
        attribute(oid::CONTENT_TYPE, &|values| {
            values.oid(dress.content_type);
        }),
        attribute(oid::MESSAGE_DIGEST, &|values| {
            values.octets(content_digest);
        }),
        attribute(oid::SIGNING_CERTIFICATE_V2, &|values| {
            values.sequence(|signing| {
                signing.sequence(|list| {
                    list.sequence(|id| {
                        // SHA-256 is the default and therefore absent in DER (RFC 5035 §4).
                        if algorithm != Algorithm::EcdsaP256Sha256 {
                            id.raw(&digest_identifier(algorithm));
                        }
                        id.octets(&algorithm.digest(own.der()));
                    });
                });
            });
        }),
    ])
}

/// Members of a SET OF in DER order, one after another.
fn sorted(mut members: Vec<Vec<u8>>) -> Vec<u8> {
    members.sort();
    members.concat()
}

fn digest_identifier(algorithm: Algorithm) -> Vec<u8> {
    let mut out = Writer::new();
    out.sequence(|identifier| {
        identifier.oid(algorithm.digest_oid());
    });
    out.finish()
}

fn assemble(
    dress: &Dress<'_>,
    algorithm: Algorithm,
    certificates: &[Certificate],
    own: &Certificate,
    attributes: &[u8],
    signature: &[u8],
) -> Vec<u8> {
    let digest = digest_identifier(algorithm);
    let embedded = sorted(certificates.iter().map(|one| one.der().to_vec()).collect());
    let mut out = Writer::new();
    out.sequence(|info| {
        info.oid(dress.kind).constructed(tag::context(0), |explicit| {
            explicit.sequence(|data| {
                data.integer(dress.version).element(tag::SET, &digest);
                data.sequence(|encapsulated| {
                    encapsulated.oid(dress.content_type);
                    if let Some(content) = dress.content {
                        encapsulated.constructed(tag::context(0), |explicit| {
                            explicit.octets(content);
                        });
                    }
                });
                data.element(tag::context(0), &embedded)
                    .constructed(tag::SET, |signers| {
                        signers.sequence(|signer| {
                            signer.integer(1).sequence(|identifier| {
                                identifier
                                    .raw(own.issuer().der())
                                    .element(tag::INTEGER, own.serial());
                            });
                            signer.raw(&digest).element(tag::context(0), attributes);
                            signer.raw(&algorithm_identifier(algorithm)).octets(signature);
                        });
                    });
            });
        });
    });
    out.finish()
}

/// The value of the only signature: what a time stamp for it covers.
pub fn signature_value(cms: &[u8]) -> Result<Vec<u8>, asn1::Error> {
    let data = SignedData::parse(cms)?;
    match data.signers.as_slice() {
        [signer] => Ok(data.signature_value(signer).to_vec()),
        _ => Err(asn1::Error::InvalidContent),
    }
}

/// Whether this is a `SignedData` in the dress of GB/T 35275, as SM2 signatures of a PDF have it.
#[must_use]
pub fn is_gm(cms: &[u8]) -> bool {
    let kind = Reader::new(cms).sequence().and_then(|mut info| info.oid());
    kind == Ok(oid::GM_SIGNED_DATA)
}

/// Puts a time-stamp token beside the only signature, as its only unsigned attribute (ETSI EN 319 122-1 §5.3: level
/// B-T). Everything that is there is copied as it stands.
pub fn with_time_stamp(cms: &[u8], token: &[u8]) -> Result<Vec<u8>, asn1::Error> {
    let mut info = Reader::new(cms).sequence()?;
    let kind = info.any()?;
    let mut data = info.expect(tag::context(0))?.reader().sequence()?;
    let mut before = Vec::new();
    let signers = loop {
        let element = data.any()?;
        if data.is_empty() {
            break element;
        }
        before.extend_from_slice(element.raw());
    };
    let mut members = signers.reader();
    let signer = members.expect(tag::SEQUENCE)?;
    members.finish()?;
    let mut fields = signer.reader();
    while !fields.is_empty() {
        if fields.any()?.tag == tag::context(1) {
            return Err(asn1::Error::InvalidContent);
        }
    }
    let mut out = Writer::new();
    out.sequence(|info| {
        info.raw(kind.raw()).constructed(tag::context(0), |explicit| {
            explicit.sequence(|data| {
                data.raw(&before).constructed(tag::SET, |signers| {
                    signers.sequence(|fields| {
                        fields.raw(signer.content());
                        fields.constructed(tag::context(1), |attributes| {
                            attributes.sequence(|attribute| {
                                attribute.oid(oid::SIGNATURE_TIME_STAMP);
                                attribute.constructed(tag::SET, |values| {
                                    values.raw(token);
                                });
                            });
                        });
                    });
                });
            });
        });
    });
    Ok(out.finish())
}

/// How much longer [`with_time_stamp`] makes a CMS, at most, for a token of this length.
#[must_use]
pub const fn time_stamp_room(token: usize) -> usize {
    // The attribute's identifier (13), four headers of at most 5 bytes, and six lengths that may grow by 4.
    token + 13 + 4 * 5 + 6 * 4
}
