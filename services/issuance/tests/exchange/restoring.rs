//! The nation's database restored to an earlier point: it starts closed, and opens once it holds again what provinces, witnesses and the
//! keeper of the seals hold, under the same numbers.
//!
//! ```text
//! backup ──▶ announced, issued, cosigned ──▶ database = backup ──▶ closed ─▶ provinces tell again ─▶ log regrown ─▶ open
//!                 object store, seal's journal, provinces: stay as they are
//! ```

use std::time::Duration;

use api::exchange::v1 as exchange;
use api::issuance::v1 as wire;
use api::issuance::v1::restoration_service_client::RestorationServiceClient;
use api::types::v1::ApplicationType::Initial;
use service_runtime::auth::Claims;
use service_runtime::tls::PeerChannel;
use tlog::{Hash, LogSigner, Memory};
use tonic::Status;
use uuid::Uuid;
use wire::restoration::Step;

use crate::backup::{Backup, Keeper};
use crate::national_acts::Ministry;
use crate::province::{Application, Province};
use crate::witnesses::{ORIGIN, Observer};
use crate::world::{Person, World, reason};

const LONGEST: Duration = Duration::from_secs(120);
const HOUR: Duration = Duration::from_secs(3600);

/// A province that keeps its envelopes, as its outbox does.
struct Outbox {
    province: Province,
    kept: Vec<exchange::Envelope>,
}

impl Outbox {
    fn new(province: Province) -> Self {
        Self {
            province,
            kept: Vec::new(),
        }
    }

    async fn announce(&mut self, world: &World, application: &Application) {
        let clearance = self.province.cleared(application).await;
        self.tell(world, application, &clearance).await;
    }

    async fn tell(&mut self, world: &World, application: &Application, clearance: &exchange::Clearance) {
        let event = self.province.announced(world, application, clearance);
        let envelope = self.province.seal(world, event);
        self.kept.push(envelope.clone());
        let receipt = self.province.push(vec![envelope]).await.expect("a receipt");
        assert_eq!(receipt.stopped_reason, "");
    }

    async fn registered(&mut self, world: &World) -> Person {
        let employer = world.employer(self.province.code);
        let person = world.person();
        let application = self.province.application(&person, &employer, Initial);
        self.announce(world, &application).await;
        person
    }

    /// Everything after what the nation says that it has applied, as the province's job does it; refused while nothing is taken.
    async fn tell_again(&self) {
        let ends = tokio::time::Instant::now() + LONGEST;
        loop {
            let (sequence, head) = self.province.place();
            let report = exchange::ReportHeadRequest {
                sequence: sequence.cast_unsigned(),
                hash: head.to_vec().into(),
                ..Default::default()
            };
            let applied = self.province.client.clone().report_head(report).await;
            let applied = applied.expect("always answered").into_inner().applied_through;
            let rest = self
                .kept
                .iter()
                .filter(|one| one.sequence > applied)
                .cloned()
                .collect::<Vec<_>>();
            if rest.is_empty() {
                return;
            }
            match self.province.push(rest).await {
                Ok(receipt) => assert_eq!(receipt.stopped_reason, ""),
                Err(closed) => assert_eq!(reason(&closed), "RESTORING"),
            }
            assert!(tokio::time::Instant::now() < ends, "it is never taken");
            tokio::task::yield_now().await;
        }
    }
}

/// Everything that has a number, a name or bytes that others hold.
async fn identities(world: &World) -> Vec<String> {
    let mut owner = world.database.owner_connection().await;
    let rows = sqlx::query_scalar(
        "SELECT 'position ' || position || ' ' || kind || ' ' || person || ' ' || encode(sealed, 'hex') || ' ' || recorded_at
             || ' ' || coalesce(encode(leaf, 'hex'), '') FROM log.change
         UNION ALL SELECT 'leaf ' || index || ' ' || position || ' ' || encode(hash, 'hex') FROM log.leaf
         UNION ALL SELECT 'head ' || position || ' ' || size FROM log.head
         UNION ALL SELECT 'version ' || id || ' ' || licence_identifier || ' ' || act || ' ' || encode(facts_hash, 'hex') || ' '
             || state || ' ' || made_at || ' ' || issued_at FROM issuing.certificate_version
         UNION ALL SELECT 'place ' || shard || ' ' || index || ' ' || version FROM issuing.status_index
         UNION ALL SELECT 'set ' || id || ' ' || version || ' ' || encode(token_hash, 'hex') FROM issuing.document_set
         UNION ALL SELECT 'intent ' || document_set || ' ' || encode(ofd_data_hash, 'hex') FROM issuing.intent
         UNION ALL SELECT 'file ' || document_set || ' ' || format || ' ' || encode(sha256, 'hex') || ' ' || place
             FROM issuing.document
         UNION ALL SELECT 'clearance ' || id || ' ' || application || ' ' || number || ' ' || state FROM exchange.clearance
         UNION ALL SELECT 'claim ' || application || ' ' || state FROM exchange.claim
         UNION ALL SELECT 'number ' || number || ' ' || person FROM register.registration_number
         UNION ALL SELECT 'act ' || id || ' ' || kind || ' ' || at || ' ' || recorded_at FROM register.act
         UNION ALL SELECT 'job ' || version || ' ' || state FROM issuing.job
         UNION ALL SELECT 'envelope ' || province || ' ' || sequence || ' ' || encode(payload, 'hex') FROM exchange.envelope
         ORDER BY 1",
    );
    rows.fetch_all(&mut owner).await.expect("it can be read")
}

/// Waits until every document is there, in the log, and kept outside the database.
async fn settled(world: &World, people: i64) {
    let ends = tokio::time::Instant::now() + LONGEST;
    let settled = "SELECT (SELECT count(*) FROM issuing.job WHERE state = 'issued')
        * (SELECT count(*) FROM log.head, restoration.kept_head AS kept WHERE head.position = kept.position)
        * (SELECT count(*) FROM log.head WHERE size = (SELECT max(size) FROM log.checkpoint))
        * (CASE WHEN EXISTS (SELECT FROM log.change WHERE position IS NULL) THEN 0 ELSE 1 END)";
    while world.count(settled).await < people {
        assert!(tokio::time::Instant::now() < ends, "the documents are not made");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

async fn restoration(world: &World) -> Result<wire::Restoration, Status> {
    let channel = world.portal().await;
    let request = world.signed(&world.officer(None), wire::GetRestorationRequest {});
    let answer = RestorationServiceClient::new(channel)
        .get_restoration(request)
        .await?;
    Ok(answer.into_inner().restoration.expect("with its content"))
}

/// Waits until a restoration stands somewhere.
async fn until(world: &World, what: &str, stands: impl Fn(&wire::Restoration) -> bool) -> wire::Restoration {
    let ends = tokio::time::Instant::now() + LONGEST;
    loop {
        let one = restoration(world).await.expect("it is shown");
        if stands(&one) {
            return one;
        }
        assert!(tokio::time::Instant::now() < ends, "never {what}: {one:?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// `channel` is the portal's whose certificate the officer's token is bound to.
async fn say(
    world: &World,
    channel: &PeerChannel,
    officer: &Claims,
    name: &str,
) -> Result<wire::Restoration, Status> {
    let message = wire::OpenNationRequest {
        request_id: Uuid::new_v4().to_string(),
        name: name.to_owned(),
        grounds: "已逐项核对，按决定文书重新办理".to_owned(),
    };
    let request = world.signed(officer, message);
    let answer = RestorationServiceClient::new(channel.clone())
        .open_nation(request)
        .await?;
    Ok(answer.into_inner().restoration.expect("with its content"))
}

async fn everything_else_is_closed(world: &World, outbox: &Outbox) {
    let application = outbox
        .province
        .application(&world.person(), "employers/none", Initial);
    let refused = outbox
        .province
        .claim(&application)
        .await
        .expect_err("nothing is taken");
    assert_eq!(reason(&refused), "RESTORING");
    let pull = exchange::PullChangesRequest { after: 0 };
    let refused = outbox
        .province
        .client
        .clone()
        .pull_changes(pull)
        .await
        .expect_err("nothing is told");
    assert_eq!(reason(&refused), "RESTORING");
    let watch = wire::WatchChangesRequest::default();
    let watcher = world.watcher("nation/verification", world.services);
    let refused = watcher
        .clone()
        .watch_changes(watch)
        .await
        .expect_err("no replica begins anew");
    assert_eq!(reason(&refused), "RESTORING");
    let mut log = api::issuance::v1::log_service_client::LogServiceClient::new(world.portal().await);
    let refused = log
        .get_checkpoint(wire::GetCheckpointRequest::default())
        .await
        .expect_err("no checkpoint");
    assert_eq!(reason(&refused), "RESTORING");
}

#[tokio::test]
async fn what_was_lost_is_rebuilt_under_the_same_numbers_and_the_log_regrown_leaf_by_leaf() {
    let (mut world, jiangsu, shanghai) = World::new().await;
    let keeper = Keeper::start(&mut world).await;
    let (mut jiangsu, mut shanghai) = (Outbox::new(jiangsu), Outbox::new(shanghai));
    jiangsu.registered(&world).await;
    settled(&world, 1).await;
    let backup = Backup::take(&mut world).await;
    let before = world.count("SELECT size FROM log.head").await;

    world.advance(HOUR);
    let wei = jiangsu.registered(&world).await;
    shanghai.registered(&world).await;
    world.advance(HOUR);
    let employer = world.employer("32");
    let cleared = jiangsu.province.application(&world.person(), &employer, Initial);
    let clearance = jiangsu.province.cleared(&cleared).await;
    settled(&world, 3).await;
    let nanjing = jiangsu.province.again();
    let pudong = shanghai.province.again();
    let (mut one, mut other) = (Observer::new(&world, &nanjing), Observer::new(&world, &pudong));
    let size = one.cosign(&world).await.expect("it goes on");
    assert_eq!(other.cosign(&world).await, Some(size));
    let (told, sealed) = (identities(&world).await, keeper.signatures().await);

    backup.restore(&mut world).await;
    let found = until(&world, "replaying", |one| one.step() == Step::Replay).await;
    assert_eq!(
        (found.cause.as_str(), found.from_size),
        ("COUNTERFOILS_BEYOND", before.cast_unsigned())
    );
    assert_eq!(found.through_size, size);
    assert_eq!(found.waiting_for, ["provinces/31", "provinces/32"]);
    everything_else_is_closed(&world, &jiangsu).await;
    jiangsu.tell_again().await;
    shanghai.tell_again().await;
    let found = until(&world, "comparing", |one| one.step() == Step::Compare).await;
    assert_eq!(
        found.waiting_for,
        ["provinces/31/witness", "provinces/32/witness"]
    );
    assert!(
        one.asked().await.is_none(),
        "it says what it remembers, and is asked nothing"
    );
    assert!(other.asked().await.is_none());
    let opened = until(&world, "opened", |one| one.step() == Step::Opened).await;
    assert_eq!(opened.findings, []);

    let again = identities(&world).await;
    let differs = told.iter().zip(&again).find(|(told, again)| told != again);
    assert_eq!(differs, None);
    assert_eq!(told.len(), again.len());
    assert_eq!(
        keeper.signatures().await,
        sealed,
        "nothing was sealed a second time"
    );
    let stores = world
        .app()
        .await
        .check_stores("operators/test", false)
        .await
        .expect("it ran");
    assert_eq!(stores.named, []);

    // What was cleared is announced by the clearance that was given, and the witnesses see one log go on.
    jiangsu.tell(&world, &cleared, &clearance).await;
    settled(&world, 4).await;
    assert!(one.cosign(&world).await.is_some_and(|further| further > size));
    assert!(world.entry(None, &wei, crate::world::told("32", 2)).await.is_ok());
}

#[tokio::test]
async fn a_witness_that_contradicts_keeps_it_closed_whatever_officers_say() {
    let (mut world, jiangsu, shanghai) = World::new().await;
    let _keeper = Keeper::start(&mut world).await;
    let mut jiangsu = Outbox::new(jiangsu);
    let backup = Backup::take(&mut world).await;
    world.advance(HOUR);
    jiangsu.registered(&world).await;
    settled(&world, 1).await;
    let nanjing = jiangsu.province.again();
    let (mut one, mut other) = (Observer::new(&world, &nanjing), Observer::new(&world, &shanghai));
    let size = one.cosign(&world).await.expect("it goes on");
    assert_eq!(other.cosign(&world).await, Some(size));
    // Shanghai was shown another tree, by the log's own key.
    let der = std::fs::read(world.realm.folder().join("checkpoint.der")).expect("the log's key");
    let signer = LogSigner::from_pkcs8(ORIGIN, &der).expect("a key");
    if let Memory::Remembered(known) = &mut other.memory {
        known.root = Hash::new([7; 32]);
        known.note = signer.sign(size, known.root);
    }

    backup.restore(&mut world).await;
    jiangsu.tell_again().await;
    until(&world, "comparing", |one| one.step() == Step::Compare).await;
    assert!(one.asked().await.is_none());
    assert!(other.asked().await.is_none());
    let found = until(&world, "contradicted", |one| !one.findings.is_empty()).await;
    let finding = &found.findings[0];
    assert_eq!(
        (finding.finding.as_str(), finding.bars_opening),
        ("WITNESS_CONTRADICTS", true)
    );
    assert_eq!(
        finding.subject,
        format!("provinces/31/checkpoints/{size}, log/leaves/0-{}", size - 1)
    );
    let portal = world.portal().await;
    for officer in [world.officer(None), world.officer(None)] {
        let refused = say(&world, &portal, &officer, &found.name)
            .await
            .expect_err("nobody opens it");
        assert_eq!(reason(&refused), "RESTORATION_CONTRADICTED");
    }
    // A start changes nothing.
    world.restart().await;
    everything_else_is_closed(&world, &jiangsu).await;
    assert_eq!(
        restoration(&world).await.expect("it is shown").step(),
        Step::Compare
    );
}

#[tokio::test]
async fn an_act_of_the_nation_that_nobody_tells_again_is_named_and_two_officers_open() {
    let (mut world, jiangsu, shanghai) = World::new().await;
    let _keeper = Keeper::start(&mut world).await;
    let mut jiangsu = Outbox::new(jiangsu);
    let person = jiangsu.registered(&world).await;
    settled(&world, 1).await;
    let backup = Backup::take(&mut world).await;
    world.advance(HOUR);
    Ministry::new(&world).await.suspended(&person, None).await;
    settled(&world, 1).await;
    let told = identities(&world).await;

    backup.restore(&mut world).await;
    let nanjing = jiangsu.province.again();
    for province in [&nanjing, &shanghai] {
        assert!(Observer::new(&world, province).asked().await.is_none());
    }
    let found = until(&world, "compared", |one| {
        one.step() == Step::Compare && one.waiting_for.is_empty() && !one.findings.is_empty()
    })
    .await;
    assert!(
        found
            .findings
            .iter()
            .all(|one| one.finding == "CHANGE_NOT_REBUILT" && !one.bars_opening)
    );
    let portal = world.portal().await;
    let officers = [world.officer(None), world.officer(None)];
    let jiangsu_officer = world.officer(Some("32"));
    let refused = say(&world, &portal, &jiangsu_officer, &found.name)
        .await
        .expect_err("a province's");
    assert_eq!(reason(&refused), "RESTORATION_OF_MINISTRY");
    let first = say(&world, &portal, &officers[0], &found.name)
        .await
        .expect("one word");
    assert!(first.first_word && first.step() == Step::Compare);
    let refused = say(&world, &portal, &officers[0], &found.name)
        .await
        .expect_err("the same officer");
    assert_eq!(reason(&refused), "FOUR_EYES_SAME_OFFICER");
    let opened = say(&world, &portal, &officers[1], &found.name)
        .await
        .expect("the second");
    assert_eq!(opened.step(), Step::Opened);

    // Its positions are what they were to whoever follows; the act is done again by its decision.
    let positions = |rows: &[String]| -> Vec<String> {
        rows.iter()
            .filter(|row| row.starts_with("position "))
            .cloned()
            .collect()
    };
    assert_eq!(positions(&told), positions(&identities(&world).await));
    Ministry::new(&world).await.suspended(&person, None).await;
}
