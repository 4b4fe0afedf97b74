//! Dated facts of employers: append only.

use domain::credit_code::CreditCode;
use domain::ids::EmployerId;
use jiff::civil::Date;
use postgres::{Error, ReadDatabase, SqlDate, ToSql as _, Tx};
use sqlx::{query, query_scalar};

use super::known;
use crate::employer::{EmployerFact, EmployerStanding};

/// Adds what holds from `fact.from` on.
pub(crate) async fn insert(tx: &mut Tx, employer: EmployerId, fact: &EmployerFact) -> Result<(), Error> {
    query!(
        "INSERT INTO identity.employer_fact (employer_id, valid_from, title, credit_code, standing, evidence, recorded_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        employer.as_uuid(),
        fact.from.to_sql() as _,
        fact.title,
        fact.credit_code.as_str(),
        fact.standing.code(),
        fact.evidence,
        fact.recorded_at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// First day of the facts that hold now.
pub(crate) async fn latest_day(tx: &mut Tx, employer: EmployerId) -> Result<Option<Date>, Error> {
    let day = query_scalar!(
        "SELECT valid_from FROM identity.employer_fact WHERE employer_id = $1 ORDER BY id DESC LIMIT 1",
        employer.as_uuid(),
    );
    Ok(day.fetch_optional(tx.conn()).await?.map(SqlDate::to_jiff))
}

/// All of an employer's, oldest first; a fact that another took the place of on its first day ends before it began.
pub(crate) async fn list(read: &ReadDatabase, employer: EmployerId) -> Result<Vec<EmployerFact>, Error> {
    let rows = query!(
        r#"SELECT id, valid_from, lead(valid_from) OVER (ORDER BY id) - 1 AS "valid_to?: SqlDate", title, credit_code,
                standing, evidence, recorded_at
         FROM identity.employer_fact WHERE employer_id = $1 ORDER BY id"#,
        employer.as_uuid(),
    )
    .fetch_all(read.pool())
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(EmployerFact {
                title: row.title,
                credit_code: known(
                    CreditCode::parse(&row.credit_code).ok(),
                    "employer_fact",
                    "credit_code",
                    row.id,
                )?,
                standing: known(
                    EmployerStanding::from_code(&row.standing),
                    "employer_fact",
                    "standing",
                    row.id,
                )?,
                from: row.valid_from.to_jiff(),
                to: row.valid_to.map(SqlDate::to_jiff),
                evidence: row.evidence,
                recorded_at: row.recorded_at.to_jiff(),
            })
        })
        .collect()
}
