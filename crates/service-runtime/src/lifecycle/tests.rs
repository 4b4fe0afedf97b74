use std::{
    convert::Infallible,
    future::{pending, poll_fn},
    pin::pin,
    process::Command,
};

use tokio::sync::Notify;
use tokio_stream::iter;

use super::*;

const GRACE: Duration = Duration::from_secs(20);

#[tokio::test(start_paused = true)]
async fn draining_waits_for_what_has_begun() {
    let life = Lifecycle::new();
    let finished = Arc::new(Mutex::new(false));
    let (done, drained) = (Arc::clone(&finished), life.soft().clone());
    life.spawn_brief("work", async move {
        drained.cancelled().await;
        tokio::task::yield_now().await;
        *done.lock() = true;
    });
    assert_eq!(life.drain(GRACE).await, Ending::Drained);
    assert!(*finished.lock());
    assert_eq!(life.crash(), None);
}

#[tokio::test(start_paused = true)]
async fn what_outlives_its_grace_is_cut_off() {
    let life = Lifecycle::new();
    life.spawn_brief("stuck", pending());
    assert_eq!(life.drain(GRACE).await, Ending::Aborted);
}

#[tokio::test(start_paused = true)]
async fn a_task_that_ends_by_itself_is_a_crash() {
    for (name, how) in [
        ("returns", "ended by itself"),
        ("fails", "failed: no disk"),
        ("panics", "panicked: oh"),
    ] {
        let life = Lifecycle::new();
        match name {
            "returns" => life.spawn(name, async { Ok::<_, Infallible>(()) }),
            "fails" => life.spawn(name, async { Err("no disk") }),
            _ => life.spawn(name, async { panic_with_text() }),
        }
        let ended = life.run_until_signalled(GRACE).await;
        let Err(RunError::Crash(crash)) = ended else {
            panic!("{name}: {ended:?}")
        };
        assert_eq!(
            crash,
            Crash {
                task: name,
                how: how.to_owned()
            }
        );
        assert!(life.soft().is_cancelled(), "a crash drains the rest");
    }
}

fn panic_with_text() -> Result<(), Infallible> {
    panic!("oh")
}

#[tokio::test(start_paused = true)]
async fn a_panic_in_a_brief_task_is_a_crash_too() {
    let life = Lifecycle::new();
    life.spawn_brief("push", async { panic!("oh") });
    assert!(matches!(
        life.run_until_signalled(GRACE).await,
        Err(RunError::Crash(Crash { task: "push", .. }))
    ));
}

#[tokio::test]
async fn the_first_sigterm_drains_and_the_second_aborts() {
    let life = Lifecycle::new();
    let release = Arc::new(Notify::new());
    let held = Arc::clone(&release);
    life.spawn_brief("call", async move { held.notified().await });
    let mut run = pin!(life.run_until_signalled(GRACE));
    // The first poll installs the handlers.
    assert!(poll_fn(|cx| std::task::Poll::Ready(run.as_mut().poll(cx).is_pending())).await);

    send("TERM");
    tokio::select! {
        () = life.soft().cancelled() => {}
        _ = &mut run => panic!("a call is still in flight"),
    }
    assert!(!life.hard().is_cancelled());
    send("TERM");
    assert_eq!(run.await.expect("no crash"), Ending::Aborted);
    assert!(life.hard().is_cancelled());
}

fn send(signal: &str) {
    let sent = Command::new("kill")
        .args(["-s", signal, &std::process::id().to_string()])
        .status();
    assert!(sent.expect("kill runs").success());
}

#[tokio::test]
async fn an_endless_feed_ends_with_draining_and_a_finite_one_with_itself() {
    let life = Lifecycle::new();
    let finite: Vec<_> = life.until_draining(iter([Ok(1), Ok(2)])).collect().await;
    assert!(matches!(finite.as_slice(), [Ok(1), Ok(2)]));

    let endless = futures_util::stream::pending::<Result<u8, tonic::Status>>();
    let mut endless = pin!(life.until_draining(endless));
    life.soft().cancel();
    let last = endless.next().await.expect("a farewell").expect_err("DRAINING");
    assert_eq!(crate::error::reason_of(&last).expect("a reason").1, DRAINING.name);
    assert!(endless.next().await.is_none());
}
