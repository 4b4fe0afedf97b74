//! Why there is no verdict, in words for the person who asked. No internals.

use std::time::Duration;

use askama::Template;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::html;
use crate::peer::verification::Unanswered;

/// When a refusal names no delay.
const USUAL_PAUSE: Duration = Duration::from_secs(10);

/// Why there is no verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Problem {
    /// The form was not sent as the page sends it.
    Unreadable,
    /// Nobody is signed in any more.
    SignedOut,
    /// `verification` does not accept the question.
    Rejected,
    /// No QR code of a certificate says this.
    CodeUnreadable,
    /// No file was chosen.
    FileMissing,
    /// Neither OFD nor PDF.
    FileForeign,
    /// Larger than any certificate.
    FileTooLarge {
        /// What is taken, in bytes.
        largest: usize,
    },
    /// Asked too often.
    RateLimited(Option<Duration>),
    /// Too many people at once.
    Overloaded(Option<Duration>),
    /// The register's data are not fresh enough for a verdict.
    Stale,
    /// `verification` does not answer.
    Unavailable,
    /// The request did not arrive in time.
    TooSlow,
    /// No such page.
    PageUnknown,
    /// The page is there, but not for this method.
    MethodUnknown,
    /// Our fault.
    Internal,
}

impl From<Unanswered> for Problem {
    fn from(why: Unanswered) -> Self {
        match why {
            Unanswered::RateLimited(pause) => Self::RateLimited(pause),
            Unanswered::Overloaded(pause) => Self::Overloaded(pause),
            Unanswered::Stale => Self::Stale,
            Unanswered::Unavailable => Self::Unavailable,
            Unanswered::Rejected => Self::Rejected,
            Unanswered::TooLarge => Self::FileTooLarge { largest: 0 },
            Unanswered::Failed => Self::Internal,
        }
    }
}

#[derive(Template)]
#[template(path = "problem.html")]
struct Page {
    title: &'static str,
    subtitle: &'static str,
    text: String,
    next: &'static str,
}

impl Problem {
    fn status(self) -> StatusCode {
        match self {
            Self::SignedOut => StatusCode::UNAUTHORIZED,
            Self::Unreadable | Self::Rejected | Self::CodeUnreadable | Self::FileMissing => {
                StatusCode::BAD_REQUEST
            }
            Self::FileForeign => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::FileTooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::RateLimited(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Overloaded(_) | Self::Stale | Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::PageUnknown => StatusCode::NOT_FOUND,
            Self::MethodUnknown => StatusCode::METHOD_NOT_ALLOWED,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// How long to wait before asking again, where waiting helps.
    fn pause(self) -> Option<Duration> {
        match self {
            Self::RateLimited(pause) | Self::Overloaded(pause) => Some(pause.unwrap_or(USUAL_PAUSE)),
            Self::Stale | Self::Unavailable => Some(USUAL_PAUSE),
            _ => None,
        }
    }

    fn page(self) -> Page {
        let (title, subtitle, next) = match self {
            Self::Unreadable => (
                "提交的内容无法识别",
                "The form could not be read",
                "请返回首页重新填写。",
            ),
            Self::SignedOut => ("登录已失效", "Signed out", "请从“我的证书”重新登录。"),
            Self::Rejected => (
                "查询内容不符合要求",
                "The question was not accepted",
                "请核对后重新填写。",
            ),
            Self::CodeUnreadable => (
                "二维码无法识别",
                "Not the QR code of a certificate",
                "请重新扫描证书上的二维码，或按注册编号核验。",
            ),
            Self::FileMissing => ("没有收到文件", "No file was received", "请返回首页选择证书文件。"),
            Self::FileForeign => (
                "不是可核验的证书文件",
                "Neither an OFD nor a PDF file",
                "请选择持证人下载的原始 OFD 或 PDF 文件；照片、截图和扫描件不能核验。",
            ),
            Self::FileTooLarge { .. } => (
                "文件过大",
                "The file is too large",
                "请确认选择的是证书文件本身；也可按注册编号核验。",
            ),
            Self::RateLimited(_) => ("查询过于频繁", "Too many requests", "请稍后再试。"),
            Self::Overloaded(_) => ("当前查询人数较多", "The service is busy", "请稍后再试。"),
            Self::Stale => (
                "暂无法判断",
                "No verdict at present: the data are not fresh enough",
                "请稍后重新核验。在此之前请勿据此认定证书有效或无效。",
            ),
            Self::Unavailable => (
                "核验服务暂不可用",
                "The verification service is not available",
                "请稍后重新核验。在此之前请勿据此认定证书有效或无效。",
            ),
            Self::TooSlow => ("等待超时", "The request took too long", "请检查网络后重试。"),
            Self::PageUnknown => ("页面不存在", "No such page", "请核对网址，或从首页开始核验。"),
            Self::MethodUnknown => ("不支持此操作", "Method not allowed", "请从首页开始核验。"),
            Self::Internal => ("系统出现问题", "Something went wrong", "请稍后再试。"),
        };
        Page {
            title,
            subtitle,
            next,
            text: self.text(),
        }
    }

    fn text(self) -> String {
        match self {
            Self::FileTooLarge { largest } if largest >= 1 << 20 => {
                format!("可核验的文件最大为 {} MB。", largest >> 20)
            }
            Self::FileTooLarge { .. } => "文件超过可核验的大小。".to_owned(),
            Self::RateLimited(Some(pause)) | Self::Overloaded(Some(pause)) => {
                format!("请在 {} 秒后再试。", pause.as_secs().max(1))
            }
            Self::Stale => "登记信息正在同步，尚未达到可以作出结论的时效。".to_owned(),
            Self::Unavailable => "本次没有得出核验结论。".to_owned(),
            _ => String::new(),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = html(self.status(), &self.page());
        if let Some(pause) = self.pause() {
            let seconds = HeaderValue::from(pause.as_secs().max(1));
            response.headers_mut().insert(header::RETRY_AFTER, seconds);
        }
        response
    }
}
