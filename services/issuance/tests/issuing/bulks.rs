//! Documents for many certificates as one act: chosen, counted, paused, resumed, with a result for each row; and the drill
//! of a compromised key, after which every current certificate is sealed anew.

use api::issuance::v1 as wire;
use uuid::Uuid;
use wire::bulk::{Purpose, State};
use wire::start_bulk_request::Selection;

use crate::door::{Door, reason};
use crate::remade::remake;
use crate::stamping::report;
use crate::world::{Holder, Proof, SEAL, World};

fn start(purpose: Purpose, selection: Selection) -> wire::StartBulkRequest {
    wire::StartBulkRequest {
        request_id: Uuid::new_v4().to_string(),
        purpose: purpose.into(),
        selection: Some(selection),
        ground: "演练：印章密钥疑似泄露".to_owned(),
    }
}

fn list(holders: &[&Holder]) -> Selection {
    Selection::List(wire::BulkList {
        licence_identifiers: holders.iter().map(|holder| holder.identifier.clone()).collect(),
    })
}

fn of_seal() -> Selection {
    Selection::Seal(format!("seals/{SEAL}"))
}

async fn started(door: &Door, request: wire::StartBulkRequest) -> wire::Bulk {
    let answer = door.issuances().start_bulk(door.request(request)).await;
    answer.expect("it begins").into_inner().bulk.expect("it is shown")
}

async fn shown(door: &Door, name: &str) -> wire::Bulk {
    let request = wire::GetBulkRequest {
        name: name.to_owned(),
    };
    let answer = door.issuances().get_bulk(door.request(request)).await;
    answer.expect("they may").into_inner().bulk.expect("it is shown")
}

async fn done(world: &World, bulk: &wire::Bulk) -> wire::Bulk {
    world
        .until("SELECT WHERE NOT EXISTS (SELECT FROM issuing.bulk WHERE state <> 'done')")
        .await;
    let bulk = shown(&world.officer(None), &bulk.name).await;
    assert_eq!(bulk.state(), State::Done);
    assert_eq!((bulk.waiting, bulk.issued + bulk.stopped), (0, bulk.rows));
    bulk
}

#[tokio::test]
async fn a_paused_bulk_rests_while_single_requests_go_on() {
    let mut world = World::new().await;
    let (first, second) = (world.registered("张伟民").await, world.registered("李秀英").await);
    world.issued(&first).await;
    world.issued(&second).await;
    world.stop_seal().await;
    let waiting = [world.registered("王建国").await, world.registered("赵丽华").await];
    let officer = world.officer(None);
    let request = start(Purpose::Issue, Selection::Province("provinces/32".to_owned()));
    let bulk = started(&officer, request.clone()).await;
    assert_eq!((bulk.rows, bulk.waiting, bulk.state()), (2, 2, State::Running));
    assert_eq!(started(&officer, request).await.name, bulk.name, "a replay");
    let pause = wire::PauseBulkRequest {
        request_id: Uuid::new_v4().to_string(),
        name: bulk.name.clone(),
    };
    let paused = officer.issuances().pause_bulk(officer.request(pause)).await;
    let paused = paused.expect("it rests").into_inner().bulk.expect("shown");
    assert_eq!(paused.state(), State::Paused);
    // Whoever had leased its rows has given them back: the keeper of the seals is away.
    world
        .until("SELECT WHERE NOT EXISTS (SELECT FROM issuing.job WHERE holder IS NOT NULL)")
        .await;
    world.start_seal().await;
    let single = world.registered("孙志强").await;
    world.issued(&single).await;
    let resting = shown(&officer, &bulk.name).await;
    assert_eq!((resting.waiting, resting.issued), (2, 0));

    let resume = wire::ResumeBulkRequest {
        request_id: Uuid::new_v4().to_string(),
        name: bulk.name.clone(),
    };
    officer
        .issuances()
        .resume_bulk(officer.request(resume))
        .await
        .expect("it goes on");
    let bulk = done(&world, &bulk).await;
    assert_eq!((bulk.issued, bulk.stopped), (2, 0));
    for holder in &waiting {
        world.issued(holder).await;
    }
    let resume = wire::ResumeBulkRequest {
        request_id: Uuid::new_v4().to_string(),
        name: bulk.name.clone(),
    };
    let refused = officer.issuances().resume_bulk(officer.request(resume)).await;
    assert_eq!(reason(&refused.expect_err("it is done")), "BULK_DONE");
    let told = "SELECT count(*) FROM shared.audit WHERE outcome = 'done' AND verb IN ('start_bulk', 'pause_bulk', 'resume_bulk')";
    assert_eq!(world.count(told).await, 3);
}

/// What the turn of one process took: single requests, and rows of bulks. What was taken before stays taken.
async fn turn(world: &mut World) -> (i64, i64) {
    let held = "WITH held AS (UPDATE issuing.job SET expires_at = 'infinity' WHERE attempts > 0 RETURNING id)
                SELECT count(*) FROM held";
    assert!(world.count(held).await > 0);
    world.restart(Some(issuance::Step::Prepare)).await;
    let taken = "FROM issuing.job WHERE attempts > 0 AND expires_at < 'infinity'";
    world.until(&format!("SELECT {taken}")).await;
    let single = world
        .count(&format!("SELECT count(*) {taken} AND bulk IS NULL"))
        .await;
    let all = world.count(&format!("SELECT count(*) {taken}")).await;
    (single, all - single)
}

#[tokio::test]
async fn a_single_request_is_in_the_next_turn_whatever_waits_and_a_bulk_has_a_place_in_each() {
    let mut world = World::stopping_after(Some(issuance::Step::Prepare)).await;
    world.batch = 4;
    world.registered("张伟民").await;
    world.until("SELECT FROM issuing.job WHERE attempts > 0").await;
    for _ in 0..6 {
        world.registered("李秀英").await;
    }
    let request = start(Purpose::Issue, Selection::Province("provinces/32".to_owned()));
    let bulk = started(&world.officer(None), request).await;
    assert!(bulk.rows >= 6);
    for _ in 0..2 {
        world.registered("王建国").await;
    }
    assert_eq!(turn(&mut world).await, (2, 2), "they came last and go first");
    for _ in 0..5 {
        world.registered("赵丽华").await;
    }
    assert_eq!(turn(&mut world).await, (4, 1), "nor do they starve a bulk");
    assert_eq!(turn(&mut world).await, (1, 3));
}

#[tokio::test]
async fn after_a_rotation_every_current_certificate_is_sealed_anew_and_the_former_files_say_so() {
    let world = World::new().await;
    let (first, second) = (world.registered("张伟民").await, world.registered("李秀英").await);
    let gone = world.registered("王建国").await;
    for holder in [&first, &second, &gone] {
        world.issued(holder).await;
    }
    world.supersede(&gone).await;
    let before = world.holder(&first, Proof::SteppedUp);
    let before = before
        .download(&first.certificate(), wire::DocumentFormat::Ofd)
        .await
        .expect("it is theirs");

    remake(&world).await;
    let officer = world.officer(None);
    let bulk = started(&officer, start(Purpose::Reissue, of_seal())).await;
    assert_eq!(bulk.rows, 2, "current certificates only");
    let bulk = done(&world, &bulk).await;
    assert_eq!((bulk.issued, bulk.stopped), (2, 0));

    let after = world.holder(&first, Proof::SteppedUp);
    let after = after
        .download(&first.certificate(), wire::DocumentFormat::Ofd)
        .await
        .expect("it is theirs");
    assert_ne!(before.1, after.1, "the newest documents are handed out");
    let found = report(&world, &first, wire::DocumentFormat::Ofd).await;
    assert!(found.is_fit_to_issue(), "{:?}", found.findings);
    let kept = format!(
        "SELECT count(*) FROM issuing.document WHERE sha256 = '\\x{}'",
        before.1
    );
    assert_eq!(world.count(&kept).await, 1, "the former file stays known");
    for (what, count) in [
        ("issuing.document WHERE true", 10),
        ("issuing.document_set WHERE generation = 2", 2),
        ("log.change WHERE kind = 'document' AND leaf IS NOT NULL", 10),
        // A province is told once that a certificate is there.
        ("exchange.downstream WHERE kind = 'certificate_issued'", 3),
    ] {
        assert_eq!(
            world.count(&format!("SELECT count(*) FROM {what}")).await,
            count,
            "{what}"
        );
    }
    let rows = wire::ListBulkRowsRequest {
        parent: bulk.name.clone(),
        ..Default::default()
    };
    let rows = officer.issuances().list_bulk_rows(officer.request(rows)).await;
    let rows = rows.expect("they may").into_inner().issuances;
    assert_eq!(rows.len(), 2);
    assert!(
        rows.iter()
            .all(|row| row.generation == 2 && row.bulk == bulk.name)
    );

    // Nothing carries a former making any more: the drill is over when this is empty.
    let again = started(&officer, start(Purpose::Reissue, of_seal())).await;
    assert_eq!(done(&world, &again).await.rows, 0);
}

#[tokio::test]
async fn what_was_stopped_is_tried_again_and_says_why_it_stopped() {
    let world = World::new().await;
    let [unlucky, holder] = world.one_stopped_one_issued().await;
    let officer = world.officer(None);
    let both = list(&[&unlucky, &holder]);
    let bulk = started(&officer, start(Purpose::Issue, both.clone())).await;
    assert_eq!(bulk.rows, 1, "what is issued is left alone");
    let bulk = done(&world, &bulk).await;
    assert_eq!((bulk.issued, bulk.stopped), (0, 1));
    let [stopped] = bulk.first_stopped.as_slice() else {
        panic!("one is stopped: {bulk:?}")
    };
    assert_eq!(stopped.reason, "CHARACTER_NOT_DRAWABLE");
    assert_eq!(stopped.licence_identifier, unlucky.identifier);

    let mut unknown = list(&[&holder]);
    if let Selection::List(list) = &mut unknown {
        list.licence_identifiers.push("1.2.156.none".to_owned());
    }
    for (request, expected) in [
        (start(Purpose::Issue, unknown), "BULK_ROW_UNKNOWN"),
        (start(Purpose::Issue, list(&[])), "BULK_LIST_LENGTH"),
        (start(Purpose::Issue, of_seal()), "BULK_SEAL_NOTHING_TO_ISSUE"),
    ] {
        let refused = officer.issuances().start_bulk(officer.request(request)).await;
        assert_eq!(reason(&refused.expect_err("not lawful")), expected);
    }
}

#[tokio::test]
async fn officers_of_the_ministry_alone_issue_in_bulk() {
    let world = World::new().await;
    let holder = world.registered("张伟民").await;
    world.issued(&holder).await;
    let national = world.officer(None);
    let bulk = done(
        &world,
        &started(&national, start(Purpose::Reissue, list(&[&holder]))).await,
    )
    .await;
    let closed = "CALLER_NOT_ALLOWED";
    for (door, expected) in [
        (
            world.officer(Some("32")),
            [
                "BULK_AUTHORITY",
                "BULK_AUTHORITY",
                "BULK_AUTHORITY",
                "NOT_FOUND",
                "NOT_FOUND",
            ],
        ),
        (world.holder(&holder, Proof::SteppedUp), [closed; 5]),
        (world.registrar(holder.employer), [closed; 5]),
        (world.backend(), [closed; 5]),
    ] {
        let mut calls = door.issuances();
        let id = || Uuid::new_v4().to_string();
        let name = || bulk.name.clone();
        let pause = wire::PauseBulkRequest {
            request_id: id(),
            name: name(),
        };
        let resume = wire::ResumeBulkRequest {
            request_id: id(),
            name: name(),
        };
        let rows = wire::ListBulkRowsRequest {
            parent: name(),
            ..Default::default()
        };
        let get = wire::GetBulkRequest { name: name() };
        let begin = start(Purpose::Reissue, list(&[&holder]));
        let refused = [
            calls.start_bulk(door.request(begin)).await.err(),
            calls.pause_bulk(door.request(pause)).await.err(),
            calls.resume_bulk(door.request(resume)).await.err(),
            calls.get_bulk(door.request(get)).await.err(),
            calls.list_bulk_rows(door.request(rows)).await.err(),
        ];
        let refused = refused.map(|refused| reason(&refused.expect("refused")));
        assert_eq!(refused, expected);
    }
}
