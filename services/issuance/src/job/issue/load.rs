//! What rendering needs: facts and pictures opened with the person's key, and the set's own row, made before the first
//! rendering so that every later one gives the same bytes.

use domain::certificate::FactsRecord;
use domain::ids::PersonId;
use jiff::{RoundMode, TimestampRound, Unit};
use personal_data::{DataKey, Envelope, OsRandom, Vault, WrappedDataKey};
use rand_core::{Rng as _, UnwrapErr};
use service_runtime::Scope;
use service_runtime::auth::JobName;
use service_runtime::clock::Clock as _;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::render::{self, Material};
use super::{Batch, Failure, Stop};
use crate::error::Error;
use crate::issuing::{Issuing, TOKEN_CHARACTERS};
use crate::store::issuing::column;
use crate::store::issuing::document_set::{self, DocumentSet, NewDocumentSet};
use crate::store::issuing::job::Leased;
use crate::store::issuing::version::{self, Subject};

/// Random bytes of a QR token: 160 bits.
const TOKEN_BYTES: usize = 20;
const JOB: JobName = JobName::new("issue");

/// A set with everything that goes on its documents.
pub(crate) struct Loaded {
    pub(crate) set: DocumentSet,
    pub(crate) person: PersonId,
    pub(crate) key: DataKey,
    pub(crate) material: Material,
}

/// Loads every set of a batch; one that cannot be loaded does not hold up the others.
pub(super) async fn load(issuing: &Issuing, leased: Vec<Leased>) -> Result<Batch<Loaded>, Error> {
    let mut outcomes = Vec::with_capacity(leased.len());
    for one in leased {
        let loaded = load_one(issuing, &one).await;
        outcomes.push((one, loaded));
    }
    Ok(Batch::<()>::empty().after(outcomes))
}

async fn load_one(issuing: &Issuing, leased: &Leased) -> Result<Loaded, Failure> {
    let scope = Scope::for_job(&JOB);
    let subject = version::subject(&issuing.database, leased.version, leased.copy, &scope)
        .await
        .map_err(later)?;
    let subject =
        subject.ok_or_else(|| Stop::new("SUBJECT_MISSING", "the row that the job names is not there"))?;
    let person = subject.person;
    let key = person_key(issuing.sealing.vault(), person, &subject.data_key)?;
    let facts = open_facts(&key, leased.version, leased.copy, &subject.facts)?;
    let photo = picture(issuing, &key, &subject, Picture::Photo, &facts.photo_sm3).await?;
    let signature_image = picture(
        issuing,
        &key,
        &subject,
        Picture::Signature,
        &facts.signature_image_sm3,
    )
    .await?;
    let set = match document_set::find(&issuing.database, leased.version, leased.copy)
        .await
        .map_err(later)?
    {
        Some(set) => set,
        None => prepare(issuing, &key, leased, &facts).await?,
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
    let printed = render::printed(facts, code)?;
    let material = Material {
        printed,
        photo,
        signature_image,
        stated_at: set.stated_at,
        seal,
        validation,
        contents_reserve: set.contents_reserve,
    };
    Ok(Loaded {
        set,
        person,
        key,
        material,
    })
}

/// Stores token, stated time and seal of a set that is rendered for the first time.
async fn prepare(
    issuing: &Issuing,
    key: &DataKey,
    leased: &Leased,
    facts: &FactsRecord,
) -> Result<DocumentSet, Failure> {
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
    let new = NewDocumentSet {
        id,
        version: leased.version,
        copy: leased.copy,
        token_hash: Sha256::digest(token.as_bytes()).into(),
        token: key
            .seal(&column::token(id), shown.as_bytes(), random)
            .into_bytes(),
        seal: seal.digest(),
        stated_at,
        validation_data: validation.digest,
        contents_reserve: render::contents_reserve(issuing.time_stamps.is_some()),
        pdf_sm2: issuing.rules.sm2_pdf,
    };
    document_set::insert(&issuing.database, &new).await.map_err(later)
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
