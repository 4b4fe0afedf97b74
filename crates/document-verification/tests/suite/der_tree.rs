//! DER as a tree whose every field has a name, can be changed or taken out, and is written back with the lengths set
//! right: what a forger with an editor can do to a signature.

use gm::asn1::{Element, Reader, header, tag};

/// What the fields of a structure are called in its standard. What a shape does not name is called by its number.
pub(crate) enum Shape {
    /// Nothing below is named.
    Unnamed,
    /// A SEQUENCE or SET of these, by position.
    Fields(&'static [(&'static str, &'static Self)]),
    /// Any number of one kind, or one element inside another.
    Each(&'static Self),
}

/// One element.
#[derive(Clone)]
pub(crate) struct Node {
    name: String,
    tag: u8,
    /// The byte of unused bits before what a BIT STRING encapsulates.
    lead: Vec<u8>,
    body: Body,
}

#[derive(Clone)]
enum Body {
    Content(Vec<u8>),
    Children(Vec<Node>),
}

/// Where a node is: the number of the child at each level.
pub(crate) type Place = Vec<usize>;

/// A node, found in the tree.
pub(crate) struct Field {
    pub(crate) place: Place,
    pub(crate) name: String,
    /// It has a value, not elements inside.
    pub(crate) holds_value: bool,
    /// It is the only element in what carries its name: without it that is empty.
    pub(crate) fills_parent: bool,
}

impl Node {
    /// The tree of an element that fills `der`.
    pub(crate) fn parse(der: &[u8], shape: &'static Shape) -> Self {
        let mut reader = Reader::new(der);
        let element = reader.any().expect("an element");
        reader.finish().expect("nothing after it");
        let tree = Self::read(&element, "", shape).expect("DER inside");
        assert!(tree.to_der() == der, "strict DER comes back as it was");
        tree
    }

    /// Nothing if what should be DER inside is not.
    fn read(element: &Element<'_>, name: &str, shape: &'static Shape) -> Option<Self> {
        let content = element.content();
        let node = |lead: &[u8], body| Self {
            name: name.to_owned(),
            tag: element.tag,
            lead: lead.to_vec(),
            body,
        };
        if element.tag & 0x20 != 0 {
            let children = children(element.reader(), name, shape)?;
            return Some(node(&[], Body::Children(children)));
        }
        // Certificates, extensions and signature values are DER inside of a string.
        let (lead, inner) = match element.tag {
            tag::BIT_STRING => content.split_at(1),
            tag::OCTET_STRING => (&content[..0], content),
            _ => (&content[..0], &content[..0]),
        };
        let encapsulated = matches!(
            inner.first(),
            Some(&tag::SEQUENCE | &tag::BIT_STRING | &tag::OCTET_STRING)
        );
        let mut whole = Reader::new(inner);
        let only = whole.any().ok().filter(|_| encapsulated && whole.is_empty());
        Some(match only.and_then(|only| Self::read(&only, name, shape)) {
            Some(only) => node(lead, Body::Children(vec![only])),
            None => node(&[], Body::Content(content.to_vec())),
        })
    }

    pub(crate) fn to_der(&self) -> Vec<u8> {
        let content = match &self.body {
            Body::Content(content) => content.clone(),
            Body::Children(children) => {
                let inner = children.iter().flat_map(Self::to_der);
                self.lead.iter().copied().chain(inner).collect()
            }
        };
        let mut out = Vec::with_capacity(content.len() + 6);
        header(&mut out, self.tag, content.len());
        out.extend(content);
        out
    }

    /// Every node below this one.
    pub(crate) fn fields(&self) -> Vec<Field> {
        let mut found = Vec::new();
        self.walk(&mut Vec::new(), &mut found);
        found
    }

    fn walk(&self, place: &mut Place, found: &mut Vec<Field>) {
        let Body::Children(children) = &self.body else {
            return;
        };
        for (index, child) in children.iter().enumerate() {
            place.push(index);
            found.push(Field {
                place: place.clone(),
                name: child.name.clone(),
                holds_value: matches!(child.body, Body::Content(_)),
                fills_parent: child.name == self.name,
            });
            child.walk(place, found);
            place.pop();
        }
    }

    /// The whole with the last bit of one field flipped; an empty one gets a byte.
    pub(crate) fn changed(&self, place: &[usize]) -> Vec<u8> {
        let mut tree = self.clone();
        match &mut tree.at(place).body {
            Body::Content(content) => match content.last_mut() {
                Some(last) => *last ^= 1,
                None => content.push(0),
            },
            Body::Children(_) => panic!("not a field"),
        }
        tree.to_der()
    }

    /// The whole without one element.
    pub(crate) fn removed(&self, place: &[usize]) -> Vec<u8> {
        let mut tree = self.clone();
        let (last, parent) = place.split_last().expect("not the whole");
        match &mut tree.at(parent).body {
            Body::Children(children) => drop(children.remove(*last)),
            Body::Content(_) => panic!("no children"),
        }
        tree.to_der()
    }

    fn at(&mut self, place: &[usize]) -> &mut Self {
        let Some((first, rest)) = place.split_first() else {
            return self;
        };
        match &mut self.body {
            Body::Children(children) => children[*first].at(rest),
            Body::Content(_) => panic!("no children"),
        }
    }
}

fn children(mut reader: Reader<'_>, parent: &str, shape: &'static Shape) -> Option<Vec<Node>> {
    let mut found = Vec::new();
    while !reader.is_empty() {
        let element = reader.any().ok()?;
        let index = found.len();
        let join = |name: &str| {
            if parent.is_empty() {
                name.to_owned()
            } else {
                format!("{parent}.{name}")
            }
        };
        let (name, below): (String, &'static Shape) = match shape {
            Shape::Fields(fields) => match fields.get(index) {
                Some((name, below)) => (join(name), below),
                None => (join(&index.to_string()), &Shape::Unnamed),
            },
            Shape::Each(below) if index == 0 && reader.is_empty() => (parent.to_owned(), below),
            Shape::Each(below) => (join(&index.to_string()), below),
            Shape::Unnamed => (join(&index.to_string()), &Shape::Unnamed),
        };
        found.push(Node::read(&element, &name, below)?);
    }
    Some(found)
}

const NAME: Shape = Shape::Unnamed;
const ALGORITHM: Shape = Shape::Fields(&[("algorithm", &Shape::Unnamed), ("parameters", &Shape::Unnamed)]);
const SIGNATURE_VALUE: Shape = Shape::Fields(&[("r", &Shape::Unnamed), ("s", &Shape::Unnamed)]);

/// RFC 5280 §4.1, as our certificates are: no unique identifiers.
pub(crate) const CERTIFICATE: Shape = Shape::Fields(&[
    (
        "tbsCertificate",
        &Shape::Fields(&[
            ("version", &Shape::Each(&Shape::Unnamed)),
            ("serialNumber", &Shape::Unnamed),
            ("signature", &ALGORITHM),
            ("issuer", &NAME),
            (
                "validity",
                &Shape::Fields(&[("notBefore", &Shape::Unnamed), ("notAfter", &Shape::Unnamed)]),
            ),
            ("subject", &NAME),
            (
                "subjectPublicKeyInfo",
                &Shape::Fields(&[("algorithm", &ALGORITHM), ("subjectPublicKey", &Shape::Unnamed)]),
            ),
            ("extensions", &Shape::Each(&Shape::Unnamed)),
        ]),
    ),
    ("signatureAlgorithm", &ALGORITHM),
    ("signatureValue", &SIGNATURE_VALUE),
]);

/// GB/T 38540-2020 (domain §4.6).
const SEAL: Shape = Shape::Fields(&[
    (
        "eSealInfo",
        &Shape::Fields(&[
            (
                "header",
                &Shape::Fields(&[
                    ("ID", &Shape::Unnamed),
                    ("version", &Shape::Unnamed),
                    ("Vid", &Shape::Unnamed),
                ]),
            ),
            ("esID", &Shape::Unnamed),
            (
                "property",
                &Shape::Fields(&[
                    ("type", &Shape::Unnamed),
                    ("name", &Shape::Unnamed),
                    ("certListType", &Shape::Unnamed),
                    ("certList", &Shape::Each(&CERTIFICATE)),
                    ("createDate", &Shape::Unnamed),
                    ("validStart", &Shape::Unnamed),
                    ("validEnd", &Shape::Unnamed),
                ]),
            ),
            (
                "picture",
                &Shape::Fields(&[
                    ("type", &Shape::Unnamed),
                    ("data", &Shape::Unnamed),
                    ("width", &Shape::Unnamed),
                    ("height", &Shape::Unnamed),
                ]),
            ),
        ]),
    ),
    ("cert", &CERTIFICATE),
    ("signAlgID", &Shape::Unnamed),
    ("signedValue", &SIGNATURE_VALUE),
]);

/// `SES_Signature` of version 4.
pub(crate) const SIGNED_SEAL: Shape = Shape::Fields(&[
    (
        "toSign",
        &Shape::Fields(&[
            ("version", &Shape::Unnamed),
            ("eseal", &SEAL),
            ("timeInfo", &Shape::Unnamed),
            ("dataHash", &Shape::Unnamed),
            ("propertyInfo", &Shape::Unnamed),
        ]),
    ),
    ("cert", &CERTIFICATE),
    ("signatureAlgID", &Shape::Unnamed),
    ("signature", &SIGNATURE_VALUE),
]);

const SIGNER_INFO: Shape = Shape::Fields(&[
    ("version", &Shape::Unnamed),
    (
        "sid",
        &Shape::Fields(&[("issuer", &NAME), ("serialNumber", &Shape::Unnamed)]),
    ),
    ("digestAlgorithm", &ALGORITHM),
    ("signedAttrs", &Shape::Unnamed),
    ("signatureAlgorithm", &ALGORITHM),
    ("signature", &SIGNATURE_VALUE),
    ("unsignedAttrs", &Shape::Unnamed),
]);

/// A CMS `SignedData` (RFC 5652 §5.1) with certificates and without lists.
pub(crate) const CMS: Shape = Shape::Fields(&[
    ("contentType", &Shape::Unnamed),
    (
        "content",
        &Shape::Each(&Shape::Fields(&[
            ("version", &Shape::Unnamed),
            ("digestAlgorithms", &Shape::Each(&ALGORITHM)),
            (
                "encapContentInfo",
                &Shape::Fields(&[("eContentType", &Shape::Unnamed)]),
            ),
            ("certificates", &Shape::Each(&CERTIFICATE)),
            ("signerInfos", &Shape::Each(&SIGNER_INFO)),
        ])),
    ),
]);
