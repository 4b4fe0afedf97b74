//! The stored files, and their leaves in the log.

use domain::store_check::{Difference, Reading};
use futures_util::future::join_all;
use jiff::Timestamp;
use personal_data::Envelope;
use service_runtime::clock::day_of;
use sha2::{Digest as _, Sha256};
use tlog::Leaf;

use super::{StoresChecked, missing_leaves};
use crate::command::issue_documents::leaf;
use crate::error::Error;
use crate::issuing::Issuing;
use crate::job::issue::person_key;
use crate::store::issuing::column;
use crate::store::issuing::document::Document;
use crate::store::issuing::store_check::SetRow;

/// Files read side by side.
const AT_ONCE: usize = 16;

/// Reads the files of the sets that are to be read, opens each, and compares it with its row; then asks the log for the leaf
/// of every file.
pub(super) async fn compare(
    issuing: &Issuing,
    sets: &[SetRow],
    (log_began, reading): (Option<Timestamp>, Reading),
    findings: &mut StoresChecked,
) -> Result<(), Error> {
    let mut files = Vec::new();
    for set in sets {
        findings.files += set.documents.len() as u64;
        let due = |(document, at): &&(Document, Timestamp)| reading.reads(&document.sha256, day_of(*at));
        files.extend(
            set.documents
                .iter()
                .filter(due)
                .map(|(document, _)| (set, document)),
        );
    }
    for some in files.chunks(AT_ONCE) {
        let mut judged = Vec::with_capacity(some.len());
        for (set, document) in some {
            judged.push(judge(issuing, set, document));
        }
        for (difference, subject) in join_all(judged).await.into_iter().flatten() {
            findings.add(difference, subject);
        }
    }
    findings.documents += files.len() as u64;
    leaves(issuing, sets, log_began, findings).await
}

/// What is wrong with the bytes of a file. Those of somebody who was erased can be read by nobody.
async fn judge(issuing: &Issuing, set: &SetRow, document: &Document) -> Option<(Difference, String)> {
    let subject = || document.place.clone();
    let wrapped = set.data_key.as_ref()?;
    let Ok(at_rest) = issuing.objects.get(&document.place).await else {
        return Some((Difference::BytesMissing, subject()));
    };
    let key = person_key(issuing.sealing.vault(), set.person, wrapped).ok();
    let clear = key.and_then(|key| {
        key.open(
            &column::document(&document.sha256),
            &Envelope::from_bytes(at_rest),
        )
        .ok()
    });
    let same = clear.is_some_and(|clear| {
        Sha256::digest(clear.as_slice()).as_slice() == document.sha256
            && i64::try_from(clear.len()) == Ok(document.size)
    });
    (!same).then(|| (Difference::BytesDiffer, subject()))
}

async fn leaves(
    issuing: &Issuing,
    sets: &[SetRow],
    log_began: Option<Timestamp>,
    findings: &mut StoresChecked,
) -> Result<(), Error> {
    let logged = sets.iter().flat_map(|set| &set.documents);
    let wanted: Vec<(String, Leaf)> = logged
        .filter(|(_, at)| log_began.is_some_and(|began| *at >= began))
        .map(|(document, _)| (document.place.clone(), leaf(document)))
        .collect();
    missing_leaves(issuing, &wanted, Difference::DocumentLeafMissing, findings).await
}
