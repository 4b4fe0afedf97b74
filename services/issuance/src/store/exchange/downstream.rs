//! Table `exchange.downstream`: what each province is told, numbered without a gap.

use domain::ids::{ApplicationId, PersonId};
use domain::licence_identifier::LicenceIdentifier;
use domain::province::Province;
use jiff::Timestamp;
use postgres::{Error, ReadDatabase, ToSql as _, Tx};
use sqlx::{query, query_scalar};

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
    let (kind, person, application, licence_identifier, to) = match news {
        News::CertificateIssued {
            person,
            application,
            licence_identifier,
        } => (
            "certificate_issued",
            person,
            Some(application.as_uuid()),
            Some(licence_identifier.to_string()),
            None,
        ),
        News::MovedAway { person, to } => ("moved_away", person, None, None, Some(to.code())),
    };
    query!(
        "INSERT INTO exchange.downstream (province, number, kind, person, application, licence_identifier, to_province,
             recorded_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        province.code(),
        number,
        kind,
        person.as_uuid(),
        application,
        licence_identifier,
        to,
        at.to_sql(),
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
        "SELECT number, kind, person, application, licence_identifier, to_province, recorded_at
         FROM exchange.downstream WHERE province = $1 AND number > $2 ORDER BY number LIMIT $3",
        province.code(),
        super::super::signed(number),
        limit,
    )
    .fetch_all(read.pool())
    .await?;
    rows.into_iter()
        .map(|row| {
            let fault = |column| Error::inconsistent(TABLE, column, row.number);
            let person = row.person.into();
            let news = match row.kind.as_str() {
                "certificate_issued" => News::CertificateIssued {
                    person,
                    application: row.application.ok_or_else(|| fault("application"))?.into(),
                    licence_identifier: row
                        .licence_identifier
                        .as_deref()
                        .and_then(|text| text.parse().ok())
                        .ok_or_else(|| fault("licence_identifier"))?,
                },
                "moved_away" => News::MovedAway {
                    person,
                    to: row
                        .to_province
                        .as_deref()
                        .and_then(Province::from_code)
                        .ok_or_else(|| fault("to_province"))?,
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
