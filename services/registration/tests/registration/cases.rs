//! Objections with evidence, complaints until their correction or revocation, and what a judgment brings back.

use api::registration::v1 as wire;
use api::types::v1::{ApplicationType, CorrectedFact, Specialty};
use jiff::civil::date;
use tonic::Status;
use wire::application::State;

use crate::story::{Officers, paper};
use crate::world::{Actor, Employment, Holder, World, id, officer, reason};

const BUILDING: Specialty = Specialty::Building;
const COMPLAINANT: &str = "举报人王五";

async fn submitted(world: &World) -> (Holder, Employment, String) {
    let holder = world.person(1);
    let firm = world.firm("江苏建工集团有限公司", "32", 1);
    world.qualify(&holder, BUILDING, date(2022, 3, 1)).await;
    let name = world
        .submitted(&holder, &firm, ApplicationType::Initial, &[BUILDING])
        .await;
    (holder, firm, name)
}

/// Announced, with the number.
async fn registered(world: &World) -> (Holder, Employment, String) {
    let (holder, firm, name) = submitted(world).await;
    world.granted(&name).await;
    world.publicised(&name).await;
    world.publish(&[&name]).await.expect("announced");
    let shown = world.application(&holder.actor, &name).await.expect("shown");
    (holder, firm, shown.registration_number)
}

macro_rules! case_verbs {
    ($($method:ident: $request:ident { $($field:ident: $type:ty),* };)*) => {
        impl World {$(
            async fn $method(&self, actor: &Actor, name: &str $(, $field: $type)*) -> Result<wire::Case, Status> {
                let message = wire::$request { request_id: id(), name: name.to_owned() $(, $field: $field.into())* };
                let answer = self.cases().$method(self.signed(actor, message)).await?;
                Ok(answer.into_inner().case.expect("the case comes back"))
            }
        )*}
    };
}

case_verbs! {
    claim_case: ClaimCaseRequest {};
    hear_holder: HearHolderRequest { held_against: &str, working_days: i32 };
    state_view: StateViewRequest { statement: &str };
    decide_case: DecideCaseRequest { agreed: bool };
}

impl World {
    async fn propose_outcome(
        &self,
        actor: &Actor,
        name: &str,
        outcome: wire::CaseOutcome,
        facts: &[CorrectedFact],
    ) -> Result<wire::Case, Status> {
        let message = wire::ProposeDecisionRequest {
            request_id: id(),
            name: name.to_owned(),
            outcome: outcome.into(),
            grounds: "经核查属实".to_owned(),
            facts: facts.iter().map(|fact| (*fact).into()).collect(),
        };
        let answer = self.cases().propose_decision(self.signed(actor, message)).await?;
        Ok(answer.into_inner().case.expect("the case comes back"))
    }

    async fn complain(&self, number: &str) -> String {
        let message = wire::OpenCaseRequest {
            request_id: id(),
            registration_number: number.to_owned(),
            statement: "该人员社保不在注册单位".to_owned(),
            complainant: COMPLAINANT.to_owned(),
            contact: "13900001111".to_owned(),
            evidence: vec![paper("%PDF-1.7 社保记录".as_bytes())],
        };
        let answer = self.cases().open_case(message).await.expect("opened");
        answer.into_inner().name
    }

    async fn read_complaint(&self, actor: &Actor, name: &str) -> Result<wire::ReadComplaintResponse, Status> {
        let message = wire::ReadComplaintRequest {
            name: name.to_owned(),
        };
        let answer = self.cases().read_complaint(self.signed(actor, message)).await?;
        Ok(answer.into_inner())
    }

    async fn read_objection(&self, actor: &Actor, name: &str) -> Result<wire::ReadObjectionResponse, Status> {
        let message = wire::ReadObjectionRequest {
            name: name.to_owned(),
        };
        let answer = self
            .objections()
            .read_objection(self.signed(actor, message))
            .await?;
        Ok(answer.into_inner())
    }
}

#[tokio::test]
async fn who_objects_is_read_by_the_officer_in_charge_alone_and_every_reading_is_audited() {
    let world = World::start().await;
    let (holder, _, name) = submitted(&world).await;
    world.granted(&name).await;
    world.open_publicity(&name).await.expect("in publicity");
    let mut raised = Vec::new();
    for statement in ["社保不在该单位", "合同系伪造"] {
        let message = wire::RaiseObjectionRequest {
            request_id: id(),
            application: name.clone(),
            statement: statement.to_owned(),
            contact: "13800000000".to_owned(),
            objector: "异议人赵六".to_owned(),
            evidence: vec![paper("%PDF-1.7 证据".as_bytes())],
        };
        let answer = world.announcements().raise_objection(message).await;
        raised.push(answer.expect("raised").into_inner().name);
    }
    let [first, second] = raised.as_slice() else {
        panic!("two objections")
    };
    let (charge, other) = (officer("provinces/32"), officer("provinces/32"));
    let claim = wire::ClaimWorkRequest {
        request_id: id(),
        application: name.clone(),
    };
    world
        .work()
        .claim_work(world.signed(&charge, claim))
        .await
        .expect("in hand");
    assert_eq!(
        reason(world.read_objection(&other, first).await),
        "PERMISSION_DENIED"
    );
    let read = world.read_objection(&charge, first).await.expect("read");
    assert_eq!((read.objector.as_str(), read.evidence.len()), ("异议人赵六", 1));
    assert_eq!(
        read.evidence.first().map(|one| &*one.content),
        Some("%PDF-1.7 证据".as_bytes())
    );
    let audited: i64 = sqlx::query_scalar("SELECT count(*) FROM shared.audit WHERE verb = 'read_objection'")
        .fetch_one(world.database.reader().await.pool())
        .await
        .expect("counted");
    assert_eq!(audited, 1);
    let shown = world.application(&holder.actor, &name).await.expect("shown");
    assert!(!format!("{shown:?}").contains("赵六"));
    let answer = async |objection: &str, upheld: bool| {
        let message = wire::ResolveObjectionRequest {
            request_id: id(),
            name: objection.to_owned(),
            upheld,
            grounds: "已核实".to_owned(),
        };
        let request = world.signed(&charge, message);
        world.announcements().resolve_objection(request).await
    };
    answer(first, false).await.expect("dismissed");
    let shown = world.application(&holder.actor, &name).await.expect("shown");
    assert_eq!(shown.state(), State::Objected, "the second one is open");
    answer(second, true).await.expect("upheld");
    let shown = world.application(&holder.actor, &name).await.expect("shown");
    assert_eq!(shown.state(), State::Accepted);
    let listed = wire::ListObjectionsRequest { application: name };
    let listed = world
        .objections()
        .list_objections(world.signed(&other, listed))
        .await;
    let entries = listed.expect("listed").into_inner().objections;
    let told: Vec<_> = entries.iter().map(|one| (one.papers, one.upheld)).collect();
    assert_eq!(told, [(1, false), (1, true)]);
}

#[tokio::test]
async fn a_complaint_hears_the_holder_and_ends_in_a_correction_or_a_revocation_of_the_authority() {
    let world = World::start().await;
    let (holder, _, number) = registered(&world).await;
    let (examiner, decider) = (officer("provinces/32"), officer("provinces/32"));
    for (outcome, facts, kind) in [
        (
            wire::CaseOutcome::Correct,
            [CorrectedFact::Name].as_slice(),
            ApplicationType::Correction,
        ),
        (
            wire::CaseOutcome::Revoke,
            [].as_slice(),
            ApplicationType::Cancellation,
        ),
    ] {
        let case = world.complain(&number).await;
        assert_eq!(
            reason(world.claim_case(&holder.actor, &case).await),
            "CALLER_NOT_ALLOWED"
        );
        assert_eq!(
            reason(world.read_complaint(&examiner, &case).await),
            "PERMISSION_DENIED"
        );
        world.claim_case(&examiner, &case).await.expect("in hand");
        let told = world.read_complaint(&examiner, &case).await.expect("read");
        assert_eq!(told.complainant, COMPLAINANT);
        assert_eq!(
            reason(world.read_complaint(&decider, &case).await),
            "PERMISSION_DENIED"
        );
        let unheard = world.propose_outcome(&examiner, &case, outcome, facts).await;
        assert_eq!(reason(unheard), "CASE_NOT_HEARD");
        let get = wire::GetCaseRequest { name: case.clone() };
        let early = world.cases().get_case(world.signed(&holder.actor, get)).await;
        assert_eq!(
            reason(early),
            "NOT_FOUND",
            "the holder learns of it when they are told"
        );
        let heard = world
            .hear_holder(&examiner, &case, "社保缴纳单位与注册单位不一致", 5)
            .await
            .expect("told");
        assert!(heard.hearing_until.is_some());
        let stated = world
            .state_view(&holder.actor, &case, "社保已转移，附证明")
            .await
            .expect("stated");
        assert_eq!(stated.claimed_by, "", "the holder sees no officer");
        assert!(!format!("{stated:?}").contains("王五"), "nor the complainant");
        world
            .propose_outcome(&examiner, &case, outcome, facts)
            .await
            .expect("proposed");
        assert_eq!(
            reason(world.decide_case(&examiner, &case, true).await),
            "CASE_OWN_PROPOSAL"
        );
        let decided = world.decide_case(&decider, &case, true).await.expect("decided");
        let follow_up = world
            .application(&decider, &decided.follow_up)
            .await
            .expect("the application that follows");
        assert_eq!((follow_up.r#type(), follow_up.state()), (kind, State::Draft));
        let withdrawn = world
            .withdraw_application(&holder.actor, &decided.follow_up, "不同意")
            .await;
        assert_eq!(reason(withdrawn), "NOT_INITIATOR", "it is the authority's");
        let registrations = world.registrations();
        let get = wire::GetRegistrationRequest {
            name: format!("provinces/32/registrations/{}", holder.id),
        };
        let known = { registrations }
            .get_registration(world.signed(&decider, get))
            .await
            .expect("it stands meanwhile")
            .into_inner()
            .registration
            .expect("a registration");
        assert_eq!(known.registration_number, number);
    }
}

#[tokio::test]
async fn a_judgment_takes_a_refused_application_up_again_for_other_officers() {
    let world = World::start().await;
    let (holder, _, name) = submitted(&world).await;
    let officers = Officers::new();
    world
        .accept_application(&officers.acceptor, &name, "")
        .await
        .expect("accepted");
    world
        .record_review(&officers.reviewer, &name, wire::Opinion::Favourable, "")
        .await
        .expect("reviewed");
    world
        .decide_application(&officers.ministry, &name, false, "业绩不符")
        .await
        .expect("refused");
    let reopen = async |number: &str| {
        let message = wire::ReopenCaseRequest {
            request_id: id(),
            subject: Some(wire::reopen_case_request::Subject::Application(name.clone())),
            document_number: number.to_owned(),
            evidence: Some(paper("%PDF-1.7 判决书".as_bytes())),
        };
        let request = world.signed(&officers.reviewer, message);
        world.cases().reopen_case(request).await
    };
    assert_eq!(reason(reopen(" ").await), "GROUNDS_MISSING");
    let shown = reopen("（2026）苏01行终12号")
        .await
        .expect("taken up")
        .into_inner()
        .application
        .expect("shown");
    assert_eq!(
        (shown.state(), shown.returns),
        (State::Accepted, vec!["（2026）苏01行终12号".to_owned()])
    );
    world
        .record_review(&officers.reviewer, &name, wire::Opinion::Favourable, "")
        .await
        .expect("reviewed anew");
    assert_eq!(
        reason(
            world
                .decide_application(&officers.ministry, &name, true, "")
                .await
        ),
        "REFUSAL_OVERTURNED"
    );
    world
        .decide_application(&officer("ministry"), &name, true, "")
        .await
        .expect("granted by another");
    let shown = world.application(&holder.actor, &name).await.expect("shown");
    assert_eq!(shown.state(), State::Decided);
    assert_eq!(reason(reopen("（2026）苏01行终13号").await), "APPLICATION_STATE");
}
