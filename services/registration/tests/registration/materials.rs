//! What may be attached, and what is missing.

use std::os::unix::fs::PermissionsExt;

use api::registration::v1 as wire;
use api::types::v1::{ApplicationType, Specialty};
use jiff::civil::date;
use tokio_stream::StreamExt as _;
use wire::MaterialKind;

use crate::story::WATER;
use crate::world::{Setting, World, id, officer, reason};

#[tokio::test]
async fn a_submission_names_every_material_that_is_missing_and_needs_the_commitment() {
    let world = World::start().await;
    let holder = world.person(1);
    let firm = world.firm("江苏水利建设有限公司", "32", 1);
    world.qualify(&holder, WATER, date(2022, 3, 1)).await;
    let name = world
        .draft(&holder, ApplicationType::Initial, &[WATER], &firm.name)
        .await
        .expect("a draft")
        .name;
    world
        .request_employment(&holder.actor, &name)
        .await
        .expect("handed over");
    world
        .confirm_employment(&firm.registrar, &name, true, "")
        .await
        .expect("confirmed");
    assert_eq!(
        reason(world.submit_application(&holder.actor, &name, false).await),
        "COMMITMENT_MISSING"
    );
    let refused = world
        .submit_application(&holder.actor, &name, true)
        .await
        .expect_err("refused");
    let info = tonic_types::StatusExt::get_details_error_info(&refused).expect("a reason");
    assert_eq!(info.reason, "MATERIALS_MISSING");
    let text = info.metadata.get("text_zh").expect("a text");
    for missing in [
        "注册申请表",
        "资格证书",
        "学历证书",
        "身份证明",
        "劳动合同",
        "照片",
        "签名图片",
    ] {
        assert!(text.contains(missing), "{text}");
    }
}

#[tokio::test]
async fn wrong_typed_oversized_altered_and_undrawable_materials_are_refused() {
    let world = World::start().await;
    let holder = world.person(1);
    let firm = world.firm("江苏水利建设有限公司", "32", 1);
    world.qualify(&holder, WATER, date(2022, 3, 1)).await;
    let name = world
        .draft(&holder, ApplicationType::Initial, &[WATER], &firm.name)
        .await
        .expect("a draft")
        .name;
    let attach = async |kind, media_type: &str, content: &[u8]| {
        reason(
            world
                .attach(&holder.actor, &name, kind, media_type, content)
                .await,
        )
    };
    assert_eq!(
        attach(MaterialKind::Photo, "application/pdf", b"%PDF").await,
        "MATERIAL_MEDIA_TYPE"
    );
    assert_eq!(
        attach(MaterialKind::LabourContract, "application/pdf", b"").await,
        "MATERIAL_EMPTY"
    );
    assert_eq!(
        attach(MaterialKind::Photo, "image/jpeg", &vec![0; 2 << 20]).await,
        "MATERIAL_TOO_LARGE"
    );
    assert_eq!(
        attach(MaterialKind::Photo, "image/jpeg", b"\xff\xd8 no picture").await,
        "PICTURE_UNREADABLE"
    );
    let photo = testkit::picture::photo_jpeg(1);
    assert_eq!(
        attach(MaterialKind::SignatureImage, "image/png", &photo).await,
        "PICTURE_UNREADABLE"
    );
    let header = wire::MaterialHeader {
        request_id: id(),
        application: name.clone(),
        kind: MaterialKind::Photo.into(),
        media_type: "image/jpeg".to_owned(),
        digest: "00".repeat(32),
        ..Default::default()
    };
    assert_eq!(
        reason(world.attach_as(&holder.actor, header, &photo).await),
        "MATERIAL_DIGEST_DIFFERS"
    );
}

#[tokio::test]
async fn officers_read_what_was_attached_and_the_disk_holds_only_ciphertext() {
    let world = World::start().await;
    let holder = world.person(1);
    let firm = world.firm("江苏水利建设有限公司", "32", 1);
    world.qualify(&holder, WATER, date(2022, 3, 1)).await;
    let name = world
        .draft(&holder, ApplicationType::Initial, &[WATER], &firm.name)
        .await
        .expect("a draft")
        .name;
    let content = crate::story::scan(&"a labour contract between nobody and nobody ".repeat(4000));
    let kind = MaterialKind::LabourContract;
    let material = world
        .attach(&holder.actor, &name, kind, "application/pdf", &content)
        .await
        .expect("attached");
    let message = wire::ReadMaterialRequest { name: material.name };
    let stream = world
        .reviews()
        .read_material(world.signed(&officer("provinces/32"), message.clone()))
        .await;
    let mut stream = stream.expect("read").into_inner();
    let mut read = Vec::new();
    while let Some(part) = stream.next().await {
        read.extend_from_slice(&part.expect("a chunk").chunk);
    }
    assert_eq!(read, content);
    let foreign = world
        .reviews()
        .read_material(world.signed(&officer("provinces/33"), message))
        .await;
    assert_eq!(reason(foreign), "NOT_FOUND");
    for entry in walk(&world.realm.folder().join("objects")) {
        let stored = std::fs::read(entry).expect("a file");
        assert!(
            !stored.windows(15).any(|window| window == b"labour contract"),
            "in the clear"
        );
    }
}

#[tokio::test]
async fn without_a_qualification_or_in_another_province_nothing_can_be_opened() {
    let world = World::start().await;
    let holder = world.person(1);
    let firm = world.firm("江苏水利建设有限公司", "32", 1);
    let elsewhere = world.firm("浙江水利建设有限公司", "33", 2);
    let initial = ApplicationType::Initial;
    assert_eq!(
        reason(world.draft(&holder, initial, &[WATER], &firm.name).await),
        "RULES_FAILED"
    );
    world.qualify(&holder, WATER, date(2022, 3, 1)).await;
    assert_eq!(
        reason(
            world
                .draft(&holder, initial, &[Specialty::Building], &firm.name)
                .await
        ),
        "RULES_FAILED"
    );
    let abroad = world.draft(&holder, initial, &[WATER], &elsewhere.name).await;
    assert_eq!(reason(abroad), "EMPLOYER_OUTSIDE_PROVINCE");
    let unknown = world
        .draft(
            &holder,
            initial,
            &[WATER],
            &format!("employers/{}", uuid::Uuid::new_v4()),
        )
        .await;
    assert_eq!(reason(unknown), "EMPLOYER_UNKNOWN");
    let cancellation = world
        .draft(&holder, ApplicationType::Cancellation, &[WATER], &firm.name)
        .await;
    assert_eq!(reason(cancellation), "RULES_FAILED", "nobody is registered");
    world
        .draft(&holder, initial, &[WATER], &firm.name)
        .await
        .expect("a draft");
    assert_eq!(
        reason(world.draft(&holder, initial, &[WATER], &firm.name).await),
        "OPEN_APPLICATION"
    );
}

fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files.extend(walk(&path));
        } else {
            files.push(path);
        }
    }
    files
}

#[tokio::test]
async fn pictures_are_made_anew_and_originals_stay() {
    let world = World::start().await;
    let holder = world.person(1);
    let firm = world.firm("江苏水利建设有限公司", "32", 1);
    world.qualify(&holder, WATER, date(2022, 3, 1)).await;
    let name = world
        .draft(&holder, ApplicationType::Initial, &[WATER], &firm.name)
        .await
        .expect("a draft")
        .name;
    // With what a camera leaves: a comment segment behind SOI.
    let mut photo = testkit::picture::photo_jpeg(1);
    photo.splice(2..2, [&[0xff, 0xfe, 0, 12][..], b"GPS 32.06N"].concat());
    let photo_kind = MaterialKind::Photo;
    let attached = world
        .attach(&holder.actor, &name, photo_kind, "image/jpeg", &photo)
        .await
        .expect("attached");
    let sm3 = |bytes: &[u8]| {
        gm::sm3::digest(bytes)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect::<String>()
    };
    let made = material_content::photo(&photo).expect("a photo").content;
    assert_eq!(
        (attached.digest, attached.picture_digest),
        (sm3(&photo), sm3(&made))
    );
    assert!(!made.windows(9).any(|window| window == b"GPS 32.06"));
    assert_eq!(attached.file_name, format!("photo-{}.jpg", &sm3(&photo)[..12]));
    let officer = officer("provinces/32");
    let message = wire::ReadMaterialRequest {
        name: attached.name.clone(),
    };
    let mut stream = world
        .reviews()
        .read_material(world.signed(&officer, message))
        .await
        .expect("read")
        .into_inner();
    let mut read = Vec::new();
    while let Some(part) = stream.next().await {
        read.extend_from_slice(&part.expect("a chunk").chunk);
    }
    assert_eq!(read, photo, "the original is kept as it came");
    let raster = world
        .preview(&officer, &attached.name, 0)
        .await
        .expect("a raster");
    assert_eq!(
        (raster.media_type.as_str(), raster.width, raster.height),
        ("image/jpeg", 295, 413)
    );
    assert!(!raster.content.windows(9).any(|window| window == b"GPS 32.06"));
    let beyond = world.preview(&officer, &attached.name, 2).await;
    assert_eq!(reason(beyond), "INVALID_ARGUMENT", "a picture has one page");
    let kind = MaterialKind::LabourContract;
    let hostile = [
        ("application/pdf", photo.clone()),
        ("application/pdf", crate::story::scan("")[..40].to_vec()),
        (
            "application/pdf",
            [&crate::story::scan("")[..], b"PK\x05\x06", &[0; 18]].concat(),
        ),
        ("image/jpeg", [&photo[..], b"PK\x03\x04"].concat()),
        ("application/ofd", b"PK\x03\x04".to_vec()),
    ];
    for (media_type, content) in hostile {
        let refused = world
            .attach(&holder.actor, &name, kind, media_type, &content)
            .await;
        assert_eq!(reason(refused), "MATERIAL_CONTENT", "{media_type}");
    }
}

impl World {
    async fn preview(
        &self,
        actor: &crate::world::Actor,
        name: &str,
        page: u32,
    ) -> Result<wire::PreviewMaterialResponse, tonic::Status> {
        let message = wire::PreviewMaterialRequest {
            name: name.to_owned(),
            page,
        };
        let answer = self.reviews().preview_material(self.signed(actor, message)).await;
        answer.map(tonic::Response::into_inner)
    }

    /// An application with a contract of each of these.
    async fn contracts(&self, contents: &[(&str, &[u8])]) -> Vec<String> {
        let holder = self.person(1);
        let firm = self.firm("江苏水利建设有限公司", "32", 1);
        self.qualify(&holder, WATER, date(2022, 3, 1)).await;
        let draft = self
            .draft(&holder, ApplicationType::Initial, &[WATER], &firm.name)
            .await;
        let application = draft.expect("a draft").name;
        let mut names = Vec::new();
        for (media_type, content) in contents {
            let kind = MaterialKind::LabourContract;
            let attached = self
                .attach(&holder.actor, &application, kind, media_type, content)
                .await;
            names.push(attached.expect("attached").name);
        }
        names
    }
}

/// A PDF whose only page has no end: nothing that attaching looks at, and nothing that can be drawn.
const ENDLESS_PAGE: &[u8] = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n\
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9000000 9000000]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n";

#[tokio::test]
async fn pages_of_documents_are_drawn_in_a_process_and_every_look_is_recorded() {
    let world = World::start_set(|_| Setting {
        // A worker without optimisation needs near the usual ten seconds for a page, and more on a busy machine.
        previews: Some(format!(
            "worker = {:?}\ntimeout = \"30s\"",
            testkit::program::render_worker()
        )),
        ..Setting::default()
    })
    .await;
    let samples =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../crates/document-render/tests/samples");
    let sample = |name: &str| std::fs::read(samples.join(name)).expect("a sample");
    let (ofd, pdf) = (sample("certificate.ofd"), sample("certificate.pdf"));
    let names = world
        .contracts(&[
            ("application/ofd", &ofd),
            ("application/pdf", &pdf),
            ("application/pdf", ENDLESS_PAGE),
        ])
        .await;
    let officer = officer("provinces/32");
    for name in &names[..2] {
        let drawn = world.preview(&officer, name, 0).await.expect("a raster");
        assert_eq!((drawn.media_type.as_str(), drawn.page_count), ("image/jpeg", 1));
        let pixels = material_content::decode(&drawn.content).expect("a picture");
        assert_eq!((pixels.width(), pixels.height()), (drawn.width, drawn.height));
        assert!(pixels.height() > pixels.width() && pixels.height() <= 1600);
        assert!(pixels.rgb().iter().any(|value| *value < 100), "it has ink");
        let beyond = world.preview(&officer, name, 2).await;
        assert_eq!(reason(beyond), "INVALID_ARGUMENT", "it has one page");
    }
    let hostile = world.preview(&officer, &names[2], 1).await;
    assert_eq!(reason(hostile), "PREVIEW_REFUSED");
    let again = world.preview(&officer, &names[0], 1).await;
    assert!(again.is_ok(), "the next one is drawn");
    let foreign = world
        .preview(&crate::world::officer("provinces/33"), &names[0], 1)
        .await;
    assert_eq!(reason(foreign), "NOT_FOUND");

    let of_previews = api::audit::v1::ExportAuditRequest {
        verb: "preview_material".to_owned(),
        ..Default::default()
    };
    let auditor = crate::world::in_role("AUDITOR", "provinces/32");
    let lines = world.export_audit(&auditor, of_previews).await.expect("exported");
    let looks = |name: &str| lines.iter().filter(|line| line.contains(name)).count();
    assert_eq!(
        [looks(&names[0]), looks(&names[1]), looks(&names[2])],
        [3, 2, 1],
        "{lines:?}"
    );
}

#[tokio::test]
async fn while_every_worker_is_at_work_the_next_one_is_asked_to_come_back() {
    let mut started = std::path::PathBuf::new();
    let world = World::start_set(|realm| {
        // It says that it works by opening a pipe, and never ends by itself.
        let (pipe, script) = (realm.folder().join("pipe"), realm.folder().join("worker.sh"));
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.expect("mkfifo runs").success());
        let text = format!("#!/bin/sh\necho >{}\nexec sleep 1000\n", pipe.display());
        std::fs::write(&script, text).expect("written");
        std::fs::set_permissions(&script, PermissionsExt::from_mode(0o755)).expect("executable");
        started = pipe;
        Setting {
            previews: Some(format!(
                "worker = {script:?}\nat_once = 1\ntimeout = \"600s\"\nwait = \"1ms\""
            )),
            ..Setting::default()
        }
    })
    .await;
    let names = world
        .contracts(&[("application/pdf", testkit::materials::SCAN)])
        .await;
    let officer = officer("provinces/32");
    let first = world.preview(&officer, &names[0], 1);
    let second = async {
        let at_work = tokio::task::spawn_blocking(move || std::fs::read(started)).await;
        at_work.expect("no panic").expect("the first worker is at work");
        world.preview(&officer, &names[0], 1).await
    };
    let status = tokio::select! {
        ended = first => panic!("it never ends: {ended:?}"),
        refused = second => refused.expect_err("nothing is drawn"),
    };
    assert_eq!(status.code(), tonic::Code::ResourceExhausted);
    let retry = tonic_types::StatusExt::get_details_retry_info(&status);
    assert!(retry.is_some_and(|retry| retry.retry_delay.is_some()));
    assert_eq!(reason::<()>(Err(status)), "OVERLOADED");
}
