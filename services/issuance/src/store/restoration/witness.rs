//! Table `restoration.witness`: what each witness says that it last stood by.

use domain::province::Province;
use jiff::Timestamp;
use postgres::{Error, ToSql as _, Tx};
use sqlx::query;

use crate::store::{natural, province as read_province, signed};

/// A witness's word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Word {
    pub(crate) province: Province,
    /// 0 of one that remembers nothing.
    pub(crate) size: u64,
    pub(crate) root: Option<Vec<u8>>,
}

/// Keeps a word; a witness's larger one counts.
pub(crate) async fn save(tx: &mut Tx, word: &Word, note: &str, at: Timestamp) -> Result<(), Error> {
    query!(
        "INSERT INTO restoration.witness AS known (province, size, root, note, told_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (province) DO UPDATE SET size = excluded.size, root = excluded.root, note = excluded.note,
             told_at = excluded.told_at, updated_by = shared.transaction_name()
         WHERE known.size < excluded.size",
        word.province.code(),
        signed(word.size),
        word.root.as_deref(),
        note,
        at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Every word.
pub(crate) async fn all(tx: &mut Tx) -> Result<Vec<Word>, Error> {
    let rows = query!("SELECT province, size, root FROM restoration.witness ORDER BY size, province");
    let rows = rows.fetch_all(tx.conn()).await?;
    rows.into_iter()
        .map(|row| {
            Ok(Word {
                province: read_province(&row.province, "restoration.witness", &row.province)?,
                size: natural(row.size, "restoration.witness", "size")?,
                root: row.root,
            })
        })
        .collect()
}
