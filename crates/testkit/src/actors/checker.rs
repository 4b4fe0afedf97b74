//! Somebody who checks a certificate: a tender office, an inspector, a passer-by with a phone.

use api::identity::v1 as identity;
use api::types::v1::Position;
use api::verification::v1 as verification;
use bytes::Bytes;
use verification::verify_certificate_request::Subject;

use super::{Answer, Door};
use crate::tokens::bearer;

/// Size of one chunk of an uploaded document.
const CHUNK: usize = 64 * 1024;

/// Asks `verification`.
#[derive(Clone)]
pub struct Checker {
    /// A door with a backend's certificate.
    pub door: Door,
    token: String,
}

impl Checker {
    /// Behind a door, without a token: as the public asks.
    pub fn new(door: Door) -> Self {
        Self {
            door,
            token: String::new(),
        }
    }

    /// Takes a backend's token with these scopes; empty: all that were granted.
    pub async fn take_token(&mut self, scopes: &[&str]) -> Answer<()> {
        let message = identity::IssueClientTokenRequest {
            audiences: vec!["nation".to_owned()],
            scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
        };
        let answer = self.door.access().issue_client_token(message).await?.into_inner();
        self.token = answer.access_token;
        Ok(())
    }

    fn request<T>(&self, message: T) -> tonic::Request<T> {
        if self.token.is_empty() {
            tonic::Request::new(message)
        } else {
            bearer(message, &self.token)
        }
    }

    /// By registration number.
    pub async fn by_number(
        &self,
        number: &str,
        min_position: Option<Position>,
    ) -> Answer<verification::Verification> {
        self.verify(Subject::RegistrationNumber(number.to_owned()), "", min_position)
            .await
    }

    /// By the token of the QR code.
    pub async fn by_qr(
        &self,
        token: &str,
        min_position: Option<Position>,
    ) -> Answer<verification::Verification> {
        self.verify(Subject::QrToken(token.to_owned()), "", min_position)
            .await
    }

    /// By document number and name.
    pub async fn by_document(
        &self,
        number: &str,
        full_name: &str,
        min_position: Option<Position>,
    ) -> Answer<verification::Verification> {
        self.verify(
            Subject::DocumentNumber(number.to_owned()),
            full_name,
            min_position,
        )
        .await
    }

    /// Any subject.
    pub async fn verify(
        &self,
        subject: Subject,
        full_name: &str,
        min_position: Option<Position>,
    ) -> Answer<verification::Verification> {
        let message = verification::VerifyCertificateRequest {
            subject: Some(subject),
            full_name: full_name.to_owned(),
            min_position,
            purpose: "招标资格审查".to_owned(),
            ..Default::default()
        };
        let answer = self
            .door
            .verifications()
            .verify_certificate(self.request(message))
            .await?
            .into_inner();
        Ok(answer.verification.unwrap_or_default())
    }

    /// The file itself.
    pub async fn file(
        &self,
        content: &[u8],
        min_position: Option<Position>,
    ) -> Answer<verification::Verification> {
        let header = verification::DocumentHeader {
            min_position,
            allow_stale: false,
            purpose: "招标资格审查".to_owned(),
        };
        let mut parts = vec![verification::verify_document_request::Part::Header(header)];
        let chunks = content.chunks(CHUNK).map(Bytes::copy_from_slice);
        parts.extend(chunks.map(verification::verify_document_request::Part::Chunk));
        let parts = parts
            .into_iter()
            .map(|part| verification::VerifyDocumentRequest { part: Some(part) });
        let answer = self
            .door
            .verifications()
            .verify_document(self.request(tokio_stream::iter(parts)))
            .await?
            .into_inner();
        Ok(answer.verification.unwrap_or_default())
    }
}
