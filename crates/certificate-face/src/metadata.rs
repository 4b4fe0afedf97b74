//! Metadata of the documents in the keys of the licence catalogue (domain §3.2, §3.5).
//!
//! The same pairs stand in the OFD's `CustomDatas`, and with the facts record in `certificate.xml`, which is attached
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
//! its digest can be checked against the log. Dates are `yyyy-MM-dd`; lists (specialties) join with `,`.

use std::borrow::Cow;

use jiff::Timestamp;

use crate::facts::{FaceFacts, SpecialtyFacts, separated_date};

use crate::layout::{DocumentNumberPolicy, Field, Layout};
use crate::wording;

/// The file name of the attachment in both documents.
pub const ATTACHMENT: &str = "certificate.xml";
/// The namespace of the attachment.
pub const NAMESPACE: &str = "urn:jianzheng:certificate:1";
/// The namespace and type of the OFD's tag index.
pub const TAGS: &str = "urn:jianzheng:certificate:tags:1";

/// One entry: key of the catalogue, value.
pub type Entry<'a> = (&'static str, Cow<'a, str>);

/// Who seals, as the metadata name them, and when.
#[derive(Debug, Clone, Copy)]
pub struct Sealing<'a> {
    /// The signer (ZZQZR).
    pub signer: &'a str,
    /// The name of the seal (ZZQZMC).
    pub seal_name: &'a str,
    /// The time that both documents claim (ZZQZSJ, CJSJ).
    pub time: Timestamp,
}

/// The entries of a document.
pub fn entries<'a>(layout: &Layout, facts: &FaceFacts<'a>, sealing: &Sealing<'a>) -> Vec<Entry<'a>> {
    let date = |date| Cow::Owned(separated_date(date, '-'));
    let mut out: Vec<Entry<'a>> = Vec::with_capacity(32);
    let time: Cow<'a, str> = Cow::Owned(sealing.time.to_string());
    out.push(("ZZMC", wording::LICENCE_NAME.into()));
    out.push(("ZZLXDM", facts.type_code.into()));
    out.push(("ZZBH", facts.registration_number.into()));
    out.push(("ZZBS", facts.licence_identifier.into()));
    out.push(("ZZBFJG", facts.issuer.into()));
    out.push(("ZZBFJGDM", facts.issuer_code.into()));
    out.push(("ZZBFRQ", date(facts.issued_on)));
    out.push(("CZZT", facts.name.into()));
    if layout.document_number() == DocumentNumberPolicy::Shown {
        out.push(("CZZTDM", facts.document_number.into()));
    }
    out.push(("CZZTDMLX", facts.document_kind.into()));
    out.push(("CZZTDMLXDM", facts.document_code.into()));
    out.extend(facts.first_start().map(|day| ("ZZYXQQSRQ", date(day))));
    out.extend(facts.last_end().map(|day| ("ZZYXQJZRQ", date(day))));
    out.push(("ZZQZR", sealing.signer.into()));
    out.push(("ZZQZMC", sealing.seal_name.into()));
    out.push(("ZZQZSJ", time.clone()));
    out.push(("CJSJ", time));
    out.push(("KZ_certClass", wording::CLASS.into()));
    out.push(("KZ_empEnp", facts.employer.into()));
    out.push(("KZ_empEnpCode", facts.employer_code.into()));
    out.push(("KZ_quaCertNum", facts.qualification_number.into()));
    let list = |value: &dyn Fn(&SpecialtyFacts<'a>) -> Cow<'a, str>| -> Cow<'a, str> {
        match facts.specialties {
            [one] => value(one),
            many => many.iter().map(value).collect::<Vec<_>>().join(",").into(),
        }
    };
    out.push(("KZ_specSub", list(&|s| s.name.into())));
    out.push(("KZ_subBeginDate", list(&|s| date(s.from))));
    out.push(("KZ_subEndDate", list(&|s| date(s.to))));
    if let Some(copy) = &facts.copy {
        out.push(("JZJBS", copy.copy_id.into()));
        out.push(("JZJZZSJ", date(copy.made_on)));
        out.push(("JZJZZZ", copy.maker.into()));
        out.push(("JZJSYDW", copy.recipient.into()));
        out.push(("JZJZZSY", copy.purpose.into()));
        out.push(("JZJYXQJZSJ", date(copy.use_until)));
    }
    out
}

/// The attachment: entries and facts record.
pub fn certificate_xml(layout: &Layout, fonts: &str, entries: &[Entry<'_>], record: &str) -> String {
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
    while let Some(at) = rest.find(['<', '>', '&', '\r']) {
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
