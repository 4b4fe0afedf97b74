use std::{fmt, time::Duration};

use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};
use uuid::Uuid;

use super::{Reason, shared};

/// One refusal, ready to cross the wire.
///
/// Metadata and field violations travel to the caller as they are: put nothing personal there that the caller
/// did not send.
#[derive(Clone)]
pub struct Refusal(Box<Kind>);

#[derive(Clone)]
enum Kind {
    Here(Particulars),
    /// A refusal of one of our own services, passed on with its details.
    Relayed(Status),
}

#[derive(Clone)]
struct Particulars {
    reason: Reason,
    violations: Vec<(String, String)>,
    metadata: Vec<(String, String)>,
    retry_after: Option<Duration>,
}

impl Refusal {
    /// A refusal for `reason`.
    pub fn new(reason: Reason) -> Self {
        Self(Box::new(Kind::Here(Particulars {
            reason,
            violations: Vec::new(),
            metadata: Vec::new(),
            retry_after: None,
        })))
    }

    /// `INVALID_ARGUMENT` for one field; add more with [`Refusal::field`].
    pub fn invalid(field: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::new(shared::INVALID_ARGUMENT).field(field, problem)
    }

    /// Names a field of the request (`person.name`) and what is wrong with it.
    #[must_use]
    pub fn field(mut self, field: impl Into<String>, problem: impl Into<String>) -> Self {
        if let Kind::Here(particulars) = self.0.as_mut() {
            particulars.violations.push((field.into(), problem.into()));
        }
        self
    }

    /// Adds a fact to `ErrorInfo.metadata`, for instance the state that forbade the act.
    #[must_use]
    pub fn metadata(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        if let Kind::Here(particulars) = self.0.as_mut() {
            particulars.metadata.push((key.into(), value.into()));
        }
        self
    }

    /// Tells the caller when to come back (`google.rpc.RetryInfo`).
    #[must_use]
    pub fn retry_after(mut self, delay: Duration) -> Self {
        if let Kind::Here(particulars) = self.0.as_mut() {
            particulars.retry_after = Some(delay);
        }
        self
    }

    /// Anything that is nobody's reason: logs `error` with a random incident id and answers only the id.
    #[track_caller]
    pub fn internal(error: impl fmt::Display) -> Self {
        let incident = Uuid::new_v4();
        let at = std::panic::Location::caller();
        tracing::error!(%incident, error = %error, file = at.file(), line = at.line(), "internal error");
        Self::new(shared::INTERNAL).metadata("incident", incident.to_string())
    }

    /// The service's own database cannot be reached or used now: logged, and worth another try.
    pub fn database_unavailable(error: impl fmt::Display) -> Self {
        tracing::warn!(error = %error, "database unavailable");
        Self::new(shared::OVERLOADED).retry_after(Duration::from_secs(1))
    }

    /// What a failed call to `peer` means for our own caller: the refusal of a service of ours is passed on
    /// with its details, an unreachable peer is `PEER_UNAVAILABLE`, all else is an incident.
    pub fn relay(peer: &'static str, status: Status) -> Self {
        let ours = reason_of(&status).is_some_and(|(domain, _)| is_our_domain(&domain));
        match status.code() {
            _ if ours => Self(Box::new(Kind::Relayed(status))),
            Code::Unavailable | Code::DeadlineExceeded | Code::Cancelled | Code::Unknown => {
                tracing::warn!(peer, code = ?status.code(), error = status.message(), "peer unavailable");
                Self::new(shared::PEER_UNAVAILABLE).metadata("peer", peer)
            }
            code => Self::internal(format_args!("{peer} answered {code:?}: {}", status.message())),
        }
    }

    /// A fact of its metadata; none of a relayed refusal.
    pub fn fact(&self, key: &str) -> Option<&str> {
        let Kind::Here(particulars) = self.0.as_ref() else {
            return None;
        };
        let found = particulars.metadata.iter().find(|(known, _)| known == key);
        found.map(|(_, value)| value.as_str())
    }

    /// Fields of the request with what is wrong with each; none of a relayed refusal.
    pub fn violations(&self) -> &[(String, String)] {
        match self.0.as_ref() {
            Kind::Here(particulars) => &particulars.violations,
            Kind::Relayed(_) => &[],
        }
    }

    /// What to tell the person: the particular text where one is given, else that of the reason.
    pub fn text_zh(&self) -> &str {
        match self.0.as_ref() {
            Kind::Here(particulars) => self.fact("text_zh").unwrap_or(particulars.reason.zh),
            Kind::Relayed(status) => status.message(),
        }
    }

    /// The code that it travels under.
    pub fn code(&self) -> Code {
        match self.0.as_ref() {
            Kind::Here(particulars) => particulars.reason.code,
            Kind::Relayed(status) => status.code(),
        }
    }

    /// Whether it was given for exactly this reason.
    pub fn is(&self, reason: Reason) -> bool {
        match self.0.as_ref() {
            Kind::Here(particulars) => {
                particulars.reason.name == reason.name && particulars.reason.domain == reason.domain
            }
            Kind::Relayed(status) => {
                reason_of(status).is_some_and(|(domain, name)| domain == reason.domain && name == reason.name)
            }
        }
    }

    /// The name of the reason, for spans, audits and tests.
    pub fn name(&self) -> String {
        match self.0.as_ref() {
            Kind::Here(particulars) => particulars.reason.name.to_owned(),
            Kind::Relayed(status) => {
                reason_of(status).map_or_else(|| format!("{:?}", status.code()), |(_, name)| name)
            }
        }
    }

    /// The status with `ErrorInfo`, `LocalizedMessage`, field violations and `RetryInfo`.
    pub fn into_status(self) -> Status {
        let particulars = match *self.0 {
            Kind::Relayed(status) => return status,
            Kind::Here(particulars) => particulars,
        };
        let Particulars {
            reason,
            violations,
            metadata,
            retry_after,
        } = particulars;
        let mut details = ErrorDetails::new();
        let mut facts: std::collections::HashMap<_, _> = metadata.into_iter().collect();
        facts.insert("advice".to_owned(), reason.advice.to_owned());
        details.set_error_info(reason.name, reason.domain, facts);
        details.set_localized_message("zh-CN", reason.zh);
        for (field, problem) in violations {
            details.add_bad_request_violation(field, problem);
        }
        if let Some(delay) = retry_after {
            details.set_retry_info(Some(delay));
        }
        Status::with_error_details(reason.code, reason.en, details)
    }
}

impl From<Reason> for Refusal {
    fn from(reason: Reason) -> Self {
        Self::new(reason)
    }
}

impl From<Refusal> for Status {
    fn from(refusal: Refusal) -> Self {
        refusal.into_status()
    }
}

impl fmt::Debug for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Refusal({self})")
    }
}

impl fmt::Display for Refusal {
    /// Name, code and the fields at fault; never the problems, which may quote what was sent.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({:?})", self.name(), self.code())?;
        if let Kind::Here(particulars) = self.0.as_ref() {
            for (field, _) in &particulars.violations {
                write!(f, " {field}")?;
            }
        }
        Ok(())
    }
}

impl std::error::Error for Refusal {}

/// Domain and name of the reason that a status carries, if it carries one.
pub fn reason_of(status: &Status) -> Option<(String, String)> {
    status
        .get_details_error_info()
        .map(|info| (info.domain, info.reason))
}

fn is_our_domain(domain: &str) -> bool {
    domain == shared::DOMAIN
        || domain
            .strip_prefix(shared::DOMAIN)
            .is_some_and(|service| service.starts_with('.'))
}

/// The net under every answer: a status without one of our reasons keeps its code where that says something to
/// the caller, and loses its text. Returns `None` for a status that may leave as it is.
pub fn sanitize(status: &Status) -> Option<Refusal> {
    if status.code() == Code::Ok || reason_of(status).is_some_and(|(domain, _)| is_our_domain(&domain)) {
        return None;
    }
    let reason = match status.code() {
        Code::Ok => return None,
        Code::InvalidArgument => shared::INVALID_ARGUMENT,
        Code::NotFound => shared::NOT_FOUND,
        Code::AlreadyExists => shared::ALREADY_EXISTS,
        Code::PermissionDenied | Code::Unauthenticated => shared::PERMISSION_DENIED,
        Code::FailedPrecondition => shared::ILLEGAL_STATE,
        Code::Aborted => shared::CONCURRENT_CHANGE,
        Code::OutOfRange => shared::PAYLOAD_TOO_LARGE,
        Code::ResourceExhausted => shared::OVERLOADED,
        Code::DeadlineExceeded => shared::DEADLINE_EXCEEDED,
        Code::Unavailable => shared::PEER_UNAVAILABLE,
        Code::Cancelled => shared::CANCELLED,
        Code::Unimplemented => shared::METHOD_UNKNOWN,
        Code::Internal if blames_the_message(status.message()) => shared::INVALID_ARGUMENT,
        Code::Internal | Code::Unknown | Code::DataLoss => {
            return Some(Refusal::internal(format_args!(
                "{:?}: {}",
                status.code(),
                status.message()
            )));
        }
    };
    Some(Refusal::new(reason))
}

/// The server library answers a message that is missing or cannot be decoded with INTERNAL; that is no incident.
fn blames_the_message(text: &str) -> bool {
    [
        "failed to decode Protobuf message",
        "Missing request message",
        "protocol error",
    ]
    .iter()
    .any(|start| text.starts_with(start))
}
