//! The feed of the register.

mod history;
mod read;

use api::convert::instant;
use api::issuance::v1 as wire;
use api::issuance::v1::register_service_client::RegisterServiceClient;
use domain::ids::PersonId;
use service_runtime::Refusal;
use service_runtime::tls::PeerChannel;
use tokio_stream::{Stream, StreamExt as _};

use crate::change::{Anchor, Message};
use crate::error::Error;
use crate::query::Instants;
use crate::query::history::History;

/// Facts records with long names, and room to spare.
const LARGEST_MESSAGE: usize = 1 << 20;

/// The national register.
#[derive(Debug, Clone)]
pub(crate) struct Issuance(PeerChannel);

impl Issuance {
    pub(crate) fn new(channel: PeerChannel) -> Self {
        Self(channel)
    }

    /// Every change after a position, as they come, with heartbeats between. `ILLEGAL_STATE` where the register has another
    /// change at that position than the one of this anchor.
    pub(crate) async fn watch_changes(
        &self,
        after: u64,
        anchor: &Anchor,
    ) -> Result<impl Stream<Item = Result<Message, Error>> + use<>, Error> {
        let mut client =
            RegisterServiceClient::new(self.0.clone()).max_decoding_message_size(LARGEST_MESSAGE);
        let request = wire::WatchChangesRequest {
            after,
            anchor: anchor.0.clone().into(),
        };
        let answer = client.watch_changes(request).await;
        let read = |message: Result<wire::WatchChangesResponse, tonic::Status>| {
            let message = message.map_err(relay)?;
            let position = message.position;
            read::message(message).map_err(|malformed| {
                Error::internal(format!(
                    "position {position} of the feed: {} is not {}",
                    malformed.field, malformed.expected
                ))
            })
        };
        Ok(answer.map_err(relay)?.into_inner().map(read))
    }
}

impl Issuance {
    /// How a person's registration counted at an instant, as known at another.
    pub(crate) async fn read_history(&self, person: PersonId, asked: Instants) -> Result<History, Error> {
        let request = wire::ReadHistoryRequest {
            person: person.resource_name(),
            at: Some(instant(asked.at)),
            known_at: Some(instant(asked.known_at)),
        };
        let answer = RegisterServiceClient::new(self.0.clone())
            .read_history(request)
            .await
            .map_err(relay)?;
        history::read(answer.into_inner()).map_err(|malformed| {
            Error::internal(format!(
                "the register's history: {} is not {}",
                malformed.field, malformed.expected
            ))
        })
    }
}

fn relay(status: tonic::Status) -> Error {
    Refusal::relay("issuance", status).into()
}
