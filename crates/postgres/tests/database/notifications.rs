use postgres::notification::{self, Notification};
use postgres::{Database, Error, Tx};
use uuid::Uuid;

use crate::{example, instant};

fn told(addressee: &str, seconds: i64) -> Notification {
    Notification {
        id: Uuid::now_v7(),
        position: None,
        kind: "ACCEPTED".to_owned(),
        addressee: addressee.to_owned(),
        person: Some(Uuid::from_u128(1)),
        subject: "provinces/32/applications/1".to_owned(),
        specialty: None,
        day: None,
        days_left: None,
        recorded_at: instant(seconds),
        once: None,
    }
}

async fn store(database: &Database, new: &Notification) -> bool {
    let insert = async |tx: &mut Tx| notification::insert_all(tx, std::slice::from_ref(new)).await;
    database.run_tx("tell", insert).await.unwrap() == 1
}

async fn number(database: &Database, limit: i64) -> u64 {
    let number = async |tx: &mut Tx| notification::number(tx, limit).await;
    database.run_tx("number notifications", number).await.unwrap()
}

async fn positions(database: &Database, after: i64) -> (i64, Vec<Option<i64>>) {
    let read = async |tx: &mut Tx| {
        let found = notification::after(tx, after, 100).await?;
        let positions = found.into_iter().map(|one| one.position).collect();
        Ok::<_, Error>((notification::head(tx).await?, positions))
    };
    database.run_tx("watch", read).await.unwrap()
}

#[tokio::test]
async fn positions_are_dense_whoever_numbers_and_what_was_told_once_is_told_once() {
    let test = example().await;
    let database = test.database().await;
    for seconds in 0..7 {
        assert!(store(&database, &told("persons/1", seconds)).await);
    }
    assert_eq!(
        positions(&database, 0).await,
        (0, Vec::new()),
        "not in the stream yet"
    );
    let (one, other) = tokio::join!(number(&database, 4), number(&database, 4));
    assert_eq!(one + other, 7, "each numbers what the other left");
    let reminder = Notification {
        once: Some("TERM_ENDING 1".to_owned()),
        ..told("persons/1", 9)
    };
    assert!(store(&database, &reminder).await);
    let again = Notification {
        id: Uuid::now_v7(),
        ..reminder
    };
    assert!(!store(&database, &again).await);
    assert_eq!(number(&database, 100).await, 1);
    assert_eq!(number(&database, 100).await, 0);
    let dense: Vec<_> = (1..=8).map(Some).collect();
    assert_eq!(positions(&database, 0).await, (8, dense));
    assert_eq!(positions(&database, 6).await, (8, vec![Some(7), Some(8)]));
}

#[tokio::test]
async fn an_addressee_s_own_come_newest_first_page_by_page_and_nobody_else_s() {
    let test = example().await;
    let database = test.database().await;
    for seconds in 0..5 {
        store(&database, &told("persons/1", seconds)).await;
        store(&database, &told("employers/1", seconds)).await;
    }
    let mut seen = Vec::new();
    let mut before = None;
    loop {
        let read = async |tx: &mut Tx| notification::of_addressee(tx, "persons/1", before, 2).await;
        let page = database.run_tx("list notifications", read).await.unwrap();
        let Some(last) = page.last() else { break };
        before = Some((last.recorded_at, last.id));
        seen.extend(page.into_iter().map(|one| (one.addressee, one.recorded_at)));
    }
    let expected: Vec<_> = (0..5)
        .rev()
        .map(|seconds| ("persons/1".to_owned(), instant(seconds)))
        .collect();
    assert_eq!(seen, expected);
}
