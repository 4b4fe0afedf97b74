//! Asks the nation to clear applications before their announcement, and keeps what it answers.

use std::collections::HashMap;
use std::pin::pin;
use std::time::Duration;

use domain::application::{ClearanceGrant, MaterialKind, StateKind};
use domain::authority::Authority;
use domain::calendar::day_of;
use domain::correction::CorrectedFact;
use domain::ids::{ApplicationId, ClearanceId};
use domain::policy::PolicyProfile;
use domain::province::Jurisdiction;
use domain::registration_number::{RegistrationDigits, RegistrationNumber};
use jiff::Timestamp;
use personal_data::DataKey;
use postgres::Tx;
use serde_json::json;
use service_runtime::clock::Clock as _;
use service_runtime::error::PEER_UNAVAILABLE;
use tokio::time::{Instant, timeout, timeout_at};
use uuid::Uuid;

use super::complete_cancellation::complete;
use super::facts;
use super::follow_employer::{self, Answered, EMPLOYER_DIFFERS};
use super::{Moved, note};
use crate::deps::Deps;
use crate::error::Error;
use crate::job;
use crate::peer::exchange::{Answer, Item, Picture};
use crate::store::application::{self, Record};
use crate::store::material::{self, Material};
use crate::store::{Within, announcement};
use crate::terms::{self, QualificationReference};

/// The job's name: lease, scope and audit verb.
pub(crate) const VERB: &str = "request_clearances";

/// The nation's reason where another application of the person is cleared and not yet announced.
const OTHER_CLEARANCE_OPEN: &str = "OTHER_CLEARANCE_OPEN";

/// Applications of one call to the nation: two pictures of a mebibyte each must fit a message.
const BATCH: usize = 1;

/// How often somebody who waits looks: who settles a clearance need not be in this process.
const LOOK: Duration = Duration::from_millis(200);

/// Asks until the nation has answered for every application, whoever asked it: the job may be at the same ones. Returns
/// with answers outstanding at `deadline`, and at once when the nation cannot be reached; the job goes on then.
///
/// # Errors
/// The province's own database.
pub(crate) async fn settle_by(deps: &Deps, applications: &[Uuid], deadline: Instant) -> Result<(), Error> {
    loop {
        let mut settled = pin!(deps.wake.settled.notified());
        settled.as_mut().enable();
        let asked = timeout_at(deadline, settle_clearances(deps, applications)).await;
        if let Ok(Err(error)) = &asked {
            tracing::info!(%error, "clearance is asked for again");
        }
        let outstanding = deps
            .reader
            .snapshot("look for clearances", async |tx: &mut Tx| {
                application::any_awaits_clearance(tx, applications).await
            })
            .await?;
        let given_up = match asked {
            Ok(asked) => asked.is_err_and(|error| error.is(PEER_UNAVAILABLE)),
            Err(_) => true,
        };
        if !outstanding {
            return Ok(());
        }
        deps.wake.clearance.notify_one();
        if given_up || timeout_at(deadline, timeout(LOOK, settled)).await.is_err() {
            return Ok(());
        }
    }
}

/// Idempotent: the nation knows clearances by application, and only one that is awaited is changed here.
pub(crate) async fn settle_clearances(deps: &Deps, applications: &[Uuid]) -> Result<(), Error> {
    for batch in applications.chunks(BATCH) {
        let mut items = Vec::new();
        for id in batch {
            items.extend(prepare(deps, ApplicationId::from_uuid(*id)).await?);
        }
        if items.is_empty() {
            continue;
        }
        let asked: HashMap<_, _> = items
            .iter()
            .map(|item| (item.record.application.id, item.record.hash.clone()))
            .collect();
        for answer in deps.issuance.clear(items).await? {
            let asked = asked.get(&answer.application).cloned().flatten();
            keep(deps, answer, asked).await?;
        }
    }
    Ok(())
}

/// Freezes what is asked, so that a retry asks the same, and reads the pictures.
async fn prepare(deps: &Deps, id: ApplicationId) -> Result<Option<Item>, Error> {
    let within = Within::of(&job::scope(VERB), deps.province);
    let (within, now) = (&within, deps.clock.now());
    let frozen = deps
        .database
        .run_tx("prepare clearance", async |tx: &mut Tx| {
            let found = application::lock(tx, within, &[id.as_uuid()]).await?.pop();
            let Some(mut record) = found.filter(|record| record.awaits_clearance) else {
                return Ok(None);
            };
            let facts = facts::load(deps, tx, within, &record).await?;
            let known = facts.registered.as_ref().map(|known| known.number.as_str());
            let policy = deps.policy_of(&record.application, now)?;
            let used = used_qualifications(&record, &facts.qualifications);
            if record.terms.is_none() {
                let decided = record
                    .application
                    .state()
                    .decision()
                    .map_or(now, |decision| decision.at);
                let all = terms::after(
                    &record,
                    facts.registered.as_ref(),
                    policy,
                    day_of(decided),
                    day_of(now),
                );
                let terms = terms::told(&record, all);
                record.hash = Some(terms::hash(&record, &deps.application_name(id), &terms, &used)?.to_vec());
                record.terms = Some(terms);
                if record.proposed_number.is_none() {
                    record.proposed_number = Some(propose(deps, tx, known, &used, now).await?);
                }
                application::save(tx, &record).await?;
            }
            let decided = decided(deps, &record, policy)?;
            let mut pictures = material::of_application(tx, id).await?;
            pictures.retain(|stored| is_for_the_certificate(&record, stored.kind));
            Ok::<_, Error>(Some((record, facts.key, used, pictures, decided)))
        })
        .await?;
    let Some((record, key, qualifications, materials, decided)) = frozen else {
        return Ok(None);
    };
    let mut pictures = [None, None];
    for (slot, kind) in pictures
        .iter_mut()
        .zip([MaterialKind::Photo, MaterialKind::SignatureImage])
    {
        if let Some(stored) = materials.iter().find(|stored| stored.kind == kind) {
            *slot = Some(for_the_certificate(deps, &key, stored).await?);
        }
    }
    let [photo, signature] = pictures;
    Ok(Some(Item {
        name: deps.application_name(id),
        record,
        qualifications,
        photo,
        signature,
        decided,
    }))
}

/// The picture made anew; of a material from before there were any, the file as handed in.
async fn for_the_certificate(deps: &Deps, key: &DataKey, stored: &Material) -> Result<Picture, Error> {
    let id = stored.id.as_uuid();
    Ok(match &stored.picture {
        Some(picture) => Picture {
            media_type: picture.media_type.clone(),
            content: deps
                .sealing
                .open_picture(key, id, deps.objects.get(&picture.object).await?)?,
        },
        None => Picture {
            media_type: stored.media_type.clone(),
            content: deps
                .sealing
                .open_material(key, id, deps.objects.get(&stored.object).await?)?,
        },
    })
}

/// A correction replaces the pictures that it names and no others.
fn is_for_the_certificate(record: &Record, kind: MaterialKind) -> bool {
    let Some(terms) = record.application.correction_terms() else {
        return true;
    };
    match kind {
        MaterialKind::Photo => terms.is_about(CorrectedFact::Photo),
        MaterialKind::SignatureImage => terms.is_about(CorrectedFact::SignatureImage),
        _ => true,
    }
}

/// Who decided and when; where the parties' word completes it, the authority that the policy charges with deciding.
fn decided(deps: &Deps, record: &Record, policy: &PolicyProfile) -> Result<(Authority, Timestamp), Error> {
    let state = record.application.state();
    if let Some(decision) = state.decision() {
        return Ok((decision.by.authority, decision.at));
    }
    let filed = state
        .submission()
        .ok_or_else(|| Error::internal("cleared before it was filed"))?;
    let authority = policy
        .deciding_authority
        .of(Jurisdiction::Province(deps.province));
    Ok((authority, filed.at))
}

/// The qualifications that the asked specialties rest on.
fn used_qualifications(record: &Record, all: &[QualificationReference]) -> Vec<QualificationReference> {
    let asked = &record.application.specialties;
    all.iter()
        .filter(|one| asked.contains(&one.specialty))
        .cloned()
        .collect()
}

/// The number that the person has, or digits for someone never registered (domain §1.8).
async fn propose(
    deps: &Deps,
    tx: &mut Tx,
    known: Option<&str>,
    qualifications: &[QualificationReference],
    now: Timestamp,
) -> Result<String, Error> {
    if let Some(known) = known {
        let number = RegistrationNumber::parse(known).map_err(Error::internal)?;
        return Ok(number.moved_to(deps.province).to_string());
    }
    let today = day_of(now);
    let year = today.year();
    let qualified = qualifications
        .iter()
        .map(|one| one.issued_on.year())
        .min()
        .unwrap_or(year);
    let serial = announcement::next_number(tx, "registration", year.into()).await?;
    let digits = RegistrationDigits::allocate(
        deps.province,
        u16::try_from(qualified).unwrap_or_default(),
        u16::try_from(year).unwrap_or_default(),
        u32::try_from(serial).unwrap_or_default(),
    );
    Ok(RegistrationNumber::new(deps.province, digits.map_err(Error::internal)?).to_string())
}

/// Cleared, or back to review with the nation's reason. An answer to what is not asked any more (somebody else asked at the
/// same time, and the application has followed its registration since) changes nothing: it is asked anew.
async fn keep(deps: &Deps, answer: Answer, asked: Option<Vec<u8>>) -> Result<(), Error> {
    let within = Within::of(&job::scope(VERB), deps.province);
    let (within, now, answer, asked) = (&within, deps.clock.now(), &answer, &asked);
    deps.database
        .run_tx("keep clearance", async |tx: &mut Tx| {
            let found = application::lock(tx, within, &[answer.application.as_uuid()])
                .await?
                .pop();
            let waits = |record: &Record| record.awaits_clearance && record.hash == *asked;
            let Some(mut record) = found.filter(waits) else {
                return Ok(());
            };
            let policy = deps.policy_of(&record.application, now)?;
            let current = record.application.clone();
            let completing = current.state().kind() == StateKind::Completing;
            let (moved, evidence) = match &answer.outcome {
                // Another application of the person is cleared and waits for its announcement; asked again later.
                Err(reason) if reason == OTHER_CLEARANCE_OPEN => return Ok(()),
                Ok(cleared) => {
                    let hash = hex::encode(record.hash.as_deref().unwrap_or_default());
                    let grant = ClearanceGrant {
                        id: ClearanceId::from_uuid(cleared.id),
                        number: cleared.number,
                        application_hash: hash.clone(),
                        announce_by: cleared.announce_by,
                    };
                    if completing {
                        let bound = (grant, hash.as_str());
                        return complete(deps, tx, within, (&mut record, policy), bound, now).await;
                    }
                    let evidence = json!({ "clearance": cleared.id, "application_hash": hash });
                    (current.clear(policy, grant, &hash, now)?, evidence)
                }
                Err(reason) => {
                    if reason == EMPLOYER_DIFFERS {
                        match follow_employer::answered(deps, tx, within, &mut record, now).await? {
                            Answered::Followed | Answered::NotHeard => return Ok(()),
                            Answered::Refused => {}
                        }
                    }
                    (
                        current.return_for_review(policy, reason, now)?,
                        json!({ "reason": reason }),
                    )
                }
            };
            let moved = Moved {
                evidence,
                ..moved.into()
            };
            note(
                deps,
                tx,
                &job::actor(VERB, deps.province),
                VERB,
                &mut record,
                moved,
            )
            .await
        })
        .await?;
    deps.wake.settled.notify_waiters();
    Ok(())
}
