//! Answers about another instant than the present (design §5): what counted at `at`, by what was known at `known_at`. The
//! replica holds the present alone; the register's history answers, and names the acts that it rests on (decision 0031).

use domain::ids::PersonId;
use domain::licence_identifier::LicenceIdentifier;
use domain::province::Province;
use domain::reason::BilingualText;
use domain::register::StatusCode;
use domain::standing::{
    Since, SpecialtyStanding, Standing, UsePeriodStanding, Verdict, VersionStanding, explain,
};
use jiff::Timestamp;
use service_runtime::clock::day_of;

use super::judge::use_period;
use super::{Answer, CopyAnswer, Finding, Outcome, VersionAnswer};
use crate::deps::Deps;
use crate::error::{BEFORE_REGISTER, Error, INSTANT_IN_FUTURE};
use crate::model::{AsOf, Model, Person, Slot};

/// The instants of a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Instants {
    /// What counted then,
    pub(crate) at: Timestamp,
    /// by what had been recorded then.
    pub(crate) known_at: Timestamp,
}

impl Instants {
    /// None where the present is asked about. One of the two alone stands for the other as the request says.
    ///
    /// # Errors
    /// `INSTANT_IN_FUTURE`: what is not yet cannot be told.
    pub(crate) fn of(
        at: Option<Timestamp>,
        known_at: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<Option<Self>, Error> {
        if at.is_none() && known_at.is_none() {
            return Ok(None);
        }
        let known_at = known_at.unwrap_or(now);
        let at = at.unwrap_or(known_at);
        for (field, instant) in [("at", at), ("known_at", known_at)] {
            if instant > now {
                return Err(INSTANT_IN_FUTURE
                    .refusal()
                    .field(field, "不得晚于当前时间 (must not be in the future)")
                    .metadata("now", now.to_string())
                    .into());
            }
        }
        Ok(Some(Self { at, known_at }))
    }
}

/// What the register's history says of a person.
#[derive(Debug, Clone)]
pub(crate) struct History {
    /// None for somebody who was not registered then.
    pub(crate) then: Option<Then>,
    /// When the register recorded its first act.
    pub(crate) began_at: Option<Timestamp>,
}

/// A registration as it counted.
#[derive(Debug, Clone)]
pub(crate) struct Then {
    pub(crate) number: String,
    pub(crate) status: StatusCode,
    pub(crate) employer: String,
    pub(crate) province: Province,
    pub(crate) specialties: Vec<SpecialtyStanding>,
    pub(crate) renewal_pending: bool,
    pub(crate) since: Option<Since>,
    pub(crate) licence: Option<LicenceIdentifier>,
    pub(crate) acts: Vec<ActEvidence>,
}

/// An act that an answer rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ActEvidence {
    pub(crate) act: String,
    pub(crate) kind: String,
    pub(crate) at: Timestamp,
    pub(crate) recorded_at: Timestamp,
    pub(crate) position: Option<u64>,
    pub(crate) leaf: Option<u64>,
}

/// What an answer says of the instants that it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HistoricAnswer {
    pub(crate) instants: Instants,
    pub(crate) acts: Vec<ActEvidence>,
}

/// Whom a question found in memory.
pub(crate) struct FoundNow {
    pub(crate) slot: Slot,
    /// The id under which they were registered before it was merged into that one.
    pub(crate) formerly: Option<Slot>,
    /// The version that was named, if one was.
    pub(crate) named: Option<LicenceIdentifier>,
    /// Index of the copy that was named.
    pub(crate) copy: Option<usize>,
    pub(crate) name_matches: Option<bool>,
    pub(crate) findings: Vec<Finding>,
}

/// Asks the register. Where nobody was found, somebody's history is asked for in vain, so that an absent and a mismatched
/// subject cost and answer the same.
///
/// # Errors
/// `BEFORE_REGISTER`, or the register cannot be asked.
pub(crate) async fn answer(
    deps: &Deps,
    model: &Model,
    mut found: Option<FoundNow>,
    instants: Instants,
    as_of: AsOf,
) -> Result<Answer, Error> {
    let asked = found.as_ref().map(|found| found.slot).or_else(|| model.first());
    let Some(asked) = asked else {
        return Ok(about_nobody(instants, as_of));
    };
    let read = async |slot| {
        let person = model.read(slot, |person| PersonId::from_uuid(person.id()));
        deps.issuance.read_history(person, instants).await
    };
    let mut history = read(asked).await?;
    // Rows of an id that was merged away keep their history: what is not under the survivor may be there.
    if let Some(found) = &mut found
        && let Some(formerly) = found.formerly.filter(|_| history.then.is_none())
    {
        history = read(formerly).await?;
        found.slot = formerly;
    }
    let began = history.began_at;
    if began.is_none_or(|began| instants.known_at < began) {
        return Err(before(began));
    }
    let then = history.then.filter(|_| found.is_some());
    match (found, then) {
        (Some(found), Some(then)) => Ok(about(model, found, then, instants, as_of)),
        _ if began.is_some_and(|began| instants.at < began) => Err(before(began)),
        _ => Ok(about_nobody(instants, as_of)),
    }
}

fn before(began: Option<Timestamp>) -> Error {
    let refusal = BEFORE_REGISTER.refusal();
    match began {
        Some(began) => refusal.metadata("began_at", began.to_string()).into(),
        None => refusal.into(),
    }
}

/// The same for a subject that the register does not know and for one that was not registered at the instant.
fn about_nobody(instants: Instants, as_of: AsOf) -> Answer {
    let mut answer = Answer::not_found(as_of);
    answer.history = Some(HistoricAnswer {
        instants,
        acts: Vec::new(),
    });
    answer.findings.push(Finding {
        check: "history".to_owned(),
        outcome: Outcome::CannotSay,
        reason: "NOT_REGISTERED_THEN".to_owned(),
        text: BilingualText::new(
            format!("登记册在{}没有此项注册的记录。", day_of(instants.at)),
            format!(
                "The register has no such registration on {}.",
                day_of(instants.at)
            ),
        ),
        subject: String::new(),
    });
    answer
}

fn about(model: &Model, found: FoundNow, then: Then, instants: Instants, as_of: AsOf) -> Answer {
    let Instants { at, .. } = instants;
    model.read(found.slot, |person| {
        let copy = found.copy.and_then(|copy| person.copies().get(copy));
        let day = day_of(at);
        let standing = Standing {
            day,
            status: then.status,
            normal: then.status == StatusCode::Valid,
            renewal_pending: then.renewal_pending,
            version: version(model, person, found.named.as_ref(), then.licence.as_ref(), at),
            specialties: then.specialties.clone(),
            use_period: copy.map_or(UsePeriodStanding::NotACopy, |copy| use_period(copy, at, day)),
            since: then.since,
        };
        let verdict = Verdict::of(None, Some(&standing));
        let (text, next) = explain(verdict, Some(&standing));
        let shown = found.named.as_ref().or(then.licence.as_ref());
        let family_name = person.entry().map(|entry| model.text(entry.family_name));
        Answer {
            verdict,
            text,
            next,
            status: Some(standing.status),
            since: standing.since,
            version: shown.map(|licence| VersionAnswer {
                number: licence.version(),
                standing: standing.version.clone(),
                changed_facts: Vec::new(),
                supersession: None,
            }),
            number: then.number,
            employer: then.employer,
            family_name: family_name.unwrap_or_default(),
            name_matches: found.name_matches,
            specialties: then.specialties,
            copy: copy.map(|copy| CopyAnswer {
                id: copy.id,
                use_until: copy.use_until,
                within: matches!(standing.use_period, UsePeriodStanding::Within { .. }),
                revoked_at: copy.revoked_at.filter(|revoked| at >= *revoked),
            }),
            specimen: shown.is_some_and(LicenceIdentifier::is_specimen),
            licence_identifier: shown.map(ToString::to_string).unwrap_or_default(),
            as_of,
            province: model.marks.province(then.province),
            findings: found.findings,
            history: Some(HistoricAnswer {
                instants,
                acts: then.acts,
            }),
        }
    })
}

/// How the version that was named stood to the one that counted.
fn version(
    model: &Model,
    person: &Person,
    named: Option<&LicenceIdentifier>,
    counted: Option<&LicenceIdentifier>,
    at: Timestamp,
) -> VersionStanding {
    let Some(named) = named else {
        return VersionStanding::Current;
    };
    let known = model
        .by_licence(named)
        .and_then(|(_, licence)| person.version(licence)?.end())
        .filter(|end| end.at <= at);
    match (counted, known) {
        (Some(counted), _) if counted == named => VersionStanding::Current,
        (Some(counted), Some(end)) => VersionStanding::Superseded {
            at: end.at,
            by: counted.to_string(),
        },
        (None, Some(end)) => VersionStanding::Ended { at: end.at },
        // It ended later than the instant, or never, and yet did not count: it had not been made.
        (_, None) => VersionStanding::NotYet,
    }
}
