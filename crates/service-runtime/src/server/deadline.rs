use std::time::Duration;

use http::HeaderMap;
use tokio::time::Instant;

use crate::config::Limits;

/// Fired a little before the server library's own timer, whose answer would be a bare CANCELLED.
const EARLIER: Duration = Duration::from_millis(2);

/// When the caller stops waiting; stands in the extensions of each request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadline(pub Instant);

impl Deadline {
    /// The deadline of a request; one minute from now where it was mounted without this crate's server.
    pub fn of<T>(request: &tonic::Request<T>) -> Instant {
        match request.extensions().get::<Self>() {
            Some(Self(deadline)) => *deadline,
            None => Instant::now() + Duration::from_secs(60),
        }
    }

    /// What the caller asks for within what the service grants.
    pub(super) fn of_call(headers: &HeaderMap, limits: &Limits) -> Self {
        let asked = headers
            .get("grpc-timeout")
            .and_then(|value| parse_timeout(value.to_str().ok()?));
        let granted = asked.map_or(limits.deadline, |asked| asked.min(limits.longest_deadline));
        Self(Instant::now() + granted.saturating_sub(EARLIER))
    }
}

/// `grpc-timeout`: at most eight digits and a unit.
pub(super) fn parse_timeout(text: &str) -> Option<Duration> {
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if digits.is_empty() || digits.len() > 8 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number: u64 = digits.parse().ok()?;
    match unit {
        "H" => Some(Duration::from_secs(number * 3600)),
        "M" => Some(Duration::from_secs(number * 60)),
        "S" => Some(Duration::from_secs(number)),
        "m" => Some(Duration::from_millis(number)),
        "u" => Some(Duration::from_micros(number)),
        "n" => Some(Duration::from_nanos(number)),
        _ => None,
    }
}
