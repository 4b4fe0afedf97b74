//! What is kept of one person.

use domain::certificate::Supersession;
use domain::province::Province;
use domain::register::StatusCode;
use domain::registration_number::RegistrationNumber;
use domain::specialty::Specialty;
use domain::standing::Since;
use domain::validity::Validity;
use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

use super::facts::FactsMark;
use super::interner::TextId;
use super::licence::Licence;
use crate::indices::Mark;

/// One person of the register.
#[derive(Debug, Default)]
pub(crate) struct Person {
    /// Absent until the feed has told it.
    pub(crate) entry: Option<Box<Entry>>,
    pub(crate) versions: Vec<Version>,
    pub(crate) copies: Vec<Copy>,
}

/// The registration.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    /// As the register last stated it; dates may have gone over it since.
    pub(crate) status: StatusCode,
    pub(crate) number: RegistrationNumber,
    pub(crate) aliases: Box<[RegistrationNumber]>,
    pub(crate) employer: TextId,
    pub(crate) family_name: TextId,
    pub(crate) province: Province,
    pub(crate) specialties: Box<[(Specialty, Validity)]>,
    pub(crate) last_day_of_age: Date,
    /// A renewal filed in time is with the authorities: the end of a term does not end the registration (行政许可法 art 50).
    pub(crate) renewal_pending: bool,
    /// For 暂扣: the last day, where it is stated.
    pub(crate) suspended_until: Option<Date>,
    /// Since when an act has suspended or ended it, and by what it ended.
    pub(crate) since: Option<Since>,
    pub(crate) current: Option<Licence>,
    pub(super) document: Mark,
    pub(super) name: Mark,
}

/// One version of the certificate.
#[derive(Debug, Clone)]
pub(crate) struct Version {
    pub(crate) licence: Licence,
    pub(crate) end: Option<VersionEnd>,
    pub(crate) changed_facts: Box<[TextId]>,
    pub(crate) facts: Option<FactsMark>,
}

/// A version no longer counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct VersionEnd {
    pub(crate) at: Timestamp,
    /// None where the registration ended without a later version.
    pub(crate) by: Option<Licence>,
    /// Why the later version took its place, where the register has told.
    pub(crate) why: Option<Supersession>,
}

/// A use copy.
#[derive(Debug, Clone)]
pub(crate) struct Copy {
    pub(crate) id: Uuid,
    pub(crate) licence: Licence,
    pub(crate) use_until: Date,
    pub(crate) revoked_at: Option<Timestamp>,
}

impl Person {
    /// A version by its identifier.
    pub(crate) fn version(&self, licence: Licence) -> Option<&Version> {
        self.versions.iter().find(|version| version.licence == licence)
    }

    /// The version that counts; after the end of the registration the last one.
    pub(crate) fn current_version(&self) -> Option<&Version> {
        let current = self.entry.as_ref().and_then(|entry| entry.current);
        current
            .and_then(|licence| self.version(licence))
            .or_else(|| self.versions.last())
    }
}

impl Entry {
    /// Whether a name with this mark is the holder's.
    pub(crate) fn is_named(&self, name: Mark) -> bool {
        self.name.same_as(name)
    }
}
