//! Everything between nation and province that can break, breaks, one after the other; people go on announcing.
//!
//! ```text
//!  江苏 registration ══ link ══▶ nation issuance ══ link ══▶ seal
//!     ✂ 单向 · 变慢 · 时断时续        ✂ PostgreSQL 被杀 · 两个实例      ✂ 一小时不在
//!  时钟相差数分钟 · 一个工作日联系不上 · 公告期限之后才送到 · 磁盘满 · 伪造的公告
//! ```
//!
//! Proves, after each fault: nothing announced is missing, nothing exists twice, register and feed agree (counted in the
//! databases); at the end the two registers are equal, row by row, and every document exists once. What is killed in the middle
//! of a numbered step is in [`steps`], in the middle of a question in [`asked`], what befalls the log's witnesses in
//! [`witnesses`], a nation put back in [`restored`].

mod asked;
mod restored;
mod steps;
mod witnesses;

use api::registration::v1::AvailabilityStep;
use api::types::v1::Position;
use api::verification::v1::Verdict;
use harness::link::Direction;
use harness::{PROVINCE, Role, SignalName, World};
use jiff::{SignedDuration, ToSpan as _};
use journeys::agreement::Agreement;
use journeys::books::Books;
use journeys::certificates::{both, file_known, issued};
use journeys::impostor::Impostor;
use journeys::reconciling::the_registers_agree;
use journeys::{reason, refusal};
use testkit::actors::Holder;
use testkit::stage::Stage;

const HOLDERS: u32 = 12;
/// Sessions that look whether they wait for a lock.
const PAUSE: std::time::Duration = std::time::Duration::from_millis(20);

fn registration() -> Role {
    Role::Registration(PROVINCE.to_owned())
}

/// Initial registrations of a stage's people, up to the clearance: the holders, and their applications with the registration numbers.
async fn cleared(stage: &mut Stage, ordinals: std::ops::Range<u32>) -> (Vec<Holder>, Vec<(String, String)>) {
    let mut holders = Vec::new();
    for ordinal in ordinals {
        holders.push(stage.holder(ordinal).await.expect("enrolled"));
    }
    stage.sign_in_again().await.expect("signed in");
    let mut all: Vec<&mut Holder> = holders.iter_mut().collect();
    for holder in &mut all {
        holder.citizen.sign_in().await.expect("signed in");
    }
    let cleared = stage.clear_together(&mut all).await.expect("cleared");
    (holders, cleared)
}

/// A world in trouble, and what was announced in it.
struct Story {
    world: World,
    stage: Stage,
    holders: Vec<Holder>,
    /// Applications that may be announced, with their registration numbers.
    cleared: Vec<(String, String)>,
    announced: usize,
    agreement: Agreement,
}

impl Story {
    async fn begin(holders: u32) -> Self {
        let links = [
            (registration(), Role::Issuance),
            (registration(), Role::Identity),
            (Role::Issuance, Role::Seal),
        ];
        let world = World::start_linked(2.years().months(11).days(11), &links).await;
        let mut stage = world.stage().await;
        let (holders, cleared) = cleared(&mut stage, 0..holders).await;
        let agreement = Agreement::open(&world, PROVINCE).await;
        Self {
            world,
            stage,
            holders,
            cleared,
            announced: 0,
            agreement,
        }
    }

    /// The next one is announced; returns the number and where the province says so.
    async fn announce(&mut self) -> (String, Position) {
        self.stage.announcing.citizen.sign_in().await.expect("signed in");
        self.announce_signed_in().await
    }

    async fn announce_signed_in(&mut self) -> (String, Position) {
        let (application, number) = self.cleared[self.announced].clone();
        let published = self.stage.announcing.publish(&application).await;
        self.announced += 1;
        (
            number,
            published.expect("announced").position.expect("a position"),
        )
    }

    /// The verdict about a number, as soon as verification has heard of its registration and of the register's present.
    async fn valid(&self, (number, position): &(String, Position), after: &str) {
        let checker = &self.stage.checker;
        let answer = loop {
            match checker.by_number(number, Some(position.clone())).await {
                Err(status) if reason(&status) == "STALE" => tokio::time::sleep(PAUSE).await,
                answer => break answer.expect("answered"),
            }
        };
        assert_eq!(answer.verdict(), Verdict::Valid, "{after}");
    }

    async fn holds(&self, after: &str) {
        println!("{after}");
        let announced = i64::try_from(self.announced).expect("a dozen");
        self.agreement.holds(announced, after).await;
    }

    fn exchange(&self) -> &harness::link::Link {
        self.world.link(&registration(), &Role::Issuance)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_breaks_nothing_announced_is_missing_and_nothing_exists_twice() {
    let mut story = Box::pin(Story::begin(HOLDERS)).await;
    cut_before_the_receipt(&mut story).await;
    one_way(&mut story).await;
    flapping(&mut story).await;
    envelopes_again_and_out_of_order(&mut story).await;
    database_killed_in_the_middle_of_a_push(&mut story).await;
    disk_full_at_the_outbox(&mut story).await;
    seal_away_for_an_hour(&mut story).await;
    two_instances_at_once(&mut story).await;
    forged_without_clearance(&mut story).await;
    a_working_day_alone(&mut story).await;
    clocks_apart(&mut story).await;
    told_long_after_it_had_to_be_announced(&mut story).await;

    assert_eq!(story.announced, story.cleared.len(), "everybody was announced");
    let sets = i64::try_from(story.announced).expect("a dozen");
    story.agreement.documents_once(&story.world, sets).await;
    the_registers_agree(&mut story.stage).await;
    story.world.stop().await;
}

/// The nation has applied it, and its word is lost on the way.
async fn cut_before_the_receipt(story: &mut Story) {
    story.exchange().hold(Direction::Back);
    let announced = story.announce().await;
    story.agreement.applied_through(announced.1.value).await;
    story
        .valid(&announced, "known before the province hears of it")
        .await;
    story.exchange().cut();
    assert!(story.agreement.unreceipted().await > 0, "the receipt was lost");
    story.exchange().mend();
    story.holds("a cut before the receipt").await;
}

/// The province hears the nation, which hears nothing.
async fn one_way(story: &mut Story) {
    story.exchange().hold(Direction::Out);
    let before = story.agreement.applied().await;
    let announced = story.announce().await;
    let holder = &mut story.holders[story.announced - 1];
    holder.citizen.sign_in().await.expect("signed in");
    let explained = holder.explain().await.expect("answered");
    assert_eq!(explained.step(), AvailabilityStep::AnnouncedNotSent);
    assert_eq!(story.agreement.applied().await, before);
    story.exchange().mend();
    story.valid(&announced, "one way").await;
    story.holds("a one-way cut").await;
}

async fn flapping(story: &mut Story) {
    let before = story.exchange().tried();
    story.exchange().flap(5);
    let announced = story.announce().await;
    while story.exchange().tried() < before + 4 {
        tokio::time::sleep(PAUSE).await;
    }
    story.exchange().mend();
    story.valid(&announced, "after a flapping line").await;
    story.holds("a flapping line").await;
}

/// Somebody with the province's keys sends what was sent: again, later, backwards, with a hole.
async fn envelopes_again_and_out_of_order(story: &mut Story) {
    let impostor = Impostor::of(&story.world, PROVINCE);
    let kept = impostor.kept().await;
    let (first, last) = (kept[0].clone(), kept[kept.len() - 1].clone());
    let through = last.sequence;
    let again = impostor
        .push(vec![kept.clone(), vec![first.clone()], vec![last.clone()]])
        .await;
    let nothing_new = (through, String::new());
    assert_eq!(
        again.expect("answered"),
        [nothing_new.clone(), nothing_new.clone(), nothing_new],
        "duplicates, and what was delayed"
    );
    let mut backwards = kept.clone();
    backwards.reverse();
    let backwards = impostor.push(vec![backwards]).await.expect("answered");
    assert_eq!(backwards, [(through, "BAD_HASH".to_owned())]);
    let mut beyond = last;
    beyond.previous_hash = beyond.hash.clone();
    beyond.sequence += 2;
    beyond.hash = impostor.hash(&beyond).to_vec().into();
    let beyond = impostor.push(vec![vec![beyond]]).await.expect("answered");
    assert_eq!(beyond, [(through, "GAP".to_owned())]);
    story.exchange().slow(40_000);
    let announced = story.announce().await;
    story
        .valid(&announced, "the stream goes on, over a slow line")
        .await;
    story.exchange().mend();
    story.holds("envelopes again and out of order").await;
}

/// The nation stands in the middle of applying when every database goes away.
async fn database_killed_in_the_middle_of_a_push(story: &mut Story) {
    let nation = Books::open(&story.world, &Role::Issuance).await;
    let watching = Books::open(&story.world, &Role::Issuance).await;
    let held = nation.hold("register.act").await;
    let announced = story.announce().await;
    let waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted";
    while watching.count(waiting).await == 0 {
        tokio::time::sleep(PAUSE).await;
    }
    story.world.crash_database();
    drop(held);
    story.world.recover_database();
    story.valid(&announced, "after the database came back").await;
    story.holds("a killed database").await;
    let roles = story.world.fleet.deployment().roles();
    for role in roles {
        assert!(story.world.fleet.is_running(&role), "{role} lived through it");
    }
}

/// Nothing can be announced while the outbox cannot grow; the same request succeeds when it can.
async fn disk_full_at_the_outbox(story: &mut Story) {
    let Some(disk) = story.world.small_disk().await else {
        // Mounting takes root, as CI has it.
        let announced = story.announce().await;
        return story.valid(&announced, "without a small disk").await;
    };
    let province = Books::open(&story.world, &registration()).await;
    let moved = format!(
        "ALTER TABLE shared.outbox SET (fillfactor = 10); ALTER TABLE shared.outbox SET TABLESPACE {}",
        disk.tablespace()
    );
    province.carry_out(&moved).await;
    disk.fill();
    story.stage.announcing.citizen.sign_in().await.expect("signed in");
    let (application, _) = story.cleared[story.announced].clone();
    let refused = story.stage.announcing.publish(&application).await;
    assert_eq!(refusal(refused), "OVERLOADED");
    disk.free();
    let announced = story.announce().await;
    story.valid(&announced, "when there is room again").await;
    province
        .carry_out("ALTER TABLE shared.outbox SET TABLESPACE pg_default")
        .await;
    disk.remove(&story.world).await;
    story.holds("a full disk").await;
}

/// Registered at once, sealed when the keeper of the seals is back; what was sealed before is verified meanwhile.
async fn seal_away_for_an_hour(story: &mut Story) {
    let (first, last) = (0, story.announced);
    story.holders[first].citizen.sign_in().await.expect("signed in");
    let certificate = issued(&story.holders[first], None).await;
    let (ofd, _) = both(&mut story.holders[first], &certificate.name).await;
    story.world.link(&Role::Issuance, &Role::Seal).cut();
    let announced = story.announce().await;
    story.valid(&announced, "registered without a seal").await;
    let clock = story.stage.announcing.citizen.door.clock.clone();
    clock.advance_to(clock.now() + SignedDuration::from_hours(1));
    let answer = file_known(&story.stage.checker, &ofd).await;
    assert_eq!(answer.verdict(), Verdict::Valid, "verification goes on");
    assert_eq!(story.agreement.unissued().await, 1, "issuing waits");
    story.world.link(&Role::Issuance, &Role::Seal).mend();
    story.holders[last].citizen.sign_in().await.expect("signed in");
    issued(&story.holders[last], Some(announced.1)).await;
    story.holds("an hour without seals").await;
}

/// A second process on the same database; the first dies, the second finishes.
async fn two_instances_at_once(story: &mut Story) {
    let twin = story.world.twin(&Role::Issuance).await;
    let announced = story.announce().await;
    story.valid(&announced, "with two instances").await;
    story
        .world
        .fleet
        .end(&Role::Issuance, SignalName::Kill)
        .await
        .expect("killed");
    story.agreement.issued().await;
    story
        .world
        .fleet
        .restart(&Role::Issuance)
        .await
        .expect("it comes back");
    twin.kill().await;
    story.holds("two instances").await;
}

/// A stolen key of another province announces what nobody cleared: that province stands, and this one goes on in what follows.
async fn forged_without_clearance(story: &mut Story) {
    let impostor = Impostor::of(&story.world, "33");
    let (person, employer) = (
        story.holders[0].citizen.person_name.clone(),
        story.stage.employer_a.employer.name.clone(),
    );
    let forged = impostor.forged(&person, &employer, story.world.now());
    let told = impostor.push(vec![vec![forged.clone()]]).await.expect("answered");
    assert_eq!(told, [(0, "NO_CLEARANCE".to_owned())]);
    let told = impostor.push(vec![vec![forged]]).await.expect("answered");
    assert_eq!(told, [(0, "NO_CLEARANCE".to_owned())], "nor later");
    story.holds("a forged announcement").await;
}

/// Neither identity nor the register can be reached from nine to five; the province starts anew in between.
async fn a_working_day_alone(story: &mut Story) {
    story.stage.announcing.citizen.sign_in().await.expect("signed in");
    story.exchange().cut();
    story.world.link(&registration(), &Role::Identity).cut();
    let announced = story.announce_signed_in().await;
    let clock = story.stage.announcing.citizen.door.clock.clone();
    clock.advance_to(clock.now() + SignedDuration::from_hours(8));
    story
        .world
        .fleet
        .end(&registration(), SignalName::Kill)
        .await
        .expect("killed");
    story
        .world
        .fleet
        .restart(&registration())
        .await
        .expect("it serves by what it remembers of identity");
    assert!(story.agreement.unreceipted().await > 0);
    story.world.link(&registration(), &Role::Identity).mend();
    story.exchange().mend();
    story.valid(&announced, "after a day alone").await;
    story.holds("a working day alone").await;
}

/// The province's clock is three minutes behind everybody's, then three minutes ahead.
async fn clocks_apart(story: &mut Story) {
    for minutes in [-3, 3] {
        let by = SignedDuration::from_mins(minutes);
        story.world.skew(&registration(), by).await;
        let announced = story.announce().await;
        story.valid(&announced, "clocks apart").await;
        story.holds("clocks apart").await;
    }
}

/// Announced in time, told two months later: the province's own evidence counts, not the nation's clock.
async fn told_long_after_it_had_to_be_announced(story: &mut Story) {
    let nation = Books::open(&story.world, &Role::Issuance).await;
    let reported = "SELECT (1000 * extract(epoch FROM reported_at))::bigint FROM exchange.reported_head WHERE province = '32'";
    let before = nation.count(reported).await;
    story.world.align(&registration()).await;
    // Nothing is announced by a process that has not compared its outbox with the nation's word.
    while nation.count(reported).await == before {
        tokio::time::sleep(PAUSE).await;
    }
    story.stage.announcing.citizen.sign_in().await.expect("signed in");
    story.exchange().cut();
    let announced = story.announce_signed_in().await;
    let clock = story.stage.announcing.citizen.door.clock.clone();
    clock.advance_to(clock.now() + SignedDuration::from_hours(60 * 24));
    story.exchange().mend();
    story.valid(&announced, "long after announce_by").await;
    story.holds("announced in time, told late").await;
}
