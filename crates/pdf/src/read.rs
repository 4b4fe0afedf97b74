//! Reading files from anybody.
//!
//! The reader is strict where a lenient one would guess: it follows the cross-reference sections as they stand and
//! never rebuilds them, refuses a dictionary that names a key twice and a file that is encrypted. Two programs that
//! repair differently show two documents; such a file is not evidence of anything. All work is bounded by
//! [`Limits`].

mod content;
mod cross_reference;
mod error;
mod filter;
mod known;
mod lexer;
mod number;
mod object;
mod object_stream;
mod pages;
mod to_unicode;
mod xmp;

pub mod archival;
pub mod text;

use std::{
    borrow::Cow,
    cell::{Cell, RefCell},
    collections::BTreeMap,
    sync::Arc,
};

pub use cross_reference::Revision;
pub use error::ReadError;
pub use known::KnownPrefix;
pub use object::{Dictionary, Object, ObjectNumber, PdfString, Stream};
pub use pages::Page;
pub use xmp::Xmp;

use cross_reference::Entry;
use known::KnownObject;
use lexer::Lexer;
use object_stream::ObjectStream;

/// Bounds on what a file may make the reader do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Size of the file.
    pub file_bytes: usize,
    /// Entries of all cross-reference sections together.
    pub objects: usize,
    /// Incremental updates.
    pub revisions: usize,
    /// Bytes of all decompressed streams together.
    pub inflated_bytes: usize,
    /// Values within one object.
    pub values: usize,
    /// Values within values.
    pub depth: usize,
    /// Form fields.
    pub fields: usize,
    /// Pages.
    pub pages: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            file_bytes: 32 << 20,
            objects: 200_000,
            revisions: 64,
            inflated_bytes: 64 << 20,
            values: 100_000,
            depth: 32,
            fields: 1_000,
            pages: 1_000,
        }
    }
}

/// An opened file.
pub struct Pdf<'a> {
    bytes: &'a [u8],
    limits: Limits,
    header: usize,
    hybrid: bool,
    entries: BTreeMap<ObjectNumber, Entry>,
    trailer: Dictionary,
    revisions: Vec<Revision>,
    object_streams: BTreeMap<ObjectNumber, ObjectStream>,
    /// Bytes that may still be parsed, so that no small file asks for much work.
    work: Cell<usize>,
    inflated: Cell<usize>,
    known: Option<&'a KnownPrefix>,
    /// Objects parsed before, while they are few and small.
    parsed: RefCell<BTreeMap<ObjectNumber, KnownObject>>,
    room: Cell<usize>,
    /// The objects asked for, when somebody wants to know.
    asked: RefCell<Option<Vec<ObjectNumber>>>,
}

/// Source bytes of the objects that are kept parsed.
const KEPT: usize = 256 << 10;

/// The content is personal.
impl std::fmt::Debug for Pdf<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pdf")
            .field("length", &self.bytes.len())
            .field("objects", &self.entries.len())
            .field("revisions", &self.revisions.len())
            .finish_non_exhaustive()
    }
}

impl<'a> Pdf<'a> {
    /// Reads the cross-reference sections and object streams.
    pub fn open(bytes: &'a [u8], limits: Limits) -> Result<Self, ReadError> {
        Self::open_knowing(bytes, limits, None)
    }

    /// The same with less work for a file that begins with a known prefix.
    pub fn open_knowing(
        bytes: &'a [u8],
        limits: Limits,
        known: Option<&'a KnownPrefix>,
    ) -> Result<Self, ReadError> {
        if bytes.len() > limits.file_bytes {
            return Err(ReadError::Limit("file size"));
        }
        let head = bytes.get(..bytes.len().min(1024)).unwrap_or_default();
        let header = find(head, b"%PDF-").ok_or(ReadError::NotPdf)?;
        let mut pdf = Self {
            bytes,
            limits,
            header,
            hybrid: false,
            entries: BTreeMap::new(),
            trailer: Dictionary::default(),
            revisions: Vec::new(),
            object_streams: BTreeMap::new(),
            work: Cell::new(bytes.len().saturating_mul(16).saturating_add(16 << 20)),
            inflated: Cell::new(0),
            known: known.filter(|known| known.fits(bytes, limits)),
            parsed: RefCell::new(BTreeMap::new()),
            room: Cell::new(KEPT),
            asked: RefCell::new(None),
        };
        cross_reference::load(&mut pdf)?;
        if pdf.trailer.get("Encrypt").is_some() {
            return Err(ReadError::Encrypted);
        }
        object_stream::load(&mut pdf)?;
        Ok(pdf)
    }

    /// The file.
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Bounds in force.
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// Bytes before the `%PDF-` header; a sound file has none.
    pub fn header_offset(&self) -> usize {
        self.header
    }

    /// Whether readers that know cross-reference streams see other objects than those that do not (ISO 32000-1
    /// §7.5.8.4): such a file can show two documents.
    pub fn is_hybrid(&self) -> bool {
        self.hybrid
    }

    /// The newest trailer.
    pub fn trailer(&self) -> &Dictionary {
        &self.trailer
    }

    /// The original and its incremental updates, oldest first.
    pub fn revisions(&self) -> &[Revision] {
        &self.revisions
    }

    /// Numbers of all objects in use, ascending.
    pub fn object_numbers(&self) -> impl Iterator<Item = ObjectNumber> + '_ {
        self.entries
            .iter()
            .filter(|(_, entry)| !matches!(entry, Entry::Free))
            .map(|(number, _)| *number)
    }

    /// Whether the object is in use.
    pub fn contains(&self, number: ObjectNumber) -> bool {
        self.entries
            .get(&number)
            .is_some_and(|entry| !matches!(entry, Entry::Free))
    }

    /// The object of this number; null if there is none (ISO 32000-1 §7.3.10).
    pub fn object(&self, number: ObjectNumber) -> Result<Object, ReadError> {
        if let Some(asked) = self.asked.borrow_mut().as_mut() {
            asked.push(number);
        }
        match self.entries.get(&number) {
            None | Some(Entry::Free) => Ok(Object::Null),
            Some(Entry::At { offset }) => self.indirect(*offset, number),
            Some(Entry::InStream { stream, index }) => self
                .object_streams
                .get(stream)
                .ok_or(ReadError::CrossReference("object stream is missing"))?
                .object(number, *index, self),
        }
    }

    /// Follows a reference; other values are given back. A reference to a reference is refused.
    pub fn resolve(&self, object: &Object) -> Result<Object, ReadError> {
        let Object::Reference(number) = object else {
            return Ok(object.clone());
        };
        match self.object(*number)? {
            Object::Reference(_) => Err(ReadError::Loop("reference to a reference")),
            resolved => Ok(resolved),
        }
    }

    /// The value of a key, references followed; null if absent.
    pub fn value(&self, dictionary: &Dictionary, key: &str) -> Result<Object, ReadError> {
        dictionary
            .get(key)
            .map_or(Ok(Object::Null), |value| self.resolve(value))
    }

    /// The dictionary under a key, references followed; empty if absent.
    pub fn dictionary(&self, dictionary: &Dictionary, key: &'static str) -> Result<Dictionary, ReadError> {
        match self.value(dictionary, key)? {
            Object::Null => Ok(Dictionary::default()),
            Object::Dictionary(value) => Ok(value),
            _ => Err(ReadError::WrongType(key)),
        }
    }

    /// The array under a key, references followed; empty if absent.
    pub fn array(&self, dictionary: &Dictionary, key: &'static str) -> Result<Vec<Object>, ReadError> {
        match self.value(dictionary, key)? {
            Object::Null => Ok(Vec::new()),
            Object::Array(values) => Ok(values),
            _ => Err(ReadError::WrongType(key)),
        }
    }

    /// The document catalog.
    pub fn catalog(&self) -> Result<Dictionary, ReadError> {
        match self.value(&self.trailer, "Root")? {
            Object::Dictionary(catalog) => Ok(catalog),
            _ => Err(ReadError::WrongType("Root")),
        }
    }

    /// The stream's data with all filters undone.
    pub fn decode(&self, stream: &Stream) -> Result<Cow<'a, [u8]>, ReadError> {
        if let Some(known) = self.known.and_then(|known| known.stream(stream)) {
            self.count_inflated(known.inflated)?;
            return Ok(Cow::Borrowed(&known.decoded));
        }
        let data = self
            .bytes
            .get(stream.data.clone())
            .ok_or(ReadError::Syntax("stream lies outside the file"))?;
        filter::decode(self, &stream.dictionary, data)
    }

    /// The XMP packet of the document; `None` if it has none.
    pub fn xmp(&self) -> Result<Option<Xmp>, ReadError> {
        match self.value(&self.catalog()?, "Metadata")? {
            Object::Null => Ok(None),
            Object::Stream(stream) => Xmp::parse(&self.decode(&stream)?).map(Some),
            _ => Err(ReadError::WrongType("Metadata")),
        }
    }

    /// The font of this number, if it was read before.
    fn known_font(&self, number: ObjectNumber) -> Option<&Arc<text::Font>> {
        match self.entries.get(&number) {
            Some(Entry::At { offset }) => self.known?.font(*offset, &self.entries),
            _ => None,
        }
    }

    fn count_inflated(&self, bytes: usize) -> Result<(), ReadError> {
        let inflated = self.inflated.get().saturating_add(bytes);
        if inflated > self.limits.inflated_bytes {
            return Err(ReadError::Limit("inflated bytes"));
        }
        self.inflated.set(inflated);
        Ok(())
    }

    /// The object at an offset, which must have this number.
    fn indirect(&self, offset: usize, number: ObjectNumber) -> Result<Object, ReadError> {
        if let Some(known) = self.known.and_then(|known| known.object(offset)) {
            return self.counted(known, offset, number);
        }
        if let Some(parsed) = self.parsed.borrow().get(&number) {
            return self.counted(parsed, offset, number);
        }
        let found = self.parse_at(offset)?;
        let object = self.counted(&found, offset, number)?;
        let length = match &object {
            Object::Stream(stream) => stream.data.start.saturating_sub(offset),
            _ => found.end.saturating_sub(offset),
        };
        if let Some(room) = self.room.get().checked_sub(length.saturating_add(64)) {
            self.room.set(room);
            self.parsed.borrow_mut().insert(number, found);
        }
        Ok(object)
    }

    fn counted(
        &self,
        found: &KnownObject,
        offset: usize,
        expected: ObjectNumber,
    ) -> Result<Object, ReadError> {
        if u64::from(expected) != found.number {
            return Err(ReadError::CrossReference("another object is at the offset"));
        }
        self.charge(found.end.saturating_sub(offset))?;
        Ok(found.object.clone())
    }

    /// Parses `N G obj … endobj` at an offset.
    fn parse_at(&self, offset: usize) -> Result<KnownObject, ReadError> {
        let mut lexer = self.lexer(offset);
        let number = lexer.unsigned()?;
        lexer.unsigned()?;
        lexer.keyword(b"obj")?;
        let object = lexer.object()?;
        let object = match object {
            Object::Dictionary(dictionary) if lexer.at_keyword(b"stream") => {
                Object::Stream(self.stream(&mut lexer, dictionary)?)
            }
            other => other,
        };
        lexer.keyword(b"endobj")?;
        Ok(KnownObject {
            number,
            object,
            end: lexer.position(),
        })
    }

    fn stream(&self, lexer: &mut Lexer<'_>, dictionary: Dictionary) -> Result<Stream, ReadError> {
        let start = lexer.stream_start()?;
        let length = match dictionary.get("Length") {
            Some(Object::Integer(length)) => *length,
            Some(Object::Reference(number)) => self.length_object(*number)?,
            _ => return Err(ReadError::Syntax("stream has no length")),
        };
        let end = usize::try_from(length)
            .ok()
            .and_then(|length| start.checked_add(length))
            .filter(|end| *end <= self.bytes.len())
            .ok_or(ReadError::Syntax("stream length"))?;
        lexer.seek(end);
        lexer.keyword(b"endstream")?;
        Ok(Stream {
            dictionary,
            data: start..end,
        })
    }

    /// A length kept in another object: an integer and nothing else, so that lengths cannot nest.
    fn length_object(&self, number: ObjectNumber) -> Result<i64, ReadError> {
        let Some(Entry::At { offset }) = self.entries.get(&number) else {
            return Err(ReadError::Syntax("stream length"));
        };
        let mut lexer = self.lexer(*offset);
        if lexer.unsigned()? != u64::from(number) {
            return Err(ReadError::CrossReference("another object is at the offset"));
        }
        lexer.unsigned()?;
        lexer.keyword(b"obj")?;
        let length = lexer.unsigned()?;
        self.charge(32)?;
        i64::try_from(length).map_err(|_| ReadError::Syntax("stream length"))
    }

    fn lexer(&self, offset: usize) -> Lexer<'a> {
        Lexer::in_file(self.bytes, offset, self.limits)
    }

    fn charge(&self, bytes: usize) -> Result<(), ReadError> {
        // A constant for each call bounds the number of calls as well.
        let left = self
            .work
            .get()
            .checked_sub(bytes.saturating_add(16))
            .ok_or(ReadError::Limit("work"))?;
        self.work.set(left);
        Ok(())
    }
}

/// First place of `needle`.
pub(crate) fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}
