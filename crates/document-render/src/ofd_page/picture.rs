//! Pictures: PNG with transparency, JPEG.

use std::collections::HashMap;
use std::io::Cursor;
use std::rc::Rc;

use ofd::{Document, Package};
use tiny_skia::{ColorU8, IntSize, Pixmap};

use crate::budget::Spending;

pub(super) struct Pictures<'a> {
    files: HashMap<u64, &'a [u8]>,
    decoded: HashMap<u64, Option<Rc<Pixmap>>>,
}

impl<'a> Pictures<'a> {
    pub(super) fn new(package: &'a Package<'_>, document: &Document) -> Self {
        let files = document
            .images
            .iter()
            .filter_map(|image| Some((image.id, package.file(&image.path).ok()?)))
            .collect();
        Self {
            files,
            decoded: HashMap::new(),
        }
    }

    /// The picture of this number, decoded once.
    pub(super) fn get(&mut self, number: u64, spending: &mut Spending) -> Option<Rc<Pixmap>> {
        if let Some(known) = self.decoded.get(&number) {
            return known.clone();
        }
        let file = self.files.get(&number).copied();
        let decoded = file.and_then(|file| decode(file, spending)).map(Rc::new);
        self.decoded.insert(number, decoded.clone());
        decoded
    }
}

/// Decodes a picture within what is left of the budget.
pub(super) fn decode(file: &[u8], spending: &mut Spending) -> Option<Pixmap> {
    if file.starts_with(b"\x89PNG") {
        return png(file, spending);
    }
    let size = jpeg_size(file)?;
    if !spending.picture(size) {
        return None;
    }
    let pixels = material_content::decode(file).ok()?;
    let rgb = pixels.rgb().chunks_exact(3);
    let data = rgb
        .flat_map(|pixel| pixel.iter().copied().chain(Some(u8::MAX)))
        .collect();
    Pixmap::from_vec(data, IntSize::from_wh(pixels.width(), pixels.height())?)
}

/// Pixels of a JPEG by its frame header (ITU-T T.81 B.2.2).
fn jpeg_size(file: &[u8]) -> Option<u64> {
    let mut at = 2_usize;
    loop {
        let marker = *file.get(at + 1)?;
        let field = |offset: usize| {
            let bytes: [u8; 2] = file.get(at + offset..at + offset + 2)?.try_into().ok()?;
            Some(u64::from(u16::from_be_bytes(bytes)))
        };
        match marker {
            0xff => at += 1,
            0xc0..=0xc2 => return Some(field(5)? * field(7)?),
            0xd9 | 0xda => return None,
            _ => at += 2 + usize::try_from(field(2)?).ok()?.max(2),
        }
    }
}

fn png(file: &[u8], spending: &mut Spending) -> Option<Pixmap> {
    let mut decoder = png::Decoder::new_with_limits(Cursor::new(file), png::Limits { bytes: 256 << 20 });
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().ok()?;
    let (width, height) = (reader.info().width, reader.info().height);
    if !spending.picture(u64::from(width) * u64::from(height)) {
        return None;
    }
    let mut buffer = vec![0; reader.output_buffer_size()?];
    let frame = reader.next_frame(&mut buffer).ok()?;
    let pixel = |samples: &[u8]| {
        let [red, green, blue, alpha] = match *samples {
            [grey] => [grey, grey, grey, 255],
            [grey, alpha] => [grey, grey, grey, alpha],
            [red, green, blue] => [red, green, blue, 255],
            [red, green, blue, alpha] => [red, green, blue, alpha],
            _ => [0; 4],
        };
        let color = ColorU8::from_rgba(red, green, blue, alpha).premultiply();
        [color.red(), color.green(), color.blue(), color.alpha()]
    };
    let data = buffer
        .get(..frame.buffer_size())?
        .chunks_exact(frame.color_type.samples())
        .flat_map(pixel)
        .collect();
    Pixmap::from_vec(data, IntSize::from_wh(width, height)?)
}
