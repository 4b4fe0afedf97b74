//! 不予注册: every ground of 153号 art 15 and the bans of art 33 and 34 on the running system.
//!
//! ```text
//!  事实登记 (officer 1) ─▶ 复核 (officer 2) ─▶ counts: 提交 ✗ · 审批 ✗ · 公告 ✗
//!                     更正 (officer 1) ─▶ 复核 (officer 2) ─▶ bars nobody any more
//! ```
//!
//! Proves: a ground counts by two officers; the refusal names rule, article, the fact on record and what would cure it;
//! a corrected fact bars nobody; a ground that comes up after the clearance stops the announcement, and the file goes back
//! and is refused; over 65, with an unfit employer, or registered already, nobody gets in.

use api::registration::v1 as registration;
use api::registration::v1::application::State;
use api::types::v1::{ApplicationType, Specialty};
use harness::World;
use jiff::ToSpan as _;
use jiff::civil::Date;
use journeys::{reason, refused};
use registration::fact_statement::Statement;
use testkit::actors::{Answer, Draft, FactSubject, Holder};
use testkit::materials::attach_for_initial;
use testkit::people::Person;
use testkit::stage::Stage;
use testkit::story::{Silent, wire_day};
use tonic_types::StatusExt as _;

const WATER: Specialty = Specialty::WaterAndHydropower;

/// Rule, article, and a statement that gives the ground.
type Ground = (&'static str, &'static str, Statement);

fn grounds(today: Date) -> Vec<Ground> {
    let lately = today.saturating_sub(10.days());
    let event = || registration::DatedEvent {
        on: Some(wire_day(lately)),
    };
    let lasting = || registration::Period {
        from: Some(wire_day(lately)),
        to: None,
    };
    let conviction = |served: bool, in_practice| {
        Statement::Conviction(registration::Conviction {
            decided_on: Some(wire_day(lately)),
            served_on: served.then(|| wire_day(lately)),
            in_practice,
        })
    };
    let bar = registration::StatutoryBar {
        article: "某法 第一条".to_owned(),
        from: Some(wire_day(lately)),
        to: None,
    };
    vec![
        ("INCAPACITY", "153号 art 15(1)", Statement::Incapacity(lasting())),
        ("SENTENCE_RUNNING", "153号 art 15(4)", conviction(false, true)),
        ("PRACTICE_CONVICTION", "153号 art 15(5)", conviction(true, true)),
        ("OTHER_CONVICTION", "153号 art 15(6)", conviction(true, false)),
        (
            "CERTIFICATE_STRIPPED",
            "153号 art 15(7)",
            Statement::Stripped(event()),
        ),
        (
            "MAJOR_ACCIDENT",
            "153号 art 15(8)",
            Statement::MajorAccident(event()),
        ),
        (
            "EMPLOYER_UNQUALIFIED",
            "153号 art 15(9)",
            Statement::EmployerBankrupt(lasting()),
        ),
        ("OTHER_STATUTE", "153号 art 15(11)", Statement::OtherBar(bar)),
        (
            "FALSE_MATERIAL",
            "153号 art 33",
            Statement::FalseMaterial(event()),
        ),
        ("FRAUD", "153号 art 34", Statement::Fraud(event())),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_ground_on_record_refuses_with_article_fact_and_cure() {
    let world = World::start().await;
    let mut stage = world.stage().await;
    let mut holder = stage.holder(0).await.expect("enrolled");
    stage.qualify(&holder).await.expect("qualified");
    let application = stage.draft_initial(&holder).await.expect("a draft");
    ready(&stage, &holder, &application)
        .await
        .expect("confirmed by the employer");
    let draft = holder.application(&application).await.expect("shown");
    let firm = FactSubject::Employer(draft.employer.clone());
    let person = FactSubject::Person(draft.person.clone());

    let today = holder.citizen.door.clock.today();
    for (rule, article, statement) in grounds(today) {
        let of_firm = matches!(statement, Statement::EmployerBankrupt(_));
        let subject = if of_firm { firm.clone() } else { person.clone() };
        stage.sign_in_again().await.expect("signed in");
        holder.citizen.sign_in().await.expect("signed in");
        let fact = on_record(&stage, subject, statement).await.expect("two officers");
        refused_for(
            holder.submit(&application).await,
            &[(rule, article)],
            (!of_firm).then_some(&fact),
        );
        let correction = stage.accepting.retract_fact(&fact).await.expect("proposed");
        let outcome = stage
            .reviewing
            .confirm_fact(&correction.name)
            .await
            .expect("answered");
        assert_eq!(
            outcome.state(),
            registration::fact::State::Confirmed,
            "{outcome:?}"
        );
    }
    over_age(&stage).await;
    stage.sign_in_again().await.expect("signed in");
    holder.citizen.sign_in().await.expect("signed in");
    holder
        .submit(&application)
        .await
        .expect("nothing stands against it any more");

    stage
        .examine(&application, &[WATER], &mut Silent)
        .await
        .expect("granted");
    stage
        .publicise(&mut [&mut holder], &[&application], &mut Silent)
        .await
        .expect("cleared");
    let today = holder.citizen.door.clock.today();
    stop_and_refuse(&stage, &application, person, today).await;
    registered_already(&mut stage).await;
    world.stop().await;
}

/// Materials attached and confirmed by the first employer.
async fn ready(stage: &Stage, holder: &Holder, application: &str) -> Answer<()> {
    attach_for_initial(holder, application).await?;
    holder.request_employment(application).await?;
    stage.employer_a.confirm_employment(application).await?;
    Ok(())
}

/// Proposed by one officer, who cannot confirm it, and confirmed by another; returns its name.
async fn on_record(stage: &Stage, subject: FactSubject, statement: Statement) -> Answer<String> {
    let fact = stage
        .accepting
        .record_fact(&stage.province, subject, statement)
        .await?;
    let alone = stage.accepting.confirm_fact(&fact.name).await?;
    assert_eq!(alone.reason, "FACT_SAME_OFFICER");
    let outcome = stage.reviewing.confirm_fact(&fact.name).await?;
    assert_eq!(outcome.reason, "");
    Ok(fact.name)
}

/// Refused for exactly these rules, each with its article and cure, and with the fact it rests on.
fn refused_for<T>(answer: Answer<T>, rules: &[(&str, &str)], fact: Option<&String>) {
    let status = refused(answer);
    assert_eq!(reason(&status), "RULES_FAILED");
    let violations = status
        .get_details_bad_request()
        .expect("violations")
        .field_violations;
    assert_eq!(violations.len(), rules.len(), "{violations:?}");
    for (violation, (rule, article)) in violations.iter().zip(rules) {
        assert!(violation.field.ends_with(rule), "{violation:?}");
        assert!(violation.description.contains(article), "{violation:?}");
        if let Some(id) = fact.and_then(|name| name.rsplit('/').next()) {
            assert!(violation.description.contains(id), "{violation:?}");
        }
    }
}

/// art 15(10)
async fn over_age(stage: &Stage) {
    let today = stage.accepting.citizen.door.clock.today();
    let born = today.saturating_sub(65.years()).saturating_sub(1.day());
    let number = |part: i8| u32::try_from(part).expect("a month or day");
    let birth = (
        u32::try_from(born.year()).expect("a year"),
        number(born.month()),
        number(born.day()),
    );
    let holder = stage
        .holder_named(Person::named("高龄申请人", birth, 150))
        .await
        .expect("enrolled");
    stage.qualify(&holder).await.expect("qualified");
    let application = stage.draft_initial(&holder).await.expect("a draft");
    ready(stage, &holder, &application)
        .await
        .expect("confirmed by the employer");
    refused_for(
        holder.submit(&application).await,
        &[("OVER_AGE", "153号 art 15(10)")],
        None,
    );
}

/// A ban that comes up between clearance and announcement.
async fn stop_and_refuse(stage: &Stage, application: &str, person: FactSubject, today: Date) {
    let event = registration::DatedEvent {
        on: Some(wire_day(today)),
    };
    let fact = on_record(stage, person, Statement::FalseMaterial(event))
        .await
        .expect("two officers");
    let published = stage.announcing.publish(application).await;
    refused_for(published, &[("FALSE_MATERIAL", "153号 art 33")], Some(&fact));
    let back = stage
        .announcing
        .return_for_review(application)
        .await
        .expect("sent back");
    assert_eq!(back.state(), State::Accepted);
    stage.reviewing.review(application).await.expect("reviewed");
    stage
        .reviewing
        .request_joint_review(application)
        .await
        .expect("passed on");
    stage
        .water
        .joint_review(application, WATER)
        .await
        .expect("agreed");
    let granted = refused(stage.deciding.grant(application).await);
    assert_eq!(reason(&granted), "AGAINST_RULES");
    let decided = stage.deciding.refuse(application).await.expect("refused");
    assert_eq!(decided.state(), State::Refused);
    let rules: Vec<_> = decided
        .failed_rules
        .iter()
        .map(|failed| failed.rule.as_str())
        .collect();
    assert_eq!(rules, ["FALSE_MATERIAL"]);
    let free = decided
        .failed_rules
        .first()
        .and_then(|failed| failed.eligible_from);
    assert_eq!(free, Some(wire_day(today.saturating_add(1.year()))));
}

/// art 15(2), and one open application of a person.
async fn registered_already(stage: &mut Stage) {
    stage.sign_in_again().await.expect("signed in");
    let mut holder = stage.holder(1).await.expect("enrolled");
    stage
        .register_initially(&mut holder, &mut Silent)
        .await
        .expect("registered");
    let rival = stage.employer_b.employer.name.clone();
    let today = holder.citizen.door.clock.today();
    let draft = Draft {
        kind: ApplicationType::Initial,
        specialties: &[WATER],
        employer: &rival,
        contract_from: wire_day(today),
    };
    let application = holder.draft(&draft).await.expect("a draft").name;
    let second = refused(holder.draft(&draft).await);
    assert_eq!(reason(&second), "OPEN_APPLICATION");
    attach_for_initial(&holder, &application).await.expect("attached");
    holder
        .request_employment(&application)
        .await
        .expect("handed over");
    stage
        .employer_b
        .confirm_employment(&application)
        .await
        .expect("confirmed");
    refused_for(
        holder.submit(&application).await,
        &[("TWO_EMPLOYERS", "153号 art 15(2)")],
        None,
    );
}
