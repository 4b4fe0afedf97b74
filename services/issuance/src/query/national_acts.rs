//! Acts of the nation, for its officers.

use domain::ids::{NationalActId, PersonId};
use domain::national_act::NationalAct;
use postgres::Tx;
use postgres::audit::{Outcome, Record};
use serde_json::json;
use service_runtime::Scope;
use service_runtime::error::NOT_FOUND;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::deps::Deps;
use crate::error::Error;
use crate::sealing::{open, open_json};
use crate::store::register::column;
use crate::store::register::national_act::{self, Paper, Stored};

/// An act in the clear.
pub(crate) struct View {
    pub(crate) act: NationalAct,
    pub(crate) paper: Paper,
}

/// One act.
pub(crate) async fn get_national_act(deps: &Deps, scope: &Scope, id: NationalActId) -> Result<View, Error> {
    national(scope)?;
    let read = async |tx: &mut Tx| national_act::find(tx, id).await;
    let found = deps.read.snapshot("get national act", read).await?;
    view(deps, found.ok_or_else(|| NOT_FOUND.refusal())?)
}

/// A person's acts, or all that wait for a second officer. One of somebody erased cannot be read and is left out.
pub(crate) async fn list_national_acts(
    deps: &Deps,
    scope: &Scope,
    person: Option<PersonId>,
    after: Option<Uuid>,
    limit: u32,
) -> Result<Vec<View>, Error> {
    national(scope)?;
    let read = async |tx: &mut Tx| national_act::list(tx, person, after, limit.into()).await;
    let found = deps.read.snapshot("list national acts", read).await?;
    found
        .into_iter()
        .filter(|stored| stored.wrapped_key.is_some())
        .map(|stored| view(deps, stored))
        .collect()
}

/// The decision that an act rests on; the reading is recorded.
pub(crate) async fn read_evidence(
    deps: &Deps,
    (scope, reader): (&Scope, &str),
    id: NationalActId,
) -> Result<(Paper, Zeroizing<Vec<u8>>), Error> {
    national(scope)?;
    let subject = id.resource_name();
    let record = Record {
        at: deps.now(),
        actor: reader,
        verb: "read_national_act_evidence",
        article: "",
        subject: &subject,
        outcome: Outcome::Done,
        evidence: json!({}),
    };
    let stored = deps
        .database
        .run_tx("read national act evidence", async |tx: &mut Tx| {
            let stored = national_act::find(tx, id).await?;
            let stored = stored.ok_or_else(|| NOT_FOUND.refusal())?;
            tx.audit(record.clone()).await?;
            Ok::<_, Error>(stored)
        })
        .await?;
    let wrapped = stored.wrapped_key.ok_or_else(|| NOT_FOUND.refusal())?;
    let key = deps.sealing.key(stored.person, wrapped)?;
    let sealed = deps
        .objects
        .get(&stored.paper.place)
        .await
        .map_err(Error::internal)?;
    let content = open(&key, column::DECISION, sealed)?;
    Ok((stored.paper, content))
}

fn view(deps: &Deps, stored: Stored) -> Result<View, Error> {
    let wrapped = stored.wrapped_key.ok_or_else(|| NOT_FOUND.refusal())?;
    let key = deps.sealing.key(stored.person, wrapped)?;
    Ok(View {
        act: open_json(&key, column::NATIONAL_ACT, stored.record)?,
        paper: stored.paper,
    })
}

/// Officers of one province are not national: they see none here.
pub(super) fn national(scope: &Scope) -> Result<(), Error> {
    if scope.grants().iter().any(|grant| grant.province.is_none()) {
        Ok(())
    } else {
        Err(NOT_FOUND.into())
    }
}
