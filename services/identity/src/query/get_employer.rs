//! Reads an employer. Employers are public.

use domain::credit_code::CreditCode;
use domain::ids::EmployerId;
use service_runtime::error::NOT_FOUND;

use crate::deps::Deps;
use crate::employer::Employer;
use crate::error::Error;
use crate::store::employer;

/// How an employer is named.
pub(crate) enum By {
    /// By its id.
    Id(EmployerId),
    /// By its credit code.
    CreditCode(CreditCode),
}

/// # Errors
/// `NOT_FOUND`.
pub(crate) async fn get_employer(deps: &Deps, by: &By) -> Result<Employer, Error> {
    let found = match by {
        By::Id(id) => employer::read(&deps.read, Some(*id), None).await?,
        By::CreditCode(code) => employer::read(&deps.read, None, Some(code)).await?,
    };
    found.ok_or_else(|| NOT_FOUND.into())
}
