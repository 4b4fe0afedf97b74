//! 领办 of a case.

use domain::ids::CaseId;
use postgres::Tx;
use serde_json::json;
use tracing::instrument;

use super::{Begin, Call, cases, finish};
use crate::deps::Deps;
use crate::error::Error;

/// From here on the officer alone reads who complained.
#[instrument(name = "claim_case", skip_all, fields(%case))]
pub(crate) async fn claim_case(deps: &Deps, call: &Call, case: CaseId) -> Result<CaseId, Error> {
    let subject = deps.case_name(case);
    let result = deps
        .database
        .run_tx("claim_case", async |tx: &mut Tx| {
            let claim = match call.begin(tx).await? {
                Begin::Replay(id) => return Ok(CaseId::from_uuid(id)),
                Begin::First(claim) => claim,
            };
            let mut file = cases::locked(deps, tx, call, case).await?;
            let (officer, hand) = cases::hand(deps, tx, call).await?;
            file.case = file.case.claim(officer, &hand)?;
            let evidence = json!({ "officer": officer.id.resource_name() });
            cases::kept(deps, tx, call, &file, ("domain §1.2", evidence)).await?;
            finish(tx, claim, case.as_uuid()).await?;
            Ok::<_, Error>(case)
        })
        .await;
    call.audited(deps, &subject, result).await
}
