//! Use copies (加注件).

use std::time::Duration;

use api::issuance::v1::{self as wire, DocumentFormat};
use api::types::v1::Date;
use uuid::Uuid;

use crate::door::reason;
use crate::world::{Holder, Proof, World};

async fn issued(world: &World) -> Holder {
    let holder = world.registered("张伟民").await;
    world.issued(&holder).await;
    holder
}

#[tokio::test]
async fn a_copy_has_its_own_id_and_period_and_comes_sealed() {
    let world = World::new().await;
    let holder = issued(&world).await;
    let door = world.holder(&holder, Proof::SteppedUp);
    let created = door
        .copy(&holder, "太湖引水工程", "无锡市公共资源交易中心")
        .await
        .expect("a copy");
    let copy = created.copy.expect("it is answered");
    assert_eq!(copy.state(), wire::use_copy::State::Ready);
    let formats: Vec<_> = copy.formats().collect();
    assert_eq!(formats, [DocumentFormat::Ofd, DocumentFormat::Pdf]);
    assert_eq!(
        copy.use_until,
        Some(Date {
            year: 2026,
            month: 10,
            day: 31
        }),
        "180 days from 4 May"
    );
    assert_eq!(copy.capped_by(), wire::use_copy::CappedBy::UsePeriod);
    assert!(created.position.expect("a write has a position").value > 0);

    let (name, _, original) = door
        .download(&holder.certificate(), DocumentFormat::Ofd)
        .await
        .expect("the original");
    let (copied_name, _, copied) = door
        .download(&copy.name, DocumentFormat::Ofd)
        .await
        .expect("the copy");
    assert_eq!(name, copied_name, "copies share the licence identifier");
    assert_ne!(original, copied);
    let (_, _, pdf) = door
        .download(&copy.name, DocumentFormat::Pdf)
        .await
        .expect("the copy");
    assert!(pdf.starts_with(b"%PDF"));
    assert_eq!(
        world
            .seal_count("SELECT count(*) FROM seal.act WHERE profile = 'use_copy'")
            .await,
        2
    );
    assert_eq!(
        world
            .count("SELECT count(DISTINCT token_hash) FROM issuing.document_set")
            .await,
        2
    );
    let list = wire::ListUseCopiesRequest {
        certificate: holder.certificate(),
        ..Default::default()
    };
    let list = door
        .client()
        .list_use_copies(door.request(list))
        .await
        .expect("their own")
        .into_inner();
    assert_eq!(list.copies, [copy]);
}

#[tokio::test]
async fn the_earliest_end_of_a_specialty_caps_the_period_and_is_warned_of() {
    let world = World::new().await;
    let holder = world
        .registered_with("张伟民", |facts| {
            facts.specialties[0].valid_to = jiff::civil::date(2026, 6, 30);
            facts.practice_seal.valid_to = jiff::civil::date(2026, 6, 30);
        })
        .await;
    world.issued(&holder).await;
    let door = world.holder(&holder, Proof::SteppedUp);
    let created = door
        .copy(&holder, "太湖引水工程", "无锡市公共资源交易中心")
        .await
        .expect("a copy");
    let copy = created.copy.expect("it is answered");
    assert_eq!(
        copy.use_until,
        Some(Date {
            year: 2026,
            month: 6,
            day: 30
        })
    );
    assert_eq!(copy.capped_by(), wire::use_copy::CappedBy::SpecialtyEnd);
    assert_eq!(copy.capping_specialty(), api::types::v1::Specialty::Building);
    assert_eq!(created.warnings.len(), 1);
    assert!(created.warnings[0].zh.contains("建筑工程"));
}

#[tokio::test]
async fn the_same_wish_on_the_same_day_gives_the_same_living_copy() {
    let world = World::new().await;
    let holder = issued(&world).await;
    let door = world.holder(&holder, Proof::SteppedUp);
    let name = |created: wire::CreateUseCopyResponse| created.copy.expect("it is answered").name;
    let first = name(
        door.copy(&holder, "标段一", "无锡市公共资源交易中心")
            .await
            .expect("a copy"),
    );
    let again = name(
        door.copy(&holder, "标段一", "无锡市公共资源交易中心")
            .await
            .expect("the same"),
    );
    let other = name(
        door.copy(&holder, "标段二", "无锡市公共资源交易中心")
            .await
            .expect("another"),
    );
    assert_eq!(first, again);
    assert_ne!(first, other);
    world.advance(Duration::from_secs(24 * 3600));
    let door = world.holder(&holder, Proof::SteppedUp);
    let next_day = name(
        door.copy(&holder, "标段一", "无锡市公共资源交易中心")
            .await
            .expect("a new one"),
    );
    assert_ne!(first, next_day);
}

#[tokio::test]
async fn a_request_that_is_repeated_has_one_effect() {
    let world = World::new().await;
    let holder = issued(&world).await;
    let door = world.holder(&holder, Proof::SteppedUp);
    let request = wire::CreateUseCopyRequest {
        request_id: Uuid::new_v4().to_string(),
        certificate: holder.certificate(),
        purpose: wire::Purpose::Inspection.into(),
        purpose_reference: "检查".to_owned(),
        recipient: "检查组".to_owned(),
    };
    let first = door
        .client()
        .create_use_copy(door.request(request.clone()))
        .await
        .expect("a copy")
        .into_inner();
    let second = door
        .client()
        .create_use_copy(door.request(request.clone()))
        .await
        .expect("it again")
        .into_inner();
    assert_eq!(first, second);
    let other = wire::CreateUseCopyRequest {
        recipient: "另一检查组".to_owned(),
        ..request
    };
    let refused = door
        .client()
        .create_use_copy(door.request(other))
        .await
        .expect_err("another body");
    assert_eq!(reason(&refused), "REQUEST_ID_REUSED");
}

#[tokio::test]
async fn no_more_than_five_different_copies_a_day() {
    let world = World::new().await;
    let holder = issued(&world).await;
    let door = world.holder(&holder, Proof::SteppedUp);
    for lot in 1..=5 {
        door.copy(&holder, &format!("标段{lot}"), "无锡市公共资源交易中心")
            .await
            .expect("a copy");
    }
    let refused = door
        .copy(&holder, "标段六", "无锡市公共资源交易中心")
        .await
        .expect_err("one too many");
    assert_eq!(reason(&refused), "USE_COPY_LIMIT_REACHED");
    door.copy(&holder, "标段5", "无锡市公共资源交易中心")
        .await
        .expect("one of the five again");
    let refused = ("create_use_copy".to_owned(), "USE_COPY_LIMIT_REACHED".to_owned());
    assert_eq!(world.refusals().await, [refused]);
}

#[tokio::test]
async fn a_recipient_that_cannot_be_drawn_is_named_by_code_point() {
    let world = World::new().await;
    let holder = issued(&world).await;
    let door = world.holder(&holder, Proof::SteppedUp);
    let refused = door
        .copy(&holder, "标段一", "\u{1F600}公司")
        .await
        .expect_err("no font draws it");
    assert_eq!(reason(&refused), "CHARACTER_NOT_DRAWABLE");
    let info = tonic_types::StatusExt::get_details_error_info(&refused).expect("a reason");
    assert_eq!(info.metadata["code_points"], "U+1F600");
}

#[tokio::test]
async fn a_copy_needs_a_fresh_second_factor_and_ones_own_certificate() {
    let world = World::new().await;
    let holder = issued(&world).await;
    let other = world.registered("李秀英").await;
    let stale = world.holder(&holder, Proof::SecondFactor);
    let refused = stale
        .copy(&holder, "标段一", "无锡市公共资源交易中心")
        .await
        .expect_err("no step-up");
    assert_eq!(reason(&refused), "STEP_UP_REQUIRED");
    let stranger = world.holder(&other, Proof::SteppedUp);
    let refused = stranger
        .copy(&holder, "标段一", "无锡市公共资源交易中心")
        .await
        .expect_err("not theirs");
    assert_eq!(reason(&refused), "NOT_FOUND");
}

#[tokio::test]
async fn a_superseded_version_is_neither_copied_nor_downloaded() {
    let world = World::new().await;
    let holder = issued(&world).await;
    let door = world.holder(&holder, Proof::SteppedUp);
    let created = door
        .copy(&holder, "标段一", "无锡市公共资源交易中心")
        .await
        .expect("a copy");
    let copy = created.copy.expect("it is answered");
    world.supersede(&holder).await;
    let refused = door
        .copy(&holder, "标段二", "无锡市公共资源交易中心")
        .await
        .expect_err("superseded");
    assert_eq!(reason(&refused), "CERTIFICATE_SUPERSEDED");
    for name in [holder.certificate(), copy.name] {
        let refused = door
            .download(&name, DocumentFormat::Ofd)
            .await
            .expect_err("superseded");
        assert_eq!(reason(&refused), "CERTIFICATE_SUPERSEDED");
    }
}

#[tokio::test]
async fn a_revoked_copy_is_gone_alone() {
    let world = World::new().await;
    let holder = issued(&world).await;
    let door = world.holder(&holder, Proof::SteppedUp);
    let mut names = Vec::new();
    for reference in ["标段一", "标段二"] {
        let created = door
            .copy(&holder, reference, "无锡市公共资源交易中心")
            .await
            .expect("a copy");
        names.push(created.copy.expect("it is answered").name);
    }
    let request = wire::RevokeUseCopyRequest {
        request_id: Uuid::new_v4().to_string(),
        name: names[0].clone(),
        reason: " 误发 ".to_owned(),
    };
    let revoked = door
        .client()
        .revoke_use_copy(door.request(request))
        .await
        .expect("it is theirs")
        .into_inner();
    let revoked = revoked.copy.expect("it is answered");
    assert_eq!(revoked.state(), wire::use_copy::State::Revoked);
    assert_eq!(revoked.usability(), wire::use_copy::Usability::Revoked);
    assert!(revoked.revocation_reason == "误发" && revoked.revoked_at.is_some());
    let in_the_clear =
        "SELECT count(*) FROM issuing.use_copy WHERE revocation_reason = convert_to('误发', 'UTF8')";
    assert_eq!(world.count(in_the_clear).await, 0, "what was said is sealed");
    let refused = door
        .download(&names[0], DocumentFormat::Ofd)
        .await
        .expect_err("revoked");
    assert_eq!(reason(&refused), "USE_COPY_REVOKED");
    door.download(&names[1], DocumentFormat::Ofd)
        .await
        .expect("the other stays");
    assert_eq!(
        world
            .count("SELECT count(*) FROM log.change WHERE kind = 'copy'")
            .await,
        3,
        "two made, one revoked"
    );
    let again = door
        .copy(&holder, "标段一", "无锡市公共资源交易中心")
        .await
        .expect("a new one");
    assert_ne!(
        again.copy.expect("it is answered").name,
        names[0],
        "a revoked copy is not given again"
    );
}

#[tokio::test]
async fn past_its_last_day_a_copy_is_not_given_out_any_more() {
    let world = World::new().await;
    let holder = issued(&world).await;
    let door = world.holder(&holder, Proof::SteppedUp);
    let created = door
        .copy(&holder, "标段一", "无锡市公共资源交易中心")
        .await
        .expect("a copy");
    let copy = created.copy.expect("it is answered");
    world.advance(Duration::from_secs(181 * 24 * 3600));
    let door = world.holder(&holder, Proof::SteppedUp);
    let refused = door
        .download(&copy.name, DocumentFormat::Ofd)
        .await
        .expect_err("ended");
    assert_eq!(reason(&refused), "USE_COPY_ENDED");
}

#[tokio::test]
async fn holders_are_reminded_thirty_seven_and_one_days_before_a_copy_ends_once_each() {
    let world = World::new().await;
    let holder = issued(&world).await;
    let door = world.holder(&holder, Proof::SteppedUp);
    let made = door.copy(&holder, "太湖引水工程", "无锡市公共资源交易中心").await;
    assert!(made.expect("a copy").copy.is_some());
    let reminders =
        "SELECT count(*) FROM shared.notification WHERE kind = 'COPY_ENDING' AND position IS NOT NULL";
    // Until the day before there is none; days without a look are made up for, and no reminder comes twice.
    for (days, expected) in [(149, 0), (1, 1), (5, 1), (18, 2), (3, 2), (3, 3), (1, 3), (1, 3)] {
        world.advance(Duration::from_secs(days * 86_400));
        let today = format!(
            "SELECT count(*) FROM issuing.reminder_run WHERE after IS NULL AND day = date '{}'",
            service_runtime::clock::day_of(world.now())
        );
        while world.count(&today).await == 0 || world.count(reminders).await != expected {
            assert!(world.count(reminders).await <= expected, "after {days} days");
            tokio::task::yield_now().await;
        }
    }
    let left =
        "SELECT count(*) FROM shared.notification WHERE kind = 'COPY_ENDING' AND days_left IN (30, 7, 1)";
    assert_eq!(world.count(left).await, 3);
    let own =
        "SELECT count(*) FROM shared.notification WHERE kind = 'COPY_ENDING' AND addressee LIKE 'persons/%'";
    assert_eq!(world.count(own).await, 3);
}

#[tokio::test]
async fn a_revocation_says_why_and_a_list_says_which_copies_are_of_use() {
    let world = World::new().await;
    let holder = issued(&world).await;
    let door = world.holder(&holder, Proof::SteppedUp);
    let made = door.copy(&holder, "标段一", "无锡市公共资源交易中心").await;
    let name = made.expect("a copy").copy.expect("it is answered").name;
    let request = wire::RevokeUseCopyRequest {
        request_id: Uuid::new_v4().to_string(),
        name,
        reason: " ".to_owned(),
    };
    let refused = door.client().revoke_use_copy(door.request(request)).await;
    assert_eq!(reason(&refused.expect_err("no reason")), "INVALID_ARGUMENT");

    let usability = async |door: &crate::door::Door| {
        let list = wire::ListUseCopiesRequest {
            certificate: holder.certificate(),
            ..Default::default()
        };
        let listed = door.client().list_use_copies(door.request(list)).await;
        listed.expect("their own").into_inner().copies[0].usability()
    };
    assert_eq!(usability(&door).await, wire::use_copy::Usability::Usable);
    world.advance(Duration::from_secs(181 * 24 * 3600));
    let door = world.holder(&holder, Proof::SteppedUp);
    assert_eq!(usability(&door).await, wire::use_copy::Usability::Expired);
    world.supersede(&holder).await;
    assert_eq!(usability(&door).await, wire::use_copy::Usability::Superseded);
}
