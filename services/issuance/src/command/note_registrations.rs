//! Digests registrations that no tree has yet: those of before the trees (decision 0028). Afterwards every act notes its own.

use ::register_tree::Row;
use domain::ids::PersonId;
use postgres::Tx;
use service_runtime::Scope;
use service_runtime::auth::JobName;

use crate::deps::Deps;
use crate::error::Error;
use crate::query::registered::registered;
use crate::store::exchange::register_tree;
use crate::store::register::person;

const JOB: JobName = JobName::new("note_registrations");
/// People of one transaction.
const PIECE: i64 = 200;

/// All of them; harmless if repeated or done by two processes.
pub(crate) async fn note_registrations(deps: &Deps) -> Result<(), Error> {
    let mut after = None;
    loop {
        let people = register_tree::missing(&deps.read, after, PIECE).await?;
        let Some(last) = people.last() else { return Ok(()) };
        after = Some(last.as_uuid());
        let people = &people;
        deps.database
            .run_tx("note_registrations", async |tx: &mut Tx| {
                for person in people {
                    note(deps, tx, *person).await?;
                }
                Ok::<_, Error>(())
            })
            .await?;
    }
}

/// The person's row is locked: no act comes between reading the entry and noting it.
async fn note(deps: &Deps, tx: &mut Tx, person: PersonId) -> Result<(), Error> {
    person::lock(tx, person).await?;
    if let Some(known) = registered(tx, &deps.sealing, person, &Scope::for_job(&JOB)).await? {
        register_tree::note(tx, known.province, &Row::from(&known.entry)).await?;
    }
    Ok(())
}
