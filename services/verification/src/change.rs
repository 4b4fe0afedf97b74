//! What the feed of the register tells, in the domain's words.

use std::fmt;

use domain::certificate::{FactsRecord, Supersession};
use domain::document_number::DocumentNumber;
use domain::licence_identifier::LicenceIdentifier;
use domain::name::PersonName;
use domain::province::Province;
use domain::register::StatusCode;
use domain::registration_number::RegistrationNumber;
use domain::specialty::Specialty;
use domain::standing::Since;
use domain::validity::Validity;
use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

/// One message of the feed.
#[derive(Debug)]
pub(crate) struct Message {
    /// The position of the change; for a heartbeat the last one.
    pub(crate) position: u64,
    /// When it was recorded, or the heart beat.
    pub(crate) recorded_at: Timestamp,
    /// How far each province had told by then.
    pub(crate) watermarks: Vec<ProvinceMark>,
    /// None for a heartbeat.
    pub(crate) change: Option<Change>,
    /// What the change at `position` is known by.
    pub(crate) anchor: Anchor,
}

/// What a change is known by from any other that might have taken its place in a register that was restored; empty at
/// position 0.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Anchor(pub(crate) Vec<u8>);

/// The last sequence of a province that the register has applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ProvinceMark {
    pub(crate) province: Province,
    pub(crate) sequence: u64,
    pub(crate) at: Timestamp,
}

/// A change of the register.
pub(crate) enum Change {
    Entry(Box<EntryChange>),
    Version(Box<VersionChange>),
    Copy(CopyChange),
    Document(DocumentChange),
}

/// A person's whole entry as it stands.
pub(crate) struct EntryChange {
    pub(crate) person: Uuid,
    pub(crate) status: StatusCode,
    pub(crate) number: RegistrationNumber,
    pub(crate) aliases: Vec<RegistrationNumber>,
    pub(crate) employer: String,
    /// Unified social credit code of the employer.
    pub(crate) employer_code: String,
    pub(crate) specialties: Vec<(Specialty, Validity)>,
    pub(crate) province: Province,
    /// None once the registration has ended.
    pub(crate) current: Option<LicenceIdentifier>,
    pub(crate) name: PersonName,
    pub(crate) document: DocumentNumber,
    /// Of whoever is merged into the person.
    pub(crate) other_documents: Vec<DocumentNumber>,
    /// Day of the 65th birthday.
    pub(crate) last_day_of_age: Date,
    /// A renewal filed in time is with the authorities (行政许可法 art 50).
    pub(crate) renewal_pending: bool,
    /// For 暂扣: the last day, where it is stated.
    pub(crate) suspended_until: Option<Date>,
    /// Since when an act has suspended or ended it, and by what it ended.
    pub(crate) since: Option<Since>,
}

/// A certificate version was made or superseded.
pub(crate) struct VersionChange {
    pub(crate) licence: LicenceIdentifier,
    pub(crate) person: Uuid,
    pub(crate) superseded_at: Option<Timestamp>,
    pub(crate) superseded_by: Option<LicenceIdentifier>,
    pub(crate) changed_facts: Vec<String>,
    /// Why; none while it is current or where the registration ended.
    pub(crate) supersession: Option<Supersession>,
    pub(crate) facts: Option<FactsRecord>,
}

/// A use copy was made or revoked.
pub(crate) struct CopyChange {
    pub(crate) licence: LicenceIdentifier,
    pub(crate) copy: Uuid,
    pub(crate) use_until: Date,
    pub(crate) token: Option<[u8; 32]>,
    pub(crate) revoked_at: Option<Timestamp>,
}

/// A sealed file exists.
pub(crate) struct DocumentChange {
    pub(crate) licence: LicenceIdentifier,
    /// None for the original.
    pub(crate) copy: Option<Uuid>,
    pub(crate) sha256: [u8; 32],
    pub(crate) token: Option<[u8; 32]>,
    /// Which making of the documents it is of: 1 for the first.
    pub(crate) generation: u16,
}

/// Kind alone: a change is about a person.
impl fmt::Debug for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Entry(_) => "Entry(***)",
            Self::Version(_) => "Version(***)",
            Self::Copy(_) => "Copy(***)",
            Self::Document(_) => "Document(***)",
        })
    }
}
