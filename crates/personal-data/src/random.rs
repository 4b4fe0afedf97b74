//! The operating system's randomness as an argument.

use std::convert::Infallible;

use rand_core::{TryCryptoRng, TryRng};

/// Random bytes of the validated library, seeded by the operating system. Where it cannot deliver, the process
/// cannot make keys, and panics.
#[derive(Debug, Clone, Copy, Default)]
pub struct OsRandom;

impl TryRng for OsRandom {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, destination: &mut [u8]) -> Result<(), Infallible> {
        aws_lc_rs::rand::fill(destination).expect("the operating system's random source works");
        Ok(())
    }
}

impl TryCryptoRng for OsRandom {}
