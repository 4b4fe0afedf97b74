//! Custom tags: indices from elements of some vocabulary to objects on pages.

use super::finding::{Finding, FindingKind, Reason, Refusal};
use super::location::folder;
use super::model::Document;
use super::package::Package;
use super::value::id;
use super::xml::Element;

/// An index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomTag {
    /// `TypeID`, if stated.
    pub type_id: Option<String>,
    /// `NameSpace`, if stated.
    pub namespace: Option<String>,
    /// Its file.
    pub path: String,
    /// Its elements that refer to objects, in order.
    pub fields: Vec<TaggedField>,
}

/// An element of an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaggedField {
    /// Its local name, as `CZZT`.
    pub name: String,
    /// The objects: number of the page and number of the object.
    pub objects: Vec<(u64, u64)>,
}

pub(super) fn read(
    package: &Package<'_>,
    path: &str,
    document: &mut Document,
) -> Result<Vec<CustomTag>, Refusal> {
    let tree = package.tree(path, "CustomTags", &mut document.findings)?;
    let mut tags = Vec::new();
    for tag in tree.root().all("CustomTag").take(package.limits().items) {
        let location = tag
            .text_of("FileLoc")
            .map_err(|reason| Refusal::at(reason, path))?
            .ok_or_else(|| Refusal::at(Reason::MissingElement, path))?;
        let folder_of_document = document.folder().to_owned();
        let file = package
            .locate(
                location,
                folder(path),
                &folder_of_document,
                &mut document.findings,
            )
            .map_err(|reason| Refusal::at(reason, path))?;
        let fields = match fields(package, &file) {
            Ok(fields) => fields,
            Err(_) => {
                document
                    .findings
                    .push(Finding::at(FindingKind::UnreadablePart, &file));
                Vec::new()
            }
        };
        tags.push(CustomTag {
            type_id: tag.attribute("TypeID").map(str::to_owned),
            namespace: tag.attribute("NameSpace").map(str::to_owned),
            path: file,
            fields,
        });
    }
    Ok(tags)
}

/// The fields of an index file; its root and vocabulary are the tag's own.
fn fields(package: &Package<'_>, path: &str) -> Result<Vec<TaggedField>, Refusal> {
    let refuse = |reason| Refusal::at(reason, path);
    let tree = package.parse(path)?;
    let mut fields = Vec::new();
    for element in tree.root().descendants() {
        let objects = element
            .all("ObjectRef")
            .map(object)
            .collect::<Result<Vec<_>, _>>()
            .map_err(refuse)?;
        if !objects.is_empty() {
            fields.push(TaggedField {
                name: element.name().to_owned(),
                objects,
            });
        }
    }
    Ok(fields)
}

fn object(reference: Element<'_, '_>) -> Result<(u64, u64), Reason> {
    Ok((
        id(reference.attribute("PageRef").ok_or(Reason::MissingElement)?)?,
        id(reference.text())?,
    ))
}
