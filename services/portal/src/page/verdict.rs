//! The verdict and what stands behind it.

use askama::Template;
use axum::http::StatusCode as HttpStatus;
use axum::response::{IntoResponse, Response};
use domain::register::StatusCode;
use domain::standing::Verdict;

use super::{html, terms, with_pictures};
use crate::answer::{Answer, AsOf, Finding, Outcome, SpecialtyStanding, UsePeriod, Version};
use crate::pictures::Pictures;

/// How the certificate was named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum By {
    /// 注册编号
    Number,
    /// 二维码
    Code,
    /// 文件
    File,
}

/// One verdict with what stands behind it.
#[derive(Template)]
#[template(path = "verdict.html")]
pub(crate) struct VerdictPage<'a> {
    by: By,
    headline: Headline,
    answer: &'a Answer,
    rows: Vec<Row>,
    specialties: Vec<Specialty>,
    as_of: Vec<Row>,
    stale: bool,
    findings: Vec<ShownFinding<'a>>,
    failed: usize,
    /// Of an uploaded file.
    pictures: Option<Pictures>,
}

/// The one thing that everybody reads.
struct Headline {
    zh: &'static str,
    en: &'static str,
    tone: Tone,
}

/// Colour and sign, always beside the words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tone {
    Good,
    Caution,
    Bad,
    Unknown,
}

impl Tone {
    fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Caution => "caution",
            Self::Bad => "bad",
            Self::Unknown => "unknown",
        }
    }
}

struct Row {
    zh: &'static str,
    en: &'static str,
    value: String,
    code: bool,
}

impl Row {
    fn new(zh: &'static str, en: &'static str, value: impl Into<String>) -> Option<Self> {
        let value = value.into();
        (!value.is_empty()).then_some(Self {
            zh,
            en,
            value,
            code: false,
        })
    }

    fn code(zh: &'static str, en: &'static str, value: impl Into<String>) -> Option<Self> {
        let row = Self::new(zh, en, value)?;
        Some(Self { code: true, ..row })
    }
}

struct Specialty {
    name: &'static str,
    period: String,
    living: bool,
}

struct ShownFinding<'a> {
    check: &'a str,
    class: &'static str,
    outcome: &'static str,
    finding: &'a Finding,
}

impl<'a> VerdictPage<'a> {
    /// The page on an answer.
    pub(crate) fn new(by: By, answer: &'a Answer) -> Self {
        Self {
            by,
            headline: headline(answer.verdict, answer.status),
            answer,
            rows: rows(answer),
            specialties: answer.specialties.iter().map(specialty).collect(),
            as_of: answer.as_of.as_ref().map(as_of).unwrap_or_default(),
            stale: answer.as_of.as_ref().is_some_and(|as_of| as_of.stale),
            findings: answer.findings.iter().map(finding).collect(),
            failed: answer
                .findings
                .iter()
                .filter(|finding| finding.outcome == Outcome::Fail)
                .count(),
            pictures: None,
        }
    }

    /// With what the uploaded file shows.
    pub(crate) fn showing(self, pictures: Pictures) -> Self {
        Self {
            pictures: Some(pictures),
            ..self
        }
    }

    /// What whoever looks at the pictures must know first.
    fn pictures_note(&self) -> &'static str {
        match self.headline.tone {
            Tone::Good | Tone::Caution => {
                "以下图像由上传的文件绘制，只供对照，不是核验结论；请与上方登记信息核对。"
            }
            Tone::Bad | Tone::Unknown => "该文件未通过核验，以下图像不能作为任何依据。",
        }
    }

    fn by_words(&self) -> &'static str {
        match self.by {
            By::Number => "按注册编号核验",
            By::Code => "扫描二维码核验",
            By::File => "上传文件核验",
        }
    }
}

impl IntoResponse for VerdictPage<'_> {
    fn into_response(self) -> Response {
        match self.pictures {
            Some(_) => with_pictures(&self),
            None => html(HttpStatus::OK, &self),
        }
    }
}

fn headline(verdict: Verdict, status: Option<StatusCode>) -> Headline {
    let (zh, en, tone) = match verdict {
        Verdict::Valid => ("有效", "Valid", Tone::Good),
        Verdict::Superseded => ("已被新版本取代", "Superseded by a newer version", Tone::Caution),
        Verdict::CopyExpired => (
            "已过使用期限",
            "The use period of this copy is over",
            Tone::Caution,
        ),
        Verdict::CopyRevoked => ("本件已撤回", "This copy was revoked by its holder", Tone::Caution),
        Verdict::RegistrationSuspended => ("注册证书暂扣", "The registration is suspended", Tone::Bad),
        Verdict::RegistrationEnded => return ended(status),
        Verdict::Altered => ("文件被改动", "The file was altered", Tone::Bad),
        Verdict::WrongAuthority => (
            "不是本登记册的证书",
            "Not a certificate of this register",
            Tone::Bad,
        ),
        Verdict::NotIssuedHere => (
            "登记册未签发此文件",
            "The register did not issue this file",
            Tone::Bad,
        ),
        Verdict::ListedInvalid => ("已无效", "Not in force any more", Tone::Bad),
        Verdict::NotFound => ("查无此证", "No such certificate", Tone::Unknown),
        Verdict::CannotSay => ("暂无法判断", "No verdict at present", Tone::Unknown),
    };
    Headline { zh, en, tone }
}

fn ended(status: Option<StatusCode>) -> Headline {
    let (zh, en, tone) = match status {
        Some(StatusCode::Revoked) => ("注册已撤销", "The registration was revoked", Tone::Bad),
        Some(StatusCode::Cancelled) => ("注册已注销", "The registration was cancelled", Tone::Bad),
        Some(StatusCode::Lapsed) => ("注册已失效", "The registration has lapsed", Tone::Bad),
        Some(StatusCode::Stripped) => ("注册证书已吊销", "The certificate was stripped", Tone::Bad),
        Some(StatusCode::MovingOut) => (
            "注册正在办理转出",
            "The registration is being moved",
            Tone::Caution,
        ),
        Some(StatusCode::Valid | StatusCode::Suspended | StatusCode::Other) | None => {
            ("注册已终止", "The registration is not in force", Tone::Bad)
        }
    };
    Headline { zh, en, tone }
}

fn rows(answer: &Answer) -> Vec<Row> {
    let name_match = match answer.name_matches {
        None => "",
        Some(true) => "与登记一致",
        Some(false) => "与登记不一致",
    };
    let status = answer
        .status
        .map(|status| format!("{}（代码 {}）", status.name(), status.code()));
    let changed = answer.version.as_ref().map(changed).unwrap_or_default();
    [
        Row::code("注册编号", "Number", answer.registration_number.as_str()),
        Row::new("姓名", "Name", terms::masked_name(&answer.family_name)),
        Row::new("所填姓名", "Name given", name_match),
        Row::new("聘用企业", "Employer", answer.employer.as_str()),
        Row::new("注册状态", "Status", status.unwrap_or_default()),
        Row::new(
            "证书版本",
            "Version",
            answer.version.as_ref().map(version).unwrap_or_default(),
        ),
        Row::new("已变更事项", "Changed", changed),
        Row::new(
            "使用期限",
            "Use period",
            answer
                .use_period
                .as_ref()
                .map(|period| use_period(period, answer.verdict))
                .unwrap_or_default(),
        ),
        Row::code("证照标识", "Licence id", answer.licence_identifier.as_str()),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn version(version: &Version) -> String {
    let number = version.number;
    match (version.current, version.superseded_at) {
        (true, _) => format!("第 {number} 版，现行版本"),
        (false, Some(at)) => format!("第 {number} 版，已于 {} 被取代", terms::instant(at)),
        (false, None) => format!("第 {number} 版，不是现行版本"),
    }
}

fn changed(version: &Version) -> String {
    let names: Vec<_> = version
        .changed_facts
        .iter()
        .map(|name| terms::fact(name))
        .collect();
    names.join("、")
}

/// A period says "within" only where the copy may be used: not on a superseded version, nor after the registration ended.
fn use_period(period: &UsePeriod, verdict: Verdict) -> String {
    let until = period.until.map(|day| format!("至 {}", terms::day(day)));
    let standing = match (period.revoked_at, period.within) {
        (Some(at), _) => Some(format!("已于 {} 撤回", terms::instant(at))),
        (None, true) if verdict == Verdict::Valid => Some("在使用期限内".to_owned()),
        (None, true) => None,
        (None, false) => Some("已过使用期限".to_owned()),
    };
    [until, standing]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join("，")
}

fn specialty(standing: &SpecialtyStanding) -> Specialty {
    let period = standing
        .valid
        .map(|(from, to)| format!("{} 至 {}", terms::day(from), terms::day(to)));
    Specialty {
        name: standing.specialty.name(),
        period: period.unwrap_or_default(),
        living: standing.living,
    }
}

fn as_of(as_of: &AsOf) -> Vec<Row> {
    let position = match as_of.position {
        0 => String::new(),
        position => format!("第 {position} 号"),
    };
    let province = as_of.province_time.map(terms::instant);
    [
        Row::new(
            "登记信息截至",
            "As of",
            as_of.time.map(terms::instant).unwrap_or_default(),
        ),
        Row::new("省级数据截至", "Province", province.unwrap_or_default()),
        Row::new("登记册位置", "Position", position),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn finding(finding: &Finding) -> ShownFinding<'_> {
    let (outcome, class) = match finding.outcome {
        Outcome::Pass => ("通过", "good"),
        Outcome::Warning => ("注意", "caution"),
        Outcome::Fail => ("不通过", "bad"),
        Outcome::CannotSay => ("无法判断", "unknown"),
    };
    ShownFinding {
        check: terms::check(&finding.check),
        class,
        outcome,
        finding,
    }
}
