//! Table `exchange.downstream`: what each province is told, numbered without a gap.

use domain::ids::PersonId;
use domain::province::Province;
use domain::register::StatusCode;
use jiff::Timestamp;
use postgres::outbox::Position;
use postgres::{Error, ReadDatabase, SqlDate, SqlTimestamp, ToSql as _, Tx, column};
use sqlx::{query, query_scalar};

pub(crate) use news::News;
use news::{CAUSES, Columns};

mod news;

const TABLE: &str = "exchange.downstream";

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
    append_all(tx, vec![(province, news.clone())], at).await
}

/// Tells provinces something, each in its order; as [`append`]. Heads are locked in the order of the provinces.
pub(crate) async fn append_all(
    tx: &mut Tx,
    mut news: Vec<(Province, News)>,
    at: Timestamp,
) -> Result<(), Error> {
    if news.is_empty() {
        return Ok(());
    }
    news.sort_by_key(|(province, _)| *province);
    let mut numbers: Vec<i64> = Vec::with_capacity(news.len());
    for of_one in news.chunk_by(|(one, _), (other, _)| one == other) {
        let count = i64::try_from(of_one.len()).unwrap_or(i64::MAX);
        let last = take_numbers(tx, of_one[0].0, count).await?;
        numbers.extend(last - count + 1..=last);
    }
    insert(tx, &numbers, &news, at).await
}

/// Moves a province's head; returns the last number taken.
async fn take_numbers(tx: &mut Tx, province: Province, count: i64) -> Result<i64, Error> {
    let last = query_scalar!(
        "INSERT INTO exchange.downstream_head AS head (province, number) VALUES ($1, $2)
         ON CONFLICT (province) DO UPDATE SET number = head.number + $2, updated_by = shared.transaction_name()
         RETURNING number",
        province.code(),
        count,
    );
    Ok(last.fetch_one(tx.conn()).await?)
}

async fn insert(tx: &mut Tx, numbers: &[i64], news: &[(Province, News)], at: Timestamp) -> Result<(), Error> {
    let provinces: Vec<String> = column(news, |(province, _)| province.code().to_owned());
    let rows: Vec<Columns<'_>> = news.iter().map(|(_, news)| news.columns()).collect();
    let owned = |text: Option<&str>| text.map(str::to_owned);
    let days: Vec<Option<SqlDate>> = column(&rows, |row| row.day.to_sql());
    let times: Vec<Option<SqlTimestamp>> = column(&rows, |row| row.at.to_sql());
    query!(
        "INSERT INTO exchange.downstream (province, number, kind, person, application, licence_identifier, to_province,
             row_id, reason, recorded_at, status, cause, day, at, sequence, hash)
         SELECT province, number, kind, person, application, licence_identifier, to_province, row_id, reason, $10, status,
             cause, day, at, sequence, hash
         FROM unnest($1::text[], $2::bigint[], $3::text[], $4::uuid[], $5::uuid[], $6::text[], $7::text[], $8::uuid[],
             $9::text[], $11::text[], $12::text[], $13::date[], $14::timestamptz[], $15::bigint[], $16::bytea[])
             AS new (province, number, kind, person, application, licence_identifier, to_province, row_id, reason, status,
                     cause, day, at, sequence, hash)",
        &provinces,
        numbers,
        &column(&rows, |row| row.kind.to_owned()),
        &column(&rows, |row| row.person.map(PersonId::as_uuid)) as _,
        &column(&rows, |row| row.application) as _,
        &column(&rows, |row| row.licence_identifier.clone()) as _,
        &column(&rows, |row| owned(row.to_province)) as _,
        &column(&rows, |row| row.row) as _,
        &column(&rows, |row| owned(row.reason.as_deref())) as _,
        at.to_sql(),
        &column(&rows, |row| owned(row.status)) as _,
        &column(&rows, |row| owned(row.cause)) as _,
        &days as _,
        &times as _,
        &column(&rows, |row| row.envelope.map(|position| position.sequence)) as _,
        &column(&rows, |row| row.envelope.map(|position| position.hash.to_vec())) as _,
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
                "status_changed_by_time" => {
                    let status = row.status.as_deref().and_then(StatusCode::from_code);
                    News::StatusChangedByTime {
                        person: person()?,
                        status: status.ok_or_else(|| fault("status"))?,
                        day: row.day.ok_or_else(|| fault("day"))?.to_jiff(),
                    }
                }
                "persons_linked" => News::PersonsLinked {
                    person: person()?,
                    survivor: row.row_id.map(PersonId::from_uuid),
                    at: row.at.ok_or_else(|| fault("at"))?.to_jiff(),
                },
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
