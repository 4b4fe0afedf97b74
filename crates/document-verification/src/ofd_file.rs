//! Verifying an OFD package.

mod content;
mod displayed;
mod glyphs;
mod picture;
mod references;
mod signature;
mod stamps;
pub(crate) use signature::{not_ahead, signing_time};

use domain::standing::DocumentStanding;
use ofd::{Document, Package, SignatureFile};
use seal_format::{PlainSignature, SignedSeal};

use crate::finding::{Finding, check};
use crate::mapping::{self, printable};
use crate::report::{SignatureSummary, TimeEvidence};
use crate::verifier::{Context, Examined};

/// Where nearly every producer puts the list of signatures; only used once the structure cannot be read.
const USUAL_LIST: &str = "Signatures.xml";
const SIGNED_VALUE: &str = "SignedValue.dat";

pub(crate) fn examine(bytes: &[u8], context: &Context<'_>) -> Examined {
    let mut out = Examined::default();
    let opened = match context.cache {
        Some(cache) => cache.files.open(bytes, &context.policy.ofd),
        None => Package::open(bytes, &context.policy.ofd),
    };
    let package = match opened {
        Ok(package) => package,
        Err(refusal) => {
            // Names of entries stand in the clear, so a package that was sealed once shows it even when cut short.
            let sealed_once = bytes
                .windows(SIGNED_VALUE.len())
                .any(|window| window == SIGNED_VALUE.as_bytes());
            out.findings.push(mapping::refusal(&refusal, sealed_once));
            return out;
        }
    };
    out.findings.push(Finding::pass(check::CONTAINER));
    out.findings
        .extend(package.findings().iter().map(mapping::oddity));
    let documents = match package.documents() {
        Ok(documents) => documents,
        Err(refusal) => {
            let path = refusal.path.as_deref().unwrap_or_default();
            out.findings
                .push(Finding::fail(check::DOCUMENT, refusal.reason.name()).about(printable(path)));
            match stand_in(&package) {
                Some(document) => vec![document],
                None => return out,
            }
        }
    };
    let signed: Vec<Vec<(String, SignatureFile)>> = documents
        .iter()
        .map(|document| {
            out.findings.extend(document.findings.iter().map(mapping::oddity));
            signatures(&package, document, context, &mut out)
        })
        .collect();
    out.findings.extend(displayed::one_document(&documents, &signed));
    if out.signatures.is_empty()
        && !out
            .findings
            .iter()
            .any(|finding| finding.check == check::READABLE)
    {
        out.findings.push(Finding::fail(check::PRESENT, "unsigned"));
    }
    integrity_list(&package, context, &mut out);
    if let ([document], [signed]) = (documents.as_slice(), signed.as_slice()) {
        let areas = content::examine(&package, document, &mut out);
        out.findings.extend(stamps::examine(document, &areas, signed));
    } else {
        out.findings
            .push(Finding::cannot_say(check::ATTACHMENT, "several_documents"));
    }
    if !out.findings.iter().any(|finding| finding.check == check::ACTIVE) {
        out.findings.push(Finding::pass(check::ACTIVE));
    }
    out
}

/// The signatures of a document, each with the name it goes by here.
fn signatures(
    package: &Package<'_>,
    document: &Document,
    context: &Context<'_>,
    out: &mut Examined,
) -> Vec<(String, SignatureFile)> {
    let files = match package.signatures(document) {
        Ok(files) => files,
        Err(refusal) => {
            let path = refusal.path.as_deref().unwrap_or_default();
            out.findings
                .push(Finding::fail(check::READABLE, refusal.reason.name()).about(printable(path)));
            return Vec::new();
        }
    };
    let mut ids = Vec::with_capacity(files.len());
    for (index, file) in files.iter().enumerate() {
        let id = unique_id(file, &files, index);
        references::examine(package, document, file, &files, &id, &mut out.findings);
        let summary = match package.file(&file.signed_value) {
            Ok(value) => signature::examine(package, file, value, &id, context, &mut out.findings),
            Err(refusal) => {
                let path = printable(&file.signed_value).into_owned();
                out.findings.push(
                    Finding::fail(check::READABLE, refusal.reason.name())
                        .about(path)
                        .of(&id),
                );
                unreadable(&id)
            }
        };
        out.signatures.push(summary);
        ids.push(id);
    }
    ids.into_iter().zip(files).collect()
}

/// The identifier in the list, unless another signature has it too.
fn unique_id(file: &SignatureFile, all: &[SignatureFile], index: usize) -> String {
    let id = &file.entry.id;
    let shared = all.iter().filter(|other| other.entry.id == *id).count() > 1;
    if shared || id.is_empty() {
        format!("{}#{}", printable(id), index + 1)
    } else {
        printable(id).into_owned()
    }
}

/// A signature of which nothing but its place is known.
pub(crate) fn unreadable(id: &str) -> SignatureSummary {
    SignatureSummary {
        id: id.to_owned(),
        signer: None,
        organisation: None,
        seal_name: None,
        seal_id: None,
        authority: None,
        signed_at: None,
        evidence: TimeEvidence::None,
        specimen: false,
        standing: DocumentStanding::CannotSay,
        compromised_from: None,
    }
}

/// The list of GM/T 0099, if there is one.
fn integrity_list(package: &Package<'_>, context: &Context<'_>, out: &mut Examined) {
    let list = match package.integrity_list() {
        Ok(None) => return,
        Ok(Some(list)) => list,
        Err(refusal) => {
            out.findings
                .push(Finding::cannot_say(check::LIST_FILES, refusal.reason.name()));
            return;
        }
    };
    let missing = list.missing.iter().map(|path| (path, "file_missing"));
    let unlisted = list.unlisted.iter().map(|path| (path, "file_not_listed"));
    let mut sound = true;
    for (path, reason) in missing.chain(unlisted) {
        sound = false;
        out.findings
            .push(Finding::fail(check::LIST_FILES, reason).about(printable(path)));
    }
    if sound {
        out.findings.push(Finding::pass(check::LIST_FILES));
    }
    let value = list
        .signed_value
        .as_deref()
        .and_then(|path| package.file(path).ok());
    let Some((value, bytes)) = value.zip(package.file(&list.path).ok()) else {
        out.findings
            .push(Finding::warning(check::LIST_SIGNATURE, "unsigned"));
        return;
    };
    let finding = match PlainSignature::parse(value) {
        Err(_) => Finding::warning(check::LIST_SIGNATURE, "signed_value_malformed"),
        Ok(signature) => {
            let report = signature.verify(bytes, &context.bundle.seal_trust(), context.now);
            let of_value = |finding: &gm::Finding| finding.check.starts_with("plain.");
            let worst = report
                .findings
                .into_iter()
                .filter(of_value)
                .map(mapping::gm)
                .max_by_key(|one| one.result);
            match worst {
                Some(worst) if worst.result == crate::Outcome::Fail => {
                    Finding::warning(check::LIST_SIGNATURE, worst.reason)
                }
                Some(worst) => Finding {
                    check: check::LIST_SIGNATURE,
                    ..worst
                },
                None => Finding::cannot_say(check::LIST_SIGNATURE, "signer_unknown"),
            }
        }
    };
    out.findings.push(finding);
}

/// Where the structure cannot be read, the signatures still can: what they cover then says what was changed.
fn stand_in(package: &Package<'_>) -> Option<Document> {
    let names = || package.entries().iter().map(ofd::Entry::name);
    let list = names().find(|name| name.rsplit('/').next() == Some(USUAL_LIST));
    let Some(list) = list else {
        return names()
            .any(|name| sealed_value(package, name))
            .then(|| document("", None));
    };
    let folder = list.split('/').next().unwrap_or_default();
    Some(document(folder, Some(list.to_owned())))
}

fn sealed_value(package: &Package<'_>, name: &str) -> bool {
    name.ends_with(SIGNED_VALUE)
        && package
            .file(name)
            .is_ok_and(|value| SignedSeal::parse(value).is_ok())
}

fn document(folder: &str, signatures: Option<String>) -> Document {
    Document {
        path: format!("{folder}/Document.xml"),
        info: ofd::DocInfo::default(),
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
        findings: Vec::new(),
    }
}
