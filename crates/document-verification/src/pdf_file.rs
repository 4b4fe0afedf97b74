//! Verifying a PDF.

mod cms;
mod content;
mod damaged;
mod evidence;

use domain::standing::DocumentStanding;
use gm::{cades, timestamp};
use jiff::Timestamp;
use pdf::verify::{self, Coverage, Signature, SignatureKind};
use pdf::{KnownPrefix, Pdf, archival};

use crate::authority::Signer;
use crate::finding::{Finding, Outcome, check};
use crate::mapping;
use crate::ofd_file::unreadable;
use crate::report::SignatureSummary;
use crate::verifier::{Context, Examined};
use evidence::Evidence;

/// `known` is what the file is known to begin with: less is read, and the same is found.
pub(crate) fn examine(bytes: &[u8], known: Option<&KnownPrefix>, context: &Context<'_>) -> Examined {
    let mut out = Examined::default();
    let pdf = match Pdf::open_knowing(bytes, context.policy.pdf, known) {
        Ok(pdf) => pdf,
        Err(error) => {
            out.findings.push(damaged::finding(bytes, &error, context));
            return out;
        }
    };
    out.findings.push(Finding::pass(check::CONTAINER));
    let examination = match verify::examine(&pdf) {
        Ok(examination) => examination,
        Err(error) => {
            out.findings.push(damaged::finding(bytes, &error, context));
            archival_rules(&pdf, &mut out.findings);
            content::examine(&pdf, &mut out);
            return out;
        }
    };
    // Where a part of the form cannot be read, a signature may have been lost with it.
    if examination.signatures.is_empty()
        && let Some(fault) = examination.objects_fault()
    {
        out.findings.push(damaged::finding(bytes, &fault, context));
    }
    let ids = |object| {
        let signature = examination
            .signatures
            .iter()
            .position(|one| Some(one.object) == object)?;
        Some(id(&examination.signatures, signature))
    };
    let evidence = Evidence::of(examination.validation.as_ref(), context);
    out.findings.extend(evidence.finding());
    for finding in &examination.findings {
        let told = finding.check == verify::Check::ValidationData && finding.outcome == verify::Outcome::Pass;
        if told || finding.check == verify::Check::SignaturePresent {
            continue;
        }
        let mapped = mapping::pdf(finding);
        out.findings.push(match ids(finding.signature) {
            Some(id) => mapped.of(&id),
            None => mapped,
        });
    }
    for (index, signature) in examination.signatures.iter().enumerate() {
        let id = id(&examination.signatures, index);
        let mut found = Vec::new();
        out.signatures.extend(match signature.kind {
            SignatureKind::Signature => {
                let looked = Looked {
                    signature,
                    examination: &examination,
                    evidence: &evidence,
                };
                Some(signed(&looked, &id, context, &mut found))
            }
            SignatureKind::DocumentTimeStamp => {
                found.extend(stamped(signature, &evidence));
                None
            }
        });
        out.findings
            .extend(found.into_iter().map(|finding| finding.of(&id)));
    }
    if out.signatures.is_empty() {
        out.findings.push(Finding::fail(check::PRESENT, "unsigned"));
    }
    archival_rules(&pdf, &mut out.findings);
    // What the file shows is read from what was signed, not from what was appended.
    let shown = examination
        .signatures
        .iter()
        .find(|signature| signature.kind == SignatureKind::Signature);
    match shown
        .and_then(Signature::signed_revision)
        .filter(|revision| revision.len() < bytes.len())
    {
        None => content::examine(&pdf, &mut out),
        Some(revision) => match Pdf::open_knowing(revision, context.policy.pdf, known) {
            Ok(signed) => content::examine(&signed, &mut out),
            Err(_) => out
                .findings
                .push(Finding::fail(check::PAGE, "signed_revision_unreadable")),
        },
    }
    out
}

/// The field's name, unless another signature has it too.
fn id(all: &[Signature<'_>], index: usize) -> String {
    let Some(signature) = all.get(index) else {
        return String::new();
    };
    let shared = all.iter().filter(|other| other.field == signature.field).count() > 1;
    let name = mapping::printable(&signature.field);
    if shared || name.is_empty() {
        format!("{name}#{}", index + 1)
    } else {
        name.into_owned()
    }
}

/// One signature and what stands around it.
#[derive(Clone, Copy)]
struct Looked<'s, 'f> {
    signature: &'s Signature<'f>,
    examination: &'s verify::Examination<'f>,
    evidence: &'s Evidence<'s>,
}

fn signed(
    looked: &Looked<'_, '_>,
    id: &str,
    context: &Context<'_>,
    found: &mut Vec<Finding>,
) -> SignatureSummary {
    let Looked {
        signature,
        examination,
        evidence,
    } = *looked;
    let Some(parts) = signature.signed_parts() else {
        found.push(Finding::cannot_say(check::SIGNER, "signer_unknown"));
        return unreadable(id);
    };
    let trust = evidence.trust_for(&signature.cms);
    let claimed = signature.claimed_time.as_deref().and_then(pdf_time);
    let at = claimed.unwrap_or(context.now);
    let mut report = cades::verify(&signature.cms, &parts, &trust, at);
    let token = report
        .time_stamp
        .as_deref()
        .map(|token| timestamp::verify(token, &report.signature_value, &evidence.trust()));
    let (signed_at, evidence) = crate::ofd_file::signing_time(claimed, token.as_ref(), found);
    if let Some(proved) = signed_at.filter(|proved| *proved != at) {
        report = cades::verify(&signature.cms, &parts, &trust, proved);
    }
    found.extend(
        report
            .findings
            .iter()
            .map(|finding| older_profile(signature, mapping::gm(*finding))),
    );
    found.push(cms::form(&signature.cms, &report));
    found.push(crate::ofd_file::not_ahead(signed_at, context));
    let certified = signature.certifying && examination.doc_mdp == Some(1);
    let whole = signature.coverage == Coverage::WholeFile
        || signature
            .later
            .as_ref()
            .is_some_and(verify::LaterChanges::is_long_term_only);
    found.push(Finding::decide(
        check::CERTIFIED,
        certified && whole,
        "changes_not_forbidden",
    ));
    if signature.coverage != Coverage::WholeFile && whole {
        found.push(
            Finding::warning(check::COVERAGE, "long_term_data_appended")
                .about(evidence::appended(signature, examination)),
        );
    }
    let signer = Signer {
        certificate: report.signer.as_ref(),
        chain: report.chain.as_ref(),
        seal: None,
    };
    let (authority, finding) = signer.recognise(context.bundle);
    found.push(finding);
    let subject = report.signer.as_ref().map(gm::Certificate::subject);
    SignatureSummary {
        signer: subject
            .and_then(|subject| subject.common_name())
            .map(str::to_owned),
        organisation: subject
            .and_then(|subject| subject.organization())
            .map(str::to_owned),
        authority: authority.map(|authority| authority.name.clone()),
        signed_at,
        evidence,
        specimen: report.specimen(),
        standing: DocumentStanding::CannotSay,
        compromised_from: report.chain.as_ref().and_then(|chain| chain.compromised_from),
        ..unreadable(id)
    }
}

/// The attribute that names the certificate is PAdES's; the older Adobe profile does without.
fn older_profile(signature: &Signature<'_>, finding: Finding) -> Finding {
    let without = finding.check == cades::check::SIGNING_CERTIFICATE && finding.reason == "missing";
    if without && signature.sub_filter == "adbe.pkcs7.detached" {
        return Finding {
            result: Outcome::Warning,
            ..finding
        };
    }
    finding
}

/// A document time stamp: evidence that what it covers existed then. That it does not hold spoils nothing else.
fn stamped(signature: &Signature<'_>, evidence: &Evidence<'_>) -> Vec<Finding> {
    let Some(parts) = signature.signed_parts() else {
        return vec![Finding::warning(check::DOCUMENT_TIME_STAMP, "structure_unsound")];
    };
    let report = timestamp::verify_parts(&signature.cms, &parts, &evidence.trust());
    if report.is_trusted() {
        let by = report.authority.as_ref().map(gm::Certificate::subject);
        let by = by.and_then(|subject| subject.common_name()).unwrap_or_default();
        let time = report.time.map(|time| time.to_string()).unwrap_or_default();
        return vec![Finding::pass(check::DOCUMENT_TIME_STAMP).about(format!("{time} {by}"))];
    }
    let spoiling = report
        .findings
        .iter()
        .filter(|finding| finding.outcome != gm::Outcome::Pass);
    spoiling
        .map(|finding| Finding::warning(check::DOCUMENT_TIME_STAMP, finding.reason))
        .collect()
}

fn archival_rules(pdf: &Pdf<'_>, findings: &mut Vec<Finding>) {
    match archival::faults(pdf) {
        Ok(faults) if faults.is_empty() => findings.push(Finding::pass(check::ARCHIVAL)),
        Ok(mut faults) => {
            faults.dedup_by_key(|(fault, _)| *fault);
            findings.extend(
                faults
                    .into_iter()
                    .map(|(fault, _)| Finding::warning(check::ARCHIVAL, fault.name())),
            );
        }
        Err(_) => findings.push(Finding::cannot_say(check::ARCHIVAL, "structure_unsound")),
    }
}

/// `D:YYYYMMDDHHmmSS` with `Z`, `+08'00'` or nothing, which is taken for UTC (ISO 32000-1 §7.9.4).
fn pdf_time(text: &str) -> Option<Timestamp> {
    let text = text.strip_prefix("D:").unwrap_or(text);
    let (digits, zone) = text.split_at_checked(14)?;
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let local = jiff::civil::DateTime::strptime("%Y%m%d%H%M%S", digits).ok()?;
    let zone: String = zone.chars().filter(|c| *c != '\'').collect();
    let offset = match zone.as_bytes() {
        [] | [b'Z', ..] => 0,
        [sign @ (b'+' | b'-'), rest @ ..] if rest.len() == 4 || rest.len() == 2 => {
            let rest = std::str::from_utf8(rest).ok()?;
            let hours: i32 = rest.get(..2)?.parse().ok()?;
            let minutes: i32 = rest
                .get(2..)
                .filter(|text| !text.is_empty())
                .map_or(Ok(0), str::parse)
                .ok()?;
            let seconds = hours * 3600 + minutes * 60;
            if *sign == b'-' { -seconds } else { seconds }
        }
        _ => return None,
    };
    jiff::tz::TimeZone::fixed(jiff::tz::Offset::from_seconds(offset).ok()?)
        .to_timestamp(local)
        .ok()
}
