use std::{borrow::Cow, collections::HashSet, sync::Arc};

/// What every service may say of its work.
const COMMON: &[&str] = &[
    "message",
    "application",
    "attempt",
    "authority",
    "batch",
    "bytes",
    "certificate_version",
    "code",
    "command",
    "connections",
    "count",
    "database",
    "document_kind",
    "elapsed_ms",
    "error",
    "file",
    "gate",
    "incident",
    "intent",
    "job",
    "kind",
    "lag",
    "line",
    "listener",
    "method",
    "otel.kind",
    "otel.name",
    "otel.status_code",
    "outcome",
    "peer",
    "position",
    "profile",
    "province",
    "queue",
    "reason",
    "request_id",
    "rpc.method",
    "rpc.system",
    "sequence",
    "service",
    "signal",
    "state",
    "stream",
    "table",
    "task",
    "trace_id",
    "transaction",
    "verb",
    "code.file.path",
    "code.line.number",
    "code.module.name",
    "busy_ns",
    "idle_ns",
    "level",
    "target",
    "thread.id",
    "thread.name",
];

/// The fields that may leave the process. Cheap to clone.
#[derive(Debug, Clone)]
pub struct AllowedFields(Arc<HashSet<&'static str>>);

impl AllowedFields {
    /// The common fields and `more`.
    pub fn with(more: &[&'static str]) -> Self {
        Self(Arc::new(COMMON.iter().chain(more).copied().collect()))
    }

    /// Whether a field may leave.
    pub fn has(&self, field: &str) -> bool {
        self.0.contains(field)
    }
}

/// `text` with everything that looks like a resident identity number (18 characters, or 15 digits of the first
/// generation) masked. A second line of defence: no such thing should be in a message at all.
pub(super) fn mask(text: &str) -> Cow<'_, str> {
    let mut masked = String::new();
    let mut kept = 0;
    let mut rest = 0;
    while let Some(start) = text[rest..]
        .find(|c: char| c.is_ascii_digit())
        .map(|at| rest + at)
    {
        let end = text[start..]
            .find(|c: char| !c.is_ascii_digit())
            .map_or(text.len(), |length| start + length);
        let check = text[end..].starts_with(['X', 'x']);
        let word_before = text[..start].ends_with(|c: char| c.is_ascii_alphanumeric());
        let after = &text[end + usize::from(check)..];
        let alone = !word_before && !after.starts_with(|c: char| c.is_ascii_alphanumeric());
        let number = matches!((end - start, check), (18 | 15, false) | (17, true));
        if alone && number {
            masked.push_str(&text[kept..start]);
            masked.push_str("***");
            kept = end + usize::from(check);
        }
        rest = end + usize::from(check);
    }
    if kept == 0 {
        return Cow::Borrowed(text);
    }
    masked.push_str(&text[kept..]);
    Cow::Owned(masked)
}
