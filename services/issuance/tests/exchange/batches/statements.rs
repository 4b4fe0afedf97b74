//! Counts the statements of transactions with a name, as sqlx tells of each.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::registry::{LookupSpan, Registry};

/// What this process has sent to PostgreSQL in transactions of one name.
pub(super) struct Statements(Arc<AtomicUsize>);

impl Statements {
    /// Listens from now on; once in a process.
    pub(super) fn of(transaction: &'static str) -> Self {
        let count = Arc::new(AtomicUsize::new(0));
        let listening = Listening {
            transaction,
            count: Arc::clone(&count),
        };
        tracing::subscriber::set_global_default(Registry::default().with(listening))
            .expect("nobody else listens in this process");
        Self(count)
    }

    pub(super) fn clear(&self) {
        self.0.store(0, Ordering::SeqCst);
    }

    pub(super) fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

struct Listening {
    transaction: &'static str,
    count: Arc<AtomicUsize>,
}

/// Marks the spans of the transactions that count.
struct Counts;

/// Whether field `name` of a span is the transaction's.
struct Named<'a>(&'a str, bool);

impl Visit for Named<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.1 |= field.name() == "name" && value == self.0;
    }

    fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Listening {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut named = Named(self.transaction, false);
        attributes.record(&mut named);
        if named.1
            && let Some(span) = context.span(id)
        {
            span.extensions_mut().insert(Counts);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let counts = |scope: tracing_subscriber::registry::Scope<'_, S>| {
            scope
                .into_iter()
                .any(|span| span.extensions().get::<Counts>().is_some())
        };
        if event.metadata().target() == "sqlx::query" && context.event_scope(event).is_some_and(counts) {
            self.count.fetch_add(1, Ordering::SeqCst);
        }
    }
}
