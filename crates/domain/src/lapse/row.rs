//! One person's row of a record: whether the record reaches their registration.

use jiff::civil::Date;

use super::LapseSubject;
use crate::ids::EmployerId;
use crate::reason::reasons;
use crate::register::StatusCode;

/// What the province knows of a registration when a row is worked off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Present {
    /// With whom.
    pub employer: EmployerId,
    /// The first day of its oldest term.
    pub valid_from: Option<Date>,
    /// The status an act has left it in, if one ended it.
    pub ended: Option<StatusCode>,
    /// It is another province's by now.
    pub moved_away: bool,
    /// An application of the person is cleared by the nation and waits for its announcement.
    pub cleared: bool,
}

reasons! {
    /// Why a row has no effect.
    pub enum LapseRowRefused {
        /// Nobody is registered here.
        NotRegistered => "LAPSE_NOT_REGISTERED", "153号 art 16",
            "该人员在本省没有注册。", "The person is not registered here.";
        /// The registration is with another employer by now.
        OtherEmployer => "NO_LONGER_WITH_EMPLOYER", "153号 art 13, 16",
            "该人员已不在该单位注册。", "The person is registered with another employer by now.";
        /// An act has ended it.
        Ended => "LAPSE_REGISTRATION_ENDED", "153号 art 16–17",
            "该注册已失效、注销、撤销或吊销。", "The registration has ended already.";
        /// The event came before the registration.
        BeforeTerm => "LAPSE_BEFORE_TERM", "153号 art 16; 行政许可法 art 69",
            "失效日期早于注册有效期起始日：该注册如属违法准予，应当依法撤销。",
            "The event came before the registration began; if it was wrongly granted it is to be revoked.";
        /// What is cleared is announced first.
        Cleared => "APPLICATION_CLEARED", "design §3",
            "该人员有已核准待公告的申请，请先公告或者退回复核。",
            "An application of the person is cleared: announce it, or return it for review, first.";
        /// The registration did not lapse by this record, or was undone already, or something else has ended it since.
        NotLapsedByThis => "NOT_LAPSED_BY_THIS_RECORD", "domain §1.6",
            "该注册现在的状态不是由该失效记录产生的。", "The registration does not stand lapsed by this record.";
    }
}

impl LapseRowRefused {
    /// Every reason, for whoever shows the words of one that was stored.
    pub const ALL: [Self; 6] = [
        Self::NotRegistered,
        Self::OtherEmployer,
        Self::Ended,
        Self::BeforeTerm,
        Self::Cleared,
        Self::NotLapsedByThis,
    ];
}

/// Whether a lapse reaches a registration. What the nation has cleared will be announced, so it comes first.
///
/// # Errors
/// The rule that stands against it; the other rows of the record go on.
pub fn check_row(
    subject: LapseSubject,
    effective_on: Date,
    present: Option<Present>,
) -> Result<(), LapseRowRefused> {
    let present = present
        .filter(|present| !present.moved_away)
        .ok_or(LapseRowRefused::NotRegistered)?;
    if let LapseSubject::Employer(employer) = subject
        && present.employer != employer
    {
        return Err(LapseRowRefused::OtherEmployer);
    }
    if present.ended.is_some() {
        return Err(LapseRowRefused::Ended);
    }
    if present.cleared {
        return Err(LapseRowRefused::Cleared);
    }
    if present.valid_from.is_some_and(|from| effective_on < from) {
        return Err(LapseRowRefused::BeforeTerm);
    }
    Ok(())
}

/// Whether undoing reaches a registration: it still stands lapsed by that record.
///
/// # Errors
/// It does not.
pub fn check_undo(present: Option<Present>, by_this_record: bool) -> Result<(), LapseRowRefused> {
    let lapsed =
        present.is_some_and(|present| present.ended == Some(StatusCode::Lapsed) && !present.moved_away);
    if lapsed && by_this_record {
        Ok(())
    } else {
        Err(LapseRowRefused::NotLapsedByThis)
    }
}
