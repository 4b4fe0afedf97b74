//! A small, bounded tree of an XML file. Names are local names: producers vary in prefixes.

mod plain;

use std::borrow::Cow;

use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;

use super::finding::Reason;
use super::limits::Limits;

/// The namespaces that OFD files carry.
const NAMESPACES: [&str; 2] = ["http://www.ofdspec.org/2016", "http://www.ofdspec.org"];

/// A parsed file.
#[cfg_attr(test, derive(Debug, PartialEq))]
pub(super) struct Tree<'a> {
    nodes: Vec<Node<'a>>,
    attributes: Vec<(&'a str, Cow<'a, str>)>,
    /// The namespace of the root, if it declares one.
    pub(super) namespace: Option<String>,
    /// Whether elements of other prefixes than the root's, or further namespace declarations, occur.
    pub(super) mixed: bool,
}

#[cfg_attr(test, derive(Debug, PartialEq))]
struct Node<'a> {
    name: &'a str,
    text: Cow<'a, str>,
    attributes: (usize, usize),
    /// The index after the last descendant.
    end: usize,
}

impl<'a> Tree<'a> {
    /// Parses `bytes`.
    pub(super) fn parse(bytes: &'a [u8], limits: &Limits) -> Result<Self, Reason> {
        let text = str::from_utf8(bytes).map_err(|_| Reason::Xml)?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        // Most files are plain; whatever is not, errors too, is left to the library.
        match Builder::new(text, limits).plain() {
            Some(tree) => Ok(tree),
            None => Builder::new(text, limits).run(),
        }
    }

    pub(super) fn root(&self) -> Element<'_, 'a> {
        Element { tree: self, index: 0 }
    }

    /// Whether the root's namespace is one of OFD's.
    pub(super) fn is_ofd(&self) -> bool {
        self.namespace
            .as_deref()
            .is_some_and(|namespace| NAMESPACES.contains(&namespace))
    }
}

/// An element of a tree.
#[derive(Clone, Copy)]
pub(super) struct Element<'t, 'a> {
    tree: &'t Tree<'a>,
    index: usize,
}

impl<'t, 'a> Element<'t, 'a> {
    fn node(&self) -> &'t Node<'a> {
        self.tree
            .nodes
            .get(self.index)
            .expect("an element is made for a node of its tree")
    }

    /// The local name.
    pub(super) fn name(&self) -> &'a str {
        self.node().name
    }

    /// The element's own text, joined, without surrounding white space.
    pub(super) fn text(&self) -> &'t str {
        self.node().text.trim()
    }

    /// The element's own text as it stands.
    pub(super) fn verbatim(&self) -> &'t str {
        &self.node().text
    }

    /// An attribute by local name.
    pub(super) fn attribute(&self, name: &str) -> Option<&'t str> {
        let (start, end) = self.node().attributes;
        let attributes = self.tree.attributes.get(start..end)?;
        attributes
            .iter()
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value.as_ref())
    }

    /// The children in order.
    pub(super) fn children(&self) -> impl Iterator<Item = Self> + use<'t, 'a> {
        let (tree, end) = (self.tree, self.node().end);
        let mut next = self.index + 1;
        std::iter::from_fn(move || {
            if next >= end {
                return None;
            }
            let child = Element { tree, index: next };
            next = child.node().end;
            Some(child)
        })
    }

    /// The children named `name`.
    pub(super) fn all(&self, name: &'static str) -> impl Iterator<Item = Self> + use<'t, 'a> {
        self.children().filter(move |child| child.name() == name)
    }

    /// The only child named `name`, if any.
    pub(super) fn only(&self, name: &'static str) -> Result<Option<Self>, Reason> {
        let mut all = self.all(name);
        let first = all.next();
        if all.next().is_some() {
            Err(Reason::RepeatedElement)
        } else {
            Ok(first)
        }
    }

    /// The text of the only child named `name`, if any.
    pub(super) fn text_of(&self, name: &'static str) -> Result<Option<&'t str>, Reason> {
        Ok(self.only(name)?.map(|child| child.text()))
    }

    /// All descendants in document order.
    pub(super) fn descendants(&self) -> impl Iterator<Item = Self> + use<'t, 'a> {
        let tree = self.tree;
        (self.index + 1..self.node().end).map(move |index| Element { tree, index })
    }
}

struct Builder<'a, 'l> {
    input: &'a str,
    reader: Reader<&'a [u8]>,
    limits: &'l Limits,
    tree: Tree<'a>,
    open: Vec<usize>,
    prefix: Option<&'a str>,
}

impl<'a, 'l> Builder<'a, 'l> {
    fn new(text: &'a str, limits: &'l Limits) -> Self {
        let tree = Tree {
            nodes: Vec::with_capacity((text.len() / 64).min(1024)),
            attributes: Vec::with_capacity((text.len() / 32).min(2048)),
            namespace: None,
            mixed: false,
        };
        Self {
            input: text,
            reader: Reader::from_str(text),
            limits,
            tree,
            open: Vec::new(),
            prefix: None,
        }
    }

    fn run(mut self) -> Result<Tree<'a>, Reason> {
        loop {
            match self.reader.read_event().map_err(|_| Reason::Xml)? {
                Event::Start(start) => self.start(&start, false)?,
                Event::Empty(start) => self.start(&start, true)?,
                Event::End(_) => self.close(),
                Event::Text(text) => self.text(text.xml10_content())?,
                Event::CData(data) => self.text(data.xml10_content())?,
                Event::GeneralRef(reference) => {
                    let resolved = match reference.resolve_char_ref() {
                        Ok(Some(character)) if is_character(character) => character.to_string(),
                        Ok(Some(_)) | Err(_) => return Err(Reason::Xml),
                        Ok(None) => entity(&reference).ok_or(Reason::Doctype)?.to_owned(),
                    };
                    self.text(Cow::Owned(resolved))?;
                }
                Event::Decl(declaration) => {
                    let utf8 = match declaration.encoding() {
                        None => true,
                        Some(Ok(name)) => {
                            name.eq_ignore_ascii_case("utf-8") || name.eq_ignore_ascii_case("utf8")
                        }
                        Some(Err(_)) => false,
                    };
                    if !utf8 {
                        return Err(Reason::Xml);
                    }
                }
                Event::DocType(_) => return Err(Reason::Doctype),
                Event::Comment(_) | Event::PI(_) => {}
                Event::Eof => break,
            }
        }
        if self.open.is_empty() && !self.tree.nodes.is_empty() {
            Ok(self.tree)
        } else {
            Err(Reason::Xml)
        }
    }

    fn start(&mut self, start: &BytesStart<'a>, empty: bool) -> Result<(), Reason> {
        self.admit()?;
        let name = self.slice(start.name().as_ref())?;
        let first = self.tree.attributes.len();
        self.attributes(start)?;
        self.enter(name, first);
        if empty {
            self.close();
        }
        Ok(())
    }

    /// Whether one more element may come here.
    fn admit(&self) -> Result<(), Reason> {
        let index = self.tree.nodes.len();
        if self.open.len() >= self.limits.depth || index + self.tree.attributes.len() >= self.limits.nodes {
            return Err(Reason::XmlTooLarge);
        }
        if self.open.is_empty() && index > 0 {
            return Err(Reason::Xml);
        }
        Ok(())
    }

    /// Adds an element whose attributes are there from `first` on.
    fn enter(&mut self, name: &'a str, first: usize) {
        let index = self.tree.nodes.len();
        let (prefix, local) = split(name);
        if index == 0 {
            self.prefix = Some(prefix);
        } else if self.prefix != Some(prefix) {
            self.tree.mixed = true;
        }
        let attributes = (first, self.tree.attributes.len());
        self.tree.nodes.push(Node {
            name: local,
            text: Cow::Borrowed(""),
            attributes,
            end: index + 1,
        });
        self.open.push(index);
    }

    fn attributes(&mut self, start: &BytesStart<'a>) -> Result<(), Reason> {
        let own = split(self.slice(start.name().as_ref())?).0;
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|_| Reason::Xml)?;
            let key = self.slice(attribute.key.as_ref())?;
            let value = attribute
                .normalized_value(XmlVersion::Implicit1_0)
                .map_err(|_| Reason::Xml)?;
            let value = match value {
                Cow::Borrowed(value) => Cow::Borrowed(self.slice(value)?),
                Cow::Owned(value) => Cow::Owned(value),
            };
            self.attribute(own, key, value)?;
        }
        Ok(())
    }

    /// Adds an attribute, or takes note of a namespace, of an element with the prefix `own`.
    fn attribute(&mut self, own: &str, key: &'a str, value: Cow<'a, str>) -> Result<(), Reason> {
        if self.tree.nodes.len() + self.tree.attributes.len() >= self.limits.nodes {
            return Err(Reason::XmlTooLarge);
        }
        let (prefix, local) = split(key);
        if key != "xmlns" && prefix != "xmlns" {
            self.tree.attributes.push((local, value));
            return Ok(());
        }
        let of_root = if own.is_empty() {
            key == "xmlns"
        } else {
            prefix == "xmlns" && local == own
        };
        if !self.tree.nodes.is_empty() {
            self.tree.mixed = true;
        } else if of_root {
            self.tree.namespace = Some(value.into_owned());
        }
        Ok(())
    }

    /// The same text as a piece of the input, which outlives the event. Events borrow from the input; only their
    /// lifetime is shorter.
    fn slice(&self, piece: &str) -> Result<&'a str, Reason> {
        let at = piece.as_ptr().addr().wrapping_sub(self.input.as_ptr().addr());
        let found = at
            .checked_add(piece.len())
            .and_then(|end| self.input.get(at..end));
        found.filter(|found| *found == piece).ok_or(Reason::Xml)
    }

    fn close(&mut self) {
        let end = self.tree.nodes.len();
        if let Some(node) = self.open.pop().and_then(|index| self.tree.nodes.get_mut(index)) {
            node.end = end;
        }
    }

    fn text(&mut self, text: Cow<'a, str>) -> Result<(), Reason> {
        if !is_text(&text) {
            return Err(Reason::Xml);
        }
        let Some(node) = self.open.last().and_then(|index| self.tree.nodes.get_mut(*index)) else {
            return if text.trim().is_empty() {
                Ok(())
            } else {
                Err(Reason::Xml)
            };
        };
        if node.text.is_empty() {
            node.text = text;
        } else {
            node.text.to_mut().push_str(&text);
        }
        Ok(())
    }
}

fn split(name: &str) -> (&str, &str) {
    let colon = name.bytes().position(|byte| byte == b':');
    let parts = colon.and_then(|at| Some((name.get(..at)?, name.get(at + 1..)?)));
    parts.unwrap_or(("", name))
}

fn entity(name: &str) -> Option<&'static str> {
    match name {
        "lt" => Some("<"),
        "gt" => Some(">"),
        "amp" => Some("&"),
        "quot" => Some("\""),
        "apos" => Some("'"),
        _ => None,
    }
}

/// Whether every character is one of XML's. The bytes tell at once, unless some may belong to U+FFFE or U+FFFF.
fn is_text(text: &str) -> bool {
    let odd =
        |byte: u8| (byte == 0xef) | ((byte < 0x20) & (byte != b'\t') & (byte != b'\n') & (byte != b'\r'));
    // Nothing leaves the loop over a block early, so that it runs in wide registers.
    let clear = |block: &[u8]| block.iter().fold(0, |found, &byte| found | u8::from(odd(byte))) == 0;
    text.as_bytes().chunks(1024).all(clear) || text.chars().all(is_character)
}

fn is_character(c: char) -> bool {
    !matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}')
}
