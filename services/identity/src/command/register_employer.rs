//! Registers an employer.

use domain::credit_code::CreditCode;
use domain::ids::EmployerId;
use domain::province::Province;
use postgres::Tx;
use postgres::requests::Begun;
use serde_json::json;
use service_runtime::clock::day_of;
use tracing::instrument;
use uuid::Uuid;

use super::{Write, keep_id, kept_id, on_constraint};
use crate::deps::Deps;
use crate::employer::{Employer, EmployerFact, EmployerQualification, EmployerStanding};
use crate::error::{EMPLOYER_EXISTS, Error};
use crate::store::{employer, employer_fact};

/// The employer as its licence says.
pub(crate) struct Input {
    /// The write, of a national administrator.
    pub(crate) write: Write,
    /// Registered name.
    pub(crate) title: String,
    /// 统一社会信用代码.
    pub(crate) credit_code: CreditCode,
    /// Where it is registered.
    pub(crate) province: Province,
    /// Classes of enterprise qualification, each once.
    pub(crate) qualifications: Vec<EmployerQualification>,
}

/// Idempotent on the request id.
///
/// # Errors
/// `EMPLOYER_EXISTS` if the credit code is registered.
#[instrument(name = "register_employer", skip_all)]
pub(crate) async fn register_employer(deps: &Deps, input: Input) -> Result<Employer, Error> {
    let Input {
        write,
        title,
        credit_code,
        province,
        qualifications,
    } = input;
    let id = EmployerId::from_uuid(Uuid::new_v4());
    let employer = Employer {
        id,
        title,
        credit_code,
        province,
        qualifications,
        created_at: write.at,
        standing: EmployerStanding::Qualified,
        standing_from: day_of(write.at),
    };
    let fact = EmployerFact {
        title: employer.title.clone(),
        credit_code: employer.credit_code.clone(),
        standing: employer.standing,
        from: employer.standing_from,
        to: None,
        evidence: String::new(),
        recorded_at: write.at,
    };
    let result = deps
        .database
        .run_tx("register employer", async |tx: &mut Tx| {
            let claim = match tx.begin_request(&write.request()).await? {
                Begun::Replay(stored) => {
                    let kept = employer::find(tx, EmployerId::from_uuid(kept_id(stored)?)).await?;
                    return kept.ok_or_else(|| Error::internal("the employer of a request is gone"));
                }
                Begun::First(claim) => claim,
            };
            employer::insert(tx, &employer)
                .await
                .map_err(|error| on_constraint(error, "employer_credit_code", EMPLOYER_EXISTS))?;
            employer_fact::insert(tx, id, &fact).await?;
            let evidence =
                json!({ "credit_code": employer.credit_code.as_str(), "province": province.code() });
            write.done(tx, &employer.id.resource_name(), evidence).await?;
            tx.finish_request(claim, &keep_id(employer.id.as_uuid())).await?;
            Ok(employer.clone())
        })
        .await;
    write.recorded(deps, "employers/-", result).await
}
