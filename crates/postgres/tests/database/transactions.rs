use std::sync::atomic::{AtomicU32, Ordering};

use postgres::{
    ConstraintKind, Database, Error, MAX_ATTEMPTS, ReadDatabase, Settings, TransactionError, Tx,
    ensure_affected,
};
use tokio::sync::Barrier;

use crate::{count, example, open_account};

#[derive(Debug)]
enum Refusal {
    NotEnough,
    Database(Error),
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Database(error)
    }
}

impl TransactionError for Refusal {
    fn database(&self) -> Option<&Error> {
        match self {
            Self::NotEnough => None,
            Self::Database(error) => Some(error),
        }
    }
}

#[tokio::test]
async fn a_transaction_leaves_its_name_in_the_rows_it_writes() {
    let test = example().await;
    let database = test.database().await;
    database
        .run_tx("open account", async |tx: &mut Tx| {
            open_account(tx, 1, "a", 0).await
        })
        .await
        .unwrap();
    let name: String = database
        .run_tx("read", async |tx: &mut Tx| -> Result<_, Error> {
            assert_eq!(tx.name(), "read");
            Ok(sqlx::query_scalar("SELECT updated_by FROM example.account")
                .fetch_one(tx.conn())
                .await?)
        })
        .await
        .unwrap();
    assert_eq!(name, "open account");
    // The name ends with its transaction, although the connection goes on.
    let reader = test.reader().await;
    let left: Option<String> = sqlx::query_scalar("SELECT shared.transaction_name()")
        .fetch_one(reader.pool())
        .await
        .unwrap();
    assert_eq!(left.as_deref(), Some("unnamed"));
}

#[tokio::test]
async fn what_a_refused_transaction_wrote_is_gone() {
    let test = example().await;
    let database = test.database().await;
    let refused: Result<(), Refusal> = database
        .run_tx("transfer", async |tx: &mut Tx| {
            open_account(tx, 1, "a", 5).await?;
            Err(Refusal::NotEnough)
        })
        .await;
    assert!(matches!(refused, Err(Refusal::NotEnough)));
    assert_eq!(
        database
            .run_tx("count", async |tx: &mut Tx| count(tx, "example.account").await)
            .await
            .unwrap(),
        0
    );
}

#[tokio::test]
async fn a_swallowed_failure_is_never_reported_as_stored() {
    let test = example().await;
    let database = test.database().await;
    let result: Result<(), Error> = database
        .run_tx("careless", async |tx: &mut Tx| {
            open_account(tx, 1, "a", 5).await?;
            let _ = open_account(tx, 2, "a", 5).await;
            Ok(())
        })
        .await;
    assert!(
        result.is_err(),
        "PostgreSQL answers COMMIT of a failed transaction with a silent ROLLBACK"
    );
    assert_eq!(
        database
            .run_tx("count", async |tx: &mut Tx| count(tx, "example.account").await)
            .await
            .unwrap(),
        0
    );
}

#[tokio::test]
async fn constraints_are_reported_by_name_also_deferred_ones() {
    let test = example().await;
    let database = test.database().await;
    let negative = database
        .run_tx("open", async |tx: &mut Tx| open_account(tx, 1, "a", -1).await)
        .await
        .unwrap_err();
    assert_eq!(negative.constraint(), Some("account_balance_natural"));
    let orphan: Error = database
        .run_tx("transfer", async |tx: &mut Tx| -> Result<(), Error> {
            sqlx::query("INSERT INTO example.transfer (account) VALUES (99)")
                .execute(tx.conn())
                .await?;
            Ok(())
        })
        .await
        .unwrap_err();
    assert!(matches!(
        &orphan,
        Error::Constraint { name, table, kind: ConstraintKind::ForeignKey }
            if name == "transfer_of_account" && table == "transfer"
    ));
}

#[tokio::test]
async fn a_wrong_number_of_rows_undoes_the_transaction() {
    let test = example().await;
    let database = test.database().await;
    let result: Result<(), Error> = database
        .run_tx("close", async |tx: &mut Tx| {
            open_account(tx, 1, "a", 1).await?;
            let closed = sqlx::query("DELETE FROM example.account WHERE id = 2")
                .execute(tx.conn())
                .await?;
            ensure_affected("close account", 1, &closed)
        })
        .await;
    assert!(matches!(
        result,
        Err(Error::RowCount {
            statement: "close account",
            expected: 1,
            actual: 0
        })
    ));
}

/// Two transactions lock two rows in opposite order, surely so on their first attempt.
#[tokio::test]
async fn a_deadlock_ends_with_both_transactions_carried_out() {
    let test = example().await;
    let database = test.database().await;
    database
        .run_tx("open accounts", async |tx: &mut Tx| {
            open_account(tx, 1, "a", 0).await?;
            open_account(tx, 2, "b", 0).await
        })
        .await
        .unwrap();
    let meeting = Barrier::new(2);
    let attempts = AtomicU32::new(0);
    let move_money = async |first: i32, second: i32| {
        let mine = AtomicU32::new(0);
        database
            .run_tx("move money", async |tx: &mut Tx| -> Result<(), Error> {
                attempts.fetch_add(1, Ordering::Relaxed);
                credit(tx, first).await?;
                if mine.fetch_add(1, Ordering::Relaxed) == 0 {
                    meeting.wait().await;
                }
                credit(tx, second).await
            })
            .await
    };
    let (one, other) = tokio::join!(move_money(1, 2), move_money(2, 1));
    one.unwrap();
    other.unwrap();
    assert_eq!(
        attempts.load(Ordering::Relaxed),
        3,
        "one of the two gave way once"
    );
    assert_eq!(balances(&database).await, [2, 2]);
}

/// Each sees room for one more; together they would break the rule that the sum is at most one.
#[tokio::test]
async fn a_serializable_rule_across_rows_holds_against_two_at_once() {
    let test = example().await;
    let database = test.database().await;
    let meeting = Barrier::new(2);
    let open_if_room = async |id: i32, name: &'static str| {
        let mine = AtomicU32::new(0);
        database
            .run_serializable_tx("open if room", async |tx: &mut Tx| -> Result<bool, Error> {
                let room = count(tx, "example.account").await? == 0;
                if mine.fetch_add(1, Ordering::Relaxed) == 0 {
                    meeting.wait().await;
                }
                if room {
                    open_account(tx, id, name, 1).await?;
                }
                Ok(room)
            })
            .await
            .unwrap()
    };
    let (one, other) = tokio::join!(open_if_room(1, "a"), open_if_room(2, "b"));
    assert!(one ^ other, "exactly one found room");
    assert_eq!(balances(&database).await.len(), 1);
}

#[tokio::test]
async fn giving_way_has_an_end() {
    let test = example().await;
    let database = test.database().await;
    let attempts = AtomicU32::new(0);
    let result: Result<(), Error> = database
        .run_tx("hopeless", async |tx: &mut Tx| {
            attempts.fetch_add(1, Ordering::Relaxed);
            sqlx::raw_sql("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '40001'; END $$")
                .execute(tx.conn())
                .await?;
            Ok(())
        })
        .await;
    let error = result.unwrap_err();
    assert!(matches!(
        error,
        Error::Contended {
            transaction: "hopeless",
            attempts: MAX_ATTEMPTS
        }
    ));
    assert!(error.is_unavailable());
    assert_eq!(attempts.load(Ordering::Relaxed), MAX_ATTEMPTS);
}

/// Found by the journey of faults: "there is already a transaction in progress".
#[tokio::test]
async fn whoever_goes_away_while_a_transaction_begins_leaves_none_open() {
    let test = example().await;
    let database = test.database().await;
    let settings = Settings {
        max_connections: 1,
        ..test.app()
    };
    let reader = ReadDatabase::connect(&settings, "reader").await.unwrap();
    for looks in 1..6 {
        let mut reading = reader.snapshot("go away", async |tx: &mut Tx| -> Result<_, Error> {
            std::future::pending::<()>().await;
            Ok(tx.name())
        });
        for _ in 0..looks {
            tokio::select! {
                biased;
                _ = &mut reading => unreachable!("it has no end"),
                () = tokio::task::yield_now() => {}
            }
        }
        drop(reading);
        for expected in 2 * looks - 1..=2 * looks {
            database
                .run_tx("open account", async |tx: &mut Tx| {
                    open_account(tx, expected, &format!("a{expected}"), 0).await
                })
                .await
                .unwrap();
            let seen: i64 = sqlx::query_scalar("SELECT count(*) FROM example.account")
                .fetch_one(reader.pool())
                .await
                .unwrap();
            assert_eq!(seen, i64::from(expected), "the present, not a transaction's past");
        }
    }
}

#[tokio::test]
async fn the_read_only_pool_refuses_to_write() {
    let test = example().await;
    let reader = test.reader().await;
    let alone = sqlx::query("INSERT INTO example.account (id, name, balance) VALUES (1, 'a', 0)")
        .execute(reader.pool())
        .await
        .map_err(Error::from)
        .unwrap_err();
    let within = reader
        .snapshot("write", async |tx: &mut Tx| open_account(tx, 1, "a", 0).await)
        .await
        .unwrap_err();
    for error in [alone, within] {
        assert!(error.to_string().contains("25006"), "{error}");
    }
}

#[tokio::test]
async fn a_snapshot_does_not_see_what_commits_meanwhile() {
    let test = example().await;
    let (database, reader) = (test.database().await, test.reader().await);
    let (before, after) = reader
        .snapshot("two reads", async |tx: &mut Tx| -> Result<_, Error> {
            let before = count(tx, "example.account").await?;
            database
                .run_tx("open", async |tx: &mut Tx| open_account(tx, 1, "a", 0).await)
                .await?;
            Ok((before, count(tx, "example.account").await?))
        })
        .await
        .unwrap();
    assert_eq!((before, after), (0, 0));
}

/// gRPC handlers need futures that may move between threads; the closure borrows what it uses.
#[tokio::test]
async fn a_transaction_may_move_between_threads() {
    fn movable<F: Future + Send>(future: F) -> F {
        future
    }
    async fn command(database: &Database, name: &str) -> Result<i64, Refusal> {
        let balance = 5;
        database
            .run_tx("open and count", async |tx: &mut Tx| {
                open_account(tx, 1, name, balance).await?;
                if balance < 0 {
                    return Err(Refusal::NotEnough);
                }
                Ok(count(tx, "example.account").await?)
            })
            .await
    }
    let test = example().await;
    let database = test.database().await;
    let boxed: std::pin::Pin<Box<dyn Future<Output = _> + Send + '_>> =
        Box::pin(movable(command(&database, "a")));
    assert_eq!(boxed.await.unwrap(), 1);
}

#[tokio::test]
async fn a_dropped_transaction_frees_its_locks() {
    let test = example().await;
    let database = test.database().await;
    database
        .run_tx("open", async |tx: &mut Tx| open_account(tx, 1, "a", 0).await)
        .await
        .unwrap();
    let locked = tokio::sync::Notify::new();
    let hanging = database.run_tx("hang", async |tx: &mut Tx| -> Result<(), Error> {
        credit(tx, 1).await?;
        locked.notify_one();
        std::future::pending().await
    });
    tokio::select! {
        _ = hanging => unreachable!("it never ends by itself"),
        () = locked.notified() => {}
    }
    database
        .run_tx("credit", async |tx: &mut Tx| credit(tx, 1).await)
        .await
        .unwrap();
    assert_eq!(balances(&database).await, [1]);
}

async fn credit(tx: &mut Tx, id: i32) -> Result<(), Error> {
    let result = sqlx::query("UPDATE example.account SET balance = balance + 1 WHERE id = $1")
        .bind(id)
        .execute(tx.conn())
        .await?;
    ensure_affected("credit", 1, &result)
}

async fn balances(database: &Database) -> Vec<i32> {
    database
        .run_tx("balances", async |tx: &mut Tx| -> Result<_, Error> {
            let query = sqlx::query_scalar("SELECT balance FROM example.account ORDER BY id");
            Ok(query.fetch_all(tx.conn()).await?)
        })
        .await
        .unwrap()
}
