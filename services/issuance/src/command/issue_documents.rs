//! Step 7, the marks: documents, version or copy, job, changes, and the word to the province, in one transaction.

use std::collections::{BTreeMap, HashMap};

use domain::province::Province;
use jiff::Timestamp;
use postgres::Tx;
use postgres::audit::{Outcome, Record};
use serde_json::{Value, json};
use tlog::{DocumentKind, Leaf};
use tracing::instrument;
use uuid::Uuid;

use crate::change::{Change, DocumentFormat, DocumentSnapshot};
use crate::error::Error;
use crate::issuing::Issuing;
use crate::store::exchange::downstream::{self, News};
use crate::store::issuing::document::{self, Document, Format, IssuedSet};
use crate::store::issuing::job::{self, Leased};
use crate::store::issuing::{use_copy, version};
use crate::store::log::change::{self, NewChange};

const ACTOR: &str = "jobs/issue";

/// Marks every set issued whose lease still holds; one that was lost is left to its new holder.
#[instrument(name = "issue_documents", skip_all, fields(count = sets.len()))]
pub(crate) async fn issue_documents(issuing: &Issuing, sets: &[(Leased, IssuedSet)]) -> Result<(), Error> {
    let told = issuing
        .database
        .run_tx("issue documents", async |tx: &mut Tx| {
            let at = issuing.now();
            let leased: Vec<&Leased> = sets.iter().map(|(leased, _)| leased).collect();
            let held = job::finish_all(tx, &leased, at).await?;
            let marked: Vec<_> = sets
                .iter()
                .filter(|(leased, _)| held.contains(&leased.id))
                .collect();
            mark(tx, &marked, at).await
        })
        .await?;
    issuing.bells.changes.notify_one();
    if told {
        issuing.bells.downstream.notify_waiters();
    }
    Ok(())
}

/// Sets whose leases held; whether a province is told of any.
async fn mark(tx: &mut Tx, sets: &[&(Leased, IssuedSet)], at: Timestamp) -> Result<bool, Error> {
    let documents: Vec<(Uuid, &Document)> = sets
        .iter()
        .flat_map(|(_, set)| set.documents.iter().map(|document| (set.set, document)))
        .collect();
    document::insert_all(tx, &documents, at).await?;
    let changes = sets.iter().flat_map(|(_, set)| {
        set.documents.iter().map(|document| {
            let change = Change::Document(snapshot(set, document));
            NewChange::new(&set.key, set.person, &change, Some(&leaf(document)))
        })
    });
    change::append_all(tx, &changes.collect::<Vec<_>>(), at).await?;
    let copies: Vec<Uuid> = sets.iter().filter_map(|(_, set)| set.copy).collect();
    use_copy::ready_all(tx, &copies, at).await?;
    let news = issued(tx, sets, at).await?;
    let subjects: Vec<String> = sets.iter().map(|(_, set)| subject(set)).collect();
    let records: Vec<Record<'_>> = sets
        .iter()
        .zip(&subjects)
        .map(|((_, set), subject)| Record {
            at,
            actor: ACTOR,
            verb: "issue_documents",
            article: "design §4",
            subject,
            outcome: Outcome::Done,
            evidence: evidence(set),
        })
        .collect();
    tx.audit_all(&records).await?;
    let told = !news.is_empty();
    // Heads of provinces are locked last.
    downstream::append_all(tx, news, at).await?;
    Ok(told)
}

/// The province is told once that a certificate is there; that it was sealed anew is in the feed.
async fn issued(
    tx: &mut Tx,
    sets: &[&(Leased, IssuedSet)],
    at: Timestamp,
) -> Result<Vec<(Province, News)>, Error> {
    let originals: HashMap<Uuid, &IssuedSet> = sets
        .iter()
        .filter(|(_, set)| set.copy.is_none())
        .map(|(leased, set)| (leased.version, set))
        .collect();
    let versions: Vec<Uuid> = originals.keys().copied().collect();
    let issued = version::issued_all(tx, &versions, at).await?;
    let news = issued.into_iter().filter_map(|(version, province, application)| {
        let set = originals.get(&version)?;
        let news = News::CertificateIssued {
            person: set.person,
            application,
            licence_identifier: set.licence_identifier.clone(),
        };
        Some((province, news))
    });
    Ok(news.collect())
}

fn subject(set: &IssuedSet) -> String {
    match set.copy {
        None => format!("certificates/{}", set.licence_identifier),
        Some(copy) => format!("certificates/{}/copies/{copy}", set.licence_identifier),
    }
}

fn evidence(set: &IssuedSet) -> Value {
    let digests = set
        .documents
        .iter()
        .map(|document| (document.format.name(), hex::encode(document.sha256)));
    let digests: BTreeMap<_, _> = digests.collect();
    json!({ "intent": set.set, "generation": set.generation, "sha256": digests })
}

/// The leaf of one file.
pub(crate) fn leaf(document: &Document) -> Leaf {
    let kind = match document.format {
        Format::Ofd => DocumentKind::Ofd,
        Format::Pdf | Format::PdfSm2 => DocumentKind::Pdf,
    };
    Leaf::Documents(vec![(kind, document.sha256)])
}

fn snapshot(set: &IssuedSet, document: &Document) -> DocumentSnapshot {
    DocumentSnapshot {
        licence_identifier: set.licence_identifier.clone(),
        copy_id: set.copy.map(|copy| copy.to_string()),
        format: as_told(document.format),
        sha256: document.sha256,
        token_hash: set.token_hash,
        generation: set.generation.cast_unsigned(),
    }
}

/// As changes name a format.
pub(super) const fn as_told(format: Format) -> DocumentFormat {
    match format {
        Format::Ofd => DocumentFormat::Ofd,
        Format::Pdf => DocumentFormat::Pdf,
        Format::PdfSm2 => DocumentFormat::PdfSm2,
    }
}
