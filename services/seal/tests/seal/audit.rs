//! The audit of the seals, which is told to `issuance` alone.

use api::audit::v1 as audit;
use api::audit::v1::audit_service_client::AuditServiceClient;
use postgres::audit as shared;
use service_runtime::tls::PeerChannel;

use crate::world::{World, intent, ofd, reason, signature};

fn audits(world: &World, caller: &str) -> AuditServiceClient<PeerChannel> {
    AuditServiceClient::new(world.channel(caller))
}

/// Chains what is committed; the service's own job does it too, and they take turns.
async fn link_audit(world: &World) {
    let database = world.database.database().await;
    let link = async |tx: &mut postgres::Tx| shared::link(tx, 10_000).await;
    database.run_tx("link audit", link).await.expect("linked");
}

async fn verify_audit(world: &World) -> audit::VerifiedAudit {
    link_audit(world).await;
    let request = audit::VerifyAuditRequest::default();
    let answer = audits(world, "nation/issuance").verify_audit(request).await;
    let mut told = answer.expect("issuance may").into_inner();
    let mut last = None;
    while let Some(answer) = told.message().await.expect("no fault") {
        last = answer.done;
    }
    last.expect("the last message says what was found")
}

/// `issuance` relays to auditors what `seal`, which verifies no tokens, tells to it alone.
#[tokio::test]
async fn the_audit_is_told_to_issuance_alone_and_a_rewritten_record_is_found() {
    let world = World::new().await;
    let intent = intent();
    signature(&world.sign(vec![ofd(&intent, [1; 32])]).await[0]);
    reason(&world.sign(vec![ofd(&intent, [2; 32])]).await[0]);
    for stranger in ["nation/verification", "nation/identity"] {
        let mut audits = audits(&world, stranger);
        let verified = audits.verify_audit(audit::VerifyAuditRequest::default()).await;
        let exported = audits.export_audit(audit::ExportAuditRequest::default()).await;
        for status in [verified.err(), exported.err()] {
            let status = status.expect("refused");
            let info = tonic_types::StatusExt::get_details_error_info(&status).expect("a reason");
            assert_eq!(info.reason, "CALLER_NOT_ALLOWED", "{stranger}");
        }
    }
    let found = verify_audit(&world).await;
    assert_eq!((found.fault, found.service.as_str()), (None, "nation/seal"));

    link_audit(&world).await;
    let exported = audits(&world, "nation/issuance")
        .export_audit(audit::ExportAuditRequest::default())
        .await;
    let mut told = exported.expect("exported").into_inner();
    let mut text = Vec::new();
    while let Some(answer) = told.message().await.expect("no fault") {
        text.extend_from_slice(&answer.lines);
    }
    let text = String::from_utf8(text).expect("JSON is UTF-8");
    let offline = shared::verify_export(text.lines().map(|line| Ok(line.to_owned()))).expect("an export");
    assert_eq!(offline.faults, vec![]);
    for told in ["\"sign_documents\"", "INTENT_DIGEST_DIFFERS", "\"verify_audit\""] {
        assert!(text.contains(told), "{told} is on record");
    }

    let mut owner = world.database.owner_connection().await;
    let rewriting = "UPDATE shared.audit SET actor = 'service/somebody-else'
        WHERE id = (SELECT audit_id FROM shared.audit_link WHERE sequence = 1)";
    sqlx::query(rewriting)
        .execute(&mut owner)
        .await
        .expect("the owner may");
    let fault = verify_audit(&world)
        .await
        .fault
        .expect("the record was rewritten");
    assert_eq!(
        (fault.kind(), fault.position),
        (audit::AuditFaultKind::Altered, 1)
    );
}
