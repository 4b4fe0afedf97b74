//! The checks on a path.

use jiff::Timestamp;

use super::{
    Purpose,
    build::{Link, Path},
    check,
};
use crate::{
    asn1::Oid,
    certificate::{Certificate, KeyUsage},
    finding::Finding,
    oid,
};

/// One pass if nothing failed, else what failed.
fn all(check: &'static str, failures: impl Iterator<Item = Finding>) -> Vec<Finding> {
    let failures: Vec<Finding> = failures.collect();
    if failures.is_empty() {
        vec![Finding::pass(check)]
    } else {
        failures
    }
}

/// The issuers of a path with their positions.
fn issuers(path: &[Certificate]) -> impl Iterator<Item = (usize, &Certificate)> {
    path.iter().enumerate().skip(1)
}

pub(super) fn signatures(path: &Path) -> Vec<Finding> {
    if path.links.is_empty() && path.certificates.len() == 1 && path.anchor().outcome != crate::Outcome::Pass
    {
        return vec![Finding::cannot_say(check::SIGNATURE, "issuer_unknown").at(0)];
    }
    all(
        check::SIGNATURE,
        path.links
            .iter()
            .enumerate()
            .filter_map(|(position, link)| match link {
                Link::Signed => None,
                Link::Mismatch => Some(Finding::fail(check::SIGNATURE, "not_signed_by_issuer").at(position)),
                Link::Unusable(fault) => {
                    Some(Finding::cannot_say(check::SIGNATURE, fault.reason()).at(position))
                }
            }),
    )
}

pub(super) fn validity(path: &[Certificate], at: Timestamp) -> Vec<Finding> {
    all(
        check::VALIDITY,
        path.iter().enumerate().filter_map(|(position, certificate)| {
            let reason = if at < certificate.not_before() {
                "not_yet_valid"
            } else if at > certificate.not_after() {
                "expired"
            } else {
                return None;
            };
            Some(Finding::fail(check::VALIDITY, reason).at(position))
        }),
    )
}

pub(super) fn authority(path: &[Certificate]) -> Vec<Finding> {
    let failing = issuers(path).filter(|(_, issuer)| !issuer.is_authority());
    all(
        check::AUTHORITY,
        failing.map(|(position, _)| Finding::fail(check::AUTHORITY, "not_an_authority").at(position)),
    )
}

/// The length an issuer allows counts the certificates between it and the leaf that are not self-issued.
pub(super) fn path_length(path: &[Certificate]) -> Vec<Finding> {
    let failing = issuers(path).filter(|(position, issuer)| {
        let between = path
            .iter()
            .take(*position)
            .skip(1)
            .filter(|one| !one.is_self_issued())
            .count();
        let allowed = issuer
            .basic_constraints()
            .and_then(|constraints| constraints.path_length);
        allowed.is_some_and(|allowed| between > usize::try_from(allowed).unwrap_or(usize::MAX))
    });
    all(
        check::PATH_LENGTH,
        failing.map(|(position, _)| Finding::fail(check::PATH_LENGTH, "path_too_long").at(position)),
    )
}

/// A certificate without the extension restricts nothing (RFC 5280 §4.2.1.3).
pub(super) fn key_usage(path: &[Certificate]) -> Vec<Finding> {
    let failing = path.iter().enumerate().filter(|(position, certificate)| {
        let needed = if *position == 0 {
            KeyUsage::SIGNING
        } else {
            KeyUsage::KEY_CERT_SIGN
        };
        certificate
            .key_usage()
            .is_some_and(|usage| !usage.allows_any(needed))
    });
    all(
        check::KEY_USAGE,
        failing.map(|(position, _)| {
            let reason = if position == 0 {
                "key_may_not_sign"
            } else {
                "key_may_not_certify"
            };
            Finding::fail(check::KEY_USAGE, reason).at(position)
        }),
    )
}

/// An authority's certificate is no signer's: a key that certifies does not sign seals or documents.
pub(super) fn purpose(leaf: &Certificate, purpose: Purpose) -> Finding {
    let stated = leaf.extended_key_usage();
    let allows = |wanted: Oid| stated.is_some_and(|list| list.contains(&wanted));
    let suits = match purpose {
        // GB/T 20518 asks for no extended key usage on seal certificates; one that is there does not narrow.
        Purpose::SealMaking | Purpose::Sealing => true,
        Purpose::PdfSigning => {
            stated.is_none()
                || allows(oid::DOCUMENT_SIGNING)
                || allows(oid::EMAIL_PROTECTION)
                || allows(oid::ANY_EXTENDED_KEY_USAGE)
        }
        // RFC 3161 §2.3: exactly this purpose.
        Purpose::TimeStamping => stated == Some(&[oid::TIME_STAMPING][..]),
    };
    if leaf.is_authority() {
        Finding::fail(check::PURPOSE, "authority_used_as_signer").at(0)
    } else if suits {
        Finding::pass(check::PURPOSE)
    } else {
        Finding::fail(check::PURPOSE, "purpose_not_allowed").at(0)
    }
}

pub(super) fn extensions(path: &[Certificate]) -> Vec<Finding> {
    let failing = path
        .iter()
        .enumerate()
        .filter(|(_, one)| one.has_unknown_critical_extension());
    all(
        check::EXTENSIONS,
        failing
            .map(|(position, _)| Finding::fail(check::EXTENSIONS, "unknown_critical_extension").at(position)),
    )
}

/// Below a marked issuer everything is marked: an unmarked certificate there would pass for a real one.
pub(super) fn specimen_mark(path: &[Certificate]) -> Vec<Finding> {
    let links = path.iter().zip(issuers(path)).enumerate();
    let failing = links.filter(|(_, (subject, (_, issuer)))| issuer.is_specimen() && !subject.is_specimen());
    all(
        check::POLICY,
        failing.map(|(position, _)| Finding::fail(check::POLICY, "specimen_mark_missing").at(position)),
    )
}

/// The leaf's policies that every issuer allows. A root without policies restricts nothing; an intermediate without
/// them allows none.
pub(super) fn policies(path: &[Certificate]) -> Vec<Oid> {
    let Some((leaf, issuers)) = path.split_first() else {
        return Vec::new();
    };
    let stated = leaf.policies().unwrap_or_default().iter().copied();
    stated
        .filter(|policy| {
            issuers
                .iter()
                .enumerate()
                .all(|(index, issuer)| match issuer.policies() {
                    Some(allowed) => allowed.contains(policy) || allowed.contains(&oid::ANY_POLICY),
                    None => index + 1 == issuers.len(),
                })
        })
        .collect()
}
