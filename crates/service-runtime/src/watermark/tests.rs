use std::time::Duration;

use super::*;

#[tokio::test(start_paused = true)]
async fn a_reader_waits_until_its_own_write_is_visible() {
    let mark = Watermark::at(5);
    let deadline = Instant::now() + Duration::from_secs(1);
    let (reached, ()) = tokio::join!(mark.wait_for(7, deadline), async {
        mark.advance(6);
        mark.advance(9);
    });
    assert_eq!(reached.expect("reached"), 9);
    assert_eq!(mark.wait_for(9, deadline).await.expect("at once"), 9);
}

#[tokio::test(start_paused = true)]
async fn a_replica_that_does_not_get_there_says_how_far_it_is() {
    let mark = Watermark::at(5);
    let refusal = mark
        .wait_for(6, Instant::now() + Duration::from_secs(1))
        .await
        .expect_err("nobody advances");
    assert!(refusal.is(MIN_POSITION_TIMEOUT));
    let status = refusal.into_status();
    let info = tonic_types::StatusExt::get_details_error_info(&status).expect("an ErrorInfo");
    assert_eq!(info.metadata["position"], "5");
}

#[test]
fn the_mark_never_falls() {
    let mark = Watermark::at(5);
    mark.advance(3);
    assert_eq!(mark.position(), 5);
}
