//! A renewal filed in time keeps a registration alive (行政许可法 art 50), and a granted one follows without a gap.

use api::exchange::v1 as wire;
use api::types::v1 as types;
use api::types::v1::ApplicationType::{Initial, Renewal};
use api::types::v1::Specialty;
use jiff::ToSpan as _;
use jiff::civil::date;
use service_runtime::clock::day_of;
use wire::provincial_event::Event;

use crate::world::{World, told};

#[tokio::test]
async fn a_granted_renewal_makes_the_next_version_with_the_same_serial() {
    let (world, mut jiangsu, _) = World::new().await;
    let (person, employer) = (world.person(), world.employer("32"));
    let initial = jiangsu.application(&person, &employer, Initial);
    jiangsu.announce(&world, &initial).await;
    let mut renewal = jiangsu.application(&person, &employer, Renewal);
    renewal.specialties[0].1 = date(2029, 5, 4);
    renewal.specialties[0].2 = date(2032, 5, 3);
    let accepted = Event::RenewalAccepted(wire::RenewalAccepted {
        application: renewal.name.clone(),
        person: person.name(),
    });
    let envelope = jiangsu.seal(&world, accepted);
    assert_eq!(
        jiangsu
            .push(vec![envelope])
            .await
            .expect("a receipt")
            .stopped_reason,
        ""
    );
    jiangsu.announce(&world, &renewal).await;
    let entry = world
        .entry(None, &person, told("32", 3))
        .await
        .expect("national officers may");
    assert_eq!(entry.specialties[0].valid_to, Some(date(2032, 5, 3).into()));
    assert!(
        entry.current_certificate.contains(".002."),
        "{}",
        entry.current_certificate
    );
    assert_eq!(
        world
            .count("SELECT count(*) FROM register.act WHERE kind = 'NOTE_RENEWAL_ACCEPTED'")
            .await,
        1
    );
    let serials = "SELECT count(DISTINCT serial) FROM issuing.certificate_version";
    assert_eq!(world.count(serials).await, 1);
}

#[tokio::test]
async fn a_renewal_of_one_of_two_specialties_leaves_the_other_alone() {
    let (world, mut jiangsu, _) = World::new().await;
    let (person, employer) = (world.person(), world.employer("32"));
    let mining = (Specialty::Mining, date(2026, 5, 4), date(2029, 5, 3));
    let mut initial = jiangsu.application(&person, &employer, Initial);
    initial.specialties.push(mining);
    jiangsu.announce(&world, &initial).await;
    let mut renewal = jiangsu.application(&person, &employer, Renewal);
    renewal.specialties[0].2 = date(2032, 5, 3);
    // Whoever lists the other one as it is asks for a renewal that ends no later.
    renewal.specialties.push(mining);
    assert!(jiangsu.claim(&renewal).await.expect("answered").held);
    assert_eq!(jiangsu.clear(&renewal).await.reason, "REGISTER_TERM");
    renewal.specialties.truncate(1);
    jiangsu.announce(&world, &renewal).await;
    let entry = world
        .entry(None, &person, told("32", 2))
        .await
        .expect("national officers may");
    let ends: Vec<_> = entry
        .specialties
        .iter()
        .map(|one| (one.specialty(), one.valid_to))
        .collect();
    assert_eq!(
        ends,
        [
            (Specialty::WaterAndHydropower, Some(date(2032, 5, 3).into())),
            (Specialty::Mining, Some(date(2029, 5, 3).into()))
        ]
    );
}

#[tokio::test]
async fn a_renewal_of_somebody_registered_elsewhere_stops_the_stream() {
    let (world, mut jiangsu, mut shanghai) = World::new().await;
    let person = world.person();
    let initial = shanghai.application(&person, &world.employer("31"), Initial);
    shanghai.announce(&world, &initial).await;
    let renewal = jiangsu.application(&person, &world.employer("32"), Renewal);
    let accepted = Event::RenewalAccepted(wire::RenewalAccepted {
        application: renewal.name,
        person: person.name(),
    });
    let envelope = jiangsu.seal(&world, accepted);
    let receipt = jiangsu.push(vec![envelope]).await.expect("a receipt");
    assert_eq!(receipt.stopped_reason, "NOT_REGISTERED_HERE");
}

#[tokio::test]
async fn an_undecided_renewal_counts_as_granted_and_the_person_was_never_plainly_lapsed() {
    let (world, mut jiangsu, _) = World::new().await;
    let (person, employer) = (world.person(), world.employer("32"));
    let end = day_of(world.now()).saturating_sub(1.day());
    let mut initial = jiangsu.application(&person, &employer, Initial);
    initial.specialties[0].1 = end.saturating_sub(3.years());
    initial.specialties[0].2 = end;
    jiangsu.announce(&world, &initial).await;
    let lapsed = world
        .entry(None, &person, told("32", 1))
        .await
        .expect("registered");
    assert_eq!(
        lapsed.status_code(),
        types::StatusCode::Lapsed,
        "nobody asked for a renewal"
    );

    let renewal = jiangsu.application(&person, &employer, Renewal);
    assert!(jiangsu.claim(&renewal).await.expect("answered").held);
    let pending = Event::RenewalAccepted(wire::RenewalAccepted {
        application: renewal.name.clone(),
        person: person.name(),
    });
    let deemed = || {
        Event::RenewalDeemed(wire::RenewalDeemed {
            application: renewal.name.clone(),
            person: person.name(),
            specialties: vec![types::SpecialtyValidity {
                specialty: Specialty::WaterAndHydropower.into(),
                valid_from: Some(end.saturating_add(1.day()).into()),
                valid_to: Some(end.saturating_add(3.years()).into()),
            }],
        })
    };
    for (sequence, event) in [(2, pending), (3, deemed())] {
        let envelope = jiangsu.seal(&world, event);
        let receipt = jiangsu.push(vec![envelope]).await.expect("a receipt");
        assert_eq!(receipt.stopped_reason, "");
        let entry = world
            .entry(None, &person, told("32", sequence))
            .await
            .expect("registered");
        assert_eq!(entry.status_code(), types::StatusCode::Valid);
    }
    let entry = world
        .entry(None, &person, told("32", 3))
        .await
        .expect("registered");
    assert_eq!(
        entry.specialties[0].valid_to,
        Some(end.saturating_add(3.years()).into())
    );
    assert!(
        entry.current_certificate.contains(".002."),
        "{}",
        entry.current_certificate
    );
    for (statement, expected) in [
        ("SELECT count(*) FROM register.act WHERE kind = 'DEEM_RENEWED'", 1),
        (
            "SELECT count(*) FROM exchange.claim WHERE type = 'RENEWAL' AND state = 'used'",
            1,
        ),
        (
            "SELECT count(*) FROM shared.notification WHERE kind = 'DEEMED_RENEWED'",
            2,
        ),
        (
            "SELECT count(*) FROM shared.audit WHERE verb = 'deem_renewed' AND article = '行政许可法 art 50'",
            1,
        ),
    ] {
        assert_eq!(world.count(statement).await, expected, "{statement}");
    }
    let again = jiangsu.seal(&world, deemed());
    let receipt = jiangsu.push(vec![again]).await.expect("a receipt");
    assert_eq!(
        receipt.stopped_reason, "NOT_DEEMED_RENEWED",
        "nothing is pending any more"
    );
}
