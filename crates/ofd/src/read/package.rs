//! An opened package: every file inflated, checked and found by path.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use super::archive::{self, Member};
use super::finding::{Finding, FindingKind, Reason, Refusal};
use super::inflate::inflate;
use super::limits::Limits;
use super::location::{is_external, resolve};
use super::xml::Tree;
use crate::digest::{Digest, sm3};
use crate::known::{KnownFile, KnownFiles, Lie};
use crate::write::Part;

/// Why the bytes of an entry cannot be had as the archive declares them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryFault {
    /// It does not inflate, or to another size than declared.
    Unreadable,
    /// It inflates, but its CRC-32 is another.
    Crc,
}

/// A file of a package.
pub struct Entry<'a> {
    name: String,
    lie: Lie,
    packed: &'a [u8],
    held: Held<'a>,
    fault: Option<EntryFault>,
    /// Computed once: a file may be referenced as often as its enemy likes.
    digest: OnceLock<Digest>,
}

/// Where the bytes of an entry are.
enum Held<'a> {
    Nowhere,
    Here(Cow<'a, [u8]>),
    Known(Arc<KnownFile>),
}

impl Entry<'_> {
    /// Its path, without leading slash.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its bytes, unless they are unreadable.
    #[must_use]
    pub fn bytes(&self) -> Option<&[u8]> {
        match &self.held {
            Held::Nowhere => None,
            Held::Here(bytes) => Some(bytes),
            Held::Known(known) => Some(known.part().bytes()),
        }
    }

    /// SM3 of its bytes, unless they are unreadable.
    #[must_use]
    pub fn digest(&self) -> Option<Digest> {
        if let Held::Known(known) = &self.held {
            return Some(known.part().digest());
        }
        let bytes = self.bytes()?;
        Some(*self.digest.get_or_init(|| sm3(bytes)))
    }

    /// What is wrong with it, if anything.
    #[must_use]
    pub fn fault(&self) -> Option<EntryFault> {
        self.fault
    }

    /// Whether it lies in the archive as a file known before.
    #[must_use]
    pub fn is_known(&self) -> bool {
        matches!(self.held, Held::Known(_))
    }

    pub(super) fn known(&self) -> Option<&KnownFile> {
        match &self.held {
            Held::Known(known) => Some(known),
            Held::Nowhere | Held::Here(_) => None,
        }
    }

    /// CRC-32 and length of a sound file that was not known before.
    pub(crate) fn unknown(&self) -> Option<(u32, usize)> {
        let new = self.fault.is_none() && !self.is_known();
        new.then_some((self.lie.crc32, self.lie.size))
    }

    /// The file as a part, packed as it lies here; nothing if it is not sound.
    pub(crate) fn to_part(&self) -> Option<Part> {
        let bytes = self.bytes().filter(|_| self.fault.is_none())?;
        let deflated = self.lie.deflated.then(|| self.packed.to_vec());
        Some(Part::packed_as(bytes.to_vec(), deflated))
    }
}

impl fmt::Debug for Entry<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry")
            .field("name", &self.name)
            .field("length", &self.bytes().map(<[u8]>::len))
            .field("fault", &self.fault)
            .finish()
    }
}

/// An opened package.
pub struct Package<'a> {
    entries: Vec<Entry<'a>>,
    index: HashMap<String, usize>,
    limits: Limits,
    findings: Vec<Finding>,
    /// Bytes of XML parsed so far.
    parsed: AtomicUsize,
}

impl<'a> Package<'a> {
    /// Opens `bytes`, inflating everything within `limits`.
    ///
    /// # Errors
    /// A [`Refusal`] if the archive is damaged, ambiguous, encrypted or beyond the limits. A single file that does
    /// not inflate or fails its CRC-32 is a finding, so that a changed document can still be told what changed.
    pub fn open(bytes: &'a [u8], limits: &Limits) -> Result<Self, Refusal> {
        Self::open_knowing(bytes, limits, &[])
    }

    /// The same with fewer steps for files that lie in the archive exactly as known ones do.
    ///
    /// # Errors
    /// As [`Package::open`].
    pub fn open_knowing(bytes: &'a [u8], limits: &Limits, known: &[&KnownFiles]) -> Result<Self, Refusal> {
        let directory = archive::read(bytes, limits)?;
        let mut findings = directory.findings;
        let entries: Vec<_> = directory
            .members
            .into_iter()
            .map(|member| entry(bytes, member, known))
            .collect();
        for entry in &entries {
            let kind = match entry.fault {
                Some(EntryFault::Unreadable) => FindingKind::UnreadableEntry,
                Some(EntryFault::Crc) => FindingKind::EntryCrc,
                None => continue,
            };
            findings.push(Finding::at(kind, &entry.name));
        }
        let index = entries
            .iter()
            .enumerate()
            .map(|(index, entry)| (entry.name.clone(), index))
            .collect();
        Ok(Self {
            entries,
            index,
            limits: *limits,
            findings,
            parsed: AtomicUsize::new(0),
        })
    }

    /// What is odd about the container.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// The files in the order of the archive's directory.
    #[must_use]
    pub fn entries(&self) -> &[Entry<'a>] {
        &self.entries
    }

    /// The file at `path`, which may start with a slash. Paths are case-sensitive.
    #[must_use]
    pub fn entry(&self, path: &str) -> Option<&Entry<'a>> {
        let path = path.strip_prefix('/').unwrap_or(path);
        self.index.get(path).and_then(|index| self.entries.get(*index))
    }

    /// The bytes of the file at `path`.
    ///
    /// # Errors
    /// If it is missing or unreadable.
    pub fn file(&self, path: &str) -> Result<&[u8], Refusal> {
        let entry = self
            .entry(path)
            .ok_or_else(|| Refusal::at(Reason::MissingFile, path))?;
        entry
            .bytes()
            .ok_or_else(|| Refusal::at(Reason::UnreadableFile, path))
    }

    pub(super) fn limits(&self) -> &Limits {
        &self.limits
    }

    pub(super) fn has(&self, path: &str) -> bool {
        self.index.contains_key(path)
    }

    /// Parses the file at `path`, whatever its root.
    pub(super) fn parse(&self, path: &str) -> Result<Tree<'_>, Refusal> {
        let bytes = self.file(path)?;
        self.charge(bytes, path)?;
        Tree::parse(bytes, &self.limits).map_err(|reason| Refusal::at(reason, path))
    }

    /// Counts a file as parsed.
    pub(super) fn charge(&self, bytes: &[u8], path: &str) -> Result<(), Refusal> {
        let before = self.parsed.fetch_add(bytes.len(), Ordering::Relaxed);
        if before.saturating_add(bytes.len()) > self.limits.parsed {
            return Err(Refusal::at(Reason::TooLarge, path));
        }
        Ok(())
    }

    /// Parses the file at `path` and checks its root element.
    pub(super) fn tree(
        &self,
        path: &str,
        root: &str,
        findings: &mut Vec<Finding>,
    ) -> Result<Tree<'_>, Refusal> {
        let tree = self.parse(path)?;
        if tree.root().name() != root {
            return Err(Refusal::at(Reason::UnexpectedRoot, path));
        }
        if !tree.is_ofd() {
            findings.push(Finding::at(FindingKind::UnknownNamespace, path));
        }
        if tree.mixed {
            findings.push(Finding::at(FindingKind::MixedNamespaces, path));
        }
        Ok(tree)
    }

    /// The path of the file at `location`, as written in a file of the folder `base`.
    ///
    /// A location counts from its file's folder. Producers also count from the document's folder or from the root;
    /// those are tried next, and reported. A location that fits nowhere is resolved by the standard's rule.
    pub(super) fn locate(
        &self,
        location: &str,
        base: &str,
        document: &str,
        findings: &mut Vec<Finding>,
    ) -> Result<String, Reason> {
        if is_external(location) {
            findings.push(Finding::at(FindingKind::ExternalLocation, location));
        }
        let standard = resolve(base, location).ok_or(Reason::Location)?;
        if self.has(&standard) {
            return Ok(standard);
        }
        for other in [document, ""] {
            if let Some(path) = resolve(other, location).filter(|path| self.has(path)) {
                findings.push(Finding::at(FindingKind::UnusualLocation, &path));
                return Ok(path);
            }
        }
        Ok(standard)
    }
}

impl fmt::Debug for Package<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Package")
            .field("entries", &self.entries.len())
            .field("findings", &self.findings)
            .finish()
    }
}

fn entry<'a>(bytes: &'a [u8], member: Member, known: &[&KnownFiles]) -> Entry<'a> {
    let packed = bytes
        .get(member.data.clone())
        .expect("the directory checked every range");
    let lie = Lie {
        deflated: member.deflated,
        crc32: member.crc32,
        packed: packed.len(),
        size: member.size,
    };
    let (held, fault) = match known.iter().find_map(|known| known.find(&lie, packed)) {
        Some(known) => (Held::Known(Arc::clone(known)), None),
        None => unpack(packed, &member),
    };
    Entry {
        name: member.name,
        lie,
        packed,
        held,
        fault,
        digest: OnceLock::new(),
    }
}

fn unpack<'a>(packed: &'a [u8], member: &Member) -> (Held<'a>, Option<EntryFault>) {
    let bytes = if member.deflated {
        inflate(packed, member.size).map(Cow::Owned)
    } else {
        Some(Cow::Borrowed(packed))
    };
    match bytes {
        None => (Held::Nowhere, Some(EntryFault::Unreadable)),
        Some(bytes) => {
            let fault = (crc32fast::hash(&bytes) != member.crc32).then_some(EntryFault::Crc);
            (Held::Here(bytes), fault)
        }
    }
}
