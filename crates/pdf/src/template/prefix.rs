//! Compiling the prefix.

mod page;

use page::{push_catalog, push_page};
use sha2::{Digest as _, Sha256};

use super::{
    AttachmentSlot, DocumentFont, DocumentObjects, FontSource, Permission, SealField, Template,
    TemplateBuilder,
    objects::{Objects, xref_rows},
};
use crate::{
    content::{Content, GlyphSet},
    error::WriteError,
    font::{self, FontObjects},
    geometry::PageSize,
    icc::srgb_profile,
    image::Image,
    structure::{self, ElementKind, Mark},
    syntax::{push_byte_str, push_name, push_reference, push_text_string},
};

const CATALOG: u32 = 1;
const PAGES: u32 = 2;
const PAGE: u32 = 3;
const PROFILE: u32 = 4;
const FIXED_CONTENT: u32 = 5;
const WIDGET: u32 = 6;
const APPEARANCE: u32 = 7;

/// Hands out object numbers: first those of the prefix, then those of the document part, since the prefix refers
/// to both.
struct Plan {
    seal_image: u32,
    fonts: Vec<FontObjects>,
    images: Vec<u32>,
    file_specification: u32,
    /// First of the values of the DSS.
    validation: u32,
    /// First of the objects of the structure.
    structure: u32,
    prefix_end: u32,
    document: DocumentObjects,
}

fn plan(layout: &TemplateBuilder<'_>, seal: &SealField<'_>) -> Plan {
    let mut next = APPEARANCE;
    let mut take = |count: u32| {
        let first = next;
        next += count;
        first
    };
    let seal_image = match &seal.appearance {
        Some((_, image)) => take(2 + image.mask_count()) + 1,
        None => 0,
    };
    let mut fonts: Vec<FontObjects> = layout
        .fonts
        .iter()
        .map(|_| FontObjects::consecutive(take(3)))
        .collect();
    for (objects, (_, source)) in fonts.iter_mut().zip(&layout.fonts) {
        if matches!(source, FontSource::Fixed(_)) {
            objects.place_data(take(3));
        }
    }
    let mut images: Vec<u32> = layout
        .images
        .iter()
        .map(|image| image.as_ref().map_or(0, |image| take(1 + image.mask_count())))
        .collect();
    let file_specification = take(u32::from(layout.attachment.is_some()));
    let validation = take(u32::try_from(layout.validation.object_count()).unwrap_or(u32::MAX));
    let structure = take(u32::try_from(structure::object_count(&layout.elements)).unwrap_or(u32::MAX));
    let prefix_end = take(3);
    for (objects, (_, source)) in fonts.iter_mut().zip(&layout.fonts) {
        if matches!(source, FontSource::Document) {
            objects.place_data(take(3));
        }
    }
    let first_image = take(0);
    for number in images.iter_mut().filter(|number| **number == 0) {
        *number = take(1);
    }
    let attachment = take(u32::from(layout.attachment.is_some()));
    let document = DocumentObjects {
        signature: prefix_end,
        metadata: prefix_end + 1,
        content: prefix_end + 2,
        first_image,
        attachment,
        free: take(0),
    };
    Plan {
        seal_image,
        fonts,
        images,
        file_specification,
        validation,
        structure,
        prefix_end,
        document,
    }
}

pub(super) fn compile(
    layout: TemplateBuilder<'_>,
    fixed: &Content,
    seal: &SealField<'_>,
) -> Result<Template, WriteError> {
    let fixed_glyphs = check(&layout, fixed)?;
    let plan = plan(&layout, seal);
    let mut objects = Objects {
        bytes: b"%PDF-1.7\n%\xE2\xE3\xCF\xD3\n".to_vec(),
        offsets: Vec::new(),
    };
    objects.write(CATALOG, |out| push_catalog(out, &layout, &plan));
    objects.write(PAGES, |out| {
        push_byte_str(out, "<</Type/Pages/Kids[3 0 R]/Count 1>>");
    });
    objects.write(PAGE, |out| push_page(out, &layout, &plan));
    objects.deflated(PROFILE, "/N 3", &srgb_profile());
    let mut operators = fixed.operators().to_vec();
    push_byte_str(&mut operators, Content::TAIL);
    objects.deflated(FIXED_CONTENT, "", &operators);
    let has_place = layout
        .elements
        .iter()
        .any(|element| element.kind == ElementKind::Seal);
    write_seal(&mut objects, layout.page, seal, &plan, has_place);
    for ((index, (face, source)), at) in (0u8..).zip(&layout.fonts).zip(&plan.fonts) {
        objects.write(at.composite, |out| font::push_composite(out, index, face, at));
        objects.write(at.descendant, |out| font::push_descendant(out, index, face, at));
        objects.write(at.descriptor, |out| font::push_descriptor(out, index, face, at));
        if let FontSource::Fixed(subset) = source {
            let entries = format!("/Length1 {}", subset.program.len());
            objects.deflated(at.program, &entries, subset.program);
            objects.write(at.widths, |out| font::push_widths(out, face, subset.glyphs));
            let mut cmap = Vec::new();
            font::push_to_unicode(&mut cmap, subset.glyphs);
            objects.deflated(at.to_unicode, "", &cmap);
        }
    }
    for (image, &number) in layout.images.iter().zip(&plan.images) {
        if let Some(image) = image {
            write_image(&mut objects, &image.clone().deflated(), number);
        }
    }
    if let Some(slot) = &layout.attachment {
        objects.write(plan.file_specification, |out| {
            push_file_specification(out, slot, &plan);
        });
    }
    for (number, der) in (plan.validation..).zip(layout.validation.values()) {
        objects.stream(number, "", der);
    }
    write_structure(&mut objects, &layout, &plan);
    let marks = structure::left_for_documents(layout.marks, &layout.elements, fixed.marks())?;
    finish(layout, seal, &plan, objects, (fixed_glyphs, marks))
}

fn finish(
    layout: TemplateBuilder<'_>,
    seal: &SealField<'_>,
    plan: &Plan,
    objects: Objects,
    (fixed_glyphs, marks): (Vec<Option<GlyphSet>>, Vec<Mark>),
) -> Result<Template, WriteError> {
    let mut state = Sha256::new();
    for chunk in objects.bytes.chunks(4096) {
        state.update(chunk);
    }
    let fonts = (0u8..)
        .zip(layout.fonts)
        .zip(&plan.fonts)
        .filter(|((_, (_, source)), _)| matches!(source, FontSource::Document))
        .map(|((index, (face, _)), at)| DocumentFont {
            index,
            face,
            objects: *at,
        })
        .collect();
    let template = Template {
        xref_rows: xref_rows(&objects, plan.prefix_end)?,
        prefix: objects.bytes,
        state,
        page: layout.page,
        part: if layout.attachment.is_some() { 3 } else { 2 },
        fixed_glyphs,
        fonts,
        image_slots: layout.images.iter().filter(|image| image.is_none()).count(),
        image_count: layout.images.len(),
        opacity_count: layout.opacities.len(),
        attachment: layout.attachment.map(|slot| slot.media_type.to_owned()),
        marks,
        objects: plan.document,
        permission: seal.permission,
        contents_reserve: seal.contents_reserve,
    };
    if template.fingerprint() != <[u8; 32]>::from(Sha256::digest(&template.prefix)) {
        return Err(WriteError::SelfCheck("kept hash state and prefix differ"));
    }
    Ok(template)
}

/// Refuses what could not be drawn; gives the glyphs of each fixed font.
fn check(layout: &TemplateBuilder<'_>, fixed: &Content) -> Result<Vec<Option<GlyphSet>>, WriteError> {
    for (what, count) in [
        ("fonts", layout.fonts.len()),
        ("images", layout.images.len()),
        ("opacities", layout.opacities.len()),
        ("validation data", layout.validation.object_count()),
        ("elements", layout.elements.len()),
    ] {
        if count > 255 {
            return Err(WriteError::Slots {
                what,
                expected: 255,
                actual: count,
            });
        }
    }
    fixed.check(layout.fonts.len(), layout.images.len(), layout.opacities.len())?;
    let mut glyphs = Vec::new();
    for (index, (face, source)) in (0u8..).zip(&layout.fonts) {
        if face.name.is_empty() || !face.name.is_ascii() {
            return Err(WriteError::FontProgram {
                font: index,
                reason: "name is not ASCII",
            });
        }
        glyphs.push(match source {
            FontSource::Fixed(subset) => {
                subset.check(index, face)?;
                Some(GlyphSet::from_ids(subset.glyphs.iter().map(|glyph| glyph.id)))
            }
            FontSource::Document => None,
        });
    }
    for (font, (used, listed)) in (0u8..).zip(fixed.used().iter().zip(&glyphs)) {
        let listed = listed.clone().unwrap_or_default();
        if let Some(glyph) = used.first_outside(&listed) {
            return Err(WriteError::MissingGlyph { font, glyph });
        }
    }
    Ok(glyphs)
}

/// The structure, if there is one.
fn write_structure(objects: &mut Objects, layout: &TemplateBuilder<'_>, plan: &Plan) {
    let (elements, first) = (&layout.elements, plan.structure);
    if elements.is_empty() {
        return;
    }
    objects.write(first, |out| structure::push_root(out, elements, first));
    objects.write(first + 1, |out| structure::push_document(out, elements, first));
    for (number, element) in (first + 2..).zip(elements) {
        objects.write(number, |out| {
            structure::push_element(out, element, first, PAGE, WIDGET);
        });
    }
}

/// The widget (printed, locked) and what it shows; `has_place` in the structure.
fn write_seal(objects: &mut Objects, page: PageSize, seal: &SealField<'_>, plan: &Plan, has_place: bool) {
    objects.write(WIDGET, |out| {
        push_byte_str(out, "<</Type/Annot/Subtype/Widget/FT/Sig/F 132/P 3 0 R/T");
        push_text_string(out, seal.field_name);
        push_byte_str(out, "/V ");
        push_reference(out, plan.document.signature);
        if has_place {
            push_byte_str(out, structure::FIELD_ENTRY);
        }
        match &seal.appearance {
            Some((rect, _)) => {
                push_byte_str(out, "/AP<</N 7 0 R>>/Rect");
                rect.push_points(page, out);
            }
            None => push_byte_str(out, "/Rect[0 0 0 0]"),
        }
        push_byte_str(out, ">>");
    });
    let Some((_, image)) = &seal.appearance else {
        return;
    };
    // The form is a unit square: the widget's Rect stretches it.
    let entries = format!(
        "/Type/XObject/Subtype/Form/BBox[0 0 1 1]/Resources<</XObject<</S {} 0 R>>>>",
        plan.seal_image
    );
    objects.stream(APPEARANCE, &entries, b"/S Do");
    write_image(objects, &image.clone().deflated(), plan.seal_image);
}

fn write_image(objects: &mut Objects, image: &Image<'_>, number: u32) {
    objects.write(number, |out| image.push_base(out, number + 1));
    if image.mask_count() > 0 {
        objects.write(number + 1, |out| {
            image.push_mask(out);
        });
    }
}

fn push_file_specification(out: &mut Vec<u8>, slot: &AttachmentSlot<'_>, plan: &Plan) {
    push_byte_str(out, "<</Type/Filespec/AFRelationship/Data/F");
    push_text_string(out, slot.file_name);
    push_byte_str(out, "/UF");
    push_text_string(out, slot.file_name);
    push_byte_str(out, "/Desc");
    push_text_string(out, slot.description);
    push_byte_str(out, "/EF<</F ");
    push_reference(out, plan.document.attachment);
    push_byte_str(out, "/UF ");
    push_reference(out, plan.document.attachment);
    push_byte_str(out, ">>>>");
}

impl Permission {
    pub(super) fn level(self) -> &'static str {
        match self {
            Self::NoChanges => "1",
            Self::FormFilling => "2",
        }
    }
}

/// Media types become names: `/application#2Fxml`.
pub(super) fn media_type_entry(media_type: &str) -> String {
    let mut entry = b"/Type/EmbeddedFile/Subtype".to_vec();
    push_name(&mut entry, media_type);
    String::from_utf8(entry).expect("push_name writes ASCII")
}
