//! One clear verdict, whatever it is.

use api::types::v1::StatusCode;
use api::verification::v1::{NameMatch, Verdict, Verification};
use tokio::io::AsyncReadExt as _;

use crate::browse::{get, post_file, post_form};
use crate::double::{World, instant, superseded, valid};

const NUMBER: (&str, &str) = ("registration_number", "苏1322018201901234");

/// Verdict, status → headline and the class of its colour.
const HEADLINES: &[(Verdict, StatusCode, &str, &str)] = &[
    (Verdict::Valid, StatusCode::Valid, "有效", "good"),
    (
        Verdict::Superseded,
        StatusCode::Valid,
        "已被新版本取代",
        "caution",
    ),
    (Verdict::CopyExpired, StatusCode::Valid, "已过使用期限", "caution"),
    (Verdict::CopyRevoked, StatusCode::Valid, "本件已撤回", "caution"),
    (
        Verdict::RegistrationSuspended,
        StatusCode::Suspended,
        "注册证书暂扣",
        "bad",
    ),
    (
        Verdict::RegistrationEnded,
        StatusCode::Revoked,
        "注册已撤销",
        "bad",
    ),
    (
        Verdict::RegistrationEnded,
        StatusCode::Cancelled,
        "注册已注销",
        "bad",
    ),
    (
        Verdict::RegistrationEnded,
        StatusCode::Lapsed,
        "注册已失效",
        "bad",
    ),
    (
        Verdict::RegistrationEnded,
        StatusCode::Stripped,
        "注册证书已吊销",
        "bad",
    ),
    (
        Verdict::RegistrationEnded,
        StatusCode::MovingOut,
        "注册正在办理转出",
        "caution",
    ),
    (Verdict::RegistrationEnded, StatusCode::Other, "注册已终止", "bad"),
    (Verdict::Altered, StatusCode::Unspecified, "文件被改动", "bad"),
    (
        Verdict::WrongAuthority,
        StatusCode::Unspecified,
        "不是本登记册的证书",
        "bad",
    ),
    (
        Verdict::NotIssuedHere,
        StatusCode::Unspecified,
        "登记册未签发此文件",
        "bad",
    ),
    (Verdict::ListedInvalid, StatusCode::Unspecified, "已无效", "bad"),
    (Verdict::NotFound, StatusCode::Unspecified, "查无此证", "unknown"),
    (
        Verdict::CannotSay,
        StatusCode::Unspecified,
        "暂无法判断",
        "unknown",
    ),
];

#[tokio::test]
async fn every_verdict_has_its_own_words_and_colour() {
    let world = World::new().await;
    for (verdict, status, words, class) in HEADLINES {
        world.says(Verification {
            verdict: (*verdict).into(),
            status_code: (*status).into(),
            ..valid()
        });
        let page = get(world.portal, "/q/AQIDBAUGBwgJCgsMDQ4PEA").await;
        assert_eq!(page.status, 200, "a verdict is an answer");
        assert_eq!(page.text_of("verdict"), *words);
        page.says(&format!("<section class=\"verdict {class}\""));
        page.says(&format!("<title>{words} · 建证</title>"));
    }
}

#[tokio::test]
async fn a_scanned_copy_shows_what_a_checker_compares_and_nothing_more() {
    let world = World::new().await;
    let page = get(world.portal, "/q/AQIDBAUGBwgJCgsMDQ4PEA").await;
    for shown in [
        "苏1322018201901234",
        "欧阳某某",
        "江苏建证样本建设集团有限公司",
        "有效（代码 01）",
        "第 2 版，现行版本",
        "至 2026年8月20日，在使用期限内",
        "建筑工程",
        "2023年1月15日 至 2028年1月14日",
        "水利水电工程",
        "不在有效期",
        "样本 <span lang=\"en\">SPECIMEN</span>",
        "2026年3月1日 09:05:12",
        "第 1288 号",
        "打印件须有持证人手写签名",
    ] {
        page.says(shown);
    }
    let asked = world.double.asked.lock().pop().expect("the service was asked");
    let subject = asked.subject.expect("about something");
    assert_eq!(format!("{subject:?}"), "QrToken(\"AQIDBAUGBwgJCgsMDQ4PEA\")");
    assert!(!asked.allow_stale, "a stale answer is not asked for");
}

#[tokio::test]
async fn a_superseded_version_says_since_when_and_what_changed() {
    let world = World::new().await;
    *world.double.document.lock() = Ok(superseded());
    let page = post_file(world.portal, b"PK\x03\x04 an OFD as far as the portal knows").await;
    assert_eq!(page.text_of("verdict"), "已被新版本取代");
    page.says("第 1 版，已于 2026年2月11日 10:30:00 被取代");
    page.says("注册编号、聘用企业");
    assert!(
        !page.body.contains("在使用期限内"),
        "a superseded copy may not be used"
    );
    page.says("<details class=\"card findings\">");
    page.says("检查明细（3 项）");
    page.says("签章时间仅有签章人声明。");
    page.says("<code>STATED_TIME_ONLY</code>");
}

#[tokio::test]
async fn a_revoked_copy_says_since_when() {
    let world = World::new().await;
    let mut answer = valid();
    answer.verdict = Verdict::CopyRevoked.into();
    answer.specimen = false;
    answer.use_period.as_mut().expect("a copy").revoked_at = instant("2026-02-27T16:00:00Z");
    world.says(answer);
    let page = get(world.portal, "/q/AQIDBAUGBwgJCgsMDQ4PEA").await;
    page.says("已于 2026年2月28日 00:00:00 撤回");
    assert!(
        !page.body.contains("SPECIMEN"),
        "what is no specimen is not called one"
    );
}

#[tokio::test]
async fn a_number_is_asked_as_it_was_typed_and_a_name_is_only_compared() {
    let world = World::new().await;
    for (matches, words) in [
        (NameMatch::Match, "与登记一致"),
        (NameMatch::NoMatch, "与登记不一致"),
    ] {
        world.says(Verification {
            name_match: matches.into(),
            ..valid()
        });
        let page = post_form(world.portal, "/verify", &[NUMBER, ("full_name", "欧阳正清")]).await;
        assert_eq!(page.status, 200);
        page.says(&format!("<dd>{words}</dd>"));
        assert!(!page.body.contains("欧阳正清"), "the full name is not shown");
    }
    let old = ("registration_number", "京111050700001");
    post_form(world.portal, "/verify", &[old]).await;
    let asked = world.double.asked.lock().clone();
    assert_eq!(asked[0].full_name, "欧阳正清");
    assert_eq!(
        format!("{:?}", asked[2].subject),
        "Some(RegistrationNumber(\"京111050700001\"))"
    );
}

#[tokio::test]
async fn a_whole_file_reaches_the_service() {
    let world = World::new().await;
    let mut file = b"%PDF-1.7\n".to_vec();
    file.resize(3 << 20, b'x');
    let page = post_file(world.portal, &file).await;
    assert_eq!(page.text_of("verdict"), "有效");
    assert_eq!(*world.double.received.lock(), [3 << 20]);
}

#[tokio::test]
async fn draining_answers_what_was_asked_and_closes() {
    let world = World::new().await;
    assert_eq!(get(world.portal, "/healthz").await.status, 200);
    let mut idle = tokio::net::TcpStream::connect(world.portal)
        .await
        .expect("it listens");
    get(world.portal, "/").await;
    let ending = world.life.drain(std::time::Duration::from_secs(10)).await;
    assert_eq!(ending, service_runtime::lifecycle::Ending::Drained);
    assert_eq!(
        idle.read(&mut [0; 1]).await.unwrap_or(0),
        0,
        "idle connections are closed"
    );
    let refused = tokio::net::TcpStream::connect(world.portal).await;
    assert!(refused.is_err(), "nothing listens any more");
}
