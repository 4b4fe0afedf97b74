//! What a verifier is told: registration, version, specialties, use period, and one verdict (design §5; domain §1.13).
//!
//! Revoked, expired copy, forged and superseded are different verdicts with different next steps, in this order: first
//! what is wrong with the file, then with the registration, then with the version, then with the copy.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::calendar::{day_of, plus_days};
use crate::certificate::{CertificateVersion, VersionState};
use crate::register::{EndCause, RegisterEntry, StatusCode};
use crate::specialty::Specialty;
use crate::validity::{LeapDay, Validity};

mod listed;
#[cfg(test)]
mod tests;
mod verdict;

pub use listed::{Listed, ListedStatus};
pub use verdict::{Verdict, explain, explain_correction};

/// What the file itself says, before the register is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DocumentStanding {
    /// Whole, sealed by an authority that may, known to the register.
    Authentic,
    /// Bytes or facts were changed after sealing.
    Altered,
    /// Sealed by somebody who may not issue this licence.
    WrongAuthority,
    /// Sealed by the authority, but this file is not one the register issued.
    NotIssuedHere,
    /// It cannot be told.
    CannotSay,
}

/// A use copy as the register knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CopyRecord {
    /// The last day of use.
    pub use_until: Date,
    /// When it was revoked on its own.
    pub revoked_at: Option<Timestamp>,
}

/// How a version stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "version", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum VersionStanding {
    /// The one that counts.
    Current,
    /// Not yet made at the instant asked about.
    NotYet,
    /// A later version has taken its place.
    Superseded {
        /// When.
        at: Timestamp,
        /// By which identifier.
        by: String,
    },
    /// Its registration has ended.
    Ended {
        /// When.
        at: Timestamp,
    },
}

/// How one specialty stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpecialtyStanding {
    /// Which.
    pub specialty: Specialty,
    /// Its own term.
    pub validity: Validity,
    /// The last day it counts, age considered.
    pub effective_end: Date,
    /// Whether it counts on the day asked about; false for all while the registration is not 正常.
    pub living: bool,
}

/// How the use period of a copy stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "use_period", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum UsePeriodStanding {
    /// The original, or no file.
    NotACopy,
    /// Within.
    Within {
        /// The last day.
        use_until: Date,
    },
    /// Over.
    Over {
        /// The last day was.
        use_until: Date,
    },
    /// Revoked on its own.
    Revoked {
        /// When.
        at: Timestamp,
    },
}

/// Two codes and everything behind the verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// The day asked about.
    pub day: Date,
    /// The registration's outward status.
    pub status: StatusCode,
    /// 注册状态正常: 01, a living specialty, and age.
    pub normal: bool,
    /// Kept alive only by a renewal filed in time (行政许可法 art 50).
    pub renewal_pending: bool,
    /// The version asked about; current where none was named.
    pub version: VersionStanding,
    /// Every specialty.
    pub specialties: Vec<SpecialtyStanding>,
    /// The use period.
    pub use_period: UsePeriodStanding,
    /// Since when it is suspended or has ended, and why; none while it is in force.
    pub since: Option<Since>,
}

/// Since when a registration is not in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Since {
    /// The first such day: of a recorded lapse that of the event, of a term or age the day after its last.
    pub on: Date,
    /// What ended it; none for a suspension.
    pub cause: Option<EndCause>,
}

impl Since {
    /// Of what ran out by the days alone; none while some term has yet to begin.
    #[must_use]
    pub fn run_out(specialties: &[SpecialtyStanding], last_day_of_age: Date, day: Date) -> Option<Self> {
        let last = specialties.iter().map(|known| known.effective_end).max()?;
        let cause = if last == last_day_of_age {
            EndCause::OverAge
        } else {
            EndCause::TermExpired
        };
        (last < day).then(|| Self {
            on: plus_days(last, 1),
            cause: Some(cause),
        })
    }
}

/// Judges an entry, a version and a copy at an instant. For a past instant the caller hands in the entry as of then.
#[must_use]
pub fn judge(
    entry: &RegisterEntry,
    version: Option<&CertificateVersion>,
    copy: Option<CopyRecord>,
    instant: Timestamp,
    leap_day: LeapDay,
) -> Standing {
    let day = day_of(instant);
    let status = entry.status(day, leap_day);
    let living = entry.living_specialties(day, leap_day);
    let specialties = entry.specialties.iter().map(|known| SpecialtyStanding {
        specialty: known.specialty,
        validity: known.validity,
        effective_end: known.validity.to.min(entry.last_day_of_age(leap_day)),
        living: status == StatusCode::Valid && living.contains(&known.specialty),
    });
    let specialties: Vec<_> = specialties.collect();
    let since = match status {
        StatusCode::Valid => None,
        StatusCode::Lapsed if !entry.is_ended() => {
            Since::run_out(&specialties, entry.last_day_of_age(leap_day), day)
        }
        _ => entry.since_act().map(|(on, cause)| Since { on, cause }),
    };
    Standing {
        day,
        status,
        normal: status == StatusCode::Valid,
        renewal_pending: status == StatusCode::Valid && living.is_empty(),
        version: version.map_or(VersionStanding::Current, |version| version_at(version, instant)),
        specialties,
        use_period: copy.map_or(UsePeriodStanding::NotACopy, |copy| copy_at(copy, instant)),
        since,
    }
}

fn version_at(version: &CertificateVersion, instant: Timestamp) -> VersionStanding {
    if instant < version.made_at {
        return VersionStanding::NotYet;
    }
    match &version.state {
        VersionState::Superseded { at, by, .. } if instant >= *at => VersionStanding::Superseded {
            at: *at,
            by: by.to_string(),
        },
        VersionState::Ended { at, .. } if instant >= *at => VersionStanding::Ended { at: *at },
        VersionState::Current | VersionState::Superseded { .. } | VersionState::Ended { .. } => {
            VersionStanding::Current
        }
    }
}

fn copy_at(copy: CopyRecord, instant: Timestamp) -> UsePeriodStanding {
    let use_until = copy.use_until;
    match copy.revoked_at {
        Some(at) if instant >= at => UsePeriodStanding::Revoked { at },
        _ if day_of(instant) > use_until => UsePeriodStanding::Over { use_until },
        _ => UsePeriodStanding::Within { use_until },
    }
}
