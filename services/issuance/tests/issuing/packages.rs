//! Employers' packages: what is in them, what is missing, and what the holders see of it.

use std::time::Duration;

use api::issuance::v1 as wire;
use api::types::v1::Date;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;
use wire::MissingReason;

use crate::door::{Door, Package, reason};
use crate::world::{Holder, Proof, World};

const TENDER: &str = "JS-2026-0412";
const RECIPIENT: &str = "无锡市公共资源交易中心";
const END: Date = Date {
    year: 2026,
    month: 12,
    day: 31,
};

fn request(employer: Uuid, persons: &[&Holder]) -> wire::PackageEmployerCertificatesRequest {
    wire::PackageEmployerCertificatesRequest {
        request_id: Uuid::new_v4().to_string(),
        employer: format!("employers/{employer}"),
        purpose: wire::Purpose::Tender.into(),
        purpose_reference: TENDER.to_owned(),
        recipient: RECIPIENT.to_owned(),
        persons: persons
            .iter()
            .map(|holder| format!("persons/{}", holder.person))
            .collect(),
        formats: Vec::new(),
    }
}

async fn packed(door: &Door, request: wire::PackageEmployerCertificatesRequest) -> Package {
    door.package(request).await.expect("a package")
}

fn manifest(package: &Package) -> Value {
    let entries = package.entries();
    let (name, content) = entries.last().expect("a manifest");
    assert_eq!(name, "manifest.json");
    serde_json::from_slice(content).expect("it is JSON")
}

/// Each file of the manifest lies in the package with that digest and size, and no other does.
fn agrees(package: &Package) {
    let (manifest, entries) = (manifest(package), package.entries());
    let files = manifest["files"].as_array().expect("a list");
    assert_eq!(files.len() + 1, entries.len());
    for (file, (name, content)) in files.iter().zip(&entries) {
        assert_eq!(file["name"], name.as_str());
        assert_eq!(file["sha256"], hex::encode(Sha256::digest(content)));
        assert_eq!(file["size"], content.len());
    }
    assert_eq!(
        package.content.sha256,
        hex::encode(Sha256::digest(&package.bytes))
    );
}

#[tokio::test]
async fn a_package_holds_own_copies_and_consented_ones_and_asks_the_others() {
    let world = World::new().await;
    let (employer, elsewhere) = (Uuid::new_v4(), Uuid::new_v4());
    let own = world.employed("张伟民", employer).await;
    let consented = world.employed("李秀英", employer).await;
    let silent = world.employed("王建国", employer).await;
    let stranger = world.employed("赵铁柱", elsewhere).await;
    let door = world.holder(&own, Proof::SteppedUp);
    let made = door.copy(&own, TENDER, RECIPIENT).await.expect("a copy");
    let made = made.copy.expect("it is answered").name;
    let consenting = world.holder(&consented, Proof::SteppedUp);
    let given = consenting
        .consent_to_tenders(employer, END)
        .await
        .expect("a consent");

    let registrar = world.registrar(employer);
    let everybody = request(employer, &[&own, &consented, &silent, &stranger]);
    let package = packed(&registrar, everybody.clone()).await;
    assert_eq!(
        package.copy(&own).map(|copy| (&copy.copy, copy.by_consent)),
        Some((&made, false))
    );
    let by_consent = package.copy(&consented).expect("made on the fly");
    assert!(by_consent.by_consent);
    assert_eq!(package.missing(&silent), Some(MissingReason::HolderAsked));
    assert_eq!(package.missing(&stranger), Some(MissingReason::NotMember));
    let shown = |holder| {
        let member = package.absent(holder).expect("missing");
        (
            member.masked_name.as_str(),
            !member.registration_number.is_empty(),
        )
    };
    assert_eq!(
        shown(&silent),
        ("王**", true),
        "its own people by number and masked name"
    );
    assert_eq!(shown(&stranger), ("", false), "of nobody else anything");
    let last = package.progress.last().expect("progress is told");
    assert_eq!((last.done, last.total), (4, 4));
    agrees(&package);
    let names: Vec<_> = package.entries().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names[0], format!("0001/{}.ofd", own.identifier));
    assert_eq!(names[3], format!("0002/{}.pdf", consented.identifier));
    let told = manifest(&package);
    assert_eq!(told["files"][2]["by_consent"], true);
    assert!(
        !told.to_string().contains(&silent.person.to_string()),
        "who is missing stays inside"
    );

    what_the_consenting_holder_sees(&world, &consenting, &given, by_consent).await;
    let again = packed(&registrar, everybody).await;
    assert_eq!(again.bytes, package.bytes, "the same request gives the same file");
    assert_eq!(
        world.count("SELECT count(*) FROM issuing.use_copy").await,
        2,
        "and makes nothing twice"
    );
    assert_eq!(world.count("SELECT count(*) FROM issuing.consent_use").await, 1);
    assert_eq!(world.count("SELECT count(*) FROM issuing.copy_request").await, 1);
}

async fn what_the_consenting_holder_sees(
    world: &World,
    door: &Door,
    given: &wire::StandingConsent,
    copy: &wire::PackagedCopy,
) {
    let uses = wire::ListConsentUsesRequest {
        consent: given.name.clone(),
        ..Default::default()
    };
    let uses = door.consents().list_consent_uses(door.request(uses)).await;
    let uses = uses.expect("their own").into_inner().uses;
    assert_eq!(uses.len(), 1);
    assert_eq!(uses[0].copy, copy.copy);
    let (certificate, _) = copy.copy.split_once("/copies/").expect("a copy's name");
    let list = wire::ListUseCopiesRequest {
        certificate: certificate.to_owned(),
        ..Default::default()
    };
    let copies = door.client().list_use_copies(door.request(list)).await;
    assert_eq!(
        copies.expect("their own").into_inner().copies[0].consent,
        given.name
    );
    for (kind, addressee) in [("CONSENT_USED", "persons"), ("COPY_REQUESTED", "persons")] {
        let told = format!(
            "SELECT count(*) FROM shared.notification WHERE kind = '{kind}' AND addressee LIKE '{addressee}/%'"
        );
        assert_eq!(world.count(&told).await, 1, "{kind}");
    }
}

#[tokio::test]
async fn what_a_holder_approves_is_in_the_next_package_and_what_is_declined_is_not_asked_again_at_once() {
    let world = World::new().await;
    let employer = Uuid::new_v4();
    let willing = world.employed("张伟民", employer).await;
    let unwilling = world.employed("李秀英", employer).await;
    let registrar = world.registrar(employer);
    let first = packed(&registrar, request(employer, &[])).await;
    assert_eq!(first.content.copies, []);
    assert_eq!(first.content.missing.len(), 2, "everybody registered there");

    let door = world.holder(&willing, Proof::SteppedUp);
    let asked = door.asked().await;
    assert_eq!((asked.len(), asked[0].recipient.as_str()), (1, RECIPIENT));
    let approve = wire::ApproveCopyRequestRequest {
        request_id: Uuid::new_v4().to_string(),
        name: asked[0].name.clone(),
    };
    let mut names = Vec::new();
    for _ in 0..2 {
        let approved = door
            .consents()
            .approve_copy_request(door.request(approve.clone()))
            .await;
        let approved = approved.expect("it is theirs").into_inner();
        let request = approved.request.expect("it is answered");
        assert_eq!(request.state(), wire::copy_request::State::Approved);
        let copy = approved.copy.expect("it is answered");
        assert_eq!(copy.state(), wire::use_copy::State::Ready);
        assert_eq!(copy.consent, "", "the holder's own");
        names.push(copy.name);
    }
    assert_eq!(names[0], names[1], "repeated, it is one copy");

    let door = world.holder(&unwilling, Proof::SecondFactor);
    let decline = wire::DeclineCopyRequestRequest {
        request_id: Uuid::new_v4().to_string(),
        name: door.asked().await[0].name.clone(),
    };
    let declined = door
        .consents()
        .decline_copy_request(door.request(decline.clone()))
        .await;
    let declined = declined
        .expect("it is theirs")
        .into_inner()
        .request
        .expect("answered");
    assert_eq!(declined.state(), wire::copy_request::State::Declined);
    let twice = wire::DeclineCopyRequestRequest {
        request_id: Uuid::new_v4().to_string(),
        ..decline
    };
    let refused = door.consents().decline_copy_request(door.request(twice)).await;
    assert_eq!(
        reason(&refused.expect_err("answered before")),
        "COPY_REQUEST_SETTLED"
    );

    let second = packed(&registrar, request(employer, &[])).await;
    assert_eq!(second.copy(&willing).map(|copy| &copy.copy), Some(&names[0]));
    assert_eq!(second.missing(&unwilling), Some(MissingReason::Declined));
    world.advance(Duration::from_secs(8 * 86_400));
    let registrar = world.registrar(employer);
    let third = packed(&registrar, request(employer, &[])).await;
    assert_eq!(
        third.missing(&unwilling),
        Some(MissingReason::HolderAsked),
        "a week later"
    );
}

#[tokio::test]
async fn what_may_no_longer_go_out_is_missing_also_from_a_package_that_held_it() {
    let world = World::new().await;
    let employer = Uuid::new_v4();
    let holder = world.employed("张伟民", employer).await;
    let door = world.holder(&holder, Proof::SteppedUp);
    let given = door.consent_to_tenders(employer, END).await.expect("a consent");
    let registrar = world.registrar(employer);
    let asked = request(employer, &[]);
    let held = packed(&registrar, asked.clone()).await;
    assert!(held.copy(&holder).is_some());

    let revoke = wire::RevokeStandingConsentRequest {
        request_id: Uuid::new_v4().to_string(),
        name: given.name,
    };
    door.consents()
        .revoke_standing_consent(door.request(revoke))
        .await
        .expect("it is theirs");
    let again = packed(&registrar, asked.clone()).await;
    assert_eq!(
        again.missing(&holder),
        Some(MissingReason::Unavailable),
        "no consent, no copy"
    );
    let fresh = packed(&registrar, request(employer, &[])).await;
    assert_eq!(fresh.missing(&holder), Some(MissingReason::HolderAsked));

    world.leave(&holder).await;
    let left = packed(&registrar, asked).await;
    assert_eq!(left.missing(&holder), Some(MissingReason::NotMember));
    let none = packed(&registrar, request(employer, &[])).await;
    assert_eq!((none.content.copies, none.content.missing), (vec![], vec![]));
}

#[tokio::test]
async fn an_employer_uses_nothing_up_of_the_holders_day_and_never_learns_the_holders_limits() {
    let world = World::new().await;
    let employer = Uuid::new_v4();
    let mut holder = world
        .registered_with("张伟民", |facts| {
            // Ends tomorrow; the day after, nothing is alive.
            facts.specialties.truncate(1);
            let end = jiff::civil::date(2026, 5, 5);
            facts.specialties[0].valid_to = end;
            (facts.practice_seal.valid_to, facts.valid_to) = (end, end);
        })
        .await;
    holder.employer = employer;
    world.enter(&holder).await;
    world.issued(&holder).await;
    let door = world.holder(&holder, Proof::SteppedUp);
    for lot in 1..=5 {
        door.copy(&holder, &format!("标段{lot}"), RECIPIENT)
            .await
            .expect("a copy");
    }
    door.consent_to_tenders(employer, END).await.expect("a consent");
    let registrar = world.registrar(employer);
    let package = packed(&registrar, request(employer, &[])).await;
    assert!(
        package.copy(&holder).is_some(),
        "the holder's five are the holder's"
    );

    world.advance(Duration::from_secs(2 * 86_400));
    let registrar = world.registrar(employer);
    let other = wire::PackageEmployerCertificatesRequest {
        purpose_reference: "JS-2026-0500".to_owned(),
        ..request(employer, &[])
    };
    let package = packed(&registrar, other).await;
    assert_eq!(package.missing(&holder), Some(MissingReason::Unavailable));
    let refused = (
        "package_employer_certificates".to_owned(),
        "NO_LIVING_SPECIALTY".to_owned(),
    );
    assert_eq!(
        world.refusals().await,
        [refused],
        "the reason stays in the nation's audit"
    );
}
