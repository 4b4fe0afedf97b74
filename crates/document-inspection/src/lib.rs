//! What stands in a file, as a tree for people and for programs: an OFD or PDF document, a seal file (`.esl`), a signed
//! seal, signed data, a certificate or a list of revocations, by its bytes and not by its name.
//!
//! Nothing is judged here: whether a digest or a signature holds is for `document-verification`. What can be read is shown
//! even where other parts cannot; a part that cannot be read says why. Numbers of documents of identity are masked unless
//! [`Options::unmasked`]. No I/O, no clock; cost is bounded by the limits of the readers and by [`tree::MOST_NODES`].
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

mod certificate;
mod mask;
mod ofd_package;
mod pdf_file;
mod seal;
mod signed_data;
pub mod tree;

use gm::Certificate;
use gm::certificate::RevocationList;
use gm::signed_data::SignedData;
use seal_format::{Seal, SignedSeal};

pub use tree::Node;

/// How a file is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Options {
    /// Shows numbers of documents of identity in full.
    pub unmasked: bool,
}

/// The file is none of those that can be shown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "既不是 OFD、PDF，也不是印章、签章、签名数据、证书或吊销列表 neither OFD nor PDF, nor a seal, signed seal, signed data, \
     certificate or revocation list{0}"
)]
pub struct Unknown(String);

/// Shows a file.
///
/// # Errors
/// It is nothing that is known here, or damaged from the start.
pub fn inspect(bytes: &[u8], options: Options) -> Result<Node, Unknown> {
    let mut shown = recognise(bytes)?;
    if !options.unmasked {
        mask::mask(&mut shown);
    }
    Ok(shown)
}

fn recognise(bytes: &[u8]) -> Result<Node, Unknown> {
    if bytes.starts_with(b"PK") {
        return ofd_package::show(bytes).map_err(|refusal| Unknown(format!(": {refusal}")));
    }
    let head = bytes.get(..bytes.len().min(1024)).unwrap_or_default();
    if head.windows(5).any(|window| window == b"%PDF-") {
        return pdf_file::show(bytes).map_err(|error| Unknown(format!(": {error}")));
    }
    structure(bytes).ok_or_else(|| Unknown(String::new()))
}

/// What is written in DER, or in PEM.
fn structure(bytes: &[u8]) -> Option<Node> {
    if let Ok(signed) = SignedSeal::parse(bytes) {
        return Some(seal::signed(&signed));
    }
    if let Ok(seal) = Seal::parse(bytes) {
        return Some(seal::seal(&seal));
    }
    if let Ok(certificate) = Certificate::from_der(bytes) {
        return Some(certificate::show(&certificate));
    }
    if let Ok(list) = RevocationList::from_der(bytes) {
        return Some(certificate::list(&list));
    }
    if let Ok(data) = SignedData::parse(bytes) {
        return Some(signed_data::show(&data));
    }
    let pem = std::str::from_utf8(bytes).ok()?;
    let certificates = Certificate::all_from_pem(pem).unwrap_or_default();
    let lists = RevocationList::all_from_pem(pem).unwrap_or_default();
    if certificates.is_empty() && lists.is_empty() {
        return None;
    }
    let mut shown = Node::new("PEM 文件", "PEM file");
    shown.extend(certificates.iter().map(certificate::show));
    shown.extend(lists.iter().map(certificate::list));
    Some(shown)
}
