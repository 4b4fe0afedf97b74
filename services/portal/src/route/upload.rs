//! `POST /verify/file`: the file is passed on chunk by chunk. One that is small enough to be drawn is here until the answer is
//! written; of a larger one never more than a few chunks are.

use std::pin::pin;

use axum::extract::multipart::{Field, MultipartRejection};
use axum::extract::{Multipart, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use futures_util::future::{Either, select};
use tokio::sync::mpsc::{Sender, channel};
use tokio_stream::wrappers::ReceiverStream;

use crate::answer::Answer;
use crate::app::Deps;
use crate::page::{By, Problem, VerdictPage};
use crate::pictures::Pictures;

/// Name of the form's field.
const FIELD: &str = "file";
/// Chunks between browser and `verification`.
const IN_BETWEEN: usize = 4;
/// Both formats are known by their first bytes.
const MAGIC: [&[u8]; 2] = [b"%PDF-", b"PK\x03\x04"];
const MAGIC_LENGTH: usize = 5;

pub(super) async fn verify(
    State(deps): State<Deps>,
    form: Result<Multipart, MultipartRejection>,
) -> Result<Response, Problem> {
    let mut form = form.map_err(|_| Problem::Unreadable)?;
    let largest = deps.uploads.largest;
    let Ok(_slot) = deps.upload_slots.try_acquire() else {
        return Err(Problem::Overloaded(None));
    };
    loop {
        let field = form
            .next_field()
            .await
            .map_err(|error| fault(error.status(), largest))?;
        let Some(mut field) = field else {
            return Err(Problem::FileMissing);
        };
        if field.name() != Some(FIELD) {
            continue;
        }
        let mut kept = Kept::up_to(deps.previewer.limits().document);
        let answered = ask(&deps, &mut field, &mut kept).await;
        // A browser shows the answer only when it got rid of its file. Bounded by the body limit and the deadline.
        while let Ok(Some(_)) = field.chunk().await {}
        let answer = answered?;
        let pictures = Pictures::of(&deps.previewer, kept.whole()).await;
        let page = VerdictPage::new(By::File, &answer).showing(pictures);
        return Ok(page.into_response());
    }
}

/// The file, as long as it is small enough to be drawn.
struct Kept {
    bytes: Vec<u8>,
    most: usize,
    ended: bool,
}

impl Kept {
    fn up_to(most: usize) -> Self {
        Self {
            bytes: Vec::new(),
            most,
            ended: false,
        }
    }

    fn take(&mut self, chunk: &[u8]) {
        if self.bytes.len().saturating_add(chunk.len()) > self.most {
            self.most = 0;
            self.bytes = Vec::new();
        } else {
            self.bytes.extend_from_slice(chunk);
        }
    }

    /// All of it; none if it was too large, or did not arrive whole.
    fn whole(&self) -> Option<&[u8]> {
        (self.ended && !self.bytes.is_empty()).then_some(&self.bytes)
    }
}

/// Sends while asking. A file that cannot be sent whole is never judged: the question is abandoned.
async fn ask(deps: &Deps, field: &mut Field<'_>, kept: &mut Kept) -> Result<Answer, Problem> {
    let largest = deps.uploads.largest;
    let first = first_bytes(field, largest).await?;
    let (to, chunks) = channel(IN_BETWEEN);
    let sending = pin!(send(first, field, (to, kept), largest));
    let asking = pin!(deps.verification.by_file(ReceiverStream::new(chunks)));
    match select(sending, asking).await {
        Either::Left((sent, asking)) => {
            sent?;
            Ok(asking.await?)
        }
        Either::Right((answered, _)) => Ok(answered?),
    }
}

/// Enough of the file to see that it may be a document at all.
async fn first_bytes(field: &mut Field<'_>, largest: usize) -> Result<Bytes, Problem> {
    let mut first = Vec::new();
    while first.len() < MAGIC_LENGTH {
        match field
            .chunk()
            .await
            .map_err(|error| fault(error.status(), largest))?
        {
            Some(chunk) => first.extend_from_slice(&chunk),
            None => break,
        }
    }
    if first.is_empty() {
        return Err(Problem::FileMissing);
    }
    if !MAGIC.iter().any(|magic| first.starts_with(magic)) {
        return Err(Problem::FileForeign);
    }
    Ok(first.into())
}

async fn send(
    first: Bytes,
    field: &mut Field<'_>,
    (to, kept): (Sender<Bytes>, &mut Kept),
    largest: usize,
) -> Result<(), Problem> {
    let mut sent = 0_usize;
    let mut next = Some(first);
    while let Some(chunk) = next {
        sent = sent.saturating_add(chunk.len());
        if sent > largest {
            return Err(Problem::FileTooLarge { largest });
        }
        kept.take(&chunk);
        if to.send(chunk).await.is_err() {
            // The service has answered, or refused, before the end.
            return Ok(());
        }
        next = field
            .chunk()
            .await
            .map_err(|error| fault(error.status(), largest))?;
    }
    kept.ended = true;
    Ok(())
}

fn fault(status: StatusCode, largest: usize) -> Problem {
    match status {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::FileTooLarge { largest },
        _ => Problem::Unreadable,
    }
}
