//! 行政复议、行政诉讼: takes up again what was refused, on the number and the paper of the decision or judgment.

use domain::application::MoveRefused;
use domain::authority::Authority;
use domain::ids::{ApplicationId, PersonId};
use postgres::Tx;
use serde_json::json;
use tracing::instrument;
use uuid::Uuid;

use super::moves::locked;
use super::record_fact::{Paper, check, keep};
use super::{Begin, Call, Move, Moved, finish, note};
use crate::deps::Deps;
use crate::error::Error;
use crate::recorded;
use crate::store::case_file::{self, Reopening};
use crate::store::{application, fact};

/// Longest number of a document in characters.
const NUMBER: usize = 100;

/// What shows that it is to be taken up again.
pub(crate) struct Document {
    pub(crate) number: String,
    pub(crate) paper: Paper,
}

/// By an officer of the province, whom the decision binds. The applicant is told; the nation is asked for its claim anew.
#[instrument(name = "reopen_case", skip_all, fields(%application))]
pub(crate) async fn reopen_application(
    deps: &Deps,
    call: &Call,
    application: ApplicationId,
    document: &Document,
) -> Result<ApplicationId, Error> {
    let subject = deps.application_name(application);
    let result = reopen(deps, call, application, document).await;
    let reopened = call.audited(deps, &subject, result).await?;
    deps.wake.claim.notify_one();
    Ok(reopened)
}

async fn reopen(
    deps: &Deps,
    call: &Call,
    application: ApplicationId,
    document: &Document,
) -> Result<ApplicationId, Error> {
    check_document(document)?;
    let within = call.within(deps);
    let within = &within;
    let find = async |tx: &mut Tx| {
        let found = application::load(tx, within, &[application.as_uuid()])
            .await?
            .pop();
        Ok::<_, Error>(found.ok_or_else(Error::not_found)?.application.person)
    };
    let person = deps.reader.snapshot("person of an application", find).await?;
    let evidence = evidence(deps, call, person, document).await?;
    let evidence = &evidence;
    let id = Uuid::now_v7();
    deps.database
        .run_tx("reopen_case", async |tx: &mut Tx| {
            let claim = match call.begin(tx).await? {
                Begin::Replay(id) => return Ok(ApplicationId::from_uuid(id)),
                Begin::First(claim) => claim,
            };
            let target = Move {
                application,
                etag: "",
            };
            let mut record = locked(deps, tx, call, target).await?;
            let needed = Authority::Province(deps.province);
            let officer = call.officer(needed)?;
            if officer.authority != needed {
                return Err(MoveRefused::WrongAuthority { needed }.into());
            }
            let current = record.application.clone();
            let reopened = current.reopen(officer, &document.number, call.at)?;
            let moved = Moved {
                evidence: json!({ "document": document.number, "sm3": hex::encode(&evidence.digest) }),
                ..reopened.into()
            };
            note(deps, tx, &call.caller, call.verb, &mut record, moved).await?;
            fact::insert_evidence(tx, evidence, call.at).await?;
            let reopening = Reopening {
                id,
                person,
                application: Some(application),
                document_number: document.number.trim().to_owned(),
                evidence: evidence.id,
                by: officer,
                at: call.at,
            };
            case_file::insert_reopening(tx, &reopening).await?;
            finish(tx, claim, application.as_uuid()).await?;
            Ok::<_, Error>(application)
        })
        .await
}

/// A number, and a paper of a known format with the content that was meant.
pub(super) fn check_document(document: &Document) -> Result<(), Error> {
    let length = document.number.trim().chars().count();
    if length == 0 || length > NUMBER {
        return Err(MoveRefused::GroundsMissing.into());
    }
    check(&document.paper)
}

/// Stores the paper under the person's key, before the row that names it.
pub(super) async fn evidence(
    deps: &Deps,
    call: &Call,
    person: PersonId,
    document: &Document,
) -> Result<fact::Evidence, Error> {
    let within = call.within(deps);
    let within = &within;
    let key = async |tx: &mut Tx| recorded::key_of(deps, tx, within, person).await;
    let key = deps.reader.snapshot("key of a person", key).await?;
    keep(
        deps,
        &document.paper,
        domain::fact::Subject::Person(person),
        Some(&key),
    )
    .await
}
