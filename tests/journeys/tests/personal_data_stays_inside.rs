//! What is left in files and databases after a story.
//!
//! ```text
//!  story ─▶ databases (rows, pages, WAL) · object stores · logs of services and PostgreSQL
//!              └──────────── searched for numbers, names and photos in the clear ────────────┘
//! ```
//!
//! Proves: no document number, no full name and no photo of anybody in the story stands in the clear in any column of
//! any database, any file of the private PostgreSQL, any stored object, or any log, in no usual encoding. That the
//! search finds what is there is proved on an employer's title, which is no secret.

use std::path::{Path, PathBuf};

use aho_corasick::AhoCorasick;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use harness::World;
use jiff::ToSpan as _;
use journeys::books::Books;
use journeys::certificates::{both, issued, tender_copy};
use journeys::refusal;
use testkit::people::Person;
use testkit::picture::photo_jpeg;
use testkit::stage::Stage;
use testkit::story::Silent;

/// What must not be found, in all its spellings, looked for at once.
struct Search {
    whats: Vec<String>,
    automaton: AhoCorasick,
}

impl Search {
    fn nothing_in(&self, place: &str, content: &[u8]) {
        if let Some(found) = self.automaton.find(content) {
            panic!("{} stands in {place}", self.whats[found.pattern().as_usize()]);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_personal_stands_in_the_clear_in_databases_objects_and_logs() {
    let mut world = World::start().await;
    let mut stage = world.stage().await;
    let mut holder = stage
        .holder_named(Person::named("欧阳建工", (1988, 3, 15), 7))
        .await
        .expect("enrolled");
    let announced = stage
        .register_initially(&mut holder, &mut Silent)
        .await
        .expect("registered");
    let first = issued(&holder, Some(announced.position.clone())).await;
    let copy = tender_copy(&mut holder, &first.name, "JS-2026-0412")
        .await
        .expect("a copy");
    let (ofd, _) = both(&mut holder, &copy.name).await;
    let person = holder.citizen.person.clone();
    stage.checker.file(&ofd, None).await.expect("answered");
    let asked = stage
        .checker
        .by_document(&person.document_number, &person.full_name, None)
        .await;
    asked.expect("answered");
    // Mistakes and refusals are logged and audited, too.
    let wrong = stage
        .checker
        .by_document(&person.document_number.replace('1', "2"), &person.full_name, None)
        .await;
    drop(wrong);
    assert_eq!(
        refusal(stage.accepting.review(&announced.application).await),
        "APPLICATION_STATE"
    );
    let later = holder.citizen.door.clock.today().saturating_add(30.days());
    holder.citizen.door.clock.advance_to_morning_of(later);
    stage.sign_in_again().await.expect("signed in");
    holder.citizen.sign_in().await.expect("signed in");
    let changed = stage
        .change_employer(&mut holder, &mut Silent)
        .await
        .expect("changed");
    issued(&holder, Some(changed.position)).await;

    let search = search(&stage, &[&person]);
    let employer = stage.employer_a.employer.title.clone();
    let mut titles = 0;
    for role in world.fleet.deployment().roles() {
        if role.database().is_none() {
            continue;
        }
        for row in Books::open(&world, &role).await.spill().await {
            titles += usize::from(row.contains(&employer));
            search.nothing_in(&format!("{role}, a row of {}", table_of(&row)), row.as_bytes());
        }
    }
    assert!(titles > 0, "the search reads what is there");

    // With every process ended, every page and log is on disk.
    for role in world.fleet.deployment().roles() {
        world
            .fleet
            .end(&role, harness::SignalName::Term)
            .await
            .expect("ended");
    }
    let mut files = 0;
    for place in [
        world.folder().to_owned(),
        world.fleet.cluster().place().to_owned(),
    ] {
        for path in files_below(&place) {
            let Ok(content) = std::fs::read(&path) else {
                continue;
            };
            files += 1;
            search.nothing_in(&path.display().to_string(), &content);
        }
    }
    assert!(files > 500, "databases, objects and logs: {files}");
    world.stop().await;
}

fn table_of(row: &str) -> &str {
    row.split_once(": ").map_or("a table", |(table, _)| table)
}

/// Numbers, names and pieces of photos of everybody, as text, hexadecimal and Base64.
fn search(stage: &Stage, holders: &[&Person]) -> Search {
    let officers = [
        &stage.accepting,
        &stage.reviewing,
        &stage.water,
        &stage.deciding,
        &stage.announcing,
    ];
    let mut people: Vec<&Person> = officers.iter().map(|officer| &officer.citizen.person).collect();
    people.extend([&stage.employer_a.citizen.person, &stage.employer_b.citizen.person]);
    people.push(&stage.administrator.citizen.person);
    people.extend(holders);
    let mut spellings = Vec::new();
    for (index, person) in people.iter().enumerate() {
        add(
            &mut spellings,
            format!("document number of person {index}"),
            person.document_number.as_bytes(),
        );
        add(
            &mut spellings,
            format!("name of person {index}"),
            person.full_name.as_bytes(),
        );
        add(
            &mut spellings,
            format!("password of person {index}"),
            person.password.as_bytes(),
        );
    }
    let photo = photo_jpeg(1);
    for part in 1..8 {
        let start = photo.len() * part / 8;
        add(
            &mut spellings,
            format!("photo from byte {start}"),
            &photo[start..start + 24],
        );
    }
    let automaton =
        AhoCorasick::new(spellings.iter().map(|(_, bytes)| bytes)).expect("a few hundred patterns");
    Search {
        whats: spellings.into_iter().map(|(what, _)| what).collect(),
        automaton,
    }
}

fn add(spellings: &mut Vec<(String, Vec<u8>)>, what: String, plain: &[u8]) {
    let hexadecimal = hex::encode(plain);
    spellings.push((
        format!("{what}, hexadecimal"),
        hexadecimal.to_uppercase().into_bytes(),
    ));
    spellings.push((format!("{what}, hexadecimal"), hexadecimal.into_bytes()));
    // Base64 of the same bytes at each of its three alignments, without the characters that neighbours decide.
    for lead in 0..3 {
        let padded = [&vec![0; lead][..], plain].concat();
        let text = STANDARD_NO_PAD.encode(&padded);
        let (from, to) = ((lead * 4).div_ceil(3), padded.len() * 4 / 3);
        spellings.push((format!("{what}, Base64"), text.as_bytes()[from..to].to_vec()));
    }
    spellings.push((what, plain.to_vec()));
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else {
            continue;
        };
        for entry in entries.flatten() {
            let kind = entry.file_type().expect("a kind");
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file() {
                files.push(entry.path());
            }
        }
    }
    files
}
