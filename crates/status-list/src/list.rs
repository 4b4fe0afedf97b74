//! The bit array and its compression (draft §4).

use std::io::{Read as _, Write as _};

use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;
use thiserror::Error;

/// What a list says of an entry (draft §7.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Status {
    /// 有效. Also of entries that nobody has.
    Valid = 0,
    /// 无效: revoked, superseded, ended. For ever.
    Invalid = 1,
    /// 暂扣: for the time being.
    Suspended = 2,
}

/// Bits of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Bits {
    /// Two statuses.
    One = 1,
    /// Four; what this register publishes.
    Two = 2,
    /// Sixteen.
    Four = 4,
    /// 256.
    Eight = 8,
}

impl Bits {
    /// The size with this number; none if there is none.
    #[must_use]
    pub const fn new(bits: u8) -> Option<Self> {
        match bits {
            1 => Some(Self::One),
            2 => Some(Self::Two),
            4 => Some(Self::Four),
            8 => Some(Self::Eight),
            _ => None,
        }
    }

    const fn per_byte(self) -> u32 {
        8 / self as u32
    }

    const fn mask(self) -> u8 {
        u8::MAX >> (8 - self as u8)
    }
}

/// Statuses by index. Entries come in whole bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusList {
    bits: Bits,
    bytes: Vec<u8>,
}

/// Why bytes are no list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ListFault {
    /// Not one stream of zlib to its end.
    #[error("the list is not one whole zlib stream")]
    Compression,
    /// More entries than are read.
    #[error("the list is larger than what is read")]
    Large,
}

impl StatusList {
    /// A list of so many entries, rounded up to a whole byte, all valid.
    #[must_use]
    pub fn new(bits: Bits, entries: u32) -> Self {
        let bytes = entries.div_ceil(bits.per_byte());
        Self {
            bits,
            bytes: vec![0; usize::try_from(bytes).unwrap_or(usize::MAX)],
        }
    }

    /// How many entries there are.
    #[must_use]
    pub const fn entries(&self) -> u64 {
        self.bytes.len() as u64 * self.bits.per_byte() as u64
    }

    /// Bits of an entry.
    #[must_use]
    pub const fn bits(&self) -> Bits {
        self.bits
    }

    /// The value of an entry; none if there is no such entry.
    #[must_use]
    pub fn value(&self, index: u32) -> Option<u8> {
        let (byte, shift) = self.place(index);
        let byte = self.bytes.get(byte)?;
        Some((byte >> shift) & self.bits.mask())
    }

    /// Sets an entry; `false`, and nothing done, if there is no such entry or its bits cannot say it.
    #[must_use = "an entry that does not exist keeps no status"]
    pub fn set(&mut self, index: u32, status: Status) -> bool {
        self.set_value(index, status as u8)
    }

    /// As [`StatusList::set`], for values of other registers.
    #[must_use = "an entry that does not exist keeps no status"]
    pub fn set_value(&mut self, index: u32, value: u8) -> bool {
        let (byte, shift) = self.place(index);
        let mask = self.bits.mask();
        match self.bytes.get_mut(byte) {
            Some(byte) if value <= mask => {
                *byte = *byte & !(mask << shift) | (value << shift);
                true
            }
            _ => false,
        }
    }

    /// The byte of an entry, and how far it stands from its lowest bit.
    fn place(&self, index: u32) -> (usize, u32) {
        let per_byte = self.bits.per_byte();
        let byte = usize::try_from(index / per_byte).unwrap_or(usize::MAX);
        (byte, index % per_byte * self.bits as u32)
    }

    /// The bytes in zlib (RFC 1950), as small as it makes them.
    #[must_use]
    pub fn compress(&self) -> Vec<u8> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
        // Writing to memory does not fail.
        let written = encoder.write_all(&self.bytes).and_then(|()| encoder.finish());
        written.unwrap_or_default()
    }

    /// Reads a compressed list of at most so many entries: whatever else the stream would inflate to is not inflated.
    ///
    /// # Errors
    /// If it is no whole zlib stream, or has more entries.
    pub fn decompress(bits: Bits, packed: &[u8], most: u32) -> Result<Self, ListFault> {
        let limit = u64::from(most.div_ceil(bits.per_byte()));
        let mut decoder = ZlibDecoder::new(packed);
        let mut bytes = Vec::new();
        let read = decoder.by_ref().take(limit + 1).read_to_end(&mut bytes);
        if read.map_err(|_| ListFault::Compression)? as u64 > limit {
            return Err(ListFault::Large);
        }
        if decoder.total_in() != packed.len() as u64 {
            return Err(ListFault::Compression);
        }
        Ok(Self { bits, bytes })
    }
}

impl TryFrom<u8> for Status {
    type Error = u8;

    /// The status with this value; others mean what their register says they do.
    fn try_from(value: u8) -> Result<Self, u8> {
        match value {
            0 => Ok(Self::Valid),
            1 => Ok(Self::Invalid),
            2 => Ok(Self::Suspended),
            other => Err(other),
        }
    }
}
