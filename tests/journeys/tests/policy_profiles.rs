//! A province changes the policy it works under, and every file stays under the one that it was submitted under.
//!
//! ```text
//!  A submitted ── provincial-publicity 1 ──▶ 省厅受理 初审 会审 审批 ──公示 10 working days──▶ 公告 by the province
//!        │ a new version comes into force tomorrow
//!  B submitted ── provincial-publicity 2 ──▶ 省厅受理 初审 会审 审批 ──公示 5 working days───▶ 公告 by the province
//!        │ the province goes over to the other profile
//!  C submitted ── ministry-direct 1 ───────▶ 部受理 会审 审批 ─────────────────────────────▶ 公告 by the ministry
//! ```
//!
//! Proves (domain §1.13, 101号 art 16): the policy of a file is that of the day of its submission, through restarts and
//! later versions; the two profiles lead to the same register; under the direct one the province neither accepts nor
//! reviews nor announces, and who accepts for the ministry does not decide.

use api::registration::v1 as registration;
use api::types::v1::Specialty;
use api::verification::v1::Verdict;
use domain::calendar::HolidayCalendar;
use harness::{PROVINCE, Role, SignalName, World};
use jiff::ToSpan as _;
use jiff::civil::Date;
use journeys::refusal;
use registration::application::State;
use testkit::actors::{Holder, Officer};
use testkit::stage::Stage;
use testkit::story::{Silent, day};

const WATER: Specialty = Specialty::WaterAndHydropower;
/// The shipped profile, of which the province writes a version of its own.
const SHIPPED: &str = include_str!("../../../crates/domain/data/policies/provincial-publicity.toml");
/// The clearance comes by itself after the decision: the wire has no position for it.
const LOOKS: u32 = 400;
const PAUSE: std::time::Duration = std::time::Duration::from_millis(50);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_file_stays_under_the_policy_of_the_day_of_its_submission() {
    let mut world = World::start().await;
    let mut stage = world.stage().await;
    let mut holders = Vec::new();
    for ordinal in 0..3 {
        holders.push(stage.holder(ordinal).await.expect("enrolled"));
    }
    let [a, b, c] = holders.as_mut_slice() else {
        panic!("three were enrolled")
    };
    let first = submitted(&stage, a, "provincial-publicity 1").await;

    let tomorrow = stage.accepting.citizen.door.clock.today().saturating_add(1.day());
    write_second_version(&world, tomorrow);
    govern(&mut world, "policies = \"policies\"\n").await;
    stage.accepting.citizen.door.clock.advance_to_morning_of(tomorrow);
    sign_in(&mut stage, &mut [&mut *a, &mut *b, &mut *c]).await;
    let second = submitted(&stage, b, "provincial-publicity 2").await;

    govern(&mut world, "policy = \"ministry-direct\"\n").await;
    let third = submitted(&stage, c, "ministry-direct 1").await;

    let direct = straight_to_the_ministry(&mut stage, c, &third).await;
    let mut numbers = vec![direct];
    let shorter = publicised(&mut stage, &second, 5).await;
    let longer = publicised(&mut stage, &first, 10).await;
    assert!(shorter.1 < longer.1);
    for (name, (publicity, closes_on)) in [(&second, shorter), (&first, longer)] {
        let after = closes_on.saturating_add(1.day());
        stage.announcing.citizen.door.clock.advance_to_morning_of(after);
        sign_in(&mut stage, &mut [&mut *a, &mut *b]).await;
        stage
            .announcing
            .close_publicity(&publicity)
            .await
            .expect("closed");
        cleared(&stage.deciding, name).await;
        numbers.push(announced(&stage.announcing, name).await);
    }
    for (number, position) in numbers {
        let answer = stage
            .checker
            .by_number(&number, Some(position))
            .await
            .expect("answered");
        assert_eq!(answer.verdict(), Verdict::Valid, "{number}");
    }
    world.stop().await;
}

/// The province's own second version: five working days of publicity, from a day on.
fn write_second_version(world: &World, from: Date) {
    let text = SHIPPED
        .replace("version = 1", "version = 2")
        .replace(
            "in_force_from = \"2007-07-01\"",
            &format!("in_force_from = \"{from}\""),
        )
        .replace("INITIAL = 10", "INITIAL = 5");
    let config = world.fleet.deployment().config(&role());
    let folder = config
        .parent()
        .expect("a configuration has a folder")
        .join("policies");
    std::fs::create_dir(&folder).expect("made");
    std::fs::write(folder.join("provincial-publicity-2.toml"), text).expect("written");
}

fn role() -> Role {
    Role::Registration(PROVINCE.to_owned())
}

/// Adds lines to the section of the province's own settings, and starts it anew.
async fn govern(world: &mut World, lines: &str) {
    let config = world.fleet.deployment().config(&role());
    let written = std::fs::read_to_string(&config).expect("a configuration");
    let place = format!("province = \"{PROVINCE}\"\n");
    let changed = written.replace(&place, &format!("{place}{lines}"));
    assert_ne!(changed, written);
    std::fs::write(&config, changed).expect("written");
    world.fleet.end(&role(), SignalName::Term).await.expect("drained");
    world.fleet.restart(&role()).await.expect("it serves again");
}

async fn sign_in(stage: &mut Stage, holders: &mut [&mut Holder]) {
    stage.sign_in_again().await.expect("signed in");
    for holder in holders {
        holder.citizen.sign_in().await.expect("signed in");
    }
}

/// Submits an initial registration and looks under which policy.
async fn submitted(stage: &Stage, holder: &mut Holder, policy: &str) -> String {
    holder.citizen.sign_in().await.expect("signed in");
    let name = stage
        .submit_initial(holder, &mut Silent)
        .await
        .expect("submitted");
    let shown = holder.application(&name).await.expect("the holder's own");
    assert_eq!((shown.state(), shown.policy.as_str()), (State::Submitted, policy));
    name
}

/// Through the province's examination into publicity; the publicity and its last day, which its policy says.
async fn publicised(stage: &mut Stage, name: &str, working_days: u16) -> (String, Date) {
    stage.examine(name, &[WATER], &mut Silent).await.expect("granted");
    let publicity = stage.announcing.open_publicity(name).await.expect("opened");
    let closes_on = day(publicity.closes_on);
    let deadline = HolidayCalendar::official().deadline(day(publicity.opens_on), working_days);
    assert_eq!(closes_on, deadline.day);
    (publicity.name, closes_on)
}

/// The direct path, on which the province has no step.
async fn straight_to_the_ministry(
    stage: &mut Stage,
    holder: &mut Holder,
    name: &str,
) -> (String, api::types::v1::Position) {
    let accepting = stage.officer(0, "ministry").await.expect("appointed");
    sign_in(stage, &mut [holder]).await;
    assert_eq!(refusal(stage.accepting.accept(name).await), "WRONG_AUTHORITY");
    accepting.accept(name).await.expect("accepted by the ministry");
    assert_eq!(refusal(stage.reviewing.review(name).await), "APPLICATION_STATE");
    accepting
        .request_joint_review(name)
        .await
        .expect("sent to the water authority");
    stage.water.joint_review(name, WATER).await.expect("an opinion");
    assert_eq!(refusal(accepting.grant(name).await), "SAME_OFFICER");
    stage.deciding.grant(name).await.expect("granted");
    cleared(&stage.deciding, name).await;
    assert_eq!(refusal(stage.announcing.publish(name).await), "WRONG_AUTHORITY");
    announced(&stage.deciding, name).await
}

async fn cleared(officer: &Officer, name: &str) {
    for _ in 0..LOOKS {
        if officer.application(name).await.expect("shown").state() == State::Cleared {
            return;
        }
        tokio::time::sleep(PAUSE).await;
    }
    panic!("{name} was not cleared");
}

/// Publishes, and tells the registration number and where to look for it.
async fn announced(officer: &Officer, name: &str) -> (String, api::types::v1::Position) {
    let published = officer.publish(name).await.expect("announced");
    let shown = officer.application(name).await.expect("shown");
    assert_eq!(shown.state(), State::Announced);
    (shown.registration_number, published.position.expect("a position"))
}
