//! What provinces, `verification` and national officers are promised: real PostgreSQL, real mTLS, real keys. Identity is
//! played in process; the keeper of the seals is away, which holds up nobody here.
//!
//! ```text
//! province 32 ┐                    ┌── WatchChanges ── verification
//! province 31 ┴─ mTLS ─▶ issuance ─┤
//!                           │      └── GetRegisterEntry ── national officer (portal)
//!                           └─ GetPerson, LookUpEmployer ─▶ identity (in process)
//! ```

mod announcements;
mod applying;
mod backup;
mod batches;
mod business_types;
mod claims;
mod clearances;
mod employments;
mod history;
mod identity;
mod lapses;
mod links;
mod log;
mod migrating;
mod moves;
mod national_acts;
mod positions;
mod privacy;
mod province;
mod reconciling;
mod reinstating;
mod renewals;
mod restoring;
mod roles;
mod standing;
mod status_lists;
mod streams;
mod transitions;
mod witnesses;
mod world;
