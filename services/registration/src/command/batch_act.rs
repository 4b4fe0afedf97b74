//! 批量办理: one act over many files. Every row is a transaction of its own, so that one that fails takes nothing with it.

use domain::ids::ApplicationId;
use postgres::hash::sha256;
use service_runtime::Refusal;
use tracing::instrument;
use uuid::{Builder, Uuid};

use super::open_publicity::check_batch;
use super::opinions::Words;
use super::{Call, Move, accept_application, decide_application, record_review};
use crate::deps::Deps;
use crate::error::Error;

/// What is done to every file.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    Accept,
    Review { favourable: bool, words: Words },
    Decide { granted: bool, grounds: String },
}

/// One file.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) application: ApplicationId,
    pub(crate) etag: String,
}

/// Takes the step on each file in turn; an outcome for each, in the order of the rows. A row's request follows from the
/// batch's and the file, so that repeating a batch that broke off repeats no row. The rows' claims are asked for afterwards.
#[instrument(name = "batch_act", skip_all, fields(rows = rows.len()))]
pub(crate) async fn batch_act(
    deps: &Deps,
    call: &Call,
    rows: &[Row],
    step: &Step,
) -> Result<Vec<Result<ApplicationId, Refusal>>, Error> {
    let ids: Vec<Uuid> = rows.iter().map(|row| row.application.as_uuid()).collect();
    check_batch(&ids)?;
    let mut outcomes = Vec::with_capacity(rows.len());
    for row in rows {
        let done = take(deps, &row_call(call, step, row), row, step).await;
        outcomes.push(done.map_err(Error::into_refusal));
    }
    if matches!(step, Step::Accept) {
        deps.wake.claim.notify_one();
    }
    Ok(outcomes)
}

async fn take(deps: &Deps, call: &Call, row: &Row, step: &Step) -> Result<ApplicationId, Error> {
    let target = Move {
        application: row.application,
        etag: &row.etag,
    };
    match step {
        Step::Accept => accept_application::accept(deps, call, target).await,
        Step::Review { favourable, words } => {
            record_review::record_review(deps, call, target, *favourable, words).await
        }
        Step::Decide { granted, grounds } => {
            decide_application::decide_application(deps, call, target, *granted, grounds).await
        }
    }
}

/// The call of one row: named like the act alone, so that audit and spans read the same. Its body is the batch's act and
/// the row, not the other rows: a batch repeated with one row less is the same to those that stay.
fn row_call(call: &Call, step: &Step, row: &Row) -> Call {
    let text = format!("batch row {} {}", call.request, row.application);
    let digest = sha256(text.as_bytes());
    let mut id = [0; 16];
    id.copy_from_slice(&digest[..16]);
    let said = format!("{step:?} {} {}", row.application, row.etag);
    Call {
        verb: match step {
            Step::Accept => "accept_application",
            Step::Review { .. } => "record_review",
            Step::Decide { .. } => "decide_application",
        },
        request: Builder::from_custom_bytes(id).into_uuid(),
        body: sha256(said.as_bytes()),
        ..call.clone()
    }
}
