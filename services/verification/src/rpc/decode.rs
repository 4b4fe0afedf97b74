//! Requests, normalised by the domain: width, case, spaces, dashes and variants of prefixes do not matter.

use api::convert::Read as _;
use api::types::v1::Position;
use api::verification::v1 as wire;
use api::verification::v1::verify_certificate_request::Subject as WireSubject;
use domain::document_number::DocumentNumber;
use domain::licence_identifier::LicenceIdentifier;
use domain::name::PersonName;
use domain::province::Province;
use domain::reason::Reason;
use domain::registration_number::RegistrationNumber;
use jiff::Timestamp;
use service_runtime::auth::ScopeKind;
use service_runtime::clock::day_of;
use service_runtime::server::Deadline;
use service_runtime::{Caller, Refusal};
use sha2::{Digest as _, Sha256};
use std::time::Duration;
use tokio::time::Instant;
use tonic::Request;

use super::BY_DOCUMENT_NUMBER;
use crate::error::{Error, SUBJECT_MALFORMED, SUBJECT_MISSING};
use crate::query::verify_certificate::{Input, Subject};
use crate::query::{Asking, Awaited, Instants};

/// What is left of the deadline for the answer itself, so that it says why it comes to nothing.
const FOR_THE_ANSWER: Duration = Duration::from_millis(50);
const LONGEST_PURPOSE: usize = 200;
const TOKEN_LENGTHS: std::ops::RangeInclusive<usize> = 16..=128;

/// Who asks; terms that stand in the message are filled in later.
pub(super) fn asking<T>(request: &Request<T>) -> Result<Asking, Refusal> {
    let caller = Caller::of(request)?;
    let (is_backend, by_number_alone) = match caller.scope().kind() {
        ScopeKind::Client { scopes, .. } => (true, scopes.iter().any(|scope| scope == BY_DOCUMENT_NUMBER)),
        _ => (false, false),
    };
    let deadline = Deadline::of(request);
    Ok(Asking {
        caller: caller.name(),
        is_backend,
        by_number_alone,
        purpose: String::new(),
        awaited: None,
        allow_stale: false,
        deadline: deadline.checked_sub(FOR_THE_ANSWER).unwrap_or_else(Instant::now),
    })
}

/// The terms of a question.
pub(super) fn terms(
    asking: Asking,
    min_position: Option<&Position>,
    allow_stale: bool,
    purpose: String,
) -> Result<Asking, Refusal> {
    if purpose.chars().count() > LONGEST_PURPOSE || purpose.chars().any(char::is_control) {
        return Err(Refusal::invalid(
            "purpose",
            "must be plain text of at most 200 characters",
        ));
    }
    let awaited = min_position.map(awaited).transpose()?.flatten();
    Ok(Asking {
        purpose,
        awaited,
        allow_stale,
        ..asking
    })
}

fn awaited(position: &Position) -> Result<Option<Awaited>, Refusal> {
    match position.stream.as_str() {
        "register" => Ok(Some(Awaited::Register(position.value))),
        "" if position.value == 0 => Ok(None),
        stream => {
            let province = stream.strip_prefix("provinces/").and_then(Province::from_code);
            let province = province.ok_or_else(|| {
                Refusal::invalid(
                    "min_position.stream",
                    "must be `register` or `provinces/` and two digits",
                )
            })?;
            Ok(Some(Awaited::Province(province, position.value)))
        }
    }
}

/// A whole question about a certificate.
pub(super) fn certificate(
    request: wire::VerifyCertificateRequest,
    asking: Asking,
    now: Timestamp,
) -> Result<Input, Error> {
    let wire::VerifyCertificateRequest {
        subject,
        full_name,
        min_position,
        allow_stale,
        purpose,
        at,
        known_at,
    } = request;
    let asking = terms(asking, min_position.as_ref(), allow_stale, purpose)?;
    let read = |at: Option<pbjson_types::Timestamp>, field: &str| match at {
        None => Ok(None),
        at => at
            .read(field)
            .map(Some)
            .map_err(|_| Refusal::invalid(field, "must be an instant")),
    };
    let instants = Instants::of(read(at, "at")?, read(known_at, "known_at")?, now)?;
    let name = match full_name.trim() {
        "" => None,
        name => Some(PersonName::parse(name).map_err(|fault| malformed("full_name", &fault))?),
    };
    let subject = subject.ok_or_else(|| Refusal::from(SUBJECT_MISSING))?;
    let subject = match subject {
        WireSubject::RegistrationNumber(text) => {
            let number = RegistrationNumber::parse_generation(&text);
            let (number, generation) = number.map_err(|fault| malformed("registration_number", &fault))?;
            Subject::Number(number, generation)
        }
        WireSubject::DocumentNumber(text) => {
            let document = DocumentNumber::parse_by_shape(&text, day_of(now));
            Subject::Document(document.map_err(|fault| malformed("document_number", &fault))?)
        }
        WireSubject::LicenceIdentifier(text) => {
            let licence = LicenceIdentifier::parse(&text);
            Subject::Licence(licence.map_err(|fault| malformed("licence_identifier", &fault))?)
        }
        WireSubject::QrToken(text) => Subject::Token(token(&text)?),
    };
    Ok(Input {
        subject,
        name,
        instants,
        asking,
    })
}

/// A token, or the whole address in the QR symbol.
fn token(text: &str) -> Result<[u8; 32], Refusal> {
    // What stands behind `#` is for reading offline.
    let address = text.trim().split('#').next().unwrap_or_default();
    let token = address.rsplit('/').next().unwrap_or_default();
    let plain = token
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    if !plain || !TOKEN_LENGTHS.contains(&token.len()) {
        return Err(SUBJECT_MALFORMED.refusal().field(
            "qr_token",
            "二维码内容不完整，请重新扫描 (must be the token of a QR symbol)",
        ));
    }
    Ok(Sha256::digest(token.as_bytes()).into())
}

/// The domain's reason and text; they never repeat what was sent.
fn malformed(field: &str, fault: &impl Reason) -> Refusal {
    let text = fault.text();
    SUBJECT_MALFORMED
        .refusal()
        .field(field, format!("{} ({})", text.zh, text.en))
        .metadata("rule", fault.reason())
        .metadata("article", fault.article())
}
