//! Proposes a correction of an announcement (更正公告), for a second officer to publish.

use domain::announcement::{
    AnnouncementCorrection, ListedPerson, ListingFault, Remedy, RowCorrection, check_rows,
};
use domain::authority::{Authority, Officer};
use domain::ids::AnnouncementCorrectionId;
use postgres::Tx;
use postgres::audit::{Outcome, Record as AuditRecord};
use serde_json::json;
use tracing::instrument;
use uuid::Uuid;

use super::open_publicity::check_batch;
use super::{Begin, Call, finish};
use crate::deps::Deps;
use crate::error::Error;
use crate::store::announcement::{self, Announcement};
use crate::store::announcement_correction;
use crate::store::application::{self, Record};

/// What is to be corrected, and why.
pub(crate) struct Input {
    /// Authority, year and serial.
    pub(crate) announcement: (String, i32, i32),
    pub(crate) rows: Vec<RowCorrection>,
    pub(crate) grounds: String,
}

/// Idempotent on the request. Changes nothing but the proposal.
#[instrument(name = "correct_announcement", skip_all)]
pub(crate) async fn correct_announcement(
    deps: &Deps,
    call: &Call,
    input: &Input,
) -> Result<AnnouncementCorrectionId, Error> {
    let (by, year, serial) = &input.announcement;
    let subject = format!("provinces/{}/announcements/{year}-{serial} ({by})", deps.province);
    let result = propose(deps, call, input).await;
    call.audited(deps, &subject, result).await
}

async fn propose(deps: &Deps, call: &Call, input: &Input) -> Result<AnnouncementCorrectionId, Error> {
    let id = AnnouncementCorrectionId::from_uuid(Uuid::now_v7());
    let applications: Vec<_> = input.rows.iter().map(|row| row.application.as_uuid()).collect();
    if !input.rows.is_empty() {
        check_batch(&applications)?;
    }
    let applications = &applications;
    deps.database
        .run_tx("correct_announcement", async |tx: &mut Tx| {
            let claim = match call.begin(tx).await? {
                Begin::Replay(id) => return Ok(AnnouncementCorrectionId::from_uuid(id)),
                Begin::First(claim) => claim,
            };
            let (by, year, serial) = &input.announcement;
            let found = announcement::find_numbered(tx, by, *year, *serial).await?;
            let found = found.ok_or_else(Error::not_found)?;
            let officer = announcing_officer(call, &found)?;
            let records = application::load(tx, &call.within(deps), applications).await?;
            check(tx, &found, &input.rows, &records).await?;
            let said = (input.rows.clone(), input.grounds.as_str());
            let proposed = AnnouncementCorrection::propose(id, found.id, said, officer, call.at)?;
            announcement_correction::insert(tx, &proposed).await?;
            tx.audit(AuditRecord {
                at: call.at,
                actor: &call.caller,
                verb: call.verb,
                article: &articles(&input.rows),
                subject: &deps.announcement_correction_name(id),
                outcome: Outcome::Done,
                evidence: json!({ "announcement": found.number, "rows": input.rows }),
            })
            .await?;
            finish(tx, claim, id.as_uuid()).await?;
            Ok::<_, Error>(id)
        })
        .await
}

/// The caller as an officer of the authority that announced.
pub(super) fn announcing_officer(call: &Call, found: &Announcement) -> Result<Officer, Error> {
    let needed: Authority = found
        .announced_by
        .parse()
        .map_err(|_| Error::internal("an announcement of no known authority"))?;
    let officer = call.officer(needed)?;
    if officer.authority != needed {
        return Err(domain::application::MoveRefused::WrongAuthority { needed }.into());
    }
    Ok(officer)
}

/// Whether the rows can be corrected so, as everything stands now.
pub(super) async fn check(
    tx: &mut Tx,
    found: &Announcement,
    rows: &[RowCorrection],
    records: &[Record],
) -> Result<(), Error> {
    let corrections = announcement::corrections(tx, found.id).await?;
    let void = |row: u32| {
        let mut said = corrections.iter();
        said.any(|said| said.row == Some(row) && said.fault == ListingFault::NeverShouldHaveBeen)
    };
    let lines = announcement::lines(tx, found.id).await?;
    let listed = (1..).zip(&lines).map(|(row, line)| ListedPerson {
        row,
        person: line.person,
        void: void(row),
    });
    let remedies: Vec<_> = records
        .iter()
        .map(|record| Remedy::from(&record.application))
        .collect();
    check_rows(rows, &listed.collect::<Vec<_>>(), found.announced_at, &remedies)?;
    Ok(())
}

/// What the faults rest on, each once.
pub(super) fn articles(rows: &[RowCorrection]) -> String {
    let mut articles: Vec<_> = rows.iter().map(|row| row.fault.article()).collect();
    articles.sort_unstable();
    articles.dedup();
    articles.join("; ")
}
