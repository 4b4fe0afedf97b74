//! Terms of this package between wire and domain.

use api::convert::{instant, read_term};
use api::identity::v1 as wire;
use api::types::v1 as types;
use domain::document_number::{DocumentKind, DocumentNumber};
use domain::name::PersonName;
use jiff::civil::Date;
use service_runtime::Refusal;

use crate::access::{Grant, Role};
use crate::account_view::{AccountView, ViewState};
use crate::employer::{Employer, EmployerFact, EmployerQualification, EmployerStanding, Member};
use crate::error::violation;
use crate::sealing::Identification;
use crate::store::session::{Session, SessionState};

/// Reads kind and number of a document.
pub(super) fn document(kind: i32, number: &str, today: Date) -> Result<DocumentNumber, Refusal> {
    let kind: DocumentKind = read_term::<types::DocumentKind, _>(kind, "document_kind")
        .map_err(|fault| Refusal::invalid(fault.field, fault.expected))?;
    DocumentNumber::parse(kind, number, today)
        .map_err(|fault| Refusal::invalid("document_number", violation(&fault)))
}

/// Reads name and document together, so that one answer names every fault.
pub(super) fn name_and_document(
    full_name: &str,
    kind: i32,
    number: &str,
    today: Date,
) -> Result<(PersonName, DocumentNumber), Refusal> {
    match (PersonName::parse(full_name), document(kind, number, today)) {
        (Ok(name), Ok(number)) => Ok((name, number)),
        (Ok(_), Err(refusal)) => Err(refusal),
        (Err(fault), Ok(_)) => Err(Refusal::invalid("full_name", violation(&fault))),
        (Err(fault), Err(refusal)) => Err(refusal.field("full_name", violation(&fault))),
    }
}

pub(super) fn account(view: AccountView) -> wire::Account {
    let state = match view.state {
        ViewState::Enrolled => wire::account::State::Enrolled,
        ViewState::Active => wire::account::State::Active,
        ViewState::Locked => wire::account::State::Locked,
    };
    wire::Account {
        name: view.id.resource_name(),
        person: view.person.resource_name(),
        state: state.into(),
        masked_document_number: view.masked_number,
        document_kind: types::DocumentKind::from(view.kind).into(),
        family_name: view.family_name,
        created_at: Some(instant(view.created_at)),
    }
}

pub(super) fn session(session: &Session) -> wire::Session {
    let state = match session.state {
        SessionState::Pending => wire::session::State::SecondFactorPending,
        SessionState::Active => wire::session::State::Active,
        SessionState::Revoked => wire::session::State::Revoked,
    };
    wire::Session {
        name: format!("sessions/{}", session.id),
        created_at: Some(instant(session.created_at)),
        expires_at: Some(instant(session.expires_at)),
        state: state.into(),
    }
}

pub(super) fn tokens(tokens: &crate::tokens::Tokens) -> wire::Tokens {
    wire::Tokens {
        access_token: tokens.access.token.as_str().to_owned(),
        expires_at: Some(instant(tokens.access.expires_at)),
        refresh_token: tokens.refresh_token.as_str().to_owned(),
    }
}

pub(super) fn employer(employer: Employer) -> wire::Employer {
    wire::Employer {
        name: employer.id.resource_name(),
        title: employer.title,
        credit_code: employer.credit_code.as_str().to_owned(),
        province: employer.province.code().to_owned(),
        qualifications: employer
            .qualifications
            .into_iter()
            .map(|it| written(it).into())
            .collect(),
        created_at: Some(instant(employer.created_at)),
        standing: written_standing(employer.standing).into(),
        standing_from: Some(employer.standing_from.into()),
    }
}

pub(super) fn employer_fact(fact: EmployerFact) -> wire::EmployerFacts {
    wire::EmployerFacts {
        title: fact.title,
        credit_code: fact.credit_code.as_str().to_owned(),
        standing: written_standing(fact.standing).into(),
        from: Some(fact.from.into()),
        to: fact.to.map(Into::into),
        evidence: fact.evidence,
        recorded_at: Some(instant(fact.recorded_at)),
    }
}

/// Reads a standing; unspecified: as before.
pub(super) fn standing(number: i32) -> Result<Option<EmployerStanding>, Refusal> {
    use wire::EmployerStanding as Wire;
    Ok(Some(match Wire::try_from(number) {
        Ok(Wire::Unspecified) => return Ok(None),
        Ok(Wire::Qualified) => EmployerStanding::Qualified,
        Ok(Wire::Unqualified) => EmployerStanding::Unqualified,
        Ok(Wire::Bankrupt) => EmployerStanding::Bankrupt,
        Ok(Wire::LicenceRevoked) => EmployerStanding::LicenceRevoked,
        Ok(Wire::QualificationRevoked) => EmployerStanding::QualificationRevoked,
        Ok(Wire::Dissolved) => EmployerStanding::Dissolved,
        Err(_) => return Err(Refusal::invalid("standing", "a known standing")),
    }))
}

fn written_standing(standing: EmployerStanding) -> wire::EmployerStanding {
    use wire::EmployerStanding as Wire;
    match standing {
        EmployerStanding::Qualified => Wire::Qualified,
        EmployerStanding::Unqualified => Wire::Unqualified,
        EmployerStanding::Bankrupt => Wire::Bankrupt,
        EmployerStanding::LicenceRevoked => Wire::LicenceRevoked,
        EmployerStanding::QualificationRevoked => Wire::QualificationRevoked,
        EmployerStanding::Dissolved => Wire::Dissolved,
    }
}

pub(super) fn member(member: &Member) -> wire::Member {
    wire::Member {
        name: member.resource_name(),
        role: wire::member::Role::Registrar.into(),
        since: Some(instant(member.since)),
    }
}

pub(super) fn grant(grant: &Grant) -> wire::Grant {
    let role = match grant.role {
        Role::NationalAdministrator => wire::Role::NationalAdministrator,
        Role::Officer => wire::Role::Officer,
        Role::Leader => wire::Role::Leader,
        Role::Auditor => wire::Role::Auditor,
        Role::HelpDesk => wire::Role::HelpDesk,
    };
    wire::Grant {
        name: grant.resource_name(),
        account: grant.account.resource_name(),
        role: role.into(),
        authority: grant.authority.name(),
        granted_at: Some(instant(grant.granted_at)),
        revoked_at: grant.revoked_at.map(instant),
    }
}

pub(super) fn person(found: &Identification) -> wire::Person {
    let sex = found.facts.sex.or_else(|| found.number.sex());
    let birth_date = found.facts.birth_date.or_else(|| found.number.birth_date());
    wire::Person {
        name: found.person.resource_name(),
        full_name: found.name.expose().to_owned(),
        document_kind: types::DocumentKind::from(found.number.kind()).into(),
        document_number: found.number.expose().to_owned(),
        sex: sex.map_or(types::Sex::Unspecified, types::Sex::from).into(),
        birth_date: birth_date.map(types::Date::from),
    }
}

pub(super) fn role(number: i32) -> Result<Role, Refusal> {
    match wire::Role::try_from(number) {
        Ok(wire::Role::NationalAdministrator) => Ok(Role::NationalAdministrator),
        Ok(wire::Role::Officer) => Ok(Role::Officer),
        Ok(wire::Role::Leader) => Ok(Role::Leader),
        Ok(wire::Role::Auditor) => Ok(Role::Auditor),
        Ok(wire::Role::HelpDesk) => Ok(Role::HelpDesk),
        Ok(wire::Role::Unspecified) | Err(_) => Err(Refusal::invalid("role", "a known role")),
    }
}

/// Reads classes of qualification, each once.
pub(super) fn qualifications(numbers: &[i32]) -> Result<Vec<EmployerQualification>, Refusal> {
    let read = |(index, number): (usize, &i32)| {
        let term = wire::EmployerQualification::try_from(*number)
            .ok()
            .and_then(read_qualification);
        term.ok_or_else(|| Refusal::invalid(format!("qualifications[{index}]"), "a known class"))
    };
    let mut read: Vec<_> = numbers.iter().enumerate().map(read).collect::<Result<_, _>>()?;
    read.sort();
    read.dedup();
    if read.is_empty() {
        return Err(Refusal::invalid(
            "qualifications",
            "at least one: without it a firm employs no constructors",
        ));
    }
    Ok(read)
}

fn read_qualification(term: wire::EmployerQualification) -> Option<EmployerQualification> {
    Some(match term {
        wire::EmployerQualification::Unspecified => return None,
        wire::EmployerQualification::Construction => EmployerQualification::Construction,
        wire::EmployerQualification::Survey => EmployerQualification::Survey,
        wire::EmployerQualification::Design => EmployerQualification::Design,
        wire::EmployerQualification::Supervision => EmployerQualification::Supervision,
        wire::EmployerQualification::TenderAgency => EmployerQualification::TenderAgency,
        wire::EmployerQualification::CostConsulting => EmployerQualification::CostConsulting,
    })
}

fn written(term: EmployerQualification) -> wire::EmployerQualification {
    match term {
        EmployerQualification::Construction => wire::EmployerQualification::Construction,
        EmployerQualification::Survey => wire::EmployerQualification::Survey,
        EmployerQualification::Design => wire::EmployerQualification::Design,
        EmployerQualification::Supervision => wire::EmployerQualification::Supervision,
        EmployerQualification::TenderAgency => wire::EmployerQualification::TenderAgency,
        EmployerQualification::CostConsulting => wire::EmployerQualification::CostConsulting,
    }
}
