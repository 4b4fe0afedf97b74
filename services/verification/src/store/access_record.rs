//! Who asked about whom, and why.

use postgres::{Error, SqlTimestamp, ToSql as _, Tx, ensure_affected};
use sqlx::query;

use crate::records::{Answered, Record};

/// Adds a batch.
pub(crate) async fn add(tx: &mut Tx, records: &[Record]) -> Result<(), Error> {
    let at: Vec<SqlTimestamp> = records.iter().map(|record| record.at.to_sql()).collect();
    let callers: Vec<String> = records.iter().map(|record| record.caller.clone()).collect();
    let methods: Vec<String> = records.iter().map(|record| record.method.to_owned()).collect();
    let kinds: Vec<String> = records
        .iter()
        .map(|record| record.kind.name().to_owned())
        .collect();
    let indices: Vec<Vec<u8>> = records.iter().map(|record| record.index.to_bytes()).collect();
    let purposes: Vec<String> = records.iter().map(|record| record.purpose.clone()).collect();
    let verdicts: Vec<String> = records.iter().map(verdict).collect();
    let stored = query!(
        "INSERT INTO verification.access_record (at, caller, method, subject_kind, subject_index, purpose, verdict)
         SELECT * FROM unnest($1::timestamptz[], $2::text[], $3::text[], $4::text[], $5::bytea[], $6::text[], $7::text[])",
        &at,
        &callers,
        &methods,
        &kinds,
        &indices,
        &purposes,
        &verdicts,
    )
    .execute(tx.conn())
    .await?;
    ensure_affected("store access records", records.len() as u64, &stored)
}

/// The stable name of the verdict, or that there was none to give.
fn verdict(record: &Record) -> String {
    let verdict = match record.answered {
        Answered::Verdict(verdict) => verdict,
        Answered::Subscribed => return "SUBSCRIBED".to_owned(),
    };
    match serde_json::to_value(verdict) {
        Ok(serde_json::Value::String(name)) => name,
        _ => unreachable!("invariant: a verdict serialises to its name"),
    }
}
