//! A complete document whose signature is still zeros.

use std::ops::Range;

use crate::{
    read::{Limits, Pdf, ReadError},
    verify::{self, Coverage},
};

/// A complete document that waits for its CMS.
#[derive(Clone)]
pub struct Unsigned {
    pub(crate) bytes: Vec<u8>,
    /// The hexadecimal string of `/Contents` with its brackets: all that is not signed.
    pub(crate) gap: Range<usize>,
    pub(crate) digest: [u8; 32],
}

/// A document is personal: only sizes and digest are shown.
impl std::fmt::Debug for Unsigned {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Unsigned")
            .field("length", &self.bytes.len())
            .field("byte_range_sha256", &hex::encode(self.digest))
            .finish_non_exhaustive()
    }
}

/// The CMS does not fit the room the template reserved for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("CMS of {needed} bytes does not fit the {reserved} reserved by the template")]
pub struct ContentsTooSmall {
    /// Length of the CMS.
    pub needed: usize,
    /// Length that fits.
    pub reserved: usize,
}

impl Unsigned {
    /// Takes up a stored unsigned document, after a crash between intent and signature. The file must have one
    /// signature field with nothing but zeros in it and a byte range over all the rest.
    pub fn reopen(bytes: Vec<u8>) -> Result<Self, ReadError> {
        let examination = verify::examine(&Pdf::open(&bytes, Limits::default())?)?;
        let [signature] = examination.signatures.as_slice() else {
            return Err(ReadError::Syntax("not exactly one signature field"));
        };
        let [_, first, second, _] = signature.byte_range;
        let contents = bytes
            .get(first..second)
            .and_then(|gap| gap.strip_prefix(b"<")?.strip_suffix(b">"));
        let untouched = contents.is_some_and(|digits| digits.iter().all(|digit| *digit == b'0'));
        let digest = signature
            .sha256()
            .filter(|_| untouched && signature.coverage == Coverage::WholeFile);
        let digest = digest.ok_or(ReadError::Syntax("not a document that waits for its signature"))?;
        Ok(Self {
            bytes,
            gap: first..second,
            digest,
        })
    }

    /// SHA-256 of everything but the signature value: the message digest of the CMS.
    pub fn byte_range_sha256(&self) -> [u8; 32] {
        self.digest
    }

    /// The two parts of the file that are signed, in order, for digests other than SHA-256 (SM3).
    pub fn signed_parts(&self) -> [&[u8]; 2] {
        let part = |range: Range<usize>| self.bytes.get(range).unwrap_or_default();
        [part(0..self.gap.start), part(self.gap.end..self.bytes.len())]
    }

    /// The whole file with zeros for a signature; it is a readable PDF, fit for checks before signing.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// `[0 a b c]` as written in the file.
    pub fn byte_range(&self) -> [usize; 4] {
        [0, self.gap.start, self.gap.end, self.bytes.len() - self.gap.end]
    }

    /// Longest CMS that fits, in bytes.
    pub fn contents_reserve(&self) -> usize {
        self.gap.len().saturating_sub(2) / 2
    }

    /// Puts the CMS (DER) in place. The bytes outside of `/Contents` stay as they are.
    pub fn sign(mut self, cms: &[u8]) -> Result<Vec<u8>, ContentsTooSmall> {
        let reserved = self.contents_reserve();
        let too_small = ContentsTooSmall {
            needed: cms.len(),
            reserved,
        };
        let start = self.gap.start + 1;
        let target = self
            .bytes
            .get_mut(start..start + 2 * cms.len().min(reserved))
            .ok_or(too_small)?;
        hex::encode_to_slice(cms, target).map_err(|_| too_small)?;
        Ok(self.bytes)
    }
}
