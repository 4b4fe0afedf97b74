//! Catalog and page.

use super::Plan;
use crate::{
    geometry::Rect,
    structure,
    syntax::{push_byte_str, push_decimal, push_reference, push_text_string, push_uint},
    template::TemplateBuilder,
    validation::EXTENSIONS,
};

/// The catalog.
pub(super) fn push_catalog(out: &mut Vec<u8>, layout: &TemplateBuilder<'_>, plan: &Plan) {
    push_byte_str(out, "<</Type/Catalog/Pages 2 0 R/MarkInfo<</Marked ");
    if layout.elements.is_empty() {
        push_byte_str(out, "false>>");
    } else {
        push_byte_str(out, "true>>/StructTreeRoot ");
        push_reference(out, plan.structure);
    }
    push_byte_str(out, "/Lang");
    push_text_string(out, layout.language);
    push_byte_str(out, "/ViewerPreferences<</DisplayDocTitle true>>/Metadata ");
    push_reference(out, plan.document.metadata);
    push_byte_str(
        out,
        "/OutputIntents[<</Type/OutputIntent/S/GTS_PDFA1/OutputConditionIdentifier(sRGB IEC61966-2.1)\
         /Info(sRGB IEC61966-2.1)/DestOutputProfile 4 0 R>>]/AcroForm<</Fields[6 0 R]/SigFlags 3>>/Perms<</DocMDP ",
    );
    push_reference(out, plan.document.signature);
    push_byte_str(out, ">>");
    if !layout.validation.is_empty() {
        push_byte_str(out, EXTENSIONS);
        push_byte_str(out, "/DSS");
        layout.validation.push_store(out, plan.validation, [&[], &[]]);
    }
    if let Some(slot) = &layout.attachment {
        push_byte_str(out, "/AF[");
        push_reference(out, plan.file_specification);
        push_byte_str(out, "]/Names<</EmbeddedFiles<</Names[");
        push_text_string(out, slot.file_name);
        push_reference(out, plan.file_specification);
        push_byte_str(out, "]>>>>");
    }
    push_byte_str(out, ">>");
}

/// The page.
pub(super) fn push_page(out: &mut Vec<u8>, layout: &TemplateBuilder<'_>, plan: &Plan) {
    push_byte_str(
        out,
        "<</Type/Page/Parent 2 0 R/Annots[6 0 R]/Group<</S/Transparency/CS/DeviceRGB>>",
    );
    if !layout.elements.is_empty() {
        push_byte_str(out, structure::PAGE_ENTRIES);
    }
    push_byte_str(out, "/MediaBox");
    let page = Rect {
        x: 0.0,
        y: 0.0,
        width: layout.page.width,
        height: layout.page.height,
    };
    page.push_points(layout.page, out);
    push_byte_str(out, "/Contents[5 0 R ");
    push_reference(out, plan.document.content);
    push_byte_str(out, "]/Resources<<");
    let fonts = plan.fonts.iter().map(|font| font.composite);
    push_resources(out, "/Font", "/F", fonts);
    push_resources(out, "/XObject", "/I", plan.images.iter().copied());
    push_byte_str(out, "/ExtGState<<");
    for (index, percent) in layout.opacities.iter().enumerate() {
        push_byte_str(out, "/G");
        push_uint(out, index as u64);
        for key in ["<</Type/ExtGState/ca ", "/CA "] {
            push_byte_str(out, key);
            push_decimal(out, f64::from(*percent) / 100.0);
        }
        push_byte_str(out, ">>");
    }
    push_byte_str(out, ">>>>>>");
}

fn push_resources(out: &mut Vec<u8>, kind: &str, prefix: &str, numbers: impl Iterator<Item = u32>) {
    push_byte_str(out, kind);
    push_byte_str(out, "<<");
    for (index, number) in numbers.enumerate() {
        push_byte_str(out, prefix);
        push_uint(out, index as u64);
        out.push(b' ');
        push_reference(out, number);
    }
    push_byte_str(out, ">>");
}
