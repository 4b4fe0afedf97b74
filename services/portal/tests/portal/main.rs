//! What people are promised by the pages. Real HTTP, real mTLS to a `verification` that says what a test tells it.
//!
//! ```text
//! test ──HTTP──▶ portal ──mTLS, gRPC──▶ double of verification
//! ```

mod announcements;
mod browse;
mod double;
mod previews;
mod problems;
mod safety;
mod status_lists;
mod verdicts;
