//! Closes a publicity whose window has ended, then asks the nation for clearance at once.

use domain::application::{MoveRefused, StateKind};
use domain::authority::Actor;
use domain::calendar::day_of;
use domain::ids::PublicityId;
use domain::province::Jurisdiction;
use postgres::Tx;
use tokio::time::Instant;
use tracing::instrument;
use uuid::Uuid;

use super::{Begin, Call, Moved, finish, note, settle_clearance};
use crate::deps::Deps;
use crate::error::Error;
use crate::store::{application, publicity};

/// Applications with an open objection stay behind; the batch is closed when none does. Returns the batch's
/// applications, each with the nation's answer unless the nation cannot be reached or `deadline` comes first.
#[instrument(name = "close_publicity", skip_all, fields(%publicity))]
pub(crate) async fn close_publicity(
    deps: &Deps,
    call: &Call,
    publicity: PublicityId,
    deadline: Instant,
) -> Result<Vec<Uuid>, Error> {
    let subject = deps.publicity_name(publicity);
    let result = close(deps, call, publicity).await;
    let applications = call.audited(deps, &subject, result).await?;
    settle_clearance::settle_by(deps, &applications, deadline).await?;
    Ok(applications)
}

async fn close(deps: &Deps, call: &Call, id: PublicityId) -> Result<Vec<Uuid>, Error> {
    deps.database
        .run_tx("close_publicity", async |tx: &mut Tx| {
            let batch = publicity::find(tx, id).await?.ok_or_else(Error::not_found)?;
            let applications = application::of_publicity(tx, id).await?;
            let Begin::First(claim) = call.begin(tx).await? else {
                return Ok(applications);
            };
            if day_of(call.at) <= batch.closes_on {
                return Err(MoveRefused::PublicityOpen.into());
            }
            let mut left = 0;
            for mut record in application::lock(tx, &call.within(deps), &applications).await? {
                let policy = deps.policy_of(&record.application, call.at)?;
                let needed = policy
                    .announcing_authority
                    .of(Jurisdiction::Province(deps.province));
                let officer = call.officer(needed)?;
                if officer.authority != needed {
                    return Err(MoveRefused::WrongAuthority { needed }.into());
                }
                let own = record
                    .application
                    .state()
                    .publicity()
                    .is_some_and(|own| own.id == id);
                match record.application.state().kind() {
                    StateKind::Publicized if own => {
                        let closed = record
                            .application
                            .clone()
                            .close_publicity(Actor::Officer(officer), call.at)?;
                        note(
                            deps,
                            tx,
                            &call.caller,
                            call.verb,
                            &mut record,
                            Moved::from(closed),
                        )
                        .await?;
                    }
                    StateKind::Objected if own => left += 1,
                    _ => {}
                }
            }
            if left == 0 {
                publicity::close(tx, id).await?;
            }
            finish(tx, claim, id.as_uuid()).await?;
            Ok::<_, Error>(applications)
        })
        .await
}
