//! From scan to verdict in Chromium, before a `verification` that says what it is told.
//!
//! ```text
//! Chromium (a phone's screen) ──HTTP──▶ portal ──mTLS──▶ double of verification
//! ```

#[path = "../../../services/portal/tests/portal/double.rs"]
#[expect(dead_code, reason = "the portal's own tests use more of it")]
mod double;

use browser::{Browser, Expected, scan_to_verdict};
use double::{World, superseded};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_phone_reads_the_verdict_of_a_scanned_code_and_of_an_uploaded_file() {
    let world = World::new().await;
    *world.double.document.lock() = Ok(superseded());
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("certificate.ofd");
    std::fs::write(&file, b"PK\x03\x04 what the double does not read").expect("it is writable");

    let browser = Browser::start()
        .await
        .expect("Chromium and chromedriver are installed");
    let portal = format!("http://{}", world.portal);
    let code = format!("{portal}/q/AQIDBAUGBwgJCgsMDQ4PEA");
    let expected = Expected {
        scanned: "有效",
        uploaded: "已被新版本取代",
        // No file that anybody could draw.
        shown: false,
    };
    let walked = scan_to_verdict(&browser, &portal, &code, &file, expected).await;
    walked.unwrap_or_else(|error| panic!("{error:#}"));
    let length = std::fs::metadata(&file).expect("still there").len();
    assert_eq!(
        *world.double.received.lock(),
        [usize::try_from(length).expect("small")]
    );

    let wrong = Expected {
        scanned: "查无此证",
        ..expected
    };
    let walked = scan_to_verdict(&browser, &portal, &code, &file, wrong).await;
    assert!(
        walked.is_err(),
        "another verdict than the expected one is noticed"
    );
    browser.close().await.expect("it was still there");
}
