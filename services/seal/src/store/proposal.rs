//! Table `seal.proposal`: the first of two officers' words.

use domain::seal::{Proposal, SealHand};
use postgres::{Error, ToSql as _, Tx};
use sqlx::query;

/// What waits for a second officer, with its ground.
pub(crate) async fn find(tx: &mut Tx, seal: &str) -> Result<Option<(Proposal, String)>, Error> {
    let row = query!(
        "SELECT act, content, ground, proposed_by, proposed_at FROM seal.proposal WHERE seal = $1",
        seal
    )
    .fetch_optional(tx.conn())
    .await?;
    let Some(row) = row else { return Ok(None) };
    let act = match row.act.as_str() {
        "resume" => "Resume",
        "renew" => "Renew",
        _ => "Destroy",
    };
    let content = row.content.try_into();
    let content = content.map_err(|_| super::broken("seal.proposal", seal, "a digest of another length"))?;
    let first = SealHand {
        officer: row.proposed_by,
        at: row.proposed_at.to_jiff(),
    };
    let proposal = Proposal {
        act: act.to_owned(),
        content,
        first,
    };
    Ok(Some((proposal, row.ground)))
}

/// Keeps the first officer's word.
pub(crate) async fn keep(tx: &mut Tx, seal: &str, proposal: &Proposal, ground: &str) -> Result<(), Error> {
    query!(
        "INSERT INTO seal.proposal (seal, act, content, ground, proposed_by, proposed_at)
         VALUES ($1, $2, $3, $4, $5, $6)",
        seal,
        proposal.act.to_ascii_lowercase(),
        proposal.content.as_slice(),
        ground,
        proposal.first.officer,
        proposal.first.at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Takes it away: the second officer has spoken, or it is withdrawn.
pub(crate) async fn remove(tx: &mut Tx, seal: &str) -> Result<(), Error> {
    query!("DELETE FROM seal.proposal WHERE seal = $1", seal)
        .execute(tx.conn())
        .await?;
    Ok(())
}
