//! Continuing education: when it is due and whether the hours suffice (建市〔2010〕192号; domain §1.11).

use jiff::civil::Date;

use super::{Assessment, PersonFact, RecordedFact, Refusal, RequestedSpecialty, RuleId, Stage};
use crate::application::ApplicationType;
use crate::calendar::HolidayCalendar;
use crate::policy::{ContinuingEducationMode, PolicyProfile};
use crate::specialty::Specialty;
use crate::validity::{TERM_YEARS, anniversary};

/// Hours of the first specialty: 60 required and 60 elective.
const FIRST: (u16, u16) = (60, 60);
/// Hours of every further one.
const FURTHER: (u16, u16) = (30, 30);

/// The specialties for which continuing education must be shown: every one that is renewed, and those newly registered
/// more than three years after the qualification (101号 art 8, 10).
#[must_use]
pub fn education_due(
    kind: ApplicationType,
    specialties: &[RequestedSpecialty],
    submitted_on: Date,
    policy: &PolicyProfile,
) -> Vec<Specialty> {
    let due = |requested: &&RequestedSpecialty| match kind {
        ApplicationType::Renewal => true,
        ApplicationType::Initial | ApplicationType::Addition | ApplicationType::Reregistration => requested
            .qualified_on
            .is_some_and(|day| is_late(day, submitted_on, policy)),
        ApplicationType::Change
        | ApplicationType::Cancellation
        | ApplicationType::Correction
        | ApplicationType::SealReissue => false,
    };
    if policy.ce_mode == ContinuingEducationMode::Off {
        return Vec::new();
    }
    specialties
        .iter()
        .filter(due)
        .map(|requested| requested.specialty)
        .collect()
}

fn is_late(qualified_on: Date, submitted_on: Date, policy: &PolicyProfile) -> bool {
    let last = anniversary(
        qualified_on,
        i16::from(policy.initial_within_years),
        policy.leap_day,
    );
    let last = if policy.filing_deadline_rolls {
        HolidayCalendar::official().roll_forward(last).day
    } else {
        last
    };
    submitted_on > last
}

/// Hours that are still to be completed for a specialty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MissingHours {
    /// Which.
    pub specialty: Specialty,
    /// Required hours.
    pub required: u32,
    /// Elective hours.
    pub elective: u32,
}

/// Whether the hours on record suffice for all of `due`: 60 + 60 for one of them, 30 + 30 for each other, completed in
/// the three years before the submission.
#[must_use]
pub fn education_on_record(
    due: &[Specialty],
    facts: &[RecordedFact],
    submitted_on: Date,
    policy: &PolicyProfile,
) -> bool {
    missing_hours(due, facts, submitted_on, policy).is_empty()
}

/// The fewest hours that would make those on record suffice: the specialty with the most hours counts as the first.
#[must_use]
pub fn missing_hours(
    due: &[Specialty],
    facts: &[RecordedFact],
    submitted_on: Date,
    policy: &PolicyProfile,
) -> Vec<MissingHours> {
    let short = |specialty: Specialty, need: (u16, u16)| {
        let done = hours(specialty, facts, submitted_on, policy);
        MissingHours {
            specialty,
            required: u32::from(need.0).saturating_sub(done.0),
            elective: u32::from(need.1).saturating_sub(done.1),
        }
    };
    let cost = |first: Specialty| {
        let missing = short(first, FIRST);
        let further = short(first, FURTHER);
        (missing.required + missing.elective) - (further.required + further.elective)
    };
    let first = due.iter().copied().min_by_key(|specialty| cost(*specialty));
    let need = |specialty: Specialty| if Some(specialty) == first { FIRST } else { FURTHER };
    let missing = due.iter().map(|specialty| short(*specialty, need(*specialty)));
    missing.filter(|one| one.required + one.elective > 0).collect()
}

/// Required and elective hours of a specialty, completed in the three years before the submission.
fn hours(
    wanted: Specialty,
    facts: &[RecordedFact],
    submitted_on: Date,
    policy: &PolicyProfile,
) -> (u32, u32) {
    let since = anniversary(submitted_on, -TERM_YEARS, policy.leap_day);
    facts.iter().fold((0, 0), |sum, known| match known.fact {
        PersonFact::Education {
            specialty,
            required_hours,
            elective_hours,
            completed_on,
        } if specialty == wanted && completed_on >= since => (
            sum.0 + u32::from(required_hours),
            sum.1 + u32::from(elective_hours),
        ),
        _ => sum,
    })
}

/// Art 15(3). A paper suffices until the decision; from then on the hours must be on record. Under commitment
/// (`attest`) the parties' word suffices, which submission demands.
pub(super) fn failing(input: &Assessment<'_>) -> Option<Refusal> {
    if input.policy.ce_mode != ContinuingEducationMode::Verify {
        return None;
    }
    let due = education_due(input.kind, input.specialties, input.submitted_on, input.policy);
    let missing = missing_hours(&due, input.facts, input.submitted_on, input.policy);
    if missing.is_empty() || (input.stage == Stage::Submission && input.education_paper) {
        return None;
    }
    let names: Vec<_> = due.iter().map(|specialty| specialty.code()).collect();
    let refusal = Refusal::of(RuleId::ContinuingEducation).fact("specialties", names.join(","));
    Some(missing.iter().fold(refusal, |refusal, short| {
        let hours = format!("{}:{}+{}", short.specialty.code(), short.required, short.elective);
        refusal.fact("missing_hours", hours)
    }))
}
