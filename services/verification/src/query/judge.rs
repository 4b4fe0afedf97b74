//! Standing and answer of one record of the model.

use domain::calendar::day_of;
use domain::reason::BilingualText;
use domain::register::StatusCode;
use domain::standing::{
    Since, SpecialtyStanding, Standing, UsePeriodStanding, Verdict, VersionStanding, explain,
    explain_correction,
};
use jiff::Timestamp;
use jiff::civil::Date;

use super::{Answer, CopyAnswer, VersionAnswer};
use crate::model::{AsOf, Copy, Entry, Model, Person, Version};

#[cfg(test)]
mod tests;

/// How registration, version and copy stand at an instant: [`domain::standing::judge`] on what the feed carries, which
/// is the outward status and the day of the 65th birthday instead of acts and birth date.
pub(crate) fn standing(
    entry: &Entry,
    version: VersionStanding,
    copy: Option<&Copy>,
    instant: Timestamp,
) -> Standing {
    let day = day_of(instant);
    let of_age = day <= entry.last_day_of_age;
    let alive = of_age
        && entry
            .specialties()
            .iter()
            .any(|(_, validity)| validity.contains(day));
    // Lapsed with a certificate in force is what the dates made of it that day, and may be over: a term that had not
    // begun. Without one it is an act, unless the register names none.
    let dated = match entry.status {
        StatusCode::Valid => true,
        StatusCode::Lapsed => entry.has_current() || entry.since().is_none(),
        StatusCode::Suspended => entry.suspended_until().is_some_and(|until| day > until),
        _ => false,
    };
    let status = match (dated, of_age && (alive || entry.renewal_pending)) {
        (false, _) => entry.status,
        (true, true) => StatusCode::Valid,
        (true, false) => StatusCode::Lapsed,
    };
    let normal = status == StatusCode::Valid;
    let specialties = entry
        .specialties()
        .iter()
        .map(|(specialty, validity)| SpecialtyStanding {
            specialty: *specialty,
            validity: *validity,
            effective_end: validity.to.min(entry.last_day_of_age),
            living: normal && of_age && validity.contains(day),
        });
    let specialties: Vec<_> = specialties.collect();
    let since = match (status, dated) {
        (StatusCode::Valid, _) => None,
        (_, false) => entry.since(),
        (_, true) => Since::run_out(&specialties, entry.last_day_of_age, day),
    };
    Standing {
        day,
        status,
        normal,
        renewal_pending: normal && !alive,
        version,
        specialties,
        since,
        use_period: copy.map_or(UsePeriodStanding::NotACopy, |copy| use_period(copy, instant, day)),
    }
}

pub(super) fn use_period(copy: &Copy, instant: Timestamp, day: Date) -> UsePeriodStanding {
    let use_until = copy.use_until;
    match copy.revoked_at {
        Some(at) if instant >= at => UsePeriodStanding::Revoked { at },
        _ if day > use_until => UsePeriodStanding::Over { use_until },
        _ => UsePeriodStanding::Within { use_until },
    }
}

/// How a version stands, by what superseded it.
pub(crate) fn version_standing(model: &Model, version: &Version, instant: Timestamp) -> VersionStanding {
    match version.end() {
        Some(end) if instant >= end.at => match end.by.and_then(|by| model.identifier(by)) {
            Some(by) => VersionStanding::Superseded {
                at: end.at,
                by: by.to_string(),
            },
            None => VersionStanding::Ended { at: end.at },
        },
        _ => VersionStanding::Current,
    }
}

/// What a version that was corrected says of itself: which facts, and since when they were not so.
fn corrected(model: &Model, version: &Version) -> Option<BilingualText> {
    let end = version.end()?;
    let nature = end.why?.correction?;
    let facts: Vec<_> = version
        .changed_facts()
        .iter()
        .map(|fact| model.text(*fact))
        .collect();
    let facts = facts.iter().map(String::as_str);
    Some(explain_correction(nature, day_of(end.at), facts))
}

/// What is known of a person, a version and a copy, at an instant; none where the register has no entry yet.
pub(crate) struct Found {
    pub(crate) standing: Standing,
    pub(crate) answer: Answer,
}

/// Answers about a person: about one version where one was named, else about the current one, whose own standing then
/// does not enter the verdict.
pub(crate) fn found(
    model: &Model,
    person: &Person,
    named: Option<&Version>,
    copy: Option<&Copy>,
    instant: Timestamp,
    as_of: AsOf,
) -> Option<Found> {
    let entry = person.entry()?;
    let shown = named.or_else(|| person.current_version());
    let judged = named.map_or(VersionStanding::Current, |version| {
        version_standing(model, version, instant)
    });
    let standing = standing(entry, judged, copy, instant);
    let verdict = Verdict::of(None, Some(&standing));
    let (mut text, next) = explain(verdict, Some(&standing));
    if let (Verdict::Superseded, Some(corrected)) =
        (verdict, named.and_then(|version| corrected(model, version)))
    {
        text = corrected;
    }
    let identifier = shown.and_then(|version| model.identifier(version.licence));
    let answer = Answer {
        verdict,
        text,
        next,
        status: Some(standing.status),
        since: standing.since,
        version: shown.map(|version| VersionAnswer {
            number: version.licence.version,
            standing: version_standing(model, version, instant),
            changed_facts: version
                .changed_facts()
                .iter()
                .map(|fact| model.text(*fact))
                .collect(),
            supersession: version
                .end()
                .filter(|end| instant >= end.at)
                .and_then(|end| end.why),
        }),
        number: entry.number.to_string(),
        employer: model.employer(entry.employer).1,
        family_name: model.text(entry.family_name),
        name_matches: None,
        specialties: standing.specialties.clone(),
        copy: copy.map(|copy| CopyAnswer {
            id: copy.id,
            use_until: copy.use_until,
            within: matches!(standing.use_period, UsePeriodStanding::Within { .. }),
            revoked_at: copy.revoked_at.filter(|at| instant >= *at),
        }),
        specimen: identifier
            .as_ref()
            .is_some_and(domain::licence_identifier::LicenceIdentifier::is_specimen),
        licence_identifier: identifier
            .map(|identifier| identifier.to_string())
            .unwrap_or_default(),
        as_of,
        province: model.marks.province(entry.province),
        findings: Vec::new(),
        history: None,
    };
    Some(Found { standing, answer })
}
