//! What every story of a restoration needs: a province that keeps its envelopes, everything that others hold, and where it stands.

use std::time::Duration;

use api::exchange::v1 as exchange;
use api::issuance::v1 as wire;
use api::issuance::v1::restoration_service_client::RestorationServiceClient;
use api::types::v1::ApplicationType::Initial;
use exchange::provincial_event::Event;
use service_runtime::auth::Claims;
use service_runtime::tls::PeerChannel;
use tonic::Status;
use uuid::Uuid;
use wire::restoration::Step;

use crate::province::{Application, Province};
use crate::witnesses::Observer;
use crate::world::{Person, World, reason};

const LONGEST: Duration = Duration::from_secs(120);
pub(super) const HOUR: Duration = Duration::from_secs(3600);

/// A province that keeps its envelopes and the nation's last receipt, as its outbox does.
pub(super) struct Outbox {
    pub(super) province: Province,
    kept: Vec<exchange::Envelope>,
    pub(super) receipt: exchange::PushChangesResponse,
}

impl Outbox {
    pub(super) fn new(province: Province) -> Self {
        Self {
            province,
            kept: Vec::new(),
            receipt: exchange::PushChangesResponse::default(),
        }
    }

    /// Tells one event; it is applied.
    pub(super) async fn publish(&mut self, world: &World, event: Event) {
        let receipt = self.send(world, event).await;
        assert_eq!(receipt.stopped_reason, "");
        self.receipt = receipt;
    }

    /// Tells one event, whatever becomes of it.
    pub(super) async fn send(&mut self, world: &World, event: Event) -> exchange::PushChangesResponse {
        let envelope = self.province.seal(world, event);
        self.kept.push(envelope.clone());
        self.province.push(vec![envelope]).await.expect("a receipt")
    }

    pub(super) async fn announce(&mut self, world: &World, application: &Application) {
        let clearance = self.province.cleared(application).await;
        self.tell(world, application, &clearance).await;
    }

    pub(super) async fn tell(
        &mut self,
        world: &World,
        application: &Application,
        clearance: &exchange::Clearance,
    ) {
        let event = self.province.announced(world, application, clearance);
        self.publish(world, event).await;
    }

    pub(super) async fn registered(&mut self, world: &World) -> Person {
        let employer = world.employer(self.province.code);
        let person = world.person();
        let application = self.province.application(&person, &employer, Initial);
        self.announce(world, &application).await;
        person
    }

    /// Says where it ends and which receipt it holds, as the province's job does before it tells anything.
    pub(super) async fn report(&self, held: &exchange::PushChangesResponse) -> exchange::ReportHeadResponse {
        let (sequence, head) = self.province.place();
        let report = exchange::ReportHeadRequest {
            sequence: sequence.cast_unsigned(),
            hash: head.to_vec().into(),
            receipted: held.applied_through,
            receipted_hash: held.applied_hash.clone(),
            receipted_at: held.applied_at,
            receipt_signature: held.receipt_signature.clone(),
        };
        let answer = self.province.client.clone().report_head(report).await;
        answer.expect("always answered").into_inner()
    }

    /// Tells once what comes after what the nation says that it has applied; none where that is nothing.
    pub(super) async fn tell_once(&self) -> Option<Result<exchange::PushChangesResponse, Status>> {
        let applied = self.report(&self.receipt).await.applied_through;
        let rest = self.kept.iter().filter(|one| one.sequence > applied);
        let rest: Vec<_> = rest.cloned().collect();
        if rest.is_empty() {
            return None;
        }
        Some(self.province.push(rest).await)
    }

    /// Tells until everything is applied; refused while nothing is taken.
    pub(super) async fn tell_again(&self) {
        let ends = tokio::time::Instant::now() + LONGEST;
        while let Some(told) = self.tell_once().await {
            match told {
                Ok(receipt) => assert_eq!(receipt.stopped_reason, ""),
                Err(closed) => assert_eq!(reason(&closed), "RESTORING"),
            }
            assert!(tokio::time::Instant::now() < ends, "it is never taken");
            tokio::task::yield_now().await;
        }
    }
}

/// Everything that has a number, a name or bytes that others hold.
pub(super) async fn identities(world: &World) -> Vec<String> {
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
         UNION ALL SELECT 'migration ' || id || ' ' || person || ' ' || encode(facts, 'hex') || ' ' || state FROM exchange.migration
         UNION ALL SELECT 'succession ' || succession || ' ' || successors || ' ' || cleared_at FROM exchange.succession
         UNION ALL SELECT 'number ' || number || ' ' || person FROM register.registration_number
         UNION ALL SELECT 'act ' || id || ' ' || kind || ' ' || at || ' ' || recorded_at FROM register.act
         UNION ALL SELECT 'job ' || version || ' ' || state FROM issuing.job
         UNION ALL SELECT 'envelope ' || province || ' ' || sequence || ' ' || encode(payload, 'hex') FROM exchange.envelope
         ORDER BY 1",
    );
    rows.fetch_all(&mut owner).await.expect("it can be read")
}

/// Waits until every document is there, in the log, and kept outside the database.
pub(super) async fn settled(world: &World, people: i64) {
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

pub(super) async fn restoration(world: &World) -> Result<wire::Restoration, Status> {
    let channel = world.portal().await;
    let request = world.signed(&world.officer(None), wire::GetRestorationRequest {});
    let answer = RestorationServiceClient::new(channel)
        .get_restoration(request)
        .await?;
    Ok(answer.into_inner().restoration.expect("with its content"))
}

/// Waits until a restoration stands somewhere.
pub(super) async fn until(
    world: &World,
    what: &str,
    stands: impl Fn(&wire::Restoration) -> bool,
) -> wire::Restoration {
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
pub(super) async fn say(
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

pub(super) async fn everything_else_is_closed(world: &World, outbox: &Outbox) {
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

/// Witnesses that remember what they say; the nation opens by itself, and holds what it held.
pub(super) async fn opens_as_it_was(world: &World, witnesses: &[&Observer<'_>], told: &[String]) {
    until(world, "comparing", |one| one.step() == Step::Compare).await;
    for witness in witnesses {
        assert!(witness.asked().await.is_none(), "it is asked nothing");
    }
    let opened = until(world, "opened", |one| one.step() == Step::Opened).await;
    assert_eq!(opened.findings, []);
    let again = identities(world).await;
    let differs = told.iter().zip(&again).find(|(told, again)| told != again);
    assert_eq!(differs, None);
    assert_eq!(told.len(), again.len());
}
