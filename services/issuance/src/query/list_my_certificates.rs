//! Every certificate version of the caller, the newest first.

use jiff::Timestamp;
use postgres::Tx;
use serde::{Deserialize, Serialize};
use service_runtime::{Scope, page};
use uuid::Uuid;

use super::get_certificate::{CertificateView, view};
use crate::error::Error;
use crate::issuing::Issuing;
use crate::store::issuing::{LATEST, version};

/// Versions on a page unless the caller asks otherwise, and at most.
const PAGE: (u32, u32) = (20, 100);

/// Where a page starts: after this version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct After {
    made_at: Timestamp,
    version: Uuid,
}

/// One page.
pub(crate) struct Page {
    pub(crate) certificates: Vec<CertificateView>,
    pub(crate) next: String,
}

/// Lists them.
pub(crate) async fn list_my_certificates(
    issuing: &Issuing,
    scope: &Scope,
    page_size: i32,
    page_token: &str,
) -> Result<Page, Error> {
    let person: Uuid = scope.require_person()?;
    let size = page::size(page_size, PAGE.0, PAGE.1)?;
    let after: Option<After> = page::cursor(&person, page_token)?;
    let before = after.map_or((LATEST, Uuid::max()), |after| (after.made_at, after.version));
    let limit = i64::from(size) + 1;
    let mut rows = issuing
        .read
        .snapshot("list certificates", async |tx: &mut Tx| {
            version::list(tx, scope, before, limit).await
        })
        .await?;
    let more = rows.len() > usize::try_from(size).unwrap_or(usize::MAX);
    rows.truncate(usize::try_from(size).unwrap_or(usize::MAX));
    let next = match rows.last().filter(|_| more) {
        Some(last) => page::token(
            &person,
            &After {
                made_at: last.made_at,
                version: last.id,
            },
        )?,
        None => String::new(),
    };
    let certificates = rows
        .into_iter()
        .map(|row| view(issuing, row))
        .collect::<Result<_, _>>()?;
    Ok(Page { certificates, next })
}
