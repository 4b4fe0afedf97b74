//! Lets the employer of the registration have use copies made for some purposes, until a day (长期授权).

use domain::calendar::day_of;
use domain::ids::{EmployerId, PersonId};
use domain::notification::NotificationKind;
use domain::use_copy::{ConsentRefused, ConsentTerms};
use postgres::Tx;
use postgres::requests::Begun;
use serde_json::json;
use service_runtime::error::NOT_FOUND;
use tracing::instrument;
use uuid::Uuid;

use super::make_copy::policy;
use super::notify::{self, Notification};
use super::write::{Write, keep_id, kept_id};
use crate::error::{ACT_REFUSED, Error, ruled};
use crate::issuing::Issuing;
use crate::store::issuing::consent::{self, ConsentRow};
use crate::store::register::active_registration;

/// What the holder allows.
pub(crate) struct Input {
    pub(crate) write: Write,
    /// None: the employer of the registration.
    pub(crate) employer: Option<EmployerId>,
    pub(crate) terms: ConsentTerms,
}

/// The registration is locked meanwhile: it cannot leave the employer, and no other consent comes between. Consent,
/// notifications and audit are stored together or not at all.
#[instrument(name = "grant_standing_consent", skip_all)]
pub(crate) async fn grant_standing_consent(issuing: &Issuing, input: Input) -> Result<ConsentRow, Error> {
    let person = input.write.scope.require_person()?;
    let subject = PersonId::from_uuid(person).resource_name();
    let stored = store(issuing, &input, person.into(), &subject).await;
    input.write.recorded(&issuing.database, &subject, stored).await
}

async fn store(
    issuing: &Issuing,
    input: &Input,
    person: PersonId,
    subject: &str,
) -> Result<ConsentRow, Error> {
    let (scope, at) = (&input.write.scope, input.write.at);
    let policy = policy(issuing, at)?;
    issuing
        .database
        .run_tx("grant standing consent", async |tx: &mut Tx| {
            let claim = match tx.begin_request(&input.write.request()).await? {
                Begun::Replay(stored) => {
                    let found = consent::find(tx, kept_id(stored)?, scope).await?;
                    return found.ok_or_else(|| NOT_FOUND.refusal().into());
                }
                Begun::First(claim) => claim,
            };
            let employer = active_registration::lock_employer(tx, scope).await?;
            let employer = employer.map(EmployerId::from_uuid);
            let named = |own: &EmployerId| input.employer.is_none_or(|named| named == *own);
            let Some(employer) = employer.filter(named) else {
                return Err(ruled(ACT_REFUSED, &ConsentRefused::NotTheEmployer));
            };
            let living = consent::standing(tx, person, day_of(at)).await?;
            let checked = input.terms.check(day_of(at), &policy, living);
            checked.map_err(|refused| ruled(ACT_REFUSED, &refused))?;
            let id = Uuid::now_v7();
            consent::insert(tx, id, person, employer.as_uuid(), &input.terms, at).await?;
            let told = Notification {
                kind: NotificationKind::ConsentGranted,
                person,
                employer: Some(employer),
                subject: format!("consents/{id}"),
                day: Some(input.terms.ends_on),
                days_left: None,
                at,
                once: None,
            };
            notify::push(tx, &told).await?;
            let purposes: Vec<_> = input
                .terms
                .purposes
                .iter()
                .map(|purpose| purpose.code())
                .collect();
            let evidence = json!({
                "consent": id.to_string(), "employer": employer.resource_name(),
                "purposes": purposes, "ends_on": input.terms.ends_on.to_string(),
            });
            input
                .write
                .done(tx, subject, "个人信息保护法 art 14", evidence)
                .await?;
            tx.finish_request(claim, &keep_id(id)).await?;
            let stored = consent::find(tx, id, scope).await?;
            stored.ok_or_else(|| Error::internal("a consent vanished"))
        })
        .await
}
