//! Metadata of the documents in the keys of the licence catalogue (domain §3.2, §3.5).
//!
//! The pairs come from `domain::certificate::metadata`. They stand in the OFD's `CustomDatas`, and with the facts record in `certificate.xml`, which is attached
//! to both documents and covered by their signatures:
//!
//! ```xml
//! <certificate xmlns="urn:jianzheng:certificate:1" layout="1" fonts="(SHA-256 of the font pack's manifest)">
//!   <metadata><item name="ZZMC">…</item> … </metadata>
//!   <record mediaType="application/json">(the facts record, RFC 8785 JSON, as UTF-8 text)</record>
//! </certificate>
//! ```
//!
//! Without white space between elements. Unescaping the text of `record` gives the very bytes of the facts record, so
//! its digest can be checked against the log. Dates are `yyyy-MM-dd`; what each specialty has joins with `;`.

use jiff::Timestamp;

use crate::layout::{Field, Layout};

/// The file name of the attachment in both documents.
pub const ATTACHMENT: &str = "certificate.xml";
/// The namespace of the attachment.
pub const NAMESPACE: &str = "urn:jianzheng:certificate:1";
/// The namespace and type of the OFD's tag index.
pub const TAGS: &str = "urn:jianzheng:certificate:tags:1";

/// Who seals, as the documents name them, and when.
#[derive(Debug, Clone, Copy)]
pub struct Sealing<'a> {
    /// The signer that readers show beside the PDF's signature.
    pub signer: &'a str,
    /// The time that both documents claim; the signatures carry their own.
    pub time: Timestamp,
}

/// The attachment: entries and facts record.
pub fn certificate_xml(
    layout: &Layout,
    fonts: &str,
    entries: &[(&'static str, String)],
    record: &str,
) -> String {
    let mut out = String::with_capacity(record.len() + 2048);
    out.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<certificate xmlns=\"");
    out.push_str(NAMESPACE);
    out.push_str("\" layout=\"");
    out.push_str(&layout.version().0.to_string());
    out.push_str("\" fonts=\"");
    out.push_str(fonts);
    out.push_str("\"><metadata>");
    for (name, value) in entries {
        out.push_str("<item name=\"");
        out.push_str(name);
        out.push_str("\">");
        push_escaped(&mut out, value);
        out.push_str("</item>");
    }
    out.push_str("</metadata><record mediaType=\"application/json\">");
    push_escaped(&mut out, record);
    out.push_str("</record></certificate>\n");
    out
}

fn push_escaped(out: &mut String, text: &str) {
    let mut rest = text;
    let special = |rest: &str| {
        let markup = memchr::memchr3(b'<', b'>', b'&', rest.as_bytes());
        let before = rest.get(..markup.unwrap_or(rest.len())).unwrap_or_default();
        memchr::memchr(b'\r', before.as_bytes()).or(markup)
    };
    while let Some(at) = special(rest) {
        let (plain, tail) = rest.split_at(at);
        out.push_str(plain);
        let mut characters = tail.chars();
        out.push_str(match characters.next() {
            Some('<') => "&lt;",
            Some('>') => "&gt;",
            Some('&') => "&amp;",
            _ => "&#13;",
        });
        rest = characters.as_str();
    }
    out.push_str(rest);
}

/// The element of the tag index that refers to the objects of a field.
pub fn tag(field: Field) -> &'static str {
    match field {
        Field::Name => "CZZT",
        Field::Sex => "KZ_sex",
        Field::BirthDate => "KZ_birthDate",
        Field::DocumentNumber => "CZZTDM",
        Field::RegistrationNumber => "ZZBH",
        Field::Employer => "KZ_empEnp",
        Field::Specialty(_) => "KZ_specSub",
        Field::SpecialtyValidity(_) => "KZ_subValidity",
        Field::UsePeriod => "JZJYXQ",
        Field::Issuer => "ZZBFJG",
        Field::IssueDate => "ZZBFRQ",
        Field::LicenceIdentifier => "ZZBS",
        Field::SealName => "KZ_sealName",
        Field::SealNumber => "KZ_sealNumber",
        Field::SealSpecialties => "KZ_sealSpec",
        Field::SealValidity => "KZ_sealEndDate",
    }
}

/// All element names of the tag index.
pub const TAG_NAMES: [&str; 16] = [
    "CZZT",
    "KZ_sex",
    "KZ_birthDate",
    "CZZTDM",
    "ZZBH",
    "KZ_empEnp",
    "KZ_specSub",
    "KZ_subValidity",
    "JZJYXQ",
    "ZZBFJG",
    "ZZBFRQ",
    "ZZBS",
    "KZ_sealName",
    "KZ_sealNumber",
    "KZ_sealSpec",
    "KZ_sealEndDate",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::DocumentNumberPolicy;

    #[test]
    fn the_attachment_gives_back_the_very_bytes_of_the_record() {
        let layout = Layout::of(Layout::CURRENT, DocumentNumberPolicy::Shown).unwrap();
        let record = r#"{"a":"<&>\"'","b":"𠮷\r"}"#.to_owned() + "\r";
        let xml = certificate_xml(&layout, "00", &[("CZZT", "甲 & <乙>".to_owned())], &record);
        assert!(xml.contains(r#"<item name="CZZT">甲 &amp; &lt;乙&gt;</item>"#));
        let (_, rest) = xml.split_once("application/json\">").unwrap();
        let (escaped, _) = rest.split_once("</record>").unwrap();
        let plain = escaped
            .replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&#13;", "\r")
            .replace("&amp;", "&");
        assert_eq!(plain, record);
    }

    #[test]
    fn every_tag_is_in_the_list_once() {
        let layout = Layout::of(Layout::CURRENT, DocumentNumberPolicy::Shown)
            .unwrap()
            .with_specialties(10);
        let mut used: Vec<&str> = layout.fields().map(tag).collect();
        used.sort_unstable();
        used.dedup();
        let mut listed = TAG_NAMES.to_vec();
        listed.sort_unstable();
        assert_eq!(used, listed);
    }
}
