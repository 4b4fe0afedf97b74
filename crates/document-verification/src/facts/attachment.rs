//! Reading `certificate.xml`, the attachment with metadata and facts record.

use certificate_face::metadata::NAMESPACE;
use quick_xml::Reader;
use quick_xml::events::{BytesRef, BytesStart, Event};

/// No attachment of ours comes near this size.
const LARGEST: usize = 1 << 20;
/// Nor has it so many entries.
const MOST_ITEMS: usize = 256;

/// The content of the attachment.
pub(crate) struct Attachment {
    /// Key and value of the metadata, in order.
    pub(crate) items: Vec<(String, String)>,
    /// The facts record as it stands.
    pub(crate) record: String,
}

/// Where the reader is.
enum Place {
    Outside,
    Item(String),
    Record,
}

impl Attachment {
    /// Reads the attachment; `None` if it is not of the one form that is written.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        if bytes.len() > LARGEST {
            return None;
        }
        let mut reader = Reader::from_str(std::str::from_utf8(bytes).ok()?);
        let mut out = Self {
            items: Vec::new(),
            record: String::new(),
        };
        let (mut place, mut text, mut depth, mut records) = (Place::Outside, String::new(), 0_usize, 0_usize);
        loop {
            match reader.read_event().ok()? {
                Event::Start(start) => {
                    place = enter(&start, depth)?;
                    text.clear();
                    depth += 1;
                }
                Event::End(_) => {
                    depth = depth.checked_sub(1)?;
                    match std::mem::replace(&mut place, Place::Outside) {
                        Place::Item(name) => out.items.push((name, std::mem::take(&mut text))),
                        Place::Record => {
                            records += 1;
                            out.record = std::mem::take(&mut text);
                        }
                        Place::Outside => {}
                    }
                    if out.items.len() > MOST_ITEMS {
                        return None;
                    }
                }
                Event::Text(part) => match place {
                    Place::Outside if part.trim().is_empty() => {}
                    Place::Outside => return None,
                    Place::Item(_) | Place::Record => text.push_str(&part),
                },
                Event::GeneralRef(reference) => text.push_str(&resolved(&reference)?),
                Event::Decl(_) => {}
                Event::Eof => return (depth == 0 && records == 1).then_some(out),
                _ => return None,
            }
        }
    }
}

/// The elements that may be opened, each at its depth.
fn enter(start: &BytesStart<'_>, depth: usize) -> Option<Place> {
    match (depth, start.name().as_ref()) {
        (0, "certificate") => (attribute(start, "xmlns")? == NAMESPACE).then_some(Place::Outside),
        (1, "metadata") => Some(Place::Outside),
        (1, "record") => Some(Place::Record),
        (2, "item") => attribute(start, "name").map(Place::Item),
        _ => None,
    }
}

fn attribute(start: &BytesStart<'_>, name: &str) -> Option<String> {
    let found = start
        .attributes()
        .filter_map(Result::ok)
        .find(|attribute| attribute.key.as_ref() == name)?;
    quick_xml::escape::unescape(&found.value)
        .ok()
        .map(std::borrow::Cow::into_owned)
}

fn resolved(reference: &BytesRef<'_>) -> Option<String> {
    match reference.resolve_char_ref() {
        Ok(Some(character)) => Some(character.to_string()),
        Ok(None) => quick_xml::escape::resolve_predefined_entity(reference).map(str::to_owned),
        Err(_) => None,
    }
}
