//! Announces a succession of an employer: the legal moment for everybody registered with it. The rows are worked off by a
//! job, each once.

use domain::ids::SuccessionId;
use domain::succession::Succession;
use postgres::Tx;
use postgres::audit::{Outcome, Record as AuditRecord};
use serde_json::json;
use tracing::instrument;

use super::announcing::next_number;
use super::propose_succession::{own_officer, successors};
use super::{Begin, Call, finish};
use crate::deps::Deps;
use crate::error::{EMPLOYER_OUTSIDE_PROVINCE, EMPLOYER_UNKNOWN, Error};
use crate::store::{employer, registered, succession};

/// Another officer than the one who proposed it. The nation is asked first: while it is out of reach nothing is announced.
#[instrument(name = "announce_succession", skip_all, fields(succession = %id))]
pub(crate) async fn announce_succession(
    deps: &Deps,
    call: &Call,
    id: SuccessionId,
) -> Result<SuccessionId, Error> {
    let subject = deps.succession_name(id);
    let result = announce(deps, call, id).await;
    let announced = call.audited(deps, &subject, result).await?;
    deps.wake.succession.notify_one();
    Ok(announced)
}

async fn announce(deps: &Deps, call: &Call, id: SuccessionId) -> Result<SuccessionId, Error> {
    let officer = own_officer(deps, call)?;
    let read = async |tx: &mut Tx| succession::find(tx, id).await;
    let found = deps.reader.snapshot("read succession", read).await?;
    let found = found.ok_or_else(Error::not_found)?;
    // A refusal of the domain spares the call; a repetition finds its answer below.
    let refused = found.clone().announce(officer, String::new(), call.at).err();
    let mut employers = Vec::new();
    if refused.is_none() {
        employers = successors(deps, &found.proposal).await?;
        clear(deps, &found).await?;
    }
    let employers = &employers;
    deps.database
        .run_tx("announce_succession", async |tx: &mut Tx| {
            let claim = match call.begin(tx).await? {
                Begin::Replay(id) => return Ok(SuccessionId::from_uuid(id)),
                Begin::First(claim) => claim,
            };
            let locked = succession::lock(tx, id).await?.ok_or_else(Error::not_found)?;
            if let Some(refused) = refused.clone() {
                return Err(refused.into());
            }
            let format = &deps.policy_now(call.at)?.announcement_number;
            let (_, _, number) = next_number(deps, tx, call, officer.authority, format).await?;
            let announced = locked.announce(officer, number.clone(), call.at)?;
            for known in employers {
                employer::upsert(tx, known, call.at).await?;
            }
            let people = registered::of_employer(tx, &call.within(deps), announced.proposal.employer).await?;
            let rows: Vec<_> = people
                .into_iter()
                .map(|person| (person, announced.proposal.successor_of(person)))
                .collect();
            succession::add_rows(tx, id, &rows).await?;
            succession::save(tx, &announced).await?;
            tx.audit(AuditRecord {
                at: call.at,
                actor: &call.caller,
                verb: call.verb,
                article: "153号 art 13; 行政许可法 art 44",
                subject: &deps.succession_name(id),
                outcome: Outcome::Done,
                evidence: json!({ "announcement": number, "people": rows.len() }),
            })
            .await?;
            finish(tx, claim, id.as_uuid()).await?;
            Ok::<_, Error>(id)
        })
        .await
}

/// The nation binds who the employers are.
async fn clear(deps: &Deps, found: &Succession) -> Result<(), Error> {
    let successors: Vec<_> = found.proposal.successors().collect();
    let name = deps.succession_name(found.id);
    let cleared = deps
        .issuance
        .clear_succession(&name, found.proposal.employer, &successors)
        .await?;
    match cleared {
        Ok(()) => Ok(()),
        Err(reason) if reason == EMPLOYER_OUTSIDE_PROVINCE.name => Err(EMPLOYER_OUTSIDE_PROVINCE.into()),
        Err(reason) if reason == EMPLOYER_UNKNOWN.name => Err(EMPLOYER_UNKNOWN.into()),
        Err(reason) => Err(Error::internal(format_args!(
            "issuance cleared no succession: {reason}"
        ))),
    }
}
