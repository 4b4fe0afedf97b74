//! Table `register.active_registration`: its primary key is the rule that a person has at most one.

use domain::province::Province;
use domain::register::RegisterEntry;
use postgres::{Error, SqlTimestamp, ToSql as _, Tx, column, ensure_affected};
use service_runtime::Scope;
use sqlx::{query, query_scalar};
use uuid::Uuid;

/// What an entry that is in force says here.
#[derive(Debug)]
pub(crate) struct InForce<'a> {
    pub(crate) entry: &'a RegisterEntry,
    pub(crate) province: Province,
}

/// Begins registrations. Fails on `active_registration_pkey` if one is in force, whatever the entry says, and on
/// `active_registration_of_natural_person` if one is under another id of the same human being.
pub(crate) async fn begin_all(tx: &mut Tx, begun: &[InForce<'_>]) -> Result<(), Error> {
    if begun.is_empty() {
        return Ok(());
    }
    let (people, provinces, employers, numbers) = columns(begun);
    let since: Vec<SqlTimestamp> = column(begun, |one| one.entry.since.to_sql());
    query!(
        "INSERT INTO register.active_registration (person, province, employer, number, since, survivor)
         SELECT person, province, employer, number, since,
             (SELECT surviving FROM register.person_link WHERE merged = new.person AND split_by IS NULL)
         FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[], $5::timestamptz[])
             AS new (person, province, employer, number, since)",
        &people,
        &provinces,
        &employers,
        &numbers,
        &since as _,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Follows entries that stay in force.
pub(crate) async fn follow_all(tx: &mut Tx, followed: &[InForce<'_>]) -> Result<(), Error> {
    if followed.is_empty() {
        return Ok(());
    }
    let (people, provinces, employers, numbers) = columns(followed);
    let result = query!(
        "UPDATE register.active_registration AS active SET province = new.province, employer = new.employer,
             number = new.number, updated_by = shared.transaction_name()
         FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[]) AS new (person, province, employer, number)
         WHERE active.person = new.person",
        &people,
        &provinces,
        &employers,
        &numbers,
    )
    .execute(tx.conn())
    .await?;
    ensure_affected("follow active registrations", followed.len() as u64, &result)
}

/// Ends registrations.
pub(crate) async fn end_all(tx: &mut Tx, people: &[Uuid]) -> Result<(), Error> {
    if people.is_empty() {
        return Ok(());
    }
    query!(
        "DELETE FROM register.active_registration WHERE person = ANY($1)",
        people
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

type Columns = (Vec<Uuid>, Vec<String>, Vec<Uuid>, Vec<String>);

fn columns(rows: &[InForce<'_>]) -> Columns {
    (
        column(rows, |one| one.entry.person.as_uuid()),
        column(rows, |one| one.province.code().to_owned()),
        column(rows, |one| one.entry.employer.id.as_uuid()),
        column(rows, |one| one.entry.number.to_string()),
    )
}

/// The employer with whom the scope's person is registered now.
pub(crate) async fn employer(tx: &mut Tx, scope: &Scope) -> Result<Option<Uuid>, Error> {
    Ok(query_scalar!(
        "SELECT employer FROM register.active_registration WHERE person = $1",
        scope.rows().person,
    )
    .fetch_optional(tx.conn())
    .await?)
}

/// As [`employer`], locked: the registration cannot leave it meanwhile.
pub(crate) async fn lock_employer(tx: &mut Tx, scope: &Scope) -> Result<Option<Uuid>, Error> {
    Ok(query_scalar!(
        "SELECT employer FROM register.active_registration WHERE person = $1 FOR UPDATE",
        scope.rows().person,
    )
    .fetch_optional(tx.conn())
    .await?)
}
