//! Which message runs in which lane. The longest go first, so that the lanes end together.

use pulp::{Arch, Simd, WithSimd};

use crate::Digest;
use crate::compress::{BLOCK, INITIAL, MOST, State, compress};

/// What taking one block in every lane costs, in blocks taken one after the other: measured as 2.5 with sixteen lanes
/// and 2.1 with eight; more here, so that lanes are only used where they surely pay.
const COST: usize = 3;

/// Whether hashing side by side is the faster way.
pub(crate) fn worth_lanes(messages: &[&[u8]]) -> bool {
    let lanes = Arch::new().dispatch(Lanes);
    let (longest, all) = messages.iter().fold((0, 0), |(longest, all), message| {
        let blocks = blocks(message);
        (blocks.max(longest), all + blocks)
    });
    lanes > COST && all > COST * longest.max(all.div_ceil(lanes))
}

/// Blocks of a message with its padding.
fn blocks(message: &[u8]) -> usize {
    (message.len() + 9).div_ceil(BLOCK)
}

/// The digests of messages, each hashed in a lane.
pub(crate) fn side_by_side(messages: &[&[u8]]) -> Vec<Digest> {
    Arch::new().dispatch(SideBySide(messages))
}

/// Asks for the number of lanes; none if a register has more than there is a place for.
struct Lanes;

impl WithSimd for Lanes {
    type Output = usize;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> usize {
        if S::U32_LANES <= MOST { S::U32_LANES } else { 0 }
    }
}

struct SideBySide<'m>(&'m [&'m [u8]]);

/// The last blocks of a message: what is left of it, and the padding (GB/T 32905 §5.2).
struct Tail {
    blocks: [[u8; BLOCK]; 2],
    count: usize,
}

impl Tail {
    fn new(message: &[u8], rest: &[u8]) -> Self {
        let mut bytes = [0; 2 * BLOCK];
        let count = (rest.len() + 9).div_ceil(BLOCK);
        bytes[..rest.len()].copy_from_slice(rest);
        bytes[rest.len()] = 0x80;
        let end = count * BLOCK;
        bytes[end - 8..end].copy_from_slice(&(message.len() as u64 * 8).to_be_bytes());
        let mut blocks = [[0; BLOCK]; 2];
        blocks.as_flattened_mut().copy_from_slice(&bytes);
        Self { blocks, count }
    }

    fn blocks(&self) -> &[[u8; BLOCK]] {
        &self.blocks[..self.count]
    }
}

/// A message in its lane.
#[derive(Clone, Copy)]
struct Running<'m> {
    message: usize,
    /// What comes next, and what after that.
    now: &'m [[u8; BLOCK]],
    then: &'m [[u8; BLOCK]],
}

impl WithSimd for SideBySide<'_> {
    type Output = Vec<Digest>;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Vec<Digest> {
        let heads: Vec<_> = self
            .0
            .iter()
            .map(|message| message.as_chunks::<BLOCK>())
            .collect();
        let tails: Vec<Tail> = self
            .0
            .iter()
            .zip(&heads)
            .map(|(message, (_, rest))| Tail::new(message, rest))
            .collect();
        let mut waiting: Vec<usize> = (0..self.0.len()).collect();
        waiting.sort_by_key(|message| blocks(self.0[*message]));
        let mut digests = vec![Digest::default(); self.0.len()];
        let mut lanes: [Option<Running<'_>>; MOST] = [None; MOST];
        let mut state: State = [[0; MOST]; 8];
        loop {
            for (lane, running) in lanes.iter_mut().enumerate().take(S::U32_LANES) {
                if running.is_none()
                    && let Some(message) = waiting.pop()
                {
                    *running = Some(Running {
                        message,
                        now: heads[message].0,
                        then: tails[message].blocks(),
                    });
                    for (word, initial) in state.iter_mut().zip(INITIAL) {
                        word[lane] = initial;
                    }
                }
                if let Some(running) = running
                    && running.now.is_empty()
                {
                    (running.now, running.then) = (running.then, &[]);
                }
            }
            let Some(together) = lanes.iter().flatten().map(|running| running.now.len()).min() else {
                return digests;
            };
            run(simd, &mut state, &mut lanes, together);
            for (lane, running) in lanes.iter_mut().enumerate() {
                if let Some(done) =
                    running.take_if(|running| running.now.is_empty() && running.then.is_empty())
                {
                    for (bytes, word) in digests[done.message]
                        .as_chunks_mut::<4>()
                        .0
                        .iter_mut()
                        .zip(&state)
                    {
                        *bytes = word[lane].to_be_bytes();
                    }
                }
            }
        }
    }
}

/// Takes `together` blocks in every lane. A lane without a message takes zeros, and nobody reads what comes of it.
#[inline(always)]
fn run<S: Simd>(simd: S, state: &mut State, lanes: &mut [Option<Running<'_>>; MOST], together: usize) {
    const NOTHING: [u8; BLOCK] = [0; BLOCK];
    for step in 0..together {
        let mut blocks = [&NOTHING; MOST];
        for (block, running) in blocks.iter_mut().zip(lanes.iter()) {
            if let Some(running) = running {
                *block = &running.now[step];
            }
        }
        compress(simd, state, &blocks);
    }
    for running in lanes.iter_mut().flatten() {
        running.now = &running.now[together..];
    }
}
