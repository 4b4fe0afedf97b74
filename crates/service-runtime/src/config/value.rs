use std::{net::SocketAddr, path::PathBuf, time::Duration};

use jiff::civil::Date;
use toml::Value;

/// A type that can be read from a TOML value. The error says what is expected and does not quote the value.
pub trait FromValue: Sized {
    /// Reads it.
    fn from_value(value: &Value) -> Result<Self, String>;
}

impl FromValue for String {
    fn from_value(value: &Value) -> Result<Self, String> {
        value
            .as_str()
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
            .ok_or_else(|| "must be a text".to_owned())
    }
}

impl FromValue for bool {
    fn from_value(value: &Value) -> Result<Self, String> {
        value.as_bool().ok_or_else(|| "must be true or false".to_owned())
    }
}

macro_rules! numbers {
    ($($number:ty),+) => {$(
        impl FromValue for $number {
            fn from_value(value: &Value) -> Result<Self, String> {
                value.as_integer().and_then(|number| Self::try_from(number).ok()).ok_or_else(|| {
                    format!("must be a whole number between {} and {}", Self::MIN, Self::MAX)
                })
            }
        }
    )+};
}

numbers!(u16, u32, u64, usize, i64);

impl FromValue for f64 {
    fn from_value(value: &Value) -> Result<Self, String> {
        let number = value
            .as_float()
            .or_else(|| value.as_integer().map(|number| number as Self));
        number
            .filter(|number| number.is_finite())
            .ok_or_else(|| "must be a number".to_owned())
    }
}

impl FromValue for SocketAddr {
    fn from_value(value: &Value) -> Result<Self, String> {
        let address = value.as_str().and_then(|text| text.parse().ok());
        address.ok_or_else(|| "must be an address with a port (\"127.0.0.1:8443\")".to_owned())
    }
}

impl FromValue for PathBuf {
    fn from_value(value: &Value) -> Result<Self, String> {
        String::from_value(value)
            .map(Self::from)
            .map_err(|_| "must be a path".to_owned())
    }
}

impl FromValue for Date {
    fn from_value(value: &Value) -> Result<Self, String> {
        let date = value.as_str().and_then(|text| text.parse().ok());
        date.ok_or_else(|| "must be a date (\"2026-01-31\")".to_owned())
    }
}

impl FromValue for Duration {
    fn from_value(value: &Value) -> Result<Self, String> {
        let duration = value.as_str().and_then(|text| {
            let digits = text.find(|c: char| !c.is_ascii_digit())?;
            let (number, unit) = text.split_at_checked(digits)?;
            let number: u64 = number.parse().ok()?;
            match unit.trim_start() {
                "ms" => Some(Self::from_millis(number)),
                "s" => Some(Self::from_secs(number)),
                "m" => number.checked_mul(60).map(Self::from_secs),
                "h" => number.checked_mul(3600).map(Self::from_secs),
                "d" => number.checked_mul(86_400).map(Self::from_secs),
                _ => None,
            }
        });
        duration.ok_or_else(|| "must be a duration (\"300ms\", \"5s\", \"2m\", \"1h\", \"30d\")".to_owned())
    }
}

impl<T: FromValue> FromValue for Vec<T> {
    fn from_value(value: &Value) -> Result<Self, String> {
        let items = value.as_array().ok_or_else(|| "must be a list".to_owned())?;
        items
            .iter()
            .map(T::from_value)
            .collect::<Result<_, _>>()
            .map_err(|problem| format!("each {problem}"))
    }
}
