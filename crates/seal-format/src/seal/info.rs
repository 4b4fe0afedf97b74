//! `SES_SealInfo`, the part of a seal that its maker signs.

use std::ops::Range;

use gm::asn1::{Error, Reader, tag};
use jiff::Timestamp;

/// How many signer certificates a seal may list.
const MAX_LISTED: usize = 256;

/// `SES_SealInfo`
pub(super) struct Info {
    pub(super) stated_version: i64,
    pub(super) vendor: String,
    pub(super) es_id: String,
    pub(super) kind: i64,
    pub(super) name: String,
    pub(super) listed: ListedRanges,
    pub(super) created: Timestamp,
    pub(super) valid_from: Timestamp,
    pub(super) valid_until: Timestamp,
    pub(super) picture_format: String,
    pub(super) picture: Range<usize>,
    pub(super) width: i64,
    pub(super) height: i64,
}

pub(super) enum ListedRanges {
    Certificates(Vec<Range<usize>>),
    Digests(Vec<(String, Range<usize>)>),
}

impl Info {
    pub(super) fn read(mut info: Reader<'_>) -> Result<Self, Error> {
        let mut header = info.sequence()?;
        if header.text()? != "ES" {
            return Err(Error::InvalidContent);
        }
        let stated_version = header.integer()?;
        let vendor = header.text()?;
        header.finish()?;
        let es_id = info.text()?;

        let mut property = info.sequence()?;
        let kind = property.integer()?;
        let name = property.text()?;
        let list_kind = match property.peek() {
            Some(tag::INTEGER) => property.integer()?,
            _ => 1,
        };
        let listed = ListedRanges::read(property.sequence()?, list_kind)?;
        let (created, valid_from, valid_until) = (property.time()?, property.time()?, property.time()?);
        property.finish()?;

        let mut picture = info.sequence()?;
        let picture_format = picture.text()?;
        let picture_range = picture.octets()?.content_range();
        let (width, height) = (picture.integer()?, picture.integer()?);
        picture.finish()?;
        // extDatas: an untagged SEQUENCE in practice, tagged in the wording of version 1.
        if !info.is_empty() {
            info.any()?;
        }
        info.finish()?;
        Ok(Self {
            stated_version,
            vendor,
            es_id,
            kind,
            name,
            listed,
            created,
            valid_from,
            valid_until,
            picture_format,
            picture: picture_range,
            width,
            height,
        })
    }
}

impl ListedRanges {
    fn read(mut list: Reader<'_>, kind: i64) -> Result<Self, Error> {
        let (mut certificates, mut digests) = (Vec::new(), Vec::new());
        while !list.is_empty() {
            match kind {
                1 => {
                    let member = list.any()?;
                    // A few producers leave out the OCTET STRING around the certificate.
                    certificates.push(match member.tag {
                        tag::OCTET_STRING => member.content_range(),
                        tag::SEQUENCE => member.range(),
                        _ => return Err(Error::UnexpectedTag),
                    });
                }
                2 => {
                    let mut member = list.sequence()?;
                    digests.push((member.text()?, member.octets()?.content_range()));
                }
                _ => return Err(Error::InvalidContent),
            }
            if certificates.len() + digests.len() > MAX_LISTED {
                return Err(Error::TooLarge);
            }
        }
        Ok(if kind == 2 {
            Self::Digests(digests)
        } else {
            Self::Certificates(certificates)
        })
    }
}
