//! Rates and latencies, in turns, so that whatever else runs on the machine falls on everybody.

use std::time::{Duration, Instant};

use anyhow::Result;

use super::{Echoes, SMALL, Subject};
use crate::median;
use crate::row::Row;

/// Interleaved repeats closed-loop, and their length.
const PAIRS: usize = 5;
const CLOSED: Duration = Duration::from_secs(3);
/// Length open-loop.
const OPEN: Duration = Duration::from_secs(3);

/// What the turns gave, one value each.
#[derive(Default)]
struct Turns {
    echo: Vec<f64>,
    bare: Vec<f64>,
    few: Vec<f64>,
    many: Vec<f64>,
    /// Microseconds of processor time of the answering process for each answer.
    echo_time: Vec<f64>,
    service_time: Vec<f64>,
}

/// Everything that is a rate or a latency.
pub(super) async fn measure(
    small: &Subject,
    large: &Subject,
    echoes: &Echoes,
    size: usize,
) -> Result<Vec<Row>> {
    let mut turns = Turns::default();
    for pair in 0..PAIRS {
        let mut order = [
            (&echoes.layered, &mut turns.echo, Some(&mut turns.echo_time)),
            (large, &mut turns.many, Some(&mut turns.service_time)),
            (small, &mut turns.few, None),
            (&echoes.bare, &mut turns.bare, None),
        ];
        println!("verification: turn {} of {PAIRS}", pair + 1);
        // Whoever comes first, comes last the next time.
        if pair % 2 == 1 {
            order.reverse();
        }
        for (subject, rates, times) in order {
            let (rate, time) = turn(subject).await?;
            rates.push(rate);
            if let Some(times) = times {
                times.push(time);
            }
        }
    }
    let rate = median(turns.many.clone()) / 2.0;
    let (mut echo, mut service) = (vec![], vec![]);
    for pair in 0..PAIRS {
        println!("verification: latencies, turn {} of {PAIRS}", pair + 1);
        echo.push(echoes.layered.callers.open_loop(rate, OPEN).await?);
        service.push(large.callers.open_loop(rate, OPEN).await?);
    }
    let [by_number, by_size] = turns.rows(large.people, size);
    let slower = Row::at_most(
        ("verification.by_number_p99", "us"),
        median(service.clone()),
        median(echo.clone()),
        2.0,
        format!(
            "open-loop at {rate:.0} requests/s for both, half of the service's maximum, exponential intervals, from when each was due"
        ),
    );
    Ok(vec![by_number, slower.paired(&service, &echo), by_size])
}

impl Turns {
    fn rows(&self, people: u32, size: usize) -> [Row; 2] {
        let how = format!(
            "{people} people; a process each: a tonic client (4 connections x 32 in flight, mTLS, a token of its own for each), the replica with its \
             whole stack and access records in PostgreSQL on the same processors, an echo with the same TLS, layers, token and request and {size} bytes \
             back; processor time of the answering process {:.1} us against {:.1} us; with no layers at all the echo makes {:.0}/s",
            median(self.service_time.clone()),
            median(self.echo_time.clone()),
            median(self.bare.clone()),
        );
        let many = median(self.many.clone());
        let by_number = Row::at_least(
            ("verification.by_number", "requests/s"),
            many,
            median(self.echo.clone()),
            0.75,
            how,
        );
        let by_size = Row::at_least(
            ("verification.by_number_size", "requests/s"),
            many,
            median(self.few.clone()),
            0.85,
            format!("{people} people against {SMALL}, asked about at random"),
        );
        [
            by_number.paired(&self.many, &self.echo),
            by_size.paired(&self.many, &self.few),
        ]
    }
}

impl Row {
    /// With the median of the ratios of interleaved pairs, which the machine's other work disturbs least.
    fn paired(self, values: &[f64], references: &[f64]) -> Self {
        let ratios = values
            .iter()
            .zip(references)
            .map(|(value, reference)| value / reference);
        let ratio = median(ratios.collect());
        let is_floor = self.met == (self.ratio >= self.goal);
        Self {
            ratio,
            met: if is_floor {
                ratio >= self.goal
            } else {
                ratio <= self.goal
            },
            how: format!("{}; ratio: median of {} pairs", self.how, values.len()),
            ..self
        }
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
