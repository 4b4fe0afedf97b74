//! `registration.v1.FactService`

use std::pin::Pin;

use api::convert::{Malformed, read_term};
use api::registration::v1 as wire;
use api::registration::v1::fact_service_server::FactService;
use api::types;
use bytes::Bytes;
use domain::check::ExternalCheck;
use domain::document_number::DocumentKind;
use domain::fact::{FactSource, Subject};
use domain::ids::FactId;
use service_runtime::{Caller, Refusal, Scope, page};
use tokio_stream::Stream;
use tonic::{Request, Response, Status};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::statement::{fact, outcome, read_statement, shown_check};
use super::{PAGE, Rpc, employer, malformed, person, status};
use crate::command::import_qualifications::Fault;
use crate::command::record_fact::Paper;
use crate::command::{confirm_facts, correct_fact, import_facts, record_fact, settle_check};
use crate::error::Error;
use crate::query;
use crate::store::fact::Listed;

/// Size of one chunk of a paper.
const CHUNK: usize = 64 * 1024;

impl Rpc {
    async fn shown_fact(
        &self,
        scope: &Scope,
        result: Result<FactId, Error>,
    ) -> Result<Option<wire::Fact>, Status> {
        let id = result.map_err(status)?;
        let known = query::fact::find(&self.deps, scope, id).await.map_err(status)?;
        Ok(Some(fact(&self.deps, &known)))
    }

    fn fact_id(&self, field: &str, name: &str) -> Result<FactId, Refusal> {
        self.own_id(field, name, "facts").map(FactId::from_uuid)
    }
}

#[tonic::async_trait]
impl FactService for Rpc {
    type ReadFactEvidenceStream =
        Pin<Box<dyn Stream<Item = Result<wire::ReadFactEvidenceResponse, Status>> + Send>>;

    async fn record_fact(
        &self,
        request: Request<wire::RecordFactRequest>,
    ) -> Result<Response<wire::RecordFactResponse>, Status> {
        use wire::record_fact_request::Subject as Wire;
        let call = self.call("record_fact", &request, &request.get_ref().request_id)?;
        let message = request.into_inner();
        let subject = match &message.subject {
            Some(Wire::Person(name)) => Subject::Person(person("person", name)?),
            Some(Wire::Employer(name)) => Subject::Employer(employer("employer", name)?),
            None => return Err(Refusal::invalid("subject", "name a person or an employer").into()),
        };
        let input = record_fact::Input {
            subject,
            statement: read_statement(message.statement).map_err(malformed)?,
            source: source(message.source).map_err(malformed)?,
            reference: message.reference,
            corrects: None,
            paper: paper(message.evidence)?,
        };
        let recorded = record_fact::record_fact(&self.deps, &call, input).await;
        let fact = self.shown_fact(&call.scope, recorded).await?;
        Ok(Response::new(wire::RecordFactResponse { fact }))
    }

    async fn import_facts(
        &self,
        request: Request<wire::ImportFactsRequest>,
    ) -> Result<Response<wire::ImportFactsResponse>, Status> {
        let call = self.call("import_facts", &request, &request.get_ref().request_id)?;
        let message = request.into_inner();
        let rows = (0..).zip(message.rows).map(|(index, row)| {
            read_row(row).map_err(|error| Fault {
                row: index,
                field: error.field,
                reason: format!("expected {}", error.expected),
            })
        });
        let paper = paper(message.evidence)?;
        let imported = import_facts::import_facts(&self.deps, &call, rows.collect(), paper).await;
        let (facts, faults) = imported.map_err(status)?;
        let faults = faults.into_iter().map(|fault| wire::RowFault {
            row: fault.row,
            field: fault.field,
            reason: fault.reason,
        });
        Ok(Response::new(wire::ImportFactsResponse {
            facts: facts.into_iter().map(|id| self.deps.fact_name(id)).collect(),
            faults: faults.collect(),
        }))
    }

    async fn correct_fact(
        &self,
        request: Request<wire::CorrectFactRequest>,
    ) -> Result<Response<wire::CorrectFactResponse>, Status> {
        let call = self.call("correct_fact", &request, &request.get_ref().request_id)?;
        let message = request.into_inner();
        let input = correct_fact::Input {
            corrected: self.fact_id("name", &message.name)?,
            statement: read_statement(message.statement).map_err(malformed)?,
            source: source(message.source).map_err(malformed)?,
            reference: message.reference,
            paper: paper(message.evidence)?,
        };
        let proposed = correct_fact::correct_fact(&self.deps, &call, input).await;
        let fact = self.shown_fact(&call.scope, proposed).await?;
        Ok(Response::new(wire::CorrectFactResponse { fact }))
    }

    async fn confirm_facts(
        &self,
        request: Request<wire::ConfirmFactsRequest>,
    ) -> Result<Response<wire::ConfirmFactsResponse>, Status> {
        let call = self.call("confirm_facts", &request, &request.get_ref().request_id)?;
        let message = request.into_inner();
        let read = |(index, name): (usize, &String)| {
            self.fact_id(&format!("names[{index}]"), name)
                .map(FactId::as_uuid)
        };
        let ids = message
            .names
            .iter()
            .enumerate()
            .map(read)
            .collect::<Result<Vec<_>, _>>()?;
        let (confirmed, grounds) = (message.confirmed, message.grounds.as_str());
        let outcomes = confirm_facts::confirm_facts(&self.deps, &call, &ids, confirmed, grounds)
            .await
            .map_err(status)?;
        Ok(Response::new(wire::ConfirmFactsResponse {
            outcomes: outcomes.into_iter().map(|one| outcome(&self.deps, one)).collect(),
        }))
    }

    async fn list_facts(
        &self,
        request: Request<wire::ListFactsRequest>,
    ) -> Result<Response<wire::ListFactsResponse>, Status> {
        use wire::list_facts_request::Filter;
        let caller = Caller::of(&request)?.clone();
        let message = request.into_inner();
        let size = page::size(message.page_size, PAGE.0, PAGE.1)?;
        let (query, listed) = match message.filter {
            Some(Filter::Person(name)) if name == "persons/me" => {
                let own = caller.scope().require_person()?;
                (name, Listed::Person(own.into()))
            }
            Some(Filter::Person(name)) => {
                let of = person("person", &name)?;
                (name, Listed::Person(of))
            }
            Some(Filter::Employer(name)) => {
                let of = employer("employer", &name)?;
                (name, Listed::Employer(of))
            }
            Some(Filter::Proposed(true)) => ("proposed".to_owned(), Listed::Proposed),
            Some(Filter::Proposed(false)) | None => {
                return Err(Refusal::invalid("filter", "name a person, an employer, or proposed").into());
            }
        };
        let after: Option<Uuid> = page::cursor(&query, &message.page_token)?;
        let found = query::fact::list(&self.deps, caller.scope(), &caller.name(), listed, after, size)
            .await
            .map_err(status)?;
        let last = found.last().filter(|_| found.len() == size as usize);
        let next = last.map(|known| page::token(&query, &known.fact.id.as_uuid()));
        Ok(Response::new(wire::ListFactsResponse {
            next_page_token: next.transpose()?.unwrap_or_default(),
            facts: found.iter().map(|known| fact(&self.deps, known)).collect(),
        }))
    }

    async fn read_fact_evidence(
        &self,
        request: Request<wire::ReadFactEvidenceRequest>,
    ) -> Result<Response<Self::ReadFactEvidenceStream>, Status> {
        let caller = Caller::of(&request)?.clone();
        let id = self.fact_id("name", &request.get_ref().name)?;
        let content = query::fact::evidence(&self.deps, caller.scope(), &caller.name(), id)
            .await
            .map_err(status)?;
        let chunks = content.chunks(CHUNK).map(|chunk| {
            Ok(wire::ReadFactEvidenceResponse {
                chunk: Bytes::copy_from_slice(chunk),
            })
        });
        let chunks: Vec<_> = chunks.collect();
        Ok(Response::new(Box::pin(tokio_stream::iter(chunks))))
    }

    async fn list_checks(
        &self,
        request: Request<wire::ListChecksRequest>,
    ) -> Result<Response<wire::ListChecksResponse>, Status> {
        let scope = Scope::of(&request)?;
        let id = self.application("application", &request.get_ref().application)?;
        let found = query::fact::checks(&self.deps, &scope, id)
            .await
            .map_err(status)?;
        let name = self.deps.application_name(id);
        Ok(Response::new(wire::ListChecksResponse {
            checks: found.into_iter().map(|one| shown_check(&name, one)).collect(),
        }))
    }

    async fn settle_check(
        &self,
        request: Request<wire::SettleCheckRequest>,
    ) -> Result<Response<wire::SettleCheckResponse>, Status> {
        let call = self.call("settle_check", &request, &request.get_ref().request_id)?;
        let message = request.into_inner();
        let application = self.application("application", &message.application)?;
        let check =
            read_term::<wire::ExternalCheck, ExternalCheck>(message.check, "check").map_err(malformed)?;
        let passed = match wire::CheckSettlement::try_from(message.settlement) {
            Ok(wire::CheckSettlement::Passed) => true,
            Ok(wire::CheckSettlement::Denied) => false,
            Ok(wire::CheckSettlement::Unspecified) | Err(_) => {
                return Err(Refusal::invalid("settlement", "expected a settlement").into());
            }
        };
        let input = settle_check::Input {
            application,
            check,
            passed,
            grounds: message.grounds,
        };
        settle_check::settle_check(&self.deps, &call, input)
            .await
            .map_err(status)?;
        let found = query::fact::checks(&self.deps, &call.scope, application).await;
        let found = found
            .map_err(status)?
            .into_iter()
            .find(|(one, _)| one.outcome.check == check);
        let name = self.deps.application_name(application);
        Ok(Response::new(wire::SettleCheckResponse {
            check: found.map(|one| shown_check(&name, one)),
        }))
    }
}

fn source(number: i32) -> Result<FactSource, Malformed> {
    read_term::<wire::FactSource, FactSource>(number, "source")
}

/// Papers handed in together.
pub(super) fn papers(evidence: Vec<wire::EvidencePaper>) -> Result<Vec<Paper>, Refusal> {
    evidence.into_iter().map(|one| paper(Some(one))).collect()
}

pub(super) fn paper(evidence: Option<wire::EvidencePaper>) -> Result<Paper, Refusal> {
    let evidence = evidence.ok_or_else(|| Refusal::invalid("evidence", "a fact needs its paper"))?;
    let digest = hex::decode(&evidence.digest)
        .ok()
        .filter(|digest| digest.len() == 32);
    let digest = digest.ok_or_else(|| Refusal::invalid("evidence.digest", "must be SM3 in hexadecimal"))?;
    Ok(Paper {
        media_type: evidence.media_type,
        content: Zeroizing::new(evidence.content.to_vec()),
        digest,
    })
}

fn read_row(row: wire::FactRow) -> Result<import_facts::Row, Malformed> {
    Ok(import_facts::Row {
        kind: read_term::<types::v1::DocumentKind, DocumentKind>(row.document_kind, "document_kind")?,
        statement: read_statement(row.statement)?,
        source: source(row.source)?,
        full_name: row.full_name,
        document: row.document_number,
        reference: row.reference,
    })
}
