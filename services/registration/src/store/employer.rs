//! Table `registration.employer`: dated facts, nothing personal.

use domain::ids::EmployerId;
use jiff::Timestamp;
use postgres::{Error, ToSql as _, Tx};
use sqlx::query;

/// An employer as identity told it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Employer {
    pub(crate) id: EmployerId,
    pub(crate) title: String,
    pub(crate) credit_code: String,
    pub(crate) province: String,
    /// Whether it holds a qualification that lets it employ constructors.
    pub(crate) qualified: bool,
}

/// Takes the present facts.
pub(crate) async fn upsert(tx: &mut Tx, employer: &Employer, at: Timestamp) -> Result<(), Error> {
    query!(
        "INSERT INTO registration.employer (id, title, credit_code, province, qualified, fetched_at)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (id) DO UPDATE SET title = excluded.title, credit_code = excluded.credit_code,
             province = excluded.province, qualified = excluded.qualified, fetched_at = excluded.fetched_at,
             updated_by = shared.transaction_name()",
        employer.id.as_uuid(),
        employer.title,
        employer.credit_code,
        employer.province,
        employer.qualified,
        at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// One employer.
pub(crate) async fn find(tx: &mut Tx, employer: EmployerId) -> Result<Option<Employer>, Error> {
    let row = query!(
        "SELECT title, credit_code, province, qualified FROM registration.employer WHERE id = $1",
        employer.as_uuid(),
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| Employer {
        id: employer,
        title: row.title,
        credit_code: row.credit_code,
        province: row.province,
        qualified: row.qualified,
    }))
}
