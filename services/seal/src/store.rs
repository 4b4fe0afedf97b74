//! SQL of this service; rows become typed values here.

pub(crate) mod journal;
pub(crate) mod seal;
