//! The desk (办事): what people do for themselves and their employers, signed in. Every form carries the session's key.

mod package;
mod preview;

use api::issuance::v1 as issuance;
use api::types::v1::{Date as WireDate, DocumentKind};
use axum::Form;
use axum::body::Body;
use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use domain::certificate::Purpose;
use futures_util::StreamExt as _;
use serde::Deserialize;
use std::sync::Arc;

pub(super) use package::{file as package_file, make as package};
pub(super) use preview::show as preview;

use crate::app::Deps;
use crate::page::{DeskPage, Problem, SignInPage};
use crate::peer::desk::{Desk, Holdings, Refused, id};
use crate::session::Session;

const COOKIE: &str = "desk";
const SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Somebody who is signed in, before the services they ask.
struct Seat<'a> {
    desk: &'a Desk,
    session: Arc<Session>,
}

/// The form of signing in. No `Debug`: it holds a password.
#[derive(Deserialize)]
pub(super) struct SignIn {
    document_kind: String,
    document_number: String,
    password: String,
    code: String,
}

/// Fields of the desk's forms; each form has some of them.
#[derive(Deserialize, Default)]
pub(super) struct Fields {
    #[serde(default)]
    form_key: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    certificate: String,
    #[serde(default)]
    employer: String,
    #[serde(default)]
    request_id: String,
    #[serde(default)]
    purpose: String,
    #[serde(default)]
    reference: String,
    #[serde(default)]
    recipient: String,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    ends_on: String,
    #[serde(default)]
    answer: String,
    #[serde(default)]
    format: String,
}

type Sent = Result<Form<Fields>, FormRejection>;

/// `GET /my`
pub(super) async fn show(State(deps): State<Deps>, headers: HeaderMap) -> Result<Response, Problem> {
    let desk = deps.desk.as_ref().ok_or(Problem::PageUnknown)?;
    match signed_in(&deps, &headers) {
        Some(session) => Ok(page(&Seat { desk, session }, None).await),
        None => Ok(SignInPage { fault: None }.into_response()),
    }
}

/// `POST /my/sign-in`
pub(super) async fn sign_in(
    State(deps): State<Deps>,
    headers: HeaderMap,
    form: Result<Form<SignIn>, FormRejection>,
) -> Result<Response, Problem> {
    let desk = deps.desk.as_ref().ok_or(Problem::PageUnknown)?;
    let Form(form) = form.map_err(|_| Problem::Unreadable)?;
    same_site(&headers)?;
    let kind = format!("DOCUMENT_KIND_{}", form.document_kind);
    let kind = DocumentKind::from_str_name(&kind).ok_or(Problem::Unreadable)?;
    let number = form.document_number.trim().to_owned();
    let code = form.code.trim().to_owned();
    match desk.sign_in((kind, number, form.password), code).await {
        Ok((tokens, employers)) => {
            let name = deps.sessions.open(tokens, employers);
            Ok(kept(&deps, &name, Redirect::to("/my").into_response()))
        }
        Err(refused) => Ok(SignInPage {
            fault: Some(said(refused)),
        }
        .into_response()),
    }
}

/// `POST /my/sign-out`
pub(super) async fn sign_out(
    State(deps): State<Deps>,
    headers: HeaderMap,
    form: Sent,
) -> Result<Response, Problem> {
    seat(&deps, &headers, form)?;
    if let Some(name) = cookie(&headers) {
        deps.sessions.close(name);
    }
    Ok(kept(&deps, "", Redirect::to("/my").into_response()))
}

/// `POST /my/step-up`
pub(super) async fn step_up(
    State(deps): State<Deps>,
    headers: HeaderMap,
    form: Sent,
) -> Result<Response, Problem> {
    let (seat, form) = seat(&deps, &headers, form)?;
    let done = seat
        .desk
        .step_up(&seat.session, form.code.trim().to_owned())
        .await;
    Ok(done_or_said(&seat, done).await)
}

/// `POST /my/copies`
pub(super) async fn create(
    State(deps): State<Deps>,
    headers: HeaderMap,
    form: Sent,
) -> Result<Response, Problem> {
    let (seat, form) = seat(&deps, &headers, form)?;
    let message = issuance::CreateUseCopyRequest {
        request_id: id(),
        purpose: purpose(&form)?.into(),
        certificate: form.certificate,
        purpose_reference: form.reference,
        recipient: form.recipient,
    };
    let done = seat.desk.create(&seat.session, message).await;
    Ok(done_or_said(&seat, done).await)
}

/// `POST /my/copies/revoke`
pub(super) async fn revoke(
    State(deps): State<Deps>,
    headers: HeaderMap,
    form: Sent,
) -> Result<Response, Problem> {
    let (seat, form) = seat(&deps, &headers, form)?;
    let done = seat.desk.revoke(&seat.session, form.name, form.reason).await;
    Ok(done_or_said(&seat, done).await)
}

/// `POST /my/consents`
pub(super) async fn grant(
    State(deps): State<Deps>,
    headers: HeaderMap,
    form: Sent,
) -> Result<Response, Problem> {
    let (seat, form) = seat(&deps, &headers, form)?;
    let message = issuance::GrantStandingConsentRequest {
        request_id: id(),
        employer: String::new(),
        purposes: vec![purpose(&form)?.into()],
        ends_on: Some(date(&form.ends_on)?),
    };
    let done = seat.desk.grant(&seat.session, message).await;
    Ok(done_or_said(&seat, done).await)
}

/// `POST /my/consents/revoke`
pub(super) async fn withdraw(
    State(deps): State<Deps>,
    headers: HeaderMap,
    form: Sent,
) -> Result<Response, Problem> {
    let (seat, form) = seat(&deps, &headers, form)?;
    let done = seat.desk.withdraw(&seat.session, form.name).await;
    Ok(done_or_said(&seat, done).await)
}

/// `POST /my/requests`
pub(super) async fn answer(
    State(deps): State<Deps>,
    headers: HeaderMap,
    form: Sent,
) -> Result<Response, Problem> {
    let (seat, form) = seat(&deps, &headers, form)?;
    let done = match form.answer.as_str() {
        "approve" => seat.desk.approve(&seat.session, form.name).await,
        "decline" => seat.desk.decline(&seat.session, form.name).await,
        _ => return Err(Problem::Unreadable),
    };
    Ok(done_or_said(&seat, done).await)
}

/// `POST /my/copies/file`
pub(super) async fn file(
    State(deps): State<Deps>,
    headers: HeaderMap,
    form: Sent,
) -> Result<Response, Problem> {
    let (seat, form) = seat(&deps, &headers, form)?;
    let (format, kind) = format(&form.format)?;
    let message = issuance::DownloadDocumentRequest {
        name: form.name,
        format: format.into(),
    };
    match seat.desk.download(&seat.session, message).await {
        Ok(mut stream) => match stream.message().await {
            Ok(Some(first)) => {
                let head = futures_util::stream::iter([Ok(first.chunk)]);
                let rest = stream.map(|part| part.map(|part| part.chunk));
                Ok(attachment(
                    &first.file_name,
                    kind,
                    Body::from_stream(head.chain(rest)),
                ))
            }
            Ok(None) => Err(Problem::Internal),
            Err(status) => Ok(done_or_said(&seat, Err(crate::peer::desk::refused(status))).await),
        },
        Err(refused) => Ok(done_or_said(&seat, Err(refused)).await),
    }
}

/// `POST /my/copies/proof`: what proves the file offline, beside it (存证证明).
pub(super) async fn proof(
    State(deps): State<Deps>,
    headers: HeaderMap,
    form: Sent,
) -> Result<Response, Problem> {
    let (seat, form) = seat(&deps, &headers, form)?;
    let (format, _) = format(&form.format)?;
    let message = issuance::ProveDocumentRequest {
        name: form.name,
        format: format.into(),
    };
    match seat.desk.prove(&seat.session, message).await {
        Ok(proved) => Ok(attachment(
            &proved.file_name,
            "text/plain; charset=utf-8",
            Body::from(proved.proof),
        )),
        Err(refused) => Ok(done_or_said(&seat, Err(refused)).await),
    }
}

fn format(asked: &str) -> Result<(issuance::DocumentFormat, &'static str), Problem> {
    match asked {
        "OFD" => Ok((issuance::DocumentFormat::Ofd, "application/ofd")),
        "PDF" => Ok((issuance::DocumentFormat::Pdf, "application/pdf")),
        "PDF_SM2" => Ok((issuance::DocumentFormat::PdfSm2, "application/pdf")),
        _ => Err(Problem::Unreadable),
    }
}

/// A file for the browser to keep. Its name is ours: identifiers and ids in ASCII.
fn attachment(file_name: &str, kind: &'static str, body: Body) -> Response {
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    let plain = file_name
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || ".-_".contains(*c));
    let value = format!("attachment; filename=\"{}\"", plain.collect::<String>());
    if let Ok(value) = HeaderValue::from_str(&value) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    response
}

/// Back to the page, or the page with what was said.
async fn done_or_said(seat: &Seat<'_>, done: Result<(), Refused>) -> Response {
    match done {
        Ok(()) => Redirect::to("/my").into_response(),
        Err(Refused::SignedOut) => SignInPage {
            fault: Some(said(Refused::SignedOut)),
        }
        .into_response(),
        Err(refused) => page(seat, Some(said(refused))).await,
    }
}

async fn page(seat: &Seat<'_>, fault: Option<String>) -> Response {
    match seat.desk.holdings(&seat.session).await {
        Ok(holdings) => DeskPage::new(&seat.session, holdings, fault).into_response(),
        Err(Refused::SignedOut) => SignInPage { fault: None }.into_response(),
        Err(Refused::Said(text)) => {
            DeskPage::new(&seat.session, Holdings::default(), fault.or(Some(text))).into_response()
        }
    }
}

fn said(refused: Refused) -> String {
    match refused {
        Refused::SignedOut => "登录已失效，请重新登录。".to_owned(),
        Refused::Said(text) => text,
    }
}

/// The seat of whoever sent one of our forms.
fn seat<'a>(deps: &'a Deps, headers: &HeaderMap, form: Sent) -> Result<(Seat<'a>, Fields), Problem> {
    let desk = deps.desk.as_ref().ok_or(Problem::PageUnknown)?;
    let Form(form) = form.map_err(|_| Problem::Unreadable)?;
    same_site(headers)?;
    let session = signed_in(deps, headers).ok_or(Problem::SignedOut)?;
    if form.form_key != session.form_key {
        return Err(Problem::Unreadable);
    }
    Ok((Seat { desk, session }, form))
}

/// A browser that says where a form comes from must name this site.
fn same_site(headers: &HeaderMap) -> Result<(), Problem> {
    match headers.get(SITE).map(HeaderValue::as_bytes) {
        None | Some(b"same-origin") => Ok(()),
        Some(_) => Err(Problem::Unreadable),
    }
}

fn signed_in(deps: &Deps, headers: &HeaderMap) -> Option<Arc<Session>> {
    deps.sessions.find(cookie(headers)?)
}

fn cookie(headers: &HeaderMap) -> Option<&str> {
    let sent = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok());
    sent.flat_map(|cookies| cookies.split(';'))
        .filter_map(|cookie| cookie.trim().split_once('='))
        .find_map(|(name, value)| (name == COOKIE).then_some(value))
}

/// The browser keeps the name for the desk's addresses alone, shows it to no script and sends it from this site only.
fn kept(deps: &Deps, name: &str, mut response: Response) -> Response {
    let age = if name.is_empty() { "; Max-Age=0" } else { "" };
    let secure = if deps.secure_cookies { "; Secure" } else { "" };
    let cookie = format!("{COOKIE}={name}; Path=/my; HttpOnly; SameSite=Strict{secure}{age}");
    if let Ok(value) = HeaderValue::from_str(&cookie) {
        response.headers_mut().insert(header::SET_COOKIE, value);
    }
    response
}

fn purpose(form: &Fields) -> Result<issuance::Purpose, Problem> {
    let purpose = Purpose::from_code(&form.purpose).ok_or(Problem::Unreadable)?;
    Ok(purpose.into())
}

fn date(text: &str) -> Result<WireDate, Problem> {
    let day: jiff::civil::Date = text.parse().map_err(|_| Problem::Unreadable)?;
    Ok(day.into())
}
