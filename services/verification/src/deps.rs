//! What queries and jobs work with.

use std::sync::Arc;

use service_runtime::clock::{Clock as _, RegisterClock};
use tokio::sync::watch;

use crate::config::Freshness;
use crate::indices::Indices;
use crate::limits::Limits;
use crate::model::Model;
use crate::peer::issuance::Issuance;
use crate::query::verify_document::Desk;
use crate::records::Records;

/// Shared by every call.
pub(crate) struct Deps {
    pub(crate) reading: Reading,
    pub(crate) clock: RegisterClock,
    pub(crate) freshness: Freshness,
    pub(crate) limits: Limits,
    pub(crate) records: Records,
    pub(crate) desk: Desk,
    /// Where the register's history is asked for.
    pub(crate) issuance: Issuance,
}

/// The present read model.
pub(crate) struct Reading(watch::Sender<Arc<Model>>);

impl Reading {
    /// Nothing is read yet.
    pub(crate) fn nothing(indices: Indices, clock: &RegisterClock) -> Self {
        Self(watch::Sender::new(Arc::new(Model::new(indices, clock.now()))))
    }
}

impl Deps {
    /// The read model. Whoever answers takes it once and stays with it: another one may take its place.
    pub(crate) fn model(&self) -> Arc<Model> {
        Arc::clone(&self.reading.0.borrow())
    }

    /// Another model takes the place of the present one. Called by the one follower of the feed.
    pub(crate) fn replace_model(&self, model: Model) {
        self.reading.0.send_replace(Arc::new(model));
    }

    /// What was read is forgotten; the register is about to be read from its beginning.
    pub(crate) fn forget_model(&self) {
        let indices = self.model().indices.clone();
        self.replace_model(Model::new(indices, self.clock.now()));
    }

    /// Returns once the model has caught up with the register for the first time.
    pub(crate) async fn caught_up(&self) {
        let mut models = self.reading.0.subscribe();
        loop {
            let model = Arc::clone(&models.borrow_and_update());
            tokio::select! {
                () = model.marks.caught_up() => return,
                // The sender lives as long as this value.
                _changed = models.changed() => {}
            }
        }
    }
}
