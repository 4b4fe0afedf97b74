//! What a holder or officer holds in the hand: a channel and a token.

use api::issuance::v1 as wire;
use api::issuance::v1::certificate_service_client::CertificateServiceClient;
use api::issuance::v1::consent_service_client::ConsentServiceClient;
use api::issuance::v1::issuance_service_client::IssuanceServiceClient;
use api::issuance::v1::package_employer_certificates_response::Part;
use api::issuance::v1::package_service_client::PackageServiceClient;
use api::types::v1::Date;
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

    pub(crate) fn consents(&self) -> ConsentServiceClient<PeerChannel> {
        ConsentServiceClient::new(self.channel.clone())
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

    /// A consent to tenders, until a day.
    pub(crate) async fn consent_to_tenders(
        &self,
        employer: Uuid,
        ends_on: Date,
    ) -> Result<wire::StandingConsent, tonic::Status> {
        let request = wire::GrantStandingConsentRequest {
            request_id: Uuid::new_v4().to_string(),
            employer: format!("employers/{employer}"),
            purposes: vec![wire::Purpose::Tender.into()],
            ends_on: Some(ends_on),
        };
        let answer = self
            .consents()
            .grant_standing_consent(self.request(request))
            .await?;
        Ok(answer.into_inner().consent.expect("it is answered"))
    }

    /// What employers have asked for.
    pub(crate) async fn asked(&self) -> Vec<wire::CopyRequest> {
        let request = wire::ListCopyRequestsRequest::default();
        let answer = self.consents().list_copy_requests(self.request(request)).await;
        answer.expect("their own").into_inner().requests
    }

    /// A whole package.
    pub(crate) async fn package(
        &self,
        request: wire::PackageEmployerCertificatesRequest,
    ) -> Result<Package, tonic::Status> {
        let mut client = PackageServiceClient::new(self.channel.clone());
        let answer = client
            .package_employer_certificates(self.request(request))
            .await?;
        let mut stream = answer.into_inner();
        let mut package = Package::default();
        while let Some(message) = stream.message().await? {
            match message.part.expect("every message has a part") {
                Part::Progress(progress) => package.progress.push(progress),
                Part::Chunk(chunk) => {
                    assert!(chunk.len() <= 64 << 10, "chunks are bounded");
                    package.bytes.extend_from_slice(&chunk);
                }
                Part::Package(last) => package.content = last,
            }
        }
        Ok(package)
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

/// What a package's stream told.
#[derive(Debug, Default)]
pub(crate) struct Package {
    pub(crate) progress: Vec<wire::PackageProgress>,
    pub(crate) bytes: Vec<u8>,
    pub(crate) content: wire::EmployerPackage,
}

impl Package {
    /// Why somebody's copy is missing, if it is.
    pub(crate) fn missing(&self, holder: &Holder) -> Option<wire::MissingReason> {
        self.absent(holder).map(wire::MissingMember::reason)
    }

    /// What is said of somebody whose copy is missing.
    pub(crate) fn absent(&self, holder: &Holder) -> Option<&wire::MissingMember> {
        let name = format!("persons/{}", holder.person);
        self.content.missing.iter().find(|missing| missing.person == name)
    }

    /// Somebody's copy, if it is there.
    pub(crate) fn copy(&self, holder: &Holder) -> Option<&wire::PackagedCopy> {
        let name = format!("persons/{}", holder.person);
        self.content.copies.iter().find(|copy| copy.person == name)
    }

    /// Names and contents of the file's entries, in order.
    pub(crate) fn entries(&self) -> Vec<(String, Vec<u8>)> {
        let mut archive =
            zip::ZipArchive::new(std::io::Cursor::new(self.bytes.as_slice())).expect("a ZIP file");
        let read = (0..archive.len()).map(|index| {
            let mut file = archive.by_index(index).expect("an entry");
            let (name, mut content) = (file.name().expect("an ASCII name").into_owned(), Vec::new());
            std::io::copy(&mut file, &mut content).expect("its CRC is right");
            (name, content)
        });
        read.collect()
    }
}

/// The stable reason of a refusal.
pub(crate) fn reason(status: &tonic::Status) -> String {
    tonic_types::StatusExt::get_details_error_info(status)
        .map_or_else(|| format!("{status:?}"), |info| info.reason)
}
