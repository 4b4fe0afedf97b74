//! Employers.

use domain::credit_code::CreditCode;
use domain::ids::EmployerId;
use domain::province::Province;
use jiff::Timestamp;
use postgres::{Error, ReadDatabase, ToSql as _, Tx};
use sqlx::query;
use uuid::Uuid;

use super::known;
use crate::employer::{Employer, EmployerQualification};

/// Adds an employer; `employer_credit_code` refuses a second one with the same code.
pub(crate) async fn insert(tx: &mut Tx, employer: &Employer) -> Result<(), Error> {
    let qualifications: Vec<String> = employer
        .qualifications
        .iter()
        .map(|it| it.code().to_owned())
        .collect();
    query!(
        "INSERT INTO identity.employer (id, title, credit_code, province, qualifications, created_at)
         VALUES ($1, $2, $3, $4, $5, $6)",
        employer.id.as_uuid(),
        employer.title,
        employer.credit_code.as_str(),
        employer.province.code(),
        &qualifications,
        employer.created_at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The employer with an id, inside a transaction.
pub(crate) async fn find(tx: &mut Tx, employer: EmployerId) -> Result<Option<Employer>, Error> {
    let row = query!(
        "SELECT id, title, credit_code, province, qualifications, created_at FROM identity.employer WHERE id = $1",
        employer.as_uuid(),
    )
    .fetch_optional(tx.conn())
    .await?;
    row.map(|row| {
        from_row(
            row.id,
            row.title,
            &row.credit_code,
            &row.province,
            &row.qualifications,
            row.created_at.to_jiff(),
        )
    })
    .transpose()
}

/// The employer with an id or a credit code; employers are public.
pub(crate) async fn read(
    read: &ReadDatabase,
    id: Option<EmployerId>,
    credit_code: Option<&CreditCode>,
) -> Result<Option<Employer>, Error> {
    let row = query!(
        "SELECT id, title, credit_code, province, qualifications, created_at FROM identity.employer
         WHERE id = $1 OR credit_code = $2",
        id.map(EmployerId::as_uuid),
        credit_code.map(CreditCode::as_str),
    )
    .fetch_optional(read.pool())
    .await?;
    row.map(|row| {
        from_row(
            row.id,
            row.title,
            &row.credit_code,
            &row.province,
            &row.qualifications,
            row.created_at.to_jiff(),
        )
    })
    .transpose()
}

fn from_row(
    id: Uuid,
    title: String,
    credit_code: &str,
    province: &str,
    qualifications: &[String],
    created_at: Timestamp,
) -> Result<Employer, Error> {
    let qualifications: Option<Vec<_>> = qualifications
        .iter()
        .map(|code| EmployerQualification::from_code(code))
        .collect();
    Ok(Employer {
        id: EmployerId::from_uuid(id),
        title,
        credit_code: known(CreditCode::parse(credit_code).ok(), "employer", "credit_code", id)?,
        province: known(Province::from_code(province), "employer", "province", id)?,
        qualifications: known(qualifications, "employer", "qualifications", id)?,
        created_at,
    })
}
