//! Reading seals.

mod info;

use std::{fmt, ops::Range, sync::Arc};

use gm::{
    Certificate,
    asn1::{Error, Oid, Reader, tag},
};
use info::{Info, ListedRanges};
use jiff::Timestamp;

/// The largest seal read. Real ones have 10 to 200 KB, most of it the picture.
pub(crate) const MAX_LENGTH: usize = 4 * 1024 * 1024;

/// Which standard a structure follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Version {
    /// GM/T 0031-2014
    V1,
    /// GB/T 38540-2020
    V4,
    /// GM/T 0031-2025
    V5,
}

impl Version {
    /// The number that the header of this version states.
    #[must_use]
    pub const fn number(self) -> i64 {
        match self {
            Self::V1 => 1,
            Self::V4 => 4,
            Self::V5 => 5,
        }
    }
}

/// The picture of a seal to be made.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    /// Format in upper case, e.g. `PNG`.
    pub format: String,
    /// The file.
    pub bytes: Vec<u8>,
    /// Width on the page in millimetres.
    pub width: u32,
    /// Height on the page in millimetres.
    pub height: u32,
}

/// The picture of a seal that was read.
#[derive(Clone, Copy)]
pub struct PictureRef<'a> {
    /// Format as stated: `PNG`, `GIF`, `ofd` …
    pub format: &'a str,
    /// The file.
    pub bytes: &'a [u8],
    /// Width on the page in millimetres, as stated.
    pub width: i64,
    /// Height on the page in millimetres, as stated.
    pub height: i64,
}

/// The certificates that may sign with a seal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listed<'a> {
    /// The certificates themselves (certListType 1, and version 1).
    Certificates(Vec<&'a [u8]>),
    /// Their digests, each with the name of its algorithm as stated (certListType 2).
    Digests(Vec<(&'a str, &'a [u8])>),
}

/// A seal (`SESeal`) with its original bytes. Cheap to clone.
#[derive(Clone)]
pub struct Seal {
    bytes: Arc<[u8]>,
    fields: Arc<Fields>,
}

struct Fields {
    whole: Range<usize>,
    version: Version,
    info: Info,
    info_range: Range<usize>,
    maker: Signatory,
    signature: Range<usize>,
    time_stamp: Option<Range<usize>>,
}

/// A certificate and an algorithm identifier as they stand one after another.
pub(crate) struct Signatory {
    pub(crate) certificate: Range<usize>,
    pub(crate) algorithm: Oid,
    /// Both elements with tags and lengths, as version 1 signs them.
    pub(crate) raw: Range<usize>,
}

impl Signatory {
    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, Error> {
        let certificate = reader.octets()?;
        let algorithm = reader.expect(tag::OBJECT_IDENTIFIER)?;
        Ok(Self {
            certificate: certificate.content_range(),
            algorithm: algorithm.oid()?,
            raw: certificate.range().start..algorithm.range().end,
        })
    }
}

impl Seal {
    /// Reads a seal. Nothing may follow it.
    pub fn parse(der: &[u8]) -> Result<Self, Error> {
        if der.len() > MAX_LENGTH {
            return Err(Error::TooLarge);
        }
        let bytes: Arc<[u8]> = der.into();
        let mut reader = Reader::new(der);
        let seal = Self::read(&bytes, &mut reader)?;
        reader.finish()?;
        Ok(seal)
    }

    /// Reads a seal inside `bytes`, which `reader` walks.
    pub(crate) fn read(bytes: &Arc<[u8]>, reader: &mut Reader<'_>) -> Result<Self, Error> {
        let whole = reader.expect(tag::SEQUENCE)?;
        let mut seal = whole.reader();
        let info = seal.expect(tag::SEQUENCE)?;
        // Version 1 has one more SEQUENCE around certificate, algorithm and signature.
        let grouped = seal.optional(tag::SEQUENCE)?;
        let mut end = grouped
            .as_ref()
            .map_or_else(|| seal.clone(), gm::asn1::Element::reader);
        let maker = Signatory::read(&mut end)?;
        let signature = end.expect(tag::BIT_STRING)?.bits_range()?;
        let time_stamp = match end.optional(tag::context(0))? {
            Some(explicit) => Some(explicit.reader().expect(tag::BIT_STRING)?.bits_range()?),
            None => None,
        };
        end.finish()?;
        if grouped.is_some() {
            seal.finish()?;
        }
        let info_range = info.range();
        let info = Info::read(info.reader())?;
        let version = match (grouped.is_some(), info.stated_version) {
            (true, _) => Version::V1,
            (false, 5) => Version::V5,
            (false, _) => Version::V4,
        };
        let fields = Fields {
            whole: whole.range(),
            version,
            info,
            info_range,
            maker,
            signature,
            time_stamp,
        };
        Ok(Self {
            bytes: Arc::clone(bytes),
            fields: Arc::new(fields),
        })
    }

    /// Which standard the seal follows, by its structure first and the number in its header second.
    #[must_use]
    pub fn version(&self) -> Version {
        self.fields.version
    }

    /// The number in the header, whatever it is.
    #[must_use]
    pub fn stated_version(&self) -> i64 {
        self.fields.info.stated_version
    }

    /// Who made the software (Vid).
    #[must_use]
    pub fn vendor(&self) -> &str {
        &self.fields.info.vendor
    }

    /// The identifier of the seal (esID).
    #[must_use]
    pub fn es_id(&self) -> &str {
        &self.fields.info.es_id
    }

    /// The type number; 1 is usual for organisations, others are the issuer's own.
    #[must_use]
    pub fn kind(&self) -> i64 {
        self.fields.info.kind
    }

    /// The name on the seal. May be a person's.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.fields.info.name
    }

    /// Which certificates may sign with the seal.
    #[must_use]
    pub fn listed(&self) -> Listed<'_> {
        match &self.fields.info.listed {
            ListedRanges::Certificates(ranges) => {
                Listed::Certificates(ranges.iter().map(|range| self.slice(range)).collect())
            }
            ListedRanges::Digests(ranges) => Listed::Digests(
                ranges
                    .iter()
                    .map(|(kind, range)| (kind.as_str(), self.slice(range)))
                    .collect(),
            ),
        }
    }

    /// When the seal was made.
    #[must_use]
    pub fn created(&self) -> Timestamp {
        self.fields.info.created
    }

    /// The first instant at which it may be used.
    #[must_use]
    pub fn valid_from(&self) -> Timestamp {
        self.fields.info.valid_from
    }

    /// The last instant at which it may be used.
    #[must_use]
    pub fn valid_until(&self) -> Timestamp {
        self.fields.info.valid_until
    }

    /// The picture.
    #[must_use]
    pub fn picture(&self) -> PictureRef<'_> {
        PictureRef {
            format: &self.fields.info.picture_format,
            bytes: self.slice(&self.fields.info.picture),
            width: self.fields.info.width,
            height: self.fields.info.height,
        }
    }

    /// The seal maker's certificate as it stands.
    #[must_use]
    pub fn maker_der(&self) -> &[u8] {
        self.slice(&self.fields.maker.certificate)
    }

    /// The seal maker's certificate.
    pub fn maker(&self) -> Result<Certificate, Error> {
        Certificate::from_der(self.maker_der())
    }

    /// The algorithm of the maker's signature.
    #[must_use]
    pub fn signature_algorithm(&self) -> Oid {
        self.fields.maker.algorithm
    }

    /// The maker's signature value as it stands.
    #[must_use]
    pub fn signature(&self) -> &[u8] {
        self.slice(&self.fields.signature)
    }

    /// The time-stamp token over the maker's signature (version 5), as it stands.
    #[must_use]
    pub fn time_stamp(&self) -> Option<&[u8]> {
        self.fields.time_stamp.as_ref().map(|range| self.slice(range))
    }

    /// What the maker signed: the `SES_SealInfo` as it stands; in version 1 a SEQUENCE around it, the certificate
    /// and the algorithm (domain §4.5).
    #[must_use]
    pub fn signed_bytes(&self) -> Vec<u8> {
        let info = self.slice(&self.fields.info_range);
        if self.version() != Version::V1 {
            return info.to_vec();
        }
        let rest = self.slice(&self.fields.maker.raw);
        let mut out = Vec::with_capacity(info.len() + rest.len() + 6);
        gm::asn1::header(&mut out, tag::SEQUENCE, info.len() + rest.len());
        out.extend_from_slice(info);
        out.extend_from_slice(rest);
        out
    }

    /// The seal as it stands: the bytes of `Seal.esl`.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        self.slice(&self.fields.whole)
    }

    /// Where it stands in the bytes that it was read from.
    pub(crate) fn range(&self) -> Range<usize> {
        self.fields.whole.clone()
    }

    fn slice(&self, range: &Range<usize>) -> &[u8] {
        self.bytes.get(range.clone()).unwrap_or_default()
    }
}

/// Shows version and identifier; the name may be a person's.
impl fmt::Debug for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Seal")
            .field("version", &self.version())
            .field("es_id", &self.es_id())
            .finish_non_exhaustive()
    }
}
