//! The outcome for programs. Fields may be added; none changes its name or meaning within `jianzheng.verify.v1`.

use anyhow::Result;
use api::verification::v1::Verification;
use document_verification::{DocumentStanding, Listing, Report, Verdict};
use domain::certificate::FactsRecord;
use domain::reason::BilingualText;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use super::{Arguments, Asked, Examined, Outcome, Standing, text};

#[derive(Serialize)]
struct Printed<'a> {
    format: &'static str,
    exit_code: u8,
    verdict: Verdict,
    document: DocumentStanding,
    standing: Standing,
    specimen: bool,
    text: &'a BilingualText,
    next_step: &'a BilingualText,
    verified_at: Timestamp,
    trust: Trust<'a>,
    certificate: Option<Certificate<'a>>,
    report: &'a Report,
    register: Register<'a>,
    /// What a status list says that was handed in and is to be believed.
    #[serde(skip_serializing_if = "Option::is_none")]
    status_list: Option<&'a Listing>,
}

/// Whether the register was asked. `answer` is the service's own message, in the protos' JSON mapping,
/// without the holder unless asked for.
#[derive(Serialize)]
struct Register<'a> {
    asked: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<Verification>,
    /// Why there is no answer that counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    unanswered: Option<&'a str>,
}

#[derive(Serialize)]
struct Trust<'a> {
    issued_at: Timestamp,
    expires_at: Timestamp,
    key_sha256: String,
    authorities: Vec<&'a str>,
}

/// What the file states, without the holder unless asked for.
#[derive(Serialize)]
struct Certificate<'a> {
    licence_identifier: String,
    registration_number: String,
    version: u16,
    issuer: &'a str,
    issued_on: Date,
    employer: &'a str,
    employer_code: &'a str,
    specialties: Vec<Specialty>,
    #[serde(skip_serializing_if = "Option::is_none")]
    recipient: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    holder: Option<Holder<'a>>,
}

#[derive(Serialize)]
struct Specialty {
    name: &'static str,
    code: &'static str,
    valid_from: Date,
    valid_to: Date,
}

#[derive(Serialize)]
struct Holder<'a> {
    name: &'a str,
    document_number: String,
}

pub(super) fn print(
    arguments: &Arguments,
    examined: &Examined,
    asked: &Asked,
    outcome: &Outcome,
    code: u8,
) -> Result<String> {
    let (report, bundle) = (&examined.report, examined.verifier.bundle());
    let mut answer = asked.answer().map(|answer| answer.message.clone());
    if let Some(answer) = answer.as_mut().filter(|_| !arguments.show_holder) {
        answer.family_name.clear();
    }
    let printed = Printed {
        format: "jianzheng.verify.v1",
        exit_code: code,
        verdict: outcome.verdict,
        document: report.document,
        standing: outcome.standing,
        specimen: report.specimen,
        text: &outcome.text,
        next_step: &outcome.next_step,
        verified_at: examined.now,
        trust: Trust {
            issued_at: bundle.issued_at(),
            expires_at: bundle.expires_at(),
            key_sha256: text::hex(&bundle.key_fingerprint()),
            authorities: bundle
                .authorities()
                .iter()
                .map(|authority| authority.name.as_str())
                .collect(),
        },
        certificate: report
            .facts
            .record
            .as_ref()
            .map(|record| certificate(record, arguments.show_holder)),
        report,
        register: Register {
            asked: matches!(asked, Asked::Answered(_) | Asked::Unanswered(_)),
            answer,
            unanswered: match asked {
                Asked::Unanswered(why) => Some(why),
                Asked::No | Asked::NotAboutThis | Asked::Answered(_) => None,
            },
        },
        status_list: examined.listing.as_ref(),
    };
    Ok(serde_json::to_string_pretty(&printed)? + "\n")
}

fn certificate(record: &FactsRecord, show_holder: bool) -> Certificate<'_> {
    let specialties = record.specialties.iter().map(|known| Specialty {
        name: known.specialty.name(),
        code: known.specialty.code(),
        valid_from: known.valid_from,
        valid_to: known.valid_to,
    });
    Certificate {
        licence_identifier: record.licence_identifier.to_string(),
        registration_number: record.number.to_string(),
        version: record.version,
        issuer: &record.issuer.name,
        issued_on: record.issued_on,
        employer: &record.employer.name,
        employer_code: record.employer.credit_code.as_str(),
        specialties: specialties.collect(),
        recipient: record.use_copy.as_ref().map(|copy| copy.recipient.as_str()),
        holder: show_holder.then(|| Holder {
            name: record.holder.name.expose(),
            document_number: record.holder.document.masked(),
        }),
    }
}
