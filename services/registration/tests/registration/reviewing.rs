//! Who may do what to a file, and in which order.

use api::registration::v1 as wire;
use api::types::v1::ApplicationType;
use jiff::civil::date;
use wire::Opinion::{Favourable, Unfavourable};
use wire::application::State;

use crate::story::{Officers, WATER};
use crate::world::{Employment, Holder, World, officer, reason};

async fn submitted() -> (World, Holder, Employment, String) {
    let world = World::start().await;
    let holder = world.person(1);
    let firm = world.firm("江苏水利建设有限公司", "32", 1);
    world.qualify(&holder, WATER, date(2022, 3, 1)).await;
    let name = world
        .submitted(&holder, &firm, ApplicationType::Initial, &[WATER])
        .await;
    (world, holder, firm, name)
}

#[tokio::test]
async fn who_accepts_does_not_review_and_who_reviews_for_the_ministry_does_not_decide() {
    let (world, _, _, name) = submitted().await;
    let officers = Officers::new();
    world
        .accept_application(&officers.acceptor, &name, "")
        .await
        .expect("accepted");
    assert_eq!(
        reason(
            world
                .record_review(&officers.acceptor, &name, Favourable, "")
                .await
        ),
        "SAME_OFFICER"
    );
    world
        .record_review(&officers.reviewer, &name, Favourable, "")
        .await
        .expect("reviewed");
}

#[tokio::test]
async fn no_authority_speaks_for_another() {
    let (world, _, _, name) = submitted().await;
    let officers = Officers::new();
    let refused = world.accept_application(&officers.ministry, &name, "").await;
    assert_eq!(reason(refused), "WRONG_AUTHORITY");
    assert_eq!(
        reason(
            world
                .accept_application(&officer("provinces/33"), &name, "")
                .await
        ),
        "NOT_FOUND"
    );
    world
        .accept_application(&officers.acceptor, &name, "")
        .await
        .expect("accepted");
    world
        .record_review(&officers.reviewer, &name, Favourable, "")
        .await
        .expect("reviewed");
    world
        .request_joint_review(&officers.reviewer, &name)
        .await
        .expect("passed on");
    for foreign in [
        &officers.reviewer,
        &officers.ministry,
        &officer("ministries/transport"),
    ] {
        assert_eq!(
            reason(world.record_joint_review(foreign, &name, WATER, Favourable).await),
            "WRONG_AUTHORITY"
        );
    }
    world
        .record_joint_review(&officers.water, &name, WATER, Favourable)
        .await
        .expect("agreed");
    assert_eq!(
        reason(
            world
                .decide_application(&officers.reviewer, &name, true, "")
                .await
        ),
        "WRONG_AUTHORITY"
    );
    world
        .decide_application(&officers.ministry, &name, true, "")
        .await
        .expect("granted");
}

#[tokio::test]
async fn steps_out_of_order_are_refused_by_name_and_nothing_moves() {
    let (world, holder, firm, name) = submitted().await;
    let officers = Officers::new();
    let state = "APPLICATION_STATE";
    assert_eq!(
        reason(
            world
                .record_review(&officers.reviewer, &name, Favourable, "")
                .await
        ),
        state
    );
    assert_eq!(
        reason(
            world
                .decide_application(&officers.ministry, &name, true, "")
                .await
        ),
        state
    );
    assert_eq!(reason(world.open_publicity(&name).await), state);
    assert_eq!(reason(world.publish(&[&name]).await), state);
    assert_eq!(
        reason(world.submit_application(&holder.actor, &name, true).await),
        state
    );
    assert_eq!(
        reason(world.confirm_employment(&firm.registrar, &name, true, "").await),
        state
    );
    assert_eq!(
        world
            .application(&holder.actor, &name)
            .await
            .expect("shown")
            .state(),
        State::Submitted
    );
}

#[tokio::test]
async fn of_two_officers_the_slower_reads_the_file_again() {
    let (world, holder, _, name) = submitted().await;
    let etag = world.application(&holder.actor, &name).await.expect("shown").etag;
    let officers = Officers::new();
    world
        .accept_application(&officers.acceptor, &name, &etag)
        .await
        .expect("the faster one");
    assert_eq!(
        reason(world.accept_application(&officers.reviewer, &name, &etag).await),
        "CONCURRENT_CHANGE"
    );
}

#[tokio::test]
async fn a_correction_is_asked_for_once_and_answered_by_submitting_again() {
    let (world, holder, _, name) = submitted().await;
    let officers = Officers::new();
    let points = || vec!["劳动合同缺少签章页".to_owned()];
    let shown = world
        .request_correction(&officers.acceptor, &name, points())
        .await
        .expect("asked for");
    assert_eq!(
        (shown.state(), shown.corrections),
        (State::CorrectionRequested, points())
    );
    let pdf = &crate::story::scan("complete")[..];
    let kind = wire::MaterialKind::LabourContract;
    world
        .attach(&holder.actor, &name, kind, "application/pdf", pdf)
        .await
        .expect("replaced");
    let shown = world
        .submit_application(&holder.actor, &name, true)
        .await
        .expect("submitted again");
    assert_eq!(
        shown
            .materials
            .iter()
            .filter(|material| material.kind() == kind)
            .count(),
        1
    );
    let again = world
        .request_correction(&officers.acceptor, &name, points())
        .await;
    assert_eq!(reason(again), "CORRECTION_ALREADY_REQUESTED");
}

#[tokio::test]
async fn a_refusal_needs_grounds_and_ends_the_claim() {
    let (world, holder, _, name) = submitted().await;
    let officers = Officers::new();
    world
        .accept_application(&officers.acceptor, &name, "")
        .await
        .expect("accepted");
    assert_eq!(
        reason(
            world
                .record_review(&officers.reviewer, &name, Unfavourable, " ")
                .await
        ),
        "GROUNDS_MISSING"
    );
    world
        .record_review(&officers.reviewer, &name, Unfavourable, "社保不符")
        .await
        .expect("reviewed");
    world
        .request_joint_review(&officers.reviewer, &name)
        .await
        .expect("passed on");
    world
        .record_joint_review(&officers.water, &name, WATER, Favourable)
        .await
        .expect("agreed");
    assert_eq!(
        reason(
            world
                .decide_application(&officers.ministry, &name, false, "")
                .await
        ),
        "GROUNDS_MISSING"
    );
    let shown = world
        .decide_application(&officers.ministry, &name, false, "社保不符")
        .await
        .expect("refused");
    assert_eq!(shown.state(), State::Refused);
    while !world.nation.register().released.contains(&name) {
        tokio::task::yield_now().await;
    }
    // A new one may be opened.
    let firm = world
        .application(&holder.actor, &name)
        .await
        .expect("shown")
        .employer;
    world
        .draft(&holder, ApplicationType::Initial, &[WATER], &firm)
        .await
        .expect("another draft");
}

#[tokio::test]
async fn work_is_listed_by_urgency_with_masked_holders_and_all_opinions() {
    let (world, holder, _, name) = submitted().await;
    let officers = Officers::new();
    world
        .accept_application(&officers.acceptor, &name, "")
        .await
        .expect("accepted");
    world
        .record_review(&officers.reviewer, &name, Favourable, "符合")
        .await
        .expect("reviewed");
    let message = wire::ListWorkRequest {
        state: State::Reviewed.into(),
        ..Default::default()
    };
    let listed = world
        .reviews()
        .list_work(world.signed(&officers.ministry, message))
        .await
        .expect("listed");
    let items = listed.into_inner().items;
    let [item] = items.as_slice() else {
        panic!("one item: {items:?}")
    };
    assert!(
        !item.holder.contains(&holder.person.full_name)
            && !item.holder.contains(&holder.person.document_number)
    );
    let review = item.reviews.first().expect("an opinion");
    assert_eq!(
        (review.authority.as_str(), review.grounds.as_str()),
        ("provinces/32", "符合")
    );
    assert!(!item.overdue);
    world.advance(60);
    let message = wire::ListWorkRequest::default();
    let listed = world
        .reviews()
        .list_work(world.signed(&officers.ministry, message))
        .await
        .expect("listed");
    assert!(listed.into_inner().items.iter().all(|item| item.overdue));
}
