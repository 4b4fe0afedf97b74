//! The integrity list of GM/T 0099-2020 (`/OFDEntries.xml`).

use std::collections::HashSet;

use super::finding::{Finding, FindingKind, Reason, Refusal};
use super::location::resolve;
use super::package::Package;

/// The integrity list, compared with the package.
///
/// It names files; it holds no digests. Its signature value is a GB/T 35275 structure over the bytes of the list,
/// which is for others to verify.
#[derive(Debug, Clone)]
pub struct IntegrityList {
    /// Its path.
    pub path: String,
    /// Its signature value.
    pub signed_value: Option<String>,
    /// The program that made it.
    pub creator: Option<String>,
    /// The files it names, in order.
    pub listed: Vec<String>,
    /// Files it names that are not there.
    pub missing: Vec<String>,
    /// Files that are there and that it does not name: smuggled in (夹带).
    pub unlisted: Vec<String>,
    /// What is odd about it.
    pub findings: Vec<Finding>,
}

impl IntegrityList {
    /// Whether the package holds exactly the files that the list names, and its signature value.
    #[must_use]
    pub fn matches(&self) -> bool {
        self.missing.is_empty() && self.unlisted.is_empty() && self.signed_value.is_some()
    }
}

impl Package<'_> {
    /// The integrity list, if the package has one. Its place is fixed by GM/T 0099.
    ///
    /// # Errors
    /// If it is there but cannot be read.
    pub fn integrity_list(&self) -> Result<Option<IntegrityList>, Refusal> {
        const PATH: &str = "OFDEntries.xml";
        let refuse = |reason| Refusal::at(reason, PATH);
        if !self.has(PATH) {
            return Ok(None);
        }
        let mut findings = Vec::new();
        let tree = self.tree(PATH, "DocEntries", &mut findings)?;
        let root = tree.root();
        let signed_value = root.text_of("SignedValueLoc").map_err(refuse)?;
        let signed_value = signed_value.map(|loc| resolve("", loc).ok_or_else(|| refuse(Reason::Location)));
        let signed_value = signed_value.transpose()?.filter(|path| self.has(path));
        let files = root
            .only("FileList")
            .map_err(refuse)?
            .ok_or_else(|| refuse(Reason::MissingElement))?;
        let mut listed = Vec::new();
        for file in files.all("File").take(self.limits().entries) {
            let location = file
                .attribute("FileLoc")
                .ok_or_else(|| refuse(Reason::MissingElement))?;
            listed.push(resolve("", location).ok_or_else(|| refuse(Reason::Location))?);
        }
        let names: HashSet<&str> = listed.iter().map(String::as_str).collect();
        if names.len() != listed.len() {
            findings.push(Finding::at(FindingKind::RepeatedReference, PATH));
        }
        let missing = listed.iter().filter(|path| !self.has(path)).cloned().collect();
        let own = |name: &str| name == PATH || signed_value.as_deref() == Some(name);
        let present = self.entries().iter().map(|entry| entry.name());
        let unlisted = present
            .filter(|name| !own(name) && !names.contains(name))
            .map(str::to_owned)
            .collect();
        let creator = root.attribute("CreatorName").map(str::to_owned);
        Ok(Some(IntegrityList {
            path: PATH.to_owned(),
            signed_value,
            creator,
            missing,
            unlisted,
            listed,
            findings,
        }))
    }
}
