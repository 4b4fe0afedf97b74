//! The file's verdict and its standing, as one exit code.

use api::verification::v1::Verification;
use document_verification::{
    DocumentStanding, Listing, OfflineStanding, RegisterAnswer, Report, Verdict, conclude, conclude_listed,
    offline_standing,
};
use domain::reason::BilingualText;
use jiff::Timestamp;
use serde::Serialize;

/// How the certificate stands at present.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Standing {
    /// In force, by the register or a status list.
    Current,
    /// Superseded, expired, revoked or otherwise over.
    Ended,
    /// Nobody could be asked.
    CannotSay,
}

/// What the register answered about a file.
#[derive(Debug, Clone)]
pub struct OnlineAnswer {
    /// Its verdict.
    pub verdict: Verdict,
    /// In words.
    pub text: BilingualText,
    /// What to do next.
    pub next_step: BilingualText,
    /// All of it, as it came.
    pub message: Verification,
}

/// Whether the register was asked, and what came of it.
#[derive(Debug, Clone)]
#[expect(clippy::large_enum_variant, reason = "there is one of it")]
pub enum Asked {
    /// Nobody wanted it.
    No,
    /// The file is not authentic: there is nothing to ask.
    NotAboutThis,
    /// It answered.
    Answered(OnlineAnswer),
    /// It did not, or not in a way that counts; why.
    Unanswered(String),
}

impl Asked {
    /// The answer, if there is one.
    pub fn answer(&self) -> Option<&OnlineAnswer> {
        match self {
            Self::Answered(answer) => Some(answer),
            Self::No | Self::NotAboutThis | Self::Unanswered(_) => None,
        }
    }
}

impl OnlineAnswer {
    /// What the verdict says of the standing.
    pub fn standing(&self) -> Standing {
        standing_of(self.verdict)
    }
}

const fn standing_of(verdict: Verdict) -> Standing {
    match verdict {
        Verdict::Valid => Standing::Current,
        Verdict::CannotSay => Standing::CannotSay,
        Verdict::Superseded
        | Verdict::CopyExpired
        | Verdict::CopyRevoked
        | Verdict::RegistrationEnded
        | Verdict::RegistrationSuspended
        | Verdict::Altered
        | Verdict::WrongAuthority
        | Verdict::NotFound
        | Verdict::NotIssuedHere
        | Verdict::ListedInvalid => Standing::Ended,
    }
}

/// Everything that is said about a file in the end.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The verdict.
    pub verdict: Verdict,
    /// How it stands.
    pub standing: Standing,
    /// In words.
    pub text: BilingualText,
    /// What to do next.
    pub next_step: BilingualText,
}

impl Outcome {
    /// What is wrong with the file goes before any answer of the register, and that before a status list.
    pub fn of(
        report: &Report,
        answer: Option<&OnlineAnswer>,
        listing: Option<&Listing>,
        now: Timestamp,
    ) -> Self {
        let listed = listing.and_then(|listing| conclude_listed(report, listing, now));
        let offline = conclude(report, &RegisterAnswer::Unavailable);
        match answer {
            Some(answer) if report.document == DocumentStanding::Authentic => Self {
                standing: answer.standing(),
                verdict: answer.verdict,
                text: answer.text.clone(),
                next_step: answer.next_step.clone(),
            },
            _ if let Some((verdict, text, next_step)) = listed => Self {
                standing: standing_of(verdict),
                verdict,
                text,
                next_step,
            },
            _ => Self {
                standing: match offline_standing(report, now) {
                    OfflineStanding::Ended => Standing::Ended,
                    OfflineStanding::CannotSay => Standing::CannotSay,
                },
                verdict: offline.verdict,
                text: offline.text,
                next_step: offline.next_step,
            },
        }
    }
}

/// The exit code, as the table of the module has it.
pub fn exit_code(report: &Report, standing: Standing, allow_specimen: bool) -> u8 {
    match (report.document, standing) {
        (DocumentStanding::Authentic, Standing::Ended) => 1,
        (DocumentStanding::Authentic, Standing::Current) if report.specimen && !allow_specimen => 2,
        (DocumentStanding::Authentic, Standing::Current) => 0,
        (DocumentStanding::Authentic, Standing::CannotSay) => 2,
        (
            DocumentStanding::Altered
            | DocumentStanding::WrongAuthority
            | DocumentStanding::NotIssuedHere
            | DocumentStanding::CannotSay,
            _,
        ) => 1,
    }
}
