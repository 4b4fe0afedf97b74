//! Attaches a material: judged, sealed, stored, then named by a row.

use domain::application::{MaterialKind, StateKind};
use domain::authority::Actor;
use domain::calendar::{day_of, plus_days};
use domain::employment::{Termination, TerminationEvidence};
use domain::ids::{ApplicationId, MaterialId};
use jiff::civil::Date;
use personal_data::DataKey;
use postgres::Tx;
use postgres::audit::{Outcome, Record as AuditRecord};
use serde_json::json;
use service_runtime::Refusal;
use tracing::instrument;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::filing::initiator;
use super::moves::locked;
use super::{Begin, Call, Move, Moved, finish, note};
use crate::deps::Deps;
use crate::error::{Error, MATERIAL_DIGEST_DIFFERS, MATERIALS_CLOSED};
use crate::picture;
use crate::store::application::{self, Record, TerminationPaper};
use crate::store::material::{self, Material, StoredPicture};
use crate::store::person;

/// What is uploaded.
pub(crate) struct Input {
    pub(crate) application: ApplicationId,
    pub(crate) kind: MaterialKind,
    /// Of a paper that shows the end of an employment: which; else the one that the draft named.
    pub(crate) paper: Option<TerminationPaper>,
    /// Last day of the employment, by a paper that shows its end.
    pub(crate) ended_on: Option<Date>,
    pub(crate) media_type: String,
    /// SM3 as announced.
    pub(crate) digest: Vec<u8>,
    pub(crate) content: Zeroizing<Vec<u8>>,
}

/// Idempotent on the request. The sealed bytes are written before the row; a crash leaves bytes that nobody names.
#[instrument(name = "attach_material", skip_all, fields(application = %input.application))]
pub(crate) async fn attach_material(deps: &Deps, call: &Call, input: Input) -> Result<MaterialId, Error> {
    let subject = deps.application_name(input.application);
    let result = attach(deps, call, &input).await;
    call.audited(deps, &subject, result).await
}

async fn attach(deps: &Deps, call: &Call, input: &Input) -> Result<MaterialId, Error> {
    let size = input.content.len() as u64;
    input.kind.check(&input.media_type, size)?;
    if gm::sm3::digest(&input.content).as_slice() != input.digest {
        return Err(MATERIAL_DIGEST_DIFFERS.into());
    }
    let made = picture::examine(input.kind, &input.media_type, &input.content).await?;
    let id = MaterialId::from_uuid(Uuid::now_v7());
    let key = key(deps, call, input).await?;
    let sealed = deps.sealing.seal_material(&key, id.as_uuid(), &input.content);
    let picture = match made {
        None => None,
        Some(made) => Some(StoredPicture {
            media_type: made.media_type.to_owned(),
            digest: gm::sm3::digest(&made.content).to_vec(),
            object: deps
                .objects
                .put(deps.sealing.seal_picture(&key, id.as_uuid(), &made.content))
                .await?,
        }),
    };
    let stored = Material {
        id,
        application: input.application,
        kind: input.kind,
        media_type: input.media_type.to_ascii_lowercase(),
        size: i64::try_from(size).unwrap_or(i64::MAX),
        digest: input.digest.clone(),
        object: deps.objects.put(sealed).await?,
        picture,
    };
    let stored = &stored;
    deps.database
        .run_tx("attach_material", async |tx: &mut Tx| {
            let claim = match call.begin(tx).await? {
                Begin::Replay(id) => return Ok(MaterialId::from_uuid(id)),
                Begin::First(claim) => claim,
            };
            let target = Move { application: stored.application, etag: "" };
            let mut record = locked(deps, tx, call, target).await?;
            if !is_open_for_materials(&record) {
                return Err(MATERIALS_CLOSED.into());
            }
            let policy = deps.policy_of(&record.application, call.at)?;
            let actor = initiator(deps, call, &record.application, policy)?;
            material::attach(tx, stored, call.at).await?;
            tx.audit(AuditRecord {
                at: call.at,
                actor: &call.caller,
                verb: call.verb,
                article: "101号 art 8–10",
                subject: &deps.application_name(stored.application),
                outcome: Outcome::Done,
                evidence: json!({ "kind": stored.kind.code(), "sm3": hex::encode(&stored.digest), "size": stored.size }),
            })
            .await?;
            if stored.kind == MaterialKind::TerminationProof {
                show_termination(deps, tx, call, (&mut record, actor), (id, input)).await?;
            }
            finish(tx, claim, id.as_uuid()).await?;
            Ok::<_, Error>(id)
        })
        .await
}

fn is_open_for_materials(record: &Record) -> bool {
    matches!(
        record.application.state().kind(),
        StateKind::Draft
            | StateKind::EmployerPending
            | StateKind::EmployerConfirmed
            | StateKind::EmployerRejected
            | StateKind::CorrectionRequested
    )
}

/// The data key of whom the application is about.
async fn key(deps: &Deps, call: &Call, input: &Input) -> Result<DataKey, Error> {
    let application = input.application.as_uuid();
    deps.reader
        .snapshot("key of a material", async |tx: &mut Tx| {
            let within = call.within(deps);
            let record = application::load(tx, &within, &[application])
                .await?
                .pop()
                .ok_or_else(Error::not_found)?;
            if !is_open_for_materials(&record) {
                return Err(MATERIALS_CLOSED.into());
            }
            let owner = record.application.person;
            let row = person::find(tx, &within, owner)
                .await?
                .ok_or_else(Error::not_found)?;
            deps.sealing.key(owner.as_uuid(), row.wrapped_key)
        })
        .await
}

/// The paper stands in for the employer's word, whatever the draft expected to show. It is taken to say the day that the
/// uploader names; else, of a
/// cancellation the person said when the employment ended, and of a change it ended the day before the new contract
/// begins.
async fn show_termination(
    deps: &Deps,
    tx: &mut Tx,
    call: &Call,
    (record, actor): (&mut Record, Actor),
    (material, input): (MaterialId, &Input),
) -> Result<(), Error> {
    let ended_on = input.ended_on;
    let today = day_of(call.at);
    if ended_on.is_some_and(|ended_on| ended_on > today) {
        return Err(Refusal::invalid("header.employment_ended_on", "must not be in the future").into());
    }
    let evidence = match input
        .paper
        .or(record.termination_paper)
        .unwrap_or(TerminationPaper::Dismissal)
    {
        TerminationPaper::Dismissal => TerminationEvidence::DismissalCertificate { material },
        TerminationPaper::Award => TerminationEvidence::ArbitralAward { material },
        TerminationPaper::Judgment => TerminationEvidence::Judgment { material },
    };
    let told = record.application.cancellation();
    let ended_on = ended_on.unwrap_or_else(|| match told.map(|details| details.employment_ended_on) {
        Some(told) => told.unwrap_or(today),
        None => plus_days(record.contract.from, -1).min(today),
    });
    let application = record.application.clone();
    let shown = application.show_termination(Termination { ended_on, evidence }, actor, call.at)?;
    note(deps, tx, &call.caller, call.verb, record, Moved::from(shown)).await
}
