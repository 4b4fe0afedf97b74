//! The one verdict, in words, with what to do next.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{DocumentStanding, Standing, UsePeriodStanding, VersionStanding};
use crate::calendar::day_of;
use crate::correction::{CorrectedFact, CorrectionNature};
use crate::reason::BilingualText;
use crate::register::StatusCode;

/// One verdict for people; the codes behind it are in [`Standing`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Verdict {
    /// 有效.
    Valid,
    /// 已被新版本取代.
    Superseded,
    /// 加注件已过使用期限.
    CopyExpired,
    /// 加注件已撤回.
    CopyRevoked,
    /// 失效、注销、撤销、吊销 or otherwise ended.
    RegistrationEnded,
    /// 暂扣.
    RegistrationSuspended,
    /// 文件被改动.
    Altered,
    /// 不是本登记册的证书.
    WrongAuthority,
    /// 查无此证.
    NotFound,
    /// 无法判断.
    CannotSay,
    /// 文件真实，但登记册没有此文件.
    NotIssuedHere,
    /// 状态列表称其无效, without saying why. Only a list leads to it, never the register itself.
    ListedInvalid,
}

impl Verdict {
    /// The verdict on a file (none where none was shown) and a standing (none where the register knows nothing).
    #[must_use]
    pub fn of(document: Option<DocumentStanding>, standing: Option<&Standing>) -> Self {
        match document {
            Some(DocumentStanding::Altered) => return Self::Altered,
            Some(DocumentStanding::WrongAuthority) => return Self::WrongAuthority,
            Some(DocumentStanding::NotIssuedHere) => return Self::NotIssuedHere,
            Some(DocumentStanding::CannotSay) => return Self::CannotSay,
            Some(DocumentStanding::Authentic) | None => {}
        }
        let Some(standing) = standing else {
            return Self::NotFound;
        };
        match standing.status {
            StatusCode::Suspended => return Self::RegistrationSuspended,
            StatusCode::Revoked
            | StatusCode::Cancelled
            | StatusCode::Lapsed
            | StatusCode::Stripped
            | StatusCode::MovingOut
            | StatusCode::Other => return Self::RegistrationEnded,
            StatusCode::Valid => {}
        }
        match (&standing.version, standing.use_period) {
            (VersionStanding::NotYet, _) => Self::NotFound,
            (VersionStanding::Superseded { .. } | VersionStanding::Ended { .. }, _) => Self::Superseded,
            (VersionStanding::Current, UsePeriodStanding::Revoked { .. }) => Self::CopyRevoked,
            (VersionStanding::Current, UsePeriodStanding::Over { .. }) => Self::CopyExpired,
            (VersionStanding::Current, UsePeriodStanding::Within { .. } | UsePeriodStanding::NotACopy) => {
                Self::Valid
            }
        }
    }
}

/// The verdict in one line, and what to do next. The standing refines the text where there is one.
#[must_use]
pub fn explain(verdict: Verdict, standing: Option<&Standing>) -> (BilingualText, BilingualText) {
    let (text, next) = match verdict {
        Verdict::Valid => valid(standing),
        Verdict::Superseded => superseded(standing),
        Verdict::CopyExpired => copy_expired(standing),
        Verdict::CopyRevoked => copy_revoked(standing),
        Verdict::RegistrationEnded => ended(standing),
        Verdict::RegistrationSuspended => suspended(standing),
        Verdict::Altered => pair(
            "文件内容在签章后被改动，不能作为证书使用。",
            "The file was changed after it was sealed; it is no certificate.",
            "请持证人重新下载证书文件后再核验。",
            "Ask the holder to download the certificate again.",
        ),
        Verdict::WrongAuthority => pair(
            "该文件不是由一级建造师注册证书的发证机关签章，不是本登记册的证书。",
            "The file was not sealed by the authority of this register; it is no certificate of it.",
            "请勿采信，并按注册编号查询登记信息。",
            "Do not rely on it; look the registration number up.",
        ),
        Verdict::NotFound => pair(
            "没有与所给信息相符的注册信息。",
            "No registration matches what was given.",
            "请核对注册编号、姓名和证件号码；持证人可查询证书办理进度。",
            "Check number, name and document; the holder can ask where the certificate stands.",
        ),
        Verdict::CannotSay => pair(
            "暂时无法判断。",
            "It cannot be told at present.",
            "请稍后再试，或按注册编号在线核验。",
            "Try again later, or verify online by registration number.",
        ),
        Verdict::NotIssuedHere => pair(
            "签章真实，但登记册没有签发过此文件。",
            "The seal is genuine, but the register did not issue this file.",
            "请持证人重新下载证书文件，并向发证机关反映。",
            "Ask the holder to download the certificate again, and tell the authority.",
        ),
        Verdict::ListedInvalid => pair(
            "文件真实，但状态列表显示本证书（件）已无效。",
            "The file is genuine, but the status list says that it is not in force any more.",
            "列表不说明原因：可能已被新版本取代、注册已终止或加注件已作废；请按注册编号在线查询。",
            "The list does not say why (superseded, ended, or a revoked copy): look the registration number up online.",
        ),
    };
    (text, next)
}

fn pair(zh: &str, en: &str, next_zh: &str, next_en: &str) -> (BilingualText, BilingualText) {
    (BilingualText::new(zh, en), BilingualText::new(next_zh, next_en))
}

fn valid(standing: Option<&Standing>) -> (BilingualText, BilingualText) {
    if standing.is_some_and(|standing| standing.renewal_pending) {
        return pair(
            "注册状态正常：有效期已满，延续申请已按期提交，尚未作出决定，依照行政许可法第五十条注册不因期满失效。",
            "The registration is in force: a renewal filed in time is undecided, so the end of the term does not end it (art 50).",
            "请在延续注册公告后再次核验。",
            "Verify again once the renewal is announced.",
        );
    }
    match standing.map(|standing| standing.use_period) {
        Some(UsePeriodStanding::Within { use_until }) => pair(
            &format!("证书有效，注册状态正常，本件可使用至{use_until}。"),
            &format!("The certificate is valid; this copy may be used until {use_until}."),
            "请核对姓名、聘用企业和注册专业；打印件须有持证人手写签名。",
            "Compare name, employer and specialties; a print must be signed by hand.",
        ),
        _ => pair(
            "证书有效，注册状态正常。",
            "The certificate is valid and the registration in force.",
            "请核对姓名、聘用企业和注册专业。",
            "Compare name, employer and specialties.",
        ),
    }
}

fn superseded(standing: Option<&Standing>) -> (BilingualText, BilingualText) {
    let day = match standing.map(|standing| &standing.version) {
        Some(VersionStanding::Superseded { at, .. } | VersionStanding::Ended { at }) => Some(day_of(*at)),
        _ => None,
    };
    let (zh, en) = match day {
        Some(day) => (
            format!("文件真实，但该证书版本已于{day}被新版本取代。"),
            format!("The certificate was superseded by a newer version on {day}."),
        ),
        None => (
            "该证书版本已被新版本取代。".to_owned(),
            "The certificate was superseded by a newer version.".to_owned(),
        ),
    };
    pair(
        &zh,
        &en,
        "请持证人下载最新证书。",
        "Ask the holder to download the current certificate.",
    )
}

/// What a verifier is told of a version that a correction superseded: which facts, and since when they were not so.
/// `changed` names fields of the facts record.
#[must_use]
pub fn explain_correction<'a>(
    nature: CorrectionNature,
    superseded_on: Date,
    changed: impl Iterator<Item = &'a str>,
) -> BilingualText {
    let facts: Vec<_> = changed
        .filter_map(CorrectedFact::of_field)
        .map(CorrectedFact::name)
        .collect();
    let join =
        |pick: fn(&BilingualText) -> &str, by: &str| facts.iter().map(pick).collect::<Vec<_>>().join(by);
    let (zh, en) = (join(|text| &text.zh, "、"), join(|text| &text.en, ", "));
    match nature {
        CorrectionNature::RegisterError => BilingualText::new(
            format!("文件真实，但该版本登记有误（{zh}），自始不准确，已于{superseded_on}更正。"),
            format!(
                "The register was wrong in this version from its beginning ({en}); it was corrected on {superseded_on}."
            ),
        ),
        CorrectionNature::LegalChange { changed_on } => BilingualText::new(
            format!("文件真实，但{zh}已自{changed_on}起依法变更，该版本于{superseded_on}被新版本取代。"),
            format!(
                "What this version says changed in law on {changed_on} ({en}); a newer version superseded it on {superseded_on}."
            ),
        ),
    }
}

fn copy_expired(standing: Option<&Standing>) -> (BilingualText, BilingualText) {
    let until = match standing.map(|standing| standing.use_period) {
        Some(UsePeriodStanding::Over { use_until }) => format!("（{use_until}）"),
        _ => String::new(),
    };
    pair(
        &format!("注册状态正常，但本件已过使用有效期{until}。"),
        "The registration is in force, but the use period of this copy has ended.",
        "请持证人重新下载并确认使用期限。",
        "Ask the holder to download a new copy.",
    )
}

fn copy_revoked(standing: Option<&Standing>) -> (BilingualText, BilingualText) {
    let day = match standing.map(|standing| standing.use_period) {
        Some(UsePeriodStanding::Revoked { at }) => format!("于{}", day_of(at)),
        _ => String::new(),
    };
    pair(
        &format!("注册状态正常，但本件已{day}由持证人撤回。"),
        "The registration is in force, but this copy was revoked by its holder.",
        "请持证人重新下载。",
        "Ask the holder for a new copy.",
    )
}

fn ended(standing: Option<&Standing>) -> (BilingualText, BilingualText) {
    let status = standing.map_or(StatusCode::Other, |standing| standing.status);
    let (zh, en) = match status {
        StatusCode::Revoked => ("被撤销，证书无效", "was revoked as wrongly granted"),
        StatusCode::Stripped => ("被吊销注册证书", "was stripped as a penalty"),
        StatusCode::Cancelled => ("注销", "was cancelled"),
        StatusCode::Lapsed => ("失效", "has lapsed"),
        StatusCode::MovingOut => ("办理转出", "is being moved out"),
        StatusCode::Valid | StatusCode::Suspended | StatusCode::Other => {
            ("处于异常状态，不能执业", "is not in force")
        }
    };
    let since = standing.and_then(|standing| standing.since);
    let cause = since
        .and_then(|since| since.cause)
        .filter(|cause| status == StatusCode::Lapsed && cause.is_told_to_all());
    let zh = match (since, cause) {
        (Some(since), Some(cause)) => format!(
            "注册已自{}起{zh}（{}，{}）。",
            since.on,
            cause.name(),
            cause.article()
        ),
        (Some(since), None) => format!("注册已自{}起{zh}。", since.on),
        (None, _) => format!("注册已{zh}。"),
    };
    let en = match since {
        Some(since) => format!("The registration {en}, as of {}.", since.on),
        None => format!("The registration {en}."),
    };
    pair(
        &zh,
        &en,
        "该人员目前不得以一级建造师名义执业。",
        "The person may not practise as a Level-1 constructor.",
    )
}

fn suspended(standing: Option<&Standing>) -> (BilingualText, BilingualText) {
    let since = standing.and_then(|standing| standing.since);
    let zh = since.map_or_else(String::new, |since| format!("自{}起", since.on));
    let en = since.map_or_else(String::new, |since| format!(" since {}", since.on));
    pair(
        &format!("注册证书{zh}处于暂扣状态，暂不得执业。"),
        &format!("The registration is suspended{en}; the person may not practise."),
        "请待证书发还后再行核验。",
        "Verify again once the suspension is lifted.",
    )
}
