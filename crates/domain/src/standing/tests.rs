use jiff::civil::date;
use uuid::Uuid;

use super::*;
use crate::authority::Authority;
use crate::calendar::start_of;
use crate::certificate::SupersessionReason;
use crate::credit_code::CreditCode;
use crate::ids::{CertificateVersionId, EmployerId, PersonId, RegisterActId};
use crate::licence_identifier::LicenceIdentifier;
use crate::province::Province;
use crate::qualification::QualificationNumber;
use crate::register::{ActRecord, EndCause, RegisterAct, RegisteredEmployer, SpecialtyRegistration};
use crate::registration_number::RegistrationNumber;

const LEAP: LeapDay = LeapDay::LastOfFebruary;

fn person() -> PersonId {
    PersonId::from_uuid(Uuid::from_u128(1))
}

fn act(act: RegisterAct, day: Date) -> ActRecord {
    ActRecord {
        id: RegisterActId::from_uuid(Uuid::from_u128(2)),
        person: person(),
        at: start_of(day),
        act,
        decided_by: Authority::Ministry,
        announced_by: Authority::Ministry,
        announcement_number: None,
        application: None,
    }
}

fn entry(acts: Vec<RegisterAct>) -> RegisterEntry {
    let term = |specialty, from, to| SpecialtyRegistration {
        specialty,
        validity: Validity { from, to },
        qualification_number: QualificationNumber::parse("2018034320").expect("number"),
    };
    let register = RegisterAct::Register {
        number: RegistrationNumber::parse("苏1322018201901234").expect("number"),
        birth_date: date(1990, 3, 7),
        employer: RegisteredEmployer {
            id: EmployerId::from_uuid(Uuid::from_u128(3)),
            name: "甲公司".to_owned(),
            credit_code: CreditCode::parse("91320000MA00000016").expect("code"),
            province: Province::from_code("32").expect("Jiangsu"),
        },
        specialties: vec![
            term(
                Specialty::WaterAndHydropower,
                date(2024, 1, 1),
                date(2026, 12, 31),
            ),
            term(Specialty::Mining, date(2024, 1, 1), date(2026, 3, 31)),
        ],
    };
    let mut entry = None;
    for next in std::iter::once(register).chain(acts) {
        entry = RegisterEntry::apply(entry, &act(next, date(2026, 1, 1)));
    }
    entry.expect("registered")
}

fn version(n: u16) -> CertificateVersion {
    let authority = CreditCode::parse(CreditCode::SPECIMEN_AUTHORITY).expect("synthetic");
    CertificateVersion {
        id: CertificateVersionId::from_uuid(Uuid::from_u128(4)),
        person: person(),
        identifier: LicenceIdentifier::new(LicenceIdentifier::SPECIMEN_TYPE_CODE, &authority, "JS1", n)
            .expect("identifier"),
        made_at: start_of(date(2024, 1, 1)),
        state: VersionState::Current,
    }
}

fn superseded() -> CertificateVersion {
    version(1).superseded(
        start_of(date(2026, 2, 1)),
        &version(2),
        SupersessionReason::EmployerChange,
    )
}

fn copy() -> CopyRecord {
    CopyRecord {
        use_until: date(2026, 5, 31),
        revoked_at: None,
    }
}

fn verdict(entry: &RegisterEntry, version: &CertificateVersion, copy: CopyRecord, day: Date) -> Verdict {
    let standing = judge(entry, Some(version), Some(copy), start_of(day), LEAP);
    Verdict::of(Some(DocumentStanding::Authentic), Some(&standing))
}

#[test]
fn a_genuine_current_copy_within_its_period_is_valid() {
    let entry = entry(Vec::new());
    assert_eq!(
        verdict(&entry, &version(1), copy(), date(2026, 5, 31)),
        Verdict::Valid
    );
    let standing = judge(&entry, None, None, start_of(date(2026, 4, 1)), LEAP);
    assert!(standing.normal);
    let living: Vec<_> = standing
        .specialties
        .iter()
        .map(|known| (known.specialty, known.living))
        .collect();
    assert_eq!(
        living,
        [(Specialty::WaterAndHydropower, true), (Specialty::Mining, false)]
    );
}

#[test]
fn a_perfect_file_of_the_old_employer_is_superseded_on_a_day() {
    let entry = entry(Vec::new());
    assert_eq!(
        verdict(&entry, &superseded(), copy(), date(2026, 1, 31)),
        Verdict::Valid
    );
    let standing = judge(
        &entry,
        Some(&superseded()),
        Some(copy()),
        start_of(date(2026, 2, 1)),
        LEAP,
    );
    let verdict = Verdict::of(Some(DocumentStanding::Authentic), Some(&standing));
    assert_eq!(verdict, Verdict::Superseded);
    assert!(explain(verdict, Some(&standing)).0.zh.contains("2026-02-01"));
    assert!(matches!(&standing.version, VersionStanding::Superseded { by, .. } if by.contains("JS1.002")));
}

#[test]
fn expired_and_revoked_copies_are_told_apart() {
    let entry = entry(Vec::new());
    assert_eq!(
        verdict(&entry, &version(1), copy(), date(2026, 6, 1)),
        Verdict::CopyExpired
    );
    let revoked = CopyRecord {
        revoked_at: Some(start_of(date(2026, 4, 1))),
        ..copy()
    };
    assert_eq!(
        verdict(&entry, &version(1), revoked, date(2026, 3, 31)),
        Verdict::Valid
    );
    assert_eq!(
        verdict(&entry, &version(1), revoked, date(2026, 4, 1)),
        Verdict::CopyRevoked
    );
    assert_eq!(
        verdict(&entry, &version(1), revoked, date(2026, 6, 1)),
        Verdict::CopyRevoked
    );
}

#[test]
fn an_ended_registration_wins_over_version_and_copy_and_says_how_it_ended() {
    let texts = [
        (EndCause::Fraud, "撤销"),
        (EndCause::Penalty, "吊销"),
        (EndCause::Cancelled, "注销"),
        (EndCause::EmploymentEnded, "失效"),
    ];
    for (cause, word) in texts {
        let entry = entry(vec![RegisterAct::End { cause }]);
        let standing = judge(
            &entry,
            Some(&superseded()),
            Some(copy()),
            start_of(date(2026, 6, 1)),
            LEAP,
        );
        let verdict = Verdict::of(Some(DocumentStanding::Authentic), Some(&standing));
        assert_eq!(verdict, Verdict::RegistrationEnded);
        assert!(explain(verdict, Some(&standing)).0.zh.contains(word));
        assert!(standing.specialties.iter().all(|known| !known.living));
    }
    let suspended = entry(vec![RegisterAct::Suspend { until: None }]);
    assert_eq!(
        verdict(&suspended, &version(1), copy(), date(2026, 5, 1)),
        Verdict::RegistrationSuspended
    );
}

#[test]
fn expiry_needs_no_job_and_a_pending_renewal_is_said() {
    let plain = entry(Vec::new());
    assert_eq!(
        verdict(&plain, &version(1), copy(), date(2027, 1, 1)),
        Verdict::RegistrationEnded
    );
    let pending = entry(vec![RegisterAct::NoteRenewalAccepted]);
    let standing = judge(
        &pending,
        Some(&version(1)),
        None,
        start_of(date(2027, 1, 1)),
        LEAP,
    );
    assert!(standing.normal && standing.renewal_pending);
    assert!(explain(Verdict::Valid, Some(&standing)).0.zh.contains("延续"));
}

#[test]
fn a_fault_of_the_file_comes_before_the_register() {
    let entry = entry(Vec::new());
    let standing = judge(
        &entry,
        Some(&version(1)),
        Some(copy()),
        start_of(date(2026, 5, 1)),
        LEAP,
    );
    for (document, verdict) in [
        (DocumentStanding::Altered, Verdict::Altered),
        (DocumentStanding::WrongAuthority, Verdict::WrongAuthority),
        (DocumentStanding::NotIssuedHere, Verdict::NotIssuedHere),
        (DocumentStanding::CannotSay, Verdict::CannotSay),
    ] {
        assert_eq!(Verdict::of(Some(document), Some(&standing)), verdict);
    }
    assert_eq!(Verdict::of(None, None), Verdict::NotFound);
    assert_eq!(
        Verdict::of(Some(DocumentStanding::Altered), None),
        Verdict::Altered
    );
}

#[test]
fn a_version_of_the_future_is_not_found_in_the_past() {
    let standing = judge(
        &entry(Vec::new()),
        Some(&version(1)),
        None,
        start_of(date(2023, 12, 31)),
        LEAP,
    );
    assert_eq!(standing.version, VersionStanding::NotYet);
}

#[test]
fn every_verdict_has_its_own_sentence() {
    let all = [
        Verdict::Valid,
        Verdict::Superseded,
        Verdict::CopyExpired,
        Verdict::CopyRevoked,
        Verdict::RegistrationEnded,
        Verdict::RegistrationSuspended,
        Verdict::Altered,
        Verdict::WrongAuthority,
        Verdict::NotFound,
        Verdict::CannotSay,
        Verdict::NotIssuedHere,
        Verdict::ListedInvalid,
    ];
    let texts: std::collections::BTreeSet<_> = all.into_iter().map(|v| explain(v, None).0.zh).collect();
    assert_eq!(texts.len(), all.len());
}

fn listed(entry: &RegisterEntry, current: bool, copy: Option<CopyRecord>) -> Listed<'_> {
    Listed {
        entry: Some(entry),
        current,
        copy,
    }
}

/// Every day on which the status turns, with what it turns to, from a day on.
fn turns(listed: Listed<'_>, from: Date) -> Vec<(Date, ListedStatus)> {
    let next = |day: &Date| listed.turns_on(*day, LEAP);
    std::iter::successors(next(&from), next)
        .map(|day| (day, listed.status(day, LEAP)))
        .collect()
}

#[test]
fn a_list_says_valid_until_the_last_specialty_the_suspension_or_the_copy_ends() {
    use ListedStatus::{Invalid, Suspended, Valid};
    let day = date(2026, 2, 1);
    let in_force = entry(Vec::new());
    // Mining ends in March, which ends nothing of the whole.
    assert_eq!(listed(&in_force, true, None).status(day, LEAP), Valid);
    let end = (date(2027, 1, 1), Invalid);
    assert_eq!(turns(listed(&in_force, true, None), day), [end]);
    let copy_end = (date(2026, 6, 1), Invalid);
    assert_eq!(turns(listed(&in_force, true, Some(copy())), day), [copy_end]);

    let suspended = entry(vec![RegisterAct::Suspend {
        until: Some(date(2026, 4, 30)),
    }]);
    let back = (date(2026, 5, 1), Valid);
    assert_eq!(
        listed(&suspended, true, Some(copy())).status(day, LEAP),
        Suspended
    );
    assert_eq!(turns(listed(&suspended, true, None), day), [back, end]);
    assert_eq!(
        turns(listed(&suspended, true, Some(copy())), day),
        [back, copy_end]
    );
    let without_end = entry(vec![RegisterAct::Suspend { until: None }]);
    assert_eq!(listed(&without_end, true, None).status(day, LEAP), Suspended);
    assert_eq!(turns(listed(&without_end, true, None), day), []);
}

#[test]
fn a_list_never_calls_a_superseded_ended_or_erased_one_suspended() {
    let day = date(2026, 2, 1);
    let suspended = entry(vec![RegisterAct::Suspend { until: None }]);
    let revoked = CopyRecord {
        revoked_at: Some(start_of(day)),
        ..copy()
    };
    let cause = EndCause::Fraud;
    let ended = entry(vec![RegisterAct::End { cause }]);
    let erased = Listed {
        entry: None,
        current: true,
        copy: None,
    };
    for over in [
        listed(&suspended, false, None),
        listed(&suspended, true, Some(revoked)),
        listed(&ended, true, None),
        listed(&ended, false, Some(copy())),
        erased,
    ] {
        assert_eq!(over.status(day, LEAP), ListedStatus::Invalid);
        assert_eq!(over.turns_on(day, LEAP), None);
    }
}
