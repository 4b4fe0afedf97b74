//! Those who set the stage: the operator, the real-name authority, the national administrator.

use api::identity::v1 as identity;
use api::types::v1::DocumentKind;

use super::{Answer, Citizen, Door, request_id};
use crate::people::{Firm, Person};

/// Holds the operator's certificate: names the first administrator.
pub struct Operator {
    /// A door with the certificate `client/operator`.
    pub door: Door,
}

impl Operator {
    /// Makes an account a national administrator.
    pub async fn appoint(&self, account: &str) -> Answer<identity::Grant> {
        let message = identity::GrantRoleRequest {
            request_id: request_id(),
            account: account.to_owned(),
            role: identity::Role::NationalAdministrator.into(),
            authority: String::new(),
        };
        let answer = self.door.access().grant_role(message).await?.into_inner();
        Ok(answer.grant.unwrap_or_default())
    }
}

/// Holds the certificate `client/real-name-authority`.
pub struct RealNameAuthority {
    /// Its door.
    pub door: Door,
}

impl RealNameAuthority {
    /// Records that these people carry their documents.
    pub async fn record(&self, people: &[&Person]) -> Answer<u32> {
        let real_names = people
            .iter()
            .map(|person| identity::RealName {
                full_name: person.full_name.clone(),
                document_kind: DocumentKind::CitizenIdentityCard.into(),
                document_number: person.document_number.clone(),
                ..Default::default()
            })
            .collect();
        let message = identity::ImportRealNamesRequest {
            request_id: request_id(),
            real_names,
        };
        Ok(self
            .door
            .accounts()
            .import_real_names(message)
            .await?
            .into_inner()
            .imported)
    }
}

/// A national administrator.
pub struct Administrator {
    /// The account.
    pub citizen: Citizen,
}

impl Administrator {
    /// Grants the role of an officer of an authority (`provinces/32`, `ministries/water-resources` …).
    pub async fn appoint_officer(&mut self, account: &str, authority: &str) -> Answer<identity::Grant> {
        self.appoint(account, identity::Role::Officer, authority).await
    }

    /// Grants any role of an authority.
    pub async fn appoint(
        &mut self,
        account: &str,
        role: identity::Role,
        authority: &str,
    ) -> Answer<identity::Grant> {
        self.citizen.ensure_step_up().await?;
        let message = identity::GrantRoleRequest {
            request_id: request_id(),
            account: account.to_owned(),
            role: role.into(),
            authority: authority.to_owned(),
        };
        let answer = self
            .citizen
            .door
            .access()
            .grant_role(self.citizen.request(message))
            .await?
            .into_inner();
        Ok(answer.grant.unwrap_or_default())
    }

    /// Registers a construction firm and invites its registrar; returns the employer and the invitation code.
    pub async fn register_employer(&self, firm: &Firm) -> Answer<(identity::Employer, String)> {
        let message = identity::RegisterEmployerRequest {
            request_id: request_id(),
            title: firm.title.clone(),
            credit_code: firm.credit_code.clone(),
            province: firm.province.clone(),
            qualifications: vec![identity::EmployerQualification::Construction.into()],
        };
        let mut employers = self.citizen.door.employers();
        let employer = employers
            .register_employer(self.citizen.request(message))
            .await?
            .into_inner()
            .employer;
        let employer = employer.unwrap_or_default();
        let message = identity::InviteRegistrarRequest {
            request_id: request_id(),
            employer: employer.name.clone(),
        };
        let invitation = employers
            .invite_registrar(self.citizen.request(message))
            .await?
            .into_inner();
        Ok((employer, invitation.invitation_code))
    }

    /// Registers a backend client by the NAME of its certificate.
    pub async fn register_client(
        &self,
        client_id: &str,
        title: &str,
        scopes: &[&str],
    ) -> Answer<identity::Client> {
        let message = identity::RegisterClientRequest {
            request_id: request_id(),
            client_id: client_id.to_owned(),
            title: title.to_owned(),
            scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
        };
        let answer = self
            .citizen
            .door
            .access()
            .register_client(self.citizen.request(message))
            .await?
            .into_inner();
        Ok(answer.client.unwrap_or_default())
    }
}
