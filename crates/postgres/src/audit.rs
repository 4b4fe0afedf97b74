//! The audit: every decision, refusal and read of personal material, append only, hash-chained once committed.
//!
//! Recording never waits: a record goes in with the decision. A leased job ([`link`]) later numbers committed
//! records densely and chains them, so concurrent decisions do not queue behind one chain head.

mod chain;
mod export;
mod link;

use jiff::Timestamp;
use serde_json::{Value, json};
use sqlx::query;

pub use chain::{Checker, Entry, Fault, Head, Link, link_hash};
pub use export::{FORMAT, Hex, Line, Place, Report, Unreadable, verify_export};
pub use link::{Linked, Verified, head, head_at, link, links, pending, unlinked, verify};

use crate::types::{SqlTimestamp, ToSql, column};
use crate::{Database, Error, Tx};

/// A decision or refusal, in ids and codes. Callers put no personal data in any field.
#[derive(Debug, Clone, PartialEq)]
pub struct Record<'a> {
    /// Register time of the decision.
    pub at: Timestamp,
    /// Who acted: resource name of an account, officer, client or service. Has no default.
    pub actor: &'a str,
    /// The RPC's name in snake case, or the job's.
    pub verb: &'a str,
    /// The provision it rests on (`部令 第45号 第14条`), empty where none applies.
    pub article: &'a str,
    /// Resource name of what was acted upon.
    pub subject: &'a str,
    /// What came of it.
    pub outcome: Outcome<'a>,
    /// Ids, codes and digests the decision rested on.
    pub evidence: Value,
}

/// What came of an act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome<'a> {
    /// It was carried out in the same transaction.
    Done,
    /// It was refused for a reason of the service's reason table.
    Refused {
        /// UPPER_SNAKE_CASE.
        reason: &'a str,
    },
}

/// Something personal that was read: what kind of thing and its name, never what is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read {
    /// Such as `material`, `document_number`, `objector`.
    pub kind: String,
    /// Resource name.
    pub name: String,
}

impl Read {
    /// Names what was read.
    pub fn new(kind: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            kind: kind.into(),
            name: name.into(),
        }
    }
}

/// Who read something, when, and for what; see [`Tx::audit_read`].
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a> {
    /// Register time.
    pub at: Timestamp,
    /// Resource name of the reader.
    pub actor: &'a str,
    /// The RPC's name in snake case.
    pub verb: &'a str,
    /// Why it was read: a resource name or a short code; empty where the verb says it.
    pub purpose: &'a str,
}

impl Tx {
    /// Records that personal material was read, in the transaction that reads it: nothing is told that is not recorded.
    ///
    /// # Errors
    /// [`Error::Constraint`] if the actor or the subject is empty.
    pub async fn audit_read(
        &mut self,
        reader: Reader<'_>,
        subject: &str,
        read: &[Read],
    ) -> Result<(), Error> {
        let things: Vec<Value> = read
            .iter()
            .map(|one| json!({ "kind": one.kind, "name": one.name }))
            .collect();
        let mut evidence = json!({ "read": things });
        if !reader.purpose.is_empty() {
            evidence["purpose"] = reader.purpose.into();
        }
        self.audit(Record {
            at: reader.at,
            actor: reader.actor,
            verb: reader.verb,
            article: "",
            subject,
            outcome: Outcome::Done,
            evidence,
        })
        .await
    }

    /// Adds a record that stands or falls with this transaction.
    ///
    /// # Errors
    /// [`Error::Constraint`] if a field that must be filled is empty.
    pub async fn audit(&mut self, record: Record<'_>) -> Result<(), Error> {
        let (outcome, reason) = match record.outcome {
            Outcome::Done => ("done", None),
            Outcome::Refused { reason } => ("refused", Some(reason)),
        };
        query!(
            "WITH recorded AS (
                 INSERT INTO shared.audit (at, actor, verb, article, subject, outcome, reason, evidence)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id)
             INSERT INTO shared.audit_pending (audit_id) SELECT id FROM recorded",
            record.at.to_sql(),
            record.actor,
            record.verb,
            record.article,
            record.subject,
            outcome,
            reason,
            record.evidence,
        )
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// Adds records in their order, as [`Tx::audit`] each.
    ///
    /// # Errors
    /// As [`Tx::audit`]; none is then recorded.
    pub async fn audit_all(&mut self, records: &[Record<'_>]) -> Result<(), Error> {
        if records.is_empty() {
            return Ok(());
        }
        let times: Vec<SqlTimestamp> = column(records, |record| record.at.to_sql());
        query!(
            "WITH recorded AS (
                 INSERT INTO shared.audit (at, actor, verb, article, subject, outcome, reason, evidence)
                 SELECT at, actor, verb, article, subject, CASE WHEN reason IS NULL THEN 'done' ELSE 'refused' END, reason,
                     evidence
                 FROM unnest($1::timestamptz[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::jsonb[])
                     WITH ORDINALITY AS new (at, actor, verb, article, subject, reason, evidence, place)
                 ORDER BY place RETURNING id)
             INSERT INTO shared.audit_pending (audit_id) SELECT id FROM recorded",
            &times as _,
            &column(records, |record| record.actor.to_owned()),
            &column(records, |record| record.verb.to_owned()),
            &column(records, |record| record.article.to_owned()),
            &column(records, |record| record.subject.to_owned()),
            &column(records, |record| match record.outcome {
                Outcome::Done => None,
                Outcome::Refused { reason } => Some(reason.to_owned()),
            }) as _,
            &column(records, |record| record.evidence.clone()),
        )
        .execute(self.conn())
        .await?;
        Ok(())
    }
}

impl Database {
    /// Records a refusal in a transaction of its own: the refused one rolled back.
    ///
    /// # Errors
    /// The database's.
    pub async fn record_refusal(&self, record: Record<'_>) -> Result<(), Error> {
        self.run_tx("record refusal", async |tx: &mut Tx| {
            tx.audit(record.clone()).await
        })
        .await
    }
}
