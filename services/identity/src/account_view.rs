//! What the owner of an account may see of it.

use domain::document_number::DocumentKind;
use domain::ids::{AccountId, PersonId};
use jiff::Timestamp;
use postgres::Tx;

use crate::deps::Deps;
use crate::error::Error;
use crate::sealing::{self, Identification};
use crate::store::account::{Account, AccountState};
use crate::store::attempt::{self, Guess};
use crate::store::person;

/// Where an account stands, as its owner is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ViewState {
    /// The second factor is not confirmed yet.
    Enrolled,
    /// May sign in.
    Active,
    /// Too many attempts failed; may sign in later.
    Locked,
}

/// An account as its owner sees it: masked number, family name.
#[derive(Clone)]
pub(crate) struct AccountView {
    /// Its id.
    pub(crate) id: AccountId,
    /// Whose it is.
    pub(crate) person: PersonId,
    /// Where it stands.
    pub(crate) state: ViewState,
    /// First and last character.
    pub(crate) masked_number: String,
    /// The kind of the current document.
    pub(crate) kind: DocumentKind,
    /// The family part of the name.
    pub(crate) family_name: String,
    /// When it was enrolled.
    pub(crate) created_at: Timestamp,
}

/// Looks an account up as its owner sees it. The caller has proved a right to it.
///
/// # Errors
/// The person was erased or the row is broken.
pub(crate) async fn view(
    deps: &Deps,
    tx: &mut Tx,
    account: &Account,
    now: Timestamp,
) -> Result<AccountView, Error> {
    let document = identification(deps, tx, account.person).await?;
    let document = document.ok_or_else(|| Error::internal("an account of an erased person"))?;
    let index = deps.sealing.number_index(&document.number);
    let locked = attempt::locked_until(tx, Guess::Password, index.current(), now).await?;
    let state = match (account.state, locked) {
        (AccountState::Enrolled, _) => ViewState::Enrolled,
        (AccountState::Active, None) => ViewState::Active,
        (AccountState::Active, Some(_)) => ViewState::Locked,
    };
    Ok(AccountView {
        id: account.id,
        person: account.person,
        state,
        masked_number: document.number.masked(),
        kind: document.number.kind(),
        family_name: document.name.family_name().to_owned(),
        created_at: account.enrolled_at,
    })
}

/// A person's current document in the clear; none for an unknown or erased person.
///
/// # Errors
/// It does not open.
pub(crate) async fn identification(
    deps: &Deps,
    tx: &mut Tx,
    id: PersonId,
) -> Result<Option<Identification>, Error> {
    let document = person::current_document(tx, id).await?;
    let wrapped = person::data_key(tx, id.as_uuid()).await?;
    let (Some(document), Some(wrapped)) = (document, wrapped) else {
        return Ok(None);
    };
    let key = deps.sealing.open_key(id.as_uuid(), wrapped)?;
    // A stored birth date was in the past when it was accepted; it is not judged again by a later clock.
    sealing::open_document(&key, document, jiff::civil::Date::MAX).map(Some)
}
