//! 分叉 and 见证人回滚: the nation shows two histories to two provinces, and a province's database is put back.
//!
//! ```text
//!            ┌── link ──▶ nation ───────── keys ─────────┐
//!  江苏 witness            (register, log)                │  the same log key: two histories of one size
//!  浙江 witness            the other nation ◀── copy ─────┘
//!            └── link ──▶ (register', log')
//! ```
//!
//! Proves, with real processes and databases: a witness whose database was restored cosigns nothing until an operator anchors it
//! by what others have cosigned; a fork shown to disjoint witnesses reaches a quorum on no side, each refuses what the
//! other was shown, and keeps both notes, which prove the fork to anybody by the log's key alone.

use std::process::Command;
use std::time::Duration;

use api::issuance::v1::log_service_client::LogServiceClient;
use harness::{Role, SignalName, World};
use jianzheng::clients::{Caller, channel};
use jianzheng::log::{Source, audit, quorum};
use jiff::ToSpan as _;
use journeys::books::Books;
use journeys::logged::page;
use service_runtime::tls::Gate;
use testkit::stage::Stage;
use tlog::{AddCheckpoint, Checkpoint, Note, Quorum};

use crate::cleared;

const LOOKS: u32 = 3_000;
const PAUSE: Duration = Duration::from_millis(20);
const PROVINCES: [&str; 2] = ["32", "33"];
/// Names of copied databases.
const BACKUP: &str = "registration_33_backup";
const OTHER: &str = "issuance_other";

fn registration(province: &str) -> Role {
    Role::Registration(province.to_owned())
}

/// A nation, two witnesses, and people who may be announced: every announcement makes the log grow.
struct Story {
    world: World,
    quorum: Quorum,
    here: Stage,
    there: Stage,
    /// Applications that the first province may announce.
    cleared: Vec<String>,
    /// The one of the second.
    cleared_there: String,
}

impl Story {
    async fn begin() -> Self {
        let links = PROVINCES.map(|province| (registration(province), Role::Issuance));
        let world = World::start_linked(2.years().months(11).days(11), &links).await;
        let mut here = world.stage().await;
        let mut there = here.beside(PROVINCES[1]).await.expect("a second stage");
        let mut cleared_there = clear(&mut there, 50..51).await;
        let cleared = clear(&mut here, 0..3).await;
        let quorum = quorum(&world.fleet.deployment().trust()).expect("the bundle names them");
        assert_eq!(quorum.threshold(), 2, "more than half of two provinces");
        Self {
            world,
            quorum,
            here,
            there,
            cleared,
            cleared_there: cleared_there.remove(0),
        }
    }

    /// The next of the first province is announced.
    async fn grow(&mut self) {
        let application = self.cleared.remove(0);
        self.here.announcing.citizen.sign_in().await.expect("signed in");
        self.here
            .announcing
            .publish(&application)
            .await
            .expect("announced");
    }

    async fn grow_there(&mut self) {
        self.there.announcing.citizen.sign_in().await.expect("signed in");
        let published = self.there.announcing.publish(&self.cleared_there).await;
        published.expect("announced");
    }

    /// Everything of a register's database is issued and logged, and these witnesses have cosigned the last checkpoint; returns
    /// its size.
    async fn settled(&self, database: &str, versions: i64, by: &[&str]) -> i64 {
        let books = Books::open_copy(&self.world, &Role::Issuance, database).await;
        let names: Vec<String> = by.iter().map(|province| format!("'{province}.%'")).collect();
        let question = format!(
            "SELECT coalesce(max(size), 0) FROM log.checkpoint
             WHERE (SELECT count(*) FROM issuing.certificate_version WHERE state = 'issued') = {versions}
               AND NOT EXISTS (SELECT FROM log.change WHERE position IS NULL)
               AND size = (SELECT size FROM log.head)
               AND (SELECT count(*) FROM log.cosignature c
                    WHERE c.size = checkpoint.size AND witness LIKE ANY (ARRAY[{}])) = {}",
            names.join(", "),
            by.len()
        );
        for _ in 0..LOOKS {
            let size = books.ask(&question).await;
            if size > 0 {
                books.close().await;
                return size;
            }
            tokio::time::sleep(PAUSE).await;
        }
        panic!("{by:?} never cosigned {versions} versions of {database}");
    }

    /// The largest checkpoint of a register that both have cosigned.
    async fn witnessed(&self, database: &str) -> i64 {
        let books = Books::open_copy(&self.world, &Role::Issuance, database).await;
        let size = "SELECT coalesce(max(size), 0) FROM
                    (SELECT size FROM log.cosignature GROUP BY size HAVING count(*) > 1) AS witnessed";
        let size = books.count(size).await;
        books.close().await;
        size
    }

    /// Waits until a witness has kept evidence for a reason; what it stood by, where it did, and what it was offered.
    async fn evidence(&self, province: &str, reason: &str) -> (String, String) {
        let books = Books::open(&self.world, &registration(province)).await;
        let question = |column: &str| {
            format!(
                "SELECT coalesce({column}, '') FROM registration.witness_evidence WHERE reason = '{reason}' ORDER BY id"
            )
        };
        for _ in 0..LOOKS {
            let (stood_by, offered) = (
                books.list(&question("remembered")).await,
                books.list(&question("offered")).await,
            );
            if let (Some(stood_by), Some(offered)) = (stood_by.first(), offered.first()) {
                return (stood_by.clone(), offered.clone());
            }
            tokio::time::sleep(PAUSE).await;
        }
        panic!("{province} kept no evidence of {reason}");
    }

    /// The checkpoint that the portal shows to monitors: the latest that a quorum has seen.
    async fn shown(&self) -> Note {
        let answer = page(&self.world, "/log/checkpoint").await;
        let (_, note) = answer.split_once("\r\n\r\n").expect("a page");
        Note::parse(note).expect("a note")
    }

    async fn end(&mut self, role: &Role) {
        let ended = self.world.fleet.end(role, SignalName::Term).await;
        ended.expect("it drains");
    }
}

/// The applications alone.
async fn clear(stage: &mut Stage, ordinals: std::ops::Range<u32>) -> Vec<String> {
    let (_, cleared) = cleared(stage, ordinals).await;
    cleared.into_iter().map(|(application, _)| application).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_witness_put_back_is_silent_and_a_fork_is_witnessed_on_no_side() {
    let mut story = Box::pin(Story::begin()).await;
    Box::pin(a_witness_put_back(&mut story)).await;
    Box::pin(a_fork_for_disjoint_witnesses(&mut story)).await;
    story.world.stop().await;
}

/// 浙江 is restored from a backup: it is shown its own cosignature, and is silent until an operator anchors it.
async fn a_witness_put_back(story: &mut Story) {
    let there = registration(PROVINCES[1]);
    story.end(&there).await;
    story.world.copy_database(&there, BACKUP).await;
    story.world.fleet.restart(&there).await.expect("it comes back");
    story.grow().await;
    let seen = story.settled("issuance", 1, &PROVINCES).await;

    story.end(&there).await;
    story.world.restore_database(&there, BACKUP).await;
    story.world.fleet.restart(&there).await.expect("it comes back");
    let (_, offered) = story.evidence(PROVINCES[1], "WITNESS_FORGOT").await;
    assert!(
        offered.contains("33.specimen.example/witness"),
        "its own word: {offered}"
    );
    story.grow().await;
    let size = story.settled("issuance", 2, &PROVINCES[..1]).await;
    assert!(size > seen);
    assert_eq!(story.witnessed("issuance").await, seen, "one of two is no quorum");

    let checkpoint = story.world.folder().join("checkpoint");
    std::fs::write(&checkpoint, story.shown().await.to_string()).expect("ours");
    let anchored = anchor(&story.world, &there, &checkpoint);
    assert_eq!(anchored, format!("已锚定 anchored at {seen}\n"));
    assert_eq!(story.settled("issuance", 2, &PROVINCES).await, size, "it goes on");
}

/// The operator's command; what it says.
fn anchor(world: &World, province: &Role, checkpoint: &std::path::Path) -> String {
    let deployment = world.fleet.deployment();
    let said = Command::new(world.fleet.program())
        .args(["admin", "witness", "anchor", "--operator", "one", "--config"])
        .arg(deployment.config(province))
        .arg("--checkpoint")
        .arg(checkpoint)
        .arg("--trust")
        .arg(deployment.trust())
        .output()
        .expect("it runs");
    assert!(said.status.success(), "{said:?}");
    String::from_utf8(said.stdout).expect("text")
}

/// From one moment on there are two registers under the same keys; each province is shown its own.
async fn a_fork_for_disjoint_witnesses(story: &mut Story) {
    let common = story.witnessed("issuance").await;
    story.end(&Role::Issuance).await;
    story.world.copy_database(&Role::Issuance, OTHER).await;
    story
        .world
        .fleet
        .restart(&Role::Issuance)
        .await
        .expect("it comes back");
    let other = story.world.twin_on(&Role::Issuance, OTHER).await;
    let led = story.world.link(&registration(PROVINCES[1]), &Role::Issuance);
    led.lead_to(other.listen(Gate::Provinces));
    story.grow().await;
    story.grow_there().await;
    let size = story.settled("issuance", 3, &PROVINCES[..1]).await;
    let size_there = story.settled(OTHER, 3, &PROVINCES[1..]).await;
    assert_eq!(size, size_there, "two histories of one size");
    assert!(size > common);

    // Each meets what the other was shown.
    let deployment = story.world.fleet.deployment();
    let nations = [
        other.listen(Gate::Provinces),
        deployment.listen(&Role::Issuance, Gate::Provinces),
    ];
    for (province, nation) in PROVINCES.into_iter().zip(nations) {
        let led = story.world.link(&registration(province), &Role::Issuance);
        led.lead_to(nation);
    }
    for province in PROVINCES {
        let (stood_by, offered) = story.evidence(province, "FORK").await;
        let offered = AddCheckpoint::parse(&offered).expect("as it came").checkpoint;
        let stood_by = Note::parse(&stood_by).expect("as it was signed");
        let [one, two] = [&stood_by, &offered].map(|note| {
            Checkpoint::open(note, story.quorum.origin(), story.quorum.log_keys()).expect("the log's word")
        });
        assert!(one.contradicts(&two), "{province}: proof for anybody");
        assert_eq!(i64::try_from(one.size).expect("small"), size);
    }
    for database in ["issuance", OTHER] {
        assert_eq!(story.witnessed(database).await, common, "{database}: no quorum");
    }
    let shown = story.quorum.verify(&story.shown().await).expect("by both");
    assert_eq!(i64::try_from(shown.checkpoint.size).expect("small"), common);
    an_auditor_sees_it(story).await;
    other.kill().await;
}

/// `jianzheng log audit` with the other side's checkpoint in hand.
async fn an_auditor_sees_it(story: &Story) {
    let (stood_by, _) = story.evidence(PROVINCES[1], "FORK").await;
    let known = Note::parse(&stood_by).expect("as it was signed");
    let deployment = story.world.fleet.deployment();
    let portal = Caller::Client("portal");
    let served = channel(deployment, &portal, &Role::Issuance, Gate::Clients).expect("a channel");
    let served = Source::Served(LogServiceClient::new(served));
    let found = audit(&served, &story.quorum, Some(&known))
        .await
        .expect("it is served");
    let codes: Vec<&str> = found.faults.iter().map(jianzheng::log::Fault::code).collect();
    assert!(codes.contains(&"FORK"), "{codes:?}");
}
