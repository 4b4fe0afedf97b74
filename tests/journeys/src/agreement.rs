//! What must hold after every fault, counted in the databases: nothing announced is missing, nothing exists twice, register
//! and feed agree.

use std::time::Duration;

use harness::{Role, World};

use crate::books::Books;

/// The wire has no position for what jobs do after a fault: they are looked for this often.
const LOOKS: u32 = 1_200;
const PAUSE: Duration = Duration::from_millis(50);

/// The databases of nation and one province.
pub struct Agreement {
    nation: Books,
    province: Books,
}

impl Agreement {
    /// Opens both.
    ///
    /// # Panics
    /// If one cannot be reached.
    pub async fn open(world: &World, province: &str) -> Self {
        assert_eq!(province, harness::PROVINCE, "the questions name it");
        Self {
            nation: Books::open(world, &Role::Issuance).await,
            province: Books::open(world, &Role::Registration(province.to_owned())).await,
        }
    }

    /// Waits until the province holds receipts for all that it announced.
    ///
    /// # Panics
    /// If it never does.
    pub async fn receipted(&self) {
        for _ in 0..LOOKS {
            if self.unreceipted().await == 0 {
                return;
            }
            tokio::time::sleep(PAUSE).await;
        }
        panic!("{} events have no receipt", self.unreceipted().await);
    }

    /// Events of the outbox that the province holds no receipt for.
    pub async fn unreceipted(&self) -> i64 {
        let open = "SELECT (SELECT coalesce(max(sequence), 0) FROM shared.outbox)
                         - (SELECT coalesce(max(sequence), 0) FROM shared.outbox_receipt)";
        self.province.count(open).await
    }

    /// Envelopes of the province that the nation has applied.
    pub async fn applied(&self) -> i64 {
        self.nation
            .count("SELECT count(*) FROM shared.inbox WHERE source = 'provinces/32'")
            .await
    }

    /// Waits until the nation has applied so many.
    ///
    /// # Panics
    /// If it never does.
    pub async fn applied_through(&self, sequence: u64) {
        for _ in 0..LOOKS {
            if self.applied().await >= sequence.cast_signed() {
                return;
            }
            tokio::time::sleep(PAUSE).await;
        }
        panic!("the nation never applied {sequence}");
    }

    /// Waits until every document of every version is made.
    ///
    /// # Panics
    /// If one is not.
    pub async fn issued(&self) {
        for _ in 0..LOOKS {
            if self.unissued().await == 0 {
                return;
            }
            tokio::time::sleep(PAUSE).await;
        }
        panic!("{} sets of documents were not made", self.unissued().await);
    }

    /// Sets of documents that are not made yet.
    pub async fn unissued(&self) -> i64 {
        self.nation
            .count("SELECT count(*) FROM issuing.job WHERE state <> 'issued'")
            .await
    }

    /// So many people of the province are registered, each once and with one version; what was sent was applied once; feed
    /// and log have no gap.
    ///
    /// # Panics
    /// If not.
    pub async fn holds(&self, registered: i64, after: &str) {
        self.receipted().await;
        self.registered_once(registered, after).await;
        self.applied_once(after).await;
        self.numbered_without_gap(after).await;
    }

    async fn registered_once(&self, registered: i64, after: &str) {
        let acts = self.nation.count("SELECT count(*) FROM register.act").await;
        let people = self
            .nation
            .count("SELECT count(DISTINCT person) FROM register.act")
            .await;
        let active = self
            .nation
            .count("SELECT count(*) FROM register.active_registration")
            .await;
        let numbers = self
            .nation
            .count("SELECT count(DISTINCT number) FROM register.active_registration")
            .await;
        assert_eq!(
            (acts, people, active, numbers),
            (registered, registered, registered, registered),
            "after {after}: acts, people, active registrations, numbers"
        );
        let versions = self
            .nation
            .count("SELECT count(*) FROM issuing.certificate_version")
            .await;
        let current = self
            .nation
            .count("SELECT count(DISTINCT person) FROM issuing.certificate_version WHERE current")
            .await;
        assert_eq!(
            (versions, current),
            (registered, registered),
            "after {after}: versions, current ones"
        );
        let announced = self
            .province
            .count("SELECT count(*) FROM registration.announcement_row")
            .await;
        assert_eq!(announced, registered, "after {after}: announced");
    }

    async fn applied_once(&self, after: &str) {
        let outbox = self.province.count("SELECT count(*) FROM shared.outbox").await;
        let sent = "SELECT coalesce(hashtext(string_agg(encode(hash, 'hex'), ',' ORDER BY sequence)), 0)::bigint FROM ";
        let here = self
            .province
            .ask(&format!("{sent} shared.outbox WHERE stream = 'provinces/32'"))
            .await;
        let there = self
            .nation
            .ask(&format!("{sent} shared.inbox WHERE source = 'provinces/32'"))
            .await;
        assert_eq!(
            (self.applied().await, there),
            (outbox, here),
            "after {after}: applied what was sent, in its order"
        );
        let used = self
            .nation
            .count("SELECT count(*) FROM exchange.clearance WHERE state = 'used'")
            .await;
        let acts = self.nation.count("SELECT count(*) FROM register.act").await;
        assert_eq!(used, acts, "after {after}: a clearance used for each act");
    }

    async fn numbered_without_gap(&self, after: &str) {
        let gaps =
            "SELECT count(*) - coalesce(max(number), 0) FROM exchange.downstream WHERE province = '32'";
        assert_eq!(
            self.nation.count(gaps).await,
            0,
            "after {after}: news without a gap"
        );
        let gaps = "SELECT count(*) - coalesce(max(position), 0) FROM log.change WHERE position IS NOT NULL";
        assert_eq!(
            self.nation.count(gaps).await,
            0,
            "after {after}: positions without a gap"
        );
    }

    /// Every document exists once: two signatures for each set, and none that no document has.
    ///
    /// # Panics
    /// If not.
    pub async fn documents_once(&self, world: &World, sets: i64) {
        self.issued().await;
        let intents = self.nation.count("SELECT count(*) FROM issuing.intent").await;
        let documents = self.nation.count("SELECT count(*) FROM issuing.document").await;
        let jobs = self.nation.count("SELECT count(*) FROM issuing.job").await;
        let seal = Books::open(world, &Role::Seal).await;
        let signatures = seal.count("SELECT count(*) FROM seal.signature").await;
        let issued = self
            .nation
            .count("SELECT count(DISTINCT licence_identifier) FROM exchange.downstream WHERE kind = 'certificate_issued'")
            .await;
        let told = self
            .nation
            .count("SELECT count(*) FROM exchange.downstream WHERE kind = 'certificate_issued'")
            .await;
        assert_eq!(
            (jobs, intents, documents, signatures),
            (sets, sets, 2 * sets, 2 * sets),
            "jobs, intents, documents, signatures"
        );
        assert_eq!(told, issued, "the province hears of each certificate once");
    }
}
