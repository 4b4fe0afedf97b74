//! `registration.v1.AnnouncementService` of each province, asked as anybody may ask it.

use std::collections::BTreeMap;

use api::registration::v1 as wire;
use bytes::Bytes;
use domain::province::Province;
use service_runtime::config::Peer;
use service_runtime::tls::{Outbound, PeerChannel};
use tonic::Status;
use wire::announcement_service_client::AnnouncementServiceClient;
use wire::download_announcement_request::Format;

use super::verification::{Unanswered, unanswered};

/// Announcements on one page of a list.
const PAGE: i32 = 50;

/// Channels to the provinces.
#[derive(Clone)]
pub(crate) struct Announcements(BTreeMap<Province, AnnouncementServiceClient<PeerChannel>>);

/// A file for outsiders.
pub(crate) struct Download {
    pub(crate) content: Bytes,
    pub(crate) media_type: String,
    pub(crate) file_name: String,
}

impl Announcements {
    /// Channels with the portal's certificate; nothing is opened yet.
    pub(crate) fn new(outbound: &Outbound, provinces: &[(Province, Peer)]) -> Self {
        let client = |peer: &Peer| AnnouncementServiceClient::new(outbound.channel(peer));
        Self(
            provinces
                .iter()
                .map(|(province, peer)| (*province, client(peer)))
                .collect(),
        )
    }

    /// Whose announcements are shown.
    pub(crate) fn provinces(&self) -> impl Iterator<Item = Province> {
        self.0.keys().copied()
    }

    /// The newest ones of a province without their rows, and where the next page begins.
    pub(crate) async fn list(
        &self,
        province: Province,
        page: String,
    ) -> Result<(Vec<wire::Announcement>, String), Unanswered> {
        let message = wire::ListAnnouncementsRequest {
            page_size: PAGE,
            page_token: page,
            heads_only: true,
        };
        let answer = told(self.client(province)?.list_announcements(message).await)?;
        Ok((answer.announcements, answer.next_page_token))
    }

    /// One with its rows.
    pub(crate) async fn find(
        &self,
        province: Province,
        number: &str,
    ) -> Result<wire::Announcement, Unanswered> {
        let name = name(province, number);
        let message = wire::GetAnnouncementRequest { name };
        let answer = told(self.client(province)?.get_announcement(message).await)?;
        answer.announcement.ok_or(Unanswered::Failed)
    }

    /// The list as a file.
    pub(crate) async fn download(
        &self,
        province: Province,
        number: &str,
        format: Format,
    ) -> Result<Download, Unanswered> {
        let message = wire::DownloadAnnouncementRequest {
            name: name(province, number),
            format: format.into(),
        };
        let answer = told(self.client(province)?.download_announcement(message).await)?;
        Ok(Download {
            content: answer.content,
            media_type: answer.media_type,
            file_name: answer.file_name,
        })
    }

    /// One row with its proof.
    pub(crate) async fn prove(
        &self,
        province: Province,
        number: &str,
        row: i32,
    ) -> Result<Bytes, Unanswered> {
        let message = wire::ProveAnnouncementRowRequest {
            name: name(province, number),
            row,
        };
        Ok(told(self.client(province)?.prove_announcement_row(message).await)?.proof)
    }

    /// SubjectPublicKeyInfo of every key that signed lists, the newest first.
    pub(crate) async fn keys(&self, province: Province) -> Result<Vec<Bytes>, Unanswered> {
        let message = wire::ListAnnouncementKeysRequest {};
        let answer = told(self.client(province)?.list_announcement_keys(message).await)?;
        Ok(answer.keys.into_iter().map(|key| key.public_key).collect())
    }

    fn client(&self, province: Province) -> Result<AnnouncementServiceClient<PeerChannel>, Unanswered> {
        self.0.get(&province).cloned().ok_or(Unanswered::Rejected)
    }
}

fn name(province: Province, number: &str) -> String {
    format!("provinces/{province}/announcements/{number}")
}

fn told<T>(answer: Result<tonic::Response<T>, Status>) -> Result<T, Unanswered> {
    answer
        .map(tonic::Response::into_inner)
        .map_err(|status| unanswered(&status))
}
