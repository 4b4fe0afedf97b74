//! What `verification` says about a certificate, in the terms of the domain.

use domain::reason::BilingualText;
use domain::register::StatusCode;
use domain::specialty::Specialty;
use domain::standing::Verdict;
use jiff::Timestamp;
use jiff::civil::Date;

/// One answer. It is shown and forgotten.
pub(crate) struct Answer {
    pub(crate) verdict: Verdict,
    pub(crate) text: BilingualText,
    pub(crate) next: BilingualText,
    pub(crate) status: Option<StatusCode>,
    pub(crate) version: Option<Version>,
    pub(crate) registration_number: String,
    pub(crate) employer: String,
    pub(crate) family_name: String,
    /// Whether the name that was given is the holder's; none when no name was given.
    pub(crate) name_matches: Option<bool>,
    pub(crate) specialties: Vec<SpecialtyStanding>,
    pub(crate) use_period: Option<UsePeriod>,
    pub(crate) licence_identifier: String,
    pub(crate) specimen: bool,
    pub(crate) as_of: Option<AsOf>,
    pub(crate) findings: Vec<Finding>,
}

/// Which version of the certificate the answer is about.
pub(crate) struct Version {
    pub(crate) number: u32,
    pub(crate) current: bool,
    pub(crate) superseded_at: Option<Timestamp>,
    /// Names of the facts that changed since.
    pub(crate) changed_facts: Vec<String>,
}

/// One specialty and whether it is in force.
pub(crate) struct SpecialtyStanding {
    pub(crate) specialty: Specialty,
    pub(crate) valid: Option<(Date, Date)>,
    pub(crate) living: bool,
}

/// How long a use copy may be used.
pub(crate) struct UsePeriod {
    pub(crate) until: Option<Date>,
    pub(crate) within: bool,
    pub(crate) revoked_at: Option<Timestamp>,
}

/// How fresh the answer is.
pub(crate) struct AsOf {
    pub(crate) time: Option<Timestamp>,
    pub(crate) position: u64,
    pub(crate) stale: bool,
    pub(crate) province_time: Option<Timestamp>,
}

/// One check, for experts.
pub(crate) struct Finding {
    pub(crate) check: String,
    pub(crate) outcome: Outcome,
    pub(crate) reason: String,
    pub(crate) text: BilingualText,
    pub(crate) subject: String,
}

/// How one check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Pass,
    Warning,
    Fail,
    CannotSay,
}
