//! Tells another service which employers keys mean. Leaves one line in the access log.

use domain::credit_code::CreditCode;
use domain::ids::EmployerId;
use postgres::Tx;
use service_runtime::Caller;
use uuid::Uuid;

use crate::deps::Deps;
use crate::employer::Employer;
use crate::error::Error;
use crate::store::access_log::{self, Access};
use crate::store::bulk;

/// In the order of the keys: an id, a credit code, or an old organisation code that only one employer has.
///
/// # Errors
/// The database's.
pub(crate) async fn resolve_employers(
    deps: &Deps,
    caller: &Caller,
    keys: &[String],
) -> Result<Vec<Option<Employer>>, Error> {
    let (actor, at) = (caller.name(), deps.now());
    let ids: Vec<Uuid> = keys
        .iter()
        .filter_map(|key| EmployerId::from_resource_name(key).ok())
        .map(EmployerId::as_uuid)
        .collect();
    let codes: Vec<String> = keys
        .iter()
        .filter_map(|key| CreditCode::parse(key).ok())
        .map(|code| code.as_str().to_owned())
        .collect();
    let organisations: Vec<String> = keys.iter().filter(|key| key.len() == 9).cloned().collect();
    let (ids, codes, organisations) = (&ids, &codes, &organisations);
    let found = deps
        .database
        .run_tx("resolve employers", async |tx: &mut Tx| {
            let access = Access {
                at,
                actor: &actor,
                method: "ResolveEmployers",
                subject: None,
                purpose: "-",
            };
            access_log::record(tx, access).await?;
            Ok::<_, Error>(bulk::employers(tx, ids, codes, organisations).await?)
        })
        .await?;
    Ok(keys.iter().map(|key| meant(&found, key)).collect())
}

fn meant(found: &[Employer], key: &str) -> Option<Employer> {
    let means = |one: &&Employer| {
        one.id.resource_name() == key
            || one.credit_code.as_str() == key
            || (key.len() == 9 && one.credit_code.organization_code() == key)
    };
    let mut all = found.iter().filter(means);
    let first = all.next()?;
    all.next().is_none().then(|| first.clone())
}
