//! Identity and issuance, reduced to what a province asks of them.

use std::collections::{BTreeMap, HashMap};
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use api::exchange::v1 as exchange;
use api::exchange::v1::exchange_service_server::ExchangeService;
use api::exchange::v1::move_service_server::MoveService;
use api::exchange::v1::standing_service_server::StandingService;
use api::identity::v1 as identity;
use api::identity::v1::directory_service_server::DirectoryService;
use api::project::v1 as project;
use api::project::v1::project_lock_service_server::ProjectLockService;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use gm::{PublicKey, Verifier as _};
use jiff::Timestamp;
use postgres::hash::GENESIS;
use postgres::outbox::link_hash;
use prost::Message as _;
use tokio::sync::watch;
use tokio_stream::{Stream, StreamExt as _};
use tonic::{Request, Response, Status, Streaming};
use uuid::Uuid;

type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

/// Knows people and firms; what verifies tokens is told by [`testkit::access::Access`].
#[derive(Clone, Default)]
pub(crate) struct Identity {
    pub(crate) people: Arc<Mutex<HashMap<String, identity::Person>>>,
    pub(crate) employers: Arc<Mutex<HashMap<String, identity::Employer>>>,
}

#[tonic::async_trait]
impl DirectoryService for Identity {
    async fn get_person(
        &self,
        request: Request<identity::GetPersonRequest>,
    ) -> Result<Response<identity::GetPersonResponse>, Status> {
        let message = request.into_inner();
        assert!(
            message.purpose.starts_with("provinces/32/"),
            "a purpose for the access log"
        );
        let person = self.people.lock().expect("no panic").get(&message.name).cloned();
        let person = Some(person.ok_or_else(|| Status::not_found("nobody"))?);
        Ok(Response::new(identity::GetPersonResponse { person }))
    }

    async fn find_person(
        &self,
        request: Request<identity::FindPersonRequest>,
    ) -> Result<Response<identity::FindPersonResponse>, Status> {
        let number = request.into_inner().document_number;
        let people = self.people.lock().expect("no panic");
        let person = people.values().find(|one| one.document_number == number).cloned();
        Ok(Response::new(identity::FindPersonResponse { person }))
    }

    async fn link_persons(
        &self,
        _: Request<identity::LinkPersonsRequest>,
    ) -> Result<Response<identity::LinkPersonsResponse>, Status> {
        Err(Status::unimplemented("a province links nobody"))
    }

    async fn look_up_employer(
        &self,
        request: Request<identity::LookUpEmployerRequest>,
    ) -> Result<Response<identity::LookUpEmployerResponse>, Status> {
        let employer = self
            .employers
            .lock()
            .expect("no panic")
            .get(&request.into_inner().name)
            .cloned();
        let employer = Some(employer.ok_or_else(|| Status::not_found("no firm"))?);
        Ok(Response::new(identity::LookUpEmployerResponse { employer }))
    }
}

/// The platform of construction projects.
#[derive(Clone, Default)]
pub(crate) struct Projects(pub(crate) Arc<Mutex<Held>>);

#[derive(Default)]
pub(crate) struct Held {
    /// Document numbers of those whom a running project holds.
    pub(crate) people: Vec<String>,
    /// Nobody answers.
    pub(crate) away: bool,
    pub(crate) asked: usize,
}

#[tonic::async_trait]
impl ProjectLockService for Projects {
    async fn check_project_lock(
        &self,
        request: Request<project::CheckProjectLockRequest>,
    ) -> Result<Response<project::CheckProjectLockResponse>, Status> {
        let message = request.into_inner();
        assert!(message.purpose.starts_with("provinces/32/applications/"));
        let mut held = self.0.lock().expect("no panic");
        held.asked += 1;
        if held.away {
            return Err(Status::unavailable("nobody answers"));
        }
        Ok(Response::new(project::CheckProjectLockResponse {
            held: held.people.contains(&message.document_number),
            projects: Vec::new(),
        }))
    }
}

/// The nation's exchange: holds claims, clears, verifies and applies the outbox, tells news.
#[derive(Clone)]
pub(crate) struct Issuance(Arc<Nation>);

pub(crate) struct Nation {
    exchange_key: PublicKey,
    receipts: Ed25519KeyPair,
    now: Box<dyn Fn() -> Timestamp + Send + Sync>,
    pub(crate) state: Mutex<Register>,
    applied: watch::Sender<u64>,
    news: watch::Sender<Vec<exchange::PullChangesResponse>>,
}

#[derive(Default)]
pub(crate) struct Register {
    /// Everything applied, as sent.
    pub(crate) envelopes: Vec<exchange::Envelope>,
    /// Nobody answers.
    pub(crate) away: bool,
    /// Claims are answered with a conflict.
    pub(crate) conflict: bool,
    /// So many requests for clearance meet with a failure first.
    pub(crate) stumbles: usize,
    /// Clearances are refused for this reason.
    pub(crate) denial: Option<String>,
    /// The stream is stopped for this reason.
    pub(crate) stop: Option<String>,
    pub(crate) claims: BTreeMap<String, String>,
    pub(crate) released: Vec<String>,
    pub(crate) cleared: BTreeMap<String, (exchange::ClearanceItem, exchange::Clearance)>,
    pub(crate) events: Vec<exchange::ProvincialEvent>,
    pub(crate) pushes: usize,
    /// Entries by person, for those registered in another province.
    pub(crate) entries: HashMap<String, exchange::NationalEntry>,
    /// Which application read whose entry.
    pub(crate) readings: Vec<(String, String)>,
    pub(crate) successions: Vec<exchange::ClearSuccessionRequest>,
    pub(crate) migrations: crate::bulk_peers::Migrations,
    /// What the nation holds of the province; compared with at the pair of all events and all news.
    pub(crate) held: Vec<register_tree::Row>,
    /// How often it still stands elsewhere when it is asked.
    pub(crate) passes: u32,
    /// What its log shows to the province's witness.
    pub(crate) log: crate::observed_log::ObservedLog,
    /// Standings by person.
    pub(crate) standings: HashMap<String, exchange::NationalStanding>,
    hash: Vec<u8>,
}

impl Issuance {
    pub(crate) fn new(exchange_key: PublicKey, now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self(Arc::new(Nation {
            exchange_key,
            receipts: Ed25519KeyPair::generate().expect("a key"),
            now: Box::new(now),
            state: Mutex::new(Register {
                hash: GENESIS.to_vec(),
                ..Register::default()
            }),
            applied: watch::Sender::new(0),
            news: watch::Sender::default(),
        }))
    }

    pub(crate) fn receipt_key(&self) -> String {
        self.0
            .receipts
            .public_key()
            .as_ref()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }

    pub(crate) fn register(&self) -> std::sync::MutexGuard<'_, Register> {
        self.0.state.lock().expect("no panic")
    }

    /// Returns once everything up to a position is applied.
    pub(crate) async fn applied(&self, position: u64) {
        self.0
            .applied
            .subscribe()
            .wait_for(|applied| *applied >= position)
            .await
            .expect("the nation lives");
    }

    /// Tells the province that the certificate of an application is issued.
    pub(crate) fn issue(&self, application: &str, licence_identifier: &str) {
        let issued = exchange::CertificateIssued {
            application: application.to_owned(),
            licence_identifier: licence_identifier.to_owned(),
            ..Default::default()
        };
        self.tell(exchange::pull_changes_response::Event::CertificateIssued(issued));
    }

    /// Tells the province something.
    pub(crate) fn tell(&self, event: exchange::pull_changes_response::Event) {
        self.0.news.send_modify(|news| {
            news.push(exchange::PullChangesResponse {
                number: news.len() as u64 + 1,
                event: Some(event),
                ..Default::default()
            });
        });
    }

    fn here(&self) -> Result<std::sync::MutexGuard<'_, Register>, Status> {
        let register = self.register();
        if register.away {
            Err(Status::unavailable("nobody answers"))
        } else {
            Ok(register)
        }
    }

    /// Applies a batch whose chain and signature hold, and signs for it.
    fn apply(&self, batch: &exchange::PushChangesRequest) -> Result<exchange::PushChangesResponse, Status> {
        let mut register = self.here()?;
        register.pushes += 1;
        if let Some(reason) = &register.stop {
            return Ok(exchange::PushChangesResponse {
                stopped_reason: reason.clone(),
                ..Default::default()
            });
        }
        let last = batch.envelopes.last().expect("a batch is not empty");
        let message = [
            b"jianzheng exchange head v132".as_slice(),
            &last.sequence.to_be_bytes(),
            &last.hash,
        ]
        .concat();
        self.0
            .exchange_key
            .verify_bytes(&message, &batch.head_signature)
            .expect("a signed head");
        for envelope in &batch.envelopes {
            assert_eq!(envelope.province, "32");
            if envelope.sequence <= register.events.len() as u64 {
                continue;
            }
            assert_eq!(envelope.sequence, register.events.len() as u64 + 1, "no gap");
            assert_eq!(envelope.previous_hash, register.hash, "one chain");
            let previous = register.hash.as_slice().try_into().expect("32 bytes");
            let sequence = i64::try_from(envelope.sequence).expect("small");
            let hash = link_hash("provinces/32", sequence, 1, previous, &envelope.payload);
            assert_eq!(envelope.hash.as_ref(), hash, "the hash covers the payload");
            register.hash = hash.to_vec();
            register.envelopes.push(envelope.clone());
            register
                .events
                .push(exchange::ProvincialEvent::decode(envelope.payload.clone()).expect("an event"));
        }
        let (at, receipt) = self.receipt(last.sequence, &last.hash);
        self.0.applied.send_replace(register.events.len() as u64);
        Ok(exchange::PushChangesResponse {
            applied_through: last.sequence,
            applied_hash: last.hash.clone(),
            applied_at: Some(api::convert::instant(at)),
            receipt_signature: receipt.into(),
            stopped_reason: String::new(),
        })
    }

    /// The nation has an announcement of an application that the province's database, restored from a backup, knows
    /// nothing of.
    pub(crate) fn has_from_before(&self, application: &str) {
        let mut register = self.register();
        let event = exchange::ProvincialEvent {
            schema_version: 1,
            occurred_at: Some(api::convert::instant((self.0.now)())),
            event: Some(exchange::provincial_event::Event::Announced(
                exchange::AnnouncedRegistration {
                    application: application.to_owned(),
                    ..Default::default()
                },
            )),
        };
        let sequence = register.events.len() as u64 + 1;
        let previous: [u8; 32] = register.hash.as_slice().try_into().expect("32 bytes");
        let payload = event.encode_to_vec();
        let hash = link_hash("provinces/32", sequence.cast_signed(), 1, &previous, &payload);
        register.envelopes.push(exchange::Envelope {
            format: 1,
            province: "32".to_owned(),
            sequence,
            previous_hash: previous.to_vec().into(),
            payload: payload.into(),
            hash: hash.to_vec().into(),
        });
        register.hash = hash.to_vec();
        register.events.push(event);
    }

    /// The nation's chain of this province is another one.
    pub(crate) fn parts(&self) {
        let mut register = self.register();
        register.hash = vec![7; 32];
        if let Some(last) = register.envelopes.last_mut() {
            last.hash = vec![7; 32].into();
        }
    }

    fn receipt(&self, sequence: u64, hash: &[u8]) -> (Timestamp, Vec<u8>) {
        let at = Timestamp::from_second((self.0.now)().as_second()).expect("in range");
        let message = [
            b"jianzheng exchange receipt v132".as_slice(),
            &sequence.to_be_bytes(),
            hash,
            &at.as_microsecond().to_be_bytes(),
        ]
        .concat();
        (at, self.0.receipts.sign(&message).as_ref().to_vec())
    }
}

#[tonic::async_trait]
impl MoveService for Issuance {
    async fn read_register_entry(
        &self,
        request: Request<exchange::ReadRegisterEntryRequest>,
    ) -> Result<Response<exchange::ReadRegisterEntryResponse>, Status> {
        let mut register = self.here()?;
        let message = request.into_inner();
        let entry = register.entries.get(&message.person).cloned();
        register.readings.push((message.application, message.person));
        Ok(Response::new(exchange::ReadRegisterEntryResponse { entry }))
    }

    async fn clear_succession(
        &self,
        request: Request<exchange::ClearSuccessionRequest>,
    ) -> Result<Response<exchange::ClearSuccessionResponse>, Status> {
        let mut register = self.here()?;
        register.successions.push(request.into_inner());
        let reason = register.denial.clone().unwrap_or_default();
        Ok(Response::new(exchange::ClearSuccessionResponse {
            cleared: reason.is_empty(),
            reason,
            successors: Vec::new(),
        }))
    }
}

#[tonic::async_trait]
impl StandingService for Issuance {
    async fn read_standing(
        &self,
        request: Request<exchange::ReadStandingRequest>,
    ) -> Result<Response<exchange::ReadStandingResponse>, Status> {
        let standing = self.here()?.standings.get(&request.get_ref().person).cloned();
        Ok(Response::new(exchange::ReadStandingResponse { standing }))
    }
}

#[tonic::async_trait]
impl ExchangeService for Issuance {
    type PushChangesStream = Answers<exchange::PushChangesResponse>;
    type PullChangesStream = Answers<exchange::PullChangesResponse>;

    async fn fetch_checkpoint(
        &self,
        request: Request<exchange::FetchCheckpointRequest>,
    ) -> Result<Response<exchange::FetchCheckpointResponse>, Status> {
        let register = self.here()?;
        let add_checkpoint = register.log.request(request.into_inner().remembered_size);
        Ok(Response::new(exchange::FetchCheckpointResponse {
            add_checkpoint,
        }))
    }

    async fn cosign(
        &self,
        request: Request<exchange::CosignRequest>,
    ) -> Result<Response<exchange::CosignResponse>, Status> {
        let told = request.into_inner();
        self.here()?.log.cosign(told.size, &told.cosignature);
        Ok(Response::new(exchange::CosignResponse {}))
    }

    async fn report_head(
        &self,
        request: Request<exchange::ReportHeadRequest>,
    ) -> Result<Response<exchange::ReportHeadResponse>, Status> {
        let register = self.here()?;
        let told = request.into_inner();
        let applied = register.events.len() as u64;
        let known = match told.sequence {
            0 => Some(GENESIS.to_vec()),
            sequence => register
                .envelopes
                .get(usize::try_from(sequence).expect("small") - 1)
                .map(|envelope| envelope.hash.to_vec()),
        };
        let finding = match known {
            Some(known) if known != told.hash => "FORK",
            Some(_) if told.sequence < applied => "PROVINCE_BEHIND",
            _ => "",
        };
        let (at, receipt) = self.receipt(applied, &register.hash);
        Ok(Response::new(exchange::ReportHeadResponse {
            applied_through: applied,
            applied_hash: register.hash.clone().into(),
            applied_at: Some(api::convert::instant(at)),
            receipt_signature: receipt.into(),
            finding: finding.to_owned(),
        }))
    }

    async fn fetch_envelopes(
        &self,
        request: Request<exchange::FetchEnvelopesRequest>,
    ) -> Result<Response<exchange::FetchEnvelopesResponse>, Status> {
        let register = self.here()?;
        let after = usize::try_from(request.into_inner().after).expect("small");
        let envelopes = register.envelopes.iter().skip(after).cloned().collect();
        Ok(Response::new(exchange::FetchEnvelopesResponse { envelopes }))
    }

    async fn claim_application(
        &self,
        request: Request<exchange::ClaimApplicationRequest>,
    ) -> Result<Response<exchange::ClaimApplicationResponse>, Status> {
        let mut register = self.here()?;
        let message = request.into_inner();
        let held = !register.conflict;
        if held {
            register.claims.insert(message.application, message.person);
        }
        let reason = if held {
            String::new()
        } else {
            "OPEN_ELSEWHERE".to_owned()
        };
        Ok(Response::new(exchange::ClaimApplicationResponse {
            held,
            reason,
            held_since: None,
        }))
    }

    async fn release_claim(
        &self,
        request: Request<exchange::ReleaseClaimRequest>,
    ) -> Result<Response<exchange::ReleaseClaimResponse>, Status> {
        let mut register = self.here()?;
        let message = request.into_inner();
        register.claims.remove(&message.application);
        register.released.push(message.application);
        Ok(Response::new(exchange::ReleaseClaimResponse {}))
    }

    async fn request_clearance(
        &self,
        request: Request<exchange::RequestClearanceRequest>,
    ) -> Result<Response<exchange::RequestClearanceResponse>, Status> {
        let announce_by = (self.0.now)()
            .checked_add(jiff::SignedDuration::from_hours(30 * 24))
            .expect("in range");
        let mut register = self.here()?;
        if let Some(left) = register.stumbles.checked_sub(1) {
            register.stumbles = left;
            return Err(Status::aborted("somebody else is at the same rows"));
        }
        let mut clearances = Vec::new();
        for item in request.into_inner().items {
            if let Some(reason) = register.denial.clone() {
                let refused = exchange::Clearance {
                    application: item.application,
                    reason,
                    ..Default::default()
                };
                clearances.push(refused);
                continue;
            }
            let known = register
                .cleared
                .get(&item.application)
                .filter(|known| known.0.application_hash == item.application_hash);
            let clearance = known.map_or_else(
                || exchange::Clearance {
                    application: item.application.clone(),
                    cleared: true,
                    reason: String::new(),
                    registration_number: item.proposed_registration_number.clone(),
                    announce_by: Some(api::convert::instant(announce_by)),
                    clearance_id: Uuid::new_v4().to_string(),
                },
                |known| known.1.clone(),
            );
            register
                .cleared
                .insert(item.application.clone(), (item, clearance.clone()));
            clearances.push(clearance);
        }
        Ok(Response::new(exchange::RequestClearanceResponse { clearances }))
    }

    async fn push_changes(
        &self,
        request: Request<Streaming<exchange::PushChangesRequest>>,
    ) -> Result<Response<Self::PushChangesStream>, Status> {
        let nation = self.clone();
        let answers = request.into_inner().map(move |batch| nation.apply(&batch?));
        Ok(Response::new(Box::pin(answers)))
    }

    async fn pull_changes(
        &self,
        request: Request<exchange::PullChangesRequest>,
    ) -> Result<Response<Self::PullChangesStream>, Status> {
        let after = usize::try_from(request.into_inner().after).expect("small");
        let news = tokio_stream::wrappers::WatchStream::new(self.0.news.subscribe());
        let mut told = after;
        let fresh = move |all: Vec<exchange::PullChangesResponse>| {
            let from = std::mem::replace(&mut told, all.len().max(after));
            tokio_stream::iter(all.into_iter().skip(from).map(Ok))
        };
        Ok(Response::new(Box::pin(futures_util::StreamExt::flat_map(
            news, fresh,
        ))))
    }

    async fn compare_register(
        &self,
        request: Request<exchange::CompareRegisterRequest>,
    ) -> Result<Response<exchange::CompareRegisterResponse>, Status> {
        use exchange::compare_register_response::Outcome;
        let message = request.into_inner();
        let number = self.0.news.borrow().len() as u64;
        let (sequence, held, passes) = {
            let mut register = self.here()?;
            let passes = register.passes > 0;
            register.passes = register.passes.saturating_sub(1);
            (register.events.len() as u64, register.held.clone(), passes)
        };
        let stands = exchange::RegisterPair { sequence, number };
        let asked = message.pair.unwrap_or_default();
        let mut answer = exchange::CompareRegisterResponse {
            pair: Some(stands),
            ..Default::default()
        };
        let leaves = held.iter().map(|row| (row.key(), row.digest()));
        let tree = register_tree::Tree::new(leaves);
        let root = tree.nodes().root();
        let outcome = if asked.sequence > sequence {
            Outcome::NotThereYet
        } else if passes || asked != stands {
            Outcome::Passed
        } else if message.root == root[..] {
            let at = (self.0.now)();
            let pair = register_tree::Pair { sequence, number };
            let province = domain::province::Province::from_code("32").expect("Jiangsu");
            let statement = register_tree::statement(province, pair, &root, at);
            answer.receipt_signature = self.0.receipts.sign(&statement).as_ref().to_vec().into();
            answer.compared_at = Some(api::convert::instant(at));
            Outcome::Equal
        } else {
            let nodes = message
                .nodes
                .iter()
                .map(|text| register_tree::Path::parse(text).expect("a node"));
            for path in nodes {
                for child in path.children() {
                    let digest = tree.nodes().get(child);
                    answer
                        .children
                        .extend(digest.map(|digest| exchange::RegisterNode {
                            path: child.to_string(),
                            digest: digest.to_vec().into(),
                        }));
                }
                let rows = held.iter().filter(|row| row.key().bucket() == path);
                answer.rows.extend(rows.map(crate::reconciling::told));
            }
            Outcome::Different
        };
        answer.set_outcome(outcome);
        Ok(Response::new(answer))
    }
}
