//! Tables `registration.lapse`, `lapse_evidence` and `lapse_row`.

use domain::ids::{EmployerId, LapseId, LapseRowId, PersonId};
use domain::lapse::{Lapse, LapseAct, LapseSubject};
use postgres::{Error, ToSql as _, Tx, ensure_affected};
use sqlx::{query, query_as, query_scalar};
use uuid::Uuid;

use super::fact::Evidence;
use super::{bulk, known, read, write};

mod settled;

pub(crate) use settled::{Applied, lapsed, refused, undone};

const TABLE: &str = "registration.lapse";
const ROWS: &str = "registration.lapse_row";

/// Where the row of one person stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RowState {
    Waiting,
    Applied,
    Undone,
    Failed,
    Refused,
}

impl RowState {
    const ALL: [(Self, &'static str); 5] = [
        (Self::Waiting, "WAITING"),
        (Self::Applied, "APPLIED"),
        (Self::Undone, "UNDONE"),
        (Self::Failed, "FAILED"),
        (Self::Refused, "REFUSED"),
    ];

    fn from_code(code: &str) -> Option<Self> {
        let found = Self::ALL.iter().find(|(_, known)| *known == code);
        found.map(|(state, _)| *state)
    }
}

/// One person's row.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) id: LapseRowId,
    pub(crate) lapse: LapseId,
    pub(crate) person: PersonId,
    pub(crate) state: RowState,
    pub(crate) reason: Option<String>,
    pub(crate) undone_by: Option<LapseId>,
    /// Of an undoing: the row that it undoes.
    pub(crate) undoes: Option<LapseRowId>,
}

struct Stored {
    id: Uuid,
    lapse_id: Uuid,
    person_id: Uuid,
    state: String,
    reason: Option<String>,
    undone_by: Option<Uuid>,
    undoes: Option<Uuid>,
}

impl TryFrom<Stored> for Row {
    type Error = Error;

    fn try_from(row: Stored) -> Result<Self, Error> {
        Ok(Self {
            id: row.id.into(),
            lapse: row.lapse_id.into(),
            person: row.person_id.into(),
            state: known(RowState::from_code(&row.state), ROWS, "state", row.id)?,
            reason: row.reason,
            undone_by: row.undone_by.map(LapseId::from_uuid),
            undoes: row.undoes.map(LapseRowId::from_uuid),
        })
    }
}

/// Adds a record with its papers, whose rows the same transaction has added.
pub(crate) async fn insert(tx: &mut Tx, lapse: &Lapse, papers: &[Evidence]) -> Result<(), Error> {
    let (undoes, person, employer) = match &lapse.act {
        LapseAct::Undo { lapse, .. } => (Some(lapse.as_uuid()), None, None),
        LapseAct::Lapse { subject, .. } => match subject {
            LapseSubject::Person(person) => (None, Some(person.as_uuid()), None),
            LapseSubject::Employer(employer) => (None, None, Some(employer.as_uuid())),
        },
    };
    query!(
        "INSERT INTO registration.lapse (id, undoes, person_id, employer_id, state, facts, recorded_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        lapse.id.as_uuid(),
        undoes,
        person,
        employer,
        lapse.four_eyes.state().code(),
        write(lapse),
        lapse.four_eyes.proposed.at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    for (ordinal, paper) in (0_i32..).zip(papers) {
        query!(
            "INSERT INTO registration.lapse_evidence (lapse_id, ordinal, evidence_id) VALUES ($1, $2, $3)",
            lapse.id.as_uuid(),
            ordinal,
            paper.id,
        )
        .execute(tx.conn())
        .await?;
    }
    Ok(())
}

/// Stores the second officer's word on a record that the same transaction has locked.
pub(crate) async fn save(tx: &mut Tx, lapse: &Lapse) -> Result<(), Error> {
    let result = query!(
        "UPDATE registration.lapse SET state = $2, facts = $3, updated_by = shared.transaction_name()
         WHERE id = $1 AND state = 'PROPOSED'",
        lapse.id.as_uuid(),
        lapse.four_eyes.state().code(),
        write(lapse),
    )
    .execute(tx.conn())
    .await?;
    ensure_affected("settle a lapse", 1, &result)
}

/// One record.
pub(crate) async fn find(tx: &mut Tx, id: LapseId) -> Result<Option<Lapse>, Error> {
    let facts = query_scalar!("SELECT facts FROM registration.lapse WHERE id = $1", id.as_uuid());
    let facts = facts.fetch_optional(tx.conn()).await?;
    facts
        .map(|facts| read(facts, TABLE, "facts", id.as_uuid()))
        .transpose()
}

/// As [`find`], locked.
pub(crate) async fn lock(tx: &mut Tx, id: LapseId) -> Result<Option<Lapse>, Error> {
    let facts = query_scalar!(
        "SELECT facts FROM registration.lapse WHERE id = $1 FOR UPDATE",
        id.as_uuid()
    );
    let facts = facts.fetch_optional(tx.conn()).await?;
    facts
        .map(|facts| read(facts, TABLE, "facts", id.as_uuid()))
        .transpose()
}

/// Which records a list is of.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Listed {
    /// Those that wait for a second officer.
    Proposed,
    /// Those that reached a person's registration; for the person: the confirmed ones.
    Person { of: PersonId, confirmed: bool },
    /// Those of an employer.
    Employer(EmployerId),
}

/// Records, in their order, after one of them.
pub(crate) async fn list(
    tx: &mut Tx,
    listed: Listed,
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Lapse>, Error> {
    let (proposed, person, confirmed, employer) = match listed {
        Listed::Proposed => (true, None, false, None),
        Listed::Person { of, confirmed } => (false, Some(of.as_uuid()), confirmed, None),
        Listed::Employer(employer) => (false, None, false, Some(employer.as_uuid())),
    };
    let rows = query!(
        "SELECT id, facts FROM registration.lapse
         WHERE ((NOT $1 OR state = 'PROPOSED') AND (NOT $2 OR state = 'CONFIRMED')
             AND ($3::uuid IS NULL OR person_id = $3 OR EXISTS (
                 SELECT FROM registration.lapse_row WHERE lapse_row.lapse_id = lapse.id AND lapse_row.person_id = $3))
             AND ($4::uuid IS NULL OR employer_id = $4)) AND ($5::uuid IS NULL OR id > $5)
         ORDER BY id LIMIT $6",
        proposed,
        confirmed,
        person,
        employer,
        after,
        limit,
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter()
        .map(|row| read(row.facts, TABLE, "facts", row.id))
        .collect()
}

/// The records that undo one.
pub(crate) async fn undoings(tx: &mut Tx, id: LapseId) -> Result<Vec<LapseId>, Error> {
    let found = query_scalar!(
        "SELECT id FROM registration.lapse WHERE undoes = $1 ORDER BY id",
        id.as_uuid()
    );
    let found = found.fetch_all(tx.conn()).await?;
    Ok(found.into_iter().map(LapseId::from_uuid).collect())
}

/// The papers of a record, in their order.
pub(crate) async fn papers(tx: &mut Tx, id: LapseId) -> Result<Vec<Evidence>, Error> {
    let rows = query!(
        "SELECT paper.id, paper.person_id, paper.wrapped_key, paper.media_type, paper.size_bytes, paper.digest,
                paper.object
         FROM registration.lapse_evidence AS evidence
         JOIN registration.fact_evidence AS paper ON paper.id = evidence.evidence_id
         WHERE evidence.lapse_id = $1 ORDER BY evidence.ordinal",
        id.as_uuid(),
    )
    .fetch_all(tx.conn())
    .await?;
    let paper = rows.into_iter().map(|row| Evidence {
        id: row.id,
        person: row.person_id.map(PersonId::from_uuid),
        wrapped_key: row.wrapped_key,
        media_type: row.media_type,
        size: row.size_bytes,
        digest: row.digest,
        object: row.object,
    });
    Ok(paper.collect())
}

/// Adds a row for everybody of `people`, each with the row that it undoes, if it is one of an undoing.
pub(crate) async fn add_rows(
    tx: &mut Tx,
    id: LapseId,
    people: &[(PersonId, Option<LapseRowId>)],
) -> Result<(), Error> {
    let ids: Vec<Uuid> = people.iter().map(|_| Uuid::now_v7()).collect();
    let persons: Vec<Uuid> = people.iter().map(|(person, _)| person.as_uuid()).collect();
    let undoes: Vec<Option<Uuid>> = people
        .iter()
        .map(|(_, row)| row.map(LapseRowId::as_uuid))
        .collect();
    query!(
        "INSERT INTO registration.lapse_row (id, lapse_id, person_id, state, undoes)
         SELECT row.id, $1, row.person, 'WAITING', row.undoes
         FROM unnest($2::uuid[], $3::uuid[], $4::uuid[]) AS row (id, person, undoes)",
        id.as_uuid(),
        &ids,
        &persons,
        &undoes as &[Option<Uuid>],
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The next rows of a confirmed record that wait, locked; those that another process works on are passed over. Of one
/// record where it is named, else of the first that has any.
pub(crate) async fn waiting(tx: &mut Tx, of: Option<LapseId>, limit: i64) -> Result<Vec<Row>, Error> {
    let rows = query_as!(
        Stored,
        "SELECT id, lapse_id, person_id, state, reason, undone_by, undoes FROM registration.lapse_row
         WHERE state = 'WAITING' AND lapse_id = coalesce($1, (
             SELECT lapse_id FROM registration.lapse_row WHERE state = 'WAITING' ORDER BY lapse_id LIMIT 1))
         ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED",
        of.map(LapseId::as_uuid),
        limit,
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(Row::try_from).collect()
}

/// The rows of a lapse that are in force: those of `people`, or all.
pub(crate) async fn in_force(tx: &mut Tx, id: LapseId, people: &[PersonId]) -> Result<Vec<Row>, Error> {
    let people: Vec<Uuid> = people.iter().map(|person| person.as_uuid()).collect();
    let rows = query_as!(
        Stored,
        "SELECT id, lapse_id, person_id, state, reason, undone_by, undoes FROM registration.lapse_row
         WHERE lapse_id = $1 AND state = 'APPLIED' AND (cardinality($2::uuid[]) = 0 OR person_id = ANY($2))
         ORDER BY person_id",
        id.as_uuid(),
        &people,
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(Row::try_from).collect()
}

/// Rows of a record, after one of them.
pub(crate) async fn rows(
    tx: &mut Tx,
    id: LapseId,
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Row>, Error> {
    let rows = query_as!(
        Stored,
        "SELECT id, lapse_id, person_id, state, reason, undone_by, undoes FROM registration.lapse_row
         WHERE lapse_id = $1 AND ($2::uuid IS NULL OR id > $2) ORDER BY id LIMIT $3",
        id.as_uuid(),
        after,
        limit,
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(Row::try_from).collect()
}

/// How many rows of a record stand where.
pub(crate) async fn counts(tx: &mut Tx, id: LapseId) -> Result<Vec<(RowState, u32)>, Error> {
    bulk::counts(tx, id.as_uuid(), RowState::from_code).await
}

/// The last event of a record in the outbox.
pub(crate) async fn last_position(tx: &mut Tx, id: LapseId) -> Result<Option<i64>, Error> {
    let last = query_scalar!(
        "SELECT max(position) FROM registration.lapse_row WHERE lapse_id = $1",
        id.as_uuid()
    );
    Ok(last.fetch_one(tx.conn()).await?)
}

/// A row did not reach its registration.
pub(crate) async fn failed(tx: &mut Tx, row: LapseRowId, reason: &str) -> Result<(), Error> {
    let result = query!(
        "UPDATE registration.lapse_row SET state = 'FAILED', reason = $2, updated_by = shared.transaction_name()
         WHERE id = $1 AND state = 'WAITING'",
        row.as_uuid(),
        reason,
    )
    .execute(tx.conn())
    .await?;
    ensure_affected("fail a row of a lapse", 1, &result)
}
