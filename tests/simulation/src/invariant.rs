//! What must hold after every step, whatever is on its way; and what besides when everything rests.

use std::time::Duration;

use harness::{Role, World};
use journeys::books::Books;
use postgres::hash::{GENESIS, Hash};
use postgres::outbox::link_hash;

use crate::fault::registration;
use crate::people::PROVINCES;

/// How often, and how far apart, a mended system is looked at until it rests.
const LOOKS: u32 = 1_200;
const PAUSE: Duration = Duration::from_millis(50);

/// One question to the nation's register, on one snapshot: the names of what does not hold.
const NATION: &str = "
SELECT name || ': ' || broken FROM (VALUES
    ('people with two current versions', (SELECT count(*) FROM
        (SELECT 1 FROM issuing.certificate_version WHERE current GROUP BY person HAVING count(*) > 1) x)),
    ('gaps in the news for a province', (SELECT count(*) FROM
        (SELECT max(number) - count(*) AS missing FROM exchange.downstream GROUP BY province) x WHERE missing <> 0)),
    ('heads that are not the last news', (SELECT count(*) FROM exchange.downstream_head h WHERE h.number <>
        (SELECT coalesce(max(number), 0) FROM exchange.downstream d WHERE d.province = h.province))),
    ('gaps in the positions', (SELECT coalesce(max(position), 0) - count(*) FROM log.change WHERE position IS NOT NULL)),
    ('heads that are not the last position', (SELECT count(*) FROM log.head WHERE position <>
        (SELECT coalesce(max(position), 0) FROM log.change))),
    ('gaps in the leaves', (SELECT coalesce(max(index) + 1, 0) - count(*) FROM log.leaf)),
    ('entries that another than the last act made', (SELECT count(*) FROM register.entry e WHERE e.last_act <>
        (SELECT a.id FROM register.act a WHERE a.person = e.person ORDER BY a.number DESC LIMIT 1))),
    ('people with acts and without an entry', (SELECT count(*) FROM register.act a WHERE NOT EXISTS
        (SELECT 1 FROM register.entry e WHERE e.person = a.person))),
    ('used clearances without an act', (SELECT count(*) FROM exchange.clearance c WHERE c.state = 'used' AND NOT EXISTS
        (SELECT 1 FROM register.act a WHERE a.application = c.application))),
    ('announced acts of an application without a used clearance', (SELECT count(*) FROM register.act a
        WHERE a.application IS NOT NULL AND a.announcement_number IS NOT NULL AND NOT EXISTS
        (SELECT 1 FROM exchange.clearance c WHERE c.application = a.application AND c.state = 'used'))),
    ('applications announced twice', (SELECT count(*) FROM
        (SELECT 1 FROM register.act WHERE application IS NOT NULL GROUP BY application, kind HAVING count(*) > 1) x)),
    ('provinces whose stream stands', (SELECT count(*) FROM shared.inbox_head WHERE stopped IS NOT NULL))
) AS v (name, broken) WHERE broken <> 0";

/// The databases, and how much of each outbox is known to be whole.
pub(crate) struct Oracle {
    nation: Books,
    provinces: [Books; 2],
    whole: [(i64, Hash); 2],
}

impl Oracle {
    pub(crate) async fn open(world: &World) -> Self {
        Self {
            nation: Books::open(world, &Role::Issuance).await,
            provinces: [
                Books::open(world, &registration(0)).await,
                Books::open(world, &registration(1)).await,
            ],
            whole: [(0, GENESIS); 2],
        }
    }

    /// What does not hold.
    pub(crate) async fn broken(&mut self) -> Vec<String> {
        let mut broken = self.nation.list(NATION).await;
        for (province, name) in PROVINCES.iter().enumerate() {
            broken.extend(self.broken_chain(province).await);
            broken.extend(self.broken_prefix(province).await);
            let different = "SELECT count(*) FROM registration.reconciliation WHERE state = 'DIFFERENT'";
            if self.provinces[province].count(different).await > 0 {
                broken.push(format!("{name}: the registers differ"));
            }
        }
        broken
    }

    /// Every event follows on its predecessor.
    async fn broken_chain(&mut self, province: usize) -> Option<String> {
        let (sequence, mut hash) = self.whole[province];
        let stream = format!("provinces/{}", PROVINCES[province]);
        let rows = format!(
            "SELECT concat_ws(' ', sequence, format, encode(previous_hash, 'hex'), encode(hash, 'hex'), encode(payload, 'hex'))
             FROM shared.outbox WHERE sequence > {sequence} ORDER BY sequence"
        );
        let mut last = sequence;
        for row in self.provinces[province].list(&rows).await {
            let parts: Vec<&str> = row.split(' ').collect();
            let [number, format, previous, declared, payload] = parts.as_slice() else {
                return Some(format!("{stream}: a row of {} parts", parts.len()));
            };
            let number: i64 = number.parse().ok()?;
            let computed = link_hash(&stream, number, format.parse().ok()?, &hash, &bytes(payload));
            if number != last + 1 || bytes(previous) != hash || bytes(declared) != computed {
                return Some(format!("{stream}: event {number} does not follow on {last}"));
            }
            (last, hash) = (number, computed);
        }
        self.whole[province] = (last, hash);
        None
    }

    /// What the nation applied is the beginning of what the province announced; receipts are for nothing more.
    async fn broken_prefix(&self, province: usize) -> Option<String> {
        let code = PROVINCES[province];
        let receipted = self.provinces[province]
            .count("SELECT coalesce(max(sequence), 0) FROM shared.outbox_receipt")
            .await;
        let hashes = "SELECT encode(hash, 'hex') FROM shared";
        let applied = self
            .nation
            .list(&format!(
                "{hashes}.inbox WHERE source = 'provinces/{code}' ORDER BY sequence"
            ))
            .await;
        let sent = self.provinces[province]
            .list(&format!("{hashes}.outbox ORDER BY sequence"))
            .await;
        let known = i64::try_from(applied.len()).unwrap_or(i64::MAX);
        if !sent.starts_with(&applied) {
            Some(format!("{code}: applied is no prefix of what was sent"))
        } else if receipted > known {
            Some(format!("{code}: a receipt for {receipted}, applied {known}"))
        } else {
            None
        }
    }

    /// What is still on its way.
    async fn moving(&self) -> Vec<String> {
        let mut moving = Vec::new();
        let unnumbered = self
            .nation
            .count("SELECT count(*) FROM log.change WHERE position IS NULL")
            .await;
        let unissued = self
            .nation
            .count("SELECT count(*) FROM issuing.job WHERE state <> 'issued'")
            .await;
        if unnumbered + unissued > 0 {
            moving.push(format!("{unnumbered} changes, {unissued} sets of documents"));
        }
        for (books, code) in self.provinces.iter().zip(PROVINCES) {
            let unsent = "SELECT (SELECT count(*) FROM shared.outbox)
                - (SELECT coalesce(max(sequence), 0) FROM shared.outbox_receipt)";
            let unsent = books.count(unsent).await;
            let told =
                format!("SELECT coalesce(max(number), 0) FROM exchange.downstream WHERE province = '{code}'");
            let told = self.nation.ask(&told).await;
            let heard = books
                .count("SELECT pulled_through FROM registration.exchange_state")
                .await;
            if unsent > 0 || heard < told {
                moving.push(format!("{code}: {unsent} unsent, {heard} of {told} news heard"));
            }
        }
        moving
    }

    /// Waits until nothing is on its way; then nothing announced is missing and nothing is there twice.
    pub(crate) async fn broken_at_rest(&mut self) -> Vec<String> {
        let mut moving = Vec::new();
        for _ in 0..LOOKS {
            moving = self.moving().await;
            if moving.is_empty() {
                break;
            }
            tokio::time::sleep(PAUSE).await;
        }
        if !moving.is_empty() {
            return vec![format!("it does not come to rest: {}", moving.join("; "))];
        }
        let mut broken = self.broken().await;
        let mut announced = Vec::new();
        for books in &self.provinces {
            announced.extend(
                books
                    .list("SELECT application_id::text FROM registration.announcement_row")
                    .await,
            );
        }
        // That a move has begun is an act too, which nobody announces.
        let acts = "SELECT DISTINCT application::text FROM register.act
             WHERE application IS NOT NULL AND announcement_number IS NOT NULL";
        let mut acted = self.nation.list(acts).await;
        announced.sort_unstable();
        acted.sort_unstable();
        if announced != acted {
            broken.push(format!(
                "{} announced, {} in the register",
                announced.len(),
                acted.len()
            ));
        }
        broken
    }

    /// How many were announced.
    pub(crate) async fn announced(&self) -> i64 {
        self.nation.count("SELECT count(*) FROM register.act").await
    }
}

fn bytes(hex: &str) -> Vec<u8> {
    hex.as_bytes()
        .chunks(2)
        .filter_map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect()
}
