//! A batch of envelopes comes to the same as its envelopes one by one, in as many statements however many it holds
//! (decision 0034).

mod statements;

use api::exchange::v1 as wire;
use api::types::v1::ApplicationType::{self, Cancellation, Change, Initial, Renewal};
use api::types::v1::EndCause;
use jiff::civil::date;
use sqlx::Row as _;
use uuid::Uuid;
use wire::provincial_event::Event;

use self::statements::Statements;
use crate::province::{Application, Province, item_with, pictures};
use crate::world::{Person, World};

/// Draws the same story from the same seed (SplitMix64).
struct Story(u64);

impl Story {
    fn draw(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % below as u64).expect("small")
    }
}

/// What happens to one person, by their number.
#[derive(Debug, Clone, Copy)]
enum Step {
    Announced,
    Released,
    Pending(bool),
    Lapse,
    Undo,
}

/// People of one telling, each with the application that is cleared now.
struct People {
    persons: Vec<(Person, Application, wire::Clearance)>,
    employer: String,
    lapsed: Vec<Uuid>,
}

/// Claims and clears an application of each kind that is given.
async fn cleared(
    province: &Province,
    kinds: &[(Person, ApplicationType)],
    employers: (&str, &str),
) -> People {
    let drawn = pictures(1);
    let mut applications = Vec::new();
    for (person, kind) in kinds {
        let employer = if *kind == Change { employers.1 } else { employers.0 };
        let mut application = province.application(person, employer, *kind);
        let digits = application.proposed.chars().count() - 5;
        application.proposed = application.proposed.chars().take(digits).collect();
        application.proposed.push_str(&format!("{:05}", person.ordinal));
        if *kind == Renewal {
            application.specialties[0].1 = date(2029, 5, 4);
            application.specialties[0].2 = date(2032, 5, 3);
        }
        if *kind != Cancellation {
            assert!(province.claim(&application).await.expect("answered").held);
        }
        applications.push(application);
    }
    let mut persons = Vec::new();
    for some in applications.chunks(20) {
        let items = some.iter().map(|one| item_with(one, &drawn)).collect();
        let clearances = province.clear_all(items).await.expect("answered");
        for (application, clearance) in some.iter().zip(clearances) {
            assert!(clearance.cleared, "{}", clearance.reason);
            let person = kinds[persons.len()].0.clone();
            persons.push((person, application.clone(), clearance));
        }
    }
    People {
        lapsed: persons.iter().map(|_| Uuid::new_v4()).collect(),
        persons,
        employer: employers.0.to_owned(),
    }
}

fn event(world: &World, province: &Province, people: &People, (nth, step): (usize, Step)) -> Event {
    let (person, application, clearance) = &people.persons[nth];
    let name = person.name();
    let (of, row) = (format!("provinces/{}", province.code), people.lapsed[nth]);
    let (lapse, now) = (
        format!("{of}/lapses/{}", Uuid::nil()),
        Some(api::convert::instant(world.now())),
    );
    match step {
        Step::Announced => province.announced(world, application, clearance),
        Step::Released => Event::ClearanceReleased(wire::ClearanceReleased {
            application: application.name.clone(),
            clearance_id: clearance.clearance_id.clone(),
            reason: "WITHDRAWN".to_owned(),
        }),
        Step::Pending(true) => Event::RenewalAccepted(wire::RenewalAccepted {
            application: application.name.clone(),
            person: name,
        }),
        Step::Pending(false) => Event::RenewalClosed(wire::RenewalClosed {
            application: application.name.clone(),
            person: name,
            outcome: "WITHDRAWN".to_owned(),
        }),
        Step::Lapse => Event::LapseApplied(wire::LapseApplied {
            lapse,
            row: row.to_string(),
            person: name,
            employer: people.employer.clone(),
            cause: EndCause::EmployerBankrupt.into(),
            effective_on: Some(date(2026, 5, 4).into()),
            confirmed_at: now,
            decided_by: of,
        }),
        Step::Undo => Event::LapseUndone(wire::LapseUndone {
            lapse,
            row: Uuid::new_v4().to_string(),
            person: name,
            undone_row: row.to_string(),
            confirmed_at: now,
            decided_by: of,
        }),
    }
}

/// Several steps of each of some people: first the one that its clearance is for, then whatever comes; of everybody mixed.
fn steps(story: &mut Story, people: usize, first: impl Fn(&mut Story) -> Step) -> Vec<(usize, Step)> {
    let mut of_each: Vec<Vec<Step>> = (0..people)
        .map(|_| {
            let mut steps = vec![first(story)];
            if story.draw(3) == 0 {
                // Refused: what is cleared will be announced.
                steps.insert(0, Step::Lapse);
            }
            let mut pending = false;
            for _ in 0..story.draw(5) {
                steps.push(match story.draw(3) {
                    0 => Step::Lapse,
                    1 => Step::Undo,
                    _ => {
                        pending = !pending;
                        Step::Pending(pending)
                    }
                });
            }
            steps.reverse();
            steps
        })
        .collect();
    let mut mixed = Vec::new();
    while of_each.iter().any(|steps| !steps.is_empty()) {
        let nth = story.draw(people);
        mixed.extend(of_each[nth].pop().map(|step| (nth, step)));
    }
    mixed
}

/// Tells everything, so many envelopes under a signature; returns why the stream stands.
async fn tell(
    world: &World,
    province: &mut Province,
    (people, steps): (&People, &[(usize, Step)]),
    at_once: usize,
) -> String {
    let mut envelopes = Vec::new();
    for step in steps {
        let told = event(world, province, people, *step);
        envelopes.push(province.seal(world, told));
    }
    for batch in envelopes.chunks(at_once) {
        let receipt = province.push(batch.to_vec()).await.expect("a receipt");
        if !receipt.stopped_reason.is_empty() {
            return receipt.stopped_reason;
        }
    }
    String::new()
}

/// What the tables hold of these people, who are named by their number, and what the audit had from a record on.
async fn left(world: &World, persons: &[Person], since: i64) -> Vec<String> {
    let ids: Vec<Uuid> = persons.iter().map(|person| person.id).collect();
    let queries = [
        "SELECT person, kind || coalesce(announcement_number, '') FROM register.act WHERE person = ANY($1) ORDER BY number",
        "SELECT person, concat(kind, version IS NULL, leaf IS NULL) FROM log.change WHERE person = ANY($1) ORDER BY id",
        "SELECT version.person, concat(version.operation, version.version, current, superseded_by IS NULL, superseded_at IS NULL,
             changed_facts, supersession, (SELECT count(*) FROM issuing.job WHERE job.version = version.id),
             (SELECT count(*) FROM issuing.status_index AS place WHERE place.version = version.id))
         FROM issuing.certificate_version AS version JOIN register.act ON act.id = version.act
         WHERE version.person = ANY($1) ORDER BY act.number",
        "SELECT entry.person, concat(entry.province, act.kind) FROM register.entry JOIN register.act ON act.id = last_act
         WHERE entry.person = ANY($1)",
        "SELECT person, concat(province, employer) FROM register.active_registration WHERE person = ANY($1)",
        "SELECT person, day::text FROM register.transition_due WHERE person = ANY($1)",
        "SELECT person, province FROM exchange.register_row WHERE person = ANY($1)",
        "SELECT person, concat(type, state, ended_at IS NULL) FROM exchange.clearance WHERE person = ANY($1) ORDER BY type",
        "SELECT person, concat(type, state, reason, ended_at IS NULL) FROM exchange.claim WHERE person = ANY($1) ORDER BY type",
        "SELECT person, '' FROM register.registration_number WHERE person = ANY($1)",
        "SELECT person_id, concat(kind, day, days_left) FROM shared.notification WHERE person_id = ANY($1) ORDER BY kind",
        "SELECT person, concat(province, kind, reason) FROM exchange.downstream WHERE person = ANY($1) ORDER BY number",
    ];
    let mut owner = world.database.owner_connection().await;
    let mut found = Vec::new();
    for (table, query) in queries.into_iter().enumerate() {
        let rows = sqlx::query(query).bind(&ids).fetch_all(&mut owner).await;
        for row in rows.expect("it can be read") {
            let (person, text): (Uuid, Option<String>) = (row.get(0), row.get(1));
            let nth = ids.iter().position(|id| *id == person);
            found.push(format!("{table} {nth:?} {}", text.unwrap_or_default()));
        }
    }
    // Of rows without an order of their own, any will do.
    found.sort_by_key(|line| !(line.starts_with("0 ") || line.starts_with("1 ") || line.starts_with("11 ")));
    let ordered = found
        .iter()
        .take_while(|line| line.starts_with("0 ") || line.starts_with("1 ") || line.starts_with("11 "))
        .count();
    found[ordered..].sort();
    let audit = sqlx::query(
        "SELECT concat(verb, ' ', outcome, ' ', reason) FROM shared.audit WHERE id > $1
         AND verb IN ('apply_announcement', 'note_renewal', 'release_clearance', 'apply_lapse', 'undo_lapse') ORDER BY id",
    );
    let audit = audit.bind(since).fetch_all(&mut owner).await;
    found.extend(
        audit
            .expect("it can be read")
            .iter()
            .map(|row| row.get::<String, _>(0)),
    );
    found
}

/// Registers people and goes on with them, so many envelopes at once; what the tables hold then.
async fn told(world: &World, province: &mut Province, seed: u64, at_once: usize) -> Vec<String> {
    const PEOPLE: usize = 7;
    let mut story = Story(seed);
    let employers = (world.employer(province.code), world.employer(province.code));
    let employers = (employers.0.as_str(), employers.1.as_str());
    let since = world.count("SELECT coalesce(max(id), 0) FROM shared.audit").await;
    let persons: Vec<Person> = (0..PEOPLE).map(|_| world.person()).collect();
    let kinds: Vec<_> = persons.iter().map(|person| (person.clone(), Initial)).collect();
    let people = cleared(province, &kinds, employers).await;
    let first = steps(&mut story, PEOPLE, |story| match story.draw(5) {
        0 => Step::Released,
        _ => Step::Announced,
    });
    let first: Vec<_> = unregistered_stay_so(first);
    let mut stops = vec![tell(world, province, (&people, &first), at_once).await];
    // Whoever is registered now has something decided anew.
    let query = "SELECT person FROM register.active_registration";
    let mut owner = world.database.owner_connection().await;
    let active: Vec<Uuid> = sqlx::query_scalar(query)
        .fetch_all(&mut owner)
        .await
        .expect("read");
    let registered = persons.iter().filter(|person| active.contains(&person.id));
    let kinds: Vec<_> = registered
        .map(|person| (person.clone(), [Change, Renewal, Cancellation][story.draw(3)]))
        .collect();
    let people = cleared(province, &kinds, employers).await;
    let second = steps(&mut story, kinds.len(), |_| Step::Announced);
    stops.push(tell(world, province, (&people, &second), at_once).await);
    let mut found = left(world, &persons, since).await;
    for employer in [employers.0, employers.1] {
        let id = employer.trim_start_matches("employers/");
        found
            .iter_mut()
            .for_each(|line| *line = line.replace(id, "employer"));
    }
    found.extend(stops);
    found
}

/// Without a registration there is nothing that a renewal could be of: that would stop the stream.
fn unregistered_stay_so(steps: Vec<(usize, Step)>) -> Vec<(usize, Step)> {
    let released: Vec<usize> = steps
        .iter()
        .filter(|(_, step)| matches!(step, Step::Released))
        .map(|(nth, _)| *nth)
        .collect();
    let kept = steps.into_iter();
    kept.filter(|(nth, step)| !(released.contains(nth) && matches!(step, Step::Pending(_))))
        .collect()
}

#[tokio::test]
async fn in_one_batch_it_comes_to_the_same_as_one_by_one() {
    let (world, _, mut shanghai) = World::new().await;
    for seed in [7, 20_261_127] {
        let single = told(&world, &mut shanghai, seed, 1).await;
        assert!(single.len() > 60, "something happened: {single:?}");
        let together = told(&world, &mut shanghai, seed, 500).await;
        pretty(&single, &together, seed);
        let pieces = told(&world, &mut shanghai, seed, 5).await;
        pretty(&single, &pieces, seed);
    }
}

fn pretty(expected: &[String], found: &[String], seed: u64) {
    let missing: Vec<_> = expected.iter().filter(|line| !found.contains(line)).collect();
    let added: Vec<_> = found.iter().filter(|line| !expected.contains(line)).collect();
    assert!(
        expected == found,
        "seed {seed}: missing {missing:?}, added {added:?}"
    );
}

#[tokio::test]
async fn a_batch_takes_as_many_statements_however_many_envelopes_it_holds() {
    let statements = Statements::of("apply announcements");
    let (world, mut jiangsu, _) = World::new().await;
    let (employer, other) = (world.employer("32"), world.employer("32"));
    // The first registration opens the first status list.
    let first = jiangsu.application(&world.person(), &employer, Initial);
    jiangsu.announce(&world, &first).await;
    let mut taken = Vec::new();
    for count in [2_usize, 60] {
        let persons: Vec<Person> = (0..count).map(|_| world.person()).collect();
        for kind in [Initial, Change] {
            let kinds: Vec<_> = persons.iter().map(|person| (person.clone(), kind)).collect();
            let people = cleared(&jiangsu, &kinds, (&employer, &other)).await;
            let steps: Vec<_> = (0..count).map(|nth| (nth, Step::Announced)).collect();
            statements.clear();
            assert_eq!(tell(&world, &mut jiangsu, (&people, &steps), 500).await, "");
            taken.push((kind, statements.count()));
        }
    }
    assert!(taken[0].1 > 10, "they are counted: {taken:?}");
    assert_eq!(taken[..2], taken[2..], "sixty envelopes against two");
}
