//! Personal data on its way in and out of the store: sealed facts, blind indices, keyed digests of request bodies.

use std::fmt;

use domain::correction::IdentityFacts;
use domain::document_number::{DocumentKind, DocumentNumber, Sex};
use domain::fact::{FactSource, Statement};
use domain::ids::{ApplicationId, FactId, ImportId, PersonId};
use domain::name::PersonName;
use domain::refusal::Refusal;
use jiff::civil::Date;
use personal_data::{BlindIndexer, DataKey, Envelope, OsRandom, Vault, WrappedDataKey};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::error::Error;

/// Column names bind each envelope to its place; they are part of what is authenticated and never change.
mod column {
    pub(super) const PERSON: &str = "registration.person.facts";
    pub(super) const REGISTERED: &str = "registration.active_registration.facts";
    pub(super) const QUALIFICATION: &str = "registration.qualification.facts";
    pub(super) const OBJECTION: &str = "registration.objection.text";
    pub(super) const REPORT: &str = "registration.report.text";
    pub(super) const TERMINATION_GROUNDS: &str = "registration.termination_notice.grounds";
    pub(super) const ANNOUNCED_NAME: &str = "registration.announcement_row.name";
    pub(super) const ANNOUNCED_SALT: &str = "registration.announcement_row.salt";
    pub(super) const MATERIAL: &str = "registration.material.content";
    pub(super) const PICTURE: &str = "registration.material.picture";
    pub(super) const FACT: &str = "registration.fact.content";
    pub(super) const FACT_EVIDENCE: &str = "registration.fact_evidence.content";
    pub(super) const FAILING: &str = "registration.failing_rules.list";
    pub(super) const CHECK_REPLY: &str = "registration.check_answer.reply";
    pub(super) const CASE: &str = "registration.case_file.text";
    pub(super) const HEARING: &str = "registration.case_file.hearing";
    pub(super) const SEALED_PAPER: &str = "registration.sealed_paper.content";
    pub(super) const NOTICE: &str = "registration.notice.content";
    pub(super) const CHECK_GROUNDS: &str = "registration.check_settlement.grounds";
    pub(super) const IMPORT_PIECE: &str = "registration.import_piece.rows";
    pub(super) const DOCUMENT_INDEX: &str = "registration.document_number";
    pub(super) const BODY_INDEX: &str = "shared.request.body";
}

/// What is known of a person. In the clear only while one call runs.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct PersonFacts {
    pub(crate) name: PersonName,
    pub(crate) document: DocumentNumber,
    pub(crate) sex: Option<Sex>,
    pub(crate) birth_date: Date,
}

/// What a qualification certificate says about its holder.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct QualificationFacts {
    pub(crate) name: PersonName,
    pub(crate) document: DocumentNumber,
    pub(crate) number: String,
}

/// What an objector or reporter wrote, and how to reach them.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct ObjectionText {
    pub(crate) statement: String,
    pub(crate) contact: String,
    /// Who they are, where they say so.
    #[serde(default)]
    pub(crate) objector: String,
}

/// What a case says between authority and holder.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(crate) struct HearingText {
    /// What the holder was told.
    pub(crate) held_against: String,
    /// What they stated.
    pub(crate) statement: String,
}

impl PersonFacts {
    /// What a correction compares.
    pub(crate) fn identity(&self) -> IdentityFacts<'_> {
        IdentityFacts {
            name: &self.name,
            document: &self.document,
            sex: self.sex,
            birth_date: self.birth_date,
        }
    }
}

/// What a fact says and on whose word.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct FactContent {
    pub(crate) statement: Statement,
    pub(crate) source: FactSource,
    pub(crate) reference: String,
}

macro_rules! hidden {
    ($($name:ident)*) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(***)"))
            }
        }
    )*};
}
hidden!(PersonFacts QualificationFacts ObjectionText HearingText FactContent);

/// A row that carries its own wrapped key.
#[derive(Debug, Clone)]
pub(crate) struct SealedRow {
    pub(crate) wrapped_key: Vec<u8>,
    pub(crate) sealed: Vec<u8>,
}

/// The keys of this deployment.
#[derive(Debug, Clone)]
pub(crate) struct Sealing {
    vault: Vault,
    indexer: BlindIndexer,
}

impl Sealing {
    pub(crate) fn new(vault: Vault, indexer: BlindIndexer) -> Self {
        Self { vault, indexer }
    }

    /// Every index a document may be stored under, the current first.
    pub(crate) fn document_index(&self, kind: DocumentKind, number: &DocumentNumber) -> Vec<Vec<u8>> {
        let value = Zeroizing::new(format!("{}:{}", kind.code(), number.expose()));
        let candidates = self.indexer.candidates(column::DOCUMENT_INDEX, value.as_bytes());
        candidates.map(|index| index.to_bytes()).collect()
    }

    /// Keyed digest of a request's body: a plain one could be searched for what is inside. Taken under the oldest
    /// key, so that it survives the arrival of a new one.
    pub(crate) fn body_digest(&self, body: &[u8]) -> [u8; 32] {
        let oldest = self.indexer.candidates(column::BODY_INDEX, body).last();
        *oldest
            .expect("invariant: a keyring has at least one key")
            .digest()
    }

    /// Makes a key for a new person and seals the facts under it.
    pub(crate) fn seal_new_person(&self, person: PersonId, facts: &PersonFacts) -> SealedRow {
        self.seal_new(person.as_uuid(), column::PERSON, facts)
    }

    /// Seals newer facts of a known person.
    pub(crate) fn seal_person(&self, key: &DataKey, facts: &PersonFacts) -> Vec<u8> {
        seal(key, column::PERSON, facts)
    }

    /// Opens a person's facts.
    pub(crate) fn open_person(&self, key: &DataKey, sealed: Vec<u8>) -> Result<PersonFacts, Error> {
        open(key, column::PERSON, sealed)
    }

    /// Seals the facts that a registration stands under.
    pub(crate) fn seal_registered(&self, key: &DataKey, facts: &PersonFacts) -> Vec<u8> {
        seal(key, column::REGISTERED, facts)
    }

    /// Opens what [`Self::seal_registered`] sealed.
    pub(crate) fn open_registered(&self, key: &DataKey, sealed: Vec<u8>) -> Result<PersonFacts, Error> {
        open(key, column::REGISTERED, sealed)
    }

    pub(crate) fn seal_qualification(&self, id: Uuid, facts: &QualificationFacts) -> SealedRow {
        self.seal_new(id, column::QUALIFICATION, facts)
    }

    pub(crate) fn open_qualification(&self, id: Uuid, row: SealedRow) -> Result<QualificationFacts, Error> {
        open(&self.key(id, row.wrapped_key)?, column::QUALIFICATION, row.sealed)
    }

    /// Seals what an objector wrote under a key of its own, with which its papers are sealed too.
    pub(crate) fn seal_objection(&self, id: Uuid, text: &ObjectionText) -> (SealedRow, DataKey) {
        self.seal_apart(id, column::OBJECTION, text)
    }

    pub(crate) fn open_objection(&self, id: Uuid, row: SealedRow) -> Result<(ObjectionText, DataKey), Error> {
        let key = self.key(id, row.wrapped_key)?;
        Ok((open(&key, column::OBJECTION, row.sealed)?, key))
    }

    /// Seals what a complainant wrote, as an objection.
    pub(crate) fn seal_complaint(&self, id: Uuid, text: &ObjectionText) -> (SealedRow, DataKey) {
        self.seal_apart(id, column::CASE, text)
    }

    pub(crate) fn open_complaint(&self, id: Uuid, row: SealedRow) -> Result<(ObjectionText, DataKey), Error> {
        let key = self.key(id, row.wrapped_key)?;
        Ok((open(&key, column::CASE, row.sealed)?, key))
    }

    /// Seals what authority and holder said in a case; it opens only as this case's.
    pub(crate) fn seal_hearing(&self, key: &DataKey, case: Uuid, text: &HearingText) -> Vec<u8> {
        seal(key, &format!("{}/{case}", column::HEARING), text)
    }

    pub(crate) fn open_hearing(
        &self,
        key: &DataKey,
        case: Uuid,
        sealed: Vec<u8>,
    ) -> Result<HearingText, Error> {
        open(key, &format!("{}/{case}", column::HEARING), sealed)
    }

    /// Seals the bytes of a paper of an objection or complaint; they open only as this paper.
    pub(crate) fn seal_paper(&self, key: &DataKey, paper: Uuid, content: &[u8]) -> Vec<u8> {
        let column = format!("{}/{paper}", column::SEALED_PAPER);
        key.seal(&column, content, &mut OsRandom).into_bytes()
    }

    pub(crate) fn open_paper(
        &self,
        key: &DataKey,
        paper: Uuid,
        sealed: Vec<u8>,
    ) -> Result<Zeroizing<Vec<u8>>, Error> {
        let column = format!("{}/{paper}", column::SEALED_PAPER);
        key.open(&column, &Envelope::from_bytes(sealed))
            .map_err(unreadable)
    }

    pub(crate) fn seal_report(&self, id: Uuid, text: &ObjectionText) -> SealedRow {
        self.seal_new(id, column::REPORT, text)
    }

    pub(crate) fn open_report(&self, id: Uuid, row: SealedRow) -> Result<ObjectionText, Error> {
        open(&self.key(id, row.wrapped_key)?, column::REPORT, row.sealed)
    }

    /// Seals what an old employer says against the end of an employment.
    pub(crate) fn seal_termination_grounds(&self, key: &DataKey, grounds: &str) -> Vec<u8> {
        seal(key, column::TERMINATION_GROUNDS, &grounds)
    }

    pub(crate) fn open_termination_grounds(&self, key: &DataKey, sealed: Vec<u8>) -> Result<String, Error> {
        open(key, column::TERMINATION_GROUNDS, sealed)
    }

    pub(crate) fn seal_name(&self, key: &DataKey, name: &PersonName) -> Vec<u8> {
        seal(key, column::ANNOUNCED_NAME, name)
    }

    pub(crate) fn open_name(&self, key: &DataKey, sealed: Vec<u8>) -> Result<PersonName, Error> {
        open(key, column::ANNOUNCED_NAME, sealed)
    }

    /// Seals the salt of an announced row; it opens only as that of this application.
    pub(crate) fn seal_salt(&self, key: &DataKey, of: ApplicationId, salt: [u8; 32]) -> Vec<u8> {
        let column = format!("{}/{of}", column::ANNOUNCED_SALT);
        key.seal(&column, &salt, &mut OsRandom).into_bytes()
    }

    pub(crate) fn open_salt(
        &self,
        key: &DataKey,
        of: ApplicationId,
        sealed: Vec<u8>,
    ) -> Result<[u8; 32], Error> {
        let column = format!("{}/{of}", column::ANNOUNCED_SALT);
        let salt = key
            .open(&column, &Envelope::from_bytes(sealed))
            .map_err(unreadable)?;
        salt.as_slice()
            .try_into()
            .map_err(|_| Error::internal("a salt has another length"))
    }

    /// Seals the bytes of a material; they open only as this material.
    pub(crate) fn seal_material(&self, key: &DataKey, material: Uuid, content: &[u8]) -> Vec<u8> {
        key.seal(
            &format!("{}/{material}", column::MATERIAL),
            content,
            &mut OsRandom,
        )
        .into_bytes()
    }

    pub(crate) fn open_material(
        &self,
        key: &DataKey,
        material: Uuid,
        sealed: Vec<u8>,
    ) -> Result<Zeroizing<Vec<u8>>, Error> {
        let column = format!("{}/{material}", column::MATERIAL);
        key.open(&column, &Envelope::from_bytes(sealed))
            .map_err(unreadable)
    }

    /// Seals the picture that was made of a material; it opens only as that.
    pub(crate) fn seal_picture(&self, key: &DataKey, material: Uuid, content: &[u8]) -> Vec<u8> {
        let column = format!("{}/{material}", column::PICTURE);
        key.seal(&column, content, &mut OsRandom).into_bytes()
    }

    pub(crate) fn open_picture(
        &self,
        key: &DataKey,
        material: Uuid,
        sealed: Vec<u8>,
    ) -> Result<Zeroizing<Vec<u8>>, Error> {
        let column = format!("{}/{material}", column::PICTURE);
        key.open(&column, &Envelope::from_bytes(sealed))
            .map_err(unreadable)
    }

    /// Seals what a fact says about a person; it opens only as this fact.
    pub(crate) fn seal_fact(&self, key: &DataKey, fact: FactId, content: &FactContent) -> Vec<u8> {
        seal(key, &format!("{}/{fact}", column::FACT), content)
    }

    pub(crate) fn open_fact(
        &self,
        key: &DataKey,
        fact: FactId,
        sealed: Vec<u8>,
    ) -> Result<FactContent, Error> {
        open(key, &format!("{}/{fact}", column::FACT), sealed)
    }

    /// Seals what stands against an application; it opens only as this application's.
    pub(crate) fn seal_failing(&self, key: &DataKey, of: ApplicationId, failing: &[Refusal]) -> Vec<u8> {
        seal(key, &format!("{}/{of}", column::FAILING), &failing)
    }

    pub(crate) fn open_failing(
        &self,
        key: &DataKey,
        of: ApplicationId,
        sealed: Vec<u8>,
    ) -> Result<Vec<Refusal>, Error> {
        open(key, &format!("{}/{of}", column::FAILING), sealed)
    }

    /// A key for what belongs to no single person, with its wrapped form.
    pub(crate) fn new_key(&self, owner: Uuid) -> (DataKey, Vec<u8>) {
        let (key, wrapped) = self.vault.create(owner, &mut OsRandom);
        (key, wrapped.as_bytes().to_vec())
    }

    /// Seals the bytes of a paper; they open only as this paper.
    pub(crate) fn seal_evidence(&self, key: &DataKey, evidence: Uuid, content: &[u8]) -> Vec<u8> {
        let column = format!("{}/{evidence}", column::FACT_EVIDENCE);
        key.seal(&column, content, &mut OsRandom).into_bytes()
    }

    pub(crate) fn open_evidence(
        &self,
        key: &DataKey,
        evidence: Uuid,
        sealed: Vec<u8>,
    ) -> Result<Zeroizing<Vec<u8>>, Error> {
        let column = format!("{}/{evidence}", column::FACT_EVIDENCE);
        key.open(&column, &Envelope::from_bytes(sealed))
            .map_err(unreadable)
    }

    /// Makes a key for a new person; seals the facts under it, and the same as what a registration stands under.
    pub(crate) fn seal_new_registered(&self, person: PersonId, facts: &PersonFacts) -> (SealedRow, Vec<u8>) {
        let (key, wrapped) = self.new_key(person.as_uuid());
        let row = SealedRow {
            wrapped_key: wrapped,
            sealed: seal(&key, column::PERSON, facts),
        };
        (row, seal(&key, column::REGISTERED, facts))
    }

    /// Seals rows of a file; they open only as this piece of this import.
    pub(crate) fn seal_piece(&self, key: &DataKey, of: (ImportId, i32), rows: &impl Serialize) -> Vec<u8> {
        seal(key, &format!("{}/{}/{}", column::IMPORT_PIECE, of.0, of.1), rows)
    }

    pub(crate) fn open_piece<T: DeserializeOwned>(
        &self,
        key: &DataKey,
        of: (ImportId, i32),
        sealed: Vec<u8>,
    ) -> Result<T, Error> {
        open(
            key,
            &format!("{}/{}/{}", column::IMPORT_PIECE, of.0, of.1),
            sealed,
        )
    }

    /// Seals what another system answered, as it came.
    pub(crate) fn seal_reply(&self, key: &DataKey, answer: Uuid, reply: &[u8]) -> Vec<u8> {
        let column = format!("{}/{answer}", column::CHECK_REPLY);
        key.seal(&column, reply, &mut OsRandom).into_bytes()
    }

    /// Seals why an officer settled a check as they did.
    pub(crate) fn seal_grounds(&self, key: &DataKey, answer: Uuid, grounds: &str) -> Vec<u8> {
        let column = format!("{}/{answer}", column::CHECK_GROUNDS);
        key.seal(&column, grounds.as_bytes(), &mut OsRandom).into_bytes()
    }

    /// Seals a notice as it is given; it opens only as this notice.
    pub(crate) fn seal_notice(&self, key: &DataKey, notice: Uuid, content: &[u8]) -> Vec<u8> {
        let column = format!("{}/{notice}", column::NOTICE);
        key.seal(&column, content, &mut OsRandom).into_bytes()
    }

    pub(crate) fn open_notice(
        &self,
        key: &DataKey,
        notice: Uuid,
        sealed: Vec<u8>,
    ) -> Result<Zeroizing<Vec<u8>>, Error> {
        let column = format!("{}/{notice}", column::NOTICE);
        key.open(&column, &Envelope::from_bytes(sealed))
            .map_err(unreadable)
    }

    /// Unwraps the key of an owner.
    pub(crate) fn key(&self, owner: Uuid, wrapped: Vec<u8>) -> Result<DataKey, Error> {
        self.vault
            .unwrap(owner, &WrappedDataKey::from_bytes(wrapped))
            .map_err(unreadable)
    }

    fn seal_apart(&self, owner: Uuid, column: &str, facts: &impl Serialize) -> (SealedRow, DataKey) {
        let (key, wrapped_key) = self.new_key(owner);
        let sealed = seal(&key, column, facts);
        (SealedRow { wrapped_key, sealed }, key)
    }

    fn seal_new(&self, owner: Uuid, column: &str, facts: &impl Serialize) -> SealedRow {
        let (key, wrapped) = self.vault.create(owner, &mut OsRandom);
        SealedRow {
            wrapped_key: wrapped.as_bytes().to_vec(),
            sealed: seal(&key, column, facts),
        }
    }
}

fn seal(key: &DataKey, column: &str, facts: &impl Serialize) -> Vec<u8> {
    let json = Zeroizing::new(serde_json::to_vec(facts).expect("invariant: plain fields encode"));
    key.seal(column, &json, &mut OsRandom).into_bytes()
}

fn open<T: DeserializeOwned>(key: &DataKey, column: &str, sealed: Vec<u8>) -> Result<T, Error> {
    let json = key
        .open(column, &Envelope::from_bytes(sealed))
        .map_err(unreadable)?;
    serde_json::from_slice(&json).map_err(|_| Error::internal("sealed facts cannot be read"))
}

fn unreadable(error: personal_data::OpenError) -> Error {
    Error::internal(format_args!("personal data: {error}"))
}
