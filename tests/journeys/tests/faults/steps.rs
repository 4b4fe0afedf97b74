//! A process killed (SIGKILL) in the middle of each numbered step of the issuance cycle; the numbers are those of
//! docs/issuance-cycle.md.
//!
//! ```text
//!  江苏 outbox ─▶ 1 Apply ─▶ 2 Sequence · State · Status · Witness ─▶ 3 Render · 4 Lint ─▶ 5 Intent ─▶ 6 Seal ─▶ 7 Verify
//!    ✂ receipt       ✂           ✂          ✂       ✂         ✂ ✂                              ✂       ✂ ✂        ✂
//! ```
//!
//! The table that a step writes is held against writing, so the process provably stands in that step's transaction when it is
//! killed; then the table is let go and the process started anew. Steps that stand side by side are killed by one kill.

use std::time::Duration;

use harness::link::Direction;
use harness::{Role, SignalName, World};
use journeys::books::Books;
use journeys::reconciling::the_registers_agree;
use journeys::refused;
use sqlx::{Postgres, Transaction};

use super::{Story, registration};

/// Announcements: one for each kill, two for the last.
const HOLDERS: u32 = 9;
const LOOKS: u32 = 3_000;
const PAUSE: Duration = Duration::from_millis(20);

/// A table that nobody can write to.
pub(crate) struct Held {
    holding: Transaction<'static, Postgres>,
    watching: Books,
    table: &'static str,
}

impl Held {
    pub(crate) async fn of(world: &World, role: &Role, table: &'static str) -> Self {
        Self {
            holding: Books::open(world, role).await.hold(table).await,
            watching: Books::open(world, role).await,
            table,
        }
    }

    /// Waits until somebody is about to write to it.
    pub(crate) async fn stood_at(&self) {
        let waiting = format!(
            "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = '{}'::regclass
             AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
            self.table
        );
        for _ in 0..LOOKS {
            if self.watching.ask(&waiting).await > 0 {
                return;
            }
            tokio::time::sleep(PAUSE).await;
        }
        panic!("nobody came to {}", self.table);
    }

    pub(crate) async fn let_go(self) {
        self.holding.rollback().await.expect("it only held");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_in_the_middle_of_any_step_it_is_taken_up_and_nothing_exists_twice() {
    let mut story = Box::pin(Story::begin(HOLDERS)).await;
    let (nation, province, seal) = (Role::Issuance, registration(), Role::Seal);
    let in_nation = |table| (Role::Issuance, table);

    let at = [in_nation("register.act")];
    killed_at(&mut story, "1 Apply", &at, &[&nation]).await;
    let at = [in_nation("log.leaf"), in_nation("issuing.intent")];
    killed_at(&mut story, "2 Sequence, and 3, 4, 5 Intent", &at, &[&nation]).await;
    let at = [
        in_nation("log.checkpoint"),
        (province.clone(), "shared.outbox_receipt"),
    ];
    killed_at(&mut story, "2 State, and the receipt", &at, &[&nation, &province]).await;
    let at = [(seal.clone(), "seal.act")];
    killed_at(&mut story, "6 Seal, before its journal", &at, &[&seal]).await;
    let at = [(seal.clone(), "seal.signature")];
    killed_at(&mut story, "6 Seal, before its answer", &at, &[&seal, &nation]).await;
    signed_and_not_heard_of(&mut story).await;
    let at = [
        in_nation("issuing.document"),
        in_nation("issuing.status_list"),
        in_nation("log.cosignature"),
    ];
    killed_at(&mut story, "7 Verify, 2 Status and 2 Witness", &at, &[&nation]).await;
    province_witnessing_and_announcing(&mut story).await;

    assert_eq!(story.announced, story.cleared.len(), "everybody was announced");
    let sets = i64::try_from(story.announced).expect("a few");
    story.agreement.documents_once(&story.world, sets).await;
    the_registers_agree(&mut story.stage).await;
    story.world.stop().await;
}

/// Somebody is announced; once somebody stands at every table, the processes are killed and come back.
async fn killed_at(story: &mut Story, step: &str, tables: &[(Role, &'static str)], victims: &[&Role]) {
    let mut held = Vec::new();
    for (role, table) in tables {
        held.push(Held::of(&story.world, role, table).await);
    }
    let announced = story.announce().await;
    for table in &held {
        table.stood_at().await;
    }
    kill(&mut story.world, victims).await;
    for table in held {
        table.let_go().await;
    }
    come_back(&mut story.world, victims).await;
    story.valid(&announced, step).await;
    story.agreement.issued().await;
    story.holds(step).await;
}

/// 6 Seal: the signatures are stored, and whoever asked for them is killed before it hears.
async fn signed_and_not_heard_of(story: &mut Story) {
    let keeper = Books::open(&story.world, &Role::Seal).await;
    let signatures = "SELECT count(*) FROM seal.signature";
    let before = keeper.count(signatures).await;
    let held = Held::of(&story.world, &Role::Seal, "seal.signature").await;
    let announced = story.announce().await;
    held.stood_at().await;
    story
        .world
        .link(&Role::Issuance, &Role::Seal)
        .hold(Direction::Back);
    held.let_go().await;
    for look in 0.. {
        assert!(look < LOOKS, "it was never signed");
        if keeper.count(signatures).await == before + 2 {
            break;
        }
        tokio::time::sleep(PAUSE).await;
    }
    kill(&mut story.world, &[&Role::Issuance]).await;
    story.world.link(&Role::Issuance, &Role::Seal).mend();
    come_back(&mut story.world, &[&Role::Issuance]).await;
    story.valid(&announced, "signed and not heard of").await;
    story.agreement.issued().await;
    story.holds("6 Seal, after its answer").await;
}

/// 2 Witness, in the province: before it remembers what it is about to cosign. At the same time it stands in an announcement,
/// which is as if it had never been begun.
async fn province_witnessing_and_announcing(story: &mut Story) {
    let province = registration();
    let memory = Held::of(&story.world, &province, "registration.witness_memory").await;
    let first = story.announce().await;
    memory.stood_at().await;
    let outbox = Held::of(&story.world, &province, "shared.outbox").await;
    let (application, _) = story.cleared[story.announced].clone();
    let publishing = story.stage.announcing.publish(&application);
    let killing = async {
        outbox.stood_at().await;
        kill(&mut story.world, &[&province]).await;
    };
    let (published, ()) = tokio::join!(publishing, killing);
    refused(published);
    memory.let_go().await;
    outbox.let_go().await;
    come_back(&mut story.world, &[&province]).await;
    let announced = story.announce().await;
    for one in [first, announced] {
        story.valid(&one, "announced before and after the kill").await;
    }
    story.agreement.issued().await;
    story.holds("2 Witness, and an announcement").await;
}

pub(crate) async fn kill(world: &mut World, victims: &[&Role]) {
    for victim in victims {
        let killed = world.fleet.end(victim, SignalName::Kill).await;
        killed.expect("killed");
    }
}

/// Starts them anew. What the killed ones had leased runs out by itself within half a minute; the story does not wait for it.
pub(crate) async fn come_back(world: &mut World, victims: &[&Role]) {
    for victim in victims {
        let books = Books::open(world, victim).await;
        books
            .carry_out("UPDATE shared.lease SET expires_at = 'epoch'")
            .await;
        if **victim == Role::Issuance {
            books
                .carry_out("UPDATE issuing.job SET expires_at = 'epoch' WHERE expires_at IS NOT NULL")
                .await;
        }
        world.fleet.restart(victim).await.expect("it comes back");
    }
}
