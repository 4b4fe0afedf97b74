//! The registrar (注册经办人) of an employer.

use api::identity::v1 as identity;
use api::registration::v1 as registration;
use api::types::v1::Date;

use super::{Answer, Citizen, request_id};

/// Acts for one employer.
pub struct Registrar {
    /// The account.
    pub citizen: Citizen,
    /// The employer it acts for.
    pub employer: identity::Employer,
}

impl Registrar {
    /// Accepts the invitation; signs in again so that the token names the employer.
    pub async fn join(
        mut citizen: Citizen,
        employer: identity::Employer,
        invitation_code: String,
    ) -> Answer<Self> {
        let message = identity::AcceptInvitationRequest {
            request_id: request_id(),
            invitation_code,
        };
        citizen
            .door
            .employers()
            .accept_invitation(citizen.request(message))
            .await?;
        citizen.sign_in().await?;
        Ok(Self { citizen, employer })
    }

    /// Confirms that the applicant is employed here.
    pub async fn confirm_employment(&self, application: &str) -> Answer<registration::Application> {
        let message = registration::ConfirmEmploymentRequest {
            request_id: request_id(),
            name: application.to_owned(),
            confirmed: true,
            reason: String::new(),
        };
        let mut applications = self.citizen.door.applications(province_of(application));
        let answer = applications
            .confirm_employment(self.citizen.request(message))
            .await?
            .into_inner();
        Ok(answer.application.unwrap_or_default())
    }

    /// Refuses to confirm, and says why.
    pub async fn reject_employment(
        &self,
        application: &str,
        reason: &str,
    ) -> Answer<registration::Application> {
        let message = registration::ConfirmEmploymentRequest {
            request_id: request_id(),
            name: application.to_owned(),
            confirmed: false,
            reason: reason.to_owned(),
        };
        let mut applications = self.citizen.door.applications(province_of(application));
        let answer = applications
            .confirm_employment(self.citizen.request(message))
            .await?
            .into_inner();
        Ok(answer.application.unwrap_or_default())
    }

    /// Confirms, as the previous employer, that the employment ended.
    pub async fn confirm_termination(
        &self,
        application: &str,
        ended_on: Date,
    ) -> Answer<registration::Application> {
        let message = registration::ConfirmTerminationRequest {
            request_id: request_id(),
            name: application.to_owned(),
            ended_on: Some(ended_on),
        };
        let mut applications = self.citizen.door.applications(province_of(application));
        let answer = applications
            .confirm_termination(self.citizen.request(message))
            .await?
            .into_inner();
        Ok(answer.application.unwrap_or_default())
    }
}

/// The province of `provinces/{province}/…`.
pub(crate) fn province_of(name: &str) -> &str {
    name.split('/').nth(1).unwrap_or_default()
}
