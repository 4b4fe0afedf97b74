//! 事实记录 about persons: proposed on the word of the officer who started the import, for a second one to confirm.

use std::collections::HashMap;

use domain::authority::Officer;
use domain::fact::{Fact, FactSource, NewFact, Statement, Subject};
use domain::ids::{FactId, PersonId};
use domain::import::{Column, RowFault};
use domain::refusal::PersonFact;
use jiff::Timestamp;
use postgres::Tx;
use tabular::{Cell, Row};
use uuid::Uuid;

use super::cells::{Cells, Named};
use super::heading::Heading;
use super::{Note, Sorted, Work, sorted};
use crate::error::Error;
use crate::peer::identity::bulk::{PersonStated, Resolved};
use crate::recorded::{self, Known};
use crate::sealing::{FactContent, SealedRow};
use crate::store::fact::{Evidence, Stored};
use crate::store::import::persons as store;
use crate::store::import::persons::NewPerson;

struct Line {
    row: u32,
    named: Named,
    content: FactContent,
}

/// What is to be written of a piece.
#[derive(Default)]
pub(crate) struct Plan {
    pub(crate) persons: Vec<NewPerson>,
    pub(crate) facts: Vec<Stored>,
    pub(crate) evidence: Option<Evidence>,
}

/// The facts of a file, as the word in 事实类别 and its code.
pub(crate) const FACTS: [(&str, &str); 8] = [
    ("继续教育", "EDUCATION"),
    ("限制行为能力", "INCAPACITY"),
    ("刑事处罚", "CONVICTION"),
    ("执业刑事处罚", "CONVICTION_IN_PRACTICE"),
    ("吊销注册证书", "STRIPPED"),
    ("重大质量安全事故", "MAJOR_ACCIDENT"),
    ("提供虚假材料", "FALSE_MATERIAL"),
    ("欺骗贿赂取得注册", "FRAUD"),
];

fn judge(heading: &Heading, row: &Row, now: Timestamp) -> Result<Line, Vec<Note>> {
    let mut cells = Cells::new(heading, row, now);
    let named = cells.named();
    let word = cells.required(Column::Fact);
    let fact = word.and_then(|word| {
        let known = FACTS.iter().find(|(zh, code)| *zh == word || *code == word);
        known
            .map(|one| one.1)
            .or_else(|| cells.fault(Column::Fact, &RowFault::Word))
    });
    let word = cells.required(Column::Source);
    let source = word.and_then(|word| {
        let known = FactSource::ALL.iter().copied();
        let found = known
            .clone()
            .find(|source| source.name() == word || code_of(*source) == word);
        found.or_else(|| cells.fault(Column::Source, &RowFault::Word))
    });
    let reference = cells.text(Column::Reference, 100);
    let from = cells.past_day(Column::From);
    let to = cells.optional_day(Column::To);
    let statement = fact.zip(from).and_then(|(fact, from)| {
        Some(match fact {
            "EDUCATION" => {
                let specialties = cells.specialties()?;
                let [specialty] = specialties[..] else {
                    return cells.fault(Column::Specialties, &RowFault::Count);
                };
                PersonFact::Education {
                    specialty,
                    required_hours: cells.figure(Column::RequiredHours)?,
                    elective_hours: cells.figure(Column::ElectiveHours)?,
                    completed_on: from,
                }
            }
            "INCAPACITY" => PersonFact::Incapacity { from, to },
            "CONVICTION" | "CONVICTION_IN_PRACTICE" => PersonFact::Conviction {
                decided_on: from,
                served_on: to,
                in_practice: fact == "CONVICTION_IN_PRACTICE",
            },
            "STRIPPED" => PersonFact::Stripped { decided_on: from },
            "MAJOR_ACCIDENT" => PersonFact::MajorAccident { happened_on: from },
            "FALSE_MATERIAL" => PersonFact::FalseMaterial { decided_on: from },
            _ => PersonFact::Fraud { decided_on: from },
        })
    });
    let read = || {
        Some(Line {
            row: row.number,
            named: named?,
            content: FactContent {
                statement: Statement::Person(statement?),
                source: source?,
                reference: reference?,
            },
        })
    };
    let read = read();
    cells.finish(read)
}

fn code_of(source: FactSource) -> String {
    serde_json::to_value(source)
        .ok()
        .and_then(|value| value.as_str().map(str::to_owned))
        .unwrap_or_default()
}

/// What is to be written of a piece, and what is said of the rest. `officer` is who started it; who uploaded it stands in
/// while it is only checked.
pub(crate) async fn prepare(
    work: Work<'_>,
    heading: Heading,
    rows: Vec<Row>,
    officer: Officer,
) -> Result<(Plan, Vec<Note>), Error> {
    let now = work.now;
    let paper = paper(&rows);
    let mut sorted = sorted(rows, move |row| judge(&heading, row, now)).await?;
    let persons = resolve(work, &mut sorted).await?;
    let mut keys = Keys::load(work, &persons).await?;
    let mut plan = Plan::default();
    let evidence = keep(work, &paper).await?;
    for (line, person) in std::mem::take(&mut sorted.good).into_iter().zip(persons) {
        let new = NewFact {
            id: FactId::from_uuid(Uuid::now_v7()),
            subject: Subject::Person(person),
            statement: line.content.statement.clone(),
            source: line.content.source,
            reference: line.content.reference.clone(),
            corrects: None,
        };
        let fact = match Fact::propose(new, officer, work.now) {
            Ok(fact) => fact,
            Err(refused) => {
                sorted
                    .notes
                    .push(Note::new(line.row, Some(Column::Fact), &refused));
                continue;
            }
        };
        if keys.says_already(work, person, &line.content)? {
            let fault = RowFault::AlreadyRecorded;
            sorted.notes.push(Note::new(line.row, Some(Column::Fact), &fault));
            continue;
        }
        let key = keys.of(work, person)?;
        let known = Known {
            fact,
            evidence: evidence.clone(),
        };
        plan.facts.push(recorded::stored(work.deps, Some(&key), &known)?);
    }
    plan.persons = keys.new;
    plan.evidence = (work.writes && !plan.facts.is_empty()).then_some(evidence);
    Ok((plan, sorted.notes))
}

/// Who the rows name; rows that name nobody are left out.
async fn resolve(work: Work<'_>, sorted: &mut Sorted<Line>) -> Result<Vec<PersonId>, Error> {
    let stated: Vec<_> = sorted
        .good
        .iter()
        .map(|line| PersonStated {
            name: line.named.name.clone(),
            document: line.named.document.clone(),
            sex: None,
            birth_date: None,
        })
        .collect();
    let resolved = work
        .deps
        .identity
        .resolve_persons(&stated, false, &work.purpose())
        .await?;
    let mut answers = resolved.iter();
    let mut persons = Vec::with_capacity(resolved.len());
    sorted.keep(
        |line| line.row,
        |_| match answers.next() {
            Some(Resolved::Known(person)) => {
                persons.push(*person);
                None
            }
            // A number with another name says no more than a number that nobody has.
            _ => Some((Column::DocumentNumber, RowFault::PersonUnknown)),
        },
    );
    Ok(persons)
}

/// The rows of a piece as a paper that an officer can read.
fn paper(rows: &[Row]) -> Vec<u8> {
    tabular::write(rows.iter().map(|row| row.cells.iter().map(Cell::shown).collect()))
}

async fn keep(work: Work<'_>, paper: &[u8]) -> Result<Evidence, Error> {
    let id = Uuid::now_v7();
    let (key, wrapped) = work.deps.sealing.new_key(id);
    let object = if work.writes {
        let sealed = work.deps.sealing.seal_evidence(&key, id, paper);
        work.deps.objects.put(sealed).await?
    } else {
        String::new()
    };
    Ok(Evidence {
        id,
        person: None,
        wrapped_key: Some(wrapped),
        media_type: "text/csv".to_owned(),
        size: i64::try_from(paper.len()).unwrap_or(i64::MAX),
        digest: gm::sm3::digest(paper).to_vec(),
        object,
    })
}

/// Data keys of the persons of a piece, and what is on record of them.
struct Keys {
    wrapped: HashMap<Uuid, Vec<u8>>,
    facts: HashMap<Uuid, Vec<(FactId, Vec<u8>)>>,
    said: HashMap<Uuid, Vec<FactContent>>,
    new: Vec<NewPerson>,
}

impl Keys {
    /// Persons who are not on record here yet are taken from identity.
    async fn load(work: Work<'_>, persons: &[PersonId]) -> Result<Self, Error> {
        let ids: Vec<Uuid> = persons.iter().map(|person| person.as_uuid()).collect();
        let ids = &ids;
        let read = async |tx: &mut Tx| {
            let wrapped = store::wrapped_keys(tx, ids).await?;
            Ok::<_, Error>((wrapped, store::facts(tx, ids).await?))
        };
        let (mut wrapped, rows) = work.deps.reader.snapshot("persons of an import", read).await?;
        let mut missing: Vec<PersonId> = persons.to_vec();
        missing.retain(|person| !wrapped.contains_key(&person.as_uuid()));
        missing.sort_unstable();
        missing.dedup();
        let mut new = Vec::new();
        if !missing.is_empty() {
            for (person, facts) in work.deps.identity.persons(&missing, &work.purpose()).await? {
                let index = work
                    .deps
                    .sealing
                    .document_index(facts.document.kind(), &facts.document);
                let row: SealedRow = work.deps.sealing.seal_new_person(person, &facts);
                wrapped.insert(person.as_uuid(), row.wrapped_key.clone());
                new.push(NewPerson {
                    person,
                    row,
                    index: index.into_iter().next().unwrap_or_default(),
                });
            }
        }
        let mut facts: HashMap<Uuid, Vec<_>> = HashMap::new();
        for (person, id, sealed) in rows {
            facts.entry(person).or_default().push((id, sealed));
        }
        Ok(Self {
            wrapped,
            facts,
            said: HashMap::new(),
            new,
        })
    }

    fn of(&self, work: Work<'_>, person: PersonId) -> Result<personal_data::DataKey, Error> {
        let wrapped = self.wrapped.get(&person.as_uuid()).cloned();
        let wrapped =
            wrapped.ok_or_else(|| Error::internal("identity: a person was resolved and is none"))?;
        work.deps.sealing.key(person.as_uuid(), wrapped)
    }

    /// Whether the same is on record of the person, here or by an earlier row; remembers it.
    fn says_already(
        &mut self,
        work: Work<'_>,
        person: PersonId,
        content: &FactContent,
    ) -> Result<bool, Error> {
        let id = person.as_uuid();
        if let Some(sealed) = self.facts.remove(&id) {
            let key = self.of(work, person)?;
            let opened = sealed
                .into_iter()
                .map(|(fact, sealed)| work.deps.sealing.open_fact(&key, fact, sealed));
            self.said.insert(id, opened.collect::<Result<_, _>>()?);
        }
        let said = self.said.entry(id).or_default();
        let same = |known: &FactContent| {
            known.statement == content.statement && known.reference == content.reference.trim()
        };
        if said.iter().any(same) {
            return Ok(true);
        }
        said.push(content.clone());
        Ok(false)
    }
}
