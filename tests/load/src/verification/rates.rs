//! Rates and latencies, in turns, so that whatever else runs on the machine falls on everybody.

use std::time::{Duration, Instant};

use anyhow::Result;

use super::{SMALL, Subject};
use crate::median;
use crate::row::Row;

/// Interleaved repeats closed-loop, and their length.
const PAIRS: usize = 5;
const CLOSED: Duration = Duration::from_secs(3);
/// The same open-loop.
const OPEN_PAIRS: usize = 5;
const OPEN: Duration = Duration::from_secs(3);

/// What the turns gave, one value each.
#[derive(Default)]
struct Turns {
    echo: Vec<f64>,
    few: Vec<f64>,
    many: Vec<f64>,
    /// Of the service to the echo, and of the larger register to the smaller, each pair by itself.
    ratio: Vec<f64>,
    size: Vec<f64>,
    /// Microseconds of processor time of the answering process for each answer.
    echo_time: Vec<f64>,
    service_time: Vec<f64>,
}

/// Everything that is a rate or a latency.
pub(super) async fn measure(small: &Subject, large: &Subject, echo: &Subject, size: usize) -> Result<Vec<Row>> {
    let mut turns = Turns::default();
    for pair in 0..PAIRS {
        // Whoever comes first, comes last the next time.
        let (bare, many, few);
        if pair % 2 == 0 {
            bare = turn(echo).await?;
            many = turn(large).await?;
            few = turn(small).await?;
        } else {
            few = turn(small).await?;
            many = turn(large).await?;
            bare = turn(echo).await?;
        }
        turns.ratio.push(many.0 / bare.0);
        turns.size.push(many.0 / few.0);
        turns.echo.push(bare.0);
        turns.few.push(few.0);
        turns.many.push(many.0);
        turns.echo_time.push(bare.1);
        turns.service_time.push(many.1);
    }
    let rate = median(turns.many.clone()) / 2.0;
    let (mut echo_p99, mut service_p99, mut slower) = (vec![], vec![], vec![]);
    for _ in 0..OPEN_PAIRS {
        let bare = echo.callers.open_loop(rate, OPEN).await?;
        let service = large.callers.open_loop(rate, OPEN).await?;
        echo_p99.push(bare);
        service_p99.push(service);
        slower.push(service / bare);
    }
    let mut rows = turns.rows(large.people, size);
    rows.insert(
        1,
        Row {
            ratio: median(slower.clone()),
            met: median(slower) <= 2.0,
            ..Row::at_most(
                ("verification.by_number_p99", "us"),
                median(service_p99),
                median(echo_p99),
                2.0,
                format!(
                    "open-loop at {rate:.0} requests/s for both, half of the service's maximum, exponential intervals, from when each was due; ratio: median of {OPEN_PAIRS} pairs"
                ),
            )
        },
    );
    Ok(rows)
}

impl Turns {
    fn rows(self, people: u32, size: usize) -> Vec<Row> {
        let (ratio, by_size) = (median(self.ratio), median(self.size));
        let how = format!(
            "{people} people; three processes on one machine: a tonic client (4 connections x 32 in flight, mTLS, a token of its own each, answers checked), \
             the replica with its whole stack and access records in PostgreSQL, and as echo a bare tonic unary method over the same mTLS with the same \
             request and {size} bytes back, no layer around it; processor time of the answering process {:.1} us against {:.1} us; ratio: median of {PAIRS} pairs",
            median(self.service_time),
            median(self.echo_time),
        );
        let many = median(self.many);
        let rate = Row::at_least(
            ("verification.by_number", "requests/s"),
            many,
            median(self.echo),
            0.75,
            how,
        );
        let sized = Row::at_least(
            ("verification.by_number_size", "requests/s"),
            many,
            median(self.few),
            0.85,
            format!("{people} people against {SMALL}, asked about at random; ratio: median of {PAIRS} interleaved pairs"),
        );
        vec![
            Row {
                ratio,
                met: ratio >= rate.goal,
                ..rate
            },
            Row {
                ratio: by_size,
                met: by_size >= sized.goal,
                ..sized
            },
        ]
    }
}

/// One turn closed-loop: answers a second, and microseconds of the process's own time for each.
async fn turn(subject: &Subject) -> Result<(f64, f64)> {
    let mut marks = Vec::new();
    let begun = Instant::now();
    let rate = subject
        .callers
        .closed_loop(CLOSED, || {
            marks.push((subject.process.busy()?, begun.elapsed()));
            Ok(())
        })
        .await?;
    let [(busy_before, before), (busy_after, after)] = marks[..] else {
        anyhow::bail!("a turn has a beginning and an end");
    };
    let answers = rate * (after - before).as_secs_f64();
    Ok((rate, (busy_after - busy_before).as_secs_f64() * 1e6 / answers))
}
