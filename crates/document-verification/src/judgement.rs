//! From findings to the verdict on the document.

use domain::standing::DocumentStanding;

use crate::finding::{Finding, Outcome, check};
use crate::policy::{Policy, RevocationRule};
use crate::report::SignatureSummary;

/// Doubts that come from a list, not from the want of one.
const COMPROMISED: [&str; 2] = ["compromised_and_time_only_claimed", "compromised_since_creation"];

/// What a check weighs in the verdict.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Weight {
    /// What was signed is what is here. Failing: altered.
    Integrity,
    /// The form in which authorities seal. Failing: altered, if an authority of the bundle sealed; else a warning.
    Form,
    /// The signer, as one who may. Failing: wrong authority.
    Authority,
    /// As the last, but often nothing is at hand to check with.
    Revocation,
    /// The document says one thing only. Failing: cannot say.
    Consistency,
    /// For people to see.
    Remark,
}

fn weight(finding: &Finding) -> Weight {
    use seal_format::plain_check as plain;
    use seal_format::verify::check as ses;
    match finding.check {
        // What is absent cannot differ; the seal that was signed is inside the signed value.
        ses::SEAL_FILE if finding.reason == "absent" => Weight::Remark,
        check::FORMAT
        | check::CONTAINER
        | check::DOCUMENT
        | check::CHECK_METHOD
        | check::REFERENCES
        | check::READABLE
        | check::LIST_FILES
        | ses::SIGNATURE
        | ses::SIGNATURE_FORMAT
        | ses::SEAL_FILE
        | ses::DATA_HASH
        | ses::TIME_STAMP
        | plain::FORMAT
        | plain::CONTENT
        | plain::SIGNATURE
        | gm::cades::check::FORMAT
        | gm::cades::check::CONTENT_TYPE
        | gm::cades::check::MESSAGE_DIGEST
        | gm::cades::check::SIGNING_CERTIFICATE
        | gm::cades::check::SIGNATURE => Weight::Integrity,
        check::SURPLUS
        | check::COVERAGE
        | check::PAGES
        | check::CLOSED
        | check::CMS_FORM
        | check::CERTIFIED => Weight::Form,
        // No authority makes such files; other producers do.
        "pdf.active-content" | "pdf.cross-reference" | "pdf.hidden-objects" => Weight::Form,
        check::VALIDATION_DATA => Weight::Remark,
        check::BUNDLE
        | check::PRESENT
        | check::SIGNER
        | check::LICENCE
        | check::TIME_PRESENT
        | ses::SIGNER_LISTED
        | ses::SIGNER_CHAIN
        | ses::ISSUER_VALIDITY
        | ses::SIGNER_KEY_USAGE
        | ses::TIME_IN_CERTIFICATE
        | ses::TIME_IN_SEAL
        | ses::SEAL_FORMAT
        | ses::SEAL_SIGNATURE
        | ses::SEAL_CREATED
        | ses::SEAL_VALIDITY
        | ses::MAKER_CHAIN
        | ses::MAKER_VALIDITY
        | ses::MAKER_KEY_USAGE
        | ses::MAKER_AT_CREATION => Weight::Authority,
        ses::SIGNER_REVOCATION | ses::MAKER_REVOCATION | gm::chain::check::REVOCATION => Weight::Revocation,
        check::ATTACHMENT
        | check::RECORD
        | check::METADATA
        | check::OUTER_METADATA
        | check::FACE
        | check::PAGE
        | check::DISPLAYED
        | check::OVERLAY
        | check::GLYPHS
        | check::PHOTO => Weight::Consistency,
        name if name.starts_with("chain.") => Weight::Authority,
        check::ARCHIVAL => Weight::Remark,
        name if name.starts_with("pdf.") => Weight::Integrity,
        _ => Weight::Remark,
    }
}

/// The verdict, once the findings of signatures beside the authority's have become remarks and each signature's own
/// standing is set.
pub(crate) fn judge(
    findings: &mut [Finding],
    signatures: &mut [SignatureSummary],
    policy: &Policy,
) -> DocumentStanding {
    expire(findings);
    relieve_form(findings, signatures);
    relieve_revocation(findings, signatures, policy);
    let common = standing(findings.iter().filter(|finding| finding.signature.is_none()));
    for signature in &mut *signatures {
        let own = findings
            .iter()
            .filter(|finding| finding.signature.as_deref() == Some(&signature.id));
        signature.standing = standing(own);
    }
    let best = signatures
        .iter()
        .map(|signature| signature.standing)
        .min_by_key(|standing| rank(*standing));
    if best == Some(DocumentStanding::Authentic) {
        relieve_others(findings, signatures);
    }
    // One altered signature makes the file an altered one, whoever else signed it.
    let altered = signatures
        .iter()
        .any(|signature| signature.standing == DocumentStanding::Altered);
    let of_signatures = if altered {
        Some(DocumentStanding::Altered)
    } else {
        best
    };
    worst(common, of_signatures.unwrap_or(DocumentStanding::CannotSay))
}

/// An expired bundle neither confirms nor denies anybody.
fn expire(findings: &mut [Finding]) {
    let expired = |finding: &Finding| finding.check == check::BUNDLE && finding.result == Outcome::CannotSay;
    if !findings.iter().any(expired) {
        return;
    }
    for finding in findings.iter_mut() {
        let decided = matches!(finding.result, Outcome::Pass | Outcome::Fail);
        if decided && matches!(weight(finding), Weight::Authority | Weight::Revocation) {
            *finding = Finding {
                result: Outcome::CannotSay,
                reason: "trust_bundle_expired",
                ..finding.clone()
            };
        }
    }
}

/// The form of sealing is only known of the authorities of the bundle; other producers leave files uncovered
/// (domain §4.10).
fn relieve_form(findings: &mut [Finding], signatures: &[SignatureSummary]) {
    let by_authority = |id: Option<&str>| {
        signatures
            .iter()
            .any(|signature| signature.authority.is_some() && id.is_none_or(|id| signature.id == id))
    };
    for finding in findings
        .iter_mut()
        .filter(|finding| weight(finding) == Weight::Form)
    {
        if finding.result == Outcome::Fail && !by_authority(finding.signature.as_deref()) {
            finding.result = Outcome::Warning;
        }
    }
}

/// Missing revocation lists become a remark where the policy has it so; what a list says of a compromise does not.
fn relieve_revocation(findings: &mut [Finding], signatures: &[SignatureSummary], policy: &Policy) {
    let relieved = |id: Option<&str>| {
        policy.revocation == RevocationRule::Optional
            || signatures
                .iter()
                .any(|signature| Some(signature.id.as_str()) == id && signature.specimen)
    };
    for finding in findings
        .iter_mut()
        .filter(|finding| weight(finding) == Weight::Revocation)
    {
        let nothing_at_hand = !COMPROMISED.contains(&finding.reason);
        if finding.result == Outcome::CannotSay && nothing_at_hand && relieved(finding.signature.as_deref()) {
            finding.result = Outcome::Warning;
        }
    }
}

/// Somebody else signed beside the authority: that they are not the authority is a remark.
fn relieve_others(findings: &mut [Finding], signatures: &[SignatureSummary]) {
    let other = |id: &str| {
        let found = signatures.iter().find(|signature| signature.id == id);
        found.is_some_and(|signature| signature.standing != DocumentStanding::Authentic)
    };
    for finding in findings
        .iter_mut()
        .filter(|finding| finding.signature.as_deref().is_some_and(other))
    {
        let weight = weight(finding);
        if finding.result == Outcome::Fail && matches!(weight, Weight::Authority | Weight::Revocation) {
            finding.result = Outcome::Warning;
        }
    }
}

fn standing<'f>(findings: impl Iterator<Item = &'f Finding>) -> DocumentStanding {
    findings.map(consequence).fold(DocumentStanding::Authentic, worst)
}

fn consequence(finding: &Finding) -> DocumentStanding {
    let weight = weight(finding);
    match (weight, finding.result) {
        (Weight::Integrity | Weight::Form, Outcome::Fail) => DocumentStanding::Altered,
        (Weight::Authority | Weight::Revocation, Outcome::Fail) => DocumentStanding::WrongAuthority,
        (Weight::Consistency, Outcome::Fail) => DocumentStanding::CannotSay,
        (
            Weight::Integrity | Weight::Authority | Weight::Revocation | Weight::Consistency,
            Outcome::CannotSay,
        ) => DocumentStanding::CannotSay,
        _ => DocumentStanding::Authentic,
    }
}

/// What is certain goes before what is not, and a changed file before a wrong signer.
const fn rank(standing: DocumentStanding) -> u8 {
    match standing {
        DocumentStanding::Authentic => 0,
        DocumentStanding::CannotSay => 1,
        DocumentStanding::NotIssuedHere => 2,
        DocumentStanding::WrongAuthority => 3,
        DocumentStanding::Altered => 4,
    }
}

fn worst(one: DocumentStanding, other: DocumentStanding) -> DocumentStanding {
    if rank(one) >= rank(other) { one } else { other }
}
