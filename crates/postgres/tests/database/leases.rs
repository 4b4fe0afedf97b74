use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::time::Duration;

use postgres::lease::{Lease, Periodic, Step};
use postgres::{Error, Tx};
use tokio::sync::Notify;

use crate::{count, example, instant, open_account};

const TERM: Duration = Duration::from_secs(10);

#[tokio::test]
async fn a_lease_has_one_holder_until_it_runs_out() {
    let test = example().await;
    let database = test.database().await;
    let first = database
        .acquire_lease("sequencer", "a", instant(0), TERM)
        .await
        .unwrap()
        .unwrap();
    assert!(
        database
            .acquire_lease("sequencer", "b", instant(9), TERM)
            .await
            .unwrap()
            .is_none()
    );
    assert!(
        database
            .acquire_lease("renderer", "b", instant(9), TERM)
            .await
            .unwrap()
            .is_some()
    );
    database.renew_lease(&first, instant(9), TERM).await.unwrap();
    assert!(
        database
            .acquire_lease("sequencer", "b", instant(18), TERM)
            .await
            .unwrap()
            .is_none()
    );
    let second = database
        .acquire_lease("sequencer", "b", instant(19), TERM)
        .await
        .unwrap()
        .unwrap();
    assert!(second.fence() > first.fence());
    assert!(matches!(
        database.renew_lease(&first, instant(19), TERM).await,
        Err(Error::LeaseLost { .. })
    ));
    assert!(matches!(
        database.release_lease(&first, instant(19)).await,
        Err(Error::LeaseLost { .. })
    ));
}

#[tokio::test]
async fn a_lease_given_back_or_left_by_the_same_holder_is_free_at_once() {
    let test = example().await;
    let database = test.database().await;
    let first = database
        .acquire_lease("sequencer", "a", instant(0), TERM)
        .await
        .unwrap()
        .unwrap();
    let restarted = database
        .acquire_lease("sequencer", "a", instant(1), TERM)
        .await
        .unwrap()
        .unwrap();
    assert!(
        restarted.fence() > first.fence(),
        "the earlier life of the same process is fenced off"
    );
    database.release_lease(&restarted, instant(2)).await.unwrap();
    assert!(
        database
            .acquire_lease("sequencer", "b", instant(2), TERM)
            .await
            .unwrap()
            .is_some()
    );
}

#[tokio::test]
async fn of_many_that_compete_one_gets_the_lease() {
    let test = example().await;
    let database = test.database().await;
    let mut competing = tokio::task::JoinSet::new();
    for number in 0..8 {
        let database = database.clone();
        competing.spawn(async move {
            database
                .acquire_lease("sequencer", &format!("holder {number}"), instant(0), TERM)
                .await
                .unwrap()
        });
    }
    assert_eq!(competing.join_all().await.into_iter().flatten().count(), 1);
}

#[tokio::test]
async fn a_late_writer_is_refused_after_its_lease_changed_hands() {
    let test = example().await;
    let database = test.database().await;
    let write = async |lease: &Lease, id: i32| {
        database
            .run_tx("leased write", async |tx: &mut Tx| {
                tx.check_fence(lease).await?;
                open_account(tx, id, &format!("account {id}"), 0).await
            })
            .await
    };
    let first = database
        .acquire_lease("sequencer", "a", instant(0), TERM)
        .await
        .unwrap()
        .unwrap();
    write(&first, 1).await.unwrap();
    let second = database
        .acquire_lease("sequencer", "b", instant(11), TERM)
        .await
        .unwrap()
        .unwrap();
    assert!(matches!(write(&first, 2).await, Err(Error::LeaseLost { name }) if name == "sequencer"));
    write(&second, 3).await.unwrap();
    let written = database
        .run_tx("count", async |tx: &mut Tx| count(tx, "example.account").await)
        .await;
    assert_eq!(written.unwrap(), 2);
}

/// While a transaction holds the fence nobody can take the lease over, even long after it ran out.
#[tokio::test]
async fn a_write_under_way_keeps_its_lease() {
    let test = example().await;
    let database = test.database().await;
    let first = database
        .acquire_lease("sequencer", "a", instant(0), TERM)
        .await
        .unwrap()
        .unwrap();
    let fenced = Notify::new();
    let order = AtomicU32::new(0);
    let writing = async {
        database
            .run_tx("leased write", async |tx: &mut Tx| -> Result<(), Error> {
                tx.check_fence(&first).await?;
                fenced.notify_one();
                // The other's statement reaches the server before this one and waits there for the lock.
                count(tx, "pg_stat_activity a, pg_locks l, pg_class c").await?;
                order
                    .compare_exchange(0, 1, Ordering::SeqCst, Ordering::SeqCst)
                    .unwrap();
                Ok(())
            })
            .await
            .unwrap();
    };
    let taking = async {
        fenced.notified().await;
        let second = database
            .acquire_lease("sequencer", "b", instant(99), TERM)
            .await
            .unwrap()
            .unwrap();
        order
            .compare_exchange(1, 2, Ordering::SeqCst, Ordering::SeqCst)
            .unwrap();
        second
    };
    let ((), second) = tokio::join!(writing, taking);
    assert!(second.fence() > first.fence());
}

#[tokio::test]
async fn a_periodic_job_works_while_there_is_work_and_gives_its_lease_back() {
    let test = example().await;
    let database = test.database().await;
    let job = Periodic::new("chain_audit", "a", TERM, Duration::from_hours(1));
    let now = AtomicI64::new(0);
    let clock = || instant(now.fetch_add(1, Ordering::Relaxed));
    let stop = Notify::new();
    let steps = AtomicU32::new(0);
    job.run(
        &database,
        clock,
        stop.notified(),
        None,
        async |lease: &Lease| -> Result<Step, Error> {
            database
                .run_tx("leased write", async |tx: &mut Tx| tx.check_fence(lease).await)
                .await?;
            match steps.fetch_add(1, Ordering::Relaxed) {
                0 | 1 => Ok(Step::Worked),
                2 => {
                    stop.notify_one();
                    Err(Error::inconsistent("audit", "hash", 1))
                }
                _ => Ok(Step::Idle),
            }
        },
    )
    .await;
    assert_eq!(steps.load(Ordering::Relaxed), 3);
    let next = database
        .acquire_lease("chain_audit", "b", instant(now.load(Ordering::Relaxed)), TERM)
        .await
        .unwrap();
    assert!(next.is_some(), "it was given back before its term ended");
}

#[tokio::test]
async fn a_periodic_job_does_nothing_while_another_holds_its_lease() {
    let test = example().await;
    let database = test.database().await;
    database
        .acquire_lease("chain_audit", "a", instant(0), TERM)
        .await
        .unwrap()
        .unwrap();
    let job = Periodic::new("chain_audit", "b", TERM, Duration::ZERO);
    let asked = AtomicU32::new(0);
    let stop = Notify::new();
    let clock = || {
        if asked.fetch_add(1, Ordering::Relaxed) == 3 {
            stop.notify_one();
        }
        instant(1)
    };
    job.run(
        &database,
        clock,
        stop.notified(),
        None,
        async |_: &Lease| -> Result<Step, Error> { panic!("another holds the lease") },
    )
    .await;
    assert!(asked.load(Ordering::Relaxed) > 3);
}
