//! What a replica reads from: the feed of a register of a given size, and the keys of `identity`.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use api::convert::instant;
use api::issuance::v1 as wire;
use api::issuance::v1::register_service_server::{RegisterService, RegisterServiceServer};
use api::issuance::v1::watch_changes_response::Change;
use futures_util::{Stream, stream};
use service_runtime::auth::{Allow, Authenticator, NoKeys, PublicJwk, Revocations, Rule};
use service_runtime::clock::{Clock as _, RegisterClock};
use service_runtime::config::Common;
use service_runtime::tls::Gate;
use service_runtime::{Lifecycle, Server};
use testkit::access::Access;
use testkit::realm::Realm;
use tonic::{Request, Response, Status};

use super::register::{CHANGES, Register};

/// As issuance's own feed.
const HEARTBEAT: Duration = Duration::from_millis(300);

const OURS: &[Rule] = &[Rule::Service("verification")];
const REGISTER: &[Allow] = &[
    Allow::new("/jianzheng.issuance.v1.RegisterService/GetRegisterEntry", OURS),
    Allow::new("/jianzheng.issuance.v1.RegisterService/ReadHistory", OURS),
    Allow::new("/jianzheng.issuance.v1.RegisterService/WatchChanges", OURS),
];

/// Serves the feed of a register of so many people.
pub(super) async fn register(
    realm: &Realm,
    life: &Lifecycle,
    people: u32,
    register: &Arc<Register>,
) -> Result<SocketAddr> {
    let feed = Feed {
        register: Arc::clone(register),
        last: u64::from(people) * CHANGES,
    };
    serve(realm, "nation/issuance", life, |server| {
        server.allow(REGISTER).service(RegisterServiceServer::new(feed))
    })
    .await
}

/// Serves one token key and an empty list of revocations.
pub(super) async fn identity(realm: &Realm, life: &Lifecycle, key: &PublicJwk) -> Result<SocketAddr> {
    let access = Access::new(std::slice::from_ref(key));
    serve(realm, "nation/identity", life, |server| {
        server.allow(&Access::allow(OURS)).service(access.server())
    })
    .await
}

async fn serve(
    realm: &Realm,
    name: &str,
    life: &Lifecycle,
    build: impl FnOnce(Server) -> Server,
) -> Result<SocketAddr> {
    let text = format!(
        "deployment = \"development\"\n[listen]\nservices = \"127.0.0.1:0\"\n{}",
        realm.tls_section(name)
    );
    let common = service_runtime::config::parse(&text, realm.folder(), Common::read)
        .map_err(|faults| anyhow::anyhow!("{faults}"))?;
    let authenticator = Authenticator::new(
        NoKeys,
        common.tokens.clone(),
        RegisterClock::system(),
        Revocations::new(),
    );
    let server = Server::new(&common, life, authenticator, api::FILE_DESCRIPTOR_SET);
    let running = build(server).start().await?;
    running.address(Gate::Services).context("the gate is open")
}

struct Feed {
    register: Arc<Register>,
    last: u64,
}

#[tonic::async_trait]
impl RegisterService for Feed {
    type WatchChangesStream = Pin<Box<dyn Stream<Item = Result<wire::WatchChangesResponse, Status>> + Send>>;

    async fn get_register_entry(
        &self,
        _: Request<wire::GetRegisterEntryRequest>,
    ) -> Result<Response<wire::GetRegisterEntryResponse>, Status> {
        unused()
    }

    async fn read_history(
        &self,
        _: Request<wire::ReadHistoryRequest>,
    ) -> Result<Response<wire::ReadHistoryResponse>, Status> {
        Err(Status::unimplemented("the bench asks about the present"))
    }

    async fn watch_changes(
        &self,
        request: Request<wire::WatchChangesRequest>,
    ) -> Result<Response<Self::WatchChangesStream>, Status> {
        let (register, last) = (Arc::clone(&self.register), self.last);
        let clock = RegisterClock::system();
        let messages = stream::unfold((request.get_ref().after, false), move |(after, beaten)| {
            let (register, clock) = (Arc::clone(&register), clock.clone());
            async move {
                let (position, change) = if after < last {
                    (after + 1, register.change(after + 1))
                } else {
                    if beaten {
                        tokio::time::sleep(HEARTBEAT).await;
                    }
                    (after, Change::Heartbeat(wire::Heartbeat {}))
                };
                let now = Some(instant(clock.now()));
                let mark = wire::ProvinceWatermark {
                    province: "provinces/32".to_owned(),
                    sequence: position,
                    time: now,
                };
                let message = wire::WatchChangesResponse {
                    position,
                    recorded_at: now,
                    watermarks: if position == after { vec![mark] } else { Vec::new() },
                    change: Some(change),
                    anchor: position.to_be_bytes().to_vec().into(),
                };
                Some((Ok(message), (position, position == after)))
            }
        });
        Ok(Response::new(Box::pin(messages)))
    }
}

fn unused<T>() -> Result<Response<T>, Status> {
    Err(Status::unimplemented("verification does not call this"))
}
