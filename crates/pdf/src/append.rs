//! A document time stamp appended to a finished file (ETSI EN 319 142-1 §5.5): archival renewal.
//!
//! The file stays byte for byte as it is. One revision is appended with a signature field that shows nothing and, if
//! there is any, further validation data; that is what a certified document (DocMDP level 1) may get later.

use sha2::{Digest as _, Sha256};

use crate::{
    read::{Dictionary, Limits, Object, ObjectNumber, Pdf, ReadError},
    syntax::{hex_digit, push_byte_str, push_name, push_padded, push_reference, push_text_string, push_uint},
    unsigned::Unsigned,
    validation::{EXTENSIONS, ValidationData},
};

/// What is appended.
#[derive(Debug, Clone, Copy)]
pub struct TimeStampRevision<'a> {
    /// Name of the field; the file must have none of this name.
    pub field_name: &'a str,
    /// Added to what the file has.
    pub validation: &'a ValidationData,
    /// Room for the token in bytes. 8 KB do for a token with the chain of its authority.
    pub contents_reserve: usize,
}

/// Digits reserved for each of the three open numbers of ByteRange.
const DIGITS: usize = 10;

/// Appends a revision whose time stamp waits for its token: [`Unsigned::byte_range_sha256`] is what the authority
/// stamps, [`Unsigned::sign`] puts the token in place.
///
/// # Errors
/// The file cannot be read, has a cross-reference stream, or has a field of this name.
pub fn append_time_stamp(file: &[u8], revision: &TimeStampRevision<'_>) -> Result<Unsigned, ReadError> {
    let limits = Limits::default();
    let pdf = Pdf::open(file, limits)?;
    let update = Update::of(&pdf, revision)?;
    let mut bytes = file.to_vec();
    if bytes.last() != Some(&b'\n') {
        bytes.push(b'\n');
    }
    let mut objects = Objects {
        bytes,
        rows: Vec::new(),
    };
    let gap = update.write(&mut objects, revision)?;
    update.write_trailer(&pdf, &mut objects, file);
    close(objects.bytes, gap)
}

struct Objects {
    bytes: Vec<u8>,
    rows: Vec<(ObjectNumber, usize)>,
}

impl Objects {
    fn write(&mut self, number: ObjectNumber, body: impl FnOnce(&mut Vec<u8>)) {
        self.rows.push((number, self.bytes.len()));
        push_uint(&mut self.bytes, u64::from(number));
        push_byte_str(&mut self.bytes, " 0 obj\n");
        body(&mut self.bytes);
        push_byte_str(&mut self.bytes, "\nendobj\n");
    }
}

/// Places of the open ByteRange digits and of the Contents string.
struct Gap {
    byte_range: usize,
    contents: std::ops::Range<usize>,
}

/// What the file has where something is added.
struct Update {
    root: ObjectNumber,
    catalog: Dictionary,
    /// The form's own object, if it has one.
    form: (Option<ObjectNumber>, Dictionary),
    page: ObjectNumber,
    page_dictionary: Dictionary,
    annotations: Vec<Object>,
    fields: Vec<Object>,
    stored: [Vec<ObjectNumber>; 2],
    /// First number that the file does not use.
    free: ObjectNumber,
}

impl Update {
    fn of(pdf: &Pdf<'_>, revision: &TimeStampRevision<'_>) -> Result<Self, ReadError> {
        if pdf.trailer().get("Type").is_some() {
            return Err(ReadError::CrossReference("a stream is not appended to"));
        }
        let Some(Object::Reference(root)) = pdf.trailer().get("Root") else {
            return Err(ReadError::WrongType("Root"));
        };
        let catalog = pdf.catalog()?;
        let form = pdf.dictionary(&catalog, "AcroForm")?;
        let form_object = match catalog.get("AcroForm") {
            Some(Object::Reference(number)) => Some(*number),
            _ => None,
        };
        let fields = pdf.array(&form, "Fields")?;
        for field in &fields {
            if let Object::Dictionary(field) = pdf.resolve(field)?
                && let Object::String(name) = pdf.value(&field, "T")?
                && name.to_text() == revision.field_name
            {
                return Err(ReadError::Syntax("the form has a field of this name"));
            }
        }
        let pages = pdf.pages()?;
        let page = pages.first().ok_or(ReadError::WrongType("Pages"))?;
        let store = pdf.dictionary(&catalog, "DSS")?;
        let references = |key| {
            let values = pdf.array(&store, key)?;
            Ok::<_, ReadError>(
                values
                    .iter()
                    .filter_map(|value| match value {
                        Object::Reference(number) => Some(*number),
                        _ => None,
                    })
                    .collect(),
            )
        };
        Ok(Self {
            root: *root,
            form: (form_object, form),
            page: page.number,
            annotations: pdf.array(&page.dictionary, "Annots")?,
            page_dictionary: page.dictionary.clone(),
            fields,
            stored: [references("Certs")?, references("CRLs")?],
            free: pdf.object_numbers().max().unwrap_or(0) + 1,
            catalog,
        })
    }

    fn write(&self, objects: &mut Objects, revision: &TimeStampRevision<'_>) -> Result<Gap, ReadError> {
        let (field, value, first) = (self.free, self.free + 1, self.free + 2);
        let mut failed = Ok(());
        let mut fields = self.fields.clone();
        fields.push(Object::Reference(field));
        objects.write(self.root, |out| {
            failed = self.push_catalog(out, revision.validation, first, &fields);
        });
        failed?;
        if let Some(number) = self.form.0 {
            let mut failed = Ok(());
            objects.write(number, |out| failed = push_form(out, &self.form.1, &fields));
            failed?;
        }
        let mut annotations = self.annotations.clone();
        annotations.push(Object::Reference(field));
        let mut failed = Ok(());
        objects.write(self.page, |out| {
            failed = push_with(out, &self.page_dictionary, &["Annots"], |out| {
                push_byte_str(out, "/Annots");
                push_object(out, &Object::Array(annotations))
            });
        });
        failed?;
        objects.write(field, |out| {
            push_byte_str(out, "<</Type/Annot/Subtype/Widget/FT/Sig/F 132/Rect[0 0 0 0]/P ");
            push_reference(out, self.page);
            push_byte_str(out, "/T");
            push_text_string(out, revision.field_name);
            push_byte_str(out, "/V ");
            push_reference(out, value);
            push_byte_str(out, ">>");
        });
        let mut gap = Gap {
            byte_range: 0,
            contents: 0..0,
        };
        objects.write(value, |out| {
            push_byte_str(
                out,
                "<</Type/DocTimeStamp/Filter/Adobe.PPKLite/SubFilter/ETSI.RFC3161/ByteRange[0 ",
            );
            gap.byte_range = out.len();
            out.resize(out.len() + 3 * DIGITS + 2, b' ');
            push_byte_str(out, "]/Contents");
            let start = out.len();
            out.push(b'<');
            out.resize(out.len() + 2 * revision.contents_reserve, b'0');
            out.push(b'>');
            gap.contents = start..out.len();
            push_byte_str(out, ">>");
        });
        for (number, der) in (first..).zip(revision.validation.values()) {
            objects.write(number, |out| push_stream(out, der));
        }
        Ok(gap)
    }

    fn push_catalog(
        &self,
        out: &mut Vec<u8>,
        validation: &ValidationData,
        first: ObjectNumber,
        fields: &[Object],
    ) -> Result<(), ReadError> {
        let mut left_out = Vec::new();
        if !validation.is_empty() {
            left_out.extend(["DSS", "Extensions"]);
        }
        if self.form.0.is_none() {
            left_out.push("AcroForm");
        }
        push_with(out, &self.catalog, &left_out, |out| {
            if !validation.is_empty() {
                push_byte_str(out, EXTENSIONS);
                push_byte_str(out, "/DSS");
                let [certificates, lists] = &self.stored;
                validation.push_store(out, first, [certificates, lists]);
            }
            if self.form.0.is_none() {
                push_byte_str(out, "/AcroForm");
                push_form(out, &self.form.1, fields)?;
            }
            Ok(())
        })
    }

    /// The rows of what was written, in runs of consecutive numbers, and the trailer.
    fn write_trailer(&self, pdf: &Pdf<'_>, objects: &mut Objects, file: &[u8]) {
        let start = objects.bytes.len();
        objects.rows.sort_unstable();
        let next = objects
            .rows
            .last()
            .map_or(0, |(number, _)| *number + 1)
            .max(self.free);
        let out = &mut objects.bytes;
        push_byte_str(out, "xref\n");
        for run in objects.rows.chunk_by(|one, other| one.0 + 1 == other.0) {
            let Some((first, _)) = run.first() else { continue };
            push_uint(out, u64::from(*first));
            out.push(b' ');
            push_uint(out, run.len() as u64);
            out.push(b'\n');
            for (_, offset) in run {
                push_padded(out, *offset as u64, 10);
                push_byte_str(out, " 00000 n \n");
            }
        }
        push_byte_str(out, "trailer\n<</Root ");
        push_reference(out, self.root);
        push_byte_str(out, "/Size ");
        push_uint(out, u64::from(next));
        push_byte_str(out, "/Prev ");
        push_uint(
            out,
            pdf.revisions().last().map_or(0, |newest| newest.section) as u64,
        );
        let id = pdf.array(pdf.trailer(), "ID").unwrap_or_default();
        if let Some(Object::String(original)) = id.first() {
            push_byte_str(out, "/ID[");
            push_hex(out, &original.bytes);
            let own: [u8; 32] = Sha256::digest(file).into();
            push_hex(out, own.get(..16).unwrap_or_default());
            out.push(b']');
        }
        push_byte_str(out, ">>\nstartxref\n");
        push_uint(out, start as u64);
        push_byte_str(out, "\n%%EOF\n");
    }
}

fn close(mut bytes: Vec<u8>, gap: Gap) -> Result<Unsigned, ReadError> {
    let numbers = [
        gap.contents.start,
        gap.contents.end,
        bytes.len() - gap.contents.end,
    ];
    for (index, number) in numbers.into_iter().enumerate() {
        let mut text = Vec::with_capacity(20);
        push_uint(&mut text, number as u64);
        let start = gap.byte_range + index * (DIGITS + 1);
        bytes
            .get_mut(start..start + text.len())
            .filter(|_| text.len() <= DIGITS)
            .ok_or(ReadError::Limit("file size"))?
            .copy_from_slice(&text);
    }
    let digest = Sha256::new()
        .chain_update(bytes.get(..gap.contents.start).unwrap_or_default())
        .chain_update(bytes.get(gap.contents.end..).unwrap_or_default())
        .finalize();
    Ok(Unsigned {
        bytes,
        gap: gap.contents,
        digest: digest.into(),
    })
}

fn push_form(out: &mut Vec<u8>, form: &Dictionary, fields: &[Object]) -> Result<(), ReadError> {
    push_with(out, form, &["Fields", "SigFlags"], |out| {
        push_byte_str(out, "/SigFlags 3/Fields");
        push_object(out, &Object::Array(fields.to_vec()))
    })
}

/// The dictionary without some keys, and what `more` writes.
fn push_with(
    out: &mut Vec<u8>,
    dictionary: &Dictionary,
    left_out: &[&str],
    more: impl FnOnce(&mut Vec<u8>) -> Result<(), ReadError>,
) -> Result<(), ReadError> {
    push_byte_str(out, "<<");
    for (key, value) in dictionary.iter() {
        if !left_out.iter().any(|name| name.as_bytes() == key) {
            push_key(out, key)?;
            push_object(out, value)?;
        }
    }
    more(out)?;
    push_byte_str(out, ">>");
    Ok(())
}

fn push_key(out: &mut Vec<u8>, key: &[u8]) -> Result<(), ReadError> {
    let key = std::str::from_utf8(key).map_err(|_| ReadError::Syntax("a key is no text"))?;
    push_name(out, key);
    Ok(())
}

fn push_object(out: &mut Vec<u8>, object: &Object) -> Result<(), ReadError> {
    match object {
        Object::Null => push_byte_str(out, " null"),
        Object::Boolean(value) => push_byte_str(out, if *value { " true" } else { " false" }),
        Object::Integer(value) => push_byte_str(out, &format!(" {value}")),
        Object::Real(value) => push_byte_str(out, &format!(" {value}")),
        Object::String(string) => push_hex(out, &string.bytes),
        Object::Name(name) => push_key(out, name)?,
        Object::Reference(number) => {
            out.push(b' ');
            push_reference(out, *number);
        }
        Object::Array(values) => {
            out.push(b'[');
            for value in values {
                push_object(out, value)?;
            }
            out.push(b']');
        }
        Object::Dictionary(dictionary) => push_with(out, dictionary, &[], |_| Ok(()))?,
        Object::Stream(_) => return Err(ReadError::WrongType("a stream where a value stands")),
    }
    Ok(())
}

fn push_hex(out: &mut Vec<u8>, bytes: &[u8]) {
    out.push(b'<');
    for byte in bytes {
        out.extend_from_slice(&[hex_digit(byte >> 4), hex_digit(byte & 15)]);
    }
    out.push(b'>');
}

fn push_stream(out: &mut Vec<u8>, data: &[u8]) {
    push_byte_str(out, "<</Length ");
    push_uint(out, data.len() as u64);
    push_byte_str(out, ">>stream\n");
    out.extend_from_slice(data);
    push_byte_str(out, "\nendstream");
}
