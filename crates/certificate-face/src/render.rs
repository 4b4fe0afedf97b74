//! One face into both documents.

use ofd::{CustomData, DocId, Part, Permissions, SignaturePlan, Stamp, TagIndex, Unsealed};
use pdf::{FontSubset, Glyph, SignatureText, Unsigned};
use sha2::{Digest as _, Sha256};

use crate::code::{Code, TooLong};
use crate::face::{Face, FaceError, Kind, Slot, Slots, compose};
use crate::facts::FaceFacts;
use crate::font::Subset;
use crate::metadata::{self, Sealing};
use crate::picture::{PictureError, Pictures};
use crate::template::{DrawError, Fonts, Forms, Template, draw, glyphs, needed, ofd_object};
use crate::wording;

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
    source.with_document(|document, attachment| {
        Ok(Drafts {
            ofd: document.ofd(attachment)?,
            pdf: document.pdf(attachment)?,
        })
    })
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
    source.with_document(|document, attachment| document.ofd(attachment))
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

/// The arguments of rendering.
struct Source<'s, 'a> {
    template: &'s Template,
    facts: &'s FaceFacts<'a>,
    pictures: &'s Pictures,
    sealing: &'s Sealing<'a>,
}

impl<'a> Source<'_, 'a> {
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

struct Document<'d, 'a> {
    template: &'d Template,
    forms: &'d Forms,
    face: &'d Face<'a>,
    code: &'d Code,
    own: &'d OwnFonts,
    facts: &'d FaceFacts<'a>,
    pictures: &'d Pictures,
    sealing: &'d Sealing<'a>,
}

impl Document<'_, '_> {
    /// Stands for the document: identifier of the version or copy, and nothing that varies between renderings.
    fn identity(&self) -> [u8; 16] {
        let mut hash = Sha256::new();
        hash.update(b"jianzheng document\0");
        hash.update(self.facts.licence_identifier);
        hash.update([0]);
        hash.update(self.facts.copy.map_or("", |copy| copy.copy_id));
        let digest: [u8; 32] = hash.finalize().into();
        let mut out = [0; 16];
        out.copy_from_slice(
            digest
                .first_chunk::<16>()
                .expect("invariant: SHA-256 has 32 bytes"),
        );
        out
    }

    fn ofd(&self, attachment: &str) -> Result<OfdDraft, RenderError> {
        let (template, forms) = (self.template, self.forms);
        let day = self.facts.copy.map_or(self.facts.issued_on, |copy| copy.made_on);
        let mut content = ofd::Content::new(
            DocId(self.identity()),
            wording::title(self.facts),
            self.facts.issuer,
            day,
        );
        let pairs = self.facts.metadata.iter();
        content.custom_datas = pairs
            .map(|(name, value)| CustomData {
                name: (*name).to_owned(),
                value: value.clone(),
            })
            .collect();
        let own = [
            Some((Slot::Text, &self.own.text)),
            self.own.rare.as_ref().map(|rare| (Slot::Rare, rare)),
        ];
        for (slot, subset) in own.into_iter().flatten() {
            let id = forms.ofd_fonts.get(slot.index()).copied();
            let id = id.expect("invariant: the form with rare characters is chosen when there are any");
            content
                .fonts
                .push((id, Part::stored(subset.assemble_ofd(slot.family()))));
        }
        let [photo, signature] = forms.ofd_images;
        content.images.push((photo, self.pictures.photo.part.clone()));
        content
            .images
            .push((signature, self.pictures.signature.part.clone()));
        let objects = self.face.items.iter();
        let objects = objects
            .map(|item| {
                ofd_object(
                    item,
                    template.pack,
                    &forms.ofd_fonts,
                    &forms.ofd_images,
                    Some(self.code),
                )
            })
            .collect();
        content.pages.push(ofd::Page { objects });
        content.attachments.push(ofd::Attachment {
            name: "certificate".to_owned(),
            file_name: metadata::ATTACHMENT.to_owned(),
            format: "xml".to_owned(),
            created: day.at(0, 0, 0, 0),
            usage: "metadata".to_owned(),
            visible: false,
            bytes: attachment.as_bytes().to_vec(),
        });
        content.tag_index = Some(TagIndex {
            type_id: "certificate".to_owned(),
            namespace: metadata::TAGS.to_owned(),
            root: "certificate".to_owned(),
        });
        content.permissions = Some(self.permissions());
        Ok(OfdDraft(forms.ofd.prepare(&content, &self.plan())?))
    }

    fn permissions(&self) -> Permissions {
        let valid_period = self.facts.copy.map(|copy| ofd::ValidPeriod {
            start: copy.made_on.at(0, 0, 0, 0),
            end: copy.use_until.at(23, 59, 59, 0),
        });
        Permissions {
            export: true,
            print_screen: true,
            print: true,
            valid_period,
        }
    }

    fn plan(&self) -> SignaturePlan {
        let seal = self.template.layout.seal();
        SignaturePlan {
            seal: self.template.seal.clone(),
            provider: self.template.provider.clone(),
            time: self.sealing.time,
            stamps: vec![Stamp::whole(
                0,
                ofd::Rect::new(seal.x, seal.y, seal.width, seal.height),
            )],
        }
    }

    fn pdf(&self, attachment: &str) -> Result<PdfDraft, RenderError> {
        let (template, forms, own) = (self.template, self.forms, self.own);
        let mut content = forms.pdf.content();
        let glyph = |slot: Slot, character| match slot {
            Slot::Fixed => template.fixed.glyph(character),
            Slot::Title => template.title.glyph(character),
            Slot::Text => own.text.glyph(character),
            Slot::Rare => own.rare.as_ref().and_then(|rare| rare.glyph(character)),
        };
        let fonts = Fonts {
            references: &forms.pdf_fonts,
            images: &forms.pdf_images,
            veil: forms.veil,
            glyph: &glyph,
        };
        for item in &self.face.items {
            draw(&mut content, item, &fonts, Some(self.code)).map_err(|DrawError(c)| missing(c))?;
        }
        let programs: Vec<(Vec<u8>, Vec<Glyph>)> = std::iter::once(&own.text)
            .chain(&own.rare)
            .map(|subset| (subset.assemble_pdf(), glyphs(subset)))
            .collect();
        let subsets: Vec<FontSubset<'_>> = programs
            .iter()
            .map(|(program, glyphs)| FontSubset { program, glyphs })
            .collect();
        let document = pdf::Document {
            metadata: pdf::Metadata {
                identifier: self.facts.licence_identifier,
                title: wording::title(self.facts),
                creator: self.facts.issuer,
                description: None,
                relations: &[],
                producer: &template.producer,
                created: self.sealing.time,
            },
            content: &content,
            fonts: &subsets,
            images: &[
                self.pictures.photo.image()?,
                self.pictures.signature.image.clone(),
            ],
            attachment: Some(attachment.as_bytes()),
            signature: SignatureText {
                signed_at: self.sealing.time,
                name: self.sealing.signer,
                reason: None,
                location: None,
                contact: None,
            },
            file_id: self.identity(),
        };
        Ok(PdfDraft {
            unsigned: forms.pdf.assemble(&document)?,
            rare: own.rare.is_some(),
        })
    }
}

#[cfg(test)]
mod tests;
