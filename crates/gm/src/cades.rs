//! Detached CAdES baseline B-B signatures as PAdES embeds them (ETSI EN 319 122-1, EN 319 142-1): signed attributes
//! content-type, message-digest and signing-certificate-v2, no signing-time (PAdES states the time in the PDF).

use jiff::Timestamp;
use rand_core::CryptoRng;

use crate::{
    asn1::{self, Oid, Reader, Writer, tag},
    certificate::{Certificate, algorithm_identifier},
    chain::{self, Purpose, Trust},
    finding::{Finding, Outcome, overall},
    key::{Algorithm, SignError, Signer},
    oid,
    signed_data::{SignedData, SignerInfo},
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

/// The outcome of verifying a detached signature.
#[derive(Clone, Debug)]
pub struct Report {
    /// The checks of this module, then those of [`chain`] for the signer's certificate.
    pub findings: Vec<Finding>,
    /// The certificate the signer named, if it is inside.
    pub signer: Option<Certificate>,
    /// The validation of its path.
    pub chain: Option<chain::Report>,
    /// The time-stamp token over the signature value, if there is one, as it stands.
    pub time_stamp: Option<Vec<u8>>,
    /// The signature value, which such a token covers.
    pub signature_value: Vec<u8>,
}

impl Report {
    /// All findings taken together.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        overall(&self.findings)
    }

    /// Whether the signer's path is marked as a specimen.
    #[must_use]
    pub fn specimen(&self) -> bool {
        self.chain.as_ref().is_some_and(|chain| chain.specimen)
    }

    const fn new(findings: Vec<Finding>) -> Self {
        Self {
            findings,
            signer: None,
            chain: None,
            time_stamp: None,
            signature_value: Vec::new(),
        }
    }
}

/// Verifies a detached signature over the concatenation of `content`, with the path of the signer as of `at`.
#[must_use]
pub fn verify(der: &[u8], content: &[&[u8]], trust: &Trust<'_>, at: Timestamp) -> Report {
    let data = match SignedData::parse(der) {
        Ok(data) => data,
        // BER with indefinite lengths, which some PDF producers write, is no forgery.
        Err(asn1::Error::Unsupported) => {
            return Report::new(vec![Finding::cannot_say(check::FORMAT, "unsupported_encoding")]);
        }
        Err(_) => return Report::new(vec![Finding::fail(check::FORMAT, "malformed")]),
    };
    let [signer] = data.signers.as_slice() else {
        return Report::new(vec![Finding::fail(check::FORMAT, "signer_count")]);
    };
    let mut report = Report::new(Vec::new());
    let detached = data.content().is_none();
    report
        .findings
        .push(Finding::decide(check::FORMAT, detached, "not_detached"));
    report.findings.push(content_type(&data, signer));
    report.findings.push(message_digest(&data, signer, content));
    let certificate = data.certificate_of(signer);
    report
        .findings
        .push(signing_certificate(&data, signer, certificate));
    report
        .findings
        .push(signature(&data, signer, certificate, content));
    if let Some(certificate) = certificate {
        let mut intermediates = trust.intermediates.to_vec();
        intermediates.extend(data.certificates.iter().cloned());
        let chain = chain::verify(
            certificate,
            &Trust {
                intermediates: &intermediates,
                ..*trust
            },
            Purpose::PdfSigning,
            at,
        );
        report.findings.extend(chain.findings.iter().copied());
        report.chain = Some(chain);
    }
    report.signer = certificate.cloned();
    report.signature_value = data.signature_value(signer).to_vec();
    report.time_stamp = data
        .unsigned_attribute(signer, oid::SIGNATURE_TIME_STAMP)
        .and_then(|mut values| values.any().ok().map(|token| token.raw().to_vec()));
    report
}

fn content_type(data: &SignedData, signer: &SignerInfo) -> Finding {
    let stated = data
        .signed_attribute(signer, oid::CONTENT_TYPE)
        .and_then(|mut values| values.oid().ok());
    match stated {
        None => Finding::fail(check::CONTENT_TYPE, "missing"),
        Some(stated) => Finding::decide(check::CONTENT_TYPE, stated == data.content_type, "mismatch"),
    }
}

fn message_digest(data: &SignedData, signer: &SignerInfo, content: &[&[u8]]) -> Finding {
    let Some(stated) = data.message_digest(signer) else {
        return Finding::fail(check::MESSAGE_DIGEST, "missing");
    };
    match digest(signer.digest_algorithm, content) {
        None => Finding::cannot_say(check::MESSAGE_DIGEST, unusable(signer.digest_algorithm)),
        Some(computed) => Finding::decide(check::MESSAGE_DIGEST, computed == stated, "mismatch"),
    }
}

/// The plain digest of some pieces, if the algorithm is known and still good for anything.
pub(crate) fn digest(algorithm: Oid, content: &[&[u8]]) -> Option<Vec<u8>> {
    fn sha<D: sha2::Digest>(content: &[&[u8]]) -> Vec<u8> {
        let mut state = D::new();
        content.iter().for_each(|piece| state.update(piece));
        state.finalize().to_vec()
    }
    match algorithm {
        oid::SM3 | oid::SM3_WITHOUT_KEY => {
            let mut state = crate::sm3::Sm3::new();
            content.iter().for_each(|piece| state.update(piece));
            Some(state.finish().to_vec())
        }
        oid::SHA256 => Some(sha::<sha2::Sha256>(content)),
        oid::SHA384 => Some(sha::<sha2::Sha384>(content)),
        oid::SHA512 => Some(sha::<sha2::Sha512>(content)),
        _ => None,
    }
}

/// Why an algorithm is not made use of: one that is broken proves nothing, whoever it belongs to.
pub(crate) fn unusable(algorithm: Oid) -> &'static str {
    if oid::BROKEN.contains(&algorithm) {
        "weak_algorithm"
    } else {
        "unsupported_algorithm"
    }
}

/// The first ESSCertIDv2 names the signer's certificate (RFC 5035 §3). Without the attribute the certificate could
/// be exchanged for another with the same key.
fn signing_certificate(data: &SignedData, signer: &SignerInfo, certificate: Option<&Certificate>) -> Finding {
    names_certificate(check::SIGNING_CERTIFICATE, data, signer, certificate)
}

pub(crate) fn names_certificate(
    check: &'static str,
    data: &SignedData,
    signer: &SignerInfo,
    certificate: Option<&Certificate>,
) -> Finding {
    let Some(certificate) = certificate else {
        return Finding::cannot_say(check, "certificate_missing");
    };
    let Some(mut values) = data.signed_attribute(signer, oid::SIGNING_CERTIFICATE_V2) else {
        return match data.signed_attribute(signer, oid::SIGNING_CERTIFICATE) {
            Some(mut older) => names_by_sha1(check, &mut older, certificate),
            None => Finding::fail(check, "missing"),
        };
    };
    let parse = |values: &mut Reader<'_>| {
        let mut id = values.sequence()?.sequence()?.sequence()?;
        let algorithm = match id.optional(tag::SEQUENCE)? {
            Some(identifier) => identifier.reader().oid()?,
            None => oid::SHA256,
        };
        Ok::<_, asn1::Error>((algorithm, id.octets()?.content().to_vec()))
    };
    match parse(&mut values) {
        Err(_) => Finding::fail(check, "malformed"),
        Ok((algorithm, stated)) => match digest(algorithm, &[certificate.der()]) {
            None => Finding::cannot_say(check, unusable(algorithm)),
            Some(computed) => Finding::decide(check, computed == stated, "mismatch"),
        },
    }
}

/// The older attribute (RFC 2634) names the certificate by SHA-1. It was there before anybody could have made a second
/// certificate of the same digest, so it still tells which one is meant; that it is old is a remark.
fn names_by_sha1(check: &'static str, values: &mut Reader<'_>, certificate: &Certificate) -> Finding {
    let mut stated = || values.sequence()?.sequence()?.sequence()?.octets();
    match stated() {
        Err(_) => Finding::fail(check, "malformed"),
        Ok(stated) => {
            let sha1 = &aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY;
            let computed = aws_lc_rs::digest::digest(sha1, certificate.der());
            if computed.as_ref() == stated.content() {
                Finding::pass_noting(check, "weak_algorithm")
            } else {
                Finding::fail(check, "mismatch")
            }
        }
    }
}

fn signature(
    data: &SignedData,
    signer: &SignerInfo,
    certificate: Option<&Certificate>,
    content: &[&[u8]],
) -> Finding {
    let Some(certificate) = certificate else {
        return Finding::cannot_say(check::SIGNATURE, "certificate_missing");
    };
    match (signer.algorithm(), certificate.public_key()) {
        (Some(_), Some(key)) => Finding::decide(
            check::SIGNATURE,
            data.verify_signature(signer, key, content).is_ok(),
            "mismatch",
        ),
        _ if unusable(signer.digest_algorithm) == "weak_algorithm" => {
            Finding::cannot_say(check::SIGNATURE, "weak_algorithm")
        }
        _ => Finding::cannot_say(check::SIGNATURE, unusable(signer.signature_algorithm)),
    }
}
