//! Table `register.active_registration`: its primary key is the rule that a person has at most one.

use domain::province::Province;
use domain::register::RegisterEntry;
use postgres::{Error, ToSql as _, Tx, ensure_affected};
use service_runtime::Scope;
use sqlx::{query, query_scalar};
use uuid::Uuid;

/// Begins a registration. Fails on `active_registration_pkey` if one is in force, whatever the entry says.
pub(crate) async fn begin(tx: &mut Tx, entry: &RegisterEntry, province: Province) -> Result<(), Error> {
    query!(
        "INSERT INTO register.active_registration (person, province, employer, number, since)
         VALUES ($1, $2, $3, $4, $5)",
        entry.person.as_uuid(),
        province.code(),
        entry.employer.id.as_uuid(),
        entry.number.to_string(),
        entry.since.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Follows an entry that stays in force.
pub(crate) async fn follow(tx: &mut Tx, entry: &RegisterEntry, province: Province) -> Result<(), Error> {
    let result = query!(
        "UPDATE register.active_registration SET province = $2, employer = $3, number = $4,
             updated_by = shared.transaction_name()
         WHERE person = $1",
        entry.person.as_uuid(),
        province.code(),
        entry.employer.id.as_uuid(),
        entry.number.to_string(),
    )
    .execute(tx.conn())
    .await?;
    ensure_affected("follow an active registration", 1, &result)
}

/// Ends a registration.
pub(crate) async fn end(tx: &mut Tx, entry: &RegisterEntry) -> Result<(), Error> {
    query!(
        "DELETE FROM register.active_registration WHERE person = $1",
        entry.person.as_uuid()
    )
    .execute(tx.conn())
    .await?;
    Ok(())
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
