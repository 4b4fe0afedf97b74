//! Bytes as records. They are authentic, so that what does not fit is a defect; it is refused all the same, never guessed.

use std::io::Read;

use domain::province::Province;
use domain::register::StatusCode;
use domain::registration_number::{RegistrationDigits, RegistrationNumber};
use domain::specialty::Specialty;
use domain::standing::Since;
use domain::validity::Validity;
use jiff::Timestamp;
use jiff::civil::Date;
use personal_data::SealedReader;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::ImageError;
use crate::indices::{Mark, NameMark};
use crate::model::facts::{FactsMark, Short};
use crate::model::interner::TextId;
use crate::model::licence::{Licence, Serial};
use crate::model::person::{
    Copy, Current, Ended, Entry, More, Papers, Person, Place, Rare, RecordedAt, Spare, Version, VersionEnd,
};

/// Longer texts than any that the register has.
const LONGEST: u32 = 1 << 16;

/// Reads one thing after the other.
pub(super) struct Decoder<'a, R> {
    file: &'a mut SealedReader<R>,
    /// By number: a code is looked up several times for each person.
    provinces: [Option<Province>; 100],
}

/// How many texts and issues there are: a record names none beyond.
pub(super) struct Words {
    texts: usize,
    issues: usize,
}

type Decoded<T> = Result<T, ImageError>;

impl Words {
    pub(super) const fn new(texts: usize, issues: usize) -> Self {
        Self { texts, issues }
    }
}

fn malformed<T>(what: &'static str) -> Decoded<T> {
    Err(ImageError::Malformed(what))
}

impl<'a, R: Read> Decoder<'a, R> {
    pub(super) fn new(file: &'a mut SealedReader<R>) -> Self {
        let mut provinces = [None; 100];
        for province in Province::all() {
            let place = province
                .code()
                .parse()
                .ok()
                .and_then(|at: usize| provinces.get_mut(at));
            if let Some(place) = place {
                *place = Some(province);
            }
        }
        Self { file, provinces }
    }

    pub(super) fn u8(&mut self) -> Decoded<u8> {
        Ok(u8::from_le_bytes(self.file.take()?))
    }

    pub(super) fn u16(&mut self) -> Decoded<u16> {
        Ok(u16::from_le_bytes(self.file.take()?))
    }

    pub(super) fn u32(&mut self) -> Decoded<u32> {
        Ok(u32::from_le_bytes(self.file.take()?))
    }

    pub(super) fn u64(&mut self) -> Decoded<u64> {
        Ok(u64::from_le_bytes(self.file.take()?))
    }

    pub(super) fn bytes(&mut self) -> Decoded<Vec<u8>> {
        let length = self.u32()?;
        if length > LONGEST {
            return malformed("a length");
        }
        let length = usize::try_from(length).or_else(|_| malformed("a length"))?;
        let mut bytes = vec![0; length];
        self.file.take_into(&mut bytes)?;
        Ok(bytes)
    }

    pub(super) fn text(&mut self) -> Decoded<String> {
        String::from_utf8(self.bytes()?).or_else(|_| malformed("a text"))
    }

    pub(super) fn instant(&mut self) -> Decoded<Timestamp> {
        let nanoseconds = i128::from_le_bytes(self.file.take()?);
        Timestamp::from_nanosecond(nanoseconds).or_else(|_| malformed("an instant"))
    }

    pub(super) fn province(&mut self) -> Decoded<Province> {
        let [tens, ones] = self
            .file
            .take::<2>()?
            .map(|digit| usize::from(digit.wrapping_sub(b'0')));
        let known = self.provinces.get(tens.saturating_mul(10).saturating_add(ones));
        known
            .copied()
            .flatten()
            .ok_or(ImageError::Malformed("a province"))
    }

    /// One person.
    pub(super) fn person(&mut self, words: &Words) -> Decoded<Person> {
        let mut person = Person::new(self.uuid()?);
        let [entry, first, more] = self.flags()?;
        if entry {
            person.entry = Some(self.entry(words)?);
        }
        if first {
            person.first = Some(self.version(words)?);
        }
        if more {
            person.more = Some(Box::new(self.more(words)?));
        }
        Ok(person)
    }

    fn flags<const N: usize>(&mut self) -> Decoded<[bool; N]> {
        let byte = self.u8()?;
        if u32::from(byte) >> N != 0 {
            return malformed("a flag");
        }
        Ok(std::array::from_fn(|at| byte & (1 << at) != 0))
    }

    fn list<T>(&mut self, mut item: impl FnMut(&mut Self) -> Decoded<T>) -> Decoded<Vec<T>> {
        let length = self.u32()?;
        if length > LONGEST {
            return malformed("a length");
        }
        let mut items = Vec::new();
        items.reserve_exact(usize::try_from(length).or_else(|_| malformed("a length"))?);
        for _ in 0..length {
            items.push(item(self)?);
        }
        Ok(items)
    }

    fn when<T>(&mut self, there: bool, item: impl FnOnce(&mut Self) -> Decoded<T>) -> Decoded<Option<T>> {
        there.then(|| item(self)).transpose()
    }

    fn entry(&mut self, words: &Words) -> Decoded<Entry> {
        let status = self.file.take::<2>()?;
        let status = std::str::from_utf8(&status).ok().and_then(StatusCode::from_code);
        let status = status.ok_or(ImageError::Malformed("a status"))?;
        let number = self.number()?;
        let (employer, family_name) = (self.text_id(words)?, self.text_id(words)?);
        let (province, last_day_of_age) = (self.province()?, self.date()?);
        let [renewal_pending, has_rare] = self.flags()?;
        let (document, name) = (self.mark()?, NameMark(self.file.take()?));
        let specialties = self.list(Self::specialty)?.into_iter().collect();
        let current = match self.u8()? {
            0 => Current::None,
            1 => Current::OfFirst(self.u16()?),
            2 => Current::Rare,
            _ => return malformed("which version counts"),
        };
        let rare = self.when(has_rare, |decoder| decoder.rare(words))?.map(Box::new);
        Ok(Entry {
            status,
            number,
            employer,
            family_name,
            province,
            last_day_of_age,
            renewal_pending,
            specialties,
            current,
            rare,
            document,
            name,
        })
    }

    fn rare(&mut self, words: &Words) -> Decoded<Rare> {
        let aliases = self.list(Self::number)?.into();
        let documents = self.list(Self::mark)?.into();
        let [until, since, current] = self.flags()?;
        Ok(Rare {
            aliases,
            documents,
            suspended_until: self.when(until, Self::date)?,
            since: self.when(since, |decoder| {
                Ok(Since {
                    on: decoder.date()?,
                    cause: decoder.json("a cause")?,
                })
            })?,
            current: self.when(current, |decoder| decoder.licence(words))?,
        })
    }

    fn version(&mut self, words: &Words) -> Decoded<Version> {
        let (licence, papers) = (self.licence(words)?, self.papers()?);
        let [facts, ended] = self.flags()?;
        let facts = self.when(facts, |decoder| {
            let base = Short(decoder.file.take()?);
            let specialties = decoder.list(|decoder| Ok(Short(decoder.file.take()?)))?;
            Ok(FactsMark {
                base,
                specialties: specialties.into_iter().collect(),
            })
        })?;
        let ended = self.when(ended, |decoder| decoder.ended(words))?.map(Box::new);
        Ok(Version {
            licence,
            facts,
            ended,
            papers,
        })
    }

    fn ended(&mut self, words: &Words) -> Decoded<Ended> {
        let changed_facts = self.list(|decoder| decoder.text_id(words))?.into();
        let [end, by] = self.flags()?;
        let end = self.when(end, |decoder| {
            Ok(VersionEnd {
                at: decoder.instant()?,
                why: decoder.json("a reason of supersession")?,
                by: decoder.when(by, |decoder| decoder.licence(words))?,
            })
        })?;
        Ok(Ended { end, changed_facts })
    }

    fn more(&mut self, words: &Words) -> Decoded<More> {
        Ok(More {
            versions: self.list(|decoder| decoder.version(words))?,
            copies: self.list(|decoder| decoder.copy(words))?,
            spare: self.list(|decoder| decoder.spare(words))?,
        })
    }

    fn copy(&mut self, words: &Words) -> Decoded<Copy> {
        let (id, licence) = (self.uuid()?, self.licence(words)?);
        let (use_until, papers) = (self.date()?, self.papers()?);
        let [revoked] = self.flags()?;
        let revoked_at = self.when(revoked, Self::instant)?;
        Ok(Copy {
            papers,
            ..Copy::new(id, licence, use_until, revoked_at, None)
        })
    }

    fn spare(&mut self, words: &Words) -> Decoded<Spare> {
        let mark = self.mark()?;
        let [is_token, of_copy] = self.flags()?;
        let generation = self.u16()?;
        let licence = self.licence(words)?;
        let copy = self.u16()?;
        Ok(Spare {
            mark,
            is_token,
            generation,
            place: Place {
                licence,
                copy: of_copy.then_some(copy),
            },
            recorded_at: RecordedAt(self.u32()?),
        })
    }

    fn papers(&mut self) -> Decoded<Papers> {
        let [token, ofd, pdf] = self.flags()?;
        Ok(Papers {
            token: self.when(token, Self::mark)?,
            files: [self.when(ofd, Self::mark)?, self.when(pdf, Self::mark)?],
            recorded_at: RecordedAt(self.u32()?),
        })
    }

    fn mark(&mut self) -> Decoded<Mark> {
        Ok(Mark(self.file.take()?))
    }

    fn uuid(&mut self) -> Decoded<Uuid> {
        Ok(Uuid::from_bytes(self.file.take()?))
    }

    fn text_id(&mut self, words: &Words) -> Decoded<TextId> {
        let id = self.u32()?;
        if usize::try_from(id).is_ok_and(|at| at < words.texts) {
            Ok(TextId(id))
        } else {
            malformed("a text")
        }
    }

    fn licence(&mut self, words: &Words) -> Decoded<Licence> {
        let issue = self.u16()?;
        if usize::from(issue) >= words.issues {
            return malformed("an issue");
        }
        Ok(Licence {
            serial: Serial {
                issue,
                packed: self.file.take()?,
            },
            version: self.u16()?,
        })
    }

    fn number(&mut self) -> Decoded<RegistrationNumber> {
        let (prefix, first) = (self.province()?, self.province()?);
        let (qualified, registered) = (self.u16()?, self.u16()?);
        let serial = self.u32()?;
        match RegistrationDigits::allocate(first, qualified, registered, serial) {
            Ok(digits) => Ok(RegistrationNumber::new(prefix, digits)),
            Err(_) => malformed("a registration number"),
        }
    }

    fn specialty(&mut self) -> Decoded<(Specialty, Validity)> {
        let place = usize::from(self.u8()?);
        let specialty = Specialty::ALL.get(place).copied();
        let specialty = specialty.ok_or(ImageError::Malformed("a specialty"))?;
        let (from, to) = (self.date()?, self.date()?);
        Ok((specialty, Validity { from, to }))
    }

    fn date(&mut self) -> Decoded<Date> {
        let year = i16::from_le_bytes(self.file.take()?);
        let [month, day] = self.file.take::<2>()?.map(u8::cast_signed);
        Date::new(year, month, day).or_else(|_| malformed("a day"))
    }

    fn json<T: DeserializeOwned>(&mut self, what: &'static str) -> Decoded<T> {
        serde_json::from_slice(&self.bytes()?).or_else(|_| malformed(what))
    }
}
