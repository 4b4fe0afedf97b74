//! The XMP packet. Only predefined properties are used: others would need an extension schema (ISO 19005-2
//! §6.6.2.3). There is no Info dictionary, so nothing can contradict the packet.

use jiff::Timestamp;

use crate::{
    error::WriteError,
    syntax::{push_byte_str, push_uint, push_xmp_date},
};

/// What the document says of itself.
#[derive(Debug, Clone, Copy)]
pub struct Metadata<'a> {
    /// `dc:identifier`: the licence identifier.
    pub identifier: &'a str,
    /// `dc:title`.
    pub title: &'a str,
    /// `dc:creator`: the issuing authority.
    pub creator: &'a str,
    /// `dc:description`.
    pub description: Option<&'a str>,
    /// `dc:relation`: references to other things, such as a digest of the facts or an address to verify at.
    pub relations: &'a [&'a str],
    /// `xmp:CreatorTool` and `pdf:Producer`.
    pub producer: &'a str,
    /// `xmp:CreateDate`, `xmp:ModifyDate` and `xmp:MetadataDate`.
    pub created: Timestamp,
}

const HEAD: &str = "<?xpacket begin=\"\u{FEFF}\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n\
<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\
<rdf:Description rdf:about=\"\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\" \
xmlns:xmp=\"http://ns.adobe.com/xap/1.0/\" xmlns:pdf=\"http://ns.adobe.com/pdf/1.3/\" \
xmlns:pdfaid=\"http://www.aiim.org/pdfa/ns/id/\">\n<pdfaid:part>";
const TAIL: &str = "</rdf:Description></rdf:RDF></x:xmpmeta>\n<?xpacket end=\"r\"?>";

/// Writes the packet for PDF/A `part` level U.
pub(crate) fn push_packet(out: &mut Vec<u8>, metadata: &Metadata<'_>, part: u8) -> Result<(), WriteError> {
    push_byte_str(out, HEAD);
    push_uint(out, u64::from(part));
    push_byte_str(out, "</pdfaid:part><pdfaid:conformance>U</pdfaid:conformance>\n");
    push_byte_str(out, "<dc:format>application/pdf</dc:format><dc:identifier>");
    push_escaped(out, "identifier", metadata.identifier)?;
    push_byte_str(
        out,
        "</dc:identifier>\n<dc:title><rdf:Alt><rdf:li xml:lang=\"x-default\">",
    );
    push_escaped(out, "title", metadata.title)?;
    push_byte_str(
        out,
        "</rdf:li></rdf:Alt></dc:title>\n<dc:creator><rdf:Seq><rdf:li>",
    );
    push_escaped(out, "creator", metadata.creator)?;
    push_byte_str(out, "</rdf:li></rdf:Seq></dc:creator>\n");
    if let Some(description) = metadata.description {
        push_byte_str(out, "<dc:description><rdf:Alt><rdf:li xml:lang=\"x-default\">");
        push_escaped(out, "description", description)?;
        push_byte_str(out, "</rdf:li></rdf:Alt></dc:description>\n");
    }
    if !metadata.relations.is_empty() {
        push_byte_str(out, "<dc:relation><rdf:Bag>");
        for relation in metadata.relations {
            push_byte_str(out, "<rdf:li>");
            push_escaped(out, "relation", relation)?;
            push_byte_str(out, "</rdf:li>");
        }
        push_byte_str(out, "</rdf:Bag></dc:relation>\n");
    }
    for (start, end) in [
        ("<xmp:CreatorTool>", "</xmp:CreatorTool>"),
        ("<pdf:Producer>", "</pdf:Producer>\n"),
    ] {
        push_byte_str(out, start);
        push_escaped(out, "producer", metadata.producer)?;
        push_byte_str(out, end);
    }
    for (start, end) in [
        ("<xmp:CreateDate>", "</xmp:CreateDate>"),
        ("<xmp:ModifyDate>", "</xmp:ModifyDate>"),
        ("<xmp:MetadataDate>", "</xmp:MetadataDate>\n"),
    ] {
        push_byte_str(out, start);
        push_xmp_date(out, metadata.created);
        push_byte_str(out, end);
    }
    push_byte_str(out, TAIL);
    Ok(())
}

fn push_escaped(out: &mut Vec<u8>, what: &'static str, text: &str) -> Result<(), WriteError> {
    for character in text.chars() {
        match character {
            '<' => push_byte_str(out, "&lt;"),
            '>' => push_byte_str(out, "&gt;"),
            '&' => push_byte_str(out, "&amp;"),
            '\t' | '\n' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'.. => {
                push_byte_str(out, character.encode_utf8(&mut [0; 4]));
            }
            _ => return Err(WriteError::Metadata(what)),
        }
    }
    Ok(())
}
