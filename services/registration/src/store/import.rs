//! Tables `registration.import`, `import_piece` and `import_note`.

pub(crate) mod persons;
pub(crate) mod qualifications;
pub(crate) mod registered;

use domain::authority::Officer;
use domain::ids::ImportId;
use domain::import::{Column, Import, ImportKind, ImportState};
use domain::reason::BilingualText;
use jiff::Timestamp;
use postgres::{Error, SqlTimestamp, ToSql as _, Tx, ensure_affected};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::{query, query_as, query_scalar};
use uuid::Uuid;

use super::{known, read, write};
use crate::importing::{Note, Outcome};

const TABLE: &str = "registration.import";
const PIECES: &str = "registration.import_piece";

/// An import with how far it is.
#[derive(Debug, Clone)]
pub(crate) struct Stored {
    pub(crate) import: Import,
    pub(crate) file_name: String,
    pub(crate) digest: Vec<u8>,
    pub(crate) size: i64,
    pub(crate) wrapped_key: Vec<u8>,
    pub(crate) heading: Vec<String>,
    pub(crate) ignored: Vec<String>,
    pub(crate) rows: i32,
    pub(crate) next_piece: i32,
    pub(crate) progress: Progress,
    pub(crate) started_at: Option<Timestamp>,
    pub(crate) ended_at: Option<Timestamp>,
    pub(crate) same_file_as: Option<ImportId>,
}

/// What came of rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Progress {
    pub(crate) done: i32,
    pub(crate) written: i32,
    pub(crate) unchanged: i32,
    pub(crate) failed: i32,
    /// Of the good ones, those that the nation was not asked about.
    pub(crate) not_asked: i32,
}

/// The part of an import that is kept whole.
#[derive(Serialize, Deserialize)]
struct Facts {
    uploaded_by: Officer,
    #[serde(default)]
    not_asked: i32,
    #[serde(flatten)]
    state: ImportState,
}

impl Facts {
    fn of(stored: &Stored) -> Self {
        Self {
            uploaded_by: stored.import.uploaded_by,
            not_asked: stored.progress.not_asked,
            state: stored.import.state,
        }
    }
}

struct Row {
    id: Uuid,
    kind: String,
    facts: Value,
    file_name: String,
    digest: Vec<u8>,
    size_bytes: i64,
    wrapped_key: Vec<u8>,
    heading: Vec<String>,
    ignored: Vec<String>,
    row_count: i32,
    next_piece: i32,
    rows_done: i32,
    rows_written: i32,
    rows_unchanged: i32,
    rows_failed: i32,
    uploaded_at: SqlTimestamp,
    started_at: Option<SqlTimestamp>,
    ended_at: Option<SqlTimestamp>,
    same_file_as: Option<Uuid>,
}

impl TryFrom<Row> for Stored {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        let Facts {
            uploaded_by,
            not_asked,
            state,
        } = read(row.facts, TABLE, "facts", row.id)?;
        Ok(Self {
            import: Import {
                id: ImportId::from_uuid(row.id),
                kind: known(ImportKind::from_code(&row.kind), TABLE, "kind", row.id)?,
                uploaded_by,
                uploaded_at: row.uploaded_at.to_jiff(),
                state,
            },
            file_name: row.file_name,
            digest: row.digest,
            size: row.size_bytes,
            wrapped_key: row.wrapped_key,
            heading: row.heading,
            ignored: row.ignored,
            rows: row.row_count,
            next_piece: row.next_piece,
            progress: Progress {
                done: row.rows_done,
                written: row.rows_written,
                unchanged: row.rows_unchanged,
                failed: row.rows_failed,
                not_asked,
            },
            started_at: row.started_at.map(SqlTimestamp::to_jiff),
            ended_at: row.ended_at.map(SqlTimestamp::to_jiff),
            same_file_as: row.same_file_as.map(ImportId::from_uuid),
        })
    }
}

/// Where the bytes of a piece are.
#[derive(Debug, Clone)]
pub(crate) struct Piece {
    pub(crate) ordinal: i32,
    pub(crate) object: String,
    pub(crate) rows: i32,
    /// Rows that say what an earlier row of the file says, and the column that shows it.
    pub(crate) repeats: Vec<(u32, Column)>,
}

/// Adds an import with its pieces; names an earlier one of the same file that was completed.
pub(crate) async fn insert(tx: &mut Tx, stored: &Stored, pieces: &[Piece]) -> Result<(), Error> {
    let import = &stored.import;
    query!(
        "INSERT INTO registration.import (id, kind, state, facts, file_name, digest, size_bytes, wrapped_key, heading,
             ignored, row_count, uploaded_at, same_file_as)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12,
             (SELECT id FROM registration.import WHERE digest = $6 AND kind = $2 AND state = 'COMPLETED'
              ORDER BY uploaded_at DESC LIMIT 1))",
        import.id.as_uuid(),
        import.kind.code(),
        import.state.code(),
        write(&Facts::of(stored)),
        stored.file_name,
        stored.digest,
        stored.size,
        stored.wrapped_key,
        &stored.heading,
        &stored.ignored,
        stored.rows,
        import.uploaded_at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    let ordinals: Vec<i32> = pieces.iter().map(|piece| piece.ordinal).collect();
    let objects: Vec<String> = pieces.iter().map(|piece| piece.object.clone()).collect();
    let rows: Vec<i32> = pieces.iter().map(|piece| piece.rows).collect();
    let repeats: Vec<Value> = pieces.iter().map(|piece| repeats_told(&piece.repeats)).collect();
    query!(
        "INSERT INTO registration.import_piece (import_id, ordinal, object, row_count, repeats)
         SELECT $1, ordinal, object, row_count, repeats
         FROM unnest($2::integer[], $3::text[], $4::integer[], $5::jsonb[]) AS piece (ordinal, object, row_count, repeats)",
        import.id.as_uuid(),
        &ordinals,
        &objects,
        &rows,
        &repeats,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// An import, for whoever may see every row of the province.
pub(crate) async fn find(tx: &mut Tx, all: bool, id: ImportId) -> Result<Option<Stored>, Error> {
    let row = query_as!(
        Row,
        "SELECT id, kind, facts, file_name, digest, size_bytes, wrapped_key, heading, ignored, row_count, next_piece,
                rows_done, rows_written, rows_unchanged, rows_failed, uploaded_at, started_at, ended_at, same_file_as
         FROM registration.import WHERE id = $1 AND $2",
        id.as_uuid(),
        all,
    )
    .fetch_optional(tx.conn())
    .await?;
    row.map(Stored::try_from).transpose()
}

/// As [`find`], locked.
pub(crate) async fn lock(tx: &mut Tx, all: bool, id: ImportId) -> Result<Option<Stored>, Error> {
    let row = query_as!(
        Row,
        "SELECT id, kind, facts, file_name, digest, size_bytes, wrapped_key, heading, ignored, row_count, next_piece,
                rows_done, rows_written, rows_unchanged, rows_failed, uploaded_at, started_at, ended_at, same_file_as
         FROM registration.import WHERE id = $1 AND $2 FOR UPDATE",
        id.as_uuid(),
        all,
    )
    .fetch_optional(tx.conn())
    .await?;
    row.map(Stored::try_from).transpose()
}

/// The newest first.
pub(crate) async fn list(
    tx: &mut Tx,
    all: bool,
    before: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Stored>, Error> {
    let rows = query_as!(
        Row,
        "SELECT id, kind, facts, file_name, digest, size_bytes, wrapped_key, heading, ignored, row_count, next_piece,
                rows_done, rows_written, rows_unchanged, rows_failed, uploaded_at, started_at, ended_at, same_file_as
         FROM registration.import WHERE $1 AND ($2::uuid IS NULL OR id < $2) ORDER BY id DESC LIMIT $3",
        all,
        before,
        limit,
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(Stored::try_from).collect()
}

/// The oldest import with rows to be gone through.
pub(crate) async fn next_working(tx: &mut Tx) -> Result<Option<Stored>, Error> {
    let id = query_scalar!(
        "SELECT id FROM registration.import WHERE state IN ('CHECKING', 'RUNNING') ORDER BY uploaded_at, id LIMIT 1"
    )
    .fetch_optional(tx.conn())
    .await?;
    match id {
        Some(id) => find(tx, true, ImportId::from_uuid(id)).await,
        None => Ok(None),
    }
}

/// One piece.
pub(crate) async fn piece(tx: &mut Tx, import: ImportId, ordinal: i32) -> Result<Option<Piece>, Error> {
    let row = query!(
        "SELECT object, row_count, repeats FROM registration.import_piece WHERE import_id = $1 AND ordinal = $2",
        import.as_uuid(),
        ordinal,
    )
    .fetch_optional(tx.conn())
    .await?;
    let Some(row) = row else { return Ok(None) };
    let repeats: Vec<(u32, String)> = read(row.repeats, PIECES, "repeats", import.as_uuid())?;
    let repeats = repeats.into_iter().map(|(number, code)| {
        let column = Column::ALL.iter().copied().find(|column| column.code() == code);
        Ok((number, known(column, PIECES, "repeats", import.as_uuid())?))
    });
    Ok(Some(Piece {
        ordinal,
        object: row.object,
        rows: row.row_count,
        repeats: repeats.collect::<Result<_, Error>>()?,
    }))
}

fn repeats_told(repeats: &[(u32, Column)]) -> Value {
    let told: Vec<_> = repeats.iter().map(|(row, column)| (row, column.code())).collect();
    write(&told)
}

/// Stores where an import stands, and how far it is.
pub(crate) async fn save(tx: &mut Tx, stored: &Stored) -> Result<(), Error> {
    let import = &stored.import;
    let result = query!(
        "UPDATE registration.import SET state = $2, facts = $3, next_piece = $4, rows_done = $5, rows_written = $6,
             rows_unchanged = $7, rows_failed = $8, started_at = $9, ended_at = $10,
             updated_by = shared.transaction_name()
         WHERE id = $1",
        import.id.as_uuid(),
        import.state.code(),
        write(&Facts::of(stored)),
        stored.next_piece,
        stored.progress.done,
        stored.progress.written,
        stored.progress.unchanged,
        stored.progress.failed,
        stored.started_at.to_sql() as _,
        stored.ended_at.to_sql() as _,
    )
    .execute(tx.conn())
    .await?;
    ensure_affected("save an import", 1, &result)
}

/// Forgets what the check said: the run says it anew.
pub(crate) async fn forget_notes(tx: &mut Tx, import: ImportId) -> Result<(), Error> {
    query!(
        "DELETE FROM registration.import_note WHERE import_id = $1",
        import.as_uuid()
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

impl Outcome {
    const fn code(self) -> &'static str {
        match self {
            Self::Failed => "FAILED",
            Self::Unchanged => "UNCHANGED",
        }
    }
}

/// Keeps what is said of rows of a piece.
pub(crate) async fn insert_notes(
    tx: &mut Tx,
    import: ImportId,
    piece: i32,
    notes: &[Note],
) -> Result<(), Error> {
    if notes.is_empty() {
        return Ok(());
    }
    let column = |of: fn(&Note) -> String| notes.iter().map(of).collect::<Vec<_>>();
    let rows: Vec<i32> = notes
        .iter()
        .map(|note| i32::try_from(note.row).unwrap_or(i32::MAX))
        .collect();
    let ordinals: Vec<i32> = (0..).take(notes.len()).collect();
    query!(
        "INSERT INTO registration.import_note (import_id, row_number, ordinal, piece, outcome, column_code, reason,
             text_zh, text_en)
         SELECT $1, row_number, ordinal, $2, outcome, column_code, reason, text_zh, text_en
         FROM unnest($3::integer[], $4::integer[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[])
             AS note (row_number, ordinal, outcome, column_code, reason, text_zh, text_en)",
        import.as_uuid(),
        piece,
        &rows,
        &ordinals,
        &column(|note| note.outcome.code().to_owned()),
        &column(|note| note.column.map(Column::code).unwrap_or_default().to_owned()),
        &column(|note| note.reason.clone()),
        &column(|note| note.text.zh.clone()),
        &column(|note| note.text.en.clone()),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// A note as stored, with its place in the list.
#[derive(Debug, Clone)]
pub(crate) struct Listed {
    pub(crate) place: (i32, i32),
    pub(crate) outcome: Outcome,
    pub(crate) column: Option<Column>,
    pub(crate) reason: String,
    pub(crate) text: BilingualText,
}

/// Notes in the order of the file after a place.
pub(crate) async fn notes(
    tx: &mut Tx,
    import: ImportId,
    (after_row, after_ordinal): (i32, i32),
    limit: i64,
) -> Result<Vec<Listed>, Error> {
    let rows = query!(
        "SELECT row_number, ordinal, outcome, column_code, reason, text_zh, text_en FROM registration.import_note
         WHERE import_id = $1 AND (row_number, ordinal) > ($2, $3) ORDER BY row_number, ordinal LIMIT $4",
        import.as_uuid(),
        after_row,
        after_ordinal,
        limit,
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter()
        .map(|row| {
            let outcome = match row.outcome.as_str() {
                "FAILED" => Outcome::Failed,
                "UNCHANGED" => Outcome::Unchanged,
                _ => return Err(Error::inconsistent("registration.import_note", "outcome", import)),
            };
            Ok(Listed {
                place: (row.row_number, row.ordinal),
                outcome,
                column: Column::ALL
                    .iter()
                    .copied()
                    .find(|column| column.code() == row.column_code),
                reason: row.reason,
                text: BilingualText::new(row.text_zh, row.text_en),
            })
        })
        .collect()
}

/// Rows of one piece that failed, each with what was said in Chinese; of the first piece from `from` on that has any.
pub(crate) async fn failed_of_piece(
    tx: &mut Tx,
    import: ImportId,
    from: i32,
) -> Result<Option<(Piece, Vec<(i32, String)>)>, Error> {
    let next = query_scalar!(
        "SELECT min(piece) FROM registration.import_note WHERE import_id = $1 AND piece >= $2 AND outcome = 'FAILED'",
        import.as_uuid(),
        from,
    )
    .fetch_one(tx.conn())
    .await?;
    let Some(ordinal) = next else { return Ok(None) };
    let rows = query!(
        r#"SELECT row_number, string_agg(text_zh, ' ' ORDER BY ordinal) AS "text!" FROM registration.import_note
           WHERE import_id = $1 AND piece = $2 AND outcome = 'FAILED' GROUP BY row_number ORDER BY row_number"#,
        import.as_uuid(),
        ordinal,
    )
    .fetch_all(tx.conn())
    .await?;
    let piece = piece(tx, import, ordinal).await?;
    let piece = piece.ok_or_else(|| Error::inconsistent("registration.import_piece", "ordinal", import))?;
    Ok(Some((
        piece,
        rows.into_iter().map(|row| (row.row_number, row.text)).collect(),
    )))
}
