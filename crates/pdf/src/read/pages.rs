//! The page tree (ISO 32000-1 §7.7.3).

use std::{borrow::Cow, collections::BTreeSet};

use super::{
    Pdf,
    error::ReadError,
    object::{Dictionary, Object, ObjectNumber, Stream},
};

/// A page with what it inherits.
#[derive(Debug, Clone)]
pub struct Page {
    /// Its object.
    pub number: ObjectNumber,
    /// Its dictionary.
    pub dictionary: Dictionary,
    /// Its resources, own or inherited.
    pub resources: Dictionary,
    /// `[left, bottom, right, top]` in points, own or inherited.
    pub media_box: [f64; 4],
}

#[derive(Clone, Default)]
struct Inherited {
    resources: Option<Dictionary>,
    media_box: Option<[f64; 4]>,
}

/// One of a page's content streams, as it stands and decoded.
pub(crate) struct PageStream<'a> {
    pub(crate) stream: Stream,
    pub(crate) decoded: Cow<'a, [u8]>,
}

impl<'a> Pdf<'a> {
    /// All pages in order.
    pub fn pages(&self) -> Result<Vec<Page>, ReadError> {
        let catalog = self.catalog()?;
        let Some(Object::Reference(root)) = catalog.get("Pages") else {
            return Err(ReadError::WrongType("Pages"));
        };
        let mut pages = Vec::new();
        let mut seen = BTreeSet::new();
        // Nodes still to visit, the next one last.
        let mut pending = vec![(*root, Inherited::default())];
        while let Some((number, inherited)) = pending.pop() {
            if !seen.insert(number) {
                return Err(ReadError::Loop("the page tree names a node twice"));
            }
            if seen.len() > self.limits().pages.saturating_mul(2) || pages.len() >= self.limits().pages {
                return Err(ReadError::Limit("pages"));
            }
            let Object::Dictionary(node) = self.object(number)? else {
                return Err(ReadError::WrongType("page tree node"));
            };
            let inherited = self.inherit(&node, inherited)?;
            if node.is_name("Type", "Pages") {
                for kid in self.array(&node, "Kids")?.iter().rev() {
                    let Object::Reference(kid) = kid else {
                        return Err(ReadError::WrongType("Kids"));
                    };
                    pending.push((*kid, inherited.clone()));
                }
            } else {
                pages.push(Page {
                    number,
                    dictionary: node,
                    resources: inherited.resources.unwrap_or_default(),
                    media_box: inherited.media_box.ok_or(ReadError::WrongType("MediaBox"))?,
                });
            }
        }
        Ok(pages)
    }

    fn inherit(&self, node: &Dictionary, mut inherited: Inherited) -> Result<Inherited, ReadError> {
        if node.get("Resources").is_some() {
            inherited.resources = Some(self.dictionary(node, "Resources")?);
        }
        if node.get("MediaBox").is_some() {
            let numbers: Option<Vec<f64>> = self
                .array(node, "MediaBox")?
                .iter()
                .map(Object::as_number)
                .collect();
            let numbers = numbers.and_then(|numbers| numbers.try_into().ok());
            inherited.media_box = Some(numbers.ok_or(ReadError::WrongType("MediaBox"))?);
        }
        Ok(inherited)
    }

    /// The page's content streams in order, decoded.
    pub(crate) fn page_streams(&self, page: &Page) -> Result<Vec<PageStream<'a>>, ReadError> {
        let streams = match self.value(&page.dictionary, "Contents")? {
            Object::Null => Vec::new(),
            Object::Array(values) => values,
            single => vec![single],
        };
        let (mut all, mut total) = (Vec::new(), 0_usize);
        for stream in &streams {
            let Object::Stream(stream) = self.resolve(stream)? else {
                return Err(ReadError::WrongType("Contents"));
            };
            let decoded = self.decode(&stream)?;
            total = total.saturating_add(decoded.len() + 1);
            if total > self.limits().inflated_bytes {
                return Err(ReadError::Limit("content"));
            }
            all.push(PageStream { stream, decoded });
        }
        Ok(all)
    }
}
