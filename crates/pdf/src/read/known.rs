//! What was read from bytes that many files begin with.
//!
//! All documents of one template begin with the same bytes. What the reader made of them is kept here and given back for
//! a file that begins with exactly these bytes; where a file's cross-reference table leads elsewhere, nothing is given.
//! Only what depends on the prefix alone is kept, so that reading with and without it gives the same.

use std::{
    collections::{BTreeMap, HashMap},
    ops::Range,
    sync::Arc,
};

use super::{
    Limits, Pdf,
    content::Interpreter,
    cross_reference::Entry,
    error::ReadError,
    object::{Dictionary, Object, ObjectNumber, Stream},
    text::Font,
};

/// The objects, streams, fonts and page content within a prefix.
pub struct KnownPrefix {
    bytes: Vec<u8>,
    limits: Limits,
    /// By their offset.
    objects: HashMap<usize, KnownObject>,
    /// By the start of their data.
    streams: HashMap<usize, KnownStream>,
    /// By the offset of the font's dictionary.
    fonts: HashMap<usize, KnownFont>,
    /// By the start of the stream's data: the state after a page content that begins with it.
    contents: HashMap<usize, Interpreter>,
}

/// An object and where it ends.
#[derive(Clone)]
pub(super) struct KnownObject {
    pub(super) number: u64,
    pub(super) object: Object,
    pub(super) end: usize,
}

/// A stream's decoded bytes.
pub(super) struct KnownStream {
    dictionary: Dictionary,
    data: Range<usize>,
    pub(super) decoded: Vec<u8>,
    /// What decoding it counts against the limit.
    pub(super) inflated: usize,
}

struct KnownFont {
    font: Arc<Font>,
    /// Every object that was asked for, and where it was.
    rests_on: Vec<(ObjectNumber, usize)>,
}

impl std::fmt::Debug for KnownPrefix {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KnownPrefix")
            .field("length", &self.bytes.len())
            .field("objects", &self.objects.len())
            .finish_non_exhaustive()
    }
}

impl KnownPrefix {
    /// Reads the first `length` bytes of a file, for files that begin with them.
    pub fn learn(file: &[u8], length: usize, limits: Limits) -> Result<Self, ReadError> {
        let pdf = Pdf::open(file, limits)?;
        let bytes = file
            .get(..length)
            .ok_or(ReadError::Syntax("the file is shorter than its prefix"))?;
        let mut known = Self {
            bytes: bytes.to_vec(),
            limits,
            objects: HashMap::new(),
            streams: HashMap::new(),
            fonts: HashMap::new(),
            contents: HashMap::new(),
        };
        for (&number, entry) in &pdf.entries {
            if let Entry::At { offset } = *entry
                && offset < length
            {
                let found = pdf.parse_at(offset)?;
                // The byte after `endobj` was looked at as well.
                if found.end < length && found.number == u64::from(number) && stands_alone(&found.object) {
                    known.objects.insert(offset, found);
                }
            }
        }
        known.learn_streams(&pdf)?;
        known.learn_fonts(file, &pdf)?;
        known.learn_contents(&pdf)?;
        Ok(known)
    }

    fn learn_streams(&mut self, pdf: &Pdf<'_>) -> Result<(), ReadError> {
        for found in self.objects.values() {
            let Object::Stream(stream) = &found.object else {
                continue;
            };
            let keys = ["Filter", "DecodeParms", "F"];
            let direct = keys
                .iter()
                .all(|key| stream.dictionary.get(key).is_none_or(is_direct));
            // What only other readers decode is not asked of this one.
            let flate = match stream.dictionary.get("Filter") {
                None => true,
                Some(filter) => filter.as_name() == Some(b"FlateDecode"),
            };
            if !direct || !flate {
                continue;
            }
            let before = pdf.inflated.get();
            let decoded = pdf.decode(stream)?.into_owned();
            let known = KnownStream {
                dictionary: stream.dictionary.clone(),
                data: stream.data.clone(),
                decoded,
                inflated: pdf.inflated.get() - before,
            };
            self.streams.insert(stream.data.start, known);
        }
        Ok(())
    }

    fn learn_fonts(&mut self, file: &[u8], pdf: &Pdf<'_>) -> Result<(), ReadError> {
        for (offset, found) in &self.objects {
            let Object::Dictionary(dictionary) = &found.object else {
                continue;
            };
            if !dictionary.is_name("Subtype", "Type0") {
                continue;
            }
            let traced = Pdf::open(file, self.limits)?;
            traced.asked.replace(Some(Vec::new()));
            let Ok(font) = Font::read(&traced, dictionary) else {
                continue;
            };
            let asked = traced.asked.take().unwrap_or_default();
            let rests_on: Option<Vec<_>> = asked
                .into_iter()
                .map(|number| match pdf.entries.get(&number) {
                    Some(Entry::At { offset }) if self.objects.contains_key(offset) => {
                        Some((number, *offset))
                    }
                    _ => None,
                })
                .collect();
            if let Some(rests_on) = rests_on {
                let font = Arc::new(font.with_sound_codes());
                self.fonts.insert(*offset, KnownFont { font, rests_on });
            }
        }
        Ok(())
    }

    fn learn_contents(&mut self, pdf: &Pdf<'_>) -> Result<(), ReadError> {
        for page in pdf.pages()? {
            let first = pdf.array(&page.dictionary, "Contents")?.into_iter().next();
            let Some(Object::Stream(stream)) = first.map(|first| pdf.resolve(&first)).transpose()? else {
                continue;
            };
            let decoded = self.streams.get(&stream.data.start).map(|known| &known.decoded);
            if let Some(decoded) = decoded
                && let Ok(Some(after)) = Interpreter::new(self.limits).between_operators(decoded, self.limits)
            {
                self.contents.insert(stream.data.start, after);
            }
        }
        Ok(())
    }

    /// Whether a file can be read with this: it begins with the same bytes, and the same limits are in force.
    pub fn fits(&self, file: &[u8], limits: Limits) -> bool {
        self.limits == limits && file.starts_with(&self.bytes)
    }

    pub(super) fn object(&self, offset: usize) -> Option<&KnownObject> {
        self.objects.get(&offset)
    }

    pub(super) fn stream(&self, stream: &Stream) -> Option<&KnownStream> {
        self.streams
            .get(&stream.data.start)
            .filter(|known| known.data == stream.data && known.dictionary == stream.dictionary)
    }

    /// The font at `offset`, if everything that it was read from stands where it stood.
    pub(super) fn font(&self, offset: usize, entries: &BTreeMap<ObjectNumber, Entry>) -> Option<&Arc<Font>> {
        let known = self.fonts.get(&offset)?;
        let same = known
            .rests_on
            .iter()
            .all(|(number, offset)| entries.get(number) == Some(&Entry::At { offset: *offset }));
        same.then_some(&known.font)
    }

    /// The state after the page content that this stream begins.
    pub(super) fn content(&self, stream: &Stream) -> Option<&Interpreter> {
        self.stream(stream)?;
        self.contents.get(&stream.data.start)
    }
}

/// Whether no other object was needed to find the end of this one.
fn stands_alone(object: &Object) -> bool {
    match object {
        Object::Stream(stream) => matches!(stream.dictionary.get("Length"), Some(Object::Integer(_))),
        _ => true,
    }
}

fn is_direct(object: &Object) -> bool {
    let mut direct = true;
    object.references(&mut |_| direct = false);
    direct
}
