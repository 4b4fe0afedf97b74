//! Tables `registration.fact` and `registration.fact_evidence`.

use domain::fact::{FactState, Hand};
use domain::ids::{EmployerId, FactId, PersonId};
use jiff::Timestamp;
use postgres::{Error, ToSql as _, Tx, ensure_affected};
use serde_json::Value;
use sqlx::{query, query_as};
use uuid::Uuid;

use super::{Within, read, write};

const TABLE: &str = "registration.fact";

/// A fact as stored; what it says about a person is sealed.
#[derive(Debug, Clone)]
pub(crate) struct Stored {
    pub(crate) id: FactId,
    pub(crate) about: About,
    pub(crate) corrects: Option<FactId>,
    pub(crate) proposed: Hand,
    pub(crate) state: FactState,
    pub(crate) evidence: Evidence,
}

/// Whom it is about, with what it says.
#[derive(Debug, Clone)]
pub(crate) enum About {
    Person { id: PersonId, sealed: Vec<u8> },
    Employer { id: EmployerId, content: Value },
}

/// A paper.
#[derive(Debug, Clone)]
pub(crate) struct Evidence {
    pub(crate) id: Uuid,
    /// The one person under whose key it is sealed.
    pub(crate) person: Option<PersonId>,
    /// Else its own key.
    pub(crate) wrapped_key: Option<Vec<u8>>,
    pub(crate) media_type: String,
    pub(crate) size: i64,
    pub(crate) digest: Vec<u8>,
    pub(crate) object: String,
}

struct Row {
    id: Uuid,
    person_id: Option<Uuid>,
    employer_id: Option<Uuid>,
    sealed: Option<Vec<u8>>,
    content: Option<Value>,
    corrects: Option<Uuid>,
    proposed: Value,
    progress: Value,
    evidence_id: Uuid,
    evidence_person: Option<Uuid>,
    wrapped_key: Option<Vec<u8>>,
    media_type: String,
    size_bytes: i64,
    digest: Vec<u8>,
    object: String,
}

impl TryFrom<Row> for Stored {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        let about = match (row.person_id, row.employer_id, row.sealed, row.content) {
            (Some(id), None, Some(sealed), None) => About::Person {
                id: PersonId::from_uuid(id),
                sealed,
            },
            (None, Some(id), None, Some(content)) => About::Employer {
                id: EmployerId::from_uuid(id),
                content,
            },
            _ => return Err(Error::inconsistent(TABLE, "person_id", row.id)),
        };
        Ok(Self {
            id: FactId::from_uuid(row.id),
            about,
            corrects: row.corrects.map(FactId::from_uuid),
            proposed: read(row.proposed, TABLE, "proposed", row.id)?,
            state: read(row.progress, TABLE, "progress", row.id)?,
            evidence: Evidence {
                id: row.evidence_id,
                person: row.evidence_person.map(PersonId::from_uuid),
                wrapped_key: row.wrapped_key,
                media_type: row.media_type,
                size: row.size_bytes,
                digest: row.digest,
                object: row.object,
            },
        })
    }
}

/// Names a paper whose sealed bytes are stored already.
pub(crate) async fn insert_evidence(tx: &mut Tx, evidence: &Evidence, at: Timestamp) -> Result<(), Error> {
    query!(
        "INSERT INTO registration.fact_evidence
             (id, person_id, wrapped_key, media_type, size_bytes, digest, object, stored_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        evidence.id,
        evidence.person.map(PersonId::as_uuid),
        evidence.wrapped_key,
        evidence.media_type,
        evidence.size,
        evidence.digest,
        evidence.object,
        at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Adds a proposed fact. `fact_one_correction` refuses a second correction of the same one.
pub(crate) async fn insert(tx: &mut Tx, stored: &Stored) -> Result<(), Error> {
    let (person, employer, sealed, content) = match &stored.about {
        About::Person { id, sealed } => (Some(id.as_uuid()), None, Some(sealed), None),
        About::Employer { id, content } => (None, Some(id.as_uuid()), None, Some(content)),
    };
    query!(
        "INSERT INTO registration.fact (id, person_id, employer_id, sealed, content, evidence_id, corrects, state,
             proposed, progress, recorded_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        stored.id.as_uuid(),
        person,
        employer,
        sealed,
        content,
        stored.evidence.id,
        stored.corrects.map(FactId::as_uuid),
        stored.state.code(),
        write(&stored.proposed),
        write(&stored.state),
        stored.proposed.at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Stores where a locked fact has got to.
pub(crate) async fn advance(tx: &mut Tx, id: FactId, state: &FactState) -> Result<(), Error> {
    let result = query!(
        "UPDATE registration.fact SET state = $2, progress = $3, updated_by = shared.transaction_name() WHERE id = $1",
        id.as_uuid(),
        state.code(),
        write(state),
    )
    .execute(tx.conn())
    .await?;
    ensure_affected("advance a fact", 1, &result)
}

/// Locks facts in the order of their ids, for officers.
pub(crate) async fn lock(tx: &mut Tx, within: &Within, ids: &[Uuid]) -> Result<Vec<Stored>, Error> {
    query!(
        "SELECT id FROM registration.fact WHERE id = ANY($1) AND $2 ORDER BY id FOR UPDATE",
        ids,
        within.all,
    )
    .fetch_all(tx.conn())
    .await?;
    load(tx, within, ids).await
}

/// Facts by id, in the order of their ids; those outside the scope are left out.
pub(crate) async fn load(tx: &mut Tx, within: &Within, ids: &[Uuid]) -> Result<Vec<Stored>, Error> {
    let rows = query_as!(
        Row,
        "SELECT f.id, f.person_id, f.employer_id, f.sealed, f.content, f.corrects, f.proposed, f.progress,
                f.evidence_id, e.person_id AS evidence_person, e.wrapped_key, e.media_type, e.size_bytes, e.digest,
                e.object
         FROM registration.fact AS f JOIN registration.fact_evidence AS e ON e.id = f.evidence_id
         WHERE f.id = ANY($1) AND ($2 OR f.person_id = $3) ORDER BY f.id",
        ids,
        within.all,
        within.person,
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(Stored::try_from).collect()
}

/// Ids of the facts on one paper, in the order they were proposed.
pub(crate) async fn of_evidence(tx: &mut Tx, within: &Within, evidence: Uuid) -> Result<Vec<Uuid>, Error> {
    let rows = query!(
        "SELECT id FROM registration.fact WHERE evidence_id = $1 AND $2 ORDER BY id",
        evidence,
        within.all,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// What a list of facts is about.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Listed {
    Person(PersonId),
    Employer(EmployerId),
    /// Those that wait for a second officer.
    Proposed,
}

/// Ids in the order they were proposed, from `after` on. To the person those that count or did.
pub(crate) async fn list(
    tx: &mut Tx,
    within: &Within,
    listed: Listed,
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Uuid>, Error> {
    let (person, employer, proposed) = match listed {
        Listed::Person(id) => (Some(id.as_uuid()), None, false),
        Listed::Employer(id) => (None, Some(id.as_uuid()), false),
        Listed::Proposed => (None, None, true),
    };
    let rows = query!(
        "SELECT id FROM registration.fact
         WHERE ($1::uuid IS NULL OR person_id = $1) AND ($2::uuid IS NULL OR employer_id = $2)
           AND (NOT $3 OR state = 'PROPOSED')
           AND ($4 OR (person_id = $5 AND state IN ('CONFIRMED', 'CORRECTED')))
           AND ($6::uuid IS NULL OR id > $6)
         ORDER BY id LIMIT $7",
        person,
        employer,
        proposed,
        within.all,
        within.person,
        after,
        limit,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// Whether a file of the person lies with the co-reviewing departments.
pub(crate) async fn in_joint_review(tx: &mut Tx, person: PersonId) -> Result<bool, Error> {
    let row = query!(
        r#"SELECT EXISTS (SELECT 1 FROM registration.application
                          WHERE person_id = $1 AND state = 'JOINT_REVIEW_PENDING') AS "lies!""#,
        person.as_uuid(),
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(row.lies)
}

/// The sealed facts of a person that count, for the rules: whoever may see an application of theirs may have it judged.
pub(crate) async fn counting_of_person(
    tx: &mut Tx,
    within: &Within,
    person: PersonId,
) -> Result<Vec<(FactId, Vec<u8>)>, Error> {
    let rows = query!(
        "SELECT id, sealed FROM registration.fact
         WHERE person_id = $1 AND state = 'CONFIRMED' AND sealed IS NOT NULL
           AND ($2 OR person_id = $3 OR EXISTS (
               SELECT 1 FROM registration.application AS a WHERE a.person_id = $1
                  AND (a.employer_id = ANY($4) OR a.previous_employer_id = ANY($4))))
         ORDER BY id",
        person.as_uuid(),
        within.all,
        within.person,
        &within.employers,
    )
    .fetch_all(tx.conn())
    .await?;
    let read = rows
        .into_iter()
        .filter_map(|row| Some((FactId::from_uuid(row.id), row.sealed?)));
    Ok(read.collect())
}

/// What counts about an employer.
pub(crate) async fn counting_of_employer(tx: &mut Tx, employer: EmployerId) -> Result<Vec<Value>, Error> {
    let rows = query!(
        "SELECT content FROM registration.fact WHERE employer_id = $1 AND state = 'CONFIRMED' ORDER BY id",
        employer.as_uuid(),
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().filter_map(|row| row.content).collect())
}
