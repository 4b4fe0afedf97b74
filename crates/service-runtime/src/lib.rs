//! What every service shares: configuration, clocks, TLS, authentication and [`Scope`], errors on the wire,
//! telemetry, lifecycle and the gRPC server itself.
//!
//! A service is put together in this order; nothing is opened before everything was checked:
//!
//! 1. [`config::load`] reads one TOML file and reports every fault at once (`--check-config` stops here);
//! 2. [`telemetry::Telemetry::start`] turns on logs, traces and metrics, masked by an allow list of fields;
//! 3. [`clock::RegisterClock`] and [`clock::SystemClock`] become arguments of whatever needs time;
//! 4. [`server::Server`] takes the routes, the allow list of their methods, and an [`auth::Authenticator`];
//! 5. [`lifecycle::Lifecycle`] runs it until a signal, then drains.
//!
//! Who may call what is data ([`auth::Allow`]), checked against the proto descriptors at start: a method that
//! no entry names keeps the service from starting. Whose rows a call may touch is a [`Scope`], which only the
//! authentication layer of this crate can make.

pub mod auth;
pub mod clock;
pub mod config;
pub mod error;
pub mod lifecycle;
pub mod page;
pub mod pki;
pub mod request;
pub mod server;
pub mod subscription;
pub mod telemetry;
pub mod tls;
pub mod watermark;

pub use auth::{Caller, Scope};
pub use error::{Reason, Refusal};
pub use lifecycle::Lifecycle;
pub use server::Server;
pub use watermark::Watermark;

/// Re-exported for [`reasons!`].
#[doc(hidden)]
pub use tonic::Code as __Code;
