//! Step 7, the marks: documents, version or copy, job, changes, and the word to the province, in one transaction.

use domain::province::Province;
use jiff::Timestamp;
use postgres::Tx;
use postgres::audit::{Outcome, Record};
use serde_json::json;
use tlog::{DocumentKind, Leaf};
use tracing::instrument;

use crate::change::{Change, DocumentFormat, DocumentSnapshot};
use crate::error::Error;
use crate::issuing::Issuing;
use crate::store::exchange::downstream::{self, News};
use crate::store::issuing::document::{self, Document, Format, IssuedSet};
use crate::store::issuing::job::{self, Leased};
use crate::store::issuing::{use_copy, version};
use crate::store::log::change;

const ACTOR: &str = "jobs/issue";

/// Marks every set issued whose lease still holds; one that was lost is left to its new holder.
#[instrument(name = "issue_documents", skip_all, fields(count = sets.len()))]
pub(crate) async fn issue_documents(issuing: &Issuing, sets: &[(Leased, IssuedSet)]) -> Result<(), Error> {
    let told = issuing
        .database
        .run_tx("issue documents", async |tx: &mut Tx| {
            let at = issuing.now();
            let mut news = Vec::new();
            for (leased, set) in sets {
                if job::finish(tx, leased, at).await? {
                    news.extend(mark(tx, leased, set, at).await?);
                }
            }
            // Heads of provinces are locked last, and by everybody in the same order.
            news.sort_by_key(|(province, _)| *province);
            for (province, news) in &news {
                downstream::append(tx, *province, news, at).await?;
            }
            Ok::<_, Error>(!news.is_empty())
        })
        .await?;
    issuing.bells.changes.notify_one();
    if told {
        issuing.bells.downstream.notify_waiters();
    }
    Ok(())
}

/// One set; what its province is to be told.
async fn mark(
    tx: &mut Tx,
    leased: &Leased,
    set: &IssuedSet,
    at: Timestamp,
) -> Result<Option<(Province, News)>, Error> {
    for document in &set.documents {
        document::insert(tx, set.set, document, at).await?;
        let change = Change::Document(snapshot(set, document));
        change::append_with_leaf(tx, &set.key, set.person, (&change, &leaf(document)), at).await?;
    }
    let mut news = None;
    let mut subject = format!("certificates/{}", set.licence_identifier);
    if let Some(copy) = set.copy {
        use_copy::ready(tx, copy, at).await?;
        subject = format!("{subject}/copies/{copy}");
    } else {
        version::issued(tx, leased.version, at).await?;
        let (province, application) = version::origin(tx, leased.version).await?;
        let (person, licence_identifier) = (set.person, set.licence_identifier.clone());
        news = Some((
            province,
            News::CertificateIssued {
                person,
                application,
                licence_identifier,
            },
        ));
    }
    let digests = set
        .documents
        .iter()
        .map(|document| (document.format.name(), hex::encode(document.sha256)));
    tx.audit(Record {
        at,
        actor: ACTOR,
        verb: "issue_documents",
        article: "design §4",
        subject: &subject,
        outcome: Outcome::Done,
        evidence: json!({ "intent": set.set, "sha256": digests.collect::<std::collections::BTreeMap<_, _>>() }),
    })
    .await?;
    Ok(news)
}

/// The leaf of one file.
pub(super) fn leaf(document: &Document) -> Leaf {
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
