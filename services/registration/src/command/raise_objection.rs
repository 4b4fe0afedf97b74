//! Anyone may object while the window is open; what they write is sealed.

use domain::ids::{ApplicationId, ObjectionId};
use postgres::Tx;
use tracing::instrument;
use uuid::Uuid;

use super::{Begin, Call, Moved, finish, note};
use crate::app::Deps;
use crate::error::{Error, OBJECTION_INVALID};
use crate::job;
use crate::sealing::ObjectionText;
use crate::store::{Within, application, objection};

/// Longest statement in characters.
const STATEMENT: usize = 4000;
/// Longest contact in characters.
const CONTACT: usize = 200;

/// The objector learns the objection's name and nothing about the file.
#[instrument(name = "raise_objection", skip_all, fields(%application))]
pub(crate) async fn raise_objection(
    deps: &Deps,
    call: &Call,
    application: ApplicationId,
    text: &ObjectionText,
) -> Result<ObjectionId, Error> {
    let subject = deps.application_name(application);
    let result = raise(deps, call, application, text).await;
    call.audited(deps, &subject, result).await
}

async fn raise(
    deps: &Deps,
    call: &Call,
    application: ApplicationId,
    text: &ObjectionText,
) -> Result<ObjectionId, Error> {
    let length = text.statement.trim().chars().count();
    if length == 0 || length > STATEMENT || text.contact.chars().count() > CONTACT {
        return Err(OBJECTION_INVALID.into());
    }
    let id = ObjectionId::from_uuid(Uuid::now_v7());
    let sealed = deps.sealing.seal_objection(id.as_uuid(), text);
    let sealed = &sealed;
    deps.database
        .run_tx("raise_objection", async |tx: &mut Tx| {
            let claim = match call.begin(tx).await? {
                Begin::Replay(id) => return Ok(ObjectionId::from_uuid(id)),
                Begin::First(claim) => claim,
            };
            // What is in publicity is public: the objector needs no rows of their own.
            let within = Within::of(&job::scope("raise_objection"), deps.province);
            let found = application::lock(tx, &within, &[application.as_uuid()])
                .await?
                .pop();
            let mut record = found.ok_or_else(Error::not_found)?;
            if record.application.state().publicity().is_none() {
                return Err(Error::not_found());
            }
            let moved: Moved = record.application.clone().raise_objection(id, call.at)?.into();
            objection::insert(tx, id, application, sealed, call.at).await?;
            note(deps, tx, &call.caller, call.verb, &mut record, moved).await?;
            finish(tx, claim, id.as_uuid()).await?;
            Ok::<_, Error>(id)
        })
        .await
}
