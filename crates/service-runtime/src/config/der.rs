//! Keys in files, as DER or PEM.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

/// DER of a file that holds it as it is or in one PEM block.
#[must_use]
pub fn der_of(path: &Path) -> Option<Zeroizing<Vec<u8>>> {
    let bytes = Zeroizing::new(std::fs::read(path).ok()?);
    let Some(text) = std::str::from_utf8(&bytes)
        .ok()
        .filter(|text| text.trim_start().starts_with("-----BEGIN"))
    else {
        return Some(bytes);
    };
    let body: Zeroizing<String> = Zeroizing::new(
        text.lines()
            .map(str::trim)
            .filter(|line| !line.starts_with("-----"))
            .collect(),
    );
    STANDARD.decode(body.as_bytes()).ok().map(Zeroizing::new)
}
