//! Whether a certificate was revoked, by what its issuer, or a responder in its name, has said.

use jiff::Timestamp;

use super::{COMPROMISED_LATER, Trust, build::Path, check};
use crate::{
    certificate::{Certificate, KeyUsage, OcspResponse, Revocation, RevocationList, RevocationReason},
    finding::{Finding, Outcome},
};

/// Revocation of every certificate but the root, and the earliest instant from which the key of any of them is said to
/// be in other hands.
pub(super) fn revocation(path: &Path, trust: &Trust<'_>, at: Timestamp) -> (Vec<Finding>, Option<Timestamp>) {
    let links = path.certificates.iter().zip(path.certificates.iter().skip(1));
    let (mut findings, mut compromised_from) = (Vec::new(), None);
    for (position, (certificate, issuer)) in links.enumerate() {
        let statements = statements(certificate, issuer, trust);
        findings.push(of_one(certificate, &statements, at).at(position));
        let entries = statements.iter().filter_map(|statement| statement.entry);
        let compromises = entries.filter(|entry| entry.is_compromise());
        compromised_from = compromises
            .map(Revocation::effective_from)
            .chain(compromised_from)
            .min();
    }
    if findings.is_empty() && path.anchor().outcome != Outcome::Pass {
        findings.push(Finding::cannot_say(check::REVOCATION, "issuer_unknown").at(0));
    } else if findings
        .iter()
        .all(|finding| finding.outcome == Outcome::Pass && finding.reason == "ok")
    {
        findings = vec![Finding::pass(check::REVOCATION)];
    }
    (findings, compromised_from)
}

/// What a list or a response says of one certificate.
struct Statement<'a> {
    entry: Option<&'a Revocation>,
    /// Not being revoked follows from it, while it is current.
    acquits: bool,
    this_update: Timestamp,
    next_update: Option<Timestamp>,
    unknown_critical: bool,
}

/// All statements that count, the newest last.
fn statements<'a>(
    certificate: &'a Certificate,
    issuer: &'a Certificate,
    trust: &Trust<'a>,
) -> Vec<Statement<'a>> {
    let lists = signed_lists(certificate, issuer, trust.revocation_lists);
    let mut found: Vec<Statement<'a>> = lists
        .map(|list| Statement {
            entry: list.find(certificate),
            acquits: true,
            this_update: list.this_update(),
            next_update: list.next_update(),
            unknown_critical: list.has_unknown_critical_extension(),
        })
        .collect();
    for response in trust.ocsp_responses {
        found.extend(answered(certificate, issuer, response, trust.revocation_lists));
    }
    found.sort_by_key(|statement| statement.this_update);
    found
}

fn signed_lists<'a>(
    certificate: &Certificate,
    issuer: &Certificate,
    lists: &'a [RevocationList],
) -> impl Iterator<Item = &'a RevocationList> {
    let may_sign = issuer
        .key_usage()
        .is_none_or(|usage| usage.allows_any(KeyUsage::CRL_SIGN));
    lists
        .iter()
        .filter(move |list| may_sign && list.issuer() == certificate.issuer())
        .filter(move |list| {
            issuer
                .verifying_key()
                .is_ok_and(|key| list.verify_signature(key).is_ok())
        })
}

/// A response is looked at in earnest only if it speaks of the certificate, and a responder that its issuer revoked
/// says nothing any more.
fn answered<'a>(
    certificate: &'a Certificate,
    issuer: &'a Certificate,
    response: &'a OcspResponse,
    lists: &[RevocationList],
) -> Vec<Statement<'a>> {
    let about: Vec<_> = response.about(certificate, issuer).collect();
    let revoked = |responder: &Certificate| {
        signed_lists(responder, issuer, lists).any(|list| list.find(responder).is_some())
    };
    if about.is_empty() || response.verify(issuer, revoked).is_err() {
        return Vec::new();
    }
    let statements = about.into_iter().map(|statement| Statement {
        entry: statement.revocation.as_ref(),
        acquits: !statement.unknown,
        this_update: statement.this_update,
        next_update: statement.next_update,
        unknown_critical: statement.unknown_critical,
    });
    statements.collect()
}

/// A permanent entry in any list counts, since issuers drop entries of expired certificates later; a hold counts
/// only while the newest statement has it. Silence acquits if the statement speaks as of `at` or is still current
/// then, and was made before the certificate expired.
fn of_one(certificate: &Certificate, statements: &[Statement<'_>], at: Timestamp) -> Finding {
    if statements.is_empty() {
        return Finding::cannot_say(check::REVOCATION, "no_revocation_list");
    }
    if let Some(finding) = listed(statements, at) {
        return finding;
    }
    let current = |statement: &&Statement<'_>| {
        statement.this_update >= at || statement.next_update.is_some_and(|next| next >= at)
    };
    let (mut reason, mut acquitted) = ("revocation_list_stale", false);
    for statement in statements.iter().filter(current) {
        if statement.unknown_critical {
            reason = "unknown_critical_extension";
        } else if !statement.acquits {
            reason = "responder_does_not_know";
        } else if statement.this_update > certificate.not_after() {
            reason = "expired_before_list";
        } else {
            acquitted = true;
        }
    }
    if acquitted {
        Finding::pass(check::REVOCATION)
    } else {
        Finding::cannot_say(check::REVOCATION, reason)
    }
}

/// What entries say, if there are any. A compromise weighs more than other reasons: the time of signing itself is in
/// doubt then, which callers settle by the evidence they have for it.
fn listed(statements: &[Statement<'_>], at: Timestamp) -> Option<Finding> {
    let permanent = statements
        .iter()
        .filter_map(|statement| statement.entry)
        .filter(|entry| entry.reason != RevocationReason::Hold);
    let newest = statements.last().and_then(|statement| statement.entry);
    let held = newest.filter(|entry| entry.reason == RevocationReason::Hold);
    let entries: Vec<_> = permanent.chain(held).collect();
    let compromise = entries.iter().any(|entry| entry.is_compromise());
    if entries.is_empty() {
        return None;
    }
    let reached = entries.iter().filter(|entry| entry.effective_from() <= at);
    Some(match reached.min_by_key(|entry| entry.effective_from()) {
        Some(entry) if entry.is_compromise() => Finding::fail(check::REVOCATION, "key_compromised"),
        Some(_) => Finding::fail(check::REVOCATION, "revoked"),
        None if compromise => Finding::pass_noting(check::REVOCATION, COMPROMISED_LATER),
        None => Finding::pass_noting(check::REVOCATION, "revoked_later"),
    })
}
