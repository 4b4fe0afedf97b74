//! The report on a file and the register's answer, as one verdict with what to do next.

use domain::calendar::day_of;
use domain::certificate::FactsRecord;
use domain::reason::BilingualText;
use domain::register::StatusCode;
use domain::standing::{DocumentStanding, Standing, UsePeriodStanding, Verdict, VersionStanding, explain};
use jiff::Timestamp;
use serde::Serialize;

use crate::finding::{Finding, Outcome, check};
use crate::report::Report;

/// Whether the register issued a file, by its digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum IssuedFile {
    /// It did.
    Known,
    /// It did, and has made the documents anew since (重签): the version counts, newer files take this one's place.
    Reissued,
    /// It did not.
    Unknown,
    /// Nobody asked, or the register could not answer.
    NotAsked,
}

/// What the register says about the version, and the copy, that a file names.
#[derive(Debug, Clone, Copy)]
pub enum RegisterAnswer<'a> {
    /// Not asked, not reached, or too stale to rely on.
    Unavailable,
    /// It knows no such version or copy.
    Unknown,
    /// It knows.
    Known {
        /// How registration, version and copy stand.
        standing: &'a Standing,
        /// Whether it issued this file.
        issued: IssuedFile,
        /// Its own facts of this version or copy.
        facts: Option<&'a FactsRecord>,
        /// The facts of the current version, to say what changed since.
        current: Option<&'a FactsRecord>,
    },
}

/// One verdict, in words, with the checks behind it.
#[derive(Debug, Clone, Serialize)]
pub struct Conclusion {
    /// The verdict.
    pub verdict: Verdict,
    /// The document, with what the register knows of it.
    pub document: DocumentStanding,
    /// Whether the file is a specimen: then nothing of it is in force.
    pub specimen: bool,
    /// The verdict in words.
    pub text: BilingualText,
    /// What to do next.
    pub next_step: BilingualText,
    /// The register's findings.
    pub findings: Vec<Finding>,
    /// Facts that differ between the version in the file and the current one, as names of the record.
    pub changed_facts: Vec<&'static str>,
}

/// Joins both. What is wrong with the file comes first, then the registration, the version, the copy (domain §1.13).
#[must_use]
pub fn conclude(report: &Report, answer: &RegisterAnswer<'_>) -> Conclusion {
    let (document, findings) = match *answer {
        RegisterAnswer::Unavailable => (
            report.document,
            vec![Finding::cannot_say(check::REGISTRATION, "register_not_asked")],
        ),
        RegisterAnswer::Unknown => (
            not_issued_here(report.document),
            vec![Finding::fail(check::ISSUED_FILE, "version_not_in_the_register")],
        ),
        RegisterAnswer::Known {
            standing,
            issued,
            facts,
            ..
        } => known(report, standing, issued, facts),
    };
    let standing = match *answer {
        RegisterAnswer::Known { standing, .. } => Some(standing),
        RegisterAnswer::Unavailable | RegisterAnswer::Unknown => None,
    };
    let unavailable =
        matches!(answer, RegisterAnswer::Unavailable) && document == DocumentStanding::Authentic;
    // That a copy's use period is over needs no register.
    let verdict = match report.outcome_of(check::USE_PERIOD) {
        Some(Outcome::Warning) if unavailable => Verdict::CopyExpired,
        _ if unavailable => Verdict::CannotSay,
        _ => Verdict::of(Some(document), standing),
    };
    let (mut text, mut next_step) = if unavailable {
        register_not_asked(report)
    } else {
        explain(verdict, standing)
    };
    if document == DocumentStanding::CannotSay {
        (text, next_step) = document_not_told();
    }
    (text, next_step) = marked_if_specimen(report, (text, next_step));
    Conclusion {
        verdict,
        document,
        specimen: report.specimen,
        text,
        next_step,
        changed_facts: changed(report, answer),
        findings,
    }
}

/// Nobody takes a specimen's verdict for a certificate's.
pub(crate) fn marked_if_specimen(
    report: &Report,
    (text, next): (BilingualText, BilingualText),
) -> (BilingualText, BilingualText) {
    if !report.specimen {
        return (text, next);
    }
    let text = BilingualText::new(format!("【样本】{}", text.zh), format!("[SPECIMEN] {}", text.en));
    let next = BilingualText::new(
        format!("样本不具有任何效力。{}", next.zh),
        format!("A specimen has no effect whatsoever. {}", next.en),
    );
    (text, next)
}

const fn not_issued_here(document: DocumentStanding) -> DocumentStanding {
    match document {
        DocumentStanding::Authentic => DocumentStanding::NotIssuedHere,
        other => other,
    }
}

fn known(
    report: &Report,
    standing: &Standing,
    issued: IssuedFile,
    facts: Option<&FactsRecord>,
) -> (DocumentStanding, Vec<Finding>) {
    let mut document = report.document;
    let mut findings = Vec::new();
    findings.push(match issued {
        IssuedFile::Known => Finding::pass(check::ISSUED_FILE),
        IssuedFile::Reissued => Finding::warning(check::ISSUED_FILE, "file_made_anew_since"),
        IssuedFile::Unknown => Finding::fail(check::ISSUED_FILE, "file_not_in_the_register"),
        IssuedFile::NotAsked => Finding::cannot_say(check::ISSUED_FILE, "register_not_asked"),
    });
    let same = facts
        .zip(report.facts.record.as_ref())
        .map(|(register, file)| register == file);
    findings.push(match same {
        Some(same) => Finding::decide(check::REGISTER_FACTS, same, "facts_differ_from_register"),
        None => Finding::cannot_say(check::REGISTER_FACTS, "nothing_to_compare"),
    });
    if issued == IssuedFile::Unknown || same == Some(false) {
        document = not_issued_here(document);
    }
    findings.push(registration(standing));
    findings.push(match &standing.version {
        VersionStanding::Current => Finding::pass(check::VERSION),
        VersionStanding::NotYet => Finding::fail(check::VERSION, "version_not_yet_made"),
        VersionStanding::Superseded { at, by } => {
            Finding::fail(check::VERSION, "superseded").about(format!("{} {by}", day_of(*at)))
        }
        VersionStanding::Ended { at } => {
            Finding::fail(check::VERSION, "ended").about(day_of(*at).to_string())
        }
    });
    findings.extend(standing.specialties.iter().map(|specialty| {
        let finding = if specialty.living {
            Finding::pass(check::SPECIALTY)
        } else {
            Finding::warning(check::SPECIALTY, "specialty_not_living")
        };
        finding.about(format!(
            "{} {}",
            specialty.specialty.name(),
            specialty.effective_end
        ))
    }));
    findings.extend(match standing.use_period {
        UsePeriodStanding::NotACopy => None,
        UsePeriodStanding::Within { use_until } => {
            Some(Finding::pass(check::COPY).about(use_until.to_string()))
        }
        UsePeriodStanding::Over { use_until } => {
            Some(Finding::fail(check::COPY, "use_period_over").about(use_until.to_string()))
        }
        UsePeriodStanding::Revoked { at } => {
            Some(Finding::fail(check::COPY, "copy_revoked").about(day_of(at).to_string()))
        }
    });
    (document, findings)
}

fn registration(standing: &Standing) -> Finding {
    let reason = match standing.status {
        StatusCode::Valid if standing.renewal_pending => {
            return Finding::warning(check::REGISTRATION, "renewal_pending");
        }
        StatusCode::Valid => return Finding::pass(check::REGISTRATION),
        StatusCode::Suspended => "registration_suspended",
        StatusCode::Revoked => "registration_revoked",
        StatusCode::Cancelled => "registration_cancelled",
        StatusCode::Lapsed => "registration_lapsed",
        StatusCode::Stripped => "registration_stripped",
        StatusCode::MovingOut => "registration_moving_out",
        StatusCode::Other => "registration_not_in_force",
    };
    Finding::fail(check::REGISTRATION, reason)
}

fn changed(report: &Report, answer: &RegisterAnswer<'_>) -> Vec<&'static str> {
    let RegisterAnswer::Known {
        standing,
        current: Some(current),
        ..
    } = answer
    else {
        return Vec::new();
    };
    match (&standing.version, &report.facts.record) {
        (VersionStanding::Superseded { .. }, Some(file)) => file.changed_facts(current),
        _ => Vec::new(),
    }
}

fn register_not_asked(report: &Report) -> (BilingualText, BilingualText) {
    let text = match report.outcome_of(check::USE_PERIOD) {
        Some(Outcome::Warning) => BilingualText::new(
            "文件真实，但本件已过使用有效期。",
            "The file is genuine, but the use period of this copy has ended.",
        ),
        _ => BilingualText::new(
            "文件真实，目前的登记状态未知。",
            "The file is genuine; how the registration stands now is not known.",
        ),
    };
    let next = BilingualText::new(
        "请按注册编号在线查询当前登记状态。",
        "Look the registration number up online for its present status.",
    );
    (text, next)
}

fn document_not_told() -> (BilingualText, BilingualText) {
    (
        BilingualText::new(
            "无法判断文件真伪。",
            "Whether the file is genuine cannot be told.",
        ),
        BilingualText::new(
            "请查看各项检查的说明，或按注册编号在线核验。",
            "See the checks below, or verify online by registration number.",
        ),
    )
}

/// What the file alone tells of the standing, without any register.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum OfflineStanding {
    /// Over for certain: the use period that the seal covers has passed.
    Ended,
    /// Only the register knows.
    CannotSay,
}

/// The standing of an authentic file as of `now`, as far as the file itself tells.
#[must_use]
pub fn offline_standing(report: &Report, now: Timestamp) -> OfflineStanding {
    match &report.use_copy {
        Some(copy) if day_of(now) > copy.use_until => OfflineStanding::Ended,
        _ => OfflineStanding::CannotSay,
    }
}
