//! Pages of the desk (办事): signing in, copies and consents of a holder, packages of an employer.

use api::issuance::v1 as wire;
use api::types::v1::Date as WireDate;
use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::certificate::Purpose;

use super::{html, with_pictures};
use crate::peer::desk::Holdings;
use crate::pictures::Pictures;
use crate::session::Session;

/// The form of signing in, perhaps with why it did not work.
#[derive(Template)]
#[template(path = "desk-sign-in.html")]
pub(crate) struct SignInPage {
    pub(crate) fault: Option<String>,
}

impl IntoResponse for SignInPage {
    fn into_response(self) -> Response {
        let status = self
            .fault
            .as_ref()
            .map_or(StatusCode::OK, |_| StatusCode::BAD_REQUEST);
        html(status, &self)
    }
}

/// A copy as listed.
struct Copy {
    name: String,
    purpose: &'static str,
    reference: String,
    recipient: String,
    until: String,
    sign: &'static str,
    state: &'static str,
    note: String,
    usable: bool,
    revocable: bool,
    formats: Vec<Format>,
}

/// A file that can be had.
struct Format {
    /// As forms name it.
    code: &'static str,
    name: &'static str,
}

impl Format {
    fn of(format: wire::DocumentFormat) -> Option<Self> {
        let (code, name) = match format {
            wire::DocumentFormat::Ofd => ("OFD", "OFD"),
            wire::DocumentFormat::Pdf => ("PDF", "PDF"),
            wire::DocumentFormat::PdfSm2 => ("PDF_SM2", "PDF（国密签名）"),
            wire::DocumentFormat::Unspecified => return None,
        };
        Some(Self { code, name })
    }
}

/// A consent as listed.
struct Consent {
    name: String,
    purposes: String,
    until: String,
    sign: &'static str,
    state: &'static str,
    uses: u32,
    standing: bool,
}

/// A request as listed.
struct Asked {
    name: String,
    purpose: &'static str,
    reference: String,
    recipient: String,
    until: String,
    sign: &'static str,
    state: &'static str,
    pending: bool,
}

/// Everything of one person.
#[derive(Template)]
#[template(path = "desk.html")]
pub(crate) struct DeskPage {
    fault: Option<String>,
    form_key: String,
    certificate: Option<(String, String, String)>,
    purposes: Vec<(&'static str, &'static str)>,
    copies: Vec<Copy>,
    consents: Vec<Consent>,
    requests: Vec<Asked>,
    employers: Vec<String>,
}

impl DeskPage {
    /// What the person has, with what was not done if something was not.
    pub(crate) fn new(session: &Session, holdings: Holdings, fault: Option<String>) -> Self {
        let certificate = holdings.certificate.map(|one| {
            let making = if one.issued_at.is_none() {
                "（正在制作）"
            } else {
                ""
            };
            let title = format!("{}{making}", one.registration_number);
            (one.name, title, one.employer_title)
        });
        Self {
            fault,
            form_key: session.form_key.clone(),
            certificate,
            purposes: Purpose::ALL.iter().map(|one| (one.code(), one.name())).collect(),
            copies: holdings.copies.iter().map(copy).collect(),
            consents: holdings.consents.iter().map(consent).collect(),
            requests: holdings.requests.iter().map(asked).collect(),
            employers: session.employers.clone(),
        }
    }
}

impl IntoResponse for DeskPage {
    fn into_response(self) -> Response {
        let status = self
            .fault
            .as_ref()
            .map_or(StatusCode::OK, |_| StatusCode::BAD_REQUEST);
        html(status, &self)
    }
}

/// A certificate or a copy, as pictures of its pages.
#[derive(Template)]
#[template(path = "desk-preview.html")]
pub(crate) struct PreviewPage {
    pub(crate) pictures: Pictures,
}

impl IntoResponse for PreviewPage {
    fn into_response(self) -> Response {
        with_pictures(&self)
    }
}

/// What came of a package, and the form that gives its file.
#[derive(Template)]
#[template(path = "desk-package.html")]
pub(crate) struct PackagePage {
    pub(crate) form_key: String,
    pub(crate) request_id: String,
    pub(crate) employer: String,
    pub(crate) purpose: String,
    pub(crate) reference: String,
    pub(crate) recipient: String,
    /// Registration number, last day, and how it came here.
    pub(crate) copies: Vec<(String, String, &'static str)>,
    /// Who, as far as the employer may know, and why.
    pub(crate) missing: Vec<(String, String)>,
}

impl IntoResponse for PackagePage {
    fn into_response(self) -> Response {
        html(StatusCode::OK, &self)
    }
}

impl PackagePage {
    /// Lists what a package holds and lacks.
    pub(crate) fn listing(mut self, package: wire::EmployerPackage) -> Self {
        let copies = package.copies.into_iter();
        self.copies = copies.map(packaged).collect();
        let missing = package.missing.into_iter();
        self.missing = missing
            .map(|one| (member(&one), one.text.unwrap_or_default().zh))
            .collect();
        self
    }
}

/// Its own people by name, masked, and number; of nobody else more than that it is nobody of the employer's.
fn member(missing: &wire::MissingMember) -> String {
    if missing.registration_number.is_empty() {
        return "未在本单位注册的人员".to_owned();
    }
    format!("{}（{}）", missing.masked_name, missing.registration_number)
}

fn packaged(copy: wire::PackagedCopy) -> (String, String, &'static str) {
    let how = if copy.by_consent {
        "依授权"
    } else {
        "本人办理"
    };
    (copy.registration_number, day(copy.use_until), how)
}

fn copy(copy: &wire::UseCopy) -> Copy {
    use wire::use_copy::Usability;
    let usability = copy.usability();
    let (sign, state) = match usability {
        Usability::Usable => ("good", "可使用"),
        Usability::BeingMade => ("unknown", "正在制作"),
        Usability::Revoked => ("bad", "已作废"),
        Usability::Expired => ("caution", "已过使用期限"),
        Usability::Superseded => ("caution", "证书已换发新版本"),
        Usability::Unspecified => ("unknown", "状态不明"),
    };
    let note = match (copy.consent.is_empty(), copy.revocation_reason.as_str()) {
        (_, reason) if !reason.is_empty() => format!("作废原因：{reason}"),
        (false, _) => "聘用单位依长期授权办理".to_owned(),
        (true, _) => String::new(),
    };
    Copy {
        name: copy.name.clone(),
        purpose: purpose(copy.purpose()),
        reference: copy.purpose_reference.clone(),
        recipient: copy.recipient.clone(),
        until: day(copy.use_until),
        sign,
        state,
        note,
        usable: usability == Usability::Usable,
        revocable: matches!(usability, Usability::Usable | Usability::BeingMade),
        formats: copy.formats().filter_map(Format::of).collect(),
    }
}

fn consent(consent: &wire::StandingConsent) -> Consent {
    use wire::standing_consent::State;
    let (sign, state) = match consent.state() {
        State::Standing => ("good", "有效"),
        State::Expired => ("caution", "已到期"),
        State::Revoked => ("caution", "已撤回"),
        State::EmploymentEnded => ("caution", "聘用关系已结束，自动终止"),
        State::Unspecified => ("unknown", "状态不明"),
    };
    let purposes: Vec<_> = consent.purposes().map(purpose).collect();
    Consent {
        name: consent.name.clone(),
        purposes: purposes.join("、"),
        until: day(consent.ends_on),
        sign,
        state,
        uses: consent.uses,
        standing: consent.state() == State::Standing,
    }
}

fn asked(request: &wire::CopyRequest) -> Asked {
    use wire::copy_request::State;
    let (sign, state) = match request.state() {
        State::Pending => ("caution", "待您答复"),
        State::Approved => ("good", "已同意"),
        State::Declined => ("unknown", "已谢绝"),
        State::Lapsed => ("unknown", "已失效"),
        State::Unspecified => ("unknown", "状态不明"),
    };
    Asked {
        name: request.name.clone(),
        purpose: purpose(request.purpose()),
        reference: request.purpose_reference.clone(),
        recipient: request.recipient.clone(),
        until: day(request.expires_on),
        sign,
        state,
        pending: request.state() == State::Pending,
    }
}

fn purpose(purpose: wire::Purpose) -> &'static str {
    match purpose {
        wire::Purpose::Tender => Purpose::Tender.name(),
        wire::Purpose::EnterpriseQualification => Purpose::EnterpriseQualification.name(),
        wire::Purpose::ConstructionPermit => Purpose::ConstructionPermit.name(),
        wire::Purpose::Inspection => Purpose::Inspection.name(),
        wire::Purpose::Employment => Purpose::Employment.name(),
        wire::Purpose::Other => Purpose::Other.name(),
        wire::Purpose::Unspecified => "",
    }
}

fn day(day: Option<WireDate>) -> String {
    day.map_or_else(String::new, |day| {
        format!("{}年{}月{}日", day.year, day.month, day.day)
    })
}
