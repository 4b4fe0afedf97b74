//! Issues a token to a backend: its certificate is the credential.

use postgres::Tx;
use postgres::audit::{Outcome, Record};
use serde_json::json;
use service_runtime::Caller;
use service_runtime::Refusal;
use service_runtime::error::CALLER_NOT_ALLOWED;
use tracing::instrument;

use crate::deps::Deps;
use crate::error::{CLIENT_NOT_REGISTERED, Error, SCOPE_NOT_GRANTED};
use crate::store::client;
use crate::tokens::{AccessToken, check_audiences, issue_to_client};

/// What the token is to be good for.
pub(crate) struct Input {
    /// Who calls, by certificate.
    pub(crate) caller: Caller,
    /// Audiences asked for.
    pub(crate) audiences: Vec<String>,
    /// Scopes asked for; empty: all that were granted.
    pub(crate) scopes: Vec<String>,
}

/// A backend's token and its scopes.
pub(crate) struct ClientToken {
    /// The token.
    pub(crate) access: AccessToken,
    /// What it is good for.
    pub(crate) scopes: Vec<String>,
}

/// Every call makes a new token; nothing is stored but the audit record.
///
/// # Errors
/// `CLIENT_NOT_REGISTERED`, `SCOPE_NOT_GRANTED`, `AUDIENCE_UNKNOWN`.
#[instrument(name = "issue_client_token", skip_all)]
pub(crate) async fn issue_client_token(deps: &Deps, input: Input) -> Result<ClientToken, Error> {
    let Some(name) = input.caller.scope().client_name() else {
        return Err(Error::from(CALLER_NOT_ALLOWED));
    };
    let at = deps.now();
    let actor = input.caller.name();
    let subject = format!("clients/{name}");
    let record = |outcome, evidence| Record {
        at,
        actor: &actor,
        verb: "issue_client_token",
        article: "",
        subject: &subject,
        outcome,
        evidence,
    };
    let result = deps
        .database
        .run_tx("issue client token", async |tx: &mut Tx| {
            let audiences = check_audiences(&input.audiences)?;
            let Some(client) = client::find(tx, name).await? else {
                return Err(Error::from(CLIENT_NOT_REGISTERED));
            };
            let scopes = granted(&client.scopes, &input.scopes)?;
            tx.audit(record(
                Outcome::Done,
                json!({ "audiences": audiences, "scopes": scopes }),
            ))
            .await?;
            Ok::<_, Error>((audiences, scopes))
        })
        .await;
    match result {
        Ok((audiences, scopes)) => {
            let access = issue_to_client(deps, &input.caller, name, audiences, scopes.clone(), at)?;
            Ok(ClientToken { access, scopes })
        }
        Err(Error::Refused(refusal)) => {
            let reason = refusal.name();
            deps.database
                .record_refusal(record(Outcome::Refused { reason: &reason }, json!({})))
                .await?;
            Err(refusal.into())
        }
        Err(error) => Err(error),
    }
}

fn granted(granted: &[String], asked: &[String]) -> Result<Vec<String>, Refusal> {
    if asked.is_empty() {
        return Ok(granted.to_vec());
    }
    if asked.iter().all(|scope| granted.contains(scope)) {
        Ok(asked.to_vec())
    } else {
        SCOPE_NOT_GRANTED.refuse()
    }
}
