//! Employers.

use domain::credit_code::CreditCode;
use domain::ids::EmployerId;
use domain::province::Province;
use postgres::{Error, ReadDatabase, SqlDate, SqlTimestamp, ToSql as _, Tx};
use sqlx::{query, query_as};
use uuid::Uuid;

use super::known;
use crate::employer::{Employer, EmployerQualification, EmployerStanding};

/// Adds an employer; `employer_credit_code` refuses a second one with the same code.
pub(crate) async fn insert(tx: &mut Tx, employer: &Employer) -> Result<(), Error> {
    let qualifications: Vec<String> = employer
        .qualifications
        .iter()
        .map(|it| it.code().to_owned())
        .collect();
    query!(
        "INSERT INTO identity.employer (id, title, credit_code, province, qualifications, created_at, standing,
             standing_from)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        employer.id.as_uuid(),
        employer.title,
        employer.credit_code.as_str(),
        employer.province.code(),
        &qualifications,
        employer.created_at.to_sql(),
        employer.standing.code(),
        employer.standing_from.to_sql() as _,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Puts name, credit code and standing in place of those before; `employer_credit_code` refuses another's code.
pub(crate) async fn update(tx: &mut Tx, employer: &Employer) -> Result<(), Error> {
    query!(
        "UPDATE identity.employer SET title = $2, credit_code = $3, standing = $4, standing_from = $5,
             updated_by = shared.transaction_name()
         WHERE id = $1",
        employer.id.as_uuid(),
        employer.title,
        employer.credit_code.as_str(),
        employer.standing.code(),
        employer.standing_from.to_sql() as _,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

pub(super) struct Row {
    pub(super) id: Uuid,
    pub(super) title: String,
    pub(super) credit_code: String,
    pub(super) province: String,
    pub(super) qualifications: Vec<String>,
    pub(super) created_at: SqlTimestamp,
    pub(super) standing: String,
    pub(super) standing_from: SqlDate,
}

/// The employer with an id, inside a transaction.
pub(crate) async fn find(tx: &mut Tx, employer: EmployerId) -> Result<Option<Employer>, Error> {
    let row = query_as!(
        Row,
        "SELECT id, title, credit_code, province, qualifications, created_at, standing, standing_from
         FROM identity.employer WHERE id = $1",
        employer.as_uuid(),
    )
    .fetch_optional(tx.conn())
    .await?;
    row.map(Employer::try_from).transpose()
}

/// As [`find`], locked: facts of one employer are added one after the other.
pub(crate) async fn lock(tx: &mut Tx, employer: EmployerId) -> Result<Option<Employer>, Error> {
    let row = query_as!(
        Row,
        "SELECT id, title, credit_code, province, qualifications, created_at, standing, standing_from
         FROM identity.employer WHERE id = $1 FOR UPDATE",
        employer.as_uuid(),
    )
    .fetch_optional(tx.conn())
    .await?;
    row.map(Employer::try_from).transpose()
}

/// The employer with an id or a credit code; employers are public.
pub(crate) async fn read(
    read: &ReadDatabase,
    id: Option<EmployerId>,
    credit_code: Option<&CreditCode>,
) -> Result<Option<Employer>, Error> {
    let row = query_as!(
        Row,
        "SELECT id, title, credit_code, province, qualifications, created_at, standing, standing_from
         FROM identity.employer WHERE id = $1 OR credit_code = $2",
        id.map(EmployerId::as_uuid),
        credit_code.map(CreditCode::as_str),
    )
    .fetch_optional(read.pool())
    .await?;
    row.map(Employer::try_from).transpose()
}

impl TryFrom<Row> for Employer {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        let id = row.id;
        let qualifications: Option<Vec<_>> = row
            .qualifications
            .iter()
            .map(|code| EmployerQualification::from_code(code))
            .collect();
        let credit_code = CreditCode::parse(&row.credit_code).ok();
        let standing = EmployerStanding::from_code(&row.standing);
        Ok(Self {
            id: EmployerId::from_uuid(id),
            title: row.title,
            credit_code: known(credit_code, "employer", "credit_code", id)?,
            province: known(Province::from_code(&row.province), "employer", "province", id)?,
            qualifications: known(qualifications, "employer", "qualifications", id)?,
            created_at: row.created_at.to_jiff(),
            standing: known(standing, "employer", "standing", id)?,
            standing_from: row.standing_from.to_jiff(),
        })
    }
}
