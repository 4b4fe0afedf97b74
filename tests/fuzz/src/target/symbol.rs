//! The QR symbol: the text that somebody's camera read.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use certificate_face::code::Code;
use certificate_face::code::payload::{PayloadError, SignedText};

const ADDRESS: &str = "https://h/q/AQIDBAUGBwgJCgsMDQ4PEA";

/// The input is the text, or, after a zero byte, what the fragment of a sound one stands for.
pub(crate) fn payload(input: &[u8]) {
    let text = match input.split_first() {
        Some((0, body)) => format!("{ADDRESS}#{}", URL_SAFE_NO_PAD.encode(body)),
        _ => String::from_utf8_lossy(input).into_owned(),
    };
    let _ = Code::new(&text);
    let Ok(read) = SignedText::parse(&text) else {
        return;
    };
    // One text for one meaning: written again it is the same in every bit.
    let (address, _) = text.trim().split_once('#').expect("it was read");
    let again = read
        .payload
        .text(address, read.key, |_| Ok::<_, PayloadError>(read.signature));
    assert_eq!(again.ok().as_deref(), Some(text.trim()));
}
