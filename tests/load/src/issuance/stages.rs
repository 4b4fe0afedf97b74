//! How long the spans of each stage of the issuing job were on a core: between entering and leaving, without what they waited.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use tracing::span::Id;
use tracing::{Subscriber, subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::registry::{LookupSpan, Registry};

/// Spans of `issuance::job::issue`, and of the keeper.
const STAGES: [&str; 10] = [
    "lease",
    "prepare",
    "render",
    "intend",
    "seal",
    "stamp",
    "verify",
    "store",
    "mark",
    "sign_documents",
];

/// What each stage has used.
#[derive(Debug, Clone, Default)]
pub(super) struct Stages(Arc<Mutex<BTreeMap<&'static str, f64>>>);

thread_local! {
    /// Spans that this thread is in, the innermost last, and since when.
    static ENTERED: RefCell<Vec<Instant>> = const { RefCell::new(Vec::new()) };
}

impl Stages {
    /// Listens to every span of this process from now on.
    pub(super) fn install() -> Self {
        let stages = Self::default();
        let listening = Registry::default().with(Listening(stages.clone()));
        if subscriber::set_global_default(listening).is_err() {
            eprintln!("bench: somebody listens to spans already; stages are not counted");
        }
        stages
    }

    pub(super) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Seconds, in the order of the cycle.
    pub(super) fn busy(&self) -> Vec<(&'static str, f64)> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        STAGES
            .into_iter()
            .filter_map(|stage| Some((stage, *known.get(stage)?)))
            .collect()
    }
}

struct Listening(Stages);

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Listening {
    fn on_enter(&self, id: &Id, context: Context<'_, S>) {
        if context.span(id).is_some_and(|span| STAGES.contains(&span.name())) {
            ENTERED.with_borrow_mut(|entered| entered.push(Instant::now()));
        }
    }

    fn on_exit(&self, id: &Id, context: Context<'_, S>) {
        let Some(name) = context.span(id).map(|span| span.name()) else {
            return;
        };
        let Some(stage) = STAGES.into_iter().find(|stage| *stage == name) else {
            return;
        };
        if let Some(since) = ENTERED.with_borrow_mut(Vec::pop) {
            let mut known = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
            *known.entry(stage).or_default() += since.elapsed().as_secs_f64();
        }
    }
}
