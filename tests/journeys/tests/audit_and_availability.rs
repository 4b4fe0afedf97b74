//! A holder asks at each stage, the help desk answers a caller, and an auditor finds who rewrote the audit.
//!
//! ```text
//!  holder ───asks──▶ where it stands, who acts next, by when          (draft … 公示 … 公告 … can be downloaded)
//!  caller ──▶ help desk ──types──▶ the same step, and nothing of the file
//!  officer ──reads a material──▶ recorded by kind and name ──chained──▶ auditor: sound
//!  somebody with the owner's rights ──rewrites one record──▶ auditor: which one; the exported file says it offline
//! ```
//!
//! Proves: nobody gets an unexplained "not found"; a name without its number tells nothing; every reading of personal
//! material is in the audit; the audits of province, identity, issuance and seal verify; a manipulated one is found and its
//! place is named, by the service and by the file alone.

use api::audit::v1::AuditFaultKind;
use api::registration::v1::{
    AvailabilityActor as Who, AvailabilityStep as Step, ExplainAvailabilityResponse,
};
use api::types::v1::Specialty;
use harness::{Role, World};
use journeys::books::Books;
use journeys::refusal;
use testkit::actors::{Audited, Auditor, HelpDesk, Holder};
use testkit::stage::Stage;
use testkit::story::Silent;

const WATER: &[Specialty] = &[Specialty::WaterAndHydropower];
/// The chain is made, and documents are, by jobs that the wire has no position for.
const LOOKS: u32 = 400;
const PAUSE: std::time::Duration = std::time::Duration::from_millis(50);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everybody_is_told_where_it_stands_and_whoever_rewrites_the_audit_is_found() {
    let world = World::start().await;
    let mut stage = world.stage().await;
    let mut desk = stage.help_desk(0, "provinces/32").await.expect("in office");
    let mut auditor = stage.auditor(1, "ministry").await.expect("in office");
    let mut holder = stage.holder(0).await.expect("enrolled");

    explained(&holder, Step::NoQualification, Who::Person).await;
    let application = stage
        .submit_initial(&holder, &mut Silent)
        .await
        .expect("submitted");
    let told = explained(&holder, Step::CompletenessCheck, Who::AcceptingAuthority).await;
    assert_eq!(
        (told.application.as_str(), told.actor_names),
        (application.as_str(), vec!["provinces/32".to_owned()])
    );
    a_caller_is_answered(&desk, &holder, &told.due_on).await;
    an_officer_reads_a_paper(&stage, &holder, &application).await;

    stage
        .examine(&application, WATER, &mut Silent)
        .await
        .expect("granted");
    explained(&holder, Step::AwaitingPublicity, Who::AnnouncingAuthority).await;
    stage
        .publicise(&mut [&mut holder], &[&application], &mut Silent)
        .await
        .expect("cleared");
    explained(&holder, Step::AwaitingAnnouncement, Who::AnnouncingAuthority).await;
    stage.announcing.publish(&application).await.expect("announced");
    until_available(&holder).await;

    desk.citizen.sign_in().await.expect("signed in");
    let told = ask(&desk, &holder.citizen.person.full_name, &holder).await;
    assert_eq!(
        (told.step(), told.licence_identifier.as_str()),
        (Step::Available, "")
    );
    auditor.citizen.sign_in().await.expect("signed in");
    the_audits_hold(&auditor, &application).await;
    a_rewritten_record_is_found(&world, &auditor).await;
    world.stop().await;
}

/// The step, who acts next, and what the person can do, Chinese first.
async fn explained(holder: &Holder, step: Step, who: Who) -> ExplainAvailabilityResponse {
    let told = holder.explain().await.expect("explained");
    assert_eq!((told.step(), told.actor()), (step, who), "{told:?}");
    assert!(told.next.as_ref().is_some_and(|next| !next.zh.is_empty()));
    told
}

async fn ask(desk: &HelpDesk, name: &str, holder: &Holder) -> ExplainAvailabilityResponse {
    let number = &holder.citizen.person.document_number;
    desk.ask("32", name, number).await.expect("answered")
}

async fn a_caller_is_answered(desk: &HelpDesk, holder: &Holder, due_on: &Option<api::types::v1::Date>) {
    let told = ask(desk, &holder.citizen.person.full_name, holder).await;
    assert_eq!(
        (told.step(), told.actor()),
        (Step::CompletenessCheck, Who::AcceptingAuthority)
    );
    assert!(
        told.due_on == *due_on && told.due_on.is_some(),
        "by when, in working days"
    );
    assert_eq!(told.application, "", "the file is the person's");
    let told = ask(desk, "欧阳不是", holder).await;
    assert_eq!(told.step(), Step::NameDiffers);
    assert!(told.next.expect("a text").zh.contains("更正"));
    let stranger = testkit::people::Person::synthetic(4_000).document_number;
    let known = desk
        .ask("32", &holder.citizen.person.full_name, &stranger)
        .await
        .expect("answered");
    let unknown = desk.ask("32", "欧阳不是", &stranger).await.expect("answered");
    assert_eq!(known, unknown, "a name without its number tells nothing");
    assert_eq!(known.step(), Step::NoQualification);
}

async fn an_officer_reads_a_paper(stage: &Stage, holder: &Holder, application: &str) {
    let shown = holder.application(application).await.expect("own");
    let material = shown
        .materials
        .first()
        .expect("papers were attached")
        .name
        .clone();
    let message = api::registration::v1::ReadMaterialRequest { name: material };
    let officer = &stage.accepting.citizen;
    let mut content = officer
        .door
        .reviews("32")
        .read_material(officer.request(message))
        .await
        .expect("an officer of the province reads")
        .into_inner();
    assert!(content.message().await.expect("a chunk").is_some());
}

async fn until_available(holder: &Holder) {
    for _ in 0..LOOKS {
        if holder.explain().await.expect("explained").step() == Step::Available {
            return;
        }
        tokio::time::sleep(PAUSE).await;
    }
    panic!("the certificate did not become available");
}

const EVERYBODY: [Audited<'static>; 4] = [
    Audited::Province("32"),
    Audited::Identity,
    Audited::Issuance,
    Audited::Seal,
];

async fn the_audits_hold(auditor: &Auditor, application: &str) {
    for whose in EVERYBODY {
        let found = auditor.verify(whose).await.expect("verified");
        assert_eq!(found.fault, None, "{whose:?}");
        assert!(found.checked > 0, "{whose:?} has acted: {found:?}");
    }
    let mut read = Vec::new();
    for _ in 0..LOOKS {
        read = auditor
            .export(Audited::Province("32"), "read_material")
            .await
            .expect("exported");
        if String::from_utf8_lossy(&read).contains("\"line\":\"record\"") {
            break;
        }
        tokio::time::sleep(PAUSE).await;
    }
    let read = String::from_utf8(read).expect("JSON is UTF-8");
    assert!(
        read.contains(&format!("{application}/materials/")),
        "who read which paper"
    );
    assert!(!read.contains("%PDF"));
    let foreign = auditor.citizen.door.reviews("32");
    let mut foreign = foreign;
    let message = api::registration::v1::ListWorkRequest::default();
    let refused = foreign.list_work(auditor.citizen.request(message)).await;
    assert_eq!(
        refusal(refused.map(|_| ())),
        "CALLER_NOT_ALLOWED",
        "an auditor does nothing else"
    );
}

async fn a_rewritten_record_is_found(world: &World, auditor: &Auditor) {
    let whose = Audited::Province("32");
    let before = auditor.export(whose, "").await.expect("exported");
    assert!(offline(world, "before.jsonl", &before).contains("审计链完整"));

    let role = Role::Registration("32".to_owned());
    let books = Books::open(world, &role).await;
    books
        .rewrite(
            "UPDATE shared.audit SET actor = 'account/somebody-else'
             WHERE id = (SELECT audit_id FROM shared.audit_link WHERE sequence = 5)",
        )
        .await;
    let found = auditor.verify(whose).await.expect("verified");
    let fault = found.fault.expect("a manipulated audit is found");
    assert_eq!((fault.kind(), fault.position), (AuditFaultKind::Altered, 5));
    assert!(fault.text.expect("a text").zh.contains("第 5 号记录"));
    let after = auditor.export(whose, "").await.expect("exported");
    let said = offline(world, "after.jsonl", &after);
    assert!(
        said.contains("ALTERED 第 5 号记录") && said.contains("审计被改动"),
        "{said}"
    );
}

/// What the program says of a file, with nothing but the file.
fn offline(world: &World, name: &str, file: &[u8]) -> String {
    let path = world.folder().join(name);
    std::fs::write(&path, file).expect("written");
    let program = harness::program::built().expect("built");
    let output = std::process::Command::new(program)
        .args(["audit", "verify"])
        .arg(&path)
        .output()
        .expect("it runs");
    String::from_utf8_lossy(&output.stdout).into_owned()
}
