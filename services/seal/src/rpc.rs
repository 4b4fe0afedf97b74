//! `seal.v1.SealService` on the wire: decode, call one command or query, encode.

pub(crate) mod admin;
mod encode;

use std::pin::Pin;
use std::sync::Arc;

use api::convert::instant;
use api::seal::v1 as wire;
use api::seal::v1::seal_service_server::SealService;
use futures_util::{Stream, StreamExt as _, stream};
use service_runtime::Caller;
use service_runtime::tls::PeerIdentity;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use crate::app::Deps;
use crate::command::sign_documents::{Signing, sign_documents};
use crate::error::{Error, SIGNING_REQUEST_MALFORMED};
use crate::keystore::PROPERTY_INFO;
use crate::making::Kind;
use crate::query::read_journal::Reading;
use crate::query::seals;
use crate::store::journal::{Act, Brief};

/// The service's face.
pub(crate) struct Rpc {
    pub(crate) deps: Arc<Deps>,
}

impl Rpc {
    /// Seals are read by `issuance` and by seal officers.
    fn admit<T>(&self, request: &Request<T>) -> Result<(), Status> {
        match Caller::of(request).map_err(Into::<Status>::into)?.peer() {
            Some(PeerIdentity::Nation { .. }) => Ok(()),
            _ => admin::officer(&self.deps, request).map(|_| ()),
        }
    }
}

#[tonic::async_trait]
impl SealService for Rpc {
    type ReadJournalStream = Pin<Box<dyn Stream<Item = Result<wire::ReadJournalResponse, Status>> + Send>>;

    async fn read_journal(
        &self,
        request: Request<wire::ReadJournalRequest>,
    ) -> Result<Response<Self::ReadJournalStream>, Status> {
        let request = request.into_inner();
        let id = |text: &str, field: &'static str| {
            Uuid::try_parse(text).map_err(|_| {
                SIGNING_REQUEST_MALFORMED
                    .refusal()
                    .field(field, "must be a UUID")
                    .into_status()
            })
        };
        let after = id(&request.after_intent_id, "after_intent_id")?;
        let through = id(&request.through_intent_id, "through_intent_id")?;
        let start = (Arc::clone(&self.deps), Reading::begin(after, through));
        let pages = stream::try_unfold(start, async |(deps, mut reading)| {
            let page = reading.next(&deps).await.map_err(status)?;
            let page = page.map(|acts| wire::ReadJournalResponse {
                acts: acts.iter().map(journal_act).collect(),
            });
            Ok::<_, Status>(page.map(|page| (page, (deps, reading))))
        });
        Ok(Response::new(pages.boxed()))
    }

    async fn sign_documents(
        &self,
        request: Request<wire::SignDocumentsRequest>,
    ) -> Result<Response<wire::SignDocumentsResponse>, Status> {
        let caller = Caller::of(&request).map_err(Into::<Status>::into)?.name();
        let requests = request.into_inner().requests;
        let mut proved: Option<(bytes::Bytes, Option<u64>)> = None;
        let acts: Result<Vec<Act>, Status> = requests
            .into_iter()
            .enumerate()
            .map(|(index, request)| {
                let proof = request.inclusion_proof.clone();
                let leaf = match &proved {
                    // The kinds of one set come with one proof.
                    Some((known, leaf)) if *known == proof => *leaf,
                    _ => self.deps.log.as_ref().and_then(|log| log.leaf(&proof)),
                };
                proved = Some((proof, leaf));
                act(index, request, leaf)
            })
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
        self.admit(&request)?;
        let view = seals::find(&self.deps, &request.into_inner().name)
            .await
            .map_err(status)?;
        Ok(Response::new(wire::GetSealResponse {
            seal: Some(encode::seal(&view)),
        }))
    }

    async fn list_seals(
        &self,
        request: Request<wire::ListSealsRequest>,
    ) -> Result<Response<wire::ListSealsResponse>, Status> {
        self.admit(&request)?;
        let seals = seals::list(&self.deps).await.map_err(status)?;
        let seals = seals.iter().map(encode::seal).collect();
        Ok(Response::new(wire::ListSealsResponse { seals }))
    }
}

pub(crate) fn status(error: Error) -> Status {
    error.into_refusal().into_status()
}

fn malformed(index: usize, field: &str, problem: &str) -> Status {
    let field = format!("requests[{index}].{field}");
    SIGNING_REQUEST_MALFORMED
        .refusal()
        .field(field, problem)
        .into_status()
}

fn act(index: usize, request: wire::SigningRequest, leaf: Option<u64>) -> Result<Act, Status> {
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
            (Kind::Ofd, ofd.data_hash)
        }
        Some(wire::signing_request::Document::Ofd(_)) => {
            return Err(malformed(
                index,
                "ofd.property_info",
                "must be the path of the first Signature.xml",
            ));
        }
        Some(wire::signing_request::Document::Pdf(pdf)) => (Kind::Pdf, pdf.byte_range_sha256),
        Some(wire::signing_request::Document::PdfSm2(pdf)) => (Kind::PdfSm2, pdf.byte_range_sm3),
        None => return Err(malformed(index, "document", "is required")),
    };
    let digest = digest
        .as_ref()
        .try_into()
        .map_err(|_| malformed(index, "document", "needs a 32-byte digest"))?;
    let making = match request.seal_digest.as_ref() {
        [] => None,
        digest => {
            let digest = digest.try_into();
            Some(digest.map_err(|_| malformed(index, "seal_digest", "must be empty or 32 bytes"))?)
        }
    };
    Ok(Act {
        intent,
        kind,
        digest,
        profile,
        seal: request.seal,
        specimen: request.specimen,
        making,
        leaf,
    })
}

fn journal_act(act: &Brief) -> wire::JournalAct {
    wire::JournalAct {
        intent_id: act.intent.to_string(),
        kind: act.kind.code().to_owned(),
        digest: act.digest.to_vec().into(),
        signed: act.signed,
    }
}

fn outcome(intent: Uuid, signing: Signing) -> wire::SigningOutcome {
    use wire::signing_outcome::Outcome;
    let outcome = match signing {
        Signing::Signed { signed, replayed } => Outcome::Signed(wire::SignedDocument {
            signature: signed.value.into(),
            signed_at: Some(instant(signed.at)),
            replayed,
        }),
        Signing::Refused(refused) => Outcome::Refused(wire::SigningRefusal {
            reason: refused.reason.name.to_owned(),
            detail: refused.detail,
        }),
    };
    wire::SigningOutcome {
        intent_id: intent.to_string(),
        outcome: Some(outcome),
    }
}
