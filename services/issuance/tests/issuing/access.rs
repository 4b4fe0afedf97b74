//! The one part of `identity` that the issuing room needs: the keys by which tokens are verified.

use service_runtime::Lifecycle;
use service_runtime::auth::{PublicJwk, Rule};
use service_runtime::clock::Clock as _;
use service_runtime::config::Common;
use service_runtime::server::Running;
use testkit::access::Access;
use testkit::double;

/// Listens as `nation/identity`.
pub(crate) async fn serve(common: &Common, life: &Lifecycle, key: PublicJwk) -> Running {
    assert!(
        common.clocks.register.now() > jiff::Timestamp::UNIX_EPOCH,
        "the story's clock goes"
    );
    double::server(common, life)
        .allow(&Access::allow(&[Rule::Service("issuance")]))
        .service(Access::new(&[key]).server())
        .start()
        .await
        .expect("it listens")
}
