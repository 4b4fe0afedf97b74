//! Asks the platform of projects whether a running project holds whoever changes the employer.

use domain::application::ApplicationType;
use domain::ids::ApplicationId;
use domain::refusal::ProjectLock;
use postgres::Tx;

use super::facts;
use crate::deps::Deps;
use crate::error::Error;
use crate::store::{Within, application};

/// Asked before the transaction: no call is made while rows are locked. What cannot be asked is judged as configured.
pub(super) async fn ask(deps: &Deps, within: &Within, id: ApplicationId) -> Result<ProjectLock, Error> {
    let Some(platform) = &deps.project_locks else {
        return Ok(ProjectLock::NotAsked);
    };
    let read = async |tx: &mut Tx| {
        let Some(record) = application::load(tx, within, &[id.as_uuid()]).await?.pop() else {
            return Ok(None);
        };
        let changes = record.kind() == ApplicationType::Change
            && record.application.previous_employer != Some(record.application.employer);
        if !changes {
            return Ok(None);
        }
        Ok::<_, Error>(Some(
            facts::load(deps, tx, within, &record).await?.person.document,
        ))
    };
    match deps.reader.snapshot("whom a project may hold", read).await? {
        Some(document) => Ok(platform.ask(&document, &deps.application_name(id)).await),
        None => Ok(ProjectLock::NotAsked),
    }
}
