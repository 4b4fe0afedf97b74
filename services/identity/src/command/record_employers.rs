//! Records employers of a province that are not on record yet.

use std::collections::HashMap;

use domain::credit_code::CreditCode;
use domain::ids::EmployerId;
use domain::province::Province;
use postgres::Tx;
use postgres::audit::{Outcome, Record};
use serde_json::json;
use service_runtime::Caller;
use service_runtime::clock::day_of;
use tracing::instrument;
use uuid::Uuid;

use crate::deps::Deps;
use crate::employer::{Employer, EmployerFact, EmployerQualification, EmployerStanding};
use crate::error::Error;
use crate::purpose::Purpose;
use crate::store::bulk;

/// What a file says of one employer.
#[derive(Debug, Clone)]
pub(crate) struct Statement {
    /// Registered name.
    pub(crate) title: String,
    /// 统一社会信用代码.
    pub(crate) credit_code: CreditCode,
    /// Classes of enterprise qualification, in order, each once.
    pub(crate) qualifications: Vec<EmployerQualification>,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Recorded {
    /// Added, or would be.
    Now(EmployerId),
    /// On record as stated.
    Unchanged(EmployerId),
    /// On record with other facts; nothing is changed.
    Differs(EmployerId),
}

/// Idempotent by nature: a credit code is recorded once. `province` is the caller's own.
///
/// # Errors
/// The database's.
#[instrument(name = "record_employers", skip_all, fields(count = statements.len(), validate_only))]
pub(crate) async fn record_employers(
    deps: &Deps,
    caller: &Caller,
    province: Province,
    statements: &[Statement],
    validate_only: bool,
    purpose: &Purpose,
) -> Result<Vec<Recorded>, Error> {
    let (actor, at) = (caller.name(), deps.now());
    let codes: Vec<String> = statements
        .iter()
        .map(|one| one.credit_code.as_str().to_owned())
        .collect();
    let codes = &codes;
    deps.database
        .run_tx("record employers", async |tx: &mut Tx| {
            let mut known: HashMap<String, Employer> = by_code(bulk::employers(tx, &[], codes, &[]).await?);
            let mut new: Vec<Employer> = Vec::new();
            let mut outcomes = Vec::with_capacity(statements.len());
            for statement in statements {
                let code = statement.credit_code.as_str();
                if let Some(found) = known.get(code) {
                    outcomes.push(compared(found, statement, province));
                    continue;
                }
                let employer = Employer {
                    id: EmployerId::from_uuid(Uuid::new_v4()),
                    title: statement.title.clone(),
                    credit_code: statement.credit_code.clone(),
                    province,
                    qualifications: statement.qualifications.clone(),
                    created_at: at,
                    standing: EmployerStanding::Qualified,
                    standing_from: day_of(at),
                };
                outcomes.push(Recorded::Now(employer.id));
                known.insert(code.to_owned(), employer.clone());
                new.push(employer);
            }
            if let Some(first) = new.first().filter(|_| !validate_only) {
                let fact = EmployerFact {
                    title: String::new(),
                    credit_code: first.credit_code.clone(),
                    standing: first.standing,
                    from: first.standing_from,
                    to: None,
                    evidence: purpose.as_str().to_owned(),
                    recorded_at: at,
                };
                let added = bulk::insert_employers(tx, &new, &fact).await?;
                if added.len() != new.len() {
                    return Err(service_runtime::error::CONCURRENT_CHANGE.into());
                }
                tx.audit(Record {
                    at,
                    actor: &actor,
                    verb: "record_employers",
                    article: "101号 art 7",
                    subject: purpose.as_str(),
                    outcome: Outcome::Done,
                    evidence: json!({ "recorded": added.len(), "province": province.code() }),
                })
                .await?;
            }
            Ok::<_, Error>(outcomes)
        })
        .await
}

fn by_code(employers: Vec<Employer>) -> HashMap<String, Employer> {
    let keyed = employers
        .into_iter()
        .map(|one| (one.credit_code.as_str().to_owned(), one));
    keyed.collect()
}

fn compared(found: &Employer, statement: &Statement, province: Province) -> Recorded {
    let mut classes = found.qualifications.clone();
    classes.sort();
    if found.title == statement.title && found.province == province && classes == statement.qualifications {
        Recorded::Unchanged(found.id)
    } else {
        Recorded::Differs(found.id)
    }
}
