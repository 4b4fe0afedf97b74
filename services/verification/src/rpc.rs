//! `verification.v1.VerificationService` and `SubscriptionService` on the wire: decode, ask one query, encode.

mod decode;
mod encode;
mod subscriptions;
mod upload;

use std::sync::Arc;

use api::verification::v1 as wire;
use api::verification::v1::verification_service_server::VerificationService;
use service_runtime::Lifecycle;
use service_runtime::auth::{Allow, Rule};
use service_runtime::clock::Clock as _;
use tonic::{Request, Response, Status, Streaming};

use crate::deps::Deps;
use crate::error::Error;
use crate::query::verify_certificate::verify_certificate;
use crate::query::verify_document::verify_document;

/// A backend's token that lets it ask by document number alone.
pub(crate) const BY_DOCUMENT_NUMBER: &str = "verify:document-number";
/// A backend's token without that right.
pub(crate) const VERIFY: &str = "verify";
/// A backend's token that lets it subscribe; what it may see stands in further scopes.
pub(crate) const FEED: &str = "feed";

const CALLERS: &[Rule] = &[
    Rule::Client(BY_DOCUMENT_NUMBER),
    Rule::Client(VERIFY),
    Rule::Public,
];

/// Everybody may ask; who has a token of a backend is told apart. Backends alone subscribe.
pub(crate) const ALLOW: &[Allow] = &[
    Allow::new(
        "/jianzheng.verification.v1.VerificationService/VerifyCertificate",
        CALLERS,
    ),
    Allow::new(
        "/jianzheng.verification.v1.VerificationService/VerifyDocument",
        CALLERS,
    ),
    Allow::new(
        "/jianzheng.verification.v1.SubscriptionService/WatchRegistrations",
        &[Rule::Client(FEED)],
    ),
];

/// The service's face.
#[derive(Clone)]
pub(crate) struct Rpc {
    pub(crate) deps: Arc<Deps>,
    pub(crate) life: Lifecycle,
}

#[tonic::async_trait]
impl VerificationService for Rpc {
    async fn verify_certificate(
        &self,
        request: Request<wire::VerifyCertificateRequest>,
    ) -> Result<Response<wire::VerifyCertificateResponse>, Status> {
        let asking = decode::asking(&request)?;
        self.deps.limits.admit_caller(&asking.caller)?;
        let now = self.deps.clock.now();
        let input = decode::certificate(request.into_inner(), asking, now).map_err(status)?;
        let answer = verify_certificate(&self.deps, input).await.map_err(status)?;
        Ok(Response::new(wire::VerifyCertificateResponse {
            verification: Some(encode::verification(answer)),
        }))
    }

    async fn verify_document(
        &self,
        request: Request<Streaming<wire::VerifyDocumentRequest>>,
    ) -> Result<Response<wire::VerifyDocumentResponse>, Status> {
        let asking = decode::asking(&request)?;
        self.deps.limits.admit_caller(&asking.caller)?;
        let input = upload::receive(&self.deps.desk, request.into_inner(), asking).await?;
        let answer = verify_document(&self.deps, input).await.map_err(status)?;
        Ok(Response::new(wire::VerifyDocumentResponse {
            verification: Some(encode::verification(answer)),
        }))
    }
}

fn status(error: Error) -> Status {
    error.into_refusal().into_status()
}
