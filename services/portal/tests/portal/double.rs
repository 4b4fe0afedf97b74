//! A `verification` that says what it is told, behind real mTLS, and a portal before it.

use std::net::SocketAddr;
use std::sync::Arc;

use api::types::v1 as types;
use api::verification::v1 as wire;
use jiff::Timestamp;
use parking_lot::Mutex;
use portal::{App, Config};
use service_runtime::Lifecycle;
use service_runtime::auth::{Allow, Rule};
use service_runtime::config::{Common, parse};
use service_runtime::tls::Gate;
use testkit::realm::Realm;
use tokio_stream::StreamExt as _;
use tonic::{Request, Response, Status, Streaming};
use wire::verification_service_server::{VerificationService, VerificationServiceServer};
use wire::verify_document_request::Part;

const ALLOW: &[Allow] = &[
    Allow::new(
        "/jianzheng.verification.v1.VerificationService/VerifyCertificate",
        &[Rule::Public],
    ),
    Allow::new(
        "/jianzheng.verification.v1.VerificationService/VerifyDocument",
        &[Rule::Public],
    ),
];

type Said = Result<wire::Verification, Status>;

/// What it says, and what it was asked.
pub(crate) struct Double {
    pub(crate) certificate: Mutex<Said>,
    pub(crate) document: Mutex<Said>,
    pub(crate) asked: Mutex<Vec<wire::VerifyCertificateRequest>>,
    pub(crate) received: Mutex<Vec<usize>>,
}

#[tonic::async_trait]
impl VerificationService for Double {
    async fn verify_certificate(
        &self,
        request: Request<wire::VerifyCertificateRequest>,
    ) -> Result<Response<wire::VerifyCertificateResponse>, Status> {
        self.asked.lock().push(request.into_inner());
        let verification = Some(self.certificate.lock().clone()?);
        Ok(Response::new(wire::VerifyCertificateResponse { verification }))
    }

    async fn verify_document(
        &self,
        request: Request<Streaming<wire::VerifyDocumentRequest>>,
    ) -> Result<Response<wire::VerifyDocumentResponse>, Status> {
        let mut parts = request.into_inner();
        let first = parts.next().await.transpose()?.and_then(|message| message.part);
        assert!(matches!(first, Some(Part::Header(_))), "the header comes first");
        let mut length = 0;
        while let Some(message) = parts.next().await.transpose()? {
            match message.part {
                Some(Part::Chunk(chunk)) => length += chunk.len(),
                other => panic!("not a chunk: {other:?}"),
            }
        }
        self.received.lock().push(length);
        let verification = Some(self.document.lock().clone()?);
        Ok(Response::new(wire::VerifyDocumentResponse { verification }))
    }
}

/// A portal and what it asks.
pub(crate) struct World {
    pub(crate) portal: SocketAddr,
    pub(crate) double: Arc<Double>,
    pub(crate) life: Lifecycle,
    /// The life of the service behind it.
    pub(crate) behind: Lifecycle,
    _realm: Realm,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with("").await
    }

    /// With more sections in the portal's configuration.
    pub(crate) async fn with(more: &str) -> Self {
        #[expect(clippy::disallowed_methods, reason = "a test starts at the machine's present")]
        let realm = Realm::new(Timestamp::now());
        let (life, behind) = (Lifecycle::new(), Lifecycle::new());
        let double = Arc::new(Double {
            certificate: Mutex::new(Ok(valid())),
            document: Mutex::new(Ok(valid())),
            asked: Mutex::default(),
            received: Mutex::default(),
        });
        let address = serve(&realm, &double, &behind).await;
        // Nothing is drawn where the test is about something else.
        let previews = match more.contains("[previews]") {
            true => "",
            false => "[previews]\nworker = \"/bin/false\"\n",
        };
        let text = format!(
            "deployment = \"development\"\n[listen]\npublic = \"127.0.0.1:0\"\n\
             [peers.verification]\naddress = \"{address}\"\n{}{previews}{more}",
            realm.tls_section("client/portal")
        );
        let config = parse(&text, realm.folder(), Config::read).unwrap_or_else(|faults| panic!("{faults}"));
        let Ok(app) = App::build(config);
        let running = app.serve(&life).await.expect("it listens");
        Self {
            portal: running.address(),
            double,
            life,
            behind,
            _realm: realm,
        }
    }

    /// What the service says about certificates from now on.
    pub(crate) fn says(&self, verification: wire::Verification) {
        *self.double.certificate.lock() = Ok(verification);
    }
}

async fn serve(realm: &Realm, double: &Arc<Double>, life: &Lifecycle) -> SocketAddr {
    let text = format!(
        "deployment = \"development\"\n[listen]\nclients = \"127.0.0.1:0\"\n{}",
        realm.tls_section("nation/verification")
    );
    let common = parse(&text, realm.folder(), Common::read).unwrap_or_else(|faults| panic!("{faults}"));
    let running = testkit::double::server(&common, life)
        .allow(ALLOW)
        .service(VerificationServiceServer::from_arc(Arc::clone(double)))
        .start()
        .await
        .expect("it listens");
    running.address(Gate::Clients).expect("the gate is open")
}

/// A use copy in force, of a synthetic person.
pub(crate) fn valid() -> wire::Verification {
    wire::Verification {
        verdict: wire::Verdict::Valid.into(),
        text: text(
            "证书有效，注册状态正常，本件可使用至2026-08-20。",
            "The certificate is valid.",
        ),
        next: text(
            "请核对姓名、聘用企业和注册专业；打印件须有持证人手写签名。",
            "Compare name, employer and specialties; a print must be signed by hand.",
        ),
        status_code: types::StatusCode::Valid.into(),
        version: Some(wire::VersionStanding {
            version: 2,
            current: true,
            ..Default::default()
        }),
        registration_number: "苏1322018201901234".to_owned(),
        employer_title: "江苏建证样本建设集团有限公司".to_owned(),
        family_name: "欧阳".to_owned(),
        specialties: vec![
            specialty(types::Specialty::Building, true),
            specialty(types::Specialty::WaterAndHydropower, false),
        ],
        use_period: Some(wire::UsePeriod {
            copy_id: String::new(),
            use_until: Some(day(2026, 8, 20)),
            within: true,
            revoked_at: None,
        }),
        licence_identifier: "1.2.156.3005.2.11100000000013338W011.A1B2C3D4E5F6G7H8I9J0.002.K".to_owned(),
        specimen: true,
        as_of: Some(wire::AsOf {
            position: Some(types::Position {
                stream: "register".to_owned(),
                value: 1288,
            }),
            time: instant("2026-03-01T01:05:12Z"),
            fresh_until: instant("2026-03-01T01:05:13Z"),
            stale: false,
            province_position: None,
            province_time: instant("2026-03-01T01:05:11Z"),
        }),
        ..Default::default()
    }
}

/// An original that a newer version has superseded, with findings on its file.
pub(crate) fn superseded() -> wire::Verification {
    wire::Verification {
        verdict: wire::Verdict::Superseded.into(),
        text: text(
            "文件真实，但该证书版本已于2026-02-11被新版本取代。",
            "The certificate was superseded by a newer version on 2026-02-11.",
        ),
        next: text(
            "请持证人下载最新证书。",
            "Ask the holder to download the current certificate.",
        ),
        version: Some(wire::VersionStanding {
            version: 1,
            current: false,
            superseded_at: instant("2026-02-11T02:30:00Z"),
            superseded_by: String::new(),
            changed_facts: vec!["number".to_owned(), "employer".to_owned()],
            supersession: None,
        }),
        findings: vec![
            finding(
                "integrity.references",
                wire::finding::Result::Pass,
                "文件摘要一致。",
            ),
            finding("signature.present", wire::finding::Result::Pass, "签章有效。"),
            finding(
                "time.evidence",
                wire::finding::Result::Warning,
                "签章时间仅有签章人声明。",
            ),
        ],
        ..valid()
    }
}

pub(crate) fn text(zh: &str, en: &str) -> Option<types::BilingualText> {
    Some(types::BilingualText {
        zh: zh.to_owned(),
        en: en.to_owned(),
    })
}

pub(crate) fn finding(check: &str, result: wire::finding::Result, zh: &str) -> wire::Finding {
    wire::Finding {
        check: check.to_owned(),
        result: result.into(),
        reason: "STATED_TIME_ONLY".to_owned(),
        text: text(zh, ""),
        subject: "Doc_0/Signs/Sign_0/Signature.xml".to_owned(),
    }
}

fn specialty(specialty: types::Specialty, living: bool) -> wire::SpecialtyStanding {
    wire::SpecialtyStanding {
        validity: Some(types::SpecialtyValidity {
            specialty: specialty.into(),
            valid_from: Some(day(2023, 1, 15)),
            valid_to: Some(day(if living { 2028 } else { 2026 }, 1, 14)),
        }),
        living,
    }
}

fn day(year: i32, month: i32, day: i32) -> types::Date {
    types::Date { year, month, day }
}

pub(crate) fn instant(text: &str) -> Option<pbjson_types::Timestamp> {
    Some(api::convert::instant(text.parse().expect("an instant")))
}
