//! Digests registrations that no tree has yet: those of before the trees (decision 0028). Afterwards every act notes its own.

use ::register_tree::Row;
use postgres::Tx;

use super::working_set::{Wanted, WorkingSet};
use crate::deps::Deps;
use crate::error::Error;
use crate::store::exchange::register_tree;

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
                // Their rows are locked: no act comes between reading an entry and noting it.
                let wanted = Wanted::people(people.iter().copied());
                let set = WorkingSet::read(deps, tx, wanted, deps.now()).await?;
                let known = people.iter().filter_map(|person| set.snapshot(*person));
                let rows: Vec<_> = known
                    .map(|known| (known.province, Row::from(&known.entry)))
                    .collect();
                Ok::<_, Error>(register_tree::note_all(tx, &rows, &[]).await?)
            })
            .await?;
    }
}
