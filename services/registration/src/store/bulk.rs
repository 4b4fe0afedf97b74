//! View `registration.bulk_row`: the rows of acts upon many people at once.

use postgres::{Error, Tx};
use sqlx::query;
use uuid::Uuid;

use super::known;

/// How many rows of an act stand where; `read` knows the states of its rows.
pub(crate) async fn counts<S>(
    tx: &mut Tx,
    act: Uuid,
    read: impl Fn(&str) -> Option<S>,
) -> Result<Vec<(S, u32)>, Error> {
    let rows = query!(
        r#"SELECT state AS "state!", count(*) AS "count!" FROM registration.bulk_row WHERE act_id = $1 GROUP BY state"#,
        act,
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter()
        .map(|row| {
            let state = known(read(&row.state), "registration.bulk_row", "state", act)?;
            Ok((state, u32::try_from(row.count).unwrap_or(u32::MAX)))
        })
        .collect()
}
