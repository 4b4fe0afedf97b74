//! 不予注册: every ground of 153号 art 15 and the bans of art 33 and 34, at submission, decision and announcement.

use api::exchange::v1::provincial_event::Event;
use api::registration::v1 as wire;
use api::types::v1::{ApplicationType, Specialty};
use jiff::ToSpan as _;
use jiff::civil::{Date, date};
use postgres::sqlx;
use testkit::people::Person;
use tonic_types::StatusExt as _;
use wire::application::State;
use wire::fact_statement::Statement;
use wire::record_fact_request::Subject;

use crate::story::{Officers, rules};
use crate::world::{Employment, Holder, World, reason, wire as day};

const BUILDING: Specialty = Specialty::Building;

fn of(holder: &Holder) -> Subject {
    Subject::Person(format!("persons/{}", holder.id))
}

fn event(on: Date) -> wire::DatedEvent {
    wire::DatedEvent { on: Some(day(on)) }
}

fn conviction(decided_on: Date, served_on: Option<Date>, in_practice: bool) -> Statement {
    Statement::Conviction(wire::Conviction {
        decided_on: Some(day(decided_on)),
        served_on: served_on.map(day),
        in_practice,
    })
}

/// A ground, its article, a fact that gives it, and the first day on which it no longer bars.
type Ground = (&'static str, &'static str, Statement, Option<Date>);

/// The grounds that rest on a fact about the person, as seen on `today`.
fn grounds(today: Date) -> Vec<Ground> {
    let (long_ago, lately) = (today.saturating_sub(20.years()), today.saturating_sub(10.days()));
    let after = |years: i32| Some(lately.saturating_add(years.years()));
    let period = |to: Option<Date>| wire::Period {
        from: Some(day(lately)),
        to: to.map(day),
    };
    let soon = today.saturating_add(400.days());
    let bar = wire::StatutoryBar {
        article: "某法 第一条".to_owned(),
        from: Some(day(lately)),
        to: Some(day(soon)),
    };
    vec![
        (
            "INCAPACITY",
            "153号 art 15(1)",
            Statement::Incapacity(period(None)),
            None,
        ),
        (
            "SENTENCE_RUNNING",
            "153号 art 15(4)",
            conviction(lately, None, false),
            None,
        ),
        (
            "PRACTICE_CONVICTION",
            "153号 art 15(5)",
            conviction(long_ago, Some(lately), true),
            after(5),
        ),
        (
            "OTHER_CONVICTION",
            "153号 art 15(6)",
            conviction(lately, Some(lately), false),
            after(3),
        ),
        (
            "CERTIFICATE_STRIPPED",
            "153号 art 15(7)",
            Statement::Stripped(event(lately)),
            after(2),
        ),
        (
            "MAJOR_ACCIDENT",
            "153号 art 15(8)",
            Statement::MajorAccident(event(lately)),
            after(3),
        ),
        (
            "OTHER_STATUTE",
            "153号 art 15(11)",
            Statement::OtherBar(bar),
            Some(soon.saturating_add(1.day())),
        ),
        (
            "FALSE_MATERIAL",
            "153号 art 33",
            Statement::FalseMaterial(event(lately)),
            after(1),
        ),
        ("FRAUD", "153号 art 34", Statement::Fraud(event(lately)), after(3)),
    ]
}

async fn draft_of(world: &World, ordinal: u32, firm: &Employment) -> (Holder, String) {
    let holder = world.person(ordinal);
    world.qualify(&holder, BUILDING, date(2022, 3, 1)).await;
    let name = world
        .confirmed(&holder, firm, ApplicationType::Initial, &[BUILDING])
        .await;
    (holder, name)
}

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

#[tokio::test]
async fn a_ground_on_record_stops_the_submission_and_names_article_fact_and_cure() {
    let world = World::start().await;
    let firm = world.firm("江苏建筑有限公司", "32", 1);
    for (ordinal, (rule, article, statement, free)) in (1..).zip(grounds(world.today())) {
        let (holder, name) = draft_of(&world, ordinal, &firm).await;
        let fact = world.fact(of(&holder), statement).await;
        let refused = world
            .submit_application(&holder.actor, &name, true)
            .await
            .expect_err(rule);
        assert_eq!(reason::<()>(Err(refused.clone())), "RULES_FAILED");
        let violations = refused
            .get_details_bad_request()
            .expect("violations")
            .field_violations;
        let [violation] = violations.as_slice() else {
            panic!("{rule} alone: {violations:?}")
        };
        assert_eq!(violation.field, rule);
        let id = fact.name.rsplit('/').next().expect("an id");
        for part in [article, id] {
            assert!(
                violation.description.contains(part),
                "{part} in {}",
                violation.description
            );
        }
        if let Some(free) = free {
            assert!(
                violation.description.contains(&format!("自{free}起可申请")),
                "{}",
                violation.description
            );
        }
        assert_eq!(
            world
                .application(&holder.actor, &name)
                .await
                .expect("shown")
                .state(),
            State::EmployerConfirmed,
            "a refused submission changes nothing"
        );
    }
}

#[tokio::test]
async fn a_ground_that_comes_up_after_the_submission_is_refused_in_the_decision() {
    let world = World::start().await;
    let firm = world.firm("江苏建筑有限公司", "32", 1);
    let officers = Officers::new();
    for (ordinal, (rule, article, statement, free)) in (1..).zip(grounds(world.today())) {
        let (holder, name) = draft_of(&world, ordinal, &firm).await;
        world
            .submit_application(&holder.actor, &name, true)
            .await
            .expect("submitted");
        examined(&world, &officers, &name).await;
        let fact = world.fact(of(&holder), statement).await;
        let granted = world
            .decide_application(&officers.ministry, &name, true, "")
            .await;
        assert_eq!(reason(granted.clone()), "AGAINST_RULES");
        assert_eq!(rules(granted), [rule]);
        let refused = world
            .decide_application(&officers.ministry, &name, false, "")
            .await
            .expect("refused without further grounds");
        assert_eq!(refused.state(), State::Refused);
        let [failed] = refused.failed_rules.as_slice() else {
            panic!("{rule} alone")
        };
        assert_eq!((failed.rule.as_str(), failed.article.as_str()), (rule, article));
        assert_eq!(failed.eligible_from, free.map(day), "{rule}");
        assert!(failed.cure.is_some() && !failed.facts.is_empty());
        let id = fact.name.rsplit('/').next().expect("an id");
        assert!(failed.facts.contains(&format!("fact={id}")), "{:?}", failed.facts);
    }
    let mut owner = world.database.owner_connection().await;
    let clear = "SELECT count(*) FROM registration.application AS a WHERE a::text LIKE '%decided_on%' OR a::text LIKE '%某法%'";
    let clear: i64 = sqlx::query_scalar(clear)
        .fetch_one(&mut owner)
        .await
        .expect("counted");
    assert_eq!(clear, 0, "particulars rest sealed");
}

#[tokio::test]
async fn every_ground_is_named_at_once_and_a_corrected_fact_bars_nobody() {
    let world = World::start().await;
    let firm = world.firm("江苏建筑有限公司", "32", 1);
    let (holder, name) = draft_of(&world, 1, &firm).await;
    let mut facts = Vec::new();
    for (_, _, statement, _) in grounds(world.today()) {
        facts.push(world.fact(of(&holder), statement).await.name);
    }
    let since = world.today().saturating_sub(1.day());
    let bankrupt = Statement::EmployerBankrupt(wire::Period {
        from: Some(day(since)),
        to: None,
    });
    facts.push(
        world
            .fact(Subject::Employer(firm.name.clone()), bankrupt)
            .await
            .name,
    );
    let all = rules(world.submit_application(&holder.actor, &name, true).await);
    assert_eq!(
        all,
        [
            "INCAPACITY",
            "SENTENCE_RUNNING",
            "PRACTICE_CONVICTION",
            "OTHER_CONVICTION",
            "CERTIFICATE_STRIPPED",
            "MAJOR_ACCIDENT",
            "EMPLOYER_UNQUALIFIED",
            "OTHER_STATUTE",
            "FALSE_MATERIAL",
            "FRAUD"
        ]
    );
    let (one, other) = (Officers::new().acceptor, Officers::new().acceptor);
    for fact in facts {
        let message = wire::CorrectFactRequest {
            request_id: crate::world::id(),
            name: fact,
            statement: crate::story::said(Statement::NotSo(wire::NotSo {})),
            source: wire::FactSource::Court.into(),
            reference: "（2022）苏行终1号".to_owned(),
            evidence: Some(crate::story::paper(b"%PDF-1.7 judgment")),
        };
        let corrected = world
            .facts()
            .correct_fact(world.signed(&one, message))
            .await
            .expect("proposed");
        let name = corrected.into_inner().fact.expect("a fact").name;
        world
            .confirm_facts(&other, &[&name], true)
            .await
            .expect("confirmed");
    }
    world
        .submit_application(&holder.actor, &name, true)
        .await
        .expect("submitted");
}

#[tokio::test]
async fn no_second_employer_no_second_application_and_no_unqualified_employer() {
    let world = World::start().await;
    let holder = world.person(1);
    let (firm, rival) = (
        world.firm("江苏水利建设有限公司", "32", 1),
        world.firm("江苏路桥有限公司", "32", 2),
    );
    world.registered(&holder, &firm).await;
    let name = world
        .confirmed(
            &holder,
            &rival,
            ApplicationType::Initial,
            &[Specialty::WaterAndHydropower],
        )
        .await;
    let refused = world.submit_application(&holder.actor, &name, true).await;
    assert_eq!(rules(refused), ["TWO_EMPLOYERS"]);
    let second = world
        .draft(
            &holder,
            ApplicationType::Renewal,
            &[Specialty::WaterAndHydropower],
            &firm.name,
        )
        .await;
    assert_eq!(reason(second), "OPEN_APPLICATION");

    let (other, name) = draft_of(&world, 2, &rival).await;
    world
        .identity
        .employers
        .lock()
        .expect("no panic")
        .get_mut(&rival.name)
        .expect("a firm")
        .qualifications
        .clear();
    let refused = world.submit_application(&other.actor, &name, true).await;
    assert_eq!(
        rules(refused),
        ["EMPLOYER_UNQUALIFIED"],
        "as identity tells it on the day"
    );
}

#[tokio::test]
async fn nobody_is_announced_past_65_and_such_a_file_goes_back() {
    let world = World::start().await;
    let firm = world.firm("江苏建筑有限公司", "32", 1);
    let officers = Officers::new();
    let until = |day: Date| {
        let days = world.today().until(day).expect("in range").get_days();
        world.advance(u64::try_from(days).expect("ahead"));
    };
    until(date(2025, 1, 20));
    // Born on 29 February: 65 on the last day of February 2025 (domain §1.4).
    let mut names = Vec::new();
    for ordinal in [1, 2] {
        let person = Person::named(["闰甲", "闰乙"][ordinal as usize - 1], (1960, 2, 29), ordinal);
        let holder = world.enrolled(person);
        world.qualify(&holder, BUILDING, date(2024, 6, 1)).await;
        let name = world
            .submitted(&holder, &firm, ApplicationType::Initial, &[BUILDING])
            .await;
        world.granted(&name).await;
        names.push((holder, name));
    }
    let mut publicities = Vec::new();
    for (_, name) in &names {
        publicities.push(world.open_publicity(name).await.expect("opened").name);
    }
    until(date(2025, 2, 28));
    for publicity in &publicities {
        let closed = world.close_publicity(publicity).await.expect("closed");
        assert!(
            closed.outcomes.iter().all(|outcome| outcome.cleared),
            "{closed:?}"
        );
    }
    let [(_, first), (holder, second)] = names.as_slice() else {
        panic!("two files")
    };
    world
        .publish(&[first])
        .await
        .expect("the 65th birthday is a valid day");
    assert_eq!(reason(world.publish(&[first]).await), "APPLICATION_STATE");
    world.advance(1);
    let refused = world.publish(&[second]).await.expect_err("past 65");
    assert_eq!(rules(Err::<(), _>(refused)), [format!("{second}/OVER_AGE")]);
    let back = world
        .return_for_review(&officers.acceptor, second)
        .await
        .expect("sent back");
    assert_eq!(back.state(), State::Accepted);
    assert_eq!(
        back.failed_rules.first().map(|failed| failed.rule.as_str()),
        Some("OVER_AGE")
    );
    world.nation.applied(2).await;
    let last = world
        .nation
        .register()
        .events
        .last()
        .cloned()
        .and_then(|event| event.event);
    assert!(matches!(last, Some(Event::ClearanceReleased(_))), "{last:?}");
    world
        .record_review(
            &officers.reviewer,
            second,
            wire::Opinion::Unfavourable,
            "年龄超过65周岁",
        )
        .await
        .expect("reviewed");
    let decided = world
        .decide_application(&officers.ministry, second, false, "")
        .await
        .expect("refused");
    assert_eq!(decided.state(), State::Refused);
    let again = world
        .draft(holder, ApplicationType::Initial, &[BUILDING], &firm.name)
        .await
        .expect("a draft");
    assert_eq!(again.state(), State::Draft);
}

#[tokio::test]
async fn a_fact_that_comes_up_during_publicity_stops_the_announcement() {
    let world = World::start().await;
    let firm = world.firm("江苏建筑有限公司", "32", 1);
    let (holder, name) = draft_of(&world, 1, &firm).await;
    world
        .submit_application(&holder.actor, &name, true)
        .await
        .expect("submitted");
    world.granted(&name).await;
    world.publicised(&name).await;
    let lately = world.today().saturating_sub(1.day());
    world
        .fact(of(&holder), Statement::FalseMaterial(event(lately)))
        .await;
    let refused = world.publish(&[&name]).await;
    assert_eq!(rules(refused), [format!("{name}/FALSE_MATERIAL")]);
    let officers = Officers::new();
    let ministry = world.return_for_review(&officers.ministry, &name).await;
    assert_eq!(reason(ministry), "WRONG_AUTHORITY");
    world
        .return_for_review(&officers.acceptor, &name)
        .await
        .expect("sent back");
    let again = world.return_for_review(&officers.acceptor, &name).await;
    assert_eq!(reason(again), "APPLICATION_STATE");
}
