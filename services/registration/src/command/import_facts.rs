//! Proposes facts about several persons on one paper; rows with faults are named and left out.

use domain::authority::{Authority, Officer};
use domain::calendar::day_of;
use domain::document_number::{DocumentKind, DocumentNumber};
use domain::fact::{Fact, FactSource, NewFact, Statement, Subject};
use domain::ids::{FactId, PersonId};
use domain::name::PersonName;
use postgres::Tx;
use tracing::instrument;
use uuid::Uuid;

use super::create_application::snapshot;
use super::import_qualifications::Fault;
use super::record_fact::{Paper, check, insert, keep_apart};
use super::{Begin, Call, finish};
use crate::deps::Deps;
use crate::error::{BATCH_INVALID, Error, violation};
use crate::recorded::{self, Known};
use crate::store::fact::{self, Evidence, Stored};
use crate::store::person;

/// Most rows of one call.
const ROWS: usize = 500;

/// A row whose terms are known; its texts are still to be judged.
pub(crate) struct Row {
    pub(crate) full_name: String,
    pub(crate) kind: DocumentKind,
    pub(crate) document: String,
    pub(crate) statement: Statement,
    pub(crate) source: FactSource,
    pub(crate) reference: String,
}

/// What was proposed, and what is wrong with the other rows.
pub(crate) type Imported = (Vec<FactId>, Vec<Fault>);

/// Good rows are proposed even if others have faults. Every row is judged again on a replay, so faults repeat.
#[instrument(name = "import_facts", skip_all, fields(count = rows.len()))]
pub(crate) async fn import_facts(
    deps: &Deps,
    call: &Call,
    rows: Vec<Result<Row, Fault>>,
    paper: Paper,
) -> Result<Imported, Error> {
    let result = import(deps, call, rows, &paper).await;
    call.audited(deps, &format!("provinces/{}/facts/-", deps.province), result)
        .await
}

async fn import(
    deps: &Deps,
    call: &Call,
    rows: Vec<Result<Row, Fault>>,
    paper: &Paper,
) -> Result<Imported, Error> {
    if rows.is_empty() || rows.len() > ROWS {
        return Err(BATCH_INVALID.into());
    }
    check(paper)?;
    let officer = call.officer(Authority::Province(deps.province))?;
    let (mut facts, mut faults) = (Vec::new(), Vec::new());
    for (index, row) in (0_u32..).zip(rows) {
        let judged = match row {
            Ok(row) => judge(deps, call, officer, index, row).await?,
            Err(fault) => Err(fault),
        };
        match judged {
            Ok(fact) => facts.push(fact),
            Err(fault) => faults.push(fault),
        }
    }
    if facts.is_empty() {
        return Ok((Vec::new(), faults));
    }
    let evidence = keep_apart(deps, paper).await?;
    let stored = prepare(deps, call, facts, &evidence).await?;
    let (stored, evidence, within) = (&stored, &evidence, &call.within(deps));
    let proposed = deps
        .database
        .run_tx("import_facts", async |tx: &mut Tx| {
            let claim = match call.begin(tx).await? {
                Begin::Replay(evidence) => return Ok(fact::of_evidence(tx, within, evidence).await?),
                Begin::First(claim) => claim,
            };
            fact::insert_evidence(tx, evidence, call.at).await?;
            for (stored, known) in stored {
                insert(deps, tx, call, stored, known).await?;
            }
            finish(tx, claim, evidence.id).await?;
            Ok::<_, Error>(stored.iter().map(|(stored, _)| stored.id.as_uuid()).collect())
        })
        .await?;
    Ok((proposed.into_iter().map(FactId::from_uuid).collect(), faults))
}

/// The fact that a row proposes; its person is found by document and name, here first, else at identity.
async fn judge(
    deps: &Deps,
    call: &Call,
    officer: Officer,
    index: u32,
    row: Row,
) -> Result<Result<Fact, Fault>, Error> {
    let fault = |field: &str, reason: String| Fault {
        row: index,
        field: field.to_owned(),
        reason,
    };
    let name = match PersonName::parse(&row.full_name) {
        Ok(name) => name,
        Err(error) => return Ok(Err(fault("full_name", violation(&error)))),
    };
    let document = match DocumentNumber::parse(row.kind, &row.document, day_of(call.at)) {
        Ok(document) => document,
        Err(error) => return Ok(Err(fault("document_number", violation(&error)))),
    };
    // A number with another name says no more than a number that nobody has.
    let Some(person) = find_person(deps, call, row.kind, &document, &name).await? else {
        let unknown = "PERSON_UNKNOWN: 没有姓名与证件号码均相符的实名人员 / nobody on record has this name and document";
        return Ok(Err(fault("document_number", unknown.to_owned())));
    };
    let new = NewFact {
        id: FactId::from_uuid(Uuid::now_v7()),
        subject: Subject::Person(person),
        statement: row.statement,
        source: row.source,
        reference: row.reference,
        corrects: None,
    };
    Ok(Fact::propose(new, officer, call.at).map_err(|refused| fault("statement", violation(&refused))))
}

async fn find_person(
    deps: &Deps,
    call: &Call,
    kind: DocumentKind,
    document: &DocumentNumber,
    name: &PersonName,
) -> Result<Option<PersonId>, Error> {
    let candidates = deps.sealing.document_index(kind, document);
    let within = call.within(deps);
    let (within, candidates) = (&within, &candidates);
    let look = async |tx: &mut Tx| Ok::<_, Error>(person::of_document(tx, within, candidates).await?);
    for (id, row) in deps.reader.snapshot("look for a document", look).await? {
        let key = deps.sealing.key(id.as_uuid(), row.wrapped_key)?;
        if deps.sealing.open_person(&key, row.sealed)?.name.matches(name) {
            return Ok(Some(id));
        }
    }
    let purpose = format!("provinces/{}/facts/-", deps.province);
    let Some((id, known)) = deps.identity.find_person(kind, document, &purpose).await? else {
        return Ok(None);
    };
    if !known.name.matches(name) {
        return Ok(None);
    }
    let known = &known;
    let meet = async |tx: &mut Tx| snapshot(deps, tx, within, id, known, call.at).await;
    deps.database.run_tx("meet a person", meet).await?;
    Ok(Some(id))
}

/// Seals every fact under its person's key.
async fn prepare(
    deps: &Deps,
    call: &Call,
    facts: Vec<Fact>,
    evidence: &Evidence,
) -> Result<Vec<(Stored, Known)>, Error> {
    let within = call.within(deps);
    let (within, facts) = (&within, &facts);
    deps.reader
        .snapshot("keys of persons", async |tx: &mut Tx| {
            let mut stored = Vec::new();
            for fact in facts {
                let Subject::Person(person) = fact.subject else {
                    return Err(Error::internal("an imported fact is about a person"));
                };
                let key = recorded::key_of(deps, tx, within, person).await?;
                let known = Known {
                    fact: fact.clone(),
                    evidence: evidence.clone(),
                };
                stored.push((recorded::stored(deps, Some(&key), &known)?, known));
            }
            Ok::<_, Error>(stored)
        })
        .await
}
