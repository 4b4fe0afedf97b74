//! Findings of `gm`, `seal_format`, `ofd` and `pdf` in this crate's currency.

use std::borrow::Cow;

use crate::finding::{Finding, Outcome, check};

/// A finding of `gm` or `seal_format`; a pass with a remark becomes a warning.
pub(crate) fn gm(finding: gm::Finding) -> Finding {
    let result = match finding.outcome {
        gm::Outcome::Pass if finding.reason == "ok" => Outcome::Pass,
        gm::Outcome::Pass => Outcome::Warning,
        gm::Outcome::Fail => Outcome::Fail,
        gm::Outcome::CannotSay => Outcome::CannotSay,
    };
    Finding::new(finding.check, result, finding.reason)
}

/// Why a package is refused. A package that names a signed value was sealed once and cannot be read as one any more;
/// what is only too large or packed in another way may be sound.
pub(crate) fn refusal(refusal: &ofd::Refusal, sealed_once: bool) -> Finding {
    let unsupported = matches!(
        refusal.reason,
        ofd::Reason::TooLarge | ofd::Reason::Method | ofd::Reason::Encrypted | ofd::Reason::XmlTooLarge
    );
    let result = if sealed_once && !unsupported {
        Outcome::Fail
    } else {
        Outcome::CannotSay
    };
    with_path(
        Finding::new(check::CONTAINER, result, refusal.reason.name()),
        refusal.path.as_deref(),
    )
}

/// What is odd about a package or a document of it.
pub(crate) fn oddity(finding: &ofd::Finding) -> Finding {
    use ofd::FindingKind as Kind;
    let (check, result) = match finding.kind {
        Kind::EntryCrc | Kind::UnreadableEntry => (check::CONTAINER, Outcome::Fail),
        Kind::PrependedBytes
        | Kind::TrailingBytes
        | Kind::UnlistedBytes
        | Kind::ArchiveComment
        | Kind::DirectoryWithBytes => (check::SURPLUS, Outcome::Fail),
        Kind::SeveralDocuments | Kind::DocumentVersions => (check::DISPLAYED, Outcome::CannotSay),
        Kind::Actions | Kind::ExternalLocation => (check::ACTIVE, Outcome::Warning),
        _ => (check::ODDITY, Outcome::Warning),
    };
    with_path(
        Finding::new(check, result, finding.kind.name()),
        finding.path.as_deref(),
    )
}

fn with_path(finding: Finding, path: Option<&str>) -> Finding {
    match path {
        Some(path) => finding.about(printable(path)),
        None => finding,
    }
}

/// A path from a hostile package, fit to be printed.
pub(crate) fn printable(path: &str) -> Cow<'_, str> {
    const LONGEST: usize = 200;
    if path.len() <= LONGEST && !path.chars().any(char::is_control) {
        return Cow::Borrowed(path);
    }
    Cow::Owned(path.chars().take(LONGEST).flat_map(char::escape_debug).collect())
}

/// A check of the PDF's structure.
pub(crate) fn pdf(finding: &pdf::verify::Finding) -> Finding {
    let result = match finding.outcome {
        pdf::verify::Outcome::Pass => return Finding::pass(finding.check.name()),
        pdf::verify::Outcome::Fail => Outcome::Fail,
        pdf::verify::Outcome::CannotSay => Outcome::CannotSay,
        pdf::verify::Outcome::Remark => Outcome::Warning,
    };
    // What an algorithm that is broken says can be anybody's; it is not the file that was changed.
    let result = match finding.reason {
        "weak_algorithm" | "sub_filter_unknown" => Outcome::CannotSay,
        _ => result,
    };
    Finding::new(finding.check.name(), result, finding.reason).about(finding.detail.as_str())
}
