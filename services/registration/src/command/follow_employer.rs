//! 随聘用单位承继: open applications of a person go with their registration to the successor of the employer, so that a
//! succession (企业合并、分立) sends nobody back to begin anew.

use domain::application::Application;
use domain::ids::{EmployerId, PersonId};
use jiff::Timestamp;
use postgres::Tx;
use serde_json::json;

use super::{Moved, note};
use crate::deps::Deps;
use crate::error::Error;
use crate::job;
use crate::store::Within;
use crate::store::application::{self, Record};
use crate::store::{registered, succession};

/// The audit verb.
const VERB: &str = "follow_employer";
/// The nation's reason where its entry names another employer than the application.
pub(super) const EMPLOYER_DIFFERS: &str = "EMPLOYER_DIFFERS";
/// The newest applications of a person that are looked at: one is open, and a cancellation and a correction beside it.
const NEWEST: i64 = 20;

/// Takes the person's open applications from one employer to another, in the transaction that does so with the
/// registration. What the nation is being asked stays as it was asked; its answer is seen to in [`answered`].
pub(crate) async fn follow(
    deps: &Deps,
    tx: &mut Tx,
    within: &Within,
    person: PersonId,
    (from, to): (EmployerId, EmployerId),
    now: Timestamp,
) -> Result<(), Error> {
    let ids = application::of_person(tx, person, None, NEWEST).await?;
    for mut record in application::lock(tx, within, &ids).await? {
        if record.terms.is_none() && rests_on(&record.application, from) {
            carry(deps, tx, &mut record, (from, to), now).await?;
        }
    }
    Ok(())
}

/// What becomes of an application that the nation would not clear because its entry names another employer.
pub(super) enum Answered {
    /// The employer was succeeded meanwhile: the nation is asked again for the successor.
    Followed,
    /// The nation has not heard of the succession yet: it is asked again later.
    NotHeard,
    /// Nobody succeeded anybody: the file goes back.
    Refused,
}

/// Sees to the nation's refusal: an application whose registration is a successor's by now follows it.
pub(super) async fn answered(
    deps: &Deps,
    tx: &mut Tx,
    within: &Within,
    record: &mut Record,
    now: Timestamp,
) -> Result<Answered, Error> {
    let (person, rests_on) = (record.application.person, record.application.rests_on());
    let present = registered::find(tx, within, person).await?;
    let succeeded = succession::latest_of(tx, person).await?;
    let (Some(present), Some(from), Some(succeeded)) = (present, rests_on, succeeded) else {
        return Ok(Answered::Refused);
    };
    if present.employer != succeeded.to {
        return Ok(Answered::Refused);
    }
    if from == succeeded.from && from != succeeded.to {
        carry(deps, tx, record, (from, succeeded.to), now).await?;
        return Ok(Answered::Followed);
    }
    Ok(if from == succeeded.to && !succeeded.issued {
        Answered::NotHeard
    } else {
        Answered::Refused
    })
}

fn rests_on(application: &Application, employer: EmployerId) -> bool {
    application.rests_on() == Some(employer) && !application.state().kind().is_final()
}

async fn carry(
    deps: &Deps,
    tx: &mut Tx,
    record: &mut Record,
    (from, to): (EmployerId, EmployerId),
    now: Timestamp,
) -> Result<(), Error> {
    // What the nation has cleared keeps the employer that it was cleared for.
    let Ok(followed) = record.application.clone().follow_employer((from, to), now) else {
        return Ok(());
    };
    let moved = Moved {
        evidence: json!({ "from_employer": from.resource_name(), "to_employer": to.resource_name() }),
        ..followed.into()
    };
    note(deps, tx, &job::actor(VERB, deps.province), VERB, record, moved).await?;
    application::set_employers(tx, &record.application).await?;
    Ok(())
}
