//! Files that do not change between documents, with what packing them costs already paid.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::zip::deflate;
use crate::digest::{Digest, sm3};

/// The bytes of one file with its SM3, CRC-32 and, if that is smaller, its deflated form. Cheap to clone.
///
/// Keep a `Part` for whatever goes into many documents: a seal, a font, a photo since its upload.
#[derive(Clone)]
pub struct Part(Arc<Inner>);

struct Inner {
    bytes: Vec<u8>,
    digest: Digest,
    check_value: String,
    crc32: u32,
    deflated: Option<Vec<u8>>,
}

impl Part {
    /// A part stored without compression: for JPEG, PNG, and fonts of one document.
    #[must_use]
    pub fn stored(bytes: Vec<u8>) -> Self {
        let (digest, crc32) = (sm3(&bytes), crc32fast::hash(&bytes));
        Self::new(bytes, digest, crc32, None)
    }

    /// A part deflated as well as possible, or stored if that does not pay: for what is packed many times.
    #[must_use]
    pub fn compressed(bytes: Vec<u8>) -> Self {
        let (digest, crc32) = (sm3(&bytes), crc32fast::hash(&bytes));
        let deflated = deflate(&bytes);
        Self::new(bytes, digest, crc32, deflated)
    }

    /// A part whose packed form was made elsewhere; it must be one of these bytes.
    pub(crate) fn packed_as(bytes: Vec<u8>, deflated: Option<Vec<u8>>) -> Self {
        let (digest, crc32) = (sm3(&bytes), crc32fast::hash(&bytes));
        Self::new(bytes, digest, crc32, deflated)
    }

    /// Digest and checksum are always computed from the very bytes: whoever has a part need not compute them again.
    fn new(bytes: Vec<u8>, digest: Digest, crc32: u32, deflated: Option<Vec<u8>>) -> Self {
        Self(Arc::new(Inner {
            bytes,
            digest,
            check_value: STANDARD.encode(digest),
            crc32,
            deflated,
        }))
    }

    /// The file's bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0.bytes
    }

    /// SM3 of the bytes.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.0.digest
    }

    /// CRC-32 of the bytes.
    #[must_use]
    pub fn crc32(&self) -> u32 {
        self.0.crc32
    }

    pub(super) fn check_value(&self) -> &str {
        &self.0.check_value
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
