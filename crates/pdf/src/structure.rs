//! The logical structure of a page (tagged PDF, ISO 32000-1 §14.7, §14.8): what assistive software reads, in which order.
//!
//! It is part of the template: its elements stand in the prefix, and their pieces of content are numbered there, so that
//! a document only sets its marks. A document has to set each of them exactly once.

use crate::{
    error::WriteError,
    syntax::{push_byte_str, push_reference, push_text_string, push_uint},
};

/// A piece of content that belongs to an element, by the number that the template gave it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark(pub(crate) u16);

/// What an element is (ISO 32000-1 §14.8.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ElementKind {
    /// A heading.
    Heading,
    /// A paragraph.
    Paragraph,
    /// A picture, which needs words instead.
    Figure,
    /// The signature field and the seal drawn for it; it has no marks, since it is no content of the page.
    Seal,
}

impl ElementKind {
    pub(crate) fn tag(self) -> &'static str {
        match self {
            Self::Heading => "/H1",
            Self::Paragraph => "/P",
            Self::Figure => "/Figure",
            Self::Seal => "/Form",
        }
    }
}

/// An element of the structure.
#[derive(Debug, Clone)]
pub struct Element {
    /// What it is.
    pub kind: ElementKind,
    /// What is read instead of a picture.
    pub alternative: Option<String>,
    /// Its pieces of content, in the order in which they are read.
    pub marks: Vec<Mark>,
}

/// Keys of the page and of the signature field in the tree of parents.
const PAGE_KEY: &str = "0";
const FIELD_KEY: &str = "1";
/// Entries of page and field that lead there.
pub(crate) const PAGE_ENTRIES: &str = "/StructParents 0/Tabs/S";
pub(crate) const FIELD_ENTRY: &str = "/StructParent 1";

/// How many objects the structure takes: its root, the document, the elements; none without elements.
pub(crate) fn object_count(elements: &[Element]) -> usize {
    if elements.is_empty() {
        0
    } else {
        2 + elements.len()
    }
}

/// The marks that a document has to set: all but those of the fixed content, which must be among them.
pub(crate) fn left_for_documents(
    marks: u16,
    elements: &[Element],
    fixed: &[Mark],
) -> Result<Vec<Mark>, WriteError> {
    let mut placed: Vec<Mark> = elements
        .iter()
        .flat_map(|element| element.marks.clone())
        .collect();
    placed.sort_unstable();
    let seals = elements
        .iter()
        .filter(|element| element.kind == ElementKind::Seal);
    if !placed.iter().copied().eq((0..marks).map(Mark)) || seals.count() > 1 {
        return Err(WriteError::Content("a mark belongs to no element or to several"));
    }
    let left: Vec<Mark> = placed.into_iter().filter(|mark| !fixed.contains(mark)).collect();
    if left.len() + fixed.len() == usize::from(marks) {
        Ok(left)
    } else {
        Err(WriteError::Content("the fixed content sets a mark twice"))
    }
}

/// The root with its tree of parents; objects stand as [`object_count`] counts them, from `first` on.
pub(crate) fn push_root(out: &mut Vec<u8>, elements: &[Element], first: u32) {
    push_byte_str(out, "<</Type/StructTreeRoot/K ");
    push_reference(out, first + 1);
    push_byte_str(out, "/ParentTreeNextKey 2/ParentTree<</Nums[");
    push_byte_str(out, PAGE_KEY);
    push_byte_str(out, "[");
    let mut parents: Vec<(Mark, u32)> = (first + 2..)
        .zip(elements)
        .flat_map(|(number, element)| element.marks.iter().map(move |mark| (*mark, number)))
        .collect();
    parents.sort_unstable();
    for (_, parent) in parents {
        push_reference(out, parent);
        out.push(b' ');
    }
    push_byte_str(out, "]");
    for (number, _) in (first + 2..)
        .zip(elements)
        .filter(|(_, element)| element.kind == ElementKind::Seal)
    {
        push_byte_str(out, FIELD_KEY);
        out.push(b' ');
        push_reference(out, number);
    }
    push_byte_str(out, "]>>>>");
}

/// The element over all others.
pub(crate) fn push_document(out: &mut Vec<u8>, elements: &[Element], first: u32) {
    push_byte_str(out, "<</Type/StructElem/S/Document/P ");
    push_reference(out, first);
    push_byte_str(out, "/K[");
    for (number, _) in (first + 2..).zip(elements) {
        push_reference(out, number);
        out.push(b' ');
    }
    push_byte_str(out, "]>>");
}

/// An element of the page, whose signature field is the object `field`.
pub(crate) fn push_element(out: &mut Vec<u8>, element: &Element, first: u32, page: u32, field: u32) {
    push_byte_str(out, "<</Type/StructElem/S");
    push_byte_str(out, element.kind.tag());
    push_byte_str(out, "/P ");
    push_reference(out, first + 1);
    push_byte_str(out, "/Pg ");
    push_reference(out, page);
    if let Some(words) = &element.alternative {
        push_byte_str(out, "/Alt");
        push_text_string(out, words);
    }
    if element.kind == ElementKind::Seal {
        push_byte_str(out, "/K<</Type/OBJR/Obj ");
        push_reference(out, field);
        push_byte_str(out, ">>>>");
        return;
    }
    push_byte_str(out, "/K[");
    for mark in &element.marks {
        push_uint(out, u64::from(mark.0));
        out.push(b' ');
    }
    push_byte_str(out, "]>>");
}
