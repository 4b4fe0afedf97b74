//! From the facts of a certificate to its face in millimetres, and from one face to OFD and PDF.
//!
//! A [`template::Template`] is compiled once per layout, kind, issuer and seal: the constant part of both formats.
//! [`facts::Printed`] words a facts record; [`render::render`] sets it on the page and makes both documents;
//! [`lint::lint`] reads them back and yields [`lint::Linted`], the only thing that can be sealed.
//!
//! ```text
//! FactsRecord → Printed → FaceFacts ─┬→ Face (mm) → Drafts (OFD, PDF) → Linted → Sealed
//!                          Template ─┘                    └─ extract ─┘
//! ```
//!
//! Nothing here knows keys, clocks or the network. The same arguments give the same bytes. A character that no font of
//! the pack draws is refused by its code point before anything is built.

pub mod code;
pub mod extract;
pub mod face;
pub mod facts;
pub mod font;
pub mod geometry;
pub mod layout;
pub mod lint;
pub mod metadata;
pub mod picture;
pub mod render;
pub mod seal_picture;
#[cfg(any(test, feature = "specimen"))]
pub mod specimen;
pub mod template;
mod wording;
