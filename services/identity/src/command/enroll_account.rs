//! Opens a real-name account.

use domain::document_number::DocumentNumber;
use domain::ids::{AccountId, PersonId};
use domain::name::PersonName;
use jiff::SignedDuration;
use postgres::Tx;
use postgres::requests::Begun;
use serde_json::json;
use tracing::instrument;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::real_names::matched;
use super::{Write, attempt::charge, keep_id, kept_id, on_constraint, session_tokens};
use crate::account_view::{AccountView, view};
use crate::deps::Deps;
use crate::error::{ACCOUNT_EXISTS, Error};
use crate::password::Password;
use crate::sealing::{self, Identification, Index};
use crate::second_factor as totp;
use crate::store::account::{self, Account, AccountState};
use crate::store::attempt::{self, Guess};
use crate::store::real_name;
use crate::store::{person, second_factor};

/// What somebody says about themself.
pub(crate) struct Input {
    /// The write.
    pub(crate) write: Write,
    /// Their name.
    pub(crate) name: PersonName,
    /// Their document.
    pub(crate) number: DocumentNumber,
    /// The password they choose.
    pub(crate) password: Password,
}

/// The account, and the secret to be shown once.
pub(crate) struct Enrolled {
    /// The account.
    pub(crate) account: AccountView,
    /// `otpauth://` address; none on a repetition.
    pub(crate) second_factor_uri: Option<Zeroizing<String>>,
}

/// What was made before the transaction, so that every outcome costs the same up to it.
struct Prepared {
    password_hash: String,
    secret: Zeroizing<Vec<u8>>,
    number: Index,
    name: Index,
}

/// Idempotent on the request id. An absent and a mismatched record get one answer at one cost, and only a match
/// learns that there is an account already. An account whose second factor was never confirmed may be enrolled anew
/// after a day.
///
/// # Errors
/// `REAL_NAME_MISMATCH`, `ACCOUNT_EXISTS`, `ATTEMPTS_LOCKED`, or a field at fault.
#[instrument(name = "enroll_account", skip_all)]
pub(crate) async fn enroll_account(deps: &Deps, input: Input) -> Result<Enrolled, Error> {
    let Input {
        write,
        name,
        number,
        password,
    } = input;
    let result = try_enroll(deps, &write, name, number, password).await;
    write.recorded(deps, "accounts/-", result).await
}

async fn try_enroll(
    deps: &Deps,
    write: &Write,
    name: PersonName,
    number: DocumentNumber,
    password: Password,
) -> Result<Enrolled, Error> {
    session_tokens::carrier(deps, write)?;
    password.check_choice(number.expose())?;
    let index = deps.sealing.number_index(&number);
    charge(deps, write, Guess::Enrolment, index.current()).await?;
    let prepared = Prepared {
        password_hash: deps.passwords.hash(password).await?,
        secret: totp::new_secret()?,
        name: deps.sealing.name_index(&name),
        number: index,
    };
    let (account, new) = deps
        .database
        .run_tx("enroll account", async |tx: &mut Tx| {
            let claim = match tx.begin_request(&write.request()).await? {
                Begun::Replay(stored) => {
                    return repeat(deps, tx, AccountId::from_uuid(kept_id(stored)?), write).await;
                }
                Begun::First(claim) => claim,
            };
            let record = real_name::find(tx, &prepared.number).await?;
            let (_, facts) = matched(deps, record, &prepared.name)?;
            let known = person::find_by_number(tx, &prepared.number).await?;
            let account = match known {
                Some(person) => enrol_known(deps, tx, write, person, &prepared).await?,
                None => {
                    let person = PersonId::from_uuid(Uuid::new_v4());
                    let identification = Identification {
                        person,
                        number: number.clone(),
                        name: name.clone(),
                        facts,
                    };
                    enrol_new(deps, tx, write, &identification, &prepared).await?
                }
            };
            attempt::clear(tx, Guess::Enrolment, prepared.number.current()).await?;
            let subject = account.id.resource_name();
            write
                .done(tx, &subject, json!({ "person": account.person.resource_name() }))
                .await?;
            tx.finish_request(claim, &keep_id(account.id.as_uuid())).await?;
            Ok((view(deps, tx, &account, write.at).await?, true))
        })
        .await?;
    let uri = new
        .then(|| totp::uri(&prepared.secret, &account.masked_number))
        .transpose()?;
    Ok(Enrolled {
        account,
        second_factor_uri: uri.map(Zeroizing::new),
    })
}

async fn repeat(
    deps: &Deps,
    tx: &mut Tx,
    id: AccountId,
    write: &Write,
) -> Result<(AccountView, bool), Error> {
    let found = account::find(tx, id)
        .await?
        .ok_or_else(|| Error::internal("the account of a request is gone"))?;
    Ok((view(deps, tx, &found.account, write.at).await?, false))
}

async fn enrol_new(
    deps: &Deps,
    tx: &mut Tx,
    write: &Write,
    identification: &Identification,
    prepared: &Prepared,
) -> Result<Account, Error> {
    let owner = identification.person;
    let (key, wrapped) = deps.sealing.create_key(owner.as_uuid());
    person::insert(tx, owner, write.at).await?;
    person::insert_data_key(tx, owner.as_uuid(), &wrapped, write.at).await?;
    let document = sealing::seal_document(&key, identification);
    person::insert_document(tx, &document, &prepared.number, write.at)
        .await
        .map_err(|error| on_constraint(error, "identity_document_number", ACCOUNT_EXISTS))?;
    let account = new_account(owner, write);
    account::insert(tx, &account, &prepared.password_hash).await?;
    second_factor::replace(tx, account.id, &sealing::seal_secret(&key, &prepared.secret)).await?;
    Ok(account)
}

async fn enrol_known(
    deps: &Deps,
    tx: &mut Tx,
    write: &Write,
    owner: PersonId,
    prepared: &Prepared,
) -> Result<Account, Error> {
    let account = match account::of_person(tx, owner).await? {
        None => {
            let account = new_account(owner, write);
            account::insert(tx, &account, &prepared.password_hash)
                .await
                .map_err(|error| on_constraint(error, "account_one_per_person", ACCOUNT_EXISTS))?;
            account
        }
        Some(found) if is_abandoned(&found.account, write) => {
            account::enrol_anew(tx, found.account.id, &prepared.password_hash, write.at).await?;
            Account {
                enrolled_at: write.at,
                ..found.account
            }
        }
        Some(_) => return Err(Error::from(ACCOUNT_EXISTS)),
    };
    let wrapped = person::data_key(tx, owner.as_uuid()).await?;
    let wrapped = wrapped.ok_or_else(|| Error::internal("a document of an erased person"))?;
    let key = deps.sealing.open_key(owner.as_uuid(), wrapped)?;
    second_factor::replace(tx, account.id, &sealing::seal_secret(&key, &prepared.secret)).await?;
    Ok(account)
}

fn new_account(person: PersonId, write: &Write) -> Account {
    let id = AccountId::from_uuid(Uuid::new_v4());
    Account {
        id,
        person,
        state: AccountState::Enrolled,
        enrolled_at: write.at,
    }
}

/// Never confirmed, and a day old: its secret was lost on the way.
fn is_abandoned(account: &Account, write: &Write) -> bool {
    account.state == AccountState::Enrolled && write.at.duration_since(account.enrolled_at) >= ABANDONED_AFTER
}

const ABANDONED_AFTER: SignedDuration = SignedDuration::from_hours(24);
