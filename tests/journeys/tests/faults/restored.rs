//! 全国库由备份恢复: the nation's database is put back, and everybody tells it again by themselves.
//!
//! ```text
//!  江苏 outbox, witness ──┐
//!                         ├──▶ nation: backup ─▶ closed ─▶ told again ─▶ log regrown ─▶ open     verification: stale meanwhile
//!  浙江 outbox, witness ──┘    object store, keeper of the seals: as they are
//! ```
//!
//! Proves, with real processes and databases: whoever asks a restored nation for anything else is told RESTORING, and verification says
//! that it knows nothing of today; provinces push again and witnesses speak without anybody's help; it opens by itself with the same
//! certificates, the same sealed bytes and the same log; registers on both sides are equal.

use std::time::Duration;

use api::issuance::v1 as wire;
use api::issuance::v1::log_service_client::LogServiceClient;
use api::issuance::v1::restoration_service_client::RestorationServiceClient;
use api::verification::v1::Verdict;
use harness::{Role, SignalName, World};
use jianzheng::clients::{Caller, channel};
use jiff::ToSpan as _;
use journeys::books::Books;
use journeys::certificates::{both, file_known, issued};
use journeys::reconciling::the_registers_agree;
use journeys::refusal;
use service_runtime::tls::{Gate, PeerChannel};
use testkit::actors::Holder;
use testkit::stage::Stage;
use wire::restoration::Step;

use crate::cleared;

const LOOKS: u32 = 3_000;
const PAUSE: Duration = Duration::from_millis(20);
const BACKUP: &str = "issuance_backup";
/// What others hold of the nation: identifiers, places, digests, bytes of the feed, leaves, checkpoints.
const HELD: &str = "SELECT 'version ' || id || ' ' || licence_identifier || ' ' || encode(facts_hash, 'hex') || ' ' || state || ' ' || issued_at
         FROM issuing.certificate_version
     UNION ALL SELECT 'place ' || shard || ' ' || index || ' ' || version FROM issuing.status_index
     UNION ALL SELECT 'file ' || document_set || ' ' || format || ' ' || encode(sha256, 'hex') FROM issuing.document
     UNION ALL SELECT 'told ' || position || ' ' || kind || ' ' || encode(sealed, 'hex') || ' ' || recorded_at FROM log.change
     UNION ALL SELECT 'leaf ' || index || ' ' || encode(hash, 'hex') FROM log.leaf
     UNION ALL SELECT 'root ' || size || ' ' || encode(root, 'hex') FROM log.checkpoint WHERE size = (SELECT size FROM log.head)
     ORDER BY 1";

fn registration(province: &str) -> Role {
    Role::Registration(province.to_owned())
}

/// Somebody who is registered.
struct Registered {
    holder: Holder,
    application: String,
    number: String,
    files: Option<(Vec<u8>, Vec<u8>)>,
}

struct Story {
    world: World,
    here: Stage,
    there: Stage,
    people: Vec<Registered>,
}

impl Story {
    async fn begin() -> Self {
        let world = World::start_back(2.years().months(11).days(11)).await;
        let mut here = world.stage().await;
        let mut there = here.beside("33").await.expect("a second stage");
        let mut people = Vec::new();
        let (mut holders, mut applications) = cleared(&mut here, 0..4).await;
        let (others, theirs) = cleared(&mut there, 50..51).await;
        holders.extend(others);
        applications.extend(theirs);
        for (holder, (application, number)) in holders.into_iter().zip(applications) {
            people.push(Registered {
                holder,
                application,
                number,
                files: None,
            });
        }
        Self {
            world,
            here,
            there,
            people,
        }
    }

    /// Announced by their province.
    async fn announce(&mut self, index: usize) {
        let stage = if index < 4 {
            &mut self.here
        } else {
            &mut self.there
        };
        stage.announcing.citizen.sign_in().await.expect("signed in");
        let published = stage.announcing.publish(&self.people[index].application).await;
        published.expect("announced");
    }

    /// Everything is issued, numbered, and cosigned by both provinces.
    async fn settled(&self, versions: i64) {
        let books = Books::open(&self.world, &Role::Issuance).await;
        let question = format!(
            "SELECT count(*) FROM log.head
             WHERE (SELECT count(*) FROM issuing.certificate_version WHERE state = 'issued') = {versions}
               AND NOT EXISTS (SELECT FROM issuing.job WHERE state <> 'issued')
               AND NOT EXISTS (SELECT FROM log.change WHERE position IS NULL)
               AND (SELECT count(*) FROM log.cosignature WHERE cosignature.size = head.size) = 2"
        );
        for _ in 0..LOOKS {
            if books.ask(&question).await == 1 {
                return books.close().await;
            }
            tokio::time::sleep(PAUSE).await;
        }
        panic!("{versions} versions never were issued and witnessed");
    }

    async fn held(&self) -> (Vec<String>, Vec<String>) {
        let nation = Books::open(&self.world, &Role::Issuance).await;
        let held = nation.list(HELD).await;
        nation.close().await;
        let keeper = Books::open(&self.world, &Role::Seal).await;
        let signatures = "SELECT intent_id || ' ' || kind || ' ' || encode(signature, 'hex') FROM seal.signature ORDER BY 1";
        (held, keeper.list(signatures).await)
    }

    async fn end(&mut self, role: &Role) {
        let ended = self.world.fleet.end(role, SignalName::Term).await;
        ended.expect("it drains");
    }

    async fn restart(&mut self, role: &Role) {
        self.world.fleet.restart(role).await.expect("it comes back");
    }

    fn portal(&self) -> PeerChannel {
        let (deployment, portal) = (self.world.fleet.deployment(), Caller::Client("portal"));
        channel(deployment, &portal, &Role::Issuance, Gate::Clients).expect("a channel")
    }

    /// Waits until the restoration stands somewhere, as an officer of the ministry is shown it.
    async fn until(&mut self, what: &str, stands: impl Fn(&wire::Restoration) -> bool) -> wire::Restoration {
        let officer = &mut self.here.deciding.citizen;
        officer.sign_in().await.expect("signed in");
        let request = || self.here.deciding.citizen.request(wire::GetRestorationRequest {});
        let mut client = RestorationServiceClient::new(self.portal());
        let mut last = None;
        for _ in 0..LOOKS {
            let shown = client.get_restoration(request()).await;
            let one = shown
                .expect("it is shown")
                .into_inner()
                .restoration
                .expect("shown");
            if stands(&one) {
                return one;
            }
            last = Some(one);
            tokio::time::sleep(PAUSE).await;
        }
        panic!("never {what}: {last:?}");
    }

    /// The sealed files of somebody.
    async fn files(&mut self, index: usize) -> (Vec<u8>, Vec<u8>) {
        let holder = &mut self.people[index].holder;
        holder.citizen.sign_in().await.expect("signed in");
        let certificate = issued(holder, None).await;
        both(holder, &certificate.name).await
    }

    /// What verification holds is past its time before long, and it says so.
    async fn stale(&self, index: usize) {
        for _ in 0..LOOKS {
            let answer = self
                .here
                .checker
                .by_number(&self.people[index].number, None)
                .await;
            if answer.is_err() {
                return assert_eq!(refusal(answer), "STALE");
            }
            tokio::time::sleep(PAUSE).await;
        }
        panic!("verification answers as if it knew");
    }

    async fn valid(&self, index: usize) {
        let answer = self
            .here
            .checker
            .by_number(&self.people[index].number, None)
            .await;
        assert_eq!(answer.expect("answered").verdict(), Verdict::Valid, "{index}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_nation_put_back_is_told_everything_again_and_opens_by_itself_as_it_was() {
    let mut story = Box::pin(Story::begin()).await;
    story.announce(0).await;
    story.settled(1).await;
    story.end(&Role::Issuance).await;
    story.world.copy_database(&Role::Issuance, BACKUP).await;
    story.restart(&Role::Issuance).await;
    for index in [1, 2, 4] {
        story.announce(index).await;
    }
    story.settled(4).await;
    for index in [0, 1, 2, 4] {
        story.people[index].files = Some(Box::pin(story.files(index)).await);
    }
    let held = story.held().await;

    // 浙江 is away meanwhile, so that the nation stands still where it waits for it.
    story.end(&registration("33")).await;
    story.end(&Role::Issuance).await;
    story.world.restore_database(&Role::Issuance, BACKUP).await;
    story.restart(&Role::Issuance).await;
    let waits = story.until("waiting for one", |one| {
        one.step() == Step::Replay && one.waiting_for == ["provinces/33"]
    });
    assert_eq!(Box::pin(waits).await.cause, "COUNTERFOILS_BEYOND");
    Box::pin(everybody_else_is_told(&mut story)).await;
    story.restart(&registration("33")).await;
    let opened = story.until("opened", |one| one.step() == Step::Opened);
    assert_eq!(Box::pin(opened).await.findings, []);

    story.settled(4).await;
    assert_eq!(story.held().await, held);
    for index in [0, 1, 2, 4] {
        let files = story.people[index].files.take();
        assert!(
            Some(Box::pin(story.files(index)).await) == files,
            "the same bytes"
        );
        story.valid(index).await;
        let (ofd, _) = files.expect("downloaded before");
        let answer = file_known(&story.here.checker, &ofd).await;
        assert_eq!(answer.verdict(), Verdict::Valid);
    }
    // It goes on: the log grows from where it was, and both registers are equal.
    story.announce(3).await;
    story.settled(5).await;
    the_registers_agree(&mut story.here).await;
    the_registers_agree(&mut story.there).await;
    story.world.stop().await;
}

async fn everybody_else_is_told(story: &mut Story) {
    let holder = &mut story.people[0].holder;
    holder.citizen.sign_in().await.expect("signed in");
    assert_eq!(refusal(holder.certificates(None).await), "RESTORING");
    let mut log = LogServiceClient::new(story.portal());
    let checkpoint = log.get_checkpoint(wire::GetCheckpointRequest::default()).await;
    assert_eq!(refusal(checkpoint), "RESTORING");
    for index in [0, 1, 2, 4] {
        story.stale(index).await;
    }
}
