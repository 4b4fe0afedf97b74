//! Table `register.entry`: what a person's acts add up to, sealed.

use domain::ids::{PersonId, RegisterActId};
use domain::province::Province;
use jiff::Timestamp;
use postgres::{Error, ToSql as _, Tx};
use service_runtime::Scope;
use sqlx::query;

/// An entry as stored.
pub(crate) struct EntryRow {
    pub(crate) province: Province,
    /// Column [`super::column::ENTRY`].
    pub(crate) entry: Vec<u8>,
    /// Column [`super::column::HOLDER`].
    pub(crate) holder: Vec<u8>,
    /// None once the person was erased.
    pub(crate) wrapped_key: Option<Vec<u8>>,
    /// Licence identifier of the current version.
    pub(crate) current_certificate: Option<String>,
}

/// A person's entry, if the scope covers it.
pub(crate) async fn find(tx: &mut Tx, person: PersonId, scope: &Scope) -> Result<Option<EntryRow>, Error> {
    let row = query!(
        r#"SELECT entry.province, entry.entry, entry.facts, person.wrapped_key, version.licence_identifier AS "current?"
         FROM register.entry
         JOIN register.person USING (person)
         LEFT JOIN issuing.certificate_version AS version ON version.person = entry.person AND version.current
         WHERE entry.person = $1"#,
        person.as_uuid(),
    )
    .fetch_optional(tx.conn())
    .await?;
    let Some(row) = row else { return Ok(None) };
    if !scope.covers(Some(person.as_uuid()), None, Some(&row.province)) {
        return Ok(None);
    }
    Ok(Some(EntryRow {
        province: crate::store::province(&row.province, "register.entry", person)?,
        entry: row.entry,
        holder: row.facts,
        wrapped_key: super::person::unless_erased(row.wrapped_key),
        current_certificate: row.current,
    }))
}

/// Puts an entry in place of the one before.
pub(crate) async fn save(
    tx: &mut Tx,
    person: PersonId,
    province: Province,
    last_act: RegisterActId,
    (entry, holder): (&[u8], &[u8]),
    at: Timestamp,
) -> Result<(), Error> {
    query!(
        "INSERT INTO register.entry (person, province, last_act, entry, facts, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (person) DO UPDATE SET province = excluded.province, last_act = excluded.last_act,
             entry = excluded.entry, facts = excluded.facts, updated_at = excluded.updated_at,
             updated_by = shared.transaction_name()",
        person.as_uuid(),
        province.code(),
        last_act.as_uuid(),
        entry,
        holder,
        at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
