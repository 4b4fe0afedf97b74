//! Distinguished names.

use std::fmt;

use crate::{
    asn1::{Element, Error, Oid, Reader, tag},
    oid,
};

/// A distinguished name with its original bytes.
#[derive(Clone)]
pub struct Name {
    der: Vec<u8>,
    attributes: Vec<(Oid, Option<String>)>,
}

impl Name {
    pub(crate) fn parse(element: &Element<'_>) -> Result<Self, Error> {
        if element.tag != tag::SEQUENCE {
            return Err(Error::UnexpectedTag);
        }
        let mut attributes = Vec::new();
        let mut relative = element.reader();
        while !relative.is_empty() {
            let mut set = relative.expect(tag::SET)?.reader();
            while !set.is_empty() {
                let mut attribute: Reader<'_> = set.sequence()?;
                let kind = attribute.oid()?;
                attributes.push((kind, attribute.any()?.text().ok()));
            }
        }
        Ok(Self {
            der: element.raw().to_vec(),
            attributes,
        })
    }

    /// The original bytes.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The first attribute of this type, if it is text.
    #[must_use]
    pub fn attribute(&self, kind: Oid) -> Option<&str> {
        self.attributes
            .iter()
            .find(|(found, _)| *found == kind)
            .and_then(|(_, text)| text.as_deref())
    }

    /// CN
    #[must_use]
    pub fn common_name(&self) -> Option<&str> {
        self.attribute(oid::COMMON_NAME)
    }

    /// O
    #[must_use]
    pub fn organization(&self) -> Option<&str> {
        self.attribute(oid::ORGANIZATION)
    }

    /// OU
    #[must_use]
    pub fn organizational_unit(&self) -> Option<&str> {
        self.attribute(oid::ORGANIZATIONAL_UNIT)
    }
}

/// Equal bytes, or the same attributes with the same text: some issuers write their own name once as
/// PrintableString and once as UTF8String.
impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.der == other.der
            || (!self.attributes.is_empty()
                && self.attributes == other.attributes
                && self.attributes.iter().all(|(_, text)| text.is_some()))
    }
}

impl Eq for Name {}

/// Shows how many attributes there are, not what they say: a subject may be a person.
impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Name({} attributes)", self.attributes.len())
    }
}
