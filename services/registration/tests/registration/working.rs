//! Officers at work: who has a file in hand, delegation, conflicts of interest, batches, templates.

use api::registration::v1 as wire;
use api::types::v1::{ApplicationType, Specialty};
use jiff::ToSpan as _;
use jiff::civil::date;
use tonic::Status;
use wire::Opinion::Favourable;
use wire::application::State;

use crate::story::Officers;
use crate::world::{Actor, Employment, World, id, leader, officer, reason, wire as day};

const BUILDING: Specialty = Specialty::Building;

/// Files of as many people with one firm, submitted.
async fn submitted(world: &World, count: u32) -> (Employment, Vec<String>) {
    let firm = world.firm("江苏建工集团有限公司", "32", 1);
    let mut names = Vec::new();
    for ordinal in 1..=count {
        let holder = world.person(ordinal);
        world.qualify(&holder, BUILDING, date(2022, 3, 1)).await;
        let name = world
            .submitted(&holder, &firm, ApplicationType::Initial, &[BUILDING])
            .await;
        names.push(name);
    }
    (firm, names)
}

impl World {
    async fn claim_work(&self, officer: &Actor, application: &str) -> Result<wire::WorkClaim, Status> {
        let message = wire::ClaimWorkRequest {
            request_id: id(),
            application: application.to_owned(),
        };
        let answer = self.work().claim_work(self.signed(officer, message)).await?;
        Ok(answer.into_inner().claim.expect("in hand"))
    }

    async fn assign_work(
        &self,
        leader: &Actor,
        application: &str,
        to: &Actor,
    ) -> Result<wire::WorkClaim, Status> {
        let message = wire::AssignWorkRequest {
            request_id: id(),
            application: application.to_owned(),
            officer: to.officer_name(),
        };
        let answer = self.work().assign_work(self.signed(leader, message)).await?;
        Ok(answer.into_inner().claim.expect("in hand"))
    }

    async fn delegate(&self, from: &Actor, to: &Actor, days: i32) -> Result<wire::Delegation, Status> {
        let message = wire::DelegatePowersRequest {
            request_id: id(),
            delegate: to.officer_name(),
            from: Some(day(self.today())),
            to: Some(day(self.today().saturating_add(days.days()))),
        };
        let answer = self.work().delegate_powers(self.signed(from, message)).await?;
        Ok(answer.into_inner().delegation.expect("given"))
    }

    async fn batch(
        &self,
        officer: &Actor,
        request_id: &str,
        names: &[&str],
        act: wire::batch_act_request::Act,
    ) -> Result<Vec<wire::BatchOutcome>, Status> {
        let row = |name: &&str| wire::BatchRow {
            name: (*name).to_owned(),
            etag: String::new(),
        };
        let message = wire::BatchActRequest {
            request_id: request_id.to_owned(),
            rows: names.iter().map(row).collect(),
            act: Some(act),
        };
        let answer = self.work().batch_act(self.signed(officer, message)).await?;
        Ok(answer.into_inner().outcomes)
    }
}

fn accept() -> wire::batch_act_request::Act {
    wire::batch_act_request::Act::Accept(wire::BatchAccept {})
}

#[tokio::test]
async fn what_an_officer_has_in_hand_nobody_else_takes_until_a_leader_assigns_it() {
    let world = World::start().await;
    let (_, names) = submitted(&world, 1).await;
    let name = names.first().expect("a file");
    let officers = Officers::new();
    let claim = world.claim_work(&officers.acceptor, name).await.expect("in hand");
    assert_eq!(
        (claim.officer, claim.authority.as_str()),
        (officers.acceptor.officer_name(), "provinces/32")
    );
    let other = &officers.reviewer;
    assert_eq!(reason(world.claim_work(other, name).await), "WORK_IN_OTHER_HANDS");
    assert_eq!(
        reason(world.accept_application(other, name, "").await),
        "WORK_IN_OTHER_HANDS"
    );
    assert_eq!(
        reason(world.claim_work(&officers.ministry, name).await),
        "WORK_NOT_DUE"
    );
    assert_eq!(
        reason(world.assign_work(other, name, other).await),
        "CALLER_NOT_ALLOWED",
        "an officer assigns nothing"
    );
    let head = leader("provinces/32");
    let claim = world.assign_work(&head, name, other).await.expect("assigned");
    assert_eq!(
        (claim.officer, claim.assigned_by),
        (other.officer_name(), head.officer_name())
    );
    let mine = wire::ListWorkRequest {
        mine: true,
        ..Default::default()
    };
    let listed = world.reviews().list_work(world.signed(other, mine)).await;
    let items = listed.expect("listed").into_inner().items;
    assert_eq!(
        items
            .iter()
            .map(|item| item.claimed_by.clone())
            .collect::<Vec<_>>(),
        [other.officer_name()]
    );
    world.accept_application(other, name, "").await.expect("accepted");
    assert_eq!(
        reason(world.assign_work(&head, name, other).await),
        "SAME_HANDS",
        "the accepter is not assigned the review"
    );
    world
        .record_review(&officers.acceptor, name, Favourable, "")
        .await
        .expect("the next step is in nobody's hands");
}

#[tokio::test]
async fn delegation_does_not_get_round_four_eyes() {
    let world = World::start().await;
    let (_, names) = submitted(&world, 2).await;
    let [first, second] = names.as_slice() else {
        panic!("two files")
    };
    let (one, other) = (officer("provinces/32"), officer("provinces/32"));
    world
        .accept_application(&one, first, "")
        .await
        .expect("accepted before the delegation");
    let given = world.delegate(&one, &other, 5).await.expect("given");
    assert_eq!(
        reason(world.record_review(&other, first, Favourable, "").await),
        "SAME_HANDS"
    );
    world
        .accept_application(&other, second, "")
        .await
        .expect("accepted as delegate");
    assert_eq!(
        reason(world.record_review(&one, second, Favourable, "").await),
        "SAME_OFFICER",
        "it was done in the delegator's name"
    );
    let third = officer("provinces/32");
    assert_eq!(
        reason(world.delegate(&other, &third, 2).await),
        "DELEGATION_CHAIN"
    );
    let revoke = wire::RevokeDelegationRequest {
        request_id: id(),
        name: given.name,
    };
    world
        .work()
        .revoke_delegation(world.signed(&other, revoke))
        .await
        .expect("ended");
    world
        .record_review(&other, first, Favourable, "")
        .await
        .expect("another person, in the own name");
    assert_eq!(
        reason(world.record_review(&one, second, Favourable, "").await),
        "SAME_OFFICER",
        "what was done in the delegator's name stays"
    );
    world
        .record_review(&third, second, Favourable, "")
        .await
        .expect("a third person");
}

#[tokio::test]
async fn whoever_has_an_interest_keeps_away_and_so_does_the_delegate() {
    let world = World::start().await;
    let (firm, names) = submitted(&world, 1).await;
    let name = names.first().expect("a file");
    let applicant = world.person(9);
    world.qualify(&applicant, BUILDING, date(2022, 3, 1)).await;
    let own = world
        .submitted(&applicant, &firm, ApplicationType::Initial, &[BUILDING])
        .await;
    let person = officer("provinces/32").who_is(&applicant);
    let refused = world.accept_application(&person, &own, "").await;
    assert_eq!(reason(refused), "CONFLICT_OF_INTEREST");
    let registrar = officer("provinces/32").registrar_of(&firm);
    let refused = world.accept_application(&registrar, name, "").await;
    assert_eq!(reason(refused), "CONFLICT_OF_INTEREST");
    let delegate = officer("provinces/32");
    world.delegate(&registrar, &delegate, 3).await.expect("given");
    assert_eq!(
        reason(world.claim_work(&delegate, name).await),
        "CONFLICT_OF_INTEREST"
    );
    let relative = officer("provinces/32");
    world.claim_work(&relative, name).await.expect("in hand");
    let message = wire::DeclareConflictRequest {
        request_id: id(),
        application: name.clone(),
        ground: wire::ConflictGround::Relative.into(),
        officer: String::new(),
    };
    world
        .work()
        .declare_conflict(world.signed(&relative, message))
        .await
        .expect("declared");
    assert_eq!(
        reason(world.claim_work(&relative, name).await),
        "CONFLICT_OF_INTEREST"
    );
    world
        .claim_work(&officer("provinces/32"), name)
        .await
        .expect("it went back to the queue");
}

#[tokio::test]
async fn a_batch_loses_nothing_by_a_row_that_fails_and_repeats_no_row() {
    let world = World::start().await;
    let (_, names) = submitted(&world, 3).await;
    let officers = Officers::new();
    let [good, bad, last] = names.as_slice() else {
        panic!("three files")
    };
    world
        .accept_application(&officers.reviewer, bad, "")
        .await
        .expect("somebody was faster");
    let all = [good.as_str(), bad.as_str(), last.as_str()];
    let request = id();
    let outcomes = world
        .batch(&officers.acceptor, &request, &all, accept())
        .await
        .expect("done");
    let told: Vec<_> = outcomes
        .iter()
        .map(|one| (one.done, one.reason.as_str()))
        .collect();
    assert_eq!(told, [(true, ""), (false, "APPLICATION_STATE"), (true, "")]);
    assert!(outcomes.iter().all(|one| one.done || !one.article.is_empty()));
    let again = world
        .batch(&officers.acceptor, &request, &all, accept())
        .await
        .expect("repeated");
    assert_eq!(again.iter().filter(|one| one.done).count(), 2);
    let review = || {
        wire::batch_act_request::Act::Review(wire::BatchReview {
            opinion: Favourable.into(),
            grounds: "材料属实".to_owned(),
            template: None,
        })
    };
    let outcomes = world
        .batch(&officers.acceptor, &id(), &all, review())
        .await
        .expect("answered");
    let reasons: Vec<_> = outcomes.iter().map(|one| one.reason.as_str()).collect();
    assert_eq!(
        reasons,
        ["SAME_OFFICER", "", "SAME_OFFICER"],
        "four eyes, also in a batch"
    );
    let outcomes = world
        .batch(&officers.reviewer, &id(), &[good, last], review())
        .await
        .expect("answered");
    assert!(outcomes.iter().all(|one| one.done), "{outcomes:?}");
    let decide = wire::batch_act_request::Act::Decide(wire::BatchDecide {
        granted: true,
        grounds: String::new(),
    });
    let outcomes = world
        .batch(&officers.ministry, &id(), &all, decide)
        .await
        .expect("answered");
    let stands: Vec<_> = outcomes
        .iter()
        .map(|one| one.application.as_ref().map(wire::Application::state))
        .collect();
    assert_eq!(stands, [Some(State::Decided); 3], "{outcomes:?}");
    let twice = world
        .batch(&officers.ministry, &id(), &[good, good], accept())
        .await;
    assert_eq!(reason(twice), "BATCH_INVALID");
}

#[tokio::test]
async fn an_opinion_made_of_a_template_keeps_its_text_and_version() {
    let world = World::start().await;
    let (_, names) = submitted(&world, 2).await;
    let officers = Officers::new();
    let save = async |name: &str, text: &str| {
        let message = wire::SaveOpinionTemplateRequest {
            request_id: id(),
            name: name.to_owned(),
            title: "初审同意".to_owned(),
            text: text.to_owned(),
        };
        let request = world.signed(&officers.reviewer, message);
        world
            .work()
            .save_opinion_template(request)
            .await
            .map(|answer| answer.into_inner().template.expect("saved"))
    };
    assert_eq!(reason(save("", "经核查{期间").await), "OPINION_TEMPLATE_BRACES");
    let template = save("", "经核查，{期间}材料属实，同意。").await.expect("saved");
    assert_eq!((template.version, template.places.len()), (1, 1));
    let review = async |name: &str, values: &[(&str, &str)]| {
        let values = values
            .iter()
            .map(|(place, value)| ((*place).to_owned(), (*value).to_owned()));
        let message = wire::RecordReviewRequest {
            request_id: id(),
            name: name.to_owned(),
            opinion: Favourable.into(),
            template: Some(wire::TemplateUse {
                name: template.name.clone(),
                values: values.collect(),
            }),
            ..Default::default()
        };
        world
            .reviews()
            .record_review(world.signed(&officers.reviewer, message))
            .await
    };
    for name in &names {
        world
            .accept_application(&officers.acceptor, name, "")
            .await
            .expect("accepted");
    }
    let [first, second] = names.as_slice() else {
        panic!("two files")
    };
    assert_eq!(reason(review(first, &[]).await), "OPINION_PLACES_MISSING");
    review(first, &[("期间", "2026年3月")]).await.expect("reviewed");
    let template_2 = save(&template.name, "{期间}同意。").await.expect("a new version");
    assert_eq!(template_2.version, 2);
    review(second, &[("期间", "本月")]).await.expect("reviewed");
    let all = wire::ListWorkRequest::default();
    let listed = world
        .reviews()
        .list_work(world.signed(&officers.reviewer, all))
        .await
        .expect("listed");
    let mut said: Vec<_> = listed
        .into_inner()
        .items
        .into_iter()
        .flat_map(|item| item.reviews)
        .map(|review| (review.template_version, review.grounds))
        .collect();
    said.sort();
    let expected = [
        (1, "经核查，2026年3月材料属实，同意。".to_owned()),
        (2, "本月同意。".to_owned()),
    ];
    assert_eq!(said, expected);
}
