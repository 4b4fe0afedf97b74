//! Records that an old employer kept silent past its last day: no objection, and so the end of the employment is shown.

use domain::authority::Actor;
use domain::ids::ApplicationId;
use postgres::Tx;
use service_runtime::clock::Clock as _;

use super::{Moved, note};
use crate::deps::Deps;
use crate::error::Error;
use crate::job;
use crate::store::{Within, application, termination_notice};

/// The job's name: lease, scope and audit verb.
pub(crate) const VERB: &str = "note_silence";

/// Does nothing where somebody has objected, confirmed or handed in a paper meanwhile.
pub(crate) async fn note_silence(deps: &Deps, id: ApplicationId) -> Result<(), Error> {
    let within = Within::of(&job::scope(VERB), deps.province);
    let (within, now) = (&within, deps.clock.now());
    deps.database
        .run_tx("note silence", async |tx: &mut Tx| {
            let Some(mut record) = application::lock(tx, within, &[id.as_uuid()]).await?.pop() else {
                return Ok(());
            };
            let Some(mut notice) = termination_notice::find(tx, id).await? else {
                return Ok(());
            };
            let Ok((settled, ended)) = notice.notice.note_silence(now) else {
                return Ok(());
            };
            let application = record.application.clone();
            let Ok(shown) = application.show_termination(ended, Actor::System, now) else {
                return termination_notice::overtake(tx, id, now)
                    .await
                    .map_err(Error::from);
            };
            notice.notice = settled;
            notice.settled_at = Some(now);
            termination_notice::save(tx, &notice).await?;
            let actor = job::actor(VERB, deps.province);
            note(deps, tx, &actor, VERB, &mut record, Moved::from(shown)).await
        })
        .await
}
