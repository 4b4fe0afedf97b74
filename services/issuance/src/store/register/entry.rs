//! Table `register.entry`: what a person's acts add up to, sealed.

use domain::ids::{PersonId, RegisterActId};
use domain::province::Province;
use jiff::Timestamp;
use postgres::{Error, ToSql as _, Tx, column};
use service_runtime::Scope;
use sqlx::query;
use uuid::Uuid;

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

/// The entries of people that the scope covers, as sealed, each with the person's wrapped key. None of whoever was erased.
pub(crate) async fn sealed_of(
    tx: &mut Tx,
    people: &[Uuid],
    scope: &Scope,
) -> Result<Vec<(PersonId, Vec<u8>, Vec<u8>)>, Error> {
    let rows = query!(
        "SELECT entry.person, entry.province, entry.entry, person.wrapped_key
         FROM register.entry JOIN register.person USING (person) WHERE entry.person = ANY($1)",
        people,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .filter(|row| scope.covers(Some(row.person), None, Some(&row.province)))
        .filter_map(|row| {
            let key = super::person::unless_erased(row.wrapped_key)?;
            Some((row.person.into(), row.entry, key))
        })
        .collect())
}

/// The entries of people, whose rows are locked: province, entry and holder as sealed.
pub(crate) async fn of_people(
    tx: &mut Tx,
    people: &[Uuid],
) -> Result<Vec<(PersonId, Province, Vec<u8>, Vec<u8>)>, Error> {
    let rows = query!(
        "SELECT person, province, entry, facts FROM register.entry WHERE person = ANY($1)",
        people,
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter()
        .map(|row| {
            let province = crate::store::province(&row.province, "register.entry", row.person)?;
            Ok((row.person.into(), province, row.entry, row.facts))
        })
        .collect()
}

/// An entry to be stored.
#[derive(Debug)]
pub(crate) struct NewEntry {
    pub(crate) person: PersonId,
    pub(crate) province: Province,
    pub(crate) last_act: RegisterActId,
    /// Column [`super::column::ENTRY`].
    pub(crate) entry: Vec<u8>,
    /// Column [`super::column::HOLDER`].
    pub(crate) holder: Vec<u8>,
}

/// Puts entries in place of those before; each person's once.
pub(crate) async fn save_all(tx: &mut Tx, new: &[NewEntry], at: Timestamp) -> Result<(), Error> {
    if new.is_empty() {
        return Ok(());
    }
    let people: Vec<Uuid> = column(new, |one| one.person.as_uuid());
    let provinces: Vec<String> = column(new, |one| one.province.code().to_owned());
    let acts: Vec<Uuid> = column(new, |one| one.last_act.as_uuid());
    let entries: Vec<Vec<u8>> = column(new, |one| one.entry.clone());
    let holders: Vec<Vec<u8>> = column(new, |one| one.holder.clone());
    query!(
        "INSERT INTO register.entry (person, province, last_act, entry, facts, updated_at)
         SELECT person, province, last_act, entry, facts, $6
         FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::bytea[], $5::bytea[])
             AS new (person, province, last_act, entry, facts)
         ON CONFLICT (person) DO UPDATE SET province = excluded.province, last_act = excluded.last_act,
             entry = excluded.entry, facts = excluded.facts, updated_at = excluded.updated_at,
             updated_by = shared.transaction_name()",
        &people,
        &provinces,
        &acts,
        &entries,
        &holders,
        at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
