//! How fast this machine is now, so that recorded references travel: SM3 over one mebibyte.

use std::time::Instant;

/// MB/s of SM3 on the machine where the references were recorded (dependencies, §2).
const RECORDED: f64 = 535.0;

/// This machine's speed as a part of the recorded one's.
pub(crate) struct Speed(f64);

impl Speed {
    /// A recorded rate, scaled to this machine.
    pub(crate) fn scale(&self, recorded: f64) -> f64 {
        recorded * self.0
    }
}

/// The loop, one round of which is run beside each repeat of what is measured.
#[derive(Default)]
pub(crate) struct Calibration(Vec<f64>);

impl Calibration {
    /// One round.
    pub(crate) fn round(&mut self) {
        let block = vec![0x5a_u8; 1 << 20];
        let begun = Instant::now();
        std::hint::black_box(gm::sm3::digest(&block));
        self.0.push(begun.elapsed().as_secs_f64());
    }

    /// The speed of the median round.
    pub(crate) fn speed(self) -> Speed {
        Speed(1.048_576 / crate::median(self.0) / RECORDED)
    }
}
