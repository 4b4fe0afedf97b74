//! What holders and employers do with use copies (加注件): consents, requests, packages.

use api::issuance::v1 as issuance;
use api::types::v1::Date;
use issuance::package_employer_certificates_response::Part;

use super::{Answer, Holder, Registrar, request_id};

/// A package as an employer gets it.
#[derive(Debug, Default)]
pub struct Package {
    /// The ZIP file.
    pub file: Vec<u8>,
    /// What it holds and lacks.
    pub content: issuance::EmployerPackage,
    /// Messages of progress.
    pub progress: Vec<issuance::PackageProgress>,
}

impl Package {
    /// The copy of a person, if it is there.
    pub fn copy(&self, person: &str) -> Option<&issuance::PackagedCopy> {
        self.content.copies.iter().find(|copy| copy.person == person)
    }

    /// Why a person's copy is missing, if it is.
    pub fn missing(&self, person: &str) -> Option<issuance::MissingReason> {
        let found = self
            .content
            .missing
            .iter()
            .find(|missing| missing.person == person);
        found.map(issuance::MissingMember::reason)
    }
}

impl Holder {
    /// Lets an employer have copies for tenders made, until a day; proves the second factor first.
    pub async fn consent_to_tenders(
        &mut self,
        employer: &str,
        ends_on: Date,
    ) -> Answer<issuance::StandingConsent> {
        self.citizen.ensure_step_up().await?;
        let message = issuance::GrantStandingConsentRequest {
            request_id: request_id(),
            employer: employer.to_owned(),
            purposes: vec![issuance::Purpose::Tender.into()],
            ends_on: Some(ends_on),
        };
        let mut client = self.citizen.door.consents();
        let answer = client
            .grant_standing_consent(self.citizen.request(message))
            .await?;
        Ok(answer.into_inner().consent.unwrap_or_default())
    }

    /// The holder's consents, ended ones too, the newest first.
    pub async fn consents(&self) -> Answer<Vec<issuance::StandingConsent>> {
        let message = issuance::ListStandingConsentsRequest::default();
        let mut client = self.citizen.door.consents();
        let answer = client
            .list_standing_consents(self.citizen.request(message))
            .await?;
        Ok(answer.into_inner().consents)
    }

    /// What employers have asked for, the newest first.
    pub async fn copy_requests(&self) -> Answer<Vec<issuance::CopyRequest>> {
        let message = issuance::ListCopyRequestsRequest::default();
        let mut client = self.citizen.door.consents();
        let answer = client.list_copy_requests(self.citizen.request(message)).await?;
        Ok(answer.into_inner().requests)
    }

    /// Gives an employer the copy it asked for; proves the second factor first.
    pub async fn approve_copy_request(&mut self, name: &str) -> Answer<issuance::UseCopy> {
        self.citizen.ensure_step_up().await?;
        let message = issuance::ApproveCopyRequestRequest {
            request_id: request_id(),
            name: name.to_owned(),
        };
        let mut client = self.citizen.door.consents();
        let answer = client.approve_copy_request(self.citizen.request(message)).await?;
        Ok(answer.into_inner().copy.unwrap_or_default())
    }

    /// Revokes one copy, with a reason.
    pub async fn revoke_use_copy(&self, name: &str, reason: &str) -> Answer<issuance::RevokeUseCopyResponse> {
        let message = issuance::RevokeUseCopyRequest {
            request_id: request_id(),
            name: name.to_owned(),
            reason: reason.to_owned(),
        };
        let mut client = self.citizen.door.certificates();
        let answer = client.revoke_use_copy(self.citizen.request(message)).await?;
        Ok(answer.into_inner())
    }

    /// The copies of a certificate, the newest first.
    pub async fn use_copies(&self, certificate: &str) -> Answer<Vec<issuance::UseCopy>> {
        let message = issuance::ListUseCopiesRequest {
            certificate: certificate.to_owned(),
            ..Default::default()
        };
        let mut client = self.citizen.door.certificates();
        let answer = client.list_use_copies(self.citizen.request(message)).await?;
        Ok(answer.into_inner().copies)
    }
}

impl Registrar {
    /// Packs the copies of everybody registered here, or of these, for a tender; proves the second factor first.
    pub async fn package_for_tender(
        &mut self,
        reference: &str,
        recipient: &str,
        persons: &[&str],
    ) -> Answer<Package> {
        self.citizen.ensure_step_up().await?;
        let message = issuance::PackageEmployerCertificatesRequest {
            request_id: request_id(),
            employer: self.employer.name.clone(),
            purpose: issuance::Purpose::Tender.into(),
            purpose_reference: reference.to_owned(),
            recipient: recipient.to_owned(),
            persons: persons.iter().map(|person| (*person).to_owned()).collect(),
            formats: Vec::new(),
        };
        self.package(message).await
    }

    /// Packs what a request of the caller's own making asks for.
    pub async fn package(&self, message: issuance::PackageEmployerCertificatesRequest) -> Answer<Package> {
        let mut client = self.citizen.door.packages();
        let answer = client
            .package_employer_certificates(self.citizen.request(message))
            .await?;
        let (mut stream, mut package) = (answer.into_inner(), Package::default());
        while let Some(message) = stream.message().await? {
            match message.part {
                Some(Part::Progress(progress)) => package.progress.push(progress),
                Some(Part::Chunk(chunk)) => package.file.extend_from_slice(&chunk),
                Some(Part::Package(content)) => package.content = content,
                None => {}
            }
        }
        Ok(package)
    }
}
