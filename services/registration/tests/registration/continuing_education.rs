//! Continuing education (153号 art 15(3), 建市〔2010〕192号) where a policy verifies it, has it attested, or leaves it off.

use api::registration::v1 as wire;
use api::types::v1::{ApplicationType, Specialty};
use jiff::ToSpan as _;
use jiff::civil::date;
use tonic_types::StatusExt as _;
use wire::application::State;
use wire::fact_statement::Statement;
use wire::record_fact_request::Subject;

use crate::story::{Officers, rules};
use crate::world::{Holder, Setting, World, own_policy, reason, wire as day};

const BUILDING: Specialty = Specialty::Building;

/// Accepted and reviewed: only the decision is left.
async fn examined(world: &World, officers: &Officers, name: &str) {
    world
        .accept_application(&officers.acceptor, name, "")
        .await
        .expect("accepted");
    world
        .record_review(&officers.reviewer, name, wire::Opinion::Favourable, "")
        .await
        .expect("reviewed");
}

/// A late initial registration under a mode of continuing education; the firm and the file up to its draft.
async fn late_under(mode: &str) -> (World, Holder, String) {
    let changed = format!("ce_mode = \"{mode}\"");
    let world = World::start_set(|_| Setting {
        policy: Some(own_policy(&[("ce_mode = \"attest\"", &changed)])),
        ..Setting::default()
    })
    .await;
    let holder = world.person(1);
    let firm = world.firm("江苏建筑有限公司", "32", 1);
    world.qualify(&holder, BUILDING, date(2015, 6, 1)).await;
    let name = world
        .confirmed(&holder, &firm, ApplicationType::Initial, &[BUILDING])
        .await;
    (world, holder, name)
}

#[tokio::test]
async fn hours_must_be_on_record_where_continuing_education_is_verified() {
    let (world, holder, name) = late_under("verify").await;
    let officers = Officers::new();
    let submitted = world
        .submit_application(&holder.actor, &name, true)
        .await
        .expect("a paper is attached");
    assert_eq!(submitted.policy, "own 1");
    examined(&world, &officers, &name).await;
    let granted = world
        .decide_application(&officers.ministry, &name, true, "")
        .await;
    assert_eq!(
        rules(granted),
        ["CONTINUING_EDUCATION"],
        "a paper is not yet a record"
    );
    let hours = |required| {
        Statement::Education(wire::ContinuingEducationHours {
            specialty: BUILDING.into(),
            required_hours: required,
            elective_hours: 60,
            completed_on: Some(day(world.today().saturating_sub(60.days()))),
        })
    };
    world
        .fact(Subject::Person(format!("persons/{}", holder.id)), hours(40))
        .await;
    let short = world
        .decide_application(&officers.ministry, &name, true, "")
        .await
        .expect_err("20 short");
    let said = short
        .get_details_bad_request()
        .expect("violations")
        .field_violations;
    assert!(
        said.iter()
            .any(|one| one.description.contains("missing_hours=BUILDING:20+0")),
        "{said:?}"
    );
    world
        .fact(Subject::Person(format!("persons/{}", holder.id)), hours(20))
        .await;
    let granted = world
        .decide_application(&officers.ministry, &name, true, "")
        .await
        .expect("granted");
    assert_eq!(granted.state(), State::Decided);
}

#[tokio::test]
async fn the_parties_word_suffices_where_continuing_education_is_attested_and_nothing_where_it_is_off() {
    for (mode, asks) in [("attest", true), ("off", false)] {
        let (world, holder, name) = late_under(mode).await;
        let shown = world.application(&holder.actor, &name).await.expect("shown");
        let kind = wire::MaterialKind::ContinuingEducation;
        assert_eq!(
            shown.materials.iter().any(|one| one.kind() == kind),
            asks,
            "{mode}"
        );
        let officers = Officers::new();
        let uncommitted = world.submit_application(&holder.actor, &name, false).await;
        assert_eq!(reason(uncommitted), "COMMITMENT_MISSING");
        world
            .submit_application(&holder.actor, &name, true)
            .await
            .expect("submitted");
        examined(&world, &officers, &name).await;
        let granted = world
            .decide_application(&officers.ministry, &name, true, "")
            .await
            .expect("granted");
        assert_eq!(granted.state(), State::Decided, "{mode}");
    }
}
