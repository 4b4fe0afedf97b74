//! The rule on the feed's content is the domain's rule on the register's.

use domain::authority::Authority;
use domain::certificate::CertificateVersion;
use domain::credit_code::CreditCode;
use domain::ids::{EmployerId, LapseRowId, PersonId, RegisterActId};
use domain::province::Province;
use domain::qualification::QualificationNumber;
use domain::register::{
    EndCause, LapseOnRecord, RegisterEntry, RegisteredEmployer, RegistrationState, SpecialtyRegistration,
};
use domain::specialty::Specialty;
use domain::standing::CopyRecord;
use domain::validity::{LeapDay, Validity, last_day_of_age};
use jiff::civil::date;
use jiff::{SignedDuration, ToSpan as _};
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::change::{Change, Message};
use crate::fixture;

fn start() -> Timestamp {
    "2026-01-01T04:00:00Z".parse().expect("an instant")
}

fn states() -> impl Strategy<Value = RegistrationState> {
    let at = start();
    prop_oneof![
        4 => Just(RegistrationState::Active),
        1 => Just(RegistrationState::Suspended { at, until: None }),
        1 => (0_i32..1200).prop_map(move |days| RegistrationState::Suspended {
            at, until: Some(day_of(start()).saturating_add(days.days())),
        }),
        1 => Just(RegistrationState::MovingOut { at }),
        1 => proptest::sample::select(EndCause::ALL).prop_map(move |cause| RegistrationState::Ended { at, cause }),
    ]
}

fn register_entry(state: RegistrationState, terms: &[(i32, i32)], birth: Date) -> RegisterEntry {
    let jiangsu = Province::from_code("32").expect("a province");
    let day = |offset: i32| day_of(start()).saturating_add(offset.days());
    let specialties = terms
        .iter()
        .zip(Specialty::ALL)
        .map(|((from, length), specialty)| SpecialtyRegistration {
            specialty,
            validity: Validity {
                from: day(*from),
                to: day(from + length),
            },
            qualification_number: QualificationNumber::parse("20180503230320201800000001").expect("a number"),
        });
    let authority = Authority::Province(jiangsu);
    RegisterEntry {
        person: PersonId::from_uuid(fixture::person(1)),
        number: fixture::number(1),
        former_numbers: Vec::new(),
        birth_date: birth,
        employer: RegisteredEmployer {
            id: EmployerId::from_uuid(Uuid::nil()),
            name: "样本建设集团".to_owned(),
            credit_code: CreditCode::parse(CreditCode::SPECIMEN_AUTHORITY).expect("a code"),
            province: jiangsu,
        },
        specialties: specialties.collect(),
        state,
        renewal_pending: false,
        moving_to: None,
        lapse: None,
        seal_check_code: 0,
        last_act: RegisterActId::from_uuid(Uuid::nil()),
        since: start(),
        decided_by: authority,
        announced_by: authority,
    }
}

/// The record of an event some days before the act, where the registration lapsed by one.
fn lapse(entry: &RegisterEntry, days: Option<i32>) -> Option<Box<LapseOnRecord>> {
    let lapsed =
        matches!(entry.state, RegistrationState::Ended { cause, .. } if cause.status() == StatusCode::Lapsed);
    let days = days.filter(|_| lapsed)?;
    Some(Box::new(LapseOnRecord {
        row: LapseRowId::from_uuid(Uuid::nil()),
        effective_on: day_of(start()).saturating_sub(days.days()),
        before: RegistrationState::Active,
        renewal_pending: false,
        moving_to: None,
    }))
}

/// What the feed tells of an entry: the outward status as of the day it was told.
fn told(entry: &RegisterEntry, at: Timestamp) -> crate::change::EntryChange {
    crate::change::EntryChange {
        status: entry.status(day_of(at), LeapDay::default()),
        current: (!entry.is_ended()).then(|| fixture::licence(1, 1)),
        specialties: entry
            .specialties
            .iter()
            .map(|known| (known.specialty, known.validity))
            .collect(),
        last_day_of_age: last_day_of_age(entry.birth_date, LeapDay::default()),
        renewal_pending: entry.renewal_pending,
        since: entry.since_act().map(|(on, cause)| Since { on, cause }),
        suspended_until: match entry.state {
            RegistrationState::Suspended { until, .. } => until,
            _ => None,
        },
        ..fixture::entry(1)
    }
}

proptest! {
    #[test]
    fn every_standing_is_the_domain_s(
        state in states(),
        terms in prop::collection::vec((-400_i32..400, 0_i32..1200), 1..4),
        birth_offset in -400_i32..400,
        offset_hours in 0_i64..30_000,
        use_until in prop::option::of(-50_i32..1250),
        revoked in prop::option::of(0_i64..30_000),
        pending: bool,
        lapsed_days in prop::option::of(0_i32..400),
    ) {
        let birth = date(1962, 6, 1).saturating_add(birth_offset.days());
        let mut entry = register_entry(state, &terms, birth);
        entry.renewal_pending = pending && !entry.is_ended();
        entry.lapse = lapse(&entry, lapsed_days);
        let instant = start() + SignedDuration::from_hours(offset_hours);
        let model = fixture::empty();
        fixture::tell(&model, [Change::Version(Box::new(fixture::version(1, 1)))]);
        let change = Change::Entry(Box::new(told(&entry, start())));
        let message = Message { recorded_at: start(), ..fixture::next(1, change) };
        model.apply(message).expect("the feed is in order");
        let copy_record = use_until.map(|days| CopyRecord {
            use_until: day_of(start()).saturating_add(days.days()),
            revoked_at: revoked.map(|hours| start() + SignedDuration::from_hours(hours)),
        });
        let slot = model.by_number(fixture::number(1)).expect("told");
        let ours = model.read(slot, |person| {
            let entry = person.entry().expect("told");
            let licence = person.current_version().expect("told").licence;
            let copy = copy_record.map(|record| {
                Copy::new(Uuid::nil(), licence, record.use_until, record.revoked_at, None)
            });
            standing(entry, VersionStanding::Current, copy.as_ref(), instant)
        });
        let theirs = domain::standing::judge(
            &entry, None::<&CertificateVersion>, copy_record, instant, LeapDay::default(),
        );
        prop_assert_eq!(ours, theirs);
    }
}
