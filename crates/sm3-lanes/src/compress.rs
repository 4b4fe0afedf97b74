//! The compression function (GB/T 32905 §5.3) over a register of lanes instead of a word.

use pulp::Simd;

/// Lanes of the widest register there is a place for.
pub(crate) const MOST: usize = 16;
/// Bytes of a block.
pub(crate) const BLOCK: usize = 64;

/// One word of every lane.
pub(crate) type Word = [u32; MOST];
/// The chaining value of every lane: word by word.
pub(crate) type State = [Word; 8];

/// The initial value (§4.1).
pub(crate) const INITIAL: [u32; 8] = [
    0x7380_166f,
    0x4914_b2b9,
    0x1724_42d7,
    0xda8a_0600,
    0xa96f_30bc,
    0x1631_38aa,
    0xe38d_ee4d,
    0xb0fb_0e4e,
];

/// The constant of each round (§4.2), turned as the round wants it.
const ROUNDS: [u32; 64] = {
    let mut rounds = [0_u32; 64];
    let mut round = 0;
    while round < 64 {
        let constant: u32 = if round < 16 { 0x79cc_4519 } else { 0x7a87_9d8a };
        rounds[round] = constant.rotate_left(round as u32 % 32);
        round += 1;
    }
    rounds
};

/// Takes one block in every lane. `S::U32_LANES` is at most [`MOST`].
#[inline(always)]
pub(crate) fn compress<S: Simd>(simd: S, state: &mut State, blocks: &[&[u8; BLOCK]; MOST]) {
    let mut words = [[0_u32; MOST]; 16];
    for (lane, block) in blocks.iter().enumerate().take(S::U32_LANES) {
        let (bytes, _) = block.as_chunks::<4>();
        for (word, bytes) in words.iter_mut().zip(bytes) {
            word[lane] = u32::from_be_bytes(*bytes);
        }
    }
    let mut schedule = words.map(|word| load::<S>(&word));
    let before = state.map(|word| load::<S>(&word));
    let mut variables = before;
    for round in 0..64 {
        step(simd, &mut variables, &mut schedule, round);
    }
    for (word, (before, after)) in state.iter_mut().zip(before.into_iter().zip(variables)) {
        store::<S>(word, simd.xor_u32s(before, after));
    }
}

/// One round, and the word of the message that is wanted sixteen rounds later in the place of this round's.
#[inline(always)]
fn step<S: Simd>(simd: S, variables: &mut [S::u32s; 8], words: &mut [S::u32s; 16], round: usize) {
    let xor = |one, other| simd.xor_u32s(one, other);
    let and = |one, other| simd.and_u32s(one, other);
    let add = |one, other| simd.add_u32s(one, other);
    let [a, b, c, d, e, f, g, h] = *variables;
    let word = |ahead: usize| words[(round + ahead) % 16];
    let turned = rotate::<S, 12>(simd, a);
    let ss1 = rotate::<S, 7>(simd, add(add(turned, e), simd.splat_u32s(ROUNDS[round])));
    let ss2 = xor(ss1, turned);
    let (ff, gg) = if round < 16 {
        (xor(a, xor(b, c)), xor(e, xor(f, g)))
    } else {
        let majority = simd.or_u32s(and(a, b), and(c, simd.or_u32s(a, b)));
        (majority, xor(g, and(e, xor(f, g))))
    };
    let tt1 = add(add(ff, d), add(ss2, xor(word(0), word(4))));
    let tt2 = add(add(gg, h), add(ss1, word(0)));
    let next = xor(xor(word(0), word(7)), rotate::<S, 15>(simd, word(13)));
    let next = xor(
        next,
        xor(rotate::<S, 15>(simd, next), rotate::<S, 23>(simd, next)),
    );
    let next = xor(next, xor(rotate::<S, 7>(simd, word(3)), word(10)));
    words[round % 16] = next;
    let p0 = xor(tt2, xor(rotate::<S, 9>(simd, tt2), rotate::<S, 17>(simd, tt2)));
    *variables = [
        tt1,
        a,
        rotate::<S, 9>(simd, b),
        c,
        p0,
        e,
        rotate::<S, 19>(simd, f),
        g,
    ];
}

/// To the left, in every lane.
#[inline(always)]
fn rotate<S: Simd, const BITS: u32>(simd: S, word: S::u32s) -> S::u32s {
    simd.or_u32s(
        simd.wrapping_dyn_shl_u32s(word, simd.splat_u32s(BITS)),
        simd.wrapping_dyn_shr_u32s(word, simd.splat_u32s(32 - BITS)),
    )
}

#[inline(always)]
fn load<S: Simd>(word: &Word) -> S::u32s {
    S::as_simd_u32s(&word[..S::U32_LANES]).0[0]
}

#[inline(always)]
fn store<S: Simd>(word: &mut Word, value: S::u32s) {
    S::as_mut_simd_u32s(&mut word[..S::U32_LANES]).0[0] = value;
}
