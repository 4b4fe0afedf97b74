//! Provinces cosign the log: what a quorum has seen is told apart from what the log alone says, and a witness that forgot finds
//! it out.

use api::exchange::v1 as exchange;
use api::issuance::v1 as wire;
use api::issuance::v1::log_service_client::LogServiceClient;
use api::types::v1::ApplicationType::Initial;
use service_runtime::tls::PeerChannel;
use tlog::{
    AddCheckpoint, Algorithm, Cosigner, DetachedProof, Memory, NoteSignature, Origin, Quorum, VerifierKey,
    Witness, WitnessRefusal,
};
use tonic::Status;

use crate::province::Province;
use crate::world::{World, reason, witness_of};

pub(crate) const ORIGIN: &str = "log.example/jianzheng";

fn origin() -> Origin {
    Origin::new(ORIGIN).expect("a line")
}

fn log_key(world: &World) -> VerifierKey {
    let public = world.checkpoints.as_slice().try_into().expect("an Ed25519 key");
    VerifierKey::new(ORIGIN, Algorithm::Ed25519, public).expect("a name")
}

fn quorum(world: &World, threshold: usize) -> Quorum {
    let witnesses = ["32", "31"].map(|code| witness_of(code).verifier().clone());
    Quorum::new(origin(), vec![log_key(world)], witnesses.to_vec(), threshold).expect("a quorum")
}

/// A province's witness as it works there.
pub(crate) struct Observer<'a> {
    province: &'a Province,
    witness: Witness,
    pub(crate) memory: Memory,
}

impl<'a> Observer<'a> {
    pub(crate) fn new(world: &World, province: &'a Province) -> Self {
        let cosigner: Cosigner = witness_of(province.code);
        Self {
            province,
            witness: Witness::new(cosigner, origin(), vec![log_key(world)]),
            memory: Memory::Enrolled,
        }
    }

    pub(crate) async fn asked(&self) -> Option<AddCheckpoint> {
        let (remembered_size, remembered_checkpoint) = match &self.memory {
            Memory::Remembered(known) => (known.size, known.note.to_string()),
            Memory::Enrolled | Memory::Lost => (0, String::new()),
        };
        let request = exchange::FetchCheckpointRequest {
            remembered_size,
            remembered_checkpoint,
        };
        let answer = self.province.client.clone().fetch_checkpoint(request).await;
        let text = answer.expect("it is enrolled").into_inner().add_checkpoint;
        (!text.is_empty()).then(|| AddCheckpoint::parse(&text).expect("a request"))
    }

    async fn hand_in(&self, size: u64, cosignature: &NoteSignature) -> Result<(), Status> {
        let request = exchange::CosignRequest {
            size,
            cosignature: cosignature.to_string(),
        };
        self.province.client.clone().cosign(request).await.map(drop)
    }

    /// Cosigns what it is asked for; the size.
    pub(crate) async fn cosign(&mut self, world: &World) -> Option<u64> {
        let request = self.asked().await?;
        let pending = self.witness.add_checkpoint(&self.memory, &request, world.now());
        let pending = pending.expect("the log only grows");
        let memory = pending.memory().clone();
        self.hand_in(memory.size, &pending.release())
            .await
            .expect("it holds");
        self.memory = Memory::Remembered(memory.clone());
        Some(memory.size)
    }
}

/// Announces somebody and waits until the log says so.
async fn announced(
    world: &World,
    province: &mut Province,
    log: &mut LogServiceClient<PeerChannel>,
    size: u64,
) {
    let employer = world.employer(province.code);
    let application = province.application(&world.person(), &employer, Initial);
    province.announce(world, &application).await;
    world.changes(0, 2 * size).await;
    let request = wire::GetCheckpointRequest {
        size,
        witnessed: false,
    };
    while log.get_checkpoint(request).await.is_err() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_checkpoint_is_witnessed_once_a_quorum_of_provinces_has_cosigned_it() {
    let (world, mut jiangsu, shanghai) = World::new().await;
    let mut log = LogServiceClient::new(world.portal().await);
    let witnessed = wire::GetCheckpointRequest {
        size: 0,
        witnessed: true,
    };
    announced(&world, &mut jiangsu, &mut log, 1).await;
    let refused = log
        .get_checkpoint(witnessed)
        .await
        .expect_err("nobody has seen it");
    assert_eq!(reason(&refused), "NOT_FOUND");

    let nanjing = jiangsu.again();
    let (mut one, mut other) = (Observer::new(&world, &nanjing), Observer::new(&world, &shanghai));
    assert_eq!(one.cosign(&world).await, Some(1));
    assert_eq!(one.cosign(&world).await, None, "nothing new");
    // The log goes on before the second looks: both shall have seen one tree.
    announced(&world, &mut jiangsu, &mut log, 2).await;
    assert_eq!(other.cosign(&world).await, Some(1), "what was begun first");
    let two = quorum(&world, 2);
    let answer = log
        .get_checkpoint(witnessed)
        .await
        .expect("both have")
        .into_inner();
    let note = tlog::Note::parse(&answer.checkpoint).expect("a note");
    assert_eq!(two.verify(&note).expect("two of two").checkpoint.size, 1);

    assert_eq!(other.cosign(&world).await, Some(2));
    let answer = log
        .get_checkpoint(witnessed)
        .await
        .expect("the older")
        .into_inner();
    let note = tlog::Note::parse(&answer.checkpoint).expect("a note");
    assert_eq!(two.verify(&note).expect("two of two").checkpoint.size, 1);
    assert_eq!(one.cosign(&world).await, Some(2));

    let request = wire::GetInclusionProofRequest {
        index: 1,
        size: 0,
        witnessed: true,
    };
    let answer = log
        .get_inclusion_proof(request)
        .await
        .expect("a proof")
        .into_inner();
    let proof = DetachedProof::parse(&answer.proof).expect("a detached proof");
    let proved = proof.verify(&answer.entry, &two).expect("offline, by the quorum");
    assert_eq!(proved.witnessed.cosignatures.len(), 2);
    let both = wire::GetCheckpointRequest {
        size: 1,
        witnessed: true,
    };
    let refused = log.get_checkpoint(both).await.expect_err("one or the other");
    assert_eq!(reason(&refused), "INVALID_ARGUMENT");
    what_is_no_cosignature_is_not_taken(&world, &one, &other).await;

    // Restored from a backup, it is shown what it had signed.
    one.memory = Memory::Enrolled;
    let request = one.asked().await.expect("its own cosignature");
    let refused = one.witness.add_checkpoint(&one.memory, &request, world.now());
    assert_eq!(refused.expect_err("it forgot"), WitnessRefusal::Forgotten(2));
}

async fn what_is_no_cosignature_is_not_taken(world: &World, one: &Observer<'_>, other: &Observer<'_>) {
    let request = AddCheckpoint {
        old_size: 2,
        proof: Vec::new(),
        checkpoint: match &one.memory {
            Memory::Remembered(known) => known.note.clone(),
            Memory::Enrolled | Memory::Lost => panic!("it has cosigned"),
        },
    };
    let pending = other.witness.add_checkpoint(&other.memory, &request, world.now());
    let theirs = pending.expect("it would").release();
    for (size, cosignature) in [(2, &theirs), (1, &theirs), (3, &theirs)] {
        let refused = one
            .hand_in(size, cosignature)
            .await
            .expect_err("another's, or of nothing");
        assert_eq!(reason(&refused), "EXCHANGE_MALFORMED");
    }
    let refused = other.hand_in(1, &theirs).await.expect_err("over another tree");
    assert_eq!(reason(&refused), "EXCHANGE_MALFORMED");
    let kept = world.count("SELECT count(*) FROM log.cosignature").await;
    assert_eq!(kept, 4, "each once");
}
