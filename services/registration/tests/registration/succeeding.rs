//! Successions of employers: one act of two officers, a row for each person, each once.

use std::collections::BTreeMap;

use api::convert::Read as _;
use api::exchange::v1 as exchange;
use api::exchange::v1::provincial_event::Event;
use api::exchange::v1::pull_changes_response::Event as News;
use api::registration::v1 as wire;
use api::types::v1::ApplicationType;
use jiff::ToSpan as _;
use jiff::civil::Date;
use tonic::Status;
use wire::application::State as Application;
use wire::succession::State;
use wire::succession_row::State as Row;

use crate::story::WATER;
use crate::world::{Actor, Employment, Holder, World, id, officer, reason, wire as day};

const NEW_TITLE: &str = "江苏水利建设集团有限公司";

impl World {
    fn proposing(
        &self,
        kind: wire::SuccessionKind,
        from: &Employment,
        to: &Employment,
    ) -> wire::ProposeSuccessionRequest {
        wire::ProposeSuccessionRequest {
            request_id: id(),
            kind: kind.into(),
            employer: from.name.clone(),
            successor: to.name.clone(),
            assignments: Vec::new(),
            effective_on: Some(day(self.today())),
            evidence: "（苏）登字〔2024〕第1号".to_owned(),
        }
    }

    async fn propose(
        &self,
        actor: &Actor,
        message: wire::ProposeSuccessionRequest,
    ) -> Result<wire::Succession, Status> {
        let request = self.signed(actor, message);
        let answer = self.successions().propose_succession(request).await?;
        Ok(answer.into_inner().succession.expect("the succession comes back"))
    }

    async fn announce(
        &self,
        actor: &Actor,
        name: &str,
        request_id: &str,
    ) -> Result<wire::Succession, Status> {
        let message = wire::AnnounceSuccessionRequest {
            request_id: request_id.to_owned(),
            name: name.to_owned(),
        };
        let request = self.signed(actor, message);
        let answer = self.successions().announce_succession(request).await?;
        Ok(answer.into_inner().succession.expect("the succession comes back"))
    }

    async fn succession(&self, name: &str) -> wire::Succession {
        let message = wire::GetSuccessionRequest {
            name: name.to_owned(),
        };
        let request = self.signed(&officer("provinces/32"), message);
        let answer = self.successions().get_succession(request).await.expect("shown");
        answer.into_inner().succession.expect("the succession comes back")
    }

    async fn rows(&self, name: &str) -> BTreeMap<String, wire::SuccessionRow> {
        let message = wire::ListSuccessionRowsRequest {
            succession: name.to_owned(),
            ..Default::default()
        };
        let request = self.signed(&officer("provinces/32"), message);
        let answer = self
            .successions()
            .list_succession_rows(request)
            .await
            .expect("listed");
        let rows = answer.into_inner().rows.into_iter();
        rows.map(|row| (row.person.clone(), row)).collect()
    }

    async fn until(&self, name: &str, settled: impl Fn(&wire::Succession) -> bool) -> wire::Succession {
        loop {
            let shown = self.succession(name).await;
            if settled(&shown) {
                return shown;
            }
            tokio::task::yield_now().await;
        }
    }

    fn succeeded(&self) -> Vec<exchange::SuccessionApplied> {
        let events = self.nation.register().events.clone();
        let rows = events.into_iter().filter_map(|event| match event.event {
            Some(Event::SuccessionApplied(row)) => Some(row),
            _ => None,
        });
        rows.collect()
    }
}

#[tokio::test]
async fn a_renaming_is_announced_by_a_second_officer_and_reaches_everybody_once() {
    let world = World::start().await;
    let (firm, other) = (
        world.firm("江苏水利建设有限公司", "32", 1),
        world.firm("江苏路桥有限公司", "32", 2),
    );
    let (first, second, elsewhere) = (world.person(1), world.person(2), world.person(3));
    for (holder, with) in [(&first, &firm), (&second, &firm), (&elsewhere, &other)] {
        world.registered(holder, with).await;
    }
    world.rename(&firm, NEW_TITLE);
    let before = world.registration(&first).await.expect("registered");
    assert_eq!(
        before.employer_title, "江苏水利建设有限公司",
        "the name stays as announced"
    );

    let (one, two) = (officer("provinces/32"), officer("provinces/32"));
    let renaming = world.proposing(wire::SuccessionKind::Renaming, &firm, &firm);
    let wrong = world.proposing(wire::SuccessionKind::Renaming, &firm, &other);
    assert_eq!(reason(world.propose(&one, wrong).await), "SUCCESSION_SUCCESSOR");
    assert_eq!(
        reason(world.propose(&officer("ministry"), renaming.clone()).await),
        "WRONG_AUTHORITY"
    );
    let proposed = world.propose(&one, renaming).await.expect("proposed");
    assert_eq!(proposed.state(), State::Proposed);
    assert_eq!(
        reason(world.announce(&one, &proposed.name, &id()).await),
        "SUCCESSION_SAME_OFFICER"
    );
    assert!(
        world.nation.register().successions.is_empty(),
        "what cannot be announced is not cleared"
    );
    let request = id();
    let announced = world
        .announce(&two, &proposed.name, &request)
        .await
        .expect("announced");
    assert!(
        announced.announcement_number.starts_with("苏建注公告〔"),
        "{}",
        announced.announcement_number
    );
    let again = world
        .announce(&two, &proposed.name, &request)
        .await
        .expect("repeated");
    assert_eq!(again.announcement_number, announced.announcement_number);
    assert_eq!(
        reason(world.announce(&two, &proposed.name, &id()).await),
        "SUCCESSION_SETTLED"
    );

    let worked = world.until(&proposed.name, |shown| shown.waiting == 0).await;
    assert_eq!((worked.announced, worked.skipped), (2, 0));
    world.nation.applied(5).await;
    let rows = world.succeeded();
    assert_eq!(rows.len(), 2, "each once");
    assert!(
        rows.iter()
            .all(|row| row.successor == firm.name && row.announced_at == announced.announced_at)
    );
    let after = world.registration(&first).await.expect("registered");
    assert_eq!(
        (after.employer_title.as_str(), after.licence_identifier.as_str()),
        (NEW_TITLE, "")
    );
    assert_eq!(after.specialties, before.specialties);

    let of = |person: &Holder| format!("persons/{}", person.id);
    let row = |person: &Holder| {
        let found = rows.iter().find(|row| row.person == of(person));
        found.expect("a row").row.clone()
    };
    world.nation.issue(
        &format!("provinces/32/applications/{}", row(&first)),
        "1.2.156.SPECIMEN",
    );
    world
        .nation
        .tell(News::SuccessionRefused(exchange::SuccessionRefused {
            person: of(&second),
            row: row(&second),
            reason: "REGISTRATION_SUSPENDED".to_owned(),
        }));
    let settled = world.until(&proposed.name, |shown| shown.announced == 0).await;
    assert_eq!((settled.issued, settled.refused), (1, 1));
    let shown = world.rows(&proposed.name).await;
    assert_eq!(
        (shown[&of(&first)].state(), shown[&of(&second)].state()),
        (Row::Issued, Row::Refused)
    );
    assert_eq!(shown[&of(&second)].reason, "REGISTRATION_SUSPENDED");
    let first = world.registration(&first).await.expect("registered");
    assert_eq!(first.licence_identifier, "1.2.156.SPECIMEN");
    let second = world.registration(&second).await.expect("registered");
    assert_eq!(
        second.employer_title, "江苏水利建设有限公司",
        "what the register refused is put back"
    );
}

#[tokio::test]
async fn a_split_takes_those_named_and_leaves_the_rest_where_they_are() {
    let world = World::start().await;
    let (firm, heir) = (
        world.firm("江苏水利建设有限公司", "32", 1),
        world.firm("江苏水利第二建设有限公司", "32", 2),
    );
    let (leaves, stays) = (world.person(1), world.person(2));
    for holder in [&leaves, &stays] {
        world.registered(holder, &firm).await;
    }
    let mut split = world.proposing(wire::SuccessionKind::Split, &firm, &firm);
    split.assignments = vec![wire::SuccessionAssignment {
        person: format!("persons/{}", leaves.id),
        successor: heir.name.clone(),
    }];
    let proposed = world
        .propose(&officer("provinces/32"), split)
        .await
        .expect("proposed");
    world
        .announce(&officer("provinces/32"), &proposed.name, &id())
        .await
        .expect("announced");
    let worked = world.until(&proposed.name, |shown| shown.waiting == 0).await;
    assert_eq!((worked.announced, worked.skipped), (1, 1));
    let moved = world.registration(&leaves).await.expect("registered");
    assert_eq!(
        (&moved.employer, moved.employer_title.as_str()),
        (&heir.name, "江苏水利第二建设有限公司")
    );
    let same = world.registration(&stays).await.expect("registered");
    assert_eq!(same.employer, firm.name);
    assert_eq!(
        world.rows(&proposed.name).await[&format!("persons/{}", stays.id)].reason,
        "STAYS_WITH_EMPLOYER"
    );
}

#[tokio::test]
async fn a_succession_waits_for_the_nation_and_can_be_withdrawn_before() {
    let world = World::start().await;
    let (firm, heir) = (
        world.firm("江苏水利建设有限公司", "32", 1),
        world.firm("江苏路桥有限公司", "32", 2),
    );
    let merger = world.proposing(wire::SuccessionKind::Merger, &firm, &heir);
    let proposed = world
        .propose(&officer("provinces/32"), merger)
        .await
        .expect("proposed");
    world.nation.register().away = true;
    let away = world
        .announce(&officer("provinces/32"), &proposed.name, &id())
        .await;
    assert_eq!(away.expect_err("nobody to ask").code(), tonic::Code::Unavailable);
    let message = wire::WithdrawSuccessionRequest {
        request_id: id(),
        name: proposed.name.clone(),
    };
    let request = world.signed(&officer("provinces/32"), message);
    let withdrawn = world
        .successions()
        .withdraw_succession(request)
        .await
        .expect("withdrawn")
        .into_inner();
    assert_eq!(
        withdrawn.succession.expect("it comes back").state(),
        State::Withdrawn
    );
    world.nation.register().away = false;
    let late = world
        .announce(&officer("provinces/32"), &proposed.name, &id())
        .await;
    assert_eq!(reason(late), "SUCCESSION_SETTLED");
    let outside = world.firm("浙江水利建设有限公司", "33", 3);
    let abroad = world.proposing(wire::SuccessionKind::Merger, &firm, &outside);
    let refused = world.propose(&officer("provinces/32"), abroad).await;
    assert_eq!(reason(refused), "EMPLOYER_OUTSIDE_PROVINCE");
}

impl World {
    /// Registered with the firm, time gone on into the window of the renewal.
    async fn renewable(&self, holders: &[&Holder], firm: &Employment) {
        for holder in holders {
            self.registered(holder, firm).await;
        }
        let first = holders.first().expect("somebody");
        let known = self.registration(first).await.expect("registered");
        let term = known.specialties.first().expect("a term");
        let end: Date = term.valid_to.read("valid_to").expect("a day");
        let opens = end.saturating_sub(60.days());
        let days = self.today().until(opens).expect("in range").get_days();
        self.advance(u64::try_from(days).expect("ahead"));
    }

    /// A merger of one firm into another, proposed and announced by two officers; every row is worked off.
    async fn merge(&self, firm: &Employment, heir: &Employment) -> String {
        let merger = self.proposing(wire::SuccessionKind::Merger, firm, heir);
        let proposed = self
            .propose(&officer("provinces/32"), merger)
            .await
            .expect("proposed");
        self.announce(&officer("provinces/32"), &proposed.name, &id())
            .await
            .expect("announced");
        self.until(&proposed.name, |shown| shown.waiting == 0).await;
        proposed.name
    }
}

#[tokio::test]
async fn an_open_renewal_goes_on_with_the_successor_and_back_with_what_the_nation_refused() {
    let world = World::start().await;
    let (firm, heir) = (
        world.firm("江苏水利建设有限公司", "32", 1),
        world.firm("江苏路桥有限公司", "32", 2),
    );
    let (goes, stays) = (world.person(1), world.person(2));
    world.renewable(&[&goes, &stays], &firm).await;
    let mut names = Vec::new();
    for holder in [&goes, &stays] {
        let renewal = world
            .submitted(holder, &firm, ApplicationType::Renewal, &[WATER])
            .await;
        world.granted(&renewal).await;
        names.push(renewal);
    }
    let [renewal, other] = names.as_slice() else {
        panic!("two renewals")
    };
    let before = world.registration(&goes).await.expect("registered");
    let merger = world.merge(&firm, &heir).await;

    let shown = world.application(&goes.actor, renewal).await.expect("shown");
    assert_eq!(
        (shown.employer.as_str(), shown.state(), shown.returns.len()),
        (heir.name.as_str(), Application::Decided, 0),
        "it stands where it stood"
    );
    assert!(world.application(&heir.registrar, renewal).await.is_ok());
    assert_eq!(
        reason(world.application(&firm.registrar, renewal).await),
        "NOT_FOUND"
    );
    let row = world.rows(&merger).await;
    let row = &row[&format!("persons/{}", stays.id)];
    let refused = world.succeeded().into_iter().find(|one| one.person == row.person);
    world
        .nation
        .tell(News::SuccessionRefused(exchange::SuccessionRefused {
            person: row.person.clone(),
            row: refused.expect("a row was told").row,
            reason: "REGISTRATION_SUSPENDED".to_owned(),
        }));
    world.until(&merger, |shown| shown.refused == 1).await;
    let back = world.application(&stays.actor, other).await.expect("shown");
    assert_eq!(
        (back.employer.as_str(), back.state()),
        (firm.name.as_str(), Application::Decided),
        "as the registration"
    );

    let closed = world.publicised(renewal).await;
    assert!(closed.outcomes.iter().all(|one| one.cleared), "{closed:?}");
    assert_eq!(world.asked(renewal).employer, heir.name);
    world.announced(&goes, renewal).await;
    let after = world.registration(&goes).await.expect("registered");
    assert_eq!(after.employer, heir.name);
    assert_ne!(after.specialties, before.specialties, "three years more");
}

#[tokio::test]
async fn what_the_nation_is_being_asked_follows_its_answer_and_is_asked_again() {
    let world = World::start().await;
    let (firm, heir) = (
        world.firm("江苏水利建设有限公司", "32", 1),
        world.firm("江苏路桥有限公司", "32", 2),
    );
    let holder = world.person(1);
    world.renewable(&[&holder], &firm).await;
    let renewal = world
        .submitted(&holder, &firm, ApplicationType::Renewal, &[WATER])
        .await;
    world.granted(&renewal).await;
    world.nation.register().stumbles = usize::MAX;
    world.publicised(&renewal).await;
    world.merge(&firm, &heir).await;
    let shown = world.application(&holder.actor, &renewal).await.expect("shown");
    assert_eq!(
        (shown.employer.as_str(), shown.state()),
        (firm.name.as_str(), Application::PublicityClosed),
        "as it is asked"
    );
    {
        let mut register = world.nation.register();
        register.denial = Some("EMPLOYER_DIFFERS".to_owned());
        register.stumbles = 0;
    }
    loop {
        let shown = world.application(&holder.actor, &renewal).await.expect("shown");
        assert_eq!(shown.state(), Application::PublicityClosed, "it does not go back");
        if shown.employer == heir.name {
            break;
        }
        tokio::task::yield_now().await;
    }
    world.nation.register().denial = None;
    world.stands(&holder, &renewal, Application::Cleared).await;
    assert_eq!(world.asked(&renewal).employer, heir.name);
    let shown = world.application(&holder.actor, &renewal).await.expect("shown");
    assert_eq!(shown.returns, Vec::<String>::new());
}

#[tokio::test]
async fn an_employer_that_nobody_succeeded_and_differs_in_the_nation_sends_the_file_back() {
    let world = World::start().await;
    let firm = world.firm("江苏水利建设有限公司", "32", 1);
    let holder = world.person(1);
    world.renewable(&[&holder], &firm).await;
    let renewal = world
        .submitted(&holder, &firm, ApplicationType::Renewal, &[WATER])
        .await;
    world.granted(&renewal).await;
    world.nation.register().denial = Some("EMPLOYER_DIFFERS".to_owned());
    world.publicised(&renewal).await;
    world.stands(&holder, &renewal, Application::Accepted).await;
    let shown = world.application(&holder.actor, &renewal).await.expect("shown");
    assert_eq!(shown.returns, ["EMPLOYER_DIFFERS"]);
}
