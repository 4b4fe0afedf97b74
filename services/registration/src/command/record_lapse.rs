//! Records a lapse (失效, 153号 art 16) of a person or of everybody registered with an employer, for a second officer to
//! confirm.

use domain::authority::Officer;
use domain::fact::Subject;
use domain::ids::{LapseId, PersonId, ReportId};
use domain::lapse::{Lapse, LapseAct, LapseGround, LapseSubject, NewLapse, ReportRefused, check_row};
use domain::reason::Reason as _;
use jiff::civil::Date;
use postgres::Tx;
use postgres::audit::{Outcome, Record as AuditRecord};
use serde_json::json;
use tracing::instrument;
use uuid::Uuid;

use super::propose_succession::own_officer;
use super::record_fact::{self, Paper};
use super::{Begin, Call, finish};
use crate::deps::Deps;
use crate::error::Error;
use crate::recorded;
use crate::store::fact::{self, Evidence};
use crate::store::{lapse, registered, report};

/// What an officer records.
pub(crate) struct Input {
    pub(crate) subject: LapseSubject,
    pub(crate) ground: LapseGround,
    pub(crate) effective_on: Date,
    pub(crate) reference: String,
    pub(crate) statement: String,
    pub(crate) papers: Vec<Paper>,
    pub(crate) report: Option<ReportId>,
}

/// Idempotent on the request. Sealed papers are written before the rows; a crash leaves bytes that nobody names.
#[instrument(name = "record_lapse", skip_all)]
pub(crate) async fn record_lapse(deps: &Deps, call: &Call, input: &Input) -> Result<LapseId, Error> {
    let subject = format!("provinces/{}/lapses/-", deps.province);
    let result = record(deps, call, input).await;
    call.audited(deps, &subject, result).await
}

async fn record(deps: &Deps, call: &Call, input: &Input) -> Result<LapseId, Error> {
    let officer = own_officer(deps, call)?;
    let recorded = Lapse::record(
        NewLapse {
            id: LapseId::from_uuid(Uuid::now_v7()),
            act: LapseAct::Lapse {
                subject: input.subject,
                ground: input.ground,
                effective_on: input.effective_on,
            },
            reference: input.reference.clone(),
            statement: input.statement.clone(),
            papers: input.papers.len(),
            report: input.report,
        },
        officer,
        call.at,
    )?;
    let person = match input.subject {
        LapseSubject::Person(person) => Some(person),
        LapseSubject::Employer(_) => None,
    };
    let papers = keep_papers(deps, call, person, &input.papers).await?;
    let (recorded, papers) = (&recorded, &papers);
    deps.database
        .run_tx(call.verb, async |tx: &mut Tx| {
            let claim = match call.begin(tx).await? {
                Begin::Replay(id) => return Ok(LapseId::from_uuid(id)),
                Begin::First(claim) => claim,
            };
            reaches_somebody(deps, tx, call, input).await?;
            if let Some(report) = input.report {
                take_up(deps, tx, call, report, recorded).await?;
            }
            store(deps, tx, call, recorded, papers).await?;
            finish(tx, claim, recorded.id.as_uuid()).await?;
            Ok::<_, Error>(recorded.id)
        })
        .await
}

/// A record without effect is not taken: the person must be registered so that it reaches them, the employer must have
/// somebody.
async fn reaches_somebody(deps: &Deps, tx: &mut Tx, call: &Call, input: &Input) -> Result<(), Error> {
    match input.subject {
        LapseSubject::Person(person) => {
            let found = registered::lock_standings(tx, &[person.as_uuid()]).await?.pop();
            let present = found.map(|standing| standing.present);
            Ok(check_row(input.subject, input.effective_on, present)?)
        }
        LapseSubject::Employer(employer) => {
            let people = registered::of_employer(tx, &call.within(deps), employer).await?;
            if people.is_empty() {
                return Err(Error::not_found());
            }
            Ok(())
        }
    }
}

/// The report leaves the queue until the second officer has spoken.
async fn take_up(deps: &Deps, tx: &mut Tx, call: &Call, id: ReportId, recorded: &Lapse) -> Result<(), Error> {
    let found = report::lock(tx, id).await?.ok_or_else(Error::not_found)?;
    let about = found.report.person;
    let LapseAct::Lapse { subject, .. } = recorded.act else {
        return Ok(());
    };
    let fits = match subject {
        LapseSubject::Person(person) => person == about,
        LapseSubject::Employer(employer) => registered::find(tx, &call.within(deps), about)
            .await?
            .is_some_and(|known| known.employer == employer),
    };
    if !fits {
        return Err(ReportRefused::OtherPerson.into());
    }
    let state = found.report.state.taken_up(recorded.id)?;
    Ok(report::save(tx, id, &state).await?)
}

/// Seals and stores the papers: under the key of the one person, else each under a key of its own.
pub(super) async fn keep_papers(
    deps: &Deps,
    call: &Call,
    person: Option<PersonId>,
    papers: &[Paper],
) -> Result<Vec<Evidence>, Error> {
    for paper in papers {
        record_fact::check(paper)?;
    }
    let Some(person) = person else {
        let mut kept = Vec::with_capacity(papers.len());
        for paper in papers {
            kept.push(record_fact::keep_apart(deps, paper).await?);
        }
        return Ok(kept);
    };
    let within = call.within(deps);
    let within = &within;
    let key = async |tx: &mut Tx| recorded::key_of(deps, tx, within, person).await;
    let key = deps.reader.snapshot("key of a person", key).await?;
    let mut kept = Vec::with_capacity(papers.len());
    for paper in papers {
        kept.push(record_fact::keep(deps, paper, Subject::Person(person), Some(&key)).await?);
    }
    Ok(kept)
}

/// Stores a record with its papers and audit.
pub(super) async fn store(
    deps: &Deps,
    tx: &mut Tx,
    call: &Call,
    recorded: &Lapse,
    papers: &[Evidence],
) -> Result<(), Error> {
    for paper in papers {
        fact::insert_evidence(tx, paper, call.at).await?;
    }
    lapse::insert(tx, recorded, papers).await?;
    let digests: Vec<_> = papers.iter().map(|paper| hex::encode(&paper.digest)).collect();
    tx.audit(AuditRecord {
        at: call.at,
        actor: &call.caller,
        verb: call.verb,
        article: recorded.article(),
        subject: &deps.lapse_name(recorded.id),
        outcome: Outcome::Done,
        evidence: json!({
            "act": recorded.act, "reference": recorded.reference, "sm3": digests,
            "report": recorded.report.map(|id| deps.report_name(id)),
        }),
    })
    .await?;
    Ok(())
}

/// The officer who speaks, and the record as it is locked.
pub(super) async fn second(
    deps: &Deps,
    tx: &mut Tx,
    call: &Call,
    id: LapseId,
) -> Result<(Officer, Lapse), Error> {
    let officer = own_officer(deps, call)?;
    let locked = lapse::lock(tx, id).await?.ok_or_else(Error::not_found)?;
    Ok((officer, locked))
}

/// What the second officer's word means for the report that led to the record.
pub(super) async fn settle_report(tx: &mut Tx, settled: &Lapse) -> Result<(), Error> {
    let Some(id) = settled.report else { return Ok(()) };
    let found = report::lock(tx, id).await?;
    let found = found.ok_or_else(|| Error::internal("a lapse names a report that is not there"))?;
    let state = found.report.state.settled(settled.four_eyes.is_confirmed());
    Ok(report::save(tx, id, &state).await?)
}

/// The stable reason of a row, for its column.
pub(super) fn code(refused: &domain::lapse::LapseRowRefused) -> &'static str {
    refused.reason()
}
