//! Rules on what may be applied for at all: qualification, present registration, renewal window.

use super::{Assessment, PresentRegistration, ProjectLock, Refusal, RuleId};
use crate::application::ApplicationType;
use crate::calendar::HolidayCalendar;
use crate::employment::GapMeaning;
use crate::policy::EmployerChangeMode;
use crate::validity::{RenewalTiming, Validity};

pub(super) fn failing(input: &Assessment<'_>) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    match (input.registered, input.kind.presupposes_registration()) {
        (None, true) => refusals.push(Refusal::of(RuleId::NotRegistered)),
        (Some(_), false) => refusals.push(Refusal::of(RuleId::TwoEmployers)),
        (Some(present), true) => refusals.extend(against_present(input, present)),
        (None, false) if input.kind == ApplicationType::Initial && input.registered_before => {
            refusals.push(Refusal::of(RuleId::RegisteredBefore));
        }
        (None, false) => {}
    }
    if input.kind.registers_specialties() {
        for requested in input.specialties {
            if requested.qualified_on.is_none_or(|day| day > input.today) {
                let specialty = requested.specialty.code();
                refusals.push(Refusal::of(RuleId::NoQualification).fact("specialty", specialty));
            }
        }
    }
    refusals
}

fn against_present(input: &Assessment<'_>, present: &PresentRegistration) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    if input.kind != ApplicationType::Change && present.employer != input.employer {
        refusals.push(Refusal::of(RuleId::OtherEmployer));
    }
    if input.kind == ApplicationType::Change && present.employer != input.employer {
        refusals.extend(against_change(input));
    }
    for requested in input.specialties {
        let term = present
            .specialties
            .iter()
            .find(|(specialty, _)| *specialty == requested.specialty);
        let specialty = requested.specialty.code();
        match (input.kind, term) {
            (ApplicationType::Addition, Some((_, term))) if !term.is_over(input.today) => {
                refusals.push(Refusal::of(RuleId::SpecialtyRegistered).fact("registered", specialty));
            }
            (ApplicationType::Renewal | ApplicationType::Cancellation, None) => {
                refusals.push(Refusal::of(RuleId::SpecialtyRegistered).fact("not_registered", specialty));
            }
            (ApplicationType::Renewal, Some((_, term))) => {
                refusals.extend(renewal(input, *term).map(|refusal| refusal.fact("specialty", specialty)));
            }
            _ => {}
        }
    }
    refusals
}

/// What stands against a change to another employer, the end of the old employment aside.
fn against_change(input: &Assessment<'_>) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    if input.policy.employer_change_mode == EmployerChangeMode::CancelAndReregister {
        refusals.push(Refusal::of(RuleId::ChangeNotOffered));
    }
    if let Some(gap) = input
        .employment_gap
        .filter(|gap| gap.meaning == GapMeaning::Refused)
    {
        refusals.push(
            Refusal::of(RuleId::EmploymentGap)
                .fact("ended_on", gap.ended_on)
                .fact("begins_on", gap.begins_on)
                .fact("gap_days", gap.days)
                .fact("allowed_days", input.policy.employment_gap.days),
        );
    }
    match input.project_lock {
        ProjectLock::Held => refusals.push(Refusal::of(RuleId::ProjectLocked)),
        ProjectLock::UnknownRefused => refusals.push(Refusal::of(RuleId::ProjectLockUnknown)),
        ProjectLock::NotAsked | ProjectLock::Free | ProjectLock::UnknownAllowed => {}
    }
    refusals
}

fn renewal(input: &Assessment<'_>, term: Validity) -> Option<Refusal> {
    let calendar = input.policy.filing_deadline_rolls.then(HolidayCalendar::official);
    match input.policy.renewal.timing(term.to, input.submitted_on, calendar) {
        RenewalTiming::TooEarly { opens } => Some(
            Refusal::of(RuleId::RenewalTooEarly)
                .fact("valid_to", term.to)
                .from(opens),
        ),
        RenewalTiming::TooLate { closed } => Some(
            Refusal::of(RuleId::RenewalTooLate)
                .fact("valid_to", term.to)
                .fact("last_day", closed.day),
        ),
        RenewalTiming::InTime { .. } | RenewalTiming::Late => None,
    }
}
