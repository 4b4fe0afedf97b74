//! What a person at the terminal reads.

use std::time::Instant;

use testkit::story::Narrator;

/// Prints each step with the time since the last one.
pub(super) struct Teller {
    begun: Instant,
    last: Instant,
    number: u32,
}

impl Teller {
    pub(super) fn new() -> Self {
        let now = Instant::now();
        Self {
            begun: now,
            last: now,
            number: 0,
        }
    }

    pub(super) fn say(&mut self, what: &str) {
        let now = Instant::now();
        self.number += 1;
        println!(
            "{:>3}. {:>8.3} s  {what}",
            self.number,
            now.duration_since(self.last).as_secs_f64()
        );
        self.last = now;
    }

    pub(super) fn end(&self) {
        println!(
            "共 {} 步，{:.1} s",
            self.number,
            self.begun.elapsed().as_secs_f64()
        );
    }
}

impl Narrator for Teller {
    fn step(&mut self, what: &str) {
        self.say(what);
    }
}
