//! The stream of a package: progress while people are looked into, then the file. One sealed document is in memory at a
//! time; whoever reads slowly is waited for.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use domain::calendar::day_of;
use domain::certificate::FactsRecord;
use domain::use_copy::MissingReason;
use futures_util::{Stream, stream};
use jiff::civil::Date;
use personal_data::{DataKey, masked_name};
use postgres::Tx;
use postgres::audit::{Outcome, Record};
use serde::Serialize;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use tokio::time::Instant;
use uuid::Uuid;

use super::archive::Archive;
use super::member::look_into;
use super::{Input, Opened};
use crate::error::Error;
use crate::issuing::Issuing;
use crate::job::issue::open_facts;
use crate::query::download_document::clear;
use crate::query::suspension;
use crate::store::issuing::consent;
use crate::store::issuing::document::Document;
use crate::store::issuing::package::{self, Found, Member};

/// Largest part of the file in one message.
const CHUNK: usize = 64 << 10;
/// Another process may have finished a copy; it cannot ring here.
const LOOK_AGAIN: Duration = Duration::from_millis(100);
const MANIFEST: &str = "manifest.json";
const MANIFEST_FORMAT: u32 = 1;

/// One message of the stream.
pub(crate) enum Part {
    /// So many of the people are done.
    Progress { step: Step, done: usize, total: usize },
    /// The next bytes of the file.
    Chunk(Bytes),
    /// The last one.
    Package(Summary),
}

/// What is being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// People are looked into.
    Collecting,
    /// Copies are put into the file.
    Packing,
}

/// What a package holds and lacks.
#[derive(Debug, Clone)]
pub(crate) struct Summary {
    pub(crate) package: Uuid,
    pub(crate) sha256: [u8; 32],
    pub(crate) copies: Vec<Packaged>,
    pub(crate) missing: Vec<Absent>,
}

/// Somebody of whom no copy goes along.
#[derive(Debug, Clone)]
pub(crate) struct Absent {
    pub(crate) person: Uuid,
    pub(crate) reason: MissingReason,
    /// Of somebody registered with the employer now.
    pub(crate) known: Option<Known>,
}

/// By what an employer knows its own people: the number, which was announced, and the name, masked.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    pub(crate) registration_number: String,
    pub(crate) masked_name: String,
}

/// A copy in a package.
#[derive(Debug, Clone)]
pub(crate) struct Packaged {
    pub(crate) person: Uuid,
    pub(crate) licence_identifier: String,
    pub(crate) copy: Uuid,
    pub(crate) registration_number: String,
    pub(crate) use_until: Date,
    pub(crate) by_consent: bool,
}

/// A file in the manifest.
#[derive(Debug, Serialize)]
struct File {
    name: String,
    format: &'static str,
    size: usize,
    sha256: String,
    licence_identifier: String,
    registration_number: String,
    copy_id: String,
    use_until: Date,
    by_consent: bool,
}

/// The manifest (RFC 8785). It travels with the copies to their recipient: nothing of who is missing is in it.
#[derive(Debug, Serialize)]
struct Manifest<'a> {
    format: u32,
    package: String,
    employer: String,
    made_at: String,
    purpose: &'a str,
    purpose_reference: &'a str,
    recipient: &'a str,
    files: &'a [File],
}

/// A copy that may go along, with where its files are.
struct Delivery {
    copy: Packaged,
    key: DataKey,
    documents: Vec<Document>,
}

struct Packing {
    issuing: Arc<Issuing>,
    input: Input,
    opened: Opened,
    at: Stage,
    waiting: VecDeque<Part>,
    archive: Archive,
    files: Vec<File>,
    copies: Vec<Packaged>,
    missing: Vec<Absent>,
}

#[derive(Clone, Copy)]
enum Stage {
    Collecting(usize),
    Packing(usize),
    Closing,
    Closed,
}

/// The parts of a package in order. It ends after the first error: a file without its end is no file.
pub(crate) fn pack(
    issuing: Arc<Issuing>,
    input: Input,
    opened: Opened,
) -> impl Stream<Item = Result<Part, Error>> + Send {
    let packing = Packing {
        issuing,
        input,
        opened,
        at: Stage::Collecting(0),
        waiting: VecDeque::new(),
        archive: Archive::default(),
        files: Vec::new(),
        copies: Vec::new(),
        missing: Vec::new(),
    };
    stream::unfold(Some(packing), async |packing| {
        let mut packing = packing?;
        match packing.next().await {
            Ok(Some(part)) => Some((Ok(part), Some(packing))),
            Ok(None) => None,
            Err(error) => Some((Err(error), None)),
        }
    })
}

impl Packing {
    async fn next(&mut self) -> Result<Option<Part>, Error> {
        loop {
            if let Some(part) = self.waiting.pop_front() {
                return Ok(Some(part));
            }
            match self.at {
                Stage::Collecting(index) => self.collect(index).await?,
                Stage::Packing(index) => self.put(index).await?,
                Stage::Closing => self.close()?,
                Stage::Closed => return Ok(None),
            }
        }
    }

    fn progress(&mut self, step: Step, done: usize) {
        let total = self.opened.members.len();
        self.waiting.push_back(Part::Progress { step, done, total });
    }

    async fn collect(&mut self, index: usize) -> Result<(), Error> {
        let Some(member) = self.opened.members.get_mut(index) else {
            self.at = Stage::Packing(0);
            return Ok(());
        };
        if member.found.is_none() {
            let key = (member.ordinal, member.person);
            member.found = Some(look_into(&self.issuing, &self.input, self.opened.package, key).await?);
        }
        self.at = Stage::Collecting(index + 1);
        self.progress(Step::Collecting, index + 1);
        Ok(())
    }

    async fn put(&mut self, index: usize) -> Result<(), Error> {
        let Some(member) = self.opened.members.get(index) else {
            self.at = Stage::Closing;
            return Ok(());
        };
        let (person, ordinal) = (member.person, member.ordinal);
        let delivered = match member.found {
            Some(Found::Copy { copy, consent }) => self.deliver(person, copy, consent).await?,
            Some(Found::Missing(reason)) => Err(reason),
            None => return Err(Error::internal("a member of a package was not looked into")),
        };
        match delivered {
            Ok(delivery) => self.add(ordinal, delivery).await?,
            Err(reason) => {
                let known = self.known(person).await?;
                self.missing.push(Absent {
                    person,
                    reason,
                    known,
                });
            }
        }
        self.at = Stage::Packing(index + 1);
        self.progress(Step::Packing, index + 1);
        Ok(())
    }

    async fn known(&self, person: Uuid) -> Result<Option<Known>, Error> {
        let Input { write, employer, .. } = &self.input;
        let read = async |tx: &mut Tx| package::find_version(tx, (person, *employer), &write.scope).await;
        let found = self.issuing.read.snapshot("look at missing member", read).await?;
        let Some(member) = found else {
            return Ok(None);
        };
        let key = self.issuing.sealing.key(person.into(), member.data_key.clone())?;
        let facts = facts(&member, &key)?;
        Ok(Some(Known {
            registration_number: facts.number.to_string(),
            masked_name: masked_name(facts.holder.name.expose()),
        }))
    }

    /// Asks once more whether the copy may go along now, and waits for its documents.
    async fn deliver(
        &self,
        person: Uuid,
        copy: Uuid,
        consent: Option<Uuid>,
    ) -> Result<Result<Delivery, MissingReason>, Error> {
        loop {
            let finished = self.issuing.finished.notified();
            let delivery = self
                .issuing
                .read
                .snapshot("look at packaged copy", async |tx: &mut Tx| {
                    deliverable(tx, &self.issuing, &self.input, (person, copy, consent)).await
                })
                .await?;
            let late = Instant::now() >= self.input.deadline;
            match delivery {
                Err(MissingReason::BeingMade) if !late => {}
                delivery => return Ok(delivery),
            }
            tokio::select! {
                () = finished => {}
                () = tokio::time::sleep(LOOK_AGAIN) => {}
                () = tokio::time::sleep_until(self.input.deadline) => {}
            }
        }
    }

    /// Records that the copy goes out, then puts its files into the package.
    async fn add(&mut self, ordinal: i32, delivery: Delivery) -> Result<(), Error> {
        let Delivery { copy, key, documents } = delivery;
        let subject = format!("certificates/{}/copies/{}", copy.licence_identifier, copy.copy);
        let record = Record {
            at: self.issuing.now(),
            actor: &self.input.write.actor,
            verb: self.input.write.verb,
            article: "domain §1.10; design §4",
            subject: &subject,
            outcome: Outcome::Done,
            evidence: json!({ "package": self.opened.package.to_string() }),
        };
        let recorded = async |tx: &mut Tx| tx.audit(record.clone()).await;
        self.issuing
            .database
            .run_tx("record packaged copy", recorded)
            .await?;
        for document in documents {
            let format = document.format.name();
            let bytes = Bytes::from(clear(&self.issuing, &key, document).await?);
            let name = format!("{ordinal:04}/{}.{format}", copy.licence_identifier);
            self.files.push(File {
                name: name.clone(),
                format,
                size: bytes.len(),
                sha256: hex::encode(Sha256::digest(&bytes)),
                licence_identifier: copy.licence_identifier.clone(),
                registration_number: copy.registration_number.clone(),
                copy_id: copy.copy.to_string(),
                use_until: copy.use_until,
                by_consent: copy.by_consent,
            });
            self.write(&name, &bytes)?;
        }
        self.copies.push(copy);
        Ok(())
    }

    fn write(&mut self, name: &str, content: &Bytes) -> Result<(), Error> {
        let header = self.archive.begin_file(name, content).map_err(Error::internal)?;
        self.waiting.push_back(Part::Chunk(header.into()));
        self.cut(content);
        Ok(())
    }

    fn cut(&mut self, bytes: &Bytes) {
        let starts = (0..bytes.len()).step_by(CHUNK);
        let parts = starts.map(|start| bytes.slice(start..bytes.len().min(start + CHUNK)));
        self.waiting.extend(parts.map(Part::Chunk));
    }

    fn close(&mut self) -> Result<(), Error> {
        let manifest = Manifest {
            format: MANIFEST_FORMAT,
            package: format!("packages/{}", self.opened.package),
            employer: format!("employers/{}", self.input.employer),
            made_at: self.opened.made_at.to_string(),
            purpose: self.input.terms.purpose.code(),
            purpose_reference: &self.input.terms.purpose_reference,
            recipient: &self.input.terms.recipient,
            files: &self.files,
        };
        let manifest = serde_jcs::to_vec(&manifest).map_err(Error::internal)?;
        self.write(MANIFEST, &manifest.into())?;
        let (directory, sha256) = std::mem::take(&mut self.archive)
            .finish()
            .map_err(Error::internal)?;
        self.cut(&directory.into());
        self.waiting.push_back(Part::Package(Summary {
            package: self.opened.package,
            sha256,
            copies: std::mem::take(&mut self.copies),
            missing: std::mem::take(&mut self.missing),
        }));
        self.at = Stage::Closed;
        Ok(())
    }
}

/// Whether a copy may go out to the employer now: still registered there, of the current version, neither revoked nor
/// past its day, not suspended, and allowed by a consent that stands unless the holder made it.
async fn deliverable(
    tx: &mut Tx,
    issuing: &Issuing,
    input: &Input,
    (person, copy, consent): (Uuid, Uuid, Option<Uuid>),
) -> Result<Result<Delivery, MissingReason>, Error> {
    let at = issuing.now();
    let today = day_of(at);
    let Some(member) = package::find_version(tx, (person, input.employer), &input.write.scope).await? else {
        return Ok(Err(MissingReason::NotMember));
    };
    let key = issuing.sealing.key(person.into(), member.data_key.clone())?;
    let row = package::copy(tx, &member, copy).await?;
    let row = row.filter(|row| row.revoked_at.is_none() && row.use_until >= today);
    let allowed = match consent {
        Some(consent) => consent::stands(tx, consent, today).await?,
        None => true,
    };
    let Some(row) = row.filter(|_| allowed) else {
        return Ok(Err(MissingReason::Unavailable));
    };
    if suspension::check(&key, member.entry.clone(), at).is_err() {
        return Ok(Err(MissingReason::Unavailable));
    }
    if row.ready_at.is_none() {
        return Ok(Err(MissingReason::BeingMade));
    }
    let mut documents = Vec::with_capacity(input.formats.len());
    for format in &input.formats {
        let found = package::document(tx, (&member, copy), *format).await?;
        documents.push(found.ok_or_else(|| Error::internal("an issued set lacks a document"))?);
    }
    Ok(Ok(Delivery {
        copy: Packaged {
            person,
            registration_number: facts(&member, &key)?.number.to_string(),
            licence_identifier: member.licence_identifier,
            copy,
            use_until: row.use_until,
            by_consent: consent.is_some(),
        },
        key,
        documents,
    }))
}

fn facts(member: &Member, key: &DataKey) -> Result<FactsRecord, Error> {
    open_facts(key, member.version, None, &member.facts).map_err(|stop| Error::internal(stop.detail))
}
