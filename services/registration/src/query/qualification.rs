//! The caller's own qualifications.

use domain::ids::PersonId;
use postgres::Tx;
use service_runtime::Scope;

use crate::command::facts;
use crate::deps::Deps;
use crate::error::Error;
use crate::terms::QualificationReference;

/// Found by the document that identity has for the caller.
pub(crate) async fn own(deps: &Deps, scope: &Scope) -> Result<Vec<QualificationReference>, Error> {
    let person = PersonId::from_uuid(scope.require_person()?);
    let purpose = format!("provinces/{}/qualifications", deps.province);
    let known = deps.identity.person(person, &purpose).await?;
    let known = &known;
    let read = async |tx: &mut Tx| facts::qualifications(deps, tx, known).await;
    deps.reader.snapshot("list own qualifications", read).await
}
