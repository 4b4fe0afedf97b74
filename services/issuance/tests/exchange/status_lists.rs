//! Status lists: what is numbered is in them, by the day too, and whoever reads one tells nobody about whom.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::Duration;

use api::issuance::v1 as wire;
use api::issuance::v1::status_service_client::StatusServiceClient;
use api::types::v1::ApplicationType::{Change, Initial};
use api::types::v1::{Date, Position};
use domain::certificate::{FactsRecord, StatusListEntry};
use service_runtime::Lifecycle;
use service_runtime::tls::PeerChannel;
use status_list::{Es256Verifier, Limits, Status, StatusListToken};
use wire::watch_changes_response::Change as Told;

use crate::national_acts::{Ministry, revoking_for_fraud};
use crate::province::Province;
use crate::world::{Person, World, reason};

const FIRST: &str = "statusLists/0";
const SECOND: &str = "statusLists/1";
const EACH: usize = 6;

type Client = StatusServiceClient<PeerChannel>;

fn verifier(world: &World) -> Es256Verifier {
    Es256Verifier::named_by_digest(&world.statuses).expect("a point")
}

/// The first list as soon as it holds a position, checked as anybody checks it.
async fn list(world: &World, client: &mut Client, least: u64) -> StatusListToken {
    list_named(world, client, FIRST, least).await
}

async fn list_named(world: &World, client: &mut Client, name: &str, least: u64) -> StatusListToken {
    let min_position = Some(Position {
        stream: "register".to_owned(),
        value: least,
    });
    let name = name.to_owned();
    let request = wire::GetStatusListRequest { name, min_position };
    let answer = client
        .get_status_list(request)
        .await
        .expect("a list")
        .into_inner();
    let about = answer.status_list.expect("what it is");
    let token = StatusListToken::open(&answer.token, &about.uri, &[verifier(world)], Limits::default());
    let token = token.expect("it is to be believed");
    assert_eq!(
        token.position(),
        about.position.map(|position| position.value),
        "the token says itself where it stands"
    );
    assert!(token.position() >= Some(least));
    token
}

fn says(token: &StatusListToken, place: &StatusListEntry) -> Status {
    assert_eq!(token.uri(), place.uri);
    let index = u32::try_from(place.index).expect("within the shard");
    let answer = token.answer(index, token.issued_at()).expect("it has an answer");
    answer.status
}

/// Every version that the feed told of, with its person, its place, and the position from which it counted no more.
struct Versions(BTreeMap<String, (String, StatusListEntry, u64, Option<u64>)>);

impl Versions {
    async fn told(world: &World) -> (Self, u64) {
        let head = world
            .count("SELECT count(*) FROM log.change")
            .await
            .cast_unsigned();
        let (changes, _) = world.changes(0, head).await;
        let mut versions = BTreeMap::new();
        for message in changes {
            let Some(Told::VersionChanged(version)) = message.change else {
                continue;
            };
            let facts = FactsRecord::parse(&version.facts).expect("a facts record");
            let place = facts.status_list.expect("every version has a place");
            let known = versions.entry(version.licence_identifier).or_insert((
                version.person,
                place,
                message.position,
                None,
            ));
            known.3 = version.superseded_at.map(|_| message.position);
        }
        (Self(versions), head)
    }

    /// The places of a person's versions, the oldest first.
    fn of(&self, person: &Person) -> Vec<StatusListEntry> {
        let own = self.0.values().filter(|version| version.0 == person.name());
        let mut own: Vec<_> = own.collect();
        own.sort_unstable_by_key(|version| version.2);
        own.into_iter().map(|version| version.1.clone()).collect()
    }
}

/// Registers people and has each change the employer.
async fn announce(world: &World, province: &mut Province) {
    let [first, second] = [(); 2].map(|()| world.employer(province.code));
    for _ in 0..EACH {
        let person = world.person();
        for (employer, kind) in [(&first, Initial), (&second, Change)] {
            let application = province.application(&person, employer, kind);
            province.announce(world, &application).await;
        }
    }
}

/// Every list that a process shows until the head of the register is in one.
async fn seen(world: &World, address: SocketAddr, last: u64) -> Vec<StatusListToken> {
    let channel = world
        .realm
        .channel("nation/verification", "nation/issuance", address);
    let mut client = Client::new(channel);
    let (mut seen, mut least) = (Vec::new(), 0);
    while least < last {
        let token = list(world, &mut client, least + 1).await;
        let position = token.position().expect("it says so");
        assert!(position > least, "lists go forward only");
        least = position;
        seen.push(token);
    }
    seen
}

#[tokio::test]
async fn a_list_at_a_position_holds_every_change_up_to_it_whoever_publishes() {
    let (world, mut jiangsu, mut shanghai) = World::new().await;
    let second = Lifecycle::new();
    let other = world.second_process(&second).await;
    // Of each person: version and entry; then the version before, the new version and the entry.
    let last = 2 * (EACH as u64) * 5;
    let (.., at_one, at_other) = tokio::join!(
        announce(&world, &mut jiangsu),
        announce(&world, &mut shanghai),
        seen(&world, world.services, last),
        seen(&world, other, last)
    );
    let (versions, head) = Versions::told(&world).await;
    assert_eq!((head, versions.0.len()), (last, 4 * EACH));
    let places: BTreeSet<_> = versions.0.values().map(|version| version.1.index).collect();
    assert_eq!(places.len(), 4 * EACH, "each has a place of its own");
    let mut changed = 0;
    for token in at_one.iter().chain(&at_other) {
        let position = token.position().expect("it says so");
        for (_, place, _, ended) in versions.0.values() {
            let told = says(token, place);
            match *ended {
                None => assert_eq!(told, Status::Valid),
                Some(ended) if ended <= position => {
                    assert_eq!(told, Status::Invalid, "at {position}, ended at {ended}");
                    changed += 1;
                }
                // It may hold more than it promises.
                Some(_) => {}
            }
        }
    }
    assert!(changed >= 4 * EACH, "the last lists hold all that ended");
    second.drain(Duration::from_secs(5)).await;
}

#[tokio::test]
async fn a_suspension_its_return_its_end_by_the_day_and_a_revocation_are_in_the_list() {
    let (world, mut jiangsu, _) = World::new().await;
    let (person, employer) = (world.person(), world.employer("32"));
    let initial = jiangsu.application(&person, &employer, Initial);
    jiangsu.announce(&world, &initial).await;
    let (versions, head) = Versions::told(&world).await;
    let place = versions.of(&person).remove(0);
    let mut client = Client::new(world.portal().await);
    let before = list(&world, &mut client, head).await;
    assert_eq!(says(&before, &place), Status::Valid);

    let ministry = Ministry::new(&world).await;
    ministry.suspended(&person, None).await;
    let token = list(&world, &mut client, Versions::told(&world).await.1).await;
    assert_eq!(says(&token, &place), Status::Suspended);
    ministry.restored(&person).await;
    let token = list(&world, &mut client, Versions::told(&world).await.1).await;
    assert_eq!(says(&token, &place), Status::Valid);

    // Until today: over at midnight, when every list of today is worth nothing.
    let (year, month, day) = (2026, 5, 4);
    ministry.suspended(&person, Some(Date { year, month, day })).await;
    let head = Versions::told(&world).await.1;
    let token = list(&world, &mut client, head).await;
    assert_eq!(says(&token, &place), Status::Suspended);
    world.advance(Duration::from_secs(14 * 3_600));
    assert!(token.answer(0, world.now()).is_err(), "no list outlasts its day");
    let later = loop {
        let later = list(&world, &mut client, head).await;
        if later.issued_at() > token.issued_at() {
            break later;
        }
        tokio::task::yield_now().await;
    };
    assert_eq!(says(&later, &place), Status::Valid);

    let ministry = Ministry::new(&world).await;
    let proposed = ministry.revoke(&ministry.one, revoking_for_fraud(&person)).await;
    ministry.confirmed(&proposed.expect("proposed").name).await;
    let token = list(&world, &mut client, Versions::told(&world).await.1).await;
    assert_eq!(says(&token, &place), Status::Invalid);
    every_list_is_listed(&mut client, &place).await;
}

async fn every_list_is_listed(client: &mut Client, place: &StatusListEntry) {
    let answer = client
        .list_status_lists(wire::ListStatusListsRequest::default())
        .await;
    let answer = answer.expect("anybody may").into_inner();
    let listed: Vec<_> = answer
        .status_lists
        .iter()
        .map(|list| (&*list.name, &*list.uri))
        .collect();
    assert_eq!(listed, [(FIRST, &*place.uri)]);
    assert_eq!(answer.next_page_token, "");
    for (name, why) in [
        ("statusLists/1", "NOT_FOUND"),
        ("statusLists/00", "INVALID_ARGUMENT"),
        ("statusLists/-1", "INVALID_ARGUMENT"),
        ("0", "INVALID_ARGUMENT"),
    ] {
        let request = wire::GetStatusListRequest {
            name: name.to_owned(),
            min_position: None,
        };
        let refused = client.get_status_list(request).await.expect_err("no such list");
        assert_eq!(reason(&refused), why, "{name}");
    }
    let request = wire::ListStatusListsRequest {
        page_size: 101,
        page_token: String::new(),
    };
    let refused = client.list_status_lists(request).await.expect_err("too many");
    assert_eq!(reason(&refused), "INVALID_ARGUMENT");
}

#[tokio::test]
async fn what_is_from_before_the_lists_gets_a_place_and_its_status() {
    let (mut world, mut jiangsu, _) = World::new().await;
    announce(&world, &mut jiangsu).await;
    let (versions, head) = Versions::told(&world).await;
    world.forget_statuses().await;
    world.restart().await;
    let mut client = Client::new(world.portal().await);
    let token = list(&world, &mut client, head).await;
    let places = "SELECT count(*) FROM issuing.status_index JOIN issuing.certificate_version AS version \
                  ON version.id = status_index.version WHERE (status = 0) = version.current";
    assert_eq!(world.count(places).await, 2 * EACH as i64);
    assert_eq!(versions.0.len(), 2 * EACH);
    let ended = (0..status_list::SHARD_SIZE).filter(|index| {
        let answer = token.answer(*index, token.issued_at()).expect("it has an answer");
        answer.status == Status::Invalid
    });
    assert!(ended.count() >= EACH, "decoys have hardly ended on the first day");
}

/// Gives away half of the first list: what is past the program is nobody's, so it needs no version.
async fn give_half_away(world: &World) {
    let mut owner = world.database.owner_connection().await;
    let statements = "ALTER TABLE issuing.status_index DROP CONSTRAINT status_index_of_version,
             DROP CONSTRAINT status_index_once;
         INSERT INTO issuing.status_index (shard, index, version)
             SELECT 0, even, '00000000-0000-4000-8000-000000000000' FROM generate_series(0, 1048574, 2) AS even
             ON CONFLICT (shard, index) DO NOTHING";
    sqlx::raw_sql(statements)
        .execute(&mut owner)
        .await
        .expect("the owner may");
}

#[tokio::test]
async fn half_of_a_list_given_away_opens_the_next_and_both_go_on() {
    let (world, mut jiangsu, _) = World::new().await;
    let employer = world.employer("32");
    let [early, between, late] = [(); 3].map(|()| world.person());
    let mut client = Client::new(world.portal().await);
    let initial = jiangsu.application(&early, &employer, Initial);
    jiangsu.announce(&world, &initial).await;
    give_half_away(&world).await;
    let initial = jiangsu.application(&between, &employer, Initial);
    jiangsu.announce(&world, &initial).await;
    // The job notices that the first is full when it works off a change; its list is there before one is drawn from it.
    let (_, head) = Versions::told(&world).await;
    let second = loop {
        list(&world, &mut client, head).await;
        let lists = client.list_status_lists(wire::ListStatusListsRequest::default());
        let lists = lists.await.expect("anybody may").into_inner().status_lists;
        if let [first, second] = lists.as_slice() {
            assert_eq!((&*first.name, &*second.name), (FIRST, SECOND));
            break second.uri.clone();
        }
        tokio::task::yield_now().await;
    };
    let initial = jiangsu.application(&late, &employer, Initial);
    jiangsu.announce(&world, &initial).await;
    let (versions, head) = Versions::told(&world).await;
    let [early_place, late_place] = [&early, &late].map(|person| versions.of(person).remove(0));
    assert_eq!(late_place.uri, second);
    assert_ne!(early_place.uri, second);
    let token = list_named(&world, &mut client, SECOND, head).await;
    assert_eq!(says(&token, &late_place), Status::Valid);

    // What happens to somebody is in their list, and every list says how far it goes.
    let ministry = Ministry::new(&world).await;
    for person in [&early, &late] {
        ministry.suspended(person, None).await;
    }
    let (_, head) = Versions::told(&world).await;
    for (name, place) in [(FIRST, &early_place), (SECOND, &late_place)] {
        let token = list_named(&world, &mut client, name, head).await;
        assert_eq!(says(&token, place), Status::Suspended, "{name}");
    }
}
