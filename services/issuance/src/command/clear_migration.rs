//! Clears rows of a province's existing register: the nation asks identity who everybody is, and binds it.

use std::collections::{HashMap, HashSet};

use domain::authority::Authority;
use domain::ids::{EmployerId, ImportId, PersonId};
use domain::person_link::check_beginning;
use domain::province::Province;
use domain::reason::Reason as _;
use domain::register::{RegisterAct, RegisteredEmployer, SpecialtyRegistration, decide};
use domain::registration_number::RegistrationNumber;
use jiff::Timestamp;
use postgres::Tx;
use postgres::audit::{Outcome, Record};
use serde::{Deserialize, Serialize};
use serde_json::json;
use service_runtime::clock::day_of;
use tracing::instrument;
use uuid::Uuid;

use crate::counterfoil::{AskedFor, What, keep_papers};
use crate::deps::Deps;
use crate::error::Error;
use crate::holder::Person;
use crate::sealing::seal_json;
use crate::store::exchange::migration::{self, FACTS, Migration, State};
use crate::store::register::person_link;
use crate::store::restoration::paper;

/// Rows of one import.
#[derive(Debug, Clone)]
pub(crate) struct Input {
    pub(crate) actor: String,
    pub(crate) province: Province,
    pub(crate) import: ImportId,
    pub(crate) decided_by: Authority,
    /// Only what would be cleared is asked.
    pub(crate) validate_only: bool,
    pub(crate) rows: Vec<Row>,
}

/// What the province has on record of one person.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) id: Uuid,
    pub(crate) person: PersonId,
    pub(crate) employer: EmployerId,
    pub(crate) number: RegistrationNumber,
    pub(crate) specialties: Vec<SpecialtyRegistration>,
    pub(crate) registered_at: Timestamp,
}

/// A row as cleared, with what identity said then.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct MigratedFacts {
    pub(crate) person: Person,
    pub(crate) employer: RegisteredEmployer,
    pub(crate) number: RegistrationNumber,
    pub(crate) specialties: Vec<SpecialtyRegistration>,
    pub(crate) registered_at: Timestamp,
    pub(crate) decided_by: Authority,
}

impl MigratedFacts {
    /// The act by which the person is in the register.
    pub(crate) fn act(&self) -> RegisterAct {
        RegisterAct::Register {
            number: self.number,
            birth_date: self.person.birth_date,
            employer: self.employer.clone(),
            specialties: self.specialties.clone(),
        }
    }
}

/// Stable reasons, as the province is told; rules of the register come under their own.
struct NotCleared;

impl NotCleared {
    const CLEARED_DIFFERENTLY: &'static str = "CLEARED_DIFFERENTLY";
    const PERSON_UNKNOWN: &'static str = "PERSON_UNKNOWN";
    const PERSON_ERASED: &'static str = "PERSON_ERASED";
    const EMPLOYER_UNKNOWN: &'static str = "EMPLOYER_UNKNOWN";
    const EMPLOYER_OUTSIDE_PROVINCE: &'static str = "EMPLOYER_OUTSIDE_PROVINCE";
    const REGISTERED_BEFORE: &'static str = "REGISTERED_BEFORE";
    const NUMBER_TAKEN: &'static str = "NUMBER_TAKEN";
    const PERSON_TWICE: &'static str = "PERSON_TWICE";
    const REGISTERED_IN_FUTURE: &'static str = "REGISTERED_IN_FUTURE";
}

/// Answers in the order of the rows. Idempotent per row. A check is judged in the same way, in a transaction that is undone.
///
/// # Errors
/// Identity or the database cannot be asked; nothing is cleared then.
#[instrument(name = "clear_migration", skip_all, fields(province = %input.province, count = input.rows.len()))]
pub(crate) async fn clear_migration(
    deps: &Deps,
    input: &Input,
) -> Result<Vec<Result<(), &'static str>>, Error> {
    let now = deps.now();
    let purpose = format!("provinces/{}/imports/{}", input.province, input.import);
    let names: Vec<PersonId> = input.rows.iter().map(|row| row.person).collect();
    let (people, employers) = tokio::try_join!(
        deps.identity.persons(&names, &purpose, day_of(now)),
        deps.identity.employers(input.rows.iter().map(|row| row.employer)),
    )?;
    let (people, employers, purpose) = (&people, &employers, &purpose);
    let binds = !input.validate_only;
    let outcome = deps
        .database
        .run_tx("clear migration", async |tx: &mut Tx| {
            let mut batch = Batch::load(deps, tx, input, now).await.map_err(Undone::Failed)?;
            let mut new = Vec::new();
            let answers: Vec<_> = input
                .rows
                .iter()
                .map(|row| batch.judge(deps, input, row, (people, employers), now, &mut new))
                .collect();
            let answers: Answers = answers
                .into_iter()
                .collect::<Result<_, Error>>()
                .map_err(Undone::Failed)?;
            if !binds {
                return Err(Undone::Checked(answers));
            }
            migration::insert(tx, &new, now).await?;
            record(tx, input, (purpose, &answers), now).await?;
            Ok(answers)
        })
        .await;
    match outcome {
        Ok(answers) => {
            keep(deps, input, &answers, now).await?;
            Ok(answers)
        }
        Err(Undone::Failed(error)) => Err(error),
        Err(Undone::Checked(answers)) => {
            let (asked, told) = (purpose.as_str(), &answers);
            let write = async |tx: &mut Tx| record(tx, input, (asked, told), now).await;
            deps.database.run_tx("check migration", write).await?;
            Ok(answers)
        }
    }
}

/// Keeps what is cleared outside the database, before the province is answered: its events rest on it. Also what was cleared before: the
/// province may not have been answered then.
async fn keep(deps: &Deps, input: &Input, answers: &Answers, now: Timestamp) -> Result<(), Error> {
    let cleared = input
        .rows
        .iter()
        .zip(answers)
        .filter(|(_, answer)| answer.is_ok());
    let cleared: Vec<Uuid> = cleared.map(|(row, _)| row.id).collect();
    let rows = deps
        .database
        .run_tx("copy migration", async |tx: &mut Tx| {
            paper::migration_rows(tx, &cleared).await
        })
        .await?;
    let asked = rows.into_iter().map(|(row, person, rows)| AskedFor {
        person,
        province: input.province,
        application: row.into(),
        at: now,
        what: What::Migrate { rows },
    });
    keep_papers(&deps.objects, now, &asked.collect::<Vec<_>>()).await
}

/// In the order of the rows.
type Answers = Vec<Result<(), &'static str>>;

/// Why a transaction is undone: a check leaves neither keys nor reserved numbers behind.
enum Undone {
    Checked(Answers),
    Failed(Error),
}

impl From<postgres::Error> for Undone {
    fn from(error: postgres::Error) -> Self {
        Self::Failed(error.into())
    }
}

impl postgres::TransactionError for Undone {
    fn database(&self) -> Option<&postgres::Error> {
        match self {
            Self::Failed(error) => error.database(),
            Self::Checked(_) => None,
        }
    }
}

async fn record(
    tx: &mut Tx,
    input: &Input,
    (subject, answers): (&str, &Answers),
    now: Timestamp,
) -> Result<(), postgres::Error> {
    let refused = answers.iter().filter(|answer| answer.is_err()).count();
    tx.audit(Record {
        at: now,
        actor: &input.actor,
        verb: if input.validate_only {
            "check_migration"
        } else {
            "clear_migration"
        },
        article: "design §3; domain §1.8",
        subject,
        outcome: Outcome::Done,
        evidence: json!({ "cleared": answers.len() - refused, "refused": refused, "rows": input.rows.len() }),
    })
    .await?;
    Ok(())
}

/// What the register says of everybody in the batch.
struct Batch {
    keys: HashMap<Uuid, Vec<u8>>,
    before: HashMap<Uuid, (String, Uuid)>,
    entries: HashSet<Uuid>,
    merged: HashSet<Uuid>,
    digits: HashMap<Uuid, String>,
    named: HashSet<Uuid>,
}

impl Batch {
    async fn load(deps: &Deps, tx: &mut Tx, input: &Input, now: Timestamp) -> Result<Self, Error> {
        let persons: Vec<Uuid> = input.rows.iter().map(|row| row.person.as_uuid()).collect();
        let ids: Vec<Uuid> = input.rows.iter().map(|row| row.id).collect();
        let fresh: Vec<Vec<u8>> = input
            .rows
            .iter()
            .map(|row| deps.sealing.new_key(row.person))
            .collect();
        let wanted: Vec<_> = input
            .rows
            .iter()
            .map(|row| (row.person, row.number.digits()))
            .collect();
        Ok(Self {
            keys: migration::ensure_keys(tx, &persons, &fresh, now).await?,
            before: migration::cleared(tx, &ids).await?,
            entries: migration::with_entry(tx, &persons).await?.into_iter().collect(),
            merged: person_link::merged_of(tx, &persons).await?.into_iter().collect(),
            digits: migration::reserve(tx, &wanted, now).await?,
            named: HashSet::new(),
        })
    }

    fn judge(
        &mut self,
        deps: &Deps,
        input: &Input,
        row: &Row,
        (people, employers): (&HashMap<Uuid, Person>, &HashMap<Uuid, RegisteredEmployer>),
        now: Timestamp,
        new: &mut Vec<Migration>,
    ) -> Result<Result<(), &'static str>, Error> {
        let id = row.person.as_uuid();
        let again = !self.named.insert(id);
        if let Some((province, person)) = self.before.get(&row.id) {
            let same = province == input.province.code() && *person == id;
            return Ok(same.then_some(()).ok_or(NotCleared::CLEARED_DIFFERENTLY));
        }
        if again {
            return Ok(Err(NotCleared::PERSON_TWICE));
        }
        if let Err(refusal) = check_beginning(self.merged.contains(&id)) {
            return Ok(Err(refusal.reason()));
        }
        if self.entries.contains(&id) {
            return Ok(Err(NotCleared::REGISTERED_BEFORE));
        }
        let Some(wrapped) = self.keys.get(&id) else {
            return Ok(Err(NotCleared::PERSON_ERASED));
        };
        let Some(person) = people.get(&id) else {
            return Ok(Err(NotCleared::PERSON_UNKNOWN));
        };
        let Some(employer) = employers.get(&row.employer.as_uuid()) else {
            return Ok(Err(NotCleared::EMPLOYER_UNKNOWN));
        };
        if employer.province != input.province {
            return Ok(Err(NotCleared::EMPLOYER_OUTSIDE_PROVINCE));
        }
        if self.digits.get(&id) != Some(&row.number.digits().to_string()) {
            return Ok(Err(NotCleared::NUMBER_TAKEN));
        }
        if row.registered_at > now {
            return Ok(Err(NotCleared::REGISTERED_IN_FUTURE));
        }
        let facts = MigratedFacts {
            person: person.clone(),
            employer: employer.clone(),
            number: row.number,
            specialties: row.specialties.clone(),
            registered_at: row.registered_at,
            decided_by: input.decided_by,
        };
        if let Err(refusal) = decide(None, &facts.act(), day_of(now)) {
            return Ok(Err(refusal.reason()));
        }
        let key = deps.sealing.key(row.person, wrapped.clone())?;
        new.push(Migration {
            id: row.id,
            province: input.province,
            import: input.import,
            person: row.person,
            facts: seal_json(&key, FACTS, &facts),
            state: State::Cleared,
        });
        Ok(Ok(()))
    }
}
