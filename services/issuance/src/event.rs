//! What happened in a province, as its envelopes say; and why one cannot be applied.

use domain::application::ApplicationType;
use domain::authority::Authority;
use domain::ids::{
    ApplicationId, ClearanceId, EmployerId, ImportId, LapseId, LapseRowId, PersonId, SuccessionId,
};
use domain::province::Province;
use domain::reason::Reason;
use domain::register::EndCause;
use domain::registration_number::RegistrationNumber;
use domain::specialty::Specialty;
use domain::stream_repair::Standing;
use domain::validity::Validity;
use jiff::Timestamp;
use jiff::civil::Date;
use postgres::hash::Hash;
use uuid::Uuid;

use crate::error::Error;
use crate::holder::TypeTerms;
use crate::store::exchange::claim::Key;

/// An event of a province.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) occurred_at: Timestamp,
    pub(crate) what: What,
}

impl Event {
    /// Whom it is about, as far as it says so, and of which application.
    pub(crate) const fn about(&self) -> (Option<PersonId>, Option<ApplicationId>) {
        match &self.what {
            What::Announced(told) => (Some(told.person), Some(told.key.application)),
            What::Renewal { key, person, .. } => (Some(*person), Some(key.application)),
            What::RenewalDeemed(told) => (Some(told.person), Some(told.key.application)),
            What::ClearanceReleased { key, .. } => (None, Some(key.application)),
            What::Reinstated(told) => (Some(told.person), Some(told.key.application)),
            What::Succeeded(row) => (Some(row.person), None),
            What::Lapsed(row) => (Some(row.person), None),
            What::Migrated(row) => (Some(row.person), None),
            What::Watermark(_) => (None, None),
        }
    }

    /// Everything that happened in the province before this instant has been told.
    pub(crate) const fn through(&self) -> Timestamp {
        match &self.what {
            What::Watermark(told) => *told,
            _ => self.occurred_at,
        }
    }
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum What {
    /// 公告, or completed without one: from this moment the person is registered, or no more.
    Announced(Announced),
    /// A timely renewal is pending, or no more (行政许可法 art 50).
    Renewal {
        key: Key,
        person: PersonId,
        pending: bool,
    },
    /// An undecided renewal counts as granted.
    RenewalDeemed(RenewalDeemed),
    /// A clearance will not be used.
    ClearanceReleased { key: Key, clearance: ClearanceId },
    /// Nothing before this is still to come.
    Watermark(Timestamp),
    /// One person's row of a succession of an employer.
    Succeeded(Succeeded),
    /// One person's row of a lapse, or of undoing one.
    Lapsed(Lapsed),
    /// One person of an existing register.
    Migrated(Migrated),
    /// A reconsideration or a judgment undid a cancellation.
    Reinstated(Reinstated),
}

/// A registration that stands again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reinstated {
    /// The application whose effect is undone.
    pub(crate) key: Key,
    pub(crate) person: PersonId,
    pub(crate) document: String,
    pub(crate) at: Timestamp,
    pub(crate) announced_by: Authority,
    pub(crate) decided_by: Authority,
}

/// One person's row of a lapse, or of undoing one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Lapsed {
    pub(crate) province: Province,
    /// The record that it is a row of.
    pub(crate) lapse: LapseId,
    pub(crate) row: LapseRowId,
    pub(crate) person: PersonId,
    pub(crate) what: Lapsing,
    pub(crate) confirmed_at: Timestamp,
    pub(crate) decided_by: Authority,
}

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lapsing {
    /// 失效.
    Lapse {
        /// With whom the person must still be registered.
        employer: Option<EmployerId>,
        cause: EndCause,
        effective_on: Date,
    },
    /// A wrong one is undone.
    Undo {
        /// Its row.
        row: LapseRowId,
    },
}

/// One row of an existing register, as cleared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Migrated {
    pub(crate) province: Province,
    pub(crate) import: ImportId,
    /// The province's row.
    pub(crate) row: Uuid,
    pub(crate) person: PersonId,
}

/// One person's row of a succession.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Succeeded {
    pub(crate) province: Province,
    pub(crate) succession: SuccessionId,
    /// The province's row.
    pub(crate) row: Uuid,
    pub(crate) person: PersonId,
    pub(crate) successor: EmployerId,
    pub(crate) announcement_number: String,
    pub(crate) announced_at: Timestamp,
    pub(crate) announced_by: Authority,
    pub(crate) decided_by: Authority,
}

/// A renewal that counts as granted (行政许可法 art 50).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RenewalDeemed {
    pub(crate) key: Key,
    pub(crate) person: PersonId,
    pub(crate) terms: Vec<(Specialty, Validity)>,
}

/// One row of an announcement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Announced {
    pub(crate) key: Key,
    pub(crate) clearance: ClearanceId,
    pub(crate) person: PersonId,
    pub(crate) employer: EmployerId,
    pub(crate) kind: ApplicationType,
    pub(crate) application_hash: Hash,
    pub(crate) number: RegistrationNumber,
    pub(crate) terms: Vec<(Specialty, Validity)>,
    /// None for a cancellation that the employer's confirmation completed.
    pub(crate) announcement_number: Option<String>,
    pub(crate) type_terms: TypeTerms,
    pub(crate) announced_at: Timestamp,
    pub(crate) announced_by: Authority,
    pub(crate) decided_by: Authority,
}

/// Why an event is not applied. The province's stream stands; nothing is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stop {
    /// Stable, as the province is told.
    pub(crate) reason: &'static str,
    /// Whether the stream stands until an operator lets it go on. Else sending the right thing is enough.
    pub(crate) stands: bool,
}

macro_rules! stops {
    ($($(#[$doc:meta])* $name:ident $stands:literal;)*) => {
        impl Stop {$(
            $(#[$doc])*
            pub(crate) const $name: Self = Self { reason: stringify!($name), stands: $stands };
        )*}
    };
}

stops! {
    /// Events before it are missing: send from `applied_through` + 1.
    GAP false;
    /// The signature does not hold, or its key is unknown.
    BAD_SIGNATURE false;
    /// The declared hash is not that of the bytes.
    BAD_HASH false;
    /// Written by a newer program than this.
    UNKNOWN_SCHEMA false;
    /// It could not be judged: a defect of this program, or a row that does not fit. It is tried again, or left out by two
    /// officers.
    EVENT_FAILED false;
    /// Other bytes under a known number, or another predecessor.
    FORK true;
    /// More acts of its kind than the province's ceiling: an officer's and a second one's word releases it.
    ANOMALY_CEILING true;
    /// A field says nothing that the register knows.
    MALFORMED_EVENT true;
    /// No unused clearance of this application has this id.
    NO_CLEARANCE true;
    /// Another application than the one that was cleared.
    APPLICATION_HASH_DIFFERS true;
    /// Person, employer, type, number, specialties or what the type says beyond are not those that were cleared.
    CLEARANCE_DIFFERS true;
    /// After `announce_by`.
    ANNOUNCED_TOO_LATE true;
    /// A clearance was released that has been used.
    CLEARANCE_USED true;
    /// The register holds it under another province, or not at all.
    NOT_REGISTERED_HERE true;
    /// A person has at most one registration.
    ALREADY_REGISTERED true;
    /// An addition that adds no specialty, or changes the term of another.
    ADDITION_CHANGES_OTHERS true;
    /// The person was erased.
    PERSON_ERASED true;
}

impl What {
    /// The kind under which a province's ceilings count it; none for what acts upon nobody's registration.
    pub(crate) const fn kind(&self) -> Option<&'static str> {
        Some(match self {
            Self::Announced(_) => "announced",
            Self::RenewalDeemed(_) => "renewal_deemed",
            Self::ClearanceReleased { .. } => "clearance_released",
            Self::Succeeded(_) => "succeeded",
            Self::Lapsed(_) => "lapsed",
            Self::Migrated(_) => "migrated",
            Self::Reinstated(_) => "reinstated",
            Self::Renewal { .. } | Self::Watermark(_) => return None,
        })
    }

    /// Every kind that a ceiling may be set for.
    pub(crate) const KINDS: [&'static str; 7] = [
        "announced",
        "renewal_deemed",
        "clearance_released",
        "succeeded",
        "lapsed",
        "migrated",
        "reinstated",
    ];
}

/// How a stream stands that stopped for a reason, as far as it decides on the cure; none where officers have nothing to
/// decide.
pub(crate) fn standing(reason: &str) -> Option<Standing> {
    let is = |stops: &[Stop]| stops.iter().any(|stop| stop.reason == reason);
    if is(&[
        Stop::GAP,
        Stop::BAD_SIGNATURE,
        Stop::BAD_HASH,
        Stop::UNKNOWN_SCHEMA,
    ]) {
        None
    } else if is(&[Stop::FORK]) {
        Some(Standing::Parted)
    } else if is(&[Stop::ANOMALY_CEILING]) {
        Some(Standing::Held)
    } else {
        Some(Standing::Refused)
    }
}

impl Stop {
    /// A rule of the domain that stands against an event.
    pub(crate) fn rule(refusal: &impl Reason) -> Self {
        Self {
            reason: refusal.reason(),
            stands: true,
        }
    }
}

/// Why a transaction that applies an event ended without applying it.
#[derive(Debug)]
pub(crate) enum Failure {
    Stop(Stop),
    Error(Error),
}

impl From<Stop> for Failure {
    fn from(stop: Stop) -> Self {
        Self::Stop(stop)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

impl From<postgres::Error> for Failure {
    fn from(error: postgres::Error) -> Self {
        Self::Error(error.into())
    }
}

impl From<Failure> for Error {
    /// Where no stream can stand: what would stop one is a defect.
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Error(error) => error,
            Failure::Stop(stop) => Self::internal(stop.reason),
        }
    }
}

impl postgres::TransactionError for Failure {
    fn database(&self) -> Option<&postgres::Error> {
        match self {
            Self::Error(error) => error.database(),
            Self::Stop(_) => None,
        }
    }
}
