//! Documents changed by hand and then sealed by the authority all the same: what is odd about them is found by looking
//! at them, not because a digest differs.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::archive::{Files, pack, unpack};
use crate::fixture::{OFFICE, ORIGINAL, Office, sealed_at};

pub(crate) const OFD: &str = "OFD.xml";
pub(crate) const DOCUMENT: &str = "Doc_0/Document.xml";
pub(crate) const PAGE: &str = "Doc_0/Pages/Page_0/Content.xml";
pub(crate) const RESOURCES: &str = "Doc_0/DocumentRes.xml";
const SIGNATURE: &str = "Doc_0/Signs/Sign_0/Signature.xml";
const VALUE: &str = "Doc_0/Signs/Sign_0/SignedValue.dat";

/// A certificate about to be sealed.
pub(crate) struct Hand {
    pub(crate) files: Files,
    /// The attribute of the references, with a blank before it.
    pub(crate) method: String,
    /// Files that the signature does not name.
    pub(crate) left_out: Vec<&'static str>,
    /// References put before the others.
    pub(crate) more: String,
    /// `SignatureDateTime`.
    pub(crate) date_time: &'static str,
    /// All `StampAnnot` elements.
    pub(crate) stamps: String,
}

/// A stamp on a page.
pub(crate) fn stamp(page: &str, boundary: &str, clip: Option<&str>) -> String {
    let clip = clip.map_or(String::new(), |clip| format!(" Clip=\"{clip}\""));
    format!("<ofd:StampAnnot ID=\"s{page}\" PageRef=\"{page}\" Boundary=\"{boundary}\"{clip}/>")
}

impl Hand {
    pub(crate) fn new() -> Self {
        Self::of(&ORIGINAL.ofd)
    }

    pub(crate) fn of(package: &[u8]) -> Self {
        let mut files = unpack(package);
        files.retain(|(name, _)| name != SIGNATURE && name != VALUE);
        let mut hand = Self {
            files,
            method: " CheckMethod=\"1.2.156.10197.1.401\"".to_owned(),
            left_out: Vec::new(),
            more: String::new(),
            date_time: "20260506020000Z",
            stamps: String::new(),
        };
        hand.stamps = stamp(&hand.page_id(), "142 243 45 45", None);
        hand
    }

    /// The number of the only page.
    pub(crate) fn page_id(&self) -> String {
        let text = self.text(DOCUMENT);
        let (_, rest) = text.split_once("<ofd:Page ID=\"").expect("a page");
        rest.split_once('"').expect("its number").0.to_owned()
    }

    pub(crate) fn text(&self, name: &str) -> String {
        let found = self.files.iter().find(|(found, _)| found == name);
        String::from_utf8(found.unwrap_or_else(|| panic!("{name} is there")).1.clone()).expect("UTF-8")
    }

    /// Puts `new` in place of the first `old`, which must be there.
    #[track_caller]
    pub(crate) fn replace(mut self, name: &str, old: &str, new: &str) -> Self {
        let text = self.text(name);
        assert!(text.contains(old), "{old} is in {name}: {text}");
        self.put(name, text.replacen(old, new, 1).into_bytes());
        self
    }

    pub(crate) fn with(mut self, name: &str, content: impl Into<Vec<u8>>) -> Self {
        self.put(name, content.into());
        self
    }

    fn put(&mut self, name: &str, content: Vec<u8>) {
        match self.files.iter_mut().find(|(found, _)| found == name) {
            Some((_, own)) => *own = content,
            None => self.files.push((name.to_owned(), content)),
        }
    }

    pub(crate) fn sealed(self) -> Vec<u8> {
        self.sealed_by(&OFFICE)
    }

    pub(crate) fn sealed_by(mut self, office: &Office) -> Vec<u8> {
        let covered = self
            .files
            .iter()
            .filter(|(name, _)| !self.left_out.contains(&name.as_str()));
        let references: String = covered
            .map(|(name, content)| reference(name, &gm::sm3::digest(content)))
            .collect();
        let xml = format!(
            "<ofd:Signature xmlns:ofd=\"http://www.ofdspec.org/2016\"><ofd:SignedInfo><ofd:Provider ProviderName=\"jianzheng\"/>\
             <ofd:SignatureMethod>1.2.156.10197.1.501</ofd:SignatureMethod><ofd:SignatureDateTime>{}</ofd:SignatureDateTime>\
             <ofd:References{}>{}{references}</ofd:References>{}\
             <ofd:Seal><ofd:BaseLoc>/Doc_0/Signs/Sign_0/Seal.esl</ofd:BaseLoc></ofd:Seal></ofd:SignedInfo>\
             <ofd:SignedValue>/{VALUE}</ofd:SignedValue></ofd:Signature>",
            self.date_time, self.method, self.more, self.stamps
        );
        let digest = gm::sm3::digest(xml.as_bytes());
        let value = office.signed_value(&digest, &format!("/{SIGNATURE}"), sealed_at());
        self.put(SIGNATURE, xml.into_bytes());
        self.put(VALUE, value);
        pack(&self.files)
    }
}

pub(crate) fn reference(name: &str, digest: &[u8]) -> String {
    let digest = STANDARD.encode(digest);
    format!("<ofd:Reference FileRef=\"/{name}\"><ofd:CheckValue>{digest}</ofd:CheckValue></ofd:Reference>")
}
