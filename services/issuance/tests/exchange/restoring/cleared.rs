//! What provinces asked for otherwise than by events is there again before their events rest on it.

use api::exchange::v1 as exchange;
use api::types::v1::ApplicationType::Initial;
use uuid::Uuid;

use super::story::{HOUR, Outbox, identities, opens_as_it_was, settled};
use crate::backup::{Backup, Keeper};
use crate::migrating::{clear, migrated, row};
use crate::moves;
use crate::witnesses::Observer;
use crate::world::World;

/// Clears a succession in which an employer takes a new name; returns its name.
pub(super) async fn renamed(world: &World, employer: &str) -> String {
    world.retitle(employer, "样本建设集团股份有限公司");
    let succession = format!("provinces/32/successions/{}", Uuid::new_v4());
    let request = exchange::ClearSuccessionRequest {
        succession: succession.clone(),
        employer: employer.to_owned(),
        successors: vec![employer.to_owned()],
    };
    let answer = moves::moves(world, "32").clear_succession(request).await;
    assert!(answer.expect("answered").into_inner().cleared);
    succession
}

#[tokio::test]
async fn rows_of_imports_and_successions_are_cleared_again_without_being_asked_for() {
    let (mut world, jiangsu, shanghai) = World::new().await;
    let _keeper = Keeper::start(&mut world).await;
    let mut jiangsu = Outbox::new(jiangsu);
    let employer = world.employer("32");
    let (wei, li) = (world.person(), world.person());
    for person in [&wei, &li] {
        let application = jiangsu.province.application(person, &employer, Initial);
        jiangsu.announce(&world, &application).await;
    }
    settled(&world, 2).await;
    let backup = Backup::take(&mut world).await;
    world.advance(HOUR);
    let import = Uuid::new_v4();
    let rows = [
        row(&world, &world.person(), &employer, 7),
        row(&world, &world.person(), &employer, 8),
    ];
    assert_eq!(clear(&world, import, &rows).await, ["CLEARED", "CLEARED"]);
    jiangsu.publish(&world, migrated(import, &rows[0])).await;
    world.advance(HOUR);
    let succession = renamed(&world, &employer).await;
    let event = moves::row(&world, &succession, &wei, &employer);
    jiangsu.publish(&world, event).await;
    settled(&world, 3).await;
    let told = identities(&world).await;

    backup.restore(&mut world).await;
    jiangsu.tell_again().await;
    let nanjing = jiangsu.province.again();
    let witnesses = [
        &Observer::new(&world, &nanjing),
        &Observer::new(&world, &shanghai),
    ];
    opens_as_it_was(&world, &witnesses, &told).await;

    // What was cleared and not used is cleared still.
    jiangsu.publish(&world, migrated(import, &rows[1])).await;
    let event = moves::row(&world, &succession, &li, &employer);
    jiangsu.publish(&world, event).await;
}

/// Asked for before the last thing that the backup knows, by a transaction that ended after it.
#[tokio::test]
async fn what_was_under_way_while_the_backup_was_taken_is_there_again() {
    let (mut world, jiangsu, shanghai) = World::new().await;
    let _keeper = Keeper::start(&mut world).await;
    let mut jiangsu = Outbox::new(jiangsu);
    let employer = world.employer("32");
    let application = jiangsu.province.application(&world.person(), &employer, Initial);
    let clearance = jiangsu.province.cleared(&application).await;
    // Whose claim ended long before is not claimed once more.
    let withdrawn = jiangsu.province.application(&world.person(), &employer, Initial);
    assert!(jiangsu.province.claim(&withdrawn).await.expect("answered").held);
    world.advance(std::time::Duration::from_secs(1));
    let release = exchange::ReleaseClaimRequest {
        application: withdrawn.name.clone(),
        reason: "WITHDRAWN".to_owned(),
    };
    let released = jiangsu.province.client.clone().release_claim(release).await;
    released.expect("answered");
    world.advance(std::time::Duration::from_secs(1));
    jiangsu.registered(&world).await;
    settled(&world, 1).await;
    let backup = Backup::take(&mut world).await;
    let id = application.name.rsplit('/').next().expect("a name");
    let under_way = format!(
        "DELETE FROM exchange.clearance WHERE application = '{id}'; DELETE FROM exchange.claim WHERE application = '{id}'"
    );
    backup.without(&world, &under_way).await;
    world.advance(HOUR);
    let watermark = exchange::provincial_event::Event::Watermark(exchange::Watermark {
        through: Some(api::convert::instant(world.now())),
    });
    jiangsu.publish(&world, watermark).await;
    let told = identities(&world).await;

    backup.restore(&mut world).await;
    jiangsu.report(&jiangsu.receipt).await;
    jiangsu.tell_again().await;
    let nanjing = jiangsu.province.again();
    let witnesses = [
        &Observer::new(&world, &nanjing),
        &Observer::new(&world, &shanghai),
    ];
    opens_as_it_was(&world, &witnesses, &told).await;
    jiangsu.tell(&world, &application, &clearance).await;
}
