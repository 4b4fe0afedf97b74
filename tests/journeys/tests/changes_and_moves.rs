//! A firm changes its name, and a constructor goes to a firm of another province whose old employer keeps silent.
//!
//! ```text
//!  江苏 (32)                                     国家                               浙江 (33)
//!  employer A renamed ── one act, two officers ─▶ a new version for each person
//!  employer A told, silent ◀────────────────────────────────────────────────────── holder files 变更
//!  32 sees 办理转出 begin ◀─────────────────────── claim ◀─────────────────────────── 受理
//!  32 sees it cancelled ◀───────────────────────── released ◀───────────────────────── 取消转出
//!  32 sees it gone ◀────────────── 转出 and 转入 in one transaction ◀──────────────── 公告
//! ```
//!
//! Proves: a renaming reaches everybody registered, and the certificate keeps the old name until then; an old employer's
//! silence stands for its word; a move is filed with the new employer's province on what the nation tells; it can be
//! cancelled until it is announced; digits stay, the prefix moves, and the old number still answers.

use api::identity::v1 as identity;
use api::registration::v1 as registration;
use api::types::v1::{ApplicationType, Date, Specialty, StatusCode};
use api::verification::v1::Verdict;
use harness::World;
use jiff::ToSpan as _;
use journeys::certificates::{both, file_known, issued, tender_copy};
use journeys::refusal;
use registration::application::State;
use testkit::actors::{Citizen, Draft, Holder, Officer, Registrar, request_id};
use testkit::materials::attach_for_change;
use testkit::people::{Firm, Person};
use testkit::stage::Stage;
use testkit::story::wire_day;

const ZHEJIANG: &str = "33";
const RENAMED: &str = "江苏建证水利工程集团有限公司";
const WATER: &[Specialty] = &[Specialty::WaterAndHydropower];
const PAUSE: std::time::Duration = std::time::Duration::from_millis(50);

/// Who takes part in Zhejiang.
struct Zhejiang {
    accepting: Officer,
    reviewing: Officer,
    firm: Registrar,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_firm_changes_its_name_and_a_constructor_moves_to_another_province() {
    let world = World::start().await;
    let mut stage = world.stage().await;
    let mut holder = stage.holder(0).await.expect("enrolled");
    let mut colleague = stage.holder(1).await.expect("enrolled");
    let announced = stage
        .register_together(&mut [&mut holder, &mut colleague])
        .await
        .expect("registered");
    let number = announced[0].registration_number.clone();
    issued(&holder, Some(announced[0].position.clone())).await;

    a_renaming_reaches_everybody(&mut stage, &mut holder, &colleague, &number).await;
    let mut zhejiang = zhejiang(&mut stage, &mut holder).await;
    let cancelled = filed_on_silence(&mut stage, &mut zhejiang, &mut holder).await;
    granted(&stage, &zhejiang, &cancelled).await;
    a_move_is_cancelled_before_its_announcement(&stage, &holder, &cancelled, &number).await;
    let moved = filed_on_the_old_employers_word(&stage, &zhejiang, &holder).await;
    granted(&stage, &zhejiang, &moved).await;
    the_announcement_moves_the_registration(&stage, &zhejiang, &mut holder, &moved, &number).await;
    world.stop().await;
}

/// Everybody's tokens are good for both provinces.
async fn sign_in(citizen: &mut Citizen) {
    if !citizen.audiences.iter().any(|one| one == "provinces/33") {
        citizen.audiences.push("provinces/33".to_owned());
    }
    citizen.sign_in().await.expect("signed in");
}

async fn a_renaming_reaches_everybody(
    stage: &mut Stage,
    holder: &mut Holder,
    colleague: &Holder,
    number: &str,
) {
    let old_title = stage.employer_a.employer.title.clone();
    let first = issued(holder, None).await;
    tender_copy(holder, &first.name, "JS-2026-0001")
        .await
        .expect("a copy");
    let (old_file, _) = both(holder, &first.name).await;
    let today = holder.citizen.door.clock.today();
    stage.sign_in_again().await.expect("signed in");
    let facts = identity::RecordEmployerFactsRequest {
        request_id: request_id(),
        employer: stage.employer_a.employer.name.clone(),
        title: RENAMED.to_owned(),
        from: Some(wire_day(today)),
        evidence: "（苏）登字〔2026〕第1号".to_owned(),
        ..Default::default()
    };
    let administrator = &stage.administrator.citizen;
    let mut employers = administrator.door.employers();
    employers
        .record_employer_facts(administrator.request(facts))
        .await
        .expect("dated");
    let still = stage.checker.by_number(number, None).await.expect("answered");
    assert_eq!(
        still.employer_title, old_title,
        "a certificate keeps the name as announced"
    );

    let message = registration::ProposeSuccessionRequest {
        request_id: request_id(),
        kind: registration::SuccessionKind::Renaming.into(),
        employer: stage.employer_a.employer.name.clone(),
        successor: stage.employer_a.employer.name.clone(),
        assignments: Vec::new(),
        effective_on: Some(wire_day(today)),
        evidence: "（苏）登字〔2026〕第1号".to_owned(),
    };
    let proposer = &stage.accepting.citizen;
    let mut successions = proposer.door.successions("32");
    let proposed = successions
        .propose_succession(proposer.request(message))
        .await
        .expect("proposed");
    let name = proposed.into_inner().succession.expect("a succession").name;
    let announce = || registration::AnnounceSuccessionRequest {
        request_id: request_id(),
        name: name.clone(),
    };
    let alone = successions
        .announce_succession(proposer.request(announce()))
        .await;
    assert_eq!(refusal(alone), "SUCCESSION_SAME_OFFICER");
    let second = &stage.reviewing.citizen;
    successions
        .announce_succession(second.request(announce()))
        .await
        .expect("announced");
    loop {
        let message = registration::GetSuccessionRequest { name: name.clone() };
        let shown = successions
            .get_succession(second.request(message))
            .await
            .expect("shown")
            .into_inner();
        let shown = shown.succession.expect("a succession");
        assert_eq!((shown.refused, shown.skipped), (0, 0));
        if shown.issued == 2 {
            break;
        }
        tokio::time::sleep(PAUSE).await;
    }
    holder.citizen.sign_in().await.expect("signed in");
    for person in [&*holder, colleague] {
        let mut citizen = person.citizen.clone();
        citizen.sign_in().await.expect("signed in");
        let person = Holder {
            citizen,
            province: person.province.clone(),
        };
        let current = issued(&person, None).await;
        assert_eq!((current.version, current.employer_title.as_str()), (2, RENAMED));
        assert_eq!(current.specialties.len(), 1);
    }
    let second = issued(holder, None).await;
    assert_eq!(second.specialties, first.specialties, "terms stay");
    let answer = file_known(&stage.checker, &old_file).await;
    assert_eq!(answer.verdict(), Verdict::Superseded, "{:?}", answer.findings);
}

async fn zhejiang(stage: &mut Stage, holder: &mut Holder) -> Zhejiang {
    let audiences = ["nation", "provinces/32", "provinces/33"];
    let door = holder.citizen.door.clone();
    let people: Vec<Person> = (80..83).map(Person::synthetic).collect();
    stage
        .real_names
        .record(&people.iter().collect::<Vec<_>>())
        .await
        .expect("on record");
    let mut citizens = Vec::new();
    for person in people {
        citizens.push(
            Citizen::enroll(&door, person, &audiences)
                .await
                .expect("enrolled"),
        );
    }
    let [mut accepting, mut reviewing, clerk] =
        <[Citizen; 3]>::try_from(citizens).unwrap_or_else(|_| unreachable!("three were enrolled"));
    stage.administrator.citizen.sign_in().await.expect("signed in");
    for officer in [&mut accepting, &mut reviewing] {
        stage
            .administrator
            .appoint_officer(&officer.account, "provinces/33")
            .await
            .expect("appointed");
        officer.sign_in().await.expect("signed in");
    }
    let firm = Firm::synthetic("浙江样本水利建设有限公司", ZHEJIANG, 7);
    let (employer, invitation) = stage
        .administrator
        .register_employer(&firm)
        .await
        .expect("registered");
    let firm = Registrar::join(clerk, employer, invitation)
        .await
        .expect("joined");
    ZHEJIANG.clone_into(&mut holder.province);
    let mut zhejiang = Zhejiang {
        accepting: Officer { citizen: accepting },
        reviewing: Officer { citizen: reviewing },
        firm,
    };
    everybody(stage, &mut zhejiang, holder).await;
    zhejiang
}

async fn everybody(stage: &mut Stage, zhejiang: &mut Zhejiang, holder: &mut Holder) {
    stage.sign_in_again().await.expect("signed in");
    for citizen in [
        &mut holder.citizen,
        &mut stage.employer_a.citizen,
        &mut stage.water.citizen,
        &mut stage.deciding.citizen,
        &mut zhejiang.accepting.citizen,
        &mut zhejiang.reviewing.citizen,
        &mut zhejiang.firm.citizen,
    ] {
        sign_in(citizen).await;
    }
}

/// A draft for the firm in Zhejiang that the firm has confirmed.
async fn drafted(zhejiang: &Zhejiang, holder: &Holder) -> String {
    let draft = Draft {
        kind: ApplicationType::Change,
        specialties: WATER,
        employer: &zhejiang.firm.employer.name,
        contract_from: wire_day(holder.citizen.door.clock.today()),
    };
    let application = holder.draft(&draft).await.expect("the nation tells the entry");
    assert_eq!(application.moves_from, "32");
    let name = application.name;
    attach_for_change(holder, &name).await.expect("attached");
    holder.request_employment(&name).await.expect("handed over");
    zhejiang.firm.confirm_employment(&name).await.expect("confirmed");
    name
}

async fn filed_on_silence(stage: &mut Stage, zhejiang: &mut Zhejiang, holder: &mut Holder) -> String {
    let name = drafted(zhejiang, holder).await;
    assert_eq!(refusal(holder.submit(&name).await), "TERMINATION_NOT_SHOWN");
    let today = holder.citizen.door.clock.today();
    let message = registration::NotifyTerminationRequest {
        request_id: request_id(),
        name: name.clone(),
        ended_on: Some(wire_day(today.saturating_sub(1.day()))),
    };
    let mut terminations = holder.citizen.door.terminations(ZHEJIANG);
    let told = terminations
        .notify_termination(holder.citizen.request(message))
        .await
        .expect("told");
    let until = told.into_inner().notice.expect("a notice").objections_until;
    assert!(until.is_some());
    let clerk = &stage.employer_a.citizen;
    let message = registration::GetTerminationNoticeRequest { name: name.clone() };
    let seen = terminations.get_termination_notice(clerk.request(message)).await;
    assert!(
        seen.is_ok(),
        "the old employer in another province reads what it is told"
    );

    holder
        .citizen
        .door
        .clock
        .advance_to_morning_of(today.saturating_add(30.days()));
    everybody(stage, zhejiang, holder).await;
    loop {
        let shown = holder.application(&name).await.expect("shown");
        if shown.termination() == registration::TerminationEvidence::Unopposed {
            break;
        }
        tokio::time::sleep(PAUSE).await;
    }
    let submitted = holder.submit(&name).await.expect("silence stands for the word");
    assert_eq!(
        (submitted.employment_gap_days, submitted.employment_gap_reported),
        (0, false)
    );
    name
}

async fn filed_on_the_old_employers_word(stage: &Stage, zhejiang: &Zhejiang, holder: &Holder) -> String {
    let name = drafted(zhejiang, holder).await;
    let ended_on: Date = wire_day(holder.citizen.door.clock.today().saturating_sub(1.day()));
    stage
        .employer_a
        .confirm_termination(&name, ended_on)
        .await
        .expect("the old employer confirms across the border");
    holder.submit(&name).await.expect("submitted");
    name
}

/// From acceptance to the nation's clearance.
async fn granted(stage: &Stage, zhejiang: &Zhejiang, name: &str) {
    zhejiang.accepting.accept(name).await.expect("accepted");
    zhejiang.reviewing.review(name).await.expect("reviewed");
    zhejiang
        .reviewing
        .request_joint_review(name)
        .await
        .expect("passed on");
    stage
        .water
        .joint_review(name, Specialty::WaterAndHydropower)
        .await
        .expect("agreed");
    stage.deciding.grant(name).await.expect("granted");
    loop {
        let seen = zhejiang.accepting.application(name).await.expect("shown");
        if seen.state() == State::Cleared {
            break;
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Waits until the province that is left shows where the registration is going, and where it went.
async fn jiangsu_shows(holder: &Holder, moving_to: &str, moved_to: &str) {
    let person = holder
        .citizen
        .person_name
        .trim_start_matches("persons/")
        .to_owned();
    let mut registrations = holder.citizen.door.registrations("32");
    loop {
        let message = registration::GetRegistrationRequest {
            name: format!("provinces/32/registrations/{person}"),
        };
        let shown = registrations
            .get_registration(holder.citizen.request(message))
            .await
            .expect("shown");
        let shown = shown.into_inner().registration.expect("a registration");
        if (shown.moving_to.as_str(), shown.moved_to.as_str()) == (moving_to, moved_to) {
            break;
        }
        tokio::time::sleep(PAUSE).await;
    }
}

async fn a_move_is_cancelled_before_its_announcement(
    stage: &Stage,
    holder: &Holder,
    name: &str,
    number: &str,
) {
    jiangsu_shows(holder, ZHEJIANG, "").await;
    let standing = stage.checker.by_number(number, None).await.expect("answered");
    assert_eq!(
        (standing.verdict(), standing.status_code()),
        (Verdict::Valid, StatusCode::Valid)
    );
    let message = registration::CancelMoveRequest {
        request_id: request_id(),
        name: name.to_owned(),
        reason: "暂不调动".to_owned(),
    };
    let mut terminations = holder.citizen.door.terminations(ZHEJIANG);
    let cancelled = terminations
        .cancel_move(holder.citizen.request(message))
        .await
        .expect("cancelled");
    let cancelled = cancelled.into_inner().application.expect("the application");
    assert_eq!(cancelled.state(), State::Withdrawn);
    jiangsu_shows(holder, "", "").await;
}

async fn the_announcement_moves_the_registration(
    stage: &Stage,
    zhejiang: &Zhejiang,
    holder: &mut Holder,
    name: &str,
    number: &str,
) {
    let before = issued(holder, None).await;
    let published = zhejiang.reviewing.publish(name).await.expect("announced");
    let seen = published.position.expect("a position");
    assert_eq!(seen.stream, "provinces/33");
    let digits: String = number.chars().skip(1).collect();
    let current = issued(holder, Some(seen.clone())).await;
    assert_eq!(current.registration_number, format!("浙{digits}"));
    assert_eq!(current.employer_title, zhejiang.firm.employer.title);
    assert_eq!((current.version, &current.specialties), (3, &before.specialties));
    jiangsu_shows(holder, "", ZHEJIANG).await;
    for asked in [number, &current.registration_number] {
        let answer = stage
            .checker
            .by_number(asked, Some(seen.clone()))
            .await
            .expect("answered");
        assert_eq!(
            (answer.verdict(), answer.status_code()),
            (Verdict::Valid, StatusCode::Valid),
            "{asked}"
        );
        assert_eq!(answer.employer_title, zhejiang.firm.employer.title);
    }
}
