//! 申请: a seal is asked for, with everything that will stand on it.

use domain::seal::{SealHand, SealState};
use postgres::Tx;
use serde_json::json;
use tracing::instrument;

use crate::app::Deps;
use crate::error::{Error, SEAL_CONTENT_INVALID};
use crate::management::{self, Call};
use crate::store::event;
use crate::store::seal::{self, Asked, Record};

const LARGEST_PICTURE: usize = 256 << 10;

/// Asks for a seal `seals/{id}`.
#[instrument(name = "request_seal", skip_all)]
pub(crate) async fn request_seal(
    deps: &Deps,
    call: &Call,
    id: &str,
    es_id: &str,
    asked: &Asked,
) -> Result<String, Error> {
    let name = format!("seals/{id}");
    let outcome = request(deps, call, id, es_id, asked).await;
    management::refused(deps, call, "request_seal", &name, outcome).await?;
    Ok(name)
}

async fn request(deps: &Deps, call: &Call, id: &str, es_id: &str, asked: &Asked) -> Result<(), Error> {
    check(id, es_id, asked)?;
    let by = SealHand {
        officer: call.officer.clone(),
        at: call.at,
    };
    let record = Record {
        name: format!("seals/{id}"),
        es_id: es_id.to_owned(),
        specimen: deps.specimen,
        state: SealState::Requested {
            requested: by.clone(),
        },
        digest: None,
        request: Some(asked.clone()),
    };
    deps.database
        .run_tx("request seal", async |tx: &mut Tx| {
            let Some(claim) = management::begin(tx, call).await? else {
                return Ok(());
            };
            if !seal::request(tx, &record, asked, &by).await? {
                let taken = SEAL_CONTENT_INVALID
                    .refusal()
                    .field("seal_id", "seal_id or es_id is taken");
                return Err(Error::Refused(taken));
            }
            event::record(tx, &record.name, "request", (&call.officer, None), "", call.at).await?;
            let evidence = json!({ "es_id": record.es_id, "title": asked.title,
                "picture_sm3": hex::encode(gm::sm3::digest(&asked.picture)) });
            management::audit(
                tx,
                call,
                "request_seal",
                "国办发〔2025〕33号",
                &record.name,
                evidence,
            )
            .await?;
            Ok(management::end(tx, claim).await?)
        })
        .await
}

fn check(id: &str, es_id: &str, asked: &Asked) -> Result<(), Error> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let ascii =
        |text: &str| !text.is_empty() && text.len() <= 64 && text.chars().all(|c| c.is_ascii_graphic());
    let size = 10..=100;
    let faults = [
        (
            id.is_empty() || id.len() > 40 || !id.chars().all(plain),
            "seal_id",
            "must be lower-case letters, digits and hyphens",
        ),
        (
            !ascii(es_id),
            "es_id",
            "must be printable ASCII of at most 64 characters",
        ),
        (
            asked.title.trim().is_empty() || asked.title.chars().count() > 60,
            "title",
            "must have between 1 and 60 characters",
        ),
        (!asked.picture.starts_with(b"\x89PNG"), "picture", "must be a PNG"),
        (
            asked.picture.len() > LARGEST_PICTURE,
            "picture",
            "must have at most 256 KiB",
        ),
        (
            !size.contains(&asked.width_mm),
            "width_mm",
            "must be between 10 and 100",
        ),
        (
            !size.contains(&asked.height_mm),
            "height_mm",
            "must be between 10 and 100",
        ),
    ];
    let refusal = faults.into_iter().filter(|(faulty, _, _)| *faulty).fold(
        None,
        |refusal: Option<service_runtime::Refusal>, (_, field, problem)| {
            Some(
                refusal
                    .unwrap_or_else(|| SEAL_CONTENT_INVALID.refusal())
                    .field(field, problem),
            )
        },
    );
    refusal.map_or(Ok(()), |refusal| Err(refusal.into()))
}
