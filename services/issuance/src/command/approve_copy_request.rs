//! Gives an employer the copy it asked for: made as the holder's own, under the holder's limits of the day.

use domain::calendar::day_of;
use domain::notification::NotificationKind;
use domain::use_copy::{ConsentRefused, CopyTerms};
use postgres::Tx;
use postgres::requests::Begun;
use serde_json::json;
use service_runtime::error::NOT_FOUND;
use tokio::time::Instant;
use tracing::instrument;
use uuid::Uuid;

use super::create_use_copy::{open, ready};
use super::make_copy::{Target, Wanted, make, policy};
use super::notify::{self, Notification};
use super::write::{Write, keep_id, kept_id};
use crate::error::{ACT_REFUSED, Error, ruled};
use crate::issuing::Issuing;
use crate::query::get_certificate::require_living;
use crate::query::list_copy_requests::{RequestView, view as request_view};
use crate::query::list_use_copies::{CopyView, view};
use crate::query::suspension::require_not_suspended;
use crate::sealing::open_json;
use crate::store::issuing::copy_request::{self, RequestRow};
use crate::store::issuing::version::{self, VersionRow};
use crate::store::issuing::{column, use_copy};
use crate::store::log::position_of;
use crate::store::register::active_registration;

/// Which one.
pub(crate) struct Input {
    pub(crate) write: Write,
    pub(crate) request: Uuid,
    /// How long the caller waits for the documents.
    pub(crate) deadline: Instant,
}

/// The answered request with its copy, ready unless the deadline came first.
pub(crate) struct Approved {
    pub(crate) request: RequestView,
    pub(crate) copy: CopyView,
    pub(crate) position: u64,
}

/// Idempotent on the request id. Copy, job, change, answer, notification and audit are stored together or not at all.
#[instrument(name = "approve_copy_request", skip_all, fields(request = %input.request))]
pub(crate) async fn approve_copy_request(issuing: &Issuing, input: Input) -> Result<Approved, Error> {
    let subject = format!("copyRequests/{}", input.request);
    let stored = store(issuing, &input, &subject).await;
    let (request, version, change) = input.write.recorded(&issuing.database, &subject, stored).await?;
    issuing.bells.documents.notify_one();
    issuing.bells.changes.notify_one();
    let copy = request
        .copy
        .ok_or_else(|| Error::internal("an approved request has no copy"))?;
    let row = ready(issuing, &input.write.scope, copy, input.deadline).await?;
    let today = day_of(input.write.at);
    Ok(Approved {
        request: request_view(issuing, &request, today)?,
        copy: view(issuing, &version, &row, today)?,
        position: position_of(&issuing.database, change, input.deadline).await?,
    })
}

async fn store(
    issuing: &Issuing,
    input: &Input,
    subject: &str,
) -> Result<(RequestRow, VersionRow, i64), Error> {
    let scope = &input.write.scope;
    scope.require_person()?;
    issuing
        .database
        .run_tx("approve copy request", async |tx: &mut Tx| {
            let claim = match tx.begin_request(&input.write.request()).await? {
                Begun::Replay(stored) => {
                    let copy = use_copy::find(tx, kept_id(stored)?, scope).await?;
                    let copy = copy.ok_or_else(|| Error::from(NOT_FOUND.refusal()))?;
                    let version = version::lock(tx, copy.version, scope).await?;
                    let version = version.ok_or_else(|| Error::from(NOT_FOUND.refusal()))?;
                    return Ok((asked(tx, input).await?, version, copy.change));
                }
                Begun::First(claim) => claim,
            };
            let request = asked(tx, input).await?;
            let version = copied(tx, issuing, input, &request).await?;
            let at = input.write.at;
            let (key, facts) = open(issuing, &version)?;
            let column = column::request_terms(request.id);
            let terms: CopyTerms = open_json(&key, &column, request.terms.clone())?;
            let wanted = Wanted::new(&policy(issuing, at)?, &facts, &terms, at)?;
            let target = Target {
                version: version.id,
                person: version.person,
                licence_identifier: &version.licence_identifier,
                key: &key,
            };
            let made = make(tx, issuing, target, &wanted, None).await?;
            copy_request::answer(tx, request.id, Some(made.copy), at).await?;
            tell(tx, &request, subject, at).await?;
            let evidence = json!({ "copy": made.copy.to_string() });
            input.write.done(tx, subject, "domain §1.10", evidence).await?;
            tx.finish_request(claim, &keep_id(made.copy)).await?;
            Ok::<_, Error>((asked(tx, input).await?, version, made.change))
        })
        .await
}

async fn asked(tx: &mut Tx, input: &Input) -> Result<RequestRow, Error> {
    let found = copy_request::find(tx, input.request, &input.write.scope).await?;
    found.ok_or_else(|| NOT_FOUND.refusal().into())
}

/// The current version, locked, if the request may be answered by a copy of it now.
async fn copied(
    tx: &mut Tx,
    issuing: &Issuing,
    input: &Input,
    request: &RequestRow,
) -> Result<VersionRow, Error> {
    let (scope, at) = (&input.write.scope, input.write.at);
    let open = request.state.check_open(day_of(at), request.expires_on);
    open.map_err(|refused| ruled(ACT_REFUSED, &refused))?;
    let version = version::lock_current(tx, scope).await?;
    let version = version.ok_or_else(|| Error::from(NOT_FOUND.refusal()))?;
    // Asked once the version is locked: a change of employer would supersede it.
    if active_registration::employer(tx, scope).await? != Some(request.employer) {
        return Err(ruled(ACT_REFUSED, &ConsentRefused::RequestSettled));
    }
    require_living(&version)?;
    require_not_suspended(tx, &issuing.sealing, version.person, scope, at).await?;
    Ok(version)
}

/// Tells the employer that the holder has answered, not how: the package says.
pub(super) async fn tell(
    tx: &mut Tx,
    request: &RequestRow,
    subject: &str,
    at: jiff::Timestamp,
) -> Result<(), Error> {
    let told = Notification {
        kind: NotificationKind::CopyRequestAnswered,
        person: request.person,
        employer: Some(request.employer.into()),
        subject: subject.to_owned(),
        day: None,
        days_left: None,
        at,
        once: None,
    };
    Ok(notify::push(tx, &told).await?)
}
