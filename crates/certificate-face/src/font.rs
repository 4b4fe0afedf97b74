//! The font pack, coverage, and small fonts assembled glyph by glyph.
//!
//! No host fonts: the pack ships inside the program and is pinned by hash. A text is drawn by the first font of the
//! chain that has its character; a character that none has is named to the caller, never drawn as a box.

mod compare;
mod outline;
mod pack;
mod sfnt;
mod subset;
mod typeface;

pub use compare::Drawn;
pub use outline::{Outline, Segment};
pub use pack::{Font, FontPack, MissingCharacters};
pub use subset::Subset;
pub use typeface::{FontError, Typeface};

#[cfg(test)]
mod tests;
