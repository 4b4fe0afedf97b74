//! The province's view of registrations.

use domain::ids::{EmployerId, PersonId};
use domain::registration_number::RegistrationNumber;
use postgres::Tx;
use service_runtime::Scope;
use uuid::Uuid;

use crate::deps::Deps;
use crate::error::Error;
use crate::store::Within;
use crate::store::registered::{self, Registered};
use crate::store::registration_number::{self, HeldNumber};

/// One person's within the scope.
pub(crate) async fn find(deps: &Deps, scope: &Scope, person: PersonId) -> Result<Registered, Error> {
    let within = Within::of(scope, deps.province);
    let read = async |tx: &mut Tx| registered::find(tx, &within, person).await;
    let found = deps.reader.snapshot("read registration", read).await?;
    found.ok_or_else(Error::not_found)
}

/// Those within the scope.
pub(crate) async fn list(
    deps: &Deps,
    scope: &Scope,
    of: Option<EmployerId>,
    after: Option<Uuid>,
    limit: u32,
) -> Result<Vec<Registered>, Error> {
    let within = Within::of(scope, deps.province);
    let read = async |tx: &mut Tx| registered::list(tx, &within, of, after, limit.into()).await;
    Ok(deps.reader.snapshot("list registrations", read).await?)
}

/// The numbers of a person whose registration the caller has found.
pub(crate) async fn numbers(deps: &Deps, person: PersonId) -> Result<Vec<HeldNumber>, Error> {
    let read = async |tx: &mut Tx| registration_number::of_person(tx, person).await;
    Ok(deps.reader.snapshot("numbers of a registration", read).await?)
}

/// The registration within the scope that has or had a number (domain §1.8).
pub(crate) async fn by_number(
    deps: &Deps,
    scope: &Scope,
    number: RegistrationNumber,
) -> Result<Option<(Registered, Vec<HeldNumber>)>, Error> {
    let within = Within::of(scope, deps.province);
    let number = number.to_string();
    let read = async |tx: &mut Tx| {
        let Some(person) = registration_number::owner(tx, &within, &number).await? else {
            return Ok(None);
        };
        let found = registered::find(tx, &within, person).await?;
        let numbers = registration_number::of_person(tx, person).await?;
        Ok::<_, Error>(found.map(|found| (found, numbers)))
    };
    deps.reader.snapshot("registration by number", read).await
}
