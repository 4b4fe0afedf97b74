//! Reading signed seals.

use std::{fmt, ops::Range, sync::Arc};

use gm::{
    Certificate,
    asn1::{Error, Oid, Reader, Writer, tag},
};
use jiff::Timestamp;

use crate::{
    Seal, Version,
    seal::{MAX_LENGTH, Signatory},
};

/// When a signed seal says it was signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TimeInfo<'a> {
    /// The signer's own statement.
    Stated(Timestamp),
    /// A time-stamp token (version 1 allows one here), as it stands.
    Token(&'a [u8]),
    /// Something else.
    Unreadable,
}

enum TimeRange {
    Stated(Timestamp),
    Token(Range<usize>),
    Unreadable,
}

/// A signed seal (`SES_Signature`) with its original bytes. Cheap to clone.
#[derive(Clone)]
pub struct SignedSeal {
    bytes: Arc<[u8]>,
    seal: Seal,
    fields: Arc<Fields>,
}

struct Fields {
    stated_version: i64,
    tbs: Range<usize>,
    time: TimeRange,
    data_hash: Range<usize>,
    property_info: String,
    signer: Signatory,
    signature: Range<usize>,
    time_stamp: Option<Range<usize>>,
}

impl SignedSeal {
    /// Reads a signed seal. Nothing may follow it.
    pub fn parse(der: &[u8]) -> Result<Self, Error> {
        if der.len() > MAX_LENGTH {
            return Err(Error::TooLarge);
        }
        let bytes: Arc<[u8]> = der.into();
        let mut outer = Reader::new(der);
        let mut whole = outer.sequence()?;
        outer.finish()?;
        let tbs_element = whole.expect(tag::SEQUENCE)?;
        let mut tbs = tbs_element.reader();
        let stated_version = tbs.integer()?;
        let seal = Seal::read(&bytes, &mut tbs)?;
        let time = TimeRange::read(&mut tbs)?;
        let data_hash = tbs.expect(tag::BIT_STRING)?.bits_range()?;
        let property_info = tbs.text()?;
        // Version 1 names the signer inside of what is signed, the others after it.
        let inside = if tbs.peek() == Some(tag::OCTET_STRING) {
            Some(Signatory::read(&mut tbs)?)
        } else {
            None
        };
        tbs.optional(tag::context(0))?;
        tbs.finish()?;
        let signer = match inside {
            Some(signer) => signer,
            None => Signatory::read(&mut whole)?,
        };
        let signature = whole.expect(tag::BIT_STRING)?.bits_range()?;
        let time_stamp = match whole.optional(tag::context(0))? {
            Some(explicit) => Some(explicit.reader().expect(tag::BIT_STRING)?.bits_range()?),
            None => None,
        };
        whole.finish()?;
        let tbs = tbs_element.range();
        let fields = Fields {
            stated_version,
            tbs,
            time,
            data_hash,
            property_info,
            signer,
            signature,
            time_stamp,
        };
        Ok(Self {
            bytes,
            seal,
            fields: Arc::new(fields),
        })
    }

    /// The same with a time-stamp token over the signature value in the field for it (GB/T 38540 `timeStamp`), DER.
    /// Everything that is there is copied as it stands.
    ///
    /// # Errors
    /// It has one already, or follows version 1, which has no such field.
    pub fn with_time_stamp(&self, token: &[u8]) -> Result<Vec<u8>, Error> {
        if self.fields.time_stamp.is_some() {
            return Err(Error::InvalidContent);
        }
        if self.version() == Version::V1 {
            return Err(Error::Unsupported);
        }
        let whole = Reader::new(&self.bytes).expect(tag::SEQUENCE)?;
        let mut out = Writer::new();
        out.sequence(|signed| {
            signed.raw(whole.content());
            signed.constructed(tag::context(0), |explicit| {
                explicit.bits(token);
            });
        });
        Ok(out.finish())
    }

    /// Which standard it follows: that of its seal.
    #[must_use]
    pub fn version(&self) -> Version {
        self.seal.version()
    }

    /// The number stated in `TBS_Sign`, whatever it is.
    #[must_use]
    pub fn stated_version(&self) -> i64 {
        self.fields.stated_version
    }

    /// The seal inside.
    #[must_use]
    pub const fn seal(&self) -> &Seal {
        &self.seal
    }

    /// When it says it was signed.
    #[must_use]
    pub fn time_info(&self) -> TimeInfo<'_> {
        match &self.fields.time {
            TimeRange::Stated(at) => TimeInfo::Stated(*at),
            TimeRange::Token(range) => TimeInfo::Token(self.slice(range)),
            TimeRange::Unreadable => TimeInfo::Unreadable,
        }
    }

    /// When it says it was signed, whether by itself or inside a token.
    #[must_use]
    pub fn signing_time(&self) -> Option<Timestamp> {
        match self.time_info() {
            TimeInfo::Stated(at) => Some(at),
            TimeInfo::Token(token) => gm::timestamp::stated_time(token),
            TimeInfo::Unreadable => None,
        }
    }

    /// The digest that is signed: of the bytes of `Signature.xml`.
    #[must_use]
    pub fn data_hash(&self) -> &[u8] {
        self.slice(&self.fields.data_hash)
    }

    /// What is protected; everybody writes the absolute path of `Signature.xml` here.
    #[must_use]
    pub fn property_info(&self) -> &str {
        &self.fields.property_info
    }

    /// The signer's certificate as it stands.
    #[must_use]
    pub fn signer_der(&self) -> &[u8] {
        self.slice(&self.fields.signer.certificate)
    }

    /// The signer's certificate.
    pub fn signer(&self) -> Result<Certificate, Error> {
        Certificate::from_der(self.signer_der())
    }

    /// The algorithm of the signature.
    #[must_use]
    pub fn signature_algorithm(&self) -> Oid {
        self.fields.signer.algorithm
    }

    /// The signature value as it stands.
    #[must_use]
    pub fn signature(&self) -> &[u8] {
        self.slice(&self.fields.signature)
    }

    /// The time-stamp token over the signature value, as it stands.
    #[must_use]
    pub fn time_stamp(&self) -> Option<&[u8]> {
        self.fields.time_stamp.as_ref().map(|range| self.slice(range))
    }

    /// What the signer signed (`TBS_Sign`), as it stands.
    #[must_use]
    pub fn signed_bytes(&self) -> &[u8] {
        self.slice(&self.fields.tbs)
    }

    /// The part of what was signed that ends with the seal: the same in all documents sealed with it.
    #[must_use]
    pub fn signed_prefix(&self) -> &[u8] {
        let end = self.seal.range().end;
        self.slice(&(self.fields.tbs.start..end))
    }

    fn slice(&self, range: &Range<usize>) -> &[u8] {
        self.bytes.get(range.clone()).unwrap_or_default()
    }
}

impl fmt::Debug for SignedSeal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedSeal")
            .field("seal", &self.seal)
            .finish_non_exhaustive()
    }
}

impl TimeRange {
    /// Versions 4 and 5 have a GeneralizedTime; version 1 a BIT STRING around the text of a time, an encoded time or
    /// a token.
    fn read(tbs: &mut Reader<'_>) -> Result<Self, Error> {
        let element = tbs.any()?;
        match element.tag {
            tag::GENERALIZED_TIME | tag::UTC_TIME => Ok(Self::Stated(element.time()?)),
            tag::BIT_STRING => {
                let (range, bits) = (element.bits_range()?, element.bits()?);
                let encoded = || Reader::new(bits).time().ok();
                Ok(match gm::asn1::parse_time(bits).or_else(encoded) {
                    Some(at) => Self::Stated(at),
                    None if bits.first() == Some(&tag::SEQUENCE) => Self::Token(range),
                    None => Self::Unreadable,
                })
            }
            _ => Err(Error::UnexpectedTag),
        }
    }
}
