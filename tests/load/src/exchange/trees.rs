//! Two registers compared by their trees, in memory (`register_tree::Tree`), at three sizes: the work of the comparison itself,
//! without the network and PostgreSQL ([`super::reconcile`]). The reference is what it replaces: every row of the one side held
//! against the other's.

use std::hint::black_box;
use std::time::Instant;

use anyhow::{Context as _, Result};
use domain::ids::{EmployerId, PersonId};
use domain::province::Province;
use domain::registration_number::{RegistrationDigits, RegistrationNumber};
use domain::specialty::Specialty;
use domain::validity::Validity;
use jiff::civil::date;
use register_tree::{Digest, Key, Path, Row as Registration, Standing, Tree, differing};
use uuid::Uuid;

use crate::median;
use crate::row::Row;

/// Registrations of a province.
pub(super) const SIZES: [u32; 3] = [10_000, 100_000, 1_000_000];
/// A comparison of the largest may take so many times that of the smallest: log n, and fuller buckets.
const GROWTH: f64 = 8.0;
const REPEATS: usize = 9;
/// Serials of one year.
const SERIALS: u32 = 99_999;

/// What one size took, in seconds.
struct Taken {
    size: u32,
    equal: f64,
    find: f64,
    update: f64,
    all: f64,
}

/// Measures the row.
pub(super) fn measure() -> Result<Row> {
    let mut taken = Vec::new();
    for size in SIZES {
        let one = measure_size(size)?;
        println!(
            "exchange.reconcile_trees: {} rows: equal {:.1} µs, one different row found in {:.1} µs, one row updated in {:.1} µs, every row compared {:.1} ms",
            one.size,
            one.equal * 1e6,
            one.find * 1e6,
            one.update * 1e6,
            one.all * 1e3,
        );
        taken.push(one);
    }
    let (small, large) = (taken.first().context("a size")?, taken.last().context("a size")?);
    let how = format!(
        "one different row among {} found from the root, trees in memory; the reference is the same among {} ({:.1} ms with every row compared, {:.1} µs to update one row)",
        large.size,
        small.size,
        large.all * 1e3,
        large.update * 1e6,
    );
    Ok(Row::at_most(
        ("exchange.reconcile_trees", "s"),
        large.find,
        small.find,
        GROWTH,
        how,
    ))
}

fn measure_size(size: u32) -> Result<Taken> {
    let leaves = (0..size).map(leaf).collect::<Result<Vec<_>>>()?;
    let mut here = Tree::new(leaves.iter().copied());
    let there = here.clone();
    let equal = timed(|| black_box(here.nodes().root() == there.nodes().root()));
    let all = timed(|| {
        let rows = (0..=u16::MAX).map(Path::bucket);
        black_box(
            rows.filter(|path| here.bucket(*path) != there.bucket(*path))
                .count(),
        )
    });
    let changed = leaves.get(leaves.len() / 3).context("rows")?.0;
    let update = timed(|| {
        here.set(changed, Some([1; 32]));
        here.set(changed, Some([2; 32]));
    }) / 2.0;
    let find = timed(|| black_box(find(&here, &there)));
    anyhow::ensure!(find_is_exact(&here, &there, changed), "the changed row is found");
    Ok(Taken {
        size,
        equal,
        find,
        update,
        all,
    })
}

pub(super) fn leaf(ordinal: u32) -> Result<(Key, Digest)> {
    let province = Province::from_code("32").context("a province")?;
    let year = 1990 + u16::try_from(ordinal / SERIALS)?;
    let digits = RegistrationDigits::allocate(province, year, year, ordinal % SERIALS + 1)?;
    let term = Validity {
        from: date(2024, 5, 1),
        to: date(2027, 4, 30),
    };
    let row = Registration {
        number: RegistrationNumber::new(province, digits),
        person: PersonId::from_uuid(Uuid::from_u128(ordinal.into())),
        employer: EmployerId::from_uuid(Uuid::from_u128((ordinal % 500).into())),
        specialties: vec![(Specialty::Building, term)],
        standing: Standing::InForce,
    };
    Ok((row.key(), row.digest()))
}

/// From the root to the rows that differ.
fn find(here: &Tree, there: &Tree) -> Vec<Key> {
    let mut nodes = vec![Path::ROOT];
    while nodes.iter().any(|node| !node.is_bucket()) {
        nodes = differing(
            &nodes,
            |path| here.nodes().get(path),
            |path| there.nodes().get(path),
        );
    }
    let mut keys = Vec::new();
    for bucket in nodes {
        let theirs = there.bucket(bucket);
        let ours = here.bucket(bucket).into_iter();
        keys.extend(ours.filter(|row| !theirs.contains(row)).map(|(key, _)| key));
    }
    keys
}

fn find_is_exact(here: &Tree, there: &Tree, changed: Key) -> bool {
    find(here, there) == [changed]
}

/// Seconds that something takes, the median of repeats.
fn timed<T>(mut work: impl FnMut() -> T) -> f64 {
    let once = |work: &mut dyn FnMut() -> T| {
        let started = Instant::now();
        black_box(work());
        started.elapsed().as_secs_f64()
    };
    median((0..REPEATS).map(|_| once(&mut work)).collect())
}
