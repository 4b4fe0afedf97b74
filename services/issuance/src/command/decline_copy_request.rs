//! Declines what an employer asked for. The employer learns that, and no ground.

use domain::calendar::day_of;
use postgres::Tx;
use postgres::requests::Begun;
use serde_json::json;
use service_runtime::error::NOT_FOUND;
use tracing::instrument;
use uuid::Uuid;

use super::approve_copy_request::tell;
use super::write::{Write, keep_id, kept_id};
use crate::error::{ACT_REFUSED, Error, ruled};
use crate::issuing::Issuing;
use crate::query::list_copy_requests::{RequestView, view};
use crate::store::issuing::copy_request::{self, RequestRow};

/// Which one.
pub(crate) struct Input {
    pub(crate) write: Write,
    pub(crate) request: Uuid,
}

/// Idempotent on the request id. Answer, notification and audit are stored together or not at all.
#[instrument(name = "decline_copy_request", skip_all, fields(request = %input.request))]
pub(crate) async fn decline_copy_request(issuing: &Issuing, input: Input) -> Result<RequestView, Error> {
    let subject = format!("copyRequests/{}", input.request);
    let stored = store(issuing, &input, &subject).await;
    let declined = input.write.recorded(&issuing.database, &subject, stored).await?;
    view(issuing, &declined, day_of(input.write.at))
}

async fn store(issuing: &Issuing, input: &Input, subject: &str) -> Result<RequestRow, Error> {
    let (scope, at) = (&input.write.scope, input.write.at);
    scope.require_person()?;
    let found = async |tx: &mut Tx, id: Uuid| -> Result<RequestRow, Error> {
        let found = copy_request::find(tx, id, scope).await?;
        found.ok_or_else(|| NOT_FOUND.refusal().into())
    };
    issuing
        .database
        .run_tx("decline copy request", async |tx: &mut Tx| {
            let claim = match tx.begin_request(&input.write.request()).await? {
                Begun::Replay(stored) => return found(tx, kept_id(stored)?).await,
                Begun::First(claim) => claim,
            };
            let request = found(tx, input.request).await?;
            let open = request.state.check_open(day_of(at), request.expires_on);
            open.map_err(|refused| ruled(ACT_REFUSED, &refused))?;
            copy_request::answer(tx, request.id, None, at).await?;
            tell(tx, &request, subject, at).await?;
            input
                .write
                .done(tx, subject, "个人信息保护法 art 14", json!({}))
                .await?;
            tx.finish_request(claim, &keep_id(request.id)).await?;
            found(tx, input.request).await
        })
        .await
}
