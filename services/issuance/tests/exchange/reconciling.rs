//! `CompareRegister`: equal roots at a pair yield a signed receipt; different ones lead to the row.

use api::exchange::v1 as wire;
use api::types::v1::ApplicationType::{Cancellation, Change, Initial};
use api::types::v1::{EndCause, StatusCode};
use domain::province::Province as Code;
use domain::registration_number::RegistrationNumber;
use domain::specialty::Specialty;
use domain::validity::Validity;
use jiff::Timestamp;
use register_tree::{Digest, Pair, Path, Row, Standing, Tree, differing};
use uuid::Uuid;
use wire::compare_register_response::Outcome;

use crate::national_acts::Ministry;
use crate::province::{Application, Province};
use crate::world::World;

/// What the province holds of an application that was announced.
fn row(application: &Application) -> Row {
    let id = |name: &str| -> Uuid {
        name.rsplit('/')
            .next()
            .and_then(|id| id.parse().ok())
            .expect("a name")
    };
    let (_, from, to) = application.specialties[0];
    Row {
        number: RegistrationNumber::parse(&application.proposed).expect("a number"),
        person: id(&application.person).into(),
        employer: id(&application.employer).into(),
        specialties: vec![(Specialty::WaterAndHydropower, Validity { from, to })],
        standing: Standing::InForce,
    }
}

fn tree(rows: &[Row]) -> Tree {
    Tree::new(rows.iter().map(|row| (row.key(), row.digest())))
}

async fn compare(
    province: &Province,
    (sequence, number): (u64, u64),
    root: Digest,
    nodes: &[Path],
) -> wire::CompareRegisterResponse {
    let request = wire::CompareRegisterRequest {
        pair: Some(wire::RegisterPair { sequence, number }),
        root: root.to_vec().into(),
        nodes: nodes.iter().map(Path::to_string).collect(),
    };
    let answer = province.client.clone().compare_register(request).await;
    answer.expect("answered").into_inner()
}

fn receipt_holds(
    world: &World,
    code: &str,
    pair: (u64, u64),
    root: &Digest,
    answer: &wire::CompareRegisterResponse,
) -> bool {
    let at = answer.compared_at.as_ref().expect("a receipt has its time");
    let at = Timestamp::new(at.seconds, at.nanos).expect("an instant");
    let pair = Pair {
        sequence: pair.0,
        number: pair.1,
    };
    let code = Code::from_code(code).expect("a province");
    world.signed_receipt(
        &register_tree::statement(code, pair, root, at),
        &answer.receipt_signature,
    )
}

#[tokio::test]
async fn equal_registers_are_receipted_and_a_row_that_differs_is_found_in_five_steps() {
    let (world, mut jiangsu, shanghai) = World::new().await;
    let employer = world.employer("32");
    let mut rows = Vec::new();
    let mut initial = None;
    for _ in 0..3 {
        let person = world.person();
        let application = jiangsu.application(&person, &employer, Initial);
        jiangsu.announce(&world, &application).await;
        rows.push(row(&application));
        initial = Some((person, application));
    }
    let root = tree(&rows).nodes().root();
    let equal = compare(&jiangsu, (3, 0), root, &[]).await;
    assert_eq!(equal.outcome(), Outcome::Equal);
    assert!(receipt_holds(&world, "32", (3, 0), &root, &equal));
    assert!(
        !receipt_holds(&world, "31", (3, 0), &root, &equal),
        "of this province"
    );
    assert!(
        !receipt_holds(&world, "32", (3, 1), &root, &equal),
        "at this pair"
    );

    // What was not applied yet, what another province has, what never was.
    let ahead = compare(&jiangsu, (4, 0), root, &[]).await;
    assert_eq!(ahead.outcome(), Outcome::NotThereYet);
    let other = compare(&shanghai, (0, 0), Tree::default().nodes().root(), &[]).await;
    assert_eq!(other.outcome(), Outcome::Equal, "nobody is registered there");
    let never = compare(&jiangsu, (2, 7), root, &[]).await;
    assert_eq!(never.outcome(), Outcome::Passed);
    assert_eq!(
        never.pair,
        Some(wire::RegisterPair {
            sequence: 3,
            number: 0
        })
    );

    // One row tampered with here.
    let mut wrong = rows.clone();
    wrong[1].specialties[0].1.to = jiff::civil::date(2031, 5, 3);
    let here = tree(&wrong);
    let (mut nodes, mut steps) = (vec![Path::ROOT], 0);
    let found = loop {
        let answer = compare(&jiangsu, (3, 0), here.nodes().root(), &nodes).await;
        assert_eq!(answer.outcome(), Outcome::Different);
        assert!(answer.receipt_signature.is_empty());
        steps += 1;
        if nodes.iter().all(|node| node.is_bucket()) {
            break answer.rows;
        }
        let there = |path: Path| {
            let found = answer.children.iter().find(|node| node.path == path.to_string());
            found.map(|node| Digest::try_from(&node.digest[..]).expect("32 bytes"))
        };
        nodes = differing(&nodes, |path| here.nodes().get(path), there);
        assert_eq!(nodes.len(), 1);
    };
    assert_eq!(steps, 5);
    assert_eq!(found.len(), 1, "three rows seldom share a bucket");
    assert_eq!(found[0].person, rows[1].person.resource_name());
    assert_eq!(found[0].registration_number, rows[1].number.to_string());
    assert_eq!(found[0].status_code(), StatusCode::Valid);
    assert_eq!(
        found[0].specialties[0].valid_to,
        Some(rows[1].specialties[0].1.to.into())
    );
    let read = "SELECT count(*) FROM shared.audit WHERE verb = 'compare_register'";
    assert_eq!(world.count(read).await, 1);

    // An act of the nation: told to the province, and a new pair.
    let (person, application) = initial.expect("three were announced");
    let ministry = Ministry::new(&world).await;
    let until = jiff::civil::date(2026, 8, 1);
    ministry.suspended(&person, Some(until.into())).await;
    let past = compare(&jiangsu, (3, 0), root, &[]).await;
    assert_eq!(past.outcome(), Outcome::Equal, "the root of a past pair is kept");
    rows[2].standing = Standing::Suspended { until: Some(until) };
    let root = tree(&rows).nodes().root();
    assert_eq!(
        compare(&jiangsu, (3, 1), root, &[]).await.outcome(),
        Outcome::Equal
    );
    ministry.restored(&person).await;

    // A change of employer, a cancellation.
    let next = world.employer("32");
    let change = Application {
        proposed: application.proposed.clone(),
        ..jiangsu.application(&person, &next, Change)
    };
    jiangsu.announce(&world, &change).await;
    rows[2] = row(&change);
    let root = tree(&rows).nodes().root();
    assert_eq!(
        compare(&jiangsu, (4, 2), root, &[]).await.outcome(),
        Outcome::Equal
    );
    let cancellation = jiangsu.application(&person, &next, Cancellation);
    jiangsu.announce(&world, &cancellation).await;
    rows[2].standing = Standing::Ended {
        cause: domain::register::EndCause::Cancelled,
    };
    let here = tree(&rows);
    assert_eq!(
        compare(&jiangsu, (5, 2), here.nodes().root(), &[])
            .await
            .outcome(),
        Outcome::Equal
    );
    let shown = compare(&jiangsu, (5, 2), [0; 32], &[rows[2].key().bucket()]).await;
    assert_eq!(shown.rows[0].end_cause(), EndCause::Cancelled);
}

#[tokio::test]
async fn a_registration_that_moves_leaves_one_tree_for_the_other() {
    let (world, mut jiangsu, mut shanghai) = World::new().await;
    let (person, employer) = (world.person(), world.employer("32"));
    let initial = jiangsu.application(&person, &employer, Initial);
    jiangsu.announce(&world, &initial).await;
    let there = world.employer("31");
    let change = shanghai.application(&person, &there, Change);
    let clearance = shanghai.cleared(&change).await;
    let event = shanghai.announced(&world, &change, &clearance);
    let envelope = shanghai.seal(&world, event);
    let receipt = shanghai.push(vec![envelope]).await.expect("a receipt");
    assert_eq!(receipt.stopped_reason, "");
    let moved = Row {
        number: RegistrationNumber::parse(&clearance.registration_number).expect("a number"),
        ..row(&change)
    };
    // Told that the move began and that it is over.
    let empty = Tree::default().nodes().root();
    assert_eq!(
        compare(&jiangsu, (1, 2), empty, &[]).await.outcome(),
        Outcome::Equal
    );
    let root = tree(&[moved]).nodes().root();
    assert_eq!(
        compare(&shanghai, (1, 0), root, &[]).await.outcome(),
        Outcome::Equal
    );
}

#[tokio::test]
async fn what_cannot_be_read_is_refused_and_named() {
    let (_world, jiangsu, _) = World::new().await;
    let good = wire::CompareRegisterRequest {
        pair: Some(wire::RegisterPair::default()),
        root: vec![0; 32].into(),
        nodes: Vec::new(),
    };
    let wrong = [
        wire::CompareRegisterRequest {
            pair: None,
            ..good.clone()
        },
        wire::CompareRegisterRequest {
            root: vec![0; 31].into(),
            ..good.clone()
        },
        wire::CompareRegisterRequest {
            nodes: vec!["0F".to_owned()],
            ..good.clone()
        },
        wire::CompareRegisterRequest {
            nodes: vec![String::new(); 257],
            ..good
        },
    ];
    for request in wrong {
        let refused = jiangsu
            .client
            .clone()
            .compare_register(request)
            .await
            .expect_err("malformed");
        assert_eq!(crate::world::reason(&refused), "EXCHANGE_MALFORMED");
    }
}
