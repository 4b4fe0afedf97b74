//! Employers, their registrars, and the invitations that make them.

use std::time::Duration;

use api::identity::v1 as wire;
use testkit::people::Firm;

use crate::world::{Citizen, PORTAL, World, id, reason, violations};

fn registration(firm: &Firm) -> wire::RegisterEmployerRequest {
    wire::RegisterEmployerRequest {
        request_id: id(),
        title: firm.title.clone(),
        credit_code: firm.credit_code.clone(),
        province: firm.province.clone(),
        qualifications: vec![wire::EmployerQualification::Construction.into()],
    }
}

async fn registered(world: &World, administrator: &Citizen, ordinal: u32) -> wire::Employer {
    let firm = Firm::synthetic("样本建设有限公司", "32", ordinal);
    let mut portal = world.door(PORTAL).employers();
    let answer = portal
        .register_employer(administrator.says(registration(&firm)))
        .await
        .expect("registered");
    answer.into_inner().employer.expect("an employer")
}

fn invitation(employer: &str) -> wire::InviteRegistrarRequest {
    wire::InviteRegistrarRequest {
        request_id: id(),
        employer: employer.to_owned(),
    }
}

fn acceptance(code: &str) -> wire::AcceptInvitationRequest {
    wire::AcceptInvitationRequest {
        request_id: id(),
        invitation_code: code.to_owned(),
    }
}

#[tokio::test]
async fn an_administrator_registers_an_employer_once_per_credit_code() {
    let (world, [mut administrator, citizen]) = World::with([1, 2]).await;
    world.appoint(&mut administrator).await;
    let firm = Firm::synthetic("样本建设有限公司", "32", 1);
    let mut portal = world.door(PORTAL).employers();
    let stranger = portal.register_employer(citizen.says(registration(&firm))).await;
    assert_eq!(reason(stranger), "CALLER_NOT_ALLOWED");
    let request = registration(&firm);
    let first = portal
        .register_employer(administrator.says(request.clone()))
        .await
        .expect("registered");
    let again = portal
        .register_employer(administrator.says(request))
        .await
        .expect("repeated");
    let employer = first.into_inner().employer.expect("an employer");
    assert_eq!(again.into_inner().employer.as_ref(), Some(&employer));
    let second = portal
        .register_employer(administrator.says(registration(&firm)))
        .await;
    assert_eq!(reason(second), "EMPLOYER_EXISTS");
    let by_code = wire::GetEmployerRequest {
        name: "employers/-".to_owned(),
        credit_code: firm.credit_code.to_lowercase(),
    };
    let found = portal.get_employer(by_code).await.expect("public").into_inner();
    assert_eq!(found.employer, Some(employer));

    let wrong = wire::RegisterEmployerRequest {
        credit_code: "91320000608950987Q".to_owned(),
        ..registration(&firm)
    };
    let status = portal
        .register_employer(administrator.says(wrong))
        .await
        .expect_err("a fault");
    assert!(
        violations(&status)[0].starts_with("credit_code: CREDIT_CODE_CHECK_DIGIT: "),
        "{status:?}"
    );
    let wrong = wire::RegisterEmployerRequest {
        province: "98".to_owned(),
        ..registration(&firm)
    };
    let status = portal
        .register_employer(administrator.says(wrong))
        .await
        .expect_err("a fault");
    assert!(violations(&status)[0].starts_with("province: "), "{status:?}");
}

#[tokio::test]
async fn an_invitation_makes_one_registrar_who_can_invite_the_next() {
    let (world, [mut administrator, mut registrar, colleague]) = World::with([1, 2, 3]).await;
    world.appoint(&mut administrator).await;
    let employer = registered(&world, &administrator, 1).await;
    let mut portal = world.door(PORTAL).employers();
    let uninvited = portal
        .invite_registrar(registrar.says(invitation(&employer.name)))
        .await;
    assert_eq!(reason(uninvited), "CALLER_NOT_ALLOWED");
    let request = invitation(&employer.name);
    let invited = portal
        .invite_registrar(administrator.says(request.clone()))
        .await
        .expect("invited")
        .into_inner();
    let again = portal
        .invite_registrar(administrator.says(request))
        .await
        .expect("repeated")
        .into_inner();
    assert!(again.invitation_code.is_empty());
    assert_eq!(again.expires_at, invited.expires_at);
    let request = acceptance(&invited.invitation_code.to_lowercase());
    let member = portal
        .accept_invitation(registrar.says(request.clone()))
        .await
        .expect("accepted")
        .into_inner();
    let repeated = portal
        .accept_invitation(registrar.says(request))
        .await
        .expect("repeated")
        .into_inner();
    assert_eq!(member, repeated);
    let second = portal
        .accept_invitation(colleague.says(acceptance(&invited.invitation_code)))
        .await;
    assert_eq!(reason(second), "INVITATION_INVALID");

    registrar.sign_in(&world, &["nation"]).await;
    let named = registrar.claims()["employers"][0]["employer"]
        .as_str()
        .map(|id| format!("employers/{id}"));
    assert_eq!(named.as_deref(), Some(employer.name.as_str()));
    let other = registered(&world, &administrator, 2).await;
    let foreign = portal
        .invite_registrar(registrar.says(invitation(&other.name)))
        .await;
    assert_eq!(reason(foreign), "NOT_FOUND");
    let invited = portal
        .invite_registrar(registrar.says(invitation(&employer.name)))
        .await
        .expect("invited");
    world.advance(Duration::from_secs(7 * 86_400));
    let (mut late, code) = (colleague, invited.into_inner().invitation_code);
    late.sign_in(&world, &["nation"]).await;
    assert_eq!(
        reason(portal.accept_invitation(late.says(acceptance(&code))).await),
        "INVITATION_INVALID"
    );
}

#[tokio::test]
async fn members_are_seen_and_removed_by_their_own_employer_only() {
    let (world, [mut administrator, mut one, mut other]) = World::with([1, 2, 3]).await;
    world.appoint(&mut administrator).await;
    let mut portal = world.door(PORTAL).employers();
    let mut employers = Vec::new();
    for (ordinal, registrar) in [(1, &mut one), (2, &mut other)] {
        let employer = registered(&world, &administrator, ordinal).await;
        let invited = portal
            .invite_registrar(administrator.says(invitation(&employer.name)))
            .await
            .expect("invited");
        let code = invited.into_inner().invitation_code;
        portal
            .accept_invitation(registrar.says(acceptance(&code)))
            .await
            .expect("accepted");
        registrar.sign_in(&world, &["nation"]).await;
        employers.push(employer.name);
    }
    let listing = |employer: &str| wire::ListMembersRequest {
        employer: employer.to_owned(),
        ..Default::default()
    };
    assert_eq!(
        reason(portal.list_members(one.says(listing(&employers[1]))).await),
        "NOT_FOUND"
    );
    let own = portal
        .list_members(one.says(listing(&employers[0])))
        .await
        .expect("own")
        .into_inner()
        .members;
    assert_eq!(own.len(), 1);
    let removal = |name: &str| wire::RemoveMemberRequest {
        request_id: id(),
        name: name.to_owned(),
    };
    let member = own[0].name.clone();
    assert_eq!(
        reason(portal.remove_member(other.says(removal(&member))).await),
        "NOT_FOUND"
    );
    administrator.sign_in(&world, &["nation"]).await;
    portal
        .remove_member(administrator.says(removal(&member)))
        .await
        .expect("removed");
    // The token that named the employer is dead with its session.
    assert_eq!(
        reason(portal.list_members(one.says(listing(&employers[0]))).await),
        "TOKEN_INVALID"
    );
    one.sign_in(&world, &["nation"]).await;
    assert!(one.claims().get("employers").is_none());
    assert_eq!(
        reason(portal.list_members(one.says(listing(&employers[0]))).await),
        "CALLER_NOT_ALLOWED"
    );
}

#[tokio::test]
async fn facts_of_an_employer_are_dated_and_those_before_stay_on_record() {
    let (world, [mut administrator, citizen]) = World::with([1, 2]).await;
    world.appoint(&mut administrator).await;
    let employer = registered(&world, &administrator, 1).await;
    let mut portal = world.door(PORTAL).employers();
    let list = wire::ListEmployerFactsRequest {
        employer: employer.name.clone(),
    };
    let first = portal
        .list_employer_facts(list.clone())
        .await
        .expect("public")
        .into_inner()
        .facts;
    let [born] = first.as_slice() else {
        panic!("one fact: {first:?}")
    };
    assert_eq!(
        (born.standing(), born.to),
        (wire::EmployerStanding::Qualified, None)
    );

    let renaming = wire::RecordEmployerFactsRequest {
        request_id: id(),
        employer: employer.name.clone(),
        title: "样本建设集团有限公司".to_owned(),
        from: born.from,
        evidence: "（苏）登字〔2024〕第1号".to_owned(),
        ..Default::default()
    };
    let stranger = portal.record_employer_facts(citizen.says(renaming.clone())).await;
    assert_eq!(reason(stranger), "CALLER_NOT_ALLOWED");
    let nothing = wire::RecordEmployerFactsRequest {
        title: String::new(),
        ..renaming.clone()
    };
    let nothing = portal.record_employer_facts(administrator.says(nothing)).await;
    assert_eq!(
        violations(&nothing.expect_err("refused")),
        ["title: something must change"]
    );
    for _ in 0..2 {
        let answer = portal
            .record_employer_facts(administrator.says(renaming.clone()))
            .await;
        let renamed = answer
            .expect("recorded, then repeated")
            .into_inner()
            .employer
            .expect("an employer");
        assert_eq!(renamed.title, renaming.title);
        assert_eq!(
            renamed.credit_code, employer.credit_code,
            "what is not given stays"
        );
    }
    let mut future = renaming.clone();
    future.request_id = id();
    if let Some(day) = &mut future.from {
        day.year += 1;
    }
    let future = portal.record_employer_facts(administrator.says(future)).await;
    assert_eq!(reason(future), "EMPLOYER_FACTS_UNDATED");
    let bankrupt = wire::RecordEmployerFactsRequest {
        request_id: id(),
        title: String::new(),
        standing: wire::EmployerStanding::Bankrupt.into(),
        ..renaming
    };
    portal
        .record_employer_facts(administrator.says(bankrupt))
        .await
        .expect("recorded");
    let facts = portal
        .list_employer_facts(list)
        .await
        .expect("public")
        .into_inner()
        .facts;
    let titles: Vec<_> = facts.iter().map(|fact| fact.title.as_str()).collect();
    assert_eq!(
        titles,
        [
            employer.title.as_str(),
            "样本建设集团有限公司",
            "样本建设集团有限公司"
        ]
    );
    assert!(facts[0].to.is_some() && facts[2].to.is_none());
    let looked = wire::GetEmployerRequest {
        name: employer.name,
        ..Default::default()
    };
    let now = portal
        .get_employer(looked)
        .await
        .expect("public")
        .into_inner()
        .employer
        .expect("an employer");
    assert_eq!(now.standing(), wire::EmployerStanding::Bankrupt);
}
