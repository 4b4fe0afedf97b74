//! What a province is told, and how a row holds it.

use std::borrow::Cow;

use domain::ids::{ApplicationId, ClearanceId, PersonId, StreamRepairId};
use domain::licence_identifier::LicenceIdentifier;
use domain::province::Province;
use domain::register::{EndCause, StatusCode};
use jiff::Timestamp;
use jiff::civil::Date;
use postgres::outbox::Position;
use uuid::Uuid;

/// What a province is told. Ids only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum News {
    /// The documents of a version can be had.
    CertificateIssued {
        person: PersonId,
        application: ApplicationId,
        licence_identifier: LicenceIdentifier,
    },
    /// A registration of the province is now another's.
    MovedAway { person: PersonId, to: Province },
    /// Another province has an application in hand by which it would move (办理转出).
    MoveBegun { person: PersonId, to: Province },
    /// It will not move after all (取消转出).
    MoveCancelled { person: PersonId },
    /// The register refused a row of a succession.
    SuccessionRefused {
        person: PersonId,
        row: Uuid,
        reason: String,
    },
    /// The register refused a row of a lapse, or of undoing one.
    LapseRefused {
        person: PersonId,
        row: Uuid,
        reason: String,
    },
    /// The register refused a row of an existing register after it was cleared.
    MigrationRefused {
        person: PersonId,
        row: Uuid,
        reason: String,
    },
    /// The nation has revoked, stripped, suspended or restored a registration.
    NationalActTaken {
        person: PersonId,
        status: StatusCode,
        cause: Option<EndCause>,
        /// The last day of a suspension, where it is stated.
        until: Option<Date>,
        at: Timestamp,
    },
    /// A day has begun that changes a registration though nobody acted.
    StatusChangedByTime {
        person: PersonId,
        status: StatusCode,
        day: Date,
    },
    /// Two ids are one human being (合并), or are so no more (拆分).
    PersonsLinked {
        person: PersonId,
        /// Who stands for the person; none once they are split.
        survivor: Option<PersonId>,
        at: Timestamp,
    },
    /// Two officers left an event of the province out.
    EnvelopeSkipped {
        position: Position,
        reason: String,
        repair: StreamRepairId,
    },
    /// Two officers voided a clearance of the province.
    ClearanceVoided {
        person: PersonId,
        application: ApplicationId,
        clearance: ClearanceId,
        repair: StreamRepairId,
    },
}

/// A piece of news as columns.
pub(super) struct Columns<'a> {
    pub(super) kind: &'static str,
    pub(super) person: Option<PersonId>,
    pub(super) application: Option<Uuid>,
    pub(super) licence_identifier: Option<String>,
    pub(super) to_province: Option<&'static str>,
    pub(super) row: Option<Uuid>,
    pub(super) reason: Option<Cow<'a, str>>,
    pub(super) status: Option<&'static str>,
    pub(super) cause: Option<&'static str>,
    pub(super) day: Option<Date>,
    pub(super) at: Option<Timestamp>,
    pub(super) envelope: Option<&'a Position>,
}

impl News {
    pub(super) fn columns(&self) -> Columns<'_> {
        let plain = |kind, person: &PersonId| Columns {
            person: Some(*person),
            ..about_nobody(kind)
        };
        match self {
            Self::EnvelopeSkipped {
                position,
                reason,
                repair,
            } => Columns {
                row: Some(repair.as_uuid()),
                reason: Some(reason.into()),
                envelope: Some(position),
                ..about_nobody("envelope_skipped")
            },
            Self::ClearanceVoided {
                person,
                application,
                clearance,
                repair,
            } => Columns {
                application: Some(application.as_uuid()),
                row: Some(repair.as_uuid()),
                reason: Some(clearance.to_string().into()),
                ..plain("clearance_voided", person)
            },
            Self::CertificateIssued {
                person,
                application,
                licence_identifier,
            } => Columns {
                application: Some(application.as_uuid()),
                licence_identifier: Some(licence_identifier.to_string()),
                ..plain("certificate_issued", person)
            },
            Self::MovedAway { person, to } => Columns {
                to_province: Some(to.code()),
                ..plain("moved_away", person)
            },
            Self::MoveBegun { person, to } => Columns {
                to_province: Some(to.code()),
                ..plain("move_begun", person)
            },
            Self::MoveCancelled { person } => plain("move_cancelled", person),
            Self::SuccessionRefused { person, row, reason } => Columns {
                row: Some(*row),
                reason: Some(reason.into()),
                ..plain("succession_refused", person)
            },
            Self::LapseRefused { person, row, reason } => Columns {
                row: Some(*row),
                reason: Some(reason.into()),
                ..plain("lapse_refused", person)
            },
            Self::NationalActTaken {
                person,
                status,
                cause,
                until,
                at,
            } => Columns {
                status: Some(status.code()),
                cause: cause.map(cause_code),
                day: *until,
                at: Some(*at),
                ..plain("national_act_taken", person)
            },
            Self::StatusChangedByTime { person, status, day } => Columns {
                status: Some(status.code()),
                day: Some(*day),
                ..plain("status_changed_by_time", person)
            },
            Self::PersonsLinked { person, survivor, at } => Columns {
                row: survivor.map(PersonId::as_uuid),
                at: Some(*at),
                ..plain("persons_linked", person)
            },
            Self::MigrationRefused { person, row, reason } => Columns {
                row: Some(*row),
                reason: Some(reason.into()),
                ..plain("migration_refused", person)
            },
        }
    }
}

const fn about_nobody(kind: &'static str) -> Columns<'static> {
    Columns {
        kind,
        person: None,
        application: None,
        licence_identifier: None,
        to_province: None,
        row: None,
        reason: None,
        status: None,
        cause: None,
        day: None,
        at: None,
        envelope: None,
    }
}

/// The causes for which the nation itself ends a registration.
pub(super) const CAUSES: [(EndCause, &str); 3] = [
    (EndCause::WronglyGranted, "WRONGLY_GRANTED"),
    (EndCause::Fraud, "FRAUD"),
    (EndCause::Penalty, "PENALTY"),
];

fn cause_code(cause: EndCause) -> &'static str {
    let found = CAUSES.iter().find(|(known, _)| *known == cause);
    found.map_or("OTHER", |(_, code)| *code)
}
