//! What the nation keeps of a person: the facts that a certificate prints, as last cleared. In the clear only while one
//! call runs.

use std::fmt;

use domain::application::ApplicationType;
use domain::authority::Authority;
use domain::cancellation::CancellationTerms;
use domain::correction::{CorrectionTerms, IdentityFacts};
use domain::document_number::{DocumentNumber, Sex};
use domain::name::PersonName;
use domain::qualification::QualificationNumber;
use domain::register::RegisteredEmployer;
use domain::specialty::Specialty;
use domain::validity::Validity;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// A person as identity knows them.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Person {
    pub(crate) name: PersonName,
    pub(crate) document: DocumentNumber,
    pub(crate) sex: Sex,
    pub(crate) birth_date: Date,
}

/// A picture in the object store, sealed there under the person's key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StoredPicture {
    pub(crate) place: String,
    /// Hex SM3 of the clear bytes.
    pub(crate) sm3: String,
}

/// Person and pictures.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Holder {
    pub(crate) person: Person,
    /// None for whoever came with an existing register, until an act brings it.
    pub(crate) photo: Option<StoredPicture>,
    pub(crate) signature_image: Option<StoredPicture>,
    /// Of whoever is merged into the person: the registration is found by them too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) other_documents: Vec<DocumentNumber>,
}

impl Holder {
    /// What a certificate cannot be without.
    pub(crate) fn pictures(&self) -> Option<Pictures<'_>> {
        Some(Pictures {
            photo: self.photo.as_ref()?,
            signature_image: self.signature_image.as_ref()?,
        })
    }
}

/// Both pictures of a certificate.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pictures<'a> {
    pub(crate) photo: &'a StoredPicture,
    pub(crate) signature_image: &'a StoredPicture,
}

/// Everything that was cleared for one application.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ClearedFacts {
    pub(crate) holder: Holder,
    pub(crate) employer: RegisteredEmployer,
    pub(crate) specialties: Vec<ClearedSpecialty>,
    /// What the type says beyond.
    #[serde(default)]
    pub(crate) type_terms: TypeTerms,
    pub(crate) decided_by: Authority,
    pub(crate) decided_at: Timestamp,
}

/// What cancellation and correction say beyond, as cleared and announced. Nothing personal.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct TypeTerms {
    pub(crate) cancellation: Option<CancellationTerms>,
    pub(crate) correction: Option<CorrectionTerms>,
}

impl TypeTerms {
    /// Whether they are those of a type.
    pub(crate) const fn fit(&self, kind: ApplicationType) -> bool {
        self.cancellation.is_some() == matches!(kind, ApplicationType::Cancellation)
            && self.correction.is_some() == matches!(kind, ApplicationType::Correction)
    }
}

impl Person {
    /// What a correction compares.
    pub(crate) fn identity(&self) -> IdentityFacts<'_> {
        IdentityFacts {
            name: &self.name,
            document: &self.document,
            sex: Some(self.sex),
            birth_date: self.birth_date,
        }
    }
}

/// A specialty that was cleared.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ClearedSpecialty {
    pub(crate) specialty: Specialty,
    /// As the province then foresaw it; an announcement may state a later one.
    pub(crate) validity: Validity,
    /// Where it is registered anew; else the register has it.
    pub(crate) qualification_number: Option<QualificationNumber>,
}

macro_rules! hidden {
    ($($name:ident)*) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(***)"))
            }
        }
    )*};
}
hidden!(Person Holder ClearedFacts ClearedSpecialty);
