//! An officer finds nothing in a report, and says why.

use domain::fact::Hand;
use domain::ids::ReportId;
use postgres::Tx;
use postgres::audit::{Outcome, Record as AuditRecord};
use serde_json::json;
use tracing::instrument;

use super::propose_succession::own_officer;
use super::{Begin, Call, finish};
use crate::deps::Deps;
use crate::error::Error;
use crate::store::report;

/// Idempotent on the request.
#[instrument(name = "dismiss_report", skip_all, fields(report = %id))]
pub(crate) async fn dismiss_report(
    deps: &Deps,
    call: &Call,
    id: ReportId,
    grounds: &str,
) -> Result<ReportId, Error> {
    let subject = deps.report_name(id);
    let result = deps
        .database
        .run_tx(call.verb, async |tx: &mut Tx| {
            let claim = match call.begin(tx).await? {
                Begin::Replay(id) => return Ok(ReportId::from_uuid(id)),
                Begin::First(claim) => claim,
            };
            let by = own_officer(deps, call)?;
            let found = report::lock(tx, id).await?.ok_or_else(Error::not_found)?;
            let state = found.report.state.dismissed(Hand { by, at: call.at }, grounds)?;
            report::save(tx, id, &state).await?;
            tx.audit(AuditRecord {
                at: call.at,
                actor: &call.caller,
                verb: call.verb,
                article: "153号 art 17",
                subject: &deps.report_name(id),
                outcome: Outcome::Done,
                evidence: json!({ "number": found.report.number, "by": by.authority.to_string() }),
            })
            .await?;
            finish(tx, claim, id.as_uuid()).await?;
            Ok::<_, Error>(id)
        })
        .await;
    call.audited(deps, &subject, result).await
}
