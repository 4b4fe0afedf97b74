//! 意见模板: a new one, or a new version; what was said with an older version stays as it was.

use domain::authority::Authority;
use domain::opinion::{OpinionText, TemplateRef};
use postgres::Tx;
use postgres::audit::{Outcome, Record as AuditRecord};
use serde_json::json;
use tracing::instrument;
use uuid::Uuid;

use super::{Begin, Call, finish};
use crate::deps::Deps;
use crate::error::Error;
use crate::store::opinion_template::{self, OpinionTemplate};

/// Belongs to the authority of the officer; another's does not exist for them.
#[instrument(name = "save_opinion_template", skip_all)]
pub(crate) async fn save_opinion_template(
    deps: &Deps,
    call: &Call,
    of: Option<Uuid>,
    (title, text): (&str, &str),
) -> Result<Uuid, Error> {
    let id = of.unwrap_or_else(Uuid::now_v7);
    let subject = deps.template_name(id);
    let result = deps
        .database
        .run_tx("save_opinion_template", async |tx: &mut Tx| {
            let claim = match call.begin(tx).await? {
                Begin::Replay(id) => return Ok(id),
                Begin::First(claim) => claim,
            };
            let officer = call.officer(Authority::Province(deps.province))?;
            OpinionText::parse(title, text)?;
            let version = match of {
                None => 1,
                Some(id) => {
                    let known = opinion_template::latest(tx, id).await?;
                    let known = known.filter(|known| known.authority == officer.authority);
                    known.ok_or_else(Error::not_found)?.version.version + 1
                }
            };
            let template = OpinionTemplate {
                version: TemplateRef { id, version },
                authority: officer.authority,
                title: title.trim().to_owned(),
                text: text.to_owned(),
                saved_at: call.at,
            };
            opinion_template::insert(tx, &template, officer.id).await?;
            tx.audit(AuditRecord {
                at: call.at,
                actor: &call.caller,
                verb: call.verb,
                article: "domain §1.13",
                subject: &subject,
                outcome: Outcome::Done,
                evidence: json!({
                    "version": version, "authority": officer.authority,
                    "sha256": hex::encode(postgres::hash::sha256(text.as_bytes())),
                }),
            })
            .await?;
            finish(tx, claim, id).await?;
            Ok::<_, Error>(id)
        })
        .await;
    call.audited(deps, &subject, result).await
}
