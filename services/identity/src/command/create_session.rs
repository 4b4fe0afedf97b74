//! Begins to sign a person in: the password.

use domain::document_number::DocumentNumber;
use postgres::Tx;
use postgres::requests::Begun;
use serde_json::json;
use tracing::instrument;
use uuid::Uuid;

use super::session_tokens::{after, carrier};
use super::{Write, attempt::charge, keep_id, kept_id};
use crate::deps::Deps;
use crate::error::{ACCOUNT_NOT_ACTIVE, Error, SIGN_IN_FAILED};
use crate::password::Password;
use crate::store::account::{self, AccountState};
use crate::store::attempt::{self, Guess};
use crate::store::session::{self, Session, SessionState};

/// Who says they are somebody.
pub(crate) struct Input {
    /// The write.
    pub(crate) write: Write,
    /// Their document.
    pub(crate) number: DocumentNumber,
    /// Their password.
    pub(crate) password: Password,
}

/// Idempotent on the request id: a repetition with the same password gets the same session. An unknown document and
/// a wrong password get one answer at one cost, and lock alike.
///
/// # Errors
/// `SIGN_IN_FAILED`, `ATTEMPTS_LOCKED`, or, to whoever knows the password, `ACCOUNT_NOT_ACTIVE`.
#[instrument(name = "create_session", skip_all)]
pub(crate) async fn create_session(deps: &Deps, input: Input) -> Result<Session, Error> {
    let Input {
        write,
        number,
        password,
    } = input;
    let result = try_create(deps, &write, &number, password).await;
    write.recorded(deps, "sessions/-", result).await
}

async fn try_create(
    deps: &Deps,
    write: &Write,
    number: &DocumentNumber,
    password: Password,
) -> Result<Session, Error> {
    let carrier = carrier(deps, write)?;
    let index = deps.sealing.number_index(number);
    charge(deps, write, Guess::Password, index.current()).await?;
    let found = deps
        .database
        .run_tx("read credentials", async |tx: &mut Tx| {
            account::find_by_number(tx, &index).await
        })
        .await?;
    let (account, stored) = found.map(|found| (found.account, found.password_hash)).unzip();
    let right = deps.passwords.verify(password, stored).await?;
    let Some(account) = account.filter(|_| right) else {
        return Err(Error::from(SIGN_IN_FAILED));
    };
    if account.state != AccountState::Active {
        return Err(Error::from(ACCOUNT_NOT_ACTIVE));
    }
    deps.database
        .run_tx("create session", async |tx: &mut Tx| {
            attempt::clear(tx, Guess::Password, index.current()).await?;
            let claim = match tx.begin_request(&write.request()).await? {
                Begun::Replay(stored) => {
                    let kept = session::lock(tx, kept_id(stored)?).await?;
                    return kept.ok_or_else(|| Error::internal("the session of a request is gone"));
                }
                Begun::First(claim) => claim,
            };
            let session = Session {
                id: Uuid::new_v4(),
                account: account.id,
                carrier: carrier.clone(),
                state: SessionState::Pending,
                audiences: Vec::new(),
                created_at: write.at,
                expires_at: after(write.at, deps.rules.pending),
                stepped_up_at: None,
            };
            session::insert_pending(tx, &session).await?;
            let subject = format!("sessions/{}", session.id);
            write
                .done(tx, &subject, json!({ "account": account.id.resource_name() }))
                .await?;
            tx.finish_request(claim, &keep_id(session.id)).await?;
            Ok(session)
        })
        .await
}
