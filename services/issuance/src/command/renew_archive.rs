//! Archival renewal (ETSI EN 319 142-1 §5.5): stored PDF files get a document time stamp, with what verifies it, before the
//! proof of their time ends. For operators.
//!
//! The file that was issued stays; the revision is verified, stored under its own digest, and told to the register like
//! a document that was issued, so that both digests are known. A file whose proof lasts is left alone, so a run that broke
//! off is simply made again.

mod proof;

use gm::timestamp::Imprint;
use jiff::Timestamp;
use pdf::{TimeStampRevision, append_time_stamp};
use personal_data::{DataKey, OsRandom};
use postgres::Tx;
use postgres::audit::{Outcome, Record};
use rand_core::UnwrapErr;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use timestamp_client::TimeStampClient;
use tracing::{instrument, warn};
use uuid::Uuid;

use super::issue_documents::{as_told, leaf};
use crate::change::{Change, DocumentSnapshot};
use crate::error::Error;
use crate::issuing::Issuing;
use crate::job::issue::{STAMP_ROOM, person_key};
use crate::query::download_document::clear;
use crate::store::issuing::archive::{self, Kept};
use crate::store::issuing::column;
use crate::store::issuing::document::{self, Document, Format};
use crate::store::log::change::{self, NewChange};

/// Files looked at together.
const PAGE: i64 = 64;

/// What a run did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Renewed {
    /// Files with a new revision.
    pub renewed: u64,
    /// Files whose proof lasts long enough.
    pub left: u64,
    /// Files that could not be renewed; the log says which and why.
    pub failed: u64,
}

/// Why a run cannot begin, or broke off.
#[derive(Debug, thiserror::Error)]
pub enum RenewError {
    /// There is nobody to ask for time stamps.
    #[error("no time-stamping authority is configured: [timestamp] urls")]
    NoAuthority,
    /// The store failed.
    #[error("the renewal broke off: {0}")]
    Store(String),
}

/// What became of one file.
enum Standing {
    Renewed,
    Left,
}

/// Renews the proof of every stored PDF of an original that ends before `before`; `actor` is who answers for it.
#[instrument(name = "renew_archive", skip_all)]
pub(crate) async fn renew_archive(
    issuing: &Issuing,
    actor: &str,
    before: Timestamp,
) -> Result<Renewed, RenewError> {
    let client = issuing.time_stamps.as_ref().ok_or(RenewError::NoAuthority)?;
    let store = |error: Error| RenewError::Store(error.to_string());
    let mut place = (Uuid::nil(), Format::Ofd);
    let mut done = Renewed::default();
    loop {
        let page = issuing
            .read
            .snapshot("find files to renew", async |tx: &mut Tx| {
                Ok::<_, Error>(archive::page(tx, before, place, PAGE).await?)
            })
            .await
            .map_err(store)?;
        let Some(last) = page.last() else { return Ok(done) };
        place = (last.set, last.document.format);
        for kept in &page {
            match renew(issuing, client, actor, kept, before).await {
                Ok(Standing::Renewed) => done.renewed += 1,
                Ok(Standing::Left) => done.left += 1,
                Err(error) => {
                    warn!(document_set = %kept.set, format = kept.document.format.name(), %error,
                        "a stored file was not renewed");
                    done.failed += 1;
                }
            }
        }
        issuing.bells.changes.notify_one();
    }
}

async fn renew(
    issuing: &Issuing,
    client: &TimeStampClient,
    actor: &str,
    kept: &Kept,
    before: Timestamp,
) -> Result<Standing, Error> {
    let key = person_key(issuing.sealing.vault(), kept.person, &kept.data_key);
    let key = key.map_err(|stop| Error::internal(stop.detail))?;
    let file = clear(issuing, &key, kept.document.clone()).await?;
    let bundle = issuing.trust.bundle();
    if proof::lasts_until(&file, &bundle.pdf_trust()).is_some_and(|until| until >= before) {
        return Ok(Standing::Left);
    }
    let (file, proved_until) = stamped(issuing, client, &file, kept.revision + 1).await?;
    if !issuing.trust.stands(&file, issuing.now()) {
        return Err(Error::internal(
            "the renewed file does not stand the verification",
        ));
    }
    if proved_until < before {
        return Err(Error::internal(
            "the authority's own certificate ends before that day",
        ));
    }
    let document = kept_at_rest(issuing, &key, kept.document.format, &file).await?;
    record(issuing, actor, kept, &key, &document, proved_until).await?;
    Ok(Standing::Renewed)
}

/// The file with one more revision, and until when that proves its time.
async fn stamped(
    issuing: &Issuing,
    client: &TimeStampClient,
    file: &[u8],
    number: i32,
) -> Result<(Vec<u8>, Timestamp), Error> {
    let trust = issuing.trust.bundle().pdf_trust();
    let validation = proof::missing(file, &trust).map_err(Error::internal)?;
    let revision = TimeStampRevision {
        field_name: &format!("ArchiveTimeStamp{number}"),
        validation: &validation,
        contents_reserve: STAMP_ROOM,
    };
    let waiting = append_time_stamp(file, &revision).map_err(Error::internal)?;
    let imprint = Imprint {
        algorithm: gm::oid::SHA256,
        digest: waiting.byte_range_sha256().to_vec(),
    };
    let token = client
        .stamp(&imprint, &trust, || issuing.now(), UnwrapErr(OsRandom))
        .await
        .map_err(Error::internal)?;
    let file = waiting.sign(&token.der).map_err(Error::internal)?;
    let until = proof::lasts_until(&file, &trust);
    let until = until.ok_or_else(|| Error::internal("the new time stamp proves nothing"))?;
    Ok((file, until))
}

/// Stores the bytes before the row that names them.
async fn kept_at_rest(
    issuing: &Issuing,
    key: &DataKey,
    format: Format,
    file: &[u8],
) -> Result<Document, Error> {
    let sha256: [u8; 32] = Sha256::digest(file).into();
    let place = document::place(&sha256);
    let sealed = key.seal(&column::document(&sha256), file, &mut UnwrapErr(OsRandom));
    let stored = issuing.objects.put(&place, sealed.into_bytes()).await;
    stored.map_err(Error::internal)?;
    Ok(Document {
        format,
        sha256,
        size: i64::try_from(file.len()).unwrap_or(i64::MAX),
        place,
    })
}

/// Row, change and audit in one transaction; nothing where another run was faster.
async fn record(
    issuing: &Issuing,
    actor: &str,
    kept: &Kept,
    key: &DataKey,
    document: &Document,
    proved_until: Timestamp,
) -> Result<(), Error> {
    let at = issuing.now();
    let subject = format!("certificates/{}", kept.licence_identifier);
    issuing
        .database
        .run_tx("renew archive", async |tx: &mut Tx| {
            let revision = kept.revision + 1;
            if archive::insert(tx, kept.set, (revision, document), proved_until, at).await? {
                let change = Change::Document(DocumentSnapshot {
                    licence_identifier: kept.licence_identifier.clone(),
                    copy_id: None,
                    format: as_told(document.format),
                    sha256: document.sha256,
                    token_hash: kept.token_hash,
                    generation: kept.generation.cast_unsigned(),
                });
                let change = NewChange::new(key, kept.person, &change, Some(&leaf(document)));
                change::append_all(tx, &[change], at).await?;
                tx.audit(Record {
                    at,
                    actor,
                    verb: "renew_archive",
                    article: "ETSI EN 319 142-1 §5.5",
                    subject: &subject,
                    outcome: Outcome::Done,
                    evidence: json!({ "intent": kept.set, "format": document.format.name(), "revision": revision,
                        "sha256": hex::encode(document.sha256), "proved_until": proved_until.to_string() }),
                })
                .await?;
            }
            Ok::<_, Error>(())
        })
        .await
}
