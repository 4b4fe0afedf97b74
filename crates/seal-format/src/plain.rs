//! `Type="Sign"`: a signature without a seal, and the integrity value of GM/T 0099.

use gm::{
    Algorithm, Certificate, Finding, Signature,
    asn1::Error,
    chain::{self, Purpose, Trust},
    signed_data::SignedData,
    sm3,
};
use jiff::Timestamp;

/// Stable names of the checks.
pub mod check {
    /// The structure can be read and has one signer.
    pub const FORMAT: &str = "plain.format";
    /// What was signed is the file at hand.
    pub const CONTENT: &str = "plain.content";
    /// The signature value.
    pub const SIGNATURE: &str = "plain.signature";
}

/// The value of a signature without a seal.
#[derive(Clone, Debug)]
pub enum PlainSignature {
    /// GB/T 35275 or CMS `SignedData`.
    SignedData(Box<SignedData>),
    /// A bare SM2 signature value. Who signed cannot be said.
    Bare(Signature),
}

/// The outcome of verifying a signature without a seal.
#[derive(Clone, Debug)]
pub struct PlainReport {
    /// The checks of this module, then those of [`gm::chain`] for the signer's certificate.
    pub findings: Vec<Finding>,
    /// The signer's certificate, if it is inside.
    pub signer: Option<Certificate>,
    /// The validation of its path.
    pub chain: Option<chain::Report>,
}

impl PlainSignature {
    /// Reads either form.
    pub fn parse(der: &[u8]) -> Result<Self, Error> {
        match SignedData::parse(der) {
            Ok(data) => Ok(Self::SignedData(Box::new(data))),
            Err(error) => Signature::parse(Algorithm::Sm2WithSm3, der)
                .map(Self::Bare)
                .map_err(|_| error),
        }
    }

    /// Verifies the signature over `file` (the bytes of `Signature.xml`, or of `OFDEntries.xml`), with the path of
    /// the signer as of `at`.
    #[must_use]
    pub fn verify(&self, file: &[u8], trust: &Trust<'_>, at: Timestamp) -> PlainReport {
        let nobody = |findings| PlainReport {
            findings,
            signer: None,
            chain: None,
        };
        let data = match self {
            Self::Bare(_) => {
                return nobody(vec![
                    Finding::pass_noting(check::FORMAT, "bare_signature_value"),
                    Finding::cannot_say(check::SIGNATURE, "certificate_missing"),
                ]);
            }
            Self::SignedData(data) => data,
        };
        let [signer] = data.signers.as_slice() else {
            return nobody(vec![Finding::fail(check::FORMAT, "signer_count")]);
        };
        // Producers sign the digest of the file, put inside; the file itself inside or outside occurs too.
        let digest = sm3::digest(file);
        let content = data.content().unwrap_or(file);
        let same = content == digest || content == file;
        let mut findings = vec![
            Finding::pass(check::FORMAT),
            Finding::decide(check::CONTENT, same, "mismatch"),
        ];
        let certificate = data.certificate_of(signer).cloned();
        findings.push(
            match certificate
                .as_ref()
                .map(|one| (one.verifying_key(), signer.scheme()))
            {
                None => Finding::cannot_say(check::SIGNATURE, "certificate_missing"),
                Some((Ok(key), Ok(_))) => {
                    let stated = data.message_digest(signer);
                    let fits = stated.map_or_else(
                        || !signer.has_signed_attributes(),
                        |stated| signer.digest(&[content]).is_some_and(|own| own == stated),
                    );
                    let holds = data.verify_signature(signer, key, &[content]).is_ok()
                        || (data.content().is_none()
                            && data.verify_signature(signer, key, &[&digest]).is_ok());
                    Finding::decide(check::SIGNATURE, fits && holds, "mismatch")
                }
                Some((Err(fault), _) | (_, Err(fault))) => {
                    Finding::cannot_say(check::SIGNATURE, fault.reason())
                }
            },
        );
        let chain = certificate.as_ref().map(|certificate| {
            let mut intermediates = trust.intermediates.to_vec();
            intermediates.extend(data.certificates.iter().cloned());
            chain::verify(
                certificate,
                &Trust {
                    intermediates: &intermediates,
                    ..*trust
                },
                Purpose::Sealing,
                at,
            )
        });
        findings.extend(chain.iter().flat_map(|chain| chain.findings.iter().copied()));
        PlainReport {
            findings,
            signer: certificate,
            chain,
        }
    }
}
