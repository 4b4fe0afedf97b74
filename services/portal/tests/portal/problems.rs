//! No verdict: which page, which status, and never an internal.

use std::time::Duration;

use service_runtime::Refusal;
use service_runtime::error::{
    INTERNAL, INVALID_ARGUMENT, OVERLOADED, PAYLOAD_TOO_LARGE, RATE_LIMITED, STALE,
};

use crate::browse::{Page, get, post_file, post_form, send};
use crate::double::World;

const CODE: &str = "/q/AQIDBAUGBwgJCgsMDQ4PEA";

fn no_internals(page: &Page) {
    for word in [
        "tonic",
        "grpc",
        "status:",
        "127.0.0.1",
        "panicked",
        "RATE_LIMITED",
        "STALE",
        "INTERNAL",
    ] {
        assert!(
            !page.body.contains(word),
            "`{word}` is nobody's concern: {}",
            page.body
        );
    }
    page.says("下一步");
    page.says("返回首页");
}

#[tokio::test]
async fn each_refusal_of_the_service_is_a_page_of_its_own() {
    let world = World::new().await;
    let limited = Refusal::new(RATE_LIMITED).retry_after(Duration::from_secs(42));
    let cases = [
        (limited, 429, "查询过于频繁", Some("42")),
        (Refusal::new(OVERLOADED), 503, "当前查询人数较多", Some("10")),
        (Refusal::new(STALE), 503, "暂无法判断", Some("10")),
        (Refusal::new(INVALID_ARGUMENT), 400, "查询内容不符合要求", None),
        (Refusal::new(PAYLOAD_TOO_LARGE), 413, "文件过大", None),
        (Refusal::new(INTERNAL), 500, "系统出现问题", None),
    ];
    for (refusal, status, title, retry) in cases {
        *world.double.certificate.lock() = Err(refusal.into_status());
        let page = get(world.portal, CODE).await;
        assert_eq!(page.status, status, "{title}");
        assert_eq!(page.text_of("verdict"), title);
        assert_eq!(page.header("retry-after"), retry, "{title}");
        no_internals(&page);
    }
}

#[tokio::test]
async fn a_service_that_is_away_gives_no_verdict() {
    let world = World::new().await;
    world.behind.drain(Duration::from_secs(10)).await;
    let page = get(world.portal, CODE).await;
    assert_eq!(page.status, 503);
    assert_eq!(page.text_of("verdict"), "核验服务暂不可用");
    page.says("请勿据此认定证书有效或无效");
    no_internals(&page);
    assert_eq!(
        get(world.portal, "/healthz").await.status,
        200,
        "the portal itself is there"
    );
}

#[tokio::test]
async fn a_malformed_number_comes_back_in_the_form_with_what_is_wrong() {
    let world = World::new().await;
    for (typed, fault) in [
        ("苏132201820190123", "注册编号应为1位汉字加16位数字"),
        ("苏1322018A01901234", "注册编号第9位应为数字"),
        ("苏2322018201901234", "不是一级建造师注册编号"),
        ("", "注册编号应为"),
    ] {
        let page = post_form(world.portal, "/verify", &[("registration_number", typed)]).await;
        assert_eq!(page.status, 400, "{typed}");
        page.says(fault);
        page.says("role=\"alert\"");
        page.says(&format!("value=\"{typed}\""));
    }
    assert!(world.double.asked.lock().is_empty(), "the service is not asked");
}

#[tokio::test]
async fn what_no_code_says_is_not_asked() {
    let world = World::new().await;
    let long = format!("/q/{}", "a".repeat(201));
    for path in ["/q/a%20b", "/q/%3Cscript%3E", "/q/%FF", long.as_str()] {
        let page = get(world.portal, path).await;
        assert_eq!(
            (page.status, page.text_of("verdict")),
            (400, "二维码无法识别".to_owned()),
            "{path}"
        );
    }
    assert!(world.double.asked.lock().is_empty());
}

#[tokio::test]
async fn files_that_cannot_be_certificates_are_refused_before_the_service_sees_them() {
    let world = World::with("[uploads]\nlargest = 1048576\n").await;
    let mut large = b"%PDF-1.7".to_vec();
    large.resize((1 << 20) + 1, b'x');
    for (file, status, title) in [
        (&b""[..], 400, "没有收到文件"),
        (&b"\xff\xd8\xff\xe0 a photo"[..], 415, "不是可核验的证书文件"),
        (&large[..], 413, "文件过大"),
    ] {
        let page = post_file(world.portal, file).await;
        assert_eq!(page.status, status, "{title}");
        assert_eq!(page.text_of("verdict"), title);
        no_internals(&page);
    }
    assert!(
        world.double.received.lock().is_empty(),
        "no part of a file was judged"
    );
    large.truncate(1 << 20);
    assert_eq!(
        post_file(world.portal, &large).await.status,
        200,
        "the largest that is taken"
    );
}

#[tokio::test]
async fn other_addresses_and_methods_have_their_pages() {
    let world = World::new().await;
    let page = get(world.portal, "/nowhere").await;
    assert_eq!(
        (page.status, page.text_of("verdict")),
        (404, "页面不存在".to_owned())
    );
    let page = send(world.portal, "DELETE", "/verify", "", b"").await;
    assert_eq!(
        (page.status, page.text_of("verdict")),
        (405, "不支持此操作".to_owned())
    );
    let page = send(
        world.portal,
        "POST",
        "/verify",
        "content-type: text/plain\r\n",
        b"hello",
    )
    .await;
    assert_eq!(page.status, 400);
    let page = post_form(
        world.portal,
        "/verify",
        &[("registration_number", &"9".repeat(20_000))],
    )
    .await;
    assert_eq!(page.status, 400, "a form that is too large is not read");
    let page = get(world.portal, "/verify").await;
    assert_eq!((page.status, page.header("location")), (303, Some("/")));
}
