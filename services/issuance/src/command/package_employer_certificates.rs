//! Packs the use copies of an employer's people for one recipient: what holders made for it, and what standing consents
//! allow (design §4). Three steps: the people are written down, each is looked into in a transaction of its own, the
//! copies are streamed one file at a time.

mod archive;
mod member;
mod packing;

use std::collections::HashSet;

use domain::use_copy::CopyTerms;
use jiff::Timestamp;
use postgres::Tx;
use postgres::requests::Begun;
use serde_json::json;
use service_runtime::error::NOT_FOUND;
use tokio::time::Instant;
use tracing::instrument;
use uuid::Uuid;

pub(crate) use packing::{Absent, Packaged, Part, Step, Summary, pack};

use super::write::{Write, keep_id, kept_id};
use crate::error::{BATCH_TOO_LARGE, Error};
use crate::issuing::Issuing;
use crate::store::issuing::document::Format;
use crate::store::issuing::package::{self, MemberRow};

/// People in one package.
pub(crate) const MOST_PERSONS: usize = 500;

/// What the registrar asks for.
pub(crate) struct Input {
    pub(crate) write: Write,
    pub(crate) employer: Uuid,
    pub(crate) terms: CopyTerms,
    /// Empty: everybody registered with the employer.
    pub(crate) persons: Vec<Uuid>,
    /// In the order in which they lie in the file.
    pub(crate) formats: Vec<Format>,
    /// How long copies that are being made are waited for.
    pub(crate) deadline: Instant,
}

/// A package whose people are written down.
pub(crate) struct Opened {
    pub(crate) package: Uuid,
    pub(crate) made_at: Timestamp,
    pub(crate) members: Vec<MemberRow>,
}

/// Idempotent on the request id: a repetition opens the same package, with what was found for each so far.
#[instrument(name = "package_employer_certificates", skip_all, fields(employer = %input.employer))]
pub(crate) async fn open(issuing: &Issuing, input: &Input) -> Result<Opened, Error> {
    let subject = format!("employers/{}", input.employer);
    let stored = store(issuing, input, &subject).await;
    input.write.recorded(&issuing.database, &subject, stored).await
}

async fn store(issuing: &Issuing, input: &Input, subject: &str) -> Result<Opened, Error> {
    let (scope, employer) = (&input.write.scope, input.employer);
    if !scope.may_see_employer(employer) {
        return Err(NOT_FOUND.refusal().into());
    }
    issuing
        .database
        .run_tx("package employer certificates", async |tx: &mut Tx| {
            let package = match tx.begin_request(&input.write.request()).await? {
                Begun::Replay(stored) => kept_id(stored)?,
                Begun::First(claim) => {
                    let persons = people(tx, input).await?;
                    let package = Uuid::now_v7();
                    package::insert(tx, (package, employer), &persons, input.write.at).await?;
                    let evidence = json!({
                        "package": package.to_string(), "purpose": input.terms.purpose.code(),
                        "persons": persons.len(),
                    });
                    input
                        .write
                        .done(tx, subject, "domain §1.10; design §4", evidence)
                        .await?;
                    tx.finish_request(claim, &keep_id(package)).await?;
                    package
                }
            };
            let made_at = package::made_at(tx, (package, employer), scope).await?;
            Ok::<_, Error>(Opened {
                package,
                made_at: made_at.ok_or_else(|| Error::from(NOT_FOUND.refusal()))?,
                members: package::members(tx, package, scope).await?,
            })
        })
        .await
}

/// Those who were named, each once, or everybody registered with the employer.
async fn people(tx: &mut Tx, input: &Input) -> Result<Vec<Uuid>, Error> {
    let persons = if input.persons.is_empty() {
        let limit = i64::try_from(MOST_PERSONS).unwrap_or(i64::MAX).saturating_add(1);
        package::registered(tx, input.employer, &input.write.scope, limit).await?
    } else {
        let mut seen = HashSet::new();
        let named = input.persons.iter().copied();
        named.filter(|person| seen.insert(*person)).collect()
    };
    if persons.len() > MOST_PERSONS {
        let refusal = BATCH_TOO_LARGE
            .refusal()
            .field("persons", "at most 500 in one package");
        return Err(refusal.into());
    }
    Ok(persons)
}
