//! Facts (事实记录) about persons and employers that the rules look at: who says so, on what paper, seen by four eyes.
//!
//! A fact counts once a second officer has confirmed it. It is never changed: a correction is a fact of its own that
//! takes the place of the corrected one, which stays on record.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::authority::{Authority, Officer};
use crate::calendar::day_of;
use crate::ids::{EmployerId, FactId, PersonId};
use crate::reason::reasons;
use crate::refusal::RecordedFact;

mod statement;
#[cfg(test)]
mod tests;

pub use statement::{EmployerFact, FactSource, Statement, employer_standing};

/// Whom a fact is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Subject {
    /// A person.
    Person(PersonId),
    /// An employer.
    Employer(EmployerId),
}

/// An officer's act on a fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hand {
    /// Who.
    pub by: Officer,
    /// When.
    pub at: Timestamp,
}

/// Where a fact stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum FactState {
    /// Waits for a second officer; counts for nothing.
    Proposed,
    /// Counts.
    Confirmed {
        /// By whom.
        confirmed: Hand,
    },
    /// The second officer did not agree. Terminal.
    Declined {
        /// By whom.
        declined: Hand,
        /// Why.
        grounds: String,
    },
    /// A correction took its place. Terminal.
    Corrected {
        /// By whom it had been confirmed.
        confirmed: Hand,
        /// The fact that took its place.
        correction: FactId,
        /// When.
        at: Timestamp,
    },
}

impl FactState {
    /// The stable name, as stored and sent.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Proposed => "PROPOSED",
            Self::Confirmed { .. } => "CONFIRMED",
            Self::Declined { .. } => "DECLINED",
            Self::Corrected { .. } => "CORRECTED",
        }
    }

    /// Who confirmed it and when, if anybody did.
    #[must_use]
    pub const fn confirmation(&self) -> Option<Hand> {
        match self {
            Self::Confirmed { confirmed } | Self::Corrected { confirmed, .. } => Some(*confirmed),
            Self::Proposed | Self::Declined { .. } => None,
        }
    }
}

/// What an officer proposes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewFact {
    /// Its id.
    pub id: FactId,
    /// About whom.
    pub subject: Subject,
    /// What it says.
    pub statement: Statement,
    /// On whose word.
    pub source: FactSource,
    /// Number of the source's paper (文书号).
    pub reference: String,
    /// The fact that it shall take the place of.
    pub corrects: Option<FactId>,
}

/// A fact on record. The state changes only by the transitions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// Its id.
    pub id: FactId,
    /// About whom.
    pub subject: Subject,
    /// What it says.
    pub statement: Statement,
    /// On whose word.
    pub source: FactSource,
    /// Number of the source's paper.
    pub reference: String,
    /// The fact that it takes the place of.
    pub corrects: Option<FactId>,
    /// Who proposed it.
    pub proposed: Hand,
    state: FactState,
}

/// Longest reference, in characters.
const REFERENCE: usize = 200;

/// Largest paper, in bytes.
const PAPER: usize = 3 << 20;

/// Whether a paper can be kept as evidence.
///
/// # Errors
/// It is empty, too large, or of another format.
pub fn check_paper(media_type: &str, size: usize) -> Result<(), FactRefused> {
    const FORMATS: [&str; 4] = ["application/pdf", "application/ofd", "image/jpeg", "image/png"];
    let known = FORMATS
        .iter()
        .any(|format| format.eq_ignore_ascii_case(media_type));
    if known && (1..=PAPER).contains(&size) {
        Ok(())
    } else {
        Err(FactRefused::Paper)
    }
}

reasons! {
    /// Why a fact is not recorded or does not move.
    pub enum FactRefused {
        /// Only an authority of the registration records facts.
        Authority => "FACT_AUTHORITY", "101号 art 5; domain §1.2",
            "事实记录由住房城乡建设主管部门登记。", "Only the housing authorities record facts.";
        /// The same officer proposed it.
        SameOfficer => "FACT_SAME_OFFICER", "101号 art 16",
            "事实记录的登记与复核不得由同一人办理。", "The officer who proposed a fact may not confirm it.";
        /// It does not wait for a second officer.
        NotProposed => "FACT_NOT_PROPOSED", "domain §1.5",
            "该事实记录不在待复核状态。", "The fact does not wait for confirmation.";
        /// Only what counts can be corrected.
        NotConfirmed => "FACT_NOT_CONFIRMED", "domain §1.5",
            "只能更正已复核生效的事实记录。", "Only a confirmed fact can be corrected.";
        /// Another correction of the same fact waits or stands.
        CorrectedAlready => "FACT_CORRECTED_ALREADY", "domain §1.5",
            "该事实记录已有更正，请更正最新的记录。", "The fact has a correction already; correct that one.";
        /// A fact of a person must speak of a person; only a correction may say that something was not so.
        Subject => "FACT_SUBJECT", "domain §1.5",
            "事实内容与对象不符。", "The statement does not fit its subject.";
        /// A date lies ahead, or an end before its beginning.
        Dates => "FACT_DATES", "domain §1.5",
            "事实日期不合理：不得晚于今日，截止不得早于起始。", "A date lies in the future, or an end before its beginning.";
        /// No hours, or more than a period can hold.
        Hours => "FACT_HOURS", "建市〔2010〕192号",
            "继续教育学时不合理。", "The hours of continuing education are not plausible.";
        /// No paper is named, or the name is too long.
        Reference => "FACT_REFERENCE", "行政许可法 art 36",
            "请填写依据文书号（不超过200字）。", "The number of the paper that it rests on is missing or too long.";
        /// The paper's format or size is not taken.
        Paper => "FACT_PAPER", "行政许可法 art 36",
            "依据文件须为 PDF、OFD、JPEG 或 PNG，且不超过 3 MiB。", "The paper must be a PDF, OFD, JPEG or PNG of at most 3 MiB.";
        /// Declined without grounds.
        GroundsMissing => "FACT_GROUNDS_MISSING", "行政许可法 art 38",
            "请写明不予复核通过的理由。", "Grounds must be given.";
    }
}

impl Fact {
    /// Proposes a fact; it counts once another officer has confirmed it.
    ///
    /// # Errors
    /// The officer's authority records no facts, the statement does not fit, or a date, the hours or the paper is wrong.
    pub fn propose(new: NewFact, officer: Officer, at: Timestamp) -> Result<Self, FactRefused> {
        check_authority(officer)?;
        let fits = match (&new.statement, new.subject) {
            (Statement::Person(_), Subject::Person(_)) | (Statement::Employer(_), Subject::Employer(_)) => {
                true
            }
            (Statement::NotSo, _) => new.corrects.is_some(),
            _ => false,
        };
        if !fits {
            return Err(FactRefused::Subject);
        }
        new.statement.check(day_of(at))?;
        let reference = new.reference.trim().to_owned();
        if reference.is_empty() || reference.chars().count() > REFERENCE {
            return Err(FactRefused::Reference);
        }
        Ok(Self {
            id: new.id,
            subject: new.subject,
            statement: new.statement,
            source: new.source,
            reference,
            corrects: new.corrects,
            proposed: Hand { by: officer, at },
            state: FactState::Proposed,
        })
    }

    /// Puts a fact back together, as stored.
    #[must_use]
    pub fn restore(new: NewFact, proposed: Hand, state: FactState) -> Self {
        Self {
            id: new.id,
            subject: new.subject,
            statement: new.statement,
            source: new.source,
            reference: new.reference,
            corrects: new.corrects,
            proposed,
            state,
        }
    }

    /// Where it stands.
    #[must_use]
    pub const fn state(&self) -> &FactState {
        &self.state
    }

    /// The provision that it bears on.
    #[must_use]
    pub fn article(&self) -> &'static str {
        self.statement.article()
    }

    /// A second officer agrees: from now on it counts.
    ///
    /// # Errors
    /// It does not wait, or the officer proposed it (four eyes, as 101号 art 16 asks for the file itself).
    pub fn confirm(self, officer: Officer, at: Timestamp) -> Result<Self, FactRefused> {
        self.check_second(officer)?;
        let confirmed = Hand { by: officer, at };
        Ok(Self {
            state: FactState::Confirmed { confirmed },
            ..self
        })
    }

    /// A second officer does not agree; it stays on record and counts for nothing.
    ///
    /// # Errors
    /// As [`Fact::confirm`], or no grounds.
    pub fn decline(self, officer: Officer, grounds: &str, at: Timestamp) -> Result<Self, FactRefused> {
        self.check_second(officer)?;
        let grounds = grounds.trim().to_owned();
        if grounds.is_empty() {
            return Err(FactRefused::GroundsMissing);
        }
        let declined = Hand { by: officer, at };
        Ok(Self {
            state: FactState::Declined { declined, grounds },
            ..self
        })
    }

    /// Its confirmed correction takes its place.
    ///
    /// # Errors
    /// It does not count, or the other is no confirmed correction of it.
    pub fn correct(self, correction: &Self, at: Timestamp) -> Result<Self, FactRefused> {
        let FactState::Confirmed { confirmed } = self.state else {
            return Err(FactRefused::NotConfirmed);
        };
        let confirmed_too = matches!(correction.state, FactState::Confirmed { .. });
        if correction.corrects != Some(self.id) || correction.subject != self.subject || !confirmed_too {
            return Err(FactRefused::Subject);
        }
        let state = FactState::Corrected {
            confirmed,
            correction: correction.id,
            at,
        };
        Ok(Self { state, ..self })
    }

    /// What the rules get to see of it: confirmed facts of a person.
    #[must_use]
    pub fn of_person(&self) -> Option<RecordedFact> {
        match (&self.state, &self.statement) {
            (FactState::Confirmed { .. }, Statement::Person(fact)) => Some(RecordedFact {
                id: self.id,
                fact: fact.clone(),
            }),
            _ => None,
        }
    }

    /// What the rules get to see of it: confirmed facts of an employer.
    #[must_use]
    pub fn of_employer(&self) -> Option<EmployerFact> {
        match (&self.state, &self.statement) {
            (FactState::Confirmed { .. }, Statement::Employer(fact)) => Some(*fact),
            _ => None,
        }
    }

    fn check_second(&self, officer: Officer) -> Result<(), FactRefused> {
        if self.state != FactState::Proposed {
            return Err(FactRefused::NotProposed);
        }
        check_authority(officer)?;
        if officer.id == self.proposed.by.id {
            return Err(FactRefused::SameOfficer);
        }
        Ok(())
    }
}

/// Co-reviewing departments give opinions; the facts are the housing authorities' (101号 art 5).
fn check_authority(officer: Officer) -> Result<(), FactRefused> {
    match officer.authority {
        Authority::Province(_) | Authority::Ministry => Ok(()),
        Authority::JointReviewer(_) => Err(FactRefused::Authority),
    }
}
