//! What auditors, the help desk and leaders may call in the nation's register: the audit, and by auditors of the nation.

use api::audit::v1 as audit;
use api::audit::v1::audit_service_client::AuditServiceClient;
use service_runtime::auth::Claims;
use testkit::methods;

use crate::world::{World, reason};

fn in_role(world: &World, role: &str, province: Option<&str>) -> Claims {
    let mut claims = world.officer(province);
    for grant in &mut claims.roles {
        role.clone_into(&mut grant.role);
    }
    claims
}

#[tokio::test]
async fn each_role_opens_its_own_methods_and_no_other() {
    let (world, _, _) = World::new().await;
    let channel = world.portal().await;
    let audits = [
        "audit.v1.AuditService/ExportAudit",
        "audit.v1.AuditService/VerifyAudit",
    ];
    for (role, open) in [
        ("AUDITOR", &audits[..]),
        ("HELP_DESK", &[]),
        ("LEADER", &[]),
        ("SOMETHING_ELSE", &[]),
    ] {
        for province in [None, Some("32")] {
            let claims = in_role(&world, role, province);
            let request = || world.signed(&claims, ());
            let found = methods::open_to(&channel, issuance::allow_list(), request).await;
            assert_eq!(found, open, "{role} {province:?}");
        }
    }
}

#[tokio::test]
async fn the_nation_s_audit_is_for_the_nation_s_auditors() {
    let (world, _, _) = World::new().await;
    let mut audits = AuditServiceClient::new(world.portal().await);
    for province in ["32", "31"] {
        let auditor = in_role(&world, "AUDITOR", Some(province));
        let request = world.signed(&auditor, audit::VerifyAuditRequest::default());
        let answer = audits.verify_audit(request).await;
        assert_eq!(reason(&answer.expect_err("refused")), "PERMISSION_DENIED");
    }
    let auditor = in_role(&world, "AUDITOR", None);
    let request = world.signed(&auditor, audit::VerifyAuditRequest::default());
    let mut told = audits.verify_audit(request).await.expect("verified").into_inner();
    let mut last = None;
    while let Some(answer) = told.message().await.expect("no fault") {
        last = answer.done;
    }
    let found = last.expect("the last message says what was found");
    assert_eq!((found.fault, found.service.as_str()), (None, "nation/issuance"));
}
