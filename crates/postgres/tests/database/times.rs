use jiff::Timestamp;
use jiff::civil::{Date, date};
use postgres::{SqlDate, SqlTimestamp, ToSql};
use proptest::prelude::*;

use crate::example;

#[tokio::test]
async fn instants_and_dates_mean_the_same_to_postgresql() {
    let test = example().await;
    let reader = test.reader().await;
    for (text, instant) in [
        ("2000-01-01T00:00:00Z", "2000-01-01T00:00:00Z"),
        ("1949-10-01T15:00:00.000001+08", "1949-10-01T07:00:00.000001Z"),
        ("2025-12-31T23:59:59.999999Z", "2025-12-31T23:59:59.999999999Z"),
        ("1999-12-31T23:59:59.999999Z", "1999-12-31T23:59:59.9999995Z"),
        ("9999-12-29T00:00:00Z", "9999-12-29T00:00:00Z"),
        ("0001-01-03T00:00:00Z", "0001-01-03T00:00:00Z"),
    ] {
        let instant: Timestamp = instant.parse().unwrap();
        let (back, equal): (SqlTimestamp, bool) =
            sqlx::query_as("SELECT $1::timestamptz, $1::timestamptz = $2::text::timestamptz")
                .bind(instant.to_sql())
                .bind(text)
                .fetch_one(reader.pool())
                .await
                .unwrap();
        assert!(equal, "{text}");
        assert_eq!(back, instant.to_sql());
    }
    for day in [
        date(2000, 1, 1),
        date(1960, 2, 29),
        date(2024, 2, 29),
        date(9999, 12, 31),
        date(1, 1, 1),
    ] {
        let (back, equal): (SqlDate, bool) = sqlx::query_as("SELECT $1::date, $1::date = $2::text::date")
            .bind(day.to_sql())
            .bind(day.to_string())
            .fetch_one(reader.pool())
            .await
            .unwrap();
        assert!(equal && back.to_jiff() == day, "{day}");
    }
}

#[tokio::test]
async fn infinity_and_years_beyond_9999_are_refused_not_bent() {
    let test = example().await;
    let reader = test.reader().await;
    for value in [
        "'infinity'::timestamptz",
        "'-infinity'::timestamptz",
        "'20000-01-01'::timestamptz",
    ] {
        let statement = sqlx::AssertSqlSafe(format!("SELECT {value}"));
        let read = sqlx::query_scalar::<_, SqlTimestamp>(statement)
            .fetch_one(reader.pool())
            .await;
        assert!(read.is_err(), "{value}");
    }
    let read = sqlx::query_scalar::<_, SqlDate>("SELECT 'infinity'::date")
        .fetch_one(reader.pool())
        .await;
    assert!(read.is_err());
}

proptest! {
    #[test]
    fn cutting_to_microseconds_never_goes_forward(nanoseconds in any::<i64>()) {
        let instant = Timestamp::from_nanosecond(i128::from(nanoseconds)).unwrap();
        let kept = instant.to_sql().to_jiff();
        prop_assert!(kept <= instant);
        prop_assert!(instant.as_nanosecond() - kept.as_nanosecond() < 1_000);
        prop_assert_eq!(kept.to_sql().to_jiff(), kept);
    }
}

#[test]
fn the_sql_form_reaches_into_options_and_lists() {
    let day = date(2025, 6, 1);
    assert_eq!(Some(day).to_sql(), Some(SqlDate::from(day)));
    assert_eq!(None::<Date>.to_sql(), None);
    assert_eq!([day, day].to_sql(), vec![SqlDate::from(day); 2]);
}

/// Messages from anywhere may name any instant; the ends of the range are cut like all others.
#[test]
fn the_ends_of_time_are_instants_like_others() {
    for end in [Timestamp::MIN, Timestamp::MAX] {
        let cut = Timestamp::from(SqlTimestamp::from(end));
        assert!(cut <= end && end.as_nanosecond() - cut.as_nanosecond() < 1_000);
    }
}
