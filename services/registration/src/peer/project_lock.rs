//! The platform of construction projects (工程项目平台): whether a running project holds a person. Off unless configured.

use api::project::v1 as wire;
use api::project::v1::project_lock_service_client::ProjectLockServiceClient;
use api::types;
use domain::document_number::DocumentNumber;
use domain::refusal::ProjectLock;
use service_runtime::tls::PeerChannel;
use tonic::async_trait;

/// The platform gave no answer.
#[derive(Debug)]
pub(crate) struct Unavailable;

/// Answers whether a running project holds somebody.
///
/// One call, no retries: the caller decides what silence means. The number is in the clear and is neither logged nor
/// kept.
#[async_trait]
pub(crate) trait HoldsProjects: Send + Sync {
    async fn holds(&self, document: &DocumentNumber, purpose: &str) -> Result<bool, Unavailable>;
}

/// The configured platform, and what its silence means.
pub(crate) struct ProjectLocks {
    platform: Box<dyn HoldsProjects>,
    refuse_unknown: bool,
}

impl ProjectLocks {
    pub(crate) fn new(platform: Box<dyn HoldsProjects>, refuse_unknown: bool) -> Self {
        Self {
            platform,
            refuse_unknown,
        }
    }

    /// Asks for one application.
    pub(crate) async fn ask(&self, document: &DocumentNumber, purpose: &str) -> ProjectLock {
        match self.platform.holds(document, purpose).await {
            Ok(true) => ProjectLock::Held,
            Ok(false) => ProjectLock::Free,
            Err(Unavailable) if self.refuse_unknown => ProjectLock::UnknownRefused,
            Err(Unavailable) => ProjectLock::UnknownAllowed,
        }
    }
}

/// The platform, or an adapter in front of it, over mTLS.
pub(crate) struct Platform(PeerChannel);

impl Platform {
    pub(crate) fn new(channel: PeerChannel) -> Self {
        Self(channel)
    }
}

#[async_trait]
impl HoldsProjects for Platform {
    async fn holds(&self, document: &DocumentNumber, purpose: &str) -> Result<bool, Unavailable> {
        let request = wire::CheckProjectLockRequest {
            document_kind: types::v1::DocumentKind::from(document.kind()).into(),
            document_number: document.expose().to_owned(),
            purpose: purpose.to_owned(),
        };
        let answer = ProjectLockServiceClient::new(self.0.clone())
            .check_project_lock(request)
            .await;
        match answer {
            Ok(answer) => Ok(answer.into_inner().held),
            Err(status) => {
                tracing::warn!(code = ?status.code(), "the platform of projects gave no answer");
                Err(Unavailable)
            }
        }
    }
}
