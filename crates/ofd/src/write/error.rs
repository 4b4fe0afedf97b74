//! Why a document cannot be written.

/// A fault in what the caller handed in. Carries positions and code points, never text of the document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// A character that XML 1.0 cannot hold.
    #[error("character U+{0:04X} cannot stand in XML")]
    IllegalCharacter(u32),
    /// A coordinate that is not finite or lies beyond any page.
    #[error("a coordinate is not a usable number")]
    Coordinate,
    /// A text without characters.
    #[error("a text object holds no character")]
    EmptyText,
    /// The list of advances does not fit the text.
    #[error("a text of {characters} characters has {advances} advances; it needs one less than characters")]
    AdvanceCount {
        /// Characters of the text.
        characters: usize,
        /// Advances handed in.
        advances: usize,
    },
    /// The list of glyphs does not fit the text.
    #[error("a text of {characters} characters has {glyphs} glyphs")]
    GlyphCount {
        /// Characters of the text.
        characters: usize,
        /// Glyphs handed in.
        glyphs: usize,
    },
    /// A font, image or page that the layout or the content does not have.
    #[error("no such {0}")]
    Unknown(&'static str),
    /// A per-document file handed in twice, or one handed in for a constant slot.
    #[error("{0} is given twice")]
    Twice(&'static str),
    /// A font that a text uses has no bytes in this document, or an image that is drawn has none.
    #[error("{0} is used but its bytes are missing")]
    Missing(&'static str),
    /// A name that must be an XML name or a plain file name and is not.
    #[error("{0} is not usable as a name")]
    Name(&'static str),
    /// A stamp that shows no part of its seal.
    #[error("a stamp is clipped outside its own box")]
    Clip,
    /// A document needs a page.
    #[error("the document has no page")]
    NoPage,
    /// Objects of the background are shared by all documents and index no field.
    #[error("an object of the background names a field")]
    FieldInBackground,
    /// Objects name fields but the content has no tag index, so that the names would be lost.
    #[error("objects name fields but the content has no tag index")]
    NoTagIndex,
}
