//! Who is let in, with what, and to whose things.
//!
//! ```text
//!  person ─ token ─▶ portal (certificate) ─▶ identity · registration 32 · issuance
//!  backend (certificate, token with scopes) ─▶ verification
//! ```
//!
//! Proves: a token works for its lifetime, its audience and the certificate it was issued over, and no longer, nowhere
//! else and under no other; every method of every service is open to those whom its row of docs/callers.md names, and to nobody
//! else; another person's things are not there; documents
//! need a fresh second factor; a document number alone is answered to a backend with that scope only.

use api::identity::v1 as identity;
use api::issuance::v1 as issuance;
use api::issuance::v1::DocumentFormat;
use api::registration::v1 as registration;
use api::verification::v1::Verdict;
use api::verification::v1::verify_certificate_request::Subject;
use harness::{Role, World};
use jianzheng::clients::{Caller, channel};
use jiff::SignedDuration;
use journeys::callers::{Somebody, rows};
use journeys::certificates::{issued, tender_copy};
use journeys::{reason, refusal, refused};
use service_runtime::tls::Gate;
use testkit::actors::{Checker, Citizen, Holder, request_id};
use testkit::people::Person;
use testkit::stage::Stage;
use testkit::story::{Announced, Silent};
use testkit::tokens::bearer;
use tonic::Request;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_the_right_caller_with_the_right_token_gets_to_their_own_things() {
    let world = World::start().await;
    let mut stage = world.stage().await;
    let mut holder = stage.holder(0).await.expect("enrolled");
    let announced = stage
        .register_initially(&mut holder, &mut Silent)
        .await
        .expect("registered");

    lifetime_audience_and_certificate(&world, &stage, &mut holder, &announced).await;
    methods_are_open_to_those_listed(&world, &stage, &holder, &announced).await;
    other_people_s_things_are_not_there(&stage, &mut holder, &announced).await;
    document_number_alone(&world, &mut stage, &holder, &announced).await;
    every_method_lets_in_whom_its_row_names(&world, &mut stage, &mut holder).await;
    world.stop().await;
}

async fn read(holder: &Holder, name: &str) -> Result<registration::Application, tonic::Status> {
    holder.application(name).await
}

async fn lifetime_audience_and_certificate(
    world: &World,
    stage: &Stage,
    holder: &mut Holder,
    announced: &Announced,
) {
    read(holder, &announced.application)
        .await
        .expect("one's own, with a living token");
    // Foreign: a token for the nation alone does not open a province, nor one of a province the nation.
    let portal = &world.doors["portal"];
    for (ordinal, audience) in [(1, "nation"), (2, "provinces/32")] {
        let person = Person::synthetic(200 + ordinal);
        stage.real_names.record(&[&person]).await.expect("recorded");
        let citizen = Citizen::enroll(portal, person, &[audience])
            .await
            .expect("enrolled");
        let other = Holder {
            citizen,
            province: "32".to_owned(),
        };
        if audience == "nation" {
            assert_eq!(refusal(other.explain().await), "TOKEN_FOREIGN");
            other.certificates(None).await.expect("the nation knows its own");
        } else {
            assert_eq!(refusal(other.certificates(None).await), "TOKEN_FOREIGN");
            other.explain().await.expect("the province knows its own");
        }
    }
    holder.citizen.sign_in().await.expect("signed in");
    // Unbound: stolen, and presented over another client's certificate.
    let message = || registration::GetApplicationRequest {
        name: announced.application.clone(),
    };
    let mut elsewhere = world.doors["bidding-platform"].applications("32");
    let stolen = elsewhere.get_application(holder.citizen.request(message())).await;
    assert_eq!(refusal(stolen), "TOKEN_UNBOUND");
    // Expired: five minutes and no longer.
    let clock = holder.citizen.door.clock.clone();
    clock.advance_to(clock.now() + SignedDuration::from_secs(301));
    assert_eq!(
        refusal(read(holder, &announced.application).await),
        "TOKEN_EXPIRED"
    );
    assert_eq!(refusal(holder.certificates(None).await), "TOKEN_EXPIRED");
    holder.citizen.refresh().await.expect("the session goes on");
    read(holder, &announced.application)
        .await
        .expect("with the new token");
    // Forged: a token that was tampered with.
    let mut forged = holder.citizen.request(message());
    let text = format!("Bearer {}x", holder.citizen.token());
    forged
        .metadata_mut()
        .insert("authorization", text.parse().expect("ASCII"));
    let mut own = holder.citizen.door.applications("32");
    assert_eq!(refusal(own.get_application(forged).await), "TOKEN_INVALID");
    let mut nobody = holder.citizen.door.applications("32");
    assert_eq!(
        refusal(nobody.get_application(message()).await),
        "CALLER_NOT_ALLOWED"
    );
}

async fn methods_are_open_to_those_listed(
    world: &World,
    stage: &Stage,
    holder: &Holder,
    announced: &Announced,
) {
    let as_officer = registration::AcceptApplicationRequest {
        request_id: request_id(),
        name: announced.application.clone(),
        etag: String::new(),
    };
    let mut reviews = holder.citizen.door.reviews("32");
    let answer = reviews
        .accept_application(holder.citizen.request(as_officer))
        .await;
    assert_eq!(refusal(answer), "CALLER_NOT_ALLOWED");
    let as_administrator = identity::RegisterClientRequest {
        request_id: request_id(),
        client_id: "portal".to_owned(),
        title: "我的系统".to_owned(),
        scopes: vec!["verify:document-number".to_owned()],
    };
    let mut access = holder.citizen.door.access();
    let answer = access
        .register_client(holder.citizen.request(as_administrator))
        .await;
    assert_eq!(refusal(answer), "CALLER_NOT_ALLOWED");
    // A backend names no first administrator, and a real name is recorded by its authority alone.
    let as_operator = identity::GrantRoleRequest {
        request_id: request_id(),
        account: stage.accepting.citizen.account.clone(),
        role: identity::Role::NationalAdministrator.into(),
        authority: String::new(),
    };
    let answer = world.doors["bidding-platform"]
        .access()
        .grant_role(as_operator)
        .await;
    assert!(["CALLER_NOT_ALLOWED", "PERMISSION_DENIED"].contains(&refusal(answer).as_str()));
    let import = identity::ImportRealNamesRequest {
        request_id: request_id(),
        real_names: Vec::new(),
    };
    let answer = world.doors["portal"].accounts().import_real_names(import).await;
    assert!(["CALLER_NOT_ALLOWED", "PERMISSION_DENIED"].contains(&refusal(answer).as_str()));
    // The feed with everybody's facts is for verification; the doors of services and provinces are not for clients.
    let watch = issuance::WatchChangesRequest::default();
    let answer = world.doors["bidding-platform"]
        .register()
        .watch_changes(watch)
        .await;
    assert_eq!(refusal(answer), "CALLER_NOT_ALLOWED");
    for gate in [Gate::Services, Gate::Provinces] {
        let caller = Caller::Client("bidding-platform");
        let side = channel(world.fleet.deployment(), &caller, &Role::Issuance, gate).expect("a channel");
        let mut register = api::issuance::v1::register_service_client::RegisterServiceClient::new(side);
        let status = refused(
            register
                .watch_changes(issuance::WatchChangesRequest::default())
                .await,
        );
        let torn = matches!(
            status.code(),
            tonic::Code::Unavailable | tonic::Code::Cancelled | tonic::Code::Unknown
        );
        assert!(
            torn && reason(&status).is_empty(),
            "the connection itself is refused: {status:?}"
        );
    }
}

async fn other_people_s_things_are_not_there(stage: &Stage, holder: &mut Holder, announced: &Announced) {
    holder.citizen.sign_in().await.expect("signed in");
    let certificate = issued(holder, Some(announced.position.clone())).await;
    let unproved = issuance::CreateUseCopyRequest {
        request_id: request_id(),
        certificate: certificate.name.clone(),
        purpose: issuance::Purpose::Tender.into(),
        purpose_reference: "JS-2026-0412".to_owned(),
        recipient: "无锡市公共资源交易中心".to_owned(),
    };
    let mut certificates = holder.citizen.door.certificates();
    let answer = certificates
        .create_use_copy(holder.citizen.request(unproved))
        .await;
    assert_eq!(refusal(answer), "STEP_UP_REQUIRED");
    let copy = tender_copy(holder, &certificate.name, "JS-2026-0412")
        .await
        .expect("a copy");

    let mut stranger = stage.holder(5).await.expect("enrolled");
    assert_eq!(
        refusal(read(&stranger, &announced.application).await),
        "NOT_FOUND"
    );
    let mut theirs = stranger.citizen.door.certificates();
    let message = issuance::GetCertificateRequest {
        name: certificate.name.clone(),
        min_position: None,
    };
    assert_eq!(
        refusal(theirs.get_certificate(stranger.citizen.request(message)).await),
        "NOT_FOUND"
    );
    let message = issuance::ListUseCopiesRequest {
        certificate: certificate.name.clone(),
        ..Default::default()
    };
    assert_eq!(
        refusal(theirs.list_use_copies(stranger.citizen.request(message)).await),
        "NOT_FOUND"
    );
    assert!(stranger.certificates(None).await.expect("one's own").is_empty());
    for name in [&certificate.name, &copy.name] {
        let answer = stranger.download(name, DocumentFormat::Pdf).await;
        assert_eq!(refusal(answer), "NOT_FOUND");
    }
    assert_eq!(
        refusal(tender_copy(&mut stranger, &certificate.name, "JS-1").await),
        "NOT_FOUND"
    );
    let message = issuance::RevokeUseCopyRequest {
        request_id: request_id(),
        name: copy.name.clone(),
        reason: "不是我的".to_owned(),
    };
    let answer = theirs.revoke_use_copy(stranger.citizen.request(message)).await;
    assert_eq!(refusal(answer), "NOT_FOUND");
    let message = identity::GetAccountRequest {
        name: holder.citizen.account.clone(),
    };
    let answer = stranger
        .citizen
        .door
        .accounts()
        .get_account(stranger.citizen.request(message))
        .await;
    assert_eq!(refusal(answer), "NOT_FOUND");
    holder
        .download(&copy.name, DocumentFormat::Pdf)
        .await
        .expect("the holder has it still");
}

async fn document_number_alone(world: &World, stage: &mut Stage, holder: &Holder, announced: &Announced) {
    let person = &holder.citizen.person;
    let seen = Some(announced.position.clone());
    let alone = || Subject::DocumentNumber(person.document_number.clone());
    let mut checker = stage.checker.clone();
    let answer = checker.verify(alone(), "", seen.clone()).await;
    assert_eq!(
        refusal(answer),
        "FULL_NAME_REQUIRED",
        "without a token a backend is the public"
    );
    assert_eq!(
        refusal(checker.take_token(&["copies"]).await),
        "SCOPE_NOT_GRANTED"
    );
    checker.take_token(&[]).await.expect("what was granted");
    let answer = checker
        .verify(alone(), "", seen.clone())
        .await
        .expect("with the scope");
    assert_eq!(answer.verdict(), Verdict::Valid);
    assert_eq!(answer.registration_number, announced.registration_number);

    let mut unregistered = Checker::new(world.doors["portal"].clone());
    assert_eq!(
        refusal(unregistered.take_token(&[]).await),
        "CLIENT_NOT_REGISTERED"
    );
    stage.administrator.citizen.sign_in().await.expect("signed in");
    stage
        .administrator
        .register_client("portal", "公众门户", &["verify"])
        .await
        .expect("registered");
    unregistered.take_token(&[]).await.expect("registered now");
    let answer = unregistered.verify(alone(), "", seen.clone()).await;
    assert_eq!(refusal(answer), "FULL_NAME_REQUIRED", "its scope does not say so");
    let answer = unregistered
        .verify(alone(), &person.full_name, seen)
        .await
        .expect("with the name");
    assert_eq!(answer.verdict(), Verdict::Valid);
}

/// Every method of every service, called as everybody.
async fn every_method_lets_in_whom_its_row_names(world: &World, stage: &mut Stage, holder: &mut Holder) {
    let mut leader = stage.leader(1, "provinces/32").await.expect("appointed").citizen;
    let mut auditor = stage.auditor(2, "provinces/32").await.expect("appointed").citizen;
    let mut help_desk = stage
        .help_desk(3, "provinces/32")
        .await
        .expect("appointed")
        .citizen;
    for citizen in [&mut leader, &mut auditor, &mut help_desk, &mut holder.citizen] {
        citizen.sign_in().await.expect("signed in");
    }
    stage.sign_in_again().await.expect("signed in");
    let wanted = identity::IssueClientTokenRequest {
        audiences: vec!["nation".to_owned(), "provinces/32".to_owned()],
        scopes: Vec::new(),
    };
    let mut access = world.doors["bidding-platform"].access();
    let token = access.issue_client_token(wanted).await.expect("registered");
    let token = token.into_inner().access_token;

    let rows = rows();
    let mut wrong = Vec::new();
    for (words, citizen) in [
        (&["holder"][..], &holder.citizen),
        (&["holder", "registrar"], &stage.employer_a.citizen),
        (&["officer"], &stage.accepting.citizen),
        (&["officer"], &stage.deciding.citizen),
        (&["leader"], &leader),
        (&["auditor"], &auditor),
        (&["help desk"], &help_desk),
        (&["administrator"], &stage.administrator.citizen),
    ] {
        let somebody = Somebody {
            words: &[words, &["account"]].concat(),
            caller: Caller::Client("portal"),
            gate: Gate::Clients,
            sign: &|message| citizen.request(message),
        };
        wrong.extend(somebody.calls_everything(world, &rows).await);
    }
    let backend = Somebody {
        words: &["backend feed", "backend verify:document-number"],
        caller: Caller::Client("bidding-platform"),
        gate: Gate::Clients,
        sign: &|message| bearer(message, &token),
    };
    wrong.extend(backend.calls_everything(world, &rows).await);
    for (word, caller, gate) in [
        ("certificate", Caller::Client("portal"), Gate::Clients),
        ("identity", Caller::Service("identity"), Gate::Services),
        ("issuance", Caller::Service("issuance"), Gate::Services),
        ("verification", Caller::Service("verification"), Gate::Services),
        ("seal", Caller::Service("seal"), Gate::Services),
        ("provinces", Caller::Province("32"), Gate::Provinces),
    ] {
        let process = Somebody {
            words: &[word],
            caller,
            gate,
            sign: &Request::new,
        };
        wrong.extend(process.calls_everything(world, &rows).await);
    }
    assert_eq!(wrong, [""; 0], "against docs/callers.md");
}
