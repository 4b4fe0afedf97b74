//! One entry, for national officers; every reading is audited.

use domain::ids::PersonId;
use postgres::Tx;
use postgres::audit::{Read, Reader};
use service_runtime::Scope;
use service_runtime::error::NOT_FOUND;

use super::registered::registered;
use crate::change::EntrySnapshot;
use crate::deps::Deps;
use crate::error::Error;

/// The entry of a person. Officers of one province are not national: they see none here.
pub(crate) async fn get_register_entry(
    deps: &Deps,
    scope: &Scope,
    reader: &str,
    person: PersonId,
) -> Result<EntrySnapshot, Error> {
    let national = scope.is_unbounded() || scope.grants().iter().any(|grant| grant.province.is_none());
    if !national {
        return Err(NOT_FOUND.into());
    }
    let (at, subject) = (deps.now(), person.resource_name());
    let reader = Reader {
        at,
        actor: reader,
        verb: "get_register_entry",
        purpose: "",
    };
    let found = deps
        .database
        .run_tx("get_register_entry", async |tx: &mut Tx| {
            tx.audit_read(reader, &subject, &[Read::new("register_entry", &subject)])
                .await?;
            registered(tx, &deps.sealing, person, scope).await
        })
        .await?;
    Ok(found.ok_or(NOT_FOUND)?.snapshot())
}
