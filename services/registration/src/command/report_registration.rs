//! Anybody may report a registration that should have lapsed or is wrong (153号 art 17); what they write is sealed.

use std::time::Duration;

use domain::ids::ReportId;
use domain::lapse::{Report, ReportKind, ReportState};
use domain::registration_number::RegistrationNumber;
use postgres::Tx;
use postgres::audit::{Outcome, Record as AuditRecord};
use serde_json::json;
use service_runtime::Refusal;
use service_runtime::clock::day_of;
use service_runtime::error::RATE_LIMITED;
use tracing::instrument;
use uuid::Uuid;

use super::{Begin, Call, finish};
use crate::deps::Deps;
use crate::error::{Error, REPORT_INVALID};
use crate::sealing::ObjectionText;
use crate::store::report::Stored;
use crate::store::{registered, report};

/// Longest statement in characters.
const STATEMENT: usize = 4000;
/// Longest contact in characters.
const CONTACT: usize = 200;
/// Reports that one caller may bring in an hour. The portal stands for everybody behind it and has as many for all: its own
/// gate keeps single persons apart.
const PER_CALLER: i64 = 600;
/// Reports about one registration that may wait at a time: more of them tell an officer nothing new.
const ABOUT_ONE: i64 = 20;
const WINDOW: Duration = Duration::from_secs(3600);

/// What somebody reports.
pub(crate) struct Input {
    pub(crate) number: String,
    pub(crate) kind: ReportKind,
    pub(crate) text: ObjectionText,
}

/// Idempotent on the request. The reporter learns the report's number and nothing about the file.
#[instrument(name = "report_registration", skip_all)]
pub(crate) async fn report_registration(deps: &Deps, call: &Call, input: &Input) -> Result<String, Error> {
    let subject = format!("provinces/{}/reports/-", deps.province);
    let result = bring(deps, call, input).await;
    call.audited(deps, &subject, result).await
}

async fn bring(deps: &Deps, call: &Call, input: &Input) -> Result<String, Error> {
    let length = input.text.statement.trim().chars().count();
    let number = RegistrationNumber::parse(&input.number).map_err(|_| Error::from(REPORT_INVALID))?;
    if length == 0 || length > STATEMENT || input.text.contact.chars().count() > CONTACT {
        return Err(REPORT_INVALID.into());
    }
    let id = ReportId::from_uuid(Uuid::now_v7());
    let text = deps.sealing.seal_report(id.as_uuid(), &input.text);
    let (text, number) = (&text, number.to_string());
    let number = &number;
    deps.database
        .run_tx(call.verb, async |tx: &mut Tx| {
            let claim = match call.begin(tx).await? {
                Begin::Replay(id) => {
                    let known = report::find(tx, id.into()).await?;
                    let known = known.ok_or_else(|| Error::internal("a report that was brought is gone"))?;
                    return Ok(known.report.number);
                }
                Begin::First(claim) => claim,
            };
            let person = registered::person_of(tx, number)
                .await?
                .ok_or_else(Error::not_found)?;
            let since = call.at - WINDOW;
            let (brought, about) = report::load(tx, &call.caller, since, person).await?;
            if brought >= PER_CALLER || about >= ABOUT_ONE {
                return Err(Refusal::new(RATE_LIMITED).retry_after(WINDOW).into());
            }
            let year: i32 = day_of(call.at).year().into();
            let serial = report::next_number(tx, year).await?;
            let stored = Stored {
                report: Report {
                    id,
                    number: format!("{}建注举报〔{year}〕{serial}号", deps.province.prefix()),
                    person,
                    kind: input.kind,
                    reported_at: call.at,
                    state: ReportState::Open,
                },
                registration_number: number.clone(),
                text: text.clone(),
            };
            report::insert(tx, &stored, &call.caller).await?;
            tx.audit(AuditRecord {
                at: call.at,
                actor: &call.caller,
                verb: call.verb,
                article: "153号 art 17; 101号 art 11",
                subject: &deps.report_name(id),
                outcome: Outcome::Done,
                evidence: json!({ "number": stored.report.number, "kind": input.kind.code() }),
            })
            .await?;
            finish(tx, claim, id.as_uuid()).await?;
            Ok::<_, Error>(stored.report.number)
        })
        .await
}
