//! Bulks of certificates, ordered by an officer of the ministry through the portal.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use api::issuance::v1 as wire;
use api::issuance::v1::bulk::{Purpose, State};
use api::issuance::v1::issuance_service_client::IssuanceServiceClient;
use api::issuance::v1::start_bulk_request::Selection;
use service_runtime::clock::Clock as _;
use service_runtime::tls::PeerChannel;
use tonic::Request;
use uuid::Uuid;

use super::Nation;
use crate::portal::officer;

/// How long a bulk may take that is waited for.
const PATIENCE: Duration = Duration::from_secs(300);

impl Nation {
    fn issuances(&self) -> IssuanceServiceClient<PeerChannel> {
        IssuanceServiceClient::new(self.portal.channel()).max_encoding_message_size(16 << 20)
    }

    fn ordered<T>(&self, message: T) -> Result<Request<T>> {
        let claims = self.portal.claims(self.clock.now());
        self.portal.request(&self.signer, &officer(claims, None), message)
    }

    /// Starts a bulk; its name.
    pub(crate) async fn start_bulk(&self, purpose: Purpose, selection: Selection) -> Result<String> {
        let request = wire::StartBulkRequest {
            request_id: Uuid::new_v4().to_string(),
            purpose: purpose.into(),
            selection: Some(selection),
            ground: "bench".to_owned(),
        };
        let started = self.issuances().start_bulk(self.ordered(request)?).await?;
        Ok(started.into_inner().bulk.context("it is shown")?.name)
    }

    /// Lets a paused one go on.
    pub(crate) async fn resume_bulk(&self, name: &str) -> Result<()> {
        let request = wire::ResumeBulkRequest {
            request_id: Uuid::new_v4().to_string(),
            name: name.to_owned(),
        };
        self.issuances().resume_bulk(self.ordered(request)?).await?;
        Ok(())
    }

    async fn bulk(&self, name: &str) -> Result<wire::Bulk> {
        let request = wire::GetBulkRequest {
            name: name.to_owned(),
        };
        let shown = self.issuances().get_bulk(self.ordered(request)?).await?;
        shown.into_inner().bulk.context("it is shown")
    }

    /// Waits for the end of a bulk; how many rows were issued.
    pub(crate) async fn bulk_done(&self, name: &str) -> Result<usize> {
        let started = Instant::now();
        loop {
            let bulk = self.bulk(name).await?;
            if bulk.state() == State::Done {
                return Ok(usize::try_from(bulk.issued)?);
            }
            if started.elapsed() > PATIENCE {
                bail!("{} rows wait: {:?}", bulk.waiting, bulk.first_stopped);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Does something beside bulks that follow each other without a pause; also how many of their rows were issued, and in how many
    /// seconds.
    pub(crate) async fn beside_bulks<T>(
        &self,
        (purpose, selection): (Purpose, Selection),
        work: impl Future<Output = Result<T>>,
    ) -> Result<(T, usize, f64)> {
        let over = AtomicBool::new(false);
        let begun = Instant::now();
        let mut name = self.start_bulk(purpose, selection.clone()).await?;
        let bulks = async {
            let mut issued = 0;
            loop {
                issued += self.bulk_done(&name).await?;
                if over.load(Ordering::Relaxed) {
                    return Ok::<_, anyhow::Error>((issued, begun.elapsed().as_secs_f64()));
                }
                name = self.start_bulk(purpose, selection.clone()).await?;
            }
        };
        let work = async {
            let done = work.await;
            over.store(true, Ordering::Relaxed);
            done
        };
        let (done, (issued, seconds)) = tokio::try_join!(work, bulks)?;
        Ok((done, issued, seconds))
    }
}
