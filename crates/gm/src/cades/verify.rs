//! Verifying a detached signature of anybody.

use std::borrow::Cow;

use jiff::Timestamp;

use super::check;
use crate::{
    asn1::{self, Oid, Reader, tag},
    certificate::{Certificate, OcspResponse, RevocationList},
    chain::{self, Purpose, Trust},
    finding::{Finding, Outcome, overall},
    oid,
    scheme::Unusable,
    signed_data::{SignedData, SignerInfo},
};

/// How many lists, and how many responses, are read of what a signer put beside its signature.
const MOST_ARCHIVED: usize = 16;

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
        let archive = Archive::of(&data, signer, trust);
        let chain = chain::verify(
            certificate,
            &Trust {
                intermediates: &intermediates,
                revocation_lists: &archive.lists,
                ocsp_responses: &archive.responses,
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

/// Lists and responses at hand, those among them that the signer put beside the signature as Adobe's programs do
/// (`adbe-revocationInfoArchival`, ISO 32000-1 §12.8.3.3.2). As any other they count only if the issuer signed them.
struct Archive<'a> {
    lists: Cow<'a, [RevocationList]>,
    responses: Cow<'a, [OcspResponse]>,
}

impl<'a> Archive<'a> {
    fn of(data: &SignedData, signer: &SignerInfo, trust: &Trust<'a>) -> Self {
        let mut archive = Self {
            lists: Cow::Borrowed(trust.revocation_lists),
            responses: Cow::Borrowed(trust.ocsp_responses),
        };
        // What cannot be read is evidence of nothing, and covered by the signature all the same.
        if let Some(mut values) = data.signed_attribute(signer, oid::ADOBE_REVOCATION_ARCHIVE) {
            let _read_so_far = archive.read(&mut values);
        }
        archive
    }

    fn read(&mut self, values: &mut Reader<'_>) -> Result<(), asn1::Error> {
        let mut fields = values.sequence()?;
        let mut members = |number| match fields.optional(tag::context(number))? {
            None => Ok(Vec::new()),
            Some(explicit) => {
                let (mut list, mut found) = (explicit.reader().sequence()?, Vec::new());
                while !list.is_empty() && found.len() < MOST_ARCHIVED {
                    found.push(list.any()?.raw());
                }
                Ok::<_, asn1::Error>(found)
            }
        };
        let (lists, responses) = (members(0)?, members(1)?);
        let lists: Vec<_> = lists
            .into_iter()
            .filter_map(|der| RevocationList::from_der(der).ok())
            .collect();
        let responses: Vec<_> = responses
            .into_iter()
            .filter_map(|der| OcspResponse::from_der(der).ok())
            .collect();
        if !lists.is_empty() {
            self.lists.to_mut().extend(lists);
        }
        if !responses.is_empty() {
            self.responses.to_mut().extend(responses);
        }
        Ok(())
    }
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
    Unusable::of(algorithm).reason()
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
    match (signer.scheme(), certificate.verifying_key()) {
        (Ok(_), Ok(key)) => Finding::decide(
            check::SIGNATURE,
            data.verify_signature(signer, key, content).is_ok(),
            "mismatch",
        ),
        (Err(fault), _) | (_, Err(fault)) => Finding::cannot_say(check::SIGNATURE, fault.reason()),
    }
}
