//! 失效 (153号 art 16): on which grounds a registration lapses, who records what, from when it counts, and how a wrong
//! record is undone. A lapsed registration is neither 注销 (art 17) nor 撤销 or 吊销 (domain §1.6).
//!
//! The end of a term and the 65th birthday are seen by every reader from the day alone and never recorded; the other
//! grounds are events that an authority records, with the day of the event and what shows it, by two officers.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::authority::{Authority, Officer};
use crate::calendar::day_of;
use crate::four_eyes::{FourEyes, FourEyesRefused};
use crate::ids::{EmployerId, LapseId, PersonId, ReportId};
use crate::reason::reasons;
use crate::register::EndCause;

mod report;
mod row;
#[cfg(test)]
mod tests;

pub use report::{Report, ReportKind, ReportRefused, ReportState};
pub use row::{LapseRowRefused, Present, check_row, check_undo};

/// Longest reference or statement, in characters.
const TEXT: usize = 500;
/// Most papers of one record.
pub const PAPERS: usize = 5;

/// Who sees that a ground is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SeenBy {
    /// Every reader, from the day.
    Date,
    /// An authority, which records it.
    Authority,
}

/// Whose event a ground is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Concerns {
    /// The employer's: everybody registered with it.
    Employer,
    /// One person's.
    Person,
    /// Either.
    Either,
}

macro_rules! grounds {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $cause:ident, $seen:ident, $concerns:ident;)*) => {
        /// Why a registration lapses: art 16 paragraph by paragraph.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "SCREAMING_SNAKE_CASE")]
        pub enum LapseGround {
            $($(#[$doc])* $name,)*
        }

        impl LapseGround {
            /// Every ground.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// Stable name, as stored.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// As the national register keeps it.
            #[must_use]
            pub const fn cause(self) -> EndCause {
                match self { $(Self::$name => EndCause::$cause,)* }
            }

            /// Who sees it.
            #[must_use]
            pub const fn seen_by(self) -> SeenBy {
                match self { $(Self::$name => SeenBy::$seen,)* }
            }

            /// Whose event it is.
            #[must_use]
            pub const fn concerns(self) -> Concerns {
                match self { $(Self::$name => Concerns::$concerns,)* }
            }
        }
    };
}

grounds! {
    /// Art 16(1).
    EmployerBankrupt = "EMPLOYER_BANKRUPT", EmployerBankrupt, Authority, Employer;
    /// Art 16(2).
    EmployerLicenceRevoked = "EMPLOYER_LICENCE_REVOKED", EmployerLicenceRevoked, Authority, Employer;
    /// Art 16(3): revoked or withdrawn.
    EmployerQualificationRevoked = "EMPLOYER_QUALIFICATION_REVOKED", EmployerQualificationRevoked, Authority, Employer;
    /// Art 16(4): and no other employment registered in its place.
    EmploymentEnded = "EMPLOYMENT_ENDED", EmploymentEnded, Authority, Person;
    /// Art 16(5).
    TermExpired = "TERM_EXPIRED", TermExpired, Date, Person;
    /// Art 16(6).
    OverAge = "OVER_AGE", OverAge, Date, Person;
    /// Art 16(7).
    DeadOrIncapable = "DEAD_OR_INCAPABLE", DeadOrIncapable, Authority, Person;
    /// Art 16(8).
    Other = "OTHER", OtherStatute, Authority, Either;
}

impl LapseGround {
    /// The article.
    #[must_use]
    pub const fn article(self) -> &'static str {
        self.cause().article()
    }

    /// The ground in words.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.cause().name()
    }
}

/// Whose registrations lapse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum LapseSubject {
    /// One person's.
    Person(PersonId),
    /// Of everybody registered with an employer in the province when it is confirmed.
    Employer(EmployerId),
}

/// What a record says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum LapseAct {
    /// Registrations have lapsed.
    Lapse {
        /// Whose.
        subject: LapseSubject,
        /// Why.
        ground: LapseGround,
        /// The day of the event: the law counts from it.
        effective_on: Date,
    },
    /// A record before this one was wrong: for all of its people, or for those named.
    Undo {
        /// Which record.
        lapse: LapseId,
        /// For whom; empty: for all.
        people: Vec<PersonId>,
    },
}

/// What an officer records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewLapse {
    /// Its id.
    pub id: LapseId,
    /// What it says.
    pub act: LapseAct,
    /// Number of the paper that shows it (文书号); nothing personal.
    pub reference: String,
    /// In words, where the ground needs them and for an undoing; nothing personal.
    pub statement: String,
    /// How many papers come with it.
    pub papers: usize,
    /// The report that led to it.
    pub report: Option<ReportId>,
}

/// A record, of a lapse or of undoing one. Neither is ever removed or changed but for its second officer's word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lapse {
    /// Its id.
    pub id: LapseId,
    /// What it says.
    pub act: LapseAct,
    /// Number of the paper.
    pub reference: String,
    /// In words.
    pub statement: String,
    /// The report that led to it.
    pub report: Option<ReportId>,
    /// The two officers.
    pub four_eyes: FourEyes,
}

reasons! {
    /// Why a lapse is not recorded.
    pub enum LapseRefused {
        /// Only the authority that keeps the registrations records lapses.
        Authority => "LAPSE_AUTHORITY", "153号 art 16–17; 101号 art 5",
            "失效由注册所在地的省级住房城乡建设主管部门登记。", "Lapses are recorded by the housing department of the province.";
        /// The ground is seen from the day alone.
        SeenByDate { /** Which. */ ground: &'static str }
            => "LAPSE_SEEN_BY_DATE", "153号 art 16(5)–(6)",
            "“{ground}”由系统按日期认定，无需登记。", "This ground follows from the day and is never recorded: {ground}.";
        /// The ground is another's event than the subject's.
        Subject { /** Which. */ ground: &'static str }
            => "LAPSE_SUBJECT", "153号 art 16",
            "“{ground}”与登记对象（个人或单位）不符。", "The ground does not fit whom it is recorded for: {ground}.";
        /// The day of the event lies ahead.
        InFuture => "LAPSE_IN_FUTURE", "153号 art 16",
            "失效日期不得晚于今天。", "The day of the event cannot lie ahead.";
        /// Nothing shows it.
        Evidence => "LAPSE_EVIDENCE_MISSING", "行政许可法 art 36",
            "请填写依据文书号并附1至5份依据文件。", "Name the paper it rests on, and hand in one to five of them.";
        /// Words are needed, or there are too many.
        Statement => "LAPSE_STATEMENT", "行政许可法 art 38",
            "请写明事由（不超过500字）。", "Say why, in at most 500 characters.";
        /// Only a confirmed record of a lapse can be undone.
        NothingToUndo => "LAPSE_NOTHING_TO_UNDO", "domain §1.6",
            "只能更正已复核生效的失效记录。", "Only a confirmed lapse can be undone.";
    }
}

impl Lapse {
    /// Records a lapse; it has no effect until another officer confirms it.
    ///
    /// # Errors
    /// The officer's authority, the ground, its day, or what shows it.
    pub fn record(new: NewLapse, by: Officer, at: Timestamp) -> Result<Self, LapseRefused> {
        if !matches!(by.authority, Authority::Province(_)) {
            return Err(LapseRefused::Authority);
        }
        let must_say = match &new.act {
            LapseAct::Lapse {
                subject,
                ground,
                effective_on,
            } => {
                check_ground(*subject, *ground)?;
                if *effective_on > day_of(at) {
                    return Err(LapseRefused::InFuture);
                }
                *ground == LapseGround::Other
            }
            LapseAct::Undo { .. } => true,
        };
        let length = |text: &str| text.trim().chars().count();
        let reference = length(&new.reference);
        if reference == 0 || reference > TEXT || !(1..=PAPERS).contains(&new.papers) {
            return Err(LapseRefused::Evidence);
        }
        let statement = length(&new.statement);
        if statement > TEXT || (must_say && statement == 0) {
            return Err(LapseRefused::Statement);
        }
        Ok(Self {
            id: new.id,
            act: new.act,
            reference: new.reference.trim().to_owned(),
            statement: new.statement.trim().to_owned(),
            report: new.report,
            four_eyes: FourEyes::propose(by, at),
        })
    }

    /// Records that this record was wrong, for all of its people or for some.
    ///
    /// # Errors
    /// It is no confirmed lapse, or as [`Self::record`].
    pub fn record_undo(&self, new: NewLapse, by: Officer, at: Timestamp) -> Result<Self, LapseRefused> {
        if self.four_eyes.is_confirmed() && matches!(self.act, LapseAct::Lapse { .. }) {
            Self::record(new, by, at)
        } else {
            Err(LapseRefused::NothingToUndo)
        }
    }

    /// The article it rests on.
    #[must_use]
    pub const fn article(&self) -> &'static str {
        match &self.act {
            LapseAct::Lapse { ground, .. } => ground.article(),
            LapseAct::Undo { .. } => "153号 art 16; domain §1.6",
        }
    }

    /// A second officer confirms it: the legal moment.
    ///
    /// # Errors
    /// See [`FourEyes::confirm`].
    pub fn confirm(self, by: Officer, at: Timestamp) -> Result<Self, FourEyesRefused> {
        let four_eyes = self.four_eyes.confirm(by, at)?;
        Ok(Self { four_eyes, ..self })
    }

    /// A second officer refuses it.
    ///
    /// # Errors
    /// See [`FourEyes::decline`].
    pub fn refuse(self, by: Officer, grounds: &str, at: Timestamp) -> Result<Self, FourEyesRefused> {
        let four_eyes = self.four_eyes.decline(by, grounds, at)?;
        Ok(Self { four_eyes, ..self })
    }

    /// It is taken back before that.
    ///
    /// # Errors
    /// See [`FourEyes::withdraw`].
    pub fn withdraw(self, by: Officer, at: Timestamp) -> Result<Self, FourEyesRefused> {
        let four_eyes = self.four_eyes.withdraw(by, at)?;
        Ok(Self { four_eyes, ..self })
    }
}

/// An authority records what the day does not show, of whomever it concerns.
fn check_ground(subject: LapseSubject, ground: LapseGround) -> Result<(), LapseRefused> {
    if ground.seen_by() == SeenBy::Date {
        return Err(LapseRefused::SeenByDate {
            ground: ground.name(),
        });
    }
    match (ground.concerns(), subject) {
        // One person of an employer may be recorded alone, such as one whom the record of the whole has missed.
        (Concerns::Employer | Concerns::Either, _) | (Concerns::Person, LapseSubject::Person(_)) => Ok(()),
        (Concerns::Person, LapseSubject::Employer(_)) => Err(LapseRefused::Subject {
            ground: ground.name(),
        }),
    }
}
