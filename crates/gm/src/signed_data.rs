//! `SignedData` (RFC 5652; GB/T 35275 with its own identifiers): reading it as it stands, checking one signer.
//!
//! Sets may be unsorted and certificates odd; what the signer covered is sliced out of the input.

use std::ops::Range;

use crate::{
    asn1::{Element, Error, Oid, Reader, tag},
    cades,
    certificate::Certificate,
    key::{Algorithm, VerifyingKey},
    oid,
    scheme::{Scheme, Unusable},
    signature::InvalidSignature,
};

/// The largest `SignedData` read.
pub const MAX_LENGTH: usize = 4 * 1024 * 1024;

/// How many certificates, signers and attributes are read at most.
const MAX_MEMBERS: usize = 32;

/// A parsed `SignedData` with its original bytes.
#[derive(Clone, Debug)]
pub struct SignedData {
    der: Vec<u8>,
    /// `signedData` of CMS or of GB/T 35275.
    pub kind: Oid,
    /// Type of the content that was signed.
    pub content_type: Oid,
    content: Option<Range<usize>>,
    /// The certificates that could be read. Not trusted.
    pub certificates: Vec<Certificate>,
    /// The signers.
    pub signers: Vec<SignerInfo>,
}

/// One signer.
#[derive(Clone, Debug)]
pub struct SignerInfo {
    identifier: Identifier,
    /// Digest algorithm over content and attributes.
    pub digest_algorithm: Oid,
    /// Signature algorithm.
    pub signature_algorithm: Oid,
    scheme: Result<Scheme, Unusable>,
    signed_attributes: Option<Range<usize>>,
    attributes: Vec<(Oid, Range<usize>)>,
    unsigned: Vec<(Oid, Range<usize>)>,
    signature: Range<usize>,
}

#[derive(Clone, Debug)]
enum Identifier {
    IssuerAndSerial {
        issuer: Range<usize>,
        serial: Range<usize>,
    },
    SubjectKey(Range<usize>),
}

impl SignedData {
    /// Reads a `ContentInfo` with `SignedData`. Zero bytes may follow, as in the padded string of a PDF.
    pub fn parse(der: &[u8]) -> Result<Self, Error> {
        if der.len() > MAX_LENGTH {
            return Err(Error::TooLarge);
        }
        let mut outer = Reader::new(der);
        let info = outer.expect(tag::SEQUENCE)?;
        if der.iter().skip(info.range().end).any(|byte| *byte != 0) {
            return Err(Error::Trailing);
        }
        let mut info = info.reader();
        let kind = info.oid()?;
        if kind != oid::SIGNED_DATA && kind != oid::GM_SIGNED_DATA {
            return Err(Error::InvalidContent);
        }
        let mut data = info.expect(tag::context(0))?.reader().sequence()?;
        info.finish()?;
        data.integer()?;
        data.expect(tag::SET)?;
        let mut encapsulated = data.sequence()?;
        let content_type = encapsulated.oid()?;
        let content = match encapsulated.optional(tag::context(0))? {
            Some(explicit) => Some(explicit.reader().octets()?.content_range()),
            None => None,
        };
        let mut certificates = Vec::new();
        if let Some(set) = data.optional(tag::context(0))? {
            let mut members = set.reader();
            while !members.is_empty() && certificates.len() < MAX_MEMBERS {
                certificates.extend(Certificate::from_der(members.any()?.raw()).ok());
            }
        }
        data.optional(tag::context(1))?;
        let mut signers = Vec::new();
        let mut members = data.expect(tag::SET)?.reader();
        data.finish()?;
        while !members.is_empty() {
            signers.push(SignerInfo::parse(&mut members.sequence()?)?);
            if signers.len() > MAX_MEMBERS {
                return Err(Error::TooLarge);
            }
        }
        Ok(Self {
            der: der.to_vec(),
            kind,
            content_type,
            content,
            certificates,
            signers,
        })
    }

    /// The content, if it is inside.
    #[must_use]
    pub fn content(&self) -> Option<&[u8]> {
        self.content.as_ref().map(|range| self.slice(range))
    }

    /// The certificate that a signer names, among those inside.
    #[must_use]
    pub fn certificate_of(&self, signer: &SignerInfo) -> Option<&Certificate> {
        self.certificates
            .iter()
            .find(|certificate| match &signer.identifier {
                Identifier::IssuerAndSerial { issuer, serial } => {
                    certificate.issuer().der() == self.slice(issuer)
                        && certificate.serial() == self.slice(serial)
                }
                Identifier::SubjectKey(id) => certificate.subject_key_id() == Some(self.slice(id)),
            })
    }

    /// The values of a signed attribute: the content of its SET, if it occurs exactly once.
    #[must_use]
    pub fn signed_attribute(&self, signer: &SignerInfo, kind: Oid) -> Option<Reader<'_>> {
        self.single(&signer.attributes, kind)
    }

    /// The values of an unsigned attribute: the content of its SET, if it occurs exactly once.
    #[must_use]
    pub fn unsigned_attribute(&self, signer: &SignerInfo, kind: Oid) -> Option<Reader<'_>> {
        self.single(&signer.unsigned, kind)
    }

    fn single(&self, attributes: &[(Oid, Range<usize>)], kind: Oid) -> Option<Reader<'_>> {
        let mut matching = attributes.iter().filter(|(found, _)| *found == kind);
        let (_, range) = matching.next()?;
        if matching.next().is_some() {
            None
        } else {
            Some(Reader::within(&self.der, range.clone()))
        }
    }

    /// The signature value as it stands.
    #[must_use]
    pub fn signature_value(&self, signer: &SignerInfo) -> &[u8] {
        self.slice(&signer.signature)
    }

    /// What the signed attributes say of the content's digest, if there are any.
    #[must_use]
    pub fn message_digest(&self, signer: &SignerInfo) -> Option<&[u8]> {
        let mut values = self.signed_attribute(signer, oid::MESSAGE_DIGEST)?;
        let value = values.octets().ok()?;
        values.finish().ok()?;
        self.der.get(value.content_range())
    }

    /// Verifies the signature over the signed attributes or, if there are none, over `content` itself.
    pub fn verify_signature(
        &self,
        signer: &SignerInfo,
        key: &VerifyingKey,
        content: &[&[u8]],
    ) -> Result<(), InvalidSignature> {
        let scheme = signer.scheme.map_err(|_| InvalidSignature)?;
        let value = self.signature_value(signer);
        match &signer.signed_attributes {
            // Signed as a SET, not with the tag it has in the structure (RFC 5652 §5.4).
            Some(range) => {
                let attributes = self.slice(range).get(1..).unwrap_or_default();
                key.verify(scheme, &[&[tag::SET], attributes], value)
            }
            None => key.verify(scheme, content, value),
        }
    }

    fn slice(&self, range: &Range<usize>) -> &[u8] {
        self.der.get(range.clone()).unwrap_or_default()
    }
}

impl SignerInfo {
    fn parse(info: &mut Reader<'_>) -> Result<Self, Error> {
        info.integer()?;
        let identifier = info.any()?;
        let identifier = match identifier.tag {
            tag::SEQUENCE => {
                let mut pair = identifier.reader();
                let issuer = pair.expect(tag::SEQUENCE)?.range();
                Identifier::IssuerAndSerial {
                    issuer,
                    serial: pair.expect(tag::INTEGER)?.content_range(),
                }
            }
            0x80 => Identifier::SubjectKey(identifier.content_range()),
            _ => return Err(Error::UnexpectedTag),
        };
        let digest_algorithm = info.sequence()?.oid()?;
        let signed = info.optional(tag::context(0))?;
        let algorithm = info.expect(tag::SEQUENCE)?;
        let signature_algorithm = algorithm.reader().oid()?;
        let signature = info.octets()?.content_range();
        let unsigned = info.optional(tag::context(1))?;
        info.finish()?;
        Ok(Self {
            identifier,
            digest_algorithm,
            signature_algorithm,
            scheme: Scheme::of_signer(digest_algorithm, &algorithm),
            signed_attributes: signed.map(|element| element.range()),
            attributes: attributes(signed)?,
            unsigned: attributes(unsigned)?,
            signature,
        })
    }

    /// How it was signed, or why that proves nothing.
    pub const fn scheme(&self) -> Result<Scheme, Unusable> {
        self.scheme
    }

    /// The algorithm, if it is one of those that this crate also signs with.
    #[must_use]
    pub fn algorithm(&self) -> Option<Algorithm> {
        self.scheme.ok().and_then(Scheme::own)
    }

    /// The digest of some pieces in the signer's algorithm, if it is known and good for anything.
    #[must_use]
    pub fn digest(&self, content: &[&[u8]]) -> Option<Vec<u8>> {
        cades::digest(self.digest_algorithm, content)
    }

    /// Whether there are signed attributes.
    #[must_use]
    pub const fn has_signed_attributes(&self) -> bool {
        self.signed_attributes.is_some()
    }
}

fn attributes(element: Option<Element<'_>>) -> Result<Vec<(Oid, Range<usize>)>, Error> {
    let Some(element) = element else {
        return Ok(Vec::new());
    };
    let mut list = element.reader();
    let mut found = Vec::new();
    while !list.is_empty() {
        let mut attribute = list.sequence()?;
        found.push((attribute.oid()?, attribute.expect(tag::SET)?.content_range()));
        attribute.finish()?;
        if found.len() > MAX_MEMBERS {
            return Err(Error::TooLarge);
        }
    }
    Ok(found)
}
