//! Streams of provinces survive anything: a poisoned event stops its own province alone and is left out or judged again by
//! two officers; a province that lost events gets them back; too many acts wait for two officers; nothing is lost.

use api::exchange::v1 as exchange;
use api::issuance::v1 as wire;
use api::issuance::v1::province_stream_service_client::ProvinceStreamServiceClient;
use api::types::v1::ApplicationType::{Change, Initial};
use exchange::provincial_event::Event;
use exchange::pull_changes_response::Event as News;
use postgres::hash::GENESIS;
use service_runtime::auth::Claims;
use service_runtime::tls::PeerChannel;
use tonic::Status;
use uuid::Uuid;
use wire::stream_repair::{Measure, State};

use crate::moves::news;
use crate::province::{Application, Province};
use crate::world::{World, reason, told};

type Client = ProvinceStreamServiceClient<PeerChannel>;

/// Two officers of the ministry.
pub(crate) struct Officers<'a> {
    world: &'a World,
    client: Client,
    pub(crate) one: Claims,
    two: Claims,
}

impl<'a> Officers<'a> {
    pub(crate) async fn new(world: &'a World) -> Self {
        Self {
            world,
            client: ProvinceStreamServiceClient::new(world.portal().await),
            one: world.officer(None),
            two: world.officer(None),
        }
    }

    pub(crate) async fn propose(
        &self,
        by: &Claims,
        message: wire::ProposeStreamRepairRequest,
    ) -> Result<wire::StreamRepair, Status> {
        let request = self.world.signed(by, message);
        let answer = self.client.clone().propose_stream_repair(request).await?;
        Ok(answer.into_inner().repair.expect("the repair comes back"))
    }

    async fn confirm(&self, by: &Claims, name: &str) -> Result<wire::StreamRepair, Status> {
        let message = wire::ConfirmStreamRepairRequest {
            request_id: Uuid::new_v4().to_string(),
            name: name.to_owned(),
        };
        let request = self.world.signed(by, message);
        let answer = self.client.clone().confirm_stream_repair(request).await?;
        Ok(answer.into_inner().repair.expect("the repair comes back"))
    }

    /// One proposes, the other confirms.
    pub(crate) async fn settle(&self, province: &str, measure: Measure) -> wire::StreamRepair {
        self.carry_out(proposal(province, measure)).await
    }

    pub(crate) async fn carry_out(&self, proposal: wire::ProposeStreamRepairRequest) -> wire::StreamRepair {
        let proposed = self.propose(&self.one, proposal).await.expect("proposed");
        assert_eq!(proposed.state(), State::Proposed);
        self.confirm(&self.two, &proposed.name).await.expect("confirmed")
    }

    async fn streams(&self) -> Vec<wire::ProvinceStream> {
        let request = self.world.signed(&self.one, wire::ListProvinceStreamsRequest {});
        let answer = self.client.clone().list_province_streams(request).await;
        answer.expect("national officers may").into_inner().streams
    }

    pub(crate) async fn stream(&self, province: &str) -> wire::ProvinceStream {
        let name = format!("provinces/{province}");
        let streams = self.streams().await;
        streams
            .into_iter()
            .find(|stream| stream.name == name)
            .expect("every province is listed")
    }
}

pub(crate) fn proposal(province: &str, measure: Measure) -> wire::ProposeStreamRepairRequest {
    wire::ProposeStreamRepairRequest {
        request_id: Uuid::new_v4().to_string(),
        province: format!("provinces/{province}"),
        measure: measure.into(),
        reference: "建市函〔2026〕7号".to_owned(),
        evidence_digest: "0c".repeat(32),
        statement: "省厅来函确认该条记录系程序缺陷产生".to_owned(),
        ..Default::default()
    }
}

pub(crate) fn released(application: &Application, clearance: &exchange::Clearance) -> Event {
    Event::ClearanceReleased(exchange::ClearanceReleased {
        application: application.name.clone(),
        clearance_id: clearance.clearance_id.clone(),
        reason: "WITHDRAWN".to_owned(),
    })
}

async fn pushed(province: &Province, envelopes: Vec<exchange::Envelope>) -> (u64, String) {
    let receipt = province.push(envelopes).await.expect("a receipt");
    (receipt.applied_through, receipt.stopped_reason)
}

async fn reported(province: &Province, (sequence, hash): (i64, [u8; 32])) -> exchange::ReportHeadResponse {
    let request = exchange::ReportHeadRequest {
        sequence: sequence.cast_unsigned(),
        hash: hash.to_vec().into(),
        ..Default::default()
    };
    let answer = province.client.clone().report_head(request).await;
    answer.expect("the nation answers").into_inner()
}

#[tokio::test]
async fn a_poisoned_event_stops_its_own_province_and_is_left_out_by_two_officers() {
    let (world, mut jiangsu, mut shanghai) = World::new().await;
    let officers = Officers::new(&world).await;
    let (before, after) = (world.person(), world.person());
    let employer = world.employer("32");
    let first = jiangsu.application(&before, &employer, Initial);
    let cleared = jiangsu.cleared(&first).await;
    let good = jiangsu.announced(&world, &first, &cleared);
    let mut bad = good.clone();
    if let Event::Announced(row) = &mut bad {
        row.clearance_id = Uuid::new_v4().to_string();
    }
    let last = jiangsu.application(&after, &employer, Initial);
    let cleared = jiangsu.cleared(&last).await;
    let also_good = jiangsu.announced(&world, &last, &cleared);
    let batch: Vec<_> = [good, bad, also_good]
        .into_iter()
        .map(|event| jiangsu.seal(&world, event))
        .collect();
    assert_eq!(
        pushed(&jiangsu, batch.clone()).await,
        (1, "NO_CLEARANCE".to_owned()),
        "what comes before it is applied"
    );
    let theirs = shanghai.application(&world.person(), &world.employer("31"), Initial);
    assert_eq!(shanghai.announce(&world, &theirs).await.applied_through, 1);

    let stream = officers.stream("32").await;
    let stopped = stream.stopped.expect("it stands");
    assert_eq!(
        (
            stopped.sequence,
            stopped.reason.as_str(),
            stream.stands_for.as_str()
        ),
        (2, "NO_CLEARANCE", "NO_CLEARANCE")
    );
    assert_eq!(
        (&stopped.payload, stopped.hash),
        (&batch[1].payload, hex::encode(&batch[1].hash))
    );

    let skip = officers
        .propose(&officers.one, proposal("32", Measure::Skip))
        .await
        .expect("proposed");
    let alone = officers
        .confirm(&officers.one, &skip.name)
        .await
        .expect_err("one is not two");
    assert_eq!(reason(&alone), "FOUR_EYES_SAME_OFFICER");
    let local = world.officer(Some("32"));
    let seen = world.signed(&local, wire::ListProvinceStreamsRequest {});
    let seen = officers.client.clone().list_province_streams(seen).await;
    assert_eq!(reason(&seen.expect_err("not theirs")), "NOT_FOUND");
    let theirs = officers.propose(&local, proposal("32", Measure::Skip)).await;
    assert_eq!(
        reason(&theirs.expect_err("not theirs")),
        "STREAM_REPAIR_AUTHORITY"
    );
    let confirmed = officers
        .confirm(&officers.two, &skip.name)
        .await
        .expect("confirmed");
    assert_eq!((confirmed.state(), confirmed.sequence), (State::Confirmed, 2));

    assert_eq!(
        pushed(&jiangsu, batch.clone()).await,
        (3, String::new()),
        "the others follow"
    );
    let entry = world.entry(None, &after, told("32", 3)).await;
    assert_eq!(entry.expect("registered").registration_number, last.proposed);
    assert_eq!(world.count("SELECT count(*) FROM register.act").await, 3);
    let News::EnvelopeSkipped(skipped) = news(&jiangsu, 1).await.remove(0) else {
        panic!("the province hears of it")
    };
    assert_eq!((skipped.sequence, skipped.reason.as_str()), (2, "NO_CLEARANCE"));
    assert_eq!((&skipped.hash, skipped.repair), (&batch[1].hash, skip.name));
    assert!(officers.stream("32").await.stopped.is_none());
}

#[tokio::test]
async fn each_cause_takes_its_own_cure_and_only_where_it_was_looked_at() {
    let (world, mut jiangsu, _) = World::new().await;
    let officers = Officers::new(&world).await;
    for (measure, with_evidence) in [
        (Measure::Skip, true),
        (Measure::Release, true),
        (Measure::Retry, false),
    ] {
        let mut proposal = proposal("32", measure);
        if !with_evidence {
            proposal.evidence_digest.clear();
        }
        let refused = officers
            .propose(&officers.one, proposal)
            .await
            .expect_err("it runs");
        let expected = if with_evidence {
            "STREAM_REPAIR_CURES_NOTHING"
        } else {
            "STREAM_REPAIR_EVIDENCE_MISSING"
        };
        assert_eq!(reason(&refused), expected);
    }
    let application = jiangsu.application(&world.person(), &world.employer("32"), Initial);
    let clearance = jiangsu.cleared(&application).await;
    let start = jiangsu.place();
    let good = jiangsu.announced(&world, &application, &clearance);
    let mut bad = good.clone();
    if let Event::Announced(row) = &mut bad {
        row.employer = format!("employers/{}", Uuid::new_v4());
    }
    let envelope = jiangsu.seal(&world, bad);
    assert_eq!(pushed(&jiangsu, vec![envelope]).await.1, "CLEARANCE_DIFFERS");
    let skip = officers
        .propose(&officers.one, proposal("32", Measure::Skip))
        .await
        .expect("proposed");
    officers.settle("32", Measure::Retry).await;
    let late = officers
        .confirm(&officers.two, &skip.name)
        .await
        .expect_err("it stands there no more");
    assert_eq!(reason(&late), "STREAM_MOVED_ON");
    jiangsu.rewind(start.0, start.1);
    let repaired = jiangsu.seal(&world, good);
    assert_eq!(pushed(&jiangsu, vec![repaired]).await, (1, String::new()));
}

#[tokio::test]
async fn a_province_says_where_its_outbox_ends_and_gets_back_what_it_lost() {
    let (world, mut jiangsu, shanghai) = World::new().await;
    let officers = Officers::new(&world).await;
    assert_eq!(reported(&jiangsu, (0, GENESIS)).await.finding, "");
    let mut sent = Vec::new();
    for _ in 0..2 {
        let application = jiangsu.application(&world.person(), &world.employer("32"), Initial);
        let clearance = jiangsu.cleared(&application).await;
        let event = jiangsu.announced(&world, &application, &clearance);
        sent.push((jiangsu.place(), jiangsu.seal(&world, event)));
    }
    let envelopes: Vec<_> = sent.iter().map(|(_, envelope)| envelope.clone()).collect();
    assert_eq!(pushed(&jiangsu, envelopes.clone()).await, (2, String::new()));
    let told = reported(&jiangsu, jiangsu.place()).await;
    assert_eq!((told.applied_through, told.finding.as_str()), (2, ""));

    let backup = sent[1].0;
    assert_eq!(reported(&jiangsu, backup).await.finding, "PROVINCE_BEHIND");
    assert_eq!(reported(&jiangsu, (1, [7; 32])).await.finding, "FORK");
    assert_eq!(officers.stream("32").await.head_finding, "FORK");
    assert_eq!(world.refusals("report_head").await, ["PROVINCE_BEHIND", "FORK"]);

    let fetch = |after| exchange::FetchEnvelopesRequest { after };
    let back = jiangsu
        .client
        .clone()
        .fetch_envelopes(fetch(1))
        .await
        .expect("its own");
    assert_eq!(back.into_inner().envelopes, envelopes[1..], "byte for byte");
    let none = shanghai
        .client
        .clone()
        .fetch_envelopes(fetch(0))
        .await
        .expect("its own");
    assert!(none.into_inner().envelopes.is_empty(), "nobody else's");
    assert_eq!(reported(&jiangsu, jiangsu.place()).await.finding, "");
}

#[tokio::test]
async fn more_acts_than_the_ceiling_wait_for_two_officers_and_none_is_lost() {
    let (world, mut jiangsu, _) = World::new().await;
    let officers = Officers::new(&world).await;
    let mut batch = Vec::new();
    for _ in 0..5 {
        let application = jiangsu.application(&world.person(), &world.employer("32"), Initial);
        let clearance = jiangsu.cleared(&application).await;
        batch.push(jiangsu.seal(&world, released(&application, &clearance)));
    }
    assert_eq!(
        pushed(&jiangsu, batch.clone()).await,
        (2, "ANOMALY_CEILING".to_owned()),
        "two an hour"
    );
    let skip = officers
        .propose(&officers.one, proposal("32", Measure::Skip))
        .await;
    assert_eq!(
        reason(&skip.expect_err("each act is in order")),
        "STREAM_REPAIR_CURES_NOTHING"
    );
    let alarms =
        "SELECT count(*) FROM shared.notification WHERE kind = 'STREAM_STOPPED' AND addressee = 'ministry'";
    assert_eq!(world.count(alarms).await, 1);
    let release = wire::ProposeStreamRepairRequest {
        allowance: 1,
        ..proposal("32", Measure::Release)
    };
    officers.carry_out(release).await;
    assert_eq!(
        pushed(&jiangsu, batch).await,
        (5, String::new()),
        "one more than the ceiling"
    );
    let open = "SELECT count(*) FROM exchange.clearance WHERE state = 'cleared'";
    assert_eq!(world.count(open).await, 0);
}

#[tokio::test]
async fn two_officers_void_a_clearance_and_the_province_publishes_nothing_on_it() {
    let (world, mut jiangsu, shanghai) = World::new().await;
    let officers = Officers::new(&world).await;
    let person = world.person();
    let application = jiangsu.application(&person, &world.employer("32"), Initial);
    let clearance = jiangsu.cleared(&application).await;
    let void = |province: &str| wire::ProposeStreamRepairRequest {
        clearance_id: clearance.clearance_id.clone(),
        ..proposal(province, Measure::VoidClearance)
    };
    let foreign = officers
        .propose(&officers.one, void("31"))
        .await
        .expect_err("not theirs");
    assert_eq!(reason(&foreign), "CLEARANCE_NOT_OPEN");
    let voided = officers.carry_out(void("32")).await;
    let News::ClearanceVoided(told) = news(&jiangsu, 1).await.remove(0) else {
        panic!("the province hears of it")
    };
    assert_eq!(
        (told.application, told.repair),
        (application.name.clone(), voided.name)
    );
    let again = officers
        .propose(&officers.one, void("32"))
        .await
        .expect_err("it is over");
    assert_eq!(reason(&again), "CLEARANCE_NOT_OPEN");

    let elsewhere = shanghai.application(&person, &world.employer("31"), Initial);
    assert!(
        shanghai.claim(&elsewhere).await.expect("answered").held,
        "the person is free"
    );
    let event = jiangsu.announced(&world, &application, &clearance);
    let envelope = jiangsu.seal(&world, event);
    assert_eq!(
        pushed(&jiangsu, vec![envelope]).await,
        (0, "NO_CLEARANCE".to_owned())
    );
}

#[tokio::test]
async fn holder_and_old_employer_hear_of_a_change_when_it_is_cleared() {
    let (world, mut jiangsu, _) = World::new().await;
    let (person, old) = (world.person(), world.employer("32"));
    let initial = jiangsu.application(&person, &old, Initial);
    jiangsu.announce(&world, &initial).await;
    let change = jiangsu.application(&person, &world.employer("32"), Change);
    jiangsu.cleared(&change).await;
    jiangsu.clear(&change).await;
    let told = format!(
        "SELECT count(*) FROM shared.notification WHERE kind = 'CHANGE_CLEARED' AND subject = '{}'
             AND addressee IN ('{}', '{old}')",
        change.name,
        person.name()
    );
    assert_eq!(world.count(&told).await, 2, "each once");
}
