//! A PDF that cannot be read any more: whether it was signed once, and over other bytes.

use gm::cades;
use pdf::ReadError;

use crate::finding::{Finding, check};
use crate::verifier::Context;

/// The file is too large or of a kind that is not read, or it is damaged. Where a byte range and a CMS can still be
/// found in the raw bytes, and the digest is another, the file is an altered one.
pub(super) fn finding(bytes: &[u8], error: &ReadError, context: &Context<'_>) -> Finding {
    let reason = match error {
        ReadError::NotPdf => "neither_ofd_nor_pdf",
        ReadError::Limit(_) => return Finding::cannot_say(check::CONTAINER, "too_large"),
        ReadError::Encrypted => return Finding::cannot_say(check::CONTAINER, "encrypted"),
        other => other.reason(),
    };
    let signed_otherwise = match signature(bytes) {
        None => false,
        Some(Raw::CutShort) => true,
        Some(Raw::Whole { parts, cms }) => {
            let report = cades::verify(&cms, &parts, &context.bundle.pdf_trust(), context.now);
            report
                .findings
                .iter()
                .any(|finding| finding.outcome == gm::Outcome::Fail && is_content(finding.check))
        }
    };
    if signed_otherwise {
        Finding::fail(check::CONTAINER, reason).about(error.to_string())
    } else {
        Finding::cannot_say(check::CONTAINER, reason).about(error.to_string())
    }
}

fn is_content(name: &str) -> bool {
    [
        cades::check::MESSAGE_DIGEST,
        cades::check::SIGNATURE,
        cades::check::FORMAT,
    ]
    .contains(&name)
}

/// The last signature in the raw bytes.
enum Raw<'a> {
    Whole { parts: [&'a [u8]; 2], cms: Vec<u8> },
    CutShort,
}

fn signature(bytes: &[u8]) -> Option<Raw<'_>> {
    const KEY: &[u8] = b"/ByteRange";
    let at = bytes.windows(KEY.len()).rposition(|window| window == KEY)?;
    let rest = bytes.get(at + KEY.len()..)?;
    let open = rest.iter().take(8).position(|byte| *byte == b'[')?;
    let close = rest.iter().take(128).position(|byte| *byte == b']')?;
    let text = std::str::from_utf8(rest.get(open + 1..close)?).ok()?;
    let numbers: Vec<usize> = text
        .split_ascii_whitespace()
        .map(str::parse)
        .collect::<Result<_, _>>()
        .ok()?;
    let [0, first, second, length] = *numbers.as_slice() else {
        return None;
    };
    let end = second.checked_add(length)?;
    if end > bytes.len() {
        return Some(Raw::CutShort);
    }
    let gap = bytes.get(first..second)?.strip_prefix(b"<")?.strip_suffix(b">")?;
    let cms = hex::decode(gap).ok()?;
    Some(Raw::Whole {
        parts: [bytes.get(..first)?, bytes.get(second..end)?],
        cms,
    })
}
