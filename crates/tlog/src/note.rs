//! Signed notes (C2SP signed-note): a text, an empty line, signature lines.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use thiserror::Error;

/// The longest note that is read, in bytes: a checkpoint with signatures of every province has a tenth of it.
pub const MAX_NOTE: usize = 64 * 1024;
/// The most signatures that are read; the standard demands at least 16.
pub const MAX_SIGNATURES: usize = 100;

/// Opens a signature line.
const DASH: &str = "\u{2014} ";

/// A note as it stands: nothing in it is to be believed before a signature was checked ([`crate::Quorum`],
/// [`crate::Checkpoint::open`]).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<NoteSignature>,
}

/// A signature line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteSignature {
    name: String,
    key_id: u32,
    value: Vec<u8>,
}

/// Why bytes are no note.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum NoteFault {
    /// More than [`MAX_NOTE`] bytes, or more than [`MAX_SIGNATURES`] signatures.
    #[error("the note is too large")]
    Large,
    /// A control character other than newline.
    #[error("the note has control characters")]
    Control,
    /// No empty line between text and signatures, or no newline at an end.
    #[error("the note has no text followed by signatures")]
    Shape,
    /// A signature line that is none.
    #[error("a signature line is malformed")]
    Signature,
    /// A name is empty or has spaces or a plus.
    #[error("a key name is malformed")]
    Name,
}

/// Whether a name may stand in a signature line.
pub(crate) fn is_key_name(name: &str) -> bool {
    !name.is_empty()
        && !name
            .chars()
            .any(|letter| letter.is_whitespace() || letter.is_control() || letter == '+')
}

impl NoteSignature {
    /// The signature of a key.
    pub(crate) fn new(name: &str, key_id: u32, value: Vec<u8>) -> Self {
        Self {
            name: name.to_owned(),
            key_id,
            value,
        }
    }

    /// Reads a line, without its newline.
    ///
    /// # Errors
    /// If it is none.
    pub fn parse(line: &str) -> Result<Self, NoteFault> {
        let rest = line.strip_prefix(DASH).ok_or(NoteFault::Signature)?;
        let (name, value) = rest.split_once(' ').ok_or(NoteFault::Signature)?;
        if !is_key_name(name) {
            return Err(NoteFault::Name);
        }
        let bytes = STANDARD.decode(value).map_err(|_| NoteFault::Signature)?;
        let (id, value) = bytes.split_first_chunk::<4>().ok_or(NoteFault::Signature)?;
        if value.is_empty() {
            return Err(NoteFault::Signature);
        }
        Ok(Self::new(name, u32::from_be_bytes(*id), value.to_vec()))
    }

    /// Whose it claims to be.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Which of the name's keys.
    #[must_use]
    pub const fn key_id(&self) -> u32 {
        self.key_id
    }

    /// What follows the key id.
    #[must_use]
    pub fn value(&self) -> &[u8] {
        &self.value
    }
}

/// The line, without its newline.
impl fmt::Display for NoteSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [&self.key_id.to_be_bytes(), self.value.as_slice()].concat();
        write!(f, "{DASH}{} {}", self.name, STANDARD.encode(bytes))
    }
}

impl Note {
    /// A note of this text, which ends in a newline.
    pub(crate) fn new(text: String, signatures: Vec<NoteSignature>) -> Self {
        Self { text, signatures }
    }

    /// Reads a note.
    ///
    /// # Errors
    /// If it is none, or larger than what is read.
    pub fn parse(note: &str) -> Result<Self, NoteFault> {
        if note.len() > MAX_NOTE {
            return Err(NoteFault::Large);
        }
        if note.chars().any(|letter| letter < ' ' && letter != '\n') {
            return Err(NoteFault::Control);
        }
        let at = note.rfind("\n\n").ok_or(NoteFault::Shape)?;
        let (text, lines) = note.split_at_checked(at + 1).ok_or(NoteFault::Shape)?;
        let lines = lines
            .strip_prefix('\n')
            .and_then(|lines| lines.strip_suffix('\n'));
        let signatures: Vec<_> = lines
            .ok_or(NoteFault::Shape)?
            .split('\n')
            .take(MAX_SIGNATURES + 1)
            .map(NoteSignature::parse)
            .collect::<Result<_, _>>()?;
        if signatures.len() > MAX_SIGNATURES {
            return Err(NoteFault::Large);
        }
        Ok(Self::new(text.to_owned(), signatures))
    }

    /// What is signed, with its last newline.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The signatures, in order, checked or not.
    #[must_use]
    pub fn signatures(&self) -> &[NoteSignature] {
        &self.signatures
    }

    /// The same note with one more signature; one by the same key is replaced, as only the latest counts.
    #[must_use]
    pub fn with(mut self, signature: NoteSignature) -> Self {
        self.signatures.retain(|other| {
            (other.name.as_str(), other.key_id) != (signature.name.as_str(), signature.key_id)
        });
        self.signatures.push(signature);
        self
    }
}

/// The note's bytes.
impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.signatures
            .iter()
            .try_for_each(|signature| writeln!(f, "{signature}"))
    }
}
