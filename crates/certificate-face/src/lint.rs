//! The lint between rendering and sealing (design §4 step 4).
//!
//! Both documents are opened again with the readers that judge anybody's files, and everything a person or a program
//! can read from them is compared with the facts. What passes becomes [`Linted`]: a token without a public constructor
//! and without `Clone`, which alone leads on to sealing.

mod code;
mod expected;
mod ofd_document;
mod pdf_document;
mod rules;

use ofd::Unsealed;
use pdf::{ContentsTooSmall, Unsigned};

use crate::code::Code;
use crate::facts::FaceFacts;
use crate::layout::Field;
use crate::metadata;
use crate::picture::Pictures;
use crate::render::Drafts;
use crate::template::Template;

pub(crate) use expected::Expected;
pub use rules::Rule;

/// Which of the two documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Form {
    /// The OFD.
    Ofd,
    /// The PDF.
    Pdf,
}

/// What the lint found. Names no value: values are personal.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum Fault {
    /// The facts break a rule.
    #[error("the facts break the rule {0:?}")]
    Rule(Rule),
    /// The document cannot be read, or something about its structure is odd.
    #[error("{0:?}: structure: {1}")]
    Structure(Form, String),
    /// A file of the package is covered by no reference of the signature, or by one with another digest.
    #[error("{0:?}: not covered: {1}")]
    Coverage(Form, String),
    /// A character is not drawn by the font that its text names.
    #[error("{0:?}: a glyph is missing or blank: {1}")]
    Glyph(Form, String),
    /// The text in the area of a field is not the fact.
    #[error("{0:?}: {1:?} on the page is not the fact")]
    Value(Form, Field),
    /// The employer on the practice seal is not the fact.
    #[error("{0:?}: the employer on the practice seal is not the fact")]
    SealEmployer(Form),
    /// The tag index does not lead to the fact.
    #[error("{0:?}: the tag {1} does not lead to the fact")]
    Tag(Form, &'static str),
    /// A metadata entry is absent or another.
    #[error("{0:?}: the metadata entry {1} is not the fact")]
    Metadata(Form, String),
    /// The attached facts record is absent or another.
    #[error("{0:?}: the attachment is not the facts record")]
    Attachment(Form),
    /// A picture is absent, another one, or elsewhere.
    #[error("{0:?}: the {1} is not the holder's, or elsewhere")]
    Picture(Form, &'static str),
    /// The QR symbol is absent or says something else.
    #[error("{0:?}: the QR symbol does not say what it must")]
    Code(Form),
    /// The stamp of the issuing authority is elsewhere.
    #[error("{0:?}: the seal is not stamped where it must be")]
    Stamp(Form),
}

/// Both documents of one face, proved equal to the facts. Only this can be sealed, and only once.
#[derive(Debug)]
#[must_use = "a linted document is there to be sealed"]
pub struct Linted {
    ofd: Unsealed,
    pdf: Unsigned,
}

/// Both documents, sealed.
pub struct Sealed {
    /// The OFD package.
    pub ofd: Vec<u8>,
    /// The PDF file.
    pub pdf: Vec<u8>,
}

impl std::fmt::Debug for Sealed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sealed")
            .field("ofd", &self.ofd.len())
            .field("pdf", &self.pdf.len())
            .finish()
    }
}

impl Linted {
    /// SM3 of the OFD's `Signature.xml`: what the seal signs (`dataHash`).
    pub fn ofd_data_hash(&self) -> [u8; 32] {
        self.ofd.data_hash()
    }

    /// The protection range that the seal signs (`propertyInfo`).
    pub fn ofd_property_info(&self) -> &'static str {
        self.ofd.property_info()
    }

    /// SHA-256 of the PDF's byte range: the message digest of the CMS.
    pub fn pdf_digest(&self) -> [u8; 32] {
        self.pdf.byte_range_sha256()
    }

    /// Room for the CMS in bytes.
    pub fn pdf_reserve(&self) -> usize {
        self.pdf.contents_reserve()
    }

    /// Puts both signature values in place.
    pub fn seal(self, ofd_signed_value: &[u8], pdf_cms: &[u8]) -> Result<Sealed, ContentsTooSmall> {
        Ok(Sealed {
            pdf: self.pdf.sign(pdf_cms)?,
            ofd: self.ofd.seal(ofd_signed_value),
        })
    }
}

/// Checks facts and drafts. Any fault drops the drafts: there is nothing left to seal.
pub fn lint(
    template: &Template,
    facts: &FaceFacts<'_>,
    pictures: &Pictures,
    drafts: Drafts,
) -> Result<Linted, Vec<Fault>> {
    let mut faults: Vec<Fault> = rules::broken(facts).into_iter().map(Fault::Rule).collect();
    let attachment = metadata::certificate_xml(
        &template.layout,
        &template.pack_digest,
        facts.metadata,
        facts.record,
    );
    if !rules::pictures_match(facts, pictures) {
        faults.push(Fault::Rule(Rule::PictureDigests));
    }
    let layout = template.layout.with_specialties(facts.specialties.len());
    let code = Code::new(facts.code).ok();
    let expected = Expected {
        layout,
        facts,
        attachment: &attachment,
        pictures,
        code: code.as_ref(),
    };
    ofd_document::check(&drafts.ofd.unsigned_package(), &expected, &mut faults);
    pdf_document::check(drafts.pdf.bytes(), &expected, &mut faults);
    faults.sort();
    faults.dedup();
    if faults.is_empty() {
        Ok(Linted {
            ofd: drafts.ofd,
            pdf: drafts.pdf,
        })
    } else {
        Err(faults)
    }
}

#[cfg(test)]
mod tests;
