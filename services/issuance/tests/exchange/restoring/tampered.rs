//! A counterfoil that was altered in the object store: what grows from it is not what was signed, and nobody opens it.

use std::path::{Path, PathBuf};

use api::issuance::v1::restoration::Step;
use serde_json::Value;

use super::story::{Outbox, everything_else_is_closed, identities, opens_as_it_was, say, settled, until};
use crate::backup::{Backup, Keeper};
use crate::witnesses::Observer;
use crate::world::{World, reason};

/// The first counterfoil of the log that tells of a change of a kind, and that change in it.
fn piece_with(folder: &Path, kind: &str) -> (PathBuf, Value, usize) {
    let mut pieces: Vec<PathBuf> = files(&folder.join("objects/counterfoils/log"));
    pieces.sort();
    for path in pieces {
        let content = std::fs::read(&path).expect("it can be read");
        let content: Value = serde_json::from_slice(&content).expect("JSON");
        let changes = content["changes"].as_array().expect("a list");
        let of_kind = |one: &Value| one["change"]["kind"] == kind && one["change"]["leaf"].is_string();
        if let Some(index) = changes.iter().rposition(of_kind) {
            return (path, content, index);
        }
    }
    panic!("no counterfoil of a {kind}");
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    paths
        .flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] })
        .collect()
}

/// Another last digit.
fn altered(leaf: &Value) -> Value {
    let leaf = leaf.as_str().expect("in hexadecimal");
    let (rest, last) = leaf.split_at(leaf.len() - 1);
    format!("{rest}{}", if last == "0" { "1" } else { "0" }).into()
}

/// Alters one counterfoil; returns where it is and what it was.
fn tamper(folder: &Path, with: &str) -> (PathBuf, Vec<u8>) {
    let kind = if with == "version" { "version" } else { "document" };
    let (path, mut content, index) = piece_with(folder, kind);
    let before = std::fs::read(&path).expect("it can be read");
    match with {
        "root" => content["root"] = altered(&content["root"]),
        "left out" => {
            let changes = content["changes"].as_array_mut().expect("a list");
            changes.remove(index);
        }
        _ => {
            let change = &mut content["changes"][index]["change"];
            change["leaf"] = altered(&change["leaf"]);
        }
    }
    std::fs::write(&path, content.to_string()).expect("ours");
    (path, before)
}

#[tokio::test]
async fn an_altered_counterfoil_keeps_it_closed_whatever_officers_say() {
    let (mut world, jiangsu, shanghai) = World::new().await;
    let _keeper = Keeper::start(&mut world).await;
    let mut jiangsu = Outbox::new(jiangsu);
    let backup = Backup::take(&mut world).await;
    jiangsu.registered(&world).await;
    settled(&world, 1).await;
    let told = identities(&world).await;

    let folder = world.realm.folder().to_owned();
    for (with, expected) in [
        // Put back as it was told, under a leaf that is not its own.
        ("document", "ROOT_DIFFERS"),
        ("left out", "ROOT_DIFFERS"),
        ("root", "ROOT_DIFFERS"),
        // The province tells what the register made of it, which is another leaf.
        ("version", "LEAF_WITHOUT_ACT"),
    ] {
        world.stop().await;
        let (path, before) = tamper(&folder, with);
        backup.restore_kept(&mut world).await;
        jiangsu.tell_again().await;
        let found = until(&world, "found", |one| !one.findings.is_empty()).await;
        assert!(matches!(found.step(), Step::Rebuild | Step::Regrow), "{with}");
        let finding = &found.findings[0];
        assert_eq!(
            (finding.finding.as_str(), finding.bars_opening),
            (expected, true),
            "{with}"
        );
        assert!(finding.subject.starts_with("log/leaves/"), "{}", finding.subject);
        let portal = world.portal().await;
        for officer in [world.officer(None), world.officer(None)] {
            let refused = say(&world, &portal, &officer, &found.name).await;
            assert_eq!(reason(&refused.expect_err("barred")), "RESTORATION_CONTRADICTED");
        }
        everything_else_is_closed(&world, &jiangsu).await;
        world.stop().await;
        std::fs::write(&path, before).expect("ours");
    }

    // As the runbook says: the counterfoil as it was, and the database restored once more.
    backup.restore(&mut world).await;
    jiangsu.tell_again().await;
    let nanjing = jiangsu.province.again();
    let witnesses = [
        &Observer::new(&world, &nanjing),
        &Observer::new(&world, &shanghai),
    ];
    opens_as_it_was(&world, &witnesses, &told).await;
}
