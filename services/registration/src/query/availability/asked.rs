//! Who asks about whom, and what they may learn.

use domain::document_number::DocumentNumber;
use domain::ids::PersonId;
use domain::name::PersonName;
use jiff::Timestamp;
use jiff::civil::date;
use postgres::Tx;
use postgres::audit::{Read, Reader};
use service_runtime::Scope;
use service_runtime::clock::Clock as _;
use service_runtime::error::PERMISSION_DENIED;

use super::{Explanation, Step, of_person, of_qualifications};
use crate::deps::Deps;
use crate::error::Error;
use crate::sealing::PersonFacts;
use crate::store::{Within, application, registered};

/// The role of the help desk.
const HELP_DESK: &str = "HELP_DESK";

/// Whoever asks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asking<'a> {
    pub(crate) scope: &'a Scope,
    /// Stable name, for the audit.
    pub(crate) name: &'a str,
}

/// About whom.
#[derive(Debug)]
pub(crate) enum About {
    Person(PersonId),
    Typed(TypedDocument),
}

/// A name and a document as somebody typed them.
#[derive(Debug)]
pub(crate) struct TypedDocument {
    pub(crate) name: PersonName,
    pub(crate) document: DocumentNumber,
}

/// Explains; what is asked for somebody else is recorded before it is told.
pub(crate) async fn explain(deps: &Deps, asking: Asking<'_>, about: About) -> Result<Explanation, Error> {
    let within = Within::of(asking.scope, deps.province);
    let desk = is_help_desk(asking.scope);
    let found = match about {
        About::Person(person) if within.person == Some(person.as_uuid()) => {
            return of_person(deps, &within, person).await;
        }
        About::Person(person) => {
            if desk {
                return Err(PERMISSION_DENIED.refusal().into());
            }
            if !within.all && !concerns(deps, &within, person).await? {
                return Err(Error::not_found());
            }
            record(deps, asking, Some(person)).await?;
            of_person(deps, &within, person).await?
        }
        About::Typed(typed) => by_document(deps, asking, &within, typed).await?,
    };
    Ok(if desk { for_the_desk(found) } else { found })
}

/// Looked up by the document alone, so that a name without its number costs and tells what an unknown one does.
async fn by_document(
    deps: &Deps,
    asking: Asking<'_>,
    within: &Within,
    typed: TypedDocument,
) -> Result<Explanation, Error> {
    if !within.all {
        return Err(PERMISSION_DENIED.refusal().into());
    }
    let purpose = format!("provinces/{}/availability", deps.province);
    let found = deps
        .identity
        .find_person(typed.document.kind(), &typed.document, &purpose)
        .await?;
    record(deps, asking, found.as_ref().map(|(person, _)| *person)).await?;
    match found {
        Some((person, facts)) if facts.name.matches(&typed.name) => of_person(deps, within, person).await,
        Some(_) => Ok(Explanation::at(Step::NameDiffers)),
        None => {
            let carried = PersonFacts {
                name: typed.name,
                sex: typed.document.sex(),
                birth_date: typed.document.birth_date().unwrap_or(NO_BIRTH_DATE),
                document: typed.document,
            };
            of_qualifications(deps, &carried).await.map(Explanation::at)
        }
    }
}

/// Stands where a document tells no date of birth; nothing here looks at it.
const NO_BIRTH_DATE: jiff::civil::Date = date(1900, 1, 1);

/// Whether the person applies or is registered with an employer of the scope, or did.
async fn concerns(deps: &Deps, within: &Within, person: PersonId) -> Result<bool, Error> {
    deps.reader
        .snapshot("whom an availability concerns", async |tx: &mut Tx| {
            let ids = application::of_person(tx, person, None, 1).await?;
            let applied = !application::load(tx, within, &ids).await?.is_empty();
            Ok::<_, Error>(applied || registered::find(tx, within, person).await?.is_some())
        })
        .await
}

async fn record(deps: &Deps, asking: Asking<'_>, person: Option<PersonId>) -> Result<(), Error> {
    let at: Timestamp = deps.clock.now();
    let subject = person.map_or_else(|| "persons/-".to_owned(), PersonId::resource_name);
    let reader = Reader {
        at,
        actor: asking.name,
        verb: "explain_availability",
        purpose: "",
    };
    let read = [Read::new("availability", &subject)];
    deps.database
        .run_tx("explain_availability", async |tx: &mut Tx| {
            tx.audit_read(reader, &subject, &read).await
        })
        .await?;
    Ok(())
}

fn is_help_desk(scope: &Scope) -> bool {
    let grants = scope.grants();
    !grants.is_empty() && grants.iter().all(|grant| grant.role == HELP_DESK)
}

/// The desk tells a caller where it stands; names of files and the words of notices are the person's.
fn for_the_desk(found: Explanation) -> Explanation {
    Explanation {
        application: None,
        licence_identifier: None,
        corrections: Vec::new(),
        paused: found.paused.map(|(since, _)| (since, String::new())),
        ..found
    }
}
