//! What may be attached, and what is missing.

use api::registration::v1 as wire;
use api::types::v1::{ApplicationType, Specialty};
use jiff::civil::date;
use tokio_stream::StreamExt as _;
use wire::MaterialKind;

use crate::story::WATER;
use crate::world::{World, id, officer, reason};

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
async fn pictures_are_made_anew_originals_stay_and_previews_are_rasters() {
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
    let preview = async |name: &str| {
        let message = wire::PreviewMaterialRequest {
            name: name.to_owned(),
        };
        let answer = world
            .reviews()
            .preview_material(world.signed(&officer, message))
            .await;
        answer.expect("an answer").into_inner()
    };
    let raster = preview(&attached.name).await;
    assert_eq!(
        (raster.media_type.as_str(), raster.width, raster.height),
        ("image/jpeg", 295, 413)
    );
    assert!(!raster.content.windows(9).any(|window| window == b"GPS 32.06"));
    let kind = MaterialKind::LabourContract;
    let contract = world
        .attach(
            &holder.actor,
            &name,
            kind,
            "application/pdf",
            &crate::story::scan(""),
        )
        .await
        .expect("attached");
    let none = preview(&contract.name).await;
    assert!(
        none.content.is_empty() && none.unavailable.contains("不提供预览图"),
        "{}",
        none.unavailable
    );

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
