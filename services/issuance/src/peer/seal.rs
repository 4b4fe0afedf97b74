//! `seal.v1.SealService`, as the issuing room sees it: seals by name, signatures by intent.

use api::seal::v1 as wire;
use api::seal::v1::seal_service_client::SealServiceClient;
use service_runtime::tls::PeerChannel;
use tonic::Status;
use uuid::Uuid;

/// Most requests that the service takes in one call.
const MOST_REQUESTS: usize = 256;

/// The keeper of the seals.
#[derive(Debug, Clone)]
pub(crate) struct SealClient(SealServiceClient<PeerChannel>);

/// A seal as documents need it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SealMaterial {
    /// `seals/{seal}`
    pub(crate) name: String,
    /// The name on the seal.
    pub(crate) title: String,
    /// DER of SESeal.
    pub(crate) der: Vec<u8>,
    /// PNG of the stamp.
    pub(crate) picture: Vec<u8>,
    /// Whether its certificates carry the SPECIMEN policy.
    pub(crate) specimen: bool,
    /// DER of the PDF signer's chain, leaf first; known of the present making of a seal only.
    pub(crate) pdf_chain: Vec<Vec<u8>>,
}

impl SealMaterial {
    /// SM3 of the SESeal: what tells one making of a seal from the next.
    pub(crate) fn digest(&self) -> [u8; 32] {
        gm::sm3::digest(&self.der)
    }
}

/// What is to be signed for one document set: both kinds under one intent.
#[derive(Debug, Clone)]
pub(crate) struct Signing {
    pub(crate) intent: Uuid,
    pub(crate) use_copy: bool,
    pub(crate) seal: String,
    /// SM3 of the SESeal that the document carries.
    pub(crate) seal_digest: [u8; 32],
    pub(crate) specimen: bool,
    pub(crate) ofd_data_hash: [u8; 32],
    pub(crate) ofd_property_info: &'static str,
    pub(crate) pdf_sha256: [u8; 32],
}

/// Both signature values of one intent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Signatures {
    /// DER of SES_Signature.
    pub(crate) ofd: Vec<u8>,
    /// DER of CMS SignedData.
    pub(crate) pdf: Vec<u8>,
}

/// Why an intent was not signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NotSigned {
    /// The reason that the keeper gave, by its stable name.
    Refused(String),
    /// The keeper's answer does not fit the question.
    Unanswered,
}

/// The keeper cannot be asked now.
#[derive(Debug, Clone, thiserror::Error)]
#[error("seal: {0}")]
pub(crate) struct SealUnavailable(String);

impl SealClient {
    /// Speaks over a channel.
    pub(crate) fn new(channel: PeerChannel) -> Self {
        Self(SealServiceClient::new(channel).max_decoding_message_size(16 << 20))
    }

    /// A seal by name.
    pub(crate) async fn find(&self, name: &str) -> Result<SealMaterial, SealUnavailable> {
        let request = wire::GetSealRequest {
            name: name.to_owned(),
        };
        let answer = self
            .0
            .clone()
            .get_seal(request)
            .await
            .map_err(|status| unavailable(&status))?
            .into_inner();
        let seal = answer
            .seal
            .ok_or_else(|| SealUnavailable("answered without a seal".to_owned()))?;
        Ok(SealMaterial {
            name: seal.name,
            title: seal.title,
            der: seal.seal.to_vec(),
            picture: seal.picture.to_vec(),
            specimen: seal.specimen,
            pdf_chain: seal.pdf_chain.iter().map(|der| der.to_vec()).collect(),
        })
    }

    /// Has intents signed, each at most once however often it is asked for; outcomes are in the order of the question.
    pub(crate) async fn sign(
        &self,
        signings: &[Signing],
    ) -> Result<Vec<Result<Signatures, NotSigned>>, SealUnavailable> {
        let mut outcomes = Vec::with_capacity(signings.len());
        for part in signings.chunks(MOST_REQUESTS / 2) {
            let requests = part.iter().flat_map(requests).collect();
            let answer = self
                .0
                .clone()
                .sign_documents(wire::SignDocumentsRequest { requests })
                .await;
            let answers = answer
                .map_err(|status| unavailable(&status))?
                .into_inner()
                .outcomes;
            let mut answers = answers.into_iter();
            for signing in part {
                let pair = (answers.next(), answers.next());
                outcomes.push(signatures(signing.intent, pair));
            }
        }
        Ok(outcomes)
    }
}

fn unavailable(status: &Status) -> SealUnavailable {
    SealUnavailable(format!("{:?}: {}", status.code(), status.message()))
}

fn requests(signing: &Signing) -> [wire::SigningRequest; 2] {
    use wire::signing_request::Document;
    let profile = if signing.use_copy {
        wire::DocumentProfile::UseCopy
    } else {
        wire::DocumentProfile::Original
    };
    let request = |document| wire::SigningRequest {
        intent_id: signing.intent.to_string(),
        profile: profile.into(),
        seal: signing.seal.clone(),
        specimen: signing.specimen,
        document: Some(document),
        inclusion_proof: Default::default(),
        seal_digest: signing.seal_digest.to_vec().into(),
    };
    [
        request(Document::Ofd(wire::OfdSealing {
            data_hash: signing.ofd_data_hash.to_vec().into(),
            property_info: signing.ofd_property_info.to_owned(),
        })),
        request(Document::Pdf(wire::PdfSigning {
            byte_range_sha256: signing.pdf_sha256.to_vec().into(),
        })),
    ]
}

type Answer = Option<wire::SigningOutcome>;

fn signatures(intent: Uuid, (ofd, pdf): (Answer, Answer)) -> Result<Signatures, NotSigned> {
    Ok(Signatures {
        ofd: signature(intent, ofd)?,
        pdf: signature(intent, pdf)?,
    })
}

fn signature(intent: Uuid, answer: Answer) -> Result<Vec<u8>, NotSigned> {
    use wire::signing_outcome::Outcome;
    let answer = answer.filter(|answer| answer.intent_id == intent.to_string());
    match answer.and_then(|answer| answer.outcome) {
        Some(Outcome::Signed(signed)) => Ok(signed.signature.to_vec()),
        Some(Outcome::Refused(refused)) => Err(NotSigned::Refused(refused.reason)),
        None => Err(NotSigned::Unanswered),
    }
}
