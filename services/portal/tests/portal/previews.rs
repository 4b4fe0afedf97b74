//! What an uploaded file shows, drawn by the real worker, beside a verdict that stands without it.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::browse::{Page, post_file, post_form};
use crate::double::World;

/// A page without end: what is known of the file is a verdict, and no picture.
const ENDLESS_PAGE: &[u8] = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n\
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9000000 9000000]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n";

fn sample(name: &str) -> Vec<u8> {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../crates/document-render/tests/samples");
    std::fs::read(samples.join(name)).expect("a sample")
}

fn drawing(more: &str) -> String {
    let worker = testkit::program::render_worker();
    format!("[previews]\nworker = {worker:?}\n{more}")
}

/// The picture on a page, if there is one.
fn picture(page: &Page) -> Option<material_content::Pixels> {
    let (_, rest) = page.body.split_once("src=\"data:image/jpeg;base64,")?;
    let content = STANDARD.decode(rest.split('"').next()?).expect("base64");
    Some(material_content::decode(&content).expect("a picture"))
}

#[tokio::test]
async fn a_file_is_shown_below_its_verdict_without_a_script() {
    let world = World::with(&drawing("")).await;
    for name in ["certificate.ofd", "certificate.pdf"] {
        let page = post_file(world.portal, &sample(name)).await;
        assert_eq!((page.status, page.text_of("verdict").as_str()), (200, "有效"));
        let pixels = picture(&page).expect("a picture");
        assert!(pixels.height() > pixels.width() && pixels.rgb().iter().any(|value| *value < 100));
        page.says("alt=\"文件第 1 页的图像（共 1 页）");
        page.says("只供对照，不是核验结论");
        let policy = page.header("content-security-policy").expect("a policy");
        assert!(policy.starts_with("default-src 'none';") && policy.contains("img-src 'self' data:;"));
        assert!(!policy.contains("script") && !policy.contains("unsafe"));
        assert!(!page.body.contains("<script"));
    }
    let number = [("registration_number", "苏1322018201901234")];
    let page = post_form(world.portal, "/verify", &number).await;
    assert!(picture(&page).is_none() && !page.body.contains("id=\"pictures\""));
    let policy = page.header("content-security-policy").expect("a policy");
    assert!(!policy.contains("data:"), "{policy}");
}

#[tokio::test]
async fn a_file_that_cannot_be_drawn_keeps_its_verdict() {
    let world = World::with(&drawing("largest = 100000\n")).await;
    let large = [&sample("certificate.ofd")[..], &[0; 100_000]].concat();
    for file in [ENDLESS_PAGE, b"PK\x03\x04 no package", &large] {
        let page = post_file(world.portal, file).await;
        assert_eq!((page.status, page.text_of("verdict").as_str()), (200, "有效"));
        assert!(picture(&page).is_none());
        assert!(
            page.text_of("no-picture").contains("请下载原件查看"),
            "{}",
            page.body
        );
    }
}

#[tokio::test]
async fn whoever_comes_while_a_file_is_drawn_gets_the_verdict_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let (pipe, script) = (folder.path().join("pipe"), folder.path().join("worker.sh"));
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.expect("mkfifo runs").success());
    // It says that it works by opening a pipe, and never ends by itself.
    std::fs::write(
        &script,
        format!("#!/bin/sh\necho >{}\nexec sleep 1000\n", pipe.display()),
    )
    .expect("written");
    std::fs::set_permissions(&script, PermissionsExt::from_mode(0o755)).expect("executable");
    let section = format!("[previews]\nworker = {script:?}\ntimeout = \"600s\"\nwait = \"1ms\"\n");
    let world = World::with(&section).await;
    let file = sample("certificate.pdf");
    let second = async {
        let at_work = tokio::task::spawn_blocking(move || std::fs::read(pipe)).await;
        at_work.expect("no panic").expect("the first worker is at work");
        post_file(world.portal, &file).await
    };
    let page = tokio::select! {
        ended = post_file(world.portal, &file) => panic!("it never ends: {}", ended.status),
        page = second => page,
    };
    assert_eq!((page.status, page.text_of("verdict").as_str()), (200, "有效"));
    assert!(page.text_of("no-picture").contains("预览繁忙"), "{}", page.body);
}
