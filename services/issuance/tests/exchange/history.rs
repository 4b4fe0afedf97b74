//! The past over real rows: announced, changed, corrected with effect for the past, lapsed by an event of before. What counted and
//! what was known to count have two answers (decision 0031).

use std::time::Duration;

use api::convert::instant;
use api::issuance::v1 as wire;
use api::issuance::v1::register_service_client::RegisterServiceClient;
use api::issuance::v1::watch_changes_response::Change as Told;
use api::types::v1::ApplicationType::{Change, Correction, Initial};
use api::types::v1::{CorrectedFact, StatusCode};
use jiff::Timestamp;
use tonic::Code;
use uuid::Uuid;

use crate::business_types::correcting;
use crate::lapses::{lapse_on, push};
use crate::world::{Person, World, reason};

const DAY: Duration = Duration::from_secs(24 * 3_600);

fn asking(person: &Person, at: Timestamp, known_at: Timestamp) -> wire::ReadHistoryRequest {
    wire::ReadHistoryRequest {
        person: person.name(),
        at: Some(instant(at)),
        known_at: Some(instant(known_at)),
    }
}

async fn read(world: &World, question: wire::ReadHistoryRequest) -> wire::ReadHistoryResponse {
    let mut verification = world.watcher("nation/verification", world.services);
    let answer = verification.read_history(question).await;
    answer.expect("it may ask").into_inner()
}

/// How it counted at one instant, as known at another: status, employer, and the kinds of acts that it rests on.
async fn counted(
    world: &World,
    person: &Person,
    (at, known_at): (Timestamp, Timestamp),
) -> (StatusCode, String, Vec<String>) {
    let entry = read(world, asking(person, at, known_at)).await.entry;
    let entry = entry.expect("registered then");
    let kinds = entry.acts.iter().map(|act| act.kind.clone()).collect();
    (entry.status_code(), entry.employer_title, kinds)
}

#[tokio::test]
async fn what_counted_and_what_was_known_to_count_are_answered_from_the_acts_with_their_proofs() {
    let (world, mut jiangsu, _) = World::new().await;
    let (person, old, new) = (world.person(), world.employer("32"), world.employer("32"));
    let before = world.now();
    world.advance(DAY);
    let initial = jiangsu.application(&person, &old, Initial);
    jiangsu.announce(&world, &initial).await;
    let registered = world.now();
    world.advance(DAY);
    let change = jiangsu.application(&person, &new, Change);
    jiangsu.announce(&world, &change).await;
    let changed = world.now();
    world.advance(DAY);
    let mut correction = jiangsu.application(&person, &new, Correction);
    correction.correction = correcting(&[CorrectedFact::Photo], None);
    correction.pictures = 78;
    jiangsu.announce(&world, &correction).await;
    let corrected = world.now();
    world.advance(DAY);
    let day = domain::calendar::day_of(corrected);
    let event = lapse_on(&world, (Uuid::new_v4(), day), &person, &new);
    push(&world, &mut jiangsu, vec![event]).await;
    let now = world.now();
    let through = world.count("SELECT count(*) FROM log.change").await;
    let (feed, _) = world.changes(0, through.cast_unsigned()).await;

    let kinds = crate::moves::acts(&world).await;
    let [register, change, correct, lapse] = &kinds[..] else {
        panic!("{kinds:?}")
    };
    let known = |acts: &[&String]| acts.iter().map(|kind| (*kind).clone()).collect::<Vec<_>>();
    let ask = async |at, known_at| counted(&world, &person, (at, known_at)).await;
    // As known then: the act of the day; as known now: what was corrected holds from the registration on.
    let (status, employer, acts) = ask(registered, registered).await;
    assert_eq!((status, acts), (StatusCode::Valid, known(&[register])));
    let (status, same, acts) = ask(registered, now).await;
    assert_eq!((status, acts), (StatusCode::Valid, known(&[register, correct])));
    assert_eq!(same, employer, "a change counts from its announcement");
    let (_, other, acts) = ask(changed, changed).await;
    assert_eq!(acts, known(&[register, change]));
    assert_ne!(other, employer);
    // The lapse was recorded a day after its event: nobody could know it then, and yet it had lapsed.
    let (status, _, acts) = ask(corrected, corrected).await;
    assert_eq!(
        (status, acts),
        (StatusCode::Valid, known(&[register, change, correct]))
    );
    let (status, _, acts) = ask(corrected, now).await;
    assert_eq!(
        (status, acts),
        (StatusCode::Lapsed, known(&[register, change, correct, lapse]))
    );
    let nothing = read(&world, asking(&person, before, now)).await;
    assert!(nothing.entry.is_none(), "not registered yet");
    let began = nothing.began_at.expect("the register has acts").seconds;
    assert!(began > before.as_second() && began <= registered.as_second());

    evidence(&world, &person, &feed, now).await;
}

/// Each act leads to the change that told it, and those that made a version to a leaf of the log.
async fn evidence(world: &World, person: &Person, feed: &[wire::WatchChangesResponse], now: Timestamp) {
    let entry = read(world, asking(person, now, now)).await.entry.expect("then");
    assert_eq!(entry.acts.len(), 4);
    let leaves = world.count("SELECT count(*) FROM log.leaf").await;
    let mut last = 0;
    for act in &entry.acts {
        assert!(act.position > last, "in the order of the register");
        last = act.position;
        let told = feed.iter().find(|message| message.position == act.position);
        match told.and_then(|message| message.change.as_ref()).expect("told") {
            Told::EntryChanged(entry) => {
                assert_eq!(
                    entry.entry.as_ref().map(|entry| &entry.person),
                    Some(&person.name())
                );
            }
            Told::VersionChanged(version) => assert_eq!(version.person, person.name()),
            other => panic!("{other:?}"),
        }
    }
    let with_leaf: Vec<_> = entry.acts.iter().map(|act| act.leaf_index).collect();
    assert!(
        with_leaf[..3]
            .iter()
            .all(|leaf| leaf.is_some_and(|leaf| leaf < leaves.cast_unsigned()))
    );
    assert_eq!(with_leaf[3], None, "a lapse makes no version");
}

#[tokio::test]
async fn the_past_is_told_to_verification_alone() {
    let (world, mut jiangsu, _) = World::new().await;
    let person = world.person();
    let initial = jiangsu.application(&person, &world.employer("32"), Initial);
    jiangsu.announce(&world, &initial).await;
    let question = || asking(&person, world.now(), world.now());
    for caller in ["nation/identity", "nation/seal"] {
        let mut other = world.watcher(caller, world.services);
        let refused = other.read_history(question()).await.expect_err("a neighbour");
        assert_eq!(reason(&refused), "CALLER_NOT_ALLOWED", "{caller}");
    }
    // Whoever comes through the portal, an officer of the nation too, asks verification, which answers by its rules.
    let mut portal = RegisterServiceClient::new(world.portal().await);
    for officer in [world.officer(None), world.officer(Some("32"))] {
        let refused = portal.read_history(world.signed(&officer, question())).await;
        assert_eq!(reason(&refused.expect_err("an officer")), "CALLER_NOT_ALLOWED");
    }
    let mut province = world.watcher("province/32/registration", world.provinces);
    let refused = province.read_history(question()).await.expect_err("a province");
    assert_eq!(reason(&refused), "CALLER_NOT_ALLOWED");
    let nobody = wire::ReadHistoryRequest {
        person: format!("persons/{}", Uuid::new_v4()),
        ..question()
    };
    assert!(
        read(&world, nobody).await.entry.is_none(),
        "nothing about a stranger"
    );
    let mut verification = world.watcher("nation/verification", world.services);
    for bad in [
        wire::ReadHistoryRequest {
            at: None,
            ..question()
        },
        wire::ReadHistoryRequest {
            person: "320205199003070011".to_owned(),
            ..question()
        },
    ] {
        let refused = verification.read_history(bad).await.expect_err("unreadable");
        assert_eq!(refused.code(), Code::InvalidArgument);
    }
}
