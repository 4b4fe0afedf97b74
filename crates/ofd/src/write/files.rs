//! The XML files of a document that are written in one go.

use std::fmt::Write as _;

use jiff::civil::{Date, DateTime};

use super::content::{Attachment, Content, Permissions, TagIndex};
use super::error::WriteError;
use super::signature;
use super::template::Template;
use super::xml::{NAMESPACE, Xml, is_name};

pub(super) const DOCUMENT: &str = "Doc_0/Document.xml";
pub(super) const TAG_FILE: &str = "Doc_0/Tags/CustomTag_0.xml";

/// An object that shows a field.
pub(super) struct Field<'a> {
    pub(super) name: &'a str,
    pub(super) page: u64,
    pub(super) object: u64,
}

/// `OFD.xml`.
pub(super) fn ofd(template: &Template, content: &Content) -> Result<Vec<u8>, WriteError> {
    let mut xml = Xml::file("OFD", 2048);
    xml.raw(" Version=\"1.0\" DocType=\"OFD\"><ofd:DocBody><ofd:DocInfo>");
    let id = content
        .doc_id
        .0
        .iter()
        .fold(String::with_capacity(32), |mut id, byte| {
            write!(id, "{byte:02x}").expect("a String takes any text");
            id
        });
    xml.leaf("DocID", &id)?
        .leaf("Title", &content.title)?
        .leaf("Author", &content.author)?;
    if let Some(subject) = &content.subject {
        xml.leaf("Subject", subject)?;
    }
    let created = date(content.created);
    xml.leaf("CreationDate", &created)?.leaf("ModDate", &created)?;
    xml.leaf("Creator", &template.creator.name)?
        .leaf("CreatorVersion", &template.creator.version)?;
    if !content.custom_datas.is_empty() {
        xml.raw("<ofd:CustomDatas>");
        for data in &content.custom_datas {
            xml.raw("<ofd:CustomData")
                .attribute("Name", &data.name)?
                .raw(">")
                .text(&data.value)?;
            xml.raw("</ofd:CustomData>");
        }
        xml.raw("</ofd:CustomDatas>");
    }
    xml.raw("</ofd:DocInfo><ofd:DocRoot>")
        .raw(DOCUMENT)
        .raw("</ofd:DocRoot><ofd:Signatures>/");
    xml.raw(signature::SIGNATURES)
        .raw("</ofd:Signatures></ofd:DocBody></ofd:OFD>");
    Ok(xml.into_bytes())
}

pub(super) fn permissions(xml: &mut Xml, granted: &Permissions) {
    let word = |allowed: bool| if allowed { "true" } else { "false" };
    xml.raw("<ofd:Permissions><ofd:Edit>false</ofd:Edit><ofd:Annot>false</ofd:Annot><ofd:Export>");
    xml.raw(word(granted.export))
        .raw("</ofd:Export><ofd:Signature>false</ofd:Signature>");
    xml.raw("<ofd:Watermark>false</ofd:Watermark><ofd:PrintScreen>")
        .raw(word(granted.print_screen));
    xml.raw("</ofd:PrintScreen><ofd:Print Printable=\"")
        .raw(word(granted.print))
        .raw("\"/>");
    if let Some(period) = &granted.valid_period {
        xml.raw("<ofd:ValidPeriod StartDate=\"")
            .raw(&date_time(period.start));
        xml.raw("\" EndDate=\"").raw(&date_time(period.end)).raw("\"/>");
    }
    xml.raw("</ofd:Permissions>");
}

/// `CustomTags.xml`, with `TypeID` (the standard's text) and `NameSpace` (its schema): readers look for either.
pub(super) fn custom_tags(index: &TagIndex) -> Result<Vec<u8>, WriteError> {
    let mut xml = Xml::file("CustomTags", 384);
    xml.raw("><ofd:CustomTag")
        .attribute("TypeID", &index.type_id)?
        .attribute("NameSpace", &index.namespace)?;
    xml.raw("><ofd:FileLoc>/")
        .raw(TAG_FILE)
        .raw("</ofd:FileLoc></ofd:CustomTag></ofd:CustomTags>");
    Ok(xml.into_bytes())
}

/// The index: one element a field, in order of first appearance, with a reference to each object that shows it.
pub(super) fn tag_file(index: &TagIndex, fields: &[Field<'_>]) -> Result<Vec<u8>, WriteError> {
    if !is_name(&index.root) || fields.iter().any(|field| !is_name(field.name)) {
        return Err(WriteError::Name("a field"));
    }
    let mut xml = Xml::fragment();
    xml.raw("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<tag:")
        .raw(&index.root);
    xml.attribute("xmlns:tag", &index.namespace)?
        .attribute("xmlns:ofd", NAMESPACE)?
        .raw(">");
    let mut written: Vec<&str> = Vec::with_capacity(fields.len());
    for field in fields {
        if written.contains(&field.name) {
            continue;
        }
        written.push(field.name);
        xml.raw("<tag:").raw(field.name).raw(">");
        for same in fields.iter().filter(|other| other.name == field.name) {
            xml.raw("<ofd:ObjectRef")
                .whole("PageRef", same.page)
                .raw(">")
                .integer(same.object);
            xml.raw("</ofd:ObjectRef>");
        }
        xml.raw("</tag:").raw(field.name).raw(">");
    }
    xml.raw("</tag:").raw(&index.root).raw(">");
    Ok(xml.into_bytes())
}

pub(super) fn attachment_path(attachment: &Attachment) -> String {
    format!("Doc_0/Attachs/{}", attachment.file_name)
}

pub(super) fn declare_attachment(
    xml: &mut Xml,
    index: usize,
    attachment: &Attachment,
) -> Result<(), WriteError> {
    xml.raw("<ofd:Attachment ID=\"a")
        .integer(index as u64 + 1)
        .raw("\"")
        .attribute("Name", &attachment.name)?;
    xml.attribute("Format", &attachment.format)?
        .attribute("CreationDate", &date_time(attachment.created))?;
    #[expect(clippy::cast_precision_loss, reason = "a size in KB with four decimals")]
    xml.numbers("Size", &[attachment.bytes.len() as f64 / 1024.0])?;
    xml.raw(if attachment.visible {
        " Visible=\"true\""
    } else {
        " Visible=\"false\""
    });
    xml.attribute("Usage", &attachment.usage)?
        .raw("><ofd:FileLoc>/")
        .raw(&attachment_path(attachment));
    xml.raw("</ofd:FileLoc></ofd:Attachment>");
    Ok(())
}

pub(super) fn date(date: Date) -> String {
    format!("{:04}-{:02}-{:02}", date.year(), date.month(), date.day())
}

fn date_time(t: DateTime) -> String {
    format!(
        "{}T{:02}:{:02}:{:02}",
        date(t.date()),
        t.hour(),
        t.minute(),
        t.second()
    )
}
