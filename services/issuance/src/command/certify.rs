//! From what was cleared and announced to the act on the register and the facts of its certificate version. Decides
//! nothing of its own and touches no store.

use certificate_face::layout::Layout as Face;
use domain::application::ApplicationType;
use domain::cancellation::CancellationTerms;
use domain::certificate::{
    CERTIFICATE_NAME, FACTS_FORMAT, FactsRecord, Holder as HolderFacts, Layout, Organisation, PracticeSeal,
    SpecialtyFacts, StatusListEntry,
};
use domain::licence_identifier::{LicenceIdentifier, LicenceIdentifierError};
use domain::register::{ActRecord, RegisterAct, RegisterEntry, SpecialtyRegistration};
use domain::registration_number::RegistrationNumber;
use domain::specialty::Specialty;
use domain::validity::{LeapDay, Validity};
use jiff::civil::Date;
use rand_core::Rng;
use service_runtime::clock::day_of;

use crate::deps::Issuer;
use crate::event::Stop;
use crate::holder::{ClearedFacts, Person, Pictures};

/// 29 February in years that have none: the rule of the law's calendar (domain §1.4).
pub(crate) const LEAP_DAY: LeapDay = LeapDay::LastOfFebruary;
const RENDERER: &str = concat!("jianzheng ", env!("CARGO_PKG_VERSION"));

/// The act that an application asks for, with the terms that were announced (or are foreseen).
pub(crate) fn act(
    kind: ApplicationType,
    cleared: &ClearedFacts,
    number: RegistrationNumber,
    terms: &[(Specialty, Validity)],
    entry: Option<&RegisterEntry>,
) -> Result<RegisterAct, Stop> {
    Ok(match kind {
        ApplicationType::Initial | ApplicationType::Reregistration => RegisterAct::Register {
            number,
            birth_date: cleared.holder.person.birth_date,
            employer: cleared.employer.clone(),
            specialties: registered(cleared, terms)?,
        },
        ApplicationType::Renewal => RegisterAct::Renew {
            terms: terms.to_vec(),
        },
        ApplicationType::Change => RegisterAct::ChangeEmployer {
            employer: cleared.employer.clone(),
        },
        ApplicationType::Addition => RegisterAct::AddSpecialties {
            added: added(cleared, terms, entry)?,
        },
        ApplicationType::Correction => RegisterAct::Correct {
            birth_date: cleared.holder.person.birth_date,
            terms: cleared
                .type_terms
                .correction
                .clone()
                .ok_or(Stop::CLEARANCE_DIFFERS)?,
        },
        ApplicationType::SealReissue => RegisterAct::ReissueSeal,
        ApplicationType::Cancellation => {
            let terms = cleared.type_terms.cancellation.as_ref();
            cancel(terms.ok_or(Stop::CLEARANCE_DIFFERS)?)
        }
    })
}

fn cancel(terms: &CancellationTerms) -> RegisterAct {
    let (initiator, ground) = (terms.initiator, terms.ground);
    match &terms.specialties {
        None => RegisterAct::Cancel { initiator, ground },
        Some(specialties) => RegisterAct::CancelSpecialties {
            initiator,
            ground,
            specialties: specialties.clone(),
        },
    }
}

/// Announced terms with the qualifications that were cleared.
fn registered(
    cleared: &ClearedFacts,
    terms: &[(Specialty, Validity)],
) -> Result<Vec<SpecialtyRegistration>, Stop> {
    let with_qualification = |(specialty, validity): &(Specialty, Validity)| {
        let known = cleared
            .specialties
            .iter()
            .find(|known| known.specialty == *specialty)?;
        Some(SpecialtyRegistration {
            specialty: *specialty,
            validity: *validity,
            qualification_number: known.qualification_number.clone()?,
        })
    };
    let all: Option<Vec<_>> = terms.iter().map(with_qualification).collect();
    all.ok_or(Stop::CLEARANCE_DIFFERS)
}

/// The specialties that are new. The terms list those already registered beside them, each with the end it has: an
/// addition leaves them alone (101号 art 10).
fn added(
    cleared: &ClearedFacts,
    terms: &[(Specialty, Validity)],
    entry: Option<&RegisterEntry>,
) -> Result<Vec<SpecialtyRegistration>, Stop> {
    let known: Vec<_> = entry
        .into_iter()
        .flat_map(|entry| &entry.specialties)
        .map(|known| (known.specialty, known.validity))
        .collect();
    let new: Vec<_> = terms
        .iter()
        .copied()
        .filter(|term| !known.contains(term))
        .collect();
    let is_listed =
        |(specialty, _): &(Specialty, Validity)| terms.iter().any(|(listed, _)| listed == specialty);
    if new.is_empty() || !known.iter().all(is_listed) {
        return Err(Stop::ADDITION_CHANGES_OTHERS);
    }
    // Without a qualification it is no addition but another term for what is registered.
    registered(cleared, &new).map_err(|_| Stop::ADDITION_CHANGES_OTHERS)
}

/// The identifier of the next version: renewal, change and correction keep the serial (domain §2.7).
pub(crate) fn identifier(
    issuer: &Issuer,
    act: &RegisterAct,
    latest: Option<&LicenceIdentifier>,
    random: &mut impl Rng,
) -> Result<LicenceIdentifier, LicenceIdentifierError> {
    let anew = matches!(act, RegisterAct::Register { .. });
    if let Some(Ok(next)) = latest.filter(|_| !anew).map(LicenceIdentifier::next_version) {
        return Ok(next);
    }
    LicenceIdentifier::new(
        &issuer.type_code,
        &issuer.organisation.credit_code,
        &serial(random),
        1,
    )
}

/// Twenty characters of [0-9A-Z], each equally likely.
fn serial(random: &mut impl Rng) -> String {
    const ALPHABET: &[u8; 36] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    let mut serial = String::with_capacity(LicenceIdentifier::SERIAL_LENGTH);
    while serial.len() < LicenceIdentifier::SERIAL_LENGTH {
        let mut byte = [0; 1];
        random.fill_bytes(&mut byte);
        // 252 is the last multiple of 36 in a byte.
        if byte[0] < 252 {
            serial.push(char::from(ALPHABET[usize::from(byte[0] % 36)]));
        }
    }
    serial
}

/// What goes on the certificate of an entry after an act.
pub(crate) fn facts(
    issuer: &Issuer,
    entry: &RegisterEntry,
    (person, pictures): (&Person, Pictures<'_>),
    record: &ActRecord,
    (identifier, supersedes): (&LicenceIdentifier, Option<&LicenceIdentifier>),
    (salt, status_list): ([u8; 32], Option<StatusListEntry>),
) -> FactsRecord {
    let last_of_age = entry.last_day_of_age(LEAP_DAY);
    let ends = |pick: fn(Date, Date) -> Date| {
        entry
            .specialties
            .iter()
            .map(|known| known.validity.to)
            .reduce(pick)
    };
    let from = entry.specialties.iter().map(|known| known.validity.from).min();
    FactsRecord {
        format: FACTS_FORMAT,
        licence_identifier: identifier.clone(),
        certificate_name: CERTIFICATE_NAME.to_owned(),
        type_code: issuer.type_code.clone(),
        number: entry.number,
        version: identifier.version(),
        issuer: issuer.organisation.clone(),
        holder: HolderFacts {
            name: person.name.clone(),
            sex: person.sex,
            birth_date: person.birth_date,
            document: person.document.clone(),
            document_code_type: person.document.kind().code_type().code().to_owned(),
        },
        employer: Organisation {
            name: entry.employer.name.clone(),
            credit_code: entry.employer.credit_code.clone(),
        },
        specialties: entry.specialties.iter().map(specialty).collect(),
        valid_from: from.unwrap_or(last_of_age),
        valid_to: ends(Date::max).map_or(last_of_age, |end| end.min(last_of_age)),
        issued_on: day_of(record.at),
        practice_seal: PracticeSeal {
            check_code: entry.seal_check_code,
            // Which of several ends is printed is not settled in law; the earliest misleads nobody (domain §1.9).
            valid_to: ends(Date::min).map_or(last_of_age, |end| end.min(last_of_age)),
        },
        photo_sm3: pictures.photo.sm3.clone(),
        signature_image_sm3: pictures.signature_image.sm3.clone(),
        layout: Layout {
            version: Face::CURRENT.0.into(),
            renderer: RENDERER.to_owned(),
            show_document_number: issuer.show_document_number,
        },
        supersedes: supersedes.cloned(),
        operation: record.act.operation(),
        decided_by: record.decided_by,
        announced_by: record.announced_by,
        announcement_number: record.announcement_number.clone().unwrap_or_default(),
        specimen: issuer.specimen,
        salt: Some(hex::encode(salt)),
        status_list,
        log: None,
        use_copy: None,
    }
}

fn specialty(known: &SpecialtyRegistration) -> SpecialtyFacts {
    SpecialtyFacts {
        specialty: known.specialty,
        valid_from: known.validity.from,
        valid_to: known.validity.to,
        qualification_number: known.qualification_number.clone(),
    }
}

#[cfg(test)]
mod tests {
    use personal_data::OsRandom;
    use rand_core::UnwrapErr;

    use super::*;

    #[test]
    fn serials_have_twenty_characters_of_the_alphabet_and_differ() {
        let serials: std::collections::BTreeSet<_> =
            (0..200).map(|_| serial(&mut UnwrapErr(OsRandom))).collect();
        assert_eq!(serials.len(), 200);
        let plain = |one: &String| {
            one.len() == 20 && one.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase())
        };
        assert!(serials.iter().all(plain));
    }
}
