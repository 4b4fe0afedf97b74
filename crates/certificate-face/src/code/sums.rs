//! QR symbols by addition.
//!
//! With version, level and mask fixed, every module of a symbol is a sum modulo 2 of a constant and of at most one bit of
//! its codewords. So a symbol is a blank one of its version, drawn once by the library, plus its codewords in their
//! places. Codewords of error correction are remainders, divided a byte at a time (ISO/IEC 18004 §7.5, annex A). Before a
//! plan is used, the library is asked whether texts of all lengths come out the same.

use std::sync::OnceLock;

use super::{COUNT, Code, FORMS, Form, draw};

/// How symbols of one form are made.
pub(super) struct Plan {
    form: &'static Form,
    side: u16,
    /// The symbol whose codewords are all zero.
    blank: Vec<u64>,
    /// The module of each bit of the codewords in their final order, highest bit first.
    places: Vec<u16>,
    /// Data codewords of each block.
    blocks: Vec<usize>,
    /// The generator polynomial times each byte.
    multiples: Vec<Remainder>,
}

/// Up to 32 bytes of a remainder, the first one on top.
type Remainder = [u128; 2];

/// The plan of a form, made and proved when it is first wanted; nothing if the proof fails.
pub(super) fn plan(form: &'static Form) -> Option<&'static Plan> {
    static PLANS: [OnceLock<Option<Plan>>; COUNT] = [const { OnceLock::new() }; COUNT];
    let at = FORMS.iter().position(|known| known == form)?;
    PLANS.get(at)?.get_or_init(|| Plan::new(form)).as_ref()
}

impl Plan {
    fn new(form: &'static Form) -> Option<Self> {
        let empty = draw(form, &[]).ok()?;
        let places = places(form.version, empty.side)?;
        let codewords = places.len() / 8;
        let (shorter, longer) = (codewords / form.blocks, codewords % form.blocks);
        let data = shorter.checked_sub(form.correction)?;
        let blocks = (0..form.blocks)
            .map(|block| data + usize::from(block >= form.blocks - longer))
            .collect();
        let mut plan = Self {
            form,
            side: empty.side,
            blank: empty.modules,
            places,
            blocks,
            multiples: multiples(form.correction)?,
        };
        // What is left when the codewords of the empty text are taken away again.
        plan.blank = plan.encode(&[]).modules;
        plan.proves_itself().then_some(plan)
    }

    fn proves_itself(&self) -> bool {
        (0_u8..8).all(|round| {
            let length = self.form.holds * usize::from(round) / 7;
            let text: Vec<u8> = (0_u8..=u8::MAX)
                .cycle()
                .take(length)
                .map(|index| index.wrapping_mul(round.wrapping_mul(34) | 1).wrapping_add(round))
                .collect();
            draw(self.form, &text).is_ok_and(|right| right.modules == self.encode(&text).modules)
        })
    }

    /// The symbol of a text that the form holds.
    pub(super) fn encode(&self, text: &[u8]) -> Code {
        let data = self.data(text);
        let mut modules = self.blank.clone();
        let places = self.places.chunks_exact(8);
        for (codeword, places) in self.interleaved(&data).into_iter().zip(places) {
            for (bit, &place) in (0..8).rev().zip(places) {
                if let Some(word) = modules.get_mut(usize::from(place) / 64) {
                    *word ^= u64::from(codeword >> bit & 1) << (place % 64);
                }
            }
        }
        Code {
            side: self.side,
            modules,
        }
    }

    /// The data codewords: mode, length, text, end, padding.
    fn data(&self, text: &[u8]) -> Vec<u8> {
        const BYTES: u8 = 0b0100;
        let capacity = self.blocks.iter().sum();
        let [.., high, low] = text.len().to_be_bytes();
        let length: &[u8] = if self.form.version < 10 {
            &[low]
        } else {
            &[high, low]
        };
        let mut data = Vec::with_capacity(capacity);
        // The mode is half a byte: all that follows is shifted by it, the end of four zeros fills the last byte.
        let mut before = BYTES;
        for &byte in length.iter().chain(text).chain(&[0]) {
            data.push(before << 4 | byte >> 4);
            before = byte;
        }
        data.extend(
            [0xec, 0x11]
                .into_iter()
                .cycle()
                .take(capacity.saturating_sub(data.len())),
        );
        data
    }

    /// Data and correction of all blocks, one codeword of each block in turn.
    fn interleaved(&self, data: &[u8]) -> Vec<u8> {
        let mut rest = data;
        let mut blocks = Vec::with_capacity(self.blocks.len());
        for &length in &self.blocks {
            let (block, after) = rest.split_at(length.min(rest.len()));
            blocks.push((block, self.remainder(block)));
            rest = after;
        }
        let longest = self.blocks.iter().copied().max().unwrap_or_default();
        let mut out = Vec::with_capacity(self.places.len() / 8);
        for index in 0..longest {
            out.extend(blocks.iter().filter_map(|(block, _)| block.get(index)));
        }
        for index in 0..self.form.correction {
            out.extend(blocks.iter().filter_map(|(_, remainder)| remainder.get(index)));
        }
        out
    }

    /// What is left of a block when it is divided by the generator polynomial.
    fn remainder(&self, block: &[u8]) -> [u8; 32] {
        let mut left: Remainder = [0; 2];
        for &byte in block {
            let [high, low] = left;
            let first = high.to_be_bytes()[0] ^ byte;
            let [over, under] = self
                .multiples
                .get(usize::from(first))
                .copied()
                .unwrap_or_default();
            left = [(high << 8 | low >> 120) ^ over, low << 8 ^ under];
        }
        bytes(left)
    }
}

fn bytes([high, low]: Remainder) -> [u8; 32] {
    let mut out = [0; 32];
    for (to, from) in out
        .iter_mut()
        .zip(high.to_be_bytes().into_iter().chain(low.to_be_bytes()))
    {
        *to = from;
    }
    out
}

/// The generator polynomial of a degree without its leading 1, times each byte; nothing if it is too long.
fn multiples(degree: usize) -> Option<Vec<Remainder>> {
    let mut generator = [0_u8; 32];
    *generator.get_mut(degree.checked_sub(1)?)? = 1;
    let mut root = 1;
    for _ in 0..degree {
        for at in 0..degree {
            let next = if at + 1 < degree {
                *generator.get(at + 1)?
            } else {
                0
            };
            let coefficient = generator.get_mut(at)?;
            *coefficient = product(*coefficient, root) ^ next;
        }
        root = product(root, 2);
    }
    let times = |byte: u8| {
        let half = |bytes: &[u8]| {
            bytes
                .iter()
                .fold(0, |sum, &b| sum << 8 | u128::from(product(b, byte)))
        };
        let (high, low) = generator.split_at(16);
        [half(high), half(low)]
    };
    Some((0..=u8::MAX).map(times).collect())
}

/// In the field of 256 elements modulo x⁸ + x⁴ + x³ + x² + 1.
fn product(a: u8, b: u8) -> u8 {
    (0..8).rev().fold(0, |sum: u8, bit| {
        let doubled = (sum << 1) ^ ((sum >> 7) * 0x1d);
        doubled ^ ((b >> bit & 1) * a)
    })
}

/// The modules of the codewords' bits, in pairs of columns from the right, upwards and downwards by turns (§7.7.3).
fn places(version: u8, side: u16) -> Option<Vec<u16>> {
    let centres = centres(version, side);
    let mut out = Vec::with_capacity(usize::from(side) * usize::from(side));
    let pairs = (1..side).rev().step_by(2);
    for (index, right) in pairs.enumerate() {
        // The column of the timing pattern belongs to no pair.
        let right = if right <= 6 { right - 1 } else { right };
        for step in 0..side {
            let row = if index % 2 == 0 { side - 1 - step } else { step };
            let free = [right, right.checked_sub(1)?]
                .into_iter()
                .filter(|&column| !is_fixed(version, side, &centres, column, row));
            out.extend(free.map(|column| row * side + column));
        }
    }
    // Up to seven modules are left over.
    out.truncate(out.len() / 8 * 8);
    Some(out)
}

/// Whether a module belongs to finders, timing, alignment, format or version.
fn is_fixed(version: u8, side: u16, centres: &[u16], column: u16, row: u16) -> bool {
    let (left, top) = (column < 9, row < 9);
    let corner = (left && (top || row >= side - 8)) || (top && column >= side - 8);
    let timing = column == 6 || row == 6;
    let states_version = version >= 7
        && ((column >= side - 11 && column < side - 8 && row < 6)
            || (row >= side - 11 && row < side - 8 && column < 6));
    let last = side - 7;
    let aligns = centres.iter().any(|&x| {
        centres.iter().any(|&y| {
            let in_corner = matches!((x, y), (6, 6)) || (x == 6 && y == last) || (x == last && y == 6);
            !in_corner && column.abs_diff(x) <= 2 && row.abs_diff(y) <= 2
        })
    });
    corner || timing || states_version || aligns
}

/// The centres of alignment patterns (annex E): 6, then evenly spaced back from the last.
fn centres(version: u8, side: u16) -> Vec<u16> {
    let version = u16::from(version);
    let count = version / 7 + 2;
    let step = (version * 4 + count * 2 + 1) / (count * 2 - 2) * 2;
    let mut out = vec![6];
    out.extend((0..count - 1).rev().map(|back| side - 7 - back * step));
    out
}
