//! The compiled layout: constant files ready to be copied.

use super::content::Content;
use super::document::Assembly;
use super::error::WriteError;
use super::layout::{Creator, FontFile, FontId, FontSlot, ImageFile, ImageId, ImageSlot, Layout};
use super::object::{Object, Resources, Size};
use super::part::Part;
use super::signature::{SignaturePlan, Unsealed, Written};
use super::xml::Xml;

/// A compiled [`Layout`]. Shareable between threads.
pub struct Template {
    pub(super) size: Size,
    pub(super) creator: Creator,
    pub(super) fonts: Vec<Resource>,
    pub(super) images: Vec<Resource>,
    images_declared: Vec<String>,
    pub(super) public_res: Part,
    /// Declares every image; documents that leave one out write their own.
    document_res: Part,
    pub(super) background: Option<Background>,
    pub(super) first_free_id: u64,
}

/// A font or image: its number, where it lies, and its bytes if they are constant.
pub(super) struct Resource {
    pub(super) id: u64,
    pub(super) path: String,
    pub(super) constant: Option<Part>,
}

impl Resource {
    /// Its location as it stands in a resource file whose `BaseLoc` is `Res`.
    fn file_name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }
}

/// The template page.
pub(super) struct Background {
    pub(super) id: u64,
    pub(super) file: Part,
}

impl Template {
    pub(super) const PUBLIC_RES: &str = "Doc_0/PublicRes.xml";
    pub(super) const DOCUMENT_RES: &str = "Doc_0/DocumentRes.xml";
    pub(super) const BACKGROUND: &str = "Doc_0/Tpls/Tpl_0/Content.xml";

    pub(super) fn compile(layout: Layout) -> Result<Self, WriteError> {
        let mut next = Ids(1);
        let fonts: Vec<_> = layout
            .fonts
            .iter()
            .map(|slot| font_resource(slot, next.take()))
            .collect();
        let images: Vec<_> = layout
            .images
            .iter()
            .map(|slot| image_resource(slot, next.take()))
            .collect();
        let public_res = public_res(&layout.fonts, &fonts)?;
        let images_declared = layout
            .images
            .iter()
            .zip(&images)
            .map(|(slot, resource)| media(slot, resource))
            .collect::<Result<Vec<_>, _>>()?;
        let document_res = document_res(images_declared.iter().map(String::as_str));
        let background = background(&layout.background, &fonts, &images, &mut next)?;
        Ok(Self {
            size: layout.size,
            creator: layout.creator,
            fonts,
            images,
            images_declared,
            public_res: Part::compressed(public_res),
            document_res: Part::compressed(document_res),
            background,
            first_free_id: next.0,
        })
    }

    /// Writes the document of `content`, complete but for the signature value.
    ///
    /// The same template, content and plan give the same bytes.
    ///
    /// # Errors
    /// If something cannot be written or does not fit the layout.
    pub fn prepare(&self, content: &Content, plan: &SignaturePlan) -> Result<Unsealed, WriteError> {
        Ok(self.write(content, plan)?.prepare())
    }

    /// Writes the files of a document; [`Written::prepare_all`] makes many of them ready for sealing at once.
    ///
    /// # Errors
    /// If something cannot be written or does not fit the layout.
    pub fn write(&self, content: &Content, plan: &SignaturePlan) -> Result<Written, WriteError> {
        Assembly::new(self, content)?.write(plan)
    }

    /// The files that are the same in every document of this template.
    #[must_use]
    pub fn constant_parts(&self) -> Vec<Part> {
        let resources = self.fonts.iter().chain(&self.images);
        let constant = resources.filter_map(|resource| resource.constant.clone());
        let background = self.background.as_ref().map(|background| background.file.clone());
        constant
            .chain([self.public_res.clone(), self.document_res.clone()])
            .chain(background)
            .collect()
    }

    /// `DocumentRes.xml` for a document that has only the images for which `present` holds.
    pub(super) fn document_res(&self, mut present: impl FnMut(usize) -> bool) -> Part {
        let present: Vec<bool> = (0..self.images.len()).map(&mut present).collect();
        if present.iter().all(|p| *p) {
            return self.document_res.clone();
        }
        let media = self
            .images_declared
            .iter()
            .zip(&present)
            .filter(|(_, present)| **present);
        Part::stored(document_res(media.map(|(media, _)| media.as_str())))
    }
}

/// Numbers of objects, allotted in order.
pub(super) struct Ids(pub(super) u64);

impl Ids {
    pub(super) fn take(&mut self) -> u64 {
        let id = self.0;
        self.0 += 1;
        id
    }
}

fn font_resource(slot: &FontSlot, id: u64) -> Resource {
    let constant = match &slot.file {
        FontFile::Constant(part) => Some(part.clone()),
        FontFile::PerDocument => None,
    };
    Resource {
        id,
        path: format!("Doc_0/Res/font_{id}.ttf"),
        constant,
    }
}

fn image_resource(slot: &ImageSlot, id: u64) -> Resource {
    let constant = match &slot.file {
        ImageFile::Constant(part) => Some(part.clone()),
        ImageFile::PerDocument => None,
    };
    Resource {
        id,
        path: format!("Doc_0/Res/image_{id}.{}", slot.format.suffix()),
        constant,
    }
}

fn public_res(slots: &[FontSlot], fonts: &[Resource]) -> Result<Vec<u8>, WriteError> {
    let mut xml = Xml::file("Res", 256 + 256 * fonts.len());
    xml.attribute("BaseLoc", "Res")?.raw("><ofd:Fonts>");
    for (slot, font) in slots.iter().zip(fonts) {
        xml.raw("<ofd:Font").whole("ID", font.id);
        xml.attribute("FontName", &slot.name)?
            .attribute("FamilyName", &slot.name)?;
        xml.raw("><ofd:FontFile>")
            .raw(font.file_name())
            .raw("</ofd:FontFile></ofd:Font>");
    }
    xml.raw("</ofd:Fonts></ofd:Res>");
    Ok(xml.into_bytes())
}

fn media(slot: &ImageSlot, image: &Resource) -> Result<String, WriteError> {
    let mut xml = Xml::fragment();
    xml.raw("<ofd:MultiMedia")
        .whole("ID", image.id)
        .raw(" Type=\"Image\"");
    xml.attribute("Format", slot.format.name())?;
    xml.raw("><ofd:MediaFile>")
        .raw(image.file_name())
        .raw("</ofd:MediaFile></ofd:MultiMedia>");
    Ok(xml.into_string())
}

fn document_res<'a>(media: impl Iterator<Item = &'a str>) -> Vec<u8> {
    let mut xml = Xml::file("Res", 1024);
    xml.raw(" BaseLoc=\"Res\"><ofd:MultiMedias>");
    for one in media {
        xml.raw(one);
    }
    xml.raw("</ofd:MultiMedias></ofd:Res>");
    xml.into_bytes()
}

/// The template page; only constant fonts and images may be drawn on it.
fn background(
    objects: &[Object],
    fonts: &[Resource],
    images: &[Resource],
    next: &mut Ids,
) -> Result<Option<Background>, WriteError> {
    if objects.is_empty() {
        return Ok(None);
    }
    let id = next.take();
    let resources = Constants { fonts, images };
    let mut xml = Xml::file("Page", 256 * objects.len() + 256);
    xml.raw("><ofd:Content><ofd:Layer")
        .whole("ID", next.take())
        .raw(" Type=\"Background\">");
    for object in objects {
        if object.field.is_some() {
            return Err(WriteError::FieldInBackground);
        }
        object.write(&mut xml, next, &resources)?;
    }
    xml.raw("</ofd:Layer></ofd:Content></ofd:Page>");
    Ok(Some(Background {
        id,
        file: Part::compressed(xml.into_bytes()),
    }))
}

struct Constants<'a> {
    fonts: &'a [Resource],
    images: &'a [Resource],
}

impl Resources for Constants<'_> {
    fn font(&self, font: FontId) -> Result<u64, WriteError> {
        constant(self.fonts.get(font.0), "font")
    }

    fn image(&self, image: ImageId) -> Result<u64, WriteError> {
        constant(self.images.get(image.0), "image")
    }
}

fn constant(resource: Option<&Resource>, what: &'static str) -> Result<u64, WriteError> {
    let resource = resource.ok_or(WriteError::Unknown(what))?;
    if resource.constant.is_none() {
        return Err(WriteError::Missing(what));
    }
    Ok(resource.id)
}
