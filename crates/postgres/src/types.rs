//! jiff's instants and dates as SQL types.
//!
//! The published bridge between sqlx and jiff still speaks jiff 0.2; these two newtypes do the same for jiff 1.
//! `sqlx.toml` of each crate maps `timestamptz` and `date` to them, so the query macros accept and yield them.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::postgres::types::Oid;
use sqlx::postgres::{PgArgumentBuffer, PgHasArrayType, PgTypeInfo, PgValueFormat, PgValueRef};
use sqlx::{Decode, Encode, Postgres, Type};

/// An instant as PostgreSQL keeps it: microseconds; finer digits are cut off towards the past.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SqlTimestamp(Timestamp);

/// A civil date as PostgreSQL keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SqlDate(Date);

/// Conversion of jiff's types to their SQL form, also inside `Option` and `Vec`.
pub trait ToSql {
    /// What the query macros take.
    type Sql;
    /// The same value as the query macros take it.
    fn to_sql(&self) -> Self::Sql;
}

impl ToSql for Timestamp {
    type Sql = SqlTimestamp;
    fn to_sql(&self) -> SqlTimestamp {
        SqlTimestamp::from(*self)
    }
}

impl ToSql for Date {
    type Sql = SqlDate;
    fn to_sql(&self) -> SqlDate {
        SqlDate(*self)
    }
}

impl<T: ToSql> ToSql for Option<T> {
    type Sql = Option<T::Sql>;
    fn to_sql(&self) -> Self::Sql {
        self.as_ref().map(ToSql::to_sql)
    }
}

impl<T: ToSql> ToSql for [T] {
    type Sql = Vec<T::Sql>;
    fn to_sql(&self) -> Self::Sql {
        self.iter().map(ToSql::to_sql).collect()
    }
}

/// One column of rows that are stored together, for `unnest`.
pub fn column<R, T>(rows: &[R], of: impl FnMut(&R) -> T) -> Vec<T> {
    rows.iter().map(of).collect()
}

impl SqlTimestamp {
    /// The instant.
    #[must_use]
    pub fn to_jiff(self) -> Timestamp {
        self.0
    }

    /// As the wire has it: microseconds since PostgreSQL's epoch.
    pub(crate) fn micros(self) -> i64 {
        self.0.as_microsecond() - EPOCH_MICROSECONDS
    }
}

impl SqlDate {
    /// The date.
    #[must_use]
    pub fn to_jiff(self) -> Date {
        self.0
    }
}

impl From<Timestamp> for SqlTimestamp {
    fn from(instant: Timestamp) -> Self {
        // Nanoseconds have the whole range; microseconds lack its last second.
        let digits = instant.as_nanosecond().rem_euclid(1_000);
        let whole = instant.as_nanosecond() - digits;
        Self(Timestamp::from_nanosecond(whole).expect("cutting off digits stays within jiff's range"))
    }
}

impl From<SqlTimestamp> for Timestamp {
    fn from(instant: SqlTimestamp) -> Self {
        instant.0
    }
}

impl From<Date> for SqlDate {
    fn from(date: Date) -> Self {
        Self(date)
    }
}

impl From<SqlDate> for Date {
    fn from(date: SqlDate) -> Self {
        date.0
    }
}

impl Type<Postgres> for SqlTimestamp {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(TIMESTAMPTZ)
    }
}

impl PgHasArrayType for SqlTimestamp {
    fn array_type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(TIMESTAMPTZ_ARRAY)
    }
}

impl Encode<'_, Postgres> for SqlTimestamp {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        Encode::<Postgres>::encode(self.micros(), buffer)
    }

    fn size_hint(&self) -> usize {
        size_of::<i64>()
    }
}

impl<'r> Decode<'r, Postgres> for SqlTimestamp {
    fn decode(value: PgValueRef<'r>) -> Result<Self, BoxDynError> {
        match value.format() {
            PgValueFormat::Binary => {
                let micros: i64 = Decode::<Postgres>::decode(value)?;
                let since_unix = micros
                    .checked_add(EPOCH_MICROSECONDS)
                    .ok_or("timestamptz out of range")?;
                Ok(Self(Timestamp::from_microsecond(since_unix)?))
            }
            PgValueFormat::Text => Ok(Self(value.as_str()?.parse()?)),
        }
    }
}

impl Type<Postgres> for SqlDate {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(DATE)
    }
}

impl PgHasArrayType for SqlDate {
    fn array_type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(DATE_ARRAY)
    }
}

impl Encode<'_, Postgres> for SqlDate {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        let days = (self.0 - EPOCH_DATE).get_days();
        Encode::<Postgres>::encode(days, buffer)
    }

    fn size_hint(&self) -> usize {
        size_of::<i32>()
    }
}

impl<'r> Decode<'r, Postgres> for SqlDate {
    fn decode(value: PgValueRef<'r>) -> Result<Self, BoxDynError> {
        match value.format() {
            PgValueFormat::Binary => {
                let days: i32 = Decode::<Postgres>::decode(value)?;
                Ok(Self(EPOCH_DATE.checked_add(jiff::Span::new().try_days(days)?)?))
            }
            PgValueFormat::Text => Ok(Self(value.as_str()?.parse()?)),
        }
    }
}

// PostgreSQL counts from 2000-01-01; object ids from its pg_type.dat.
const EPOCH_DATE: Date = jiff::civil::date(2000, 1, 1);
const EPOCH_MICROSECONDS: i64 = 946_684_800_000_000;
const DATE: Oid = Oid(1082);
const DATE_ARRAY: Oid = Oid(1182);
const TIMESTAMPTZ: Oid = Oid(1184);
const TIMESTAMPTZ_ARRAY: Oid = Oid(1185);
