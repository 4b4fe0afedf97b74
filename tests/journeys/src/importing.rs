//! A file brought in by a province, from the upload to its last row.

use api::registration::v1 as registration;
use api::types::v1::StatusCode;
use api::verification::v1::Verification;
use registration::ImportKind;
use registration::import::State;
use testkit::actors::{Officer, reason};
use testkit::stage::Stage;

/// The job tells nobody when it is done: the wire has no position for it.
const LOOKS: u32 = 600;
const PAUSE: std::time::Duration = std::time::Duration::from_millis(50);

/// Looks until an import stands there.
///
/// # Panics
/// If it never does.
pub async fn until(officer: &Officer, name: &str, state: State) -> registration::Import {
    for _ in 0..LOOKS {
        let seen = officer.import(name).await.expect("the province's own");
        if seen.state() == state {
            return seen;
        }
        tokio::time::sleep(PAUSE).await;
    }
    panic!("{name} did not become {state:?}");
}

/// What a bidding platform hears of a number, once the nation's register has it.
///
/// # Panics
/// If it never has.
pub async fn verified(stage: &Stage, number: &str) -> Verification {
    for _ in 0..LOOKS {
        match stage.checker.by_number(number, None).await {
            Ok(answer) if answer.status_code() == StatusCode::Valid => return answer,
            // The clock has just moved, and the feed has not told anything since.
            Err(status) => assert_eq!(reason(&status), "STALE"),
            Ok(_) => {}
        }
        tokio::time::sleep(PAUSE).await;
    }
    panic!("the nation does not know {number}");
}

/// Brings a file in: one officer uploads, another starts.
///
/// # Panics
/// If one of them is refused.
pub async fn brought_in(stage: &Stage, kind: ImportKind, file: &str) -> registration::Import {
    let uploaded = stage
        .accepting
        .upload_import(&stage.province, kind, "旧系统导出.csv", file.as_bytes())
        .await
        .expect("taken");
    until(&stage.accepting, &uploaded.name, State::Checked).await;
    stage
        .reviewing
        .start_import(&uploaded.name)
        .await
        .expect("started");
    until(&stage.accepting, &uploaded.name, State::Completed).await
}
