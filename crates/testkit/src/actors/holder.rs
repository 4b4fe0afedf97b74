//! A constructor (建造师): applies, downloads, makes use copies.

use api::issuance::v1 as issuance;
use api::registration::v1 as registration;
use api::types::v1::{ApplicationType, Date, Position, Specialty};
use bytes::Bytes;
use tokio_stream::StreamExt as _;

use super::registrar::province_of;
use super::{Answer, Citizen, request_id};
use crate::tokens::bearer;

/// Size of one chunk of an uploaded material.
const CHUNK: usize = 64 * 1024;

/// What an application is about.
pub struct Draft<'a> {
    /// Its type.
    pub kind: ApplicationType,
    /// Specialties asked for.
    pub specialties: &'a [Specialty],
    /// `employers/{employer}`
    pub employer: &'a str,
    /// First day of the labour contract.
    pub contract_from: Date,
}

/// A person with certificates.
#[derive(Clone)]
pub struct Holder {
    /// The account.
    pub citizen: Citizen,
    /// The province where the person applies.
    pub province: String,
}

impl Holder {
    /// Opens a draft.
    pub async fn draft(&self, draft: &Draft<'_>) -> Answer<registration::Application> {
        self.draft_saying(draft, None).await
    }

    /// Opens a draft of a type that says more (注销、更正、补办).
    pub async fn draft_saying(
        &self,
        draft: &Draft<'_>,
        details: Option<registration::create_application_request::Details>,
    ) -> Answer<registration::Application> {
        let message = registration::CreateApplicationRequest {
            request_id: request_id(),
            r#type: draft.kind.into(),
            specialties: draft
                .specialties
                .iter()
                .map(|specialty| (*specialty).into())
                .collect(),
            employer: draft.employer.to_owned(),
            contract_from: Some(draft.contract_from),
            contract_to: None,
            termination: registration::TerminationEvidence::Unspecified.into(),
            details,
        };
        let mut client = self.citizen.door.applications(&self.province);
        let answer = client
            .create_application(self.citizen.request(message))
            .await?
            .into_inner();
        Ok(answer.application.unwrap_or_default())
    }

    /// Attaches one material.
    pub async fn attach(
        &self,
        application: &str,
        kind: registration::MaterialKind,
        media_type: &str,
        content: &[u8],
    ) -> Answer<registration::Material> {
        let header = registration::MaterialHeader {
            request_id: request_id(),
            application: application.to_owned(),
            kind: kind.into(),
            media_type: media_type.to_owned(),
            digest: sm3_hex(content),
            ..Default::default()
        };
        self.upload(header, content).await
    }

    /// Attaches one material under a header of the caller's own making.
    pub async fn upload(
        &self,
        header: registration::MaterialHeader,
        content: &[u8],
    ) -> Answer<registration::Material> {
        let province = province_of(&header.application).to_owned();
        let mut parts = vec![registration::attach_material_request::Part::Header(header)];
        let chunks = content.chunks(CHUNK).map(Bytes::copy_from_slice);
        parts.extend(chunks.map(registration::attach_material_request::Part::Chunk));
        let parts = parts
            .into_iter()
            .map(|part| registration::AttachMaterialRequest { part: Some(part) });
        let request = bearer(tokio_stream::iter(parts), self.citizen.token());
        let mut client = self.citizen.door.applications(&province);
        Ok(client
            .attach_material(request)
            .await?
            .into_inner()
            .material
            .unwrap_or_default())
    }

    /// Hands the draft to the employer, with the commitment (承诺).
    pub async fn request_employment(&self, name: &str) -> Answer<registration::Application> {
        let message = registration::RequestEmploymentRequest {
            request_id: request_id(),
            name: name.to_owned(),
            commitment: true,
        };
        let mut client = self.citizen.door.applications(province_of(name));
        let answer = client
            .request_employment(self.citizen.request(message))
            .await?
            .into_inner();
        Ok(answer.application.unwrap_or_default())
    }

    /// Submits with the commitment (承诺).
    pub async fn submit(&self, name: &str) -> Answer<registration::Application> {
        let message = registration::SubmitApplicationRequest {
            request_id: request_id(),
            name: name.to_owned(),
            commitment: true,
        };
        let mut client = self.citizen.door.applications(province_of(name));
        let answer = client
            .submit_application(self.citizen.request(message))
            .await?
            .into_inner();
        Ok(answer.application.unwrap_or_default())
    }

    /// Where the application stands.
    pub async fn application(&self, name: &str) -> Answer<registration::Application> {
        let message = registration::GetApplicationRequest {
            name: name.to_owned(),
        };
        let mut client = self.citizen.door.applications(province_of(name));
        let answer = client
            .get_application(self.citizen.request(message))
            .await?
            .into_inner();
        Ok(answer.application.unwrap_or_default())
    }

    /// Why there is, or is not yet, a certificate.
    pub async fn explain(&self) -> Answer<registration::ExplainAvailabilityResponse> {
        let message = registration::ExplainAvailabilityRequest {
            person: "persons/me".to_owned(),
            typed: None,
        };
        let mut client = self.citizen.door.registrations(&self.province);
        Ok(client
            .explain_availability(self.citizen.request(message))
            .await?
            .into_inner())
    }

    /// The person's certificates, newest version first, as of a position.
    pub async fn certificates(&self, min_position: Option<Position>) -> Answer<Vec<issuance::Certificate>> {
        let message = issuance::ListMyCertificatesRequest {
            min_position,
            ..Default::default()
        };
        let mut client = self.citizen.door.certificates();
        Ok(client
            .list_my_certificates(self.citizen.request(message))
            .await?
            .into_inner()
            .certificates)
    }

    /// Makes a use copy; proves the second factor first.
    pub async fn create_use_copy(
        &mut self,
        certificate: &str,
        purpose: issuance::Purpose,
        reference: &str,
        recipient: &str,
    ) -> Answer<issuance::CreateUseCopyResponse> {
        self.citizen.ensure_step_up().await?;
        let message = issuance::CreateUseCopyRequest {
            request_id: request_id(),
            certificate: certificate.to_owned(),
            purpose: purpose.into(),
            purpose_reference: reference.to_owned(),
            recipient: recipient.to_owned(),
        };
        let mut client = self.citizen.door.certificates();
        Ok(client
            .create_use_copy(self.citizen.request(message))
            .await?
            .into_inner())
    }

    /// Downloads an original or a copy; proves the second factor first.
    pub async fn download(
        &mut self,
        name: &str,
        format: issuance::DocumentFormat,
    ) -> Answer<(String, Vec<u8>)> {
        self.citizen.ensure_step_up().await?;
        let message = issuance::DownloadDocumentRequest {
            name: name.to_owned(),
            format: format.into(),
        };
        let mut client = self.citizen.door.certificates();
        let mut stream = client
            .download_document(self.citizen.request(message))
            .await?
            .into_inner();
        let (mut file_name, mut content) = (String::new(), Vec::new());
        while let Some(part) = stream.next().await {
            let part = part?;
            if !part.file_name.is_empty() {
                file_name = part.file_name;
            }
            content.extend_from_slice(&part.chunk);
        }
        Ok((file_name, content))
    }
}

/// Hexadecimal SM3, as the header of an upload announces it.
pub fn sm3_hex(content: &[u8]) -> String {
    use sm3::Digest as _;
    sm3::Sm3::digest(content)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
