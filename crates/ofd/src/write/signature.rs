//! The signature's files, and the two halves of sealing.

use std::fmt;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::error::WriteError;
use super::object::{Rect, Size};
use super::part::Part;
use super::xml::Xml;
use super::zip::Archive;
use crate::digest::Digest;
use crate::known::KnownFiles;
use crate::read::{Limits, Package, Refusal};

pub(super) const SIGNATURES: &str = "Doc_0/Signs/Signatures.xml";
pub(super) const SEAL: &str = "Doc_0/Signs/Sign_0/Seal.esl";
const SIGNATURE: &str = "Doc_0/Signs/Sign_0/Signature.xml";
const SIGNED_VALUE: &str = "Doc_0/Signs/Sign_0/SignedValue.dat";
/// The seal signs this absolute path as its protection range (`propertyInfo`).
const PROPERTY_INFO: &str = "/Doc_0/Signs/Sign_0/Signature.xml";

/// SM3.
const CHECK_METHOD: &str = "1.2.156.10197.1.401";
/// SM2 with SM3.
const SIGNATURE_METHOD: &str = "1.2.156.10197.1.501";

/// The program that signs (`Provider`).
#[derive(Debug, Clone)]
pub struct Provider {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its maker.
    pub company: String,
}

/// Where the seal is shown.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stamp {
    /// Index of the page.
    pub page: usize,
    /// The box on the page into which the seal's picture is stretched.
    pub boundary: Rect,
    /// The part of the box that is shown, from the box's own corner; all of it if absent.
    pub clip: Option<Rect>,
}

impl Stamp {
    /// The whole seal on a page.
    #[must_use]
    pub const fn whole(page: usize, boundary: Rect) -> Self {
        Self {
            page,
            boundary,
            clip: None,
        }
    }

    /// A riding seam (骑缝章): one seal over the right edges of `pages` pages, a strip of it on each, so that the pages
    /// laid beside each other show it whole and none can be exchanged. `top` and `size` are those of the seal.
    #[must_use]
    pub fn riding_seam(pages: usize, page: Size, top: f64, size: Size) -> Vec<Self> {
        let strip = size.width / pages.max(1) as f64;
        (0..pages)
            .map(|index| {
                let before = strip * index as f64;
                Self {
                    page: index,
                    boundary: Rect::new(page.width - strip - before, top, size.width, size.height),
                    clip: Some(Rect::new(before, 0.0, strip, size.height)),
                }
            })
            .collect()
    }

    /// A clip outside its own box would show nothing: a seal that is there and cannot be seen.
    fn check(&self) -> Result<(), WriteError> {
        let Some(clip) = self.clip else { return Ok(()) };
        let (right, bottom) = (clip.x + clip.width, clip.y + clip.height);
        let inside = clip.x >= 0.0
            && clip.y >= 0.0
            && clip.width > 0.0
            && clip.height > 0.0
            && right <= self.boundary.width + TOLERANCE
            && bottom <= self.boundary.height + TOLERANCE;
        inside.then_some(()).ok_or(WriteError::Clip)
    }
}

/// Numbers in the file have three decimals.
const TOLERANCE: f64 = 0.001;

/// How a document will be sealed.
#[derive(Debug, Clone)]
pub struct SignaturePlan {
    /// `Seal.esl`: the seal, as bytes. Kept as a [`Part`] because many documents share it.
    pub seal: Part,
    /// Who signs.
    pub provider: Provider,
    /// When, as the document states it; the seal's own time is inside the signature value.
    pub time: Timestamp,
    /// Where the seal is shown.
    pub stamps: Vec<Stamp>,
}

/// `Signatures.xml`: one signature, its stamps counted in the same space of numbers.
pub(super) fn signatures(plan: &SignaturePlan) -> Vec<u8> {
    let mut xml = Xml::file("Signatures", 384);
    xml.raw("><ofd:MaxSignId>")
        .raw(&sign_id(plan.stamps.len()))
        .raw("</ofd:MaxSignId>");
    xml.raw("<ofd:Signature ID=\"")
        .raw(&sign_id(0))
        .raw("\" Type=\"Seal\" BaseLoc=\"");
    xml.raw(PROPERTY_INFO).raw("\"/></ofd:Signatures>");
    xml.into_bytes()
}

/// `Signature.xml` up to its references, and after them; `pages` are the numbers of the pages.
fn around_references(plan: &SignaturePlan, pages: &[u64]) -> Result<[String; 2], WriteError> {
    let mut before = Xml::file("Signature", 768);
    before
        .raw("><ofd:SignedInfo><ofd:Provider")
        .attribute("ProviderName", &plan.provider.name)?;
    before
        .attribute("Version", &plan.provider.version)?
        .attribute("Company", &plan.provider.company)?
        .raw("/>");
    before
        .leaf("SignatureMethod", SIGNATURE_METHOD)?
        .leaf("SignatureDateTime", &utc(plan.time))?;
    before
        .raw("<ofd:References CheckMethod=\"")
        .raw(CHECK_METHOD)
        .raw("\">");
    let mut after = Xml::fragment();
    after.raw("</ofd:References>");
    for (index, stamp) in plan.stamps.iter().enumerate() {
        let page = pages.get(stamp.page).ok_or(WriteError::Unknown("page"))?;
        after
            .raw("<ofd:StampAnnot ID=\"")
            .raw(&sign_id(index + 1))
            .raw("\"")
            .whole("PageRef", *page);
        stamp.check()?;
        stamp.boundary.attribute(&mut after, "Boundary")?;
        if let Some(clip) = stamp.clip {
            clip.attribute(&mut after, "Clip")?;
        }
        after.raw("/>");
    }
    after
        .raw("<ofd:Seal><ofd:BaseLoc>/")
        .raw(SEAL)
        .raw("</ofd:BaseLoc></ofd:Seal></ofd:SignedInfo>");
    after
        .raw("<ofd:SignedValue>/")
        .raw(SIGNED_VALUE)
        .raw("</ofd:SignedValue></ofd:Signature>");
    Ok([before.into_string(), after.into_string()])
}

fn sign_id(index: usize) -> String {
    format!("s{:03}", index + 1)
}

/// `20261123080000Z`.
fn utc(time: Timestamp) -> String {
    let t = TimeZone::UTC.to_datetime(time);
    let (date, hour, minute, second) = (t.date(), t.hour(), t.minute(), t.second());
    format!(
        "{:04}{:02}{:02}{hour:02}{minute:02}{second:02}Z",
        date.year(),
        date.month(),
        date.day()
    )
}

/// A document whose files are written, but not yet named in a signature with their digests.
pub struct Written {
    archive: Archive,
    /// `Signature.xml` but for its references.
    around: [String; 2],
}

impl Written {
    /// `archive` holds every file that the signature covers.
    pub(super) fn new(archive: Archive, plan: &SignaturePlan, pages: &[u64]) -> Result<Self, WriteError> {
        let around = around_references(plan, pages)?;
        Ok(Self { archive, around })
    }

    /// Names every file with its digest in `Signature.xml`.
    #[must_use]
    pub fn prepare(self) -> Unsealed {
        let signature = self.signature();
        Unsealed::new(self.archive, signature)
    }

    /// The same for many documents, whose files are hashed side by side: a batch of sixteen takes a fourth of the time.
    #[must_use]
    pub fn prepare_all(documents: Vec<Self>) -> Vec<Unsealed> {
        Part::digest_together(documents.iter().flat_map(|document| document.archive.parts()));
        let prepared = documents.into_iter().map(Self::prepare).collect::<Vec<_>>();
        Part::digest_together(prepared.iter().map(|document| &document.signature));
        prepared
    }

    fn signature(&self) -> Vec<u8> {
        let [before, after] = &self.around;
        let files = self.archive.files();
        let room = files.len() * 160 + before.len() + after.len();
        let mut xml = String::with_capacity(room);
        xml.push_str(before);
        for (path, part) in files {
            xml.push_str("<ofd:Reference FileRef=\"/");
            xml.push_str(path);
            xml.push_str("\"><ofd:CheckValue>");
            xml.push_str(&part.check_value());
            xml.push_str("</ofd:CheckValue></ofd:Reference>");
        }
        xml.push_str(after);
        xml.into_bytes()
    }
}

impl fmt::Debug for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Written").finish_non_exhaustive()
    }
}

/// A document complete but for its signature value. It cannot be changed any more.
pub struct Unsealed {
    archive: Archive,
    signature: Part,
}

impl Unsealed {
    fn new(mut archive: Archive, signature: Vec<u8>) -> Self {
        let signature = Part::stored(signature);
        archive.add(SIGNATURE, signature.clone());
        archive.close();
        Self { archive, signature }
    }

    /// SM3 of `Signature.xml`: the `dataHash` of the seal's signature. Since `Signature.xml` names every other file
    /// with its SM3, this one digest stands for the whole unsigned document; two documents that differ anywhere
    /// differ here.
    #[must_use]
    pub fn data_hash(&self) -> Digest {
        self.signature.digest()
    }

    /// The `propertyInfo` of the seal's signature.
    #[must_use]
    pub fn property_info(&self) -> &'static str {
        PROPERTY_INFO
    }

    /// The bytes of `Signature.xml`.
    #[must_use]
    pub fn signature_xml(&self) -> &[u8] {
        self.signature.bytes()
    }

    /// The package without its signature value, for a lint before sealing. No reader will call it signed.
    #[must_use]
    pub fn unsigned_package(&self) -> &[u8] {
        self.archive.bytes()
    }

    /// Opens the package without its signature value as the reader does. Files that lie in it as they were given to
    /// the writer keep the digest computed then over the same bytes; `common` are files that many documents share.
    ///
    /// # Errors
    /// As [`Package::open`].
    pub fn open(&self, limits: &Limits, common: &KnownFiles) -> Result<Package<'_>, Refusal> {
        let own = self
            .archive
            .parts()
            .iter()
            .filter(|part| part.deflated().is_none());
        let own = KnownFiles::of(own.cloned());
        Package::open_knowing(self.archive.bytes(), limits, &[common, &own])
    }

    /// The finished package with `signed_value` as `SignedValue.dat`.
    #[must_use]
    pub fn seal(mut self, signed_value: &[u8]) -> Vec<u8> {
        self.archive.add_bytes(SIGNED_VALUE, signed_value);
        self.archive.finish()
    }
}

impl fmt::Debug for Unsealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unsealed")
            .field("data_hash", &self.data_hash())
            .finish_non_exhaustive()
    }
}
