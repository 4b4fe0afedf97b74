//! Proposes an act of the nation on a registration (撤销, 吊销, 暂扣, 暂扣发还), for a second officer to confirm.

use domain::authority::Officer;
use domain::fact::check_paper;
use domain::ids::{NationalActId, PersonId};
use domain::national_act::{Measure, NationalAct};
use domain::register::decide;
use personal_data::DataKey;
use postgres::Tx;
use postgres::requests::Begun;
use serde_json::json;
use service_runtime::clock::day_of;
use service_runtime::error::NOT_FOUND;
use tracing::instrument;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::link_persons;
use super::write::{Write, keep_id, kept_id};
use crate::deps::Deps;
use crate::error::{ACT_REFUSED, EVIDENCE_REFUSED, Error, ruled};
use crate::query::registered::registered;
use crate::sealing::{seal, seal_json};
use crate::store::register::national_act::{self, Paper, Stored};
use crate::store::register::{column, history};

/// What an officer proposes.
pub(crate) struct Input {
    pub(crate) write: Write,
    pub(crate) officer: Officer,
    pub(crate) person: PersonId,
    pub(crate) measure: Measure,
    pub(crate) reference: String,
    pub(crate) statement: String,
    pub(crate) paper: Decision,
}

/// The decision as handed in.
pub(crate) struct Decision {
    pub(crate) media_type: String,
    pub(crate) content: Zeroizing<Vec<u8>>,
    /// SM3 as announced.
    pub(crate) digest: Vec<u8>,
}

/// Idempotent on the request. The sealed decision is written before the row; a crash leaves bytes that nobody names.
#[instrument(name = "propose_national_act", skip_all)]
pub(crate) async fn propose_national_act(deps: &Deps, input: Input) -> Result<NationalActId, Error> {
    let subject = input.person.resource_name();
    let proposed = propose(deps, &input, &subject).await;
    input.write.recorded(&deps.database, &subject, proposed).await
}

/// Whether it could be confirmed as things stand; the confirmation looks again. Returns the person's key.
async fn check(deps: &Deps, input: &Input, act: &NationalAct) -> Result<DataKey, Error> {
    let write = &input.write;
    if let Measure::Merge { into } = act.measure {
        link_persons::document_of(deps, input.person, act.id, write.at).await?;
        link_persons::document_of(deps, into, act.id, write.at).await?;
        for who in [input.person, into] {
            link_persons::ensure_known(deps, who, write.at).await?;
        }
    }
    let read = async |tx: &mut Tx| {
        match (act.measure, act.measure.act()) {
            (Measure::Merge { into }, _) => link_persons::check(tx, input.person, into).await?,
            (Measure::Split, _) => link_persons::survivor(tx, input.person).await.map(|_| ())?,
            (_, Some(done)) => {
                let found = registered(tx, &deps.sealing, input.person, &write.scope).await?;
                let found = found.ok_or_else(|| NOT_FOUND.refusal())?;
                decide(Some(&found.entry), &done, day_of(write.at))
                    .map_err(|refused| ruled(ACT_REFUSED, &refused))?;
            }
            (_, None) => {}
        }
        Ok::<_, Error>(history::wrapped_key(tx, input.person).await?)
    };
    let wrapped = deps.read.snapshot("look at national act", read).await?;
    deps.sealing
        .key(input.person, wrapped.ok_or_else(|| NOT_FOUND.refusal())?)
}

async fn propose(deps: &Deps, input: &Input, subject: &str) -> Result<NationalActId, Error> {
    let write = &input.write;
    let id = NationalActId::from_uuid(Uuid::now_v7());
    let what = (id, input.person, input.measure);
    let said = (input.reference.as_str(), input.statement.as_str());
    let act = NationalAct::propose(what, said, input.officer, write.at)
        .map_err(|refused| ruled(ACT_REFUSED, &refused))?;
    let paper = &input.paper;
    check_paper(&paper.media_type, paper.content.len())
        .map_err(|refused| ruled(EVIDENCE_REFUSED, &refused))?;
    if gm::sm3::digest(&paper.content).as_slice() != paper.digest {
        return Err(EVIDENCE_REFUSED.refusal().into());
    }
    let key = check(deps, input, &act).await?;
    let sealed = seal(&key, column::DECISION, &paper.content);
    let digest = hex::encode(gm::sm3::digest(&sealed));
    let place = format!("decisions/{}/{digest}", digest.get(..2).unwrap_or_default());
    deps.objects.put(&place, sealed).await.map_err(Error::internal)?;
    let stored = Stored {
        id,
        person: input.person,
        record: seal_json(&key, column::NATIONAL_ACT, &act),
        wrapped_key: None,
        paper: Paper {
            media_type: paper.media_type.to_ascii_lowercase(),
            digest: paper.digest.clone(),
            place,
        },
        change: None,
    };
    let (stored, act) = (&stored, &act);
    deps.database
        .run_tx("propose national act", async |tx: &mut Tx| {
            let claim = match tx.begin_request(&write.request()).await? {
                Begun::Replay(kept) => return kept_id(kept).map(NationalActId::from_uuid),
                Begun::First(claim) => claim,
            };
            national_act::insert(tx, stored, write.at).await?;
            let evidence = json!({
                "act": id.to_string(), "measure": act.measure.code(), "reference": act.reference,
                "sm3": hex::encode(&stored.paper.digest),
            });
            write.done(tx, subject, act.measure.article(), evidence).await?;
            tx.finish_request(claim, &keep_id(id.as_uuid())).await?;
            Ok::<_, Error>(id)
        })
        .await
}
