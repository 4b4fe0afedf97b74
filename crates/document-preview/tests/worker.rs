//! The worker as a process: what it draws, and what breaks it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use document_preview::{Limits, NoPreview, Previewer, Request};

const FIRST: Request = Request { page: 1, dpi: 72 };

fn worker() -> PathBuf {
    env!("CARGO_BIN_EXE_render-worker").into()
}

/// As usual, with as much time as a busy machine needs: a worker gives way to everything else.
fn patient() -> Limits {
    Limits {
        time: Duration::from_secs(180),
        ..Limits::default()
    }
}

fn previewer(limits: Limits) -> Previewer {
    Previewer::new(worker(), Vec::new(), limits)
}

/// A worker that never answers, and one that is killed in the middle of its work.
fn shell(script: &str, limits: Limits) -> Previewer {
    Previewer::new("/bin/sh".into(), vec!["-c".to_owned(), script.to_owned()], limits)
}

fn sample(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../document-render/tests/samples");
    std::fs::read(folder.join(name)).expect("a sample")
}

#[tokio::test]
async fn both_formats_are_drawn() {
    let previewer = previewer(patient());
    for name in ["certificate.ofd", "certificate.pdf"] {
        let preview = previewer.preview(&sample(name), FIRST).await.expect(name);
        let pixels = material_content::decode(&preview.picture.content).expect("a picture");
        assert!(
            pixels.width() == 595 && (841..=842).contains(&pixels.height()),
            "{name}"
        );
        assert!(pixels.rgb().iter().any(|value| *value < 100), "{name} has ink");
        assert_eq!(preview.pages, 1, "{name}");
    }
}

/// Of one colour: hardly any bytes for its pixels, and a picture all the same.
#[tokio::test]
async fn an_empty_page_is_drawn() {
    let empty = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n\
        3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n";
    let request = Request { page: 1, dpi: 136 };
    let preview = previewer(patient()).preview(empty, request).await.expect("drawn");
    assert_eq!(preview.picture.height, 1590);
}

#[tokio::test]
async fn what_cannot_be_read_has_no_preview() {
    let previewer = previewer(patient());
    for document in [&b""[..], b"hello", b"PK\x03\x04", b"%PDF-1.7\n%%EOF"] {
        assert_eq!(
            previewer.preview(document, FIRST).await,
            Err(NoPreview::Unreadable)
        );
    }
    for page in [0, 9, 51] {
        let beyond = Request { page, ..FIRST };
        let answer = previewer.preview(&sample("certificate.ofd"), beyond).await;
        assert_eq!(answer, Err(NoPreview::NoSuchPage), "{page}");
    }
}

#[tokio::test]
async fn what_is_no_picture_does_not_come_through() {
    for script in [
        "printf '\\0\\0\\0\\0\\001<script>'",
        "printf '\\0\\0\\0\\0\\001\\211PNG\\r\\n\\032\\n'",
        "printf '\\0\\0'",
        "exit 0",
    ] {
        let answer = shell(script, patient()).preview(b"x", FIRST).await;
        assert_eq!(answer, Err(NoPreview::TooCostly), "{script}");
    }
}

#[tokio::test]
async fn a_page_of_absurd_size_costs_nothing() {
    let bomb = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n\
        3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9000000 9000000]>>endobj\ntrailer<</Root 1 0 R>>\n";
    let answer = previewer(patient()).preview(bomb, FIRST).await;
    assert!(
        matches!(answer, Err(NoPreview::TooCostly | NoPreview::Unreadable)),
        "{answer:?}"
    );
}

#[tokio::test]
async fn a_worker_that_is_killed_in_the_middle_is_a_typed_answer_and_the_next_one_works() {
    let document = sample("certificate.ofd");
    let killed = shell("head -c 20 >/dev/null; kill -9 $$", patient());
    assert_eq!(killed.preview(&document, FIRST).await, Err(NoPreview::TooCostly));
    assert_eq!(killed.preview(&document, FIRST).await, Err(NoPreview::TooCostly));
    assert!(previewer(patient()).preview(&document, FIRST).await.is_ok());
}

#[tokio::test]
async fn a_worker_that_does_not_end_is_killed_at_the_limit() {
    let limits = Limits {
        time: Duration::from_millis(50),
        ..Limits::default()
    };
    let answer = shell("exec sleep 1000", limits).preview(b"x", FIRST).await;
    assert_eq!(answer, Err(NoPreview::TooCostly));
}

#[tokio::test]
async fn no_more_workers_than_allowed_are_at_work() {
    let limits = Limits {
        time: Duration::from_millis(200),
        wait: Duration::from_millis(20),
        workers: 1,
        ..Limits::default()
    };
    let previewer = shell("exec sleep 1000", limits);
    let (one, two, three) = tokio::join!(
        previewer.preview(b"x", FIRST),
        previewer.preview(b"x", FIRST),
        previewer.preview(b"x", FIRST)
    );
    let answers = [one, two, three];
    assert!(
        answers
            .iter()
            .all(|answer| matches!(answer, Err(NoPreview::TooCostly | NoPreview::Busy)))
    );
    assert!(answers.contains(&Err(NoPreview::Busy)), "{answers:?}");
}

#[tokio::test]
async fn a_worker_that_cannot_be_started_is_unavailable() {
    let none = Previewer::new("/nowhere/render-worker".into(), Vec::new(), Limits::default());
    assert_eq!(none.preview(b"x", FIRST).await, Err(NoPreview::Unavailable));
}

#[tokio::test]
async fn the_environment_holds_nothing_of_the_service() {
    let told = shell(
        "env | grep -qvE '^(PWD|SHLVL|_|OLDPWD|MIMALLOC_ARENA_RESERVE)=' && printf '\\002' || printf '\\001'",
        patient(),
    );
    // By the answers of the worker: 1 says that the document cannot be read, 2 that it is too costly.
    assert_eq!(told.preview(b"x", FIRST).await, Err(NoPreview::Unreadable));
}
