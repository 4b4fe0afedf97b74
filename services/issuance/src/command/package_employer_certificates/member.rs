//! One person of a package: which copy goes along, or why none does.

use domain::calendar::{day_of, plus_days};
use domain::certificate::FactsRecord;
use domain::ids::PersonId;
use domain::notification::NotificationKind;
use domain::use_copy::{CopyRequestState, CopyTerms, MOST_REQUESTS, MissingReason};
use jiff::SignedDuration;
use personal_data::DataKey;
use postgres::Tx;
use serde_json::json;
use uuid::Uuid;

use super::Input;
use crate::command::make_copy::{SaidBy as _, Target, Wanted, make, policy};
use crate::command::notify::{self, Notification};
use crate::error::Error;
use crate::issuing::Issuing;
use crate::job::issue::open_facts;
use crate::query::suspension;
use crate::sealing::{open_json, seal_json};
use crate::store::issuing::copy_request::{self, NewRequest};
use crate::store::issuing::package::{self, Found, Member};
use crate::store::issuing::{column, consent};

/// Looks into one person, once: what was found is kept with the package. A refusal (a limit of the day, an age) is
/// recorded with its reason; the package says no more than that nothing can be had.
pub(super) async fn look_into(
    issuing: &Issuing,
    input: &Input,
    package: Uuid,
    (ordinal, person): (i32, Uuid),
) -> Result<Found, Error> {
    let looked = issuing
        .database
        .run_tx("find a copy for a package", async |tx: &mut Tx| {
            if let Some(found) = package::lock_member(tx, package, ordinal).await? {
                return Ok(found);
            }
            let found = find(tx, issuing, input, (package, person)).await?;
            package::settle(tx, package, ordinal, found).await?;
            Ok::<_, Error>(found)
        })
        .await;
    let subject = format!("packages/{package}/members/{ordinal}");
    match input.write.recorded(&issuing.database, &subject, looked).await {
        Err(Error::Refused(_)) => unavailable(issuing, package, ordinal).await,
        found => {
            issuing.bells.documents.notify_one();
            issuing.bells.changes.notify_one();
            found
        }
    }
}

async fn unavailable(issuing: &Issuing, package: Uuid, ordinal: i32) -> Result<Found, Error> {
    let found = Found::Missing(MissingReason::Unavailable);
    issuing
        .database
        .run_tx(
            "note a missing copy",
            async |tx: &mut Tx| match package::lock_member(tx, package, ordinal).await? {
                Some(found) => Ok(found),
                None => package::settle(tx, package, ordinal, found).await.map(|()| found),
            },
        )
        .await
        .map_err(Error::from)
}

async fn find(
    tx: &mut Tx,
    issuing: &Issuing,
    input: &Input,
    (package, person): (Uuid, Uuid),
) -> Result<Found, Error> {
    let (at, today) = (input.write.at, day_of(input.write.at));
    let (employer, holder) = (input.employer, PersonId::from_uuid(person));
    // Before the version, as an act of the register locks them.
    let allowed = consent::allowing(tx, (holder, employer), input.terms.purpose, today).await?;
    let Some(member) = package::lock_version(tx, (person, employer), &input.write.scope).await? else {
        return Ok(Found::Missing(MissingReason::NotMember));
    };
    let key = issuing.sealing.key(holder, member.data_key.clone())?;
    if !member.issued || suspension::check(&key, member.entry.clone(), at).is_err() {
        return Ok(Found::Missing(MissingReason::Unavailable));
    }
    let living = package::living_copies(tx, &member, today).await?;
    let said: Vec<_> = living
        .iter()
        .filter(|row| input.terms.are_said_by(&key, row))
        .collect();
    if let Some(own) = said.iter().find(|row| row.consent.is_none()) {
        return Ok(Found::Copy {
            copy: own.id,
            consent: None,
        });
    }
    let Some(consent) = allowed else {
        return ask(tx, issuing, input, (holder, &key)).await.map(Found::Missing);
    };
    let copy = match said.first() {
        Some(row) => row.id,
        None => made(tx, issuing, input, (holder, &member, &key), (consent, package)).await?,
    };
    consent::use_up(tx, (consent, copy, package), at).await?;
    let told = Notification {
        kind: NotificationKind::ConsentUsed,
        person: holder,
        employer: None,
        subject: format!("certificates/{}/copies/{copy}", member.licence_identifier),
        day: None,
        days_left: None,
        at,
        once: None,
    };
    notify::push(tx, &told).await?;
    Ok(Found::Copy {
        copy,
        consent: Some(consent),
    })
}

/// Makes a copy by a consent, within the consents' own limit of the day.
async fn made(
    tx: &mut Tx,
    issuing: &Issuing,
    input: &Input,
    (holder, member, key): (PersonId, &Member, &DataKey),
    (consent, package): (Uuid, Uuid),
) -> Result<Uuid, Error> {
    let at = input.write.at;
    let facts: FactsRecord =
        open_facts(key, member.version, None, &member.facts).map_err(|stop| Error::internal(stop.detail))?;
    let wanted = Wanted::new(&policy(issuing, at)?, &facts, &input.terms, at)?;
    let target = Target {
        version: member.version,
        person: holder,
        licence_identifier: &member.licence_identifier,
        key,
    };
    let made = make(tx, issuing, target, &wanted, Some(consent)).await?;
    if made.fresh {
        let evidence = json!({
            "copy": made.copy.to_string(), "use_until": wanted.period.use_until.to_string(),
            "consent": consent.to_string(), "package": package.to_string(),
        });
        let subject = format!("certificates/{}", member.licence_identifier);
        input
            .write
            .done(tx, &subject, "domain §1.10; 个人信息保护法 art 14", evidence)
            .await?;
    }
    Ok(made.copy)
}

/// Asks the holder, unless the same was asked and is open, or was declined lately.
async fn ask(
    tx: &mut Tx,
    issuing: &Issuing,
    input: &Input,
    (holder, key): (PersonId, &DataKey),
) -> Result<MissingReason, Error> {
    let (at, today, policy) = (
        input.write.at,
        day_of(input.write.at),
        policy(issuing, input.write.at)?,
    );
    let since = at - SignedDuration::from_hours(24 * i64::from(policy.ask_again_days));
    let recent = copy_request::recent(tx, (holder, input.employer), today, since).await?;
    let mut open = 0;
    for request in recent {
        let column = column::request_terms(request.id);
        let terms: CopyTerms = open_json(key, &column, request.terms)?;
        let pending = request.state == CopyRequestState::Pending;
        open += usize::from(pending);
        if terms == input.terms {
            return Ok(if pending {
                MissingReason::HolderAsked
            } else {
                MissingReason::Declined
            });
        }
    }
    if open >= MOST_REQUESTS {
        return Ok(MissingReason::Unavailable);
    }
    let id = Uuid::now_v7();
    let new = NewRequest {
        id,
        person: holder,
        employer: input.employer,
        terms: seal_json(key, &column::request_terms(id), &input.terms),
        expires_on: plus_days(today, i32::from(policy.request_days)),
    };
    copy_request::insert(tx, &new, at).await?;
    let told = Notification {
        kind: NotificationKind::CopyRequested,
        person: holder,
        employer: None,
        subject: format!("copyRequests/{id}"),
        day: Some(new.expires_on),
        days_left: None,
        at,
        once: None,
    };
    notify::push(tx, &told).await?;
    Ok(MissingReason::HolderAsked)
}
