//! `seal.v1.SealService`, as the issuing room sees it: seals by name, signatures by intent.

use api::seal::v1 as wire;
use api::seal::v1::seal_service_client::SealServiceClient;
use service_runtime::tls::PeerChannel;
use tonic::Status;
use uuid::Uuid;

use crate::store::issuing::document::Format;

/// Most requests that the service takes in one call.
const MOST_REQUESTS: usize = 256;
/// Most kinds of document in a set.
const MOST_KINDS: usize = 3;

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

/// What is to be signed for one document set: every kind under one intent.
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
    /// SM3 of the PDF's byte range, where it is signed with SM2 too.
    pub(crate) pdf_sm3: Option<[u8; 32]>,
    /// The proof that the version's leaf is in the log, where there is one.
    pub(crate) inclusion_proof: Option<String>,
}

/// The signature values of one intent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Signatures {
    /// DER of SES_Signature.
    pub(crate) ofd: Vec<u8>,
    /// DER of CMS SignedData.
    pub(crate) pdf: Vec<u8>,
    /// DER of SignedData of GB/T 35275, where it was asked for.
    pub(crate) pdf_sm2: Option<Vec<u8>>,
}

/// An act of the keeper's journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct JournalAct {
    pub(crate) intent: Uuid,
    pub(crate) format: Format,
    pub(crate) digest: [u8; 32],
    /// Whether a signature was given out for it.
    pub(crate) signed: bool,
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

    /// The acts of intents after `after` and up to `through`, in their order.
    pub(crate) async fn journal(
        &self,
        after: Uuid,
        through: Uuid,
    ) -> Result<Vec<JournalAct>, SealUnavailable> {
        let request = wire::ReadJournalRequest {
            after_intent_id: after.to_string(),
            through_intent_id: through.to_string(),
        };
        let answer = self.0.clone().read_journal(request).await;
        let mut pages = answer.map_err(|status| unavailable(&status))?.into_inner();
        let mut acts = Vec::new();
        while let Some(page) = pages.message().await.map_err(|status| unavailable(&status))? {
            for act in page.acts {
                acts.push(
                    journal_act(&act).ok_or_else(|| {
                        SealUnavailable("answered with an act that cannot be read".to_owned())
                    })?,
                );
            }
        }
        Ok(acts)
    }

    /// Has intents signed, each at most once however often it is asked for; outcomes are in the order of the question.
    pub(crate) async fn sign(
        &self,
        signings: &[Signing],
    ) -> Result<Vec<Result<Signatures, NotSigned>>, SealUnavailable> {
        let mut outcomes = Vec::with_capacity(signings.len());
        for part in signings.chunks(MOST_REQUESTS / MOST_KINDS) {
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
                outcomes.push(signatures(signing, &mut answers));
            }
        }
        Ok(outcomes)
    }
}

fn journal_act(act: &wire::JournalAct) -> Option<JournalAct> {
    Some(JournalAct {
        intent: Uuid::try_parse(&act.intent_id).ok()?,
        format: Format::from_name(&act.kind)?,
        digest: act.digest.as_ref().try_into().ok()?,
        signed: act.signed,
    })
}

fn unavailable(status: &Status) -> SealUnavailable {
    SealUnavailable(format!("{:?}: {}", status.code(), status.message()))
}

/// OFD, PDF and, where it is made, the PDF with SM2.
fn requests(signing: &Signing) -> Vec<wire::SigningRequest> {
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
        inclusion_proof: signing
            .inclusion_proof
            .clone()
            .unwrap_or_default()
            .into_bytes()
            .into(),
        seal_digest: signing.seal_digest.to_vec().into(),
    };
    let pdf_sm2 = |sm3: [u8; 32]| {
        request(Document::PdfSm2(wire::PdfSm2Signing {
            byte_range_sm3: sm3.to_vec().into(),
        }))
    };
    let mut requests = vec![
        request(Document::Ofd(wire::OfdSealing {
            data_hash: signing.ofd_data_hash.to_vec().into(),
            property_info: signing.ofd_property_info.to_owned(),
        })),
        request(Document::Pdf(wire::PdfSigning {
            byte_range_sha256: signing.pdf_sha256.to_vec().into(),
        })),
    ];
    requests.extend(signing.pdf_sm3.map(pdf_sm2));
    requests
}

/// Takes as many answers as there were requests, whatever they say.
fn signatures(
    signing: &Signing,
    answers: &mut impl Iterator<Item = wire::SigningOutcome>,
) -> Result<Signatures, NotSigned> {
    let (ofd, pdf) = (answers.next(), answers.next());
    let pdf_sm2 = signing.pdf_sm3.map(|_| answers.next());
    Ok(Signatures {
        ofd: signature(signing.intent, ofd)?,
        pdf: signature(signing.intent, pdf)?,
        pdf_sm2: pdf_sm2
            .map(|answer| signature(signing.intent, answer))
            .transpose()?,
    })
}

fn signature(intent: Uuid, answer: Option<wire::SigningOutcome>) -> Result<Vec<u8>, NotSigned> {
    use wire::signing_outcome::Outcome;
    let answer = answer.filter(|answer| answer.intent_id == intent.to_string());
    match answer.and_then(|answer| answer.outcome) {
        Some(Outcome::Signed(signed)) => Ok(signed.signature.to_vec()),
        Some(Outcome::Refused(refused)) => Err(NotSigned::Refused(refused.reason)),
        None => Err(NotSigned::Unanswered),
    }
}
