/// Why a template or document cannot be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// The font file is not a TrueType file with the six tables `glyf head hhea hmtx loca maxp`.
    #[error("font {font}: not a usable TrueType subset ({reason})")]
    FontProgram {
        /// Index of the font in the template.
        font: u8,
        /// What is wrong.
        reason: &'static str,
    },
    /// The list of glyphs does not describe the font file.
    #[error("font {font}, glyph {glyph}: {reason}")]
    Glyph {
        /// Index of the font in the template.
        font: u8,
        /// Glyph id, which is also the CID.
        glyph: u16,
        /// What is wrong.
        reason: &'static str,
    },
    /// Text was set with a glyph that its font does not list: it would be drawn as a box.
    #[error("font {font} has no glyph {glyph}, which the page uses")]
    MissingGlyph {
        /// Index of the font in the template.
        font: u8,
        /// Glyph id.
        glyph: u16,
    },
    /// A reference of another template, or a wrong number of fonts or images.
    #[error("{what}: {expected} expected, {actual} given")]
    Slots {
        /// Which kind of slot.
        what: &'static str,
        /// As the template was built.
        expected: usize,
        /// As the document has it.
        actual: usize,
    },
    /// The image cannot be embedded in a PDF/A file.
    #[error("image: {0}")]
    Image(&'static str),
    /// A coordinate, size or colour outside the page format's range.
    #[error("content: {0}")]
    Content(&'static str),
    /// A metadata or signature text with a character that XML cannot hold.
    #[error("metadata: {0} has a character that XML cannot hold")]
    Metadata(&'static str),
    /// The file would exceed what the fixed ByteRange digits can say.
    #[error("document is larger than 10 GB")]
    TooLarge,
    /// The kept hash state of the template does not belong to its bytes.
    #[error("template self-check failed: {0}")]
    SelfCheck(&'static str),
}
