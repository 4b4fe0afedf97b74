//! Files that do not change between documents, with what packing them costs already paid.

use std::fmt;
use std::sync::{Arc, OnceLock};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::zip::deflate;
use crate::digest::{Digest, sm3, sm3_of_all};

/// The bytes of one file with its CRC-32, its SM3 once that is asked for and, if that is smaller, its deflated form.
/// Cheap to clone.
///
/// Keep a `Part` for whatever goes into many documents: a seal, a font, a photo since its upload.
#[derive(Clone)]
pub struct Part(Arc<Inner>);

struct Inner {
    bytes: Vec<u8>,
    digest: OnceLock<Digest>,
    crc32: u32,
    deflated: Option<Vec<u8>>,
}

impl Part {
    /// A part stored without compression: for JPEG, PNG, and fonts of one document.
    #[must_use]
    pub fn stored(bytes: Vec<u8>) -> Self {
        Self::packed_as(bytes, None)
    }

    /// A part deflated as well as possible, or stored if that does not pay: for what is packed many times.
    #[must_use]
    pub fn compressed(bytes: Vec<u8>) -> Self {
        let deflated = deflate(&bytes);
        Self::packed_as(bytes, deflated)
    }

    /// A part whose packed form was made elsewhere; it must be one of these bytes.
    ///
    /// Digest and checksum are always computed from the very bytes: whoever has a part need not compute them again.
    pub(crate) fn packed_as(bytes: Vec<u8>, deflated: Option<Vec<u8>>) -> Self {
        Self(Arc::new(Inner {
            crc32: crc32fast::hash(&bytes),
            bytes,
            digest: OnceLock::new(),
            deflated,
        }))
    }

    /// Computes the digests of all these parts that have none yet, side by side: several times as fast as one by one.
    pub fn digest_together<'p>(parts: impl Iterator<Item = &'p Self>) {
        let without: Vec<&Self> = parts.filter(|part| part.0.digest.get().is_none()).collect();
        let bytes: Vec<&[u8]> = without.iter().map(|part| part.bytes()).collect();
        for (part, digest) in without.into_iter().zip(sm3_of_all(&bytes)) {
            // Whoever came first is kept; of equal bytes the digest is equal.
            let _ = part.0.digest.set(digest);
        }
    }

    /// The file's bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0.bytes
    }

    /// SM3 of the bytes.
    #[must_use]
    pub fn digest(&self) -> Digest {
        *self.0.digest.get_or_init(|| sm3(self.bytes()))
    }

    /// CRC-32 of the bytes.
    #[must_use]
    pub fn crc32(&self) -> u32 {
        self.0.crc32
    }

    /// The digest as a reference states it.
    pub(super) fn check_value(&self) -> String {
        STANDARD.encode(self.digest())
    }

    pub(crate) fn deflated(&self) -> Option<&[u8]> {
        self.0.deflated.as_deref()
    }

    /// The bytes as they lie in an archive.
    pub(crate) fn packed(&self) -> &[u8] {
        self.deflated().unwrap_or(&self.0.bytes)
    }
}

impl fmt::Debug for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Part")
            .field("length", &self.0.bytes.len())
            .finish_non_exhaustive()
    }
}
