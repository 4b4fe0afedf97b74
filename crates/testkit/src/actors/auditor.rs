//! An auditor (审计人员) and the help desk (咨询服务人员): each may do one thing.

use api::audit::v1 as audit;
use api::audit::v1::audit_service_client::AuditServiceClient;
use api::registration::v1 as registration;
use api::types::v1::DocumentKind;
use service_runtime::tls::PeerChannel;

use super::{Answer, Citizen, Door};

/// An auditor, signed in after the grant.
pub struct Auditor {
    /// The account.
    pub citizen: Citizen,
}

/// Whose audit.
#[derive(Debug, Clone, Copy)]
pub enum Audited<'a> {
    /// `registration` of a province.
    Province(&'a str),
    /// `identity`.
    Identity,
    /// `issuance`.
    Issuance,
    /// `seal`, relayed by `issuance`.
    Seal,
}

impl Audited<'_> {
    fn client(self, door: &Door) -> AuditServiceClient<PeerChannel> {
        AuditServiceClient::new(match self {
            Self::Province(code) => door.province(code),
            Self::Identity => door.identity.clone(),
            Self::Issuance | Self::Seal => door.issuance.clone(),
        })
    }

    fn service(self) -> String {
        match self {
            Self::Seal => "nation/seal".to_owned(),
            Self::Province(_) | Self::Identity | Self::Issuance => String::new(),
        }
    }
}

impl Auditor {
    /// Has a whole audit checked.
    pub async fn verify(&self, whose: Audited<'_>) -> Answer<audit::VerifiedAudit> {
        let message = audit::VerifyAuditRequest {
            service: whose.service(),
            ..Default::default()
        };
        let mut client = whose.client(&self.citizen.door);
        let mut told = client
            .verify_audit(self.citizen.request(message))
            .await?
            .into_inner();
        let mut found = None;
        while let Some(answer) = told.message().await? {
            found = answer.done.or(found);
        }
        found.ok_or_else(|| tonic::Status::internal("the walk ended without a finding"))
    }

    /// Takes the records of one verb away, or all of them, as a file.
    pub async fn export(&self, whose: Audited<'_>, verb: &str) -> Answer<Vec<u8>> {
        let message = audit::ExportAuditRequest {
            verb: verb.to_owned(),
            service: whose.service(),
            ..Default::default()
        };
        let mut client = whose.client(&self.citizen.door);
        let mut told = client
            .export_audit(self.citizen.request(message))
            .await?
            .into_inner();
        let mut file = Vec::new();
        while let Some(answer) = told.message().await? {
            file.extend_from_slice(&answer.lines);
        }
        Ok(file)
    }
}

/// Somebody of the help desk, signed in after the grant.
pub struct HelpDesk {
    /// The account.
    pub citizen: Citizen,
}

impl HelpDesk {
    /// Asks where the certificate of a caller stands, by what the caller says.
    pub async fn ask(
        &self,
        province: &str,
        full_name: &str,
        document_number: &str,
    ) -> Answer<registration::ExplainAvailabilityResponse> {
        let message = registration::ExplainAvailabilityRequest {
            person: String::new(),
            typed: Some(registration::TypedDocument {
                full_name: full_name.to_owned(),
                document_kind: DocumentKind::CitizenIdentityCard.into(),
                document_number: document_number.to_owned(),
            }),
        };
        let mut client = self.citizen.door.registrations(province);
        Ok(client
            .explain_availability(self.citizen.request(message))
            .await?
            .into_inner())
    }
}
