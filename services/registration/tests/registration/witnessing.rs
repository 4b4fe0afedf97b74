//! The province is a witness of the nation's log: it cosigns one history, remembers across restarts, keeps what contradicts
//! it, and says nothing once it has forgotten.

use std::time::Duration;

use api::registration::v1 as wire;
use api::registration::v1::witness_service_client::WitnessServiceClient;
use postgres::sqlx;
use tlog::{Algorithm, Cosigner, Origin, Quorum, VerifierKey, Witness};

use crate::observed_log::{ORIGIN, ObservedLog};
use crate::world::{Actor, Setting, World, in_role, officer, reason};

const SECTION: &str = "[witness]\nname = \"32.example.cn/witness\"\nkey = \"witness-key.der\"\nlog = \"log.vkey\"\n\
                       enrolment = \"witness-enrolment\"\n";

/// A world with the province as a witness that the operator has enrolled, or not.
async fn observing(enrolled: bool) -> World {
    World::start_set(|realm| {
        let write =
            |name: &str, text: &str| std::fs::write(realm.folder().join(name), text).expect("written");
        write("log.vkey", &format!("{}\n", ObservedLog::key()));
        if enrolled {
            write("witness-enrolment", "");
        }
        Setting {
            checks: SECTION.to_owned(),
            ..Setting::default()
        }
    })
    .await
}

fn other() -> Cosigner {
    Cosigner::from_seed("31.example.cn/witness", &[31; 32]).expect("a name")
}

impl World {
    /// The key of the witness under test, by what it has cosigned.
    fn witness_key(&self) -> VerifierKey {
        use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
        let der = std::fs::read(self.realm.folder().join("witness-key.der")).expect("its key");
        let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(&der).expect("a key");
        let public = pair.public_key().as_ref().try_into().expect("32 bytes");
        VerifierKey::new("32.example.cn/witness", Algorithm::CosignatureV1, public).expect("a name")
    }

    fn quorum_of(&self, threshold: usize) -> Quorum {
        let witnesses = vec![self.witness_key(), other().verifier().clone()];
        let origin = Origin::new(ORIGIN).expect("a line");
        Quorum::new(origin, vec![ObservedLog::key()], witnesses, threshold).expect("a quorum")
    }

    /// Grows the log and waits for the cosignature of what it is then.
    async fn cosigned(&self, by: u64) {
        self.nation.register().log.grow("entry", by);
        self.cosigned_as_it_is().await;
    }

    async fn cosigned_as_it_is(&self) {
        loop {
            let note = {
                let log = &self.nation.register().log;
                log.cosigned.get(&log.size()).cloned()
            };
            if let Some(note) = note {
                let seen = self.quorum_of(1).verify(&note).expect("it holds");
                assert_eq!(seen.cosignatures.len(), 1);
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Evidence as officers read it, page by page.
    async fn listed(
        &self,
        actor: &Actor,
        page_size: i32,
    ) -> Result<Vec<wire::WitnessEvidence>, tonic::Status> {
        let mut evidence = Vec::new();
        let mut page_token = String::new();
        loop {
            let message = wire::ListWitnessEvidenceRequest {
                page_size,
                page_token,
            };
            let mut client = WitnessServiceClient::new(self.channel());
            let answer = client.list_witness_evidence(self.signed(actor, message)).await?;
            let page = answer.into_inner();
            evidence.extend(page.evidence);
            page_token = page.next_page_token;
            if page_token.is_empty() {
                return Ok(evidence);
            }
        }
    }

    /// Waits for evidence; its reason, and whether both sides are in it.
    async fn evidence(&self, count: usize) -> Vec<(String, bool)> {
        loop {
            let mut owner = self.database.owner_connection().await;
            let rows: Vec<(String, bool)> = sqlx::query_as(
                "SELECT reason, remembered IS NOT NULL AND offered LIKE 'old %' FROM registration.witness_evidence
                 ORDER BY id",
            )
            .fetch_all(&mut owner)
            .await
            .expect("readable");
            if rows.len() >= count {
                return rows;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    async fn past_the_program(&self, statement: &'static str) {
        let mut owner = self.database.owner_connection().await;
        let done = sqlx::raw_sql(statement).execute(&mut owner).await;
        done.expect("the owner may");
    }

    async fn audited_acts(&self, verb: &str) -> i64 {
        let mut owner = self.database.owner_connection().await;
        let count = sqlx::query_scalar("SELECT count(*) FROM shared.audit WHERE verb = $1");
        count
            .bind(verb.to_owned())
            .fetch_one(&mut owner)
            .await
            .expect("counted")
    }
}

#[tokio::test]
async fn it_cosigns_a_log_that_grows_and_nothing_that_contradicts_it() {
    let mut world = observing(true).await;
    world.cosigned(3).await;
    assert_eq!(world.audited_acts("enrol_witness").await, 1);
    world.restart().await;
    world.cosigned(300).await;

    // The same size, another tree; then a larger tree that does not begin with what was cosigned.
    world.nation.register().log.rewrite();
    let found = world.evidence(1).await;
    assert_eq!(found, [("FORK".to_owned(), true)]);
    world.nation.register().log.grow("entry", 5);
    let found = world.evidence(2).await;
    assert_eq!(found[1], ("NOT_CONSISTENT".to_owned(), true));
    {
        let log = &mut world.nation.register().log;
        assert_eq!(
            log.cosigned.keys().copied().collect::<Vec<_>>(),
            [3, 303],
            "no more"
        );
        // A log that went back is no better.
        let mut honest = ObservedLog::default();
        honest.grow("entry", 4);
        std::mem::swap(log, &mut honest);
    }
    let found = world.evidence(3).await;
    assert_eq!(found[2].0, "LOG_WENT_BACK");
    assert_eq!(world.audited_acts("cosign_checkpoint").await, 3);
    officers_read_the_evidence(&world).await;
    // The first history goes on.
    world.nation.register().log.grow("entry", 300);
    world.cosigned_as_it_is().await;
}

/// Two notes of one size with two roots, both signed by the log, prove a fork to anybody: officers have them to publish.
async fn officers_read_the_evidence(world: &World) {
    let listed = world
        .listed(&officer("provinces/32"), 2)
        .await
        .expect("their own");
    let reasons: Vec<_> = listed.iter().map(|one| one.reason.as_str()).collect();
    assert_eq!(
        reasons,
        ["LOG_WENT_BACK", "NOT_CONSISTENT", "FORK"],
        "the newest first"
    );
    let fork = &listed[2];
    let (origin, keys) = (Origin::new(ORIGIN).expect("a line"), [ObservedLog::key()]);
    let opened = |note: &tlog::Note| tlog::Checkpoint::open(note, &origin, &keys).expect("signed by the log");
    let here = tlog::Note::parse(&fork.remembered).expect("a note");
    let there = tlog::AddCheckpoint::parse(&fork.offered).expect("a request");
    assert!(opened(&here).contradicts(&opened(&there.checkpoint)));
    assert_eq!((fork.origin.as_str(), fork.digest.len()), (ORIGIN, 32));
    assert!(fork.name.starts_with("provinces/32/witnessEvidence/") && fork.found_at.is_some());
    let refused = world.listed(&officer("provinces/33"), 2).await;
    assert_eq!(reason(refused), "PERMISSION_DENIED");
    let refused = world.listed(&in_role("HELP_DESK", "provinces/32"), 2).await;
    assert_eq!(reason(refused), "CALLER_NOT_ALLOWED");
}

#[tokio::test]
async fn one_that_forgot_cosigns_nothing_until_others_vouch_for_a_checkpoint() {
    let world = observing(true).await;
    world.cosigned(2).await;
    world.cosigned(2).await;
    // Restored from a backup: it is shown its own cosignature.
    world
        .past_the_program(
            "CREATE TABLE registration.kept AS SELECT * FROM registration.witness_memory;
             DELETE FROM registration.witness_memory;
             INSERT INTO registration.witness_memory (origin, state) SELECT origin, 'ENROLLED' FROM registration.kept",
        )
        .await;
    let found = world.evidence(1).await;
    assert_eq!(found[0].0, "WITNESS_FORGOT");
    world.nation.register().log.grow("entry", 2);

    let app = world.another_app().await;
    let note = world.nation.register().log.note();
    let refused = app
        .anchor_witness("operators/one", &note, &world.quorum_of(1))
        .await;
    assert!(
        matches!(refused, Err(registration::WitnessError::Refused(_))),
        "the log's own word is not enough"
    );
    let refused = app.enrol_witness("operators/one").await;
    assert!(matches!(
        refused,
        Err(registration::WitnessError::AlreadyEnrolled)
    ));
    assert_eq!(
        world
            .nation
            .register()
            .log
            .cosigned
            .keys()
            .copied()
            .collect::<Vec<_>>(),
        [2, 4],
        "silent"
    );
    let vouched = vouched(&world);
    let anchored = app
        .anchor_witness("operators/one", &vouched, &world.quorum_of(1))
        .await;
    assert_eq!(anchored.expect("another has seen it"), 6);
    assert_eq!(world.audited_acts("anchor_witness").await, 1);
    world.cosigned(1).await;
    let again = app
        .anchor_witness("operators/one", &vouched, &world.quorum_of(1))
        .await;
    assert!(again.is_err(), "it has lost nothing");
}

/// The present checkpoint, cosigned by another witness.
fn vouched(world: &World) -> tlog::Note {
    let note = world.nation.register().log.note();
    let origin = Origin::new(ORIGIN).expect("a line");
    let witness = Witness::new(other(), origin, vec![ObservedLog::key()]);
    let request = tlog::AddCheckpoint {
        old_size: 0,
        proof: Vec::new(),
        checkpoint: note.clone(),
    };
    let pending = witness.add_checkpoint(&tlog::Memory::Enrolled, &request, world.now());
    note.with(pending.expect("its first").release())
}

#[tokio::test]
async fn a_province_without_the_operator_s_word_takes_up_no_log() {
    let world = observing(false).await;
    world.nation.register().log.grow("entry", 2);
    let app = world.another_app().await;
    assert_eq!(app.witness_key(), Some(&world.witness_key()));
    assert!(world.nation.register().log.cosigned.is_empty());
    app.enrol_witness("operators/one").await.expect("its first");
    world.cosigned_as_it_is().await;
}
