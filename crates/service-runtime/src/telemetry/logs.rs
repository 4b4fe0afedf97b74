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

/// The allowed fields of a span so far.
struct SpanFields(Map<String, Value>);

impl<S, W> Layer<S> for JsonLogs<W>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'a> MakeWriter<'a> + 'static,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = Collected {
            allowed: &self.allowed,
            map: Map::new(),
        };
        attributes.record(&mut fields);
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(SpanFields(fields.map));
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut extensions = span.extensions_mut();
        let Some(SpanFields(map)) = extensions.get_mut::<SpanFields>() else {
            return;
        };
        let mut fields = Collected {
            allowed: &self.allowed,
            map: std::mem::take(map),
        };
        values.record(&mut fields);
        *map = fields.map;
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let metadata = event.metadata();
        let mut fields = Collected {
            allowed: &self.allowed,
            map: Map::new(),
        };
        event.record(&mut fields);
        let mut line = Map::new();
        line.insert("time".into(), self.clock.now().to_string().into());
        line.insert("level".into(), metadata.level().as_str().into());
        line.insert("target".into(), metadata.target().into());
        if let Some(scope) = context.event_scope(event) {
            for span in scope.from_root() {
                line.insert("span".into(), span.name().into());
                if let Some(SpanFields(map)) = span.extensions().get::<SpanFields>() {
                    line.extend(map.clone());
                }
            }
        }
        line.extend(fields.map);
        let mut text = Value::Object(line).to_string();
        text.push('\n');
        // Nowhere to report a log that cannot be written.
        let _lost = self.out.make_writer_for(metadata).write_all(text.as_bytes());
    }
}

struct Collected<'a> {
    allowed: &'a AllowedFields,
    map: Map<String, Value>,
}

impl Collected<'_> {
    fn insert(&mut self, field: &Field, value: impl FnOnce() -> Value) {
        if self.allowed.has(field.name()) {
            self.map.insert(field.name().to_owned(), value());
        }
    }
}

impl Visit for Collected<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.insert(field, || mask(&format!("{value:?}")).into_owned().into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.insert(field, || mask(value).into_owned().into());
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
