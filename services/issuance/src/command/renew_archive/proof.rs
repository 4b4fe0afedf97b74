//! Until when a PDF proves its own time, and what it lacks to go on doing so.

use gm::certificate::RevocationList;
use gm::chain::Trust;
use gm::timestamp::Report;
use gm::{Certificate, cades, timestamp};
use jiff::Timestamp;
use pdf::verify::{Signature, SignatureKind, examine};
use pdf::{Limits, Pdf, ReadError, ValidationData};

/// When the certificate of its last time stamp ends; `None` if it has none that `trust` leads to.
pub(super) fn lasts_until(file: &[u8], trust: &Trust<'_>) -> Option<Timestamp> {
    let pdf = Pdf::open(file, Limits::default()).ok()?;
    let examination = examine(&pdf).ok()?;
    let stamps = examination.signatures.iter();
    let stamps = stamps.filter_map(|signature| stamp(signature, trust));
    let trusted = stamps.filter(Report::is_trusted);
    trusted
        .filter_map(|report| report.authority.as_ref().map(Certificate::not_after))
        .max()
}

/// The time stamp that a signature field is, or has beside its value.
fn stamp(signature: &Signature<'_>, trust: &Trust<'_>) -> Option<Report> {
    let parts = signature.signed_parts()?;
    match signature.kind {
        SignatureKind::DocumentTimeStamp => Some(timestamp::verify_parts(&signature.cms, &parts, trust)),
        SignatureKind::Signature => {
            // Only what stands in the CMS is asked for; its signer was judged when the file was issued.
            let report = cades::verify(&signature.cms, &parts, &Trust::default(), Timestamp::UNIX_EPOCH);
            let token = report.time_stamp?;
            Some(timestamp::verify(&token, &report.signature_value, trust))
        }
    }
}

/// The certificates above the authorities, and their revocation lists, as far as the file does not bring them along.
pub(super) fn missing(file: &[u8], trust: &Trust<'_>) -> Result<ValidationData, ReadError> {
    let pdf = Pdf::open(file, Limits::default())?;
    let present = examine(&pdf)?.validation.map(|store| store.data);
    let present = present.unwrap_or_default();
    let above: Vec<&Certificate> = trust.intermediates.iter().chain(trust.roots).collect();
    let of_these = |list: &&RevocationList| {
        above.iter().any(|issuer| {
            let key = issuer.verifying_key();
            issuer.subject() == list.issuer() && key.is_ok_and(|key| list.verify_signature(key).is_ok())
        })
    };
    let certificates = above.iter().map(|one| one.der().to_vec());
    let lists = trust.revocation_lists.iter().filter(of_these);
    Ok(ValidationData {
        certificates: certificates
            .filter(|der| !present.certificates.contains(der))
            .collect(),
        revocation_lists: lists
            .map(|list| list.der().to_vec())
            .filter(|der| !present.revocation_lists.contains(der))
            .collect(),
    })
}
