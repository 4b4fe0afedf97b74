//! From scan to verdict, and from signing in to a use copy, on the running system in a real browser of a phone's size.
//!
//! ```text
//!  printed use copy ─▶ QR code ─▶ portal ─▶ verification ◀─ feed ─ issuance
//!  holder ─▶ portal (/my) ─▶ identity, issuance
//! ```

use api::issuance::v1::{DocumentFormat, Purpose, certificate};
use api::types::v1::Position;
use browser::{Browser, Expected, code_of, make_a_copy, scan_to_verdict, sign_in};
use harness::{PROVINCE, Role, World};
use service_runtime::tls::Gate;
use testkit::actors::Holder;
use testkit::story::Silent;

/// A use copy of the current certificate as PDF, once its documents are sealed.
async fn printed_copy(holder: &mut Holder, seen: &Position, reference: &str) -> Vec<u8> {
    let current = loop {
        let mut certificates = holder
            .certificates(Some(seen.clone()))
            .await
            .expect("the holder's own")
            .into_iter();
        let current = certificates.find(|one| one.superseded_at.is_none());
        match current.filter(|one| one.state() == certificate::State::Issued) {
            Some(current) => break current,
            // Bounded by the runner's time for a test: the wire has no position for documents.
            None => tokio::task::yield_now().await,
        }
    };
    let copy = holder.create_use_copy(
        &current.name,
        Purpose::Inspection,
        reference,
        "无锡市建设工程质量监督站",
    );
    let name = copy.await.expect("a use copy").copy.expect("with its name").name;
    holder
        .download(&name, DocumentFormat::Pdf)
        .await
        .expect("the PDF")
        .1
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_inspector_scans_a_printed_copy_and_reads_the_verdict() {
    let world = World::start().await;
    let mut stage = world.stage().await;
    let mut holder = stage.holder(0).await.expect("enrolled");
    let announced = stage
        .register_initially(&mut holder, &mut Silent)
        .await
        .expect("registered");
    let before = world.folder().join("before.pdf");
    std::fs::write(
        &before,
        printed_copy(&mut holder, &announced.position, "检查一").await,
    )
    .expect("written");
    let changed = stage
        .change_employer(&mut holder, &mut Silent)
        .await
        .expect("changed");
    let now = world.folder().join("now.pdf");
    std::fs::write(&now, printed_copy(&mut holder, &changed.position, "检查二").await).expect("written");
    let seen = stage
        .checker
        .by_number(&changed.registration_number, Some(changed.position))
        .await;
    seen.expect("the replica has seen the change");

    let portal = world.fleet.deployment().listen(&Role::Portal, Gate::Public);
    let browser = Browser::start().await.expect("Chromium starts");
    let code = code_of(&now).await.expect("the code can be read off the page");
    let expected = Expected {
        scanned: "有效",
        uploaded: "已被新版本取代",
        shown: true,
    };
    let walked = scan_to_verdict(&browser, &format!("http://{portal}"), &code, &before, expected).await;
    walked.expect("from scan to verdict");
    let code = holder.citizen.code();
    let person = &holder.citizen.person;
    let known = (person.document_number.as_str(), person.password.as_str());
    let signed_in = sign_in(&browser, &format!("http://{portal}"), known, &code).await;
    signed_in.expect("at the desk");
    let made = make_a_copy(&browser, &holder.citizen.code(), "苏州市建设局").await;
    made.expect("from the desk to the copy");
    browser.close().await.expect("Chromium leaves");
    assert_eq!(stage.province, PROVINCE);
    world.stop().await;
}
