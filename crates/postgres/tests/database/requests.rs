use std::sync::atomic::{AtomicU32, Ordering};

use postgres::requests::{Answer, Request, Stored, purge, replay_or_run};
use postgres::{Database, Error, Tx};
use uuid::Uuid;

use crate::{count, example, instant, open_account};

fn request(caller: &'static str, method: &'static str, body: &[u8]) -> Request<'static> {
    Request::new(caller, method, Uuid::from_u128(0x51), body, instant(0))
}

/// Opens an account once and answers with its number.
async fn open(database: &Database, request: Request<'_>, effects: &AtomicU32) -> Result<Answer<u32>, Error> {
    database
        .run_tx("open account", async |tx: &mut Tx| {
            replay_or_run(tx, &request, async |tx: &mut Tx| {
                let id = effects.fetch_add(1, Ordering::Relaxed);
                open_account(tx, i32::try_from(id).unwrap(), &format!("account {id}"), 0).await?;
                Ok::<_, Error>((id, Stored::Response(id.to_be_bytes().to_vec())))
            })
            .await
        })
        .await
}

#[tokio::test]
async fn a_repeated_request_gets_the_same_answer_and_has_no_second_effect() {
    let test = example().await;
    let database = test.database().await;
    let effects = AtomicU32::new(7);
    let request = request("clients/bidding", "example.v1.Accounts/Open", b"body");
    assert_eq!(open(&database, request, &effects).await.unwrap(), Answer::Ran(7));
    for _ in 0..3 {
        let again = open(&database, request, &effects).await.unwrap();
        assert_eq!(
            again,
            Answer::Replayed(Stored::Response(7_u32.to_be_bytes().to_vec()))
        );
    }
    assert_eq!(effects.load(Ordering::Relaxed), 8);
}

#[tokio::test]
async fn a_request_id_belongs_to_its_caller_method_and_body() {
    let test = example().await;
    let database = test.database().await;
    let effects = AtomicU32::new(0);
    let first = request("clients/bidding", "example.v1.Accounts/Open", b"body");
    open(&database, first, &effects).await.unwrap();
    for other in [
        request("clients/other", "example.v1.Accounts/Open", b"body"),
        request("clients/bidding", "example.v1.Accounts/Close", b"body"),
        request("clients/bidding", "example.v1.Accounts/Open", b"another body"),
    ] {
        assert!(matches!(
            open(&database, other, &effects).await,
            Err(Error::RequestIdReused)
        ));
    }
    assert_eq!(effects.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn two_at_once_with_one_id_have_one_effect() {
    let test = example().await;
    let database = test.database().await;
    let effects = AtomicU32::new(3);
    let request = request("clients/bidding", "example.v1.Accounts/Open", b"body");
    let (one, other) = tokio::join!(
        open(&database, request, &effects),
        open(&database, request, &effects)
    );
    let answers = [one.unwrap(), other.unwrap()];
    assert!(answers.contains(&Answer::Ran(3)));
    assert!(answers.contains(&Answer::Replayed(Stored::Response(3_u32.to_be_bytes().to_vec()))));
    assert_eq!(effects.load(Ordering::Relaxed), 4);
}

#[tokio::test]
async fn a_refused_request_may_be_tried_again_under_its_id() {
    let test = example().await;
    let database = test.database().await;
    let request = request("clients/bidding", "example.v1.Accounts/Open", b"body");
    let refused: Result<Answer<u32>, Error> = database
        .run_tx("open account", async |tx: &mut Tx| {
            replay_or_run(tx, &request, async |_: &mut Tx| {
                Err(Error::inconsistent("account", "id", 1))
            })
            .await
        })
        .await;
    assert!(refused.is_err());
    assert_eq!(
        open(&database, request, &AtomicU32::new(1)).await.unwrap(),
        Answer::Ran(1)
    );
}

#[tokio::test]
async fn an_answer_with_a_secret_is_not_kept() {
    let test = example().await;
    let database = test.database().await;
    let request = request("clients/bidding", "example.v1.Accounts/IssueToken", b"body");
    let issue = async || {
        database
            .run_tx("issue token", async |tx: &mut Tx| {
                replay_or_run(tx, &request, async |_: &mut Tx| {
                    Ok::<_, Error>(("a secret token".to_owned(), Stored::Never))
                })
                .await
            })
            .await
            .unwrap()
    };
    assert_eq!(issue().await, Answer::Ran("a secret token".to_owned()));
    assert_eq!(issue().await, Answer::Replayed(Stored::Never));
    let kept: Option<Vec<u8>> = sqlx::query_scalar("SELECT response FROM shared.request")
        .fetch_one(test.reader().await.pool())
        .await
        .unwrap();
    assert_eq!(kept, None);
}

#[tokio::test]
async fn old_requests_are_removed_in_portions() {
    let test = example().await;
    let database = test.database().await;
    let left = database
        .run_tx("purge requests", async |tx: &mut Tx| -> Result<_, Error> {
            for day in 0..5_u32 {
                let id = Uuid::from_u128(u128::from(day));
                let request = Request::new("clients/a", "m", id, b"", instant(i64::from(day) * 86_400));
                let _ = tx.begin_request(&request).await?;
            }
            assert_eq!(purge(tx, instant(3 * 86_400), 2).await?, 2);
            assert_eq!(purge(tx, instant(3 * 86_400), 2).await?, 1);
            count(tx, "shared.request").await
        })
        .await
        .unwrap();
    assert_eq!(left, 2);
}
