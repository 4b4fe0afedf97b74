//! Access tokens: what they say, and how long.

use domain::ids::{AccountId, EmployerId, PersonId};
use domain::province::Province;
use jiff::{SignedDuration, Timestamp};
use service_runtime::auth::{AuthLevel, Claims, Confirmation, LONGEST_LIFETIME, TokenKind};
use service_runtime::error::PEER_IDENTITY_INVALID;
use service_runtime::tls::Thumbprint;
use service_runtime::{Caller, Refusal};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::access::{Grant, registrar_of};
use crate::deps::Deps;
use crate::error::{AUDIENCE_UNKNOWN, Error};

/// Most audiences of one token: nation and the provinces a person deals with.
const MOST_AUDIENCES: usize = 40;

/// What the store says about a session, from which its tokens are made.
#[derive(Debug, Clone)]
pub(crate) struct Basis {
    /// The session.
    pub(crate) session: Uuid,
    /// The account.
    pub(crate) account: AccountId,
    /// The person.
    pub(crate) person: PersonId,
    /// Roles at present.
    pub(crate) grants: Vec<Grant>,
    /// Employers acted for at present.
    pub(crate) employers: Vec<EmployerId>,
    /// For whom the tokens are meant.
    pub(crate) audiences: Vec<String>,
    /// When the second factor was last proved on demand.
    pub(crate) stepped_up_at: Option<Timestamp>,
    /// No token outlives the session.
    pub(crate) session_expires_at: Timestamp,
}

/// An access token and when it ends.
pub(crate) struct AccessToken {
    /// The token.
    pub(crate) token: Zeroizing<String>,
    /// Its end.
    pub(crate) expires_at: Timestamp,
}

/// An access token and the secret that renews it.
pub(crate) struct Tokens {
    /// The access token.
    pub(crate) access: AccessToken,
    /// Presented once to `RefreshSession`.
    pub(crate) refresh_token: Zeroizing<String>,
}

/// Signs a person's access token, bound to the certificate of the call it answers.
///
/// # Errors
/// The call came without a certificate, or signing failed.
pub(crate) fn issue_to_person(
    deps: &Deps,
    caller: &Caller,
    basis: &Basis,
    now: Timestamp,
) -> Result<AccessToken, Error> {
    let officer = !basis.grants.is_empty();
    let expires_at = end_of_token(now).min(basis.session_expires_at);
    let claims = Claims {
        aud: basis.audiences.clone(),
        sub: basis.account.to_string(),
        exp: expires_at.as_second(),
        sid: basis.session,
        kind: if officer {
            TokenKind::Officer
        } else {
            TokenKind::Holder
        },
        account: Some(basis.account.as_uuid()),
        person: Some(basis.person.as_uuid()),
        roles: basis.grants.iter().map(Grant::claim).collect(),
        employers: basis.employers.iter().copied().map(registrar_of).collect(),
        auth_level: if basis.stepped_up_at.is_some() {
            AuthLevel::StepUp
        } else {
            AuthLevel::SecondFactor
        },
        step_up_at: basis.stepped_up_at.map(Timestamp::as_second),
        // Good in the hands of the backend that carries the session, and of no other.
        act: caller.peer().map(|peer| peer.name().to_owned()),
        ..unsigned(deps, caller, now)?
    };
    sign(deps, &claims, expires_at)
}

/// Signs a backend's access token.
///
/// # Errors
/// As [`issue_to_person`].
pub(crate) fn issue_to_client(
    deps: &Deps,
    caller: &Caller,
    name: &str,
    audiences: Vec<String>,
    scopes: Vec<String>,
    now: Timestamp,
) -> Result<AccessToken, Error> {
    let expires_at = end_of_token(now);
    let claims = Claims {
        aud: audiences,
        sub: name.to_owned(),
        scopes,
        ..unsigned(deps, caller, now)?
    };
    sign(deps, &claims, expires_at)
}

/// The audiences asked for, each once; `nation` when none was.
///
/// # Errors
/// `AUDIENCE_UNKNOWN` for whatever no deployment has.
pub(crate) fn check_audiences(asked: &[String]) -> Result<Vec<String>, Refusal> {
    let known = |audience: &str| {
        audience == "nation"
            || audience
                .strip_prefix("provinces/")
                .and_then(Province::from_code)
                .is_some()
    };
    if asked.len() > MOST_AUDIENCES || !asked.iter().all(|audience| known(audience)) {
        let problem = "must be `nation` or `provinces/NN` with a known province";
        return Err(AUDIENCE_UNKNOWN.refusal().field("audiences", problem));
    }
    let mut audiences = asked.to_vec();
    audiences.sort();
    audiences.dedup();
    if audiences.is_empty() {
        audiences.push("nation".to_owned());
    }
    Ok(audiences)
}

/// The certificate of the connection that carries a call.
///
/// # Errors
/// There is none.
pub(crate) fn thumbprint(caller: &Caller) -> Result<Thumbprint, Refusal> {
    let certificate = caller
        .certificate()
        .ok_or_else(|| Refusal::new(PEER_IDENTITY_INVALID))?;
    Ok(certificate.thumbprint)
}

fn end_of_token(now: Timestamp) -> Timestamp {
    let longest = SignedDuration::try_from(LONGEST_LIFETIME).unwrap_or(SignedDuration::ZERO);
    now.checked_add(longest).unwrap_or(Timestamp::MAX)
}

/// A token of nobody, for nothing.
fn unsigned(deps: &Deps, caller: &Caller, now: Timestamp) -> Result<Claims, Error> {
    Ok(Claims {
        iss: deps.issuer.clone(),
        aud: Vec::new(),
        sub: String::new(),
        iat: now.as_second(),
        exp: end_of_token(now).as_second(),
        sid: Uuid::new_v4(),
        kind: TokenKind::Client,
        account: None,
        person: None,
        roles: Vec::new(),
        employers: Vec::new(),
        scopes: Vec::new(),
        auth_level: AuthLevel::Single,
        step_up_at: None,
        act: None,
        cnf: Some(Confirmation::to(thumbprint(caller)?)),
    })
}

fn sign(deps: &Deps, claims: &Claims, expires_at: Timestamp) -> Result<AccessToken, Error> {
    Ok(AccessToken {
        token: Zeroizing::new(deps.token_keys.sign(claims)?),
        expires_at,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_audiences_of_deployments_exist() {
        let asked =
            |list: &[&str]| check_audiences(&list.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>());
        assert_eq!(asked(&[]).expect("default"), ["nation"]);
        assert_eq!(
            asked(&["provinces/32", "nation", "nation"]).expect("known"),
            ["nation", "provinces/32"]
        );
        for unknown in ["", "provinces/98", "province/32", "jianzheng", "*"] {
            assert!(
                asked(&[unknown]).is_err_and(|refusal| refusal.is(AUDIENCE_UNKNOWN)),
                "{unknown}"
            );
        }
    }
}
