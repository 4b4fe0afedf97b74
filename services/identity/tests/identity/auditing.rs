//! What identity's audit (审计) holds, who may read it, and which roles open which methods here.

use api::audit::v1 as audit;
use api::identity::v1 as wire;
use postgres::sqlx::{self, Executor as _};
use postgres::{Tx, audit as shared};
use testkit::methods;
use tonic::{Request, Status};

use crate::world::{Citizen, PORTAL, VERIFICATION, World, grant_request, reason};

impl World {
    /// Chains what is committed; the service's own job does it too, and they take turns.
    async fn link_audit(&self) {
        let database = self.database.database().await;
        let link = async |tx: &mut Tx| shared::link(tx, 10_000).await;
        database.run_tx("link audit", link).await.expect("linked");
    }

    async fn verify_audit(
        &self,
        request: Request<audit::VerifyAuditRequest>,
    ) -> Result<audit::VerifiedAudit, Status> {
        self.link_audit().await;
        let mut told = self
            .door(PORTAL)
            .audits()
            .verify_audit(request)
            .await?
            .into_inner();
        let mut last = None;
        while let Some(answer) = told.message().await? {
            last = answer.done;
        }
        Ok(last.expect("the last message says what was found"))
    }

    async fn export_audit(&self, request: Request<audit::ExportAuditRequest>) -> Result<Vec<String>, Status> {
        self.link_audit().await;
        let mut told = self
            .door(PORTAL)
            .audits()
            .export_audit(request)
            .await?
            .into_inner();
        let mut text = Vec::new();
        while let Some(answer) = told.message().await? {
            text.extend_from_slice(&answer.lines);
        }
        let text = String::from_utf8(text).expect("JSON is UTF-8");
        Ok(text.lines().map(str::to_owned).collect())
    }

    /// Gives a role and signs its holder in anew.
    async fn grant(&self, administrator: &mut Citizen, to: &mut Citizen, role: wire::Role, authority: &str) {
        administrator.step_up(self).await;
        let request = grant_request(&to.account.name, role, authority);
        self.door(PORTAL)
            .access()
            .grant_role(administrator.says(request))
            .await
            .expect("granted");
        to.sign_in(self, &["nation"]).await;
    }
}

#[tokio::test]
async fn the_nation_s_auditors_alone_verify_and_export_and_what_they_ask_is_recorded() {
    let (world, [mut administrator, mut national, mut provincial, mut officer]) =
        World::with([1, 2, 3, 4]).await;
    world.appoint(&mut administrator).await;
    for (citizen, role, authority) in [
        (&mut national, wire::Role::Auditor, "ministry"),
        (&mut provincial, wire::Role::Auditor, "provinces/32"),
        (&mut officer, wire::Role::Officer, "ministry"),
    ] {
        world.grant(&mut administrator, citizen, role, authority).await;
    }
    for (stranger, refused) in [
        (&administrator, "CALLER_NOT_ALLOWED"),
        (&officer, "CALLER_NOT_ALLOWED"),
        (&provincial, "PERMISSION_DENIED"),
    ] {
        assert_eq!(
            reason(world.verify_audit(stranger.says(Default::default())).await),
            refused
        );
        assert_eq!(
            reason(world.export_audit(stranger.says(Default::default())).await),
            refused
        );
    }
    let service = world
        .door(VERIFICATION)
        .audits()
        .verify_audit(audit::VerifyAuditRequest::default())
        .await;
    assert_eq!(reason(service.map(|_| ())), "CALLER_NOT_ALLOWED", "nor a service");
    let foreign = audit::VerifyAuditRequest {
        service: "nation/seal".to_owned(),
        ..Default::default()
    };
    assert_eq!(
        reason(world.verify_audit(national.says(foreign)).await),
        "INVALID_ARGUMENT",
        "issuance relays that one"
    );

    let found = world
        .verify_audit(national.says(Default::default()))
        .await
        .expect("verified");
    assert_eq!((found.fault, found.service.as_str()), (None, "nation/identity"));
    assert!(found.checked >= 3, "three grants at least: {}", found.checked);
    let lines = world
        .export_audit(national.says(Default::default()))
        .await
        .expect("exported");
    let offline = shared::verify_export(lines.iter().map(|line| Ok(line.clone()))).expect("an export");
    assert_eq!(offline.faults, vec![]);
    let whole = lines.join("\n");
    for verb in ["grant_role", "verify_audit"] {
        assert!(whole.contains(&format!("\"{verb}\"")), "{verb} is on record");
    }
    for citizen in [&administrator, &national, &provincial, &officer] {
        assert!(!whole.contains(&citizen.person.full_name));
        assert!(!whole.contains(&citizen.person.document_number));
    }

    let rewriting = "UPDATE shared.audit SET actor = 'account/somebody-else'
        WHERE id = (SELECT audit_id FROM shared.audit_link WHERE sequence = 2)";
    let mut owner = world.database.owner_connection().await;
    owner
        .execute(sqlx::raw_sql(rewriting))
        .await
        .expect("the owner may do everything");
    let found = world
        .verify_audit(national.says(Default::default()))
        .await
        .expect("verified");
    let fault = found.fault.expect("the record was rewritten");
    assert_eq!(
        (fault.kind(), fault.position),
        (audit::AuditFaultKind::Altered, 2)
    );
}

#[tokio::test]
async fn auditors_help_desk_and_leaders_have_no_office_in_identity_beyond_the_audit() {
    let (world, [mut administrator, mut auditor, mut desk, mut leader]) = World::with([1, 2, 3, 4]).await;
    world.appoint(&mut administrator).await;
    for (citizen, role) in [
        (&mut auditor, wire::Role::Auditor),
        (&mut desk, wire::Role::HelpDesk),
        (&mut leader, wire::Role::Leader),
    ] {
        world
            .grant(&mut administrator, citizen, role, "provinces/32")
            .await;
    }
    let audits = [
        "audit.v1.AuditService/ExportAudit",
        "audit.v1.AuditService/VerifyAudit",
    ];
    for (citizen, open) in [(&auditor, &audits[..]), (&desk, &[]), (&leader, &[])] {
        let channel = world.door(PORTAL).channel;
        let found = methods::open_to(&channel, identity::allow_list(), || citizen.says(())).await;
        assert_eq!(found, open);
    }
    let role =
        |role: &str| serde_json::json!([{ "role": role, "authority": "provinces/32", "province": "32" }]);
    for (citizen, name) in [(&auditor, "AUDITOR"), (&desk, "HELP_DESK"), (&leader, "LEADER")] {
        assert_eq!(citizen.claims()["roles"], role(name));
    }
    let again = grant_request(&leader.account.name, wire::Role::Leader, "provinces/98");
    let unknown = world
        .door(PORTAL)
        .access()
        .grant_role(administrator.says(again))
        .await;
    assert_eq!(reason(unknown), "AUTHORITY_UNKNOWN");
    let by_leader = grant_request(&desk.account.name, wire::Role::Officer, "provinces/32");
    let refused = world
        .door(PORTAL)
        .access()
        .grant_role(leader.says(by_leader))
        .await;
    assert_eq!(reason(refused), "CALLER_NOT_ALLOWED", "a leader appoints nobody");
}
