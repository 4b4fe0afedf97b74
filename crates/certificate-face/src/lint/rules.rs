//! Rules that the facts themselves must keep before anything is sealed over them.

use std::collections::BTreeSet;

use domain::credit_code::CreditCode;
use domain::document_number::{DocumentKind, DocumentNumber, Sex};
use domain::licence_identifier::LicenceIdentifier;
use domain::registration_number::RegistrationNumber;
use domain::specialty::Specialty;
use domain::validity::{LeapDay, last_day_of_age};
use jiff::ToSpan as _;

use crate::code::payload::{Payload, SignedText};
use crate::facts::{CopyFacts, FaceFacts};
use crate::picture::Pictures;

/// Declares the rules and the list of all, so that none can be forgotten where every rule must be met.
macro_rules! rules {
    ($(#[$meta:meta] $name:ident,)+) => {
        /// A rule of the facts.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Rule {
            $(#[$meta] $name,)+
        }

        impl Rule {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name,)+];
        }
    };
}

rules! {
    /// The licence identifier has its form and check digit (domain §2.7).
    LicenceIdentifier,
    /// Type code and issuer of the identifier are those of the facts.
    IdentifierParts,
    /// A specimen has the specimen type code, anything else has not.
    SpecimenCode,
    /// 注册编号 has its form (domain §1.8).
    RegistrationNumber,
    /// A citizen's number has its check digit (domain §2.1).
    DocumentNumber,
    /// Birth date and sex are those inside a citizen's number.
    DocumentNumberAgrees,
    /// The employer's credit code has its check character (domain §2.5).
    EmployerCode,
    /// One to ten specialties, each once, by their names on certificates (domain §1.7).
    Specialties,
    /// No specialty ends before it begins.
    SpecialtyValidity,
    /// At least one specialty is alive when the certificate is issued.
    SpecialtyAlive,
    /// The holder is not over 65 on the day of issue (153 art 16).
    HolderAge,
    /// Nobody is born after the certificate is issued.
    BirthDate,
    /// A use copy is made no earlier than its certificate.
    UseCopyAfterIssue,
    /// A use copy ends no earlier than it begins.
    UsePeriodOrder,
    /// A use copy lives at most 180 days (domain §1.10).
    UsePeriodLength,
    /// A use copy ends with its earliest specialty at the latest.
    UsePeriodSpecialty,
    /// A use copy ends on the holder's 65th birthday at the latest.
    UsePeriodAge,
    /// A use copy names recipient, purpose and its identifier.
    UseCopyComplete,
    /// No fact is empty, and the facts record is there.
    Complete,
    /// The check code of the practice seal has two digits (domain §1.9).
    SealCheckCode,
    /// The practice seal ends with the earliest specialty at the latest (domain §1.9).
    SealValidity,
    /// What the QR symbol carries for reading offline is what the certificate says.
    CodePayload,
    /// Photo and signature image are those whose digests the facts record names.
    PictureDigests,
}

/// The longest use of a copy, in days (domain §1.10).
const LONGEST_USE: i32 = 180;

/// The rules that the facts break.
pub(super) fn broken(facts: &FaceFacts<'_>) -> Vec<Rule> {
    let mut out = Vec::new();
    let mut check = |rule, kept: bool| {
        if !kept {
            out.push(rule);
        }
    };
    let identifier = LicenceIdentifier::parse(facts.licence_identifier);
    check(Rule::LicenceIdentifier, identifier.is_ok());
    if let Ok(identifier) = &identifier {
        let agrees = identifier.type_code() == facts.type_code && identifier.issuer() == facts.issuer_code;
        check(Rule::IdentifierParts, agrees);
        check(Rule::SpecimenCode, identifier.is_specimen() == facts.specimen);
    }
    check(
        Rule::RegistrationNumber,
        RegistrationNumber::parse(facts.registration_number).is_ok(),
    );
    check(Rule::EmployerCode, CreditCode::parse(facts.employer_code).is_ok());
    if facts.citizen {
        let number = DocumentNumber::parse(
            DocumentKind::CitizenIdentityCard,
            facts.document_number,
            facts.issued_on,
        );
        check(Rule::DocumentNumber, number.is_ok());
        if let Ok(number) = number {
            let sex = number.sex().map(Sex::name);
            let agrees = number.birth_date() == Some(facts.birth_date) && sex == Some(facts.sex);
            check(Rule::DocumentNumberAgrees, agrees);
        }
    }
    check(Rule::Specialties, specialties_stand(facts));
    let ordered = facts.specialties.iter().all(|s| s.from <= s.to);
    check(Rule::SpecialtyValidity, ordered);
    check(
        Rule::SpecialtyAlive,
        facts.specialties.is_empty() || facts.specialties.iter().any(|s| s.to >= facts.issued_on),
    );
    let birthday = last_day_of_age(facts.birth_date, LeapDay::FirstOfMarch);
    check(Rule::HolderAge, facts.issued_on <= birthday);
    check(Rule::BirthDate, facts.birth_date < facts.issued_on);
    check(Rule::SealCheckCode, facts.seal_check_code <= 99);
    check(
        Rule::SealValidity,
        facts.specialties.iter().all(|s| facts.seal_valid_to <= s.to),
    );
    check(Rule::CodePayload, payload_agrees(facts));
    let texts = [
        facts.name,
        facts.sex,
        facts.employer,
        facts.issuer,
        facts.code,
        facts.record,
    ];
    check(Rule::Complete, texts.iter().all(|text| !text.trim().is_empty()));
    if let Some(copy) = &facts.copy {
        out.extend(broken_by_copy(facts, copy));
    }
    out
}

/// A symbol without payload says nothing offline, and nothing wrong.
fn payload_agrees(facts: &FaceFacts<'_>) -> bool {
    facts.code.split_once('#').is_none_or(|_| {
        SignedText::parse(facts.code)
            .is_ok_and(|signed| signed.payload == Payload::of(facts, signed.payload.time))
    })
}

fn specialties_stand(facts: &FaceFacts<'_>) -> bool {
    let known = facts.specialties.iter().all(|s| {
        Specialty::ALL
            .into_iter()
            .any(|known| known.name() == s.name && known.seal_abbreviation() == s.abbreviation)
    });
    let distinct: BTreeSet<&str> = facts.specialties.iter().map(|s| s.name).collect();
    known && (1..=10).contains(&facts.specialties.len()) && distinct.len() == facts.specialties.len()
}

fn broken_by_copy(facts: &FaceFacts<'_>, copy: &CopyFacts<'_>) -> Vec<Rule> {
    let latest = copy.made_on.saturating_add(LONGEST_USE.days());
    let earliest_end = facts.specialties.iter().map(|s| s.to).min();
    let birthday = last_day_of_age(facts.birth_date, LeapDay::LastOfFebruary);
    let texts = [copy.copy_id, copy.recipient, copy.purpose];
    [
        (Rule::UseCopyAfterIssue, facts.issued_on <= copy.made_on),
        (Rule::UsePeriodOrder, copy.made_on <= copy.use_until),
        (Rule::UsePeriodLength, copy.use_until <= latest),
        (
            Rule::UsePeriodSpecialty,
            earliest_end.is_some_and(|end| copy.use_until <= end),
        ),
        (Rule::UsePeriodAge, copy.use_until <= birthday),
        (
            Rule::UseCopyComplete,
            texts.iter().all(|text| !text.trim().is_empty()),
        ),
    ]
    .into_iter()
    .filter_map(|(rule, kept)| (!kept).then_some(rule))
    .collect()
}

/// Whether the pictures are those that the facts record names by digest.
pub(super) fn pictures_match(facts: &FaceFacts<'_>, pictures: &Pictures) -> bool {
    hex::encode(pictures.photo.sm3()) == facts.photo_sm3
        && hex::encode(pictures.signature.sm3()) == facts.signature_image_sm3
}
