use std::{fmt, io::Write};

use serde_json::{Map, Value};
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};
use tracing_subscriber::{Layer, fmt::MakeWriter, layer::Context, registry::LookupSpan};

use super::fields::{AllowedFields, mask};
use crate::clock::{Clock, SystemClock};

/// Writes each event as one JSON object a line, with the fields of the spans around it. Only allowed fields.
pub struct JsonLogs<W> {
    out: W,
    allowed: AllowedFields,
    clock: SystemClock,
}

impl<W> JsonLogs<W> {
    /// Writes to `out`.
    pub fn new(out: W, allowed: AllowedFields) -> Self {
        Self {
            out,
            allowed,
            clock: SystemClock::new(),
        }
    }
}

/// The allowed fields of a span so far, as they were recorded: most spans end without an event, so nothing is masked or
/// laid out before one is written.
struct SpanFields(Vec<(&'static str, Value)>);

impl<S, W> Layer<S> for JsonLogs<W>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'a> MakeWriter<'a> + 'static,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = Collected {
            allowed: &self.allowed,
            fields: Vec::with_capacity(attributes.fields().len()),
        };
        attributes.record(&mut fields);
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(SpanFields(fields.fields));
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut extensions = span.extensions_mut();
        let Some(SpanFields(known)) = extensions.get_mut::<SpanFields>() else {
            return;
        };
        let mut fields = Collected {
            allowed: &self.allowed,
            fields: std::mem::take(known),
        };
        values.record(&mut fields);
        *known = fields.fields;
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let metadata = event.metadata();
        let mut fields = Collected {
            allowed: &self.allowed,
            fields: Vec::new(),
        };
        event.record(&mut fields);
        let mut line = Map::new();
        line.insert("time".into(), self.clock.now().to_string().into());
        line.insert("level".into(), metadata.level().as_str().into());
        line.insert("target".into(), metadata.target().into());
        if let Some(scope) = context.event_scope(event) {
            for span in scope.from_root() {
                line.insert("span".into(), span.name().into());
                if let Some(SpanFields(fields)) = span.extensions().get::<SpanFields>() {
                    line.extend(fields.iter().map(|(name, value)| shown(name, value)));
                }
            }
        }
        line.extend(fields.fields.iter().map(|(name, value)| shown(name, value)));
        let mut text = Value::Object(line).to_string();
        text.push('\n');
        // Nowhere to report a log that cannot be written.
        let _lost = self.out.make_writer_for(metadata).write_all(text.as_bytes());
    }
}

/// A field as it leaves the process: texts are masked.
fn shown(name: &str, value: &Value) -> (String, Value) {
    let value = match value {
        Value::String(text) => mask(text).into_owned().into(),
        other => other.clone(),
    };
    (name.to_owned(), value)
}

struct Collected<'a> {
    allowed: &'a AllowedFields,
    /// Later values of a name take the place of earlier ones when they are laid out.
    fields: Vec<(&'static str, Value)>,
}

impl Collected<'_> {
    fn insert(&mut self, field: &Field, value: impl FnOnce() -> Value) {
        if self.allowed.has(field.name()) {
            self.fields.push((field.name(), value()));
        }
    }
}

impl Visit for Collected<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.insert(field, || format!("{value:?}").into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.insert(field, || value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.insert(field, || value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.insert(field, || value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.insert(field, || value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.insert(field, || value.into());
    }
}
