//! Proposes a succession of an employer (企业更名、合并、分立), for a second officer to announce.

use domain::application::MoveRefused;
use domain::authority::{Authority, Officer};
use domain::ids::SuccessionId;
use domain::refusal::RuleId;
use domain::succession::{Proposal, Succession};
use postgres::Tx;
use postgres::audit::{Outcome, Record as AuditRecord};
use serde_json::json;
use tracing::instrument;
use uuid::Uuid;

use super::create_application::check_employer;
use super::drafting::rule;
use super::{Begin, Call, finish};
use crate::deps::Deps;
use crate::error::{EMPLOYER_UNKNOWN, Error};
use crate::store::{employer, succession};

/// Idempotent on the request; identity is asked before the transaction.
#[instrument(name = "propose_succession", skip_all)]
pub(crate) async fn propose_succession(
    deps: &Deps,
    call: &Call,
    proposal: &Proposal,
) -> Result<SuccessionId, Error> {
    let result = propose(deps, call, proposal).await;
    let subject = format!("provinces/{}/successions/-", deps.province);
    call.audited(deps, &subject, result).await
}

async fn propose(deps: &Deps, call: &Call, proposal: &Proposal) -> Result<SuccessionId, Error> {
    let officer = own_officer(deps, call)?;
    let id = SuccessionId::from_uuid(Uuid::now_v7());
    let succession = Succession::propose(id, proposal.clone(), officer, call.at)?;
    let employers = successors(deps, proposal).await?;
    let mut before = deps.identity.employer(proposal.employer).await?;
    let before = before.take().ok_or(EMPLOYER_UNKNOWN)?;
    check_employer(deps, &before)?;
    let (succession, employers, before) = (&succession, &employers, &before);
    deps.database
        .run_tx("propose_succession", async |tx: &mut Tx| {
            let claim = match call.begin(tx).await? {
                Begin::Replay(id) => return Ok(SuccessionId::from_uuid(id)),
                Begin::First(claim) => claim,
            };
            for known in employers.iter().chain([before]) {
                employer::upsert(tx, known, call.at).await?;
            }
            succession::insert(tx, succession).await?;
            tx.audit(AuditRecord {
                at: call.at,
                actor: &call.caller,
                verb: call.verb,
                article: "153号 art 13",
                subject: &deps.succession_name(id),
                outcome: Outcome::Done,
                evidence: json!({
                    "kind": proposal.kind.code(), "employer": proposal.employer.resource_name(),
                    "successor": proposal.successor.resource_name(), "assigned": proposal.assignments.len(),
                    "effective_on": proposal.effective_on, "evidence": proposal.evidence,
                }),
            })
            .await?;
            finish(tx, claim, id.as_uuid()).await?;
            Ok::<_, Error>(id)
        })
        .await
}

/// Every employer that takes somebody, as identity tells it now: of this province, and qualified.
pub(super) async fn successors(deps: &Deps, proposal: &Proposal) -> Result<Vec<employer::Employer>, Error> {
    let mut distinct: Vec<_> = proposal.successors().collect();
    distinct.sort_unstable();
    distinct.dedup();
    let mut found = Vec::with_capacity(distinct.len());
    for id in distinct {
        let known = deps.identity.employer(id).await?.ok_or(EMPLOYER_UNKNOWN)?;
        check_employer(deps, &known)?;
        if !known.qualified {
            return Err(Error::rules(&[rule(RuleId::EmployerUnqualified)]));
        }
        found.push(known);
    }
    Ok(found)
}

/// The caller as an officer of this province.
pub(super) fn own_officer(deps: &Deps, call: &Call) -> Result<Officer, Error> {
    let needed = Authority::Province(deps.province);
    let officer = call.officer(needed)?;
    if officer.authority != needed {
        return Err(MoveRefused::WrongAuthority { needed }.into());
    }
    Ok(officer)
}
