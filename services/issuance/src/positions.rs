//! How far this process knows things to be: the register's positions, and what each province has told.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::province::Province;
use parking_lot::RwLock;
use service_runtime::{Refusal, Watermark};
use tokio::time::Instant;

/// What `min_position` waits for. Cheap to clone; all clones are one.
#[derive(Debug, Clone)]
pub(crate) struct Positions(Arc<Marks>);

#[derive(Debug)]
struct Marks {
    register: Watermark,
    statuses: Watermark,
    provinces: RwLock<BTreeMap<Province, Watermark>>,
}

/// A place in one of the two kinds of stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// `register`: a position.
    Register(u64),
    /// `provinces/32`: a sequence of the province's outbox, applied.
    Province(Province, u64),
}

impl Positions {
    /// Nothing known yet.
    pub(crate) fn new() -> Self {
        Self(Arc::new(Marks {
            register: Watermark::at(0),
            statuses: Watermark::at(0),
            provinces: RwLock::default(),
        }))
    }

    /// The register's positions.
    pub(crate) fn register(&self) -> &Watermark {
        &self.0.register
    }

    /// The register's positions that every published status list holds.
    pub(crate) fn statuses(&self) -> &Watermark {
        &self.0.statuses
    }

    /// What a province has told and is applied.
    pub(crate) fn province(&self, province: Province) -> Watermark {
        if let Some(known) = self.0.provinces.read().get(&province) {
            return known.clone();
        }
        self.0
            .provinces
            .write()
            .entry(province)
            .or_insert_with(|| Watermark::at(0))
            .clone()
    }

    /// Waits until a place is reached, or the deadline.
    pub(crate) async fn wait_for(&self, place: Place, deadline: Instant) -> Result<(), Refusal> {
        match place {
            Place::Register(position) => self.0.register.wait_for(position, deadline).await?,
            Place::Province(province, sequence) => {
                self.province(province).wait_for(sequence, deadline).await?
            }
        };
        Ok(())
    }
}
