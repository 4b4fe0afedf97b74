//! Revokes one use copy; its version and its other copies stay as they are.

use domain::calendar::day_of;
use postgres::Tx;
use postgres::requests::Begun;
use serde_json::json;
use service_runtime::error::NOT_FOUND;
use tokio::time::Instant;
use tracing::instrument;
use uuid::Uuid;

use super::make_copy::snapshot;
use super::write::{Write, keep_id, kept_id};
use crate::change::Change;
use crate::error::Error;
use crate::issuing::Issuing;
use crate::query::list_use_copies::{CopyView, view};
use crate::sealing::seal;
use crate::store::issuing::{column, use_copy, version};
use crate::store::log::{change, position_of};

/// What the holder asks for.
pub(crate) struct Input {
    pub(crate) write: Write,
    pub(crate) licence_identifier: String,
    pub(crate) copy: Uuid,
    /// Kept, and shown to the holder alone.
    pub(crate) reason: String,
    /// How long the caller waits for the position.
    pub(crate) deadline: Instant,
}

/// The copy, revoked, and the position of the change.
pub(crate) struct Revoked {
    pub(crate) copy: CopyView,
    pub(crate) position: u64,
}

/// Idempotent: a copy that was revoked stays revoked since then. Change and audit are stored with it.
#[instrument(name = "revoke_use_copy", skip_all, fields(copy = %input.copy))]
pub(crate) async fn revoke_use_copy(issuing: &Issuing, input: Input) -> Result<Revoked, Error> {
    let subject = format!("certificates/{}/copies/{}", input.licence_identifier, input.copy);
    let stored = store(issuing, &input, &subject).await;
    let (copy, change) = input.write.recorded(&issuing.database, &subject, stored).await?;
    issuing.bells.changes.notify_one();
    let position = position_of(&issuing.database, change, input.deadline).await?;
    Ok(Revoked { copy, position })
}

async fn store(issuing: &Issuing, input: &Input, subject: &str) -> Result<(CopyView, i64), Error> {
    let scope = &input.write.scope;
    scope.require_person()?;
    let today = day_of(input.write.at);
    issuing
        .database
        .run_tx("revoke use copy", async |tx: &mut Tx| {
            let claim = match tx.begin_request(&input.write.request()).await? {
                Begun::Replay(stored) => {
                    let _ = kept_id(stored)?;
                    None
                }
                Begun::First(claim) => Some(claim),
            };
            let version = version::find(tx, &input.licence_identifier, scope).await?;
            let version = version.ok_or_else(|| NOT_FOUND.refusal())?;
            let row = use_copy::lock(tx, input.copy, scope)
                .await?
                .filter(|row| row.version == version.id);
            let mut row = row.ok_or_else(|| NOT_FOUND.refusal())?;
            if row.revoked_at.is_none() {
                let said = view(issuing, &version, &row, today)?.facts;
                let said = snapshot(&version.licence_identifier, &said, Some(input.write.at))?;
                let key = issuing.sealing.key(version.person, version.data_key.clone())?;
                let said = Change::Copy(said);
                row.change = change::append(tx, &key, version.person, &said, input.write.at).await?;
                let reason = seal(&key, &column::revocation_reason(row.id), input.reason.as_bytes());
                use_copy::revoke(tx, row.id, (row.change, &reason), input.write.at).await?;
                (row.revoked_at, row.revocation_reason) = (Some(input.write.at), Some(reason));
                input.write.done(tx, subject, "domain §1.10", json!({})).await?;
            }
            if let Some(claim) = claim {
                tx.finish_request(claim, &keep_id(row.id)).await?;
            }
            Ok::<_, Error>((view(issuing, &version, &row, today)?, row.change))
        })
        .await
}
