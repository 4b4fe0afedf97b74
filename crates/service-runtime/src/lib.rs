//! What every service shares: configuration, telemetry, TLS, authentication and Scope, lifecycle, clocks.
