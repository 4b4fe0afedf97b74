//! Certificate versions: each has its job, its documents once it is issued, its facts, and their leaf.

use domain::certificate::FactsRecord;
use domain::store_check::Difference;
use sha2::{Digest as _, Sha256};
use tlog::{Leaf, commit_facts};

use super::{StoresChecked, VERSIONS, missing_leaves};
use crate::error::Error;
use crate::issuing::Issuing;
use crate::sealing::open;
use crate::store::issuing::column;
use crate::store::issuing::store_check::{self, VersionRow};

/// Compares every version with what follows from it.
pub(super) async fn compare(issuing: &Issuing, findings: &mut StoresChecked) -> Result<(), Error> {
    let mut after = None;
    loop {
        let page = store_check::versions(&issuing.read, after, VERSIONS).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = Some(last.id);
        findings.versions += page.len() as u64;
        let mut wanted = Vec::with_capacity(page.len());
        for version in &page {
            let subject = format!("versions/{}", version.id);
            if !version.has_job {
                findings.add(Difference::VersionWithoutJob, subject.clone());
            }
            if version.issued && !version.has_documents {
                findings.add(Difference::VersionWithoutDocuments, subject.clone());
            }
            match facts_leaf(issuing, version) {
                Ok(leaf) => wanted.extend(leaf.map(|leaf| (subject, leaf))),
                Err(NotThese) => findings.add(Difference::FactsDiffer, subject),
            }
        }
        missing_leaves(issuing, &wanted, Difference::FactsLeafMissing, findings).await?;
    }
}

/// The facts are not those that their row names, or do not open.
struct NotThese;

/// The leaf that the register writes of a version. None where nobody can say any more, and for facts from before the log,
/// which have no salt.
fn facts_leaf(issuing: &Issuing, version: &VersionRow) -> Result<Option<Leaf>, NotThese> {
    let Some(wrapped) = version.data_key.clone() else {
        return Ok(None);
    };
    let key = issuing
        .sealing
        .key(version.person, wrapped)
        .map_err(|_| NotThese)?;
    let clear = open(&key, &column::version_facts(version.id), version.facts.clone());
    let clear = clear.map_err(|_| NotThese)?;
    if Sha256::digest(clear.as_slice()).as_slice() != version.facts_hash {
        return Err(NotThese);
    }
    let record = FactsRecord::parse(&clear).map_err(|_| NotThese)?;
    let salt = record.salt.as_deref().map(hex::decode).transpose();
    let salt = salt.map_err(|_| NotThese)?;
    let Some(salt) = salt else { return Ok(None) };
    let salt: [u8; 32] = salt.try_into().map_err(|_| NotThese)?;
    Ok(Some(Leaf::Facts(commit_facts(&salt, &clear))))
}
