//! What queries and jobs work with.

use service_runtime::clock::RegisterClock;

use crate::config::Freshness;
use crate::limits::Limits;
use crate::model::Model;
use crate::query::verify_document::Desk;
use crate::records::Records;

/// Shared by every call.
pub(crate) struct Deps {
    pub(crate) model: Model,
    pub(crate) clock: RegisterClock,
    pub(crate) freshness: Freshness,
    pub(crate) limits: Limits,
    pub(crate) records: Records,
    pub(crate) desk: Desk,
}
