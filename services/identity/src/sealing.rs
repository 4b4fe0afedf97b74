//! Personal data on its way in and out of the store: sealed values, blind indices, digests of request bodies.

use domain::document_number::{DocumentKind, DocumentNumber, Sex};
use domain::ids::PersonId;
use domain::name::PersonName;
use jiff::civil::Date;
use personal_data::{BlindIndexer, DataKey, Envelope, OpenError, OsRandom, Vault, WrappedDataKey};
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::error::Error;
use crate::store::person::SealedDocument;

/// Column names bind each envelope to its place; they are part of what is authenticated and never change.
const NUMBER: &str = "identity.identity_document.number";
const NAME: &str = "identity.identity_document.name";
const FACTS: &str = "identity.identity_document.facts";
const RECORD_FACTS: &str = "identity.real_name_record.facts";
const TOTP_SECRET: &str = "identity.second_factor.secret";
const NUMBER_INDEX: &str = "identity.document_number";
const NAME_INDEX: &str = "identity.person_name";
const BODY_INDEX: &str = "shared.request.body";

/// The keys of this deployment, and what is done with them.
#[derive(Debug, Clone)]
pub(crate) struct Sealing {
    vault: Vault,
    indexer: BlindIndexer,
}

/// Sex and birth date, where they are known.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PersonFacts {
    /// Sex.
    pub(crate) sex: Option<Sex>,
    /// Birth date.
    pub(crate) birth_date: Option<Date>,
}

impl std::fmt::Debug for PersonFacts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PersonFacts(***)")
    }
}

/// A person's current document in the clear. Lives as long as one call.
#[derive(Debug, Clone)]
pub(crate) struct Identification {
    /// Whose it is.
    pub(crate) person: PersonId,
    /// The number.
    pub(crate) number: DocumentNumber,
    /// The name.
    pub(crate) name: PersonName,
    /// Sex and birth date.
    pub(crate) facts: PersonFacts,
}

/// A blind index under every key version that a row may still have; the first is the current one.
#[derive(Debug, Clone)]
pub(crate) struct Index {
    candidates: Vec<Vec<u8>>,
}

impl Index {
    /// What a new row gets.
    #[must_use]
    pub(crate) fn current(&self) -> &[u8] {
        self.candidates.first().map_or(&[], Vec::as_slice)
    }

    /// What a row may have.
    #[must_use]
    pub(crate) fn candidates(&self) -> &[Vec<u8>] {
        &self.candidates
    }

    /// Whether a stored index is one of these; takes the same time for every content.
    #[must_use]
    pub(crate) fn matches(&self, stored: &[u8]) -> bool {
        use subtle::ConstantTimeEq as _;
        let mut same = subtle::Choice::from(0);
        for candidate in &self.candidates {
            same |= candidate.ct_eq(stored);
        }
        same.into()
    }
}

impl Sealing {
    /// With the keys of this deployment.
    #[must_use]
    pub(crate) fn new(vault: Vault, indexer: BlindIndexer) -> Self {
        Self { vault, indexer }
    }

    /// Index of a document number with its kind.
    #[must_use]
    pub(crate) fn number_index(&self, number: &DocumentNumber) -> Index {
        let value = Zeroizing::new(format!("{}:{}", number.kind().code(), number.expose()));
        self.index(NUMBER_INDEX, value.as_bytes())
    }

    /// Index of a name by its matching key.
    #[must_use]
    pub(crate) fn name_index(&self, name: &PersonName) -> Index {
        self.index(NAME_INDEX, name.matching_key().expose().as_bytes())
    }

    /// Keyed digest of a request's body. A plain one could be searched for the password and number inside. Taken
    /// under the oldest key, so that it survives the arrival of a new one.
    #[must_use]
    pub(crate) fn body_digest(&self, body: &[u8]) -> [u8; 32] {
        let oldest = self.indexer.candidates(BODY_INDEX, body).last();
        *oldest
            .expect("invariant: a keyring has at least one key")
            .digest()
    }

    fn index(&self, column: &str, value: &[u8]) -> Index {
        Index {
            candidates: self
                .indexer
                .candidates(column, value)
                .map(|index| index.to_bytes())
                .collect(),
        }
    }

    /// Makes the data key of a new owner.
    #[must_use]
    pub(crate) fn create_key(&self, owner: Uuid) -> (DataKey, Vec<u8>) {
        let (key, wrapped) = self.vault.create(owner, &mut OsRandom);
        (key, wrapped.as_bytes().to_vec())
    }

    /// Unwraps an owner's data key.
    ///
    /// # Errors
    /// It does not open: a defect, or tampering.
    pub(crate) fn open_key(&self, owner: Uuid, wrapped: Vec<u8>) -> Result<DataKey, Error> {
        self.vault
            .unwrap(owner, &WrappedDataKey::from_bytes(wrapped))
            .map_err(unreadable)
    }
}

/// Seals a document under its person's key.
#[must_use]
pub(crate) fn seal_document(key: &DataKey, identification: &Identification) -> SealedDocument {
    let seal = |column, text: &str| key.seal(column, text.as_bytes(), &mut OsRandom).into_bytes();
    SealedDocument {
        id: Uuid::new_v4(),
        person: identification.person,
        kind: identification.number.kind(),
        number: seal(NUMBER, identification.number.expose()),
        name: seal(NAME, identification.name.expose()),
        facts: seal_facts(key, FACTS, &identification.facts),
    }
}

/// Opens a document with its person's key.
///
/// # Errors
/// It does not open, or holds what was never accepted.
pub(crate) fn open_document(
    key: &DataKey,
    document: SealedDocument,
    today: Date,
) -> Result<Identification, Error> {
    let SealedDocument {
        person,
        kind,
        number,
        name,
        facts,
        ..
    } = document;
    Ok(Identification {
        person,
        number: read_number(kind, &open_text(key, NUMBER, number)?, today)?,
        name: PersonName::parse(&open_text(key, NAME, name)?)
            .map_err(|_| Error::internal("a stored name is none"))?,
        facts: open_facts(key, FACTS, facts)?,
    })
}

/// Seals the facts of a line of the real-name record.
#[must_use]
pub(crate) fn seal_record_facts(key: &DataKey, facts: &PersonFacts) -> Vec<u8> {
    seal_facts(key, RECORD_FACTS, facts)
}

/// Opens the facts of a line of the real-name record.
///
/// # Errors
/// They do not open.
pub(crate) fn open_record_facts(key: &DataKey, sealed: Vec<u8>) -> Result<PersonFacts, Error> {
    open_facts(key, RECORD_FACTS, sealed)
}

/// Seals the secret of a second factor.
#[must_use]
pub(crate) fn seal_secret(key: &DataKey, secret: &[u8]) -> Vec<u8> {
    key.seal(TOTP_SECRET, secret, &mut OsRandom).into_bytes()
}

/// Opens the secret of a second factor.
///
/// # Errors
/// It does not open.
pub(crate) fn open_secret(key: &DataKey, sealed: Vec<u8>) -> Result<Zeroizing<Vec<u8>>, Error> {
    key.open(TOTP_SECRET, &Envelope::from_bytes(sealed))
        .map_err(unreadable)
}

fn seal_facts(key: &DataKey, column: &str, facts: &PersonFacts) -> Vec<u8> {
    let json = Zeroizing::new(serde_json::to_vec(facts).expect("invariant: two plain fields encode"));
    key.seal(column, &json, &mut OsRandom).into_bytes()
}

fn open_facts(key: &DataKey, column: &str, sealed: Vec<u8>) -> Result<PersonFacts, Error> {
    let json = key
        .open(column, &Envelope::from_bytes(sealed))
        .map_err(unreadable)?;
    serde_json::from_slice(&json).map_err(|_| Error::internal("stored facts of a person cannot be read"))
}

fn open_text(key: &DataKey, column: &str, sealed: Vec<u8>) -> Result<Zeroizing<String>, Error> {
    let bytes = key
        .open(column, &Envelope::from_bytes(sealed))
        .map_err(unreadable)?;
    let text = std::str::from_utf8(&bytes).map_err(|_| Error::internal("a stored text is not UTF-8"))?;
    Ok(Zeroizing::new(text.to_owned()))
}

fn read_number(kind: DocumentKind, number: &str, today: Date) -> Result<DocumentNumber, Error> {
    DocumentNumber::parse(kind, number, today)
        .map_err(|_| Error::internal("a stored document number is none"))
}

fn unreadable(error: OpenError) -> Error {
    Error::internal(format_args!("personal data: {error}"))
}
