//! A ZIP writer for small archives: fixed times, ASCII names, sizes known beforehand, deterministic bytes.

use flate2::{Compress, Compression, FlushCompress, Status};

use super::part::Part;

/// 1980-01-01 00:00 in MS-DOS form, the earliest date the format has. Archive times carry no meaning here.
const DOS_DATE: u16 = 0x0021;
const DOS_TIME: u16 = 0;
const VERSION: u16 = 20;
const STORED: u16 = 0;
const DEFLATED: u16 = 8;

/// One file as it lies in the archive.
struct Entry {
    name: String,
    method: u16,
    crc32: u32,
    packed: u32,
    size: u32,
    offset: u32,
}

/// An archive. It can be closed by its directory, read, and opened again for more files.
#[derive(Default)]
pub(super) struct Archive {
    out: Vec<u8>,
    entries: Vec<Entry>,
    parts: Vec<Part>,
    /// Where the directory starts, if the archive is closed.
    directory: Option<usize>,
}

impl Archive {
    /// Makes room for so many bytes more.
    pub(super) fn reserve(&mut self, bytes: usize) {
        self.out.reserve(bytes);
        self.entries.reserve(24);
        self.parts.reserve(24);
    }

    /// Appends a file.
    pub(super) fn add(&mut self, name: &str, part: Part) {
        self.reopen();
        let entry = Entry {
            name: name.to_owned(),
            method: if part.deflated().is_some() {
                DEFLATED
            } else {
                STORED
            },
            crc32: part.crc32(),
            packed: length(part.packed().len()),
            size: length(part.bytes().len()),
            offset: length(self.out.len()),
        };
        self.write(entry, part.packed());
        self.parts.push(part);
    }

    /// Appends a file of which no digest is wanted.
    pub(super) fn add_bytes(&mut self, name: &str, bytes: &[u8]) {
        self.reopen();
        let entry = Entry {
            name: name.to_owned(),
            method: STORED,
            crc32: crc32fast::hash(bytes),
            packed: length(bytes.len()),
            size: length(bytes.len()),
            offset: length(self.out.len()),
        };
        self.write(entry, bytes);
    }

    fn write(&mut self, entry: Entry, packed: &[u8]) {
        self.out.extend_from_slice(&0x0403_4b50_u32.to_le_bytes());
        entry.common(&mut self.out);
        self.out.extend_from_slice(entry.name.as_bytes());
        self.out.extend_from_slice(packed);
        self.entries.push(entry);
    }

    fn reopen(&mut self) {
        if let Some(directory) = self.directory.take() {
            self.out.truncate(directory);
        }
    }

    /// The files with their names, in order.
    pub(super) fn files(&self) -> impl ExactSizeIterator<Item = (&str, &Part)> {
        let names = self.entries.iter().map(|entry| entry.name.as_str());
        names.zip(&self.parts)
    }

    /// The files, in order.
    pub(super) fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// Closes the archive with its directory.
    pub(super) fn close(&mut self) {
        if self.directory.is_some() {
            return;
        }
        let directory = self.out.len();
        self.directory = Some(directory);
        for entry in &self.entries {
            self.out.extend_from_slice(&0x0201_4b50_u32.to_le_bytes());
            self.out.extend_from_slice(&VERSION.to_le_bytes());
            entry.common(&mut self.out);
            // comment length, disk, internal attributes, external attributes
            self.out.extend_from_slice(&[0; 10]);
            self.out.extend_from_slice(&entry.offset.to_le_bytes());
            self.out.extend_from_slice(entry.name.as_bytes());
        }
        let size = length(self.out.len() - directory);
        let count = u16::try_from(self.entries.len()).expect("a document has a few dozen files");
        self.out.extend_from_slice(&0x0605_4b50_u32.to_le_bytes());
        self.out.extend_from_slice(&[0; 4]);
        self.out.extend_from_slice(&count.to_le_bytes());
        self.out.extend_from_slice(&count.to_le_bytes());
        self.out.extend_from_slice(&size.to_le_bytes());
        self.out.extend_from_slice(&length(directory).to_le_bytes());
        self.out.extend_from_slice(&[0; 2]);
    }

    /// The bytes of a closed archive.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.out
    }

    /// The bytes of the archive, closed.
    pub(super) fn finish(mut self) -> Vec<u8> {
        self.close();
        self.out
    }
}

impl Entry {
    /// The fields that local header and directory share, from "version needed" to "extra length".
    fn common(&self, out: &mut Vec<u8>) {
        for value in [VERSION, 0, self.method, DOS_TIME, DOS_DATE] {
            out.extend_from_slice(&value.to_le_bytes());
        }
        for value in [self.crc32, self.packed, self.size] {
            out.extend_from_slice(&value.to_le_bytes());
        }
        let name = u16::try_from(self.name.len()).expect("names are short paths of this crate");
        out.extend_from_slice(&name.to_le_bytes());
        out.extend_from_slice(&0_u16.to_le_bytes());
    }
}

/// Raw DEFLATE of `bytes` as small as can be, or nothing if that is not smaller. Only for files packed once and written
/// many times: a document's own files are stored, since packing them costs more than all the rest of its making and
/// saves a fifth of its size.
pub(super) fn deflate(bytes: &[u8]) -> Option<Vec<u8>> {
    // Output as long as the input is already no gain: the compressor may stop there.
    let mut out = Vec::with_capacity(bytes.len());
    let mut compress = Compress::new(Compression::best(), false);
    match compress.compress_vec(bytes, &mut out, FlushCompress::Finish) {
        Ok(Status::StreamEnd) if out.len() < bytes.len() => Some(out),
        _ => None,
    }
}

fn length(value: usize) -> u32 {
    u32::try_from(value).expect("a document is far below 4 GiB")
}
