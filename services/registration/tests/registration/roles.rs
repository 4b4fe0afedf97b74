//! What an auditor (审计人员), the help desk (咨询服务人员) and a leader (承办机构负责人) may call, that they may call nothing
//! else, and that an office in another province opens nothing here.

use api::registration::v1 as wire;
use api::types::v1 as types;
use jiff::civil::date;
use testkit::methods;
use wire::TypedDocument;

use crate::story::{Officers, WATER};
use crate::world::{Actor, World, id, in_role, leader, officer, reason};

impl World {
    /// The methods of the service that let somebody in.
    async fn open_to(&self, actor: &Actor) -> Vec<&'static str> {
        let request = || self.signed(actor, ());
        methods::open_to(&self.channel(), registration::allow_list(), request).await
    }
}

const LEADERS: &[&str] = &[
    "registration.v1.ReviewService/ListWork",
    "registration.v1.WorkService/AssignWork",
    "registration.v1.WorkService/DeclareConflict",
    "registration.v1.WorkService/ListDelegations",
    "registration.v1.WorkService/ListOpinionTemplates",
    "registration.v1.WorkService/SaveOpinionTemplate",
];

#[tokio::test]
async fn each_role_opens_its_own_methods_and_no_other() {
    let world = World::start().await;
    for (role, open) in [
        (
            "AUDITOR",
            &[
                "audit.v1.AuditService/ExportAudit",
                "audit.v1.AuditService/VerifyAudit",
            ][..],
        ),
        (
            "HELP_DESK",
            &["registration.v1.RegistrationService/ExplainAvailability"],
        ),
        ("LEADER", LEADERS),
        ("SOMETHING_ELSE", &[]),
    ] {
        let actor = in_role(role, "provinces/32");
        assert_eq!(world.open_to(&actor).await, open, "{role}");
    }
    let officers = world.open_to(&officer("provinces/32")).await;
    assert!(!officers.contains(&"registration.v1.WorkService/AssignWork"));
    assert!(!officers.iter().any(|method| method.starts_with("audit.")));
}

#[tokio::test]
async fn a_leader_assigns_in_their_own_authority_and_does_not_handle_files() {
    let world = World::start().await;
    let holder = world.person(1);
    let firm = world.firm("江苏水利建设有限公司", "32", 1);
    world.qualify(&holder, WATER, date(2022, 3, 1)).await;
    let initial = types::ApplicationType::Initial;
    let name = world.submitted(&holder, &firm, initial, &[WATER]).await;
    let clerk = officer("provinces/32");
    let assign = async |by: &Actor| {
        let message = wire::AssignWorkRequest {
            request_id: id(),
            application: name.clone(),
            officer: clerk.officer_name(),
        };
        let answer = world.work().assign_work(world.signed(by, message)).await?;
        Ok::<_, tonic::Status>(answer.into_inner().claim.expect("in hand"))
    };
    let work = async |by: &Actor| {
        let message = world.signed(by, wire::ListWorkRequest::default());
        let answer = world.reviews().list_work(message).await?;
        Ok::<_, tonic::Status>(answer.into_inner().items.len())
    };
    let (own, neighbour) = (leader("provinces/32"), leader("provinces/33"));
    assert_eq!(reason(assign(&neighbour).await), "NOT_FOUND");
    assert_eq!(reason(work(&neighbour).await), "PERMISSION_DENIED");
    let water = leader("ministries/water-resources");
    assert_eq!(
        reason(assign(&water).await),
        "WORK_NOT_DUE",
        "the step is the province's"
    );
    assert_eq!(work(&own).await.expect("listed"), 1);
    let claim = assign(&own).await.expect("assigned");
    assert_eq!(
        (claim.officer, claim.authority.as_str()),
        (clerk.officer_name(), "provinces/32")
    );
    let leads_itself = world.accept_application(&own, &name, "").await;
    assert_eq!(reason(leads_itself), "CALLER_NOT_ALLOWED");
    let another = world
        .accept_application(&Officers::new().acceptor, &name, "")
        .await;
    assert_eq!(reason(another), "WORK_IN_OTHER_HANDS", "the leader's word stands");
    world
        .accept_application(&clerk, &name, "")
        .await
        .expect("whoever it was assigned to");

    // What officers of the province keep for themselves is not the neighbour's.
    let message = wire::SaveOpinionTemplateRequest {
        request_id: id(),
        title: "受理意见".to_owned(),
        text: "材料齐全，予以受理。".to_owned(),
        ..Default::default()
    };
    world
        .work()
        .save_opinion_template(world.signed(&own, message))
        .await
        .expect("saved");
    let templates = async |by: &Actor| {
        let message = world.signed(by, wire::ListOpinionTemplatesRequest::default());
        let answer = world.work().list_opinion_templates(message).await;
        answer.expect("listed").into_inner().templates.len()
    };
    assert_eq!((templates(&own).await, templates(&neighbour).await), (1, 0));
}

#[tokio::test]
async fn the_help_desk_asks_by_name_and_document_in_its_own_province_and_learns_a_step() {
    let world = World::start().await;
    let holder = world.person(1);
    let firm = world.firm("江苏水利建设有限公司", "32", 1);
    world.qualify(&holder, WATER, date(2022, 3, 1)).await;
    let initial = types::ApplicationType::Initial;
    let name = world.submitted(&holder, &firm, initial, &[WATER]).await;
    let ask = async |by: &Actor, message: wire::ExplainAvailabilityRequest| {
        let mut client = world.registrations();
        let answer = client.explain_availability(world.signed(by, message)).await?;
        Ok::<_, tonic::Status>(answer.into_inner())
    };
    let typed = || wire::ExplainAvailabilityRequest {
        person: String::new(),
        typed: Some(TypedDocument {
            full_name: holder.person.full_name.clone(),
            document_kind: types::DocumentKind::CitizenIdentityCard.into(),
            document_number: holder.person.document_number.clone(),
        }),
    };
    let known = || wire::ExplainAvailabilityRequest {
        person: format!("persons/{}", holder.id),
        typed: None,
    };
    let (own, neighbour) = (
        in_role("HELP_DESK", "provinces/32"),
        in_role("HELP_DESK", "provinces/33"),
    );
    let told = ask(&own, typed()).await.expect("a step");
    assert_eq!(told.step(), wire::AvailabilityStep::CompletenessCheck);
    assert!(
        !format!("{told:?}").contains(&name),
        "the file's name is the person's"
    );
    assert_eq!(reason(ask(&own, known()).await), "PERMISSION_DENIED");
    for message in [typed(), known()] {
        assert_eq!(reason(ask(&neighbour, message).await), "PERMISSION_DENIED");
    }
    let auditor = in_role("AUDITOR", "provinces/32");
    assert_eq!(reason(ask(&auditor, typed()).await), "CALLER_NOT_ALLOWED");
}
