//! `seal.v1.SealService` on the wire: decode, call one command or query, encode.

use std::sync::Arc;

use api::convert::instant;
use api::seal::v1 as wire;
use api::seal::v1::seal_service_server::SealService;
use service_runtime::Caller;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use crate::app::Deps;
use crate::command::sign_documents::{Signing, kind, sign_documents};
use crate::error::{Error, SIGNING_REQUEST_MALFORMED};
use crate::keystore::{KeptSeal, PROPERTY_INFO};
use crate::query::seals;
use crate::store::journal::Act;
use crate::store::seal::SealState;

/// The service's face.
pub(crate) struct Rpc {
    pub(crate) deps: Arc<Deps>,
}

#[tonic::async_trait]
impl SealService for Rpc {
    async fn sign_documents(
        &self,
        request: Request<wire::SignDocumentsRequest>,
    ) -> Result<Response<wire::SignDocumentsResponse>, Status> {
        let caller = Caller::of(&request).map_err(Into::<Status>::into)?.name();
        let requests = request.into_inner().requests;
        let acts: Result<Vec<Act>, Status> = requests
            .into_iter()
            .enumerate()
            .map(|(index, request)| act(index, request))
            .collect();
        let outcomes = sign_documents(&self.deps, &caller, acts?).await.map_err(status)?;
        let outcomes = outcomes
            .into_iter()
            .map(|(intent, signing)| outcome(intent, signing))
            .collect();
        Ok(Response::new(wire::SignDocumentsResponse { outcomes }))
    }

    async fn get_seal(
        &self,
        request: Request<wire::GetSealRequest>,
    ) -> Result<Response<wire::GetSealResponse>, Status> {
        let (kept, state) = seals::find(&self.deps, &request.into_inner().name)
            .await
            .map_err(status)?;
        Ok(Response::new(wire::GetSealResponse {
            seal: Some(seal(kept, state)),
        }))
    }

    async fn list_seals(
        &self,
        _: Request<wire::ListSealsRequest>,
    ) -> Result<Response<wire::ListSealsResponse>, Status> {
        let seals = seals::list(&self.deps).await.map_err(status)?;
        let seals = seals.into_iter().map(|(kept, state)| seal(kept, state)).collect();
        Ok(Response::new(wire::ListSealsResponse { seals }))
    }
}

fn status(error: Error) -> Status {
    error.into_refusal().into_status()
}

fn malformed(index: usize, field: &str, problem: &str) -> Status {
    let field = format!("requests[{index}].{field}");
    SIGNING_REQUEST_MALFORMED
        .refusal()
        .field(field, problem)
        .into_status()
}

fn act(index: usize, request: wire::SigningRequest) -> Result<Act, Status> {
    let intent = Uuid::try_parse(&request.intent_id)
        .ok()
        .filter(|intent| !intent.is_nil());
    let intent = intent.ok_or_else(|| malformed(index, "intent_id", "must be a UUID"))?;
    let profile = match wire::DocumentProfile::try_from(request.profile) {
        Ok(wire::DocumentProfile::Original) => "original",
        Ok(wire::DocumentProfile::UseCopy) => "use_copy",
        Ok(wire::DocumentProfile::Unspecified) | Err(_) => {
            return Err(malformed(index, "profile", "must be a known profile"));
        }
    };
    let (kind, digest) = match request.document {
        Some(wire::signing_request::Document::Ofd(ofd)) if ofd.property_info == PROPERTY_INFO => {
            (kind::OFD, ofd.data_hash)
        }
        Some(wire::signing_request::Document::Ofd(_)) => {
            return Err(malformed(
                index,
                "ofd.property_info",
                "must be the path of the first Signature.xml",
            ));
        }
        Some(wire::signing_request::Document::Pdf(pdf)) => (kind::PDF, pdf.byte_range_sha256),
        None => return Err(malformed(index, "document", "is required")),
    };
    let digest = digest
        .as_ref()
        .try_into()
        .map_err(|_| malformed(index, "document", "needs a 32-byte digest"))?;
    Ok(Act {
        intent,
        kind,
        digest,
        profile,
        seal: request.seal,
        specimen: request.specimen,
    })
}

fn outcome(intent: Uuid, signing: Signing) -> wire::SigningOutcome {
    use wire::signing_outcome::Outcome;
    let outcome = match signing {
        Signing::Signed { signed, replayed } => Outcome::Signed(wire::SignedDocument {
            signature: signed.value.into(),
            signed_at: Some(instant(signed.at)),
            replayed,
        }),
        Signing::Refused(reason) => Outcome::Refused(wire::SigningRefusal {
            reason: reason.name.to_owned(),
            detail: reason.en.to_owned(),
        }),
    };
    wire::SigningOutcome {
        intent_id: intent.to_string(),
        outcome: Some(outcome),
    }
}

fn seal(kept: &KeptSeal, state: SealState) -> wire::Seal {
    let seal = kept.stamp.seal();
    let picture = seal.picture();
    let chain = |chain: &[gm::Certificate]| chain.iter().map(|one| one.der().to_vec().into()).collect();
    let state = match state {
        SealState::Active => wire::seal::State::Active,
        SealState::Suspended => wire::seal::State::Suspended,
        SealState::Destroyed => wire::seal::State::Destroyed,
    };
    wire::Seal {
        name: kept.name.clone(),
        es_id: seal.es_id().to_owned(),
        title: seal.name().to_owned(),
        seal: seal.der().to_vec().into(),
        picture: picture.bytes.to_vec().into(),
        width_mm: picture.width.try_into().unwrap_or_default(),
        height_mm: picture.height.try_into().unwrap_or_default(),
        seal_chain: chain(&kept.seal_chain),
        pdf_chain: chain(&kept.pdf_chain),
        specimen: kept.specimen,
        valid_from: Some(instant(seal.valid_from())),
        valid_to: Some(instant(seal.valid_until())),
        state: state.into(),
    }
}
