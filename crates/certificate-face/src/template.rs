//! The constant part of all documents of one kind, compiled once for both formats.

mod ofd_objects;
mod pdf_content;
mod structure;

use std::collections::BTreeSet;
use std::sync::OnceLock;

use ofd::{Creator, FontFile, FontId, ImageFile, ImageFormat, ImageId, KnownFiles, Part, Provider};
use pdf::{
    AttachmentSlot, FontFace, FontRef, FontSubset, Glyph, ImageRef, OpacityRef, Permission, SealField,
    ValidationData,
};

use crate::face::{Item, Kind, Slot, fixed};
use crate::font::{FontPack, MissingCharacters, Subset, Typeface};
use crate::layout::Layout;
use crate::metadata;
use crate::picture::{PictureError, seal_image};
use crate::wording;

pub(crate) use ofd_objects::ofd_object;
pub(crate) use pdf_content::{DrawError, Fonts, draw};
pub(crate) use structure::Structure;

/// What a template is compiled from.
#[derive(Debug, Clone)]
pub struct TemplateSpec<'a> {
    /// Where things stand.
    pub layout: Layout,
    /// Originals or use copies.
    pub kind: Kind,
    /// Marks the documents 样本 SPECIMEN. Only a production key may sign without the mark (design §4).
    pub specimen: bool,
    /// The issuing authority, printed and checked against the facts.
    pub issuer: &'a str,
    /// `Seal.esl`: the seal that will be stamped on the OFD.
    pub seal: Vec<u8>,
    /// Its picture: an RGBA PNG of one colour, drawn as the appearance of the PDF's signature.
    pub seal_picture: &'a [u8],
    /// Room for the PDF's CMS in bytes.
    pub contents_reserve: usize,
    /// The program, as documents name it.
    pub producer: Producer<'a>,
}

/// The program that makes the documents.
#[derive(Debug, Clone, Copy)]
pub struct Producer<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its version.
    pub version: &'a str,
    /// Who runs it.
    pub company: &'a str,
}

/// Why a template cannot be compiled.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// Fixed wording or issuer with characters that no font draws.
    #[error(transparent)]
    Missing(#[from] MissingCharacters),
    /// The seal's picture cannot be used.
    #[error(transparent)]
    Picture(#[from] PictureError),
    /// The OFD writer refused.
    #[error("OFD: {0}")]
    Ofd(#[from] ofd::WriteError),
    /// The PDF writer refused.
    #[error("PDF: {0}")]
    Pdf(#[from] pdf::WriteError),
}

/// A compiled template. Share it between threads.
pub struct Template {
    pub(crate) layout: Layout,
    pub(crate) kind: Kind,
    pub(crate) specimen: bool,
    pub(crate) issuer: String,
    pub(crate) seal: Part,
    pub(crate) provider: Provider,
    pub(crate) producer: String,
    pub(crate) pack: &'static FontPack,
    pub(crate) pack_digest: String,
    pub(crate) fixed: Subset<'static>,
    pub(crate) title: Subset<'static>,
    /// Without and with the font of rare characters.
    pub(crate) plain: Forms,
    pub(crate) rare: Forms,
    /// The OFD files of every document, as the lint compares them: their digests are its own.
    pub(crate) common: KnownFiles,
}

impl std::fmt::Debug for Template {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Template")
            .field("layout", &self.layout)
            .field("kind", &self.kind)
            .field("specimen", &self.specimen)
            .finish_non_exhaustive()
    }
}

/// The two formats of one template with the same set of fonts.
pub(crate) struct Forms {
    pub(crate) ofd: ofd::Template,
    pub(crate) ofd_fonts: Vec<FontId>,
    pub(crate) ofd_images: [ImageId; 2],
    pub(crate) pdf: pdf::Template,
    pub(crate) pdf_fonts: Vec<FontRef>,
    pub(crate) pdf_images: [ImageRef; 2],
    pub(crate) veil: OpacityRef,
    pub(crate) structure: Structure,
    /// What the lint learnt of the PDF's constant part from the first document that passed.
    pub(crate) known: OnceLock<pdf::KnownPrefix>,
}

impl Template {
    /// Compiles the constant part of both formats. Costs some ten milliseconds: keep the result.
    pub fn compile(spec: &TemplateSpec<'_>) -> Result<Self, TemplateError> {
        Self::compile_with(spec, &ValidationData::default())
    }

    /// The same for PDF documents that bring certificates and revocation lists along, signed with them.
    pub fn compile_with(spec: &TemplateSpec<'_>, validation: &ValidationData) -> Result<Self, TemplateError> {
        let pack = FontPack::shared();
        pack.check(spec.issuer)?;
        let items = fixed(pack, &spec.layout, spec.kind, spec.specimen);
        let fixed = subset(
            pack,
            Slot::Fixed,
            characters(&items, Slot::Fixed).chain(wording::common(spec.issuer)),
        )?;
        let title = subset(pack, Slot::Title, characters(&items, Slot::Title))?;
        let plain = forms(spec, validation, &items, (&fixed, &title), &[Slot::Text])?;
        let rare = forms(
            spec,
            validation,
            &items,
            (&fixed, &title),
            &[Slot::Text, Slot::Rare],
        )?;
        let seal = Part::compressed(spec.seal.clone());
        let constant = plain.ofd.constant_parts().into_iter();
        let constant = constant.chain(rare.ofd.constant_parts());
        let common = KnownFiles::of(constant.chain([seal.clone()]));
        Ok(Self {
            layout: spec.layout,
            kind: spec.kind,
            specimen: spec.specimen,
            issuer: spec.issuer.to_owned(),
            seal,
            provider: Provider {
                name: spec.producer.name.to_owned(),
                version: spec.producer.version.to_owned(),
                company: spec.producer.company.to_owned(),
            },
            producer: format!("{} {}", spec.producer.name, spec.producer.version),
            pack,
            pack_digest: hex::encode(pack.digest()),
            fixed,
            title,
            plain,
            rare,
            common,
        })
    }

    /// The layout.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Originals or use copies.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// SHA-256 of the PDF's constant part: identifies layout, fonts, seal picture and program together.
    pub fn fingerprint(&self) -> [u8; 32] {
        self.plain.pdf.fingerprint()
    }
}

fn characters<'i>(items: &'i [Item<'_>], slot: Slot) -> impl Iterator<Item = char> + 'i {
    items.iter().flat_map(move |item| match item {
        Item::Text(line) if line.slot == slot => line.text.chars(),
        _ => "".chars(),
    })
}

fn subset(
    pack: &'static FontPack,
    slot: Slot,
    text: impl Iterator<Item = char>,
) -> Result<Subset<'static>, MissingCharacters> {
    Subset::new(pack.typeface(slot.font()), text).map_err(|character| MissingCharacters(vec![character]))
}

fn forms(
    spec: &TemplateSpec<'_>,
    validation: &ValidationData,
    items: &[Item<'_>],
    (fixed, title): (&Subset<'static>, &Subset<'static>),
    own: &[Slot],
) -> Result<Forms, TemplateError> {
    let (ofd, ofd_fonts, ofd_images) = compile_ofd(spec, items, fixed, title, own)?;
    let (pdf, pdf_fonts, pdf_images, veil, structure) =
        compile_pdf(spec, validation, items, (fixed, title), own)?;
    Ok(Forms {
        ofd,
        ofd_fonts,
        ofd_images,
        pdf,
        pdf_fonts,
        pdf_images,
        veil,
        structure,
        known: OnceLock::new(),
    })
}

type CompiledOfd = (ofd::Template, Vec<FontId>, [ImageId; 2]);

fn compile_ofd(
    spec: &TemplateSpec<'_>,
    items: &[Item<'_>],
    fixed: &Subset<'static>,
    title: &Subset<'static>,
    own: &[Slot],
) -> Result<CompiledOfd, TemplateError> {
    let (width, height) = spec.layout.page();
    let creator = Creator {
        name: spec.producer.name.to_owned(),
        version: spec.producer.version.to_owned(),
    };
    let mut layout = ofd::Layout::new(ofd::Size { width, height }, creator);
    let mut fonts = Vec::new();
    for (slot, subset) in [(Slot::Fixed, fixed), (Slot::Title, title)] {
        let file = FontFile::Constant(Part::compressed(subset.assemble_ofd(slot.family())));
        fonts.push(layout.font(slot.family(), file));
    }
    fonts.extend(
        own.iter()
            .map(|slot| layout.font(slot.family(), FontFile::PerDocument)),
    );
    let images = [
        layout.image(ImageFormat::Jpeg, ImageFile::PerDocument),
        layout.image(ImageFormat::Png, ImageFile::PerDocument),
    ];
    for item in items {
        layout.draw(ofd_object(item, FontPack::shared(), &fonts, &images, None));
    }
    Ok((layout.compile()?, fonts, images))
}

type CompiledPdf = (pdf::Template, Vec<FontRef>, [ImageRef; 2], OpacityRef, Structure);

fn compile_pdf(
    spec: &TemplateSpec<'_>,
    validation: &ValidationData,
    items: &[Item<'_>],
    (fixed, title): (&Subset<'static>, &Subset<'static>),
    own: &[Slot],
) -> Result<CompiledPdf, TemplateError> {
    let (width, height) = spec.layout.page();
    let programs: Vec<(Slot, Vec<u8>, Vec<Glyph>)> = [(Slot::Fixed, fixed), (Slot::Title, title)]
        .into_iter()
        .map(|(slot, subset)| (slot, subset.assemble_pdf(), glyphs(subset)))
        .collect();
    let mut builder = pdf::TemplateBuilder::new(pdf::PageSize { width, height }, "zh-CN");
    let pack = FontPack::shared();
    let mut fonts = Vec::new();
    for (slot, program, glyphs) in &programs {
        let face = pdf_face(pack.typeface(slot.font()), *slot);
        fonts.push(builder.fixed_font(face, FontSubset { program, glyphs }));
    }
    for &slot in own {
        fonts.push(builder.document_font(pdf_face(pack.typeface(slot.font()), slot)));
    }
    let images = [builder.image_slot(), builder.image_slot()];
    let veil = builder.opacity(spec.layout.overprint().opacity);
    builder.validation_data(validation.clone());
    builder.attachment(AttachmentSlot {
        file_name: metadata::ATTACHMENT,
        media_type: "application/xml",
        description: "电子证照元数据",
    });
    let structure = Structure::declare(&mut builder, &spec.layout, spec.kind, items, spec.issuer);
    let mut content = builder.content();
    let glyph = |slot: Slot, character| {
        if slot == Slot::Title {
            title.glyph(character)
        } else {
            fixed.glyph(character)
        }
    };
    let drawing = Fonts {
        references: &fonts,
        images: &images,
        veil,
        glyph: &glyph,
    };
    // The fixed wording is checked when its subsets are made, and it has no code to draw.
    structure
        .fixed(&mut content, items, |content, item| {
            draw(content, item, &drawing, None)
        })
        .map_err(|DrawError(c)| MissingCharacters(vec![c]))?;
    let seal = spec.layout.seal();
    let picture = seal_image(spec.seal_picture)?;
    let rect = pdf::Rect {
        x: seal.x,
        y: seal.y,
        width: seal.width,
        height: seal.height,
    };
    let field = SealField {
        field_name: "IssuerSeal",
        appearance: Some((rect, picture)),
        permission: Permission::NoChanges,
        contents_reserve: spec.contents_reserve,
    };
    Ok((builder.compile(&content, &field)?, fonts, images, veil, structure))
}

pub(crate) fn glyphs(subset: &Subset<'_>) -> Vec<Glyph> {
    (1_u16..)
        .zip(subset.characters())
        .map(|(id, &character)| Glyph {
            id,
            character,
            advance: subset.advance(id),
        })
        .collect()
}

fn pdf_face(face: &Typeface, slot: Slot) -> FontFace {
    let (ascent, descent) = face.extent();
    FontFace {
        name: slot.family().to_owned(),
        units_per_em: face.units_per_em(),
        bounding_box: face.bounds(),
        ascent,
        descent,
        cap_height: ascent / 6 * 5,
    }
}

/// The characters that lines of a slot need, each once.
pub(crate) fn needed(items: &[Item<'_>], slot: Slot) -> BTreeSet<char> {
    characters(items, slot).collect()
}
