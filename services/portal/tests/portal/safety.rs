//! Values are values, headers are strict, configuration says all that is wrong with it.

use api::verification::v1::finding;
use portal::Config;
use service_runtime::config::parse;

use crate::browse::{get, post_form};
use crate::double::{World, finding, text, valid};

const EVIL: &str = "<script>alert(1)</script>\"'&";

#[tokio::test]
async fn nothing_that_somebody_else_wrote_becomes_markup() {
    let world = World::new().await;
    let mut answer = valid();
    answer.employer_title = EVIL.to_owned();
    answer.family_name = EVIL.to_owned();
    answer.registration_number = EVIL.to_owned();
    answer.licence_identifier = EVIL.to_owned();
    answer.text = text(EVIL, EVIL);
    answer.next = text(EVIL, EVIL);
    answer.version.as_mut().expect("a version").changed_facts = vec![EVIL.to_owned()];
    let mut evil = finding(EVIL, finding::Result::Fail, EVIL);
    (evil.reason, evil.subject) = (EVIL.to_owned(), EVIL.to_owned());
    answer.findings = vec![evil];
    world.says(answer);
    let shown = get(world.portal, "/q/AQIDBAUGBwgJCgsMDQ4PEA").await;
    let typed = post_form(
        world.portal,
        "/verify",
        &[("registration_number", EVIL), ("full_name", EVIL)],
    )
    .await;
    for (page, times) in [(shown, 10), (typed, 2)] {
        assert!(!page.body.contains("<script"), "{}", page.body);
        assert!(!page.body.contains("alert(1)</"), "{}", page.body);
        assert!(
            !page.body.contains("\"'&"),
            "quotes end no attribute: {}",
            page.body
        );
        let escaped = page.body.matches("alert(1)").count();
        assert!(escaped >= times, "every value is there as text: {escaped}");
    }
}

#[tokio::test]
async fn every_response_is_strict() {
    let world = World::new().await;
    for path in [
        "/",
        "/q/AQIDBAUGBwgJCgsMDQ4PEA",
        "/q/%00",
        "/nowhere",
        "/portal.css",
        "/mark.svg",
        "/healthz",
    ] {
        let page = get(world.portal, path).await;
        let policy = page.header("content-security-policy").expect(path);
        assert!(policy.starts_with("default-src 'none';"), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
        assert!(
            policy.contains("frame-ancestors 'none'") && policy.contains("form-action 'self'"),
            "{policy}"
        );
        assert_eq!(page.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(page.header("referrer-policy"), Some("no-referrer"), "{path}");
        assert_eq!(page.header("x-frame-options"), Some("DENY"), "{path}");
        assert_eq!(page.header("set-cookie"), None, "{path}");
        let kept = page.header("cache-control").expect(path);
        let asset = path.ends_with("css") || path.ends_with("svg");
        assert_eq!(kept == "no-store", !asset, "{path}: {kept}");
    }
}

#[tokio::test]
async fn pages_need_nothing_from_elsewhere_and_no_script() {
    let world = World::new().await;
    for path in ["/", "/q/AQIDBAUGBwgJCgsMDQ4PEA", "/nowhere"] {
        let page = get(world.portal, path).await;
        page.says("<html lang=\"zh-CN\">");
        page.says("name=\"viewport\"");
        assert!(
            !page.body.contains("<script") && !page.body.contains(" style=") && !page.body.contains("://")
        );
        for attribute in ["href=\"", "src=\"", "action=\""] {
            for (at, _) in page.body.match_indices(attribute) {
                let target = &page.body[at + attribute.len()..];
                assert!(target.starts_with(['/', '#']), "{path}: {}", &target[..20]);
            }
        }
    }
    let style = get(world.portal, "/portal.css").await.body;
    assert!(
        !style.contains("url(") && !style.contains("@import"),
        "the style sheet loads nothing"
    );
}

#[test]
fn every_fault_of_a_configuration_is_reported_at_once() {
    let text = "deployment = \"development\"\n[listen]\nclients = \"127.0.0.1:0\"\n[uploads]\nlargest = 0\n\
                timeout = \"0s\"\n[surprise]\nkey = 1\n";
    let folder = std::env::temp_dir();
    let faults = parse(text, &folder, Config::read)
        .expect_err("it is full of faults")
        .to_string();
    for fault in ["tls", "uploads.largest", "uploads.timeout", "surprise"] {
        assert!(faults.contains(fault), "{fault} is not in:\n{faults}");
    }
}
