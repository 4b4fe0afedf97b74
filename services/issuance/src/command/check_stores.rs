//! The comparison of the keeper's journal, the register, the log and the stored files (design §4, step 7): daily, and when an
//! operator asks. It changes nothing but keeps its result.
//!
//! Document sets are walked in the order of their ids, which are the intents of the journal, and the journal beside them, so
//! memory stays flat. What goes on meanwhile is no difference: the register is read before the journal for what the journal
//! must have, and again after it for what the register must have.

mod acts;
mod files;
mod versions;

use domain::store_check::{Difference, Reading, Turn};
use jiff::Timestamp;
use postgres::Tx;
use postgres::audit::{Outcome, Record};
use serde_json::json;
use service_runtime::clock::day_of;
use tlog::Leaf;
use tracing::{error, info, instrument};
use uuid::Uuid;

use crate::error::Error;
use crate::issuing::Issuing;
use crate::store::issuing::store_check::{self, CheckRow, SetRow};

/// Sets looked at together.
const SETS: i64 = 200;
/// Versions looked at together.
const VERSIONS: i64 = 500;
/// Leaves looked at together.
const LEAVES: i64 = 20_000;
/// Differences that are kept one by one; all are counted.
const NAMED: usize = 10_000;

/// What a run found.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct StoresChecked {
    /// Certificate versions looked at.
    pub versions: u64,
    /// Files that there are.
    pub files: u64,
    /// Those whose bytes were read.
    pub documents: u64,
    /// Acts of the keeper's journal.
    pub acts: u64,
    /// Leaves of the log.
    pub leaves: u64,
    /// All differences.
    pub differences: u64,
    /// The first ten thousand of them: what, and which row, file, intent or leaf.
    pub named: Vec<(Difference, String)>,
}

impl StoresChecked {
    fn add(&mut self, difference: Difference, subject: impl Into<String>) {
        self.differences += 1;
        if self.named.len() < NAMED {
            self.named.push((difference, subject.into()));
        }
    }
}

/// Which files a run reads now that not all are read: those whose turn it is (`[issuing] files_read_over`). All in the first.
///
/// # Errors
/// Of the database.
pub(crate) async fn turn(issuing: &Issuing) -> Result<Reading, postgres::Error> {
    let before = store_check::last_run(&issuing.database).await?;
    Ok(before.map_or(Reading::All, |before| {
        Reading::Turn(Turn {
            since: day_of(before.started_at),
            today: day_of(issuing.now()),
            over: issuing.rules.files_read_over,
        })
    }))
}

/// Compares everything, reading the files that `reading` names, and keeps the result; `actor` is who answers for it. A
/// difference raises an alarm.
///
/// # Errors
/// The keeper of the seals or a store cannot be asked: nothing is kept then.
#[instrument(name = "check_stores", skip_all)]
pub(crate) async fn check_stores(
    issuing: &Issuing,
    actor: &str,
    reading: Reading,
) -> Result<StoresChecked, Error> {
    let started_at = issuing.now();
    let mut findings = StoresChecked::default();
    let log_began = store_check::log_began_at(&issuing.read).await?;
    compare_sets(issuing, (log_began, reading), &mut findings).await?;
    versions::compare(issuing, &mut findings).await?;
    compare_leaves(issuing, &mut findings).await?;
    keep(issuing, actor, started_at, &findings).await?;
    Ok(findings)
}

/// Register, journal and files, side by side.
async fn compare_sets(
    issuing: &Issuing,
    (log_began, reading): (Option<Timestamp>, Reading),
    findings: &mut StoresChecked,
) -> Result<(), Error> {
    let mut after: Option<Uuid> = None;
    loop {
        let sets = store_check::sets(&issuing.read, after, SETS).await?;
        let whole = i64::try_from(sets.len()).is_ok_and(|count| count == SETS);
        let through = sets
            .last()
            .map(|last| last.id)
            .filter(|_| whole)
            .unwrap_or(Uuid::max());
        let journal = issuing
            .seal
            .journal(after.unwrap_or(Uuid::nil()), through)
            .await
            .map_err(Error::internal)?;
        acts::compare(issuing, &sets, &journal, findings).await?;
        for set in sets.iter().filter(|set| !set.voided) {
            rows(set, findings);
        }
        files::compare(issuing, &sets, (log_began, reading), findings).await?;
        if !whole {
            return Ok(());
        }
        after = Some(through);
    }
}

/// Every file of a set that is issued has its row.
fn rows(set: &SetRow, findings: &mut StoresChecked) {
    use crate::store::issuing::document::Format;
    if !set.issued {
        return;
    }
    let third = set.pdf_sm2.then_some(Format::PdfSm2);
    for format in [Format::Ofd, Format::Pdf].into_iter().chain(third) {
        if !set
            .documents
            .iter()
            .any(|(document, _)| document.format == format)
        {
            findings.add(
                Difference::DocumentRowMissing,
                format!("intents/{}/{}", set.id, format.name()),
            );
        }
    }
}

/// Names each subject whose leaf is not in the log as it would be written.
async fn missing_leaves(
    issuing: &Issuing,
    wanted: &[(String, Leaf)],
    difference: Difference,
    findings: &mut StoresChecked,
) -> Result<(), Error> {
    let entries: Vec<Vec<u8>> = wanted.iter().map(|(_, leaf)| leaf.encode()).collect();
    let hashes: Vec<Vec<u8>> = wanted
        .iter()
        .map(|(_, leaf)| leaf.hash().as_bytes().to_vec())
        .collect();
    let known = store_check::leaves(&issuing.read, &entries, &hashes).await?;
    for ((subject, _), entry) in wanted.iter().zip(&entries) {
        if !known.contains(entry) {
            findings.add(difference, subject.clone());
        }
    }
    Ok(())
}

/// Every leaf is what its change and its hash say.
async fn compare_leaves(issuing: &Issuing, findings: &mut StoresChecked) -> Result<(), Error> {
    let mut from = 0;
    loop {
        let (count, altered) = store_check::altered_leaves(&issuing.read, from, LEAVES).await?;
        findings.leaves += count.cast_unsigned();
        for index in altered {
            findings.add(Difference::LeafDiffers, format!("log/leaves/{index}"));
        }
        if count < LEAVES {
            return Ok(());
        }
        from += LEAVES;
    }
}

async fn keep(
    issuing: &Issuing,
    actor: &str,
    started_at: Timestamp,
    findings: &StoresChecked,
) -> Result<(), Error> {
    let run = CheckRow {
        id: Uuid::now_v7(),
        started_by: actor.to_owned(),
        started_at,
        finished_at: issuing.now(),
        versions: findings.versions.cast_signed(),
        documents: findings.documents.cast_signed(),
        acts: findings.acts.cast_signed(),
        leaves: findings.leaves.cast_signed(),
        differences: findings.differences.cast_signed(),
    };
    if findings.differences == 0 {
        info!(
            files = findings.files,
            read = findings.documents,
            "journal, register, log and stored files agree"
        );
    } else {
        error!(
            alarm = true,
            differences = findings.differences,
            "journal, register, log and stored files do not agree"
        );
    }
    let subject = format!("storeChecks/{}", run.id);
    issuing
        .database
        .run_tx("keep store check", async |tx: &mut Tx| {
            store_check::insert(tx, &run, &findings.named).await?;
            tx.audit(Record {
                at: run.finished_at,
                actor,
                verb: "check_stores",
                article: "design §4",
                subject: &subject,
                outcome: Outcome::Done,
                evidence: json!({ "versions": run.versions, "documents": run.documents, "files": findings.files,
                    "acts": run.acts, "leaves": run.leaves, "differences": run.differences }),
            })
            .await?;
            Ok::<_, Error>(())
        })
        .await
}
