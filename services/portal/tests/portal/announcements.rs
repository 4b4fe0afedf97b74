//! Announcements for everybody: the list, one with its rows, and the files with which anyone can check them.

use std::sync::Arc;

use api::registration::v1 as wire;
use jiff::Timestamp;
use portal::{App, Config};
use service_runtime::Lifecycle;
use service_runtime::auth::{Allow, Rule};
use service_runtime::config::{Common, parse};
use service_runtime::tls::Gate;
use testkit::realm::Realm;
use tonic::{Request, Response, Status};
use wire::announcement_service_server::{AnnouncementService, AnnouncementServiceServer};

use crate::browse::get;

macro_rules! allow {
    ($($method:literal)+) => {
        &[$(Allow::new(concat!("/jianzheng.registration.v1.AnnouncementService/", $method), &[Rule::Public])),+]
    };
}

const ALLOW: &[Allow] = allow!("OpenPublicity" "RaiseObjection" "ResolveObjection" "ClosePublicity" "PublishAnnouncement"
    "GetAnnouncement" "ListAnnouncements" "DownloadAnnouncement" "ProveAnnouncementRow" "ListAnnouncementKeys");

struct Province;

fn announcement() -> wire::Announcement {
    wire::Announcement {
        name: "provinces/32/announcements/2026-1".to_owned(),
        number: "苏建注公告〔2026〕1号".to_owned(),
        announced_at: Some(pbjson_types::Timestamp {
            seconds: 1_790_000_000,
            nanos: 0,
        }),
        announced_by: "provinces/32".to_owned(),
        rows: vec![wire::AnnouncementRow {
            full_name: "<b>样本人</b>".to_owned(),
            registration_number: "苏1322018201901234".to_owned(),
            employer_title: "建证建设有限公司".to_owned(),
            specialties: vec![api::types::v1::Specialty::WaterAndHydropower.into()],
            r#type: api::types::v1::ApplicationType::Initial.into(),
            ..Default::default()
        }],
        row_count: 1,
        corrected: vec![wire::CorrectedRow {
            row: 1,
            fault: wire::ListingFault::Typo.into(),
            number: "苏建注公告〔2026〕2号".to_owned(),
        }],
        ..Default::default()
    }
}

fn not_asked<T>() -> Result<Response<T>, Status> {
    Err(Status::unimplemented(
        "the portal asks for nothing but what is public",
    ))
}

#[tonic::async_trait]
impl AnnouncementService for Province {
    async fn open_publicity(
        &self,
        _: Request<wire::OpenPublicityRequest>,
    ) -> Result<Response<wire::OpenPublicityResponse>, Status> {
        not_asked()
    }

    async fn raise_objection(
        &self,
        _: Request<wire::RaiseObjectionRequest>,
    ) -> Result<Response<wire::RaiseObjectionResponse>, Status> {
        not_asked()
    }

    async fn resolve_objection(
        &self,
        _: Request<wire::ResolveObjectionRequest>,
    ) -> Result<Response<wire::ResolveObjectionResponse>, Status> {
        not_asked()
    }

    async fn close_publicity(
        &self,
        _: Request<wire::ClosePublicityRequest>,
    ) -> Result<Response<wire::ClosePublicityResponse>, Status> {
        not_asked()
    }

    async fn publish_announcement(
        &self,
        _: Request<wire::PublishAnnouncementRequest>,
    ) -> Result<Response<wire::PublishAnnouncementResponse>, Status> {
        not_asked()
    }

    async fn get_announcement(
        &self,
        request: Request<wire::GetAnnouncementRequest>,
    ) -> Result<Response<wire::GetAnnouncementResponse>, Status> {
        if request.get_ref().name != announcement().name {
            return Err(Status::not_found(""));
        }
        let announcement = Some(announcement());
        Ok(Response::new(wire::GetAnnouncementResponse { announcement }))
    }

    async fn list_announcements(
        &self,
        request: Request<wire::ListAnnouncementsRequest>,
    ) -> Result<Response<wire::ListAnnouncementsResponse>, Status> {
        assert!(request.get_ref().heads_only, "no page of a list needs the rows");
        let announcements = vec![wire::Announcement {
            rows: Vec::new(),
            ..announcement()
        }];
        let next_page_token = "bmV4dA".to_owned();
        Ok(Response::new(wire::ListAnnouncementsResponse {
            announcements,
            next_page_token,
        }))
    }

    async fn download_announcement(
        &self,
        _: Request<wire::DownloadAnnouncementRequest>,
    ) -> Result<Response<wire::DownloadAnnouncementResponse>, Status> {
        Ok(Response::new(wire::DownloadAnnouncementResponse {
            content: "{}".into(),
            media_type: "application/json".to_owned(),
            file_name: "announcement-32-2026-1.json".to_owned(),
        }))
    }

    async fn prove_announcement_row(
        &self,
        request: Request<wire::ProveAnnouncementRowRequest>,
    ) -> Result<Response<wire::ProveAnnouncementRowResponse>, Status> {
        if request.get_ref().row != 1 {
            return Err(Status::not_found(""));
        }
        Ok(Response::new(wire::ProveAnnouncementRowResponse {
            proof: "{}".into(),
        }))
    }

    async fn list_announcement_keys(
        &self,
        _: Request<wire::ListAnnouncementKeysRequest>,
    ) -> Result<Response<wire::ListAnnouncementKeysResponse>, Status> {
        let key = wire::AnnouncementKey {
            public_key: vec![48, 0].into(),
            ..Default::default()
        };
        Ok(Response::new(wire::ListAnnouncementKeysResponse {
            keys: vec![key],
        }))
    }
}

#[tokio::test]
async fn anybody_reads_announcements_and_takes_the_files_to_check_them() {
    #[expect(clippy::disallowed_methods, reason = "a test starts at the machine's present")]
    let realm = Realm::new(Timestamp::now());
    let life = Lifecycle::new();
    let text = format!(
        "deployment = \"development\"\n[listen]\nclients = \"127.0.0.1:0\"\n{}",
        realm.tls_section("province/32/registration")
    );
    let common = parse(&text, realm.folder(), Common::read).unwrap_or_else(|faults| panic!("{faults}"));
    let running = testkit::double::server(&common, &life)
        .allow(ALLOW)
        .service(AnnouncementServiceServer::from_arc(Arc::new(Province)))
        .start()
        .await
        .expect("it listens");
    let address = running.address(Gate::Clients).expect("the gate is open");
    let text = format!(
        "deployment = \"development\"\n[listen]\npublic = \"127.0.0.1:0\"\n\
         [peers.verification]\naddress = \"{address}\"\n\
         [peers.registration_32]\naddress = \"{address}\"\nidentity = \"spiffe://jianzheng/province/32/registration\"\n{}",
        realm.tls_section("client/portal")
    );
    let config = parse(&text, realm.folder(), Config::read).unwrap_or_else(|faults| panic!("{faults}"));
    let Ok(app) = App::build(config);
    let portal = app.serve(&life).await.expect("it listens").address();

    get(portal, "/").await.says("href=\"/announcements\"");
    get(portal, "/announcements")
        .await
        .says("href=\"/announcements/32\"");
    let list = get(portal, "/announcements/32").await;
    list.says("苏建注公告〔2026〕1号");
    list.says("href=\"/announcements/32/2026-1\"");
    list.says("?page=bmV4dA");
    let page = get(portal, "/announcements/32/2026-1").await;
    assert_eq!(
        (page.status, page.text_of("number").as_str()),
        (200, "苏建注公告〔2026〕1号")
    );
    for text in [
        "苏1322018201901234",
        "建证建设有限公司",
        "水利水电工程",
        "初始注册",
        "笔误，见 苏建注公告〔2026〕2号",
    ] {
        page.says(text);
    }
    assert!(!page.body.contains("<b>样本人"), "what is shown is escaped");
    let file = get(portal, "/announcements/32/2026-1/list.json").await;
    assert_eq!(
        file.header("content-disposition"),
        Some("attachment; filename=\"announcement-32-2026-1.json\"")
    );
    assert_eq!(get(portal, "/announcements/32/2026-1/rows/1").await.status, 200);
    get(portal, "/announcements/32/keys")
        .await
        .says("-----BEGIN PUBLIC KEY-----\nMAA=\n");
    for absent in [
        "/announcements/31",
        "/announcements/99",
        "/announcements/32/2026-2",
        "/announcements/32/2026-1/rows/2",
        "/announcements/32/2026-1/rows/x",
        "/announcements/32/2026-1/list.exe",
        "/announcements/32/..%2F",
    ] {
        assert_eq!(get(portal, absent).await.status, 404, "{absent}");
    }
}
