//! Runs `jianzheng demo --keep` once, for every judge: over its documents, over the live system, over everything that it
//! stores and logs, and over what it leaves behind when interrupted.
//!
//! Traces are not searched here: the demonstration exports none. That spans carry no personal data is promised and
//! tested in `crates/service-runtime`.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod answers;
mod client;
mod live;
mod online;
mod stores;

use conformance::judges::{OF_DOCUMENTS, verify_command};
use conformance::{Tools, ask, note};
use live::Demonstration;

#[test]
fn every_judge_is_content_with_the_demonstration() {
    let program = harness::program::built().expect("the executable can be built");
    let demonstration = Demonstration::run(&program);
    let (out, tools) = (demonstration.out(), Tools::find());

    let mut report = ask(OF_DOCUMENTS, &out, &tools).err().unwrap_or_default();
    note(&mut report, "jianzheng verify", verify_command(&program, &out));
    note(
        &mut report,
        "jianzheng verify --online",
        online::answers(&program, &out, &tools),
    );
    note(
        &mut report,
        "answers of the register",
        answers::told(&out, &tools),
    );
    note(&mut report, "a client in Python", client::verifies(&out, &tools));
    note(
        &mut report,
        "nothing personal in the clear",
        stores::keep_secrets(&demonstration),
    );
    note(&mut report, "nothing left behind", demonstration.interrupt());
    assert!(report.is_empty(), "{report}");
}
