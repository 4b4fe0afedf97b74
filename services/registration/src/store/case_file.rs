//! Tables `registration.case_file`, `sealed_paper`, `reopening`: complaints, their papers, and what brings things back.

use domain::authority::Officer;
use domain::case_file::Case;
use domain::ids::{ApplicationId, CaseId, PersonId};
use domain::register::EndCause;
use jiff::Timestamp;
use postgres::{Error, ToSql as _, Tx, ensure_affected};
use serde_json::Value;
use sqlx::{query, query_as};
use uuid::Uuid;

use super::{Within, read, write};
use crate::sealing::SealedRow;

/// A case with what is sealed beside it.
#[derive(Debug, Clone)]
pub(crate) struct CaseFile {
    pub(crate) case: Case,
    /// What the complainant wrote.
    pub(crate) text: SealedRow,
    /// What the holder was told and stated, sealed under the person's key.
    pub(crate) hearing: Option<Vec<u8>>,
}

struct Row {
    id: Uuid,
    facts: Value,
    wrapped_key: Vec<u8>,
    sealed_text: Vec<u8>,
    sealed_hearing: Option<Vec<u8>>,
}

impl TryFrom<Row> for CaseFile {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        Ok(Self {
            case: read(row.facts, "registration.case_file", "facts", row.id)?,
            text: SealedRow {
                wrapped_key: row.wrapped_key,
                sealed: row.sealed_text,
            },
            hearing: row.sealed_hearing,
        })
    }
}

/// Keeps a new case.
pub(crate) async fn insert(tx: &mut Tx, file: &CaseFile) -> Result<(), Error> {
    query!(
        "INSERT INTO registration.case_file (id, person_id, state, facts, wrapped_key, sealed_text, opened_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        file.case.id.as_uuid(),
        file.case.person.as_uuid(),
        file.case.state().code(),
        write(&file.case),
        file.text.wrapped_key,
        file.text.sealed,
        file.case.opened_at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Stores what has become of a case that the same transaction has locked.
pub(crate) async fn save(tx: &mut Tx, file: &CaseFile) -> Result<(), Error> {
    let result = query!(
        "UPDATE registration.case_file SET state = $2, facts = $3, sealed_hearing = $4,
             updated_by = shared.transaction_name() WHERE id = $1",
        file.case.id.as_uuid(),
        file.case.state().code(),
        write(&file.case),
        file.hearing,
    )
    .execute(tx.conn())
    .await?;
    ensure_affected("save a case", 1, &result)
}

/// One case, for officers; with `own`, for the holder whom it is about.
pub(crate) async fn lock(tx: &mut Tx, within: &Within, id: CaseId) -> Result<Option<CaseFile>, Error> {
    let row = query_as!(
        Row,
        "SELECT id, facts, wrapped_key, sealed_text, sealed_hearing FROM registration.case_file
         WHERE id = $1 AND ($2 OR person_id = $3) FOR UPDATE",
        id.as_uuid(),
        within.all,
        within.person,
    )
    .fetch_optional(tx.conn())
    .await?;
    row.map(CaseFile::try_from).transpose()
}

/// As [`lock`], for reading.
pub(crate) async fn find(tx: &mut Tx, within: &Within, id: CaseId) -> Result<Option<CaseFile>, Error> {
    let row = query_as!(
        Row,
        "SELECT id, facts, wrapped_key, sealed_text, sealed_hearing FROM registration.case_file
         WHERE id = $1 AND ($2 OR person_id = $3)",
        id.as_uuid(),
        within.all,
        within.person,
    )
    .fetch_optional(tx.conn())
    .await?;
    row.map(CaseFile::try_from).transpose()
}

/// Cases in a state, or all, the oldest first.
pub(crate) async fn list(
    tx: &mut Tx,
    within: &Within,
    state: Option<&str>,
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<CaseFile>, Error> {
    let rows = query_as!(
        Row,
        "SELECT id, facts, wrapped_key, sealed_text, sealed_hearing FROM registration.case_file
         WHERE $1 AND ($2::text IS NULL OR state = $2) AND ($3::uuid IS NULL OR id > $3) ORDER BY id LIMIT $4",
        within.all,
        state,
        after,
        limit,
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(CaseFile::try_from).collect()
}

/// A paper of an objection or a complaint.
#[derive(Debug, Clone)]
pub(crate) struct SealedPaper {
    pub(crate) id: Uuid,
    pub(crate) media_type: String,
    pub(crate) size: i64,
    /// SM3 of the content.
    pub(crate) digest: Vec<u8>,
    pub(crate) object: String,
}

/// Keeps the papers of an objection or case.
pub(crate) async fn insert_papers(
    tx: &mut Tx,
    subject: Uuid,
    papers: &[SealedPaper],
    at: Timestamp,
) -> Result<(), Error> {
    for paper in papers {
        query!(
            "INSERT INTO registration.sealed_paper (id, subject_id, media_type, size_bytes, digest, object, stored_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
            paper.id,
            subject,
            paper.media_type,
            paper.size,
            paper.digest,
            paper.object,
            at.to_sql(),
        )
        .execute(tx.conn())
        .await?;
    }
    Ok(())
}

/// The papers of an objection or case.
pub(crate) async fn papers(tx: &mut Tx, subject: Uuid) -> Result<Vec<SealedPaper>, Error> {
    Ok(query_as!(
        SealedPaper,
        "SELECT id, media_type, size_bytes AS size, digest, object FROM registration.sealed_paper
         WHERE subject_id = $1 ORDER BY id",
        subject,
    )
    .fetch_all(tx.conn())
    .await?)
}

/// A document of a reconsideration or a court, and what it brought back.
#[derive(Debug, Clone)]
pub(crate) struct Reopening {
    pub(crate) id: Uuid,
    pub(crate) person: PersonId,
    pub(crate) application: Option<ApplicationId>,
    pub(crate) document_number: String,
    pub(crate) evidence: Uuid,
    pub(crate) by: Officer,
    pub(crate) at: Timestamp,
}

/// Keeps it.
pub(crate) async fn insert_reopening(tx: &mut Tx, reopening: &Reopening) -> Result<(), Error> {
    query!(
        "INSERT INTO registration.reopening
             (id, person_id, application_id, document_number, evidence_id, officer_id, authority, reopened_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        reopening.id,
        reopening.person.as_uuid(),
        reopening.application.map(ApplicationId::as_uuid),
        reopening.document_number,
        reopening.evidence,
        reopening.by.id.as_uuid(),
        reopening.by.authority.to_string(),
        reopening.at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// What a restoration put back: when and why it had ended, and the event that told the nation.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Restoration {
    pub(crate) id: Uuid,
    pub(crate) person: PersonId,
    pub(crate) ended: (Timestamp, EndCause),
    pub(crate) position: i64,
}

/// Keeps it beside the cancellation.
pub(crate) async fn insert_restoration(tx: &mut Tx, restoration: &Restoration) -> Result<(), Error> {
    let (ended_at, cause) = restoration.ended;
    query!(
        "INSERT INTO registration.restoration (id, person_id, ended_at, end_cause, position)
         VALUES ($1, $2, $3, $4, $5)",
        restoration.id,
        restoration.person.as_uuid(),
        ended_at.to_sql(),
        super::registered::cause_code(cause),
        restoration.position,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
