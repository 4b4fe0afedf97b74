//! A ZIP file written forward, one whole file at a time: stored, with names and times of our own making, so that the same
//! files give the same bytes. Nothing but the directory is kept in memory.

use sha2::{Digest as _, Sha256};

/// 1980-01-01 00:00 in MS-DOS form: times carry no meaning here.
const DOS_TIME: u16 = 0;
const DOS_DATE: u16 = 0x0021;
/// 2.0: folders and stored files.
const VERSION: u16 = 20;
const LOCAL: u32 = 0x0403_4b50;
const CENTRAL: u32 = 0x0201_4b50;
const END: u32 = 0x0605_4b50;

/// The file has grown beyond what the format holds without ZIP64.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the package is larger than 4 GiB")]
pub(super) struct TooLarge;

/// What is written so far.
#[derive(Debug, Default)]
pub(super) struct Archive {
    offset: u32,
    directory: Vec<u8>,
    entries: u16,
    sha256: Sha256,
}

impl Archive {
    /// What goes before the bytes of a file, which the caller writes next, whole. Names are ASCII and ours.
    pub(super) fn begin_file(&mut self, name: &str, content: &[u8]) -> Result<Vec<u8>, TooLarge> {
        let size = u32::try_from(content.len()).map_err(|_| TooLarge)?;
        let length = u16::try_from(name.len()).map_err(|_| TooLarge)?;
        let mut fields = Vec::with_capacity(32);
        put16(&mut fields, &[VERSION, 0, 0, DOS_TIME, DOS_DATE]);
        put32(&mut fields, &[crc32fast::hash(content), size, size]);
        put16(&mut fields, &[length, 0]);

        let mut header = LOCAL.to_le_bytes().to_vec();
        header.extend_from_slice(&fields);
        header.extend_from_slice(name.as_bytes());

        put32(&mut self.directory, &[CENTRAL]);
        put16(&mut self.directory, &[VERSION]);
        self.directory.extend_from_slice(&fields);
        put16(&mut self.directory, &[0, 0, 0]);
        put32(&mut self.directory, &[0, self.offset]);
        self.directory.extend_from_slice(name.as_bytes());
        self.entries = self.entries.checked_add(1).ok_or(TooLarge)?;

        let written = u32::try_from(header.len()).map_err(|_| TooLarge)?;
        let end = self
            .offset
            .checked_add(written)
            .and_then(|end| end.checked_add(size));
        self.offset = end.ok_or(TooLarge)?;
        self.sha256.update(&header);
        self.sha256.update(content);
        Ok(header)
    }

    /// The directory, which ends the file, and the SHA-256 of the whole.
    pub(super) fn finish(mut self) -> Result<(Vec<u8>, [u8; 32]), TooLarge> {
        let size = u32::try_from(self.directory.len()).map_err(|_| TooLarge)?;
        let mut end = self.directory;
        put32(&mut end, &[END]);
        put16(&mut end, &[0, 0, self.entries, self.entries]);
        put32(&mut end, &[size, self.offset]);
        put16(&mut end, &[0]);
        self.sha256.update(&end);
        Ok((end, self.sha256.finalize().into()))
    }
}

fn put16(out: &mut Vec<u8>, fields: &[u16]) {
    for field in fields {
        out.extend_from_slice(&field.to_le_bytes());
    }
}

fn put32(out: &mut Vec<u8>, fields: &[u32]) {
    for field in fields {
        out.extend_from_slice(&field.to_le_bytes());
    }
}
