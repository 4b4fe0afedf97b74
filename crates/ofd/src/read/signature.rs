//! `Signatures.xml` and `Signature.xml`.

use super::finding::{Finding, FindingKind, Reason, Refusal};
use super::location::folder;
use super::model::Document;
use super::package::Package;
use super::value::{Bounds, DateValue, id};
use super::xml::Element;

/// What a signature is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignatureKind {
    /// A seal (`Seal`, also the default).
    Seal,
    /// A bare digital signature (`Sign`).
    Sign,
}

/// An entry of `Signatures.xml`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureRef {
    /// Its identifier, as `s001`.
    pub id: String,
    /// What it is.
    pub kind: SignatureKind,
    /// Its `Signature.xml`.
    pub path: String,
}

/// The digest that references use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CheckMethod {
    /// SM3, by its OID or by the literal `SM3` that one library writes.
    Sm3,
    /// Something else, by name; `MD5` if nothing is stated, since that is the standard's default. Not supported.
    Other(String),
}

/// A file's digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// `FileRef` as written.
    pub file_ref: String,
    /// The path it means; nothing if it means none.
    pub path: Option<String>,
    /// `CheckValue` as written.
    pub check_value: String,
}

/// Where a seal is shown.
#[derive(Debug, Clone, PartialEq)]
pub struct StampRead {
    /// Its identifier.
    pub id: String,
    /// The number of the page.
    pub page: u64,
    /// The box on the page.
    pub boundary: Bounds,
    /// The part of the box that is shown (riding seams).
    pub clip: Option<Bounds>,
}

/// A parsed `Signature.xml`.
#[derive(Debug, Clone)]
pub struct SignatureFile {
    /// The entry that led here.
    pub entry: SignatureRef,
    /// `Signatures.xml`.
    pub list: String,
    /// The program that signed.
    pub provider: Option<String>,
    /// OID of the signature method as written.
    pub method: Option<String>,
    /// The stated time.
    pub date_time: Option<DateValue>,
    /// The digest that references use.
    pub check_method: CheckMethod,
    /// Whether that is stated, not only the standard's default.
    pub states_check_method: bool,
    /// The references in order.
    pub references: Vec<Reference>,
    /// Where the seal is shown.
    pub stamps: Vec<StampRead>,
    /// `Seal.esl`, if named; it may be absent even then.
    pub seal: Option<String>,
    /// `SignedValue.dat`.
    pub signed_value: String,
    /// What is odd about it.
    pub findings: Vec<Finding>,
}

impl Package<'_> {
    /// The signatures of `document`, in the order of its list. None if it has no list.
    ///
    /// # Errors
    /// If the list or a signature named by it cannot be read.
    pub fn signatures(&self, document: &Document) -> Result<Vec<SignatureFile>, Refusal> {
        let Some(list) = &document.signatures else {
            return Ok(Vec::new());
        };
        let refuse = |reason| Refusal::at(reason, list);
        let mut findings = Vec::new();
        let tree = self.tree(list, "Signatures", &mut findings)?;
        let entries: Vec<_> = tree.root().all("Signature").collect();
        if entries.len() > self.limits().items {
            return Err(refuse(Reason::TooLarge));
        }
        entries
            .into_iter()
            .map(|entry| {
                let mut findings = findings.clone();
                let entry = signature_ref(self, entry, list, document, &mut findings).map_err(refuse)?;
                self.signature(entry, list, document, findings)
            })
            .collect()
    }

    fn signature(
        &self,
        entry: SignatureRef,
        list: &str,
        document: &Document,
        mut findings: Vec<Finding>,
    ) -> Result<SignatureFile, Refusal> {
        let path = entry.path.clone();
        let tree = self.tree(&path, "Signature", &mut findings)?;
        read(self, tree.root(), entry, list, document, findings).map_err(|reason| Refusal::at(reason, path))
    }
}

fn signature_ref(
    package: &Package<'_>,
    element: Element<'_, '_>,
    list: &str,
    document: &Document,
    findings: &mut Vec<Finding>,
) -> Result<SignatureRef, Reason> {
    let location = element.attribute("BaseLoc").ok_or(Reason::MissingElement)?;
    let kind = match element.attribute("Type") {
        None | Some("Seal") => SignatureKind::Seal,
        Some("Sign") => SignatureKind::Sign,
        Some(_) => return Err(Reason::Value),
    };
    let path = package.locate(location, folder(list), document.folder(), findings)?;
    Ok(SignatureRef {
        id: element.attribute("ID").unwrap_or_default().to_owned(),
        kind,
        path,
    })
}

fn read(
    package: &Package<'_>,
    root: Element<'_, '_>,
    entry: SignatureRef,
    list: &str,
    document: &Document,
    mut findings: Vec<Finding>,
) -> Result<SignatureFile, Reason> {
    let base = folder(&entry.path).to_owned();
    let info = root.only("SignedInfo")?.ok_or(Reason::MissingElement)?;
    let references = info.only("References")?.ok_or(Reason::MissingElement)?;
    let listed: Vec<_> = references.all("Reference").collect();
    if listed.len() > package.limits().entries {
        return Err(Reason::TooLarge);
    }
    let references_read = listed
        .into_iter()
        .map(|element| reference(package, element, &base, &mut findings))
        .collect::<Result<_, _>>()?;
    let stamps = info
        .all("StampAnnot")
        .take(package.limits().items)
        .map(stamp)
        .collect::<Result<_, _>>()?;
    let seal = match info.only("Seal")? {
        Some(seal) => {
            let location = seal.text_of("BaseLoc")?.ok_or(Reason::MissingElement)?;
            Some(package.locate(location, &base, document.folder(), &mut findings)?)
        }
        None => None,
    };
    let signed_value = root.text_of("SignedValue")?.ok_or(Reason::MissingElement)?;
    let signed_value = package.locate(signed_value, &base, document.folder(), &mut findings)?;
    let provider = info
        .only("Provider")?
        .and_then(|p| p.attribute("ProviderName"))
        .map(str::to_owned);
    Ok(SignatureFile {
        entry,
        list: list.to_owned(),
        provider,
        method: info.text_of("SignatureMethod")?.map(str::to_owned),
        date_time: info.text_of("SignatureDateTime")?.map(DateValue::parse),
        check_method: check_method(references.attribute("CheckMethod")),
        states_check_method: references.attribute("CheckMethod").is_some(),
        references: references_read,
        stamps,
        seal,
        signed_value,
        findings,
    })
}

fn check_method(stated: Option<&str>) -> CheckMethod {
    match stated.map(str::trim) {
        Some("1.2.156.10197.1.401") => CheckMethod::Sm3,
        Some(name) if name.eq_ignore_ascii_case("sm3") => CheckMethod::Sm3,
        Some(name) => CheckMethod::Other(name.to_owned()),
        None => CheckMethod::Other("MD5".to_owned()),
    }
}

fn reference(
    package: &Package<'_>,
    element: Element<'_, '_>,
    base: &str,
    findings: &mut Vec<Finding>,
) -> Result<Reference, Reason> {
    let file_ref = element.attribute("FileRef").ok_or(Reason::MissingElement)?;
    let check_value = element.text_of("CheckValue")?.ok_or(Reason::MissingElement)?;
    let path = if file_ref.trim().starts_with('/') {
        super::location::resolve("", file_ref)
    } else {
        // References are absolute by the standard; a relative one is taken from the root, then from its folder.
        findings.push(Finding::at(FindingKind::RelativeReference, file_ref));
        let from_root = super::location::resolve("", file_ref);
        match from_root {
            Some(path) if package.has(&path) => Some(path),
            other => super::location::resolve(base, file_ref)
                .filter(|path| package.has(path))
                .or(other),
        }
    };
    Ok(Reference {
        file_ref: file_ref.to_owned(),
        path,
        check_value: check_value.to_owned(),
    })
}

fn stamp(element: Element<'_, '_>) -> Result<StampRead, Reason> {
    let boundary = element.attribute("Boundary").ok_or(Reason::MissingElement)?;
    Ok(StampRead {
        id: element.attribute("ID").unwrap_or_default().to_owned(),
        page: id(element.attribute("PageRef").ok_or(Reason::MissingElement)?)?,
        boundary: Bounds::parse(boundary)?,
        clip: element.attribute("Clip").map(Bounds::parse).transpose()?,
    })
}
