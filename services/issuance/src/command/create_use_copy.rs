//! Makes a use copy (加注件) of a living version: for one purpose and recipient, with a last day (domain §1.10). Not while
//! the registration is suspended (暂扣, §1.6).

use std::time::Duration;

use domain::calendar::day_of;
use domain::certificate::FactsRecord;
use domain::licence_identifier::LicenceIdentifier;
use domain::reason::BilingualText;
use domain::use_copy::CopyTerms;
use jiff::civil::Date;
use personal_data::DataKey;
use postgres::Tx;
use postgres::requests::Begun;
use serde_json::json;
use service_runtime::Scope;
use service_runtime::error::NOT_FOUND;
use tokio::time::Instant;
use tracing::instrument;
use uuid::Uuid;

use super::make_copy::{Target, Wanted, make, policy};
use super::write::{Write, keep_id, kept_id};
use crate::error::Error;
use crate::issuing::Issuing;
use crate::job::issue::{open_facts, person_key};
use crate::query::get_certificate::require_living;
use crate::query::list_use_copies::{CopyView, view};
use crate::query::suspension::require_not_suspended;
use crate::store::issuing::use_copy::{self, CopyRow};
use crate::store::issuing::version::{self, VersionRow};
use crate::store::log::position_of;

/// What the holder asks for.
pub(crate) struct Input {
    pub(crate) write: Write,
    pub(crate) certificate: LicenceIdentifier,
    pub(crate) terms: CopyTerms,
    /// How long the caller waits for the documents.
    pub(crate) deadline: Instant,
}

/// The copy, ready unless the deadline came first.
pub(crate) struct Created {
    pub(crate) copy: CopyView,
    pub(crate) position: u64,
    pub(crate) warnings: Vec<BilingualText>,
}

/// A specialty that ends this soon is worth a word (domain §1.10: it does not block).
const WARNING_DAYS: i32 = 180;
/// Another process may have finished the copy; it cannot ring here.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// Idempotent on the request id; and the same version, purpose, reference and recipient on the same day give the same
/// copy while it lives. Copy, job, change and audit are stored together or not at all.
#[instrument(name = "create_use_copy", skip_all)]
pub(crate) async fn create_use_copy(issuing: &Issuing, input: Input) -> Result<Created, Error> {
    let subject = format!("certificates/{}", input.certificate);
    let stored = store(issuing, &input, &subject).await;
    let (version, copy, change) = input.write.recorded(&issuing.database, &subject, stored).await?;
    issuing.bells.documents.notify_one();
    issuing.bells.changes.notify_one();
    let row = ready(issuing, &input.write.scope, copy, input.deadline).await?;
    let position = position_of(&issuing.database, change, input.deadline).await?;
    let copy = view(issuing, &version, &row, day_of(input.write.at))?;
    let (_, facts) = open(issuing, &version)?;
    let warnings = warnings(&facts, day_of(input.write.at));
    Ok(Created {
        copy,
        position,
        warnings,
    })
}

async fn store(issuing: &Issuing, input: &Input, subject: &str) -> Result<(VersionRow, Uuid, i64), Error> {
    let (identifier, scope) = (input.certificate.to_string(), &input.write.scope);
    scope.require_person()?;
    let found = issuing
        .read
        .snapshot("find certificate", async |tx: &mut Tx| {
            version::find(tx, &identifier, scope).await
        })
        .await?;
    let found = found.ok_or_else(|| NOT_FOUND.refusal())?;
    require_living(&found)?;
    let (key, facts) = open(issuing, &found)?;
    let wanted = Wanted::new(
        &policy(issuing, input.write.at)?,
        &facts,
        &input.terms,
        input.write.at,
    )?;
    issuing
        .database
        .run_tx("create use copy", async |tx: &mut Tx| {
            let request = input.write.request();
            let claim = match tx.begin_request(&request).await? {
                Begun::Replay(stored) => {
                    let copy = kept_id(stored)?;
                    let row = use_copy::find(tx, copy, scope)
                        .await?
                        .ok_or_else(|| NOT_FOUND.refusal())?;
                    return Ok((found.clone(), copy, row.change));
                }
                Begun::First(claim) => claim,
            };
            let version = version::lock(tx, found.id, scope)
                .await?
                .ok_or_else(|| NOT_FOUND.refusal())?;
            require_living(&version)?;
            require_not_suspended(tx, &issuing.sealing, version.person, scope, input.write.at).await?;
            let target = Target {
                version: version.id,
                person: version.person,
                licence_identifier: &version.licence_identifier,
                key: &key,
            };
            let made = make(tx, issuing, target, &wanted, None).await?;
            if made.fresh {
                let (copy, use_until) = (made.copy.to_string(), wanted.period.use_until.to_string());
                let evidence = json!({ "copy": copy, "use_until": use_until });
                input.write.done(tx, subject, "domain §1.10", evidence).await?;
            }
            tx.finish_request(claim, &keep_id(made.copy)).await?;
            Ok::<_, Error>((version, made.copy, made.change))
        })
        .await
}

pub(super) fn open(issuing: &Issuing, version: &VersionRow) -> Result<(DataKey, FactsRecord), Error> {
    let key = person_key(issuing.sealing.vault(), version.person, &version.data_key);
    let key = key.map_err(|stop| Error::internal(stop.detail))?;
    let facts =
        open_facts(&key, version.id, None, &version.facts).map_err(|stop| Error::internal(stop.detail))?;
    Ok((key, facts))
}

/// Waits until the job has made the documents, or the deadline.
pub(super) async fn ready(
    issuing: &Issuing,
    scope: &Scope,
    copy: Uuid,
    deadline: Instant,
) -> Result<CopyRow, Error> {
    loop {
        let finished = issuing.finished.notified();
        let row = issuing
            .read
            .snapshot("look at use copy", async |tx: &mut Tx| {
                use_copy::find(tx, copy, scope).await
            })
            .await?
            .ok_or_else(|| NOT_FOUND.refusal())?;
        if row.ready_at.is_some() || row.revoked_at.is_some() || Instant::now() >= deadline {
            return Ok(row);
        }
        tokio::select! {
            () = finished => {}
            () = tokio::time::sleep(LOOK_AGAIN) => {}
            () = tokio::time::sleep_until(deadline) => {}
        }
    }
}

/// One word for each specialty that ends soon: it should be renewed, and the copy says so (domain §1.10).
fn warnings(facts: &FactsRecord, today: Date) -> Vec<BilingualText> {
    let soon = domain::calendar::plus_days(today, WARNING_DAYS);
    let ending = facts
        .specialties
        .iter()
        .filter(|known| known.valid_to >= today && known.valid_to < soon);
    ending
        .map(|known| {
            let (name, end) = (known.specialty.name(), known.valid_to);
            BilingualText::new(
                format!("{name}专业有效期至{end}，不足180天，请及时办理延续注册。"),
                format!(
                    "The specialty {} ends on {end}, within 180 days: renew it in time.",
                    known.specialty.code()
                ),
            )
        })
        .collect()
}
