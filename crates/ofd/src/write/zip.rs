//! A ZIP writer for small archives: fixed times, ASCII names, sizes known beforehand, deterministic bytes.

use std::cell::RefCell;

use flate2::{Compress, Compression, FlushCompress, Status};

/// 1980-01-01 00:00 in MS-DOS form, the earliest date the format has. Archive times carry no meaning here.
const DOS_DATE: u16 = 0x0021;
const DOS_TIME: u16 = 0;
/// Below this many bytes resetting the compressor costs more than the hundred bytes saved are worth.
const WORTH_DEFLATING: usize = 512;
const VERSION: u16 = 20;
const STORED: u16 = 0;
const DEFLATED: u16 = 8;

/// How hard to try.
#[derive(Clone, Copy)]
pub(super) enum Level {
    /// For files packed once.
    Fast,
    /// For files packed once and written many times.
    Best,
}

/// One file as it lies in the archive.
struct Entry {
    name: String,
    method: u16,
    crc32: u32,
    packed: u32,
    size: u32,
    offset: u32,
}

/// An archive under construction.
#[derive(Default)]
pub(super) struct Archive {
    out: Vec<u8>,
    entries: Vec<Entry>,
}

impl Archive {
    pub(super) fn with_capacity(bytes: usize) -> Self {
        Self {
            out: Vec::with_capacity(bytes),
            entries: Vec::with_capacity(24),
        }
    }

    /// Appends a file. `deflated` is its packed form if it has one.
    pub(super) fn add(&mut self, name: &str, bytes: &[u8], crc32: u32, deflated: Option<&[u8]>) {
        let data = deflated.unwrap_or(bytes);
        let entry = Entry {
            name: name.to_owned(),
            method: if deflated.is_some() { DEFLATED } else { STORED },
            crc32,
            packed: length(data.len()),
            size: length(bytes.len()),
            offset: length(self.out.len()),
        };
        self.out.extend_from_slice(&0x0403_4b50_u32.to_le_bytes());
        entry.common(&mut self.out);
        self.out.extend_from_slice(entry.name.as_bytes());
        self.out.extend_from_slice(data);
        self.entries.push(entry);
    }

    /// Appends a file, deflated in passing if that saves more than it costs.
    pub(super) fn add_deflated(&mut self, name: &str, bytes: &[u8]) {
        let deflated = if bytes.len() < WORTH_DEFLATING {
            None
        } else {
            deflate(bytes, Level::Fast)
        };
        self.add(name, bytes, crc32fast::hash(bytes), deflated.as_deref());
    }

    /// The archive as it stands, closed by its directory.
    pub(super) fn finish(mut self) -> Vec<u8> {
        let directory = self.out.len();
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
        self.out
    }

    /// The same, leaving this archive open.
    pub(super) fn snapshot(&self) -> Vec<u8> {
        let entries = self.entries.iter().map(Entry::duplicate).collect();
        Self {
            out: self.out.clone(),
            entries,
        }
        .finish()
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

    fn duplicate(&self) -> Self {
        Self {
            name: self.name.clone(),
            ..*self
        }
    }
}

/// Raw DEFLATE of `bytes`, or nothing if that is not smaller. The compressor's state is kept per thread: making one
/// costs more than packing a small file.
pub(super) fn deflate(bytes: &[u8], level: Level) -> Option<Vec<u8>> {
    thread_local! {
        static FAST: RefCell<Compress> = RefCell::new(Compress::new(Compression::new(1), false));
    }
    match level {
        Level::Fast => FAST.with_borrow_mut(|compress| {
            compress.reset();
            run(compress, bytes)
        }),
        Level::Best => run(&mut Compress::new(Compression::best(), false), bytes),
    }
}

fn run(compress: &mut Compress, bytes: &[u8]) -> Option<Vec<u8>> {
    // Output as long as the input is already no gain: the compressor may stop there.
    let mut out = Vec::with_capacity(bytes.len());
    match compress.compress_vec(bytes, &mut out, FlushCompress::Finish) {
        Ok(Status::StreamEnd) if out.len() < bytes.len() => Some(out),
        _ => None,
    }
}

fn length(value: usize) -> u32 {
    u32::try_from(value).expect("a document is far below 4 GiB")
}
