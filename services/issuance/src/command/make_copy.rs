//! Makes a use copy (加注件) of a living version: what a holder's wish, an approved request and a standing consent have in
//! common (domain §1.10).

use certificate_face::face::FaceError;
use domain::calendar::day_of;
use domain::certificate::{FactsRecord, StatusListEntry, UseCopyFacts};
use domain::ids::{CopyId, PersonId};
use domain::licence_identifier::LicenceIdentifier;
use domain::policy::UseCopyPolicy;
use domain::specialty::Specialty;
use domain::use_copy::{CopyTerms, Maker};
use domain::validity::{UsePeriod, UsePeriodError, Validity};
use jiff::Timestamp;
use personal_data::{DataKey, OsRandom};
use postgres::Tx;
use rand_core::UnwrapErr;
use service_runtime::Refusal;
use service_runtime::clock::Clock as _;
use uuid::Uuid;

use crate::change::{Change, CopySnapshot};
use crate::command::allot_status::allot_status;
use crate::error::{
    CERTIFICATE_OVER_AGE, CHARACTER_NOT_DRAWABLE, Error, NO_LIVING_SPECIALTY, TEXT_DOES_NOT_FIT,
    USE_COPY_LIMIT_REACHED, refusal_of,
};
use crate::issuing::Issuing;
use crate::job::issue::{open_facts, settable};
use crate::store::issuing::use_copy::{self, CopyRow, NewCopy};
use crate::store::issuing::{column, job};
use crate::store::log::change;

/// The version that is copied. It is locked, and its living is checked, by the caller.
#[derive(Clone, Copy)]
pub(super) struct Target<'a> {
    pub(super) version: Uuid,
    pub(super) person: PersonId,
    pub(super) licence_identifier: &'a str,
    pub(super) key: &'a DataKey,
}

/// A copy in the store.
pub(super) struct Made {
    pub(super) copy: Uuid,
    /// Whose position a write returns.
    pub(super) change: i64,
    /// Made just now, not found.
    pub(super) fresh: bool,
}

/// The rules of use copies on the day of a call.
pub(super) fn policy(issuing: &Issuing, at: Timestamp) -> Result<UseCopyPolicy, Error> {
    let rules = issuing.rules.use_copies(day_of(at));
    rules.ok_or_else(|| Error::internal("no policy is in force"))
}

/// Gives the living copy of the day that says the same, or makes one within the limits of the day. Copy, job and change
/// are stored together; the caller audits a fresh one and rings the bells.
pub(super) async fn make(
    tx: &mut Tx,
    issuing: &Issuing,
    target: Target<'_>,
    wanted: &Wanted,
    consent: Option<Uuid>,
) -> Result<Made, Error> {
    let (today, at) = (wanted.period.made_on, wanted.copy.made_at);
    let same_day = use_copy::made_on(tx, target.version, today).await?;
    let living = same_day
        .iter()
        .find(|row| row.revoked_at.is_none() && wanted.terms.are_said_by(target.key, row));
    if let Some(row) = living {
        return Ok(Made {
            copy: row.id,
            change: row.change,
            fresh: false,
        });
    }
    let made = use_copy::made_today(tx, (target.version, target.person), today).await?;
    let maker = consent.map_or(Maker::Holder, |_| Maker::Consent);
    policy(issuing, at)?
        .admit(maker, made)
        .map_err(|limit| refusal_of(USE_COPY_LIMIT_REACHED, &limit))?;
    let said = Change::Copy(snapshot(target.licence_identifier, &wanted.copy, None)?);
    let change = change::append(tx, target.key, target.person, &said, at).await?;
    let copy = wanted.id.as_uuid();
    let lists = issuing.status.as_deref();
    let place = allot_status(tx, lists, &issuing.sealing, (target.version, Some(copy)), at).await?;
    let row = wanted.row(target, consent, (change, place));
    use_copy::insert(tx, &row, at).await?;
    job::insert_for_copy(tx, target.version, copy, issuing.system.now(), at).await?;
    Ok(Made {
        copy,
        change,
        fresh: true,
    })
}

/// Whether a copy says the same.
pub(crate) trait SaidBy {
    /// Opens the facts of a copy under the person's key and compares.
    fn are_said_by(&self, key: &DataKey, row: &CopyRow) -> bool;
}

impl SaidBy for CopyTerms {
    fn are_said_by(&self, key: &DataKey, row: &CopyRow) -> bool {
        let said = open_facts(key, row.version, Some(row.id), &row.facts)
            .ok()
            .and_then(|facts| facts.use_copy);
        said.is_some_and(|said| {
            said.purpose == self.purpose
                && said.purpose_reference == self.purpose_reference
                && said.recipient == self.recipient
        })
    }
}

/// A copy that could be made.
pub(super) struct Wanted {
    pub(super) id: CopyId,
    pub(super) period: UsePeriod,
    terms: CopyTerms,
    facts: FactsRecord,
    copy: UseCopyFacts,
}

impl Wanted {
    /// A copy of these facts made at an instant.
    ///
    /// # Errors
    /// Nothing is within its term, or the words cannot be set.
    pub(super) fn new(
        policy: &UseCopyPolicy,
        facts: &FactsRecord,
        terms: &CopyTerms,
        at: Timestamp,
    ) -> Result<Self, Error> {
        let today = day_of(at);
        let period = policy
            .period
            .period(today, &validities(facts), facts.holder.birth_date);
        let period = period.map_err(|error| match error {
            UsePeriodError::NoLivingSpecialty => NO_LIVING_SPECIALTY.refusal(),
            UsePeriodError::OverAge => CERTIFICATE_OVER_AGE.refusal(),
        })?;
        let id = CopyId::from_uuid(Uuid::new_v4());
        let copy = UseCopyFacts {
            copy_id: id,
            purpose: terms.purpose,
            purpose_reference: terms.purpose_reference.clone(),
            recipient: terms.recipient.clone(),
            made_at: at,
            use_until: period.use_until,
            capped_by: period.capped_by,
        };
        let facts = facts.for_copy(copy.clone(), &period.specialties);
        settable(&facts).map_err(unsettable)?;
        Ok(Self {
            id,
            period,
            terms: terms.clone(),
            facts,
            copy,
        })
    }

    fn row(
        &self,
        target: Target<'_>,
        consent: Option<Uuid>,
        (change, status_list): (i64, Option<StatusListEntry>),
    ) -> NewCopy {
        let column = column::copy_facts(self.id.as_uuid());
        let facts = FactsRecord {
            status_list,
            ..self.facts.clone()
        };
        let facts = facts.canonical_bytes();
        let facts = target.key.seal(&column, &facts, &mut UnwrapErr(OsRandom));
        NewCopy {
            id: self.id.as_uuid(),
            version: target.version,
            person: target.person,
            made_on: self.period.made_on,
            use_until: self.period.use_until,
            facts: facts.into_bytes(),
            consent,
            change,
        }
    }
}

fn validities(facts: &FactsRecord) -> Vec<(Specialty, Validity)> {
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
