//! Finds who carries documents that a province's file names, and puts on record whoever no account has named yet.

use std::collections::{HashMap, HashSet};

use domain::document_number::DocumentNumber;
use domain::ids::PersonId;
use domain::name::PersonName;
use postgres::Tx;
use postgres::audit::{Outcome, Record};
use serde_json::json;
use service_runtime::Caller;
use tracing::instrument;
use uuid::Uuid;

use crate::deps::Deps;
use crate::error::Error;
use crate::purpose::Purpose;
use crate::sealing::{self, Identification, Index, PersonFacts};
use crate::store::bulk::{self, NewPerson};

/// What a file says of one person.
#[derive(Debug, Clone)]
pub(crate) struct Statement {
    /// The document.
    pub(crate) number: DocumentNumber,
    /// The name on it.
    pub(crate) name: PersonName,
    /// Sex and birth date.
    pub(crate) facts: PersonFacts,
}

/// Who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Resolved {
    /// On record with this name.
    Known(PersonId),
    /// Put on record now.
    Recorded(PersonId),
    /// Nobody.
    Unknown,
    /// Somebody of another name.
    NameDiffers,
}

/// Idempotent by nature: a document belongs to one person for ever. The real-name record decides where it has a line;
/// an account opened later with the document takes over the person.
///
/// # Errors
/// `CONCURRENT_CHANGE` if a document was put on record by somebody else meanwhile; trying again finds them.
#[instrument(name = "resolve_persons", skip_all, fields(count = statements.len(), record))]
pub(crate) async fn resolve_persons(
    deps: &Deps,
    caller: &Caller,
    statements: &[Statement],
    record: bool,
    purpose: &Purpose,
) -> Result<Vec<Resolved>, Error> {
    let (actor, at) = (caller.name(), deps.now());
    let indices: Vec<(Index, Index)> = statements
        .iter()
        .map(|one| {
            (
                deps.sealing.number_index(&one.number),
                deps.sealing.name_index(&one.name),
            )
        })
        .collect();
    let all: Vec<Vec<u8>> = indices
        .iter()
        .flat_map(|(number, _)| number.candidates().iter().cloned())
        .collect();
    let (indices, all) = (&indices, &all);
    deps.database
        .run_tx("resolve persons", async |tx: &mut Tx| {
            let mut resolved = known(deps, tx, statements, indices, all).await?;
            if record {
                let new = unknown(deps, statements, indices, &mut resolved);
                if !new.is_empty() {
                    bulk::insert_persons(tx, &new, at).await?;
                    tx.audit(Record {
                        at,
                        actor: &actor,
                        verb: "resolve_persons",
                        article: "design §3",
                        subject: purpose.as_str(),
                        outcome: Outcome::Done,
                        evidence: json!({ "recorded": new.len() }),
                    })
                    .await?;
                }
            }
            let found: Vec<PersonId> = resolved
                .iter()
                .filter_map(|one| match one {
                    Resolved::Known(person) | Resolved::Recorded(person) => Some(*person),
                    Resolved::Unknown | Resolved::NameDiffers => None,
                })
                .collect();
            bulk::record_access(tx, (&actor, "ResolvePersons", purpose.as_str()), &found, at).await?;
            Ok::<_, Error>(resolved)
        })
        .await
}

/// What documents and the real-name record say.
async fn known(
    deps: &Deps,
    tx: &mut Tx,
    statements: &[Statement],
    indices: &[(Index, Index)],
    all: &[Vec<u8>],
) -> Result<Vec<Resolved>, Error> {
    let mut carriers = HashMap::new();
    for found in bulk::documents(tx, all).await? {
        let Some(wrapped) = found.wrapped else { continue };
        let person = found.document.person;
        let key = deps.sealing.open_key(person.as_uuid(), wrapped)?;
        let document = sealing::open_document(&key, found.document, jiff::civil::Date::MAX)?;
        let person = found.survivor.unwrap_or(person);
        carriers.insert(found.number_index, (person, document.name));
    }
    let names: HashMap<_, _> = bulk::record_names(tx, all).await?.into_iter().collect();
    let resolve = |(statement, (number, name)): (&Statement, &(Index, Index))| {
        let carrier = number.candidates().iter().find_map(|index| carriers.get(index));
        if let Some((person, known)) = carrier {
            return if known.matching_key() == statement.name.matching_key() {
                Resolved::Known(*person)
            } else {
                Resolved::NameDiffers
            };
        }
        let line = number.candidates().iter().find_map(|index| names.get(index));
        match line {
            Some(stored) if !name.matches(stored) => Resolved::NameDiffers,
            _ => Resolved::Unknown,
        }
    };
    Ok(statements.iter().zip(indices).map(resolve).collect())
}

/// Seals whoever is unknown as a new person, each document once.
fn unknown(
    deps: &Deps,
    statements: &[Statement],
    indices: &[(Index, Index)],
    resolved: &mut [Resolved],
) -> Vec<NewPerson> {
    let (mut new, mut named) = (Vec::new(), HashSet::new());
    for ((statement, (number, _)), outcome) in statements.iter().zip(indices).zip(resolved) {
        if *outcome != Resolved::Unknown || !named.insert(number.current().to_vec()) {
            continue;
        }
        let person = PersonId::from_uuid(Uuid::new_v4());
        let (key, wrapped) = deps.sealing.create_key(person.as_uuid());
        let identification = Identification {
            person,
            number: statement.number.clone(),
            name: statement.name.clone(),
            facts: statement.facts,
        };
        new.push(NewPerson {
            document: sealing::seal_document(&key, &identification),
            number_index: number.current().to_vec(),
            wrapped,
        });
        *outcome = Resolved::Recorded(person);
    }
    new
}
