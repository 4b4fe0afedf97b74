//! Takes a standing consent back (个人信息保护法 art 15). Copies that were made by it stay until they are revoked themselves.

use domain::notification::NotificationKind;
use postgres::Tx;
use postgres::requests::Begun;
use serde_json::json;
use service_runtime::error::NOT_FOUND;
use tracing::instrument;
use uuid::Uuid;

use super::notify::{self, Notification};
use super::write::{Write, keep_id, kept_id};
use crate::error::Error;
use crate::issuing::Issuing;
use crate::store::issuing::consent::{self, ConsentRow};

/// Which one.
pub(crate) struct Input {
    pub(crate) write: Write,
    pub(crate) consent: Uuid,
}

/// Idempotent: a consent that has ended stays ended as it was.
#[instrument(name = "revoke_standing_consent", skip_all, fields(consent = %input.consent))]
pub(crate) async fn revoke_standing_consent(issuing: &Issuing, input: Input) -> Result<ConsentRow, Error> {
    let subject = format!("consents/{}", input.consent);
    let stored = store(issuing, &input, &subject).await;
    input.write.recorded(&issuing.database, &subject, stored).await
}

async fn store(issuing: &Issuing, input: &Input, subject: &str) -> Result<ConsentRow, Error> {
    let (scope, at) = (&input.write.scope, input.write.at);
    scope.require_person()?;
    issuing
        .database
        .run_tx("revoke standing consent", async |tx: &mut Tx| {
            let claim = match tx.begin_request(&input.write.request()).await? {
                Begun::Replay(stored) => {
                    let found = consent::find(tx, kept_id(stored)?, scope).await?;
                    return found.ok_or_else(|| NOT_FOUND.refusal().into());
                }
                Begun::First(claim) => claim,
            };
            if !consent::lock(tx, input.consent, scope).await? {
                return Err(NOT_FOUND.refusal().into());
            }
            let found = consent::find(tx, input.consent, scope).await?;
            let found = found.ok_or_else(|| Error::from(NOT_FOUND.refusal()))?;
            if found.ended.is_none() {
                consent::revoke(tx, found.id, at).await?;
                let told = Notification {
                    kind: NotificationKind::ConsentEnded,
                    person: found.person,
                    employer: Some(found.employer.into()),
                    subject: subject.to_owned(),
                    day: None,
                    days_left: None,
                    at,
                    once: None,
                };
                notify::push(tx, &told).await?;
                input
                    .write
                    .done(tx, subject, "个人信息保护法 art 15", json!({}))
                    .await?;
            }
            tx.finish_request(claim, &keep_id(found.id)).await?;
            let stored = consent::find(tx, input.consent, scope).await?;
            stored.ok_or_else(|| Error::internal("a consent vanished"))
        })
        .await
}
