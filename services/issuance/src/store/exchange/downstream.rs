//! Table `exchange.downstream`: what each province is told, numbered without a gap.

use std::borrow::Cow;

use domain::ids::{ApplicationId, ClearanceId, PersonId, StreamRepairId};
use domain::licence_identifier::LicenceIdentifier;
use domain::province::Province;
use domain::register::{EndCause, StatusCode};
use jiff::Timestamp;
use jiff::civil::Date;
use postgres::outbox::Position;
use postgres::{Error, ReadDatabase, SqlDate, SqlTimestamp, ToSql as _, Tx};
use sqlx::{query, query_scalar};
use uuid::Uuid;

const TABLE: &str = "exchange.downstream";

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
struct Columns<'a> {
    kind: &'static str,
    person: Option<PersonId>,
    application: Option<Uuid>,
    licence_identifier: Option<String>,
    to_province: Option<&'static str>,
    row: Option<Uuid>,
    reason: Option<Cow<'a, str>>,
    status: Option<&'static str>,
    cause: Option<&'static str>,
    day: Option<Date>,
    at: Option<Timestamp>,
    envelope: Option<&'a Position>,
}

impl News {
    fn columns(&self) -> Columns<'_> {
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
const CAUSES: [(EndCause, &str); 3] = [
    (EndCause::WronglyGranted, "WRONGLY_GRANTED"),
    (EndCause::Fraud, "FRAUD"),
    (EndCause::Penalty, "PENALTY"),
];

fn cause_code(cause: EndCause) -> &'static str {
    let found = CAUSES.iter().find(|(known, _)| *known == cause);
    found.map_or("OTHER", |(_, code)| *code)
}

/// News with their number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Numbered {
    pub(crate) number: u64,
    pub(crate) recorded_at: Timestamp,
    pub(crate) news: News,
}

/// Tells a province something. Locks its head until the transaction ends: call it last. Ring `bells.downstream` after
/// the commit.
pub(crate) async fn append(tx: &mut Tx, province: Province, news: &News, at: Timestamp) -> Result<(), Error> {
    let number = query_scalar!(
        "INSERT INTO exchange.downstream_head AS head (province, number) VALUES ($1, 1)
         ON CONFLICT (province) DO UPDATE SET number = head.number + 1, updated_by = shared.transaction_name()
         RETURNING number",
        province.code(),
    )
    .fetch_one(tx.conn())
    .await?;
    let columns = news.columns();
    query!(
        "INSERT INTO exchange.downstream (province, number, kind, person, application, licence_identifier, to_province,
             row_id, reason, recorded_at, status, cause, day, at, sequence, hash)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
        province.code(),
        number,
        columns.kind,
        columns.person.map(PersonId::as_uuid),
        columns.application,
        columns.licence_identifier,
        columns.to_province,
        columns.row,
        columns.reason.as_deref(),
        at.to_sql(),
        columns.status,
        columns.cause,
        columns.day.to_sql() as _,
        columns.at.to_sql() as _,
        columns.envelope.map(|position| position.sequence),
        columns.envelope.map(|position| position.hash.to_vec()),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// At most `limit` pieces of news after a number.
pub(crate) async fn after(
    read: &ReadDatabase,
    province: Province,
    number: u64,
    limit: i64,
) -> Result<Vec<Numbered>, Error> {
    let rows = query!(
        r#"SELECT number, kind, person, application, licence_identifier, to_province, row_id, reason, recorded_at,
             status, cause, day AS "day: SqlDate", at AS "at: SqlTimestamp", sequence, hash
         FROM exchange.downstream WHERE province = $1 AND number > $2 ORDER BY number LIMIT $3"#,
        province.code(),
        super::super::signed(number),
        limit,
    )
    .fetch_all(read.pool())
    .await?;
    rows.into_iter()
        .map(|row| {
            let fault = |column| Error::inconsistent(TABLE, column, row.number);
            let person = || row.person.map(PersonId::from_uuid).ok_or_else(|| fault("person"));
            let news = match row.kind.as_str() {
                "certificate_issued" => News::CertificateIssued {
                    person: person()?,
                    application: row.application.ok_or_else(|| fault("application"))?.into(),
                    licence_identifier: row
                        .licence_identifier
                        .as_deref()
                        .and_then(|text| text.parse().ok())
                        .ok_or_else(|| fault("licence_identifier"))?,
                },
                "moved_away" | "move_begun" => {
                    let to = row.to_province.as_deref().and_then(Province::from_code);
                    let to = to.ok_or_else(|| fault("to_province"))?;
                    if row.kind == "moved_away" {
                        News::MovedAway {
                            person: person()?,
                            to,
                        }
                    } else {
                        News::MoveBegun {
                            person: person()?,
                            to,
                        }
                    }
                }
                "move_cancelled" => News::MoveCancelled { person: person()? },
                "succession_refused" => News::SuccessionRefused {
                    person: person()?,
                    row: row.row_id.ok_or_else(|| fault("row_id"))?,
                    reason: row.reason.ok_or_else(|| fault("reason"))?,
                },
                "lapse_refused" => News::LapseRefused {
                    person: person()?,
                    row: row.row_id.ok_or_else(|| fault("row_id"))?,
                    reason: row.reason.ok_or_else(|| fault("reason"))?,
                },
                "migration_refused" => News::MigrationRefused {
                    person: person()?,
                    row: row.row_id.ok_or_else(|| fault("row_id"))?,
                    reason: row.reason.ok_or_else(|| fault("reason"))?,
                },
                "national_act_taken" => {
                    let status = row.status.as_deref().and_then(StatusCode::from_code);
                    let of = |code: String| CAUSES.iter().find(|(_, known)| *known == code);
                    let cause = row.cause.map(|code| of(code).ok_or_else(|| fault("cause")));
                    News::NationalActTaken {
                        person: person()?,
                        status: status.ok_or_else(|| fault("status"))?,
                        cause: cause.transpose()?.map(|(cause, _)| *cause),
                        until: row.day.map(SqlDate::to_jiff),
                        at: row.at.ok_or_else(|| fault("at"))?.to_jiff(),
                    }
                }
                "envelope_skipped" => News::EnvelopeSkipped {
                    position: Position {
                        sequence: row.sequence.ok_or_else(|| fault("sequence"))?,
                        hash: row
                            .hash
                            .as_deref()
                            .and_then(|hash| hash.try_into().ok())
                            .ok_or_else(|| fault("hash"))?,
                    },
                    reason: row.reason.ok_or_else(|| fault("reason"))?,
                    repair: row.row_id.ok_or_else(|| fault("row_id"))?.into(),
                },
                "clearance_voided" => News::ClearanceVoided {
                    person: person()?,
                    application: row.application.ok_or_else(|| fault("application"))?.into(),
                    clearance: row
                        .reason
                        .as_deref()
                        .and_then(|text| text.parse().ok())
                        .ok_or_else(|| fault("reason"))?,
                    repair: row.row_id.ok_or_else(|| fault("row_id"))?.into(),
                },
                _ => return Err(fault("kind")),
            };
            Ok(Numbered {
                number: crate::store::natural(row.number, TABLE, "number")?,
                recorded_at: row.recorded_at.to_jiff(),
                news,
            })
        })
        .collect()
}
