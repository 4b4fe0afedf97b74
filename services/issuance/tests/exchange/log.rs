//! The transparency log: what is numbered is in it, under checkpoints that anybody checks.

use api::issuance::v1 as wire;
use api::issuance::v1::log_service_client::LogServiceClient;
use api::types::v1::ApplicationType::Initial;
use service_runtime::tls::PeerChannel;
use tlog::{
    Algorithm, Audit, Checkpoint, DetachedProof, Hash, Leaf, Note, Origin, Quorum, VerifierKey,
    decode_bundle, leaf_hash, verify_consistency,
};

use crate::province::Province;
use crate::world::{World, reason};

const ORIGIN: &str = "log.example/jianzheng";
const SOME: u64 = 5;

/// Announces people one by one.
async fn announced(world: &World, province: &mut Province, people: u64) {
    let employer = world.employer(province.code);
    for _ in 0..people {
        let application = province.application(&world.person(), &employer, Initial);
        province.announce(world, &application).await;
    }
}

/// Waits until the log states a tree of a size.
async fn stated(world: &World, log: &mut LogServiceClient<PeerChannel>, size: u64) -> Note {
    // Two changes for each person, of which one makes a version.
    world.changes(0, 2 * size).await;
    loop {
        let answer = log
            .get_checkpoint(wire::GetCheckpointRequest {
                size,
                witnessed: false,
            })
            .await;
        match answer {
            Ok(answer) => return Note::parse(&answer.into_inner().checkpoint).expect("a note"),
            Err(status) => assert_eq!(reason(&status), "NOT_FOUND"),
        }
        // Sizes in between may have none: the sequencer signs once for all that it numbered at once.
        tokio::task::yield_now().await;
    }
}

fn quorum(world: &World) -> Quorum {
    let public = world.checkpoints.as_slice().try_into().expect("an Ed25519 key");
    let key = VerifierKey::new(ORIGIN, Algorithm::Ed25519, public).expect("a name");
    Quorum::new(Origin::new(ORIGIN).expect("a line"), vec![key], Vec::new(), 0).expect("a quorum")
}

#[tokio::test]
async fn every_version_is_in_the_log_and_the_log_only_grows() {
    let (mut world, mut jiangsu, _) = World::new().await;
    let quorum = quorum(&world);
    announced(&world, &mut jiangsu, SOME).await;
    let mut log = LogServiceClient::new(world.portal().await);
    let before = quorum
        .verify(&stated(&world, &mut log, SOME).await)
        .expect("signed")
        .checkpoint;
    // The tree outlives the process that grew it.
    world.restart().await;
    announced(&world, &mut jiangsu, SOME).await;
    let mut log = LogServiceClient::new(world.portal().await);
    let after = quorum
        .verify(&stated(&world, &mut log, 2 * SOME).await)
        .expect("signed")
        .checkpoint;
    assert_eq!((before.size, after.size), (SOME, 2 * SOME));

    let request = wire::GetConsistencyProofRequest {
        old_size: SOME,
        size: 0,
    };
    let answer = log
        .get_consistency_proof(request)
        .await
        .expect("a proof")
        .into_inner();
    let hashes: Vec<Hash> = answer
        .hashes
        .iter()
        .map(|hash| Hash::new(hash.as_ref().try_into().expect("32 bytes")))
        .collect();
    let stands = verify_consistency((before.size, before.root), (after.size, after.root), &hashes);
    assert_eq!(stands, Ok(()), "the later tree begins with the earlier");

    let mut audit = Audit::against([&before, &after]);
    let mut entries = Vec::new();
    for index in 0..2 * SOME {
        let request = wire::GetInclusionProofRequest {
            index,
            ..Default::default()
        };
        let answer = log
            .get_inclusion_proof(request)
            .await
            .expect("a proof")
            .into_inner();
        let proof = DetachedProof::parse(&answer.proof).expect("a detached proof");
        let proved = proof.verify(&answer.entry, &quorum).expect("it holds");
        assert_eq!(
            (proved.index, proved.witnessed.checkpoint.size),
            (index, 2 * SOME)
        );
        let leaf = audit.entry(&answer.entry).expect("what was signed");
        assert!(matches!(leaf, Leaf::Facts(_)), "a commitment");
        entries.push(answer.entry.to_vec());
    }
    assert_eq!(audit.finish(), Ok((2 * SOME, after.root)));
    files_are_what_was_logged(&mut log, &entries).await;

    for index in [2 * SOME, u64::MAX] {
        let request = wire::GetInclusionProofRequest {
            index,
            ..Default::default()
        };
        let refused = log.get_inclusion_proof(request).await.expect_err("no such leaf");
        assert_eq!(reason(&refused), "NOT_FOUND");
    }
    let request = wire::GetConsistencyProofRequest {
        old_size: 2 * SOME + 1,
        size: 0,
    };
    let refused = log
        .get_consistency_proof(request)
        .await
        .expect_err("no such tree");
    assert_eq!(reason(&refused), "NOT_FOUND");
    nobody_rewrites(&world).await;

    // A crash between numbering and signing leaves a tree without its checkpoint.
    let note = stated(&world, &mut log, 2 * SOME).await;
    let mut owner = world.database.owner_connection().await;
    let crash = sqlx::query("DELETE FROM log.checkpoint WHERE size > 5")
        .execute(&mut owner)
        .await;
    crash.expect("the owner may");
    let again = stated(&world, &mut log, 2 * SOME).await;
    assert_eq!(again, note, "the next turn signs the same tree");
}

/// Files from before the log get their leaves after the present ones, each once, and are proved like any other.
#[tokio::test]
async fn files_from_before_the_log_get_their_leaves_late() {
    let (world, mut jiangsu, _) = World::new().await;
    announced(&world, &mut jiangsu, 1).await;
    let mut log = LogServiceClient::new(world.portal().await);
    stated(&world, &mut log, 1).await;
    let mut owner = world.database.owner_connection().await;
    let old = sqlx::query(
        r"INSERT INTO log.late_leaf (entry)
          SELECT convert_to(E'jianzheng.log/documents/v1\n', 'UTF8') || '\x01'::bytea || sha256(n::text::bytea)
          FROM generate_series(1, 300) AS n",
    );
    old.execute(&mut owner).await.expect("the owner may");
    let late = 301;
    loop {
        let request = wire::GetCheckpointRequest {
            size: late,
            witnessed: false,
        };
        if log.get_checkpoint(request).await.is_ok() {
            break;
        }
        tokio::task::yield_now().await;
    }
    announced(&world, &mut jiangsu, 1).await;
    let quorum = quorum(&world);
    world.changes(0, 4).await;
    let request = wire::GetCheckpointRequest {
        size: late + 1,
        witnessed: false,
    };
    while log.get_checkpoint(request).await.is_err() {
        tokio::task::yield_now().await;
    }
    for (index, documents) in [(0, false), (1, true), (300, true), (301, false)] {
        let request = wire::GetInclusionProofRequest {
            index,
            ..Default::default()
        };
        let answer = log
            .get_inclusion_proof(request)
            .await
            .expect("a proof")
            .into_inner();
        let proof = DetachedProof::parse(&answer.proof).expect("a detached proof");
        proof.verify(&answer.entry, &quorum).expect("it holds");
        let leaf = Leaf::decode(&answer.entry).expect("an entry");
        assert_eq!(matches!(leaf, Leaf::Documents(_)), documents, "{index}");
    }
    assert_eq!(
        world.count("SELECT count(*) FROM log.late_leaf").await,
        0,
        "each once"
    );
}

/// The layout of C2SP serves exactly the entries and their hashes, and nothing that no checkpoint vouches for.
async fn files_are_what_was_logged(log: &mut LogServiceClient<PeerChannel>, entries: &[Vec<u8>]) {
    let asked = |paths: &[&str]| wire::GetTilesRequest {
        paths: paths.iter().map(|path| (*path).to_owned()).collect(),
    };
    let paths = [
        "tile/entries/000.p/10",
        "tile/entries/000.p/5",
        "tile/0/000.p/10",
        "tile/0/000.p/7",
    ];
    let answer = log.get_tiles(asked(&paths)).await.expect("they are there");
    let tiles = answer.into_inner().tiles;
    let served: Vec<&str> = tiles.iter().map(|tile| tile.path.as_str()).collect();
    assert_eq!(served, paths, "each under its path, in order");
    let [all, half, hashes, fewer] = tiles.as_slice() else {
        panic!("four were asked for")
    };
    assert_eq!(decode_bundle(&all.content).expect("a bundle"), entries);
    assert_eq!(decode_bundle(&half.content).expect("a bundle"), entries[..5]);
    let expected: Vec<Hash> = entries.iter().map(|entry| leaf_hash(entry)).collect();
    assert_eq!(Hash::split(&hashes.content), Some(expected.clone()));
    assert_eq!(Hash::split(&fewer.content), Some(expected[..7].to_vec()));

    for beyond in [
        "tile/0/000",
        "tile/0/000.p/11",
        "tile/entries/001.p/1",
        "tile/1/000.p/1",
        "tile/63/000.p/1",
    ] {
        let refused = log.get_tiles(asked(&[beyond])).await.expect_err(beyond);
        assert_eq!(reason(&refused), "NOT_FOUND", "{beyond}");
    }
    for wrong in [&[][..], &["tile/0/0"], &["checkpoint"], &["tile/0/000.p/1"; 17]] {
        let refused = log.get_tiles(asked(wrong)).await.expect_err("no such paths");
        assert_eq!(reason(&refused), "INVALID_ARGUMENT", "{wrong:?}");
    }
    every_checkpoint_is_listed(log).await;
}

/// Page by page, one checkpoint each, as [`stated`] and others caused them to be signed.
async fn every_checkpoint_is_listed(log: &mut LogServiceClient<PeerChannel>) {
    let all = log
        .list_checkpoints(wire::ListCheckpointsRequest::default())
        .await;
    let all = all.expect("a page").into_inner().checkpoints;
    let mut paged = Vec::new();
    let mut after_size = 0;
    loop {
        let page_size = 1;
        let request = wire::ListCheckpointsRequest {
            after_size,
            page_size,
        };
        let page = log.list_checkpoints(request).await.expect("a page").into_inner();
        let Some(note) = page.checkpoints.first() else {
            break;
        };
        let opened = Note::parse(note).expect("a note");
        let size = Checkpoint::parse(opened.text()).expect("a checkpoint").size;
        assert!(size > after_size && page.checkpoints.len() == 1);
        after_size = size;
        paged.extend(page.checkpoints);
    }
    assert_eq!((paged, after_size), (all, 2 * SOME));
    let too_many = wire::ListCheckpointsRequest {
        after_size: 0,
        page_size: 1_001,
    };
    let refused = log.list_checkpoints(too_many).await.expect_err("too many");
    assert_eq!(reason(&refused), "INVALID_ARGUMENT");
}

/// The program's own role cannot change what was logged.
async fn nobody_rewrites(world: &World) {
    for table in ["log.leaf", "log.tile", "log.checkpoint"] {
        for right in ["UPDATE", "DELETE", "TRUNCATE"] {
            let asked = format!(
                "SELECT count(*) FROM pg_roles WHERE rolname = '{}' AND has_table_privilege(rolname, '{table}', '{right}')",
                world.database.app().role
            );
            assert_eq!(world.count(&asked).await, 0, "{right} on {table}");
        }
    }
}
