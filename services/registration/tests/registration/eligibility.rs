//! What one can apply for, from when until when, and what is missing.

use api::registration::v1 as wire;
use api::types::v1::{ApplicationType, Specialty};
use jiff::ToSpan as _;
use jiff::civil::date;
use wire::fact_statement::Statement;
use wire::record_fact_request::Subject;

use crate::story::WATER;
use crate::world::{Holder, Setting, World, own_policy, wire as day};

async fn options(world: &World, holder: &Holder, employer: &str) -> Vec<wire::EligibilityOption> {
    let message = wire::CheckEligibilityRequest {
        employer: employer.to_owned(),
        ..Default::default()
    };
    let answer = world
        .applications()
        .check_eligibility(world.signed(&holder.actor, message))
        .await;
    answer.expect("judged").into_inner().options
}

fn option(
    all: &[wire::EligibilityOption],
    kind: ApplicationType,
    specialty: Specialty,
) -> wire::EligibilityOption {
    let found = all
        .iter()
        .find(|one| one.r#type() == kind && one.specialty() == specialty);
    found
        .unwrap_or_else(|| panic!("{kind:?} {specialty:?} in {all:?}"))
        .clone()
}

fn rules(option: &wire::EligibilityOption) -> Vec<&str> {
    option
        .failed_rules
        .iter()
        .map(|failed| failed.rule.as_str())
        .collect()
}

#[tokio::test]
async fn every_type_and_specialty_says_when_it_opens_what_stands_against_it_and_what_is_missing() {
    let world = World::start_set(|_| Setting {
        policy: Some(own_policy(&[("ce_mode = \"attest\"", "ce_mode = \"verify\"")])),
        ..Setting::default()
    })
    .await;
    let holder = world.person(1);
    let firm = world.firm("江苏水利建设有限公司", "32", 1);
    assert_eq!(
        options(&world, &holder, &firm.name).await,
        [],
        "nothing is known of them"
    );
    let issued = world.today().saturating_sub(1.year());
    world.qualify(&holder, WATER, issued).await;
    world
        .qualify(&holder, Specialty::Building, date(2015, 6, 1))
        .await;

    let all = options(&world, &holder, &firm.name).await;
    let water = option(&all, ApplicationType::Initial, WATER);
    assert!(
        water.eligible && water.failed_rules.is_empty() && water.missing_facts.is_empty(),
        "{water:?}"
    );
    assert_eq!(water.from, Some(day(issued)));
    assert!(
        water.without_education_until.is_some() && water.until.is_some(),
        "until the 65th birthday"
    );
    assert_eq!(water.missing_materials.len(), 7, "{:?}", water.missing_materials);
    let late = option(&all, ApplicationType::Initial, Specialty::Building);
    assert!(late.eligible, "a paper on the hours may be attached: {late:?}");
    assert_eq!(
        (late.missing_required_hours, late.missing_elective_hours),
        (60, 60)
    );
    assert_eq!(late.missing_facts, ["继续教育学时（建筑工程）"]);
    assert!(late.missing_materials.contains(&"继续教育证明".to_owned()));
    let renewal = option(&all, ApplicationType::Renewal, WATER);
    assert!(!renewal.eligible && renewal.from.is_none());
    assert_eq!(rules(&renewal), ["NOT_REGISTERED"]);
    assert!(
        renewal
            .failed_rules
            .iter()
            .all(|failed| failed.cure.is_some() && !failed.article.is_empty())
    );

    let hours = Statement::Education(wire::ContinuingEducationHours {
        specialty: Specialty::Building.into(),
        required_hours: 45,
        elective_hours: 60,
        completed_on: Some(day(world.today().saturating_sub(9.days()))),
    });
    let subject = || Subject::Person(format!("persons/{}", holder.id));
    world.fact(subject(), hours).await;
    let decided = world.today().saturating_sub(10.days());
    let false_material = Statement::FalseMaterial(wire::DatedEvent {
        on: Some(day(decided)),
    });
    world.fact(subject(), false_material).await;
    let all = options(&world, &holder, &firm.name).await;
    let late = option(&all, ApplicationType::Initial, Specialty::Building);
    assert_eq!(
        (late.missing_required_hours, late.missing_elective_hours),
        (15, 0)
    );
    assert_eq!(rules(&late), ["FALSE_MATERIAL"]);
    let free = day(decided.saturating_add(1.year()));
    assert_eq!(
        (late.eligible, late.from),
        (false, Some(free)),
        "the ban ends by itself"
    );
    assert_eq!(
        late.failed_rules.first().and_then(|failed| failed.eligible_from),
        Some(free)
    );
}

#[tokio::test]
async fn the_window_of_a_renewal_and_what_is_attached_already_are_told() {
    let world = World::start().await;
    let holder = world.person(1);
    let firm = world.firm("江苏水利建设有限公司", "32", 1);
    world.registered(&holder, &firm).await;
    let all = options(&world, &holder, &firm.name).await;
    let renewal = option(&all, ApplicationType::Renewal, WATER);
    assert_eq!(rules(&renewal), ["RENEWAL_TOO_EARLY"]);
    let (from, until) = (renewal.from.expect("opens"), renewal.until.expect("closes"));
    assert!((from.year, from.month, from.day) < (until.year, until.month, until.day));
    assert_eq!(
        rules(&option(&all, ApplicationType::Initial, WATER)),
        ["TWO_EMPLOYERS"]
    );
    let change = option(&all, ApplicationType::Change, WATER);
    assert!(
        change.missing_materials.contains(&"工作调动证明".to_owned()),
        "{change:?}"
    );

    let name = world
        .draft(&holder, ApplicationType::Renewal, &[WATER], &firm.name)
        .await
        .expect("a draft")
        .name;
    let missing = renewal.missing_materials.len();
    world
        .attach(
            &holder.actor,
            &name,
            wire::MaterialKind::LabourContract,
            "application/pdf",
            &crate::story::scan(""),
        )
        .await
        .expect("attached");
    let all = options(&world, &holder, &firm.name).await;
    let renewal = option(&all, ApplicationType::Renewal, WATER);
    assert_eq!(renewal.missing_materials.len(), missing - 1);
}
