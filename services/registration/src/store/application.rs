//! Table `registration.application`.

use domain::application::{Application, ApplicationType, StateKind};
use domain::calendar::Deadline;
use domain::employment::Contract;
use domain::ids::{ApplicationId, EmployerId, OfficerId, PersonId, PublicityId};
use domain::refusal::Refusal;
use domain::specialty::Specialty;
use domain::validity::Validity;
use domain::work::Relations;
use jiff::Timestamp;
use jiff::civil::Date;
use postgres::{Error, SqlDate, SqlTimestamp, ToSql as _, Tx, ensure_affected};
use serde_json::Value;
use sqlx::{query, query_as, query_scalar};
use uuid::Uuid;

use super::{Within, known, read, write};

const TABLE: &str = "registration.application";

/// An application with what the province keeps beside it.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    pub(crate) application: Application,
    /// The entity tag.
    pub(crate) version: i64,
    pub(crate) contract: Contract,
    /// The paper that shall show the end of the previous employment.
    pub(crate) termination_paper: Option<TerminationPaper>,
    pub(crate) created_at: Timestamp,
    pub(crate) since: Timestamp,
    pub(crate) due: Option<Deadline>,
    pub(crate) claim: Option<ClaimState>,
    pub(crate) claim_due: Option<Timestamp>,
    pub(crate) awaits_clearance: bool,
    pub(crate) proposed_number: Option<String>,
    /// Terms as the nation was asked to clear them.
    pub(crate) terms: Option<Vec<(Specialty, Validity)>>,
    pub(crate) hash: Option<Vec<u8>>,
    pub(crate) failed_rules: Vec<Refusal>,
    /// What is known of whoever acts on it in this transaction; never stored.
    pub(crate) actor: Relations,
}

/// Where the claim at the nation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ClaimState {
    Pending,
    Held,
    Conflict,
    /// The application ended; the nation is still to be told.
    ReleaseDue,
    Released,
}

/// A paper that replaces the old employer's word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TerminationPaper {
    Dismissal,
    Award,
    Judgment,
}

macro_rules! codes {
    ($name:ident: $($variant:ident = $code:literal),+) => {
        impl $name {
            pub(crate) const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)+ }
            }

            fn from_code(code: &str) -> Option<Self> {
                match code { $($code => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}
codes!(ClaimState: Pending = "pending", Held = "held", Conflict = "conflict", ReleaseDue = "release_due", Released = "released");
codes!(TerminationPaper: Dismissal = "dismissal", Award = "award", Judgment = "judgment");

struct Row {
    id: Uuid,
    facts: Value,
    version: i64,
    contract: Value,
    termination_paper: Option<String>,
    created_at: SqlTimestamp,
    state_since: SqlTimestamp,
    due_on: Option<SqlDate>,
    due_provisional: bool,
    claim: Option<String>,
    claim_due: Option<SqlTimestamp>,
    awaits_clearance: bool,
    proposed_number: Option<String>,
    clearance_terms: Option<Value>,
    clearance_hash: Option<Vec<u8>>,
    failed_rules: Value,
}

impl TryFrom<Row> for Record {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        let id = row.id;
        let claim = row
            .claim
            .map(|code| known(ClaimState::from_code(&code), TABLE, "claim", id))
            .transpose()?;
        let paper = row.termination_paper;
        let paper =
            paper.map(|code| known(TerminationPaper::from_code(&code), TABLE, "termination_paper", id));
        let terms = row
            .clearance_terms
            .map(|terms| read(terms, TABLE, "clearance_terms", id))
            .transpose()?;
        Ok(Self {
            application: read(row.facts, TABLE, "facts", id)?,
            version: row.version,
            contract: read(row.contract, TABLE, "contract", id)?,
            termination_paper: paper.transpose()?,
            created_at: row.created_at.to_jiff(),
            since: row.state_since.to_jiff(),
            due: row.due_on.map(|day| Deadline {
                day: day.to_jiff(),
                provisional: row.due_provisional,
            }),
            claim,
            claim_due: row.claim_due.map(SqlTimestamp::to_jiff),
            awaits_clearance: row.awaits_clearance,
            proposed_number: row.proposed_number,
            terms,
            hash: row.clearance_hash,
            failed_rules: read(row.failed_rules, TABLE, "failed_rules", id)?,
            actor: Relations::default(),
        })
    }
}

/// Adds a draft. `application_one_open` refuses a second open one of the person.
pub(crate) async fn insert(tx: &mut Tx, record: &Record) -> Result<(), Error> {
    let application = &record.application;
    query!(
        "INSERT INTO registration.application (id, person_id, employer_id, previous_employer_id, type, state, open,
             facts, version, contract, termination_paper, created_at, state_since)
         VALUES ($1, $2, $3, $4, $5, $6, true, $7, $8, $9, $10, $11, $12)",
        application.id.as_uuid(),
        application.person.as_uuid(),
        application.employer.as_uuid(),
        application.previous_employer.map(EmployerId::as_uuid),
        application.kind.code(),
        application.state().kind().code(),
        write(application),
        record.version,
        write(&record.contract),
        record.termination_paper.map(TerminationPaper::code),
        record.created_at.to_sql(),
        record.since.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Stores what has become of an application that the same transaction has locked, and raises its entity tag.
pub(crate) async fn save(tx: &mut Tx, record: &Record) -> Result<(), Error> {
    let application = &record.application;
    let state = application.state().kind();
    let result = query!(
        "UPDATE registration.application SET state = $3, open = $4, facts = $5, version = version + 1,
             state_since = $6, due_on = $7, due_provisional = $8, claim = $9, claim_due = $10,
             awaits_clearance = $11, proposed_number = $12, clearance_terms = $13, clearance_hash = $14,
             failed_rules = $15, updated_by = shared.transaction_name()
         WHERE id = $1 AND version = $2",
        application.id.as_uuid(),
        record.version,
        state.code(),
        !state.is_final(),
        write(application),
        record.since.to_sql(),
        record.due.map(|due| due.day).to_sql() as _,
        record.due.is_some_and(|due| due.provisional),
        record.claim.map(ClaimState::code),
        record.claim_due.to_sql() as _,
        record.awaits_clearance,
        record.proposed_number,
        record.terms.as_ref().map(write),
        record.hash,
        write(&record.failed_rules),
    )
    .execute(tx.conn())
    .await?;
    ensure_affected("save an application", 1, &result)
}

/// Locks applications in the order of their ids; those outside the scope are left out.
pub(crate) async fn lock(tx: &mut Tx, within: &Within, ids: &[Uuid]) -> Result<Vec<Record>, Error> {
    let rows = query_as!(
        Row,
        "SELECT id, facts, version, contract, termination_paper, created_at, state_since, due_on, due_provisional,
                claim, claim_due, awaits_clearance, proposed_number, clearance_terms, clearance_hash, failed_rules
         FROM registration.application
         WHERE id = ANY($1) AND ($2 OR person_id = $3 OR employer_id = ANY($4) OR previous_employer_id = ANY($4))
         ORDER BY id FOR UPDATE",
        ids,
        within.all,
        within.person,
        &within.employers,
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(Record::try_from).collect()
}

/// Reads applications in the order of `ids`; those outside the scope are left out.
pub(crate) async fn load(tx: &mut Tx, within: &Within, ids: &[Uuid]) -> Result<Vec<Record>, Error> {
    let rows = query_as!(
        Row,
        "SELECT id, facts, version, contract, termination_paper, created_at, state_since, due_on, due_provisional,
                claim, claim_due, awaits_clearance, proposed_number, clearance_terms, clearance_hash, failed_rules
         FROM registration.application
         WHERE id = ANY($1) AND ($2 OR person_id = $3 OR employer_id = ANY($4) OR previous_employer_id = ANY($4))
         ORDER BY array_position($1, id)",
        ids,
        within.all,
        within.person,
        &within.employers,
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(Record::try_from).collect()
}

/// Ids of a person's applications, newest first, from `after` on.
pub(crate) async fn of_person(
    tx: &mut Tx,
    person: PersonId,
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Uuid>, Error> {
    Ok(query_scalar!(
        "SELECT id FROM registration.application
         WHERE person_id = $1 AND ($2::uuid IS NULL OR (created_at, id) <
             (SELECT b.created_at, b.id FROM registration.application AS b WHERE b.id = $2))
         ORDER BY created_at DESC, id DESC LIMIT $3",
        person.as_uuid(),
        after,
        limit,
    )
    .fetch_all(tx.conn())
    .await?)
}

/// Stores the employers of an application that followed its registration to a successor.
pub(crate) async fn set_employers(tx: &mut Tx, application: &Application) -> Result<(), Error> {
    let result = query!(
        "UPDATE registration.application SET employer_id = $2, previous_employer_id = $3,
             updated_by = shared.transaction_name()
         WHERE id = $1",
        application.id.as_uuid(),
        application.employer.as_uuid(),
        application.previous_employer.map(EmployerId::as_uuid),
    )
    .execute(tx.conn())
    .await?;
    ensure_affected("take an application to a successor", 1, &result)
}

/// Ids of those that wait for an employer's registrar: its confirmation, or its word that an employment ended.
pub(crate) async fn waiting_for_employer(
    tx: &mut Tx,
    employer: EmployerId,
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Uuid>, Error> {
    Ok(query_scalar!(
        "SELECT id FROM registration.application
         WHERE ((employer_id = $1 AND state = 'EMPLOYER_PENDING')
             OR (previous_employer_id = $1 AND employer_id <> $1 AND facts->>'termination' IS NULL
                 AND state IN ('DRAFT', 'EMPLOYER_PENDING', 'EMPLOYER_CONFIRMED')))
           AND ($2::uuid IS NULL OR id > $2)
         ORDER BY id LIMIT $3",
        employer.as_uuid(),
        after,
        limit,
    )
    .fetch_all(tx.conn())
    .await?)
}

/// Where a page of work starts: after this application.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct WorkCursor {
    pub(crate) due_on: Option<Date>,
    pub(crate) id: Uuid,
}

/// Which work is asked for.
#[derive(Debug, Clone, Copy, Default, serde::Serialize)]
pub(crate) struct WorkFilter {
    /// In this state; all open submitted ones without.
    pub(crate) state: Option<StateKind>,
    pub(crate) kind: Option<ApplicationType>,
    /// Past their due day only.
    pub(crate) overdue: bool,
    /// Due by this day only.
    pub(crate) due_by: Option<Date>,
    /// In this officer's hands only.
    pub(crate) claimed_by: Option<OfficerId>,
    /// In nobody's hands only.
    pub(crate) unclaimed: bool,
}

/// Ids of applications that a filter lets through, the most urgent first.
pub(crate) async fn work(
    tx: &mut Tx,
    filter: WorkFilter,
    today: Date,
    after: Option<WorkCursor>,
    limit: i64,
) -> Result<Vec<Uuid>, Error> {
    Ok(query_scalar!(
        "SELECT id FROM registration.application
         WHERE (state = $1 OR ($1::text IS NULL AND open AND state NOT IN
                 ('DRAFT', 'EMPLOYER_PENDING', 'EMPLOYER_CONFIRMED', 'EMPLOYER_REJECTED')))
           AND ($5::text IS NULL OR type = $5) AND (NOT $6 OR due_on < $7) AND ($8::date IS NULL OR due_on <= $8)
           AND ($9::uuid IS NULL OR EXISTS (SELECT FROM registration.work_claim AS held
                WHERE held.application_id = application.id AND held.officer_id = $9))
           AND NOT ($10 AND EXISTS (SELECT FROM registration.work_claim AS held WHERE held.application_id = application.id))
           AND ($2::uuid IS NULL OR (coalesce(due_on, 'infinity'), id) > (coalesce($3::date, 'infinity'), $2))
         ORDER BY coalesce(due_on, 'infinity'), id LIMIT $4",
        filter.state.map(StateKind::code),
        after.map(|cursor| cursor.id),
        after.and_then(|cursor| cursor.due_on).to_sql() as _,
        limit,
        filter.kind.map(ApplicationType::code),
        filter.overdue,
        today.to_sql(),
        filter.due_by.to_sql() as _,
        filter.claimed_by.map(OfficerId::as_uuid),
        filter.unclaimed,
    )
    .fetch_all(tx.conn())
    .await?)
}

/// Ids of claims that the nation is to be asked about by `now`.
pub(crate) async fn claims_due(tx: &mut Tx, now: Timestamp, limit: i64) -> Result<Vec<Uuid>, Error> {
    Ok(query_scalar!(
        "SELECT id FROM registration.application WHERE claim_due <= $1 ORDER BY claim_due LIMIT $2",
        now.to_sql(),
        limit,
    )
    .fetch_all(tx.conn())
    .await?)
}

/// Ids of ended applications whose claim the nation still holds.
pub(crate) async fn releases_due(tx: &mut Tx, limit: i64) -> Result<Vec<Uuid>, Error> {
    Ok(query_scalar!(
        "SELECT id FROM registration.application WHERE claim = 'release_due' ORDER BY id LIMIT $1",
        limit,
    )
    .fetch_all(tx.conn())
    .await?)
}

/// Marks a claim as given back.
pub(crate) async fn mark_released(tx: &mut Tx, application: ApplicationId) -> Result<(), Error> {
    query!(
        "UPDATE registration.application SET claim = 'released', updated_by = shared.transaction_name()
         WHERE id = $1 AND claim = 'release_due'",
        application.as_uuid(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Ids of those that the nation is to clear.
pub(crate) async fn awaiting_clearance(tx: &mut Tx, limit: i64) -> Result<Vec<Uuid>, Error> {
    Ok(query_scalar!(
        "SELECT id FROM registration.application WHERE awaits_clearance AND claim IS DISTINCT FROM 'pending'
             AND claim IS DISTINCT FROM 'conflict' ORDER BY id LIMIT $1",
        limit,
    )
    .fetch_all(tx.conn())
    .await?)
}

/// Whether the nation is still to answer for one of these.
pub(crate) async fn any_awaits_clearance(tx: &mut Tx, ids: &[Uuid]) -> Result<bool, Error> {
    Ok(query_scalar!(
        "SELECT EXISTS (SELECT FROM registration.application WHERE id = ANY($1) AND awaits_clearance) AS \"awaits!\"",
        ids,
    )
    .fetch_one(tx.conn())
    .await?)
}

/// Ids of cleared ones, whose clearance may run out.
pub(crate) async fn cleared(tx: &mut Tx, limit: i64) -> Result<Vec<Uuid>, Error> {
    Ok(query_scalar!(
        "SELECT id FROM registration.application WHERE state = 'CLEARED' ORDER BY state_since, id LIMIT $1",
        limit,
    )
    .fetch_all(tx.conn())
    .await?)
}

/// Ids of a publicity's applications.
pub(crate) async fn of_publicity(tx: &mut Tx, publicity: PublicityId) -> Result<Vec<Uuid>, Error> {
    Ok(query_scalar!(
        "SELECT application_id FROM registration.publicity_application WHERE publicity_id = $1 ORDER BY application_id",
        publicity.as_uuid(),
    )
    .fetch_all(tx.conn())
    .await?)
}

impl Record {
    /// A fresh draft.
    pub(crate) fn draft(
        application: Application,
        contract: Contract,
        termination_paper: Option<TerminationPaper>,
        at: Timestamp,
    ) -> Self {
        Self {
            application,
            version: 1,
            contract,
            termination_paper,
            created_at: at,
            since: at,
            due: None,
            claim: None,
            claim_due: None,
            awaits_clearance: false,
            proposed_number: None,
            terms: None,
            hash: None,
            failed_rules: Vec::new(),
            actor: Relations::default(),
        }
    }

    /// The type.
    pub(crate) fn kind(&self) -> ApplicationType {
        self.application.kind
    }
}
