//! What the commands of a session share: proving the second factor, and the next pair of tokens.

use domain::ids::AccountId;
use jiff::{SignedDuration, Timestamp};
use postgres::Tx;
use service_runtime::Refusal;
use service_runtime::error::PEER_IDENTITY_INVALID;

use super::Write;
use crate::access::require_carrier;
use crate::deps::Deps;
use crate::error::{Error, SECOND_FACTOR_INVALID, SECOND_FACTOR_USED, SESSION_ENDED};
use crate::random::{self, SecretHash};
use crate::store::session::{Session, SessionState};
use crate::store::{account, grant, member, person, refresh_token, revocation, second_factor};
use crate::tokens::{self, Basis, Tokens};
use crate::{sealing, second_factor as totp};

/// A refresh token about to be stored.
pub(super) struct NextSecret {
    text: zeroize::Zeroizing<String>,
    hash: SecretHash,
}

impl NextSecret {
    pub(super) fn draw() -> Result<Self, Error> {
        let (text, hash) = random::secret()?;
        Ok(Self {
            text: text.into(),
            hash,
        })
    }

    /// Stores the hash; the token waits until `idle` has passed or the session ends.
    pub(super) async fn store(
        &self,
        tx: &mut Tx,
        deps: &Deps,
        session: &Session,
        at: Timestamp,
    ) -> Result<(), Error> {
        let end = after(at, deps.rules.idle).min(session.expires_at);
        Ok(refresh_token::insert(tx, &self.hash, session.id, at, end).await?)
    }

    /// The pair of tokens, once the transaction has committed.
    pub(super) fn into_tokens(self, deps: &Deps, write: &Write, basis: &Basis) -> Result<Tokens, Error> {
        let access = tokens::issue_to_person(deps, &write.caller, basis, write.at)?;
        Ok(Tokens {
            access,
            refresh_token: self.text,
        })
    }
}

/// Adds a span to an instant.
pub(super) fn after(at: Timestamp, span: std::time::Duration) -> Timestamp {
    let span = SignedDuration::try_from(span).unwrap_or(SignedDuration::ZERO);
    at.checked_add(span).unwrap_or(Timestamp::MAX)
}

/// The identity of the backend that carries a call, if it may carry sessions.
pub(super) fn carrier(deps: &Deps, write: &Write) -> Result<String, Refusal> {
    require_carrier(&write.caller, &deps.rules.carriers)?;
    let peer = write
        .caller
        .peer()
        .ok_or_else(|| Refusal::new(PEER_IDENTITY_INVALID))?;
    Ok(peer.to_string())
}

/// Fails unless a session is in `state`, unexpired, and carried by the same backend as before.
pub(super) fn require_living(
    session: &Session,
    state: SessionState,
    carrier: &str,
    now: Timestamp,
) -> Result<(), Error> {
    let living = session.state == state
        && session.carrier == carrier
        // Whole seconds, as tokens count them.
        && session.expires_at.as_second() > now.as_second();
    if living {
        Ok(())
    } else {
        Err(Error::from(SESSION_ENDED))
    }
}

/// Checks a code of the account's second factor and uses its step up.
pub(super) async fn prove_second_factor(
    tx: &mut Tx,
    deps: &Deps,
    account: &account::Account,
    code: &str,
    now: Timestamp,
) -> Result<(), Error> {
    let owner = account.person.as_uuid();
    let sealed = second_factor::sealed_secret(tx, account.id).await?;
    let key = person::data_key(tx, owner).await?;
    let (Some(sealed), Some(wrapped)) = (sealed, key) else {
        return Err(Error::from(SECOND_FACTOR_INVALID));
    };
    let secret = sealing::open_secret(&deps.sealing.open_key(owner, wrapped)?, sealed)?;
    let Some(step) = totp::step_of(&secret, code, now)? else {
        return Err(Error::from(SECOND_FACTOR_INVALID));
    };
    if second_factor::use_step(tx, account.id, step).await? {
        Ok(())
    } else {
        Err(Error::from(SECOND_FACTOR_USED))
    }
}

/// What the tokens of a session say, as the store stands in this transaction.
pub(super) async fn basis(tx: &mut Tx, session: &Session) -> Result<Basis, Error> {
    let account = require_account(tx, session.account).await?;
    Ok(Basis {
        session: session.id,
        account: account.id,
        person: account.person,
        grants: grant::current(tx, account.id).await?,
        employers: member::employers_of(tx, account.id).await?,
        audiences: session.audiences.clone(),
        stepped_up_at: session.stepped_up_at,
        session_expires_at: session.expires_at,
    })
}

/// The account of a session: there is always one.
pub(super) async fn require_account(tx: &mut Tx, id: AccountId) -> Result<account::Account, Error> {
    let found = account::find(tx, id).await?;
    found
        .map(|found| found.account)
        .ok_or_else(|| Error::internal("a session without an account"))
}

/// Tells everybody that sessions have ended. Call it last in the transaction.
pub(super) async fn publish_ended(tx: &mut Tx, sessions: &[uuid::Uuid], at: Timestamp) -> Result<(), Error> {
    for session in sessions {
        revocation::publish(tx, &format!("sessions/{session}"), at).await?;
    }
    Ok(())
}

/// Ends tokens in this process at once; the others learn it from the feed.
pub(super) fn forget_here(deps: &Deps, sessions: &[uuid::Uuid], at: Timestamp) {
    for session in sessions {
        deps.revocations.revoke_session(*session, at);
    }
    deps.revoked.notify_one();
}
