use std::{fs, time::Duration};

use jiff::civil::date;
use proptest::prelude::*;

use super::*;

fn at(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

/// A clock file that starts at `start`, and two processes that follow it.
fn two_processes(start: &str) -> (tempfile::TempDir, ClockFile, RegisterClock, RegisterClock) {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("clock");
    let harness = ClockFile::create(&path, at(start)).expect("created");
    let process = || RegisterClock::controlled(ClockFile::open(&path).expect("opened"));
    let (first, second) = (process(), process());
    (dir, harness, first, second)
}

#[test]
fn an_advance_is_in_force_in_every_process_when_it_returns() {
    let (_dir, harness, nation, province) = two_processes("2023-08-01T00:00:00Z");
    assert_eq!(nation.today(), date(2023, 8, 1));
    assert_eq!(province.today(), date(2023, 8, 1));
    harness.set(at("2024-02-29T00:00:00Z")).expect("forward");
    assert_eq!(nation.today(), date(2024, 2, 29));
    assert_eq!(province.today(), date(2024, 2, 29));
    harness.advance(Duration::from_secs(86_400)).expect("forward");
    assert_eq!(nation.today(), date(2024, 3, 1));
    let late = RegisterClock::controlled(ClockFile::open(harness.path()).expect("opened"));
    assert_eq!(
        late.today(),
        date(2024, 3, 1),
        "a process that starts later knows the advance too"
    );
}

#[test]
fn the_register_clock_never_goes_back() {
    let (_dir, harness, clock, _) = two_processes("2023-08-01T00:00:00Z");
    let before = clock.now();
    let refused = harness.set(at("2023-07-31T00:00:00Z"));
    assert!(
        matches!(refused, Err(ClockFileError::Backwards { .. })),
        "{refused:?}"
    );
    // Nor when somebody writes the file by hand.
    fs::write(harness.path().with_extension("new"), "-3000000000000000000\n").expect("written");
    fs::rename(harness.path().with_extension("new"), harness.path()).expect("renamed");
    assert!(clock.now() >= before);
}

#[test]
fn the_register_clock_is_never_ahead_of_the_present() {
    let (_dir, harness, ..) = two_processes("2023-08-01T00:00:00Z");
    let tomorrow = SystemClock::new().now() + Duration::from_secs(86_400);
    assert!(matches!(harness.set(tomorrow), Err(ClockFileError::Ahead)));
    assert!(matches!(
        harness.advance(Duration::from_secs(u64::MAX >> 8)),
        Err(ClockFileError::Ahead)
    ));
    let fast = harness.path().with_extension("fast");
    fs::write(&fast, "1\n").expect("written");
    assert!(matches!(
        ClockFile::open(&fast),
        Err(ClockFileError::Unreadable(_))
    ));
}

#[test]
fn time_goes_on_without_the_file() {
    let (dir, _, clock, _) = two_processes("2023-08-01T00:00:00Z");
    let before = clock.now();
    drop(dir);
    let after = clock.now();
    assert!(after >= before);
    assert_eq!(day_of(after), date(2023, 8, 1));
}

#[tokio::test]
async fn whoever_waits_for_an_instant_notices_an_advance() {
    let (_dir, harness, clock, _) = two_processes("2023-08-01T00:00:00Z");
    let deadline = at("2023-09-01T00:00:00Z");
    let (reached, ()) = tokio::join!(
        async {
            clock.reached(deadline).await;
            clock.now()
        },
        async { harness.set(deadline).expect("forward") }
    );
    assert!(reached >= deadline);
}

#[test]
fn production_clocks_agree() {
    let (system, register) = (SystemClock::new(), RegisterClock::system());
    let before = system.now();
    let between = register.now();
    assert!(before <= between && between <= system.now());
}

proptest! {
    #[test]
    fn a_legal_day_is_that_of_beijing(seconds in 700_000_000_i64..4_000_000_000) {
        let instant = Timestamp::from_second(seconds).expect("an instant");
        let shanghai = TimeZone::get("Asia/Shanghai").expect("the time zone database");
        prop_assert_eq!(day_of(instant), shanghai.to_datetime(instant).date());
        let day = day_of(instant);
        prop_assert!(start_of(day) <= instant && instant < start_of(day.tomorrow().expect("a day")));
    }
}
