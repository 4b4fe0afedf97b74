//! The register's feed, scripted.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use api::convert::instant;
use api::issuance::v1 as wire;
use api::issuance::v1::register_service_server::RegisterService;
use api::issuance::v1::watch_changes_response::Change;
use futures_util::{Stream, stream};
use service_runtime::clock::{Clock as _, RegisterClock};
use tokio::sync::watch;
use tonic::{Request, Response, Status};

/// Slower than the real one; tests stop it anyway.
const HEARTBEAT: Duration = Duration::from_millis(50);

/// What the register has told so far, and whether its heart beats.
#[derive(Clone)]
pub(crate) struct Script(Arc<watch::Sender<Told>>);

#[derive(Clone, Default)]
struct Told {
    changes: Vec<wire::WatchChangesResponse>,
    silent: bool,
    /// Counts the times that every stream was cut.
    cuts: u32,
    /// What each watcher has asked to resume after.
    resumed: Vec<u64>,
    province: u64,
    /// What every anchor is made of besides the position: a register of another history has another.
    history_id: u8,
    /// What history says, of whomever.
    history: Option<wire::ReadHistoryResponse>,
    /// What history was asked.
    asked: Vec<wire::ReadHistoryRequest>,
}

impl Script {
    pub(crate) fn new() -> Self {
        Self(Arc::new(watch::Sender::new(Told::default())))
    }

    /// Tells one more change; returns its position.
    pub(crate) fn tell(&self, clock: &RegisterClock, change: Change) -> u64 {
        let mut position = 0;
        self.0.send_modify(|told| {
            position = told.changes.len() as u64 + 1;
            told.changes.push(wire::WatchChangesResponse {
                position,
                recorded_at: Some(instant(clock.now())),
                watermarks: Vec::new(),
                change: Some(change),
                anchor: Vec::new().into(),
            });
        });
        position
    }

    /// The last sequence of Jiangsu that is applied; told with the next message.
    pub(crate) fn reach(&self, sequence: u64) {
        self.0.send_modify(|told| told.province = sequence);
    }

    /// The register is restored: it ends after `position` and what it tells from there on is another history.
    pub(crate) fn restore(&self, position: usize) {
        self.0.send_modify(|told| {
            told.changes.truncate(position);
            told.history_id += 1;
            told.cuts += 1;
        });
    }

    /// What history says from now on.
    pub(crate) fn remember(&self, history: wire::ReadHistoryResponse) {
        self.0.send_modify(|told| told.history = Some(history));
    }

    /// What history was asked, the oldest first.
    pub(crate) fn asked(&self) -> Vec<wire::ReadHistoryRequest> {
        self.0.borrow().asked.clone()
    }

    pub(crate) fn silence(&self, silent: bool) {
        self.0.send_modify(|told| told.silent = silent);
    }

    /// Ends every stream.
    pub(crate) fn cut(&self) {
        self.0.send_modify(|told| told.cuts += 1);
    }

    /// Positions after which watchers have resumed, the oldest first.
    pub(crate) fn resumed(&self) -> Vec<u64> {
        self.0.borrow().resumed.clone()
    }
}

pub(crate) struct RegisterDouble {
    pub(crate) script: Script,
    pub(crate) clock: RegisterClock,
}

struct Watcher {
    told: watch::Receiver<Told>,
    after: u64,
    cuts: u32,
    clock: RegisterClock,
}

impl Watcher {
    async fn next(&mut self) -> Result<wire::WatchChangesResponse, Status> {
        loop {
            let told = self.told.borrow_and_update().clone();
            if told.cuts != self.cuts {
                return Err(Status::unavailable("cut"));
            }
            let marks = vec![wire::ProvinceWatermark {
                province: "provinces/32".to_owned(),
                sequence: told.province,
                time: Some(instant(self.clock.now())),
            }];
            if let Some(change) = usize::try_from(self.after)
                .ok()
                .and_then(|after| told.changes.get(after))
            {
                self.after += 1;
                return Ok(wire::WatchChangesResponse {
                    watermarks: marks,
                    anchor: anchor(told.history_id, self.after),
                    ..change.clone()
                });
            }
            let quiet = tokio::time::timeout(HEARTBEAT, self.told.changed())
                .await
                .is_err();
            if quiet && !told.silent {
                return Ok(wire::WatchChangesResponse {
                    position: self.after,
                    recorded_at: Some(instant(self.clock.now())),
                    watermarks: marks,
                    change: Some(Change::Heartbeat(wire::Heartbeat {})),
                    anchor: anchor(told.history_id, self.after),
                });
            }
        }
    }
}

#[tonic::async_trait]
impl RegisterService for RegisterDouble {
    type WatchChangesStream = Pin<Box<dyn Stream<Item = Result<wire::WatchChangesResponse, Status>> + Send>>;

    async fn get_register_entry(
        &self,
        _: Request<wire::GetRegisterEntryRequest>,
    ) -> Result<Response<wire::GetRegisterEntryResponse>, Status> {
        Err(Status::unimplemented("verification does not ask for entries"))
    }

    async fn read_history(
        &self,
        request: Request<wire::ReadHistoryRequest>,
    ) -> Result<Response<wire::ReadHistoryResponse>, Status> {
        let asked = request.into_inner();
        let mut answer = None;
        self.script.0.send_modify(|told| {
            let known_at = asked.known_at.map(|at| at.seconds);
            answer = told.history.clone();
            // What was recorded later is not known.
            if let Some(entry) = answer.as_mut().and_then(|answer| answer.entry.as_mut()) {
                entry
                    .acts
                    .retain(|act| act.recorded_at.map(|at| at.seconds) <= known_at);
            }
            told.asked.push(asked);
        });
        answer
            .map(Response::new)
            .ok_or_else(|| Status::unavailable("no history"))
    }

    async fn watch_changes(
        &self,
        request: Request<wire::WatchChangesRequest>,
    ) -> Result<Response<Self::WatchChangesStream>, Status> {
        let wire::WatchChangesRequest { after, anchor: known } = request.into_inner();
        self.script.0.send_modify(|told| told.resumed.push(after));
        let told = self.script.0.subscribe();
        let (there, history) = (told.borrow().changes.len() as u64, told.borrow().history_id);
        if after > there || (!known.is_empty() && known != anchor(history, after)) {
            return Err(service_runtime::error::ILLEGAL_STATE.refusal().into_status());
        }
        let cuts = told.borrow().cuts;
        let watcher = Watcher {
            told,
            after,
            cuts,
            clock: self.clock.clone(),
        };
        let changes = stream::try_unfold(watcher, async |mut watcher| {
            let message = watcher.next().await?;
            Ok(Some((message, watcher)))
        });
        Ok(Response::new(Box::pin(changes)))
    }
}

fn anchor(history: u8, position: u64) -> bytes::Bytes {
    match position {
        0 => bytes::Bytes::new(),
        _ => [&[history][..], &position.to_be_bytes()].concat().into(),
    }
}
