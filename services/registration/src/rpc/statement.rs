//! Facts and checks between wire and domain.

use api::convert::{Malformed, Read as _, instant, read_term};
use api::registration::v1 as wire;
use api::registration::v1::fact_statement::Statement as Said;
use api::types;
use domain::check::FailPolicy;
use domain::fact::{EmployerFact, FactState, Statement, Subject};
use domain::refusal::PersonFact;
use domain::specialty::Specialty;
use jiff::civil::Date;

use super::encode::text;
use crate::command::confirm_facts::Outcome;
use crate::deps::Deps;
use crate::recorded::Known;
use crate::store::check::Latest;

/// What a message says.
pub(super) fn read_statement(message: Option<wire::FactStatement>) -> Result<Statement, Malformed> {
    let said = message.and_then(|message| message.statement);
    let said = said.ok_or_else(|| Malformed::new("statement", "a statement"))?;
    Ok(match said {
        Said::Incapacity(period) => {
            let (from, to) = read_period(period)?;
            Statement::Person(PersonFact::Incapacity { from, to })
        }
        Said::Conviction(said) => Statement::Person(PersonFact::Conviction {
            decided_on: said.decided_on.read("statement.decided_on")?,
            served_on: optional(said.served_on, "statement.served_on")?,
            in_practice: said.in_practice,
        }),
        Said::Stripped(event) => Statement::Person(PersonFact::Stripped {
            decided_on: event.on.read("statement.on")?,
        }),
        Said::MajorAccident(event) => Statement::Person(PersonFact::MajorAccident {
            happened_on: event.on.read("statement.on")?,
        }),
        Said::FalseMaterial(event) => Statement::Person(PersonFact::FalseMaterial {
            decided_on: event.on.read("statement.on")?,
        }),
        Said::Fraud(event) => Statement::Person(PersonFact::Fraud {
            decided_on: event.on.read("statement.on")?,
        }),
        Said::Education(said) => Statement::Person(PersonFact::Education {
            specialty: read_term::<types::v1::Specialty, Specialty>(said.specialty, "statement.specialty")?,
            required_hours: hours(said.required_hours, "statement.required_hours")?,
            elective_hours: hours(said.elective_hours, "statement.elective_hours")?,
            completed_on: said.completed_on.read("statement.completed_on")?,
        }),
        Said::OtherBar(said) => {
            let article = said.article.trim().to_owned();
            if article.is_empty() || article.chars().count() > 200 {
                return Err(Malformed::new("statement.article", "a statute and its article"));
            }
            Statement::Person(PersonFact::OtherBar {
                article,
                from: said.from.read("statement.from")?,
                to: optional(said.to, "statement.to")?,
            })
        }
        Said::EmployerBankrupt(period) => {
            let (since, to) = read_period(period)?;
            Statement::Employer(EmployerFact::Bankrupt { since, to })
        }
        Said::EmployerLicenceRevoked(period) => {
            let (since, to) = read_period(period)?;
            Statement::Employer(EmployerFact::LicenceRevoked { since, to })
        }
        Said::EmployerQualificationRevoked(period) => {
            let (since, to) = read_period(period)?;
            Statement::Employer(EmployerFact::QualificationRevoked { since, to })
        }
        Said::NotSo(_) => Statement::NotSo,
    })
}

fn read_period(period: wire::Period) -> Result<(Date, Option<Date>), Malformed> {
    Ok((
        period.from.read("statement.from")?,
        optional(period.to, "statement.to")?,
    ))
}

fn optional(day: Option<types::v1::Date>, field: &str) -> Result<Option<Date>, Malformed> {
    day.map(|day| day.read(field)).transpose()
}

fn hours(number: u32, field: &str) -> Result<u16, Malformed> {
    u16::try_from(number).map_err(|_| Malformed::new(field, "hours"))
}

fn period(from: Date, to: Option<Date>) -> wire::Period {
    wire::Period {
        from: Some(from.into()),
        to: to.map(Into::into),
    }
}

fn event(on: Date) -> wire::DatedEvent {
    wire::DatedEvent { on: Some(on.into()) }
}

fn say(statement: &Statement) -> Said {
    match statement {
        Statement::Person(fact) => say_of_person(fact),
        Statement::Employer(EmployerFact::Bankrupt { since, to }) => {
            Said::EmployerBankrupt(period(*since, *to))
        }
        Statement::Employer(EmployerFact::LicenceRevoked { since, to }) => {
            Said::EmployerLicenceRevoked(period(*since, *to))
        }
        Statement::Employer(EmployerFact::QualificationRevoked { since, to }) => {
            Said::EmployerQualificationRevoked(period(*since, *to))
        }
        Statement::NotSo => Said::NotSo(wire::NotSo {}),
    }
}

fn say_of_person(fact: &PersonFact) -> Said {
    match fact {
        PersonFact::Incapacity { from, to } => Said::Incapacity(period(*from, *to)),
        PersonFact::Conviction {
            decided_on,
            served_on,
            in_practice,
        } => Said::Conviction(wire::Conviction {
            decided_on: Some((*decided_on).into()),
            served_on: served_on.map(Into::into),
            in_practice: *in_practice,
        }),
        PersonFact::Stripped { decided_on } => Said::Stripped(event(*decided_on)),
        PersonFact::MajorAccident { happened_on } => Said::MajorAccident(event(*happened_on)),
        PersonFact::FalseMaterial { decided_on } => Said::FalseMaterial(event(*decided_on)),
        PersonFact::Fraud { decided_on } => Said::Fraud(event(*decided_on)),
        PersonFact::Education {
            specialty,
            required_hours,
            elective_hours,
            completed_on,
        } => Said::Education(wire::ContinuingEducationHours {
            specialty: types::v1::Specialty::from(*specialty).into(),
            required_hours: (*required_hours).into(),
            elective_hours: (*elective_hours).into(),
            completed_on: Some((*completed_on).into()),
        }),
        PersonFact::OtherBar { article, from, to } => Said::OtherBar(wire::StatutoryBar {
            article: article.clone(),
            from: Some((*from).into()),
            to: to.map(Into::into),
        }),
    }
}

/// A fact with its paper.
pub(super) fn fact(deps: &Deps, known: &Known) -> wire::Fact {
    use wire::fact::Subject as WireSubject;
    let Known { fact, evidence } = known;
    let confirmation = fact.state().confirmation();
    let (corrected_by, declined) = match fact.state() {
        FactState::Corrected { correction, .. } => (deps.fact_name(*correction), String::new()),
        FactState::Declined { grounds, .. } => (String::new(), grounds.clone()),
        FactState::Proposed | FactState::Confirmed { .. } => Default::default(),
    };
    wire::Fact {
        name: deps.fact_name(fact.id),
        subject: Some(match fact.subject {
            Subject::Person(id) => WireSubject::Person(id.resource_name()),
            Subject::Employer(id) => WireSubject::Employer(id.resource_name()),
        }),
        statement: Some(wire::FactStatement {
            statement: Some(say(&fact.statement)),
        }),
        source: wire::FactSource::from(fact.source).into(),
        reference: fact.reference.clone(),
        evidence: Some(wire::FactEvidence {
            media_type: evidence.media_type.clone(),
            size_bytes: u64::try_from(evidence.size).unwrap_or_default(),
            digest: hex::encode(&evidence.digest),
        }),
        state: state(fact.state()).into(),
        article: fact.article().to_owned(),
        recorded_at: Some(instant(fact.proposed.at)),
        recorded_by: fact.proposed.by.authority.to_string(),
        confirmed_by: confirmation
            .map(|hand| hand.by.authority.to_string())
            .unwrap_or_default(),
        confirmed_at: confirmation.map(|hand| instant(hand.at)),
        corrects: fact.corrects.map(|id| deps.fact_name(id)).unwrap_or_default(),
        corrected_by,
        declined_grounds: declined,
    }
}

fn state(state: &FactState) -> wire::fact::State {
    match state {
        FactState::Proposed => wire::fact::State::Proposed,
        FactState::Confirmed { .. } => wire::fact::State::Confirmed,
        FactState::Declined { .. } => wire::fact::State::Declined,
        FactState::Corrected { .. } => wire::fact::State::Corrected,
    }
}

/// What became of one fact.
pub(super) fn outcome(deps: &Deps, outcome: Outcome) -> wire::FactOutcome {
    let (reason, said) = outcome.refused.unzip();
    wire::FactOutcome {
        name: deps.fact_name(outcome.fact),
        state: state(&outcome.state).into(),
        reason: reason.unwrap_or_default().to_owned(),
        text: said.as_ref().map(text),
    }
}

/// A check of the application `name`, with what follows from it.
pub(super) fn shown_check(name: &str, (latest, consequence): (Latest, FailPolicy)) -> wire::CheckOutcome {
    let settlement = match latest.outcome.settled {
        None => wire::CheckSettlement::Unspecified,
        Some(true) => wire::CheckSettlement::Passed,
        Some(false) => wire::CheckSettlement::Denied,
    };
    let consequence = match consequence {
        FailPolicy::Pass => wire::CheckConsequence::Pass,
        FailPolicy::Refuse => wire::CheckConsequence::Refuse,
        FailPolicy::Hold => wire::CheckConsequence::Hold,
    };
    wire::CheckOutcome {
        name: format!("{name}/checks/{}", latest.id),
        check: wire::ExternalCheck::from(latest.outcome.check).into(),
        answer: wire::CheckAnswer::from(latest.outcome.answer).into(),
        asked_at: Some(instant(latest.asked_at)),
        digest: latest.digest.as_ref().map(hex::encode).unwrap_or_default(),
        settlement: settlement.into(),
        consequence: consequence.into(),
    }
}
