//! Accounts.

use domain::ids::{AccountId, PersonId};
use jiff::Timestamp;
use postgres::{Error, ToSql as _, Tx, ensure_affected};
use sqlx::query;

use super::known;
use crate::sealing::Index;

/// Where an account stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AccountState {
    /// The second factor is not confirmed yet.
    Enrolled,
    /// May sign in.
    Active,
}

/// An account without its secrets.
#[derive(Debug, Clone)]
pub(crate) struct Account {
    /// Its id.
    pub(crate) id: AccountId,
    /// Whose it is.
    pub(crate) person: PersonId,
    /// Where it stands.
    pub(crate) state: AccountState,
    /// When it was enrolled, or last enrolled anew.
    pub(crate) enrolled_at: Timestamp,
}

/// An account with what its password is checked against.
#[derive(Debug, Clone)]
pub(crate) struct Credentials {
    /// The account.
    pub(crate) account: Account,
    /// Argon2id in PHC form.
    pub(crate) password_hash: String,
}

/// Adds an enrolled account; `account_one_per_person` refuses a second one.
pub(crate) async fn insert(tx: &mut Tx, account: &Account, password_hash: &str) -> Result<(), Error> {
    query!(
        "INSERT INTO identity.account (id, person_id, password_hash, state, enrolled_at)
         VALUES ($1, $2, $3, 'enrolled', $4)",
        account.id.as_uuid(),
        account.person.as_uuid(),
        password_hash,
        account.enrolled_at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Gives an account that was never activated a new password.
pub(crate) async fn enrol_anew(
    tx: &mut Tx,
    account: AccountId,
    password_hash: &str,
    at: Timestamp,
) -> Result<(), Error> {
    let result = query!(
        "UPDATE identity.account SET password_hash = $2, enrolled_at = $3, updated_by = shared.transaction_name()
         WHERE id = $1 AND state = 'enrolled'",
        account.as_uuid(),
        password_hash,
        at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    ensure_affected("enrol an account anew", 1, &result)
}

/// Marks an account as active.
pub(crate) async fn activate(tx: &mut Tx, account: AccountId, at: Timestamp) -> Result<(), Error> {
    let result = query!(
        "UPDATE identity.account SET state = 'active', activated_at = $2, updated_by = shared.transaction_name()
         WHERE id = $1 AND state = 'enrolled'",
        account.as_uuid(),
        at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    ensure_affected("activate an account", 1, &result)
}

/// The account of a person, locked against other transactions.
pub(crate) async fn of_person(tx: &mut Tx, person: PersonId) -> Result<Option<Credentials>, Error> {
    let row = query!(
        "SELECT id, person_id, password_hash, state, enrolled_at
         FROM identity.account WHERE person_id = $1 FOR UPDATE",
        person.as_uuid(),
    )
    .fetch_optional(tx.conn())
    .await?;
    row.map(|row| {
        credentials(
            row.id,
            row.person_id,
            row.password_hash,
            &row.state,
            row.enrolled_at.to_jiff(),
        )
    })
    .transpose()
}

/// The account with an id. Whoever calls this has proved, or goes on to prove, a right to it.
pub(crate) async fn find(tx: &mut Tx, account: AccountId) -> Result<Option<Credentials>, Error> {
    let row = query!(
        "SELECT id, person_id, password_hash, state, enrolled_at FROM identity.account WHERE id = $1",
        account.as_uuid(),
    )
    .fetch_optional(tx.conn())
    .await?;
    row.map(|row| {
        credentials(
            row.id,
            row.person_id,
            row.password_hash,
            &row.state,
            row.enrolled_at.to_jiff(),
        )
    })
    .transpose()
}

/// The account of whoever carries the document with this blind index.
pub(crate) async fn find_by_number(tx: &mut Tx, number: &Index) -> Result<Option<Credentials>, Error> {
    let row = query!(
        "SELECT account.id, account.person_id, account.password_hash, account.state, account.enrolled_at
         FROM identity.account account
         JOIN identity.identity_document document ON document.person_id = account.person_id
         WHERE document.number_index = ANY($1)",
        number.candidates(),
    )
    .fetch_optional(tx.conn())
    .await?;
    row.map(|row| {
        credentials(
            row.id,
            row.person_id,
            row.password_hash,
            &row.state,
            row.enrolled_at.to_jiff(),
        )
    })
    .transpose()
}

fn credentials(
    id: uuid::Uuid,
    person: uuid::Uuid,
    password_hash: String,
    state: &str,
    enrolled_at: Timestamp,
) -> Result<Credentials, Error> {
    let state = match state {
        "enrolled" => Some(AccountState::Enrolled),
        "active" => Some(AccountState::Active),
        _ => None,
    };
    let state = known(state, "account", "state", id)?;
    let account = Account {
        id: AccountId::from_uuid(id),
        person: PersonId::from_uuid(person),
        state,
        enrolled_at,
    };
    Ok(Credentials {
        account,
        password_hash,
    })
}
