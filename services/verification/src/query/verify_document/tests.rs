use super::*;

#[tokio::test]
async fn a_panic_while_a_file_is_read_frees_its_place_and_ends_nothing_else() {
    let places = Arc::new(Semaphore::new(1));
    let place = Arc::clone(&places).acquire_owned().await.expect("open");
    let broken = guarded(place, || -> u8 { panic!("a file that no parser was made for") }).await;
    assert!(matches!(broken, Err(Error::Internal(ref what)) if !what.contains("no parser")));
    let place = Arc::clone(&places)
        .try_acquire_owned()
        .expect("the place is free again");
    assert_eq!(guarded(place, || 7).await.expect("the next file is read"), 7);
}
