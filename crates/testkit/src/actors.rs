//! The people of a story and what each can do, through public RPCs only: a vocabulary for tests and the demonstration.
//!
//! Everybody comes through a [`Door`]: channels that carry one client certificate, as a portal or a backend has.

mod auditor;
mod authority;
mod cases;
mod checker;
mod citizen;
mod copies;
mod door;
mod facts;
mod holder;
mod imports;
mod officer;
mod registrar;
mod work;

pub use auditor::{Audited, Auditor, HelpDesk};
pub use authority::{Administrator, Operator, RealNameAuthority};
pub use cases::paper;
pub use checker::Checker;
pub use citizen::Citizen;
pub use copies::Package;
pub use door::{Door, StoryClock, reason, request_id};
pub use facts::FactSubject;
pub use holder::{Draft, Holder, sm3_hex};
pub use officer::{Officer, QualificationRecord};
pub use registrar::Registrar;

/// What a call comes back with: the answer, or the status with its reason.
pub type Answer<T> = Result<T, tonic::Status>;
