//! A case (案件) from the complaint to the decision, and what a court's document reopens.

use api::registration::v1 as registration;
use api::types::v1::{CorrectedFact, Position};

use super::registrar::province_of;
use super::{Answer, Citizen, Holder, Officer, request_id, sm3_hex};

/// A paper that shows something: a PDF.
pub fn paper(content: &[u8]) -> registration::EvidencePaper {
    registration::EvidencePaper {
        media_type: "application/pdf".to_owned(),
        content: content.to_vec().into(),
        digest: sm3_hex(content),
    }
}

/// Sends a verb about one case and returns the case.
macro_rules! case_verb {
    ($self:ident, $method:ident, $message:expr) => {{
        let message = $message;
        let mut client = $self.citizen.door.cases(province_of(&message.name));
        let answer = client.$method($self.citizen.request(message)).await?;
        Ok(answer.into_inner().case.unwrap_or_default())
    }};
}

impl Officer {
    /// 领办 of a case.
    pub async fn claim_case(&self, name: &str) -> Answer<registration::Case> {
        let message = registration::ClaimCaseRequest {
            request_id: request_id(),
            name: name.to_owned(),
        };
        case_verb!(self, claim_case, message)
    }

    /// What the complainant wrote and who it is.
    pub async fn read_complaint(&self, name: &str) -> Answer<registration::ReadComplaintResponse> {
        let message = registration::ReadComplaintRequest {
            name: name.to_owned(),
        };
        let mut client = self.citizen.door.cases(province_of(name));
        let answer = client.read_complaint(self.citizen.request(message)).await?;
        Ok(answer.into_inner())
    }

    /// Tells the holder what is held against them.
    pub async fn hear_holder(&self, name: &str, held_against: &str) -> Answer<registration::Case> {
        let message = registration::HearHolderRequest {
            request_id: request_id(),
            name: name.to_owned(),
            held_against: held_against.to_owned(),
            working_days: 5,
        };
        case_verb!(self, hear_holder, message)
    }

    /// Proposes that the register was wrong about these facts from its beginning.
    pub async fn propose_correction(
        &self,
        name: &str,
        grounds: &str,
        facts: &[CorrectedFact],
    ) -> Answer<registration::Case> {
        let message = registration::ProposeDecisionRequest {
            request_id: request_id(),
            name: name.to_owned(),
            outcome: registration::CaseOutcome::Correct.into(),
            grounds: grounds.to_owned(),
            facts: facts.iter().map(|fact| (*fact).into()).collect(),
        };
        case_verb!(self, propose_decision, message)
    }

    /// Proposes that the registration be revoked (撤销).
    pub async fn propose_revocation(&self, name: &str, grounds: &str) -> Answer<registration::Case> {
        let message = registration::ProposeDecisionRequest {
            request_id: request_id(),
            name: name.to_owned(),
            outcome: registration::CaseOutcome::Revoke.into(),
            grounds: grounds.to_owned(),
            facts: Vec::new(),
        };
        case_verb!(self, propose_decision, message)
    }

    /// Decides as another officer proposed.
    pub async fn decide_case(&self, name: &str) -> Answer<registration::Case> {
        let message = registration::DecideCaseRequest {
            request_id: request_id(),
            name: name.to_owned(),
            agreed: true,
        };
        case_verb!(self, decide_case, message)
    }

    /// 更正公告: proposes to correct a row of an announcement; returns the name of the proposal.
    pub async fn correct_announcement(
        &self,
        announcement: &str,
        row: registration::RowCorrection,
    ) -> Answer<String> {
        let message = registration::CorrectAnnouncementRequest {
            request_id: request_id(),
            announcement: announcement.to_owned(),
            rows: vec![row],
            grounds: "经核查，原公告有误".to_owned(),
        };
        let mut client = self
            .citizen
            .door
            .announcement_corrections(province_of(announcement));
        let answer = client.correct_announcement(self.citizen.request(message)).await?;
        Ok(answer.into_inner().correction.unwrap_or_default().name)
    }

    /// Publishes a correction of an announcement that another officer proposed.
    pub async fn publish_correction(&self, name: &str) -> Answer<registration::PublishCorrectionResponse> {
        let message = registration::PublishCorrectionRequest {
            request_id: request_id(),
            name: name.to_owned(),
        };
        let mut client = self.citizen.door.announcement_corrections(province_of(name));
        let answer = client.publish_correction(self.citizen.request(message)).await?;
        Ok(answer.into_inner())
    }

    /// Restores the wrongly cancelled registration of a person, on a court's document; returns where the nation is told.
    pub async fn restore(
        &self,
        province: &str,
        person: &str,
        document_number: &str,
        document: &[u8],
    ) -> Answer<Option<Position>> {
        let message = registration::ReopenCaseRequest {
            request_id: request_id(),
            subject: Some(registration::reopen_case_request::Subject::Person(
                person.to_owned(),
            )),
            document_number: document_number.to_owned(),
            evidence: Some(paper(document)),
        };
        let mut client = self.citizen.door.cases(province);
        let answer = client.reopen_case(self.citizen.request(message)).await?;
        Ok(answer.into_inner().position)
    }
}

impl Holder {
    /// The case, once the holder was told of it.
    pub async fn case(&self, name: &str) -> Answer<registration::Case> {
        let message = registration::GetCaseRequest {
            name: name.to_owned(),
        };
        case_verb!(self, get_case, message)
    }

    /// 陈述申辩
    pub async fn state_view(&self, name: &str, statement: &str) -> Answer<registration::Case> {
        let message = registration::StateViewRequest {
            request_id: request_id(),
            name: name.to_owned(),
            statement: statement.to_owned(),
        };
        case_verb!(self, state_view, message)
    }
}

impl Citizen {
    /// 投诉 about a registration that stands, without signing in; returns the case's name.
    pub async fn complain(
        &self,
        province: &str,
        registration_number: &str,
        complainant: &str,
        statement: &str,
    ) -> Answer<String> {
        let message = registration::OpenCaseRequest {
            request_id: request_id(),
            registration_number: registration_number.to_owned(),
            statement: statement.to_owned(),
            complainant: complainant.to_owned(),
            contact: "13900001111".to_owned(),
            evidence: vec![paper("%PDF-1.7 社保记录".as_bytes())],
        };
        let answer = self.door.cases(province).open_case(message).await?;
        Ok(answer.into_inner().name)
    }

    /// 异议 against an application in publicity, without signing in; returns the objection's name.
    pub async fn object(&self, application: &str, objector: &str, statement: &str) -> Answer<String> {
        let message = registration::RaiseObjectionRequest {
            request_id: request_id(),
            application: application.to_owned(),
            statement: statement.to_owned(),
            contact: "13800000000".to_owned(),
            objector: objector.to_owned(),
            evidence: vec![paper("%PDF-1.7 证据".as_bytes())],
        };
        let mut client = self.door.announcements(province_of(application));
        Ok(client.raise_objection(message).await?.into_inner().name)
    }
}
