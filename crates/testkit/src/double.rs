//! What doubles of services have in common, and how a test learns that the real one is ready.

use service_runtime::auth::{Authenticator, NoKeys, Revocations};
use service_runtime::config::Common;
use service_runtime::tls::PeerChannel;
use service_runtime::{Lifecycle, Server};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

/// A server for a double: callers are known by their certificates, tokens are not taken.
pub fn server(common: &Common, life: &Lifecycle) -> Server {
    let clock = common.clocks.register.clone();
    let authenticator = Authenticator::new(NoKeys, common.tokens.clone(), clock, Revocations::new());
    Server::new(common, life, authenticator, api::FILE_DESCRIPTOR_SET)
}

/// What health says now of a service, by its full name.
///
/// # Panics
/// If health is not served.
pub async fn health(channel: PeerChannel, service: &str) -> ServingStatus {
    let answer = HealthClient::new(channel).check(question(service)).await;
    answer.expect("health is served").into_inner().status()
}

/// Returns once health says SERVING of a service, by its full name.
///
/// # Panics
/// If the process ends before.
pub async fn serving(channel: PeerChannel, service: &str) {
    let answer = HealthClient::new(channel).watch(question(service)).await;
    let mut states = answer.expect("health is served").into_inner();
    while let Some(state) = states.message().await.expect("it goes on") {
        if state.status() == ServingStatus::Serving {
            return;
        }
    }
    panic!("{service} was never ready");
}

fn question(service: &str) -> HealthCheckRequest {
    HealthCheckRequest {
        service: service.to_owned(),
    }
}
