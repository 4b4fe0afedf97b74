//! Records as bytes: small and plain, since there are millions; what few have is JSON.

use domain::certificate::Supersession;
use domain::province::Province;
use domain::registration_number::{RegistrationDigits, RegistrationNumber};
use domain::specialty::Specialty;
use domain::standing::Since;
use domain::validity::Validity;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::indices::Mark;
use crate::model::facts::FactsMark;
use crate::model::licence::Licence;
use crate::model::person::{Copy, Current, Ended, Entry, More, Papers, Person, Place, Rare, Spare, Version};

type Bytes = Vec<u8>;

/// One person.
pub(in crate::model) fn put_person(out: &mut Bytes, person: &Person) {
    out.extend_from_slice(person.id.as_bytes());
    let parts = [
        person.entry.is_some(),
        person.first.is_some(),
        person.more.is_some(),
    ];
    out.push(flags(&parts));
    if let Some(entry) = &person.entry {
        put_entry(out, entry);
    }
    if let Some(version) = &person.first {
        put_version(out, version);
    }
    if let Some(more) = &person.more {
        put_more(out, more);
    }
}

/// Length and bytes.
pub(super) fn put_text(out: &mut Bytes, text: &[u8]) {
    put_length(out, text.len());
    out.extend_from_slice(text);
}

/// To the nanosecond.
pub(super) fn put_instant(out: &mut Bytes, at: Timestamp) {
    out.extend_from_slice(&at.as_nanosecond().to_le_bytes());
}

fn flags(parts: &[bool]) -> u8 {
    let bits = parts.iter().enumerate();
    bits.fold(0, |byte, (at, part)| byte | (u8::from(*part) << at))
}

/// Lists and texts of one person are short.
fn put_length(out: &mut Bytes, length: usize) {
    let length = u32::try_from(length).expect("invariant: what is kept of one person is shorter than 4 GiB");
    out.extend_from_slice(&length.to_le_bytes());
}

fn put_entry(out: &mut Bytes, entry: &Entry) {
    out.extend_from_slice(entry.status.code().as_bytes());
    put_number(out, entry.number);
    out.extend_from_slice(&entry.employer.0.to_le_bytes());
    out.extend_from_slice(&entry.family_name.0.to_le_bytes());
    put_province(out, entry.province);
    put_date(out, entry.last_day_of_age);
    out.push(flags(&[entry.renewal_pending, entry.rare.is_some()]));
    put_mark(out, entry.document);
    out.extend_from_slice(&entry.name.0);
    put_length(out, entry.specialties().len());
    for (specialty, validity) in entry.specialties() {
        put_specialty(out, *specialty, *validity);
    }
    match entry.current {
        Current::None => out.push(0),
        Current::OfFirst(version) => {
            out.push(1);
            out.extend_from_slice(&version.to_le_bytes());
        }
        Current::Rare => out.push(2),
    }
    if let Some(rare) = &entry.rare {
        put_rare(out, rare);
    }
}

fn put_rare(out: &mut Bytes, rare: &Rare) {
    let Rare {
        aliases,
        documents,
        suspended_until,
        since,
        current,
    } = rare;
    put_length(out, aliases.len());
    aliases.iter().for_each(|alias| put_number(out, *alias));
    put_length(out, documents.len());
    documents.iter().for_each(|mark| put_mark(out, *mark));
    let parts = [suspended_until.is_some(), since.is_some(), current.is_some()];
    out.push(flags(&parts));
    if let Some(day) = suspended_until {
        put_date(out, *day);
    }
    if let Some(Since { on, cause }) = since {
        put_date(out, *on);
        put_json(out, cause);
    }
    if let Some(current) = current {
        put_licence(out, *current);
    }
}

fn put_version(out: &mut Bytes, version: &Version) {
    put_licence(out, version.licence);
    put_papers(out, &version.papers);
    out.push(flags(&[version.facts.is_some(), version.ended.is_some()]));
    if let Some(FactsMark { base, specialties }) = &version.facts {
        out.extend_from_slice(&base.0);
        put_length(out, specialties.as_slice().len());
        for mark in specialties.as_slice() {
            out.extend_from_slice(&mark.0);
        }
    }
    if let Some(ended) = &version.ended {
        put_ended(out, ended);
    }
}

fn put_ended(out: &mut Bytes, ended: &Ended) {
    put_length(out, ended.changed_facts.len());
    for fact in &ended.changed_facts {
        out.extend_from_slice(&fact.0.to_le_bytes());
    }
    out.push(flags(&[
        ended.end.is_some(),
        ended.end.is_some_and(|end| end.by.is_some()),
    ]));
    if let Some(end) = &ended.end {
        put_instant(out, end.at);
        put_json::<Option<Supersession>>(out, &end.why);
        if let Some(by) = end.by {
            put_licence(out, by);
        }
    }
}

fn put_more(out: &mut Bytes, more: &More) {
    put_length(out, more.versions.len());
    more.versions.iter().for_each(|version| put_version(out, version));
    put_length(out, more.copies.len());
    more.copies.iter().for_each(|copy| put_copy(out, copy));
    put_length(out, more.spare.len());
    more.spare.iter().for_each(|spare| put_spare(out, spare));
}

fn put_copy(out: &mut Bytes, copy: &Copy) {
    out.extend_from_slice(copy.id.as_bytes());
    put_licence(out, copy.licence);
    put_date(out, copy.use_until);
    put_papers(out, &copy.papers);
    out.push(flags(&[copy.revoked_at.is_some()]));
    if let Some(at) = copy.revoked_at {
        put_instant(out, at);
    }
}

fn put_spare(out: &mut Bytes, spare: &Spare) {
    let Spare {
        mark,
        is_token,
        generation,
        place: Place { licence, copy },
        recorded_at,
    } = spare;
    put_mark(out, *mark);
    out.push(flags(&[*is_token, copy.is_some()]));
    out.extend_from_slice(&generation.to_le_bytes());
    put_licence(out, *licence);
    out.extend_from_slice(&copy.unwrap_or_default().to_le_bytes());
    out.extend_from_slice(&recorded_at.0.to_le_bytes());
}

fn put_papers(out: &mut Bytes, papers: &Papers) {
    let marks = [papers.token, papers.files[0], papers.files[1]];
    out.push(flags(&marks.map(|mark| mark.is_some())));
    marks.iter().flatten().for_each(|mark| put_mark(out, *mark));
    out.extend_from_slice(&papers.recorded_at.0.to_le_bytes());
}

fn put_mark(out: &mut Bytes, mark: Mark) {
    out.extend_from_slice(&mark.0);
}

fn put_licence(out: &mut Bytes, licence: Licence) {
    out.extend_from_slice(&licence.serial.issue.to_le_bytes());
    out.extend_from_slice(&licence.serial.packed);
    out.extend_from_slice(&licence.version.to_le_bytes());
}

fn put_number(out: &mut Bytes, number: RegistrationNumber) {
    put_province(out, number.prefix());
    let digits = number.digits();
    put_digits(out, digits);
}

fn put_digits(out: &mut Bytes, digits: RegistrationDigits) {
    put_province(out, digits.first_province());
    out.extend_from_slice(&digits.qualification_year().to_le_bytes());
    out.extend_from_slice(&digits.registration_year().to_le_bytes());
    out.extend_from_slice(&digits.serial().to_le_bytes());
}

fn put_province(out: &mut Bytes, province: Province) {
    out.extend_from_slice(province.code().as_bytes());
}

fn put_specialty(out: &mut Bytes, specialty: Specialty, validity: Validity) {
    let place = Specialty::ALL.iter().position(|known| *known == specialty);
    let place = place.and_then(|at| u8::try_from(at).ok());
    out.push(place.expect("invariant: the list of specialties is whole and short"));
    put_date(out, validity.from);
    put_date(out, validity.to);
}

fn put_date(out: &mut Bytes, date: Date) {
    out.extend_from_slice(&date.year().to_le_bytes());
    out.extend_from_slice(&date.month().to_le_bytes());
    out.extend_from_slice(&date.day().to_le_bytes());
}

fn put_json<T: serde::Serialize>(out: &mut Bytes, value: &T) {
    let json = serde_json::to_vec(value).expect("invariant: enumerations serialise to JSON");
    put_text(out, &json);
}
