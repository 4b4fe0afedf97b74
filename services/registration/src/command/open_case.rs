//! 投诉举报: anyone opens a case about a registration, which stands meanwhile; what they write is sealed.

use domain::authority::Authority;
use domain::case_file::Case;
use domain::ids::CaseId;
use postgres::Tx;
use postgres::audit::{Outcome, Record as AuditRecord};
use serde_json::json;
use tracing::instrument;
use uuid::Uuid;

use super::raise_objection::{is_stated, keep_papers};
use super::record_fact::Paper;
use super::{Begin, Call, finish};
use crate::deps::Deps;
use crate::error::{Error, OBJECTION_INVALID};
use crate::job;
use crate::sealing::ObjectionText;
use crate::store::case_file::{self, CaseFile};
use crate::store::{Within, registered};

/// The complainant learns the case's name and nothing about the registration.
#[instrument(name = "open_case", skip_all)]
pub(crate) async fn open_case(
    deps: &Deps,
    call: &Call,
    number: &str,
    (text, papers): (&ObjectionText, &[Paper]),
) -> Result<CaseId, Error> {
    let subject = format!("provinces/{}/cases/-", deps.province);
    let result = open(deps, call, number, (text, papers)).await;
    call.audited(deps, &subject, result).await
}

async fn open(
    deps: &Deps,
    call: &Call,
    number: &str,
    (text, papers): (&ObjectionText, &[Paper]),
) -> Result<CaseId, Error> {
    if !is_stated(text, papers) {
        return Err(OBJECTION_INVALID.into());
    }
    let id = CaseId::from_uuid(Uuid::now_v7());
    // Whoever is registered is public: the complainant needs no rows of their own.
    let within = Within::of(&job::scope("open_case"), deps.province);
    let within = &within;
    let find = async |tx: &mut Tx| registered::of_number(tx, within, number).await;
    let known = deps.reader.snapshot("registration complained of", find).await?;
    let known = known
        .filter(|known| known.ended.is_none() && known.moved_to.is_none())
        .ok_or_else(Error::not_found)?;
    let (sealed, key) = deps.sealing.seal_complaint(id.as_uuid(), text);
    let papers = keep_papers(deps, &key, papers).await?;
    let file = CaseFile {
        case: Case::open(id, known.person, Authority::Province(deps.province), call.at),
        text: sealed,
        hearing: None,
    };
    let (file, papers) = (&file, &papers);
    deps.database
        .run_tx("open_case", async |tx: &mut Tx| {
            let claim = match call.begin(tx).await? {
                Begin::Replay(id) => return Ok(CaseId::from_uuid(id)),
                Begin::First(claim) => claim,
            };
            case_file::insert(tx, file).await?;
            case_file::insert_papers(tx, id.as_uuid(), papers, call.at).await?;
            tx.audit(AuditRecord {
                at: call.at,
                actor: &call.caller,
                verb: call.verb,
                article: "行政许可法 art 65",
                subject: &deps.case_name(id),
                outcome: Outcome::Done,
                evidence: json!({ "person": known.person.resource_name(), "papers": papers.len() }),
            })
            .await?;
            finish(tx, claim, id.as_uuid()).await?;
            Ok::<_, Error>(id)
        })
        .await
}
