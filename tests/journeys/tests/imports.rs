//! A province brings its old register in, and goes on from there.
//!
//! ```text
//!  注册名册.csv ──upload──▶ checked (nothing is known anywhere) ──another officer──▶ registered in the province
//!                                                                                     │ outbox
//!      a bidding platform ◀──by either generation of the number── verification ◀──────┘ the nation's register
//! ```
//!
//! Proves: employers go to identity and people become national persons; who uploads a register does not start it; a bad row
//! is named and stops nobody; the nation answers for a number of the file in both of its generations; an account opened
//! later is the same person, who renews what the old register says; the same file again changes nothing.

use api::registration::v1 as registration;
use api::types::v1::{ApplicationType, Specialty, StatusCode};
use harness::World;
use jiff::ToSpan as _;
use journeys::importing::{brought_in, until, verified};
use registration::ImportKind;
use registration::import::State;
use testkit::actors::Draft;
use testkit::materials::attach_for_renewal;
use testkit::people::{Firm, Person};
use testkit::stage::Stage;
use testkit::story::wire_day;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_province_brings_its_old_register_in_and_the_nation_answers_for_its_numbers() {
    let world = World::start_back(1.years()).await;
    let mut stage = world.stage().await;
    let today = stage.employer_a.citizen.door.clock.today();
    let (from, to) = (
        today.saturating_sub(1_035.days()),
        today.saturating_add(60.days()),
    );
    let people: Vec<Person> = (1..4).map(|ordinal| Person::of_crowd(ordinal * 30)).collect();
    let firm = Firm::synthetic("无锡老字号水利建筑有限公司", "32", 77);

    let employers = format!(
        "企业名称,统一社会信用代码,企业类型\n{},{},施工\n",
        firm.title, firm.credit_code
    );
    let done = brought_in(&stage, ImportKind::Employers, &employers).await;
    assert_eq!((done.rows_written, done.rows_failed), (1, 0));

    let own = &stage.employer_a.employer.credit_code;
    let row = |person: &Person, serial: u32, code: &str, specialty: &str| {
        let (name, document) = (&person.full_name, &person.document_number);
        format!(
            "{name},{document},苏1321010{serial:05},00{serial:06},{code},{specialty},{from},{to},ZG2010{serial:05}"
        )
    };
    let file = [
        "姓名,身份证号,注册编号,证书编号,统一社会信用代码,注册专业,有效期起,有效期止,资格证书管理号"
            .to_owned(),
        row(&people[0], 1, own, "水利水电工程"),
        row(&people[1], 2, &firm.credit_code, "建筑工程"),
        row(&people[2], 3, &firm.credit_code, "园林工程"),
    ]
    .join("\r\n");
    let uploaded = stage
        .accepting
        .upload_import("32", ImportKind::Register, "注册名册.csv", file.as_bytes())
        .await
        .expect("taken");
    let checked = until(&stage.accepting, &uploaded.name, State::Checked).await;
    assert_eq!(
        (checked.rows, checked.rows_written, checked.rows_failed),
        (3, 2, 1)
    );
    let reports = stage
        .accepting
        .failed_rows(&uploaded.name)
        .await
        .expect("reports");
    assert_eq!(
        (reports[0].row, reports[0].column_title.as_str()),
        (4, "注册专业")
    );
    let number = "苏1322010201000001";
    let unknown = stage.checker.by_number(number, None).await.expect("answered");
    assert_ne!(unknown.status_code(), StatusCode::Valid, "a check writes nothing");
    assert!(
        stage.accepting.start_import(&uploaded.name).await.is_err(),
        "four eyes"
    );

    stage
        .reviewing
        .start_import(&uploaded.name)
        .await
        .expect("started");
    let done = until(&stage.accepting, &uploaded.name, State::Completed).await;
    assert_eq!((done.rows_written, done.rows_failed), (2, 1));
    let answer = verified(&stage, number).await;
    assert_eq!(answer.employer_title, stage.employer_a.employer.title);
    assert_eq!(answer.registration_number, number);
    let old = verified(&stage, "苏132101000002").await;
    assert_eq!(
        (old.registration_number.as_str(), old.employer_title),
        ("苏1322010201000002", firm.title)
    );

    let again = brought_in(&stage, ImportKind::Register, &file).await;
    assert_eq!(
        (again.rows_written, again.rows_unchanged, again.rows_failed),
        (0, 2, 1)
    );
    assert_eq!(again.same_file_as, uploaded.name);

    renews(&mut stage, people[0].clone()).await;
    stage.sign_in_again().await.expect("signed in");
    world.stop().await;
}

/// The account is the person whom the file put on record: the registration is theirs, and they renew it.
async fn renews(stage: &mut Stage, person: Person) {
    let mut holder = stage
        .holder_named(person)
        .await
        .expect("the account takes the person over");
    stage.sign_in_again().await.expect("signed in");
    holder.citizen.sign_in().await.expect("signed in");
    let draft = Draft {
        kind: ApplicationType::Renewal,
        specialties: &[Specialty::WaterAndHydropower],
        employer: &stage.employer_a.employer.name,
        contract_from: wire_day(holder.citizen.door.clock.today().saturating_sub(900.days())),
    };
    let name = holder.draft(&draft).await.expect("registered here").name;
    attach_for_renewal(&holder, &name).await.expect("attached");
    holder.request_employment(&name).await.expect("handed over");
    stage
        .employer_a
        .confirm_employment(&name)
        .await
        .expect("confirmed");
    let submitted = holder.submit(&name).await.expect("a renewal in its window");
    assert_eq!(submitted.state(), registration::application::State::Submitted);
}
