//! What a counterfoil of the log holds, as one text: the changes numbered since the last one with the rows that belong to them.

use postgres::{Error, Tx};
use sqlx::{query, query_scalar};

use crate::store::{log::leaf, natural, signed};

/// A counterfoil to be kept.
#[derive(Debug)]
pub(crate) struct Written {
    pub(crate) first: u64,
    pub(crate) through: u64,
    /// JSON.
    pub(crate) content: String,
}

/// Everything numbered since the last counterfoil; none where nothing is. The caller holds the sequencer's lease, so the head
/// stands still.
pub(crate) async fn write(tx: &mut Tx) -> Result<Option<Written>, Error> {
    let head = query!(
        "SELECT head.position, head.size, kept.position AS kept FROM log.head AS head, restoration.kept_head AS kept"
    )
    .fetch_one(tx.conn())
    .await?;
    if head.kept >= head.position {
        return Ok(None);
    }
    let size = natural(head.size, "log.head", "size")?;
    let root = leaf::edge(tx.conn(), size).await?.root();
    let content = query_scalar!(
        r#"SELECT jsonb_build_object('format', 1, 'first', $1::bigint + 1, 'through', $2::bigint, 'size', $3::bigint, 'root', $4::text,
             'numbers', (SELECT coalesce(jsonb_object_agg(province, number), '{}') FROM exchange.downstream_head),
             'sequences', (SELECT coalesce(jsonb_object_agg(province, sequence), '{}') FROM exchange.watermark),
             'shards', (SELECT coalesce(jsonb_agg(to_jsonb(shard)), '[]') FROM issuing.status_shard AS shard),
             'changes', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                 'change', to_jsonb(change),
                 'person', (SELECT to_jsonb(holder) FROM register.person AS holder WHERE holder.person = change.person),
                 'number', (SELECT to_jsonb(digits) FROM register.registration_number AS digits WHERE digits.person = change.person),
                 'version', CASE WHEN change.kind = 'version' AND change.leaf IS NOT NULL THEN
                     (SELECT to_jsonb(made) FROM issuing.certificate_version AS made WHERE made.id = change.version) END,
                 'place', CASE WHEN change.kind = 'version' AND change.leaf IS NOT NULL THEN
                     (SELECT to_jsonb(place) FROM issuing.status_index AS place
                      WHERE place.version = change.version AND place.copy IS NULL) END,
                 'transition', CASE WHEN change.kind = 'entry' THEN
                     (SELECT to_jsonb(told) FROM register.transition AS told
                      WHERE told.person = change.person AND told.change = change.id LIMIT 1) END,
                 'copies', CASE WHEN change.kind = 'copy' THEN
                     (SELECT jsonb_agg(jsonb_build_object('copy', to_jsonb(copy),
                          'place', (SELECT to_jsonb(place) FROM issuing.status_index AS place
                                    WHERE place.version = copy.version AND place.copy = copy.id),
                          'job', (SELECT to_jsonb(job) FROM issuing.job WHERE job.copy = copy.id AND job.generation = 1)))
                      FROM issuing.use_copy AS copy
                      WHERE copy.person = change.person AND (copy.change = change.id OR copy.made_at = change.recorded_at)) END,
                 'document', CASE WHEN change.kind = 'document' THEN
                     (SELECT jsonb_build_object('document', to_jsonb(document), 'set', to_jsonb(issued), 'intent', to_jsonb(intent),
                          'job', CASE WHEN issued.copy IS NULL THEN
                              (SELECT to_jsonb(job) FROM issuing.job
                               WHERE job.version = issued.version AND job.copy IS NULL AND job.generation = issued.generation)
                              ELSE (SELECT to_jsonb(job) FROM issuing.job
                                    WHERE job.copy = issued.copy AND job.generation = issued.generation) END,
                          'issued_at', version.issued_at, 'ready_at', copy.ready_at)
                      FROM issuing.document
                      JOIN issuing.document_set AS issued ON issued.id = document.document_set
                      JOIN issuing.intent ON intent.document_set = issued.id
                      JOIN issuing.certificate_version AS version ON version.id = issued.version
                      LEFT JOIN issuing.use_copy AS copy ON copy.id = issued.copy
                      WHERE document.sha256 = substring(change.leaf FROM octet_length(change.leaf) - 31)) END)
                 ORDER BY change.position), '[]')
               FROM log.change WHERE change.position > $1 AND change.position <= $2))::text AS "content!""#,
        head.kept,
        head.position,
        signed(size),
        hex::encode(root.as_bytes()),
    );
    Ok(Some(Written {
        first: natural(head.kept, "restoration.kept_head", "position")? + 1,
        through: natural(head.position, "log.head", "position")?,
        content: content.fetch_one(tx.conn()).await?,
    }))
}

/// Reads a counterfoil into the tables of the restoration, as far as it is beyond what the database holds.
pub(crate) async fn load(tx: &mut Tx, content: &str, from: u64) -> Result<(), Error> {
    query!(
        "INSERT INTO restoration.told_change (position, kind, person, version, sealed, recorded_at, leaf, papers)
         SELECT (one -> 'change' ->> 'position')::bigint, one -> 'change' ->> 'kind', (one -> 'change' ->> 'person')::uuid,
             (one -> 'change' ->> 'version')::uuid, (one -> 'change' ->> 'sealed')::bytea,
             (one -> 'change' ->> 'recorded_at')::timestamptz, (one -> 'change' ->> 'leaf')::bytea,
             one #- '{change,sealed}' #- '{person,wrapped_key}'
         FROM jsonb_array_elements($1::text::jsonb -> 'changes') AS one
         WHERE (one -> 'change' ->> 'position')::bigint > $2
         ON CONFLICT (position) DO NOTHING",
        content,
        signed(from),
    )
    .execute(tx.conn())
    .await?;
    people(tx, content).await?;
    query!(
        "INSERT INTO issuing.status_shard
         SELECT * FROM jsonb_populate_recordset(NULL::issuing.status_shard, $1::text::jsonb -> 'shards')
         ON CONFLICT DO NOTHING",
        content,
    )
    .execute(tx.conn())
    .await?;
    query!(
        "INSERT INTO restoration.target AS known (province, sequence, number)
         SELECT province, coalesce(($1::text::jsonb -> 'sequences' ->> province)::bigint, 0),
             coalesce(($1::text::jsonb -> 'numbers' ->> province)::bigint, 0)
         FROM (SELECT jsonb_object_keys($1::text::jsonb -> 'sequences') UNION SELECT jsonb_object_keys($1::text::jsonb -> 'numbers'))
             AS of_province (province)
         ON CONFLICT (province) DO UPDATE SET sequence = greatest(known.sequence, excluded.sequence),
             number = greatest(known.number, excluded.number)",
        content,
    )
    .execute(tx.conn())
    .await?;
    query!(
        "INSERT INTO restoration.root (position, size, root)
         SELECT (one ->> 'through')::bigint, (one ->> 'size')::bigint, decode(one ->> 'root', 'hex')
         FROM (SELECT $1::text::jsonb) AS told (one) WHERE (one ->> 'through')::bigint > $2
         ON CONFLICT (position) DO NOTHING",
        content,
        signed(from),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Keys of people and their digits: what everything else is sealed under and named by.
async fn people(tx: &mut Tx, content: &str) -> Result<(), Error> {
    query!(
        "INSERT INTO register.person
         SELECT DISTINCT ON ((person).person) (person).*
         FROM (SELECT jsonb_populate_record(NULL::register.person, one -> 'person') AS person
               FROM jsonb_array_elements($1::text::jsonb -> 'changes') AS one) AS told
         WHERE (person).person IS NOT NULL
         ON CONFLICT (person) DO NOTHING",
        content,
    )
    .execute(tx.conn())
    .await?;
    query!(
        "INSERT INTO register.registration_number
         SELECT DISTINCT ON ((number).number) (number).*
         FROM (SELECT jsonb_populate_record(NULL::register.registration_number, nullif(one -> 'number', 'null')) AS number
               FROM jsonb_array_elements($1::text::jsonb -> 'changes') AS one) AS told
         WHERE (number).number IS NOT NULL
         ON CONFLICT DO NOTHING",
        content,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
