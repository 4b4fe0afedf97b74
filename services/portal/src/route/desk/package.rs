//! Packages of an employer: first what one holds and lacks, then the same one as a file.

use api::issuance::v1 as issuance;
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use futures_util::StreamExt as _;
use issuance::package_employer_certificates_response::Part;
use tonic::{Status, Streaming};

use super::{Fields, Seat, Sent, attachment, done_or_said, purpose, seat};
use crate::app::Deps;
use crate::page::{PackagePage, Problem};
use crate::peer::desk::{Refused, id, refused};

type Parts = Streaming<issuance::PackageEmployerCertificatesResponse>;

/// `POST /my/packages`: makes a package and tells what is in it. Its bytes are read and dropped: the file comes with
/// the same request id, which makes nothing twice.
pub(crate) async fn make(
    State(deps): State<Deps>,
    headers: HeaderMap,
    form: Sent,
) -> Result<Response, Problem> {
    let (seat, mut form) = seat(&deps, &headers, form)?;
    form.request_id = id();
    let listed = match asked(&seat, &form).await {
        Ok(parts) => content(parts).await.map_err(refused),
        Err(refused) => Err(refused),
    };
    match listed {
        Ok(package) => {
            let page = PackagePage {
                form_key: seat.session.form_key.clone(),
                request_id: form.request_id,
                employer: form.employer,
                purpose: form.purpose,
                reference: form.reference,
                recipient: form.recipient,
                copies: Vec::new(),
                missing: Vec::new(),
            };
            Ok(page.listing(package).into_response())
        }
        Err(refused) => Ok(done_or_said(&seat, Err(refused)).await),
    }
}

/// `POST /my/packages/file`
pub(crate) async fn file(
    State(deps): State<Deps>,
    headers: HeaderMap,
    form: Sent,
) -> Result<Response, Problem> {
    let (seat, form) = seat(&deps, &headers, form)?;
    let name = format!("package-{}.zip", form.request_id);
    match asked(&seat, &form).await {
        Ok(parts) => {
            let chunks = parts.filter_map(|part| std::future::ready(chunk(part).transpose()));
            Ok(attachment(&name, "application/zip", Body::from_stream(chunks)))
        }
        Err(refused) => Ok(done_or_said(&seat, Err(refused)).await),
    }
}

async fn asked(seat: &Seat<'_>, form: &Fields) -> Result<Parts, Refused> {
    let purpose = purpose(form).map_err(|_| Refused::Said("请选择用途。".to_owned()))?;
    let message = issuance::PackageEmployerCertificatesRequest {
        request_id: form.request_id.clone(),
        employer: form.employer.clone(),
        purpose: purpose.into(),
        purpose_reference: form.reference.clone(),
        recipient: form.recipient.clone(),
        persons: Vec::new(),
        formats: Vec::new(),
    };
    seat.desk.package(&seat.session, message).await
}

async fn content(mut parts: Parts) -> Result<issuance::EmployerPackage, Status> {
    let mut content = None;
    while let Some(message) = parts.message().await? {
        if let Some(Part::Package(package)) = message.part {
            content = Some(package);
        }
    }
    content.ok_or_else(|| Status::unavailable("the package has no end"))
}

fn chunk(
    part: Result<issuance::PackageEmployerCertificatesResponse, Status>,
) -> Result<Option<Bytes>, Status> {
    Ok(match part?.part {
        Some(Part::Chunk(bytes)) => Some(bytes),
        Some(Part::Progress(_) | Part::Package(_)) | None => None,
    })
}
