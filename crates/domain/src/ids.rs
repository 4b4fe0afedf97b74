//! Typed identities. Nothing here makes one: an id is an argument, drawn by whoever owns the randomness.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::province::Jurisdiction;

/// A text is not the id or resource name that was expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a {expected}")]
pub struct IdError {
    /// What was expected, e.g. `persons/{{id}}`.
    pub expected: &'static str,
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident in $collection:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// First segment of the resource name.
            pub const COLLECTION: &'static str = $collection;

            /// Wraps an id drawn elsewhere.
            #[must_use]
            pub const fn from_uuid(id: Uuid) -> Self {
                Self(id)
            }

            /// The bare id, for a database column.
            #[must_use]
            pub const fn as_uuid(self) -> Uuid {
                self.0
            }

            /// The resource name, collection and id.
            #[must_use]
            pub fn resource_name(self) -> String {
                format!(concat!($collection, "/{}"), self.0)
            }

            /// Reads a resource name of exactly this collection.
            ///
            /// # Errors
            /// The text names something else or its id is not a UUID.
            pub fn from_resource_name(name: &str) -> Result<Self, IdError> {
                name.strip_prefix(concat!($collection, "/"))
                    .and_then(|id| Uuid::try_parse(id).ok())
                    .map(Self)
                    .ok_or(IdError { expected: concat!($collection, "/{id}") })
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }

        impl From<$name> for Uuid {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                Uuid::try_parse(text).map(Self).map_err(|_| IdError { expected: stringify!($name) })
            }
        }
    )*};
}

ids! {
    /// A natural person, the same nationwide whatever documents they hold over time (design §3).
    PersonId in "persons";
    /// An account that signs in: holder, registrar of an employer, officer.
    AccountId in "accounts";
    /// An officer acting for an authority; the id of their account.
    OfficerId in "officers";
    /// An employing unit (聘用单位).
    EmployerId in "employers";
    /// The membership of a person in an employer.
    MembershipId in "memberships";
    /// A qualification certificate (资格证书) on record.
    QualificationId in "qualifications";
    /// An application under review.
    ApplicationId in "applications";
    /// One material attached to an application.
    MaterialId in "materials";
    /// A fact about a person recorded by an officer.
    FactId in "facts";
    /// The nationwide claim that one application of a person is open.
    ClaimId in "claims";
    /// The nation's clearance to announce one application.
    ClearanceId in "clearances";
    /// A publicity batch (公示).
    PublicityId in "publicityBatches";
    /// An objection raised during publicity.
    ObjectionId in "objections";
    /// A case about a registration.
    CaseId in "cases";
    /// An officer's powers in another's hands.
    DelegationId in "delegations";
    /// An announcement (公告).
    AnnouncementId in "announcements";
    /// The import (导入) of a file.
    ImportId in "imports";
    /// A correction of an announcement, for a second officer to publish.
    AnnouncementCorrectionId in "announcementCorrections";
    /// A succession of an employer (企业更名、合并、分立).
    SuccessionId in "successions";
    /// A record of lapse (失效), or of undoing one.
    LapseId in "lapses";
    /// One person's row of a lapse.
    LapseRowId in "lapseRows";
    /// A report that a registration should have lapsed or is wrong (举报).
    ReportId in "reports";
    /// An act of the nation on a registration: 撤销, 吊销, 暂扣, 暂扣发还.
    NationalActId in "nationalActs";
    /// What two officers of the nation do about a province's stream that stands.
    StreamRepairId in "streamRepairs";
    /// A person's registration as held by the national register.
    RegistrationId in "registrations";
    /// One act on the national register.
    RegisterActId in "registerActs";
    /// The certificate of one registration, across its versions.
    CertificateId in "certificates";
    /// One version of a certificate.
    CertificateVersionId in "certificateVersions";
    /// A use copy (加注件) of one certificate version.
    CopyId in "useCopies";
    /// The intent to seal a set of documents.
    IntentId in "intents";
    /// A seal (印章).
    SealId in "seals";
    /// A backend system acting with its own certificate.
    ClientId in "clients";
    /// A caller's id of one write, for replays.
    RequestId in "requests";
}

impl From<AccountId> for OfficerId {
    fn from(account: AccountId) -> Self {
        Self(account.0)
    }
}

impl OfficerId {
    /// The account behind the office.
    #[must_use]
    pub const fn account(self) -> AccountId {
        AccountId(self.0)
    }
}

impl ApplicationId {
    /// The full resource name: an application lives in the jurisdiction that holds its file.
    #[must_use]
    pub fn name_in(self, jurisdiction: Jurisdiction) -> String {
        format!("provinces/{}/applications/{}", jurisdiction.code(), self.0)
    }

    /// Reads `provinces/{code}/applications/{id}`.
    ///
    /// # Errors
    /// The text is not the name of an application in a known jurisdiction.
    pub fn from_name_in(name: &str) -> Result<(Jurisdiction, Self), IdError> {
        const EXPECTED: IdError = IdError {
            expected: "provinces/{code}/applications/{id}",
        };
        let rest = name.strip_prefix("provinces/").ok_or(EXPECTED)?;
        let (code, application) = rest.split_once('/').ok_or(EXPECTED)?;
        let jurisdiction = Jurisdiction::from_code(code).ok_or(EXPECTED)?;
        Ok((
            jurisdiction,
            Self::from_resource_name(application).map_err(|_| EXPECTED)?,
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resource_names_round_trip_and_reject_other_collections() {
        let person = PersonId::from_uuid(Uuid::from_u128(7));
        assert_eq!(PersonId::from_resource_name(&person.resource_name()), Ok(person));
        assert!(EmployerId::from_resource_name(&person.resource_name()).is_err());
        let application = ApplicationId::from_uuid(Uuid::from_u128(9));
        let jiangsu = Jurisdiction::from_code("32").expect("Jiangsu");
        let name = application.name_in(jiangsu);
        assert_eq!(ApplicationId::from_name_in(&name), Ok((jiangsu, application)));
        assert!(ApplicationId::from_name_in("provinces/98/applications/x").is_err());
    }
}
