//! What rendering needs: facts and pictures opened with the person's key, and the set's own row, made before the first
//! rendering so that every later one gives the same bytes.

use std::collections::HashMap;

use domain::certificate::FactsRecord;
use domain::ids::PersonId;
use futures_util::future::{join_all, try_join};
use jiff::{RoundMode, TimestampRound, Unit};
use personal_data::{DataKey, Envelope, OsRandom, Vault, WrappedDataKey};
use postgres::Tx;
use rand_core::{Rng as _, UnwrapErr};
use service_runtime::Scope;
use service_runtime::auth::JobName;
use service_runtime::clock::Clock as _;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::render::{self, Material};
use super::{Batch, Failure, Stop};
use crate::issuing::{Issuing, TOKEN_CHARACTERS};
use crate::query::log_proof;
use crate::store::issuing::column;
use crate::store::issuing::document_set::{self, DocumentSet, NewDocumentSet, Which};
use crate::store::issuing::job::Leased;
use crate::store::issuing::version::{self, Subject};

/// Random bytes of a QR token: 160 bits.
const TOKEN_BYTES: usize = 20;
const JOB: JobName = JobName::new("issue");

/// A set with everything that goes on its documents.
pub(crate) struct Loaded {
    pub(crate) set: DocumentSet,
    pub(crate) person: PersonId,
    pub(crate) generation: i16,
    pub(crate) key: DataKey,
    pub(crate) material: Material,
}

/// A set whose facts and pictures are opened; its own row may still be missing.
struct Opened {
    person: PersonId,
    key: DataKey,
    facts: FactsRecord,
    photo: Vec<u8>,
    signature_image: Vec<u8>,
    set: Option<DocumentSet>,
}

/// Loads every set of a batch; one that cannot be loaded does not hold up the others. The database is asked once for all, the
/// object store for all at once.
pub(super) async fn load(issuing: &Issuing, leased: Vec<Leased>) -> Batch<Loaded> {
    let known = read_each(issuing, &leased).await;
    let opening = leased.into_iter().zip(known).map(|(leased, known)| async {
        let opened = match known {
            Ok(known) => open_one(issuing, &leased, known).await,
            Err(failure) => Err(failure),
        };
        (leased, opened)
    });
    let opened = join_all(opening).await;
    let mut batch = prepare(issuing, Batch::<()>::empty().after(opened)).await;
    let mut outcomes = Vec::with_capacity(batch.going.len());
    for (leased, (opened, set)) in batch.take() {
        let loaded = material(issuing, &leased, opened, set).await;
        outcomes.push((leased, loaded));
    }
    batch.after(outcomes)
}

type Known = (Option<Subject>, Option<DocumentSet>);

/// Subjects and sets as stored. Where a row among them does not fit, each is read alone.
async fn read_each(issuing: &Issuing, leased: &[Leased]) -> Vec<Result<Known, Failure>> {
    if let Ok(known) = read(issuing, leased).await {
        return known.into_iter().map(Ok).collect();
    }
    let mut each = Vec::with_capacity(leased.len());
    for one in leased {
        let known = read(issuing, std::slice::from_ref(one)).await;
        each.push(
            known
                .map(|mut of_one| of_one.pop().unwrap_or_default())
                .map_err(later),
        );
    }
    each
}

async fn read(issuing: &Issuing, leased: &[Leased]) -> Result<Vec<Known>, postgres::Error> {
    let asked: Vec<(Uuid, Option<Uuid>)> = leased.iter().map(|one| (one.version, one.copy)).collect();
    let which: Vec<Which> = leased.iter().map(which).collect();
    let found = issuing
        .database
        .run_tx("load document sets", async |tx: &mut Tx| {
            let subjects = version::subjects(tx, &asked, &Scope::for_job(&JOB)).await?;
            Ok::<_, postgres::Error>((subjects, document_set::find_all(tx, &which).await?))
        });
    let (subjects, sets) = found.await?;
    let mut known: Vec<Known> = leased.iter().map(|_| (None, None)).collect();
    for (nth, subject) in subjects {
        if let Some(known) = known.get_mut(nth) {
            known.0 = Some(subject);
        }
    }
    for (nth, set) in sets {
        if let Some(known) = known.get_mut(nth) {
            known.1 = Some(set);
        }
    }
    Ok(known)
}

fn which(leased: &Leased) -> Which {
    Which {
        version: leased.version,
        copy: leased.copy,
        generation: leased.generation,
    }
}

async fn open_one(issuing: &Issuing, leased: &Leased, (subject, set): Known) -> Result<Opened, Failure> {
    let subject =
        subject.ok_or_else(|| Stop::new("SUBJECT_MISSING", "the row that the job names is not there"))?;
    let person = subject.person;
    let key = person_key(issuing.sealing.vault(), person, &subject.data_key)?;
    let facts = open_facts(&key, leased.version, leased.copy, &subject.facts)?;
    let photo = picture(issuing, &key, &subject, Picture::Photo, &facts.photo_sm3);
    let of_name = &facts.signature_image_sm3;
    let signature_image = picture(issuing, &key, &subject, Picture::Signature, of_name);
    let (photo, signature_image) = try_join(photo, signature_image).await?;
    Ok(Opened {
        person,
        key,
        facts,
        photo,
        signature_image,
        set,
    })
}

/// Stores token, stated time and seal of the sets that are rendered for the first time.
async fn prepare(issuing: &Issuing, mut batch: Batch<Opened>) -> Batch<(Opened, DocumentSet)> {
    let mut outcomes = Vec::with_capacity(batch.going.len());
    let mut new = Vec::new();
    for (leased, opened) in batch.take() {
        let drawn = match &opened.set {
            Some(_) => Ok(opened),
            None => draw(issuing, &leased, &opened).await.map(|drawn| {
                new.push(drawn);
                opened
            }),
        };
        outcomes.push((leased, drawn));
    }
    let mut batch = batch.after(outcomes);
    let mut stored = store_each(issuing, &new).await;
    let with_sets = batch.take().into_iter().map(|(leased, mut opened)| {
        let set = match opened.set.take() {
            Some(set) => Ok(set),
            None => stored.remove(&which(&leased)).unwrap_or_else(|| {
                let why = "a set was prepared and is not there".to_owned();
                Err(Failure::Postponed(why))
            }),
        };
        (leased, set.map(|set| (opened, set)))
    });
    let with_sets: Vec<_> = with_sets.collect();
    batch.after(with_sets)
}

/// Stores new sets together, or each alone where one of them cannot be; those that count.
async fn store_each(
    issuing: &Issuing,
    new: &[NewDocumentSet],
) -> HashMap<Which, Result<DocumentSet, Failure>> {
    if new.is_empty() {
        return HashMap::new();
    }
    if let Ok(stored) = store(issuing, new).await {
        return stored.into_iter().map(|(which, set)| (which, Ok(set))).collect();
    }
    let mut each = HashMap::with_capacity(new.len());
    for one in new {
        match store(issuing, std::slice::from_ref(one)).await {
            Ok(stored) => each.extend(stored.into_iter().map(|(which, set)| (which, Ok(set)))),
            Err(error) => {
                each.insert(one.which, Err(later(error)));
            }
        }
    }
    each
}

async fn store(
    issuing: &Issuing,
    new: &[NewDocumentSet],
) -> Result<Vec<(Which, DocumentSet)>, postgres::Error> {
    let which: Vec<Which> = new.iter().map(|one| one.which).collect();
    let stored = issuing
        .database
        .run_tx("prepare document sets", async |tx: &mut Tx| {
            document_set::insert_all(tx, new).await?;
            document_set::find_all(tx, &which).await
        });
    let stored = stored.await?.into_iter();
    Ok(stored
        .filter_map(|(nth, set)| Some((*which.get(nth)?, set)))
        .collect())
}

/// Everything that goes on the documents of a set.
async fn material(
    issuing: &Issuing,
    leased: &Leased,
    opened: Opened,
    set: DocumentSet,
) -> Result<Loaded, Failure> {
    let Opened { mut facts, key, .. } = opened;
    facts.log = match &set.log_entry {
        None => None,
        Some(entry) => serde_json::from_str(entry).map_err(|error| Stop::new("FACTS_UNREADABLE", error))?,
    };
    let seal = issuing
        .seals
        .by_digest(&issuing.database, set.seal)
        .await
        .map_err(later)?;
    let validation = match set.validation_data {
        None => None,
        Some(digest) => {
            let kept = issuing.validation.by_digest(&issuing.database, digest).await;
            Some(kept.map_err(later)?)
        }
    };
    let token = open(&key, &column::token(set.id), &set.token)?;
    let token =
        String::from_utf8(token).map_err(|_| Stop::new("FACTS_UNREADABLE", "the token is no text"))?;
    let code = format!("{}/q/{token}", issuing.rules.public_url);
    let material = Material {
        printed: render::printed(facts, code)?,
        photo: opened.photo,
        signature_image: opened.signature_image,
        stated_at: set.stated_at,
        seal,
        validation,
        contents_reserve: set.contents_reserve,
    };
    Ok(Loaded {
        set,
        person: opened.person,
        generation: leased.generation,
        key,
        material,
    })
}

/// Draws token, stated time and seal of a set that is rendered for the first time.
async fn draw(issuing: &Issuing, leased: &Leased, opened: &Opened) -> Result<NewDocumentSet, Failure> {
    let (key, facts) = (&opened.key, &opened.facts);
    let seal = issuing.seals.current(&issuing.database).await.map_err(later)?;
    let trust = issuing.trust.bundle().pdf_trust();
    let validation = issuing.validation.current(&issuing.database, &seal, &trust).await;
    let validation = validation.map_err(later)?;
    let random = &mut UnwrapErr(OsRandom);
    let mut token = [0; TOKEN_BYTES];
    random.fill_bytes(&mut token);
    let token = base64::Engine::encode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, token);
    debug_assert_eq!(
        token.len(),
        TOKEN_CHARACTERS,
        "the configured address leaves room for this many"
    );
    // Whole seconds: a signature states no finer time, and none of the documents may be older than what it states.
    let whole = TimestampRound::new()
        .smallest(Unit::Second)
        .mode(RoundMode::Trunc);
    let stated_at = issuing
        .clock
        .now()
        .round(whole)
        .map_err(|error| Stop::new("CLOCK_OUT_OF_RANGE", error))?;
    let id = Uuid::new_v4();
    // Signed once and stored: a later rendering says the same, whatever key signs by then.
    let shown = match &issuing.rules.qr_key {
        None => token.clone(),
        Some(qr) => {
            let printed = render::printed(facts.clone(), String::new())?;
            qr.with_payload(&token, &printed.facts(), stated_at)
                .map_err(|error| Stop::new("QR_PAYLOAD", error))?
        }
    };
    // A copy proves that its version is logged, as far as a quorum has seen it by now; nobody waits for witnesses.
    let log_entry = match leased.copy {
        None => None,
        Some(_) => log_proof::of_version(&issuing.read, &issuing.witnesses, leased.version)
            .await
            .map_err(later)?,
    };
    let log_entry = log_entry.map(|entry| serde_json::to_string(&entry)).transpose();
    let log_entry = log_entry.map_err(|error| Stop::new("FACTS_UNREADABLE", error))?;
    Ok(NewDocumentSet {
        id,
        which: which(leased),
        token_hash: Sha256::digest(token.as_bytes()).into(),
        token: key
            .seal(&column::token(id), shown.as_bytes(), random)
            .into_bytes(),
        seal: seal.digest(),
        stated_at,
        validation_data: validation.digest,
        contents_reserve: render::contents_reserve(issuing.time_stamps.is_some()),
        pdf_sm2: issuing.rules.sm2_pdf,
        log_entry,
    })
}

/// Which of a holder's two pictures.
#[derive(Clone, Copy)]
enum Picture {
    Photo,
    Signature,
}

/// A picture from the object store, opened, and proved to be the one that the facts name.
async fn picture(
    issuing: &Issuing,
    key: &DataKey,
    subject: &Subject,
    which: Picture,
    sm3: &str,
) -> Result<Vec<u8>, Failure> {
    let (place, column) = match which {
        Picture::Photo => (&subject.photo, column::PHOTO),
        Picture::Signature => (&subject.signature_image, column::SIGNATURE_IMAGE),
    };
    let sealed = issuing.objects.get(place).await.map_err(later)?;
    let clear = open(key, column, &sealed)?;
    if hex::encode(gm::sm3::digest(&clear)) != sm3 {
        return Err(Stop::new(
            "PICTURE_DIFFERS",
            "a stored picture is not the one that the facts name",
        )
        .into());
    }
    Ok(clear)
}

/// Unwraps a person's key.
pub(crate) fn person_key(vault: &Vault, person: PersonId, wrapped: &[u8]) -> Result<DataKey, Stop> {
    let wrapped = WrappedDataKey::from_bytes(wrapped.to_vec());
    vault
        .unwrap(person.as_uuid(), &wrapped)
        .map_err(|error| Stop::new("FACTS_UNREADABLE", error))
}

/// Opens the facts record of a version or of one of its copies.
pub(crate) fn open_facts(
    key: &DataKey,
    version: Uuid,
    copy: Option<Uuid>,
    sealed: &[u8],
) -> Result<FactsRecord, Stop> {
    let column = copy.map_or_else(|| column::version_facts(version), column::copy_facts);
    let bytes = open(key, &column, sealed)?;
    FactsRecord::parse(&bytes).map_err(|error| Stop::new("FACTS_UNREADABLE", error))
}

fn open(key: &DataKey, column: &str, sealed: &[u8]) -> Result<Vec<u8>, Stop> {
    let opened = key.open(column, &Envelope::from_bytes(sealed.to_vec()));
    opened
        .map(|clear| clear.to_vec())
        .map_err(|error| Stop::new("FACTS_UNREADABLE", error))
}

fn later(error: impl std::fmt::Display) -> Failure {
    Failure::Postponed(error.to_string())
}
