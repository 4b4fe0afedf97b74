//! `issuance.v1.StatusService`, asked as anybody may ask it; what was fetched is kept for a second.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use api::convert::Read as _;
use api::issuance::v1::GetStatusListRequest;
use api::issuance::v1::status_service_client::StatusServiceClient;
use jiff::Timestamp;
use parking_lot::Mutex;
use service_runtime::config::Peer;
use service_runtime::tls::{Outbound, PeerChannel};
use tokio::time::Instant;

use super::verification::{Unanswered, unanswered};

/// However many ask, the service is asked once in this time for each list.
const KEPT: Duration = Duration::from_secs(1);

/// Lists by number, and when each was fetched.
type Known = BTreeMap<u32, (Instant, Arc<StatusList>)>;

/// The channel, with what came over it last.
#[derive(Clone)]
pub(crate) struct StatusLists {
    client: StatusServiceClient<PeerChannel>,
    known: Arc<Mutex<Known>>,
}

/// A list as it was signed.
pub(crate) struct StatusList {
    pub(crate) token: String,
    /// A newer one can be had from then on.
    pub(crate) stale_at: Timestamp,
}

impl StatusLists {
    /// A channel with the portal's certificate; nothing is opened yet.
    pub(crate) fn new(outbound: &Outbound, issuance: &Peer) -> Self {
        Self {
            client: StatusServiceClient::new(outbound.channel(issuance)),
            known: Arc::default(),
        }
    }

    /// The list of this number.
    pub(crate) async fn find(&self, number: u32) -> Result<Arc<StatusList>, Unanswered> {
        let known = self.known.lock().get(&number).cloned();
        if let Some((_, list)) = known.filter(|(fetched, _)| fetched.elapsed() < KEPT) {
            return Ok(list);
        }
        let request = GetStatusListRequest {
            name: format!("statusLists/{number}"),
            min_position: None,
        };
        let answer = self.client.clone().get_status_list(request).await;
        let answer = answer.map_err(|status| unanswered(&status))?.into_inner();
        let about = answer.status_list.unwrap_or_default();
        let stale_at = about.stale_at.read("status_list.stale_at");
        let list = Arc::new(StatusList {
            token: answer.token,
            stale_at: stale_at.map_err(|_| Unanswered::Failed)?,
        });
        // Only lists that there are come to be kept.
        self.known
            .lock()
            .insert(number, (Instant::now(), Arc::clone(&list)));
        Ok(list)
    }
}
