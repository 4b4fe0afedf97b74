//! Follows the nation's feed: certificates issued, registrations moved away.

use std::pin::pin;

use domain::application::ApplicationType;
use domain::authority::Authority;
use domain::ids::{ApplicationId, EmployerId, PersonId};
use domain::notification::{Addressee, NotificationKind, Particulars};
use domain::register::StatusCode;
use jiff::Timestamp;
use jiff::civil::Date;
use postgres::Tx;
use postgres::audit::{Outcome, Record};
use postgres::lease::{Lease, Step};
use serde_json::json;
use service_runtime::clock::Clock as _;
use tokio_stream::StreamExt as _;
use uuid::Uuid;

use crate::command::check_head::nation_goes_back;
use crate::command::notify::{self, Notification};
use crate::command::{follow_employer, release_clearance, run_import};
use crate::deps::Deps;
use crate::error::Error;
use crate::peer::exchange::{News, Taken};
use crate::store::exchange::Skipped;
use crate::store::succession::Refused;
use crate::store::{Within, application, exchange, lapse, registered, registration_number, succession};

pub(super) const VERB: &str = "pull_changes";

/// Reads until the lease is due for renewal or the stream ends; the next step resumes by number.
pub(super) async fn step(deps: &Deps, lease: &Lease) -> Result<Step, Error> {
    let read = async |tx: &mut Tx| exchange::pulled_through(tx).await;
    let after = deps.reader.snapshot("cursor of the feed", read).await?;
    let feed = deps.issuance.pull(u64::try_from(after).unwrap_or_default()).await;
    let feed = feed.inspect_err(|error| nation_goes_back(deps, error))?;
    let mut feed = pin!(feed);
    let mut renewed = deps.system.now();
    loop {
        let next = tokio::time::timeout(super::RENEW_AFTER, feed.next()).await;
        let now = deps.system.now();
        if now.duration_since(renewed).unsigned_abs() >= super::RENEW_AFTER {
            deps.database.renew_lease(lease, now, super::TERM).await?;
            renewed = now;
        }
        match next {
            Err(_elapsed) => {}
            Ok(None) => return Ok(Step::Idle),
            Ok(Some(message)) => {
                let (number, news) = message.inspect_err(|error| nation_goes_back(deps, error))?;
                if !matches!(news, News::Heartbeat) {
                    apply(deps, lease, number, &news).await?;
                }
            }
        }
    }
}

/// Once: a number that was applied changes nothing.
async fn apply(deps: &Deps, lease: &Lease, number: u64, news: &News) -> Result<(), Error> {
    let number = i64::try_from(number).map_err(Error::internal)?;
    deps.database
        .run_tx("apply news", async |tx: &mut Tx| {
            tx.check_fence(lease).await?;
            if !exchange::pulled(tx, number).await? {
                return Ok(());
            }
            match news {
                News::CertificateIssued {
                    application,
                    licence_identifier,
                } => {
                    let named = ApplicationId::from_name_in(application);
                    let (_, application) =
                        named.map_err(|_| Error::internal("issuance: a change names no application"))?;
                    // The nation names a row of a succession where it names an application otherwise.
                    if let Some(of) =
                        succession::issued(tx, application.as_uuid(), licence_identifier).await?
                    {
                        version_ready(deps, tx, of).await?;
                    } else {
                        registered::set_licence(tx, application, licence_identifier).await?;
                        certificate_ready(deps, tx, application).await?;
                    }
                }
                News::MoveBegun { person, to } => {
                    registered::set_moving(tx, *person, Some(to)).await?;
                    if let Some(known) = registered::find(tx, &within(deps), *person).await? {
                        let (kind, now) = (NotificationKind::MoveBegun, deps.clock.now());
                        let told = notify::of_registration(deps, kind, *person, known.employer, now);
                        notify::push(deps, tx, &told).await?;
                    }
                }
                News::MoveCancelled { person } => registered::set_moving(tx, *person, None).await?,
                News::SuccessionRefused { row, reason } => {
                    if let Some(refused) = succession::refused(tx, *row, reason).await? {
                        row_refused(deps, tx, *row, refused).await?;
                    }
                }
                News::MigrationRefused { row, reason } => {
                    run_import::refused_by_nation(tx, *row, reason).await?;
                }
                News::MovedAway { person, to } => {
                    let before = registered::find(tx, &within(deps), *person).await?;
                    registered::set_moved(tx, *person, to).await?;
                    registration_number::close(tx, *person, None, deps.clock.now()).await?;
                    // What had ended before moves nobody: the person begins anew elsewhere.
                    if let Some(before) = before.filter(|before| before.ended.is_none()) {
                        let kind = NotificationKind::MovedAway;
                        let told =
                            notify::of_registration(deps, kind, *person, before.employer, deps.clock.now());
                        notify::push(deps, tx, &told).await?;
                    }
                }
                News::LapseRefused { row, reason } => {
                    if let Some((person, _)) = lapse::refused(tx, *row, reason).await? {
                        tracing::warn!(%person, reason, "the national register refused a row of a lapse");
                    }
                }
                News::NationalActTaken { person, taken, at } => {
                    national_act(deps, tx, *person, *taken, *at).await?;
                }
                News::StatusChangedByTime { person, status, day } => {
                    changed_by_time(deps, tx, *person, *status, *day).await?;
                }
                News::PersonsLinked { person, survivor, at } => {
                    persons_linked(deps, tx, *person, *survivor, *at).await?;
                }
                News::EnvelopeSkipped(skipped) => envelope_skipped(deps, tx, skipped).await?,
                News::ClearanceVoided {
                    application,
                    clearance,
                } => release_clearance::voided(deps, tx, *application, *clearance).await?,
                News::Heartbeat => {}
            }
            Ok::<_, Error>(())
        })
        .await
}

/// Rows of either id stay as they are; the province's officers are told, who may have a file of the one merged away in hand.
async fn persons_linked(
    deps: &Deps,
    tx: &mut Tx,
    person: PersonId,
    survivor: Option<PersonId>,
    at: Timestamp,
) -> Result<(), Error> {
    let subject = person.resource_name();
    let kind = match survivor {
        Some(_) => NotificationKind::PersonsMerged,
        None => NotificationKind::PersonSplit,
    };
    tx.audit(Record {
        at: deps.clock.now(),
        actor: "nation/issuance",
        verb: "note_persons_linked",
        article: "153号 art 15(2); design §3",
        subject: &subject,
        outcome: Outcome::Done,
        evidence: json!({ "survivor": survivor.map(|person| person.resource_name()), "at": at.to_string() }),
    })
    .await?;
    let told = Notification {
        kind,
        to: vec![Addressee::Authority(Authority::Province(deps.province))],
        person: Some(person),
        subject,
        particulars: Particulars::default(),
        at: deps.clock.now(),
        once: None,
    };
    notify::push(deps, tx, &told).await?;
    Ok(())
}

/// Kept, and told to the province's officers: what the event said is not in the register.
async fn envelope_skipped(deps: &Deps, tx: &mut Tx, skipped: &Skipped) -> Result<(), Error> {
    let now = deps.clock.now();
    tracing::warn!(
        sequence = skipped.sequence,
        reason = skipped.reason,
        "the nation left an event of ours out"
    );
    exchange::note_skipped(tx, skipped, now).await?;
    let told = Notification {
        kind: NotificationKind::EnvelopeSkipped,
        to: vec![Addressee::Authority(Authority::Province(deps.province))],
        person: None,
        subject: format!("provinces/{}/envelopes/{}", deps.province, skipped.sequence),
        particulars: Particulars::default(),
        at: now,
        once: None,
    };
    notify::push(deps, tx, &told).await?;
    Ok(())
}

/// The mirror follows what the nation did, and those concerned are told here too.
async fn national_act(
    deps: &Deps,
    tx: &mut Tx,
    person: PersonId,
    taken: Taken,
    at: Timestamp,
) -> Result<(), Error> {
    let Some(known) = registered::find(tx, &within(deps), person).await? else {
        return Ok(());
    };
    let (kind, day) = match taken {
        Taken::Ended(cause) => {
            registered::end_by_nation(tx, person, cause, at).await?;
            (NotificationKind::of_end(cause), None)
        }
        Taken::Suspended(until) => {
            registered::set_suspended(tx, person, Some((at, until))).await?;
            (NotificationKind::Suspended, until)
        }
        Taken::Restored => {
            registered::set_suspended(tx, person, None).await?;
            (NotificationKind::Restored, None)
        }
    };
    let told = notify::of_registration(deps, kind, person, known.employer, deps.clock.now());
    notify::push(deps, tx, &told.on(day)).await?;
    Ok(())
}

/// The mirror derives the same from its days, and the nation tells those concerned: it is recorded here, so that an officer
/// sees from when on the register counted it.
async fn changed_by_time(
    deps: &Deps,
    tx: &mut Tx,
    person: PersonId,
    status: StatusCode,
    day: Date,
) -> Result<(), Error> {
    let subject = format!("provinces/{}/registrations/{person}", deps.province);
    tx.audit(Record {
        at: deps.clock.now(),
        actor: "nation/issuance",
        verb: "note_change_by_time",
        article: "153号 art 16(5), (6); domain §0.9",
        subject: &subject,
        outcome: Outcome::Done,
        evidence: json!({ "status": status.code(), "day": day.to_string() }),
    })
    .await?;
    Ok(())
}

fn within(deps: &Deps) -> Within {
    Within::of(&super::scope(VERB), deps.province)
}

/// Tells that the certificate can be downloaded, and that copies of a version before are void.
async fn certificate_ready(deps: &Deps, tx: &mut Tx, id: ApplicationId) -> Result<(), Error> {
    let found = application::load(tx, &within(deps), &[id.as_uuid()]).await?.pop();
    let Some(record) = found else { return Ok(()) };
    let replaces =
        record.kind() != ApplicationType::Initial && record.kind() != ApplicationType::Reregistration;
    let superseded = replaces.then_some(NotificationKind::CopiesSuperseded);
    for kind in [Some(NotificationKind::CertificateReady), superseded]
        .into_iter()
        .flatten()
    {
        let told = notify::of(deps, kind, &record.application, None, deps.clock.now());
        notify::push(deps, tx, &told).await?;
    }
    Ok(())
}

/// Tells the province's officers that the nation refused one row of a succession; applications that followed it go back
/// with the registration.
async fn row_refused(deps: &Deps, tx: &mut Tx, row: Uuid, refused: Refused) -> Result<(), Error> {
    let Refused { person, from, to } = refused;
    if from != to {
        follow_employer::follow(deps, tx, &within(deps), person, (to, from), deps.clock.now()).await?;
    }
    let told = Notification {
        kind: NotificationKind::SuccessionRowRefused,
        to: vec![Addressee::Authority(Authority::Province(deps.province))],
        person: Some(person),
        subject: format!("provinces/{}/successionRows/{row}", deps.province),
        particulars: Particulars::default(),
        at: deps.clock.now(),
        once: None,
    };
    notify::push(deps, tx, &told).await?;
    Ok(())
}

/// As [`certificate_ready`], for whoever went on with a successor.
async fn version_ready(
    deps: &Deps,
    tx: &mut Tx,
    (person, employer): (PersonId, EmployerId),
) -> Result<(), Error> {
    for kind in [
        NotificationKind::CertificateReady,
        NotificationKind::CopiesSuperseded,
    ] {
        let told = notify::of_registration(deps, kind, person, employer, deps.clock.now());
        notify::push(deps, tx, &told).await?;
    }
    Ok(())
}
