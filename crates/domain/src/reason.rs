//! How a refusal speaks: a stable name for programs, an article for officers, a sentence for people.

use serde::{Deserialize, Serialize};

/// One text in the two languages of the system; Chinese is the one that counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BilingualText {
    /// 中文.
    pub zh: String,
    /// English.
    pub en: String,
}

impl BilingualText {
    /// Joins the two languages of one text.
    #[must_use]
    pub fn new(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self {
            zh: zh.into(),
            en: en.into(),
        }
    }
}

/// Why something is refused. Clients branch on [`Reason::reason`]; it never changes once published.
///
/// No text of a reason contains personal data: no name, document number, birth date or picture.
pub trait Reason {
    /// Stable name in `UPPER_SNAKE_CASE`, at most 63 characters.
    fn reason(&self) -> &'static str;

    /// The article, standard or section of the domain reference that the refusal rests on.
    fn article(&self) -> &'static str;

    /// What to tell the person concerned.
    fn text(&self) -> BilingualText;
}

/// Declares an error enum whose every variant carries reason name, article, Chinese and English text.
///
/// Fields of a variant may be named in the texts, as in `format!`.
macro_rules! reasons {
    ($(#[$outer:meta])* $visibility:vis enum $name:ident {
        $($(#[$inner:meta])* $variant:ident $({ $($(#[$field_doc:meta])* $field:ident: $type:ty),* $(,)? })?
            => $reason:literal, $article:literal, $zh:literal, $en:literal;)*
    }) => {
        $(#[$outer])*
        #[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
        $visibility enum $name {
            $($(#[$inner])* #[error($en)] $variant $({ $($(#[$field_doc])* $field: $type),* })?,)*
        }

        impl $crate::reason::Reason for $name {
            fn reason(&self) -> &'static str {
                match self { $(Self::$variant { .. } => $reason,)* }
            }

            fn article(&self) -> &'static str {
                match self { $(Self::$variant { .. } => $article,)* }
            }

            fn text(&self) -> $crate::reason::BilingualText {
                match self {
                    $(Self::$variant $({ $($field),* })? => {
                        $($(let _ = $field;)*)?
                        $crate::reason::BilingualText::new(format!($zh), self.to_string())
                    })*
                }
            }
        }

        impl $name {
            /// Every stable reason name of this enum with the article it rests on, for the table of errors.
            pub const REASONS: &'static [(&'static str, &'static str)] = &[$(($reason, $article)),*];
        }
    };
}
pub(crate) use reasons;

/// Declares an enum of what a check may find: every variant carries its stable name, what is the matter and what is to be done, each in
/// Chinese and English.
macro_rules! findings {
    ($(#[$outer:meta])* $visibility:vis enum $name:ident {
        $($(#[$doc:meta])* $variant:ident => $code:literal, $zh:literal, $en:literal, $todo_zh:literal, $todo_en:literal;)*
    }) => {
        $(#[$outer])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        $visibility enum $name {
            $($(#[$doc])* $variant,)*
        }

        impl $name {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// Stable name, as stored and shown.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// Of a stored name.
            #[must_use]
            pub fn from_code(code: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|found| found.code() == code)
            }

            /// What is the matter.
            #[must_use]
            pub fn text(self) -> $crate::reason::BilingualText {
                match self { $(Self::$variant => $crate::reason::BilingualText::new($zh, $en),)* }
            }

            /// What is to be done.
            #[must_use]
            pub fn advice(self) -> $crate::reason::BilingualText {
                match self { $(Self::$variant => $crate::reason::BilingualText::new($todo_zh, $todo_en),)* }
            }
        }
    };
}
pub(crate) use findings;

/// Every reason of this crate with its article: the source of the table of errors.
#[must_use]
pub fn all() -> Vec<(&'static str, &'static str)> {
    [
        crate::name::NameError::REASONS,
        crate::document_number::DocumentNumberError::REASONS,
        crate::credit_code::CreditCodeError::REASONS,
        crate::registration_number::RegistrationNumberError::REASONS,
        crate::licence_identifier::LicenceIdentifierError::REASONS,
        crate::qualification::QualificationError::REASONS,
        crate::application::MaterialError::REASONS,
        crate::application::MoveRefused::REASONS,
        crate::fact::FactRefused::REASONS,
        crate::check::CheckRefused::REASONS,
        crate::validity::UsePeriodError::REASONS,
        crate::register::RegisterRefusal::REASONS,
        crate::register::CertificateSuspended::REASONS,
        crate::certificate::FactsError::REASONS,
        crate::employment::NoticeRefused::REASONS,
        crate::succession::SuccessionRefused::REASONS,
        crate::work::WorkRefused::REASONS,
        crate::case_file::CaseRefused::REASONS,
        crate::opinion::TemplateError::REASONS,
        crate::import::ImportRefused::REASONS,
        crate::import::RowFault::REASONS,
        crate::four_eyes::FourEyesRefused::REASONS,
        crate::lapse::LapseRefused::REASONS,
        crate::lapse::LapseRowRefused::REASONS,
        crate::lapse::ReportRefused::REASONS,
        crate::reconciliation::RepairRefused::REASONS,
        crate::national_act::NationalActRefused::REASONS,
        crate::person_link::PersonLinkRefused::REASONS,
        crate::bulk_issue::BulkRefused::REASONS,
        crate::stream_repair::StreamRepairRefused::REASONS,
        crate::stream_repair::Parted::REASONS,
        crate::restoration::OpeningRefused::REASONS,
        crate::announcement::AnnouncementCorrectionRefused::REASONS,
        crate::use_copy::DailyLimit::REASONS,
        crate::use_copy::ConsentRefused::REASONS,
        crate::seal::SealRefused::REASONS,
    ]
    .concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_unique_stable_names_with_an_article() {
        let reasons = all();
        let names: std::collections::BTreeSet<_> = reasons.iter().map(|(name, _)| *name).collect();
        assert_eq!(names.len(), reasons.len());
        for (name, article) in reasons {
            let fits = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_';
            assert!(name.len() <= 63 && name.bytes().all(fits), "{name}");
            assert!(!article.is_empty(), "{name}");
        }
    }
}
