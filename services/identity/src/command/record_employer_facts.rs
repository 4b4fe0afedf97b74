//! Records what the business register says of an employer from a day on: name, credit code, standing.

use domain::credit_code::CreditCode;
use domain::ids::EmployerId;
use jiff::civil::Date;
use postgres::Tx;
use postgres::requests::Begun;
use serde_json::json;
use service_runtime::clock::day_of;
use service_runtime::error::NOT_FOUND;
use tracing::instrument;

use super::{Write, keep_id, kept_id, on_constraint};
use crate::deps::Deps;
use crate::employer::{Employer, EmployerFact, EmployerStanding};
use crate::error::{EMPLOYER_EXISTS, EMPLOYER_FACTS_UNDATED, Error};
use crate::store::{employer, employer_fact};

/// What changes; what is absent stays.
pub(crate) struct Input {
    /// The write, of a national administrator.
    pub(crate) write: Write,
    /// Whose.
    pub(crate) employer: EmployerId,
    /// Its new name.
    pub(crate) title: Option<String>,
    /// Its new credit code.
    pub(crate) credit_code: Option<CreditCode>,
    /// Its new standing.
    pub(crate) standing: Option<EmployerStanding>,
    /// First day.
    pub(crate) from: Date,
    /// What shows it.
    pub(crate) evidence: String,
}

/// Idempotent on the request id. Facts are added in the order of their days; those before stay on record.
///
/// # Errors
/// `NOT_FOUND`; `EMPLOYER_FACTS_UNDATED` if the day lies after today or before the facts that hold now;
/// `EMPLOYER_EXISTS` if another employer has the credit code.
#[instrument(name = "record_employer_facts", skip_all)]
pub(crate) async fn record_employer_facts(deps: &Deps, input: Input) -> Result<Employer, Error> {
    let Input {
        write, employer: id, ..
    } = &input;
    let result = deps
        .database
        .run_tx("record employer facts", async |tx: &mut Tx| {
            let claim = match tx.begin_request(&write.request()).await? {
                Begun::Replay(stored) => {
                    let kept = employer::find(tx, EmployerId::from_uuid(kept_id(stored)?)).await?;
                    return kept.ok_or_else(|| Error::internal("the employer of a request is gone"));
                }
                Begun::First(claim) => claim,
            };
            let known = employer::lock(tx, *id).await?.ok_or(NOT_FOUND)?;
            let holds_since = employer_fact::latest_day(tx, *id).await?;
            if input.from > day_of(write.at) || holds_since.is_some_and(|since| input.from < since) {
                return Err(EMPLOYER_FACTS_UNDATED.into());
            }
            let next = changed(known, &input);
            let fact = EmployerFact {
                title: next.title.clone(),
                credit_code: next.credit_code.clone(),
                standing: next.standing,
                from: input.from,
                to: None,
                evidence: input.evidence.clone(),
                recorded_at: write.at,
            };
            employer_fact::insert(tx, *id, &fact).await?;
            employer::update(tx, &next)
                .await
                .map_err(|error| on_constraint(error, "employer_credit_code", EMPLOYER_EXISTS))?;
            let evidence = json!({
                "title": input.title.is_some(), "credit_code": fact.credit_code.as_str(),
                "standing": fact.standing.code(), "from": fact.from, "evidence": &fact.evidence,
            });
            write.done(tx, &id.resource_name(), evidence).await?;
            tx.finish_request(claim, &keep_id(id.as_uuid())).await?;
            Ok(next)
        })
        .await;
    write.recorded(deps, &id.resource_name(), result).await
}

fn changed(known: Employer, input: &Input) -> Employer {
    let standing = input.standing.unwrap_or(known.standing);
    Employer {
        title: input.title.clone().unwrap_or(known.title),
        credit_code: input.credit_code.clone().unwrap_or(known.credit_code),
        standing_from: if standing == known.standing {
            known.standing_from
        } else {
            input.from
        },
        standing,
        ..known
    }
}
