use std::{ops::Range, sync::Arc};

/// Number of an indirect object.
pub type ObjectNumber = u32;

/// A value (ISO 32000-1 §7.3).
#[derive(Debug, Clone, PartialEq)]
pub enum Object {
    /// Nothing; also what a reference to a missing object means.
    Null,
    /// True or false.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// Any other number.
    Real(f64),
    /// Bytes.
    String(PdfString),
    /// A name, `#xx` undone.
    Name(Vec<u8>),
    /// Values in order.
    Array(Vec<Self>),
    /// Values by name.
    Dictionary(Dictionary),
    /// A dictionary with data.
    Stream(Stream),
    /// Another object; generations are not told apart.
    Reference(ObjectNumber),
}

/// A string and where it stands. Equal when the bytes are.
#[derive(Clone)]
pub struct PdfString {
    /// The bytes it means.
    pub bytes: Vec<u8>,
    /// Its place in the file with delimiters; `None` inside an object stream.
    pub(crate) span: Option<Range<usize>>,
}

impl PartialEq for PdfString {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes
    }
}

impl Eq for PdfString {}

/// Strings hold names and texts of people.
impl std::fmt::Debug for PdfString {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PdfString({} bytes)", self.bytes.len())
    }
}

impl PdfString {
    /// As text: UTF-16BE or UTF-8 with byte order mark, else each byte as the character of its number, which is
    /// right for ASCII.
    pub fn to_text(&self) -> String {
        if let Some(units) = self.bytes.strip_prefix(&[0xFE, 0xFF]) {
            let units = units
                .chunks_exact(2)
                .filter_map(|pair| pair.first_chunk().copied());
            char::decode_utf16(units.map(u16::from_be_bytes))
                .map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER))
                .collect()
        } else if let Some(utf8) = self.bytes.strip_prefix(&[0xEF, 0xBB, 0xBF]) {
            String::from_utf8_lossy(utf8).into_owned()
        } else {
            self.bytes.iter().map(|byte| char::from(*byte)).collect()
        }
    }
}

/// Values by name, each name once. Cheap to clone.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Dictionary {
    pub(crate) entries: Arc<Vec<(Vec<u8>, Object)>>,
}

impl Dictionary {
    /// The value of a key, references not followed.
    pub fn get(&self, key: &str) -> Option<&Object> {
        self.entries
            .iter()
            .find(|(name, _)| name == key.as_bytes())
            .map(|(_, value)| value)
    }

    /// Keys and values in file order.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &Object)> {
        self.entries.iter().map(|(name, value)| (name.as_slice(), value))
    }

    /// Whether the key's direct value is this name.
    pub fn is_name(&self, key: &str, name: &str) -> bool {
        self.get(key).and_then(Object::as_name) == Some(name.as_bytes())
    }

    /// Whether there are no keys.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

/// A dictionary and where its data stands in the file.
#[derive(Debug, Clone, PartialEq)]
pub struct Stream {
    /// The dictionary.
    pub dictionary: Dictionary,
    /// The data as stored.
    pub data: Range<usize>,
}

impl Object {
    /// The name, if it is one.
    pub fn as_name(&self) -> Option<&[u8]> {
        match self {
            Self::Name(name) => Some(name),
            _ => None,
        }
    }

    /// The whole number, if it is one.
    pub fn as_integer(&self) -> Option<i64> {
        match self {
            Self::Integer(value) => Some(*value),
            _ => None,
        }
    }

    /// The number, whole or not.
    pub fn as_number(&self) -> Option<f64> {
        match self {
            Self::Integer(value) => Some(*value as f64),
            Self::Real(value) => Some(*value),
            _ => None,
        }
    }

    /// The dictionary, also that of a stream.
    pub fn as_dictionary(&self) -> Option<&Dictionary> {
        match self {
            Self::Dictionary(dictionary) => Some(dictionary),
            Self::Stream(stream) => Some(&stream.dictionary),
            _ => None,
        }
    }

    /// Calls `visit` with the number of every reference inside, however deep.
    pub(crate) fn references(&self, visit: &mut impl FnMut(ObjectNumber)) {
        match self {
            Self::Reference(number) => visit(*number),
            Self::Array(values) => values.iter().for_each(|value| value.references(visit)),
            Self::Dictionary(dictionary) | Self::Stream(Stream { dictionary, .. }) => {
                dictionary
                    .entries
                    .iter()
                    .for_each(|(_, value)| value.references(visit));
            }
            Self::Null
            | Self::Boolean(_)
            | Self::Integer(_)
            | Self::Real(_)
            | Self::String(_)
            | Self::Name(_) => {}
        }
    }
}
