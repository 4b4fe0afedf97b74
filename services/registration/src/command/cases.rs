//! What the acts upon a case have in common: lock, the officer's hands, store with audit.

use domain::authority::{Authority, Officer};
use domain::case_file::CaseOutcome;
use domain::ids::CaseId;
use domain::work::Hand;
use postgres::Tx;
use postgres::audit::{Outcome, Record as AuditRecord};
use serde_json::{Value, json};

use super::{Call, hands};
use crate::deps::Deps;
use crate::error::Error;
use crate::store::case_file::{self, CaseFile};

/// The case, locked, if the caller may see it.
pub(super) async fn locked(deps: &Deps, tx: &mut Tx, call: &Call, id: CaseId) -> Result<CaseFile, Error> {
    let found = case_file::lock(tx, &call.within(deps), id).await?;
    found.ok_or_else(Error::not_found)
}

/// The caller as an officer of the province, with everybody whose powers they hold.
pub(super) async fn hand(deps: &Deps, tx: &mut Tx, call: &Call) -> Result<(Officer, Hand), Error> {
    let officer = call.officer(Authority::Province(deps.province))?;
    let hand = hands::of(tx, officer, call.relations.clone(), call.at).await?;
    Ok((officer, hand))
}

/// Stores a case with what was done to it. Nothing of the complainant goes into the audit.
pub(super) async fn kept(
    deps: &Deps,
    tx: &mut Tx,
    call: &Call,
    file: &CaseFile,
    (article, evidence): (&str, Value),
) -> Result<(), Error> {
    case_file::save(tx, file).await?;
    tx.audit(AuditRecord {
        at: call.at,
        actor: &call.caller,
        verb: call.verb,
        article,
        subject: &deps.case_name(file.case.id),
        outcome: Outcome::Done,
        evidence: json!({ "state": file.case.state().code(), "facts": evidence }),
    })
    .await?;
    Ok(())
}

/// The provision an outcome rests on.
pub(super) const fn article(outcome: &CaseOutcome) -> &'static str {
    match outcome {
        CaseOutcome::Dismiss => "行政许可法 art 65",
        CaseOutcome::Correct { .. } => "domain §1.3",
        CaseOutcome::Revoke => "行政许可法 art 69",
    }
}
