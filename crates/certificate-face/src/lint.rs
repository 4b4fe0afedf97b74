//! The lint between rendering and sealing (design §4 step 4).
//!
//! Both documents are opened again with the readers that judge anybody's files, and everything a person or a program
//! can read from them is compared with the facts. What passes becomes [`Linted`]: a token without a public constructor
//! and without `Clone`, which alone leads on to sealing.
//!
//! What is constant in a template's documents is not read again for each of them: it is compared byte by byte with what
//! the same readers read once (`ofd::KnownFiles`, `pdf::KnownPrefix`), and what they then found holds. The rest is read.

mod code;
mod copy;
mod expected;
mod ofd_document;
mod pdf_document;
mod rules;

use ofd::{Limits, Unsealed};
use pdf::{ContentsTooSmall, Unsigned};

use crate::code::Code;
use crate::facts::FaceFacts;
use crate::layout::{Field, Layout};
use crate::metadata;
use crate::picture::Pictures;
use crate::render::{Drafts, OfdDraft, PdfDraft};
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
    /// The note of a use copy does not stand across the page as often as it must, or an original has one.
    #[error("{0:?}: the note of the use copy across the page is not the fact")]
    Note(Form),
    /// The note of a use copy does not lie over all of a picture, or an original's picture has one.
    #[error("{0:?}: the note over the {1} is not the fact, or leaves part of it free")]
    Overprint(Form, &'static str),
}

/// What the lint checks, apart from the rules of the facts: each has mutants that it kills (`lint::tests::mutants`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lint {
    /// Container, number of documents, pages and signatures, archival form; nothing that a reader would remark on.
    Structure(Form),
    /// The signature covers every file, or every byte.
    Coverage(Form),
    /// Every character is drawn by the embedded font that its text names.
    Glyph(Form),
    /// A value on the page is the fact.
    Value(Form, Field),
    /// The employer on the practice seal is the fact.
    SealEmployer(Form),
    /// The tag index leads to the fact.
    Tag(&'static str),
    /// The metadata entries are the facts.
    Metadata(Form),
    /// The attachment holds the facts record.
    Attachment(Form),
    /// Photo and signature image are the holder's, in their places.
    Picture(Form, &'static str),
    /// The QR symbol is drawn and says what it must.
    Code(Form),
    /// The seal is stamped in its place.
    Stamp(Form),
    /// The note of a use copy lies across the page.
    Note(Form),
    /// The note of a use copy lies over the picture.
    Overprint(Form, &'static str),
}

impl Fault {
    /// The check that found it; none for a rule of the facts, which is its own name.
    pub fn lint(&self) -> Option<Lint> {
        Some(match *self {
            Self::Rule(_) => return None,
            Self::Structure(form, _) => Lint::Structure(form),
            Self::Coverage(form, _) => Lint::Coverage(form),
            Self::Glyph(form, _) => Lint::Glyph(form),
            Self::Value(form, field) => Lint::Value(form, field),
            Self::SealEmployer(form) => Lint::SealEmployer(form),
            Self::Tag(_, name) => Lint::Tag(name),
            Self::Metadata(form, _) => Lint::Metadata(form),
            Self::Attachment(form) => Lint::Attachment(form),
            Self::Picture(form, name) => Lint::Picture(form, name),
            Self::Code(form) => Lint::Code(form),
            Self::Stamp(form) => Lint::Stamp(form),
            Self::Note(form) => Lint::Note(form),
            Self::Overprint(form, name) => Lint::Overprint(form, name),
        })
    }
}

impl Lint {
    /// Every check of the documents of `layout`. A PDF has no tag index, and its stamp is part of its template.
    pub fn all(layout: &Layout) -> Vec<Self> {
        let mut out = vec![Self::Stamp(Form::Ofd)];
        out.extend(metadata::TAG_NAMES.map(Self::Tag));
        for form in [Form::Ofd, Form::Pdf] {
            out.extend([
                Self::Structure(form),
                Self::Coverage(form),
                Self::Glyph(form),
                Self::SealEmployer(form),
                Self::Metadata(form),
                Self::Attachment(form),
                Self::Code(form),
                Self::Note(form),
            ]);
            out.extend(PICTURES.map(|name| Self::Picture(form, name)));
            out.extend(PICTURES.map(|name| Self::Overprint(form, name)));
            out.extend(layout.fields().map(|field| Self::Value(form, field)));
        }
        out
    }
}

pub(crate) const PHOTO: &str = "photo";
pub(crate) const SIGNATURE_IMAGE: &str = "signature image";
const PICTURES: [&str; 2] = [PHOTO, SIGNATURE_IMAGE];

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
    /// The same PDF signed with SM2, where it was asked for.
    pub pdf_sm2: Option<Vec<u8>>,
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

    /// The PDF's byte range itself, in two parts: for the SM3 where the same bytes are signed with SM2 (GB/T 35275).
    pub fn pdf_signed_parts(&self) -> [&[u8]; 2] {
        self.pdf.signed_parts()
    }

    /// Room for the CMS in bytes.
    pub fn pdf_reserve(&self) -> usize {
        self.pdf.contents_reserve()
    }

    /// Puts both signature values in place.
    pub fn seal(self, ofd_signed_value: &[u8], pdf_cms: &[u8]) -> Result<Sealed, ContentsTooSmall> {
        self.seal_with(ofd_signed_value, pdf_cms, None)
    }

    /// As [`Linted::seal`], with a second PDF file of the same bytes around a CMS of SM2.
    pub fn seal_with(
        self,
        ofd_signed_value: &[u8],
        pdf_cms: &[u8],
        pdf_sm2_cms: Option<&[u8]>,
    ) -> Result<Sealed, ContentsTooSmall> {
        let pdf_sm2 = pdf_sm2_cms.map(|cms| self.pdf.clone().sign(cms));
        Ok(Sealed {
            pdf_sm2: pdf_sm2.transpose()?,
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
    let faults = with_expected(template, facts, pictures, |expected, faults| {
        check_ofd(template, &drafts.ofd, expected, faults);
        check_pdf(template, &drafts.pdf, expected, faults);
    });
    if faults.is_empty() {
        Ok(Linted {
            ofd: drafts.ofd.0,
            pdf: drafts.pdf.unsigned,
        })
    } else {
        Err(faults)
    }
}

/// What the lint finds in the facts and in an OFD alone, for measuring: no token comes of it.
pub fn ofd_faults(
    template: &Template,
    facts: &FaceFacts<'_>,
    pictures: &Pictures,
    draft: &OfdDraft,
) -> Vec<Fault> {
    with_expected(template, facts, pictures, |expected, faults| {
        check_ofd(template, draft, expected, faults);
    })
}

/// What the lint finds in the facts and in a PDF alone, for measuring: no token comes of it.
pub fn pdf_faults(
    template: &Template,
    facts: &FaceFacts<'_>,
    pictures: &Pictures,
    draft: &PdfDraft,
) -> Vec<Fault> {
    with_expected(template, facts, pictures, |expected, faults| {
        check_pdf(template, draft, expected, faults);
    })
}

/// Checks the facts, states what documents must say, and lets `check` compare.
fn with_expected(
    template: &Template,
    facts: &FaceFacts<'_>,
    pictures: &Pictures,
    check: impl FnOnce(&Expected<'_, '_>, &mut Vec<Fault>),
) -> Vec<Fault> {
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
    let code = Code::new(facts.code).ok();
    let expected = Expected {
        layout: template.layout.with_specialties(facts.specialties.len()),
        facts,
        attachment: &attachment,
        pictures,
        code: code.as_ref(),
    };
    check(&expected, &mut faults);
    faults.sort();
    faults.dedup();
    faults
}

fn check_ofd(template: &Template, draft: &OfdDraft, expected: &Expected<'_, '_>, faults: &mut Vec<Fault>) {
    let opened = draft.0.open(&Limits::default(), &template.common);
    ofd_document::check(opened, expected, faults);
}

/// The first document that passes teaches what the constant part says. Those after it that begin with the same bytes
/// are read by the same reader, which does not parse these bytes again.
fn check_pdf(template: &Template, draft: &PdfDraft, expected: &Expected<'_, '_>, faults: &mut Vec<Fault>) {
    let forms = if draft.rare {
        &template.rare
    } else {
        &template.plain
    };
    let (before, bytes) = (faults.len(), draft.bytes());
    let known = forms.known.get();
    pdf_document::check(bytes, known, expected, faults);
    if known.is_none()
        && faults.len() == before
        && let Ok(learnt) = pdf::KnownPrefix::learn(bytes, forms.pdf.prefix().len(), pdf::Limits::default())
    {
        // Whoever came first is kept; all learn the same from the same bytes.
        let _ = forms.known.set(learnt);
    }
}

#[cfg(test)]
mod tests;
