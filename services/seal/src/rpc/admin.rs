//! `seal.v1.SealAdminService` on the wire: seal officers' calls.

use std::pin::Pin;
use std::sync::Arc;

use api::convert::{Read as _, instant};
use api::seal::v1 as wire;
use api::seal::v1::seal_admin_service_server::SealAdminService;
use domain::seal::Filing;
use futures_util::{Stream, StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;
use prost::Message;
use service_runtime::Caller;
use service_runtime::clock::Clock as _;
use service_runtime::error::CALLER_NOT_ALLOWED;
use service_runtime::request::request_id;
use service_runtime::tls::PeerIdentity;
use tonic::{Request, Response, Status};

use super::{encode, status};
use crate::app::Deps;
use crate::command::renew_seal::Renewal;
use crate::command::{
    destroy_seal, file_seal, make_seal, renew_seal, request_seal, resume_seal, rotate_key, suspend_seal,
    withdraw_proposal,
};
use crate::drafting::Brought;
use crate::error::SEAL_CONTENT_INVALID;
use crate::management::Call;
use crate::query::{export_journal, seals};
use crate::store::journal::Entry;
use crate::store::seal::Asked;

/// The officers' face.
pub(crate) struct AdminRpc {
    pub(crate) deps: Arc<Deps>,
}

/// Refuses a client that is no seal officer; the officer's name otherwise.
pub(super) fn officer<T>(deps: &Deps, request: &Request<T>) -> Result<String, Status> {
    let caller = Caller::of(request).map_err(Into::<Status>::into)?;
    match caller.peer() {
        Some(PeerIdentity::Client { name }) if deps.officers.contains(name) && caller.claims().is_none() => {
            Ok(caller.name())
        }
        _ => Err(CALLER_NOT_ALLOWED.refusal().into_status()),
    }
}

macro_rules! method {
    ($name:literal) => {
        concat!("jianzheng.seal.v1.SealAdminService/", $name)
    };
}

impl AdminRpc {
    /// A write of an officer; its body counts without the request id.
    fn call<T: Message>(
        &self,
        request: &Request<T>,
        id: impl FnOnce(&T) -> &str,
        method: &'static str,
    ) -> Result<Call, Status> {
        let officer = officer(&self.deps, request)?;
        let body = request.get_ref();
        Ok(Call {
            officer,
            method,
            request_id: request_id(id(body)).map_err(Into::<Status>::into)?,
            body: body.encode_to_vec(),
            at: self.deps.clock.now(),
        })
    }

    /// The seal as it stands after an act.
    async fn seal(&self, name: &str) -> Result<Option<wire::Seal>, Status> {
        let view = seals::find(&self.deps, name).await.map_err(status)?;
        Ok(Some(encode::seal(&view)))
    }
}

#[tonic::async_trait]
impl SealAdminService for AdminRpc {
    async fn request_seal(
        &self,
        request: Request<wire::RequestSealRequest>,
    ) -> Result<Response<wire::RequestSealResponse>, Status> {
        let call = self.call(&request, |body| &body.request_id, method!("RequestSeal"))?;
        let body = request.into_inner();
        let asked = Asked {
            title: body.title,
            kind: body.kind,
            picture: body.picture.to_vec(),
            width_mm: body.width_mm,
            height_mm: body.height_mm,
        };
        let name = request_seal::request_seal(&self.deps, &call, &body.seal_id, &body.es_id, &asked);
        let seal = self.seal(&name.await.map_err(status)?).await?;
        Ok(Response::new(wire::RequestSealResponse { seal }))
    }

    async fn rotate_key(
        &self,
        request: Request<wire::RotateKeyRequest>,
    ) -> Result<Response<wire::RotateKeyResponse>, Status> {
        let call = self.call(&request, |body| &body.request_id, method!("RotateKey"))?;
        let name = request.into_inner().name;
        let keys = rotate_key::rotate_key(&self.deps, &call, &name)
            .await
            .map_err(status)?;
        let keys = keys.into_iter().map(|known| wire::SealKey {
            kind: known.name.kind.code().to_owned(),
            generation: known.name.generation,
            public_key: known.public.unwrap_or_default().into(),
            certification_request: known.request.unwrap_or_default().into(),
        });
        Ok(Response::new(wire::RotateKeyResponse { keys: keys.collect() }))
    }

    async fn make_seal(
        &self,
        request: Request<wire::MakeSealRequest>,
    ) -> Result<Response<wire::MakeSealResponse>, Status> {
        let call = self.call(&request, |body| &body.request_id, method!("MakeSeal"))?;
        let body = request.into_inner();
        let brought = brought(body.making)?;
        let made = make_seal::make_seal(&self.deps, &call, &body.name, &brought);
        made.await.map_err(status)?;
        let seal = self.seal(&body.name).await?;
        Ok(Response::new(wire::MakeSealResponse { seal }))
    }

    async fn file_seal(
        &self,
        request: Request<wire::FileSealRequest>,
    ) -> Result<Response<wire::FileSealResponse>, Status> {
        let call = self.call(&request, |body| &body.request_id, method!("FileSeal"))?;
        let body = request.into_inner();
        let filing = filing(body.filing)?;
        file_seal::file_seal(&self.deps, &call, &body.name, filing)
            .await
            .map_err(status)?;
        let seal = self.seal(&body.name).await?;
        Ok(Response::new(wire::FileSealResponse { seal }))
    }

    async fn suspend_seal(
        &self,
        request: Request<wire::SuspendSealRequest>,
    ) -> Result<Response<wire::SuspendSealResponse>, Status> {
        let call = self.call(&request, |body| &body.request_id, method!("SuspendSeal"))?;
        let body = request.into_inner();
        let suspended = suspend_seal::suspend_seal(&self.deps, &call, &body.name, &body.ground);
        suspended.await.map_err(status)?;
        let seal = self.seal(&body.name).await?;
        Ok(Response::new(wire::SuspendSealResponse { seal }))
    }

    async fn resume_seal(
        &self,
        request: Request<wire::ResumeSealRequest>,
    ) -> Result<Response<wire::ResumeSealResponse>, Status> {
        let call = self.call(&request, |body| &body.request_id, method!("ResumeSeal"))?;
        let body = request.into_inner();
        let content = content(&wire::ResumeSealRequest {
            request_id: String::new(),
            ..body.clone()
        });
        let resumed = resume_seal::resume_seal(&self.deps, &call, &body.name, &body.ground, content);
        resumed.await.map_err(status)?;
        let seal = self.seal(&body.name).await?;
        Ok(Response::new(wire::ResumeSealResponse { seal }))
    }

    async fn renew_seal(
        &self,
        request: Request<wire::RenewSealRequest>,
    ) -> Result<Response<wire::RenewSealResponse>, Status> {
        let call = self.call(&request, |body| &body.request_id, method!("RenewSeal"))?;
        let body = request.into_inner();
        let content = content(&wire::RenewSealRequest {
            request_id: String::new(),
            ..body.clone()
        });
        let renewal = Renewal {
            brought: brought(body.making)?,
            ground: &body.ground,
            destroy_former_keys: body.destroy_former_keys,
            content,
        };
        let renewed = renew_seal::renew_seal(&self.deps, &call, &body.name, &renewal);
        renewed.await.map_err(status)?;
        let seal = self.seal(&body.name).await?;
        Ok(Response::new(wire::RenewSealResponse { seal }))
    }

    async fn destroy_seal(
        &self,
        request: Request<wire::DestroySealRequest>,
    ) -> Result<Response<wire::DestroySealResponse>, Status> {
        let call = self.call(&request, |body| &body.request_id, method!("DestroySeal"))?;
        let body = request.into_inner();
        let content = content(&wire::DestroySealRequest {
            request_id: String::new(),
            ..body.clone()
        });
        let destroyed = destroy_seal::destroy_seal(&self.deps, &call, &body.name, &body.ground, content);
        destroyed.await.map_err(status)?;
        let seal = self.seal(&body.name).await?;
        Ok(Response::new(wire::DestroySealResponse { seal }))
    }

    async fn withdraw_proposal(
        &self,
        request: Request<wire::WithdrawProposalRequest>,
    ) -> Result<Response<wire::WithdrawProposalResponse>, Status> {
        let call = self.call(&request, |body| &body.request_id, method!("WithdrawProposal"))?;
        let name = request.into_inner().name;
        let withdrawn = withdraw_proposal::withdraw_proposal(&self.deps, &call, &name);
        withdrawn.await.map_err(status)?;
        let seal = self.seal(&name).await?;
        Ok(Response::new(wire::WithdrawProposalResponse { seal }))
    }

    type ExportJournalStream =
        Pin<Box<dyn Stream<Item = Result<wire::ExportJournalResponse, Status>> + Send>>;

    async fn export_journal(
        &self,
        request: Request<wire::ExportJournalRequest>,
    ) -> Result<Response<Self::ExportJournalStream>, Status> {
        let call = Call {
            officer: officer(&self.deps, &request)?,
            method: method!("ExportJournal"),
            request_id: uuid::Uuid::nil(),
            body: Vec::new(),
            at: self.deps.clock.now(),
        };
        let body = request.into_inner();
        let (from, to) = (moment(body.from, "from")?, moment(body.to, "to")?);
        let export = export_journal::begin(&self.deps, &call, from, to)
            .await
            .map_err(status)?;
        let start = (Arc::clone(&self.deps), export);
        let pages = stream::try_unfold(start, async |(deps, mut export)| {
            let page = export.next(&deps).await.map_err(status)?;
            Ok::<_, Status>(page.map(|page| (page, (deps, export))))
        });
        let lines = pages
            .map_ok(|page| stream::iter(page.into_iter().map(|entry| Ok(line(entry)))))
            .try_flatten();
        Ok(Response::new(lines.boxed()))
    }
}

fn line(entry: Entry) -> wire::ExportJournalResponse {
    let profile = match entry.act.profile {
        "original" => wire::DocumentProfile::Original,
        _ => wire::DocumentProfile::UseCopy,
    };
    let signed_at = entry.signed.as_ref().map(|signed| instant(signed.at));
    wire::ExportJournalResponse {
        intent_id: entry.act.intent.to_string(),
        kind: entry.act.kind.code().to_owned(),
        digest: entry.act.digest.to_vec().into(),
        profile: profile.into(),
        seal: entry.act.seal,
        specimen: entry.act.specimen,
        seal_digest: entry
            .act
            .making
            .map(|making| making.to_vec())
            .unwrap_or_default()
            .into(),
        requested_by: entry.requested_by,
        requested_at: Some(instant(entry.requested_at)),
        signature: entry.signed.map(|signed| signed.value).unwrap_or_default().into(),
        signed_at,
    }
}

/// SHA-256 of a request without its id: what two officers must say alike.
fn content(body: &impl Message) -> [u8; 32] {
    gm::Algorithm::EcdsaP256Sha256.digest(&body.encode_to_vec())
}

fn invalid(field: &str, problem: &str) -> Status {
    SEAL_CONTENT_INVALID.refusal().field(field, problem).into_status()
}

fn moment(at: impl api::convert::Read<Timestamp>, field: &str) -> Result<Timestamp, Status> {
    at.read(field).map_err(|_| invalid(field, "must be an instant"))
}

fn brought(making: Option<wire::SealMaking>) -> Result<Brought, Status> {
    let making = making.ok_or_else(|| invalid("making", "is required"))?;
    let ders = |chain: Vec<bytes::Bytes>| chain.into_iter().map(|der| der.to_vec()).collect();
    Ok(Brought {
        valid_from: moment(making.valid_from, "making.valid_from")?,
        valid_until: moment(making.valid_to, "making.valid_to")?,
        seal_chain: ders(making.seal_chain),
        pdf_chain: ders(making.pdf_chain),
        seal: Some(making.seal.to_vec()).filter(|seal| !seal.is_empty()),
    })
}

fn filing(filing: Option<wire::SealFiling>) -> Result<Filing, Status> {
    let filing = filing.ok_or_else(|| invalid("filing", "is required"))?;
    let on = filing.filed_on.read("filing.filed_on");
    Ok(Filing {
        number: filing.number,
        authority: filing.authority,
        on: on.map_err(|_| invalid("filing.filed_on", "must be a date"))?,
    })
}
