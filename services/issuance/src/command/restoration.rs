//! The register restored from a backup comes to agree with what others hold (decision 0035; docs/runbooks/nation-restored.md). Each step
//! is repeated until it is done, and may end anywhere: what it has stored it finds again.

pub(crate) mod assess;
pub(crate) mod compare;
pub(crate) mod load;
pub(crate) mod open_nation;
pub(crate) mod rebuild;
pub(crate) mod regrow;
pub(crate) mod replay;

use domain::restoration::{Finding, RestorationStep};
use postgres::Tx;
use postgres::audit::{Outcome, Record};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::deps::Deps;
use crate::error::Error;
use crate::store::restoration::{self, Restoration, finding};

const ARTICLE: &str = "design §3; design §4";

pub(crate) fn name(id: Uuid) -> String {
    format!("restorations/{id}")
}

/// The restoration under way; none while the nation works.
pub(crate) async fn under_way(deps: &Deps) -> Result<Option<Restoration>, Error> {
    let read = async |tx: &mut Tx| restoration::latest(tx).await;
    let latest = deps.read.snapshot("look at restoration", read).await?;
    Ok(latest.filter(|one| one.step != RestorationStep::Opened))
}

/// Opens and shuts the doors of this process as the restoration stands now; where they are open, what waited goes on.
///
/// # Errors
/// The database's: the doors stay as they are.
pub(crate) async fn follow(deps: &Deps) -> Result<(), Error> {
    deps.gate.follow(restoration::step(&deps.read).await?);
    if deps.gate.is_open() {
        deps.bells.changes.notify_one();
        deps.bells.documents.notify_one();
    }
    Ok(())
}

/// Goes on to the next step, with its record.
pub(super) async fn advance(
    deps: &Deps,
    tx: &mut Tx,
    id: Uuid,
    steps: (RestorationStep, RestorationStep),
) -> Result<(), Error> {
    if restoration::advance(tx, id, steps).await? {
        let evidence = json!({ "from": steps.0.code(), "to": steps.1.code() });
        record(deps, tx, id, evidence).await?;
    }
    Ok(())
}

async fn record(deps: &Deps, tx: &mut Tx, id: Uuid, evidence: Value) -> Result<(), Error> {
    let subject = name(id);
    tx.audit(Record {
        at: deps.now(),
        actor: "jobs/restore_nation",
        verb: "restore_nation",
        article: ARTICLE,
        subject: &subject,
        outcome: Outcome::Done,
        evidence,
    })
    .await?;
    Ok(())
}

/// Keeps a finding, and raises the alarm the first time.
pub(super) async fn found(
    deps: &Deps,
    tx: &mut Tx,
    id: Uuid,
    (what, subject): (Finding, &str),
) -> Result<(), Error> {
    if finding::add(tx, id, (what, subject), deps.now()).await? {
        tracing::error!(
            alarm = true,
            finding = what.code(),
            subject,
            "the restored register does not agree with what others hold"
        );
        record(
            deps,
            tx,
            id,
            json!({ "finding": what.code(), "subject": subject }),
        )
        .await?;
    }
    Ok(())
}
