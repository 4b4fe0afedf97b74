//! Attempts at guessing, counted by what is guessed at.

use jiff::{SignedDuration, Timestamp};
use postgres::{Error, ToSql as _, Tx};
use sqlx::{query, query_scalar};

/// What somebody may guess.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Guess {
    /// The name that belongs to a document number.
    Enrolment,
    /// The password of a document number or account.
    Password,
    /// The code of an account.
    SecondFactor,
}

/// Whether an attempt may go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Charge {
    /// It may, and counts as failed until it is cleared.
    Allowed,
    /// Not before this instant.
    LockedUntil(Timestamp),
}

impl Guess {
    fn code(self) -> &'static str {
        match self {
            Self::Enrolment => "enrolment",
            Self::Password => "password",
            Self::SecondFactor => "second_factor",
        }
    }
}

/// Counts an attempt before it is checked, so that attempts in parallel cannot outrun the count.
pub(crate) async fn charge(
    tx: &mut Tx,
    guess: Guess,
    subject: &[u8],
    now: Timestamp,
) -> Result<Charge, Error> {
    // Inserted first so that there is a row to lock: two first attempts at once count as two.
    query!(
        "INSERT INTO identity.attempt_guard (what, subject, failures, failed_at) VALUES ($1, $2, 1, $3)
         ON CONFLICT (what, subject) DO UPDATE SET failures = attempt_guard.failures",
        guess.code(),
        subject,
        FORGOTTEN.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    let row = query!(
        "SELECT failures, failed_at, locked_until FROM identity.attempt_guard WHERE what = $1 AND subject = $2",
        guess.code(),
        subject,
    )
    .fetch_one(tx.conn())
    .await?;
    if let Some(until) = row.locked_until.map(Timestamp::from)
        && until > now
    {
        return Ok(Charge::LockedUntil(until));
    }
    let recent = now.duration_since(row.failed_at.to_jiff()) < MEMORY;
    let failures = if recent { row.failures.saturating_add(1) } else { 1 };
    let locked_until = delay_after(failures).and_then(|delay| now.checked_add(delay).ok());
    query!(
        "UPDATE identity.attempt_guard
         SET failures = $3, failed_at = $4, locked_until = $5, updated_by = shared.transaction_name()
         WHERE what = $1 AND subject = $2",
        guess.code(),
        subject,
        failures,
        now.to_sql(),
        locked_until.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    Ok(Charge::Allowed)
}

/// Until when attempts are locked, if they are.
pub(crate) async fn locked_until(
    tx: &mut Tx,
    guess: Guess,
    subject: &[u8],
    now: Timestamp,
) -> Result<Option<Timestamp>, Error> {
    let until = query_scalar!(
        "SELECT locked_until FROM identity.attempt_guard WHERE what = $1 AND subject = $2",
        guess.code(),
        subject,
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(until.flatten().map(Timestamp::from).filter(|until| *until > now))
}

/// Forgets the failures: the attempt succeeded.
pub(crate) async fn clear(tx: &mut Tx, guess: Guess, subject: &[u8]) -> Result<(), Error> {
    query!(
        "DELETE FROM identity.attempt_guard WHERE what = $1 AND subject = $2",
        guess.code(),
        subject
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Removes what is too old to count, at most `limit` rows; returns how many.
pub(crate) async fn purge(tx: &mut Tx, now: Timestamp, limit: i64) -> Result<u64, Error> {
    let before = now.checked_sub(MEMORY).unwrap_or(now);
    let result = query!(
        "DELETE FROM identity.attempt_guard WHERE (what, subject) IN
             (SELECT what, subject FROM identity.attempt_guard WHERE failed_at < $1 ORDER BY failed_at LIMIT $2)",
        before.to_sql(),
        limit,
    )
    .execute(tx.conn())
    .await?;
    Ok(result.rows_affected())
}

/// How long the next attempt waits after so many failures in a row: nothing for the first four, then half a minute,
/// doubling up to an hour.
#[must_use]
pub(crate) fn delay_after(failures: i32) -> Option<SignedDuration> {
    let beyond = u32::try_from(failures.checked_sub(FREE_FAILURES)?).ok()?;
    let seconds = 30_i64.saturating_mul(1 << beyond.min(7));
    Some(SignedDuration::from_secs(seconds.min(3600)))
}

/// The failure that locks for the first time.
pub(crate) const FREE_FAILURES: i32 = 5;
/// Failures older than this do not count.
const MEMORY: SignedDuration = SignedDuration::from_hours(24);
/// Older than any memory: a row that has no failure yet.
const FORGOTTEN: Timestamp = Timestamp::UNIX_EPOCH;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_begin_with_the_fifth_failure_grow_and_end_at_an_hour() {
        let delays: Vec<_> = (0..16)
            .map(|n| delay_after(n).map_or(0, |delay| delay.as_secs()))
            .collect();
        assert_eq!(delays[..8], [0, 0, 0, 0, 0, 30, 60, 120]);
        assert!(delays.is_sorted());
        assert_eq!(delays.last(), Some(&3600));
        assert_eq!(delay_after(i32::MAX).map(|delay| delay.as_secs()), Some(3600));
    }
}
