//! Random operations and faults from a seed, over a nation and two provinces as they run in production: every service a
//! process, a real PostgreSQL, links between them that break; only the register clock is moved by hand.
//!
//! A seed fixes which operations and faults follow each other, not how they interleave in the processes: a seed that failed
//! fails again where the order matters, and mostly where it does not. Found ones are kept in [`reproductions`].
//!
//! A failure is: an invariant that does not hold after a step ([`invariant`]); a lawful operation that is refused for another
//! reason than that somebody is away; a system that does not come to rest once everything is mended, or rests with
//! something missing, doubled, or different on the two sides.
//! No failure is: an operation that is refused or unanswered while somebody is away; a clearance that is refused because the
//! nation has acted upon the registration in between; a former employer who is nobody in a province that has not yet heard of the
//! last move.

pub mod chance;
mod fault;
mod invariant;
mod operation;
mod order;
mod people;
pub mod reproductions;
mod simulation;

pub use simulation::{Simulation, Until};
