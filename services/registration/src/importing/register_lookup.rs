//! 注册名册: what this province, identity and the nation know about the rows of a piece, and what is to be written.

use std::collections::HashMap;

use domain::authority::Authority;
use domain::ids::{EmployerId, PersonId};
use domain::import::{Column, RowFault};
use domain::qualification::QualificationNumber;
use domain::register::SpecialtyRegistration;
use postgres::Tx;
use service_runtime::error::PEER_UNAVAILABLE;
use tabular::Row;
use uuid::Uuid;

use super::heading::Heading;
use super::register::{self, Line};
use super::{Note, Sorted, Work, sorted};
use crate::error::Error;
use crate::peer::exchange::event;
use crate::peer::exchange::migration::Item;
use crate::peer::identity::bulk::{PersonStated, Resolved};
use crate::sealing::PersonFacts;
use crate::store::employer::Employer;
use crate::store::import::persons::{self, NewPerson};
use crate::store::import::qualifications;
use crate::store::import::registered::{self, Entry, Present};

/// What is to be written of a piece.
#[derive(Default)]
pub(crate) struct Plan {
    pub(crate) persons: Vec<NewPerson>,
    pub(crate) employers: Vec<Employer>,
    pub(crate) entries: Vec<Entry>,
    /// One event for each entry.
    pub(crate) payloads: Vec<Vec<u8>>,
    /// Of a check: good rows that the nation was not asked about.
    pub(crate) not_asked: usize,
}

/// What is to be written of a piece, and what is said of the rest. While the file is only checked the nation is asked what
/// it would say and binds nothing, and nobody is put on record with identity.
pub(crate) async fn prepare(
    work: Work<'_>,
    heading: Heading,
    rows: Vec<Row>,
    decided_by: Authority,
) -> Result<(Plan, Vec<Note>), Error> {
    let (sealing, own, now) = (work.deps.sealing.clone(), work.deps.province, work.now);
    let mut sorted = sorted(rows, move |row| {
        register::judge((&sealing, own), &heading, row, now)
    })
    .await?;
    sorted.keep(|line| line.row, |line| work.repeated(line.row));
    let here = Here::load(work, &sorted.good).await?;
    sorted.keep(|line| line.row, |line| here.compare(line));
    let employers = employers(work, &mut sorted).await?;
    let specialties = here.specialties(work, &mut sorted)?;
    let persons = resolve(work, &mut sorted).await?;
    let good = sorted.good.len();
    let mut candidates = Vec::with_capacity(good);
    for line in std::mem::take(&mut sorted.good) {
        let found = (
            employers.get(&line.employer).cloned(),
            specialties.get(&line.row).cloned(),
            persons.get(&line.row).copied(),
        );
        if let (Some(employer), Some(specialties), Some(person)) = found {
            candidates.push(Candidate {
                line,
                employer,
                specialties,
                person,
            });
        }
    }
    let asked = candidates.len();
    let candidates = match cleared(work, candidates, decided_by, &mut sorted.notes).await {
        Ok(candidates) => candidates,
        // A check goes on without the nation, and says so.
        Err(error) if !work.writes && error.is(PEER_UNAVAILABLE) => {
            return Ok((Plan::only_checked(good), sorted.notes));
        }
        Err(error) => return Err(error),
    };
    if !work.writes {
        return Ok((Plan::only_checked(good - asked), sorted.notes));
    }
    Ok((plan(work, candidates).await?, sorted.notes))
}

impl Plan {
    /// Nothing to write; whoever is not on record yet cannot be asked about, and nobody while the nation is away.
    fn only_checked(not_asked: usize) -> Self {
        Self {
            not_asked,
            ..Self::default()
        }
    }
}

/// A row with everything that others know about it.
struct Candidate {
    line: Line,
    employer: Employer,
    specialties: Vec<SpecialtyRegistration>,
    person: PersonId,
}

/// What this province has on record of the rows.
struct Here {
    by_document: HashMap<Vec<u8>, Present>,
    by_number: HashMap<String, Uuid>,
    qualifications: HashMap<Vec<u8>, Vec<crate::store::qualification::Stored>>,
}

impl Here {
    async fn load(work: Work<'_>, lines: &[Line]) -> Result<Self, Error> {
        let indices: Vec<Vec<u8>> = lines.iter().flat_map(|line| line.indices.clone()).collect();
        let numbers: Vec<String> = lines.iter().map(|line| line.number.to_string()).collect();
        let without = lines.iter().filter(|line| line.qualifications.is_empty());
        let unnamed: Vec<Vec<u8>> = without.flat_map(|line| line.indices.clone()).collect();
        let (indices, numbers, unnamed) = (&indices, &numbers, &unnamed);
        let read = async |tx: &mut Tx| {
            let present = registered::present(tx, indices, numbers).await?;
            Ok::<_, Error>((present, qualifications::known(tx, unnamed).await?))
        };
        let (present, known) = work.deps.reader.snapshot("register of a province", read).await?;
        let mut here = Self {
            by_document: HashMap::new(),
            by_number: HashMap::new(),
            qualifications: HashMap::new(),
        };
        for one in present {
            here.by_number.insert(one.number.clone(), one.person);
            here.by_document.insert(one.index.clone(), one);
        }
        for (index, stored) in known {
            here.qualifications.entry(index).or_default().push(stored);
        }
        Ok(here)
    }

    /// What stands against a row because of somebody registered here.
    fn compare(&self, line: &Line) -> Option<(Column, RowFault)> {
        let number = line.number.to_string();
        let Some(present) = line.indices.iter().find_map(|index| self.by_document.get(index)) else {
            let taken = self.by_number.contains_key(&number);
            return taken.then_some((Column::RegistrationNumber, RowFault::NumberTaken));
        };
        let mut terms = line.terms.clone();
        terms.sort_by_key(|(specialty, _)| *specialty);
        let same = present.number == number
            && present.specialties == terms
            && present.employer_code_is(&line.employer)
            && present.stands;
        Some(if same {
            (Column::RegistrationNumber, RowFault::AlreadyRecorded)
        } else {
            (Column::RegistrationNumber, RowFault::RecordedDifferently)
        })
    }

    /// The specialties of each row with the qualification behind each: the file's, else those on record.
    fn specialties(
        &self,
        work: Work<'_>,
        sorted: &mut Sorted<Line>,
    ) -> Result<HashMap<u32, Vec<SpecialtyRegistration>>, Error> {
        let mut found = HashMap::new();
        for line in &sorted.good {
            if let Some(specialties) = self.qualified(work, line)? {
                found.insert(line.row, specialties);
            }
        }
        sorted.keep(
            |line| line.row,
            |line| {
                let missing = !found.contains_key(&line.row);
                missing.then_some((Column::QualificationNumber, RowFault::QualificationMissing))
            },
        );
        Ok(found)
    }

    fn qualified(&self, work: Work<'_>, line: &Line) -> Result<Option<Vec<SpecialtyRegistration>>, Error> {
        let mut specialties = Vec::with_capacity(line.terms.len());
        for (at, (specialty, validity)) in line.terms.iter().enumerate() {
            let qualification_number = match line.qualifications.get(at) {
                Some(number) => number.clone(),
                None => {
                    let known = line
                        .indices
                        .iter()
                        .filter_map(|index| self.qualifications.get(index));
                    let Some(stored) = known.flatten().find(|stored| stored.specialty == *specialty) else {
                        return Ok(None);
                    };
                    let facts = work
                        .deps
                        .sealing
                        .open_qualification(stored.id, stored.sealed.clone())?;
                    QualificationNumber::parse(&facts.number)
                        .map_err(|_| Error::internal("a stored qualification number is none"))?
                }
            };
            specialties.push(SpecialtyRegistration {
                specialty: *specialty,
                validity: *validity,
                qualification_number,
            });
        }
        specialties.sort_by_key(|known| known.specialty);
        Ok(Some(specialties))
    }
}

/// The employers that the rows name, by the code they name.
async fn employers(work: Work<'_>, sorted: &mut Sorted<Line>) -> Result<HashMap<String, Employer>, Error> {
    let mut keys: Vec<String> = sorted.good.iter().map(|line| line.employer.clone()).collect();
    keys.sort_unstable();
    keys.dedup();
    let found = work.deps.identity.employers(&keys).await?;
    let found: HashMap<_, _> = keys
        .into_iter()
        .zip(found)
        .filter_map(|(key, employer)| Some((key, employer?)))
        .collect();
    let own = work.deps.province.code();
    sorted.keep(
        |line| line.row,
        |line| match found.get(&line.employer) {
            None => Some((Column::CreditCode, RowFault::EmployerUnknown)),
            Some(employer) if employer.province != own => Some((Column::CreditCode, RowFault::OtherProvince)),
            Some(_) => None,
        },
    );
    Ok(found)
}

/// Who the rows are about, by row; somebody unknown is put on record where rows are written.
async fn resolve(work: Work<'_>, sorted: &mut Sorted<Line>) -> Result<HashMap<u32, PersonId>, Error> {
    let stated: Vec<_> = sorted
        .good
        .iter()
        .map(|line| PersonStated {
            name: line.named.name.clone(),
            document: line.named.document.clone(),
            sex: Some(line.sex),
            birth_date: Some(line.birth_date),
        })
        .collect();
    let resolved = work
        .deps
        .identity
        .resolve_persons(&stated, work.writes, &work.purpose())
        .await?;
    let mut persons = HashMap::new();
    for (line, resolved) in sorted.good.iter().zip(&resolved) {
        if let Resolved::Known(person) = resolved {
            persons.insert(line.row, *person);
        }
    }
    let mut answers = resolved.iter();
    sorted.keep(
        |line| line.row,
        |_| match answers.next() {
            Some(Resolved::NameDiffers) => Some((Column::FullName, RowFault::NameDiffers)),
            Some(Resolved::Unknown) if work.writes => Some((Column::DocumentNumber, RowFault::PersonUnknown)),
            _ => None,
        },
    );
    Ok(persons)
}

/// Those that the nation clears.
async fn cleared(
    work: Work<'_>,
    candidates: Vec<Candidate>,
    decided_by: Authority,
    notes: &mut Vec<Note>,
) -> Result<Vec<Candidate>, Error> {
    if candidates.is_empty() {
        return Ok(candidates);
    }
    let items: Vec<_> = candidates
        .iter()
        .map(|one| Item {
            row: work.row_id(one.line.row),
            person: one.person,
            employer: one.employer.id,
            number: one.line.number,
            specialties: &one.specialties,
            registered_at: one.line.registered_at,
        })
        .collect();
    let answers = work
        .deps
        .issuance
        .clear_migration((&work.purpose(), work.writes), decided_by, &items)
        .await?;
    let mut kept = Vec::with_capacity(candidates.len());
    for (one, answer) in candidates.into_iter().zip(answers) {
        match answer {
            Ok(()) => kept.push(one),
            Err(reason) => {
                let fault = RowFault::Nation { reason };
                notes.push(Note::new(one.line.row, Some(Column::RegistrationNumber), &fault));
            }
        }
    }
    Ok(kept)
}

async fn plan(work: Work<'_>, candidates: Vec<Candidate>) -> Result<Plan, Error> {
    let ids: Vec<Uuid> = candidates.iter().map(|one| one.person.as_uuid()).collect();
    let ids = &ids;
    let read = async |tx: &mut Tx| Ok::<_, Error>(persons::wrapped_keys(tx, ids).await?);
    let keys = work.deps.reader.snapshot("persons of an import", read).await?;
    let name = work.purpose();
    let mut plan = Plan::default();
    let mut employers: HashMap<EmployerId, Employer> = HashMap::new();
    for one in candidates {
        let Candidate {
            line,
            employer,
            person,
            ..
        } = one;
        let facts = PersonFacts {
            name: line.named.name,
            document: line.named.document,
            sex: Some(line.sex),
            birth_date: line.birth_date,
        };
        let sealed_facts = match keys.get(&person.as_uuid()) {
            Some(wrapped) => {
                let key = work.deps.sealing.key(person.as_uuid(), wrapped.clone())?;
                work.deps.sealing.seal_registered(&key, &facts)
            }
            None => {
                let (row, sealed) = work.deps.sealing.seal_new_registered(person, &facts);
                plan.persons.push(NewPerson {
                    person,
                    row,
                    index: line.indices.into_iter().next().unwrap_or_default(),
                });
                sealed
            }
        };
        let row_id = work.row_id(line.row);
        let mut specialties = line.terms;
        specialties.sort_by_key(|(specialty, _)| *specialty);
        plan.payloads
            .push(event::migrated(&name, row_id, person, work.now));
        plan.entries.push(Entry {
            row_id,
            row: line.row,
            person,
            number: line.number.to_string(),
            number_as_given: line.number_as_given,
            certificate_number: line.certificate_number.map(String::from).unwrap_or_default(),
            employer: employer.id,
            employer_title: employer.title.clone(),
            specialties,
            registered_at: line.registered_at,
            sealed_facts,
        });
        employers.entry(employer.id).or_insert(employer);
    }
    plan.employers = employers.into_values().collect();
    plan.employers.sort_by_key(|employer| employer.id);
    plan.persons.sort_by_key(|new| new.person);
    Ok(plan)
}
