//! What happens when an authority stays silent, and who is told in time.
//!
//! ```text
//!  submitted ──5 working days of silence──▶ accepted by the clock ──▶ registered            (a holder)
//!  term ends ──renewal filed, undecided──▶ 有效, never 失效 ──▶ deemed renewed, version 2    (the same)
//!  term ends ──nobody asked──▶ 失效                                                          (somebody else)
//! ```
//!
//! Proves: silence counts as acceptance by an act that names the clock; holder and employer are reminded in province and
//! nation; an undecided timely renewal is in force on every day and becomes a new version by itself; a paper of the
//! version before says what took its place; without a renewal the term simply ends.

use api::issuance::v1 as issuance;
use api::registration::v1 as registration;
use api::registration::v1::application::State;
use api::types::v1::{ApplicationType, Notification, NotificationKind as Kind, Specialty, StatusCode};
use api::verification::v1::{Verdict, Verification};
use harness::World;
use jiff::ToSpan as _;
use jiff::civil::Date;
use journeys::certificates::{issued, tender_copy};
use testkit::actors::{Draft, Holder};
use testkit::materials::attach_for_renewal;
use testkit::stage::Stage;
use testkit::story::{Silent, day, wire_day};

const WATER: &[Specialty] = &[Specialty::WaterAndHydropower];
/// Steps of the clock are looked for this often: the wire has no position for what a job will do.
const LOOKS: u32 = 400;
const PAUSE: std::time::Duration = std::time::Duration::from_millis(50);

async fn move_to(stage: &mut Stage, holder: &mut Holder, day: Date) {
    holder.citizen.door.clock.advance_to_morning_of(day);
    stage.sign_in_again().await.expect("signed in");
    holder.citizen.sign_in().await.expect("signed in");
}

async fn of_province(holder: &Holder) -> Vec<Notification> {
    let message = registration::ListNotificationsRequest::default();
    let mut client = holder.citizen.door.notifications(&holder.province);
    let answer = client.list_notifications(holder.citizen.request(message)).await;
    answer.expect("the holder's own").into_inner().notifications
}

async fn of_nation(holder: &Holder) -> Vec<Notification> {
    let message = issuance::ListNotificationsRequest::default();
    let mut client = holder.citizen.door.national_notifications();
    let answer = client.list_notifications(holder.citizen.request(message)).await;
    answer.expect("the holder's own").into_inner().notifications
}

/// The newest notification of a kind, once `list` has one.
macro_rules! until_told {
    ($list:ident, $holder:expr, $kind:expr) => {{
        let mut found = None;
        for _ in 0..LOOKS {
            found = $list($holder).await.into_iter().find(|one| one.kind() == $kind);
            if found.is_some() {
                break;
            }
            tokio::time::sleep(PAUSE).await;
        }
        found.expect("told in time")
    }};
}

async fn until_state(holder: &Holder, name: &str, state: State) -> registration::Application {
    for _ in 0..LOOKS {
        let seen = holder.application(name).await.expect("own");
        if seen.state() == state {
            return seen;
        }
        tokio::time::sleep(PAUSE).await;
    }
    panic!("{name} did not become {state:?}");
}

async fn asked(stage: &Stage, number: &str) -> Verification {
    stage.checker.by_number(number, None).await.expect("answered")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn silence_accepts_reminders_come_and_an_undecided_renewal_never_lapses() {
    let world = World::start_back(3.years().days(170)).await;
    let mut stage = world.stage().await;
    let mut holder = stage.holder(0).await.expect("enrolled");
    let mut sluggard = stage.holder(1).await.expect("enrolled");

    let name = accepted_by_the_clock(&mut stage, &mut holder).await;
    // Days have gone by since the enrolment.
    sluggard.citizen.sign_in().await.expect("signed in");
    let other = stage
        .submit_initial(&sluggard, &mut Silent)
        .await
        .expect("submitted");
    stage.accepting.accept(&other).await.expect("accepted");
    for application in [&name, &other] {
        stage.reviewing.review(application).await.expect("reviewed");
        stage
            .reviewing
            .request_joint_review(application)
            .await
            .expect("passed on");
        stage
            .water
            .joint_review(application, WATER[0])
            .await
            .expect("agreed");
        stage.deciding.grant(application).await.expect("granted");
    }
    let names = [name.as_str(), other.as_str()];
    let numbers = stage
        .publicise(&mut [&mut holder, &mut sluggard], &names, &mut Silent)
        .await
        .expect("cleared");
    let mut seen = None;
    for application in names {
        let published = stage.announcing.publish(application).await.expect("announced");
        seen = published.position;
    }
    let first = issued(&holder, seen).await;
    assert!(kinds(&of_province(&holder).await).contains(&Kind::DeemedAccepted));

    let end = day(first.specialties[0].valid_to);
    reminded_of_a_copy(&mut stage, &mut holder, &first.name).await;
    undecided(&mut stage, &mut holder, end, &numbers[0]).await;
    let second = issued(&holder, None).await;
    assert_eq!(
        (second.version, day(second.specialties[0].valid_to)),
        (2, end.saturating_add(3.years()))
    );
    let ended = asked(&stage, &numbers[1]).await;
    assert_eq!(
        (ended.verdict(), ended.status_code()),
        (Verdict::RegistrationEnded, StatusCode::Lapsed)
    );
    world.stop().await;
}

fn kinds(told: &[Notification]) -> Vec<Kind> {
    told.iter().map(Notification::kind).collect()
}

/// Submitted, and nobody says anything for more than five working days.
async fn accepted_by_the_clock(stage: &mut Stage, holder: &mut Holder) -> String {
    let name = stage
        .submit_initial(holder, &mut Silent)
        .await
        .expect("submitted");
    let submitted = holder.application(&name).await.expect("own");
    let last = day(submitted.due_on);
    move_to(stage, holder, last.saturating_add(1.day())).await;
    let accepted = until_state(holder, &name, State::Accepted).await;
    assert_eq!(accepted.state_since, submitted.state_since, "from the receipt on");
    let told = until_told!(of_province, holder, Kind::DeemedAccepted);
    assert!(told.text.expect("a text").zh.contains("即为受理"));
    name
}

/// A copy for a tender, and the nation's reminder thirty days before its end.
async fn reminded_of_a_copy(stage: &mut Stage, holder: &mut Holder, certificate: &str) {
    let copy = tender_copy(holder, certificate, "JS-2026-0412")
        .await
        .expect("a copy");
    let until = day(copy.use_until);
    move_to(stage, holder, until.saturating_sub(30.days())).await;
    let told = until_told!(of_nation, holder, Kind::CopyEnding);
    assert_eq!((told.subject.as_str(), told.days_left), (copy.name.as_str(), 30));
}

/// A renewal that is filed in time and accepted, and then lies about until the term is over.
async fn undecided(stage: &mut Stage, holder: &mut Holder, end: Date, number: &str) {
    move_to(stage, holder, end.saturating_sub(60.days())).await;
    let told = until_told!(of_province, holder, Kind::TermEnding);
    assert_eq!((told.days_left, day(told.day)), (60, end));
    let employer = stage.employer_a.employer.name.clone();
    let draft = Draft {
        kind: ApplicationType::Renewal,
        specialties: WATER,
        employer: &employer,
        contract_from: wire_day(end.saturating_sub(1.year())),
    };
    let renewal = holder.draft(&draft).await.expect("a draft").name;
    attach_for_renewal(holder, &renewal).await.expect("attached");
    holder.request_employment(&renewal).await.expect("handed over");
    stage
        .employer_a
        .confirm_employment(&renewal)
        .await
        .expect("confirmed");
    holder.submit(&renewal).await.expect("in time");
    stage.accepting.accept(&renewal).await.expect("accepted");
    let copy = tender_copy(holder, &issued(holder, None).await.name, "JS-2026-0977").await;
    assert!(copy.is_ok(), "a copy that ends with the term");

    move_to(stage, holder, end.saturating_add(1.day())).await;
    // Whether the clock has acted yet or not: the registration is in force.
    for _ in 0..LOOKS {
        let answer = asked(stage, number).await;
        assert_eq!(
            (answer.verdict(), answer.status_code()),
            (Verdict::Valid, StatusCode::Valid)
        );
        if holder.application(&renewal).await.expect("own").state() == State::DeemedRenewed {
            break;
        }
        tokio::time::sleep(PAUSE).await;
    }
    until_state(holder, &renewal, State::DeemedRenewed).await;
    until_told!(of_province, holder, Kind::DeemedRenewed);
    until_told!(of_nation, holder, Kind::DeemedRenewed);
    until_told!(of_province, holder, Kind::CopiesSuperseded);
    // The use period ended with the old term, a day before: nothing was left for the new version to supersede.
    assert!(!kinds(&of_nation(holder).await).contains(&Kind::CopiesSuperseded));
    let answer = asked(stage, number).await;
    assert_eq!(answer.verdict(), Verdict::Valid);
    assert_eq!(
        day(answer.specialties[0].validity.and_then(|term| term.valid_to)),
        end.saturating_add(3.years())
    );
}
