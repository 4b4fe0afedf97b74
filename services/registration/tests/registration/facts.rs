//! Facts on record: four eyes, corrections that keep what they correct, and who sees what.

use api::registration::v1 as wire;
use api::types::v1::{ApplicationType, DocumentKind, Specialty};
use jiff::ToSpan as _;
use jiff::civil::date;
use postgres::sqlx::{self, Row as _};
use tokio_stream::StreamExt as _;
use wire::fact::State;
use wire::fact_statement::Statement;
use wire::record_fact_request::Subject;

use crate::story::{paper, rules, said};
use crate::world::{Actor, Holder, World, id, officer, reason, wire as day};

fn stripped(on: jiff::civil::Date) -> Statement {
    Statement::Stripped(wire::DatedEvent { on: Some(day(on)) })
}

fn of(holder: &Holder) -> Subject {
    Subject::Person(format!("persons/{}", holder.id))
}

async fn listed(world: &World, actor: &Actor, person: &str) -> Result<Vec<wire::Fact>, tonic::Status> {
    let message = wire::ListFactsRequest {
        filter: Some(wire::list_facts_request::Filter::Person(person.to_owned())),
        ..Default::default()
    };
    let answer = world.facts().list_facts(world.signed(actor, message)).await?;
    Ok(answer.into_inner().facts)
}

async fn states(world: &World, actor: &Actor, person: &str) -> Vec<State> {
    let facts = listed(world, actor, person).await.expect("listed");
    facts.iter().map(wire::Fact::state).collect()
}

#[tokio::test]
async fn a_fact_counts_by_two_officers_and_a_correction_keeps_what_it_corrects() {
    let world = World::start().await;
    let holder = world.person(1);
    let name = format!("persons/{}", holder.id);
    let (one, other) = (officer("provinces/32"), officer("ministry"));
    let decided = world.today().saturating_sub(30.days());
    let fact = world
        .propose_fact(&one, of(&holder), stripped(decided))
        .await
        .expect("proposed");
    assert_eq!(
        (fact.state(), fact.article.as_str()),
        (State::Proposed, "153号 art 15(7)")
    );
    assert_eq!(
        states(&world, &holder.actor, "persons/me").await,
        [],
        "not yet a fact"
    );

    let alone = world
        .confirm_facts(&one, &[&fact.name], true)
        .await
        .expect("answered");
    let alone = alone.first().expect("an outcome");
    assert_eq!(
        (alone.reason.as_str(), alone.state()),
        ("FACT_SAME_OFFICER", State::Proposed)
    );
    assert!(!alone.text.as_ref().expect("a text").zh.is_empty());
    let neighbour = world
        .confirm_facts(&officer("provinces/33"), &[&fact.name], true)
        .await;
    assert_eq!(reason(neighbour), "NOT_FOUND");
    let water = world
        .confirm_facts(&officer("ministries/water-resources"), &[&fact.name], true)
        .await;
    assert!(water.map_or(true, |outcomes| outcomes.iter().all(|one| !one.reason.is_empty())));
    let confirmed = world
        .confirm_facts(&other, &[&fact.name], true)
        .await
        .expect("answered");
    assert_eq!(
        confirmed.first().map(wire::FactOutcome::state),
        Some(State::Confirmed)
    );
    let seen = listed(&world, &holder.actor, "persons/me")
        .await
        .expect("own facts");
    let seen = seen.first().expect("one");
    assert_eq!(seen.reference, "苏建罚字〔2022〕7号");
    assert_eq!(
        (seen.recorded_by.as_str(), seen.confirmed_by.as_str()),
        ("provinces/32", "ministry")
    );

    let correct = async |statement: Statement| {
        let message = wire::CorrectFactRequest {
            request_id: id(),
            name: fact.name.clone(),
            statement: said(statement),
            source: wire::FactSource::Court.into(),
            reference: "（2022）苏行终1号".to_owned(),
            evidence: Some(paper("%PDF-1.7 判决书".as_bytes())),
        };
        let answer = world.facts().correct_fact(world.signed(&one, message)).await?;
        Ok::<_, tonic::Status>(answer.into_inner().fact.expect("the correction"))
    };
    let mistaken = correct(stripped(decided.saturating_sub(1.day())))
        .await
        .expect("proposed");
    assert_eq!(
        reason(correct(Statement::NotSo(wire::NotSo {})).await),
        "FACT_CORRECTED_ALREADY"
    );
    world
        .confirm_facts(&other, &[&mistaken.name], false)
        .await
        .expect("declined");
    let correction = correct(Statement::NotSo(wire::NotSo {})).await.expect("proposed");
    assert_eq!(
        states(&world, &holder.actor, "persons/me").await,
        [State::Confirmed],
        "still counts"
    );
    world
        .confirm_facts(&other, &[&correction.name], true)
        .await
        .expect("answered");
    let facts = listed(&world, &holder.actor, "persons/me")
        .await
        .expect("own facts");
    let [first, second] = facts.as_slice() else {
        panic!("both are kept: {facts:?}")
    };
    assert_eq!(
        (first.state(), first.corrected_by.as_str()),
        (State::Corrected, second.name.as_str())
    );
    assert_eq!(second.corrects, first.name);
    let all = states(&world, &one, &name).await;
    assert_eq!(all, [State::Corrected, State::Declined, State::Confirmed]);
    visible_to_nobody_else(&world, &holder, &fact.name).await;
}

/// The paper comes back as it was; others learn nothing; the database and the audit show nothing in the clear.
async fn visible_to_nobody_else(world: &World, holder: &Holder, fact: &str) {
    let stranger = world.person(2);
    let name = format!("persons/{}", holder.id);
    assert_eq!(
        reason(listed(world, &stranger.actor, &name).await),
        "PERMISSION_DENIED"
    );
    let read = async |actor: &Actor| {
        let message = wire::ReadFactEvidenceRequest {
            name: fact.to_owned(),
        };
        let mut stream = world
            .facts()
            .read_fact_evidence(world.signed(actor, message))
            .await?
            .into_inner();
        let mut content = Vec::new();
        while let Some(part) = stream.next().await {
            content.extend_from_slice(&part?.chunk);
        }
        Ok::<_, tonic::Status>(content)
    };
    assert_eq!(reason(read(&stranger.actor).await), "NOT_FOUND");
    for actor in [&holder.actor, &officer("provinces/32")] {
        assert_eq!(read(actor).await.expect("read"), "%PDF-1.7 处罚决定书".as_bytes());
    }
    let water = officer("ministries/water-resources");
    assert_eq!(
        reason(listed(world, &water, &name).await),
        "NOT_FOUND",
        "no file lies with it"
    );
    assert_eq!(reason(read(&water).await), "NOT_FOUND");
    let mut owner = world.database.owner_connection().await;
    let rows = "SELECT f::text FROM registration.fact AS f UNION ALL SELECT a::text FROM shared.audit AS a";
    let rows = sqlx::query(rows).fetch_all(&mut owner).await.expect("rows");
    let dump: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    for secret in ["苏建罚字", "STRIPPED"] {
        assert!(
            !dump.iter().any(|row| row.contains(secret)),
            "{secret} is in the clear"
        );
    }
    let verbs = "SELECT DISTINCT verb || ' ' || outcome FROM shared.audit ORDER BY 1";
    let verbs: Vec<String> = sqlx::query_scalar(verbs)
        .fetch_all(&mut owner)
        .await
        .expect("verbs");
    for verb in [
        "record_fact done",
        "confirm_facts done",
        "confirm_facts refused",
        "correct_fact done",
        "correct_fact refused",
        "list_facts done",
        "read_fact_evidence done",
    ] {
        assert!(verbs.iter().any(|known| known == verb), "{verb} in {verbs:?}");
    }
}

#[tokio::test]
async fn an_import_proposes_good_rows_names_bad_ones_and_repeats_its_answer() {
    let world = World::start().await;
    let (known, other) = (world.person(1), world.person(2));
    let unknown = testkit::people::Person::synthetic(3);
    let hours = |completed_on| {
        said(Statement::Education(wire::ContinuingEducationHours {
            specialty: Specialty::Building.into(),
            required_hours: 60,
            elective_hours: 60,
            completed_on: Some(day(completed_on)),
        }))
    };
    let row = |person: &testkit::people::Person, statement| wire::FactRow {
        full_name: person.full_name.clone(),
        document_kind: DocumentKind::CitizenIdentityCard.into(),
        document_number: person.document_number.clone(),
        statement,
        source: wire::FactSource::EducationProvider.into(),
        reference: "继教〔2022〕第3期".to_owned(),
    };
    let done = date(2022, 5, 1);
    let misnamed = testkit::people::Person {
        full_name: "另名人".to_owned(),
        ..other.person.clone()
    };
    let request = wire::ImportFactsRequest {
        request_id: id(),
        rows: vec![
            row(&known.person, hours(done)),
            row(&unknown, hours(done)),
            row(&misnamed, hours(done)),
            row(&other.person, hours(world.today().saturating_add(1.day()))),
            row(&other.person, None),
            row(&other.person, hours(done)),
        ],
        evidence: Some(paper(b"%PDF-1.7 list")),
    };
    let clerk = officer("provinces/32");
    let import = async || {
        let answer = world
            .facts()
            .import_facts(world.signed(&clerk, request.clone()))
            .await;
        answer.expect("imported").into_inner()
    };
    let answer = import().await;
    assert_eq!(answer.facts.len(), 2);
    let faults: Vec<_> = answer
        .faults
        .iter()
        .map(|fault| (fault.row, fault.field.as_str()))
        .collect();
    assert_eq!(
        faults,
        [
            (1, "document_number"),
            (2, "document_number"),
            (3, "statement"),
            (4, "statement")
        ]
    );
    let said: Vec<_> = answer
        .faults
        .iter()
        .take(2)
        .map(|fault| fault.reason.as_str())
        .collect();
    assert!(
        said.windows(2).all(|pair| pair[0] == pair[1]),
        "a wrong name says no more than no such number"
    );
    assert_eq!(import().await, answer, "a repetition gives the same answer");

    let waiting = wire::ListFactsRequest {
        filter: Some(wire::list_facts_request::Filter::Proposed(true)),
        page_size: 1,
        ..Default::default()
    };
    let first = world
        .facts()
        .list_facts(world.signed(&clerk, waiting.clone()))
        .await
        .expect("listed")
        .into_inner();
    let next = wire::ListFactsRequest {
        page_token: first.next_page_token.clone(),
        ..waiting
    };
    let second = world
        .facts()
        .list_facts(world.signed(&clerk, next))
        .await
        .expect("listed")
        .into_inner();
    let names: Vec<_> = first
        .facts
        .iter()
        .chain(&second.facts)
        .map(|fact| fact.name.clone())
        .collect();
    assert_eq!(names, answer.facts);
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    let outcomes = world
        .confirm_facts(&officer("provinces/32"), &names, true)
        .await
        .expect("answered");
    assert!(outcomes.iter().all(|one| one.state() == State::Confirmed));
    assert_eq!(
        listed(&world, &known.actor, "persons/me")
            .await
            .expect("own")
            .len(),
        1
    );
    let name = answer.facts.first().expect("one").clone();
    let message = wire::ReadFactEvidenceRequest { name };
    let paper = world
        .facts()
        .read_fact_evidence(world.signed(&known.actor, message))
        .await;
    assert_eq!(
        reason(paper.map(|_| ())),
        "PERMISSION_DENIED",
        "it speaks of others, too"
    );
}

#[tokio::test]
async fn an_employer_does_not_learn_of_a_persons_past() {
    let world = World::start().await;
    let holder = world.person(1);
    let firm = world.firm("江苏建筑有限公司", "32", 1);
    world
        .qualify(&holder, Specialty::Building, date(2022, 3, 1))
        .await;
    let name = world
        .submitted(&holder, &firm, ApplicationType::Initial, &[Specialty::Building])
        .await;
    world.fact(of(&holder), stripped(date(2022, 1, 5))).await;
    let officers = crate::story::Officers::new();
    world
        .accept_application(&officers.acceptor, &name, "")
        .await
        .expect("accepted");
    world
        .record_review(&officers.reviewer, &name, wire::Opinion::Favourable, "")
        .await
        .expect("reviewed");
    let granted = world
        .decide_application(&officers.ministry, &name, true, "")
        .await;
    assert_eq!(rules(granted), ["CERTIFICATE_STRIPPED"]);
    world
        .decide_application(&officers.ministry, &name, false, "")
        .await
        .expect("refused");
    let shown = async |actor: &Actor| {
        let seen = world.application(actor, &name).await.expect("shown");
        seen.failed_rules
            .into_iter()
            .map(|failed| failed.rule)
            .collect::<Vec<_>>()
    };
    assert_eq!(shown(&holder.actor).await, ["CERTIFICATE_STRIPPED"]);
    assert_eq!(shown(&firm.registrar).await, Vec::<String>::new());
}
