//! An officer of an authority, at work in one province's system.

use api::registration::v1 as registration;
use api::types::v1::{DocumentKind, Specialty};

use super::registrar::province_of;
use super::{Answer, Citizen, request_id};
use crate::people::Person;

/// An officer; which acts are allowed depends on the authority of the grant.
pub struct Officer {
    /// The account, signed in after the grant.
    pub citizen: Citizen,
}

/// One qualification certificate to be put on record.
pub struct QualificationRecord<'a> {
    /// Whose it is.
    pub person: &'a Person,
    /// 资格证书管理号
    pub number: &'a str,
    /// Its specialty.
    pub specialty: Specialty,
    /// Issue date.
    pub issued_on: api::types::v1::Date,
}

/// Sends a verb about one application and returns the application.
macro_rules! verb {
    ($self:ident, $client:ident . $method:ident, $name:expr, $message:expr, $field:ident) => {{
        let message = $message;
        let mut client = $self.citizen.door.$client(province_of($name));
        let answer = client.$method($self.citizen.request(message)).await?.into_inner();
        Ok(answer.$field.unwrap_or_default())
    }};
}

impl Officer {
    /// Puts a qualification on record.
    pub async fn import_qualification(
        &self,
        province: &str,
        record: &QualificationRecord<'_>,
    ) -> Answer<u32> {
        let row = registration::QualificationRow {
            full_name: record.person.full_name.clone(),
            document_kind: DocumentKind::CitizenIdentityCard.into(),
            document_number: record.person.document_number.clone(),
            qualification_number: record.number.to_owned(),
            specialty: record.specialty.into(),
            issued_on: Some(record.issued_on),
        };
        let message = registration::ImportQualificationsRequest {
            request_id: request_id(),
            rows: vec![row],
        };
        let mut client = self.citizen.door.qualifications(province);
        let answer = client
            .import_qualifications(self.citizen.request(message))
            .await?
            .into_inner();
        match answer.faults.first() {
            Some(fault) => Err(tonic::Status::invalid_argument(fault.reason.clone())),
            None => Ok(answer.imported),
        }
    }

    /// 受理
    pub async fn accept(&self, name: &str) -> Answer<registration::Application> {
        let message = registration::AcceptApplicationRequest {
            request_id: request_id(),
            name: name.to_owned(),
            etag: String::new(),
        };
        verb!(self, reviews.accept_application, name, message, application)
    }

    /// 一次性告知
    pub async fn request_correction(
        &self,
        name: &str,
        corrections: &[&str],
    ) -> Answer<registration::Application> {
        let message = registration::RequestCorrectionRequest {
            request_id: request_id(),
            name: name.to_owned(),
            etag: String::new(),
            corrections: corrections.iter().map(|text| (*text).to_owned()).collect(),
        };
        verb!(self, reviews.request_correction, name, message, application)
    }

    /// 初审, favourable.
    pub async fn review(&self, name: &str) -> Answer<registration::Application> {
        let message = registration::RecordReviewRequest {
            request_id: request_id(),
            name: name.to_owned(),
            etag: String::new(),
            opinion: registration::Opinion::Favourable.into(),
            grounds: "材料属实，符合注册条件".to_owned(),
            template: None,
        };
        verb!(self, reviews.record_review, name, message, application)
    }

    /// Sends the file to the joint reviewers.
    pub async fn request_joint_review(&self, name: &str) -> Answer<registration::Application> {
        let message = registration::RequestJointReviewRequest {
            request_id: request_id(),
            name: name.to_owned(),
            etag: String::new(),
        };
        verb!(self, reviews.request_joint_review, name, message, application)
    }

    /// 会审, favourable, for one specialty.
    pub async fn joint_review(&self, name: &str, specialty: Specialty) -> Answer<registration::Application> {
        let message = registration::RecordJointReviewRequest {
            request_id: request_id(),
            name: name.to_owned(),
            etag: String::new(),
            specialty: specialty.into(),
            opinion: registration::Opinion::Favourable.into(),
            grounds: "同意".to_owned(),
        };
        verb!(self, reviews.record_joint_review, name, message, application)
    }

    /// 审批, granted.
    pub async fn grant(&self, name: &str) -> Answer<registration::Application> {
        let message = registration::DecideApplicationRequest {
            request_id: request_id(),
            name: name.to_owned(),
            etag: String::new(),
            granted: true,
            grounds: String::new(),
        };
        verb!(self, reviews.decide_application, name, message, application)
    }

    /// The application as an officer sees it.
    pub async fn application(&self, name: &str) -> Answer<registration::Application> {
        let message = registration::GetApplicationRequest {
            name: name.to_owned(),
        };
        verb!(self, applications.get_application, name, message, application)
    }

    /// 公示
    pub async fn open_publicity(&self, application: &str) -> Answer<registration::Publicity> {
        self.open_publicity_of(&[application]).await
    }

    /// 公示 of several applications of one province.
    pub async fn open_publicity_of(&self, applications: &[&str]) -> Answer<registration::Publicity> {
        let message = registration::OpenPublicityRequest {
            request_id: request_id(),
            applications: applications.iter().map(|name| (*name).to_owned()).collect(),
        };
        let first = applications.first().copied().unwrap_or_default();
        verb!(self, announcements.open_publicity, first, message, publicity)
    }

    /// Closes a publicity; returns what the nation cleared.
    pub async fn close_publicity(&self, publicity: &str) -> Answer<Vec<registration::ClearanceOutcome>> {
        let message = registration::ClosePublicityRequest {
            request_id: request_id(),
            name: publicity.to_owned(),
        };
        let mut client = self.citizen.door.announcements(province_of(publicity));
        Ok(client
            .close_publicity(self.citizen.request(message))
            .await?
            .into_inner()
            .outcomes)
    }

    /// 公告; returns the announcement and its position in the province's outbox.
    pub async fn publish(&self, application: &str) -> Answer<registration::PublishAnnouncementResponse> {
        let message = registration::PublishAnnouncementRequest {
            request_id: request_id(),
            applications: vec![application.to_owned()],
        };
        let mut client = self.citizen.door.announcements(province_of(application));
        Ok(client
            .publish_announcement(self.citizen.request(message))
            .await?
            .into_inner())
    }
}
