//! Proposes what takes the place of a confirmed fact; until a second officer agrees the corrected one goes on counting.

use domain::fact::{FactRefused, FactSource, FactState, Statement, Subject};
use domain::ids::FactId;
use postgres::Tx;
use tracing::instrument;

use super::Call;
use super::record_fact::{self, Paper, propose};
use crate::deps::Deps;
use crate::error::Error;
use crate::store::fact::{self, About};

/// What is so.
pub(crate) struct Input {
    pub(crate) corrected: FactId,
    pub(crate) statement: Statement,
    pub(crate) source: FactSource,
    pub(crate) reference: String,
    pub(crate) paper: Paper,
}

/// Idempotent on the request.
#[instrument(name = "correct_fact", skip_all, fields(fact = %input.corrected))]
pub(crate) async fn correct_fact(deps: &Deps, call: &Call, input: Input) -> Result<FactId, Error> {
    let subject = deps.fact_name(input.corrected);
    let result = correct(deps, call, input).await;
    call.audited(deps, &subject, result).await
}

async fn correct(deps: &Deps, call: &Call, input: Input) -> Result<FactId, Error> {
    let within = call.within(deps);
    let ids = [input.corrected.as_uuid()];
    let (within, ids) = (&within, &ids);
    let find = async |tx: &mut Tx| Ok::<_, Error>(fact::load(tx, within, ids).await?.pop());
    let found = deps.reader.snapshot("find a fact", find).await?;
    let corrected = found.ok_or_else(Error::not_found)?;
    // Its confirmation looks again: another correction may come first.
    if !matches!(
        corrected.state,
        FactState::Confirmed { .. } | FactState::Corrected { .. }
    ) {
        return Err(FactRefused::NotConfirmed.into());
    }
    let subject = match corrected.about {
        About::Person { id, .. } => Subject::Person(id),
        About::Employer { id, .. } => Subject::Employer(id),
    };
    let proposed = record_fact::Input {
        subject,
        statement: input.statement,
        source: input.source,
        reference: input.reference,
        corrects: Some(input.corrected),
        paper: input.paper,
    };
    propose(deps, call, proposed).await
}
