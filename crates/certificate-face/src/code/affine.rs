//! QR symbols by addition.
//!
//! With version, level, mask and length fixed, every module of a symbol is a sum modulo 2 of a constant and of bits of
//! the text: error correction is linear, placing and masking move and add. So the symbol of a text is that of zeros
//! plus one column for each bit that is set. The columns are made by the library, which is also asked whether the sum is
//! right before a table is used.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU8, Ordering};

use super::{Code, encode};

/// Longer texts are rare and their tables large.
const LONGEST: usize = 106;
/// A table costs as much as several hundred symbols: it is made for a length that comes often.
const OFTEN: u8 = 100;

/// The columns for texts of one length.
pub(super) struct Table {
    side: u16,
    zeros: Vec<u64>,
    /// For each bit of the text, the first byte's lowest first.
    columns: Vec<u64>,
}

struct Slot {
    uses: AtomicU8,
    table: OnceLock<Option<Table>>,
}

/// The table for texts of this length, once they came often.
pub(super) fn table(length: usize) -> Option<&'static Table> {
    static SLOTS: [Slot; LONGEST + 1] = [const {
        Slot {
            uses: AtomicU8::new(0),
            table: OnceLock::new(),
        }
    }; LONGEST + 1];
    let slot = SLOTS.get(length)?;
    let uses = slot.uses.load(Ordering::Relaxed);
    if uses < OFTEN {
        // A lost count only delays the table.
        slot.uses.store(uses + 1, Ordering::Relaxed);
        return None;
    }
    slot.table.get_or_init(|| Table::new(length)).as_ref()
}

impl Table {
    /// Makes and proves a table; nothing if the proof fails.
    pub(super) fn new(length: usize) -> Option<Self> {
        let zeros = encode(&vec![0; length]).ok()?;
        let mut columns = Vec::with_capacity(length * 8 * zeros.modules.len());
        let mut text = vec![0_u8; length];
        for bit in 0..length * 8 {
            *text.get_mut(bit / 8)? = 1 << (bit % 8);
            let one = encode(&text).ok()?;
            *text.get_mut(bit / 8)? = 0;
            let differences = one
                .modules
                .iter()
                .zip(&zeros.modules)
                .map(|(one, zero)| one ^ zero);
            columns.extend(differences);
        }
        let table = Self {
            side: zeros.side,
            zeros: zeros.modules,
            columns,
        };
        table.proves_itself(length).then_some(table)
    }

    fn proves_itself(&self, length: usize) -> bool {
        (0_u8..8).all(|round| {
            let text: Vec<u8> = (0_u8..=u8::MAX)
                .cycle()
                .take(length)
                .map(|index| index.wrapping_mul(round.wrapping_mul(34) | 1).wrapping_add(round))
                .collect();
            encode(&text).is_ok_and(|right| right.modules == self.encode(&text).modules)
        })
    }

    /// The symbol of a text of the table's length.
    pub(super) fn encode(&self, text: &[u8]) -> Code {
        let mut modules = self.zeros.clone();
        let bits = text
            .iter()
            .flat_map(|byte| (0..8).map(move |bit| byte >> bit & 1 == 1));
        for (set, column) in bits.zip(self.columns.chunks_exact(self.zeros.len().max(1))) {
            if set {
                modules
                    .iter_mut()
                    .zip(column)
                    .for_each(|(module, column)| *module ^= column);
            }
        }
        Code {
            side: self.side,
            modules,
        }
    }
}
