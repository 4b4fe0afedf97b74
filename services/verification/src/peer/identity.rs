//! Calls to `identity`: token keys, revocations.

use api::convert::Read as _;
use api::identity::v1 as wire;
use api::identity::v1::access_service_client::AccessServiceClient;
use jiff::Timestamp;
use serde::Deserialize;
use service_runtime::Refusal;
use service_runtime::auth::PublicJwk;
use service_runtime::tls::PeerChannel;
use tokio_stream::{Stream, StreamExt as _};
use uuid::Uuid;

use crate::error::Error;

/// The nation's identity service.
#[derive(Debug, Clone)]
pub(crate) struct Identity(PeerChannel);

/// A revoked session.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Revocation {
    pub(crate) number: u64,
    /// None for subjects that this service does not know.
    pub(crate) session: Option<Uuid>,
    pub(crate) at: Timestamp,
}

#[derive(Deserialize)]
struct KeySet {
    keys: Vec<PublicJwk>,
}

impl Identity {
    pub(crate) fn new(channel: PeerChannel) -> Self {
        Self(channel)
    }

    /// The keys that verify access tokens.
    pub(crate) async fn keys(&self) -> Result<Vec<PublicJwk>, Error> {
        let answer = AccessServiceClient::new(self.0.clone())
            .get_key_set(wire::GetKeySetRequest {})
            .await;
        let jwks = answer.map_err(relay)?.into_inner().jwks;
        let set: KeySet = serde_json::from_str(&jwks).map_err(|_| Error::internal("identity: no key set"))?;
        Ok(set.keys)
    }

    /// Revocations after a number, as they come.
    pub(crate) async fn revocations(
        &self,
        after: u64,
    ) -> Result<impl Stream<Item = Result<Revocation, Error>> + use<>, Error> {
        let request = wire::WatchRevocationsRequest { after };
        let answer = AccessServiceClient::new(self.0.clone())
            .watch_revocations(request)
            .await;
        let read = |message: Result<wire::WatchRevocationsResponse, tonic::Status>| {
            let message = message.map_err(relay)?;
            let session = message
                .subject
                .strip_prefix("sessions/")
                .and_then(|id| Uuid::try_parse(id).ok());
            let at = message.revoked_at.read("revoked_at");
            let at = at.map_err(|_| Error::internal("identity: a revocation has no time"))?;
            Ok(Revocation {
                number: message.number,
                session,
                at,
            })
        };
        Ok(answer.map_err(relay)?.into_inner().map(read))
    }
}

fn relay(status: tonic::Status) -> Error {
    Refusal::relay("identity", status).into()
}
