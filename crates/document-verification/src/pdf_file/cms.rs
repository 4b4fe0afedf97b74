//! The form of the CMS beside what its signature covers: nothing odd may ride along unsigned.

use gm::asn1::{Error, Reader, tag};
use gm::cades::Report;
use gm::scheme::Scheme;
use gm::signed_data::SignedData;

use crate::finding::{Finding, check};

/// Versions are 1, the set of digest algorithms is the signer's, and the certificates inside are those of the signer's
/// path, of which only the root may be left out (RFC 5652 §5.1; ETSI EN 319 142-1 §6).
pub(super) fn form(der: &[u8], report: &Report) -> Finding {
    match fits(der, report) {
        Ok(fits) => Finding::decide(check::CMS_FORM, fits, "unsigned_parts_unusual"),
        Err(_) => Finding::fail(check::CMS_FORM, "unsigned_parts_unusual"),
    }
}

fn fits(der: &[u8], report: &Report) -> Result<bool, Error> {
    let parsed = SignedData::parse(der)?;
    let [signer] = parsed.signers.as_slice() else {
        return Ok(false);
    };
    let mut info = Reader::new(der).sequence()?;
    info.oid()?;
    let mut data = info.expect(tag::context(0))?.reader().sequence()?;
    if data.integer()? != 1 {
        return Ok(false);
    }
    let mut digests = data.expect(tag::SET)?.reader();
    let mut one = digests.sequence()?;
    if one.oid()? != signer.digest_algorithm || !no_parameters(&mut one)? || !digests.is_empty() {
        return Ok(false);
    }
    data.sequence()?;
    if !certificates(&mut data, report)? || data.optional(tag::context(1))?.is_some() {
        return Ok(false);
    }
    let mut info = data.expect(tag::SET)?.reader().sequence()?;
    if info.integer()? != 1 {
        return Ok(false);
    }
    info.any()?;
    let mut digest = info.sequence()?;
    digest.oid()?;
    if !no_parameters(&mut digest)? {
        return Ok(false);
    }
    info.optional(tag::context(0))?;
    let mut algorithm = info.sequence()?;
    algorithm.oid()?;
    // Of the schemes only RSASSA-PSS has parameters, and with others than it understood nothing was verified.
    let with_parameters = matches!(signer.scheme(), Ok(Scheme::RsaPss { .. }));
    if !with_parameters && !no_parameters(&mut algorithm)? {
        return Ok(false);
    }
    info.octets()?;
    let Some(unsigned) = info.optional(tag::context(1))? else {
        return Ok(true);
    };
    // A time stamp for the signature is the only thing that stands beside it (level B-T).
    let mut attributes = unsigned.reader();
    let mut attribute = attributes.sequence()?;
    Ok(attribute.oid()? == gm::oid::SIGNATURE_TIME_STAMP && attributes.is_empty())
}

/// Absent or NULL.
fn no_parameters(identifier: &mut Reader<'_>) -> Result<bool, Error> {
    const NULL: [u8; 2] = [5, 0];
    if identifier.is_empty() {
        return Ok(true);
    }
    let parameters = identifier.any()?;
    Ok(parameters.raw() == NULL && identifier.is_empty())
}

fn certificates(data: &mut Reader<'_>, report: &Report) -> Result<bool, Error> {
    let Some(set) = data.optional(tag::context(0))? else {
        return Ok(false);
    };
    let path = report.chain.iter().flat_map(|chain| &chain.path);
    let known: Vec<&[u8]> = path.map(gm::Certificate::der).collect();
    let (mut members, mut inside) = (set.reader(), Vec::new());
    while !members.is_empty() {
        let member = members.any()?.raw();
        if !known.contains(&member) {
            return Ok(false);
        }
        inside.push(member);
    }
    let below_root = known.split_last().map_or(&[][..], |(_, below)| below);
    Ok(below_root.iter().all(|one| inside.contains(one)))
}
