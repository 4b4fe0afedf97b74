//! Requests read, faults written.

use std::fmt;

use api::audit::v1 as pb;
use api::convert::{Malformed, Read as _};
use api::types::v1::BilingualText;
use jiff::Timestamp;
use postgres::audit::{Entry, Fault};
use serde_json::{Value, json};
use service_runtime::Refusal;

/// Numbers of the chain, inclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Range {
    pub(crate) from: i64,
    /// None: as far as the chain goes.
    pub(crate) to: Option<i64>,
}

impl Range {
    pub(crate) fn evidence(self) -> Value {
        json!({ "from": self.from, "to": self.to })
    }
}

pub(crate) fn range(from: i64, to: i64) -> Result<Range, Refusal> {
    if from < 0 {
        return Err(Refusal::invalid("from", "must be a number of the chain"));
    }
    if to < 0 || (to > 0 && to < from) {
        return Err(Refusal::invalid("to", "must not come before `from`"));
    }
    Ok(Range {
        from: from.max(1),
        to: (to > 0).then_some(to),
    })
}

/// Which records are told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Filter {
    since: Option<Timestamp>,
    until: Option<Timestamp>,
    actor: String,
    verb: String,
    subject: String,
}

pub(crate) fn filter(message: &pb::ExportAuditRequest) -> Result<Filter, Refusal> {
    let malformed = |error: Malformed| Refusal::invalid(error.field, format!("expected {}", error.expected));
    let since = message.since.map(|_| message.since.read("since"));
    let until = message.until.map(|_| message.until.read("until"));
    Ok(Filter {
        since: since.transpose().map_err(malformed)?,
        until: until.transpose().map_err(malformed)?,
        actor: message.actor.clone(),
        verb: message.verb.clone(),
        subject: message.subject.clone(),
    })
}

impl Filter {
    pub(crate) fn lets(&self, entry: &Entry) -> bool {
        let subject = match self.subject.strip_suffix('*') {
            Some(start) => entry.subject.starts_with(start),
            None => self.subject.is_empty() || entry.subject == self.subject,
        };
        subject
            && self.since.is_none_or(|since| entry.at >= since)
            && self.until.is_none_or(|until| entry.at < until)
            && (self.actor.is_empty() || entry.actor == self.actor)
            && (self.verb.is_empty() || entry.verb == self.verb)
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let since = self.since.map(|at| at.to_string()).unwrap_or_default();
        let until = self.until.map(|at| at.to_string()).unwrap_or_default();
        let parts = [
            ("since", &since),
            ("until", &until),
            ("actor", &self.actor),
            ("verb", &self.verb),
            ("subject", &self.subject),
        ];
        let mut space = "";
        for (name, value) in parts.into_iter().filter(|(_, value)| !value.is_empty()) {
            write!(f, "{space}{name}={value}")?;
            space = " ";
        }
        Ok(())
    }
}

pub(crate) fn fault(fault: Fault) -> pb::AuditFault {
    let kind = match fault {
        Fault::Gap { .. } => pb::AuditFaultKind::Gap,
        Fault::Broken { .. } => pb::AuditFaultKind::Broken,
        Fault::Altered { .. } => pb::AuditFaultKind::Altered,
        Fault::Missing { .. } => pb::AuditFaultKind::Missing,
        Fault::Unlinked { .. } => pb::AuditFaultKind::Unlinked,
        Fault::HeadMismatch { .. } => pb::AuditFaultKind::HeadMismatch,
    };
    let (zh, en) = fault.text();
    pb::AuditFault {
        kind: kind.into(),
        position: fault.position(),
        text: Some(BilingualText { zh, en }),
    }
}
