//! What officers do about facts, and with a file that a fact stands against.

use api::registration::v1 as registration;
use bytes::Bytes;

use super::holder::sm3_hex;
use super::registrar::province_of;
use super::{Answer, Officer, request_id};

/// Whom a fact is about.
pub use registration::record_fact_request::Subject as FactSubject;

/// A paper to rest a fact on.
fn paper() -> registration::EvidencePaper {
    let content = "%PDF-1.7 决定书".as_bytes();
    registration::EvidencePaper {
        media_type: "application/pdf".to_owned(),
        content: Bytes::from_static(content),
        digest: sm3_hex(content),
    }
}

fn said(statement: registration::fact_statement::Statement) -> Option<registration::FactStatement> {
    Some(registration::FactStatement {
        statement: Some(statement),
    })
}

impl Officer {
    /// Proposes a fact in a province's system.
    pub async fn record_fact(
        &self,
        province: &str,
        subject: FactSubject,
        statement: registration::fact_statement::Statement,
    ) -> Answer<registration::Fact> {
        let message = registration::RecordFactRequest {
            request_id: request_id(),
            subject: Some(subject),
            statement: said(statement),
            source: registration::FactSource::HousingAuthority.into(),
            reference: "苏建决字〔2023〕1号".to_owned(),
            evidence: Some(paper()),
        };
        let mut client = self.citizen.door.facts(province);
        let answer = client
            .record_fact(self.citizen.request(message))
            .await?
            .into_inner();
        Ok(answer.fact.unwrap_or_default())
    }

    /// Proposes that a fact was never so.
    pub async fn retract_fact(&self, name: &str) -> Answer<registration::Fact> {
        let message = registration::CorrectFactRequest {
            request_id: request_id(),
            name: name.to_owned(),
            statement: said(registration::fact_statement::Statement::NotSo(
                registration::NotSo {},
            )),
            source: registration::FactSource::Court.into(),
            reference: "（2023）苏行终1号".to_owned(),
            evidence: Some(paper()),
        };
        let mut client = self.citizen.door.facts(province_of(name));
        let answer = client
            .correct_fact(self.citizen.request(message))
            .await?
            .into_inner();
        Ok(answer.fact.unwrap_or_default())
    }

    /// Confirms a proposed fact.
    pub async fn confirm_fact(&self, name: &str) -> Answer<registration::FactOutcome> {
        let message = registration::ConfirmFactsRequest {
            request_id: request_id(),
            names: vec![name.to_owned()],
            confirmed: true,
            grounds: String::new(),
        };
        let mut client = self.citizen.door.facts(province_of(name));
        let answer = client
            .confirm_facts(self.citizen.request(message))
            .await?
            .into_inner();
        Ok(answer.outcomes.into_iter().next().unwrap_or_default())
    }

    /// 退回复核
    pub async fn return_for_review(&self, name: &str) -> Answer<registration::Application> {
        let message = registration::ReturnForReviewRequest {
            request_id: request_id(),
            name: name.to_owned(),
            etag: String::new(),
        };
        let mut client = self.citizen.door.reviews(province_of(name));
        let answer = client
            .return_for_review(self.citizen.request(message))
            .await?
            .into_inner();
        Ok(answer.application.unwrap_or_default())
    }

    /// 不予注册, on the rules that fail.
    pub async fn refuse(&self, name: &str) -> Answer<registration::Application> {
        let message = registration::DecideApplicationRequest {
            request_id: request_id(),
            name: name.to_owned(),
            etag: String::new(),
            granted: false,
            grounds: String::new(),
        };
        let mut client = self.citizen.door.reviews(province_of(name));
        let answer = client
            .decide_application(self.citizen.request(message))
            .await?
            .into_inner();
        Ok(answer.application.unwrap_or_default())
    }
}
