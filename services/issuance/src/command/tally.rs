//! Counts the acts of a transaction against the ceilings of their province: more of a kind than an hour or a day may bring
//! hold the stream for two officers. Hours are those of the nation's clock, at which the acts arrive. What a province tells again to a
//! register that was restored was let through the first time: it counts, and holds nothing up.

use std::collections::BTreeMap;

use domain::province::Province;
use jiff::Timestamp;
use postgres::Tx;

use crate::deps::Deps;
use crate::event::{Failure, Stop, What};
use crate::store::exchange::act_count::{self, Counted};

const HOUR: i64 = 3_600;

/// The hour that an instant is in.
pub(super) fn hour_of(at: Timestamp) -> Timestamp {
    let second = at.as_second();
    Timestamp::from_second(second - second.rem_euclid(HOUR)).unwrap_or(at)
}

/// What one transaction adds.
pub(super) struct Tally {
    province: Province,
    hour: Timestamp,
    /// Events up to this number were let through before.
    before: u64,
    /// By kind with a ceiling: what counted before, and what came since.
    kinds: BTreeMap<&'static str, (Counted, i64)>,
}

impl Tally {
    pub(super) fn new(province: Province, before: u64, now: Timestamp) -> Self {
        Self {
            province,
            hour: hour_of(now),
            before,
            kinds: BTreeMap::new(),
        }
    }

    /// Counts the act of an event; [`Stop::ANOMALY_CEILING`] if it is one too many. Costs nothing where no ceiling is set.
    pub(super) async fn count(
        &mut self,
        deps: &Deps,
        tx: &mut Tx,
        (sequence, what): (i64, &What),
    ) -> Result<(), Failure> {
        let Some(kind) = what.kind() else { return Ok(()) };
        let Some(ceiling) = deps.exchange.ceiling(self.province, kind) else {
            return Ok(());
        };
        let mut of_kind = match self.kinds.get(kind) {
            Some(known) => *known,
            None => (act_count::counted(tx, self.province, kind, self.hour).await?, 0),
        };
        of_kind.1 += 1;
        self.kinds.insert(kind, of_kind);
        let (before, more) = of_kind;
        let over =
            |most: Option<u32>, counted: i64| most.is_some_and(|most| counted + more > i64::from(most));
        if sequence.cast_unsigned() <= self.before {
            return Ok(());
        }
        if over(ceiling.hour, before.hour) || over(ceiling.day, before.day) {
            return Err(Stop::ANOMALY_CEILING.into());
        }
        Ok(())
    }

    /// Stores what was counted.
    pub(super) async fn store(&self, tx: &mut Tx) -> Result<(), postgres::Error> {
        for (kind, (_, more)) in &self.kinds {
            act_count::add(tx, self.province, kind, self.hour, *more).await?;
        }
        Ok(())
    }
}
