//! Who may do what to a file, and in which order.
//!
//! ```text
//!  受理 (officer 1, 江苏) ─▶ 初审 (officer 2, 江苏) ─▶ 会审 (水利) ─▶ 审批 (住建部) ─▶ 公示 ─▶ 公告 (江苏)
//!        × officer 2 again        × officer 1          × 江苏, 部      × 江苏, 水利      × 浙江, 水利, 部
//! ```
//!
//! Proves: no officer takes two steps that the rules keep apart; no authority takes another's step, a province never
//! the ministry's or a co-reviewer's; no step is taken out of order; a refused step changes nothing; every refusal has
//! a stable reason and an article, and is in the audit with who, what and on which provision.

use api::registration::v1::Application;
use api::registration::v1::application::State;
use api::types::v1::Specialty;
use harness::{PROVINCE, Role, World};
use jiff::ToSpan as _;
use journeys::books::{AuditedRefusal, Books};
use journeys::{particular, reason, refused};
use testkit::actors::{Answer, Officer};
use testkit::stage::Stage;
use testkit::story::{Silent, day};

const WATER: Specialty = Specialty::WaterAndHydropower;

/// What was refused so far, as the audit must have it.
struct Expected {
    application: String,
    refusals: Vec<AuditedRefusal>,
}

impl Expected {
    /// Notes a refusal after looking at its reason.
    fn refused<T>(&mut self, who: &Officer, verb: &str, expected: &str, answer: Answer<T>) {
        let status = refused(answer);
        assert_eq!(reason(&status), expected, "{verb}");
        let article = particular(&status, "article");
        assert!(
            expected == "NOT_FOUND" || !article.is_empty(),
            "{verb}: a rule rests on an article"
        );
        self.refusals.push(AuditedRefusal {
            actor: who.citizen.account.replace("accounts/", "account/"),
            verb: verb.to_owned(),
            article,
            subject: self.application.clone(),
            reason: expected.to_owned(),
        });
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_step_has_its_officer_its_authority_and_its_place() {
    let world = World::start().await;
    let mut stage = world.stage().await;
    let neighbour = stage.officer(0, "provinces/33").await.expect("appointed");
    let railways = stage.officer(1, "ministries/railways").await.expect("appointed");
    stage.sign_in_again().await.expect("signed in");
    let mut holder = stage.holder(0).await.expect("enrolled");
    let application = stage
        .submit_initial(&holder, &mut Silent)
        .await
        .expect("submitted");
    let mut expected = Expected {
        application: application.clone(),
        refusals: Vec::new(),
    };

    before_acceptance(&stage, &neighbour, &mut expected).await;
    unchanged(&stage, &application, State::Submitted).await;
    stage.accepting.accept(&application).await.expect("accepted");
    before_review(&stage, &neighbour, &mut expected).await;
    unchanged(&stage, &application, State::Accepted).await;
    stage.reviewing.review(&application).await.expect("reviewed");
    before_joint_review(&stage, &railways, &mut expected).await;
    stage
        .reviewing
        .request_joint_review(&application)
        .await
        .expect("passed on");
    during_joint_review(&stage, &railways, &mut expected).await;
    unchanged(&stage, &application, State::JointReviewPending).await;
    stage
        .water
        .joint_review(&application, WATER)
        .await
        .expect("agreed");
    before_decision(&stage, &mut expected).await;
    unchanged(&stage, &application, State::JointReviewed).await;
    stage.deciding.grant(&application).await.expect("granted");
    unchanged(&stage, &application, State::Decided).await;

    let publicity = publicity_is_the_province_s(&mut stage, &neighbour, &application).await;
    holder.citizen.sign_in().await.expect("signed in");
    let outcomes = stage
        .announcing
        .close_publicity(&publicity)
        .await
        .expect("closed");
    assert!(outcomes.iter().all(|outcome| outcome.cleared), "{outcomes:?}");
    stage.announcing.publish(&application).await.expect("announced");

    let books = Books::open(&world, &Role::Registration(PROVINCE.to_owned())).await;
    let audited = books.refusals().await;
    for refusal in &expected.refusals {
        assert!(
            audited.contains(refusal),
            "not in the audit: {refusal:?}\n{audited:#?}"
        );
    }
    let about_this = audited.iter().filter(|one| one.subject == application).count();
    assert_eq!(about_this, expected.refusals.len(), "each refusal once");
    world.stop().await;
}

/// A refused step changes nothing.
async fn unchanged(stage: &Stage, application: &str, expected: State) {
    let seen: Application = stage
        .accepting
        .application(application)
        .await
        .expect("the province's own file");
    assert_eq!(seen.state(), expected);
}

async fn before_acceptance(stage: &Stage, neighbour: &Officer, expected: &mut Expected) {
    let name = &expected.application.clone();
    let (reviewing, water, deciding) = (&stage.reviewing, &stage.water, &stage.deciding);
    expected.refused(
        reviewing,
        "record_review",
        "APPLICATION_STATE",
        reviewing.review(name).await,
    );
    expected.refused(
        deciding,
        "decide_application",
        "APPLICATION_STATE",
        deciding.grant(name).await,
    );
    expected.refused(
        water,
        "record_joint_review",
        "APPLICATION_STATE",
        water.joint_review(name, WATER).await,
    );
    expected.refused(
        water,
        "accept_application",
        "WRONG_AUTHORITY",
        water.accept(name).await,
    );
    expected.refused(
        deciding,
        "accept_application",
        "WRONG_AUTHORITY",
        deciding.accept(name).await,
    );
    // Of another province's file an officer does not even learn that it is there.
    expected.refused(
        neighbour,
        "accept_application",
        "NOT_FOUND",
        neighbour.accept(name).await,
    );
}

async fn before_review(stage: &Stage, neighbour: &Officer, expected: &mut Expected) {
    let name = &expected.application.clone();
    let (accepting, water, deciding) = (&stage.accepting, &stage.water, &stage.deciding);
    expected.refused(
        accepting,
        "record_review",
        "SAME_OFFICER",
        accepting.review(name).await,
    );
    expected.refused(
        water,
        "record_review",
        "WRONG_AUTHORITY",
        water.review(name).await,
    );
    expected.refused(
        deciding,
        "record_review",
        "WRONG_AUTHORITY",
        deciding.review(name).await,
    );
    expected.refused(
        neighbour,
        "record_review",
        "NOT_FOUND",
        neighbour.review(name).await,
    );
    expected.refused(
        accepting,
        "accept_application",
        "APPLICATION_STATE",
        accepting.accept(name).await,
    );
}

async fn before_joint_review(stage: &Stage, railways: &Officer, expected: &mut Expected) {
    let name = &expected.application.clone();
    let deciding = &stage.deciding;
    // 水利水电 is co-reviewed: the ministry cannot decide without it.
    expected.refused(
        deciding,
        "decide_application",
        "APPLICATION_STATE",
        deciding.grant(name).await,
    );
    expected.refused(
        railways,
        "request_joint_review",
        "WRONG_AUTHORITY",
        railways.request_joint_review(name).await,
    );
}

async fn during_joint_review(stage: &Stage, railways: &Officer, expected: &mut Expected) {
    let name = &expected.application.clone();
    for officer in [&stage.reviewing, &stage.deciding, railways] {
        expected.refused(
            officer,
            "record_joint_review",
            "WRONG_AUTHORITY",
            officer.joint_review(name, WATER).await,
        );
    }
    let water = &stage.water;
    let other = water.joint_review(name, Specialty::Railway).await;
    expected.refused(water, "record_joint_review", "NOT_CO_REVIEWED", other);
    expected.refused(
        &stage.deciding,
        "decide_application",
        "APPLICATION_STATE",
        stage.deciding.grant(name).await,
    );
}

async fn before_decision(stage: &Stage, expected: &mut Expected) {
    let name = &expected.application.clone();
    for officer in [
        &stage.accepting,
        &stage.reviewing,
        &stage.announcing,
        &stage.water,
    ] {
        expected.refused(
            officer,
            "decide_application",
            "WRONG_AUTHORITY",
            officer.grant(name).await,
        );
    }
}

/// Returns the publicity, its window over and everybody signed in again.
async fn publicity_is_the_province_s(stage: &mut Stage, neighbour: &Officer, application: &str) -> String {
    for officer in [&stage.water, &stage.deciding] {
        assert_eq!(
            reason(&refused(officer.open_publicity(application).await)),
            "WRONG_AUTHORITY"
        );
    }
    assert_eq!(
        reason(&refused(neighbour.open_publicity(application).await)),
        "NOT_FOUND"
    );
    let publicity = stage
        .announcing
        .open_publicity(application)
        .await
        .expect("opened");
    let after = day(publicity.closes_on).saturating_add(1.day());
    stage.announcing.citizen.door.clock.advance_to_morning_of(after);
    stage.sign_in_again().await.expect("signed in");
    let by_the_ministry = stage.deciding.close_publicity(&publicity.name).await;
    assert_eq!(reason(&refused(by_the_ministry)), "WRONG_AUTHORITY");
    publicity.name
}
