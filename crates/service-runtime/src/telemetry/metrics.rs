use std::time::Duration;

use opentelemetry::{
    KeyValue, global,
    metrics::{Counter, Histogram, UpDownCounter},
};
use tonic::Code;

/// Seconds; from cached reads to sealing a batch.
const BUCKETS: [f64; 14] = [
    0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
];

/// Rate, errors and duration of calls by method, and how many are being answered.
#[derive(Clone)]
pub(crate) struct Calls {
    answered: Counter<u64>,
    duration: Histogram<f64>,
    in_flight: UpDownCounter<i64>,
}

impl Calls {
    pub(crate) fn new() -> Self {
        let meter = global::meter("jianzheng");
        Self {
            answered: meter
                .u64_counter("rpc.server.calls")
                .with_description("calls answered, by method and code")
                .build(),
            duration: meter
                .f64_histogram("rpc.server.duration")
                .with_unit("s")
                .with_boundaries(BUCKETS.to_vec())
                .build(),
            in_flight: meter.i64_up_down_counter("rpc.server.in_flight").build(),
        }
    }

    pub(crate) fn begun(&self, method: &'static str) {
        self.in_flight.add(1, &[KeyValue::new("rpc.method", method)]);
    }

    pub(crate) fn ended(&self, method: &'static str, code: Code, after: Duration) {
        let method = KeyValue::new("rpc.method", method);
        self.in_flight.add(-1, std::slice::from_ref(&method));
        self.duration
            .record(after.as_secs_f64(), std::slice::from_ref(&method));
        self.answered
            .add(1, &[method, KeyValue::new("code", i64::from(i32::from(code)))]);
    }
}

/// A measure of the present: outbox depth, lag behind a feed, seconds since the last heartbeat.
#[derive(Debug, Clone)]
pub struct Gauge {
    instrument: opentelemetry::metrics::Gauge<f64>,
}

/// Makes a gauge. Names are dotted, lower case, with the unit in `unit` (`s`, `{row}`).
pub fn gauge(name: &'static str, unit: &'static str, description: &'static str) -> Gauge {
    let meter = global::meter("jianzheng");
    Gauge {
        instrument: meter
            .f64_gauge(name)
            .with_unit(unit)
            .with_description(description)
            .build(),
    }
}

impl Gauge {
    /// Records the present value under labels, whose values must come from short fixed lists (a province, a job).
    pub fn record(&self, value: f64, labels: &[(&'static str, &str)]) {
        let labels: Vec<KeyValue> = labels
            .iter()
            .map(|(key, value)| KeyValue::new(*key, (*value).to_owned()))
            .collect();
        self.instrument.record(value, &labels);
    }
}
