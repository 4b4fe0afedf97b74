//! What `verification` is told: one change of the register each, as it was at its moment. Sealed at rest.

use std::fmt;

use domain::certificate::{Purpose, Supersession};
use domain::document_number::DocumentNumber;
use domain::ids::PersonId;
use domain::licence_identifier::LicenceIdentifier;
use domain::province::Province;
use domain::register::{RegisterEntry, TimeTransition};
use jiff::Timestamp;
use jiff::civil::Date;
use personal_data::DataKey;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::error::Error;
use crate::holder::Person;
use crate::sealing;

/// A change of the register.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Change {
    /// A person's whole entry as it stands.
    Entry(Box<EntrySnapshot>),
    /// A certificate version was made or superseded; its facts record travels along.
    Version(VersionSnapshot),
    /// A use copy was made or revoked.
    Copy(CopySnapshot),
    /// A sealed file exists.
    Document(DocumentSnapshot),
}

/// An entry with what a checker may ask by.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct EntrySnapshot {
    pub(crate) entry: RegisterEntry,
    pub(crate) person: Person,
    /// Of whoever is merged into the person.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) other_documents: Vec<DocumentNumber>,
    /// Whose registration it is: the province that announced it last.
    pub(crate) province: Province,
    /// Absent once the registration has ended.
    pub(crate) current_certificate: Option<LicenceIdentifier>,
    /// Set where nobody acted: what the beginning of a day did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) transition: Option<TimeTransition>,
}

impl fmt::Debug for EntrySnapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EntrySnapshot(***)")
    }
}

/// A version without its facts, which are those of the row that the change names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct VersionSnapshot {
    /// Row of `issuing.certificate_version`.
    pub(crate) id: Uuid,
    pub(crate) licence_identifier: LicenceIdentifier,
    pub(crate) person: PersonId,
    pub(crate) version: u16,
    pub(crate) superseded_at: Option<Timestamp>,
    pub(crate) superseded_by: Option<LicenceIdentifier>,
    pub(crate) changed_facts: Vec<String>,
    /// Why; none while it is current or where the registration ended.
    #[serde(default)]
    pub(crate) supersession: Option<Supersession>,
}

/// A use copy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CopySnapshot {
    pub(crate) licence_identifier: LicenceIdentifier,
    /// As it stands in the copy's name.
    pub(crate) copy_id: String,
    pub(crate) use_until: Date,
    pub(crate) purpose: Purpose,
    pub(crate) recipient: String,
    /// SHA-256 of the QR token; empty until the copy's documents are prepared (the token then comes with
    /// [`DocumentSnapshot`]).
    pub(crate) token_hash: Vec<u8>,
    pub(crate) revoked_at: Option<Timestamp>,
}

/// Formats of a sealed file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum DocumentFormat {
    Ofd,
    Pdf,
    PdfSm2,
}

/// A sealed file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DocumentSnapshot {
    pub(crate) licence_identifier: LicenceIdentifier,
    /// None for the original.
    pub(crate) copy_id: Option<String>,
    pub(crate) format: DocumentFormat,
    pub(crate) sha256: [u8; 32],
    pub(crate) token_hash: [u8; 32],
    /// Which making of the documents it is of: 1 for the first.
    #[serde(default = "first_generation")]
    pub(crate) generation: u16,
}

const fn first_generation() -> u16 {
    1
}

impl Change {
    /// The word in `log.change.kind`.
    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Self::Entry(_) => "entry",
            Self::Version(_) => "version",
            Self::Copy(_) => "copy",
            Self::Document(_) => "document",
        }
    }

    /// The version whose facts travel with the change.
    pub(crate) const fn version(&self) -> Option<Uuid> {
        match self {
            Self::Version(version) => Some(version.id),
            Self::Entry(_) | Self::Copy(_) | Self::Document(_) => None,
        }
    }

    /// Seals it under the person's key.
    pub(crate) fn seal(&self, key: &DataKey) -> Vec<u8> {
        let column = column(self.kind());
        match self {
            Self::Entry(entry) => sealing::seal_json(key, &column, entry),
            Self::Version(version) => sealing::seal_json(key, &column, version),
            Self::Copy(copy) => sealing::seal_json(key, &column, copy),
            Self::Document(document) => sealing::seal_json(key, &column, document),
        }
    }

    /// Opens what [`Change::seal`] sealed.
    ///
    /// # Errors
    /// It does not open, or is of no known kind.
    pub(crate) fn open(kind: &str, key: &DataKey, sealed: Vec<u8>) -> Result<Self, Error> {
        let column = column(kind);
        Ok(match kind {
            "entry" => Self::Entry(Box::new(sealing::open_json(key, &column, sealed)?)),
            "version" => Self::Version(sealing::open_json(key, &column, sealed)?),
            "copy" => Self::Copy(sealing::open_json(key, &column, sealed)?),
            "document" => Self::Document(sealing::open_json(key, &column, sealed)?),
            _ => return Err(Error::internal("log.change.kind is unknown")),
        })
    }
}

fn column(kind: &str) -> String {
    format!("log.change.{kind}")
}
