//! Who is told what, and that a backend misses nothing.

use api::registration::v1 as wire;
use api::types::v1::{ApplicationType, Notification, NotificationKind as Kind};
use jiff::civil::date;
use postgres::{notification, sqlx};
use tonic::Status;

use crate::story::{Officers, WATER};
use crate::world::{Actor, World, officer, reason};

impl World {
    /// What an addressee was told, the oldest first.
    pub(crate) async fn told(&self, actor: &Actor, addressee: &str) -> Result<Vec<Notification>, Status> {
        let mut all = Vec::new();
        let mut page_token = String::new();
        loop {
            let message = wire::ListNotificationsRequest {
                page_size: 3,
                page_token,
                addressee: addressee.to_owned(),
            };
            let request = self.signed(actor, message);
            let page = self
                .notifications()
                .list_notifications(request)
                .await?
                .into_inner();
            all.extend(page.notifications);
            page_token = page.next_page_token;
            if page_token.is_empty() {
                all.reverse();
                return Ok(all);
            }
        }
    }

    /// The first `count` notifications after a position, as a backend reads them.
    pub(crate) async fn watched(&self, after: u64, count: usize) -> Vec<Notification> {
        let request = self.signed_by_backend(&["notifications"], wire::WatchNotificationsRequest { after });
        let answer = self.notifications().watch_notifications(request).await;
        let mut stream = answer.expect("a stream").into_inner();
        let mut found = Vec::new();
        while found.len() < count {
            let message = stream.message().await.expect("no fault").expect("it goes on");
            found.extend(message.notification);
        }
        found
    }
}

pub(crate) fn kinds(told: &[Notification]) -> Vec<Kind> {
    told.iter().map(Notification::kind).collect()
}

#[tokio::test]
async fn every_change_of_a_file_is_told_to_those_concerned_and_a_backend_misses_none() {
    let world = World::start().await;
    let (holder, other) = (world.person(1), world.person(2));
    let (firm, rival) = (
        world.firm("江苏水利建设有限公司", "32", 1),
        world.firm("江苏路桥有限公司", "32", 2),
    );
    world.qualify(&holder, WATER, date(2022, 3, 1)).await;
    let name = world
        .submitted(&holder, &firm, ApplicationType::Initial, &[WATER])
        .await;
    let officers = Officers::new();
    world
        .request_correction(&officers.acceptor, &name, vec!["合同缺页".to_owned()])
        .await
        .expect("returned");
    world
        .submit_application(&holder.actor, &name, true)
        .await
        .expect("answered");
    world.granted(&name).await;
    world.publicised(&name).await;
    let position = world.publish(&[&name]).await.expect("announced").position;
    world.nation.applied(position.expect("a position").value).await;
    world
        .nation
        .issue(&name, "1.2.156.3005.2.11990000000000000D000.X.001.0");

    // Everything so far is in the stream once the certificate is.
    let stream = world.watched(0, 24).await;
    let positions: Vec<_> = stream.iter().map(|one| one.position).collect();
    assert_eq!(positions, (1..=24).collect::<Vec<u64>>(), "dense and in order");
    assert!(stream.iter().all(|one| one.subject == name && one.text.is_some()));

    let own = world.told(&holder.actor, "").await.expect("the holder's own");
    assert_eq!(
        kinds(&own),
        [
            Kind::EmployerConfirmed,
            Kind::Submitted,
            Kind::CorrectionRequested,
            Kind::Submitted,
            Kind::Accepted,
            Kind::Reviewed,
            Kind::JointReviewRequested,
            Kind::JointReviewed,
            Kind::Granted,
            Kind::Publicized,
            Kind::PublicityClosed,
            Kind::Announced,
            Kind::CertificateReady,
        ]
    );
    let submitted = own.get(1).expect("told");
    let text = submitted.text.as_ref().expect("a text");
    assert!(
        submitted.day.is_some() && text.zh.contains("逾期不告知的"),
        "{text:?}"
    );
    let firm_told = world
        .told(&firm.registrar, &firm.name)
        .await
        .expect("the firm's own");
    let expected = [
        Kind::EmployerConfirmationRequested,
        Kind::Submitted,
        Kind::CorrectionRequested,
        Kind::Submitted,
        Kind::Accepted,
        Kind::Reviewed,
        Kind::Granted,
        Kind::Publicized,
        Kind::PublicityClosed,
        Kind::Announced,
        Kind::CertificateReady,
    ];
    assert_eq!(kinds(&firm_told), expected);
    assert_eq!(own.len() + firm_told.len(), 24);

    // Resumed anywhere, the rest follows.
    let rest = world.watched(20, 4).await;
    assert_eq!(rest, stream.get(20..).expect("four more"));

    // Nobody reads what is told to somebody else.
    assert!(world.told(&other.actor, "").await.expect("nothing").is_empty());
    let person = format!("persons/{}", holder.id);
    assert_eq!(reason(world.told(&other.actor, &person).await), "NOT_FOUND");
    assert_eq!(
        reason(world.told(&rival.registrar, &firm.name).await),
        "NOT_FOUND"
    );
    assert_eq!(
        reason(world.told(&officer("provinces/32"), &person).await),
        "NOT_FOUND"
    );
    assert_eq!(
        reason(world.told(&officer("provinces/32"), "ministry").await),
        "NOT_FOUND"
    );
    for scopes in [&[][..], &["verify:document-number"]] {
        let request = world.signed_by_backend(scopes, wire::WatchNotificationsRequest { after: 0 });
        let answer = world.notifications().watch_notifications(request).await;
        assert_eq!(reason(answer.map(|_| ())), "CALLER_NOT_ALLOWED");
    }

    // Ids and kinds only.
    let rows: Vec<String> = sqlx::query_scalar("SELECT notification::text FROM shared.notification")
        .fetch_all(world.database.reader().await.pool())
        .await
        .expect("rows");
    assert_eq!(rows.len(), 24);
    let secrets = [&holder.person.full_name, &holder.person.document_number];
    assert!(
        rows.iter()
            .all(|row| secrets.iter().all(|secret| !row.contains(secret.as_str())))
    );
}

/// A province that told people before notifications moved to schema `shared`.
#[tokio::test]
async fn who_followed_the_stream_before_it_moved_goes_on_where_they_stood() {
    let test = postgres::test_support::database("registration", &registration::MIGRATIONS).await;
    let mut owner = test.owner_connection().await;
    let told = "INSERT INTO registration.notification (id, position, kind, addressee, subject, recorded_at, once)
            SELECT gen_random_uuid(), nullif(n, 3), 'ACCEPTED', 'persons/1', 'a', to_timestamp(n), 'once ' || n
            FROM generate_series(1, 3) AS n;
        UPDATE registration.notification_head SET position = 2";
    for statements in [
        include_str!("../../migrations/0007_notifications.sql"),
        told,
        include_str!("../../migrations/0020_notifications_shared.sql"),
    ] {
        sqlx::raw_sql(statements)
            .execute(&mut owner)
            .await
            .expect("applied");
    }
    let database = test.database().await;
    let follow = async |tx: &mut postgres::Tx| {
        let numbered = notification::number(tx, 100).await?;
        let rest = notification::after(tx, 1, 100).await?;
        Ok::<_, postgres::Error>((numbered, rest))
    };
    let (numbered, rest) = database.run_tx("follow", follow).await.expect("followed");
    assert_eq!(numbered, 1, "what waited for its position");
    let rest: Vec<_> = rest.into_iter().map(|one| (one.position, one.once)).collect();
    let once = |n: i64| (Some(n), Some(format!("once {n}")));
    assert_eq!(rest, [once(2), once(3)], "nothing lost, nothing twice");
}
