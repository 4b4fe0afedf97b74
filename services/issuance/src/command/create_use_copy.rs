//! Makes a use copy (加注件) of a living version: for one purpose and recipient, with a last day (domain §1.10). Not while
//! the registration is suspended (暂扣, §1.6).

use std::time::Duration;

use certificate_face::face::FaceError;
use domain::calendar::day_of;
use domain::certificate::{FactsRecord, Purpose, UseCopyFacts};
use domain::ids::CopyId;
use domain::licence_identifier::LicenceIdentifier;
use domain::policy::UseCopyPolicy;
use domain::reason::BilingualText;
use domain::specialty::Specialty;
use domain::validity::{UsePeriod, UsePeriodError, Validity};
use jiff::Timestamp;
use jiff::civil::Date;
use personal_data::{DataKey, OsRandom};
use postgres::Tx;
use postgres::requests::Begun;
use rand_core::UnwrapErr;
use serde_json::json;
use service_runtime::Refusal;
use service_runtime::clock::Clock as _;
use service_runtime::error::NOT_FOUND;
use tokio::time::Instant;
use tracing::instrument;
use uuid::Uuid;

use super::write::{Write, keep_id, kept_id};
use crate::change::{Change, CopySnapshot};
use crate::error::{
    CERTIFICATE_OVER_AGE, CHARACTER_NOT_DRAWABLE, Error, NO_LIVING_SPECIALTY, TEXT_DOES_NOT_FIT,
    USE_COPY_LIMIT_REACHED,
};
use crate::issuing::Issuing;
use crate::job::issue::{open_facts, person_key, settable};
use crate::query::get_certificate::require_living;
use crate::query::list_use_copies::{CopyView, view};
use crate::query::suspension::require_not_suspended;
use crate::store::issuing::use_copy::{self, CopyRow, NewCopy};
use crate::store::issuing::version::{self, VersionRow};
use crate::store::issuing::{column, job};
use crate::store::log::{change, position_of};

/// What the holder asks for.
pub(crate) struct Input {
    pub(crate) write: Write,
    pub(crate) certificate: LicenceIdentifier,
    pub(crate) purpose: Purpose,
    pub(crate) purpose_reference: String,
    pub(crate) recipient: String,
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
    let row = ready(issuing, &input, copy).await?;
    let position = position_of(&issuing.database, change, input.deadline).await?;
    let copy = view(issuing, &version, &row)?;
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
    let today = day_of(input.write.at);
    let policy = issuing
        .rules
        .use_copies(today)
        .ok_or_else(|| Error::internal("no policy is in force"))?;
    let (key, facts) = open(issuing, &found)?;
    let wanted = Wanted::new(input, policy, &facts)?;
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
            let same_day = use_copy::made_on(tx, version.id, today, scope).await?;
            let living = same_day
                .iter()
                .find(|row| row.revoked_at.is_none() && wanted.is_said_by(&key, row));
            if let Some(row) = living {
                tx.finish_request(claim, &keep_id(row.id)).await?;
                return Ok((version, row.id, row.change));
            }
            if same_day.len() >= usize::from(policy.per_day) {
                let refusal = USE_COPY_LIMIT_REACHED
                    .refusal()
                    .metadata("per_day", policy.per_day.to_string());
                return Err(refusal.into());
            }
            let said = Change::Copy(wanted.snapshot(&version)?);
            let change = change::append(tx, &key, version.person, &said, input.write.at).await?;
            use_copy::insert(tx, &wanted.row(&key, &version, change), input.write.at).await?;
            let now = issuing.system.now();
            job::insert_for_copy(tx, version.id, wanted.id.as_uuid(), now, input.write.at).await?;
            let evidence =
                json!({ "copy": wanted.id.to_string(), "use_until": wanted.period.use_until.to_string() });
            input.write.done(tx, subject, "domain §1.10", evidence).await?;
            tx.finish_request(claim, &keep_id(wanted.id.as_uuid())).await?;
            Ok::<_, Error>((version, wanted.id.as_uuid(), change))
        })
        .await
}

fn open(issuing: &Issuing, version: &VersionRow) -> Result<(DataKey, FactsRecord), Error> {
    let key = person_key(issuing.sealing.vault(), version.person, &version.data_key);
    let key = key.map_err(|stop| Error::internal(stop.detail))?;
    let facts =
        open_facts(&key, version.id, None, &version.facts).map_err(|stop| Error::internal(stop.detail))?;
    Ok((key, facts))
}

/// A copy that could be made.
struct Wanted {
    id: CopyId,
    period: UsePeriod,
    facts: FactsRecord,
    copy: UseCopyFacts,
}

impl Wanted {
    fn new(input: &Input, policy: UseCopyPolicy, facts: &FactsRecord) -> Result<Self, Error> {
        let today = day_of(input.write.at);
        let period = policy
            .period
            .period(today, &terms(facts), facts.holder.birth_date);
        let period = period.map_err(|error| match error {
            UsePeriodError::NoLivingSpecialty => NO_LIVING_SPECIALTY.refusal(),
            UsePeriodError::OverAge => CERTIFICATE_OVER_AGE.refusal(),
        })?;
        let id = CopyId::from_uuid(Uuid::new_v4());
        let copy = UseCopyFacts {
            copy_id: id,
            purpose: input.purpose,
            purpose_reference: input.purpose_reference.clone(),
            recipient: input.recipient.clone(),
            made_at: input.write.at,
            use_until: period.use_until,
            capped_by: period.capped_by,
        };
        let facts = facts.for_copy(copy.clone(), &period.specialties);
        settable(&facts).map_err(unsettable)?;
        Ok(Self {
            id,
            period,
            facts,
            copy,
        })
    }

    /// Whether a copy of the same day says the same.
    fn is_said_by(&self, key: &DataKey, row: &CopyRow) -> bool {
        let said = open_facts(key, row.version, Some(row.id), &row.facts)
            .ok()
            .and_then(|facts| facts.use_copy);
        said.is_some_and(|said| {
            said.purpose == self.copy.purpose
                && said.purpose_reference == self.copy.purpose_reference
                && said.recipient == self.copy.recipient
        })
    }

    fn snapshot(&self, version: &VersionRow) -> Result<CopySnapshot, Error> {
        snapshot(&version.licence_identifier, &self.copy, None)
    }

    fn row(&self, key: &DataKey, version: &VersionRow, change: i64) -> NewCopy {
        let column = column::copy_facts(self.id.as_uuid());
        let facts = key.seal(&column, &self.facts.canonical_bytes(), &mut UnwrapErr(OsRandom));
        NewCopy {
            id: self.id.as_uuid(),
            version: version.id,
            person: version.person,
            made_on: self.period.made_on,
            use_until: self.period.use_until,
            facts: facts.into_bytes(),
            change,
        }
    }
}

fn terms(facts: &FactsRecord) -> Vec<(Specialty, Validity)> {
    let term = |known: &domain::certificate::SpecialtyFacts| {
        (
            known.specialty,
            Validity {
                from: known.valid_from,
                to: known.valid_to,
            },
        )
    };
    facts.specialties.iter().map(term).collect()
}

/// A name that no font draws is refused with its code points, never drawn as a box (design §4).
fn unsettable(error: FaceError) -> Refusal {
    match error {
        FaceError::Missing(missing) => {
            let points: Vec<String> = missing
                .0
                .iter()
                .map(|character| format!("U+{:04X}", *character as u32))
                .collect();
            CHARACTER_NOT_DRAWABLE
                .refusal()
                .metadata("code_points", points.join(" "))
        }
        FaceError::TooLong(_) | FaceError::NoteTooLong | FaceError::Specialties(_) => TEXT_DOES_NOT_FIT
            .refusal()
            .field("recipient", "purpose and recipient do not fit the page together"),
    }
}

/// Waits until the job has made the documents, or the deadline.
async fn ready(issuing: &Issuing, input: &Input, copy: Uuid) -> Result<CopyRow, Error> {
    loop {
        let finished = issuing.finished.notified();
        let scope = &input.write.scope;
        let row = issuing
            .read
            .snapshot("look at use copy", async |tx: &mut Tx| {
                use_copy::find(tx, copy, scope).await
            })
            .await?
            .ok_or_else(|| NOT_FOUND.refusal())?;
        if row.ready_at.is_some() || row.revoked_at.is_some() || Instant::now() >= input.deadline {
            return Ok(row);
        }
        tokio::select! {
            () = finished => {}
            () = tokio::time::sleep(LOOK_AGAIN) => {}
            () = tokio::time::sleep_until(input.deadline) => {}
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

/// A copy as the feed tells of it. Its token comes with its documents.
pub(crate) fn snapshot(
    licence_identifier: &str,
    copy: &UseCopyFacts,
    revoked_at: Option<Timestamp>,
) -> Result<CopySnapshot, Error> {
    Ok(CopySnapshot {
        licence_identifier: LicenceIdentifier::parse(licence_identifier).map_err(Error::internal)?,
        copy_id: copy.copy_id.to_string(),
        use_until: copy.use_until,
        purpose: copy.purpose,
        recipient: copy.recipient.clone(),
        token_hash: Vec::new(),
        revoked_at,
    })
}
