//! The few properties of an XMP packet that matter here.

use quick_xml::{
    NsReader,
    events::{BytesStart, Event},
    name::{Namespace, ResolveResult},
};

use super::error::ReadError;

const DC: &str = "http://purl.org/dc/elements/1.1/";
const PDFAID: &str = "http://www.aiim.org/pdfa/ns/id/";
const LARGEST_PACKET: usize = 1 << 20;
const LARGEST_VALUE: usize = 4096;

/// Properties of the packet; the first value wins where one is repeated, and repetition is reported.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Xmp {
    /// `dc:identifier`.
    pub identifier: Option<String>,
    /// `dc:title`.
    pub title: Option<String>,
    /// `dc:creator`, the first.
    pub creator: Option<String>,
    /// `dc:relation`, all.
    pub relations: Vec<String>,
    /// `pdfaid:part`.
    pub part: Option<String>,
    /// `pdfaid:conformance`.
    pub conformance: Option<String>,
    /// `dc:identifier` occurs more than once.
    pub ambiguous_identifier: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Property {
    Identifier,
    Title,
    Creator,
    Relation,
    Part,
    Conformance,
}

fn property(namespace: &ResolveResult<'_>, local: &str) -> Option<Property> {
    match (namespace, local) {
        (ResolveResult::Bound(Namespace(DC)), "identifier") => Some(Property::Identifier),
        (ResolveResult::Bound(Namespace(DC)), "title") => Some(Property::Title),
        (ResolveResult::Bound(Namespace(DC)), "creator") => Some(Property::Creator),
        (ResolveResult::Bound(Namespace(DC)), "relation") => Some(Property::Relation),
        (ResolveResult::Bound(Namespace(PDFAID)), "part") => Some(Property::Part),
        (ResolveResult::Bound(Namespace(PDFAID)), "conformance") => Some(Property::Conformance),
        _ => None,
    }
}

impl Xmp {
    pub(super) fn parse(packet: &[u8]) -> Result<Self, ReadError> {
        if packet.len() > LARGEST_PACKET {
            return Err(ReadError::Limit("XMP packet"));
        }
        let packet = std::str::from_utf8(packet).map_err(|_| ReadError::Xmp)?;
        let mut reader = NsReader::from_str(packet);
        let mut xmp = Self::default();
        let mut within: Option<(Property, usize)> = None;
        let mut depth = 0usize;
        let mut text = String::new();
        loop {
            let (namespace, event) = reader.read_resolved_event().map_err(|_| ReadError::Xmp)?;
            match event {
                Event::Start(start) => {
                    depth += 1;
                    if within.is_none() {
                        within =
                            property(&namespace, start.local_name().as_ref()).map(|found| (found, depth));
                        text.clear();
                    }
                    xmp.attributes(&reader, &start)?;
                }
                Event::Empty(start) => xmp.attributes(&reader, &start)?,
                Event::Text(part) if within.is_some() => {
                    push(&mut text, &part)?;
                }
                Event::GeneralRef(reference) if within.is_some() => {
                    push(&mut text, &resolved(&reference).ok_or(ReadError::Xmp)?)?;
                }
                Event::CData(_) | Event::DocType(_) => return Err(ReadError::Xmp),
                Event::End(end) => {
                    if let Some((found, at)) = within {
                        // Lists end an item at each rdf:li, simple values at the property itself.
                        if end.local_name().as_ref() == "li" || at == depth {
                            xmp.set(found, &text);
                            text.clear();
                        }
                        if at == depth {
                            within = None;
                        }
                    }
                    depth = depth.checked_sub(1).ok_or(ReadError::Xmp)?;
                }
                Event::Eof => return if depth == 0 { Ok(xmp) } else { Err(ReadError::Xmp) },
                _ => {}
            }
        }
    }

    /// Simple properties may be written as attributes of rdf:Description.
    fn attributes(&mut self, reader: &NsReader<&[u8]>, start: &BytesStart<'_>) -> Result<(), ReadError> {
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|_| ReadError::Xmp)?;
            let (namespace, local) = reader.resolver().resolve_attribute(attribute.key);
            if let Some(found) = property(&namespace, local.as_ref()) {
                let value = quick_xml::escape::unescape(&attribute.value).map_err(|_| ReadError::Xmp)?;
                self.set(found, &value);
            }
        }
        Ok(())
    }

    fn set(&mut self, property: Property, value: &str) {
        let value = value.trim();
        if value.is_empty() {
            return;
        }
        let place = match property {
            Property::Identifier => {
                self.ambiguous_identifier |= self.identifier.is_some();
                &mut self.identifier
            }
            Property::Title => &mut self.title,
            Property::Creator => &mut self.creator,
            Property::Part => &mut self.part,
            Property::Conformance => &mut self.conformance,
            Property::Relation => {
                self.relations.push(value.to_owned());
                return;
            }
        };
        place.get_or_insert_with(|| value.to_owned());
    }
}

fn push(text: &mut String, part: &str) -> Result<(), ReadError> {
    if text.len() + part.len() > LARGEST_VALUE {
        return Err(ReadError::Limit("XMP value"));
    }
    text.push_str(part);
    Ok(())
}

/// A character reference or one of the five entities of XML.
fn resolved(reference: &quick_xml::events::BytesRef<'_>) -> Option<String> {
    if let Some(character) = reference.resolve_char_ref().ok()? {
        return Some(character.to_string());
    }
    quick_xml::escape::resolve_predefined_entity(reference).map(str::to_owned)
}
