//! Facts on record, their papers, and external checks. What an officer reads about a person is audited.

use domain::authority::Authority;
use domain::check::FailPolicy;
use domain::fact::Subject;
use domain::ids::{ApplicationId, FactId, PersonId};
use postgres::Tx;
use postgres::audit::{Outcome, Record as AuditRecord};
use serde_json::json;
use service_runtime::Scope;
use service_runtime::clock::Clock as _;
use service_runtime::error::PERMISSION_DENIED;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::deps::Deps;
use crate::error::Error;
use crate::recorded::{self, Known};
use crate::store::check::{self, Latest};
use crate::store::fact::{self, About, Listed, Stored};
use crate::store::{Within, application};

/// Facts in the order they were proposed. A person sees their own that count or did; an officer sees all, and that is
/// audited where they are about a person.
pub(crate) async fn list(
    deps: &Deps,
    scope: &Scope,
    reader: &str,
    listed: Listed,
    after: Option<Uuid>,
    limit: u32,
) -> Result<Vec<Known>, Error> {
    let within = Within::of(scope, deps.province);
    let own = matches!(listed, Listed::Person(id) if within.person == Some(id.as_uuid()));
    if !within.all && !own {
        return Err(PERMISSION_DENIED.refusal().into());
    }
    let (within, at) = (&within, deps.clock.now());
    let housing = own || is_housing(scope);
    deps.database
        .run_tx("list_facts", async |tx: &mut Tx| {
            if !housing {
                let Listed::Person(id) = listed else {
                    return Err(PERMISSION_DENIED.refusal().into());
                };
                in_hand(tx, id).await?;
            }
            let ids = fact::list(tx, within, listed, after, limit.into()).await?;
            let mut found = Vec::new();
            for stored in fact::load(tx, within, &ids).await? {
                found.push(recorded::open(deps, tx, within, stored).await?);
            }
            let personal = found
                .iter()
                .any(|one| matches!(one.fact.subject, Subject::Person(_)));
            if within.all && personal {
                let subject = match listed {
                    Listed::Person(id) => id.resource_name(),
                    Listed::Employer(_) | Listed::Proposed => format!("provinces/{}/facts/-", deps.province),
                };
                let names: Vec<_> = found.iter().map(|one| deps.fact_name(one.fact.id)).collect();
                audit(
                    tx,
                    (reader, "list_facts"),
                    &subject,
                    json!({ "facts": names }),
                    at,
                )
                .await?;
            }
            Ok::<_, Error>(found)
        })
        .await
}

/// One fact within the scope.
pub(crate) async fn find(deps: &Deps, scope: &Scope, id: FactId) -> Result<Known, Error> {
    let within = Within::of(scope, deps.province);
    let within = &within;
    deps.reader
        .snapshot("read fact", async |tx: &mut Tx| {
            let stored = readable(tx, within, id).await?;
            recorded::open(deps, tx, within, stored).await
        })
        .await
}

/// The bytes of a fact's paper. One that speaks of several persons is for officers only.
pub(crate) async fn evidence(
    deps: &Deps,
    scope: &Scope,
    reader: &str,
    id: FactId,
) -> Result<Zeroizing<Vec<u8>>, Error> {
    let within = Within::of(scope, deps.province);
    let (within, at) = (&within, deps.clock.now());
    let housing = !within.all || is_housing(scope);
    let (paper, key) = deps
        .database
        .run_tx("read_fact_evidence", async |tx: &mut Tx| {
            let stored = readable(tx, within, id).await?;
            match &stored.about {
                About::Person { id, .. } if !housing => in_hand(tx, *id).await?,
                About::Employer { .. } if !housing => return Err(PERMISSION_DENIED.refusal().into()),
                About::Person { .. } | About::Employer { .. } => {}
            }
            let paper = stored.evidence;
            let key = match (paper.person, &paper.wrapped_key) {
                (Some(person), _) => recorded::key_of(deps, tx, within, person).await?,
                (None, Some(wrapped)) if within.all => deps.sealing.key(paper.id, wrapped.clone())?,
                (None, _) => return Err(PERMISSION_DENIED.refusal().into()),
            };
            if within.all {
                let evidence = json!({ "sm3": hex::encode(&paper.digest) });
                audit(
                    tx,
                    (reader, "read_fact_evidence"),
                    &deps.fact_name(id),
                    evidence,
                    at,
                )
                .await?;
            }
            Ok::<_, Error>((paper, key))
        })
        .await?;
    let sealed = deps.objects.get(&paper.object).await?;
    deps.sealing.open_evidence(&key, paper.id, sealed)
}

/// The latest answer of each check of an application, with what follows from it; for the person and officers.
pub(crate) async fn checks(
    deps: &Deps,
    scope: &Scope,
    id: ApplicationId,
) -> Result<Vec<(Latest, FailPolicy)>, Error> {
    let (within, now) = (Within::of(scope, deps.province), deps.clock.now());
    let within = &within;
    deps.reader
        .snapshot("read checks", async |tx: &mut Tx| {
            let record = application::load(tx, within, &[id.as_uuid()]).await?.pop();
            let own = |person: PersonId| within.all || within.person == Some(person.as_uuid());
            let record = record.filter(|record| own(record.application.person));
            let record = record.ok_or_else(Error::not_found)?;
            let policy = deps.policy_of(&record.application, now)?;
            let latest = check::latest(tx, id).await?.into_iter();
            let judged = latest.map(|one| {
                let consequence = one.outcome.consequence(policy);
                (one, consequence)
            });
            Ok::<_, Error>(judged.collect())
        })
        .await
}

/// Officers of the province or the ministry; those of a co-reviewing department see only what lies with them.
fn is_housing(scope: &Scope) -> bool {
    let authorities = scope
        .grants()
        .iter()
        .filter_map(|grant| grant.authority.parse::<Authority>().ok());
    authorities
        .into_iter()
        .any(|authority| !matches!(authority, Authority::JointReviewer(_)))
}

/// A co-reviewing department has the person's file in hand.
async fn in_hand(tx: &mut Tx, person: PersonId) -> Result<(), Error> {
    if fact::in_joint_review(tx, person).await? {
        Ok(())
    } else {
        Err(Error::not_found())
    }
}

/// The person sees what counts or did.
async fn readable(tx: &mut Tx, within: &Within, id: FactId) -> Result<Stored, Error> {
    let found = fact::load(tx, within, &[id.as_uuid()]).await?.pop();
    let found = found.filter(|one| within.all || one.state.confirmation().is_some());
    found.ok_or_else(Error::not_found)
}

async fn audit(
    tx: &mut Tx,
    (actor, verb): (&str, &'static str),
    subject: &str,
    evidence: serde_json::Value,
    at: jiff::Timestamp,
) -> Result<(), Error> {
    let record = AuditRecord {
        at,
        actor,
        verb,
        article: "",
        subject,
        outcome: Outcome::Done,
        evidence,
    };
    tx.audit(record).await?;
    Ok(())
}
