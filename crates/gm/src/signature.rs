//! Signature values.

use std::fmt;

use crate::{
    asn1::{Reader, Writer, tag},
    key::Algorithm,
};

/// The bytes are no signature value, or the value does not fit message and key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid signature")]
pub struct InvalidSignature;

/// A pair (r, s), each in [1, n-1] for the curve of its algorithm.
///
/// Read from `SEQUENCE{INTEGER, INTEGER}` or from raw r‖s, which one vendor writes (domain §4.7); always written
/// as DER (GB/T 35276).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Signature {
    algorithm: Algorithm,
    r: [u8; 32],
    s: [u8; 32],
}

impl Signature {
    /// Reads either encoding. Values outside [1, n-1] and trailing bytes are refused.
    pub fn parse(algorithm: Algorithm, bytes: &[u8]) -> Result<Self, InvalidSignature> {
        let (r, s) = match Self::parse_der(bytes) {
            Some(pair) => pair,
            None => {
                let (r, s) = bytes.split_at_checked(32).ok_or(InvalidSignature)?;
                (scalar(r)?, scalar(s)?)
            }
        };
        Self::from_scalars(algorithm, r, s)
    }

    /// Takes r and s as big-endian numbers.
    pub fn from_scalars(algorithm: Algorithm, r: [u8; 32], s: [u8; 32]) -> Result<Self, InvalidSignature> {
        let order = algorithm.order();
        let in_range = |value: &[u8; 32]| *value != [0; 32] && value < order;
        if in_range(&r) && in_range(&s) {
            Ok(Self { algorithm, r, s })
        } else {
            Err(InvalidSignature)
        }
    }

    fn parse_der(bytes: &[u8]) -> Option<([u8; 32], [u8; 32])> {
        let mut outer = Reader::new(bytes);
        let mut pair = outer.sequence().ok()?;
        outer.finish().ok()?;
        let mut number = || {
            let content = pair.expect(tag::INTEGER).ok()?.content();
            let negative = content.first()? & 0x80 != 0;
            let zeros = content.iter().take_while(|byte| **byte == 0).count();
            let digits = content.get(zeros..).filter(|_| !negative)?;
            let mut value = [0; 32];
            value
                .get_mut(32usize.checked_sub(digits.len())?..)?
                .copy_from_slice(digits);
            Some(value)
        };
        let value = (number()?, number()?);
        pair.finish().ok()?;
        Some(value)
    }

    /// Which algorithm the value belongs to.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// r as a big-endian number.
    #[must_use]
    pub const fn r(&self) -> &[u8; 32] {
        &self.r
    }

    /// s as a big-endian number.
    #[must_use]
    pub const fn s(&self) -> &[u8; 32] {
        &self.s
    }

    /// `SEQUENCE{INTEGER r, INTEGER s}`
    #[must_use]
    pub fn to_der(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        writer.sequence(|pair| {
            pair.unsigned(&self.r).unsigned(&self.s);
        });
        writer.finish()
    }

    /// r‖s
    #[must_use]
    pub fn to_raw(&self) -> [u8; 64] {
        let mut raw = [0; 64];
        let (r, s) = raw.split_at_mut(32);
        r.copy_from_slice(&self.r);
        s.copy_from_slice(&self.s);
        raw
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signature")
            .field("algorithm", &self.algorithm)
            .finish_non_exhaustive()
    }
}

fn scalar(bytes: &[u8]) -> Result<[u8; 32], InvalidSignature> {
    bytes.try_into().map_err(|_| InvalidSignature)
}
