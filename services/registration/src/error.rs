//! The reasons of this service, and the one error its commands and queries return.

use std::time::Duration;

use document_preview::NoPreview;
use service_runtime::error as shared;
use service_runtime::{Reason, Refusal};

service_runtime::reasons! {
    DOMAIN = "registration";

    MOVE_REFUSED => FailedPrecondition, "按现行规定不能办理此项操作", "the rules do not allow this act now", "read text_zh, text_en and article of the metadata";
    RULES_FAILED => FailedPrecondition, "存在不符合注册条件的情形", "rules of refusal or eligibility stand against the application", "see each violation for its article and cure";
    FACT_REFUSED => FailedPrecondition, "事实记录或核验不符合要求", "the fact, or the officer's word on it, is not taken", "read text_zh of the metadata";
    MATERIAL_REFUSED => InvalidArgument, "申请材料不符合要求", "the material is not taken", "read text_zh of the metadata";
    MATERIAL_DIGEST_DIFFERS => InvalidArgument, "上传内容与所声明的摘要不一致", "the content does not have the digest that was announced", "upload it again with its SM3 digest";
    PICTURE_UNREADABLE => InvalidArgument, "照片或签名图片无法识别或尺寸不合要求", "the picture cannot be decoded or is of unusable size", "upload a JPEG photo or a PNG signature between 100 and 4000 pixels";
    PREVIEW_REFUSED => FailedPrecondition, "材料无法绘制成预览图，请下载原件查看", "the material cannot be drawn within the limits of a preview", "read the original with ReadMaterial; text_zh of the metadata says why";
    MATERIALS_CLOSED => FailedPrecondition, "申请已提交，不能再更改材料", "materials can be changed only before submission or when a correction is asked for", "wait for the correction notice, or withdraw";
    TYPE_NOT_OFFERED => FailedPrecondition, "按现行政策不受理该注册类型", "the policy in force does not take this type of application", "read the policy profile; apply at the department's window";
    OPEN_APPLICATION => FailedPrecondition, "已有一项在办申请", "the person has an open application here", "finish or withdraw it first";
    EMPLOYER_UNKNOWN => FailedPrecondition, "聘用单位未登记", "the employer is not registered with identity", "have the employer registered";
    EMPLOYER_OUTSIDE_PROVINCE => FailedPrecondition, "聘用单位工商注册地不在本省", "the employer is registered in another province", "apply to the province of the employer";
    PERSON_INCOMPLETE => FailedPrecondition, "实名信息不完整", "the person's record lacks a fact that is needed", "complete the account at identity";
    NAME_CANNOT_BE_DRAWN => FailedPrecondition, "姓名中含有证书字库无法显示的字", "no font of the certificate has a character of the name", "report the code point to the register";
    BATCH_INVALID => InvalidArgument, "批次为空、过大或有重复", "the batch is empty, too large or names an application twice", "name between 1 and 500 different applications";
    NOT_CANCELLED => FailedPrecondition, "该人员在本省没有已注销的注册", "the person has no cancelled registration here that could be restored", "restore it in the province that cancelled it";
    TEMPLATE_REFUSED => InvalidArgument, "意见模板不符合要求", "the opinion template is not taken, or not filled in", "read text_zh of the metadata";
    IMPORT_REFUSED => FailedPrecondition, "导入文件或导入操作不符合要求", "the file, or the step of its import, is not taken", "read text_zh of the metadata; docs/imports.md";
    OBJECTION_INVALID => InvalidArgument, "异议内容不完整或过长", "the objection lacks its statement or is too long", "state the objection in at most 4000 characters";
    REPORT_INVALID => InvalidArgument, "举报内容不完整或过长，或注册编号有误", "the report lacks its statement, is too long, or names no registration number", "state it in at most 4000 characters and name the registration number";
}

/// Why a command or query did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// Refused, for a reason that the caller learns, and the article it rests on.
    #[error("{refusal}")]
    Refused {
        /// What the caller learns.
        refusal: Refusal,
        /// The provision, empty where none applies.
        article: String,
    },
    /// The database's failure.
    #[error(transparent)]
    Database(#[from] postgres::Error),
    /// A defect or a broken row; the caller learns an incident id only.
    #[error("{0}")]
    Internal(String),
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Refused {
            refusal,
            article: String::new(),
        }
    }
}

impl From<Reason> for Error {
    fn from(reason: Reason) -> Self {
        reason.refusal().into()
    }
}

impl From<domain::application::MoveRefused> for Error {
    fn from(refused: domain::application::MoveRefused) -> Self {
        Self::ruled(MOVE_REFUSED, &refused)
    }
}

impl From<domain::announcement::AnnouncementCorrectionRefused> for Error {
    fn from(refused: domain::announcement::AnnouncementCorrectionRefused) -> Self {
        Self::ruled(MOVE_REFUSED, &refused)
    }
}

impl From<domain::employment::NoticeRefused> for Error {
    fn from(refused: domain::employment::NoticeRefused) -> Self {
        Self::ruled(MOVE_REFUSED, &refused)
    }
}

impl From<domain::succession::SuccessionRefused> for Error {
    fn from(refused: domain::succession::SuccessionRefused) -> Self {
        Self::ruled(MOVE_REFUSED, &refused)
    }
}

impl From<domain::lapse::LapseRefused> for Error {
    fn from(refused: domain::lapse::LapseRefused) -> Self {
        Self::ruled(MOVE_REFUSED, &refused)
    }
}

impl From<domain::lapse::LapseRowRefused> for Error {
    fn from(refused: domain::lapse::LapseRowRefused) -> Self {
        Self::ruled(MOVE_REFUSED, &refused)
    }
}

impl From<domain::lapse::ReportRefused> for Error {
    fn from(refused: domain::lapse::ReportRefused) -> Self {
        Self::ruled(MOVE_REFUSED, &refused)
    }
}

impl From<domain::four_eyes::FourEyesRefused> for Error {
    fn from(refused: domain::four_eyes::FourEyesRefused) -> Self {
        Self::ruled(MOVE_REFUSED, &refused)
    }
}

impl From<domain::reconciliation::RepairRefused> for Error {
    fn from(refused: domain::reconciliation::RepairRefused) -> Self {
        Self::ruled(MOVE_REFUSED, &refused)
    }
}

impl From<domain::stream_repair::Parted> for Error {
    fn from(parted: domain::stream_repair::Parted) -> Self {
        Self::ruled(MOVE_REFUSED, &parted)
    }
}

impl From<domain::application::MaterialError> for Error {
    fn from(refused: domain::application::MaterialError) -> Self {
        Self::ruled(MATERIAL_REFUSED, &refused)
    }
}

impl From<domain::cancellation::CancellationRefused> for Error {
    fn from(refused: domain::cancellation::CancellationRefused) -> Self {
        Self::ruled(MOVE_REFUSED, &refused)
    }
}

impl From<domain::correction::CorrectionRefused> for Error {
    fn from(refused: domain::correction::CorrectionRefused) -> Self {
        Self::ruled(MOVE_REFUSED, &refused)
    }
}

impl From<domain::fact::FactRefused> for Error {
    fn from(refused: domain::fact::FactRefused) -> Self {
        Self::ruled(FACT_REFUSED, &refused)
    }
}

impl From<domain::case_file::CaseRefused> for Error {
    fn from(refused: domain::case_file::CaseRefused) -> Self {
        Self::ruled(MOVE_REFUSED, &refused)
    }
}

impl From<domain::work::WorkRefused> for Error {
    fn from(refused: domain::work::WorkRefused) -> Self {
        Self::ruled(MOVE_REFUSED, &refused)
    }
}

impl From<domain::opinion::TemplateError> for Error {
    fn from(refused: domain::opinion::TemplateError) -> Self {
        Self::ruled(TEMPLATE_REFUSED, &refused)
    }
}

impl From<domain::import::ImportRefused> for Error {
    fn from(refused: domain::import::ImportRefused) -> Self {
        Self::ruled(IMPORT_REFUSED, &refused)
    }
}

impl From<domain::check::CheckRefused> for Error {
    fn from(refused: domain::check::CheckRefused) -> Self {
        Self::ruled(FACT_REFUSED, &refused)
    }
}

/// After which whoever found every drawing process at work may come back.
const PREVIEW_PAUSE: Duration = Duration::from_secs(5);

impl From<NoPreview> for Error {
    fn from(why: NoPreview) -> Self {
        let refusal = match why {
            NoPreview::Unreadable | NoPreview::TooCostly => {
                let text = why.text();
                let refusal = PREVIEW_REFUSED.refusal();
                refusal.metadata("text_zh", text.0).metadata("text_en", text.1)
            }
            NoPreview::NoSuchPage => Refusal::invalid("page", "is no page, or beyond those that are drawn"),
            NoPreview::Busy => Refusal::new(shared::OVERLOADED).retry_after(PREVIEW_PAUSE),
            NoPreview::Unavailable => {
                tracing::error!("the process that draws previews cannot be started");
                Refusal::new(shared::PEER_UNAVAILABLE).metadata("peer", "render-worker")
            }
        };
        refusal.into()
    }
}

impl postgres::TransactionError for Error {
    fn database(&self) -> Option<&postgres::Error> {
        match self {
            Self::Database(error) => Some(error),
            Self::Refused { .. } | Self::Internal(_) => None,
        }
    }
}

impl Error {
    /// A defect, worded for the log; nothing personal goes into the text.
    pub(crate) fn internal(what: impl std::fmt::Display) -> Self {
        Self::Internal(what.to_string())
    }

    /// A rule of the domain under its own stable name; `class` gives code and advice.
    fn ruled(class: Reason, fault: &impl domain::reason::Reason) -> Self {
        let text = fault.text();
        let reason = Reason {
            name: fault.reason(),
            ..class
        };
        let refusal = reason
            .refusal()
            .metadata("article", fault.article())
            .metadata("text_zh", text.zh)
            .metadata("text_en", text.en);
        Self::Refused {
            refusal,
            article: fault.article().to_owned(),
        }
    }

    /// Every rule that fails, each as a violation with article, the facts used, cure and the first free day.
    pub(crate) fn rules(failing: &[domain::refusal::Refusal]) -> Self {
        Self::rules_of([("", failing)])
    }

    /// As [`Error::rules`], for several subjects under their names.
    pub(crate) fn rules_of<'a>(
        failing: impl IntoIterator<Item = (&'a str, &'a [domain::refusal::Refusal])>,
    ) -> Self {
        let mut articles = Vec::new();
        let mut error = Self::from(RULES_FAILED);
        for (name, failing) in failing {
            articles.extend(failing.iter().map(|failed| failed.article.clone()));
            let path = if name.is_empty() {
                String::new()
            } else {
                format!("{name}/")
            };
            error = error.naming(failing, &path);
        }
        match error {
            Self::Refused { refusal, .. } => Self::Refused {
                refusal,
                article: articles.join("; "),
            },
            other => other,
        }
    }

    /// Names each failing rule as a violation of a field under `path`, so that an answer lists them all.
    pub(crate) fn naming(self, failing: &[domain::refusal::Refusal], path: &str) -> Self {
        let Self::Refused { mut refusal, article } = self else {
            return self;
        };
        for failed in failing {
            let cure = failed.cure.as_ref().map(|cure| format!(" {}", cure.zh));
            let facts = (!failed.facts.is_empty()).then(|| format!(" 依据：{}。", failed.facts.join("，")));
            let free = failed.eligible_from.map(|day| format!(" 自{day}起可申请。"));
            let text = [cure, facts, free].into_iter().flatten().collect::<String>();
            refusal = refusal.field(
                format!("{path}{}", failed.rule.code()),
                format!("{}（{}）{text}", failed.text.zh, failed.article),
            );
        }
        Self::Refused { refusal, article }
    }

    /// Whether it is a refusal for exactly this reason.
    pub(crate) fn is(&self, reason: Reason) -> bool {
        matches!(self, Self::Refused { refusal, .. } if refusal.is(reason))
    }

    /// Nothing there, or not the caller's to see.
    pub(crate) fn not_found() -> Self {
        Refusal::new(shared::NOT_FOUND).into()
    }

    /// What crosses the wire.
    #[track_caller]
    pub(crate) fn into_refusal(self) -> Refusal {
        match self {
            Self::Refused { refusal, .. } => refusal,
            Self::Database(error) if is_second_open(&error) => OPEN_APPLICATION.refusal(),
            Self::Database(postgres::Error::RequestIdReused) => Refusal::new(shared::REQUEST_ID_REUSED),
            Self::Database(error) if error.is_unavailable() => Refusal::database_unavailable(error),
            Self::Database(error) => Refusal::internal(error),
            Self::Internal(what) => Refusal::internal(what),
        }
    }
}

/// Whether a draft was refused because another application of the person is open.
pub(crate) fn is_second_open(error: &postgres::Error) -> bool {
    matches!(
        error.constraint(),
        Some("application_one_open" | "application_one_open_beside")
    )
}

/// How a rule of the domain reads as a field violation: `REASON: 中文 / English`.
pub(crate) fn violation(fault: &impl domain::reason::Reason) -> String {
    let text = fault.text();
    format!("{}: {} / {}", fault.reason(), text.zh, text.en)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_table_is_well_formed_and_short() {
        assert!(REASONS.len() <= 20, "{}", REASONS.len());
        assert!(REASONS.iter().all(Reason::is_well_formed));
    }

    #[test]
    fn a_refused_move_carries_the_domain_s_reason_and_article() {
        let error = Error::from(domain::application::MoveRefused::ClaimNotHeld);
        let Error::Refused { refusal, article } = error else {
            panic!("a refusal")
        };
        assert_eq!(
            (refusal.name().as_str(), article.as_str()),
            ("CLAIM_NOT_HELD", "design §3")
        );
        assert_eq!(refusal.code(), MOVE_REFUSED.code);
    }
}
