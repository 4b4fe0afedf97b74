use std::{borrow::Cow, time::Duration};

use opentelemetry::{
    KeyValue, Value, global,
    trace::{Status, TracerProvider},
};
use opentelemetry_otlp::{MetricExporter, WithExportConfig};
use opentelemetry_sdk::{
    Resource,
    error::OTelSdkResult,
    metrics::SdkMeterProvider,
    propagation::TraceContextPropagator,
    trace::{Sampler, SdkTracerProvider, SpanData, SpanExporter},
};
use tracing::Subscriber;
use tracing_subscriber::{Layer, registry::LookupSpan};

use super::fields::{AllowedFields, mask};

/// Why an exporter cannot be made.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct ExportError(#[from] opentelemetry_otlp::ExporterBuildError);

/// Traces and metrics on their way to the collector.
pub(super) struct Exporters {
    traces: SdkTracerProvider,
    metrics: SdkMeterProvider,
}

impl Exporters {
    pub(super) fn start(
        url: &str,
        sample: f64,
        service: &str,
        allowed: &AllowedFields,
    ) -> Result<Self, ExportError> {
        let resource = Resource::builder_empty()
            .with_service_name(service.to_owned())
            .build();
        let spans = opentelemetry_otlp::SpanExporter::builder()
            .with_tonic()
            .with_endpoint(url)
            .build()?;
        let spans = Masked {
            inner: spans,
            allowed: allowed.clone(),
        };
        let traces = SdkTracerProvider::builder()
            .with_sampler(Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(sample))))
            .with_resource(resource.clone())
            .with_batch_exporter(spans)
            .build();
        let measures = MetricExporter::builder()
            .with_tonic()
            .with_endpoint(url)
            .build()?;
        let metrics = SdkMeterProvider::builder()
            .with_resource(resource)
            .with_periodic_exporter(measures)
            .build();
        global::set_text_map_propagator(TraceContextPropagator::new());
        global::set_tracer_provider(traces.clone());
        global::set_meter_provider(metrics.clone());
        Ok(Self { traces, metrics })
    }

    pub(super) fn layer<S>(&self) -> impl Layer<S> + use<S>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        tracing_opentelemetry::layer().with_tracer(self.traces.tracer("jianzheng"))
    }

    pub(super) fn shut_down(self, timeout: Duration) {
        for outcome in [
            self.traces.shutdown_with_timeout(timeout),
            self.metrics.shutdown_with_timeout(timeout),
        ] {
            if let Err(error) = outcome {
                tracing::warn!(%error, "telemetry was not flushed");
            }
        }
    }
}

/// Drops what is not on the allow list before it is exported.
#[derive(Debug)]
pub(super) struct Masked<E> {
    pub(super) inner: E,
    pub(super) allowed: AllowedFields,
}

impl<E: SpanExporter> SpanExporter for Masked<E> {
    async fn export(&self, mut batch: Vec<SpanData>) -> OTelSdkResult {
        for span in &mut batch {
            self.clean(&mut span.attributes);
            if let Status::Error { description } = &mut span.status
                && let Cow::Owned(masked) = mask(description)
            {
                *description = masked.into();
            }
            for event in &mut span.events.events {
                // The name of an event is its message.
                if let Cow::Owned(masked) = mask(&event.name) {
                    event.name = masked.into();
                }
                self.clean(&mut event.attributes);
            }
        }
        self.inner.export(batch).await
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.inner.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.inner.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.inner.set_resource(resource);
    }
}

impl<E> Masked<E> {
    fn clean(&self, attributes: &mut Vec<KeyValue>) {
        attributes.retain(|attribute| self.allowed.has(attribute.key.as_str()));
        for attribute in attributes {
            if let Value::String(text) = &attribute.value
                && let Cow::Owned(masked) = mask(text.as_str())
            {
                attribute.value = masked.into();
            }
        }
    }
}
