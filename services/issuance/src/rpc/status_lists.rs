//! `issuance.v1.StatusService`

use api::convert::instant;
use api::issuance::v1 as wire;
use api::issuance::v1::status_service_server::StatusService;
use api::types::v1 as types;
use service_runtime::Refusal;
use service_runtime::server::Deadline;
use tonic::{Request, Response, Status, async_trait};

use super::{Rpc, status};
use crate::query::read_status::{get_status_list, list_status_lists};
use crate::store::issuing::status::Published;

const COLLECTION: &str = "statusLists/";

#[async_trait]
impl StatusService for Rpc {
    async fn get_status_list(
        &self,
        request: Request<wire::GetStatusListRequest>,
    ) -> Result<Response<wire::GetStatusListResponse>, Status> {
        let deadline = Deadline::of(&request);
        let request = request.into_inner();
        let shard = request.name.strip_prefix(COLLECTION).and_then(number);
        let shard = shard.ok_or_else(|| Refusal::invalid("name", "must be statusLists/{number}"))?;
        if let Some(least) = request.min_position.filter(|least| least.value > 0) {
            if least.stream != "register" {
                return Err(Refusal::invalid("min_position.stream", "must be register").into());
            }
            let statuses = self.deps.positions.statuses();
            statuses.wait_for(least.value, deadline).await?;
        }
        let (list, token) = get_status_list(&self.deps, shard).await.map_err(status)?;
        Ok(Response::new(wire::GetStatusListResponse {
            status_list: Some(encode(list)),
            token,
        }))
    }

    async fn list_status_lists(
        &self,
        request: Request<wire::ListStatusListsRequest>,
    ) -> Result<Response<wire::ListStatusListsResponse>, Status> {
        let request = request.into_inner();
        let from = match request.page_token.as_str() {
            "" => 0,
            token => {
                number(token).ok_or_else(|| Refusal::invalid("page_token", "is of no earlier answer"))?
            }
        };
        let found = list_status_lists(&self.deps, from, request.page_size).await;
        let (lists, next) = found.map_err(status)?;
        Ok(Response::new(wire::ListStatusListsResponse {
            status_lists: lists.into_iter().map(encode).collect(),
            next_page_token: next.map(|next| next.to_string()).unwrap_or_default(),
        }))
    }
}

/// A number in its one spelling, as the store can hold it.
fn number(text: &str) -> Option<u32> {
    let number: u32 = text.parse().ok()?;
    (number.to_string() == text && i32::try_from(number).is_ok()).then_some(number)
}

fn encode(list: Published) -> wire::StatusList {
    wire::StatusList {
        name: format!("{COLLECTION}{}", list.shard),
        uri: list.uri,
        position: Some(types::Position {
            stream: "register".to_owned(),
            value: list.position,
        }),
        issued_at: Some(instant(list.issued_at)),
        stale_at: Some(instant(list.stale_at)),
        expires_at: Some(instant(list.expires_at)),
    }
}
