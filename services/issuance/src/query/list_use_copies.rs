//! The use copies of one version of the caller, the newest first.

use domain::calendar::day_of;
use domain::certificate::UseCopyFacts;
use domain::licence_identifier::LicenceIdentifier;
use jiff::Timestamp;
use jiff::civil::Date;
use postgres::Tx;
use serde::{Deserialize, Serialize};
use service_runtime::error::NOT_FOUND;
use service_runtime::{Scope, page};
use uuid::Uuid;

use crate::error::Error;
use crate::issuing::Issuing;
use crate::job::issue::{open_facts, person_key};
use crate::sealing::open;
use crate::store::issuing::use_copy::{self, CopyRow};
use crate::store::issuing::version::{self, VersionRow};
use crate::store::issuing::{LATEST, column};

const PAGE: (u32, u32) = (20, 100);

/// A copy as its holder sees it.
#[derive(Debug, Clone)]
pub(crate) struct CopyView {
    pub(crate) licence_identifier: String,
    pub(crate) facts: UseCopyFacts,
    pub(crate) ready_at: Option<Timestamp>,
    pub(crate) revoked_at: Option<Timestamp>,
    pub(crate) revocation_reason: String,
    /// By which consent an employer had it made.
    pub(crate) consent: Option<Uuid>,
    /// Whether its set has the PDF signed with SM2.
    pub(crate) pdf_sm2: bool,
    /// Its version counts no more.
    pub(crate) superseded: bool,
    /// The day of the look is past its last one.
    pub(crate) expired: bool,
}

/// Where a page starts: after this copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct After {
    made_at: Timestamp,
    copy: Uuid,
}

/// One page.
pub(crate) struct Page {
    pub(crate) copies: Vec<CopyView>,
    pub(crate) next: String,
}

/// Lists them.
pub(crate) async fn list_use_copies(
    issuing: &Issuing,
    scope: &Scope,
    identifier: &LicenceIdentifier,
    page_size: i32,
    page_token: &str,
) -> Result<Page, Error> {
    let identifier = identifier.to_string();
    let size = page::size(page_size, PAGE.0, PAGE.1)?;
    let after: Option<After> = page::cursor(&identifier, page_token)?;
    let before = after.map_or((LATEST, Uuid::max()), |after| (after.made_at, after.copy));
    let limit = i64::from(size) + 1;
    let (version, mut rows) = issuing
        .read
        .snapshot("list use copies", async |tx: &mut Tx| {
            let Some(version) = version::find(tx, &identifier, scope).await? else {
                return Err(Error::from(NOT_FOUND.refusal()));
            };
            let rows = use_copy::list(tx, version.id, scope, before, limit).await?;
            Ok::<_, Error>((version, rows))
        })
        .await?;
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    let more = rows.len() > size;
    rows.truncate(size);
    let next = match rows.last().filter(|_| more) {
        Some(last) => page::token(
            &identifier,
            &After {
                made_at: last.made_at,
                copy: last.id,
            },
        )?,
        None => String::new(),
    };
    let today = day_of(issuing.now());
    let copies = rows
        .iter()
        .map(|row| view(issuing, &version, row, today))
        .collect::<Result<_, _>>()?;
    Ok(Page { copies, next })
}

/// Opens what a copy's facts say, as of a day.
pub(crate) fn view(
    issuing: &Issuing,
    version: &VersionRow,
    row: &CopyRow,
    today: Date,
) -> Result<CopyView, Error> {
    let key = person_key(issuing.sealing.vault(), version.person, &version.data_key);
    let key = key.map_err(|stop| Error::internal(stop.detail))?;
    let facts = open_facts(&key, version.id, Some(row.id), &row.facts)
        .map_err(|stop| Error::internal(stop.detail))?;
    let facts = facts
        .use_copy
        .ok_or_else(|| Error::internal("the facts of a copy name none"))?;
    let reason = match &row.revocation_reason {
        Some(sealed) => open(&key, &column::revocation_reason(row.id), sealed.clone())?.to_vec(),
        None => Vec::new(),
    };
    Ok(CopyView {
        licence_identifier: version.licence_identifier.clone(),
        facts,
        ready_at: row.ready_at,
        revoked_at: row.revoked_at,
        revocation_reason: String::from_utf8(reason).map_err(Error::internal)?,
        consent: row.consent,
        pdf_sm2: row.pdf_sm2,
        superseded: version.superseded_at.is_some(),
        expired: today > row.use_until,
    })
}
