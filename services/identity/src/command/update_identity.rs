//! Takes over another name, or another document, that the real-name record says is the caller's.

use domain::document_number::DocumentNumber;
use domain::ids::{AccountId, PersonId};
use domain::name::PersonName;
use personal_data::DataKey;
use postgres::Tx;
use postgres::requests::Begun;
use serde_json::json;
use tracing::instrument;

use super::real_names::matched;
use super::{Write, attempt::charge, keep_id, kept_id, on_constraint};
use crate::access;
use crate::account_view::{AccountView, view};
use crate::deps::Deps;
use crate::error::{
    DOCUMENT_NOT_SUCCESSOR, DOCUMENT_OF_ANOTHER, Error, IDENTITY_UNCHANGED, REAL_NAME_MISMATCH,
};
use crate::sealing::{self, Identification, Index};
use crate::store::account;
use crate::store::attempt::{self, Guess};
use crate::store::person::{self, SealedDocument};
use crate::store::real_name::{self, RealNameRecord};

/// What the caller says of themself now.
pub(crate) struct Input {
    /// The write, in the name of the person.
    pub(crate) write: Write,
    /// Their name.
    pub(crate) name: PersonName,
    /// Their document.
    pub(crate) number: DocumentNumber,
}

/// Idempotent on the request id. Name and number are confirmed by the record together, as at enrolment; a wrong guess
/// counts like one there. What was so before is kept.
///
/// # Errors
/// `REAL_NAME_MISMATCH`, `IDENTITY_UNCHANGED`, `DOCUMENT_NOT_SUCCESSOR`, `DOCUMENT_OF_ANOTHER`, `ATTEMPTS_LOCKED`.
#[instrument(name = "update_identity", skip_all)]
pub(crate) async fn update_identity(deps: &Deps, input: Input) -> Result<AccountView, Error> {
    let own = access::require_account(&input.write.caller)?;
    let result = try_update(deps, &input, own).await;
    input.write.recorded(deps, &own.resource_name(), result).await
}

async fn try_update(deps: &Deps, input: &Input, own: AccountId) -> Result<AccountView, Error> {
    let Input { write, name, number } = input;
    let (number_index, name_index) = (deps.sealing.number_index(number), deps.sealing.name_index(name));
    charge(deps, write, Guess::Enrolment, number_index.current()).await?;
    let (number_index, name_index) = (&number_index, &name_index);
    deps.database
        .run_tx("update identity", async |tx: &mut Tx| {
            let found = account::find(tx, own).await?;
            let account = found
                .ok_or_else(|| Error::internal("an account that is signed in is gone"))?
                .account;
            let claim = match tx.begin_request(&write.request()).await? {
                Begun::Replay(stored) => {
                    kept_id(stored)?;
                    return view(deps, tx, &account, write.at).await;
                }
                Begun::First(claim) => claim,
            };
            let owner = account.person;
            person::lock(tx, owner).await?;
            let record = real_name::find(tx, number_index).await?;
            let (record, facts) = matched(deps, record, name_index)?;
            let told = Identification {
                person: owner,
                number: number.clone(),
                name: name.clone(),
                facts,
            };
            let changed = take_over(deps, tx, write, &told, (number_index, &record)).await?;
            attempt::clear(tx, Guess::Enrolment, number_index.current()).await?;
            let evidence = json!({ "person": owner.resource_name(), "changed": changed });
            write.done(tx, &own.resource_name(), evidence).await?;
            tx.finish_request(claim, &keep_id(own.as_uuid())).await?;
            view(deps, tx, &account, write.at).await
        })
        .await
}

/// Stores what differs, and names it.
async fn take_over(
    deps: &Deps,
    tx: &mut Tx,
    write: &Write,
    told: &Identification,
    (number, record): (&Index, &RealNameRecord),
) -> Result<&'static str, Error> {
    let (key, present) = present(deps, tx, told.person).await?;
    let sealed = sealing::seal_document(&key, told);
    let id = present.id;
    // A stored birth date was in the past when it was accepted; it is not judged again by a later clock.
    let known = sealing::open_document(&key, present, jiff::civil::Date::MAX)?;
    if known.number == told.number {
        if known.name == told.name && known.facts == told.facts {
            return Err(IDENTITY_UNCHANGED.into());
        }
        person::rename(tx, &SealedDocument { id, ..sealed }, write.at).await?;
        return Ok("name");
    }
    // Whose number was the document's before, the record says: without it anybody's document would do.
    let present_number = deps.sealing.number_index(&known.number);
    if !record
        .previous
        .as_ref()
        .is_some_and(|previous| present_number.matches(previous))
    {
        return Err(DOCUMENT_NOT_SUCCESSOR.into());
    }
    person::supersede_document(tx, id, sealed.id).await?;
    person::insert_document(tx, &sealed, number, write.at)
        .await
        .map_err(|error| on_constraint(error, "identity_document_number", DOCUMENT_OF_ANOTHER))?;
    Ok("document")
}

async fn present(deps: &Deps, tx: &mut Tx, owner: PersonId) -> Result<(DataKey, SealedDocument), Error> {
    let wrapped = person::data_key(tx, owner.as_uuid()).await?;
    let document = person::current_document(tx, owner).await?;
    let (Some(wrapped), Some(document)) = (wrapped, document) else {
        return Err(REAL_NAME_MISMATCH.into());
    };
    Ok((deps.sealing.open_key(owner.as_uuid(), wrapped)?, document))
}
