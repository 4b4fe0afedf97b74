//! `VerifyCertificate`: by registration number, document number, licence identifier or QR token.

use domain::document_number::DocumentNumber;
use domain::licence_identifier::LicenceIdentifier;
use domain::name::PersonName;
use domain::reason::BilingualText;
use domain::registration_number::{Generation, RegistrationNumber};
use jiff::Timestamp;
use service_runtime::clock::Clock as _;

use super::history::{self, FoundNow};
use super::judge::found;
use super::{Answer, Asking, Finding, Instants, Outcome, overloaded, settle};
use crate::deps::Deps;
use crate::error::{Error, FULL_NAME_REQUIRED, PURPOSE_REQUIRED};
use crate::limits::Range;
use crate::model::{AsOf, Model, Slot};
use crate::records::{Answered, Record, SubjectKind};

#[cfg(test)]
mod tests;

/// What is asked about.
#[derive(Debug, Clone)]
pub(crate) enum Subject {
    Number(RegistrationNumber, Generation),
    Document(DocumentNumber),
    Licence(LicenceIdentifier),
    /// SHA-256 of the token.
    Token([u8; 32]),
}

/// The question.
#[derive(Debug)]
pub(crate) struct Input {
    pub(crate) subject: Subject,
    /// To be compared; never repeated.
    pub(crate) name: Option<PersonName>,
    /// None for the present.
    pub(crate) instants: Option<Instants>,
    pub(crate) asking: Asking,
}

/// Limits, freshness, look-up, access record.
pub(crate) async fn verify_certificate(deps: &Deps, input: Input) -> Result<Answer, Error> {
    let Input {
        subject,
        name,
        instants,
        asking,
    } = input;
    check_terms(&subject, name.as_ref(), &asking)?;
    let (kind, canonical) = canonical(&subject);
    let model = deps.model();
    let index = model.indices.subject(kind, &canonical);
    deps.limits
        .admit_subject(&asking, index.digest(), range(&subject))?;
    let place = deps.records.reserve().ok_or_else(overloaded)?;
    let as_of = settle(deps, &model, &asking).await?;
    let now = deps.clock.now();
    let effort = &mut Effort::default();
    let by_number = asking.by_number_alone;
    let answer = match instants {
        None => answer(&model, &subject, name.as_ref(), by_number, now, as_of, effort),
        Some(instants) => {
            let found = find(&model, &subject, name.as_ref(), by_number, effort);
            history::answer(deps, &model, found, instants, as_of).await?
        }
    };
    place.put(Record {
        at: now,
        caller: asking.caller,
        method: "VerifyCertificate",
        kind,
        index,
        purpose: asking.purpose,
        answered: Answered::Verdict(answer.verdict),
    });
    Ok(answer)
}

fn check_terms(subject: &Subject, name: Option<&PersonName>, asking: &Asking) -> Result<(), Error> {
    if !matches!(subject, Subject::Document(_)) || name.is_some() {
        return Ok(());
    }
    if !asking.by_number_alone {
        return Err(FULL_NAME_REQUIRED
            .refusal()
            .field("full_name", "请同时提供姓名 (is required)")
            .into());
    }
    if asking.purpose.is_empty() {
        return Err(PURPOSE_REQUIRED
            .refusal()
            .field("purpose", "请说明查询用途 (is required)")
            .into());
    }
    Ok(())
}

fn canonical(subject: &Subject) -> (SubjectKind, Vec<u8>) {
    match subject {
        // The digits name the registration in both generations and under every prefix.
        Subject::Number(number, _) => (
            SubjectKind::RegistrationNumber,
            number.digits().to_string().into_bytes(),
        ),
        Subject::Document(document) => (SubjectKind::DocumentNumber, document.expose().as_bytes().to_vec()),
        Subject::Licence(licence) => (SubjectKind::LicenceIdentifier, licence.to_string().into_bytes()),
        Subject::Token(token) => (SubjectKind::QrToken, token.to_vec()),
    }
}

fn range(subject: &Subject) -> Option<Range> {
    match subject {
        Subject::Number(number, _) => Some(Range::of(number.digits())),
        Subject::Document(_) | Subject::Licence(_) | Subject::Token(_) => None,
    }
}

/// Whom a question about the past is about: found by what leads to them at present.
fn find(
    model: &Model,
    subject: &Subject,
    name: Option<&PersonName>,
    by_number_alone: bool,
    effort: &mut Effort,
) -> Option<FoundNow> {
    let mut formerly = None;
    let (slot, named, copy) = match subject {
        Subject::Number(number, _) => (model.by_number(*number)?, None, None),
        Subject::Document(document) => {
            let slot = by_document(model, document, name, by_number_alone, effort)?;
            formerly = model.by_document_before_merge(model.indices.document(document));
            (slot, None, None)
        }
        Subject::Licence(identifier) => {
            let (slot, licence) = model.by_licence(identifier)?;
            model.read(slot, |person| person.version(licence).map(|_| ()))?;
            (slot, Some(identifier.clone()), None)
        }
        Subject::Token(token) => {
            let document = model.by_token(token)?;
            let named = model.identifier(document.licence);
            (document.slot, named, document.copy.map(usize::from))
        }
    };
    Some(FoundNow {
        slot,
        formerly,
        named,
        copy,
        name_matches: model.read(slot, |person| compare(model, person, name, effort)),
        findings: Vec::new(),
    })
}

/// What a look-up has cost. By document number it is the same whether nobody has the number, somebody of another name,
/// or the person asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Effort {
    /// Keyed digests computed.
    pub(crate) digests: u32,
    /// Look-ups in indices.
    pub(crate) probes: u32,
    /// Records read.
    pub(crate) reads: u32,
    /// Marks compared in constant time.
    pub(crate) comparisons: u32,
}

/// Answers from memory alone.
pub(crate) fn answer(
    model: &Model,
    subject: &Subject,
    name: Option<&PersonName>,
    by_number_alone: bool,
    now: Timestamp,
    as_of: AsOf,
    effort: &mut Effort,
) -> Answer {
    let answer = match subject {
        Subject::Number(number, generation) => {
            by_number(model, *number, *generation, name, now, as_of, effort)
        }
        Subject::Document(document) => {
            let slot = by_document(model, document, name, by_number_alone, effort);
            slot.and_then(|slot| about_person(model, slot, name, now, as_of, effort))
        }
        Subject::Licence(identifier) => model.by_licence(identifier).and_then(|(slot, licence)| {
            model.read(slot, |person| {
                let version = person.version(licence)?;
                let mut answer = found(model, person, Some(version), None, now, as_of)?.answer;
                answer.name_matches = compare(model, person, name, effort);
                Some(answer)
            })
        }),
        Subject::Token(token) => model.by_token(token).and_then(|document| {
            model.read(document.slot, |person| {
                let version = person.version(document.licence)?;
                let copy = document.copy.and_then(|at| person.copies().get(usize::from(at)));
                let mut answer = found(model, person, Some(version), copy, now, as_of)?.answer;
                answer.name_matches = compare(model, person, name, effort);
                Some(answer)
            })
        }),
    };
    answer.unwrap_or_else(|| Answer::not_found(as_of))
}

fn by_number(
    model: &Model,
    number: RegistrationNumber,
    generation: Generation,
    name: Option<&PersonName>,
    now: Timestamp,
    as_of: AsOf,
    effort: &mut Effort,
) -> Option<Answer> {
    effort.probes += 1;
    let slot = model.by_number(number)?;
    let mut answer = about_person(model, slot, name, now, as_of, effort)?;
    answer
        .findings
        .extend(number_findings(number, generation, &answer.number));
    Some(answer)
}

/// Whose document it is. Without the right to ask by number alone, only if the name is the holder's.
fn by_document(
    model: &Model,
    document: &DocumentNumber,
    name: Option<&PersonName>,
    by_number_alone: bool,
    effort: &mut Effort,
) -> Option<Slot> {
    effort.digests += 1;
    effort.probes += 1;
    let holder = model.by_document(model.indices.document(document));
    if by_number_alone {
        return holder;
    }
    effort.digests += 1;
    let asked = model.indices.name(name?);
    // Of a number that nobody has, the first person's name is compared, in vain.
    let compared = holder.or_else(|| model.first())?;
    effort.reads += 1;
    effort.comparisons += 1;
    let same = model.read(compared, |person| {
        person.entry().is_some_and(|entry| entry.is_named(asked))
    });
    holder.filter(|_| same)
}

fn about_person(
    model: &Model,
    slot: Slot,
    name: Option<&PersonName>,
    now: Timestamp,
    as_of: AsOf,
    effort: &mut Effort,
) -> Option<Answer> {
    model.read(slot, |person| {
        let mut answer = found(model, person, None, None, now, as_of)?.answer;
        answer.name_matches = compare(model, person, name, effort);
        Some(answer)
    })
}

fn compare(
    model: &Model,
    person: &crate::model::Person,
    name: Option<&PersonName>,
    effort: &mut Effort,
) -> Option<bool> {
    let asked = model.indices.name(name?);
    effort.digests += 1;
    effort.comparisons += 1;
    person.entry().map(|entry| entry.is_named(asked))
}

/// Says so when the number asked for is an earlier form of the number now.
fn number_findings(asked: RegistrationNumber, generation: Generation, now: &str) -> Vec<Finding> {
    let finding = |reason: &str, zh: String, en: String| Finding {
        check: "registration_number".to_owned(),
        outcome: Outcome::Warning,
        reason: reason.to_owned(),
        text: BilingualText::new(zh, en),
        subject: now.to_owned(),
    };
    let mut findings = Vec::new();
    if asked.to_string() != now {
        findings.push(finding(
            "NUMBER_PREFIX_SUPERSEDED",
            format!("所查注册编号的注册地简称已变更，现注册编号为{now}。"),
            format!("The prefix of the number asked for is superseded; the number is now {now}."),
        ));
    }
    if generation == Generation::Short {
        findings.push(finding(
            "NUMBER_OLD_FORM",
            format!("所查为旧版13位注册编号，对应的现注册编号为{now}。"),
            format!("The number asked for is of the old thirteen-character form; the number is now {now}."),
        ));
    }
    findings
}
