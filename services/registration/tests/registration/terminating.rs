//! How the previous employment of a change is shown to have ended, what the gap means, and whom a running project holds.

use api::registration::v1 as wire;
use api::types::v1::ApplicationType;
use jiff::ToSpan as _;
use tonic::Status;
use wire::TerminationEvidence as Evidence;
use wire::application::State;
use wire::termination_notice::State as Notice;

use crate::world::{Actor, Employment, Holder, World, id, officer, reason, wire as day};

const GROUNDS: &str = "劳动合同未解除，社保仍在我单位缴纳";

async fn registered_in(world: &World) -> (Holder, Employment, Employment) {
    let holder = world.person(1);
    let (old, new) = (
        world.firm("江苏水利建设有限公司", "32", 1),
        world.firm("江苏路桥有限公司", "32", 2),
    );
    world.registered(&holder, &old).await;
    world.advance(90);
    (holder, old, new)
}

impl World {
    async fn notify_termination(
        &self,
        holder: &Holder,
        name: &str,
        days_ago: i32,
    ) -> Result<wire::TerminationNotice, Status> {
        let message = wire::NotifyTerminationRequest {
            request_id: id(),
            name: name.to_owned(),
            ended_on: Some(day(self.today().saturating_sub(days_ago.days()))),
        };
        let answer = self
            .terminations()
            .notify_termination(self.signed(&holder.actor, message))
            .await?;
        Ok(answer.into_inner().notice.expect("the notice comes back"))
    }

    async fn object_to_termination(
        &self,
        actor: &Actor,
        name: &str,
    ) -> Result<wire::TerminationNotice, Status> {
        let message = wire::ObjectToTerminationRequest {
            request_id: id(),
            name: name.to_owned(),
            grounds: GROUNDS.to_owned(),
        };
        let answer = self
            .terminations()
            .object_to_termination(self.signed(actor, message))
            .await?;
        Ok(answer.into_inner().notice.expect("the notice comes back"))
    }

    async fn resolve(
        &self,
        actor: &Actor,
        name: &str,
        upheld: bool,
    ) -> Result<wire::TerminationNotice, Status> {
        let message = wire::ResolveTerminationObjectionRequest {
            request_id: id(),
            name: name.to_owned(),
            upheld,
            grounds: "经核查社保缴纳记录".to_owned(),
        };
        let answer = self
            .terminations()
            .resolve_termination_objection(self.signed(actor, message))
            .await?;
        Ok(answer.into_inner().notice.expect("the notice comes back"))
    }

    async fn notice(&self, actor: &Actor, name: &str) -> Result<wire::TerminationNotice, Status> {
        let message = wire::GetTerminationNoticeRequest {
            name: name.to_owned(),
        };
        let answer = self
            .terminations()
            .get_termination_notice(self.signed(actor, message))
            .await?;
        Ok(answer.into_inner().notice.expect("the notice comes back"))
    }

    async fn submit(&self, holder: &Holder, name: &str) -> Result<wire::Application, Status> {
        self.submit_application(&holder.actor, name, true).await
    }
}

fn rules(refused: &Status) -> Vec<String> {
    let details = tonic_types::StatusExt::get_error_details(refused);
    let violations = details.bad_request().map(|bad| bad.field_violations.clone());
    violations
        .unwrap_or_default()
        .into_iter()
        .map(|one| one.field)
        .collect()
}

#[tokio::test]
async fn an_old_employer_that_keeps_silent_has_not_objected() {
    let world = World::start().await;
    let (holder, old, new) = registered_in(&world).await;
    let name = world.confirmed(&holder, &new, ApplicationType::Change, &[]).await;
    let stranger = world.person(2);
    assert_eq!(
        reason(world.notify_termination(&stranger, &name, 60).await),
        "NOT_FOUND"
    );
    let notice = world.notify_termination(&holder, &name, 60).await.expect("told");
    assert_eq!((notice.state(), &notice.employer), (Notice::Open, &old.name));
    assert_eq!(
        reason(world.notify_termination(&holder, &name, 60).await),
        "TERMINATION_NOTICE_GIVEN"
    );
    let seen = world
        .notice(&old.registrar, &name)
        .await
        .expect("the old employer is told");
    assert_eq!(seen, notice);
    assert_eq!(
        reason(world.submit(&holder, &name).await),
        "TERMINATION_NOT_SHOWN"
    );

    world.advance(30);
    let mut shown = world.application(&holder.actor, &name).await.expect("shown");
    while shown.termination() == Evidence::Unspecified {
        tokio::task::yield_now().await;
        shown = world.application(&holder.actor, &name).await.expect("shown");
    }
    assert_eq!(shown.termination(), Evidence::Unopposed);
    let settled = world.notice(&holder.actor, &name).await.expect("shown");
    assert!(settled.state() == Notice::Unopposed && settled.settled_at.is_some());
    let late = world.object_to_termination(&old.registrar, &name).await;
    assert_eq!(reason(late), "TERMINATION_NOTICE_CLOSED");
    let submitted = world.submit(&holder, &name).await.expect("no paper is needed");
    assert_eq!(submitted.employment_ended_on, notice.ended_on);
    assert_eq!(
        (submitted.employment_gap_days, submitted.employment_gap_reported),
        (59, true)
    );
    let entries = audits(&world, "note_silence").await;
    assert_eq!(entries, 1, "silence is an event of its own");
}

#[tokio::test]
async fn an_objection_goes_to_an_officer_who_may_dismiss_it() {
    let world = World::start().await;
    let (holder, old, new) = registered_in(&world).await;
    let name = world.confirmed(&holder, &new, ApplicationType::Change, &[]).await;
    world.notify_termination(&holder, &name, 10).await.expect("told");
    assert_eq!(
        reason(world.object_to_termination(&new.registrar, &name).await),
        "NOT_FOUND"
    );
    let objected = world
        .object_to_termination(&old.registrar, &name)
        .await
        .expect("in time");
    assert_eq!(
        (objected.state(), objected.grounds.as_str()),
        (Notice::Objected, GROUNDS)
    );
    assert_eq!(plain_text_rows(&world).await, 0, "grounds are sealed at rest");

    let clerk = officer("provinces/32");
    let request = world.signed(&clerk, wire::ListTerminationNoticesRequest::default());
    let listed = world
        .terminations()
        .list_termination_notices(request)
        .await
        .expect("an officer's work");
    let listed = listed.into_inner().notices;
    assert_eq!(
        listed.iter().map(|one| one.grounds.as_str()).collect::<Vec<_>>(),
        [GROUNDS]
    );
    assert_eq!(
        reason(world.resolve(&officer("ministry"), &name, false).await),
        "WRONG_AUTHORITY"
    );
    let resolved = world.resolve(&clerk, &name, false).await.expect("dismissed");
    assert_eq!(resolved.state(), Notice::Dismissed);
    assert_eq!(
        reason(world.resolve(&clerk, &name, true).await),
        "TERMINATION_NOT_OBJECTED"
    );
    let submitted = world.submit(&holder, &name).await.expect("submitted");
    assert_eq!(submitted.termination(), Evidence::ObjectionDismissed);
    assert!(!submitted.employment_gap_reported);
}

#[tokio::test]
async fn an_objection_that_is_upheld_leaves_the_word_to_a_paper() {
    let world = World::start().await;
    let (holder, old, new) = registered_in(&world).await;
    let name = world.confirmed(&holder, &new, ApplicationType::Change, &[]).await;
    world.notify_termination(&holder, &name, 10).await.expect("told");
    world
        .object_to_termination(&old.registrar, &name)
        .await
        .expect("in time");
    let resolved = world
        .resolve(&officer("provinces/32"), &name, true)
        .await
        .expect("upheld");
    assert_eq!(resolved.state(), Notice::Upheld);
    assert_eq!(
        reason(world.submit(&holder, &name).await),
        "TERMINATION_NOT_SHOWN"
    );

    let ended_on = world.today().saturating_sub(5.days());
    let judgment = wire::TerminationEvidence::Judgment;
    world
        .show_termination(&holder.actor, &name, (judgment, ended_on))
        .await
        .expect("attached");
    let submitted = world.submit(&holder, &name).await.expect("submitted");
    assert_eq!(
        (submitted.state(), submitted.termination()),
        (State::Submitted, judgment)
    );
    assert_eq!(
        (submitted.employment_ended_on, submitted.employment_gap_days),
        (Some(day(ended_on)), 4)
    );
}

#[tokio::test]
async fn a_running_project_holds_whoever_would_change_the_employer() {
    let world = World::start_locked("refuse").await;
    let (holder, old, new) = registered_in(&world).await;
    let name = world.confirmed(&holder, &new, ApplicationType::Change, &[]).await;
    let message = wire::ConfirmTerminationRequest {
        request_id: id(),
        name: name.clone(),
        ended_on: Some(day(world.today())),
    };
    let request = world.signed(&old.registrar, message);
    world
        .applications()
        .confirm_termination(request)
        .await
        .expect("confirmed");
    let asked = || world.projects.0.lock().expect("no panic").asked;
    assert_eq!(asked(), 0, "an initial registration asks nobody");

    let hold = |people: &[&str], away| {
        let mut held = world.projects.0.lock().expect("no panic");
        held.people = people.iter().map(|one| (*one).to_owned()).collect();
        held.away = away;
    };
    hold(&[&holder.person.document_number], false);
    let refused = world.submit(&holder, &name).await.expect_err("held");
    assert_eq!(rules(&refused), ["PROJECT_LOCKED"]);
    hold(&[], true);
    let refused = world
        .submit(&holder, &name)
        .await
        .expect_err("unknown is refused here");
    assert_eq!(rules(&refused), ["PROJECT_LOCK_UNKNOWN"]);
    hold(&[], false);
    world.submit(&holder, &name).await.expect("free");
    assert_eq!(asked(), 3);
}

#[tokio::test]
async fn a_platform_that_does_not_answer_lets_people_pass_where_the_deployment_says_so() {
    let world = World::start_locked("allow").await;
    let (holder, old, new) = registered_in(&world).await;
    let name = world.confirmed(&holder, &new, ApplicationType::Change, &[]).await;
    let message = wire::ConfirmTerminationRequest {
        request_id: id(),
        name: name.clone(),
        ended_on: Some(day(world.today())),
    };
    let request = world.signed(&old.registrar, message);
    world
        .applications()
        .confirm_termination(request)
        .await
        .expect("confirmed");
    world.projects.0.lock().expect("no panic").away = true;
    world.submit(&holder, &name).await.expect("let pass");
    let mut owner = world.database.owner_connection().await;
    let noted = "SELECT count(*) FROM shared.audit WHERE verb = 'submit_application'
         AND evidence->'facts'->>'project_lock' = 'UNKNOWN_ALLOWED'";
    let noted: i64 = sqlx::query_scalar(noted)
        .fetch_one(&mut owner)
        .await
        .expect("counted");
    assert_eq!(noted, 1, "the audit says that nobody could be asked");
}

async fn audits(world: &World, verb: &str) -> i64 {
    let mut owner = world.database.owner_connection().await;
    sqlx::query_scalar("SELECT count(*) FROM shared.audit WHERE verb = $1 AND outcome = 'done'")
        .bind(verb.to_owned())
        .fetch_one(&mut owner)
        .await
        .expect("counted")
}

async fn plain_text_rows(world: &World) -> i64 {
    let mut owner = world.database.owner_connection().await;
    let rows = "SELECT count(*) FROM registration.termination_notice AS n WHERE strpos(n::text, $1) > 0
         OR strpos(n::text, encode(convert_to($1, 'UTF8'), 'hex')) > 0";
    sqlx::query_scalar(rows)
        .bind(GROUNDS)
        .fetch_one(&mut owner)
        .await
        .expect("counted")
}
