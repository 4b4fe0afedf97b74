//! What befalls the processes and the lines between them.

use harness::link::{Direction, Link};
use harness::{Role, SignalName, World};
use journeys::impostor::Impostor;

use crate::chance::Chance;
use crate::people::PROVINCES;

pub(crate) fn registration(province: usize) -> Role {
    Role::Registration(PROVINCES[province].to_owned())
}

/// The lines that a simulation may disturb.
pub(crate) fn pairs() -> Vec<(Role, Role)> {
    vec![
        (registration(0), Role::Issuance),
        (registration(1), Role::Issuance),
        (Role::Issuance, Role::Seal),
    ]
}

/// One random fault; says which.
pub(crate) async fn befall(world: &mut World, chance: &mut Chance) -> String {
    let province = chance.below(2);
    match chance.below(12) {
        0..=4 => disturbed(world, province, chance),
        5 | 6 => mended(world),
        7 => replayed(world, province, chance).await,
        8 => killed(world, &Role::Issuance).await,
        9 => killed(world, &registration(province)).await,
        10 => killed(world, &Role::Seal).await,
        _ => {
            world.crash_database();
            world.recover_database();
            "PostgreSQL killed and recovered".to_owned()
        }
    }
}

/// Every line undisturbed.
pub(crate) fn mended(world: &World) -> String {
    for (caller, callee) in pairs() {
        world.link(&caller, &callee).mend();
    }
    "every line mended".to_owned()
}

fn disturbed(world: &World, province: usize, chance: &mut Chance) -> String {
    let pair = if chance.percent(20) {
        (Role::Issuance, Role::Seal)
    } else {
        (registration(province), Role::Issuance)
    };
    let link: &Link = world.link(&pair.0, &pair.1);
    let how = match chance.below(6) {
        0 => {
            link.cut();
            "cut".to_owned()
        }
        1 => {
            link.hold(Direction::Out);
            "held outward".to_owned()
        }
        2 => {
            link.hold(Direction::Back);
            "held back".to_owned()
        }
        3 => {
            link.reset();
            "reset".to_owned()
        }
        4 => {
            let seed = chance.draw();
            link.flap(seed);
            format!("flapping by {seed}")
        }
        _ => {
            link.slow(60_000);
            "slow".to_owned()
        }
    };
    format!("{} to {}: {how}", pair.0, pair.1)
}

/// Kills a process and starts it again.
async fn killed(world: &mut World, role: &Role) -> String {
    world.fleet.end(role, SignalName::Kill).await.expect("killed");
    world.fleet.restart(role).await.expect("it comes back");
    format!("{role} killed and restarted")
}

/// Somebody with a province's keys sends some of what it sent before: again, or backwards.
async fn replayed(world: &World, province: usize, chance: &mut Chance) -> String {
    let impostor = Impostor::of(world, PROVINCES[province]);
    let kept = impostor.kept().await;
    if kept.is_empty() {
        return "nothing to replay".to_owned();
    }
    let from = chance.below(kept.len());
    let to = from + 1 + chance.below(kept.len() - from);
    let mut some = kept[from..to].to_vec();
    let backwards = some.len() > 1 && chance.percent(50);
    if backwards {
        some.reverse();
    }
    let told = impostor.push(vec![some]).await;
    if let Ok(told) = told {
        let expected = if backwards { "BAD_HASH" } else { "" };
        assert!(
            told.iter().all(|(_, stopped)| stopped == expected),
            "replayed {from}..{to}, backwards {backwards}: {told:?}"
        );
    }
    format!(
        "{} replayed {from}..{to}, backwards {backwards}",
        PROVINCES[province]
    )
}
