//! Who may do what with copies, consents and packages: RPC × caller, as object-level access decides it (design §6).

use api::issuance::v1 as wire;
use api::types::v1::Date;
use uuid::Uuid;

use crate::door::{Door, reason};
use crate::world::{Holder, Proof, World};

const END: Date = Date {
    year: 2026,
    month: 12,
    day: 31,
};

/// What a caller was told: nothing but a reason, or that it was done.
fn outcome<T>(answer: Result<T, tonic::Status>) -> String {
    answer.map_or_else(|refused| reason(&refused), |_| "done".to_owned())
}

fn id() -> String {
    Uuid::new_v4().to_string()
}

/// What there is of one holder.
struct Things {
    certificate: String,
    copy: String,
    consent: String,
    request: String,
    employer: Uuid,
    person: Uuid,
}

impl Things {
    async fn set(world: &World, holder: &Holder) -> Self {
        let door = world.holder(holder, Proof::SteppedUp);
        let made = door
            .copy(holder, "标段一", "无锡市公共资源交易中心")
            .await
            .expect("a copy");
        let packed = world
            .registrar(holder.employer)
            .package(package(holder.employer, holder.person))
            .await;
        assert_eq!(packed.expect("asked").content.missing.len(), 1);
        let asked = door.asked().await.remove(0).name;
        let consent = door
            .consent_to_tenders(holder.employer, END)
            .await
            .expect("a consent");
        Self {
            certificate: holder.certificate(),
            copy: made.copy.expect("it is answered").name,
            consent: consent.name,
            request: asked,
            employer: holder.employer,
            person: holder.person,
        }
    }
}

fn package(employer: Uuid, person: Uuid) -> wire::PackageEmployerCertificatesRequest {
    wire::PackageEmployerCertificatesRequest {
        request_id: id(),
        employer: format!("employers/{employer}"),
        purpose: wire::Purpose::Inspection.into(),
        purpose_reference: "检查".to_owned(),
        recipient: "检查组".to_owned(),
        persons: vec![format!("persons/{person}")],
        formats: vec![wire::DocumentFormat::Ofd.into()],
    }
}

/// Every RPC that names something of the holder, in an order in which one does not spoil the next.
async fn each(door: &Door, of: &Things) -> [String; 10] {
    let (mut certificates, mut consents) = (door.client(), door.consents());
    let create = wire::CreateUseCopyRequest {
        request_id: id(),
        certificate: of.certificate.clone(),
        purpose: wire::Purpose::Tender.into(),
        purpose_reference: "标段一".to_owned(),
        recipient: "无锡市公共资源交易中心".to_owned(),
    };
    let list = wire::ListUseCopiesRequest {
        certificate: of.certificate.clone(),
        ..Default::default()
    };
    let grant = wire::GrantStandingConsentRequest {
        request_id: id(),
        employer: format!("employers/{}", of.employer),
        purposes: vec![wire::Purpose::Tender.into()],
        ends_on: Some(END),
    };
    let uses = wire::ListConsentUsesRequest {
        consent: of.consent.clone(),
        ..Default::default()
    };
    let decline = wire::DeclineCopyRequestRequest {
        request_id: id(),
        name: of.request.clone(),
    };
    let approve = wire::ApproveCopyRequestRequest {
        request_id: id(),
        name: of.request.clone(),
    };
    let revoke_consent = wire::RevokeStandingConsentRequest {
        request_id: id(),
        name: of.consent.clone(),
    };
    let revoke = wire::RevokeUseCopyRequest {
        request_id: id(),
        name: of.copy.clone(),
        reason: "误发".to_owned(),
    };
    let prove = wire::ProveDocumentRequest {
        name: of.copy.clone(),
        format: wire::DocumentFormat::Ofd.into(),
    };
    [
        outcome(certificates.create_use_copy(door.request(create)).await),
        outcome(certificates.list_use_copies(door.request(list)).await),
        outcome(consents.grant_standing_consent(door.request(grant)).await),
        outcome(consents.list_consent_uses(door.request(uses)).await),
        outcome(consents.approve_copy_request(door.request(approve)).await),
        outcome(consents.decline_copy_request(door.request(decline)).await),
        outcome(
            consents
                .revoke_standing_consent(door.request(revoke_consent))
                .await,
        ),
        outcome(certificates.revoke_use_copy(door.request(revoke)).await),
        outcome(door.package(package(of.employer, of.person)).await),
        outcome(certificates.prove_document(door.request(prove)).await),
    ]
}

#[tokio::test]
async fn every_rpc_of_copies_consents_and_packages_knows_whose_rows_it_touches() {
    let world = World::new().await;
    let (employer, elsewhere) = (Uuid::new_v4(), Uuid::new_v4());
    let holder = world.employed("张伟民", employer).await;
    let other = world.employed("李秀英", elsewhere).await;
    let things = Things::set(&world, &holder).await;
    let closed = "CALLER_NOT_ALLOWED";
    let nothing = "NOT_FOUND";

    let stranger = each(&world.holder(&other, Proof::SteppedUp), &things).await;
    // Consents are given to one's own employer: that of somebody else is none.
    let expected = [
        nothing,
        nothing,
        "CONSENT_NOT_TO_EMPLOYER",
        nothing,
        nothing,
        nothing,
        nothing,
        nothing,
        closed,
        nothing,
    ];
    assert_eq!(stranger, expected, "another person");
    let mut expected = [closed; 10];
    expected[8] = nothing;
    assert_eq!(
        each(&world.registrar(elsewhere), &things).await,
        expected,
        "another employer"
    );
    assert_eq!(
        each(&world.officer(None), &things).await,
        [closed; 10],
        "an officer"
    );
    assert_eq!(
        each(&world.backend(), &things).await,
        [closed; 10],
        "a backend for nobody"
    );
    expected[8] = "done";
    assert_eq!(
        each(&world.registrar(employer), &things).await,
        expected,
        "their employer"
    );

    let own = each(&world.holder(&holder, Proof::SteppedUp), &things).await;
    let mut expected = ["done"; 10];
    (expected[5], expected[8]) = ("COPY_REQUEST_SETTLED", closed);
    // There are no witnesses in this world.
    expected[9] = "PROOF_BEING_MADE";
    assert_eq!(own, expected, "the holder");
    for door in [
        world.holder(&other, Proof::SteppedUp),
        world.holder(&holder, Proof::SteppedUp),
    ] {
        let mine = usize::from(door.asked().await.len() == 1);
        let list = wire::ListStandingConsentsRequest::default();
        let listed = door.consents().list_standing_consents(door.request(list)).await;
        let consents = listed.expect("their own").into_inner().consents;
        assert_eq!(consents.len(), mine * 2, "lists hold one's own alone");
    }

    world.leave(&holder).await;
    let former = world
        .registrar(employer)
        .package(package(employer, holder.person))
        .await;
    let former = former.expect("a package of nobody").content;
    assert_eq!(former.copies, []);
    assert_eq!(
        former.missing[0].reason(),
        wire::MissingReason::NotMember,
        "a former employer"
    );
}
