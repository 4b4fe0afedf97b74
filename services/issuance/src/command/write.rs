//! A write as it came: who sent it, under which request id, with which body; and the records that it leaves.

use jiff::Timestamp;
use postgres::audit::{Outcome, Record};
use postgres::hash::Hash;
use postgres::requests::{Request, Stored};
use postgres::{Database, Tx};
use serde_json::{Value, json};
use service_runtime::Scope;
use uuid::Uuid;

use crate::error::Error;

/// One write.
pub(crate) struct Write {
    /// Stable name of the caller.
    pub(crate) actor: String,
    pub(crate) scope: Scope,
    /// Full name of the method.
    pub(crate) method: &'static str,
    /// The verb of the audit: the method in snake case.
    pub(crate) verb: &'static str,
    pub(crate) request_id: Uuid,
    /// Keyed digest of the request: a plain one could be searched for what is personal inside.
    pub(crate) body: Hash,
    /// Register time of the call.
    pub(crate) at: Timestamp,
}

impl Write {
    /// For the replay table.
    pub(crate) fn request(&self) -> Request<'_> {
        Request {
            caller: &self.actor,
            method: self.method,
            id: self.request_id,
            body_sha256: self.body,
            at: self.at,
        }
    }

    /// Records what was done, in the same transaction.
    pub(crate) async fn done(
        &self,
        tx: &mut Tx,
        subject: &str,
        article: &str,
        evidence: Value,
    ) -> Result<(), Error> {
        Ok(tx
            .audit(self.record(subject, article, Outcome::Done, evidence))
            .await?)
    }

    /// Passes a result on; a refusal is recorded first, in a transaction of its own.
    pub(crate) async fn recorded<T>(
        &self,
        database: &Database,
        subject: &str,
        result: Result<T, Error>,
    ) -> Result<T, Error> {
        if let Err(Error::Refused(refusal)) = &result {
            let reason = refusal.name();
            let record = self.record(subject, "", Outcome::Refused { reason: &reason }, json!({}));
            database.record_refusal(record).await?;
        }
        result
    }

    fn record<'a>(
        &'a self,
        subject: &'a str,
        article: &'a str,
        outcome: Outcome<'a>,
        evidence: Value,
    ) -> Record<'a> {
        Record {
            at: self.at,
            actor: &self.actor,
            verb: self.verb,
            article,
            subject,
            outcome,
            evidence,
        }
    }
}

/// An id, to be kept as the answer of a request.
pub(crate) fn keep_id(id: Uuid) -> Stored {
    Stored::Response(id.as_bytes().to_vec())
}

/// The id kept as the answer of a request that was carried out.
pub(crate) fn kept_id(stored: Stored) -> Result<Uuid, Error> {
    let Stored::Response(bytes) = stored else {
        return Err(Error::internal("a request was kept without its answer"));
    };
    Uuid::from_slice(&bytes).map_err(Error::internal)
}
