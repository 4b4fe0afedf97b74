//! The dated facts of an employer, oldest first. Employers are public.

use domain::ids::EmployerId;
use service_runtime::error::NOT_FOUND;

use crate::deps::Deps;
use crate::employer::EmployerFact;
use crate::error::Error;
use crate::store::employer_fact;

/// # Errors
/// `NOT_FOUND`.
pub(crate) async fn list_employer_facts(
    deps: &Deps,
    employer: EmployerId,
) -> Result<Vec<EmployerFact>, Error> {
    let facts = employer_fact::list(&deps.read, employer).await?;
    if facts.is_empty() {
        return Err(NOT_FOUND.into());
    }
    Ok(facts)
}
