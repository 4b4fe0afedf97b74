//! A process killed (SIGKILL) while a question is under way: a province's to the nation, the nation's to an authority outside.
//!
//! ```text
//!  江苏 受理 ─▶ claim ─▶ 全国登记册      公示期满 ─▶ clearance ─▶ 全国登记册      seal ─▶ 6 Stamp ─▶ 时间戳
//!        ✂       ✂            ✂                 ✂           ✂                        ✂
//! ```
//!
//! Each question of a province is killed twice: while the nation is about to write its answer, which nobody then has; and when
//! the nation has written it, while the province is about to keep it. An authority that stamps takes the question and does not
//! answer until the nation is dead.

use std::fs::OpenOptions;
use std::io::Write as _;

use api::types::v1::Specialty;
use api::verification::v1::{Verdict, finding};
use gm::{Certificate, PrivateKey};
use harness::Role;
use jiff::ToSpan as _;
use journeys::books::Books;
use journeys::certificates::{both, file_known, issued};
use journeys::reconciling::the_registers_agree;
use journeys::refused;
use personal_data::OsRandom;
use rand_core::UnwrapErr;
use testkit::story::{Silent, day};
use testkit::time_stamping::{Manner, TestTimeStamper, authority};

use super::steps::{Held, come_back, kill};
use super::{PAUSE, Story, registration};

const LOOKS: u32 = 1_500;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_asked_when_a_process_died_is_asked_again_and_answered_once() {
    let mut story = Box::pin(Story::begin(1)).await;
    let application = Box::pin(claim_under_way(&mut story)).await;
    let number = Box::pin(clearance_under_way(&mut story, &application)).await;
    story.cleared.push((application, number));
    let first = story.announce().await;
    story.valid(&first, "cleared before the kills").await;
    story.agreement.issued().await;
    time_stamp_under_way(&mut story).await;

    assert_eq!(story.announced, story.cleared.len(), "everybody was announced");
    story.agreement.documents_once(&story.world, 2).await;
    the_registers_agree(&mut story.stage).await;
    story.world.stop().await;
}

/// Waits until a question to a database is answered by this number.
async fn comes_to(books: &Books, question: &str, wanted: i64) {
    for _ in 0..LOOKS {
        if books.ask(question).await == wanted {
            return;
        }
        tokio::time::sleep(PAUSE).await;
    }
    panic!("not {wanted}: {question}");
}

/// An application is accepted (受理); returns it.
async fn claim_under_way(story: &mut Story) -> String {
    let mut holder = story.stage.holder(1).await.expect("enrolled");
    story.stage.sign_in_again().await.expect("signed in");
    holder.citizen.sign_in().await.expect("signed in");
    let submitted = story.stage.submit_initial(&holder, &mut Silent).await;
    let application = submitted.expect("submitted");
    story.holders.push(holder);
    let (nation, province) = (Role::Issuance, registration());
    let there = Books::open(&story.world, &nation).await;
    let here = Books::open(&story.world, &province).await;
    let (_, id) = application.rsplit_once('/').expect("a name");
    let claims = format!("SELECT count(*) FROM exchange.claim WHERE application = '{id}'");
    let state = |state| {
        format!("SELECT count(*) FROM registration.application WHERE id = '{id}' AND claim = '{state}'")
    };

    let held = Held::of(&story.world, &nation, "exchange.claim").await;
    let accepting = story.stage.accepting.accept(&application);
    let killing = async {
        held.stood_at().await;
        kill(&mut story.world, &[&nation, &province]).await;
    };
    let (accepted, ()) = tokio::join!(accepting, killing);
    refused(accepted);
    held.let_go().await;
    let between = (there.ask(&claims).await, here.ask(&state("pending")).await);
    assert_eq!(between, (0, 1), "accepted, and the nation knows of no claim");

    let held = Held::of(&story.world, &province, "shared.audit").await;
    come_back(&mut story.world, &[&nation, &province]).await;
    comes_to(&there, &claims, 1).await;
    held.stood_at().await;
    kill(&mut story.world, &[&province]).await;
    held.let_go().await;
    assert_eq!(here.ask(&state("pending")).await, 1, "the answer is not kept");
    come_back(&mut story.world, &[&province]).await;
    comes_to(&here, &state("held"), 1).await;
    assert_eq!(there.ask(&claims).await, 1, "claimed once");
    application
}

/// The publicity of the application ends (公示期满); returns the registration number.
async fn clearance_under_way(story: &mut Story, application: &str) -> String {
    let specialties = [Specialty::WaterAndHydropower];
    let stage = &story.stage;
    let granted = stage
        .examine_accepted(application, &specialties, &mut Silent)
        .await;
    granted.expect("granted");
    let publicity = stage.announcing.open_publicity_of(&[application]).await;
    let publicity = publicity.expect("opened");
    let after = day(publicity.closes_on).saturating_add(1.day());
    stage.announcing.citizen.door.clock.advance_to_morning_of(after);
    story.stage.sign_in_again().await.expect("signed in");
    let (nation, province) = (Role::Issuance, registration());
    let there = Books::open(&story.world, &nation).await;
    let here = Books::open(&story.world, &province).await;
    let (_, id) = application.rsplit_once('/').expect("a name");
    let clearances = format!("SELECT count(*) FROM exchange.clearance WHERE application = '{id}'");
    let waits =
        format!("SELECT count(*) FROM registration.application WHERE id = '{id}' AND awaits_clearance");

    let held = Held::of(&story.world, &nation, "exchange.clearance").await;
    let closing = story.stage.announcing.close_publicity(&publicity.name);
    let killing = async {
        held.stood_at().await;
        kill(&mut story.world, &[&nation, &province]).await;
    };
    let (closed, ()) = tokio::join!(closing, killing);
    refused(closed);
    held.let_go().await;
    let between = (there.ask(&clearances).await, here.ask(&waits).await);
    assert_eq!(between, (0, 1), "closed, and the nation has cleared nothing");

    let held = Held::of(&story.world, &province, "shared.audit").await;
    come_back(&mut story.world, &[&nation, &province]).await;
    comes_to(&there, &clearances, 1).await;
    held.stood_at().await;
    kill(&mut story.world, &[&province]).await;
    held.let_go().await;
    assert_eq!(here.ask(&waits).await, 1, "the answer is not kept");
    come_back(&mut story.world, &[&province]).await;
    let number = story.stage.cleared_number(application).await.expect("cleared");
    assert_eq!(there.ask(&clearances).await, 1, "cleared once");
    number
}

/// 6 Stamp: both documents are signed, and the authority is asked for the time.
async fn time_stamp_under_way(story: &mut Story) {
    let nation = Role::Issuance;
    let stamper = stamper(story).await;
    stamper.behave(Manner::Silent);
    kill(&mut story.world, &[&nation]).await;
    let config = story.world.fleet.deployment().config(&nation);
    let mut config = OpenOptions::new().append(true).open(config).expect("it has one");
    writeln!(config, "\n[timestamp]\nurls = [\"{}\"]", stamper.url()).expect("written");
    come_back(&mut story.world, &[&nation]).await;

    let announced = story.announce().await;
    while stamper.questions() == 0 {
        tokio::time::sleep(PAUSE).await;
    }
    let keeper = Books::open(&story.world, &Role::Seal).await;
    let signed = keeper.count("SELECT count(*) FROM seal.signature").await;
    assert_eq!(signed, 4, "signed before it is stamped");
    kill(&mut story.world, &[&nation]).await;
    stamper.behave(Manner::Honest);
    come_back(&mut story.world, &[&nation]).await;
    story.valid(&announced, "stamped after a kill").await;
    story.agreement.issued().await;
    let holder = &mut story.holders[story.announced - 1];
    holder.citizen.sign_in().await.expect("signed in");
    let certificate = issued(holder, Some(announced.1)).await;
    holder.citizen.step_up().await.expect("a fresh second factor");
    let (ofd, pdf) = both(holder, &certificate.name).await;
    for file in [ofd, pdf] {
        let answer = file_known(&story.stage.checker, &file).await;
        assert_eq!(answer.verdict(), Verdict::Valid);
        let time = answer.findings.iter().find(|one| one.check == "time.evidence");
        let time = time.expect("it is looked at");
        assert_eq!(time.result(), finding::Result::Pass, "{}", time.reason);
    }
    story.holds("6 Stamp").await;
}

/// An authority below the deployment's PDF root, by the world's clock.
async fn stamper(story: &Story) -> TestTimeStamper {
    let offline = story.world.fleet.deployment().offline();
    let read = |name: &str| std::fs::read_to_string(offline.join(name)).expect("the ceremony left it");
    let issuer = Certificate::from_pem(&read("pdf-ca.pem")).expect("a certificate");
    let key = PrivateKey::from_pkcs8_pem(&read("pdf-ca-key.pem")).expect("a key");
    let clock = story.stage.announcing.citizen.door.clock.clone();
    let authority = authority(&issuer, &key, &mut UnwrapErr(OsRandom));
    TestTimeStamper::start(authority, move || clock.now()).await
}
