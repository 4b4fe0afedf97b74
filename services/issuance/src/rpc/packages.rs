//! `issuance.v1.PackageService` on the wire.

use std::pin::Pin;
use std::sync::Arc;

use api::issuance::v1 as wire;
use api::issuance::v1::package_employer_certificates_response::Part as WirePart;
use api::issuance::v1::package_service_server::PackageService;
use api::types::v1::BilingualText;
use domain::ids::PersonId;
use domain::use_copy::CopyTerms;
use futures_util::{Stream, StreamExt as _};
use service_runtime::Refusal;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::certificate::{LONGEST_RECIPIENT, LONGEST_REFERENCE, status, taken, text, write};
use super::consents::{employer, purpose_of};
use crate::command::package_employer_certificates::{
    Absent, Input, MOST_PERSONS, Packaged, Part, Step, Summary, open, pack,
};
use crate::error::BATCH_TOO_LARGE;
use crate::issuing::Issuing;
use crate::store::issuing::document::Format;

const PACKAGE: (&str, &str) = ("PackageEmployerCertificates", "package_employer_certificates");

/// The service's face.
pub(crate) struct PackageRpc {
    pub(crate) issuing: Arc<Issuing>,
}

#[tonic::async_trait]
impl PackageService for PackageRpc {
    type PackageEmployerCertificatesStream =
        Pin<Box<dyn Stream<Item = Result<wire::PackageEmployerCertificatesResponse, Status>> + Send>>;

    async fn package_employer_certificates(
        &self,
        request: Request<wire::PackageEmployerCertificatesRequest>,
    ) -> Result<Response<Self::PackageEmployerCertificatesStream>, Status> {
        let (caller, deadline, request) = taken(request)?;
        if request.persons.len() > MOST_PERSONS {
            return Err(BATCH_TOO_LARGE.refusal().into_status());
        }
        let reference = text(&request.purpose_reference, "purpose_reference", LONGEST_REFERENCE)?;
        let input = Input {
            write: write(&self.issuing, &caller, &request.request_id, &request, PACKAGE)?,
            employer: employer(&request.employer)?.as_uuid(),
            terms: CopyTerms {
                purpose: purpose_of(request.purpose, "purpose")?,
                purpose_reference: reference,
                recipient: text(&request.recipient, "recipient", LONGEST_RECIPIENT)?,
            },
            persons: persons(&request.persons)?,
            formats: formats(&request)?,
            deadline,
        };
        let opened = open(&self.issuing, &input).await.map_err(status)?;
        let parts = pack(Arc::clone(&self.issuing), input, opened);
        let answers = parts.map(|part| {
            let part = Some(encode(part.map_err(status)?));
            Ok(wire::PackageEmployerCertificatesResponse { part })
        });
        Ok(Response::new(Box::pin(answers)))
    }
}

fn persons(names: &[String]) -> Result<Vec<Uuid>, Status> {
    let read = names.iter().map(|name| {
        let person = PersonId::from_resource_name(name).map(PersonId::as_uuid);
        person.map_err(|_| Refusal::invalid("persons", "must be persons/{person}").into_status())
    });
    read.collect()
}

/// Each format once, OFD first; both unless the request names some.
fn formats(request: &wire::PackageEmployerCertificatesRequest) -> Result<Vec<Format>, Status> {
    let asked: Vec<_> = request.formats().collect();
    let packed = |format: &wire::DocumentFormat| {
        matches!(format, wire::DocumentFormat::Ofd | wire::DocumentFormat::Pdf)
    };
    if !asked.iter().all(packed) {
        return Err(Refusal::invalid("formats", "must be OFD or PDF").into_status());
    }
    let wanted = |format: wire::DocumentFormat| asked.is_empty() || asked.contains(&format);
    let known = [
        (wire::DocumentFormat::Ofd, Format::Ofd),
        (wire::DocumentFormat::Pdf, Format::Pdf),
    ];
    let chosen = known.into_iter().filter(|(format, _)| wanted(*format));
    Ok(chosen.map(|(_, format)| format).collect())
}

fn encode(part: Part) -> WirePart {
    let small = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    match part {
        Part::Progress { step, done, total } => WirePart::Progress(wire::PackageProgress {
            step: match step {
                Step::Collecting => wire::package_progress::Step::Collecting.into(),
                Step::Packing => wire::package_progress::Step::Packing.into(),
            },
            done: small(done),
            total: small(total),
        }),
        Part::Chunk(bytes) => WirePart::Chunk(bytes),
        Part::Package(summary) => WirePart::Package(package(summary)),
    }
}

fn package(summary: Summary) -> wire::EmployerPackage {
    wire::EmployerPackage {
        name: format!("packages/{}", summary.package),
        file_name: format!("package-{}.zip", summary.package),
        sha256: hex::encode(summary.sha256),
        copies: summary.copies.into_iter().map(packaged).collect(),
        missing: summary.missing.into_iter().map(missing).collect(),
    }
}

fn packaged(copy: Packaged) -> wire::PackagedCopy {
    wire::PackagedCopy {
        person: format!("persons/{}", copy.person),
        copy: format!("certificates/{}/copies/{}", copy.licence_identifier, copy.copy),
        registration_number: copy.registration_number,
        use_until: Some(copy.use_until.into()),
        by_consent: copy.by_consent,
    }
}

fn missing(absent: Absent) -> wire::MissingMember {
    let text = absent.reason.text();
    let (registration_number, masked_name) = absent
        .known
        .map(|known| (known.registration_number, known.masked_name))
        .unwrap_or_default();
    wire::MissingMember {
        person: format!("persons/{}", absent.person),
        reason: wire::MissingReason::from(absent.reason).into(),
        text: Some(BilingualText {
            zh: text.zh,
            en: text.en,
        }),
        registration_number,
        masked_name,
    }
}
