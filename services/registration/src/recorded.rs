//! Facts between store and domain: sealed under the person's data key, in the clear for employers.

use domain::fact::{EmployerFact, Fact, NewFact, Subject};
use domain::ids::{EmployerId, PersonId};
use domain::refusal::RecordedFact;
use personal_data::DataKey;
use postgres::Tx;
use serde_json::Value;

use crate::deps::Deps;
use crate::error::Error;
use crate::sealing::FactContent;
use crate::store::fact::{self, About, Evidence, Stored};
use crate::store::{Within, person};

/// A fact with the paper it rests on.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) fact: Fact,
    pub(crate) evidence: Evidence,
}

/// The row of a fact, sealed if it is about a person; `key` is then the person's.
pub(crate) fn stored(deps: &Deps, key: Option<&DataKey>, known: &Known) -> Result<Stored, Error> {
    let fact = &known.fact;
    let content = FactContent {
        statement: fact.statement.clone(),
        source: fact.source,
        reference: fact.reference.clone(),
    };
    let about = match fact.subject {
        Subject::Person(id) => {
            let key = key.ok_or_else(|| Error::internal("a person's fact needs the person's key"))?;
            let sealed = deps.sealing.seal_fact(key, fact.id, &content);
            About::Person { id, sealed }
        }
        Subject::Employer(id) => {
            let content = serde_json::to_value(&content).map_err(Error::internal)?;
            About::Employer { id, content }
        }
    };
    Ok(Stored {
        id: fact.id,
        about,
        corrects: fact.corrects,
        proposed: fact.proposed,
        state: fact.state().clone(),
        evidence: known.evidence.clone(),
    })
}

/// Opens a row.
pub(crate) async fn open(deps: &Deps, tx: &mut Tx, within: &Within, stored: Stored) -> Result<Known, Error> {
    let (subject, content) = match stored.about {
        About::Person { id, sealed } => {
            let key = key_of(deps, tx, within, id).await?;
            (
                Subject::Person(id),
                deps.sealing.open_fact(&key, stored.id, sealed)?,
            )
        }
        About::Employer { id, content } => (Subject::Employer(id), read_content(content)?),
    };
    let new = NewFact {
        id: stored.id,
        subject,
        statement: content.statement,
        source: content.source,
        reference: content.reference,
        corrects: stored.corrects,
    };
    Ok(Known {
        fact: Fact::restore(new, stored.proposed, stored.state),
        evidence: stored.evidence,
    })
}

/// What counts about a person.
pub(crate) async fn of_person(
    deps: &Deps,
    tx: &mut Tx,
    within: &Within,
    person: PersonId,
    key: &DataKey,
) -> Result<Vec<RecordedFact>, Error> {
    let mut facts = Vec::new();
    for (id, sealed) in fact::counting_of_person(tx, within, person).await? {
        if let domain::fact::Statement::Person(fact) = deps.sealing.open_fact(key, id, sealed)?.statement {
            facts.push(RecordedFact { id, fact });
        }
    }
    Ok(facts)
}

/// What counts about an employer.
pub(crate) async fn of_employer(tx: &mut Tx, employer: EmployerId) -> Result<Vec<EmployerFact>, Error> {
    let mut facts = Vec::new();
    for content in fact::counting_of_employer(tx, employer).await? {
        if let domain::fact::Statement::Employer(fact) = read_content(content)?.statement {
            facts.push(fact);
        }
    }
    Ok(facts)
}

/// The data key of somebody on record here, within the scope.
pub(crate) async fn key_of(
    deps: &Deps,
    tx: &mut Tx,
    within: &Within,
    id: PersonId,
) -> Result<DataKey, Error> {
    let row = person::find(tx, within, id).await?.ok_or_else(Error::not_found)?;
    deps.sealing.key(id.as_uuid(), row.wrapped_key)
}

fn read_content(content: Value) -> Result<FactContent, Error> {
    serde_json::from_value(content).map_err(|_| Error::internal("a fact of an employer cannot be read"))
}
