//! What a holder or officer holds in the hand: a channel and a token.

use api::issuance::v1 as wire;
use api::issuance::v1::certificate_service_client::CertificateServiceClient;
use api::issuance::v1::issuance_service_client::IssuanceServiceClient;
use service_runtime::tls::PeerChannel;
use tonic::metadata::MetadataValue;
use uuid::Uuid;

use crate::world::Holder;

/// A holder's channel and token.
pub(crate) struct Door {
    pub(crate) channel: PeerChannel,
    pub(crate) token: String,
}

impl Door {
    pub(crate) fn client(&self) -> CertificateServiceClient<PeerChannel> {
        CertificateServiceClient::new(self.channel.clone())
    }

    pub(crate) fn issuances(&self) -> IssuanceServiceClient<PeerChannel> {
        IssuanceServiceClient::new(self.channel.clone())
    }

    pub(crate) fn request<T>(&self, message: T) -> tonic::Request<T> {
        let mut request = tonic::Request::new(message);
        let value = MetadataValue::try_from(format!("Bearer {}", self.token)).expect("a token is ASCII");
        request.metadata_mut().insert("authorization", value);
        request
    }

    pub(crate) async fn copy(
        &self,
        holder: &Holder,
        reference: &str,
        recipient: &str,
    ) -> Result<wire::CreateUseCopyResponse, tonic::Status> {
        let request = wire::CreateUseCopyRequest {
            request_id: Uuid::new_v4().to_string(),
            certificate: holder.certificate(),
            purpose: wire::Purpose::Tender.into(),
            purpose_reference: reference.to_owned(),
            recipient: recipient.to_owned(),
        };
        Ok(self
            .client()
            .create_use_copy(self.request(request))
            .await?
            .into_inner())
    }

    /// File name, digest and bytes.
    pub(crate) async fn download(
        &self,
        name: &str,
        format: wire::DocumentFormat,
    ) -> Result<(String, String, Vec<u8>), tonic::Status> {
        let request = wire::DownloadDocumentRequest {
            name: name.to_owned(),
            format: format.into(),
        };
        let mut stream = self
            .client()
            .download_document(self.request(request))
            .await?
            .into_inner();
        let (mut file_name, mut sha256, mut bytes) = (String::new(), String::new(), Vec::new());
        while let Some(part) = stream.message().await? {
            assert!(part.chunk.len() <= 64 << 10, "chunks are bounded");
            if bytes.is_empty() {
                (file_name, sha256) = (part.file_name, part.sha256);
            }
            bytes.extend_from_slice(&part.chunk);
        }
        Ok((file_name, sha256, bytes))
    }
}

/// The stable reason of a refusal.
pub(crate) fn reason(status: &tonic::Status) -> String {
    tonic_types::StatusExt::get_details_error_info(status)
        .map_or_else(|| format!("{status:?}"), |info| info.reason)
}
