//! Reading certificates tolerantly.

use super::{BasicConstraints, Fields, KeyUsage, MAX_CERTIFICATE_LENGTH, Name, memo::Memo};
use crate::{
    asn1::{Element, Error, Oid, Reader, tag},
    key::VerifyingKey,
    oid,
    scheme::{Scheme, Unusable},
};

/// No certificate in use has more extensions.
const MAX_EXTENSIONS: usize = 64;

pub(super) fn certificate(der: &[u8]) -> Result<Fields, Error> {
    if der.len() > MAX_CERTIFICATE_LENGTH {
        return Err(Error::TooLarge);
    }
    let mut outer = Reader::new(der);
    let mut certificate = outer.sequence()?;
    outer.finish()?;
    let tbs_element = certificate.expect(tag::SEQUENCE)?;
    let algorithm = certificate.expect(tag::SEQUENCE)?;
    let signature = certificate.expect(tag::BIT_STRING)?.bits_range()?;
    certificate.finish()?;

    let mut tbs = tbs_element.reader();
    tbs.optional(tag::context(0))?;
    let serial = tbs.expect(tag::INTEGER)?.content().to_vec();
    let inner_algorithm = tbs.expect(tag::SEQUENCE)?;
    let issuer = Name::parse(&tbs.expect(tag::SEQUENCE)?)?;
    let mut validity = tbs.sequence()?;
    let (not_before, not_after) = (validity.time()?, validity.time()?);
    let subject = Name::parse(&tbs.expect(tag::SEQUENCE)?)?;
    let spki = tbs.expect(tag::SEQUENCE)?;
    tbs.optional(0x81)?;
    tbs.optional(0x82)?;
    let extensions = match tbs.optional(tag::context(3))? {
        Some(explicit) => Extensions::read(&mut explicit.reader().sequence()?)?,
        None => Extensions::default(),
    };
    tbs.finish()?;

    Ok(Fields {
        tbs: tbs_element.range(),
        serial,
        issuer,
        not_before,
        not_after,
        subject,
        spki: spki.range(),
        key: VerifyingKey::from_spki(spki.raw()),
        key_usage: extensions.key_usage,
        extended_key_usage: extensions.extended_key_usage,
        purpose_critical: extensions.purpose_critical,
        basic_constraints: extensions.basic_constraints,
        policies: extensions.policies,
        authority_key_id: extensions.authority_key_id,
        subject_key_id: extensions.subject_key_id,
        crl_locations: extensions.crl_locations,
        unknown_critical: extensions.unknown_critical,
        scheme: agreed(&algorithm, &inner_algorithm),
        signature,
        memo: Memo::default(),
        der: der.to_vec(),
    })
}

/// The scheme that both places name, to the byte: of one that is not signed anybody could change the parameters.
pub(super) fn agreed(outer: &Element<'_>, inner: &Element<'_>) -> Result<Scheme, Unusable> {
    if outer.raw() == inner.raw() {
        Scheme::combined(inner)
    } else {
        Err(Unusable::Differing)
    }
}

#[derive(Default)]
struct Extensions {
    key_usage: Option<KeyUsage>,
    extended_key_usage: Option<Vec<Oid>>,
    purpose_critical: bool,
    basic_constraints: Option<BasicConstraints>,
    policies: Option<Vec<Oid>>,
    authority_key_id: Option<Vec<u8>>,
    subject_key_id: Option<Vec<u8>>,
    crl_locations: Vec<String>,
    unknown_critical: bool,
}

/// One extension: its identifier, whether it is critical, and what its OCTET STRING holds.
pub(super) fn extension<'a>(list: &mut Reader<'a>) -> Result<(Oid, bool, Reader<'a>), Error> {
    let mut extension = list.sequence()?;
    let kind = extension.oid()?;
    let critical = extension
        .optional(tag::BOOLEAN)?
        .map_or(Ok(false), |flag| flag.boolean())?;
    let content = extension.octets()?.reader();
    extension.finish()?;
    Ok((kind, critical, content))
}

impl Extensions {
    /// A repeated extension is refused: which one counts would be a guess (RFC 5280 §4.2).
    fn read(list: &mut Reader<'_>) -> Result<Self, Error> {
        let mut extensions = Self::default();
        let mut seen = Vec::new();
        while !list.is_empty() {
            let (kind, critical, mut content) = extension(list)?;
            if seen.contains(&kind) {
                return Err(Error::InvalidContent);
            }
            seen.push(kind);
            if seen.len() > MAX_EXTENSIONS {
                return Err(Error::TooLarge);
            }
            extensions.take(kind, critical, &mut content)?;
        }
        Ok(extensions)
    }

    fn take(&mut self, kind: Oid, critical: bool, content: &mut Reader<'_>) -> Result<(), Error> {
        match kind {
            oid::KEY_USAGE => self.key_usage = Some(key_usage(&content.expect(tag::BIT_STRING)?)?),
            oid::BASIC_CONSTRAINTS => self.basic_constraints = Some(basic_constraints(content)?),
            oid::EXTENDED_KEY_USAGE => {
                self.purpose_critical = critical;
                let mut list = content.sequence()?;
                let purposes = self.extended_key_usage.insert(Vec::new());
                while !list.is_empty() {
                    purposes.push(list.oid()?);
                }
            }
            oid::CERTIFICATE_POLICIES => {
                let mut list = content.sequence()?;
                let policies = self.policies.insert(Vec::new());
                while !list.is_empty() {
                    policies.push(list.sequence()?.oid()?);
                }
            }
            oid::SUBJECT_KEY_IDENTIFIER => self.subject_key_id = Some(content.octets()?.content().to_vec()),
            oid::AUTHORITY_KEY_IDENTIFIER => {
                self.authority_key_id = content
                    .sequence()?
                    .optional(0x80)?
                    .map(|id| id.content().to_vec());
            }
            oid::CRL_DISTRIBUTION_POINTS => self.crl_locations = locations(&mut content.sequence()?)?,
            _ => self.unknown_critical |= critical,
        }
        Ok(())
    }
}

fn key_usage(bits: &Element<'_>) -> Result<KeyUsage, Error> {
    match bits.content() {
        [unused @ 0..=7, first] => Ok(KeyUsage(u16::from_be_bytes([first >> unused << unused, 0]))),
        [unused @ 0..=7, first, second] => {
            Ok(KeyUsage(u16::from_be_bytes([*first, second >> unused << unused])))
        }
        [0] => Ok(KeyUsage(0)),
        _ => Err(Error::InvalidContent),
    }
}

fn basic_constraints(content: &mut Reader<'_>) -> Result<BasicConstraints, Error> {
    let mut fields = content.sequence()?;
    let authority = fields
        .optional(tag::BOOLEAN)?
        .map_or(Ok(false), |flag| flag.boolean())?;
    let path_length = match fields.optional(tag::INTEGER)? {
        Some(length) => Some(u32::try_from(length.integer()?).map_err(|_| Error::InvalidContent)?),
        None => None,
    };
    fields.finish()?;
    Ok(BasicConstraints {
        authority,
        path_length,
    })
}

/// The URIs among the full names of the distribution points.
fn locations(points: &mut Reader<'_>) -> Result<Vec<String>, Error> {
    let mut found = Vec::new();
    while !points.is_empty() {
        let mut point = points.sequence()?;
        let Some(name) = point.optional(tag::context(0))? else {
            continue;
        };
        let Some(full) = name.reader().optional(tag::context(0))? else {
            continue;
        };
        let mut names = full.reader();
        while !names.is_empty() {
            let general = names.any()?;
            if general.tag == 0x86
                && let Ok(uri) = std::str::from_utf8(general.content())
            {
                found.push(uri.to_owned());
            }
        }
    }
    Ok(found)
}

/// The DER of every block with this label; text between the blocks is skipped.
pub(super) fn pem_blocks(pem: &str, label: &str) -> Result<Vec<Vec<u8>>, Error> {
    let (begin, end) = (
        format!("-----BEGIN {label}-----"),
        format!("-----END {label}-----"),
    );
    let mut blocks = Vec::new();
    let mut rest = pem;
    while let Some((_, body)) = rest.split_once(&begin) {
        let (block, after) = body.split_once(&end).ok_or(Error::Truncated)?;
        let text: String = block.split_ascii_whitespace().collect();
        blocks.push(decode_base64(&text).ok_or(Error::InvalidContent)?);
        rest = after;
    }
    Ok(blocks)
}

fn decode_base64(text: &str) -> Option<Vec<u8>> {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.decode(text).ok()
}

pub(super) fn to_pem(label: &str, der: &[u8]) -> String {
    use base64::Engine as _;
    let text = base64::engine::general_purpose::STANDARD.encode(der);
    let mut pem = format!("-----BEGIN {label}-----\n");
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(rest.len().min(64));
        pem.push_str(line);
        pem.push('\n');
        rest = after;
    }
    pem.push_str(&format!("-----END {label}-----\n"));
    pem
}
