//! One figure of `bench.json` (format: goals of the project).

use std::fmt;

use serde::Serialize;

/// A figure beside its reference.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Row {
    /// Stable name.
    pub(crate) id: &'static str,
    /// What was measured.
    pub(crate) value: f64,
    /// Its unit.
    pub(crate) unit: &'static str,
    /// What it is compared with, on this machine.
    pub(crate) reference: f64,
    /// `value ÷ reference`.
    pub(crate) ratio: f64,
    /// The ratio to reach.
    pub(crate) goal: f64,
    /// Whether it is reached.
    pub(crate) met: bool,
    /// How both were taken.
    pub(crate) how: String,
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = if self.met { "met" } else { "NOT MET" };
        // Seconds, mostly, are parts of one.
        let digits = |value: f64| if value < 10.0 { 6 } else { 0 };
        write!(
            f,
            "{:<26} {:>10.*} {:<12} reference {:>8.*}  ratio {:>7.2}  goal {:>5.2}  {mark}  ({})",
            self.id,
            digits(self.value),
            self.value,
            self.unit,
            digits(self.reference),
            self.reference,
            self.ratio,
            self.goal,
            self.how
        )
    }
}
