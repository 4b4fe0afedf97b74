//! Time limits of the authorities, what silence means, and reminders: the register clock moves, the service acts.

use api::convert::Read as _;
use api::exchange::v1::provincial_event::Event;
use api::registration::v1 as wire;
use api::types::v1::{ApplicationType, Notification, NotificationKind as Kind, Specialty};
use jiff::ToSpan as _;
use jiff::civil::{Date, date};
use postgres::sqlx;
use tonic::Status;
use wire::application::State;

use crate::notifying::kinds;
use crate::story::{Officers, WATER};
use crate::world::{Actor, Employment, Holder, World, id, officer, reason};

impl World {
    /// The first notification of a kind after a position, once there is one.
    async fn until_told(&self, after: u64, kind: Kind) -> Notification {
        let request = self.signed_by_backend(&["notifications"], wire::WatchNotificationsRequest { after });
        let answer = self.notifications().watch_notifications(request).await;
        let mut stream = answer.expect("a stream").into_inner();
        loop {
            let message = stream.message().await.expect("no fault").expect("it goes on");
            match message.notification {
                Some(told) if told.kind() == kind => return told,
                _ => {}
            }
        }
    }

    fn advance_to(&self, day: Date) {
        let days = self.today().until(day).expect("in range").get_days();
        self.advance(u64::try_from(days).expect("ahead"));
    }

    async fn list_work(&self, actor: &Actor, filter: wire::ListWorkRequest) -> Vec<String> {
        let answer = self.reviews().list_work(self.signed(actor, filter)).await;
        let items = answer.expect("listed").into_inner().items;
        items
            .into_iter()
            .filter_map(|item| item.application)
            .map(|application| application.name)
            .collect()
    }

    async fn audited(&self, verb: &str) -> Vec<(String, String, serde_json::Value)> {
        let rows =
            sqlx::query_as("SELECT actor, article, evidence FROM shared.audit WHERE verb = $1 ORDER BY id");
        rows.bind(verb)
            .fetch_all(self.database.reader().await.pool())
            .await
            .expect("the audit")
    }

    async fn pause(&self, actor: &Actor, name: &str, days: u32) -> Result<wire::Application, Status> {
        let message = wire::PauseClockRequest {
            request_id: id(),
            name: name.to_owned(),
            etag: String::new(),
            ground: wire::PauseGround::ExpertReview.into(),
            expected_days: days,
            reason: "论证业绩材料".to_owned(),
        };
        let answer = self.clocks().pause_clock(self.signed(actor, message)).await?;
        Ok(answer.into_inner().application.expect("the application"))
    }

    async fn extend(&self, actor: &Actor, name: &str) -> Result<wire::Application, Status> {
        let message = wire::ExtendLimitRequest {
            request_id: id(),
            name: name.to_owned(),
            etag: String::new(),
        };
        let answer = self.clocks().extend_limit(self.signed(actor, message)).await?;
        Ok(answer.into_inner().application.expect("the application"))
    }

    /// Holder, firm and an initial application in 建筑工程 that was just submitted: no co-review.
    async fn building_submitted(&self) -> (Holder, Employment, String) {
        let holder = self.person(1);
        let firm = self.firm("江苏建工集团有限公司", "32", 1);
        self.qualify(&holder, Specialty::Building, date(2022, 3, 1)).await;
        let name = self
            .submitted(&holder, &firm, ApplicationType::Initial, &[Specialty::Building])
            .await;
        (holder, firm, name)
    }
}

fn due(application: &wire::Application) -> Date {
    application.due_on.read("due_on").expect("a day")
}

#[tokio::test]
async fn silence_counts_as_acceptance_and_is_told_apart_from_an_officer_s_act() {
    let world = World::start().await;
    let (holder, firm, name) = world.building_submitted().await;
    let submitted = world.application(&holder.actor, &name).await.expect("own");
    world.advance_to(due(&submitted));
    let on_the_last_day = world.application(&holder.actor, &name).await.expect("own");
    assert_eq!(on_the_last_day.state(), State::Submitted);
    world.advance(1);
    let told = world.until_told(0, Kind::DeemedAccepted).await;
    assert!(told.text.expect("a text").zh.contains("第十七条"));

    let accepted = world.application(&holder.actor, &name).await.expect("own");
    assert_eq!(accepted.state(), State::Accepted);
    assert_eq!(accepted.state_since, submitted.state_since, "from the receipt on");
    let audited = world.audited("deem_accepted").await;
    let [(actor, article, evidence)] = audited.as_slice() else {
        panic!("once: {audited:?}")
    };
    assert!(actor.ends_with("/jobs/deem_accepted"), "{actor}");
    assert_eq!(article, "101号 art 17; 行政许可法 art 32");
    assert_eq!(evidence["by"]["actor"], "CLOCK");
    for (reader, addressee) in [
        (&holder.actor, ""),
        (&firm.registrar, firm.name.as_str()),
        (&officer("provinces/32"), "provinces/32"),
    ] {
        let own = world.told(reader, addressee).await.expect("told");
        assert!(
            kinds(&own).contains(&Kind::DeemedAccepted),
            "{addressee}: {own:?}"
        );
    }
    // The nation is asked for the claim as ever.
    while !world.nation.register().claims.contains_key(&name) {
        tokio::task::yield_now().await;
    }
    let reviewed = world
        .record_review(&officer("provinces/32"), &name, wire::Opinion::Favourable, "")
        .await;
    assert_eq!(
        reviewed.expect("nobody accepted, so anybody may review").state(),
        State::Reviewed
    );
}

#[tokio::test]
async fn a_limit_is_paused_resumed_and_extended_with_notices_and_its_passing_is_an_alarm() {
    let world = World::start().await;
    let (holder, _, name) = world.building_submitted().await;
    let officers = Officers::new();
    world
        .accept_application(&officers.acceptor, &name, "")
        .await
        .expect("accepted");
    let reviewed = world
        .record_review(&officers.reviewer, &name, wire::Opinion::Favourable, "")
        .await
        .expect("reviewed");
    let clock = reviewed.clock.as_ref().expect("the ministry's clock");
    assert_eq!((clock.step.as_str(), clock.working_days), ("审批", 20));
    assert_eq!(clock.authorities, ["ministry"]);
    assert_eq!(
        reason(world.pause(&officers.reviewer, &name, 30).await),
        "WRONG_AUTHORITY"
    );

    let paused = world.pause(&officers.ministry, &name, 30).await.expect("paused");
    assert!(paused.due_on.is_none());
    let clock = paused.clock.expect("it stands");
    assert!(clock.paused_since.is_some() && clock.pause_reason.contains("专家评审：论证业绩材料"));
    assert_eq!(
        reason(world.pause(&officers.ministry, &name, 30).await),
        "CLOCK_PAUSED"
    );
    world.advance(60);
    let message = wire::ResumeClockRequest {
        request_id: id(),
        name: name.clone(),
        etag: String::new(),
    };
    let resumed = world
        .clocks()
        .resume_clock(world.signed(&officers.ministry, message))
        .await
        .expect("resumed")
        .into_inner()
        .application
        .expect("the application");
    assert!(
        due(&resumed) > due(&reviewed).saturating_add(50.days()),
        "sixty days did not count"
    );

    assert_eq!(
        reason(world.extend(&officers.ministry, &name).await),
        "EXTENSION_NOT_REQUESTED"
    );
    let message = wire::RequestExtensionRequest {
        request_id: id(),
        name: name.clone(),
        etag: String::new(),
        reasons: "案情复杂".to_owned(),
    };
    let asked = world
        .clocks()
        .request_extension(world.signed(&officers.ministry, message))
        .await
        .expect("asked")
        .into_inner()
        .application
        .expect("the application");
    assert_eq!(due(&asked), due(&resumed), "asking changes nothing");
    assert_eq!(
        reason(world.extend(&officers.ministry, &name).await),
        "SAME_OFFICER"
    );
    let leader = officer("ministry");
    let extended = world.extend(&leader, &name).await.expect("extended");
    let working = domain_calendar().working_days_between(due(&resumed), due(&extended));
    assert_eq!(working, 10, "行政许可法 art 42");

    let message = wire::ListClockEventsRequest { name: name.clone() };
    let events = world
        .clocks()
        .list_clock_events(world.signed(&holder.actor, message))
        .await
        .expect("the holder reads the notices")
        .into_inner()
        .events;
    let acts: Vec<_> = events.iter().map(|event| event.act.as_str()).collect();
    assert_eq!(
        acts,
        ["PauseClock", "ResumeClock", "RequestExtension", "ExtendLimit"]
    );
    let pause = events.first().expect("four");
    assert!(
        pause.article.contains("art 45") && pause.notice.contains("预计需30日"),
        "{pause:?}"
    );
    let extension = events.last().expect("four");
    assert!(extension.notice.contains("第四十二条") && extension.notice.contains("案情复杂"));
    let own = kinds(&world.told(&holder.actor, "").await.expect("told"));
    for kind in [Kind::ClockPaused, Kind::ClockResumed, Kind::LimitExtended] {
        assert!(own.contains(&kind), "{kind:?}");
    }

    let overdue = wire::ListWorkRequest {
        overdue: true,
        ..Default::default()
    };
    assert!(world.list_work(&leader, overdue.clone()).await.is_empty());
    let by_due = |day: Date, kind: ApplicationType| wire::ListWorkRequest {
        due_by: Some(day.into()),
        r#type: kind.into(),
        ..Default::default()
    };
    let last = due(&extended);
    let early = by_due(last.saturating_sub(1.day()), ApplicationType::Initial);
    assert!(world.list_work(&leader, early).await.is_empty());
    assert!(
        world
            .list_work(&leader, by_due(last, ApplicationType::Renewal))
            .await
            .is_empty()
    );
    assert_eq!(
        world
            .list_work(&leader, by_due(last, ApplicationType::Initial))
            .await,
        std::slice::from_ref(&name)
    );
    world.advance_to(last.saturating_add(1.day()));
    let alarm = world.until_told(0, Kind::Overdue).await;
    assert_eq!(
        (alarm.addressee.as_str(), alarm.subject.as_str()),
        ("ministry", name.as_str())
    );
    assert_eq!(alarm.day, Some(last.into()));
    assert_eq!(
        world.list_work(&leader, overdue).await,
        std::slice::from_ref(&name)
    );
    world.advance(20);
    assert_eq!(reason(world.pause(&leader, &name, 30).await), "LIMIT_OVER");
    let queue = kinds(&world.told(&leader, "ministry").await.expect("the queue"));
    assert_eq!(queue, [Kind::Overdue], "once");
    let audited = world.audited("raise_alarm").await;
    assert_eq!(audited.len(), 1, "{audited:?}");
}

fn domain_calendar() -> &'static domain::calendar::HolidayCalendar {
    domain::calendar::HolidayCalendar::official()
}

#[tokio::test]
async fn reminders_come_once_each_and_an_undecided_renewal_counts_as_granted() {
    let world = World::start().await;
    let holder = world.person(1);
    let firm = world.firm("江苏水利建设有限公司", "32", 1);
    world.registered(&holder, &firm).await;
    let registered = world.registration(&holder).await.expect("registered");
    let end: Date = registered.specialties[0]
        .valid_to
        .read("valid_to")
        .expect("a day");

    world.advance_to(end.saturating_sub(121.days()));
    world.advance(1);
    let first = world.until_told(0, Kind::TermEnding).await;
    assert_eq!((first.days_left, first.day), (120, Some(end.into())));
    assert_eq!(first.specialty(), WATER);
    // Two thresholds pass while nobody looks: the more urgent one says it all.
    world.advance_to(end.saturating_sub(50.days()));
    let seen = world.until_told(first.position + 1, Kind::TermEnding).await;
    assert_eq!(seen.days_left, 50);
    let name = world
        .submitted(&holder, &firm, ApplicationType::Renewal, &[WATER])
        .await;
    let officers = Officers::new();
    world
        .accept_application(&officers.acceptor, &name, "")
        .await
        .expect("accepted");
    world.advance_to(end.saturating_sub(10.days()));
    let alarm = world.until_told(0, Kind::RenewalAlarm).await;
    assert_eq!((alarm.addressee.as_str(), alarm.days_left), ("provinces/32", 10));
    world.advance_to(end);
    assert_eq!(
        world
            .application(&holder.actor, &name)
            .await
            .expect("own")
            .state(),
        State::Accepted
    );
    world.advance(1);
    let deemed = world.until_told(0, Kind::DeemedRenewed).await;
    let new_end = end.saturating_add(3.years());
    assert_eq!(deemed.day, Some(new_end.into()));

    let closed = world.application(&holder.actor, &name).await.expect("own");
    assert_eq!(closed.state(), State::DeemedRenewed);
    let too_late = world
        .decide_application(&officers.ministry, &name, false, "逾期")
        .await;
    assert_eq!(reason(too_late), "APPLICATION_STATE");
    let after = world.registration(&holder).await.expect("registered");
    let term = after.specialties[0];
    assert_eq!(
        term.valid_from,
        Some(end.saturating_add(1.day()).into()),
        "without a gap"
    );
    assert_eq!(term.valid_to, Some(new_end.into()));
    let audited = world.audited("deem_renewed").await;
    let [(_, article, evidence)] = audited.as_slice() else {
        panic!("once: {audited:?}")
    };
    assert_eq!(
        (article.as_str(), &evidence["by"]["actor"]),
        ("行政许可法 art 50", &"CLOCK".into())
    );
    let events = loop {
        let events = world.nation.register().events.clone();
        if matches!(
            events.last().and_then(|last| last.event.as_ref()),
            Some(Event::RenewalDeemed(_))
        ) {
            break events;
        }
        tokio::task::yield_now().await;
    };
    let of_renewal: Vec<_> = events
        .iter()
        .filter_map(|event| event.event.as_ref())
        .skip(1)
        .collect();
    let [Event::RenewalAccepted(accepted), Event::RenewalDeemed(told)] = of_renewal.as_slice() else {
        panic!("pending from its filing on, then deemed: {of_renewal:?}")
    };
    assert_eq!((&accepted.application, &told.application), (&name, &name));
    assert_eq!(told.specialties, after.specialties);

    for (reader, addressee) in [(&holder.actor, ""), (&firm.registrar, firm.name.as_str())] {
        let told = world.told(reader, addressee).await.expect("told");
        let left: Vec<_> = told
            .iter()
            .filter(|one| one.kind() == Kind::TermEnding)
            .map(|one| one.days_left)
            .collect();
        assert_eq!(left, [120, 50], "none while the renewal is with the authority");
    }
}

#[tokio::test]
async fn a_renewal_returned_for_correction_protects_nothing_until_it_is_answered() {
    let world = World::start().await;
    let holder = world.person(1);
    let firm = world.firm("江苏水利建设有限公司", "32", 1);
    world.registered(&holder, &firm).await;
    let registered = world.registration(&holder).await.expect("registered");
    let end: Date = registered.specialties[0]
        .valid_to
        .read("valid_to")
        .expect("a day");
    world.advance_to(end.saturating_sub(60.days()));
    let name = world
        .submitted(&holder, &firm, ApplicationType::Renewal, &[WATER])
        .await;
    let acceptor = officer("provinces/32");
    world
        .request_correction(&acceptor, &name, vec!["合同缺页".to_owned()])
        .await
        .expect("returned");
    world
        .submit_application(&holder.actor, &name, true)
        .await
        .expect("answered");
    world
        .withdraw_application(&holder.actor, &name, "另有安排")
        .await
        .expect("withdrawn");
    world.nation.applied(5).await;
    let events = world.nation.register().events.clone();
    let told: Vec<_> = events
        .iter()
        .filter_map(|event| match event.event.as_ref() {
            Some(Event::RenewalAccepted(_)) => Some("PENDING".to_owned()),
            Some(Event::RenewalClosed(closed)) => Some(closed.outcome.clone()),
            _ => None,
        })
        .collect();
    assert_eq!(told, ["PENDING", "RETURNED", "PENDING", "WITHDRAWN"]);
}

#[tokio::test]
async fn provisional_due_days_are_computed_anew_when_the_calendar_grows_and_anybody_sees_how_far_it_reaches()
{
    let world = World::start().await;
    let (holder, _, name) = world.building_submitted().await;
    let computed = due(&world.application(&holder.actor, &name).await.expect("own"));
    let mut owner = world.database.owner_connection().await;
    for statement in [
        "UPDATE registration.application SET due_on = '2020-01-01', due_provisional = true",
        "UPDATE registration.calendar_state SET covered_to = '2020-01-01'",
    ] {
        sqlx::query(statement)
            .execute(&mut owner)
            .await
            .expect("as before the calendar grew");
    }
    loop {
        let shown = world.application(&holder.actor, &name).await.expect("own");
        assert_eq!(
            shown.state(),
            State::Submitted,
            "nothing is deemed by a provisional day"
        );
        if !shown.due_provisional {
            assert_eq!(due(&shown), computed);
            break;
        }
        tokio::task::yield_now().await;
    }
    let calendar = world
        .clocks()
        .get_calendar(wire::GetCalendarRequest {})
        .await
        .expect("public")
        .into_inner();
    assert_eq!(
        calendar.coverage(),
        wire::get_calendar_response::Coverage::NextYear
    );
    assert!(calendar.source.contains("国务院办公厅"));
}
