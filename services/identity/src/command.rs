//! State changes, one a file, named like its RPC. Each stores state, audit and the answer to a repetition together
//! or not at all; a refusal is recorded in a transaction of its own.

pub(crate) mod accept_invitation;
pub(crate) mod confirm_second_factor;
pub(crate) mod create_session;
pub(crate) mod enroll_account;
pub(crate) mod grant_role;
pub(crate) mod import_real_names;
pub(crate) mod invite_registrar;
pub(crate) mod issue_client_token;
pub(crate) mod link_persons;
pub(crate) mod record_employer_facts;
pub(crate) mod record_employers;
pub(crate) mod refresh_session;
pub(crate) mod register_client;
pub(crate) mod register_employer;
pub(crate) mod remove_member;
pub(crate) mod resolve_persons;
pub(crate) mod revoke_role;
pub(crate) mod revoke_session;
pub(crate) mod step_up;
pub(crate) mod update_identity;
pub(crate) mod verify_second_factor;

mod attempt;
mod real_names;
mod session_tokens;

use jiff::Timestamp;
use postgres::audit::{Outcome, Record};
use postgres::requests::{Request, Stored};
use postgres::{SqlTimestamp, Tx};
use serde_json::Value;
use service_runtime::Caller;
use service_runtime::clock::Clock as _;
use service_runtime::error::REQUEST_ID_REUSED;
use uuid::Uuid;

use crate::deps::Deps;
use crate::error::{ANSWER_NOT_REPEATED, Error};

/// A write as it came: who sent it, its name, its request id, and a keyed digest of its body.
pub(crate) struct Write {
    /// Who calls.
    pub(crate) caller: Caller,
    /// Stable name of the caller, for audit and replay.
    pub(crate) actor: String,
    /// Full name of the method.
    pub(crate) method: &'static str,
    /// The verb of the audit: the method in snake case.
    pub(crate) verb: &'static str,
    /// The caller's request id.
    pub(crate) request_id: Uuid,
    /// Keyed digest of the request.
    pub(crate) body: [u8; 32],
    /// Register time of the call.
    pub(crate) at: Timestamp,
}

impl Deps {
    /// The present by the register clock, as exact as the store keeps it.
    #[must_use]
    pub(crate) fn now(&self) -> Timestamp {
        SqlTimestamp::from(self.clock.now()).to_jiff()
    }
}

impl Write {
    fn request(&self) -> Request<'_> {
        Request {
            caller: &self.actor,
            method: self.method,
            id: self.request_id,
            body_sha256: self.body,
            at: self.at,
        }
    }

    /// Records what was done, in the same transaction.
    async fn done(&self, tx: &mut Tx, subject: &str, evidence: Value) -> Result<(), Error> {
        Ok(tx.audit(self.record(subject, Outcome::Done, evidence)).await?)
    }

    /// Passes a result on; a refusal is recorded first.
    async fn recorded<T>(&self, deps: &Deps, subject: &str, result: Result<T, Error>) -> Result<T, Error> {
        let reason = match &result {
            Err(Error::Refused(refusal)) => refusal.name(),
            Err(Error::Database(postgres::Error::RequestIdReused)) => REQUEST_ID_REUSED.name.to_owned(),
            Ok(_) | Err(Error::Database(_) | Error::Internal(_)) => return result,
        };
        let outcome = Outcome::Refused { reason: &reason };
        deps.database
            .record_refusal(self.record(subject, outcome, Value::Object(Default::default())))
            .await?;
        result
    }

    fn record<'a>(&'a self, subject: &'a str, outcome: Outcome<'a>, evidence: Value) -> Record<'a> {
        Record {
            at: self.at,
            actor: &self.actor,
            verb: self.verb,
            article: "",
            subject,
            outcome,
            evidence,
        }
    }
}

/// The id kept as the answer of a request that was carried out.
fn kept_id(stored: Stored) -> Result<Uuid, Error> {
    let Stored::Response(bytes) = stored else {
        return Err(ANSWER_NOT_REPEATED.into());
    };
    Uuid::from_slice(&bytes).map_err(|_| Error::internal("the answer kept for a request is no id"))
}

/// An id, to be kept as the answer.
fn keep_id(id: Uuid) -> Stored {
    Stored::Response(id.as_bytes().to_vec())
}

/// Turns the violation of one constraint into a refusal.
fn on_constraint(error: postgres::Error, name: &str, reason: service_runtime::Reason) -> Error {
    if error.constraint() == Some(name) {
        reason.into()
    } else {
        error.into()
    }
}

/// Turns a wait into what `RetryInfo` carries.
fn until(end: Timestamp, now: Timestamp) -> std::time::Duration {
    std::time::Duration::try_from(end.duration_since(now)).unwrap_or_default()
}
