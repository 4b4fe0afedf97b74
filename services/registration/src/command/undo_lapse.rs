//! Records that a confirmed lapse was wrong, for all of its people or for some; a second officer confirms it. Both records
//! stay.

use domain::ids::{LapseId, PersonId};
use domain::lapse::{Lapse, LapseAct, LapseRefused, LapseSubject, NewLapse};
use postgres::Tx;
use tracing::instrument;
use uuid::Uuid;

use super::propose_succession::own_officer;
use super::record_fact::Paper;
use super::record_lapse::{keep_papers, store};
use super::{Begin, Call, finish};
use crate::deps::Deps;
use crate::error::Error;
use crate::store::lapse;

/// What an officer records.
pub(crate) struct Input {
    pub(crate) lapse: LapseId,
    /// For these alone; empty: for all.
    pub(crate) people: Vec<PersonId>,
    pub(crate) reference: String,
    pub(crate) statement: String,
    pub(crate) papers: Vec<Paper>,
}

/// Idempotent on the request.
#[instrument(name = "undo_lapse", skip_all, fields(lapse = %input.lapse))]
pub(crate) async fn undo_lapse(deps: &Deps, call: &Call, input: &Input) -> Result<LapseId, Error> {
    let subject = deps.lapse_name(input.lapse);
    let result = record(deps, call, input).await;
    call.audited(deps, &subject, result).await
}

async fn record(deps: &Deps, call: &Call, input: &Input) -> Result<LapseId, Error> {
    let officer = own_officer(deps, call)?;
    let read = async |tx: &mut Tx| {
        let found: Option<Lapse> = lapse::find(tx, input.lapse).await?;
        let rows = lapse::in_force(tx, input.lapse, &input.people).await?;
        Ok::<_, Error>((found, rows))
    };
    let (found, rows) = deps.reader.snapshot("read lapse", read).await?;
    let found = found.ok_or_else(Error::not_found)?;
    let undoing = found.record_undo(
        NewLapse {
            id: LapseId::from_uuid(Uuid::now_v7()),
            act: LapseAct::Undo {
                lapse: input.lapse,
                people: input.people.clone(),
            },
            reference: input.reference.clone(),
            statement: input.statement.clone(),
            papers: input.papers.len(),
            report: None,
        },
        officer,
        call.at,
    )?;
    let person = match found.act {
        LapseAct::Lapse {
            subject: LapseSubject::Person(person),
            ..
        } => Some(person),
        _ => None,
    };
    let papers = keep_papers(deps, call, person, &input.papers).await?;
    let (undoing, papers, nothing) = (&undoing, &papers, rows.is_empty());
    deps.database
        .run_tx(call.verb, async |tx: &mut Tx| {
            let claim = match call.begin(tx).await? {
                Begin::Replay(id) => return Ok(LapseId::from_uuid(id)),
                Begin::First(claim) => claim,
            };
            if nothing {
                return Err(LapseRefused::NothingToUndo.into());
            }
            store(deps, tx, call, undoing, papers).await?;
            finish(tx, claim, undoing.id.as_uuid()).await?;
            Ok::<_, Error>(undoing.id)
        })
        .await
}
