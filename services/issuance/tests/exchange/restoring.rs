//! The nation's database restored to an earlier point: it starts closed, and opens once it holds again what provinces, witnesses and the
//! keeper of the seals hold, under the same numbers.
//!
//! ```text
//! backup ──▶ announced, issued, cosigned ──▶ database = backup ──▶ closed ─▶ provinces tell again ─▶ log regrown ─▶ open
//!                 object store, seal's journal, provinces: stay as they are
//! ```

mod cleared;
mod moving;
mod noticed;
mod stopped;
mod story;
mod tampered;

use api::issuance::v1::restoration::Step;
use api::types::v1::ApplicationType::Initial;
use tlog::{Hash, LogSigner, Memory};

use self::story::{HOUR, Outbox, everything_else_is_closed, identities, restoration, say, settled, until};
use crate::backup::{Backup, Keeper};
use crate::national_acts::Ministry;
use crate::witnesses::{ORIGIN, Observer};
use crate::world::{World, reason};

#[tokio::test]
async fn what_was_lost_is_rebuilt_under_the_same_numbers_and_the_log_regrown_leaf_by_leaf() {
    let (mut world, jiangsu, shanghai) = World::new().await;
    let keeper = Keeper::start(&mut world).await;
    let (mut jiangsu, mut shanghai) = (Outbox::new(jiangsu), Outbox::new(shanghai));
    jiangsu.registered(&world).await;
    settled(&world, 1).await;
    let backup = Backup::take(&mut world).await;
    let before = world.count("SELECT size FROM log.head").await;

    world.advance(HOUR);
    let wei = jiangsu.registered(&world).await;
    shanghai.registered(&world).await;
    world.advance(HOUR);
    let employer = world.employer("32");
    let cleared = jiangsu.province.application(&world.person(), &employer, Initial);
    let clearance = jiangsu.province.cleared(&cleared).await;
    settled(&world, 3).await;
    let nanjing = jiangsu.province.again();
    let pudong = shanghai.province.again();
    let (mut one, mut other) = (Observer::new(&world, &nanjing), Observer::new(&world, &pudong));
    let size = one.cosign(&world).await.expect("it goes on");
    assert_eq!(other.cosign(&world).await, Some(size));
    let (told, sealed) = (identities(&world).await, keeper.signatures().await);

    backup.restore(&mut world).await;
    let found = until(&world, "replaying", |one| one.step() == Step::Replay).await;
    assert_eq!(
        (found.cause.as_str(), found.from_size),
        ("COUNTERFOILS_BEYOND", before.cast_unsigned())
    );
    assert_eq!(found.through_size, size);
    assert_eq!(found.waiting_for, ["provinces/31", "provinces/32"]);
    everything_else_is_closed(&world, &jiangsu).await;
    jiangsu.tell_again().await;
    shanghai.tell_again().await;
    let found = until(&world, "comparing", |one| one.step() == Step::Compare).await;
    assert_eq!(
        found.waiting_for,
        ["provinces/31/witness", "provinces/32/witness"]
    );
    assert!(
        one.asked().await.is_none(),
        "it says what it remembers, and is asked nothing"
    );
    assert!(other.asked().await.is_none());
    let opened = until(&world, "opened", |one| one.step() == Step::Opened).await;
    assert_eq!(opened.findings, []);

    let again = identities(&world).await;
    let differs = told.iter().zip(&again).find(|(told, again)| told != again);
    assert_eq!(differs, None);
    assert_eq!(told.len(), again.len());
    assert_eq!(
        keeper.signatures().await,
        sealed,
        "nothing was sealed a second time"
    );
    let stores = world
        .app()
        .await
        .check_stores("operators/test", false)
        .await
        .expect("it ran");
    assert_eq!(stores.named, []);

    // What was cleared is announced by the clearance that was given, and the witnesses see one log go on.
    jiangsu.tell(&world, &cleared, &clearance).await;
    settled(&world, 4).await;
    assert!(one.cosign(&world).await.is_some_and(|further| further > size));
    assert!(world.entry(None, &wei, crate::world::told("32", 2)).await.is_ok());
}

#[tokio::test]
async fn a_witness_that_contradicts_keeps_it_closed_whatever_officers_say() {
    let (mut world, jiangsu, shanghai) = World::new().await;
    let _keeper = Keeper::start(&mut world).await;
    let mut jiangsu = Outbox::new(jiangsu);
    let backup = Backup::take(&mut world).await;
    world.advance(HOUR);
    jiangsu.registered(&world).await;
    settled(&world, 1).await;
    let nanjing = jiangsu.province.again();
    let (mut one, mut other) = (Observer::new(&world, &nanjing), Observer::new(&world, &shanghai));
    let size = one.cosign(&world).await.expect("it goes on");
    assert_eq!(other.cosign(&world).await, Some(size));
    // Shanghai was shown another tree, by the log's own key.
    let der = std::fs::read(world.realm.folder().join("checkpoint.der")).expect("the log's key");
    let signer = LogSigner::from_pkcs8(ORIGIN, &der).expect("a key");
    if let Memory::Remembered(known) = &mut other.memory {
        known.root = Hash::new([7; 32]);
        known.note = signer.sign(size, known.root);
    }

    backup.restore(&mut world).await;
    jiangsu.tell_again().await;
    until(&world, "comparing", |one| one.step() == Step::Compare).await;
    assert!(one.asked().await.is_none());
    assert!(other.asked().await.is_none());
    let found = until(&world, "contradicted", |one| !one.findings.is_empty()).await;
    let finding = &found.findings[0];
    assert_eq!(
        (finding.finding.as_str(), finding.bars_opening),
        ("WITNESS_CONTRADICTS", true)
    );
    assert_eq!(
        finding.subject,
        format!("provinces/31/checkpoints/{size}, log/leaves/0-{}", size - 1)
    );
    let portal = world.portal().await;
    for officer in [world.officer(None), world.officer(None)] {
        let refused = say(&world, &portal, &officer, &found.name)
            .await
            .expect_err("nobody opens it");
        assert_eq!(reason(&refused), "RESTORATION_CONTRADICTED");
    }
    // A start changes nothing.
    world.restart().await;
    everything_else_is_closed(&world, &jiangsu).await;
    assert_eq!(
        restoration(&world).await.expect("it is shown").step(),
        Step::Compare
    );
}

#[tokio::test]
async fn an_act_of_the_nation_that_nobody_tells_again_is_named_and_two_officers_open() {
    let (mut world, jiangsu, shanghai) = World::new().await;
    let _keeper = Keeper::start(&mut world).await;
    let mut jiangsu = Outbox::new(jiangsu);
    let person = jiangsu.registered(&world).await;
    settled(&world, 1).await;
    let backup = Backup::take(&mut world).await;
    world.advance(HOUR);
    Ministry::new(&world).await.suspended(&person, None).await;
    settled(&world, 1).await;
    let told = identities(&world).await;

    backup.restore(&mut world).await;
    let nanjing = jiangsu.province.again();
    for province in [&nanjing, &shanghai] {
        assert!(Observer::new(&world, province).asked().await.is_none());
    }
    let found = until(&world, "compared", |one| {
        one.step() == Step::Compare && one.waiting_for.is_empty() && !one.findings.is_empty()
    })
    .await;
    assert!(
        found
            .findings
            .iter()
            .all(|one| one.finding == "CHANGE_NOT_REBUILT" && !one.bars_opening)
    );
    let portal = world.portal().await;
    let officers = [world.officer(None), world.officer(None)];
    let jiangsu_officer = world.officer(Some("32"));
    let refused = say(&world, &portal, &jiangsu_officer, &found.name)
        .await
        .expect_err("a province's");
    assert_eq!(reason(&refused), "RESTORATION_OF_MINISTRY");
    let first = say(&world, &portal, &officers[0], &found.name)
        .await
        .expect("one word");
    assert!(first.first_word && first.step() == Step::Compare);
    let refused = say(&world, &portal, &officers[0], &found.name)
        .await
        .expect_err("the same officer");
    assert_eq!(reason(&refused), "FOUR_EYES_SAME_OFFICER");
    let opened = say(&world, &portal, &officers[1], &found.name)
        .await
        .expect("the second");
    assert_eq!(opened.step(), Step::Opened);

    // Its positions are what they were to whoever follows; the act is done again by its decision.
    let positions = |rows: &[String]| -> Vec<String> {
        rows.iter()
            .filter(|row| row.starts_with("position "))
            .cloned()
            .collect()
    };
    assert_eq!(positions(&told), positions(&identities(&world).await));
    Ministry::new(&world).await.suspended(&person, None).await;
}
