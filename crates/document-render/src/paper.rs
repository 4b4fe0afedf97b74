//! Rasters in a PDF: pages to print, without text and without any signature.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::ZlibEncoder;

use crate::Raster;

/// A PDF with one picture a page. It has no text to search or copy, and proves nothing.
#[must_use]
pub fn raster_pdf(pages: &[Raster], dpi: f32) -> Vec<u8> {
    let mut out = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n".to_vec();
    let mut offsets = Vec::new();
    let kids: Vec<String> = (0..pages.len())
        .map(|index| format!("{} 0 R", 3 + index * 3))
        .collect();
    object(&mut out, &mut offsets, "<</Type/Catalog/Pages 2 0 R>>", None);
    let tree = format!("<</Type/Pages/Kids[{}]/Count {}>>", kids.join(" "), pages.len());
    object(&mut out, &mut offsets, &tree, None);
    for (index, page) in pages.iter().enumerate() {
        let number = 3 + index * 3;
        #[expect(clippy::cast_precision_loss, reason = "sides of a page in pixels")]
        let points = |side: u32| side as f32 * 72.0 / dpi;
        let (width, height) = (points(page.width), points(page.height));
        let body = format!(
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 {width:.2} {height:.2}]/Contents {} 0 R/Resources<</XObject<</I {} 0 R>>>>>>",
            number + 1,
            number + 2
        );
        object(&mut out, &mut offsets, &body, None);
        let content = format!("q {width:.2} 0 0 {height:.2} 0 0 cm /I Do Q");
        object(&mut out, &mut offsets, "", Some(content.as_bytes()));
        let mut packed = ZlibEncoder::new(Vec::new(), Compression::default());
        let packed = packed
            .write_all(&page.rgb)
            .and_then(|()| packed.finish())
            .unwrap_or_default();
        let dictionary = format!(
            "/Type/XObject/Subtype/Image/Width {}/Height {}/ColorSpace/DeviceRGB/BitsPerComponent 8/Filter/FlateDecode",
            page.width, page.height
        );
        object(&mut out, &mut offsets, &dictionary, Some(&packed));
    }
    let start = out.len();
    let mut table = format!("xref\n0 {}\n0000000000 65535 f \n", offsets.len() + 1);
    for offset in &offsets {
        table.push_str(&format!("{offset:010} 00000 n \n"));
    }
    table.push_str(&format!(
        "trailer\n<</Size {}/Root 1 0 R>>\nstartxref\n{start}\n%%EOF\n",
        offsets.len() + 1
    ));
    out.extend_from_slice(table.as_bytes());
    out
}

fn object(out: &mut Vec<u8>, offsets: &mut Vec<usize>, body: &str, stream: Option<&[u8]>) {
    offsets.push(out.len());
    out.extend_from_slice(format!("{} 0 obj\n", offsets.len()).as_bytes());
    match stream {
        None => out.extend_from_slice(body.as_bytes()),
        Some(bytes) => {
            out.extend_from_slice(format!("<<{body}/Length {}>>\nstream\n", bytes.len()).as_bytes());
            out.extend_from_slice(bytes);
            out.extend_from_slice(b"\nendstream");
        }
    }
    out.extend_from_slice(b"\nendobj\n");
}
