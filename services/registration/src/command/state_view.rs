//! 陈述申辩: the holder states their view within the days they were given.

use domain::case_file::CaseRefused;
use domain::ids::CaseId;
use postgres::Tx;
use serde_json::json;
use service_runtime::Refusal;
use service_runtime::error::PERMISSION_DENIED;
use tracing::instrument;

use super::{Begin, Call, cases, finish};
use crate::deps::Deps;
use crate::error::{Error, OBJECTION_INVALID};
use crate::recorded::key_of;

/// Longest statement in characters.
const STATEMENT: usize = 4000;

/// Only the person whom it is about; a later statement takes the place of an earlier one.
#[instrument(name = "state_view", skip_all, fields(%case))]
pub(crate) async fn state_view(
    deps: &Deps,
    call: &Call,
    case: CaseId,
    statement: &str,
) -> Result<CaseId, Error> {
    let subject = deps.case_name(case);
    let result = deps
        .database
        .run_tx("state_view", async |tx: &mut Tx| {
            let claim = match call.begin(tx).await? {
                Begin::Replay(id) => return Ok(CaseId::from_uuid(id)),
                Begin::First(claim) => claim,
            };
            let length = statement.trim().chars().count();
            if length == 0 || length > STATEMENT {
                return Err(OBJECTION_INVALID.into());
            }
            let mut file = cases::locked(deps, tx, call, case).await?;
            if call.scope.own_person() != Some(file.case.person.as_uuid()) {
                return Err(Refusal::new(PERMISSION_DENIED).into());
            }
            file.case = file.case.stated(call.at)?;
            let sealed = file.hearing.clone().ok_or(CaseRefused::NotHeard)?;
            let key = key_of(deps, tx, &call.within(deps), file.case.person).await?;
            let mut text = deps.sealing.open_hearing(&key, case.as_uuid(), sealed)?;
            statement.trim().clone_into(&mut text.statement);
            file.hearing = Some(deps.sealing.seal_hearing(&key, case.as_uuid(), &text));
            cases::kept(deps, tx, call, &file, ("行政许可法 art 7", json!({}))).await?;
            finish(tx, claim, case.as_uuid()).await?;
            Ok::<_, Error>(case)
        })
        .await;
    call.audited(deps, &subject, result).await
}
