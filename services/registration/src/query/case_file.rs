//! Cases for their officers and the holder; a complaint for the officer in charge alone.

use domain::ids::{CaseId, OfficerId};
use postgres::Tx;
use postgres::audit::{Outcome, Record as AuditRecord};
use serde_json::json;
use service_runtime::Scope;
use service_runtime::clock::Clock as _;
use service_runtime::error::PERMISSION_DENIED;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::deps::Deps;
use crate::error::Error;
use crate::recorded::key_of;
use crate::sealing::{HearingText, ObjectionText};
use crate::store::Within;
pub(crate) use crate::store::case_file::SealedPaper as Paper;
use crate::store::case_file::{self, CaseFile, SealedPaper};

/// A case as shown.
#[derive(Debug)]
pub(crate) struct View {
    pub(crate) file: CaseFile,
    pub(crate) hearing: HearingText,
    /// Whether the reader is an officer.
    pub(crate) officer: bool,
}

/// What a complainant or objector wrote, with the papers.
#[derive(Debug)]
pub(crate) struct Sealed {
    pub(crate) text: ObjectionText,
    pub(crate) papers: Vec<(SealedPaper, Zeroizing<Vec<u8>>)>,
}

/// One case; the holder sees it once they have been told of it.
pub(crate) async fn find(deps: &Deps, scope: &Scope, id: CaseId) -> Result<View, Error> {
    let within = Within::of(scope, deps.province);
    let within = &within;
    deps.reader
        .snapshot("read a case", async |tx: &mut Tx| {
            let file = case_file::find(tx, within, id).await?;
            let file = file.filter(|file| within.all || file.case.hearing.is_some());
            view(deps, tx, within, file.ok_or_else(Error::not_found)?).await
        })
        .await
}

/// Cases for officers, the oldest first.
pub(crate) async fn list(
    deps: &Deps,
    scope: &Scope,
    state: Option<&'static str>,
    after: Option<Uuid>,
    limit: u32,
) -> Result<Vec<View>, Error> {
    let within = Within::of(scope, deps.province);
    let within = &within;
    deps.reader
        .snapshot("list cases", async |tx: &mut Tx| {
            let mut views = Vec::new();
            for file in case_file::list(tx, within, state, after, limit.into()).await? {
                views.push(view(deps, tx, within, file).await?);
            }
            Ok::<_, Error>(views)
        })
        .await
}

async fn view(deps: &Deps, tx: &mut Tx, within: &Within, file: CaseFile) -> Result<View, Error> {
    let hearing = match &file.hearing {
        Some(sealed) => {
            let key = key_of(deps, tx, within, file.case.person).await?;
            deps.sealing
                .open_hearing(&key, file.case.id.as_uuid(), sealed.clone())?
        }
        None => HearingText::default(),
    };
    Ok(View {
        file,
        hearing,
        officer: within.all,
    })
}

/// What the complainant wrote and who they are, for the officer who has the case in hand; every reading is audited.
pub(crate) async fn complaint(
    deps: &Deps,
    scope: &Scope,
    (reader, officer): (&str, OfficerId),
    id: CaseId,
) -> Result<Sealed, Error> {
    let within = Within::of(scope, deps.province);
    let within = &within;
    let (file, papers) = deps
        .database
        .run_tx("read_complaint", async |tx: &mut Tx| {
            let file = case_file::find(tx, within, id)
                .await?
                .ok_or_else(Error::not_found)?;
            if !within.all || file.case.claimed_by != Some(officer) {
                return Err(PERMISSION_DENIED.refusal().into());
            }
            let papers = case_file::papers(tx, id.as_uuid()).await?;
            audit(deps, tx, (reader, "read_complaint"), &deps.case_name(id), &papers).await?;
            Ok::<_, Error>((file, papers))
        })
        .await?;
    let (text, key) = deps.sealing.open_complaint(id.as_uuid(), file.text)?;
    Ok(Sealed {
        text,
        papers: opened(deps, &key, papers).await?,
    })
}

/// Opens papers in memory.
pub(super) async fn opened(
    deps: &Deps,
    key: &personal_data::DataKey,
    papers: Vec<SealedPaper>,
) -> Result<Vec<(SealedPaper, Zeroizing<Vec<u8>>)>, Error> {
    let mut opened = Vec::new();
    for paper in papers {
        let sealed = deps.objects.get(&paper.object).await?;
        let content = deps.sealing.open_paper(key, paper.id, sealed)?;
        opened.push((paper, content));
    }
    Ok(opened)
}

/// Records who read what, with the digests of the papers.
pub(super) async fn audit(
    deps: &Deps,
    tx: &mut Tx,
    (actor, verb): (&str, &'static str),
    subject: &str,
    papers: &[SealedPaper],
) -> Result<(), Error> {
    let digests: Vec<_> = papers.iter().map(|paper| hex::encode(&paper.digest)).collect();
    tx.audit(AuditRecord {
        at: deps.clock.now(),
        actor,
        verb,
        article: "",
        subject,
        outcome: Outcome::Done,
        evidence: json!({ "sm3": digests }),
    })
    .await?;
    Ok(())
}
