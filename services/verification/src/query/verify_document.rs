//! `VerifyDocument`: a file of any producer, judged by itself and by the register.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use document_verification::{
    Conclusion, IssuedFile, Proofs, RegisterAnswer, Report, Verifier, check, conclude,
};
use domain::licence_identifier::LicenceIdentifier;
use domain::reason::BilingualText;
use domain::standing::DocumentStanding;
use jiff::Timestamp;
use service_runtime::Refusal;
use service_runtime::clock::Clock as _;
use service_runtime::error::OVERLOADED;
use sha2::{Digest as _, Sha256};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use uuid::Uuid;

use super::judge::{Found, found};
use super::{Answer, Asking, Finding, Outcome, overloaded, settle};
use crate::deps::Deps;
use crate::error::Error;
use crate::model::{AsOf, Copy, Document, Model, Person};
use crate::records::{Answered, Record, SubjectKind};

#[cfg(test)]
mod tests;

/// Verifies files on threads of their own, so many at a time.
pub(crate) struct Desk {
    verifier: Arc<Verifier>,
    places: Arc<Semaphore>,
    /// The largest file that is read.
    pub(crate) largest: usize,
}

/// How long an upload may hold a place before its bytes are complete is up to the call's deadline; how long it waits
/// for a place is not.
const WAIT: Duration = Duration::from_secs(2);

impl Desk {
    pub(crate) fn new(verifier: Verifier, parallel: usize, largest: usize) -> Self {
        Self {
            verifier: Arc::new(verifier),
            places: Arc::new(Semaphore::new(parallel)),
            largest,
        }
    }

    /// A place at the desk. Taken before the bytes are, so that waiting uploads hold no memory.
    pub(crate) async fn place(&self) -> Result<OwnedSemaphorePermit, Error> {
        let place = tokio::time::timeout(WAIT, Arc::clone(&self.places).acquire_owned()).await;
        match place {
            Ok(Ok(place)) => Ok(place),
            _ => Err(Refusal::new(OVERLOADED)
                .retry_after(Duration::from_secs(1))
                .into()),
        }
    }

    /// The report on a file; an incident if the parser panics. The place is held until the thread is done, whether or
    /// not anybody still waits for it.
    async fn report(
        &self,
        place: OwnedSemaphorePermit,
        bytes: Vec<u8>,
        now: Timestamp,
        proofs: Proofs,
    ) -> Result<Report, Error> {
        let verifier = Arc::clone(&self.verifier);
        guarded(place, move || verifier.verify_with(&bytes, now, &proofs)).await
    }
}

/// Works on a thread of its own; a panic there is an incident and ends nothing but this work.
async fn guarded<T: Send + 'static>(
    place: OwnedSemaphorePermit,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Error> {
    let outcome = tokio::task::spawn_blocking(move || {
        let outcome = std::panic::catch_unwind(AssertUnwindSafe(work));
        drop(place);
        outcome
    });
    match outcome.await {
        Ok(Ok(value)) => Ok(value),
        // The text of the panic may quote the file.
        Ok(Err(_)) | Err(_) => Err(Error::internal("the verification of a file panicked")),
    }
}

/// The question.
pub(crate) struct Input {
    pub(crate) bytes: Vec<u8>,
    pub(crate) place: OwnedSemaphorePermit,
    pub(crate) asking: Asking,
}

/// Limits, freshness, report, register, access record.
pub(crate) async fn verify_document(deps: &Deps, input: Input) -> Result<Answer, Error> {
    let Input { bytes, place, asking } = input;
    let sha256: [u8; 32] = Sha256::digest(&bytes).into();
    let model = deps.model();
    let index = model.indices.subject(SubjectKind::File, &sha256);
    deps.limits.admit_subject(&asking, index.digest(), None)?;
    let record = deps.records.reserve().ok_or_else(overloaded)?;
    // A file of the register's own existed when its digest was recorded, whatever its signer claims.
    let proofs = Proofs {
        digest_recorded_at: model.digest_recorded_at(&sha256),
        ..Proofs::default()
    };
    let report = deps.desk.report(place, bytes, deps.clock.now(), proofs).await?;
    // After the work, so that the answer is as fresh as can be.
    let model = deps.model();
    let as_of = settle(deps, &model, &asking).await?;
    let now = deps.clock.now();
    let answer = join(&model, &report, &sha256, now, as_of);
    record.put(Record {
        at: now,
        caller: asking.caller,
        method: "VerifyDocument",
        kind: SubjectKind::File,
        index,
        purpose: asking.purpose,
        answered: Answered::Verdict(answer.verdict),
    });
    Ok(answer)
}

/// The report and what the register knows of the file and of the version that it states.
fn join(model: &Model, report: &Report, sha256: &[u8; 32], now: Timestamp, as_of: AsOf) -> Answer {
    let stated = report
        .licence_identifier
        .as_deref()
        .and_then(|text| LicenceIdentifier::parse(text).ok());
    let document = model.by_file(sha256);
    let known = match (&document, stated) {
        (Some(document), _) => known_file(model, report, document, now, as_of),
        (None, Some(stated)) => unknown_file(model, report, &stated, now, as_of),
        (None, None) => None,
    };
    let Some(known) = known else {
        let mut answer = Answer::not_found(as_of);
        fill(&mut answer, report, conclude(report, &RegisterAnswer::Unknown));
        return answer;
    };
    let Known {
        found: Found { standing, mut answer },
        same_facts,
        issued,
    } = known;
    // A file that is not one of the register's own tells a stranger nothing about the person whose number it states.
    let authentic = report.document == DocumentStanding::Authentic;
    let facts = report.facts.record.as_ref().filter(|_| same_facts == Some(true));
    let told = RegisterAnswer::Known {
        standing: &standing,
        issued: match &document {
            Some(document) if issued && same_facts != Some(false) => {
                if model.is_made_anew(sha256, document) {
                    IssuedFile::Reissued
                } else {
                    IssuedFile::Known
                }
            }
            _ => IssuedFile::Unknown,
        },
        facts,
        current: None,
    };
    let mut conclusion = conclude(report, &told);
    if same_facts == Some(false) {
        for finding in conclusion
            .findings
            .iter_mut()
            .filter(|finding| finding.check == check::REGISTER_FACTS)
        {
            *finding =
                document_verification::Finding::fail(check::REGISTER_FACTS, "facts_differ_from_register");
        }
    }
    if !authentic && !issued {
        answer = Answer::not_found(as_of);
        conclusion
            .findings
            .retain(|finding| finding.check == check::ISSUED_FILE);
    }
    fill(&mut answer, report, conclusion);
    answer
}

struct Known {
    found: Found,
    /// Whether the facts in the file are the register's; none where one of the two has none.
    same_facts: Option<bool>,
    issued: bool,
}

fn known_file(
    model: &Model,
    report: &Report,
    document: &Document,
    now: Timestamp,
    as_of: AsOf,
) -> Option<Known> {
    model.read(document.slot, |person| {
        let copy = document.copy.and_then(|at| person.copies().get(usize::from(at)));
        known(model, person, report, document.licence, copy, true, now, as_of)
    })
}

fn unknown_file(
    model: &Model,
    report: &Report,
    stated: &LicenceIdentifier,
    now: Timestamp,
    as_of: AsOf,
) -> Option<Known> {
    let (slot, licence) = model.by_licence(stated)?;
    let copy_id = report
        .use_copy
        .as_ref()
        .and_then(|copy| Uuid::try_parse(&copy.copy_id).ok());
    model.read(slot, |person| {
        let copy = copy_id.and_then(|id| {
            person
                .copies()
                .iter()
                .find(|copy| copy.id == id && copy.licence == licence)
        });
        known(model, person, report, licence, copy, false, now, as_of)
    })
}

#[expect(
    clippy::too_many_arguments,
    reason = "what two callers have found in different ways"
)]
fn known(
    model: &Model,
    person: &Person,
    report: &Report,
    licence: crate::model::Licence,
    copy: Option<&Copy>,
    issued: bool,
    now: Timestamp,
    as_of: AsOf,
) -> Option<Known> {
    let version = person.version(licence)?;
    let facts = version.facts.as_ref().zip(report.facts.record.as_ref());
    let same_facts = facts.map(|(register, stated)| {
        let stated_copy = stated.use_copy.as_ref();
        let same_copy = match (copy, stated_copy) {
            (Some(copy), Some(stated)) => {
                copy.id == stated.copy_id.as_uuid() && copy.use_until == stated.use_until
            }
            (None, None) => true,
            (Some(_), None) | (None, Some(_)) => false,
        };
        register.covers(&model.indices.facts, stated) && same_copy
    });
    let found = found(model, person, Some(version), copy, now, as_of)?;
    Some(Known {
        found,
        same_facts,
        issued,
    })
}

/// The conclusion's verdict and every finding, of the file first.
fn fill(answer: &mut Answer, report: &Report, conclusion: Conclusion) {
    let findings = report.findings.iter().chain(&conclusion.findings).map(finding);
    answer.findings.extend(findings);
    answer.verdict = conclusion.verdict;
    answer.text = conclusion.text;
    answer.next = conclusion.next_step;
    answer.specimen = conclusion.specimen || answer.specimen;
    if answer.licence_identifier.is_empty() {
        answer.licence_identifier = report.licence_identifier.clone().unwrap_or_default();
    }
}

fn finding(found: &document_verification::Finding) -> Finding {
    use document_verification::Outcome as Told;
    Finding {
        check: found.check.to_owned(),
        outcome: match found.result {
            Told::Pass => Outcome::Pass,
            Told::Warning => Outcome::Warning,
            Told::CannotSay => Outcome::CannotSay,
            Told::Fail => Outcome::Fail,
        },
        reason: found.reason.to_owned(),
        text: BilingualText::new(found.zh(), found.en()),
        subject: found.subject.clone().unwrap_or_default(),
    }
}
