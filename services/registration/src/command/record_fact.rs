//! Proposes a fact about a person or an employer, with its paper; a second officer has to confirm it.

use domain::authority::Authority;
use domain::fact::{Fact, FactRefused, FactSource, NewFact, Statement, Subject, check_paper};
use domain::ids::{FactId, PersonId};
use personal_data::DataKey;
use postgres::Tx;
use postgres::audit::{Outcome, Record as AuditRecord};
use serde_json::json;
use tracing::instrument;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::create_application::snapshot;
use super::{Begin, Call, finish};
use crate::deps::Deps;
use crate::error::{EMPLOYER_UNKNOWN, Error, MATERIAL_DIGEST_DIFFERS};
use crate::recorded::{self, Known};
use crate::store::fact::{self, Evidence};
use crate::store::{employer, person};

/// A paper as it was handed in.
pub(crate) struct Paper {
    pub(crate) media_type: String,
    pub(crate) content: Zeroizing<Vec<u8>>,
    /// SM3 as announced.
    pub(crate) digest: Vec<u8>,
}

/// What an officer states.
pub(crate) struct Input {
    pub(crate) subject: Subject,
    pub(crate) statement: Statement,
    pub(crate) source: FactSource,
    pub(crate) reference: String,
    pub(crate) corrects: Option<FactId>,
    pub(crate) paper: Paper,
}

/// Idempotent on the request. The sealed paper is written before the row; a crash leaves bytes that nobody names.
#[instrument(name = "record_fact", skip_all)]
pub(crate) async fn record_fact(deps: &Deps, call: &Call, input: Input) -> Result<FactId, Error> {
    let result = propose(deps, call, input).await;
    call.audited(deps, &format!("provinces/{}/facts/-", deps.province), result)
        .await
}

/// The part that recording and correcting share.
pub(super) async fn propose(deps: &Deps, call: &Call, input: Input) -> Result<FactId, Error> {
    let id = FactId::from_uuid(Uuid::now_v7());
    let new = NewFact {
        id,
        subject: input.subject,
        statement: input.statement,
        source: input.source,
        reference: input.reference,
        corrects: input.corrects,
    };
    let officer = call.officer(Authority::Province(deps.province))?;
    let fact = Fact::propose(new, officer, call.at)?;
    check(&input.paper)?;
    let person_key = acquaint(deps, call, fact.subject).await?;
    let evidence = keep(deps, &input.paper, fact.subject, person_key.as_ref()).await?;
    let known = Known { fact, evidence };
    let stored = recorded::stored(deps, person_key.as_ref(), &known)?;
    let (stored, known) = (&stored, &known);
    deps.database
        .run_tx(call.verb, async |tx: &mut Tx| {
            let claim = match call.begin(tx).await? {
                Begin::Replay(id) => return Ok(FactId::from_uuid(id)),
                Begin::First(claim) => claim,
            };
            fact::insert_evidence(tx, &stored.evidence, call.at).await?;
            insert(deps, tx, call, stored, known).await?;
            finish(tx, claim, id.as_uuid()).await?;
            Ok::<_, Error>(id)
        })
        .await
        .map_err(|error| match error {
            Error::Database(failure) if failure.constraint() == Some("fact_one_correction") => {
                FactRefused::CorrectedAlready.into()
            }
            other => other,
        })
}

/// Adds one proposed fact with its audit. What it says stays out of the audit: the article tells what it bears on.
pub(super) async fn insert(
    deps: &Deps,
    tx: &mut Tx,
    call: &Call,
    stored: &fact::Stored,
    known: &Known,
) -> Result<(), Error> {
    fact::insert(tx, stored).await?;
    tx.audit(AuditRecord {
        at: call.at,
        actor: &call.caller,
        verb: call.verb,
        article: known.fact.article(),
        subject: &deps.fact_name(known.fact.id),
        outcome: Outcome::Done,
        evidence: json!({
            "source": known.fact.source, "sm3": hex::encode(&known.evidence.digest),
            "corrects": known.fact.corrects.map(|id| deps.fact_name(id)),
        }),
    })
    .await?;
    Ok(())
}

/// Format, size, and that the content is what was meant.
pub(super) fn check(paper: &Paper) -> Result<(), Error> {
    check_paper(&paper.media_type, paper.content.len())?;
    if gm::sm3::digest(&paper.content).as_slice() == paper.digest {
        Ok(())
    } else {
        Err(MATERIAL_DIGEST_DIFFERS.into())
    }
}

/// Puts whoever the fact is about on record here, if they are not; the key of a person.
async fn acquaint(deps: &Deps, call: &Call, subject: Subject) -> Result<Option<DataKey>, Error> {
    let within = call.within(deps);
    let within = &within;
    match subject {
        Subject::Person(id) => {
            let look = async |tx: &mut Tx| Ok::<_, Error>(person::find(tx, within, id).await?.is_some());
            if !deps.reader.snapshot("look for a person", look).await? {
                let purpose = format!("provinces/{}/facts/-", deps.province);
                let known = deps.identity.person(id, &purpose).await?;
                let known = &known;
                let meet = async |tx: &mut Tx| snapshot(deps, tx, within, id, known, call.at).await;
                deps.database.run_tx("meet a person", meet).await?;
            }
            let key = async |tx: &mut Tx| recorded::key_of(deps, tx, within, id).await;
            Ok(Some(deps.reader.snapshot("key of a person", key).await?))
        }
        Subject::Employer(id) => {
            let firm = deps.identity.employer(id).await?.ok_or(EMPLOYER_UNKNOWN)?;
            let firm = &firm;
            let meet = async |tx: &mut Tx| Ok::<_, Error>(employer::upsert(tx, firm, call.at).await?);
            deps.database.run_tx("meet an employer", meet).await?;
            Ok(None)
        }
    }
}

/// Seals and stores the bytes of a paper: under the key of its one person, else under a key of its own.
pub(super) async fn keep(
    deps: &Deps,
    paper: &Paper,
    subject: Subject,
    person_key: Option<&DataKey>,
) -> Result<Evidence, Error> {
    let (Subject::Person(person), Some(key)) = (subject, person_key) else {
        return keep_apart(deps, paper).await;
    };
    let id = Uuid::now_v7();
    let sealed = deps.sealing.seal_evidence(key, id, &paper.content);
    store(deps, paper, sealed, (id, Some(person), None)).await
}

/// Seals a paper that belongs to no single person under a key of its own.
pub(super) async fn keep_apart(deps: &Deps, paper: &Paper) -> Result<Evidence, Error> {
    let id = Uuid::now_v7();
    let (key, wrapped) = deps.sealing.new_key(id);
    let sealed = deps.sealing.seal_evidence(&key, id, &paper.content);
    store(deps, paper, sealed, (id, None, Some(wrapped))).await
}

async fn store(
    deps: &Deps,
    paper: &Paper,
    sealed: Vec<u8>,
    (id, person, wrapped_key): (Uuid, Option<PersonId>, Option<Vec<u8>>),
) -> Result<Evidence, Error> {
    Ok(Evidence {
        id,
        person,
        wrapped_key,
        media_type: paper.media_type.to_ascii_lowercase(),
        size: i64::try_from(paper.content.len()).unwrap_or(i64::MAX),
        digest: paper.digest.clone(),
        object: deps.objects.put(sealed).await?,
    })
}
