//! Notices (文书) as they were given. What an officer reads of a person is audited.

use domain::ids::ApplicationId;
use domain::notice::Notice;
use postgres::Tx;
use postgres::audit::{Outcome, Record as AuditRecord};
use serde_json::json;
use service_runtime::Scope;
use service_runtime::clock::Clock as _;
use uuid::Uuid;

use crate::deps::Deps;
use crate::error::Error;
use crate::store::notice::{self, StoredNotice};
use crate::store::{Within, application, person};

/// A notice opened, with the bytes over which its digest was taken.
#[derive(Debug)]
pub(crate) struct View {
    pub(crate) stored: StoredNotice,
    pub(crate) notice: Notice,
    pub(crate) content: Vec<u8>,
}

/// The notices of an application, for those who may see it.
pub(crate) async fn list(
    deps: &Deps,
    scope: &Scope,
    reader: &str,
    id: ApplicationId,
) -> Result<Vec<View>, Error> {
    let within = Within::of(scope, deps.province);
    let within = &within;
    deps.database
        .run_tx("list_notices", async |tx: &mut Tx| {
            let found = application::load(tx, within, &[id.as_uuid()]).await?.pop();
            found.ok_or_else(Error::not_found)?;
            let stored = notice::of_application(tx, within, id).await?;
            let mut views = Vec::new();
            for one in stored {
                views.push(open(deps, tx, within, one).await?);
            }
            let names: Vec<_> = views
                .iter()
                .map(|view| deps.notice_name(view.stored.id))
                .collect();
            audit(
                deps,
                tx,
                within,
                (reader, "list_notices"),
                &deps.application_name(id),
                names,
            )
            .await?;
            Ok::<_, Error>(views)
        })
        .await
}

/// One notice.
pub(crate) async fn find(deps: &Deps, scope: &Scope, reader: &str, id: Uuid) -> Result<View, Error> {
    let within = Within::of(scope, deps.province);
    let within = &within;
    deps.database
        .run_tx("get_notice", async |tx: &mut Tx| {
            let stored = notice::find(tx, within, id).await?.ok_or_else(Error::not_found)?;
            let view = open(deps, tx, within, stored).await?;
            audit(
                deps,
                tx,
                within,
                (reader, "get_notice"),
                &deps.notice_name(id),
                Vec::new(),
            )
            .await?;
            Ok::<_, Error>(view)
        })
        .await
}

async fn open(deps: &Deps, tx: &mut Tx, within: &Within, stored: StoredNotice) -> Result<View, Error> {
    let row = person::find(tx, within, stored.person)
        .await?
        .ok_or_else(Error::not_found)?;
    let key = deps.sealing.key(stored.person.as_uuid(), row.wrapped_key)?;
    let content = deps.sealing.open_notice(&key, stored.id, stored.sealed.clone())?;
    if postgres::hash::sha256(&content).as_slice() != stored.digest {
        return Err(Error::internal("a notice does not have its digest"));
    }
    let notice = serde_json::from_slice(&content).map_err(|_| Error::internal("a notice cannot be read"))?;
    Ok(View {
        stored,
        notice,
        content: content.to_vec(),
    })
}

async fn audit(
    deps: &Deps,
    tx: &mut Tx,
    within: &Within,
    (actor, verb): (&str, &'static str),
    subject: &str,
    names: Vec<String>,
) -> Result<(), Error> {
    if !within.all {
        return Ok(());
    }
    tx.audit(AuditRecord {
        at: deps.clock.now(),
        actor,
        verb,
        article: "",
        subject,
        outcome: Outcome::Done,
        evidence: json!({ "notices": names }),
    })
    .await?;
    Ok(())
}
