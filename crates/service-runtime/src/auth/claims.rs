use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::tls::Thumbprint;

/// What an access token says. Ids only; nothing personal.
#[derive(Clone, Serialize, Deserialize)]
pub struct Claims {
    /// Who issued it.
    pub iss: String,
    /// For whom it is meant.
    pub aud: Vec<String>,
    /// The subject: an account id, or a client's name.
    pub sub: String,
    /// When it was issued, in seconds since 1970 by the register clock.
    pub iat: i64,
    /// When it ends: at most [`LONGEST_LIFETIME`](super::LONGEST_LIFETIME) later.
    pub exp: i64,
    /// The session to which it belongs and with which it is revoked.
    pub sid: Uuid,
    /// What the subject is.
    pub kind: TokenKind,
    /// The account, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<Uuid>,
    /// The national person id, for an account that belongs to a person on record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<Uuid>,
    /// Offices held.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<RoleGrant>,
    /// Employers acted for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub employers: Vec<EmployerGrant>,
    /// What a client may do.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scopes: Vec<String>,
    /// How well the subject has proved who it is.
    pub auth_level: AuthLevel,
    /// When it last proved a second factor on demand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step_up_at: Option<i64>,
    /// The client that acts for the subject by a holder assertion.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub act: Option<String>,
    /// The certificate to which it is bound. Absent in no token that is accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cnf: Option<Confirmation>,
}

/// What the subject of a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenKind {
    /// A person acting for themself or for employers.
    Holder,
    /// A person in office.
    Officer,
    /// Another organisation's backend.
    Client,
}

/// How well a person has proved who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthLevel {
    /// A password.
    Single,
    /// And a second factor when signing in.
    SecondFactor,
    /// And once more on demand, at `step_up_at`.
    StepUp,
}

/// One office: a role under an authority.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RoleGrant {
    /// The role: `reviewer`.
    pub role: String,
    /// The authority: `province/32`, `ministry`.
    pub authority: String,
    /// The province to which it is confined; none for a national office.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub province: Option<String>,
}

/// One employer for which a person acts.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct EmployerGrant {
    /// The employer.
    pub employer: Uuid,
    /// As what: `registrar`.
    pub role: String,
}

/// The certificate to which a token is bound (RFC 8705).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirmation {
    /// The certificate's thumbprint.
    #[serde(rename = "x5t#S256")]
    pub x5t_s256: String,
}

impl Confirmation {
    /// Bound to the certificate with this thumbprint.
    pub fn to(thumbprint: Thumbprint) -> Self {
        Self {
            x5t_s256: thumbprint.to_base64url(),
        }
    }
}

impl Claims {
    /// Whether the token has ended at `now`.
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.exp <= now.as_second()
    }

    /// Whether it is bound to the certificate with `thumbprint`.
    pub fn is_bound_to(&self, thumbprint: Thumbprint) -> bool {
        self.cnf
            .as_ref()
            .and_then(|cnf| Thumbprint::from_base64url(&cnf.x5t_s256))
            == Some(thumbprint)
    }
}

impl fmt::Debug for Claims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claims")
            .field("kind", &self.kind)
            .field("sid", &self.sid)
            .finish_non_exhaustive()
    }
}
