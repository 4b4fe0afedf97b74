//! What the audit (审计) holds, who may read it, and what is said when somebody has rewritten it.

use api::audit::v1 as audit;
use api::registration::v1 as wire;
use api::types::v1::ApplicationType;
use audit::AuditFaultKind as Kind;
use jiff::civil::date;
use postgres::sqlx::{self, AssertSqlSafe, Executor as _};
use postgres::{Tx, audit as shared};
use tokio_stream::StreamExt as _;
use tonic::Status;
use wire::MaterialKind;

use crate::story::{WATER, scan};
use crate::world::{Actor, World, id, in_role, officer, reason};

impl World {
    /// Chains what is committed; the service's own job does it too, and they take turns.
    async fn link_audit(&self) {
        let database = self.database.database().await;
        let linked = database
            .run_tx("link audit", async |tx: &mut Tx| shared::link(tx, 10_000).await)
            .await;
        linked.expect("linked");
    }

    async fn verify_audit(&self, actor: &Actor) -> Result<audit::VerifiedAudit, Status> {
        self.link_audit().await;
        let message = audit::VerifyAuditRequest::default();
        let mut told = self
            .audits()
            .verify_audit(self.signed(actor, message))
            .await?
            .into_inner();
        let mut last = None;
        while let Some(answer) = told.next().await {
            last = answer?.done;
        }
        Ok(last.expect("the last message says what was found"))
    }

    pub(crate) async fn export_audit(
        &self,
        actor: &Actor,
        message: audit::ExportAuditRequest,
    ) -> Result<Vec<String>, Status> {
        self.link_audit().await;
        let mut told = self
            .audits()
            .export_audit(self.signed(actor, message))
            .await?
            .into_inner();
        let mut text = Vec::new();
        while let Some(answer) = told.next().await {
            text.extend_from_slice(&answer?.lines);
        }
        let text = String::from_utf8(text).expect("JSON is UTF-8");
        Ok(text.lines().map(str::to_owned).collect())
    }

    async fn as_owner(&self, statement: &str) {
        let mut owner = self.database.owner_connection().await;
        owner
            .execute(sqlx::raw_sql(AssertSqlSafe(statement.to_owned())))
            .await
            .expect("the owner may do everything");
    }
}

fn offline(lines: &[String]) -> shared::Report {
    shared::verify_export(lines.iter().map(|line| Ok(line.clone()))).expect("an export")
}

#[tokio::test]
async fn who_read_which_material_is_recorded_by_kind_and_name_and_a_repetition_is_not_recorded_twice() {
    let world = World::start().await;
    let holder = world.person(1);
    let firm = world.firm("江苏水利建设有限公司", "32", 1);
    world.qualify(&holder, WATER, date(2022, 3, 1)).await;
    let draft = world
        .draft(&holder, ApplicationType::Initial, &[WATER], &firm.name)
        .await;
    let name = draft.expect("a draft").name;
    let attached = world
        .attach(
            &holder.actor,
            &name,
            MaterialKind::LabourContract,
            "application/pdf",
            &scan("contract"),
        )
        .await
        .expect("attached");
    let reader = officer("provinces/32");
    let message = wire::ReadMaterialRequest {
        name: attached.name.clone(),
    };
    let read = world
        .reviews()
        .read_material(world.signed(&reader, message))
        .await;
    read.expect("read");
    let message = wire::RequestEmploymentRequest {
        request_id: id(),
        name: name.clone(),
        commitment: false,
    };
    for _ in 0..2 {
        let request = world.signed(&holder.actor, message.clone());
        world
            .applications()
            .request_employment(request)
            .await
            .expect("handed over");
    }

    let auditor = in_role("AUDITOR", "provinces/32");
    let of = |verb: &str| audit::ExportAuditRequest {
        verb: verb.to_owned(),
        ..Default::default()
    };
    let lines = world
        .export_audit(&auditor, of("read_material"))
        .await
        .expect("exported");
    let told: Vec<_> = lines
        .iter()
        .filter(|line| line.contains(r#""line":"record""#))
        .collect();
    assert_eq!(told.len(), 1, "{lines:?}");
    assert!(
        told[0].contains("LABOUR_CONTRACT") && told[0].contains(&attached.name),
        "{told:?}"
    );
    assert!(told[0].contains(&format!("account/{}", reader.session())));
    assert_eq!(offline(&lines).faults, vec![]);

    let lines = world
        .export_audit(&auditor, of("request_employment"))
        .await
        .expect("exported");
    assert_eq!(offline(&lines).records, 1, "the repetition left no record");
    let whole = world
        .export_audit(&auditor, Default::default())
        .await
        .expect("exported")
        .join("\n");
    for secret in [&holder.person.full_name, &holder.person.document_number] {
        assert!(!whole.contains(secret.as_str()));
    }
}

#[tokio::test]
async fn auditors_alone_verify_and_export_and_only_their_own_province() {
    let world = World::start().await;
    for stranger in [
        officer("provinces/32"),
        officer("ministry"),
        in_role("HELP_DESK", "provinces/32"),
        world.person(1).actor,
    ] {
        assert_eq!(reason(world.verify_audit(&stranger).await), "CALLER_NOT_ALLOWED");
        let exported = world.export_audit(&stranger, Default::default()).await;
        assert_eq!(reason(exported), "CALLER_NOT_ALLOWED");
    }
    let neighbour = in_role("AUDITOR", "provinces/33");
    assert_eq!(reason(world.verify_audit(&neighbour).await), "PERMISSION_DENIED");
    for auditor in [in_role("AUDITOR", "provinces/32"), in_role("AUDITOR", "ministry")] {
        let found = world.verify_audit(&auditor).await.expect("verified");
        assert_eq!(
            (found.fault, found.service.as_str()),
            (None, "provinces/32/registration")
        );
    }
    let auditor = in_role("AUDITOR", "provinces/32");
    assert_eq!(
        reason(
            world
                .reviews()
                .list_work(world.signed(&auditor, wire::ListWorkRequest::default()))
                .await
        ),
        "CALLER_NOT_ALLOWED",
        "an auditor does nothing else"
    );
}

#[tokio::test]
async fn whoever_rewrites_the_audit_is_found_and_the_place_is_named() {
    let auditor = in_role("AUDITOR", "provinces/32");
    for (rewriting, kind, position) in [
        (
            "UPDATE shared.audit SET actor = 'account/somebody-else' WHERE id = (SELECT audit_id FROM shared.audit_link WHERE sequence = 2)",
            Kind::Altered,
            2,
        ),
        (
            "ALTER TABLE shared.audit_link DROP CONSTRAINT audit_link_record; DELETE FROM shared.audit WHERE id = (SELECT audit_id FROM shared.audit_link WHERE sequence = 2)",
            Kind::Missing,
            2,
        ),
        ("DELETE FROM shared.audit_link WHERE sequence = 2", Kind::Gap, 2),
        (
            "UPDATE shared.audit_link SET sequence = 900 WHERE sequence = 2;
             UPDATE shared.audit_link SET sequence = 2 WHERE sequence = 3;
             UPDATE shared.audit_link SET sequence = 3 WHERE sequence = 900",
            Kind::Broken,
            2,
        ),
        (
            "DELETE FROM shared.audit_link WHERE sequence > 2; UPDATE shared.audit_head SET sequence = 3",
            // What is linked next stands on the old head.
            Kind::Gap,
            3,
        ),
    ] {
        let world = World::start().await;
        let (holder, firm) = (world.person(1), world.firm("江苏水利建设有限公司", "32", 1));
        world.qualify(&holder, WATER, date(2022, 3, 1)).await;
        let draft = world
            .draft(&holder, ApplicationType::Initial, &[WATER], &firm.name)
            .await;
        let name = draft.expect("a draft").name;
        world
            .request_employment(&holder.actor, &name)
            .await
            .expect("handed over");
        let sound = world.verify_audit(&auditor).await.expect("verified");
        assert!(sound.fault.is_none() && sound.checked >= 3, "{sound:?}");
        let kept = world
            .export_audit(&auditor, Default::default())
            .await
            .expect("exported");
        assert_eq!(offline(&kept).faults, vec![]);

        world.as_owner(rewriting).await;
        let found = world.verify_audit(&auditor).await.expect("verified");
        let fault = found.fault.expect(rewriting);
        assert_eq!((fault.kind(), fault.position), (kind, position), "{rewriting}");
        let text = fault.text.expect("a text");
        assert!(text.zh.contains(&format!("第 {position} 号")), "{text:?}");
        let lines = world
            .export_audit(&auditor, Default::default())
            .await
            .expect("exported");
        let first = offline(&lines).faults.first().map(|fault| fault.position());
        assert_eq!(first, Some(position), "{rewriting}");
    }
}
