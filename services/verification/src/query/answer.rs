//! What is answered, before it is encoded.

use domain::certificate::Supersession;
use domain::reason::BilingualText;
use domain::register::StatusCode;
use domain::standing::{Since, SpecialtyStanding, Verdict, VersionStanding};
use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

use super::history::HistoricAnswer;
use crate::change::ProvinceMark;
use crate::model::AsOf;

/// One verdict for people, codes for machines, findings for experts.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Answer {
    pub(crate) verdict: Verdict,
    pub(crate) text: BilingualText,
    pub(crate) next: BilingualText,
    pub(crate) status: Option<StatusCode>,
    /// Since when it is not in force, and what ended it.
    pub(crate) since: Option<Since>,
    pub(crate) version: Option<VersionAnswer>,
    /// The number now.
    pub(crate) number: String,
    pub(crate) employer: String,
    pub(crate) family_name: String,
    /// None where no name was given.
    pub(crate) name_matches: Option<bool>,
    pub(crate) specialties: Vec<SpecialtyStanding>,
    pub(crate) copy: Option<CopyAnswer>,
    pub(crate) licence_identifier: String,
    pub(crate) specimen: bool,
    pub(crate) as_of: AsOf,
    pub(crate) province: Option<ProvinceMark>,
    pub(crate) findings: Vec<Finding>,
    /// Of an answer about another instant than the present.
    pub(crate) history: Option<HistoricAnswer>,
}

/// How the version stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct VersionAnswer {
    pub(crate) number: u16,
    pub(crate) standing: VersionStanding,
    pub(crate) changed_facts: Vec<String>,
    /// Why it was superseded, where the register has told.
    pub(crate) supersession: Option<Supersession>,
}

/// How the copy stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CopyAnswer {
    pub(crate) id: Uuid,
    pub(crate) use_until: Date,
    pub(crate) within: bool,
    pub(crate) revoked_at: Option<Timestamp>,
}

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Pass,
    Warning,
    Fail,
    CannotSay,
}

/// One check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    pub(crate) check: String,
    pub(crate) outcome: Outcome,
    pub(crate) reason: String,
    pub(crate) text: BilingualText,
    pub(crate) subject: String,
}

impl Answer {
    /// The one answer for everything that the register does not know, whatever was asked.
    pub(crate) fn not_found(as_of: AsOf) -> Self {
        let (text, next) = domain::standing::explain(Verdict::NotFound, None);
        Self {
            verdict: Verdict::NotFound,
            text,
            next,
            status: None,
            since: None,
            version: None,
            number: String::new(),
            employer: String::new(),
            family_name: String::new(),
            name_matches: None,
            specialties: Vec::new(),
            copy: None,
            licence_identifier: String::new(),
            specimen: false,
            as_of,
            province: None,
            findings: Vec::new(),
            history: None,
        }
    }
}
