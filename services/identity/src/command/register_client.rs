//! Registers a backend of others.

use postgres::Tx;
use postgres::requests::{Begun, Stored};
use serde_json::json;
use service_runtime::Refusal;
use service_runtime::error::ALREADY_EXISTS;
use service_runtime::tls::PeerIdentity;
use tracing::instrument;

use super::{Write, on_constraint};
use crate::deps::Deps;
use crate::error::Error;
use crate::store::client::{self, Client};

/// The backend and what it may ask for.
pub(crate) struct Input {
    /// The write, of a national administrator.
    pub(crate) write: Write,
    /// Its name, title and scopes.
    pub(crate) client: Client,
}

/// Idempotent on the request id.
///
/// # Errors
/// A name that no certificate can carry, a malformed scope, or `ALREADY_EXISTS`.
#[instrument(name = "register_client", skip_all)]
pub(crate) async fn register_client(deps: &Deps, input: Input) -> Result<Client, Error> {
    let result = try_register(deps, &input).await;
    let subject = match &result {
        Ok(client) => format!("clients/{}", client.name),
        Err(_) => "clients/-".to_owned(),
    };
    input.write.recorded(deps, &subject, result).await
}

async fn try_register(deps: &Deps, input: &Input) -> Result<Client, Error> {
    let Input { write, client } = input;
    check(client)?;
    deps.database
        .run_tx("register client", async |tx: &mut Tx| {
            let Begun::First(claim) = tx.begin_request(&write.request()).await? else {
                let kept = client::find(tx, &client.name).await?;
                return kept.ok_or_else(|| Error::internal("the client of a request is gone"));
            };
            client::insert(tx, client, &write.actor, write.at)
                .await
                .map_err(|error| on_constraint(error, "client_pkey", ALREADY_EXISTS))?;
            write
                .done(
                    tx,
                    &format!("clients/{}", client.name),
                    json!({ "scopes": client.scopes }),
                )
                .await?;
            tx.finish_request(claim, &Stored::Response(Vec::new())).await?;
            Ok(client.clone())
        })
        .await
}

fn check(client: &Client) -> Result<(), Refusal> {
    if PeerIdentity::client(&client.name).is_err() {
        return Err(Refusal::invalid(
            "client_id",
            "must be the NAME of spiffe://jianzheng/client/NAME",
        ));
    }
    if client.title.is_empty() || client.title.chars().count() > 200 {
        return Err(Refusal::invalid("title", "must have 1 to 200 characters"));
    }
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b":-".contains(&byte);
    let well_formed = |scope: &String| (1..=64).contains(&scope.len()) && scope.bytes().all(plain);
    if client.scopes.len() > 50 || !client.scopes.iter().all(well_formed) {
        return Err(Refusal::invalid(
            "scopes",
            "each must be of a-z, 0-9, `:` and `-`, at most 64 characters",
        ));
    }
    Ok(())
}
