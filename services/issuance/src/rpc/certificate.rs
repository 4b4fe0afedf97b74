//! `issuance.v1.CertificateService` on the wire: decode, call one command or query, encode.

use std::pin::Pin;
use std::sync::Arc;

use api::convert::instant;
use api::issuance::v1 as wire;
use api::issuance::v1::certificate_service_server::CertificateService;
use api::types::v1::{BilingualText, Position, SpecialtyValidity};
use domain::licence_identifier::LicenceIdentifier;
use domain::use_copy::CopyTerms;
use domain::validity::UsePeriodCap;
use futures_util::Stream;
use prost::Message;
use service_runtime::request::request_id;
use service_runtime::server::Deadline;
use service_runtime::{Caller, Refusal};
use tokio::time::Instant;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use crate::command::write::Write;
use crate::command::{create_use_copy, revoke_use_copy};
use crate::error::Error;
use crate::issuing::Issuing;
use crate::query::download_document::{self, Download};
use crate::query::get_certificate::{CertificateView, get_certificate};
use crate::query::list_my_certificates::list_my_certificates;
use crate::query::list_use_copies::{CopyView, list_use_copies};
use crate::query::prove_document;
use crate::rpc::consents::purpose_of;
use crate::rpc::wait_for;
use crate::store::issuing::document::Format;

/// Largest part of a file in one message.
const CHUNK: usize = 64 << 10;
/// Longest purpose reference and recipient, in characters (domain §3.4).
pub(super) const LONGEST_REFERENCE: usize = 200;
pub(super) const LONGEST_RECIPIENT: usize = 100;
/// Longest reason of a revocation, in characters.
const LONGEST_REASON: usize = 200;

/// Writes: method, and verb of the audit.
const CREATE_USE_COPY: (&str, &str) = ("CreateUseCopy", "create_use_copy");
const REVOKE_USE_COPY: (&str, &str) = ("RevokeUseCopy", "revoke_use_copy");

/// The service's face.
pub(crate) struct CertificateRpc {
    pub(crate) issuing: Arc<Issuing>,
}

#[tonic::async_trait]
impl CertificateService for CertificateRpc {
    async fn list_my_certificates(
        &self,
        request: Request<wire::ListMyCertificatesRequest>,
    ) -> Result<Response<wire::ListMyCertificatesResponse>, Status> {
        let (caller, deadline, request) = taken(request)?;
        wait_for(&self.issuing.positions, request.min_position.as_ref(), deadline).await?;
        let page = list_my_certificates(
            &self.issuing,
            caller.scope(),
            request.page_size,
            &request.page_token,
        );
        let page = page.await.map_err(status)?;
        Ok(Response::new(wire::ListMyCertificatesResponse {
            certificates: page.certificates.iter().map(certificate).collect(),
            next_page_token: page.next,
        }))
    }

    async fn get_certificate(
        &self,
        request: Request<wire::GetCertificateRequest>,
    ) -> Result<Response<wire::GetCertificateResponse>, Status> {
        let (caller, deadline, request) = taken(request)?;
        let identifier = named(&request.name, "name")?;
        wait_for(&self.issuing.positions, request.min_position.as_ref(), deadline).await?;
        let view = get_certificate(&self.issuing, caller.scope(), &identifier)
            .await
            .map_err(status)?;
        Ok(Response::new(wire::GetCertificateResponse {
            certificate: Some(certificate(&view)),
        }))
    }

    async fn create_use_copy(
        &self,
        request: Request<wire::CreateUseCopyRequest>,
    ) -> Result<Response<wire::CreateUseCopyResponse>, Status> {
        let (caller, deadline, request) = taken(request)?;
        let write = write(
            &self.issuing,
            &caller,
            &request.request_id,
            &request,
            CREATE_USE_COPY,
        )?;
        let reference = text(&request.purpose_reference, "purpose_reference", LONGEST_REFERENCE)?;
        let input = create_use_copy::Input {
            write,
            certificate: named(&request.certificate, "certificate")?,
            terms: CopyTerms {
                purpose: purpose_of(request.purpose, "purpose")?,
                purpose_reference: reference,
                recipient: text(&request.recipient, "recipient", LONGEST_RECIPIENT)?,
            },
            deadline,
        };
        let created = create_use_copy::create_use_copy(&self.issuing, input)
            .await
            .map_err(status)?;
        let warnings = created.warnings.into_iter().map(|text| BilingualText {
            zh: text.zh,
            en: text.en,
        });
        Ok(Response::new(wire::CreateUseCopyResponse {
            copy: Some(use_copy(&created.copy)),
            position: Some(position(created.position)),
            warnings: warnings.collect(),
        }))
    }

    async fn list_use_copies(
        &self,
        request: Request<wire::ListUseCopiesRequest>,
    ) -> Result<Response<wire::ListUseCopiesResponse>, Status> {
        let (caller, _, request) = taken(request)?;
        let identifier = named(&request.certificate, "certificate")?;
        let scope = caller.scope();
        let page = list_use_copies(
            &self.issuing,
            scope,
            &identifier,
            request.page_size,
            &request.page_token,
        );
        let page = page.await.map_err(status)?;
        Ok(Response::new(wire::ListUseCopiesResponse {
            copies: page.copies.iter().map(use_copy).collect(),
            next_page_token: page.next,
        }))
    }

    async fn revoke_use_copy(
        &self,
        request: Request<wire::RevokeUseCopyRequest>,
    ) -> Result<Response<wire::RevokeUseCopyResponse>, Status> {
        let (caller, deadline, request) = taken(request)?;
        let write = write(
            &self.issuing,
            &caller,
            &request.request_id,
            &request,
            REVOKE_USE_COPY,
        )?;
        let (identifier, copy) = document_name(&request.name)?;
        let copy = copy.ok_or_else(|| malformed_name("name"))?;
        let input = revoke_use_copy::Input {
            write,
            licence_identifier: identifier.to_string(),
            copy,
            reason: text(&request.reason, "reason", LONGEST_REASON)?,
            deadline,
        };
        let revoked = revoke_use_copy::revoke_use_copy(&self.issuing, input)
            .await
            .map_err(status)?;
        Ok(Response::new(wire::RevokeUseCopyResponse {
            copy: Some(use_copy(&revoked.copy)),
            position: Some(position(revoked.position)),
        }))
    }

    type DownloadDocumentStream =
        Pin<Box<dyn Stream<Item = Result<wire::DownloadDocumentResponse, Status>> + Send + 'static>>;

    async fn download_document(
        &self,
        request: Request<wire::DownloadDocumentRequest>,
    ) -> Result<Response<Self::DownloadDocumentStream>, Status> {
        let (caller, _, request) = taken(request)?;
        let (certificate, copy) = document_name(&request.name)?;
        let format = format(request.format())?;
        let input = download_document::Input {
            actor: caller.name(),
            scope: caller.scope().clone(),
            certificate,
            copy,
            format,
            at: self.issuing.now(),
        };
        let download = download_document::download_document(&self.issuing, &input)
            .await
            .map_err(status)?;
        Ok(Response::new(Box::pin(futures_util::stream::iter(chunks(
            download,
        )))))
    }

    async fn prove_document(
        &self,
        request: Request<wire::ProveDocumentRequest>,
    ) -> Result<Response<wire::ProveDocumentResponse>, Status> {
        let (caller, _, request) = taken(request)?;
        let (certificate, copy) = document_name(&request.name)?;
        let input = prove_document::Input {
            scope: caller.scope().clone(),
            certificate,
            copy,
            format: format(request.format())?,
        };
        let proved = prove_document::prove_document(&self.issuing, &input).await;
        let proved = proved.map_err(status)?;
        Ok(Response::new(wire::ProveDocumentResponse {
            proof: proved.proof.to_string(),
            file_name: proved.file_name,
        }))
    }
}

fn format(asked: wire::DocumentFormat) -> Result<Format, Status> {
    match asked {
        wire::DocumentFormat::Ofd => Ok(Format::Ofd),
        wire::DocumentFormat::Pdf => Ok(Format::Pdf),
        wire::DocumentFormat::PdfSm2 => Ok(Format::PdfSm2),
        wire::DocumentFormat::Unspecified => {
            Err(Refusal::invalid("format", "must be OFD, PDF or PDF_SM2").into_status())
        }
    }
}

/// A call taken apart: who calls, how long they wait, and what for.
pub(super) fn taken<T>(request: Request<T>) -> Result<(Caller, Instant, T), Status> {
    let caller = Caller::of(&request)?.clone();
    let deadline = Deadline::of(&request);
    Ok((caller, deadline, request.into_inner()))
}

/// A write as it came.
pub(super) fn write(
    issuing: &Issuing,
    caller: &Caller,
    id: &str,
    body: &impl Message,
    (method, verb): (&'static str, &'static str),
) -> Result<Write, Status> {
    Ok(Write {
        actor: caller.name(),
        scope: caller.scope().clone(),
        method,
        verb,
        request_id: request_id(id).map_err(Into::<Status>::into)?,
        body: issuing.sealing.body_digest(&body.encode_to_vec()),
        at: issuing.now(),
    })
}

pub(super) fn status(error: Error) -> Status {
    error.into_refusal().into_status()
}

pub(super) fn position(value: u64) -> Position {
    Position {
        stream: "register".to_owned(),
        value,
    }
}

fn malformed_name(field: &str) -> Status {
    Refusal::invalid(field, "must be certificates/{licence identifier}[/copies/{copy}]").into_status()
}

/// `certificates/{licence identifier}`
fn named(name: &str, field: &str) -> Result<LicenceIdentifier, Status> {
    let identifier = name
        .strip_prefix("certificates/")
        .and_then(|text| LicenceIdentifier::parse(text).ok());
    identifier.ok_or_else(|| malformed_name(field))
}

/// `certificates/{licence identifier}[/copies/{copy}]`
fn document_name(name: &str) -> Result<(LicenceIdentifier, Option<Uuid>), Status> {
    match name.split_once("/copies/") {
        None => Ok((named(name, "name")?, None)),
        Some((certificate, copy)) => {
            let copy = Uuid::try_parse(copy).map_err(|_| malformed_name("name"))?;
            Ok((named(certificate, "name")?, Some(copy)))
        }
    }
}

/// A required line of text in canonical spelling.
pub(super) fn text(raw: &str, field: &str, longest: usize) -> Result<String, Status> {
    let text = raw.trim();
    let count = text.chars().count();
    if count == 0 || count > longest || text.chars().any(char::is_control) {
        let problem = format!("must be one line of 1 to {longest} characters");
        return Err(Refusal::invalid(field, problem).into_status());
    }
    Ok(unicode_normalization::UnicodeNormalization::nfc(text).collect())
}

fn certificate(view: &CertificateView) -> wire::Certificate {
    let row = &view.row;
    let state = if row.issued_at.is_some() {
        wire::certificate::State::Issued
    } else {
        wire::certificate::State::Issuing
    };
    let specialties = view.specialties.iter().map(|known| SpecialtyValidity {
        specialty: api::types::v1::Specialty::from(known.specialty).into(),
        valid_from: Some(known.valid_from.into()),
        valid_to: Some(known.valid_to.into()),
    });
    wire::Certificate {
        name: format!("certificates/{}", row.licence_identifier),
        licence_identifier: row.licence_identifier.clone(),
        registration_number: view.registration_number.clone(),
        version: row.version.into(),
        employer_title: view.employer_title.clone(),
        specialties: specialties.collect(),
        state: state.into(),
        superseded_at: row.superseded_at.map(instant),
        superseded_by: row
            .superseded_by
            .as_ref()
            .map(|by| format!("certificates/{by}"))
            .unwrap_or_default(),
        changed_facts: row.changed_facts.clone(),
        supersession: row.supersession.as_ref().map(Into::into),
        announced_at: Some(instant(row.announced_at)),
        issued_at: row.issued_at.map(instant),
        specimen: view.specimen,
    }
}

pub(super) fn use_copy(view: &CopyView) -> wire::UseCopy {
    use wire::use_copy::{CappedBy, State, Usability};
    let facts = &view.facts;
    let (capped_by, capping) = match facts.capped_by {
        UsePeriodCap::Days => (CappedBy::UsePeriod, None),
        UsePeriodCap::SpecialtyEnd { specialty } => (CappedBy::SpecialtyEnd, Some(specialty)),
        UsePeriodCap::Age => (CappedBy::Age, None),
    };
    let state = match (view.revoked_at, view.ready_at) {
        (Some(_), _) => State::Revoked,
        (None, Some(_)) => State::Ready,
        (None, None) => State::Making,
    };
    let usability = match state {
        State::Revoked => Usability::Revoked,
        State::Unspecified | State::Making | State::Ready if view.superseded => Usability::Superseded,
        State::Unspecified | State::Making | State::Ready if view.expired => Usability::Expired,
        State::Ready => Usability::Usable,
        State::Unspecified | State::Making => Usability::BeingMade,
    };
    wire::UseCopy {
        name: format!(
            "certificates/{}/copies/{}",
            view.licence_identifier, facts.copy_id
        ),
        purpose: wire::Purpose::from(facts.purpose).into(),
        purpose_reference: facts.purpose_reference.clone(),
        recipient: facts.recipient.clone(),
        made_at: Some(instant(facts.made_at)),
        use_until: Some(facts.use_until.into()),
        capped_by: capped_by.into(),
        capping_specialty: capping
            .map(|it| api::types::v1::Specialty::from(it).into())
            .unwrap_or_default(),
        state: state.into(),
        usability: usability.into(),
        revoked_at: view.revoked_at.map(instant),
        revocation_reason: view.revocation_reason.clone(),
        consent: view
            .consent
            .map(|consent| format!("consents/{consent}"))
            .unwrap_or_default(),
        formats: formats(state, view.pdf_sm2),
    }
}

/// What a copy can be had as.
fn formats(state: wire::use_copy::State, pdf_sm2: bool) -> Vec<i32> {
    use wire::DocumentFormat::{Ofd, Pdf, PdfSm2};
    if state != wire::use_copy::State::Ready {
        return Vec::new();
    }
    let formats = [Ofd, Pdf].into_iter().chain(pdf_sm2.then_some(PdfSm2));
    formats.map(i32::from).collect()
}

fn chunks(download: Download) -> Vec<Result<wire::DownloadDocumentResponse, Status>> {
    let Download {
        file_name,
        sha256,
        bytes,
    } = download;
    let bytes = bytes::Bytes::from(bytes);
    let starts = (0..bytes.len()).step_by(CHUNK);
    let part = |start: usize| wire::DownloadDocumentResponse {
        chunk: bytes.slice(start..bytes.len().min(start + CHUNK)),
        ..Default::default()
    };
    let mut parts: Vec<_> = starts.map(part).collect();
    if let Some(first) = parts.first_mut() {
        first.file_name = file_name;
        first.sha256 = hex::encode(sha256);
    }
    parts.into_iter().map(Ok).collect()
}
