//! How far the documents of a person's current version have got.

use domain::ids::PersonId;
use postgres::{Error, Tx};
use service_runtime::Scope;
use sqlx::query;

/// The documents of the current version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Making {
    pub(crate) licence_identifier: String,
    pub(crate) issued: bool,
    /// Stable reason of a set that goes no further.
    pub(crate) stopped: Option<String>,
    /// Attempts begun.
    pub(crate) attempts: i32,
    /// Nobody works on it now: with attempts behind it, the last one did not get through.
    pub(crate) idle: bool,
    /// Open sets that are older, and of the same class.
    pub(crate) ahead: i64,
}

/// The current version's, if the scope covers the person.
pub(crate) async fn of_person(tx: &mut Tx, person: PersonId, scope: &Scope) -> Result<Option<Making>, Error> {
    if !scope.may_see_person(person.as_uuid()) {
        return Ok(None);
    }
    let row = query!(
        r#"SELECT version.licence_identifier, version.issued_at IS NOT NULL AS "issued!", job.reason AS "reason?",
                  coalesce(job.attempts, 0) AS "attempts!", (job.holder IS NULL) AS "idle!",
                  (SELECT count(*) FROM issuing.job AS older
                   WHERE older.state IN ('waiting', 'intended') AND older.created_at < job.created_at
                     AND (older.bulk IS NULL OR older.bulk = job.bulk)) AS "ahead!"
           FROM issuing.certificate_version AS version
           LEFT JOIN LATERAL (
               SELECT made.reason, made.attempts, made.holder, made.created_at, made.bulk FROM issuing.job AS made
               WHERE made.version = version.id AND made.copy IS NULL
               ORDER BY made.generation DESC LIMIT 1) AS job ON true
           WHERE version.person = $1 AND version.current"#,
        person.as_uuid(),
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| Making {
        licence_identifier: row.licence_identifier,
        issued: row.issued,
        stopped: row.reason,
        attempts: row.attempts,
        idle: row.idle,
        ahead: row.ahead,
    }))
}
