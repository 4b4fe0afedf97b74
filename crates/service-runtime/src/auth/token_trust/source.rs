//! Calls to `identity.v1.AccessService`.

use api::{
    convert::Read as _,
    identity::v1::{
        GetKeySetRequest, WatchRevocationsRequest, WatchRevocationsResponse,
        access_service_client::AccessServiceClient,
    },
};
use futures_util::{Stream, StreamExt as _};
use jiff::Timestamp;
use serde::Deserialize;
use tonic::Status;
use uuid::Uuid;

use crate::{Refusal, auth::PublicJwk, tls::PeerChannel};

/// Where keys and revocations come from.
#[derive(Debug, Clone)]
pub(super) struct Source(AccessServiceClient<PeerChannel>);

/// One message of the feed of revocations.
#[derive(Debug, Clone, Copy)]
pub(super) struct News {
    pub(super) number: u64,
    /// None for subjects that are no session, and for signs of life.
    pub(super) session: Option<(Uuid, Timestamp)>,
    /// Nothing new up to `number`.
    pub(super) caught_up: bool,
}

/// RFC 7517 section 5.
#[derive(Deserialize)]
struct KeySet {
    keys: Vec<PublicJwk>,
}

impl Source {
    pub(super) fn new(channel: PeerChannel) -> Self {
        Self(AccessServiceClient::new(channel))
    }

    /// The keys that verify access tokens.
    pub(super) async fn keys(&self) -> Result<Vec<PublicJwk>, Refusal> {
        let answer = self.0.clone().get_key_set(GetKeySetRequest {}).await;
        let jwks = answer.map_err(relay)?.into_inner().jwks;
        let set: KeySet = serde_json::from_str(&jwks).map_err(Refusal::internal)?;
        Ok(set.keys)
    }

    /// Revocations after a number, as they come.
    pub(super) async fn revocations(
        &self,
        after: u64,
    ) -> Result<impl Stream<Item = Result<News, Refusal>> + use<>, Refusal> {
        let request = WatchRevocationsRequest { after };
        let answer = self.0.clone().watch_revocations(request).await;
        Ok(answer
            .map_err(relay)?
            .into_inner()
            .map(|message| read(&message.map_err(relay)?)))
    }
}

fn read(message: &WatchRevocationsResponse) -> Result<News, Refusal> {
    let session = message
        .subject
        .strip_prefix("sessions/")
        .and_then(|id| Uuid::try_parse(id).ok());
    let at = message.revoked_at.read("revoked_at");
    let session = match (session, at) {
        (Some(session), Ok(at)) => Some((session, at)),
        (Some(_), Err(_)) => return Err(Refusal::internal("identity: a revocation has no time")),
        (None, _) => None,
    };
    Ok(News {
        number: message.number,
        session,
        caught_up: message.subject.is_empty(),
    })
}

fn relay(status: Status) -> Refusal {
    Refusal::relay("identity", status)
}
