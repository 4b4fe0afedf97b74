//! External checks: another organisation's system answers over HTTPS with client certificates on both sides, and the
//! policy says what follows.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use api::registration::v1 as wire;
use api::types::v1::{ApplicationType, Specialty};
use jiff::civil::date;
use postgres::sqlx;
use rustls::RootCertStore;
use rustls::server::WebPkiClientVerifier;
use rustls_pki_types::pem::PemObject as _;
use service_runtime::tls::{Leaf, provider};
use testkit::realm::Realm;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use wire::application::State;
use wire::{CheckAnswer as Answer, CheckConsequence as Consequence, ExternalCheck as Check};

use crate::story::{Officers, rules};
use crate::world::{Employment, Holder, Setting, World, id, officer, own_policy, reason};

const BUILDING: Specialty = Specialty::Building;

/// A data-sharing platform: what it says to each check, and what it was asked.
#[derive(Clone, Default)]
struct Platform {
    answers: Arc<Mutex<HashMap<&'static str, &'static str>>>,
    asked: Arc<Mutex<Vec<serde_json::Value>>>,
}

impl Platform {
    /// `yes`, `no`, or nothing that can be understood.
    fn says(&self, check: &'static str, answer: &'static str) {
        self.answers.lock().expect("no panic").insert(check, answer);
    }

    fn asked(&self) -> usize {
        self.asked.lock().expect("no panic").len()
    }

    /// Listens with a certificate of its own authority, and lets in only whom that authority knows.
    #[expect(
        clippy::disallowed_methods,
        reason = "the platform ends with the test's runtime"
    )]
    fn serve(&self, realm: &Realm) -> u16 {
        let base = realm.folder();
        let file = realm.issue("client/platform");
        let path = |end: &str| base.join(format!("{file}{end}"));
        let leaf = Arc::new(Leaf::open(&path(".pem"), &path("-key.pem")).expect("a pair"));
        let mut roots = RootCertStore::empty();
        let pem = std::fs::read(base.join("clients/ca.pem")).expect("an authority");
        for certificate in rustls_pki_types::CertificateDer::pem_slice_iter(&pem) {
            roots.add(certificate.expect("PEM")).expect("an authority");
        }
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider());
        let config = rustls::ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_client_cert_verifier(verifier.build().expect("a verifier"))
            .with_cert_resolver(leaf);
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("bound").port();
        listener.set_nonblocking(true).expect("set");
        let listener = TcpListener::from_std(listener).expect("a listener");
        let (acceptor, platform) = (TlsAcceptor::from(Arc::new(config)), self.clone());
        tokio::spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                let (acceptor, platform) = (acceptor.clone(), platform.clone());
                tokio::spawn(async move {
                    if let Ok(mut stream) = acceptor.accept(tcp).await {
                        platform.answer(&mut stream).await;
                    }
                });
            }
        });
        port
    }

    async fn answer(&self, stream: &mut (impl tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin)) {
        let mut request = Vec::new();
        let body = loop {
            let mut chunk = [0; 4096];
            let read = stream.read(&mut chunk).await.unwrap_or_default();
            request.extend_from_slice(&chunk[..read]);
            let text = String::from_utf8_lossy(&request).into_owned();
            let Some((head, body)) = text.split_once("\r\n\r\n") else {
                continue;
            };
            let length = head.lines().find_map(|line| {
                line.to_ascii_lowercase()
                    .strip_prefix("content-length: ")?
                    .parse()
                    .ok()
            });
            if body.len() >= length.unwrap_or(0_usize) {
                break body.to_owned();
            }
        };
        let question: serde_json::Value = serde_json::from_str(&body).expect("a question in JSON");
        let check = question["check"].as_str().expect("a check").to_owned();
        self.asked.lock().expect("no panic").push(question);
        let known = self
            .answers
            .lock()
            .expect("no panic")
            .get(check.as_str())
            .copied();
        let (status, body) = match known {
            Some(answer @ ("yes" | "no")) => (
                "200 OK",
                format!(r#"{{"answer":"{answer}","reference":"回执-7"}}"#),
            ),
            _ => ("503 Service Unavailable", String::new()),
        };
        let answer = format!(
            "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        );
        let _gone = stream.write_all(answer.as_bytes()).await;
        let _gone = stream.shutdown().await;
    }
}

/// A province under these policies of the two checks.
async fn world(platform: &Platform, social: (&str, &str), education: (&str, &str)) -> World {
    let table = |name: &str, denied: &str, unavailable: &str| {
        format!("[checks.{name}]\ndenied = \"{denied}\"\nunavailable = \"{unavailable}\"")
    };
    let own = own_policy(&[
        (
            &table("SOCIAL_INSURANCE", "hold", "pass"),
            &table("SOCIAL_INSURANCE", social.0, social.1),
        ),
        (
            &table("EDUCATION", "hold", "pass"),
            &table("EDUCATION", education.0, education.1),
        ),
    ]);
    World::start_set(|realm| {
        let port = platform.serve(realm);
        realm.issue("client/province");
        let section = |name: &str| {
            format!(
                "[checks.{name}]\naddress = \"localhost:{port}\"\npath = \"/{name}\"\nca = \"clients/ca.pem\"\n\
                 certificate = \"client-province.pem\"\nkey = \"client-province-key.pem\"\n"
            )
        };
        Setting {
            policy: Some(own),
            checks: format!("{}{}", section("social_insurance"), section("education")),
            ..Setting::default()
        }
    })
    .await
}

async fn draft(world: &World) -> (Holder, Employment, String) {
    let (holder, firm) = (world.person(1), world.firm("江苏建筑有限公司", "32", 1));
    world.qualify(&holder, BUILDING, date(2022, 3, 1)).await;
    let name = world
        .confirmed(&holder, &firm, ApplicationType::Initial, &[BUILDING])
        .await;
    (holder, firm, name)
}

async fn examined(world: &World, officers: &Officers, name: &str) {
    world
        .accept_application(&officers.acceptor, name, "")
        .await
        .expect("accepted");
    world
        .record_review(&officers.reviewer, name, wire::Opinion::Favourable, "")
        .await
        .expect("reviewed");
}

async fn checks(world: &World, holder: &Holder, name: &str) -> Vec<wire::CheckOutcome> {
    let message = wire::ListChecksRequest {
        application: name.to_owned(),
    };
    let answer = world
        .facts()
        .list_checks(world.signed(&holder.actor, message))
        .await;
    answer.expect("listed").into_inner().checks
}

async fn settle(
    world: &World,
    name: &str,
    settlement: wire::CheckSettlement,
    grounds: &str,
) -> Result<wire::CheckOutcome, tonic::Status> {
    let message = wire::SettleCheckRequest {
        request_id: id(),
        application: name.to_owned(),
        check: wire::ExternalCheck::SocialInsurance.into(),
        settlement: settlement.into(),
        grounds: grounds.to_owned(),
    };
    let request = world.signed(&officer("provinces/32"), message);
    let answer = world.facts().settle_check(request).await?;
    Ok(answer.into_inner().check.expect("the check comes back"))
}

#[tokio::test]
async fn a_no_on_hold_waits_for_an_officer_and_its_answer_is_kept_as_evidence() {
    let platform = Platform::default();
    platform.says("SOCIAL_INSURANCE", "no");
    platform.says("EDUCATION", "yes");
    let world = world(&platform, ("hold", "pass"), ("refuse", "pass")).await;
    let (holder, firm, name) = draft(&world).await;
    world
        .submit_application(&holder.actor, &name, true)
        .await
        .expect("taken");
    let asked = platform.asked.lock().expect("no panic").clone();
    let question = asked
        .iter()
        .find(|one| one["check"] == "SOCIAL_INSURANCE")
        .expect("asked");
    let credit_code = world.identity.employers.lock().expect("no panic")[&firm.name]
        .credit_code
        .clone();
    assert_eq!(question["credit_code"], credit_code.as_str());
    assert_eq!(
        question["document_number"],
        holder.person.document_number.as_str()
    );
    let seen = checks(&world, &holder, &name).await;
    let said: Vec<_> = seen
        .iter()
        .map(|one| (one.check(), one.answer(), one.consequence()))
        .collect();
    assert_eq!(
        said,
        [
            (Check::Education, Answer::Yes, Consequence::Pass),
            (Check::SocialInsurance, Answer::No, Consequence::Hold)
        ]
    );
    let officers = Officers::new();
    examined(&world, &officers, &name).await;
    let granted = world
        .decide_application(&officers.ministry, &name, true, "")
        .await;
    assert_eq!(rules(granted), ["CHECK_UNSETTLED"]);
    assert_eq!(platform.asked(), 2, "what was answered is not asked again");
    let passed = wire::CheckSettlement::Passed;
    assert_eq!(
        reason(settle(&world, &name, passed, " ").await),
        "CHECK_GROUNDS_MISSING"
    );
    let settled = settle(&world, &name, passed, "已核对银行缴费回单")
        .await
        .expect("settled");
    assert_eq!(
        (settled.settlement(), settled.consequence()),
        (passed, Consequence::Pass)
    );
    assert_eq!(
        reason(settle(&world, &name, passed, "再核").await),
        "CHECK_NOTHING_TO_SETTLE"
    );
    let granted = world
        .decide_application(&officers.ministry, &name, true, "")
        .await
        .expect("granted");
    assert_eq!(granted.state(), State::Decided);

    let mut owner = world.database.owner_connection().await;
    let kept = "SELECT count(*) FROM registration.check_answer WHERE sealed_reply IS NOT NULL AND digest IS NOT NULL";
    let kept: i64 = sqlx::query_scalar(kept)
        .fetch_one(&mut owner)
        .await
        .expect("counted");
    assert_eq!(kept, 2);
    let clear = "SELECT count(*) FROM registration.check_settlement AS s WHERE s::text LIKE '%回单%'";
    let clear: i64 = sqlx::query_scalar(clear)
        .fetch_one(&mut owner)
        .await
        .expect("counted");
    assert_eq!(clear, 0, "grounds are sealed");
    let verbs =
        "SELECT DISTINCT verb FROM shared.audit WHERE verb IN ('ask_checks', 'settle_check') ORDER BY 1";
    let verbs: Vec<String> = sqlx::query_scalar(verbs)
        .fetch_all(&mut owner)
        .await
        .expect("verbs");
    assert_eq!(verbs, ["ask_checks", "settle_check"]);
}

#[tokio::test]
async fn silence_refuses_or_passes_as_the_policy_says_and_is_asked_again() {
    let platform = Platform::default();
    let world = world(&platform, ("refuse", "refuse"), ("refuse", "pass")).await;
    let (holder, _, name) = draft(&world).await;
    let refused = world.submit_application(&holder.actor, &name, true).await;
    assert_eq!(
        rules(refused),
        ["SOCIAL_INSURANCE"],
        "silence on schooling passes"
    );
    platform.says("SOCIAL_INSURANCE", "yes");
    platform.says("EDUCATION", "no");
    let refused = world.submit_application(&holder.actor, &name, true).await;
    assert_eq!(rules(refused), ["SCHOOLING"]);
    assert_eq!(platform.asked(), 4);
    let officers = Officers::new();
    let settle_schooling = wire::SettleCheckRequest {
        request_id: id(),
        application: name.clone(),
        check: wire::ExternalCheck::Education.into(),
        settlement: wire::CheckSettlement::Passed.into(),
        grounds: "已提交学历认证报告".to_owned(),
    };
    let request = world.signed(&officers.acceptor, settle_schooling);
    world.facts().settle_check(request).await.expect("settled");
    world
        .submit_application(&holder.actor, &name, true)
        .await
        .expect("submitted");
    examined(&world, &officers, &name).await;
    world
        .decide_application(&officers.ministry, &name, true, "")
        .await
        .expect("granted");
    assert_eq!(platform.asked(), 4);
}

#[tokio::test]
async fn a_check_that_nobody_answers_is_unavailable_in_time_and_an_officer_may_deny_it() {
    let platform = Platform::default();
    platform.says("EDUCATION", "yes");
    let world = world(&platform, ("hold", "hold"), ("hold", "pass")).await;
    let (holder, _, name) = draft(&world).await;
    world
        .submit_application(&holder.actor, &name, true)
        .await
        .expect("taken");
    settle(&world, &name, wire::CheckSettlement::Denied, "查无缴费记录")
        .await
        .expect("settled");
    let officers = Officers::new();
    examined(&world, &officers, &name).await;
    let granted = world
        .decide_application(&officers.ministry, &name, true, "")
        .await;
    assert_eq!(rules(granted), ["SOCIAL_INSURANCE"]);
    let refused = world
        .decide_application(&officers.ministry, &name, false, "")
        .await
        .expect("refused");
    assert_eq!(refused.state(), State::Refused);
}
