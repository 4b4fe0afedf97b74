//! `exchange.v1.ExchangeService`

mod news;

use std::pin::Pin;
use std::sync::Arc;

use api::convert::{Malformed, Read as _, instant, read_all, read_term};
use api::exchange::v1 as wire;
use api::exchange::v1::exchange_service_server::ExchangeService;
use api::types::v1 as types;
use domain::application::ApplicationType;
use domain::province::Province;
use domain::qualification::QualificationNumber;
use domain::specialty::Specialty;
use domain::validity::Validity;
use futures_util::{Stream, StreamExt as _};
use postgres::outbox::Position;
use service_runtime::Caller;
use tonic::{Request, Response, Status, Streaming, async_trait};

use super::provincial_event::{Term, authority, employer, hash, key, kind, number, person, type_terms};
use super::{Rpc, comparison, malformed, push, status};
use crate::command::claim_application::{Claimed, OTHER_APPLICATION_OPEN, claim_application};
use crate::command::compare_register::compare_register;
use crate::command::cosign::{NotTaken, cosign};
use crate::command::release_claim::release_claim;
use crate::command::report_head::{Receipt, hold_to, receipt, report_head};
use crate::command::request_clearance::{Answer, request_clearance};
use crate::command::restoration::compare::hear;
use crate::command::{claim_application, release_claim, request_clearance};
use crate::error::BATCH_TOO_LARGE;
use crate::holder::ClearedSpecialty;
use crate::query::fetch_checkpoint::fetch_checkpoint;
use crate::query::province_streams::fetch_envelopes;
use crate::query::pull_changes::pull_changes;

/// Most applications of one call; each brings two pictures.
const MOST_ITEMS: usize = 500;
/// Most envelopes of one answer.
const MOST_ENVELOPES: i64 = 500;
const LARGEST_PICTURE: usize = 1 << 20;

#[async_trait]
impl ExchangeService for Rpc {
    type PushChangesStream = Pin<Box<dyn Stream<Item = Result<wire::PushChangesResponse, Status>> + Send>>;
    type PullChangesStream = Pin<Box<dyn Stream<Item = Result<wire::PullChangesResponse, Status>> + Send>>;

    async fn claim_application(
        &self,
        request: Request<wire::ClaimApplicationRequest>,
    ) -> Result<Response<wire::ClaimApplicationResponse>, Status> {
        let province = self.province(&request)?;
        let actor = Caller::of(&request)?.name();
        let request = request.into_inner();
        let input = claim_application::Input {
            actor,
            key: key(province, &request.application, "application").map_err(malformed)?,
            person: person(&request.person, "person").map_err(malformed)?,
            kind: kind(request.r#type, "type").map_err(malformed)?,
        };
        let claimed = claim_application(&self.deps, input).await.map_err(status)?;
        Ok(Response::new(match claimed {
            Claimed::Held => wire::ClaimApplicationResponse {
                held: true,
                ..Default::default()
            },
            Claimed::MergedAway(reason) => wire::ClaimApplicationResponse {
                held: false,
                reason: reason.to_owned(),
                held_since: None,
            },
            Claimed::Taken(since) => wire::ClaimApplicationResponse {
                held: false,
                reason: OTHER_APPLICATION_OPEN.to_owned(),
                held_since: since.map(instant),
            },
        }))
    }

    async fn release_claim(
        &self,
        request: Request<wire::ReleaseClaimRequest>,
    ) -> Result<Response<wire::ReleaseClaimResponse>, Status> {
        let province = self.province(&request)?;
        let actor = Caller::of(&request)?.name();
        let request = request.into_inner();
        let plain = request.reason.chars().count() <= 100;
        let reason = plain
            .then_some(request.reason)
            .ok_or_else(|| Malformed::new("reason", "a stable reason"));
        let input = release_claim::Input {
            actor,
            key: key(province, &request.application, "application").map_err(malformed)?,
            reason: reason.map_err(malformed)?,
        };
        release_claim(&self.deps, input).await.map_err(status)?;
        Ok(Response::new(wire::ReleaseClaimResponse {}))
    }

    async fn request_clearance(
        &self,
        request: Request<wire::RequestClearanceRequest>,
    ) -> Result<Response<wire::RequestClearanceResponse>, Status> {
        let province = self.province(&request)?;
        let caller = Caller::of(&request)?.clone();
        let items = request.into_inner().items;
        if items.is_empty() || items.len() > MOST_ITEMS {
            return Err(BATCH_TOO_LARGE.refusal().into_status());
        }
        // Everything is read before anything is cleared.
        let mut inputs = Vec::with_capacity(items.len());
        for (index, item) in items.into_iter().enumerate() {
            let name = item.application.clone();
            let input = clearance_input(&caller, province, item).map_err(|fault| {
                malformed(Malformed {
                    field: format!("items[{index}].{}", fault.field),
                    ..fault
                })
            })?;
            inputs.push((name, input));
        }
        let mut clearances = Vec::with_capacity(inputs.len());
        for (application, input) in inputs {
            let answer = request_clearance(&self.deps, &input).await.map_err(status)?;
            clearances.push(clearance(application, &answer));
        }
        Ok(Response::new(wire::RequestClearanceResponse { clearances }))
    }

    async fn push_changes(
        &self,
        request: Request<Streaming<wire::PushChangesRequest>>,
    ) -> Result<Response<Self::PushChangesStream>, Status> {
        let province = self.province(&request)?;
        let receipts = push::receipts(Arc::clone(&self.deps), province, request.into_inner());
        Ok(Response::new(Box::pin(self.life.until_draining(receipts))))
    }

    async fn pull_changes(
        &self,
        request: Request<wire::PullChangesRequest>,
    ) -> Result<Response<Self::PullChangesStream>, Status> {
        let province = self.province(&request)?;
        let deps = Arc::clone(&self.deps);
        let news = pull_changes(Arc::clone(&deps), province, request.get_ref().after);
        let news = news.map(move |told| {
            told.map(|told| news::message(told, province, deps.now()))
                .map_err(status)
        });
        Ok(Response::new(Box::pin(self.life.until_draining(news))))
    }

    async fn compare_register(
        &self,
        request: Request<wire::CompareRegisterRequest>,
    ) -> Result<Response<wire::CompareRegisterResponse>, Status> {
        let province = self.province(&request)?;
        let actor = Caller::of(&request)?.name();
        let input = comparison::input(actor, province, request.get_ref()).map_err(malformed)?;
        let compared = compare_register(&self.deps, &input).await.map_err(status)?;
        Ok(Response::new(comparison::answer(compared)))
    }

    async fn report_head(
        &self,
        request: Request<wire::ReportHeadRequest>,
    ) -> Result<Response<wire::ReportHeadResponse>, Status> {
        let province = self.province(&request)?;
        let told = request.get_ref();
        let head = Position {
            sequence: i64::try_from(told.sequence)
                .map_err(|_| malformed(Malformed::new("sequence", "a number of an event")))?,
            hash: hash(&told.hash, "hash").map_err(malformed)?,
        };
        if told.receipted > 0 {
            let held = Receipt {
                through: told.receipted,
                hash: hash(&told.receipted_hash, "receipted_hash").map_err(malformed)?,
                at: told.receipted_at.read("receipted_at").map_err(malformed)?,
                signature: told.receipt_signature.to_vec(),
            };
            hold_to(&self.deps, province, &held).await.map_err(status)?;
        }
        let finding = report_head(&self.deps, province, &head).await.map_err(status)?;
        let receipt = receipt(&self.deps, province).await.map_err(status)?;
        Ok(Response::new(wire::ReportHeadResponse {
            applied_through: receipt.through,
            applied_hash: receipt.hash.to_vec().into(),
            applied_at: Some(instant(receipt.at)),
            receipt_signature: receipt.signature.into(),
            finding: finding.unwrap_or_default().to_owned(),
        }))
    }

    async fn fetch_envelopes(
        &self,
        request: Request<wire::FetchEnvelopesRequest>,
    ) -> Result<Response<wire::FetchEnvelopesResponse>, Status> {
        let province = self.province(&request)?;
        let after = request.get_ref().after;
        let found = fetch_envelopes(&self.deps, province, after, MOST_ENVELOPES).await;
        let envelopes = found.map_err(status)?.into_iter().map(|envelope| {
            let hash = envelope.hash().to_vec();
            wire::Envelope {
                format: u32::try_from(envelope.format).unwrap_or_default(),
                province: province.code().to_owned(),
                sequence: envelope.sequence.cast_unsigned(),
                previous_hash: envelope.previous_hash.to_vec().into(),
                payload: envelope.payload.into(),
                hash: hash.into(),
            }
        });
        Ok(Response::new(wire::FetchEnvelopesResponse {
            envelopes: envelopes.collect(),
        }))
    }

    async fn fetch_checkpoint(
        &self,
        request: Request<wire::FetchCheckpointRequest>,
    ) -> Result<Response<wire::FetchCheckpointResponse>, Status> {
        let province = self.province(&request)?;
        let told = request.get_ref();
        let remembered = told.remembered_size;
        let heard = hear(&self.deps, province, remembered, &told.remembered_checkpoint).await;
        if heard.map_err(status)? {
            // Nothing is cosigned while it is closed.
            return Ok(Response::new(wire::FetchCheckpointResponse::default()));
        }
        let found = fetch_checkpoint(&self.deps, province, remembered).await;
        let asked = found.map_err(status)?;
        Ok(Response::new(wire::FetchCheckpointResponse {
            add_checkpoint: asked.map(|asked| asked.to_string()).unwrap_or_default(),
        }))
    }

    async fn cosign(
        &self,
        request: Request<wire::CosignRequest>,
    ) -> Result<Response<wire::CosignResponse>, Status> {
        let province = self.province(&request)?;
        let told = request.get_ref();
        let taken = cosign(&self.deps, province, told.size, &told.cosignature).await;
        taken.map_err(status)?.map_err(|not| match not {
            NotTaken::Size => malformed(Malformed::new("size", "that of a checkpoint")),
            NotTaken::Cosignature => {
                malformed(Malformed::new("cosignature", "one by the province's witness"))
            }
        })?;
        Ok(Response::new(wire::CosignResponse {}))
    }
}

fn clearance(application: String, answer: &Answer) -> wire::Clearance {
    match answer {
        Answer::Cleared {
            id,
            number,
            announce_by,
        } => wire::Clearance {
            application,
            cleared: true,
            registration_number: number.to_string(),
            announce_by: Some(instant(*announce_by)),
            clearance_id: id.to_string(),
            ..Default::default()
        },
        Answer::NotCleared(reason) => wire::Clearance {
            application,
            cleared: false,
            reason: (*reason).to_owned(),
            ..Default::default()
        },
    }
}

fn clearance_input(
    caller: &Caller,
    province: Province,
    item: wire::ClearanceItem,
) -> Result<request_clearance::Input, Malformed> {
    let kind = kind(item.r#type, "type")?;
    let terms: Vec<(Specialty, Validity)> = read_all(item.specialties.into_iter().map(Term), "specialties")?;
    let qualifications = item.qualifications;
    let proposed = Some(item.proposed_registration_number).filter(|text| !text.is_empty());
    Ok(request_clearance::Input {
        actor: caller.name(),
        scope: caller.scope().clone(),
        key: key(province, &item.application, "application")?,
        person: person(&item.person, "person")?,
        employer: employer(&item.employer, "employer")?,
        kind,
        type_terms: type_terms(kind, item.cancellation, item.correction)?,
        specialties: specialties(kind, terms, &qualifications)?,
        application_hash: hash(&item.application_hash, "application_hash")?,
        proposed_number: proposed
            .map(|text| number(&text, "proposed_registration_number"))
            .transpose()?,
        photo: picture(item.photo, "photo")?,
        signature_image: picture(item.signature_image, "signature_image")?,
        decided_by: authority(&item.decided_by, "decided_by")?,
        decided_at: item.decided_at.read("decided_at")?,
    })
}

/// Specialties with the qualification behind each. Where no specialty is registered anew, the register knows them.
fn specialties(
    kind: ApplicationType,
    terms: Vec<(Specialty, Validity)>,
    qualifications: &[wire::QualificationReference],
) -> Result<Vec<ClearedSpecialty>, Malformed> {
    let mut known = Vec::with_capacity(qualifications.len());
    for (index, reference) in qualifications.iter().enumerate() {
        let field = format!("qualifications[{index}]");
        let specialty: Specialty = read_term::<types::Specialty, _>(reference.specialty, &field)?;
        let number = QualificationNumber::parse(&reference.qualification_number)
            .map_err(|_| Malformed::new(field, "a qualification number"))?;
        known.push((specialty, number));
    }
    terms
        .into_iter()
        .enumerate()
        .map(|(index, (specialty, validity))| {
            let found = known
                .iter()
                .find(|(of, _)| *of == specialty)
                .map(|(_, number)| number.clone());
            // An addition lists those already registered beside; whether they are is the register's to know.
            let all_are_new = kind.registers_specialties() && kind != ApplicationType::Addition;
            if found.is_none() && all_are_new {
                return Err(Malformed::new(
                    format!("specialties[{index}]"),
                    "a specialty with its qualification",
                ));
            }
            Ok(ClearedSpecialty {
                specialty,
                validity,
                qualification_number: found,
            })
        })
        .collect()
}

fn picture(picture: Option<wire::Picture>, field: &str) -> Result<Option<Vec<u8>>, Malformed> {
    let Some(picture) = picture.filter(|picture| !picture.content.is_empty()) else {
        return Ok(None);
    };
    let content = picture.content;
    let shape = match picture.media_type.as_str() {
        "image/jpeg" => content.starts_with(&[0xFF, 0xD8, 0xFF]),
        "image/png" => content.starts_with(b"\x89PNG\r\n\x1a\n"),
        _ => false,
    };
    if !shape || content.len() > LARGEST_PICTURE {
        return Err(Malformed::new(field, "a JPEG or PNG of at most 1 MiB"));
    }
    Ok(Some(content.to_vec()))
}
