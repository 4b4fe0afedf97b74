//! What the comparison of the stores reads, page by page, and tables `issuing.store_check` and `issuing.store_difference`.

use std::collections::{BTreeMap, BTreeSet};

use domain::ids::PersonId;
use domain::store_check::Difference;
use jiff::Timestamp;
use postgres::{Database, Error, ReadDatabase, SqlTimestamp, ToSql as _, Tx};
use sqlx::{query, query_scalar};
use uuid::Uuid;

use super::document::{Document, Format};
use super::intent::Digests;

/// A document set with everything that belongs to it.
#[derive(Debug)]
pub(crate) struct SetRow {
    pub(crate) id: Uuid,
    pub(crate) person: PersonId,
    pub(crate) data_key: Option<Vec<u8>>,
    pub(crate) voided: bool,
    pub(crate) pdf_sm2: bool,
    /// Its job has come to its end.
    pub(crate) issued: bool,
    pub(crate) intent: Option<Digests>,
    /// Files, with every revision of each.
    pub(crate) documents: Vec<(Document, Timestamp)>,
}

/// A certificate version.
#[derive(Debug)]
pub(crate) struct VersionRow {
    pub(crate) id: Uuid,
    pub(crate) person: PersonId,
    pub(crate) data_key: Option<Vec<u8>>,
    pub(crate) facts: Vec<u8>,
    pub(crate) facts_hash: Vec<u8>,
    pub(crate) has_job: bool,
    pub(crate) issued: bool,
    pub(crate) has_documents: bool,
}

/// Document sets after an id, in order.
pub(crate) async fn sets(read: &ReadDatabase, after: Option<Uuid>, limit: i64) -> Result<Vec<SetRow>, Error> {
    read.snapshot("compare document sets", async |tx: &mut Tx| {
        let rows = query!(
            r#"SELECT document_set.id, version.person, person.wrapped_key AS "wrapped_key?", document_set.pdf_sm2,
                      (voided.document_set IS NOT NULL) AS "voided!", (job.state IS NOT DISTINCT FROM 'issued') AS "issued!",
                      intent.ofd_data_hash AS "ofd_data_hash?", intent.pdf_digest AS "pdf_digest?", intent.pdf_sm3,
                      intent.unsigned_ofd AS "unsigned_ofd?", intent.unsigned_pdf AS "unsigned_pdf?"
               FROM issuing.document_set AS document_set
               JOIN issuing.certificate_version AS version ON version.id = document_set.version
               JOIN register.person AS person ON person.person = version.person
               LEFT JOIN issuing.voided_set AS voided ON voided.document_set = document_set.id
               LEFT JOIN issuing.intent AS intent ON intent.document_set = document_set.id
               LEFT JOIN issuing.job AS job ON job.version = document_set.version
                    AND job.copy IS NOT DISTINCT FROM document_set.copy AND job.generation = document_set.generation
               WHERE $1::uuid IS NULL OR document_set.id > $1
               ORDER BY document_set.id LIMIT $2"#,
            after,
            limit,
        )
        .fetch_all(tx.conn())
        .await?;
        let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
        let mut documents = documents(tx, &ids).await?;
        rows.into_iter()
            .map(|row| {
                let fault = |column| Error::inconsistent("issuing.intent", column, row.id);
                let digest = |column, bytes: Vec<u8>| bytes.try_into().map_err(|_| fault(column));
                let intent = match (row.ofd_data_hash, row.pdf_digest, row.unsigned_ofd, row.unsigned_pdf) {
                    (Some(ofd), Some(pdf), Some(unsigned_ofd), Some(unsigned_pdf)) => Some(Digests {
                        set: row.id,
                        ofd_data_hash: digest("ofd_data_hash", ofd)?,
                        pdf_digest: digest("pdf_digest", pdf)?,
                        pdf_sm3: row.pdf_sm3.map(|sm3| digest("pdf_sm3", sm3)).transpose()?,
                        unsigned_ofd: digest("unsigned_ofd", unsigned_ofd)?,
                        unsigned_pdf: digest("unsigned_pdf", unsigned_pdf)?,
                    }),
                    _ => None,
                };
                Ok(SetRow {
                    id: row.id,
                    person: row.person.into(),
                    data_key: row.wrapped_key,
                    voided: row.voided,
                    pdf_sm2: row.pdf_sm2,
                    issued: row.issued,
                    intent,
                    documents: documents.remove(&row.id).unwrap_or_default(),
                })
            })
            .collect()
    })
    .await
}

/// Ids of sets after one, in their order.
pub(crate) async fn set_ids(read: &ReadDatabase, after: Uuid, limit: i64) -> Result<Vec<Uuid>, Error> {
    let ids = query_scalar!(
        "SELECT id FROM issuing.document_set WHERE id > $1 ORDER BY id LIMIT $2",
        after,
        limit
    );
    Ok(ids.fetch_all(read.pool()).await?)
}

async fn documents(tx: &mut Tx, sets: &[Uuid]) -> Result<BTreeMap<Uuid, Vec<(Document, Timestamp)>>, Error> {
    let rows = query!(
        r#"SELECT document_set AS "set!", format AS "format!", sha256 AS "sha256!", size AS "size!", place AS "place!",
                  issued_at AS "issued_at!"
           FROM issuing.document WHERE document_set = ANY($1)
           UNION ALL
           SELECT document_set, format, sha256, size, place, renewed_at FROM issuing.document_revision
           WHERE document_set = ANY($1)"#,
        sets,
    )
    .fetch_all(tx.conn())
    .await?;
    let mut found: BTreeMap<Uuid, Vec<_>> = BTreeMap::new();
    for row in rows {
        let fault = |column| Error::inconsistent("issuing.document", column, row.set);
        let document = Document {
            format: Format::from_name(&row.format).ok_or_else(|| fault("format"))?,
            sha256: row.sha256.try_into().map_err(|_| fault("sha256"))?,
            size: row.size,
            place: row.place,
        };
        found
            .entry(row.set)
            .or_default()
            .push((document, row.issued_at.to_jiff()));
    }
    Ok(found)
}

/// Which of these intents are stored.
pub(crate) async fn intents(read: &ReadDatabase, ids: &[Uuid]) -> Result<BTreeSet<Uuid>, Error> {
    let known = query_scalar!(
        "SELECT document_set FROM issuing.intent WHERE document_set = ANY($1)",
        ids
    );
    Ok(known.fetch_all(read.pool()).await?.into_iter().collect())
}

/// Certificate versions after an id, in order.
pub(crate) async fn versions(
    read: &ReadDatabase,
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<VersionRow>, Error> {
    let rows = query!(
        r#"SELECT version.id, version.person, person.wrapped_key AS "wrapped_key?", version.facts, version.facts_hash,
                  (version.state = 'issued') AS "issued!",
                  EXISTS (SELECT FROM issuing.job AS job WHERE job.version = version.id AND job.copy IS NULL) AS "has_job!",
                  EXISTS (SELECT FROM issuing.document_set AS document_set
                          WHERE document_set.version = version.id AND document_set.copy IS NULL
                            AND NOT EXISTS (SELECT FROM issuing.voided_set WHERE voided_set.document_set = document_set.id))
                      AS "has_documents!"
           FROM issuing.certificate_version AS version JOIN register.person AS person ON person.person = version.person
           WHERE $1::uuid IS NULL OR version.id > $1
           ORDER BY version.id LIMIT $2"#,
        after,
        limit,
    )
    .fetch_all(read.pool())
    .await?;
    let rows = rows.into_iter().map(|row| VersionRow {
        id: row.id,
        person: row.person.into(),
        data_key: row.wrapped_key,
        facts: row.facts,
        facts_hash: row.facts_hash,
        has_job: row.has_job,
        issued: row.issued,
        has_documents: row.has_documents,
    });
    Ok(rows.collect())
}

/// Which of these leaves the log has, or will get with changes that wait for their number.
pub(crate) async fn leaves(
    read: &ReadDatabase,
    entries: &[Vec<u8>],
    hashes: &[Vec<u8>],
) -> Result<BTreeSet<Vec<u8>>, Error> {
    let known = query_scalar!(
        r#"SELECT entry AS "entry!" FROM log.leaf WHERE hash = ANY($2)
           UNION ALL
           SELECT leaf FROM log.change WHERE position IS NULL AND leaf = ANY($1)"#,
        entries,
        hashes,
    );
    Ok(known.fetch_all(read.pool()).await?.into_iter().collect())
}

/// When the log got its first leaf: what was made before has none.
pub(crate) async fn log_began_at(read: &ReadDatabase) -> Result<Option<Timestamp>, Error> {
    let began = query_scalar!(
        "SELECT change.recorded_at FROM log.leaf AS leaf JOIN log.change AS change USING (position) WHERE leaf.index = 0"
    );
    let began = began.fetch_optional(read.pool()).await?;
    Ok(began.map(SqlTimestamp::to_jiff))
}

/// A page of the log from an index on: how many leaves it has, and which of them are not what change and hash say.
pub(crate) async fn altered_leaves(
    read: &ReadDatabase,
    from: i64,
    limit: i64,
) -> Result<(i64, Vec<i64>), Error> {
    let row = query!(
        r#"SELECT count(*) AS "count!",
                  coalesce(array_agg(leaf.index ORDER BY leaf.index) FILTER (
                      WHERE change.leaf IS DISTINCT FROM leaf.entry
                         OR leaf.hash IS DISTINCT FROM sha256('\x00'::bytea || leaf.entry)), '{}') AS "altered!"
           FROM log.leaf AS leaf LEFT JOIN log.change AS change ON change.position = leaf.position
           WHERE leaf.index >= $1 AND leaf.index < $1 + $2"#,
        from,
        limit,
    )
    .fetch_one(read.pool())
    .await?;
    Ok((row.count, row.altered))
}

/// A run that is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CheckRow {
    pub(crate) id: Uuid,
    pub(crate) started_by: String,
    pub(crate) started_at: Timestamp,
    pub(crate) finished_at: Timestamp,
    pub(crate) versions: i64,
    pub(crate) documents: i64,
    pub(crate) acts: i64,
    pub(crate) leaves: i64,
    pub(crate) differences: i64,
}

/// Keeps a run with the differences that it names.
pub(crate) async fn insert(tx: &mut Tx, run: &CheckRow, found: &[(Difference, String)]) -> Result<(), Error> {
    query!(
        "INSERT INTO issuing.store_check
             (id, started_by, started_at, finished_at, versions, documents, acts, leaves, differences)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        run.id,
        run.started_by,
        run.started_at.to_sql(),
        run.finished_at.to_sql(),
        run.versions,
        run.documents,
        run.acts,
        run.leaves,
        run.differences,
    )
    .execute(tx.conn())
    .await?;
    let codes: Vec<String> = found.iter().map(|(what, _)| what.code().to_owned()).collect();
    let subjects: Vec<String> = found.iter().map(|(_, subject)| subject.clone()).collect();
    query!(
        "INSERT INTO issuing.store_difference (store_check, number, difference, subject)
         SELECT $1, row.number, row.difference, row.subject
         FROM unnest($2::text[], $3::text[]) WITH ORDINALITY AS row (difference, subject, number)",
        run.id,
        &codes,
        &subjects,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The last run, with the differences that it names.
pub(crate) async fn latest(tx: &mut Tx) -> Result<Option<(CheckRow, Vec<(Difference, String)>)>, Error> {
    let row = query!(
        "SELECT id, started_by, started_at, finished_at, versions, documents, acts, leaves, differences
         FROM issuing.store_check ORDER BY finished_at DESC LIMIT 1"
    )
    .fetch_optional(tx.conn())
    .await?;
    let Some(row) = row else { return Ok(None) };
    let found = query!(
        "SELECT difference, subject FROM issuing.store_difference WHERE store_check = $1 ORDER BY number",
        row.id
    )
    .fetch_all(tx.conn())
    .await?;
    let found = found.into_iter().map(|found| {
        let what = Difference::from_code(&found.difference);
        let what =
            what.ok_or_else(|| Error::inconsistent("issuing.store_difference", "difference", row.id))?;
        Ok::<_, Error>((what, found.subject))
    });
    let found = found.collect::<Result<_, _>>()?;
    let run = CheckRow {
        id: row.id,
        started_by: row.started_by,
        started_at: row.started_at.to_jiff(),
        finished_at: row.finished_at.to_jiff(),
        versions: row.versions,
        documents: row.documents,
        acts: row.acts,
        leaves: row.leaves,
        differences: row.differences,
    };
    Ok(Some((run, found)))
}

/// When some document was issued, an early one rather than a late one.
pub(crate) async fn first_issued(database: &Database) -> Result<Option<Timestamp>, Error> {
    database
        .run_tx("find first document", async |tx: &mut Tx| {
            let first = query_scalar!("SELECT issued_at FROM issuing.document ORDER BY document_set LIMIT 1")
                .fetch_optional(tx.conn())
                .await?;
            Ok(first.map(SqlTimestamp::to_jiff))
        })
        .await
}

/// When a run was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) started_at: Timestamp,
    pub(crate) finished_at: Timestamp,
}

/// The last run.
pub(crate) async fn last_run(database: &Database) -> Result<Option<Run>, Error> {
    database
        .run_tx("find last store check", async |tx: &mut Tx| {
            let last = query!(
                "SELECT started_at, finished_at FROM issuing.store_check ORDER BY finished_at DESC LIMIT 1"
            )
            .fetch_optional(tx.conn())
            .await?;
            Ok(last.map(|last| Run {
                started_at: last.started_at.to_jiff(),
                finished_at: last.finished_at.to_jiff(),
            }))
        })
        .await
}
