//! What ends with an employment: consents given to that employer, and what it asks for.

use api::types::v1::ApplicationType::{Change, Initial, Renewal};
use jiff::civil::date;
use sqlx::query;
use uuid::Uuid;

use crate::world::{Person, World};

/// A consent to an employer, and a request of the same, as the issuing room stores them.
async fn allow(world: &World, person: &Person, employer: &str) {
    let employer: Uuid = employer.trim_start_matches("employers/").parse().expect("an id");
    let now = "2026-05-04T02:00:00Z";
    let statements = [
        query(
            "INSERT INTO issuing.standing_consent (id, person, employer, purposes, ends_on, granted_at)
             VALUES ($1, $2, $3, '{TENDER}', '2027-01-01', $4::text::timestamptz)",
        ),
        query(
            "INSERT INTO issuing.copy_request (id, person, employer, terms, state, asked_at, expires_on)
             VALUES ($1, $2, $3, '', 'pending', $4::text::timestamptz, '2027-01-01')",
        ),
    ];
    let mut owner = world.database.owner_connection().await;
    for statement in statements {
        let statement = statement
            .bind(Uuid::new_v4())
            .bind(person.id)
            .bind(employer)
            .bind(now);
        statement.execute(&mut owner).await.expect("the owner may");
    }
}

async fn open(world: &World) -> (i64, i64) {
    let consents = "SELECT count(*) FROM issuing.standing_consent WHERE ended_at IS NULL";
    let requests = "SELECT count(*) FROM issuing.copy_request WHERE state = 'pending'";
    (world.count(consents).await, world.count(requests).await)
}

#[tokio::test]
async fn a_consent_ends_with_the_employment_in_one_transaction_and_with_nothing_else() {
    let (world, mut jiangsu, _) = World::new().await;
    let (person, employer) = (world.person(), world.employer("32"));
    let initial = jiangsu.application(&person, &employer, Initial);
    jiangsu.announce(&world, &initial).await;
    allow(&world, &person, &employer).await;

    let mut renewal = jiangsu.application(&person, &employer, Renewal);
    renewal.specialties[0].1 = date(2029, 5, 4);
    renewal.specialties[0].2 = date(2032, 5, 3);
    jiangsu.announce(&world, &renewal).await;
    assert_eq!(open(&world).await, (1, 1), "a renewal changes no employment");

    let change = jiangsu.application(&person, &world.employer("32"), Change);
    jiangsu.announce(&world, &change).await;
    assert_eq!(open(&world).await, (0, 0));
    let ended = "SELECT count(*) FROM issuing.standing_consent AS consent
        JOIN register.act AS act ON act.recorded_at = consent.ended_at
        WHERE consent.ended_by = 'employment_ended' AND act.kind = 'CHANGE_EMPLOYER'";
    assert_eq!(world.count(ended).await, 1, "at the instant of the act");
    let lapsed =
        "SELECT count(*) FROM issuing.copy_request WHERE state = 'lapsed' AND settled_at IS NOT NULL";
    assert_eq!(world.count(lapsed).await, 1);
    let told = "SELECT count(*) FROM shared.notification WHERE kind = 'CONSENT_ENDED'";
    assert_eq!(
        world.count(told).await,
        2,
        "the person, and the employer that was left"
    );
}
