//! One document: its XML files, in the order of the schema.

use super::content::{Annotation, Content};
use super::error::WriteError;
use super::files::{self, DOCUMENT, Field, TAG_FILE};
use super::layout::{FontId, ImageId};
use super::object::{Object, Resources};
use super::part::Part;
use super::signature::{self, SignaturePlan, Written};
use super::template::{Ids, Resource, Template};
use super::xml::{Xml, is_name};
use super::zip::Archive;

const ANNOTATIONS: &str = "Doc_0/Annots/Annotations.xml";
const CUSTOM_TAGS: &str = "Doc_0/Tags/CustomTags.xml";
const ATTACHMENTS: &str = "Doc_0/Attachs/Attachments.xml";

/// A document being written.
pub(super) struct Assembly<'a> {
    template: &'a Template,
    content: &'a Content,
    fonts: Vec<Option<&'a Part>>,
    images: Vec<Option<&'a Part>>,
    ids: Ids,
    pages: Vec<u64>,
    fields: Vec<Field<'a>>,
    archive: Archive,
}

impl<'a> Assembly<'a> {
    pub(super) fn new(template: &'a Template, content: &'a Content) -> Result<Self, WriteError> {
        let fonts = content.fonts.iter().map(|(id, part)| (id.0, part));
        let images = content.images.iter().map(|(id, part)| (id.0, part));
        Ok(Self {
            template,
            content,
            fonts: resolve(&template.fonts, fonts, "font")?,
            images: resolve(&template.images, images, "image")?,
            ids: Ids(template.first_free_id),
            pages: Vec::with_capacity(content.pages.len()),
            fields: Vec::new(),
            archive: Archive::default(),
        })
    }

    /// Writes all files but the signature's.
    pub(super) fn write(mut self, plan: &SignaturePlan) -> Result<Written, WriteError> {
        if self.content.pages.is_empty() {
            return Err(WriteError::NoPage);
        }
        let content = self.content;
        self.archive.reserve(self.room(plan));
        self.file("OFD.xml", files::ofd(self.template, content)?);
        let pages = content
            .pages
            .iter()
            .map(|page| self.page(&page.objects))
            .collect::<Result<Vec<_>, _>>()?;
        let annotations = self.annotations()?;
        let document = self.document()?;
        self.file(DOCUMENT, document);
        let (template, document_res) = (self.template, self.template.document_res(|i| self.has_image(i)));
        self.part(Template::PUBLIC_RES, &template.public_res);
        self.part(Template::DOCUMENT_RES, &document_res);
        self.resources();
        if let Some(background) = &template.background {
            self.part(Template::BACKGROUND, &background.file);
        }
        for (index, page) in pages.into_iter().enumerate() {
            self.file(&page_path(index), page);
        }
        for (path, bytes) in annotations {
            self.file(&path, bytes);
        }
        self.tags()?;
        self.attachments()?;
        self.file(signature::SIGNATURES, signature::signatures(plan));
        self.part(signature::SEAL, &plan.seal);
        Written::new(self.archive, plan, &self.pages)
    }

    /// About how long the sealed package will be, and not less: growing it later would copy all of it.
    fn room(&self, plan: &SignaturePlan) -> usize {
        let resources = self.fonts.iter().chain(&self.images).flatten();
        let resources: usize = resources.map(|part| part.packed().len()).sum();
        let objects: usize = self.content.pages.iter().map(|page| room(&page.objects)).sum();
        // The signature value has the seal in it once more.
        resources + objects + 2 * plan.seal.bytes().len() + (40 << 10)
    }

    fn has_image(&self, index: usize) -> bool {
        self.images.get(index).is_some_and(Option::is_some)
    }

    /// Adds a file of this document.
    fn file(&mut self, path: &str, bytes: Vec<u8>) {
        self.part(path, &Part::stored(bytes));
    }

    /// Adds a file whose packing is done.
    fn part(&mut self, path: &str, part: &Part) {
        self.archive.add(path, part.clone());
    }

    fn resources(&mut self) {
        let template = self.template;
        let fonts = template.fonts.iter().zip(self.fonts.clone());
        let images = template.images.iter().zip(self.images.clone());
        for (resource, part) in fonts.chain(images) {
            if let Some(part) = part {
                self.part(&resource.path, part);
            }
        }
    }

    /// `Content.xml` of the next page.
    fn page(&mut self, objects: &'a [Object]) -> Result<Vec<u8>, WriteError> {
        let page = self.ids.take();
        self.pages.push(page);
        let mut xml = Xml::file("Page", 512 + room(objects));
        xml.raw(">");
        if let Some(background) = &self.template.background {
            xml.raw("<ofd:Template")
                .whole("TemplateID", background.id)
                .raw(" ZOrder=\"Background\"/>");
        }
        xml.raw("<ofd:Content><ofd:Layer")
            .whole("ID", self.ids.take())
            .raw(" Type=\"Body\">");
        self.objects(&mut xml, page, objects)?;
        xml.raw("</ofd:Layer></ofd:Content></ofd:Page>");
        Ok(xml.into_bytes())
    }

    fn objects(&mut self, xml: &mut Xml, page: u64, objects: &'a [Object]) -> Result<(), WriteError> {
        for object in objects {
            let first = self.ids.0;
            let mut ids = Ids(first);
            object.write(xml, &mut ids, self)?;
            if let Some(name) = &object.field {
                self.fields
                    .extend((first..ids.0).map(|object| Field { name, page, object }));
            }
            self.ids = ids;
        }
        Ok(())
    }

    /// The list of annotations and one file for each page that has any.
    fn annotations(&mut self) -> Result<Vec<(String, Vec<u8>)>, WriteError> {
        let content = self.content;
        if content.annotations.is_empty() {
            return Ok(Vec::new());
        }
        if content.annotations.iter().any(|a| a.page >= content.pages.len()) {
            return Err(WriteError::Unknown("page"));
        }
        let mut list = Xml::file("Annotations", 512);
        list.raw(">");
        let mut files = Vec::new();
        for (index, page) in self.pages.clone().into_iter().enumerate() {
            let mut of_page = content.annotations.iter().filter(|a| a.page == index).peekable();
            if of_page.peek().is_none() {
                continue;
            }
            let path = format!("Doc_0/Annots/Page_{index}/Annotation.xml");
            list.raw("<ofd:Page")
                .whole("PageID", page)
                .raw("><ofd:FileLoc>/")
                .raw(&path);
            list.raw("</ofd:FileLoc></ofd:Page>");
            let mut xml = Xml::file("PageAnnot", 1024);
            xml.raw(">");
            for annotation in of_page {
                self.annotation(&mut xml, page, annotation)?;
            }
            xml.raw("</ofd:PageAnnot>");
            files.push((path, xml.into_bytes()));
        }
        list.raw("</ofd:Annotations>");
        files.insert(0, (ANNOTATIONS.to_owned(), list.into_bytes()));
        Ok(files)
    }

    fn annotation(&mut self, xml: &mut Xml, page: u64, annotation: &'a Annotation) -> Result<(), WriteError> {
        xml.raw("<ofd:Annot")
            .whole("ID", self.ids.take())
            .attribute("Type", annotation.kind.name())?;
        xml.attribute("Creator", &annotation.creator)?
            .attribute("LastModDate", &files::date(annotation.modified))?;
        xml.raw(" Visible=\"true\" Print=\"true\" ReadOnly=\"true\"><ofd:Appearance");
        annotation.boundary.attribute(xml, "Boundary")?;
        xml.raw(">");
        self.objects(xml, page, &annotation.objects)?;
        xml.raw("</ofd:Appearance></ofd:Annot>");
        Ok(())
    }

    /// `Document.xml`. Written last of the numbered files, since it states the largest number.
    fn document(&self) -> Result<Vec<u8>, WriteError> {
        let size = self.template.size;
        let mut xml = Xml::file("Document", 1024);
        xml.raw("><ofd:CommonData><ofd:MaxUnitID>")
            .integer(self.ids.0 - 1)
            .raw("</ofd:MaxUnitID>");
        xml.raw("<ofd:PageArea><ofd:PhysicalBox>")
            .list(&[0.0, 0.0, size.width, size.height])?;
        xml.raw("</ofd:PhysicalBox></ofd:PageArea><ofd:PublicRes>")
            .raw(in_document(Template::PUBLIC_RES));
        xml.raw("</ofd:PublicRes><ofd:DocumentRes>")
            .raw(in_document(Template::DOCUMENT_RES))
            .raw("</ofd:DocumentRes>");
        if let Some(background) = &self.template.background {
            xml.raw("<ofd:TemplatePage")
                .whole("ID", background.id)
                .raw(" BaseLoc=\"");
            xml.raw(in_document(Template::BACKGROUND)).raw("\"/>");
        }
        xml.raw("</ofd:CommonData><ofd:Pages>");
        for (index, page) in self.pages.iter().enumerate() {
            xml.raw("<ofd:Page")
                .whole("ID", *page)
                .raw(" BaseLoc=\"")
                .raw(in_document(&page_path(index)))
                .raw("\"/>");
        }
        xml.raw("</ofd:Pages>");
        if let Some(granted) = &self.content.permissions {
            files::permissions(&mut xml, granted);
        }
        if !self.content.annotations.is_empty() {
            xml.raw("<ofd:Annotations>")
                .raw(in_document(ANNOTATIONS))
                .raw("</ofd:Annotations>");
        }
        if self.content.tag_index.is_some() {
            xml.raw("<ofd:CustomTags>")
                .raw(in_document(CUSTOM_TAGS))
                .raw("</ofd:CustomTags>");
        }
        if !self.content.attachments.is_empty() {
            xml.raw("<ofd:Attachments>")
                .raw(in_document(ATTACHMENTS))
                .raw("</ofd:Attachments>");
        }
        xml.raw("</ofd:Document>");
        Ok(xml.into_bytes())
    }

    fn tags(&mut self) -> Result<(), WriteError> {
        match (&self.content.tag_index, self.fields.is_empty()) {
            (None, true) => Ok(()),
            (None, false) => Err(WriteError::NoTagIndex),
            (Some(index), _) => {
                let (list, file) = (files::custom_tags(index)?, files::tag_file(index, &self.fields)?);
                self.file(CUSTOM_TAGS, list);
                self.file(TAG_FILE, file);
                Ok(())
            }
        }
    }

    fn attachments(&mut self) -> Result<(), WriteError> {
        let attachments = &self.content.attachments;
        if attachments.is_empty() {
            return Ok(());
        }
        let mut xml = Xml::file("Attachments", 512);
        xml.raw(">");
        for (index, attachment) in attachments.iter().enumerate() {
            let reserved = attachment.file_name.eq_ignore_ascii_case("Attachments.xml");
            if !is_name(&attachment.file_name) || reserved {
                return Err(WriteError::Name("an attachment's file name"));
            }
            let earlier = attachments.iter().take(index);
            if earlier
                .clone()
                .any(|other| other.file_name.eq_ignore_ascii_case(&attachment.file_name))
            {
                return Err(WriteError::Twice("an attachment's file name"));
            }
            files::declare_attachment(&mut xml, index, attachment)?;
        }
        xml.raw("</ofd:Attachments>");
        self.file(ATTACHMENTS, xml.into_bytes());
        for attachment in attachments {
            self.file(&files::attachment_path(attachment), attachment.bytes.clone());
        }
        Ok(())
    }
}

impl Resources for Assembly<'_> {
    fn font(&self, font: FontId) -> Result<u64, WriteError> {
        present(&self.template.fonts, &self.fonts, font.0, "font")
    }

    fn image(&self, image: ImageId) -> Result<u64, WriteError> {
        present(&self.template.images, &self.images, image.0, "image")
    }
}

fn present(
    resources: &[Resource],
    parts: &[Option<&Part>],
    index: usize,
    what: &'static str,
) -> Result<u64, WriteError> {
    let resource = resources.get(index).ok_or(WriteError::Unknown(what))?;
    parts
        .get(index)
        .copied()
        .flatten()
        .ok_or(WriteError::Missing(what))?;
    Ok(resource.id)
}

/// About how long objects will be.
fn room(objects: &[Object]) -> usize {
    objects.iter().map(|object| 400 + object.data_length()).sum()
}

/// The bytes of each resource of the layout in this document.
fn resolve<'a>(
    resources: &'a [Resource],
    given: impl Iterator<Item = (usize, &'a Part)>,
    what: &'static str,
) -> Result<Vec<Option<&'a Part>>, WriteError> {
    let mut parts: Vec<_> = resources
        .iter()
        .map(|resource| resource.constant.as_ref())
        .collect();
    for (index, part) in given {
        let slot = parts.get_mut(index).ok_or(WriteError::Unknown(what))?;
        if slot.replace(part).is_some() {
            return Err(WriteError::Twice(what));
        }
    }
    Ok(parts)
}

/// A location as it stands in `Document.xml`: relative to it. Absolute ones mean the same, but a widely used reader
/// looks those of pages and resources up with their slash and finds nothing.
fn in_document(path: &str) -> &str {
    path.strip_prefix("Doc_0/")
        .expect("all files of the document lie in its folder")
}

fn page_path(index: usize) -> String {
    format!("Doc_0/Pages/Page_{index}/Content.xml")
}
