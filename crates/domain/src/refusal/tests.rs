use jiff::civil::date;
use uuid::Uuid;

use super::*;
use crate::check::{CheckAnswer, CheckPolicy, ExternalCheck, FailPolicy};
use crate::employment::{GapMeaning, GapRule};
use crate::policy::{ContinuingEducationMode, EmployerChangeMode, PolicyBook};

const TODAY: Date = date(2026, 6, 1);
const WATER: Specialty = Specialty::WaterAndHydropower;

fn employer(n: u128) -> EmployerId {
    EmployerId::from_uuid(Uuid::from_u128(n))
}

fn recorded(facts: &[PersonFact]) -> Vec<RecordedFact> {
    let ids = (1..).map(|n| FactId::from_uuid(Uuid::from_u128(n)));
    let pairs = ids.zip(facts.iter().cloned());
    pairs.map(|(id, fact)| RecordedFact { id, fact }).collect()
}

fn guide() -> PolicyProfile {
    PolicyBook::builtin()
        .in_force(PolicyBook::PROVINCIAL_PUBLICITY, TODAY)
        .expect("profile")
        .clone()
}

struct Case {
    policy: PolicyProfile,
    kind: ApplicationType,
    facts: Vec<PersonFact>,
    checks: Vec<CheckOutcome>,
    specialties: Vec<RequestedSpecialty>,
    registered: Option<PresentRegistration>,
    registered_before: bool,
    standing: EmployerStanding,
    birth_date: Date,
    stage: Stage,
    paper: bool,
    employer: u128,
    gap: Option<EmploymentGap>,
    project_lock: ProjectLock,
}

impl Case {
    fn initial() -> Self {
        Self {
            policy: guide(),
            kind: ApplicationType::Initial,
            facts: Vec::new(),
            checks: Vec::new(),
            specialties: vec![RequestedSpecialty {
                specialty: WATER,
                qualified_on: Some(date(2025, 3, 1)),
            }],
            registered: None,
            registered_before: false,
            standing: EmployerStanding::Qualified,
            birth_date: date(1990, 3, 7),
            stage: Stage::Decision,
            paper: false,
            employer: 1,
            gap: None,
            project_lock: ProjectLock::NotAsked,
        }
    }

    fn registered(kind: ApplicationType, to: Date) -> Self {
        let term = Validity {
            from: date(2023, 6, 2),
            to,
        };
        let registered = PresentRegistration {
            employer: employer(1),
            specialties: vec![(WATER, term)],
        };
        Self {
            kind,
            registered: Some(registered),
            ..Self::initial()
        }
    }

    fn fails(&self) -> Vec<&'static str> {
        self.assess().iter().map(|refusal| refusal.rule.code()).collect()
    }

    fn assess(&self) -> Vec<Refusal> {
        self.assess_on(TODAY)
    }

    fn assess_on(&self, today: Date) -> Vec<Refusal> {
        assess(&Assessment {
            stage: self.stage,
            kind: self.kind,
            submitted_on: TODAY,
            today,
            birth_date: self.birth_date,
            specialties: &self.specialties,
            facts: &recorded(&self.facts),
            checks: &self.checks,
            employer: employer(self.employer),
            employer_standing: self.standing,
            registered: self.registered.as_ref(),
            registered_before: self.registered_before,
            education_paper: self.paper,
            employment_gap: self.gap,
            project_lock: self.project_lock,
            policy: &self.policy,
        })
    }
}

#[test]
fn a_clean_initial_registration_meets_no_rule() {
    assert_eq!(Case::initial().fails(), Vec::<&str>::new());
}

#[test]
fn who_was_registered_before_registers_anew_not_initially() {
    let mut case = Case::initial();
    case.registered_before = true;
    assert_eq!(case.fails(), ["REGISTERED_BEFORE"]);
    case.kind = ApplicationType::Reregistration;
    assert_eq!(case.fails(), Vec::<&str>::new());
}

#[test]
fn only_what_is_registered_is_cancelled() {
    let mut case = Case::registered(ApplicationType::Cancellation, date(2027, 6, 1));
    assert_eq!(case.fails(), Vec::<&str>::new());
    case.specialties = vec![RequestedSpecialty {
        specialty: Specialty::Mining,
        qualified_on: None,
    }];
    assert_eq!(case.fails(), ["SPECIALTY_REGISTRATION"]);
    case.registered = None;
    assert_eq!(case.fails(), ["NOT_REGISTERED"]);
}

type Ban = Box<dyn Fn(Date) -> PersonFact>;

#[test]
fn bans_end_on_their_anniversary() {
    let day = |years: i16, offset| crate::calendar::plus_days(date(2026 - years, 6, 1), offset);
    let conviction = |decided_on, served_on, in_practice| PersonFact::Conviction {
        decided_on,
        served_on,
        in_practice,
    };
    let old = date(2000, 1, 1);
    let cases: [(&str, i16, Ban); 6] = [
        (
            "PRACTICE_CONVICTION",
            5,
            Box::new(move |d| conviction(old, Some(d), true)),
        ),
        (
            "OTHER_CONVICTION",
            3,
            Box::new(move |d| conviction(d, Some(d), false)),
        ),
        (
            "CERTIFICATE_STRIPPED",
            2,
            Box::new(|decided_on| PersonFact::Stripped { decided_on }),
        ),
        (
            "MAJOR_ACCIDENT",
            3,
            Box::new(|happened_on| PersonFact::MajorAccident { happened_on }),
        ),
        (
            "FALSE_MATERIAL",
            1,
            Box::new(|decided_on| PersonFact::FalseMaterial { decided_on }),
        ),
        (
            "FRAUD",
            3,
            Box::new(|decided_on| PersonFact::Fraud { decided_on }),
        ),
    ];
    for (rule, years, fact) in cases {
        let barred = Case {
            facts: vec![fact(day(years, 1))],
            ..Case::initial()
        };
        assert_eq!(barred.fails(), [rule]);
        assert_eq!(
            barred.assess()[0].eligible_from,
            Some(crate::calendar::plus_days(TODAY, 1)),
            "{rule}"
        );
        let free = Case {
            facts: vec![fact(day(years, 0))],
            ..Case::initial()
        };
        assert_eq!(free.fails(), Vec::<&str>::new(), "{rule}");
    }
}

#[test]
fn every_failing_rule_is_named_at_once() {
    let case = Case {
        facts: vec![
            PersonFact::Incapacity {
                from: date(2026, 1, 1),
                to: None,
            },
            PersonFact::Conviction {
                decided_on: date(2025, 1, 1),
                served_on: None,
                in_practice: true,
            },
            PersonFact::OtherBar {
                article: "某法 第1条".to_owned(),
                from: date(2026, 1, 1),
                to: None,
            },
        ],
        standing: EmployerStanding::Bankrupt {
            since: date(2026, 2, 1),
        },
        birth_date: date(1961, 5, 31),
        specialties: vec![RequestedSpecialty {
            specialty: WATER,
            qualified_on: None,
        }],
        ..Case::initial()
    };
    assert_eq!(
        case.fails(),
        [
            "INCAPACITY",
            "SENTENCE_RUNNING",
            "EMPLOYER_UNQUALIFIED",
            "OVER_AGE",
            "OTHER_STATUTE",
            "NO_QUALIFICATION"
        ]
    );
    for refusal in case.assess() {
        assert!(!refusal.article.is_empty() && !refusal.text.zh.is_empty());
        assert!(
            !refusal.facts.iter().any(|fact| fact.contains("1961")),
            "no birth date in facts"
        );
    }
    let birthday = Case {
        birth_date: date(1961, 6, 1),
        ..Case::initial()
    };
    assert_eq!(
        birthday.fails(),
        Vec::<&str>::new(),
        "the 65th birthday is still valid"
    );
}

#[test]
fn a_second_registration_with_another_employer_is_refused() {
    let case = Case::registered(ApplicationType::Initial, date(2028, 1, 1));
    assert_eq!(case.fails(), ["TWO_EMPLOYERS"]);
    let none = Case {
        kind: ApplicationType::Cancellation,
        ..Case::initial()
    };
    assert_eq!(none.fails(), ["NOT_REGISTERED"]);
    let mut elsewhere = Case::registered(ApplicationType::Addition, date(2028, 1, 1));
    elsewhere.specialties[0].specialty = Specialty::Mining;
    assert_eq!(elsewhere.fails(), Vec::<&str>::new());
    elsewhere.registered.as_mut().expect("registered").employer = employer(2);
    assert_eq!(elsewhere.fails(), ["OTHER_EMPLOYER"]);
    elsewhere.kind = ApplicationType::Change;
    assert_eq!(elsewhere.fails(), Vec::<&str>::new());
}

#[test]
fn a_renewal_keeps_to_its_window() {
    for (to, rule) in [
        (date(2026, 9, 1), Some("RENEWAL_TOO_EARLY")),
        (date(2026, 8, 30), None),
        (date(2026, 7, 1), None),
        (date(2026, 6, 20), Some("RENEWAL_TOO_LATE")),
    ] {
        let case = Case::registered(ApplicationType::Renewal, to);
        assert_eq!(case.fails(), rule.into_iter().collect::<Vec<_>>(), "{to}");
    }
    let mut other = Case::registered(ApplicationType::Renewal, date(2026, 8, 1));
    other.specialties[0].specialty = Specialty::Mining;
    assert_eq!(other.fails(), ["SPECIALTY_REGISTRATION"]);
}

#[test]
fn a_late_initial_registration_needs_continuing_education() {
    let mut case = Case::initial();
    case.specialties[0].qualified_on = Some(date(2023, 5, 28));
    assert_eq!(
        education_due(case.kind, &case.specialties, TODAY, &case.policy),
        [WATER]
    );
    assert_eq!(
        case.fails(),
        Vec::<&str>::new(),
        "under commitment the parties' word suffices"
    );
    case.policy.ce_mode = ContinuingEducationMode::Verify;
    assert_eq!(case.fails(), ["CONTINUING_EDUCATION"]);
    case.paper = true;
    assert_eq!(
        case.fails(),
        ["CONTINUING_EDUCATION"],
        "a paper is not yet a record"
    );
    case.stage = Stage::Submission;
    assert_eq!(case.fails(), Vec::<&str>::new());
    case.stage = Stage::Decision;
    let hours = |required_hours, completed_on| PersonFact::Education {
        specialty: WATER,
        required_hours,
        elective_hours: 60,
        completed_on,
    };
    case.facts = vec![hours(60, date(2023, 5, 31))];
    assert_eq!(case.fails(), ["CONTINUING_EDUCATION"], "older than three years");
    case.facts = vec![hours(40, date(2025, 1, 1)), hours(20, date(2025, 6, 1))];
    assert_eq!(case.fails(), Vec::<&str>::new());
    case.specialties[0].qualified_on = Some(date(2023, 6, 1));
    assert!(
        education_due(case.kind, &case.specialties, TODAY, &case.policy).is_empty(),
        "in time"
    );
}

#[test]
fn a_further_specialty_takes_half_the_hours() {
    let fact = |specialty, hours| PersonFact::Education {
        specialty,
        required_hours: hours,
        elective_hours: hours,
        completed_on: date(2025, 1, 1),
    };
    let due = [WATER, Specialty::Mining];
    let policy = guide();
    let missing = |facts: &[PersonFact]| {
        let missing = missing_hours(&due, &recorded(facts), TODAY, &policy);
        assert_eq!(
            missing.is_empty(),
            education_on_record(&due, &recorded(facts), TODAY, &policy)
        );
        let hours = missing.into_iter();
        hours
            .map(|one| (one.specialty, one.required, one.elective))
            .collect::<Vec<_>>()
    };
    let nothing: [(Specialty, u32, u32); 0] = [];
    assert_eq!(missing(&[fact(WATER, 60), fact(Specialty::Mining, 30)]), nothing);
    assert_eq!(missing(&[fact(WATER, 30), fact(Specialty::Mining, 60)]), nothing);
    assert_eq!(
        missing(&[fact(WATER, 59), fact(Specialty::Mining, 30)]),
        [(WATER, 1, 1)]
    );
    assert_eq!(missing(&[fact(WATER, 60)]), [(Specialty::Mining, 30, 30)]);
    assert_eq!(missing(&[]), [(WATER, 60, 60), (Specialty::Mining, 30, 30)]);
}

#[test]
fn a_refusal_names_the_fact_it_rests_on_and_the_first_free_day() {
    let case = Case {
        facts: vec![
            PersonFact::Incapacity {
                from: date(2026, 1, 1),
                to: Some(date(2026, 8, 31)),
            },
            PersonFact::Conviction {
                decided_on: date(2024, 2, 29),
                served_on: Some(date(2024, 2, 29)),
                in_practice: false,
            },
        ],
        ..Case::initial()
    };
    let refusals = case.assess();
    let said: Vec<_> = refusals.iter().map(|one| (one.rule, one.eligible_from)).collect();
    assert_eq!(
        said,
        [
            (RuleId::Incapacity, Some(date(2026, 9, 1))),
            (RuleId::OtherConviction, Some(date(2027, 2, 28))),
        ]
    );
    let first = refusals.first().expect("one");
    assert_eq!(
        first.facts,
        [
            "since=2026-01-01",
            "to=2026-08-31",
            "fact=00000000-0000-0000-0000-000000000001"
        ]
    );
    assert!(RuleId::Incapacity.is_personal() && !RuleId::EmployerUnqualified.is_personal());
}

#[test]
fn whoever_is_born_on_29_february_is_65_on_the_last_day_of_february() {
    let mut case = Case {
        birth_date: date(1960, 2, 29),
        ..Case::initial()
    };
    let over = |case: &Case, day| case.assess_on(day).iter().any(|one| one.rule == RuleId::OverAge);
    assert!(!over(&case, date(2025, 2, 28)) && over(&case, date(2025, 3, 1)));
    case.policy.leap_day = crate::validity::LeapDay::FirstOfMarch;
    assert!(!over(&case, date(2025, 3, 1)) && over(&case, date(2025, 3, 2)));
}

#[test]
fn what_an_external_check_means_is_policy_until_an_officer_settles_it() {
    let mut case = Case::initial();
    let outcome = |answer, settled| CheckOutcome {
        check: ExternalCheck::SocialInsurance,
        answer,
        asked_on: TODAY,
        settled,
    };
    let stages = |case: &mut Case| {
        [Stage::Submission, Stage::Decision].map(|stage| {
            case.stage = stage;
            case.fails()
        })
    };
    let none: Vec<&str> = Vec::new();
    case.checks = vec![outcome(CheckAnswer::No, None)];
    assert_eq!(stages(&mut case), [none.clone(), vec!["CHECK_UNSETTLED"]]);
    case.checks = vec![outcome(CheckAnswer::Unavailable, None)];
    assert_eq!(stages(&mut case), [none.clone(), none.clone()]);
    let strict = CheckPolicy {
        denied: FailPolicy::Refuse,
        unavailable: FailPolicy::Hold,
    };
    case.policy.checks.insert(ExternalCheck::SocialInsurance, strict);
    assert_eq!(stages(&mut case), [none.clone(), vec!["CHECK_UNSETTLED"]]);
    case.checks = vec![outcome(CheckAnswer::Unavailable, Some(true))];
    assert_eq!(stages(&mut case), [none.clone(), none.clone()]);
    for denied in [
        outcome(CheckAnswer::No, None),
        outcome(CheckAnswer::Unavailable, Some(false)),
    ] {
        case.checks = vec![denied];
        assert_eq!(
            stages(&mut case),
            [vec!["SOCIAL_INSURANCE"], vec!["SOCIAL_INSURANCE"]]
        );
    }
    case.checks = vec![outcome(CheckAnswer::Yes, None)];
    assert_eq!(stages(&mut case), [none.clone(), none.clone()]);
    let schooling = CheckOutcome {
        check: ExternalCheck::Education,
        ..outcome(CheckAnswer::No, Some(false))
    };
    case.checks = vec![schooling];
    assert_eq!(stages(&mut case), [vec!["SCHOOLING"], vec!["SCHOOLING"]]);
    let mut renewal = Case::registered(ApplicationType::Renewal, date(2026, 8, 1));
    renewal.checks = vec![schooling];
    assert_eq!(
        stages(&mut renewal),
        [none.clone(), none],
        "asked where specialties are registered"
    );
}

#[test]
fn every_type_has_its_window() {
    let policy = guide();
    let birth = date(1990, 3, 7);
    let requested = RequestedSpecialty {
        specialty: WATER,
        qualified_on: Some(date(2025, 3, 1)),
    };
    let to = date(2026, 8, 30);
    let present = PresentRegistration {
        employer: employer(1),
        specialties: vec![(
            WATER,
            Validity {
                from: date(2023, 8, 31),
                to,
            },
        )],
    };
    let window = |kind, birth| filing_window(kind, requested, Some(&present), birth, &policy);
    let renewal = window(ApplicationType::Renewal, birth);
    assert_eq!(
        (renewal.from, renewal.until),
        (Some(date(2026, 6, 1)), Some(date(2026, 7, 31)))
    );
    let initial = window(ApplicationType::Initial, birth);
    assert_eq!(initial.from, Some(date(2025, 3, 1)));
    assert_eq!(initial.until, Some(date(2055, 3, 7)), "the 65th birthday");
    assert_eq!(initial.without_education_until, Some(date(2028, 3, 1)));
    assert_eq!(window(ApplicationType::Change, birth).until, Some(to));
    assert_eq!(
        window(ApplicationType::Cancellation, date(1961, 6, 30)).until,
        Some(to)
    );
    assert_eq!(
        window(ApplicationType::Change, date(1961, 6, 30)).until,
        Some(date(2026, 6, 30))
    );
}

fn change() -> Case {
    Case {
        employer: 2,
        ..Case::registered(ApplicationType::Change, date(2027, 6, 1))
    }
}

#[test]
fn a_change_is_not_offered_where_people_cancel_and_reregister_and_says_what_to_do_instead() {
    let mut case = change();
    assert_eq!(case.fails(), Vec::<&str>::new());
    case.policy.employer_change_mode = EmployerChangeMode::CancelAndReregister;
    assert_eq!(case.fails(), ["CHANGE_NOT_OFFERED"]);
    let cure = case.assess().remove(0).cure.expect("a cure");
    assert!(
        cure.zh.contains("注销注册") && cure.zh.contains("重新注册"),
        "{}",
        cure.zh
    );
    case.employer = 1;
    assert_eq!(
        case.fails(),
        Vec::<&str>::new(),
        "a new name of the same employer is no new employer"
    );
}

#[test]
fn a_gap_bars_a_change_only_where_the_policy_refuses_it_and_says_its_days() {
    for (meaning, expected) in [
        (GapMeaning::Allowed, Vec::new()),
        (GapMeaning::Reported, Vec::new()),
        (GapMeaning::Refused, vec!["EMPLOYMENT_GAP"]),
    ] {
        let mut case = change();
        case.policy.employment_gap = GapRule { meaning, days: 30 };
        case.gap = Some(
            case.policy
                .employment_gap
                .judge(date(2026, 1, 31), date(2026, 4, 1)),
        );
        assert_eq!(case.fails(), expected);
        if let Some(refusal) = case.assess().first() {
            assert!(
                refusal.facts.contains(&"gap_days=59".to_owned()),
                "{:?}",
                refusal.facts
            );
        }
    }
}

#[test]
fn a_running_project_bars_a_change_of_employer_and_nothing_else() {
    for (lock, expected) in [
        (ProjectLock::NotAsked, Vec::new()),
        (ProjectLock::Free, Vec::new()),
        (ProjectLock::UnknownAllowed, Vec::new()),
        (ProjectLock::Held, vec!["PROJECT_LOCKED"]),
        (ProjectLock::UnknownRefused, vec!["PROJECT_LOCK_UNKNOWN"]),
    ] {
        let case = Case {
            project_lock: lock,
            ..change()
        };
        assert_eq!(case.fails(), expected);
        let renewal = Case::registered(ApplicationType::Renewal, date(2026, 7, 15));
        assert_eq!(
            Case {
                project_lock: lock,
                ..renewal
            }
            .fails(),
            Vec::<&str>::new()
        );
    }
}
