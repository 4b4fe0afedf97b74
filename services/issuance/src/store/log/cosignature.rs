//! Table `log.cosignature`: which witnesses have seen which checkpoint.

use jiff::Timestamp;
use postgres::{Error, ReadDatabase, ToSql as _, Tx};
use sqlx::{query, query_scalar};

use crate::store::{natural, signed};
use crate::witnesses::Witnesses;

/// Keeps a cosignature; the first of a witness stays.
pub(crate) async fn insert(
    tx: &mut Tx,
    size: u64,
    witness: &str,
    line: &str,
    at: Timestamp,
) -> Result<(), Error> {
    query!(
        "INSERT INTO log.cosignature (size, witness, line, cosigned_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT ON CONSTRAINT cosignature_pkey DO NOTHING",
        signed(size),
        witness,
        line,
        at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The largest checkpoint that a witness has cosigned; 0 before the first.
pub(crate) async fn last_of(read: &ReadDatabase, witness: &str) -> Result<u64, Error> {
    let size = query_scalar!(
        r#"SELECT coalesce(max(size), 0) AS "size!" FROM log.cosignature WHERE witness = $1"#,
        witness,
    );
    natural(size.fetch_one(read.pool()).await?, "log.cosignature", "size")
}

/// The largest checkpoint that a quorum has cosigned.
pub(crate) async fn witnessed(read: &ReadDatabase, witnesses: &Witnesses) -> Result<Option<u64>, Error> {
    let size = query_scalar!(
        "SELECT size FROM log.cosignature WHERE witness = ANY($1)
         GROUP BY size HAVING count(*) >= $2 ORDER BY size DESC LIMIT 1",
        &witnesses.names(),
        witnesses.quorum(),
    );
    let size = size.fetch_optional(read.pool()).await?;
    size.map(|size| natural(size, "log.cosignature", "size"))
        .transpose()
}

/// The checkpoint larger than `after` and not smaller than `least` that most of the witnesses have cosigned: whoever comes next
/// completes its quorum rather than beginning another.
pub(crate) async fn begun(
    read: &ReadDatabase,
    witnesses: &Witnesses,
    after: u64,
    least: u64,
) -> Result<Option<u64>, Error> {
    let size = query_scalar!(
        "SELECT size FROM log.cosignature WHERE witness = ANY($1) AND size > $2 AND size >= $3
         GROUP BY size ORDER BY count(*) DESC, size DESC LIMIT 1",
        &witnesses.names(),
        signed(after),
        signed(least),
    );
    let size = size.fetch_optional(read.pool()).await?;
    size.map(|size| natural(size, "log.cosignature", "size"))
        .transpose()
}
