//! `verification.v1.VerificationService`, asked as anybody may ask it.

mod read;

use std::time::Duration;

use api::verification::v1 as wire;
use bytes::Bytes;
use service_runtime::config::Peer;
use service_runtime::error;
use service_runtime::tls::{Outbound, PeerChannel};
use tokio_stream::StreamExt as _;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Request, Status};
use tonic_types::StatusExt as _;
use wire::verification_service_client::VerificationServiceClient;
use wire::verify_certificate_request::Subject;
use wire::verify_document_request::Part;

use crate::answer::Answer;

/// Channels to the service.
#[derive(Clone)]
pub(crate) struct Verification {
    questions: VerificationServiceClient<PeerChannel>,
    /// As patient as an upload from a phone needs.
    uploads: VerificationServiceClient<PeerChannel>,
    upload_timeout: Duration,
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unanswered {
    /// This caller or this subject was asked about too often.
    RateLimited(Option<Duration>),
    /// The service has too much to do.
    Overloaded(Option<Duration>),
    /// The register's data there are past their freshness.
    Stale,
    /// It does not answer, or not in time.
    Unavailable,
    /// It does not accept the question.
    Rejected,
    /// The file is larger than it accepts.
    TooLarge,
    /// Anything else; an operator's concern.
    Failed,
}

impl Verification {
    /// Channels with the portal's certificate; nothing is opened yet.
    pub(crate) fn new(outbound: &Outbound, peer: &Peer, upload_timeout: Duration) -> Self {
        let patient = Peer {
            timeout: upload_timeout,
            ..peer.clone()
        };
        Self {
            questions: VerificationServiceClient::new(outbound.channel(peer)),
            uploads: VerificationServiceClient::new(outbound.channel(&patient)),
            upload_timeout,
        }
    }

    /// By registration number, and by name as well if one is given.
    pub(crate) async fn by_number(&self, number: String, full_name: String) -> Result<Answer, Unanswered> {
        self.certificate(Subject::RegistrationNumber(number), full_name)
            .await
    }

    /// By the token of the certificate's QR code.
    pub(crate) async fn by_qr_token(&self, token: String) -> Result<Answer, Unanswered> {
        self.certificate(Subject::QrToken(token), String::new()).await
    }

    async fn certificate(&self, subject: Subject, full_name: String) -> Result<Answer, Unanswered> {
        let question = wire::VerifyCertificateRequest {
            subject: Some(subject),
            full_name,
            ..Default::default()
        };
        let answered = self.questions.clone().verify_certificate(question).await;
        let answer = answered.map_err(|status| unanswered(&status))?.into_inner();
        read::answer(answer.verification)
    }

    /// By the file, whose bytes arrive in order. Dropping the future abandons the question.
    pub(crate) async fn by_file(&self, chunks: ReceiverStream<Bytes>) -> Result<Answer, Unanswered> {
        let header = tokio_stream::once(Part::Header(wire::DocumentHeader::default()));
        let parts = header.chain(chunks.map(Part::Chunk));
        let mut question = Request::new(parts.map(|part| wire::VerifyDocumentRequest { part: Some(part) }));
        question.set_timeout(self.upload_timeout);
        let answered = self.uploads.clone().verify_document(question).await;
        let answer = answered.map_err(|status| unanswered(&status))?.into_inner();
        read::answer(answer.verification)
    }
}

pub(super) fn unanswered(status: &Status) -> Unanswered {
    let named = error::reason_of(status).map(|(_, name)| name).unwrap_or_default();
    let is = |reason: service_runtime::Reason| named == reason.name;
    let retry = || status.get_details_retry_info().and_then(|info| info.retry_delay);
    let why = match status.code() {
        _ if is(error::RATE_LIMITED) => Unanswered::RateLimited(retry()),
        _ if is(error::STALE) || is(error::MIN_POSITION_TIMEOUT) => Unanswered::Stale,
        _ if is(error::PAYLOAD_TOO_LARGE) => Unanswered::TooLarge,
        Code::ResourceExhausted => Unanswered::Overloaded(retry()),
        Code::InvalidArgument | Code::NotFound => Unanswered::Rejected,
        Code::Unavailable | Code::DeadlineExceeded | Code::Cancelled | Code::Unknown => {
            Unanswered::Unavailable
        }
        _ => Unanswered::Failed,
    };
    tracing::warn!(code = ?status.code(), reason = named, "no answer");
    why
}
