//! `identity` and `issuance`, asked in the name of the person who is signed in.

use api::identity::v1 as identity;
use api::issuance::v1 as issuance;
use api::types::v1::DocumentKind;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use identity::session_service_client::SessionServiceClient;
use issuance::certificate_service_client::CertificateServiceClient;
use issuance::consent_service_client::ConsentServiceClient;
use issuance::package_service_client::PackageServiceClient;
use serde::Deserialize;
use service_runtime::config::Peer;
use service_runtime::error;
use service_runtime::tls::{Outbound, PeerChannel};
use tonic::metadata::MetadataValue;
use tonic::{Code, Request, Status, Streaming};
use tonic_types::StatusExt as _;
use uuid::Uuid;

use crate::session::{Session, Tokens};

/// The role whose employers may be acted for.
const REGISTRAR: &str = "REGISTRAR";
const PAGE: i32 = 100;

/// Channels of the desk.
#[derive(Clone)]
pub(crate) struct Desk {
    sessions: SessionServiceClient<PeerChannel>,
    certificates: CertificateServiceClient<PeerChannel>,
    consents: ConsentServiceClient<PeerChannel>,
    packages: PackageServiceClient<PeerChannel>,
}

/// Why something was not done, in words for the person.
#[derive(Debug, Clone)]
pub(crate) enum Refused {
    /// Nobody is signed in any more.
    SignedOut,
    /// Said by the service.
    Said(String),
}

/// What one page of the desk shows.
#[derive(Default)]
pub(crate) struct Holdings {
    pub(crate) certificate: Option<issuance::Certificate>,
    pub(crate) copies: Vec<issuance::UseCopy>,
    pub(crate) consents: Vec<issuance::StandingConsent>,
    pub(crate) requests: Vec<issuance::CopyRequest>,
}

/// What a token says that is of use here. Whether it is true is for the services to judge.
#[derive(Deserialize)]
struct Claims {
    #[serde(default)]
    employers: Vec<Grant>,
}

#[derive(Deserialize)]
struct Grant {
    employer: Uuid,
    role: String,
}

/// Asks one method of one client in the name of the session.
macro_rules! call {
    ($desk:ident, $session:ident, $client:ident.$method:ident, $message:expr) => {{
        let (client, message) = ($desk.$client.clone(), $message);
        let ask = move |token: String| {
            let (mut client, message) = (client.clone(), message.clone());
            async move { client.$method(bear(message, &token)?).await }
        };
        $desk.ask($session, ask).await
    }};
}

impl Desk {
    /// Channels with the portal's certificate; nothing is opened yet.
    pub(crate) fn new(outbound: &Outbound, identity: &Peer, issuance: &Peer) -> Self {
        let channel = outbound.channel(issuance);
        Self {
            sessions: SessionServiceClient::new(outbound.channel(identity)),
            certificates: CertificateServiceClient::new(channel.clone()),
            consents: ConsentServiceClient::new(channel.clone()),
            packages: PackageServiceClient::new(channel),
        }
    }

    /// Password, then second factor; tokens, and the employers that the person registers for.
    pub(crate) async fn sign_in(
        &self,
        (kind, number, password): (DocumentKind, String, String),
        code: String,
    ) -> Result<(Tokens, Vec<String>), Refused> {
        let begin = identity::CreateSessionRequest {
            request_id: id(),
            document_kind: kind.into(),
            document_number: number,
            password,
        };
        let begun = self
            .sessions
            .clone()
            .create_session(begin)
            .await
            .map_err(refused)?;
        let verify = identity::VerifySecondFactorRequest {
            request_id: id(),
            name: begun.into_inner().session.unwrap_or_default().name,
            code,
            audiences: vec!["nation".to_owned()],
        };
        let verified = self
            .sessions
            .clone()
            .verify_second_factor(verify)
            .await
            .map_err(refused)?;
        let tokens = kept(verified.into_inner().tokens)?;
        let employers = employers(&tokens.access);
        Ok((tokens, employers))
    }

    /// Proves the second factor once more.
    pub(crate) async fn step_up(&self, session: &Session, code: String) -> Result<(), Refused> {
        let mut tokens = session.tokens.lock().await;
        self.refresh(&mut tokens).await?;
        let message = identity::StepUpRequest {
            request_id: id(),
            code,
        };
        let proved = self
            .sessions
            .clone()
            .step_up(bearing(message, &tokens.access)?)
            .await;
        *tokens = kept(proved.map_err(refused)?.into_inner().tokens)?;
        Ok(())
    }

    async fn refresh(&self, tokens: &mut Tokens) -> Result<(), Refused> {
        let message = identity::RefreshSessionRequest {
            request_id: id(),
            refresh_token: tokens.refresh.clone(),
        };
        let fresh = self.sessions.clone().refresh_session(message).await;
        *tokens = kept(fresh.map_err(refused)?.into_inner().tokens)?;
        Ok(())
    }

    /// Asks with the present token; once more with a fresh one if it has ended.
    async fn ask<T, F>(&self, session: &Session, ask: impl Fn(String) -> F) -> Result<T, Refused>
    where
        F: Future<Output = Result<tonic::Response<T>, Status>>,
    {
        let token = session.tokens.lock().await.access.clone();
        match ask(token.clone()).await {
            Err(status) if is(&status, error::TOKEN_EXPIRED) => {
                let mut tokens = session.tokens.lock().await;
                if tokens.access == token {
                    self.refresh(&mut tokens).await?;
                }
                let fresh = tokens.access.clone();
                drop(tokens);
                ask(fresh).await.map(tonic::Response::into_inner).map_err(refused)
            }
            answer => answer.map(tonic::Response::into_inner).map_err(refused),
        }
    }

    /// The current certificate with its copies, consents, and what employers ask for.
    pub(crate) async fn holdings(&self, session: &Session) -> Result<Holdings, Refused> {
        let message = issuance::ListMyCertificatesRequest {
            page_size: PAGE,
            ..Default::default()
        };
        let certificates = match call!(self, session, certificates.list_my_certificates, message) {
            Ok(listed) => listed.certificates,
            // A registrar who is no constructor has none.
            Err(Refused::Said(_)) if !session.employers.is_empty() => return Ok(Holdings::default()),
            Err(refused) => return Err(refused),
        };
        let certificate = certificates.into_iter().find(|one| one.superseded_at.is_none());
        let copies = match &certificate {
            Some(certificate) => {
                let message = issuance::ListUseCopiesRequest {
                    certificate: certificate.name.clone(),
                    page_size: PAGE,
                    ..Default::default()
                };
                call!(self, session, certificates.list_use_copies, message)?.copies
            }
            None => Vec::new(),
        };
        let message = issuance::ListStandingConsentsRequest {
            page_size: PAGE,
            ..Default::default()
        };
        let consents = call!(self, session, consents.list_standing_consents, message)?.consents;
        let message = issuance::ListCopyRequestsRequest {
            page_size: PAGE,
            ..Default::default()
        };
        let requests = call!(self, session, consents.list_copy_requests, message)?.requests;
        Ok(Holdings {
            certificate,
            copies,
            consents,
            requests,
        })
    }

    /// Makes a copy.
    pub(crate) async fn create(
        &self,
        session: &Session,
        message: issuance::CreateUseCopyRequest,
    ) -> Result<(), Refused> {
        call!(self, session, certificates.create_use_copy, message).map(drop)
    }

    /// Revokes a copy.
    pub(crate) async fn revoke(
        &self,
        session: &Session,
        name: String,
        reason: String,
    ) -> Result<(), Refused> {
        let message = issuance::RevokeUseCopyRequest {
            request_id: id(),
            name,
            reason,
        };
        call!(self, session, certificates.revoke_use_copy, message).map(drop)
    }

    /// The bytes of a copy.
    pub(crate) async fn download(
        &self,
        session: &Session,
        message: issuance::DownloadDocumentRequest,
    ) -> Result<Streaming<issuance::DownloadDocumentResponse>, Refused> {
        call!(self, session, certificates.download_document, message)
    }

    /// The log's proof for a file.
    pub(crate) async fn prove(
        &self,
        session: &Session,
        message: issuance::ProveDocumentRequest,
    ) -> Result<issuance::ProveDocumentResponse, Refused> {
        call!(self, session, certificates.prove_document, message)
    }

    /// Gives a consent.
    pub(crate) async fn grant(
        &self,
        session: &Session,
        message: issuance::GrantStandingConsentRequest,
    ) -> Result<(), Refused> {
        call!(self, session, consents.grant_standing_consent, message).map(drop)
    }

    /// Takes a consent back.
    pub(crate) async fn withdraw(&self, session: &Session, name: String) -> Result<(), Refused> {
        let message = issuance::RevokeStandingConsentRequest {
            request_id: id(),
            name,
        };
        call!(self, session, consents.revoke_standing_consent, message).map(drop)
    }

    /// Approves an employer's request.
    pub(crate) async fn approve(&self, session: &Session, name: String) -> Result<(), Refused> {
        let message = issuance::ApproveCopyRequestRequest {
            request_id: id(),
            name,
        };
        call!(self, session, consents.approve_copy_request, message).map(drop)
    }

    /// Declines an employer's request.
    pub(crate) async fn decline(&self, session: &Session, name: String) -> Result<(), Refused> {
        let message = issuance::DeclineCopyRequestRequest {
            request_id: id(),
            name,
        };
        call!(self, session, consents.decline_copy_request, message).map(drop)
    }

    /// The stream of a package.
    pub(crate) async fn package(
        &self,
        session: &Session,
        message: issuance::PackageEmployerCertificatesRequest,
    ) -> Result<Streaming<issuance::PackageEmployerCertificatesResponse>, Refused> {
        call!(self, session, packages.package_employer_certificates, message)
    }
}

/// A fresh id of a write.
pub(crate) fn id() -> String {
    Uuid::new_v4().to_string()
}

/// What a failed call means to the person.
#[expect(clippy::needless_pass_by_value, reason = "it is what map_err hands over")]
pub(crate) fn refused(status: Status) -> Refused {
    let named = |reason| is(&status, reason);
    if status.code() == Code::Unauthenticated && (named(error::TOKEN_EXPIRED) || named(error::TOKEN_INVALID))
    {
        return Refused::SignedOut;
    }
    let info = status.get_details_error_info();
    let particular = info
        .as_ref()
        .and_then(|info| info.metadata.get("text_zh").cloned());
    let general = status.get_details_localized_message().map(|said| said.message);
    let text = particular.or(general);
    Refused::Said(text.unwrap_or_else(|| "系统暂时不能办理，请稍后再试。".to_owned()))
}

fn is(status: &Status, reason: service_runtime::Reason) -> bool {
    error::reason_of(status).is_some_and(|(_, name)| name == reason.name)
}

fn bearing<T>(message: T, token: &str) -> Result<Request<T>, Refused> {
    bear(message, token).map_err(refused)
}

fn bear<T>(message: T, token: &str) -> Result<Request<T>, Status> {
    let mut request = Request::new(message);
    let value = MetadataValue::try_from(format!("Bearer {token}"));
    let value = value.map_err(|_| Status::unauthenticated("no token"))?;
    request.metadata_mut().insert("authorization", value);
    Ok(request)
}

fn kept(tokens: Option<identity::Tokens>) -> Result<Tokens, Refused> {
    let tokens = tokens.ok_or(Refused::SignedOut)?;
    Ok(Tokens {
        access: tokens.access_token,
        refresh: tokens.refresh_token,
    })
}

/// The employers whose registrar the token names.
fn employers(token: &str) -> Vec<String> {
    let claims = token
        .split('.')
        .nth(1)
        .and_then(|part| URL_SAFE_NO_PAD.decode(part).ok());
    let claims = claims.and_then(|json| serde_json::from_slice::<Claims>(&json).ok());
    let grants = claims.map(|claims| claims.employers).unwrap_or_default();
    let own = grants.into_iter().filter(|grant| grant.role == REGISTRAR);
    own.map(|grant| format!("employers/{}", grant.employer)).collect()
}
