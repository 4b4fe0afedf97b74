//! One face into both documents.

mod document;

use document::Document;
use ofd::{Unsealed, Written};
use pdf::Unsigned;

use crate::code::{Code, TooLong};
use crate::face::{Face, FaceError, Kind, Slot, Slots, compose};
use crate::facts::FaceFacts;
use crate::font::Subset;
use crate::metadata::{self, Sealing};
use crate::picture::{PictureError, Pictures};
use crate::template::{Template, needed};

/// Why documents cannot be made of these facts.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// The facts cannot be set on the page.
    #[error(transparent)]
    Face(#[from] FaceError),
    /// The facts are of another kind or issuer than the template.
    #[error("the facts do not belong to this template: {0}")]
    Template(&'static str),
    /// The QR symbol does not hold its text.
    #[error(transparent)]
    Code(#[from] TooLong),
    /// A picture cannot be used.
    #[error(transparent)]
    Picture(#[from] PictureError),
    /// The OFD writer refused.
    #[error("OFD: {0}")]
    Ofd(#[from] ofd::WriteError),
    /// The PDF writer refused.
    #[error("PDF: {0}")]
    Pdf(#[from] pdf::WriteError),
}

/// The two documents of one face, complete but for their signatures. Only a lint leads on to sealing.
#[derive(Debug)]
pub struct Drafts {
    pub(crate) ofd: OfdDraft,
    pub(crate) pdf: PdfDraft,
}

/// An OFD that waits for its lint.
#[derive(Debug)]
pub struct OfdDraft(pub(crate) Unsealed);

/// A PDF that waits for its lint.
#[derive(Debug)]
pub struct PdfDraft {
    pub(crate) unsigned: Unsigned,
    /// Whether it has the font of rare characters: which form of the template it is.
    pub(crate) rare: bool,
}

impl Drafts {
    /// The OFD package without its signature value, for looking at.
    pub fn ofd_package(&self) -> &[u8] {
        self.ofd.package()
    }

    /// The PDF with zeros for a signature, for looking at.
    pub fn pdf_bytes(&self) -> &[u8] {
        self.pdf.bytes()
    }
}

impl OfdDraft {
    /// The package without its signature value, for looking at.
    pub fn package(&self) -> &[u8] {
        self.0.unsigned_package()
    }
}

impl PdfDraft {
    /// The file with zeros for a signature, for looking at.
    pub fn bytes(&self) -> &[u8] {
        self.unsigned.bytes()
    }
}

/// A document's own fonts.
struct OwnFonts {
    text: Subset<'static>,
    rare: Option<Subset<'static>>,
}

/// What the documents of one face are made of.
#[derive(Clone, Copy)]
pub struct Source<'s, 'a> {
    /// The compiled layout of the issuer.
    pub template: &'s Template,
    /// What is printed.
    pub facts: &'s FaceFacts<'a>,
    /// The holder's pictures.
    pub pictures: &'s Pictures,
    /// Who seals, and when.
    pub sealing: &'s Sealing<'a>,
}

/// Makes both documents. The same arguments give the same bytes.
pub fn render(
    template: &Template,
    facts: &FaceFacts<'_>,
    pictures: &Pictures,
    sealing: &Sealing<'_>,
) -> Result<Drafts, RenderError> {
    let source = Source {
        template,
        facts,
        pictures,
        sealing,
    };
    let (ofd, pdf) = source.both()?;
    let ofd = OfdDraft(ofd.prepare());
    Ok(Drafts { ofd, pdf })
}

/// Makes both documents of each source, as [`render`] does, and in less time: the files of all are hashed side by side.
pub fn render_all(sources: &[Source<'_, '_>]) -> Vec<Result<Drafts, RenderError>> {
    let written = sources.iter().map(Source::both);
    prepare_all(written, |ofd, pdf| Drafts { ofd, pdf })
}

/// Makes the OFD of each source alone, for measuring: only drafts of both can be linted.
pub fn render_ofd_all(sources: &[Source<'_, '_>]) -> Vec<Result<OfdDraft, RenderError>> {
    let written = sources.iter().map(|source| Ok((source.ofd()?, ())));
    prepare_all(written, |ofd, ()| ofd)
}

/// Makes the OFDs that could be written ready for sealing, all at once.
fn prepare_all<P, D>(
    written: impl Iterator<Item = Result<(Written, P), RenderError>>,
    draft: impl Fn(OfdDraft, P) -> D,
) -> Vec<Result<D, RenderError>> {
    let mut documents = Vec::new();
    let others: Vec<Result<P, RenderError>> = written
        .map(|written| {
            let (document, other) = written?;
            documents.push(document);
            Ok(other)
        })
        .collect();
    let mut prepared = Written::prepare_all(documents).into_iter();
    let drafts = others.into_iter().map(|other| {
        let other = other?;
        let document = prepared.next();
        let document = document.expect("invariant: one document for each that was written");
        Ok(draft(OfdDraft(document), other))
    });
    drafts.collect()
}

/// Makes the OFD alone, for measuring and for looking at: only drafts of both can be linted.
pub fn render_ofd(
    template: &Template,
    facts: &FaceFacts<'_>,
    pictures: &Pictures,
    sealing: &Sealing<'_>,
) -> Result<OfdDraft, RenderError> {
    let source = Source {
        template,
        facts,
        pictures,
        sealing,
    };
    Ok(OfdDraft(source.ofd()?.prepare()))
}

/// Makes the PDF alone, for measuring and for looking at: only drafts of both can be linted.
pub fn render_pdf(
    template: &Template,
    facts: &FaceFacts<'_>,
    pictures: &Pictures,
    sealing: &Sealing<'_>,
) -> Result<PdfDraft, RenderError> {
    let source = Source {
        template,
        facts,
        pictures,
        sealing,
    };
    source.with_document(|document, attachment| document.pdf(attachment))
}

impl<'a> Source<'_, 'a> {
    fn ofd(&self) -> Result<Written, RenderError> {
        self.with_document(|document, attachment| document.ofd(attachment))
    }

    fn both(&self) -> Result<(Written, PdfDraft), RenderError> {
        self.with_document(|document, attachment| Ok((document.ofd(attachment)?, document.pdf(attachment)?)))
    }

    /// Composes the face and everything both forms share, then hands it to `write`.
    fn with_document<T>(
        &self,
        write: impl FnOnce(&Document<'_, 'a>, &str) -> Result<T, RenderError>,
    ) -> Result<T, RenderError> {
        let Self {
            template,
            facts,
            pictures,
            sealing,
        } = *self;
        if facts.issuer != template.issuer {
            return Err(RenderError::Template("issuer"));
        }
        if facts.layout != template.layout {
            return Err(RenderError::Template("layout"));
        }
        if facts.specimen != template.specimen {
            return Err(RenderError::Template("specimen"));
        }
        if facts.copy.is_some() != (template.kind == Kind::UseCopy) {
            return Err(RenderError::Template("kind"));
        }
        let in_fixed = |character| template.fixed.glyph(character).is_some();
        let face = compose(&template.layout, &Slots::new(template.pack, &in_fixed), facts)?;
        let code = Code::new(facts.code)?;
        let own = own_fonts(template, &face)?;
        let forms = if own.rare.is_some() {
            &template.rare
        } else {
            &template.plain
        };
        let attachment = metadata::certificate_xml(
            &template.layout,
            &template.pack_digest,
            facts.metadata,
            facts.record,
        );
        let document = Document {
            template,
            forms,
            face: &face,
            code: &code,
            own: &own,
            facts,
            pictures,
            sealing,
        };
        write(&document, &attachment)
    }
}

fn own_fonts(template: &Template, face: &Face<'_>) -> Result<OwnFonts, FaceError> {
    let subset = |slot: Slot| {
        let characters = needed(&face.items, slot);
        Subset::new(template.pack.typeface(slot.font()), characters).map_err(missing)
    };
    let rare = face.lines().any(|line| line.slot == Slot::Rare);
    Ok(OwnFonts {
        text: subset(Slot::Text)?,
        rare: if rare { Some(subset(Slot::Rare)?) } else { None },
    })
}

fn missing(character: char) -> FaceError {
    FaceError::Missing(crate::font::MissingCharacters(vec![character]))
}

#[cfg(test)]
mod tests;
