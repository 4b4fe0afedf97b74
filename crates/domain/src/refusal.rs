//! The rules of refusal (不予注册, 153号 art 15, 33, 34) and of eligibility, evaluated on dated facts.
//!
//! [`assess`] names *every* rule that fails, with the article, the facts used and what would cure it. It is evaluated at
//! submission, decision and issue with the same facts as known on that day.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::application::ApplicationType;
use crate::check::{self, CheckOutcome};
use crate::employment::{EmployerStanding, EmploymentGap};
use crate::ids::{EmployerId, FactId};
use crate::policy::PolicyProfile;
use crate::reason::BilingualText;
use crate::specialty::Specialty;
use crate::validity::Validity;

mod bans;
mod education;
mod eligibility;
mod rule;
#[cfg(test)]
mod tests;
mod window;

pub use education::{MissingHours, education_due, education_on_record, missing_hours};
pub use rule::RuleId;
pub use window::{FilingWindow, filing_window};

/// A dated fact about a person, as an officer recorded it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fact", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PersonFact {
    /// Without full legal capacity.
    Incapacity {
        /// First day.
        from: Date,
        /// Last day; none while it lasts.
        to: Option<Date>,
    },
    /// A criminal sentence.
    Conviction {
        /// Of the decision.
        decided_on: Date,
        /// When served; none while it runs.
        served_on: Option<Date>,
        /// For something done in practising.
        in_practice: bool,
    },
    /// The certificate was stripped (吊销).
    Stripped {
        /// Of the decision.
        decided_on: Date,
    },
    /// A major quality or safety accident in a project led by the person.
    MajorAccident {
        /// Of the accident.
        happened_on: Date,
    },
    /// Material was hidden or false (art 33).
    FalseMaterial {
        /// Of the decision.
        decided_on: Date,
    },
    /// The registration was got by fraud or bribery and revoked (art 34).
    Fraud {
        /// Of the decision.
        decided_on: Date,
    },
    /// Continuing education completed.
    Education {
        /// For which specialty.
        specialty: Specialty,
        /// Required hours.
        required_hours: u16,
        /// Elective hours.
        elective_hours: u16,
        /// When completed.
        completed_on: Date,
    },
    /// Another statute bars the person (art 15(11)).
    OtherBar {
        /// The statute.
        article: String,
        /// First day.
        from: Date,
        /// Last day; none without end.
        to: Option<Date>,
    },
}

/// A confirmed fact with its place on record, so that a refusal can say what it rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedFact {
    /// Its id.
    pub id: FactId,
    /// What it says.
    pub fact: PersonFact,
}

/// When the rules are evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Stage {
    /// When the person files; continuing education may still be shown by an attached paper.
    Submission,
    /// When the authority decides; the hours must be on record.
    Decision,
    /// When the nation clears and issues.
    Issue,
}

/// A specialty asked for, with the day of the qualification where there is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestedSpecialty {
    /// Which.
    pub specialty: Specialty,
    /// The day the qualification was issued; none if none is on record.
    pub qualified_on: Option<Date>,
}

/// Where the person is registered now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PresentRegistration {
    /// With whom.
    pub employer: EmployerId,
    /// The specialties with their terms.
    pub specialties: Vec<(Specialty, Validity)>,
}

/// Whether a running project holds the person, as the platform of projects says (在建项目锁定).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ProjectLock {
    /// Not asked: no platform is configured, or the type does not change the employer.
    #[default]
    NotAsked,
    /// No.
    Free,
    /// Yes.
    Held,
    /// It could not be asked, and the deployment lets people pass.
    UnknownAllowed,
    /// It could not be asked, and the deployment does not.
    UnknownRefused,
}

/// Everything the rules look at.
#[derive(Debug, Clone, Copy)]
pub struct Assessment<'a> {
    /// When.
    pub stage: Stage,
    /// What is applied for.
    pub kind: ApplicationType,
    /// The day of submission; today before it.
    pub submitted_on: Date,
    /// The day of the evaluation.
    pub today: Date,
    /// The person's birth date.
    pub birth_date: Date,
    /// What is asked for.
    pub specialties: &'a [RequestedSpecialty],
    /// The facts on record.
    pub facts: &'a [RecordedFact],
    /// What other systems said.
    pub checks: &'a [CheckOutcome],
    /// The employer applied for.
    pub employer: EmployerId,
    /// Whether it may employ constructors.
    pub employer_standing: EmployerStanding,
    /// Where the person is registered, if anywhere.
    pub registered: Option<&'a PresentRegistration>,
    /// A registration of the person has ended or run out.
    pub registered_before: bool,
    /// A paper on continuing education is attached.
    pub education_paper: bool,
    /// The days between the two employments of a change, where its end is shown.
    pub employment_gap: Option<EmploymentGap>,
    /// Whether a running project holds the person.
    pub project_lock: ProjectLock,
    /// The policy in force.
    pub policy: &'a PolicyProfile,
}

/// One rule that fails.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// Which.
    pub rule: RuleId,
    /// The article.
    pub article: String,
    /// What to tell the person.
    pub text: BilingualText,
    /// The facts used, as `name=value`; never a number, name or birth date of the person.
    pub facts: Vec<String>,
    /// What would cure it; none where nothing does.
    pub cure: Option<BilingualText>,
    /// The first day on which the rule no longer bars, where it ends by itself.
    pub eligible_from: Option<Date>,
}

/// Every rule that fails; empty means nothing stands against the application.
#[must_use]
pub fn assess(input: &Assessment<'_>) -> Vec<Refusal> {
    let mut refusals = eligibility::failing(input);
    if input.kind.is_judged() {
        refusals.extend(bans::failing(input));
        refusals.extend(education::failing(input));
        refusals.extend(check::failing(
            input.kind,
            input.stage,
            input.checks,
            input.policy,
        ));
    }
    refusals.sort_by_key(|refusal| refusal.rule);
    refusals
}

impl Refusal {
    /// A rule that fails, without particulars.
    #[must_use]
    pub fn of(rule: RuleId) -> Self {
        Self {
            rule,
            article: rule.article().to_owned(),
            text: rule.text(),
            facts: Vec::new(),
            cure: rule.cure(),
            eligible_from: None,
        }
    }

    /// The rule alone, without what it was found on.
    #[must_use]
    pub fn without_particulars(self) -> Self {
        Self::of(self.rule)
    }

    /// Names a fact that was used.
    #[must_use]
    pub fn fact(mut self, name: &str, value: impl std::fmt::Display) -> Self {
        self.facts.push(format!("{name}={value}"));
        self
    }

    fn from(mut self, day: Date) -> Self {
        self.eligible_from = Some(day);
        self
    }
}
