//! Logs, traces and metrics, none of which may carry personal data.
//!
//! Every field of a span or event must stand on an allow list; others are dropped before anything is written or
//! exported. Texts that are let through are searched for document numbers, which are masked. Traces and metrics go to
//! an OpenTelemetry collector where one is configured; the W3C trace context crosses services in both directions.

mod export;
mod fields;
mod logs;
mod metrics;
mod propagation;

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use tracing_subscriber::{
    EnvFilter, Layer, filter::LevelFilter, layer::SubscriberExt, util::SubscriberInitExt,
};

pub use export::ExportError;
pub use fields::AllowedFields;
pub use logs::JsonLogs;
pub(crate) use metrics::Calls;
pub use metrics::{Gauge, gauge};
pub use propagation::inject;
pub(crate) use propagation::{adopt_parent, incoming_trace_id};

use crate::config;

const FLUSH_TIMEOUT: Duration = Duration::from_secs(5);

/// Telemetry that has been turned on; flush it at the end of `main`.
pub struct Telemetry {
    exporters: Option<export::Exporters>,
}

/// Why telemetry could not be turned on.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The filter cannot be read.
    #[error("telemetry.log: {0}")]
    Filter(String),
    /// The exporter cannot be made.
    #[error("telemetry.otlp: {0}")]
    Export(#[from] ExportError),
    /// Another subscriber was installed in this process.
    #[error("telemetry is on already")]
    AlreadyOn,
}

impl Telemetry {
    /// Turns on telemetry for the whole process, once. `fields` are the service's own additions to the allow list.
    /// Exporting needs a tokio runtime.
    pub fn start(
        config: &config::Telemetry,
        service: &str,
        fields: &[&'static str],
    ) -> Result<Self, TelemetryError> {
        // Before anything global is replaced.
        static ON: AtomicBool = AtomicBool::new(false);
        if ON.swap(true, Ordering::AcqRel) {
            return Err(TelemetryError::AlreadyOn);
        }
        let filter =
            EnvFilter::try_new(&config.log).map_err(|error| TelemetryError::Filter(error.to_string()))?;
        let allowed = AllowedFields::with(fields);
        let exporters = match &config.otlp {
            Some(url) => Some(export::Exporters::start(url, config.sample, service, &allowed)?),
            None => None,
        };
        let logs = JsonLogs::new(std::io::stderr, allowed);
        let traces = exporters.as_ref().map(export::Exporters::layer);
        tracing_subscriber::registry()
            .with(logs.with_filter(filter))
            .with(traces.with_filter(LevelFilter::INFO))
            .try_init()
            .map_err(|_| TelemetryError::AlreadyOn)?;
        Ok(Self { exporters })
    }

    /// Sends what is still held. Blocks for a few seconds at most.
    pub fn flush(self) {
        if let Some(exporters) = self.exporters {
            exporters.shut_down(FLUSH_TIMEOUT);
        }
    }
}

/// Whether a log filter can be read.
pub fn check_filter(filter: &str) -> Result<(), String> {
    EnvFilter::try_new(filter)
        .map(drop)
        .map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests;
