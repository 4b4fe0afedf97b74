//! Anyone may object while the window is open; what they write is sealed.

use domain::ids::{ApplicationId, ObjectionId};
use personal_data::DataKey;
use postgres::Tx;
use tracing::instrument;
use uuid::Uuid;

use super::record_fact::{Paper, check};
use super::{Begin, Call, Moved, finish, note};
use crate::deps::Deps;
use crate::error::{Error, OBJECTION_INVALID};
use crate::job;
use crate::sealing::ObjectionText;
use crate::store::case_file::{self, SealedPaper};
use crate::store::{Within, application, objection};

/// Longest statement in characters.
const STATEMENT: usize = 4000;
/// Longest contact or name in characters.
const CONTACT: usize = 200;
/// Most papers of one objection or complaint.
const PAPERS: usize = 10;

/// The objector learns the objection's name and nothing about the file.
#[instrument(name = "raise_objection", skip_all, fields(%application))]
pub(crate) async fn raise_objection(
    deps: &Deps,
    call: &Call,
    application: ApplicationId,
    (text, papers): (&ObjectionText, &[Paper]),
) -> Result<ObjectionId, Error> {
    let subject = deps.application_name(application);
    let result = raise(deps, call, application, (text, papers)).await;
    call.audited(deps, &subject, result).await
}

async fn raise(
    deps: &Deps,
    call: &Call,
    application: ApplicationId,
    (text, papers): (&ObjectionText, &[Paper]),
) -> Result<ObjectionId, Error> {
    if !is_stated(text, papers) {
        return Err(OBJECTION_INVALID.into());
    }
    let id = ObjectionId::from_uuid(Uuid::now_v7());
    let (sealed, key) = deps.sealing.seal_objection(id.as_uuid(), text);
    let papers = keep_papers(deps, &key, papers).await?;
    let (sealed, papers) = (&sealed, &papers);
    deps.database
        .run_tx("raise_objection", async |tx: &mut Tx| {
            let claim = match call.begin(tx).await? {
                Begin::Replay(id) => return Ok(ObjectionId::from_uuid(id)),
                Begin::First(claim) => claim,
            };
            // What is in publicity is public: the objector needs no rows of their own.
            let within = Within::of(&job::scope("raise_objection"), deps.province);
            let found = application::lock(tx, &within, &[application.as_uuid()])
                .await?
                .pop();
            let mut record = found.ok_or_else(Error::not_found)?;
            if record.application.state().publicity().is_none() {
                return Err(Error::not_found());
            }
            let moved: Moved = record.application.clone().raise_objection(id, call.at)?.into();
            objection::insert(tx, id, application, sealed, call.at).await?;
            case_file::insert_papers(tx, id.as_uuid(), papers, call.at).await?;
            note(deps, tx, &call.caller, call.verb, &mut record, moved).await?;
            finish(tx, claim, id.as_uuid()).await?;
            Ok::<_, Error>(id)
        })
        .await
}

/// Whether a statement, its contact and papers are of a size that is taken.
pub(super) fn is_stated(text: &ObjectionText, papers: &[Paper]) -> bool {
    let length = text.statement.trim().chars().count();
    let contact = text.contact.chars().count().max(text.objector.chars().count());
    (1..=STATEMENT).contains(&length) && contact <= CONTACT && papers.len() <= PAPERS
}

/// Seals and stores papers under the key of the objection or case, before the rows that name them.
pub(super) async fn keep_papers(
    deps: &Deps,
    key: &DataKey,
    papers: &[Paper],
) -> Result<Vec<SealedPaper>, Error> {
    let mut kept = Vec::new();
    for paper in papers {
        check(paper)?;
        let id = Uuid::now_v7();
        let sealed = deps.sealing.seal_paper(key, id, &paper.content);
        kept.push(SealedPaper {
            id,
            media_type: paper.media_type.to_ascii_lowercase(),
            size: i64::try_from(paper.content.len()).unwrap_or(i64::MAX),
            digest: paper.digest.clone(),
            object: deps.objects.put(sealed).await?,
        });
    }
    Ok(kept)
}
