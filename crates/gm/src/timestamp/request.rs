//! `TimeStampReq`: what is asked.

use rand_core::CryptoRng;

use crate::{
    asn1::{Error, Oid, Reader, Writer, tag},
    cades::digest,
    key::Algorithm,
    oid,
};

/// The digest of the bytes that a stamp is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imprint {
    /// Of which algorithm.
    pub algorithm: Oid,
    /// The digest.
    pub digest: Vec<u8>,
}

impl Imprint {
    /// Of the concatenation of some pieces, in the digest of a signature algorithm.
    #[must_use]
    pub fn of(algorithm: Algorithm, pieces: &[&[u8]]) -> Self {
        let algorithm = algorithm.digest_oid();
        Self {
            algorithm,
            digest: digest(algorithm, pieces).unwrap_or_default(),
        }
    }

    pub(super) fn parse(fields: &mut Reader<'_>) -> Result<Self, Error> {
        let mut imprint = fields.sequence()?;
        let algorithm = imprint.sequence()?.oid()?;
        let digest = imprint.octets()?.content().to_vec();
        imprint.finish()?;
        Ok(Self { algorithm, digest })
    }

    pub(super) fn write(&self, out: &mut Writer) {
        out.sequence(|imprint| {
            imprint.sequence(|identifier| {
                identifier.oid(self.algorithm);
            });
            imprint.octets(&self.digest);
        });
    }

    /// Whether the digest has the length of its algorithm; `None` for an algorithm that is not known here.
    pub(super) fn is_whole(&self) -> Option<bool> {
        match self.algorithm {
            oid::SHA256 | oid::SM3 | oid::SM3_WITHOUT_KEY => Some(self.digest.len() == 32),
            oid::SHA384 => Some(self.digest.len() == 48),
            oid::SHA512 => Some(self.digest.len() == 64),
            _ => None,
        }
    }
}

/// One question to an authority (RFC 3161 §2.4.1). Never put twice: its nonce tells the answer from an older one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// What is to be stamped.
    pub imprint: Imprint,
    /// The policy asked for; any if absent.
    pub policy: Option<Oid>,
    /// Content of the INTEGER that the answer repeats.
    pub nonce: Option<Vec<u8>>,
    /// Whether the answer shall hold the authority's certificate.
    pub certificates: bool,
}

impl Request {
    /// A question with a fresh nonce of 127 bits that asks for the certificate.
    pub fn new(imprint: Imprint, rng: &mut dyn CryptoRng) -> Self {
        let mut nonce = [0; 16];
        rng.fill_bytes(&mut nonce);
        // Positive and of constant length.
        if let Some(first) = nonce.first_mut() {
            *first = *first & 0x3f | 0x40;
        }
        Self {
            imprint,
            policy: None,
            nonce: Some(nonce.to_vec()),
            certificates: true,
        }
    }

    /// `TimeStampReq`
    #[must_use]
    pub fn to_der(&self) -> Vec<u8> {
        let mut out = Writer::new();
        out.sequence(|request| {
            request.integer(1);
            self.imprint.write(request);
            if let Some(policy) = self.policy {
                request.oid(policy);
            }
            if let Some(nonce) = &self.nonce {
                request.element(tag::INTEGER, nonce);
            }
            if self.certificates {
                request.element(tag::BOOLEAN, &[0xff]);
            }
        });
        out.finish()
    }

    /// Reads what somebody asks.
    pub fn parse(der: &[u8]) -> Result<Self, Error> {
        let mut outer = Reader::new(der);
        let mut fields = outer.sequence()?;
        outer.finish()?;
        if fields.integer()? != 1 {
            return Err(Error::Unsupported);
        }
        let imprint = Imprint::parse(&mut fields)?;
        let policy = fields.optional(tag::OBJECT_IDENTIFIER)?;
        let nonce = fields.optional(tag::INTEGER)?;
        let certificates = fields.optional(tag::BOOLEAN)?;
        // Extensions that an authority does not know are refused (§2.4.1); none are known here.
        fields.finish()?;
        Ok(Self {
            imprint,
            policy: policy.map(|policy| policy.oid()).transpose()?,
            nonce: nonce.map(|nonce| nonce.content().to_vec()),
            certificates: certificates.map_or(Ok(false), |flag| flag.boolean())?,
        })
    }
}
