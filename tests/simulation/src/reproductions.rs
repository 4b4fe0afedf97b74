//! Seeds that are always run: the first by which the simulation was tried, and every one that has found a defect.

/// A seed, and what it found.
pub const SEEDS: &[(u64, &str)] = &[
    (5, "the seed that the simulation was written with"),
    (
        23,
        "documents ordered anew while the keeper of the seals was away were an internal error, not a peer that is away",
    ),
    (
        8003,
        "a claim asked for by the holder's call and by the job's retry at once noted two beginnings of one move",
    ),
];
