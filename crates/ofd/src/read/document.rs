//! `OFD.xml`, `Document.xml` and the lists they name.

use super::custom_tag;
use super::finding::{Finding, FindingKind, Reason, Refusal};
use super::location::folder;
use super::model::{
    AnnotationFile, AttachedFile, DocInfo, Document, FontResource, ImageResource, PageRef, PermissionsRead,
    TemplateRef,
};
use super::package::Package;
use super::value::{Bounds, DateValue, boolean, id};
use super::xml::{Element, Tree};
use crate::write::CustomData;

impl Package<'_> {
    /// Reads the structure of every document of the package; a certificate has one.
    ///
    /// # Errors
    /// If `OFD.xml` or a `Document.xml` cannot be read. Faults of the parts they name are findings of the document.
    pub fn documents(&self) -> Result<Vec<Document>, Refusal> {
        const OFD: &str = "OFD.xml";
        let mut findings = Vec::new();
        let tree = self.tree(OFD, "OFD", &mut findings)?;
        let bodies: Vec<_> = tree.root().all("DocBody").collect();
        if bodies.is_empty() {
            return Err(Refusal::at(Reason::MissingElement, OFD));
        }
        if bodies.len() > self.limits().items {
            return Err(Refusal::at(Reason::TooLarge, OFD));
        }
        if bodies.len() > 1 {
            findings.push(Finding::at(FindingKind::SeveralDocuments, OFD));
        }
        bodies
            .into_iter()
            .map(|body| {
                let (mut document, tree) = self.document(body, findings.clone())?;
                Parts {
                    package: self,
                    document: &mut document,
                }
                .read(&tree)?;
                Ok(document)
            })
            .collect()
    }

    /// The body's own facts, and its parsed `Document.xml`.
    fn document(
        &self,
        body: Element<'_, '_>,
        mut findings: Vec<Finding>,
    ) -> Result<(Document, Tree<'_>), Refusal> {
        let refuse = |reason| Refusal::at(reason, "OFD.xml");
        let root = body
            .text_of("DocRoot")
            .map_err(refuse)?
            .ok_or_else(|| refuse(Reason::MissingElement))?;
        let path = self.locate(root, "", "", &mut findings).map_err(refuse)?;
        let info = match body.only("DocInfo").map_err(refuse)? {
            Some(info) => doc_info(info).map_err(refuse)?,
            None => DocInfo::default(),
        };
        if body.only("Versions").map_err(refuse)?.is_some() {
            findings.push(Finding::at(FindingKind::DocumentVersions, "OFD.xml"));
        }
        let signatures = match body.text_of("Signatures").map_err(refuse)? {
            Some(location) => Some(
                self.locate(location, "", folder(&path), &mut findings)
                    .map_err(refuse)?,
            ),
            None => None,
        };
        let tree = self.tree(&path, "Document", &mut findings)?;
        let document = Document {
            path,
            info,
            page_area: None,
            pages: Vec::new(),
            templates: Vec::new(),
            fonts: Vec::new(),
            images: Vec::new(),
            attachments: Vec::new(),
            custom_tags: Vec::new(),
            annotations: Vec::new(),
            permissions: None,
            signatures,
            findings,
        };
        Ok((document, tree))
    }
}

fn doc_info(info: Element<'_, '_>) -> Result<DocInfo, Reason> {
    let text = |name| Ok(info.text_of(name)?.map(str::to_owned));
    let mut custom_datas = Vec::new();
    // One real producer misspells both names (domain §3.5); its facts are facts all the same.
    for list in [info.only("CustomDatas")?, info.only("CuslomDatas")?]
        .into_iter()
        .flatten()
    {
        for data in list
            .children()
            .filter(|child| matches!(child.name(), "CustomData" | "CuslomData"))
        {
            let name = data
                .attribute("Name")
                .or_else(|| data.attribute("name"))
                .ok_or(Reason::MissingElement)?;
            custom_datas.push(CustomData {
                name: name.to_owned(),
                value: data.text().to_owned(),
            });
        }
    }
    Ok(DocInfo {
        doc_id: text("DocID")?,
        title: text("Title")?,
        author: text("Author")?,
        subject: text("Subject")?,
        creation_date: info.text_of("CreationDate")?.map(DateValue::parse),
        modification_date: info.text_of("ModDate")?.map(DateValue::parse),
        creator: text("Creator")?,
        creator_version: text("CreatorVersion")?,
        custom_datas,
    })
}

/// Reads what `Document.xml` names into the document.
struct Parts<'p, 'a, 'd> {
    package: &'p Package<'a>,
    document: &'d mut Document,
}

impl Parts<'_, '_, '_> {
    fn read(&mut self, tree: &Tree<'_>) -> Result<(), Refusal> {
        self.structure(tree.root())
            .map_err(|reason| Refusal::at(reason, &self.document.path))?;
        let root = tree.root();
        if root.descendants().any(|element| element.name() == "Actions") {
            let path = self.document.path.clone();
            self.odd(FindingKind::Actions, Some(&path));
        }
        if self.repeats_id() {
            let path = self.document.path.clone();
            self.odd(FindingKind::RepeatedId, Some(&path));
        }
        self.part(root, "Annotations", Self::annotations);
        self.part(root, "CustomTags", |parts, path| {
            let tags = custom_tag::read(parts.package, path, parts.document)?;
            parts.document.custom_tags = tags;
            Ok(())
        });
        self.part(root, "Attachments", Self::attachments);
        Ok(())
    }

    fn structure(&mut self, root: Element<'_, '_>) -> Result<(), Reason> {
        let common = root.only("CommonData")?.ok_or(Reason::MissingElement)?;
        if let Some(area) = common.only("PageArea")? {
            let box_text = area.text_of("PhysicalBox")?.ok_or(Reason::MissingElement)?;
            self.document.page_area = Some(Bounds::parse(box_text)?);
        }
        let pages = root.only("Pages")?.ok_or(Reason::MissingElement)?;
        for page in pages.all("Page") {
            let (id, path) = self.numbered(page)?;
            self.document.pages.push(PageRef { id, path });
        }
        for template in common.all("TemplatePage") {
            let (id, path) = self.numbered(template)?;
            self.document.templates.push(TemplateRef { id, path });
        }
        let count = self.document.pages.len().max(self.document.templates.len());
        if count > self.package.limits().items {
            return Err(Reason::TooLarge);
        }
        for resources in common
            .children()
            .filter(|c| matches!(c.name(), "PublicRes" | "DocumentRes"))
        {
            let path = self.locate(resources.text(), None)?;
            self.resources(&path);
        }
        if let Some(permissions) = root.only("Permissions")? {
            self.document.permissions = Some(read_permissions(permissions)?);
        }
        Ok(())
    }

    /// Whether two pages, templates or resources have one number: readers then show one or the other.
    fn repeats_id(&self) -> bool {
        let document = &self.document;
        let mut pages: Vec<u64> = document.pages.iter().map(|page| page.id).collect();
        pages.extend(document.templates.iter().map(|template| template.id));
        let mut resources: Vec<u64> = document.fonts.iter().map(|font| font.id).collect();
        resources.extend(document.images.iter().map(|image| image.id));
        [pages, resources].iter_mut().any(|ids| {
            ids.sort_unstable();
            ids.windows(2)
                .any(|pair| matches!(pair, [one, other] if one == other))
        })
    }

    fn numbered(&mut self, element: Element<'_, '_>) -> Result<(u64, String), Reason> {
        let number = id(element.attribute("ID").ok_or(Reason::MissingElement)?)?;
        let path = self.locate(element.attribute("BaseLoc").ok_or(Reason::MissingElement)?, None)?;
        Ok((number, path))
    }

    /// The path at `location`, counted from `base` or the document's folder.
    fn locate(&mut self, location: &str, base: Option<&str>) -> Result<String, Reason> {
        let document = self.document.folder().to_owned();
        let base = base.unwrap_or(&document);
        self.package
            .locate(location, base, &document, &mut self.document.findings)
    }

    fn odd(&mut self, kind: FindingKind, path: Option<&str>) {
        self.document.findings.push(Finding {
            kind,
            path: path.map(str::to_owned),
        });
    }

    /// Reads a part named by an element of `root`; what goes wrong in it is a finding.
    fn part(
        &mut self,
        root: Element<'_, '_>,
        name: &'static str,
        read: impl FnOnce(&mut Self, &str) -> Result<(), Refusal>,
    ) {
        let location = match root.text_of(name) {
            Ok(Some(location)) => location,
            Ok(None) => return,
            Err(_) => return self.odd(FindingKind::UnreadablePart, None),
        };
        let Ok(path) = self.locate(location, None) else {
            return self.odd(FindingKind::UnreadablePart, None);
        };
        self.guarded(&path, read);
    }

    fn guarded(&mut self, path: &str, read: impl FnOnce(&mut Self, &str) -> Result<(), Refusal>) {
        if let Err(refusal) = read(self, path) {
            let kind = match refusal.reason {
                Reason::MissingFile => FindingKind::MissingFile,
                _ => FindingKind::UnreadablePart,
            };
            self.odd(kind, Some(refusal.path.as_deref().unwrap_or(path)));
        }
    }

    fn resources(&mut self, path: &str) {
        self.guarded(path, |parts, path| {
            let tree = parts.package.tree(path, "Res", &mut parts.document.findings)?;
            parts
                .resource_file(tree.root(), path)
                .map_err(|reason| Refusal::at(reason, path))
        });
    }

    fn resource_file(&mut self, root: Element<'_, '_>, path: &str) -> Result<(), Reason> {
        let base = match root.attribute("BaseLoc") {
            Some(base) => super::location::resolve(folder(path), base).unwrap_or_default(),
            None => folder(path).to_owned(),
        };
        for font in root.all("Fonts").flat_map(|fonts| fonts.all("Font")) {
            let number = id(font.attribute("ID").ok_or(Reason::MissingElement)?)?;
            let name = font.attribute("FontName").unwrap_or_default().to_owned();
            let path = match font.text_of("FontFile")? {
                Some(location) => Some(self.locate(location, Some(&base))?),
                None => None,
            };
            self.document.fonts.push(FontResource {
                id: number,
                name,
                path,
            });
        }
        for medium in root.all("MultiMedias").flat_map(|media| media.all("MultiMedia")) {
            let number = id(medium.attribute("ID").ok_or(Reason::MissingElement)?)?;
            let location = medium.text_of("MediaFile")?.ok_or(Reason::MissingElement)?;
            let path = self.locate(location, Some(&base))?;
            self.document.images.push(ImageResource {
                id: number,
                kind: medium.attribute("Type").unwrap_or_default().to_owned(),
                format: medium.attribute("Format").map(str::to_owned),
                path,
            });
        }
        if self.document.fonts.len().max(self.document.images.len()) > self.package.limits().items {
            return Err(Reason::TooLarge);
        }
        Ok(())
    }

    fn annotations(&mut self, path: &str) -> Result<(), Refusal> {
        let refuse = |reason| Refusal::at(reason, path);
        let tree = self
            .package
            .tree(path, "Annotations", &mut self.document.findings)?;
        for page in tree.root().all("Page").take(self.package.limits().items) {
            let number = page
                .attribute("PageID")
                .ok_or_else(|| refuse(Reason::MissingElement))?;
            let location = page
                .text_of("FileLoc")
                .map_err(refuse)?
                .ok_or_else(|| refuse(Reason::MissingElement))?;
            let file = self.locate(location, Some(folder(path))).map_err(refuse)?;
            let page = id(number).map_err(refuse)?;
            self.document
                .annotations
                .push(AnnotationFile { page, path: file });
        }
        Ok(())
    }

    fn attachments(&mut self, path: &str) -> Result<(), Refusal> {
        let refuse = |reason| Refusal::at(reason, path);
        let tree = self
            .package
            .tree(path, "Attachments", &mut self.document.findings)?;
        for attachment in tree.root().all("Attachment").take(self.package.limits().items) {
            let location = attachment
                .text_of("FileLoc")
                .map_err(refuse)?
                .ok_or_else(|| refuse(Reason::MissingElement))?;
            let file = self.locate(location, Some(folder(path))).map_err(refuse)?;
            if !self.package.has(&file) {
                self.odd(FindingKind::MissingFile, Some(&file));
            }
            self.document.attachments.push(AttachedFile {
                name: attachment.attribute("Name").unwrap_or_default().to_owned(),
                format: attachment.attribute("Format").map(str::to_owned),
                usage: attachment.attribute("Usage").map(str::to_owned),
                visible: attachment.attribute("Visible").and_then(boolean).unwrap_or(true),
                path: file,
            });
        }
        Ok(())
    }
}

fn read_permissions(permissions: Element<'_, '_>) -> Result<PermissionsRead, Reason> {
    let period = permissions.only("ValidPeriod")?;
    let moment = |name| {
        period
            .and_then(|period| period.attribute(name))
            .map(DateValue::parse)
    };
    Ok(PermissionsRead {
        signature: permissions.text_of("Signature")?.and_then(boolean),
        print: permissions
            .only("Print")?
            .and_then(|p| p.attribute("Printable"))
            .and_then(boolean),
        valid_from: moment("StartDate"),
        valid_until: moment("EndDate"),
    })
}
