//! What a province's imports ask of the directory: people before they have accounts, employers of the province.

use api::identity::v1 as wire;
use api::types::v1::DocumentKind;
use postgres::sqlx::{self, Row as _};
use testkit::people::{Firm, Person};
use wire::recorded_employer::Outcome as Recorded;
use wire::resolved_person::Outcome;

use crate::world::{Citizen, ISSUANCE, JIANGSU, PORTAL, World};

const PURPOSE: &str = "provinces/32/imports/0b0e8a1c-2f9d-4c55-9f0e-7a1d2c3b4a5f";

fn stated(person: &Person) -> wire::PersonStatement {
    wire::PersonStatement {
        full_name: person.full_name.clone(),
        document_kind: DocumentKind::CitizenIdentityCard.into(),
        document_number: person.document_number.clone(),
        ..Default::default()
    }
}

async fn resolve(world: &World, people: &[&Person], record: bool) -> Vec<wire::ResolvedPerson> {
    let request = wire::ResolvePersonsRequest {
        persons: people.iter().map(|person| stated(person)).collect(),
        record,
        purpose: PURPOSE.to_owned(),
    };
    let answer = world.door(JIANGSU).bulk().resolve_persons(request).await;
    answer.expect("answered").into_inner().persons
}

#[tokio::test]
async fn somebody_of_an_old_register_is_on_record_once_and_their_account_takes_the_person_over() {
    let world = World::start().await;
    let (one, two) = (Person::synthetic(1), Person::synthetic(2));
    let asked = resolve(&world, &[&one, &two], false).await;
    assert!(
        asked
            .iter()
            .all(|found| found.outcome() == Outcome::Unknown && found.person.is_empty())
    );
    let recorded = resolve(&world, &[&one, &two], true).await;
    assert!(recorded.iter().all(|found| found.outcome() == Outcome::Recorded));
    assert_ne!(recorded[0].person, recorded[1].person);
    let again = resolve(&world, &[&two, &one], true).await;
    assert!(again.iter().all(|found| found.outcome() == Outcome::Known));
    assert_eq!(again[0].person, recorded[1].person);

    world.record(&one).await;
    let citizen = Citizen::enrolled(&world, one.clone()).await;
    assert_eq!(
        citizen.account.person, recorded[0].person,
        "the same national person"
    );

    let request = wire::GetPersonsRequest {
        names: recorded.iter().map(|found| found.person.clone()).collect(),
        purpose: PURPOSE.to_owned(),
    };
    let known = world
        .door(ISSUANCE)
        .bulk()
        .get_persons(request)
        .await
        .expect("told")
        .into_inner();
    assert_eq!(known.persons.len(), 2);
    assert!(
        known
            .persons
            .iter()
            .any(|person| person.document_number == two.document_number)
    );

    let mut owner = world.database.owner_connection().await;
    let lines = sqlx::query("SELECT method, purpose, subject FROM identity.access_log ORDER BY id");
    let lines = lines.fetch_all(&mut owner).await.expect("read");
    let methods: Vec<String> = lines.iter().map(|line| line.get("method")).collect();
    assert_eq!(
        methods
            .iter()
            .filter(|method| *method == "ResolvePersons")
            .count(),
        4,
        "who was found"
    );
    assert_eq!(methods.iter().filter(|method| *method == "GetPersons").count(), 2);
    let audited = sqlx::query("SELECT evidence FROM shared.audit WHERE verb = 'resolve_persons'");
    assert_eq!(
        audited.fetch_all(&mut owner).await.expect("read").len(),
        1,
        "recorded once"
    );

    let merge = wire::LinkPersonsRequest {
        name: recorded[1].person.clone(),
        survivor: recorded[0].person.clone(),
    };
    let mut directory = world.door(ISSUANCE).directory();
    directory.link_persons(merge.clone()).await.expect("linked");
    let merged = resolve(&world, &[&two], true).await;
    assert_eq!(
        merged[0].person, recorded[0].person,
        "an import brings the survivor"
    );
    let split = wire::LinkPersonsRequest {
        survivor: String::new(),
        ..merge
    };
    directory.link_persons(split).await.expect("split");
    let split = resolve(&world, &[&two], true).await;
    assert_eq!(split[0].person, recorded[1].person);
}

#[tokio::test]
async fn a_name_that_is_not_the_one_on_record_is_nobody() {
    let (world, [citizen]) = World::with([1]).await;
    let known = Person::synthetic(2);
    world.record(&known).await;
    let other = |person: &Person| Person {
        full_name: "冒名".to_owned(),
        ..person.clone()
    };
    let people = [&citizen.person, &other(&citizen.person), &other(&known)];
    let found = resolve(&world, &people, true).await;
    let outcomes: Vec<_> = found.iter().map(wire::ResolvedPerson::outcome).collect();
    assert_eq!(
        outcomes,
        [Outcome::Known, Outcome::NameDiffers, Outcome::NameDiffers]
    );
    assert!(found[1].person.is_empty() && found[2].person.is_empty());
}

#[tokio::test]
async fn a_province_records_employers_of_its_own_and_changes_none() {
    let world = World::start().await;
    let firm = Firm::synthetic("江苏样本建设有限公司", "32", 1);
    let request = |title: &str, validate_only| wire::RecordEmployersRequest {
        employers: vec![wire::EmployerStatement {
            title: title.to_owned(),
            credit_code: firm.credit_code.clone(),
            qualifications: vec![wire::EmployerQualification::Construction.into()],
        }],
        validate_only,
        purpose: PURPOSE.to_owned(),
    };
    let record = async |title: &str, validate_only| {
        let answer = world
            .door(JIANGSU)
            .bulk()
            .record_employers(request(title, validate_only))
            .await;
        answer.expect("answered").into_inner().employers.remove(0)
    };
    assert_eq!(record(&firm.title, true).await.outcome(), Recorded::Recorded);
    let code = vec![
        firm.credit_code.clone(),
        firm.credit_code[8..17].to_owned(),
        "000000000".to_owned(),
    ];
    let find = async || {
        let request = wire::ResolveEmployersRequest { keys: code.clone() };
        let answer = world.door(JIANGSU).bulk().resolve_employers(request).await;
        answer.expect("answered").into_inner().employers
    };
    assert!(
        find().await.iter().all(|found| found.employer.is_none()),
        "asking changes nothing"
    );
    let done = record(&firm.title, false).await;
    assert_eq!(done.outcome(), Recorded::Recorded);
    assert_eq!(record(&firm.title, false).await.outcome(), Recorded::Unchanged);
    assert_eq!(
        record("另一名称有限公司", false).await.outcome(),
        Recorded::Differs
    );
    let found = find().await;
    let names: Vec<_> = found
        .iter()
        .map(|one| one.employer.as_ref().map(|one| one.name.clone()))
        .collect();
    assert_eq!(names, [Some(done.employer.clone()), Some(done.employer), None]);
    let known = found[0].employer.clone().expect("on record");
    assert_eq!((known.title, known.province.as_str()), (firm.title.clone(), "32"));

    for stranger in [PORTAL, ISSUANCE] {
        let refused = world
            .door(stranger)
            .bulk()
            .record_employers(request(&firm.title, true))
            .await;
        assert!(refused.is_err(), "{stranger} records no employers");
    }
}
