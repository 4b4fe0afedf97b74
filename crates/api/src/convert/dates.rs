//! Days and instants.

use jiff::Timestamp;
use jiff::civil;

use super::{Malformed, Read};
use crate::types::v1::Date;

impl From<civil::Date> for Date {
    fn from(day: civil::Date) -> Self {
        Self {
            year: day.year().into(),
            month: day.month().into(),
            day: day.day().into(),
        }
    }
}

impl Read<civil::Date> for Date {
    fn read(self, field: &str) -> Result<civil::Date, Malformed> {
        let parts = (
            i16::try_from(self.year),
            i8::try_from(self.month),
            i8::try_from(self.day),
        );
        let (Ok(year), Ok(month), Ok(day)) = parts else {
            return Err(Malformed::new(field, "a day"));
        };
        civil::Date::new(year, month, day).map_err(|_| Malformed::new(field, "a day"))
    }
}

impl Read<civil::Date> for Option<Date> {
    fn read(self, field: &str) -> Result<civil::Date, Malformed> {
        self.ok_or_else(|| Malformed::new(field, "a day"))?.read(field)
    }
}

/// An instant on the wire.
pub fn instant(at: Timestamp) -> pbjson_types::Timestamp {
    pbjson_types::Timestamp {
        seconds: at.as_second(),
        nanos: at.subsec_nanosecond(),
    }
}

impl Read<Timestamp> for Option<pbjson_types::Timestamp> {
    fn read(self, field: &str) -> Result<Timestamp, Malformed> {
        let malformed = || Malformed::new(field, "an instant");
        let at = self.ok_or_else(malformed)?;
        Timestamp::new(at.seconds, at.nanos).map_err(|_| malformed())
    }
}
