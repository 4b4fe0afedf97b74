//! Proposes how to close a case; another officer decides.

use domain::calendar::day_of;
use domain::case_file::CaseOutcome;
use domain::ids::CaseId;
use postgres::Tx;
use serde_json::json;
use tracing::instrument;

use super::{Begin, Call, cases, finish};
use crate::deps::Deps;
use crate::error::Error;

/// Only the officer who has it in hand, and nothing against a holder who has not been heard.
#[instrument(name = "propose_decision", skip_all, fields(%case))]
pub(crate) async fn propose_decision(
    deps: &Deps,
    call: &Call,
    case: CaseId,
    (outcome, grounds): (&CaseOutcome, &str),
) -> Result<CaseId, Error> {
    let subject = deps.case_name(case);
    let result = deps
        .database
        .run_tx("propose_decision", async |tx: &mut Tx| {
            let claim = match call.begin(tx).await? {
                Begin::Replay(id) => return Ok(CaseId::from_uuid(id)),
                Begin::First(claim) => claim,
            };
            if let CaseOutcome::Correct { terms } = outcome {
                terms.check(day_of(call.at))?;
            }
            let mut file = cases::locked(deps, tx, call, case).await?;
            let (officer, hand) = cases::hand(deps, tx, call).await?;
            file.case = file
                .case
                .propose(officer, &hand, outcome.clone(), grounds, call.at)?;
            let evidence = json!({ "outcome": outcome });
            cases::kept(deps, tx, call, &file, (cases::article(outcome), evidence)).await?;
            finish(tx, claim, case.as_uuid()).await?;
            Ok::<_, Error>(case)
        })
        .await;
    call.audited(deps, &subject, result).await
}
