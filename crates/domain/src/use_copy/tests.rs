use jiff::civil::date;
use proptest::prelude::*;

use super::*;
use crate::policy::PolicyBook;

const TODAY: Date = date(2026, 5, 4);

fn policy() -> UseCopyPolicy {
    let book = PolicyBook::builtin();
    let profile = book.in_force(PolicyBook::PROVINCIAL_PUBLICITY, TODAY);
    profile.expect("the default profile is in force").use_copy
}

fn terms(purposes: &[Purpose], ends_on: Date) -> ConsentTerms {
    ConsentTerms {
        purposes: purposes.iter().copied().collect(),
        ends_on,
    }
}

#[test]
fn purposes_ends_states_and_reasons_round_trip() {
    for purpose in Purpose::ALL {
        assert_eq!(Purpose::from_code(purpose.code()), Some(purpose));
        let json = serde_json::to_string(&purpose).expect("json");
        assert_eq!(json, format!("\"{}\"", purpose.code()));
    }
    for reason in MissingReason::ALL {
        assert_eq!(MissingReason::from_code(reason.code()), Some(*reason));
        assert!(!reason.text().zh.is_empty() && !reason.text().en.is_empty());
    }
    for end in [ConsentEnd::Revoked, ConsentEnd::EmploymentEnded] {
        assert_eq!(ConsentEnd::from_code(end.code()), Some(end));
    }
    assert_eq!(
        CopyRequestState::from_code("lapsed"),
        Some(CopyRequestState::Lapsed)
    );
}

#[test]
fn a_consent_has_a_purpose_an_end_and_a_longest_length() {
    let policy = policy();
    let latest = plus_days(TODAY, i32::from(policy.consent_days));
    let tender = [Purpose::Tender];
    assert_eq!(terms(&tender, TODAY).check(TODAY, &policy, 0), Ok(()));
    assert_eq!(
        terms(&tender, latest).check(TODAY, &policy, MOST_CONSENTS - 1),
        Ok(())
    );
    let refused = [
        (terms(&[], latest), 0, ConsentRefused::WithoutPurpose),
        (terms(&tender, date(2026, 5, 3)), 0, ConsentRefused::EndsInThePast),
        (
            terms(&tender, plus_days(latest, 1)),
            0,
            ConsentRefused::TooLong { latest },
        ),
        (terms(&tender, latest), MOST_CONSENTS, ConsentRefused::TooMany),
    ];
    for (terms, living, refusal) in refused {
        assert_eq!(terms.check(TODAY, &policy, living), Err(refusal));
    }
}

#[test]
fn a_request_lapses_by_the_calendar_and_is_answered_once() {
    let state = CopyRequestState::Pending;
    assert_eq!(state.check_open(TODAY, TODAY), Ok(()));
    assert_eq!(state.on(plus_days(TODAY, 1), TODAY), CopyRequestState::Lapsed);
    for settled in [CopyRequestState::Approved, CopyRequestState::Declined] {
        assert_eq!(settled.on(plus_days(TODAY, 1), TODAY), settled);
        assert_eq!(
            settled.check_open(TODAY, TODAY),
            Err(ConsentRefused::RequestSettled)
        );
    }
}

proptest! {
    /// Neither limit is ever passed, and what employers have made takes nothing from the holder.
    #[test]
    fn no_limit_of_a_day_is_passed(wishes in prop::collection::vec((any::<bool>(), 0usize..3), 0..60)) {
        let policy = policy();
        let (mut versions, mut by_consent) = ([0u32; 3], 0u32);
        for (consented, version) in wishes {
            let made = MadeToday {
                of_version: versions[version],
                of_holder: versions.iter().sum(),
                by_consent,
            };
            let maker = if consented { Maker::Consent } else { Maker::Holder };
            match (maker, policy.admit(maker, made)) {
                (Maker::Holder, Ok(())) => versions[version] += 1,
                (Maker::Consent, Ok(())) => by_consent += 1,
                (Maker::Holder, Err(refused)) => {
                    let full = versions[version] == u32::from(policy.per_day)
                        || versions.iter().sum::<u32>() == u32::from(policy.per_day_holder);
                    prop_assert!(full, "{refused}");
                }
                (Maker::Consent, Err(refused)) => {
                    prop_assert_eq!(by_consent, u32::from(policy.per_day_consent), "{}", refused);
                }
            }
            prop_assert!(versions.iter().all(|made| *made <= u32::from(policy.per_day)));
            prop_assert!(versions.iter().sum::<u32>() <= u32::from(policy.per_day_holder));
        }
    }

    /// What is not listed, over or ended is never allowed; what is listed is, to the last day.
    #[test]
    fn a_consent_allows_its_purposes_to_its_last_day(
        listed in prop::collection::vec(prop::sample::select(Purpose::ALL.to_vec()), 1..4),
        asked in prop::sample::select(Purpose::ALL.to_vec()),
        days in 0i32..400, later in 0i32..800,
        ended in prop::option::of(prop::sample::select(vec![ConsentEnd::Revoked, ConsentEnd::EmploymentEnded])),
    ) {
        let terms = terms(&listed, plus_days(TODAY, days));
        let day = plus_days(TODAY, later);
        let allowed = ended.is_none() && later <= days && listed.contains(&asked);
        prop_assert_eq!(terms.allows(asked, ended, day), allowed);
    }
}
