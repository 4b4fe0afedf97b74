//! Status lists for everybody: whole, cached no longer than they say, fetched anew only if they changed.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use api::convert::instant;
use api::issuance::v1 as wire;
use jiff::{SignedDuration, Timestamp};
use portal::{App, Config};
use service_runtime::Lifecycle;
use service_runtime::auth::{Allow, Rule};
use service_runtime::config::{Common, parse};
use service_runtime::tls::Gate;
use testkit::realm::Realm;
use tonic::{Request, Response, Status};
use wire::status_service_server::{StatusService, StatusServiceServer};

use crate::browse::{get, send};

const ALLOW: &[Allow] = &[
    Allow::new(
        "/jianzheng.issuance.v1.StatusService/GetStatusList",
        &[Rule::Public],
    ),
    Allow::new(
        "/jianzheng.issuance.v1.StatusService/ListStatusLists",
        &[Rule::Public],
    ),
];
const TOKEN: &str = "aGVhZGVy.Y2xhaW1z.c2lnbmF0dXJl";

struct Issuance {
    stale_at: Timestamp,
    asked: AtomicU32,
}

#[tonic::async_trait]
impl StatusService for Issuance {
    async fn get_status_list(
        &self,
        request: Request<wire::GetStatusListRequest>,
    ) -> Result<Response<wire::GetStatusListResponse>, Status> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        if request.get_ref().name != "statusLists/0" {
            return Err(Status::not_found(""));
        }
        Ok(Response::new(wire::GetStatusListResponse {
            status_list: Some(wire::StatusList {
                stale_at: Some(instant(self.stale_at)),
                ..Default::default()
            }),
            token: TOKEN.to_owned(),
        }))
    }

    async fn list_status_lists(
        &self,
        _: Request<wire::ListStatusListsRequest>,
    ) -> Result<Response<wire::ListStatusListsResponse>, Status> {
        Err(Status::unimplemented("the portal does not ask for it"))
    }
}

#[tokio::test]
async fn anybody_fetches_a_whole_status_list_and_again_only_if_it_changed() {
    #[expect(clippy::disallowed_methods, reason = "a test starts at the machine's present")]
    let now = Timestamp::now();
    let realm = Realm::new(now);
    let life = Lifecycle::new();
    let text = format!(
        "deployment = \"development\"\n[listen]\nclients = \"127.0.0.1:0\"\n{}",
        realm.tls_section("nation/issuance")
    );
    let common = parse(&text, realm.folder(), Common::read).unwrap_or_else(|faults| panic!("{faults}"));
    let issuance = Arc::new(Issuance {
        stale_at: now + SignedDuration::from_hours(1),
        asked: AtomicU32::new(0),
    });
    let running = testkit::double::server(&common, &life)
        .allow(ALLOW)
        .service(StatusServiceServer::from_arc(Arc::clone(&issuance)))
        .start()
        .await
        .expect("it listens");
    let address = running.address(Gate::Clients).expect("the gate is open");
    let text = format!(
        "deployment = \"development\"\n[listen]\npublic = \"127.0.0.1:0\"\n\
         [peers.verification]\naddress = \"127.0.0.1:9\"\n[peers.issuance]\naddress = \"{address}\"\n{}",
        realm.tls_section("client/portal")
    );
    let config = parse(&text, realm.folder(), Config::read).unwrap_or_else(|faults| panic!("{faults}"));
    let Ok(app) = App::build(config);
    let portal = app.serve(&life).await.expect("it listens").address();

    let list = get(portal, "/status/0").await;
    assert_eq!((list.status, list.body.as_str()), (200, TOKEN));
    assert_eq!(list.header("content-type"), Some("application/statuslist+jwt"));
    assert_eq!(list.header("access-control-allow-origin"), Some("*"));
    let kept = list.header("cache-control").expect("a policy");
    let seconds = kept.strip_prefix("public, max-age=").expect("for everybody");
    let seconds: i64 = seconds.parse().expect("a number");
    assert!((0..=3_600).contains(&seconds), "never beyond what the list says");
    let tag = list.header("etag").expect("a tag").to_owned();

    for (asked, status, body) in [
        (format!("if-none-match: {tag}\r\n"), 304, ""),
        (format!("if-none-match: \"other\", W/{tag}\r\n"), 304, ""),
        ("if-none-match: *\r\n".to_owned(), 304, ""),
        ("if-none-match: \"other\"\r\n".to_owned(), 200, TOKEN),
    ] {
        let again = send(portal, "GET", "/status/0", &asked, b"").await;
        assert_eq!((again.status, again.body.as_str()), (status, body), "{asked}");
        assert_eq!(again.header("etag"), Some(&*tag));
    }
    let before = issuance.asked.load(Ordering::Relaxed);
    for path in ["/status/1", "/status/00", "/status/x", "/status/-1"] {
        assert_eq!(get(portal, path).await.status, 404, "{path}");
    }
    assert_eq!(
        issuance.asked.load(Ordering::Relaxed),
        before + 1,
        "what is no number is not asked for"
    );
}
