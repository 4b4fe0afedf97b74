//! Appending the document part.

use sha2::{Digest as _, Sha256};

use super::{
    Template,
    objects::{Objects, push_xref_row},
    prefix::media_type_entry,
};
use crate::{
    content::{Content, GlyphSet},
    document::{Document, SignatureText},
    error::WriteError,
    font::{push_to_unicode, push_widths},
    metadata::push_packet,
    syntax::{hex_digit, push_byte_str, push_date, push_text_string, push_uint},
    unsigned::Unsigned,
};

/// Digits reserved for each of the three open numbers of ByteRange.
const BYTE_RANGE_DIGITS: usize = 10;

impl Template {
    /// Makes the complete file with zeros for a signature. Streams are stored as they are: compressing them costs
    /// more time than all the rest and saves a few kilobytes.
    pub fn assemble(&self, document: &Document<'_>) -> Result<Unsigned, WriteError> {
        self.check_document(document)?;
        let mut bytes = Vec::with_capacity(self.capacity_for(document));
        bytes.extend_from_slice(&self.prefix);
        let mut objects = Objects {
            bytes,
            offsets: Vec::with_capacity(32),
        };
        let operators = [document.content.operators(), Content::TAIL.as_bytes()].concat();
        objects.stream(self.objects.content, "", &operators);
        self.write_fonts(&mut objects, document);
        let masks = self.write_images(&mut objects, document);
        let mut packet = Vec::with_capacity(2048);
        push_packet(&mut packet, &document.metadata, self.part)?;
        objects.stream(self.objects.metadata, "/Type/Metadata/Subtype/XML", &packet);
        self.write_attachment(&mut objects, document);
        let places = self.write_signature(&mut objects, &document.signature);
        self.push_trailer(&mut objects, masks, &document.file_id);
        self.close(objects.bytes, &places)
    }

    /// Assembles a specimen and compares its digest, which comes from the kept state, with one over the whole
    /// file. Run it at start: a wrong prefix would be signed thousands of times.
    pub fn self_check(&self, specimen: &Document<'_>) -> Result<(), WriteError> {
        let unsigned = self.assemble(specimen)?;
        let [_, first, second, length] = unsigned.byte_range();
        let bytes = unsigned.bytes();
        let (Some(before), Some(after)) = (bytes.get(..first), bytes.get(second..)) else {
            return Err(WriteError::SelfCheck("byte range lies outside the file"));
        };
        if after.len() != length {
            return Err(WriteError::SelfCheck("byte range does not end with the file"));
        }
        let whole: [u8; 32] = Sha256::new()
            .chain_update(before)
            .chain_update(after)
            .finalize()
            .into();
        if whole != unsigned.byte_range_sha256() {
            return Err(WriteError::SelfCheck(
                "digest differs from that of the whole file",
            ));
        }
        Ok(())
    }

    fn check_document(&self, document: &Document<'_>) -> Result<(), WriteError> {
        for (what, expected, actual) in [
            ("document fonts", self.fonts.len(), document.fonts.len()),
            ("document images", self.image_slots, document.images.len()),
            (
                "attachments",
                usize::from(self.attachment.is_some()),
                usize::from(document.attachment.is_some()),
            ),
        ] {
            if expected != actual {
                return Err(WriteError::Slots {
                    what,
                    expected,
                    actual,
                });
            }
        }
        document
            .content
            .check(self.fixed_glyphs.len(), self.image_count, self.opacity_count)?;
        let mut marks = document.content.marks().to_vec();
        marks.sort_unstable();
        if marks != self.marks {
            return Err(WriteError::Content("not every mark is set, or one twice"));
        }
        for (font, subset) in self.fonts.iter().zip(document.fonts) {
            subset.check(font.index, &font.face)?;
        }
        let mut subsets = document.fonts.iter();
        for (font, listed) in (0u8..).zip(&self.fixed_glyphs) {
            let own;
            let listed = match listed {
                Some(fixed) => fixed,
                None => {
                    own = GlyphSet::from_ids(
                        subsets
                            .next()
                            .into_iter()
                            .flat_map(|subset| subset.glyphs)
                            .map(|glyph| glyph.id),
                    );
                    &own
                }
            };
            let used = document.content.used().get(usize::from(font));
            if let Some(glyph) = used.and_then(|used| used.first_outside(listed)) {
                return Err(WriteError::MissingGlyph { font, glyph });
            }
        }
        Ok(())
    }

    fn capacity_for(&self, document: &Document<'_>) -> usize {
        let fonts: usize = document
            .fonts
            .iter()
            .map(|font| font.program.len() + 32 * font.glyphs.len() + 1024)
            .sum();
        let images: usize = document
            .images
            .iter()
            .map(|image| image.byte_length() + 512)
            .sum();
        let varying = document.content.operators().len() + document.attachment.map_or(0, <[u8]>::len);
        self.prefix.len() + self.xref_rows.len() + fonts + images + varying + 2 * self.contents_reserve + 8192
    }

    fn write_fonts(&self, objects: &mut Objects, document: &Document<'_>) {
        let mut cmap = Vec::with_capacity(2048);
        for (font, subset) in self.fonts.iter().zip(document.fonts) {
            let entries = format!("/Length1 {}", subset.program.len());
            objects.stream(font.objects.program, &entries, subset.program);
            objects.write(font.objects.widths, |out| {
                push_widths(out, &font.face, subset.glyphs);
            });
            cmap.clear();
            push_to_unicode(&mut cmap, subset.glyphs);
            objects.stream(font.objects.to_unicode, "", &cmap);
        }
    }

    /// Gives the number of masks written after the numbered objects.
    fn write_images(&self, objects: &mut Objects, document: &Document<'_>) -> u32 {
        let mut masks = 0;
        for (number, image) in (self.objects.first_image..).zip(document.images) {
            let mask_number = self.objects.free + masks;
            objects.write(number, |out| image.push_base(out, mask_number));
            if image.mask_count() > 0 {
                objects.write(mask_number, |out| {
                    image.push_mask(out);
                });
                masks += 1;
            }
        }
        masks
    }

    fn write_attachment(&self, objects: &mut Objects, document: &Document<'_>) {
        let (Some(media_type), Some(file)) = (&self.attachment, document.attachment) else {
            return;
        };
        let mut entries = media_type_entry(media_type).into_bytes();
        push_byte_str(&mut entries, "/Params<</Size ");
        push_uint(&mut entries, file.len() as u64);
        push_byte_str(&mut entries, "/ModDate");
        push_date(&mut entries, document.metadata.created);
        push_byte_str(&mut entries, ">>");
        let entries = String::from_utf8(entries).expect("names, numbers and dates are ASCII");
        objects.stream(self.objects.attachment, &entries, file);
    }

    /// Gives the places of the open ByteRange digits and of the Contents string.
    fn write_signature(&self, objects: &mut Objects, text: &SignatureText<'_>) -> SignaturePlaces {
        let mut places = SignaturePlaces {
            byte_range: 0,
            contents: 0,
        };
        objects.write(self.objects.signature, |out| {
            push_byte_str(
                out,
                "<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached\
                 /Reference[<</Type/SigRef/TransformMethod/DocMDP/TransformParams<</Type/TransformParams/V/1.2/P ",
            );
            push_byte_str(out, self.permission.level());
            push_byte_str(out, ">>>>]/M");
            push_date(out, text.signed_at);
            for (key, value) in [
                ("/Name", Some(text.name)),
                ("/Reason", text.reason),
                ("/Location", text.location),
                ("/ContactInfo", text.contact),
            ] {
                if let Some(value) = value {
                    push_byte_str(out, key);
                    push_text_string(out, value);
                }
            }
            push_byte_str(out, "/ByteRange[0 ");
            places.byte_range = out.len();
            out.resize(out.len() + 3 * BYTE_RANGE_DIGITS + 2, b' ');
            push_byte_str(out, "]/Contents");
            places.contents = out.len();
            out.push(b'<');
            out.resize(out.len() + 2 * self.contents_reserve, b'0');
            push_byte_str(out, ">>>");
        });
        places
    }

    fn push_trailer(&self, objects: &mut Objects, masks: u32, file_id: &[u8; 16]) {
        let start = objects.bytes.len();
        objects.offsets.sort_unstable();
        let out = &mut objects.bytes;
        let size = u64::from(self.objects.free + masks);
        push_byte_str(out, "xref\n0 ");
        push_uint(out, size);
        out.push(b'\n');
        out.extend_from_slice(&self.xref_rows);
        for (_, offset) in &objects.offsets {
            push_xref_row(out, *offset);
        }
        push_byte_str(out, "trailer\n<</Root 1 0 R/Size ");
        push_uint(out, size);
        push_byte_str(out, "/ID[");
        for _ in 0..2 {
            out.push(b'<');
            for byte in file_id {
                out.extend_from_slice(&[hex_digit(byte >> 4), hex_digit(byte & 15)]);
            }
            out.push(b'>');
        }
        push_byte_str(out, "]>>\nstartxref\n");
        push_uint(out, start as u64);
        push_byte_str(out, "\n%%EOF\n");
    }

    /// Writes the byte range and hashes what it covers.
    fn close(&self, mut bytes: Vec<u8>, places: &SignaturePlaces) -> Result<Unsigned, WriteError> {
        let gap = places.contents..places.contents + 2 * self.contents_reserve + 2;
        let numbers = [gap.start, gap.end, bytes.len() - gap.end];
        let digits = bytes
            .get_mut(places.byte_range..)
            .and_then(|rest| rest.get_mut(..3 * BYTE_RANGE_DIGITS + 2))
            .ok_or(WriteError::TooLarge)?;
        for (place, number) in digits.chunks_mut(BYTE_RANGE_DIGITS + 1).zip(numbers) {
            let mut text = Vec::with_capacity(20);
            push_uint(&mut text, number as u64);
            place
                .get_mut(..text.len())
                .filter(|_| text.len() <= BYTE_RANGE_DIGITS)
                .ok_or(WriteError::TooLarge)?
                .copy_from_slice(&text);
        }
        let mut state = self.state.clone();
        let varying = bytes.get(self.prefix.len()..gap.start).unwrap_or_default();
        state.update(varying);
        state.update(bytes.get(gap.end..).unwrap_or_default());
        Ok(Unsigned {
            bytes,
            gap,
            digest: state.finalize().into(),
        })
    }
}

struct SignaturePlaces {
    byte_range: usize,
    contents: usize,
}
