//! Use copies (加注件) among holders, their employer and whoever gets them.
//!
//! ```text
//!  holder 1 ── makes them, up to the limit of a day ─┐
//!  holder 2 ── consents (长期授权) to tenders ────────┼──▶ employer A packs for a tender ──▶ checker
//!  holder 3 ── is asked, approves at the portal ─────┘
//!  holder 2 ── changes to employer B: the consent is dead, the copy superseded
//! ```
//!
//! Proves: the limit of a day is told to the holder with its text; a package holds what holders made for its recipient
//! and what a consent allows, and asks the others; every file in it is valid and says until when; one copy is revoked
//! alone; a status list tells a stranger with the bare file, offline, of a revoked copy, of one that has expired, and of the version's that it
//! goes on; the log proves originals and copies offline, by the witnesses of both provinces, and is sound as served; an employment that ends takes its consents along; a checker is told apart a copy that has expired, one that
//! was revoked and one of a superseded version.

use std::net::SocketAddr;

use api::issuance::v1 as issuance;
use api::issuance::v1::{Certificate, MissingReason};
use api::verification::v1::Verdict;
use harness::{Role, World};
use jiff::{Span, ToSpan as _};
use journeys::certificates::{RECIPIENT, both, file_known, issued, tender_copy};
use journeys::desk::Desk;
use journeys::listing::{Outsider, Said};
use journeys::{logged, particular, reason, refusal, refused};
use service_runtime::clock::start_of;
use service_runtime::tls::Gate;
use testkit::actors::{Holder, Package};
use testkit::stage::Stage;
use testkit::story::{Announced, Silent, wire_day};

const TENDER: &str = "JS-2026-0412";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn copies_go_where_their_holders_want_them_and_say_why_they_are_of_no_use_any_more() {
    let world = World::start_back(1.years().days(110)).await;
    let mut stage = world.stage().await;
    let mut own = stage.holder(0).await.expect("enrolled");
    let mut consenting = stage.holder(1).await.expect("enrolled");
    let mut asked = stage.holder(2).await.expect("enrolled");
    let announced = stage
        .register_together(&mut [&mut own, &mut consenting, &mut asked])
        .await
        .expect("registered");
    sign_in(&mut stage, &mut [&mut own, &mut consenting, &mut asked]).await;
    let mut certificates = Vec::new();
    for (holder, announced) in [&own, &consenting, &asked].into_iter().zip(&announced) {
        certificates.push(issued(holder, Some(announced.position.clone())).await);
    }

    logged::original(&world, &own, &certificates[0].name).await;
    let copies = up_to_the_limit(&mut own, &certificates[0]).await;
    logged::copy(&world, &stage.checker, &mut own, &copies[0]).await;
    let package = the_package(&mut stage, (&own, &mut consenting, &asked), &copies[0]).await;
    every_file_is_valid(&stage, &package).await;
    let portal = world.fleet.deployment().listen(&Role::Portal, Gate::Public);
    approval_at_the_desk_completes_it(&mut stage, &mut asked, portal).await;
    let outsider = Outsider::of(&world);
    one_is_revoked_alone(&stage, &mut own, &copies, &outsider).await;
    employment_ends(&mut stage, &mut consenting, &certificates[1]).await;
    half_a_year_later(&mut stage, &mut own, (&certificates[0], &copies), &outsider).await;
    assert!(
        announced
            .iter()
            .all(|one: &Announced| !one.registration_number.is_empty())
    );
    world.stop().await;
}

async fn sign_in(stage: &mut Stage, holders: &mut [&mut Holder]) {
    stage.sign_in_again().await.expect("signed in");
    for holder in holders {
        holder.citizen.sign_in().await.expect("signed in");
    }
}

/// Five different ones, of which the same wish gives the same; the sixth is refused, and says why in Chinese.
async fn up_to_the_limit(holder: &mut Holder, certificate: &Certificate) -> Vec<String> {
    let mut copies = Vec::new();
    for reference in [TENDER, "JS-2", "JS-3", "JS-4", "JS-5"] {
        let copy = tender_copy(holder, &certificate.name, reference)
            .await
            .expect("a copy");
        assert_eq!(copy.usability(), issuance::use_copy::Usability::Usable);
        copies.push(copy.name);
    }
    let again = tender_copy(holder, &certificate.name, TENDER)
        .await
        .expect("the same");
    assert_eq!(again.name, copies[0]);
    let status = refused(tender_copy(holder, &certificate.name, "JS-6").await);
    assert_eq!(reason(&status), "USE_COPY_LIMIT_REACHED");
    assert!(particular(&status, "text_zh").contains("每日5次"));
    assert_eq!(
        holder
            .use_copies(&certificate.name)
            .await
            .expect("their own")
            .len(),
        5
    );
    copies
}

async fn the_package(
    stage: &mut Stage,
    (own, consenting, asked): (&Holder, &mut Holder, &Holder),
    made: &str,
) -> Package {
    let employer = stage.employer_a.employer.name.clone();
    let today = consenting.citizen.door.clock.today();
    let end = wire_day(today.saturating_add(300.days()));
    let other = consenting
        .consent_to_tenders(&stage.employer_b.employer.name, end)
        .await;
    assert_eq!(refusal(other), "CONSENT_NOT_TO_EMPLOYER");
    consenting
        .consent_to_tenders(&employer, end)
        .await
        .expect("a consent");

    let package = stage
        .employer_a
        .package_for_tender(TENDER, RECIPIENT, &[])
        .await
        .expect("a package");
    let person = |holder: &Holder| holder.citizen.person_name.clone();
    assert_eq!(
        package.copy(&person(own)).map(|copy| copy.copy.as_str()),
        Some(made)
    );
    assert!(
        package
            .copy(&person(consenting))
            .is_some_and(|copy| copy.by_consent)
    );
    assert_eq!(package.missing(&person(asked)), Some(MissingReason::HolderAsked));
    let steps = package.progress.iter().map(issuance::PackageProgress::step);
    assert_eq!(steps.count(), 6, "three people, looked into and packed");
    let used = &consenting.consents().await.expect("their own")[0];
    assert_eq!((used.uses, used.last_used_at.is_some()), (1, true));

    let strange = [person(own)];
    let strange = [strange[0].as_str()];
    let theirs = stage
        .employer_b
        .package_for_tender(TENDER, RECIPIENT, &strange)
        .await;
    let theirs = theirs.expect("a package of nobody");
    assert_eq!(theirs.missing(strange[0]), Some(MissingReason::NotMember));
    package
}

async fn every_file_is_valid(stage: &Stage, package: &Package) {
    let mut files = entries(&package.file);
    let (name, manifest) = files.pop().expect("a manifest");
    assert_eq!(name, "manifest.json");
    assert_eq!(files.len(), 4, "two people, two formats");
    let manifest = String::from_utf8(manifest).expect("it is text");
    for (name, content) in files {
        assert!(manifest.contains(&name), "{name}");
        let answer = file_known(&stage.checker, &content).await;
        assert_eq!(answer.verdict(), Verdict::Valid, "{name}: {:?}", answer.findings);
        assert!(answer.use_period.expect("a copy").within);
    }
}

/// The holder signs in at the portal, reads the request and approves; the registrar signs in there and takes the file.
async fn approval_at_the_desk_completes_it(stage: &mut Stage, asked: &mut Holder, portal: SocketAddr) {
    let citizen = &mut asked.citizen;
    let desk = Desk::sign_in(portal, citizen);
    let page = desk.page();
    assert!(
        page.text().contains("待您答复") && page.text().contains(RECIPIENT),
        "{}",
        page.text()
    );
    let requests = asked.copy_requests().await.expect("their own");
    assert_eq!(requests.len(), 1);
    let approve = [("name", requests[0].name.as_str()), ("answer", "approve")];
    assert_eq!(
        desk.post_foreign("/my/requests", &approve).status,
        400,
        "not a form of ours"
    );
    let early = desk.post("/my/requests", &approve);
    assert!(
        early.status == 400 && early.text().contains("重新验证身份"),
        "{}",
        early.text()
    );
    desk.step_up(&mut asked.citizen);
    let approved = desk.post("/my/requests", &approve);
    assert_eq!(approved.status, 303, "{}", approved.text());
    let page = desk.page().text();
    assert!(page.contains("已同意") && page.contains("可使用"), "{page}");

    let certificate = desk.page().hidden("name");
    let shown = desk.post("/my/preview", &[("name", &certificate)]);
    assert!(
        shown.status == 200 && shown.text().contains("src=\"data:image/jpeg;base64,"),
        "{}",
        shown.text()
    );

    let registrar = &mut stage.employer_a.citizen;
    let desk = Desk::sign_in(portal, registrar);
    desk.step_up(registrar);
    let employer = stage.employer_a.employer.name.clone();
    let fields = [
        ("employer", employer.as_str()),
        ("purpose", "TENDER"),
        ("reference", TENDER),
        ("recipient", RECIPIENT),
    ];
    let made = desk.post("/my/packages", &fields);
    assert!(made.text().contains("包内 3 人，缺少 0 人"), "{}", made.text());
    let request = made.hidden("request_id");
    let mut again = vec![("request_id", request.as_str())];
    again.extend_from_slice(&fields);
    let file = desk.post("/my/packages/file", &again);
    assert_eq!(
        entries(&file.body).len(),
        7,
        "three people, two formats, one manifest"
    );
    assert_eq!(desk.post("/my/sign-out", &[]).status, 303);
    assert_eq!(desk.post("/my/packages", &fields).status, 401, "signed out");
    sign_in(stage, &mut [asked]).await;
}

async fn one_is_revoked_alone(stage: &Stage, own: &mut Holder, copies: &[String], outsider: &Outsider) {
    present(own).await;
    let (revoked, _) = both(own, &copies[1]).await;
    let (living, _) = both(own, &copies[2]).await;
    assert_eq!(
        file_known(&stage.checker, &revoked).await.verdict(),
        Verdict::Valid
    );
    let answer = own
        .revoke_use_copy(&copies[1], "误发")
        .await
        .expect("it is theirs");
    assert_eq!(answer.copy.expect("answered").revocation_reason, "误发");
    let seen = answer.position;
    let verdict = stage
        .checker
        .file(&revoked, seen.clone())
        .await
        .expect("answered");
    assert_eq!(verdict.verdict(), Verdict::CopyRevoked, "{:?}", verdict.findings);
    let verdict = stage.checker.file(&living, seen.clone()).await.expect("answered");
    assert_eq!(verdict.verdict(), Verdict::Valid);
    // Each copy has a place of its own in the list.
    let list = outsider.list(&seen.expect("every act has its position")).await;
    let now = own.citizen.door.clock.now();
    assert_eq!(
        outsider.verify(&revoked, &list, now),
        Said::new(1, "LISTED_INVALID ENDED", "INVALID")
    );
    assert_eq!(
        outsider.verify(&living, &list, now),
        Said::new(0, "VALID CURRENT", "VALID")
    );
}

/// The employment with A ends: its consent is dead, its package lacks the person, the copy made by it is superseded.
async fn employment_ends(stage: &mut Stage, holder: &mut Holder, certificate: &Certificate) {
    present(holder).await;
    let copies = holder.use_copies(&certificate.name).await.expect("their own");
    let (paper, _) = both(holder, &copies[0].name).await;
    later(stage, &mut [holder], 20.days()).await;
    let announced = stage
        .change_employer(holder, &mut Silent)
        .await
        .expect("announced");
    sign_in(stage, &mut [holder]).await;
    let consents = holder.consents().await.expect("their own");
    assert_eq!(
        consents[0].state(),
        issuance::standing_consent::State::EmploymentEnded
    );
    let answer = stage
        .checker
        .file(&paper, Some(announced.position.clone()))
        .await
        .expect("answered");
    assert_eq!(answer.verdict(), Verdict::Superseded, "{:?}", answer.findings);

    let person = holder.citizen.person_name.clone();
    let former = stage
        .employer_a
        .package_for_tender(TENDER, RECIPIENT, &[&person])
        .await;
    assert_eq!(
        former.expect("a package").missing(&person),
        Some(MissingReason::NotMember)
    );
    issued(holder, Some(announced.position)).await;
    let present = stage.employer_b.package_for_tender(TENDER, RECIPIENT, &[]).await;
    assert_eq!(
        present.expect("a package").missing(&person),
        Some(MissingReason::HolderAsked)
    );
}

async fn half_a_year_later(
    stage: &mut Stage,
    own: &mut Holder,
    (certificate, copies): (&Certificate, &[String]),
    outsider: &Outsider,
) {
    present(own).await;
    let (paper, _) = both(own, &copies[0]).await;
    let (original, _) = both(own, &certificate.name).await;
    later(stage, &mut [own], 181.days()).await;
    let answer = stage.checker.file(&paper, None).await.expect("answered");
    assert_eq!(answer.verdict(), Verdict::CopyExpired, "{:?}", answer.findings);
    let now = own.citizen.door.clock.now();
    let seen = answer
        .as_of
        .and_then(|as_of| as_of.position)
        .expect("as of a position");
    let today = start_of(own.citizen.door.clock.today());
    let list = outsider.list_signed_since(&seen, today).await;
    assert_eq!(
        outsider.verify(&paper, &list, now),
        Said::new(1, "COPY_EXPIRED ENDED", "INVALID"),
        "by time alone"
    );
    assert_eq!(
        outsider.verify(&original, &list, now),
        Said::new(0, "VALID CURRENT", "VALID"),
        "the version goes on"
    );
    let person = own.citizen.person_name.clone();
    let package = stage
        .employer_a
        .package_for_tender(TENDER, RECIPIENT, &[&person])
        .await;
    assert_eq!(
        package.expect("a package").missing(&person),
        Some(MissingReason::HolderAsked)
    );
}

/// Signed in and stepped up again: the others' codes have moved the clock on.
async fn present(holder: &mut Holder) {
    holder.citizen.sign_in().await.expect("signed in");
    holder.citizen.step_up().await.expect("proved");
}

async fn later(stage: &mut Stage, holders: &mut [&mut Holder], by: Span) {
    let clock = holders[0].citizen.door.clock.clone();
    clock.advance_to_morning_of(clock.today().saturating_add(by));
    sign_in(stage, holders).await;
}

/// Names and contents of a ZIP file of stored entries, read by their local headers.
fn entries(file: &[u8]) -> Vec<(String, Vec<u8>)> {
    let field = |at: usize, bytes: usize| {
        let part = file[at..at + bytes].iter().rev();
        part.fold(0_usize, |number, byte| number << 8 | usize::from(*byte))
    };
    let (mut at, mut found) = (0, Vec::new());
    while file[at..].starts_with(b"PK\x03\x04") {
        let (size, name) = (field(at + 18, 4), field(at + 26, 2));
        let (name, content) = file[at + 30..at + 30 + name + size].split_at(name);
        found.push((String::from_utf8(name.to_vec()).expect("ASCII"), content.to_vec()));
        at += 30 + name.len() + size;
    }
    found
}
