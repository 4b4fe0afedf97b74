//! Access tokens as identity would give them.

use jiff::Timestamp;
use service_runtime::auth::{AuthLevel, Claims, Confirmation, RoleGrant, TokenKind};
use service_runtime::tls::Thumbprint;
use uuid::Uuid;

/// A stranger without a record, signed in with a second factor five minutes ago at most, whose token the portal carries;
/// a test makes somebody of it.
pub fn claims(audience: &str, carrier: Thumbprint, now: Timestamp) -> Claims {
    let (now, account) = (now.as_second(), Uuid::new_v4());
    Claims {
        iss: "spiffe://jianzheng/nation/identity".to_owned(),
        aud: vec![audience.to_owned()],
        sub: account.to_string(),
        iat: now,
        exp: now + 300,
        sid: Uuid::new_v4(),
        kind: TokenKind::Holder,
        account: Some(account),
        person: None,
        roles: Vec::new(),
        employers: Vec::new(),
        scopes: Vec::new(),
        auth_level: AuthLevel::SecondFactor,
        step_up_at: None,
        act: Some("portal".to_owned()),
        cnf: Some(Confirmation::to(carrier)),
    }
}

/// The office of a reviewing officer: of a province by its code, else of the ministry.
pub fn office(province: Option<&str>) -> RoleGrant {
    RoleGrant {
        role: "OFFICER".to_owned(),
        authority: province.map_or_else(|| "ministry".to_owned(), |code| format!("provinces/{code}")),
        province: province.map(str::to_owned),
    }
}

/// A request that carries an access token.
///
/// # Panics
/// If the token is no ASCII.
pub fn bearer<T>(message: T, token: &str) -> tonic::Request<T> {
    let mut request = tonic::Request::new(message);
    let value = format!("Bearer {token}").parse().expect("a token is plain ASCII");
    request.metadata_mut().insert("authorization", value);
    request
}
