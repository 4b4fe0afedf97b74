//! Tables `registration.check_answer` and `registration.check_settlement`; whoever may load the application may see them.

use domain::authority::Officer;
use domain::calendar::day_of;
use domain::check::{CheckAnswer, CheckOutcome, ExternalCheck};
use domain::ids::ApplicationId;
use jiff::Timestamp;
use postgres::{Error, ToSql as _, Tx};
use sqlx::query;
use uuid::Uuid;

use super::known;

const TABLE: &str = "registration.check_answer";

/// The latest answer to a check.
#[derive(Debug, Clone)]
pub(crate) struct Latest {
    pub(crate) id: Uuid,
    pub(crate) outcome: CheckOutcome,
    pub(crate) asked_at: Timestamp,
    /// SM3 of the answer as it came.
    pub(crate) digest: Option<Vec<u8>>,
}

/// One answer, to be kept.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) id: Uuid,
    pub(crate) application: ApplicationId,
    pub(crate) check: ExternalCheck,
    pub(crate) answer: CheckAnswer,
    /// Sealed reply and its SM3.
    pub(crate) reply: Option<(Vec<u8>, Vec<u8>)>,
    pub(crate) asked_at: Timestamp,
}

/// Keeps an answer.
pub(crate) async fn insert(tx: &mut Tx, answer: &Answer) -> Result<(), Error> {
    let (sealed, digest) = answer
        .reply
        .as_ref()
        .map(|(sealed, digest)| (sealed, digest))
        .unzip();
    query!(
        "INSERT INTO registration.check_answer
             (id, application_id, check_code, answer, sealed_reply, digest, asked_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        answer.id,
        answer.application.as_uuid(),
        answer.check.code(),
        answer.answer.code(),
        sealed,
        digest,
        answer.asked_at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Keeps an officer's word on an answer; false if it has one already.
pub(crate) async fn settle(
    tx: &mut Tx,
    answer: Uuid,
    passed: bool,
    officer: Officer,
    sealed_grounds: &[u8],
    at: Timestamp,
) -> Result<bool, Error> {
    let result = query!(
        "INSERT INTO registration.check_settlement
             (answer_id, passed, officer_id, authority, sealed_grounds, settled_at)
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (answer_id) DO NOTHING",
        answer,
        passed,
        officer.id.as_uuid(),
        officer.authority.to_string(),
        sealed_grounds,
        at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    Ok(result.rows_affected() == 1)
}

/// The latest answer of each check of an application, with the officer's word on it.
pub(crate) async fn latest(tx: &mut Tx, application: ApplicationId) -> Result<Vec<Latest>, Error> {
    let rows = query!(
        r#"SELECT DISTINCT ON (a.check_code) a.id, a.check_code, a.answer, a.asked_at, a.digest,
                s.passed AS "passed?"
         FROM registration.check_answer AS a LEFT JOIN registration.check_settlement AS s ON s.answer_id = a.id
         WHERE a.application_id = $1 ORDER BY a.check_code, a.asked_at DESC, a.id DESC"#,
        application.as_uuid(),
    )
    .fetch_all(tx.conn())
    .await?;
    let read = rows.into_iter().map(|row| {
        let asked_at = row.asked_at.to_jiff();
        let outcome = CheckOutcome {
            check: known(
                ExternalCheck::from_code(&row.check_code),
                TABLE,
                "check_code",
                row.id,
            )?,
            answer: known(CheckAnswer::from_code(&row.answer), TABLE, "answer", row.id)?,
            asked_on: day_of(asked_at),
            settled: row.passed,
        };
        Ok(Latest {
            id: row.id,
            outcome,
            asked_at,
            digest: row.digest,
        })
    });
    read.collect()
}
