//! What a PDF brings along for whoever verifies it (DSS), beside what the trust bundle has.

use gm::certificate::{OcspResponse, RevocationList};
use gm::chain::Trust;
use gm::{Certificate, cades};
use pdf::verify::{Examination, Signature, SignatureKind, ValidationStore};

use crate::finding::{Finding, check};
use crate::verifier::Context;

/// Certificates, revocation lists and OCSP responses of both. Roots are the bundle's alone: nothing in a file makes
/// itself trusted, and a list or a response counts only if the issuer, or whom it named for this, signed it.
pub(super) struct Evidence<'a> {
    roots: &'a [Certificate],
    time_stamping: &'a [Certificate],
    /// What SM2 signatures are checked against: their signers are those of seals.
    seals: Trust<'a>,
    intermediates: Vec<Certificate>,
    revocation_lists: Vec<RevocationList>,
    ocsp_responses: Vec<OcspResponse>,
    store: Option<&'a ValidationStore>,
    unreadable: usize,
}

impl<'a> Evidence<'a> {
    pub(super) fn of(store: Option<&'a ValidationStore>, context: &Context<'a>) -> Self {
        let bundle = context.bundle.pdf_trust();
        let mut evidence = Self {
            roots: bundle.roots,
            time_stamping: bundle.time_stamping,
            seals: context.bundle.seal_trust(),
            intermediates: bundle.intermediates.to_vec(),
            revocation_lists: bundle.revocation_lists.to_vec(),
            ocsp_responses: Vec::new(),
            store,
            unreadable: 0,
        };
        for der in store.iter().flat_map(|store| &store.data.certificates) {
            match Certificate::from_der(der) {
                Ok(own) if !evidence.intermediates.contains(&own) => evidence.intermediates.push(own),
                Ok(_) => {}
                Err(_) => evidence.unreadable += 1,
            }
        }
        for der in store.iter().flat_map(|store| &store.data.revocation_lists) {
            // The bundle's own lists are known already, with how their signatures stand.
            if bundle.revocation_lists.iter().any(|known| known.der() == der) {
                continue;
            }
            match RevocationList::from_der(der) {
                Ok(own) => evidence.revocation_lists.push(own),
                Err(_) => evidence.unreadable += 1,
            }
        }
        for der in store.iter().flat_map(|store| &store.ocsp_responses) {
            match OcspResponse::from_der(der) {
                Ok(own) => evidence.ocsp_responses.push(own),
                Err(_) => evidence.unreadable += 1,
            }
        }
        evidence
    }

    /// What the signer of a CMS is checked against.
    pub(super) fn trust_for(&self, cms: &[u8]) -> Trust<'_> {
        if cades::is_gm(cms) {
            self.seals
        } else {
            self.trust()
        }
    }

    pub(super) fn trust(&self) -> Trust<'_> {
        Trust {
            roots: self.roots,
            time_stamping: self.time_stamping,
            intermediates: &self.intermediates,
            revocation_lists: &self.revocation_lists,
            ocsp_responses: &self.ocsp_responses,
        }
    }

    /// What the store contains.
    pub(super) fn finding(&self) -> Option<Finding> {
        let store = self.store?;
        let contents = format!(
            "{} certificates, {} CRLs, {} OCSP",
            store.data.certificates.len(),
            store.data.revocation_lists.len(),
            store.ocsp_responses.len()
        );
        let finding = if self.unreadable > 0 || store.left_out > 0 {
            Finding::warning(check::VALIDATION_DATA, "validation_data_unreadable")
        } else {
            Finding::pass(check::VALIDATION_DATA)
        };
        Some(finding.about(contents))
    }
}

/// What was appended after a signature that allows nothing but this.
pub(super) fn appended(signature: &Signature<'_>, examination: &Examination<'_>) -> String {
    let end = |one: &Signature<'_>| {
        one.byte_range
            .get(2)
            .zip(one.byte_range.get(3))
            .map(|(at, length)| at + length)
    };
    let stamps = examination
        .signatures
        .iter()
        .filter(|other| other.kind == SignatureKind::DocumentTimeStamp && end(other) > end(signature))
        .count();
    let objects = signature
        .later
        .as_ref()
        .map_or(0, |later| later.added.len() + later.replaced.len());
    format!("{stamps} DocTimeStamp, {objects} objects")
}
