//! Rules on the person's past and on the employer (153号 art 15, 33, 34).

use jiff::civil::Date;

use super::{Assessment, PersonFact, RecordedFact, Refusal, RuleId};
use crate::calendar::plus_days;
use crate::employment::EmployerStanding;
use crate::validity::{anniversary, last_day_of_age};

pub(super) fn failing(input: &Assessment<'_>) -> Vec<Refusal> {
    let mut refusals: Vec<_> = input
        .facts
        .iter()
        .filter_map(|RecordedFact { id, fact }| Some(of_fact(input, fact)?.fact("fact", id)))
        .collect();
    if input.today > last_day_of_age(input.birth_date, input.policy.leap_day) {
        refusals.push(Refusal::of(RuleId::OverAge).fact("age_limit", 65));
    }
    refusals.extend(of_employer(input.employer_standing));
    refusals
}

fn of_fact(input: &Assessment<'_>, fact: &PersonFact) -> Option<Refusal> {
    match fact {
        PersonFact::Incapacity { from, to } => lasts(input.today, *from, *to)
            .then(|| until(Refusal::of(RuleId::Incapacity).fact("since", from), *to)),
        PersonFact::Conviction {
            decided_on,
            served_on,
            in_practice,
        } => conviction(input, *decided_on, *served_on, *in_practice),
        PersonFact::Stripped { decided_on } => barred(
            input,
            RuleId::CertificateStripped,
            "decided_on",
            *decided_on,
            2,
            input.today,
        ),
        // Counted back from the application, not from the decision (art 15(8)).
        PersonFact::MajorAccident { happened_on } => barred(
            input,
            RuleId::MajorAccident,
            "happened_on",
            *happened_on,
            3,
            input.submitted_on,
        ),
        PersonFact::FalseMaterial { decided_on } => barred(
            input,
            RuleId::FalseMaterial,
            "decided_on",
            *decided_on,
            1,
            input.today,
        ),
        PersonFact::Fraud { decided_on } => {
            barred(input, RuleId::Fraud, "decided_on", *decided_on, 3, input.today)
        }
        PersonFact::OtherBar { article, from, to } => lasts(input.today, *from, *to).then(|| {
            let refusal = Refusal::of(RuleId::OtherStatute).fact("article", article);
            until(refusal.fact("since", from), *to)
        }),
        PersonFact::Education { .. } => None,
    }
}

/// A sentence bars while it runs, then five years from its end or, if not for something done in practising, three from
/// its decision.
fn conviction(
    input: &Assessment<'_>,
    decided_on: Date,
    served_on: Option<Date>,
    in_practice: bool,
) -> Option<Refusal> {
    if decided_on > input.today {
        return None;
    }
    match served_on.filter(|served| *served <= input.today) {
        None => Some(Refusal::of(RuleId::SentenceRunning).fact("decided_on", decided_on)),
        Some(served) if in_practice => barred(
            input,
            RuleId::PracticeConviction,
            "served_on",
            served,
            5,
            input.today,
        ),
        Some(_) => barred(
            input,
            RuleId::OtherConviction,
            "decided_on",
            decided_on,
            3,
            input.today,
        ),
    }
}

/// "不满N年": barred until the day before the N-th anniversary of the event.
fn barred(
    input: &Assessment<'_>,
    rule: RuleId,
    name: &str,
    event: Date,
    years: i16,
    counted_on: Date,
) -> Option<Refusal> {
    let free = anniversary(event, years, input.policy.leap_day);
    (event <= counted_on && counted_on < free).then(|| Refusal::of(rule).fact(name, event).from(free))
}

/// A period with a known end bars until the day after it.
fn until(refusal: Refusal, to: Option<Date>) -> Refusal {
    match to {
        Some(to) => refusal.fact("to", to).from(plus_days(to, 1)),
        None => refusal,
    }
}

fn lasts(today: Date, from: Date, to: Option<Date>) -> bool {
    from <= today && to.is_none_or(|to| today <= to)
}

fn of_employer(standing: EmployerStanding) -> Option<Refusal> {
    let (state, since) = match standing {
        EmployerStanding::Qualified => return None,
        EmployerStanding::Unqualified => ("UNQUALIFIED", None),
        EmployerStanding::Bankrupt { since } => ("BANKRUPT", Some(since)),
        EmployerStanding::LicenceRevoked { since } => ("LICENCE_REVOKED", Some(since)),
        EmployerStanding::QualificationRevoked { since } => ("QUALIFICATION_REVOKED", Some(since)),
    };
    let refusal = Refusal::of(RuleId::EmployerUnqualified).fact("employer", state);
    Some(match since {
        Some(since) => refusal.fact("since", since),
        None => refusal,
    })
}
