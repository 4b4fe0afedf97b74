//! What the transparency log proves, offline, by the witnesses of both provinces.

use std::time::Duration;

use api::issuance::v1 as issuance;
use api::issuance::v1::DocumentFormat;
use api::issuance::v1::log_service_client::LogServiceClient;
use api::verification::v1 as verification;
use harness::{Role, World};
use jianzheng::clients::{Caller, channel};
use jianzheng::log::{Source, Web, audit, quorum};
use service_runtime::tls::Gate;
use sha2::{Digest as _, Sha256};
use testkit::actors::{Checker, Holder};
use tlog::{DetachedProof, DocumentKind, Leaf};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::certificates::file_known;
use crate::reason;

/// The proof of a file, as soon as a quorum of provinces has seen the log as far as it.
async fn proof_of(holder: &Holder, name: &str) -> String {
    loop {
        let message = issuance::ProveDocumentRequest {
            name: name.to_owned(),
            format: DocumentFormat::Ofd.into(),
        };
        let mut certificates = holder.citizen.door.certificates();
        match certificates.prove_document(holder.citizen.request(message)).await {
            Ok(answer) => return answer.into_inner().proof,
            Err(status) => assert_eq!(reason(&status), "PROOF_BEING_MADE"),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// An original is proved to be logged, and the log that proves it is sound as it is served.
pub async fn original(world: &World, holder: &Holder, certificate: &str) {
    let deployment = world.fleet.deployment();
    let witnesses = quorum(&deployment.trust()).expect("the bundle names them");
    assert_eq!(witnesses.threshold(), 2, "more than half of two provinces");
    let proof = DetachedProof::parse(&proof_of(holder, certificate).await).expect("a proof");
    let seen = witnesses.verify(&proof.checkpoint).expect("by both provinces");
    assert_eq!(seen.cosignatures.len(), 2);

    let served = channel(
        deployment,
        &Caller::Client("portal"),
        &Role::Issuance,
        Gate::Clients,
    );
    let served = Source::Served(LogServiceClient::new(served.expect("a channel")));
    let found = audit(&served, &witnesses, Some(&proof.checkpoint))
        .await
        .expect("it is served");
    assert!(found.faults.is_empty(), "{:?}", found.faults);
    assert!(found.size >= seen.checkpoint.size && found.witnessed.is_some());

    // The same for monitors that know nothing of gRPC.
    let portal = deployment.listen(&Role::Portal, Gate::Public);
    let web = Web::new(&format!("http://{portal}/log"), None).expect("an address");
    let monitored = audit(&Source::Web(web), &witnesses, Some(&proof.checkpoint))
        .await
        .expect("it is served");
    assert!(monitored.faults.is_empty(), "{:?}", monitored.faults);
    assert!(monitored.size >= found.size && monitored.checkpoints >= found.checkpoints);
    let note = page(world, "/log/checkpoint").await;
    assert!(
        note.contains("max-age=1\r\n") && note.contains(witnesses.origin().as_str()),
        "{note}"
    );
    let tile = page(world, "/log/tile/entries/000.p/1").await;
    assert!(
        tile.contains("immutable") && tile.contains("jianzheng.log/"),
        "{tile}"
    );
    assert!(page(world, "/log/tile/0/999").await.starts_with("HTTP/1.1 404"));
}

/// A copy is proved like an original, and proves of itself that its version is logged.
pub async fn copy(world: &World, checker: &Checker, holder: &mut Holder, name: &str) {
    let (_, file) = holder
        .download(name, DocumentFormat::Ofd)
        .await
        .expect("the copy");
    let proof = DetachedProof::parse(&proof_of(holder, name).await).expect("a proof");
    let witnesses = quorum(&world.fleet.deployment().trust()).expect("the bundle names them");
    let leaf =
        |bytes: &[u8]| Leaf::Documents(vec![(DocumentKind::Ofd, Sha256::digest(bytes).into())]).encode();
    proof.verify(&leaf(&file), &witnesses).expect("of this very file");
    assert!(proof.verify(&leaf(b"another"), &witnesses).is_err());
    let answer = file_known(checker, &file).await;
    let entry = answer
        .findings
        .iter()
        .find(|finding| finding.check == "copy.log_entry");
    let entry = entry.expect("it was made after its version was witnessed");
    assert_eq!(entry.result(), verification::finding::Result::Pass, "{entry:?}");
}

/// A page of the portal, with its head.
///
/// # Panics
/// If the portal does not answer.
pub async fn page(world: &World, path: &str) -> String {
    let address = world.fleet.deployment().listen(&Role::Portal, Gate::Public);
    let mut stream = tokio::net::TcpStream::connect(address).await.expect("it listens");
    let request = format!("GET {path} HTTP/1.1\r\nHost: portal\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.expect("answered");
    String::from_utf8_lossy(&answer).into_owned()
}
