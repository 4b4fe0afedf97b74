//! Little-endian numbers, read within bounds.

use crate::read::finding::{Reason, Refusal};

pub(super) struct Cursor<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn take(&mut self, count: usize) -> Result<&'a [u8], Refusal> {
        let damaged = || Refusal::new(Reason::ArchiveDamaged);
        let end = self.at.checked_add(count).ok_or_else(damaged)?;
        let slice = self.bytes.get(self.at..end).ok_or_else(damaged)?;
        self.at = end;
        Ok(slice)
    }

    pub(super) fn skip(&mut self, count: usize) -> Result<(), Refusal> {
        self.take(count).map(|_| ())
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Refusal> {
        self.take(N)?
            .try_into()
            .map_err(|_| Refusal::new(Reason::ArchiveDamaged))
    }

    pub(super) fn u16(&mut self) -> Result<u16, Refusal> {
        self.array().map(u16::from_le_bytes)
    }

    pub(super) fn u32(&mut self) -> Result<u32, Refusal> {
        self.array().map(u32::from_le_bytes)
    }

    pub(super) fn u64(&mut self) -> Result<u64, Refusal> {
        self.array().map(u64::from_le_bytes)
    }
}

pub(super) fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Cursor { bytes, at }.u16().ok()
}

pub(super) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Cursor { bytes, at }.u32().ok()
}

pub(super) fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Cursor { bytes, at }.u64().ok()
}
