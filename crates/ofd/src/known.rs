//! Files that many packages share, kept by their bytes.
//!
//! Fonts, template page, resources and seal are the same in hundreds of thousands of certificates. A file that lies in
//! an archive exactly as one kept here needs no inflating, no checksum and no digest: what equal bytes gave once, they
//! give again. Files are looked up by what the archive states about them and then compared byte by byte, so neither a
//! name nor a stated checksum is taken on trust.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};

use crate::read::{Entry, Limits, Package, PageContent, Refusal, inflate};
use crate::write::Part;

/// How a file lies in an archive.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Lie {
    pub(crate) deflated: bool,
    pub(crate) crc32: u32,
    pub(crate) packed: usize,
    pub(crate) size: usize,
}

/// A file with what was learnt from its bytes.
pub(crate) struct KnownFile {
    part: Part,
    /// What it draws as a template page under these limits, if nothing about it is odd.
    template: OnceLock<(Limits, PageContent)>,
    used: AtomicBool,
}

impl KnownFile {
    pub(crate) fn part(&self) -> &Part {
        &self.part
    }

    pub(crate) fn template(&self, limits: &Limits) -> Option<&PageContent> {
        let (under, content) = self.template.get()?;
        (under == limits).then_some(content)
    }

    pub(crate) fn keep_template(&self, limits: &Limits, content: &PageContent) {
        // Whoever came first is kept; under equal limits the content is the same.
        let _ = self.template.set((*limits, content.clone()));
    }
}

/// A set of known files.
#[derive(Clone, Default)]
pub struct KnownFiles {
    files: HashMap<Lie, Arc<KnownFile>>,
    held: usize,
}

impl fmt::Debug for KnownFiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KnownFiles")
            .field("files", &self.files.len())
            .field("held", &self.held)
            .finish()
    }
}

impl KnownFiles {
    /// The files of these parts, each as it is packed. A part whose packed form does not give back its bytes is left
    /// out, so that its file is read like any other.
    #[must_use]
    pub fn of(parts: impl IntoIterator<Item = Part>) -> Self {
        let mut known = Self::default();
        for part in parts {
            known.insert(part);
        }
        known
    }

    fn insert(&mut self, part: Part) {
        let sound = part
            .deflated()
            .is_none_or(|packed| inflate(packed, part.bytes().len()).as_deref() == Some(part.bytes()));
        if !sound {
            return;
        }
        let lie = Lie {
            deflated: part.deflated().is_some(),
            crc32: part.crc32(),
            packed: part.packed().len(),
            size: part.bytes().len(),
        };
        self.held += lie.packed + lie.size;
        let file = KnownFile {
            part,
            template: OnceLock::new(),
            used: AtomicBool::new(true),
        };
        if let Some(before) = self.files.insert(lie, Arc::new(file)) {
            self.held -= before.part.packed().len() + before.part.bytes().len();
        }
    }

    /// The known file that lies so, and whose packed bytes are these.
    pub(crate) fn find(&self, lie: &Lie, packed: &[u8]) -> Option<&Arc<KnownFile>> {
        let known = self
            .files
            .get(lie)
            .filter(|known| known.part.packed() == packed)?;
        known.used.store(true, Ordering::Relaxed);
        Some(known)
    }

    /// Forgets what was not used since the last time, or everything if that is not enough.
    fn shrink(&mut self) {
        self.files
            .retain(|_, known| known.used.swap(false, Ordering::Relaxed));
        self.held = self.files.keys().map(|lie| lie.packed + lie.size).sum();
        if self.held > MOST_HELD / 2 {
            self.files.clear();
            self.held = 0;
        }
    }
}

/// Bytes that a [`FileMemory`] holds at most, and the largest file that it keeps.
const MOST_HELD: usize = 16 << 20;
const LARGEST: usize = 1 << 20;
/// Places for files seen once.
const SEEN: usize = 4096;

/// Learns the files that come again: a file is kept when it is met for the second time. For a server that opens
/// packages of anybody; it holds a bounded amount, and costs nothing but time if all packages differ. Share it between
/// threads.
pub struct FileMemory {
    known: RwLock<Arc<KnownFiles>>,
    seen: Mutex<Vec<u64>>,
}

impl Default for FileMemory {
    fn default() -> Self {
        Self {
            known: RwLock::default(),
            seen: Mutex::new(vec![0; SEEN]),
        }
    }
}

impl fmt::Debug for FileMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("FileMemory").field(&self.known()).finish()
    }
}

impl FileMemory {
    /// Opens a package as [`Package::open`] does, and learns from it.
    ///
    /// # Errors
    /// As [`Package::open`].
    pub fn open<'a>(&self, bytes: &'a [u8], limits: &Limits) -> Result<Package<'a>, Refusal> {
        let package = Package::open_knowing(bytes, limits, &[&self.known()])?;
        self.learn(&package);
        Ok(package)
    }

    fn known(&self) -> Arc<KnownFiles> {
        Arc::clone(&self.known.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn learn(&self, package: &Package<'_>) {
        let again: Vec<Part> = {
            let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            package
                .entries()
                .iter()
                .filter(|entry| is_again(&mut seen, entry))
                .filter_map(Entry::to_part)
                .collect()
        };
        if again.is_empty() {
            return;
        }
        let mut known = KnownFiles::clone(&self.known());
        for part in again {
            known.insert(part);
        }
        if known.held > MOST_HELD {
            known.shrink();
        }
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(known);
    }
}

/// Whether a file was seen before; if not, it is now.
fn is_again(seen: &mut [u64], entry: &Entry<'_>) -> bool {
    let Some((crc32, size)) = entry.unknown().filter(|(_, size)| (1..LARGEST).contains(size)) else {
        return false;
    };
    let mark = u64::from(crc32) << 32 | size as u64;
    let count = seen.len().max(1);
    let Some(place) = seen.get_mut(crc32 as usize % count) else {
        return false;
    };
    std::mem::replace(place, mark) == mark
}
