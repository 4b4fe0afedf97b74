//! Calls of methods by their path, to learn to whom they are open.

use service_runtime::auth::{Allow, Rule};
use service_runtime::tls::PeerChannel;
use tonic::client::Grpc;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::{Request, Status};
use tonic_prost::ProstCodec;

use crate::actors::reason;

/// The reason for which a method refuses an empty message; empty if it carries it out, or begins to answer: a feed has no end.
///
/// # Panics
/// If nobody listens.
pub async fn refusal(channel: PeerChannel, method: &'static str, request: Request<()>) -> String {
    let mut client = Grpc::new(channel);
    client.ready().await.expect("somebody listens");
    let codec = ProstCodec::<(), ()>::default();
    let answer = client
        .server_streaming(request, PathAndQuery::from_static(method), codec)
        .await;
    answer
        .err()
        .map(|status: Status| reason(&status))
        .unwrap_or_default()
}

/// The methods that are not open to everybody signed in, by what their allow list says.
pub fn guarded(entries: &[Allow]) -> impl Iterator<Item = &'static str> {
    let open = |entry: &&Allow| {
        let rules = entry.rules();
        !rules.contains(&Rule::Public) && !rules.contains(&Rule::Account)
    };
    entries.iter().filter(open).map(Allow::method)
}

/// The methods of `entries` that let an officer with such tokens in: those that refuse an empty message for another reason
/// than the caller. `request` makes a request with the token, anew for each call.
pub async fn open_to(
    channel: &PeerChannel,
    entries: &[Allow],
    request: impl Fn() -> Request<()>,
) -> Vec<&'static str> {
    let mut open = Vec::new();
    for method in guarded(entries) {
        if refusal(channel.clone(), method, request()).await != "CALLER_NOT_ALLOWED" {
            open.push(method.trim_start_matches("/jianzheng."));
        }
    }
    open.sort_unstable();
    open
}
