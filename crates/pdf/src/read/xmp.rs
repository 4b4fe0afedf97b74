//! The few properties of an XMP packet that matter here.

use quick_xml::{
    NsReader,
    events::{BytesStart, Event},
    name::{Namespace, ResolveResult},
};

use super::error::ReadError;

const DC: &str = "http://purl.org/dc/elements/1.1/";
const PDFAID: &str = "http://www.aiim.org/pdfa/ns/id/";
const RDF: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";
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
    pub(crate) fn parse(packet: &[u8]) -> Result<Self, ReadError> {
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
                    xmp.attributes(&reader, &start, within.map(|(found, _)| found))?;
                }
                Event::Empty(start) => xmp.attributes(&reader, &start, within.map(|(found, _)| found))?,
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

    /// Simple properties may be written as attributes of rdf:Description, and addresses as rdf:resource of an item.
    fn attributes(
        &mut self,
        reader: &NsReader<&[u8]>,
        start: &BytesStart<'_>,
        within: Option<Property>,
    ) -> Result<(), ReadError> {
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|_| ReadError::Xmp)?;
            let (namespace, local) = reader.resolver().resolve_attribute(attribute.key);
            let is_resource =
                local.as_ref() == "resource" && matches!(namespace, ResolveResult::Bound(Namespace(RDF)));
            let found = if is_resource {
                within
            } else {
                property(&namespace, local.as_ref())
            };
            if let Some(found) = found {
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

#[cfg(test)]
mod tests {
    use super::*;

    const OPEN: &str = "<x:xmpmeta xmlns:x='adobe:ns:meta/'><r:RDF xmlns:r='http://www.w3.org/1999/02/22-rdf-syntax-ns#' \
        xmlns:d='http://purl.org/dc/elements/1.1/'><r:Description";
    const CLOSE: &str = "</r:Description></r:RDF></x:xmpmeta>";

    fn parse(body: &str) -> Result<Xmp, ReadError> {
        Xmp::parse(format!("{OPEN}{body}{CLOSE}").as_bytes())
    }

    #[test]
    fn attributes_elements_and_resources_mean_the_same() {
        let element = parse("><d:identifier>1&amp;&#x4E00;</d:identifier>").unwrap();
        let attribute = parse(" d:identifier='1&amp;&#x4E00;'>").unwrap();
        assert_eq!(element.identifier.as_deref(), Some("1&一"));
        assert_eq!(element, attribute);
        let text = parse("><d:relation><r:Bag><r:li>a:b</r:li></r:Bag></d:relation>").unwrap();
        let resource = parse("><d:relation><r:Bag><r:li r:resource='a:b'/></r:Bag></d:relation>").unwrap();
        assert_eq!(text, resource);
        assert_eq!(text.relations, ["a:b"]);
    }

    #[test]
    fn a_second_identifier_is_reported_and_another_namespace_is_not_ours() {
        let twice = parse(" d:identifier='1'><d:identifier>2</d:identifier>").unwrap();
        assert!(twice.ambiguous_identifier);
        let foreign = parse("><identifier xmlns='urn:x'>2</identifier>").unwrap();
        assert_eq!(foreign.identifier, None);
    }

    #[test]
    fn broken_or_greedy_packets_are_refused() {
        assert_eq!(parse("><d:title>"), Err(ReadError::Xmp));
        assert_eq!(parse("><d:title>&unknown;</d:title>"), Err(ReadError::Xmp));
        assert_eq!(
            Xmp::parse(b"<!DOCTYPE a [<!ENTITY b 'c'>]><a/>"),
            Err(ReadError::Xmp)
        );
        let long = format!("><d:title>{}</d:title>", "x".repeat(5000));
        assert_eq!(parse(&long), Err(ReadError::Limit("XMP value")));
    }
}
