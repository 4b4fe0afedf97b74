//! PDF: a whole file, and one stream of an otherwise sound one.

use pdf::{Limits, Pdf, archival, text, verify};

/// What one input may cost.
const LIMITS: Limits = Limits {
    file_bytes: 1 << 20,
    objects: 20_000,
    revisions: 16,
    inflated_bytes: 8 << 20,
    values: 20_000,
    depth: 32,
    fields: 200,
    pages: 50,
};

/// The input is a file.
pub(crate) fn file(input: &[u8]) {
    let Ok(pdf) = Pdf::open(input, LIMITS) else {
        return;
    };
    let _ = (pdf.xmp(), archival::faults(&pdf));
    if let Ok(examination) = verify::examine(&pdf) {
        for signature in &examination.signatures {
            let _ = (signature.sha256(), signature.signed_revision());
        }
    }
    for page in pdf.pages().unwrap_or_default() {
        let _ = text::page_text(&pdf, &page).map(|text| text.joined());
    }
}

/// The input is a stream: the page's content, a character map, the metadata, an object stream or a font.
pub(crate) fn stream(input: &[u8]) {
    if let Some(bytes) = with_stream(input) {
        file(&bytes);
    }
}

/// A sound file with the stream that an input stands for.
pub(crate) fn with_stream(input: &[u8]) -> Option<Vec<u8>> {
    let (which, rest) = input.split_first()?;
    let defaults: [&[u8]; 4] = [
        b"BT /F1 12 Tf 72 720 Td <00010002> Tj ET",
        b"1 beginbfrange <0000> <00ff> <4e00> endbfrange",
        b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>",
        b"\0\x01\0\0",
    ];
    let chosen = usize::from(*which) % defaults.len();
    let mut out = b"%PDF-1.7\n".to_vec();
    let mut offsets = Vec::new();
    let mut object = |out: &mut Vec<u8>, body: &str, stream: Option<usize>| {
        offsets.push(out.len());
        out.extend_from_slice(format!("{} 0 obj\n", offsets.len()).as_bytes());
        match stream {
            None => out.extend_from_slice(body.as_bytes()),
            Some(index) => {
                let bytes = if index == chosen { rest } else { defaults[index] };
                out.extend_from_slice(format!("<<{body}/Length {}>>\nstream\n", bytes.len()).as_bytes());
                out.extend_from_slice(bytes);
                out.extend_from_slice(b"\nendstream");
            }
        }
        out.extend_from_slice(b"\nendobj\n");
    };
    object(&mut out, "<</Type/Catalog/Pages 2 0 R/Metadata 7 0 R>>", None);
    object(&mut out, "<</Type/Pages/Kids[3 0 R]/Count 1>>", None);
    object(
        &mut out,
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 5 0 R/Resources<</Font<</F1 4 0 R>>>>>>",
        None,
    );
    object(
        &mut out,
        "<</Type/Font/Subtype/Type0/BaseFont/A/Encoding/Identity-H/ToUnicode 6 0 R/DescendantFonts[<</Type/Font\
         /Subtype/CIDFontType2/BaseFont/A/CIDToGIDMap/Identity/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)\
         /Supplement 0>>/DW 1000/FontDescriptor<</Type/FontDescriptor/FontName/A/Flags 4/FontFile2 8 0 R>>>>]>>",
        None,
    );
    object(&mut out, "", Some(0));
    object(&mut out, "", Some(1));
    object(&mut out, "/Type/Metadata/Subtype/XML", Some(2));
    object(&mut out, "", Some(3));
    let start = out.len();
    out.extend_from_slice(format!("xref\n0 {}\n0000000000 65535 f \n", offsets.len() + 1).as_bytes());
    for offset in &offsets {
        out.extend_from_slice(format!("{offset:010} 00000 n \n").as_bytes());
    }
    out.extend_from_slice(
        format!(
            "trailer\n<</Size {}/Root 1 0 R>>\nstartxref\n{start}\n%%EOF\n",
            offsets.len() + 1
        )
        .as_bytes(),
    );
    Some(out)
}
