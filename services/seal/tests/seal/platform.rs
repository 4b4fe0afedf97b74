//! The external e-seal platform: a process of its own (this program, run again) that speaks the contract of decision 0019 over
//! mutual TLS, with the faults that such a platform has. What it does next is said in a file of its folder.

mod server;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use seal_format::SignedSeal;

use crate::world::{World, intent, ofd, pdf, reason, signature};

const PROCESS: &str = "platform::platform_process";

/// The platform's process, ended with this value.
struct Platform {
    child: Child,
    folder: PathBuf,
    address: String,
}

impl Drop for Platform {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Platform {
    /// Starts it with the seal signer's key of the ceremony, which leaves the service's keystore.
    fn start(world: &World) -> Self {
        let folder = world.realm.folder().join("platform");
        std::fs::create_dir(&folder).expect("a folder");
        let keystore = world.realm.folder().join("keystore/specimen");
        for name in ["seal-signer.pem", "seal-signer-key.pem"] {
            std::fs::copy(keystore.join(name), folder.join(name)).expect("copied");
        }
        std::fs::remove_file(keystore.join("seal-signer-key.pem")).expect("the platform has it");
        for name in ["seal-ca.pem", "seal-ca-key.pem"] {
            std::fs::copy(world.realm.folder().join("offline").join(name), folder.join(name))
                .expect("copied");
        }
        transport(&folder);
        let mut platform = Self {
            child: Command::new(std::env::current_exe().expect("this program"))
                .args([PROCESS, "--exact", "--ignored", "--nocapture"])
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .spawn()
                .expect("it starts"),
            folder,
            address: String::new(),
        };
        let mut stdin = platform.child.stdin.take().expect("piped");
        writeln!(stdin, "{}", platform.folder.display()).expect("it listens");
        platform.behave("sign");
        platform.address = said(&mut platform.child, "listening on ");
        platform
    }

    /// What it does with the next orders.
    fn behave(&self, behaviour: &str) {
        let partial = self.folder.join("behaviour.partial");
        std::fs::write(&partial, behaviour).expect("written");
        std::fs::rename(&partial, self.folder.join("behaviour")).expect("renamed");
    }

    /// The request ids that it has signed, each as often as it did.
    fn signed(&self) -> Vec<String> {
        let log = std::fs::read_to_string(self.folder.join("signed.log")).unwrap_or_default();
        log.lines().map(str::to_owned).collect()
    }

    fn sections(&self, timeout: &str) -> String {
        format!(
            "[backends.software]\nkind = \"software\"\n\
             [backends.state]\nkind = \"platform\"\naddress = {:?}\nca = \"platform/ca.pem\"\n\
             certificate = \"platform/client.pem\"\nkey = \"platform/client-key.pem\"\ntimeout = {timeout:?}\n\
             [profiles.original]\nofd = \"state\"\npdf = \"software\"\n\
             [profiles.use_copy]\nofd = \"state\"\npdf = \"software\"\n",
            self.address
        )
    }
}

/// What the process said after `word`.
fn said(child: &mut Child, word: &str) -> String {
    use std::io::BufRead as _;
    let stdout = child.stdout.take().expect("piped");
    let mut lines = std::io::BufReader::new(stdout).lines().map_while(Result::ok);
    let found = lines.find_map(|line| line.split_once(word).map(|(_, rest)| rest.to_owned()));
    found.expect("it says so")
}

/// An authority of the platform's own, its certificate, and the one that it gave to this register.
fn transport(folder: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    let write = |name: &str, text: &str| {
        let path = folder.join(name);
        std::fs::write(&path, text).expect("written");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).expect("guarded");
    };
    let key = KeyPair::generate().expect("a key");
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca = params.self_signed(&key).expect("an authority");
    write("ca.pem", &ca.pem());
    let issuer = Issuer::new(params, key);
    for (name, host) in [("server", "127.0.0.1"), ("client", "register.example")] {
        let key = KeyPair::generate().expect("a key");
        let params = CertificateParams::new(vec![host.to_owned()]).expect("a name");
        let certificate = params.signed_by(&key, &issuer).expect("issued");
        write(&format!("{name}.pem"), &certificate.pem());
        write(&format!("{name}-key.pem"), &key.serialize_pem());
    }
}

#[test]
#[ignore = "run by the other tests, as a process of its own"]
fn platform_process() {
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).expect("standard input");
    if !line.trim().is_empty() {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(server::serve(PathBuf::from(line.trim())));
    }
}

#[tokio::test]
async fn a_platform_seals_what_it_is_sent_once_for_each_intent() {
    let mut world = World::new().await;
    let platform = Platform::start(&world);
    world.restart(&platform.sections("10s")).await;

    platform.behave("slow");
    let intents = [intent(), intent()];
    let outcomes = world
        .sign(vec![
            ofd(&intents[0], [1; 32]),
            pdf(&intents[0], [2; 32]),
            ofd(&intents[1], [3; 32]),
        ])
        .await;
    for (outcome, hash) in [(&outcomes[0], [1; 32]), (&outcomes[2], [3; 32])] {
        let signed = SignedSeal::parse(&signature(outcome).signature).expect("a signed seal");
        assert_eq!(signed.data_hash(), hash);
    }
    signature(&outcomes[1]);
    let again = world.sign(vec![ofd(&intents[0], [1; 32])]).await;
    assert!(signature(&again[0]).replayed, "from the journal, without asking");
    let expected: Vec<String> = intents.iter().map(|intent| format!("{intent}/ofd")).collect();
    assert_eq!(platform.signed(), expected);
}

#[tokio::test]
async fn an_answer_that_was_lost_is_asked_for_again_and_is_the_same() {
    let mut world = World::new().await;
    let platform = Platform::start(&world);
    world.restart(&platform.sections("400ms")).await;
    let intent = intent();

    platform.behave("answer-too-late");
    let lost = world.sign(vec![ofd(&intent, [1; 32])]).await;
    assert_eq!(reason(&lost[0]), "KEY_UNAVAILABLE");
    platform.behave("hang-up");
    let lost = world.sign(vec![ofd(&intent, [1; 32])]).await;
    assert_eq!(reason(&lost[0]), "KEY_UNAVAILABLE");

    // The service may have been started again in between: what it asks for is in its journal.
    world.restart(&platform.sections("10s")).await;
    platform.behave("sign");
    let found = world.sign(vec![ofd(&intent, [1; 32])]).await;
    assert!(!signature(&found[0]).replayed);
    assert_eq!(platform.signed(), [format!("{intent}/ofd")], "signed once");
    let kept =
        std::fs::read(platform.folder.join(format!("{intent}-ofd.der"))).expect("the platform kept it");
    assert_eq!(signature(&found[0]).signature, kept);
}

#[tokio::test]
async fn a_platforms_refusal_and_wrong_answers_are_told_apart_and_nothing_is_kept() {
    let mut world = World::new().await;
    let platform = Platform::start(&world);
    world.restart(&platform.sections("10s")).await;
    for (behaviour, expected) in [
        ("refuse", "PLATFORM_REFUSED"),
        ("another-document", "PLATFORM_ANSWER_INVALID"),
        ("broken-signature", "PLATFORM_ANSWER_INVALID"),
        ("nonsense", "PLATFORM_ANSWER_INVALID"),
        ("forget", "PLATFORM_ANSWER_INVALID"),
        ("changed-signer", "SIGNER_CHANGED"),
    ] {
        platform.behave(behaviour);
        let outcomes = world.sign(vec![ofd(&intent(), [1; 32])]).await;
        assert_eq!(reason(&outcomes[0]), expected, "{behaviour}");
        if behaviour == "changed-signer" {
            let api::seal::v1::signing_outcome::Outcome::Refused(refusal) = &outcomes[0] else {
                panic!("refused");
            };
            assert!(
                refusal.detail.contains("换发的签章证书"),
                "it names it: {}",
                refusal.detail
            );
        }
    }
    let mut owner = world.database.owner_connection().await;
    let kept: i64 = sqlx::query_scalar("SELECT count(*) FROM seal.signature")
        .fetch_one(&mut owner)
        .await
        .expect("counted");
    assert_eq!(kept, 0);
}

#[tokio::test]
async fn a_platform_that_is_not_there_is_waited_for() {
    let mut world = World::new().await;
    let mut platform = Platform::start(&world);
    let sections = platform.sections("2s");
    platform.child.kill().expect("it ends");
    platform.child.wait().expect("it ended");
    world.restart(&sections).await;
    let outcomes = world
        .sign(vec![ofd(&intent(), [1; 32]), pdf(&intent(), [2; 32])])
        .await;
    assert_eq!(reason(&outcomes[0]), "KEY_UNAVAILABLE");
    signature(&outcomes[1]);
}

#[tokio::test]
async fn production_takes_no_software_seal() {
    let mut world = World::new().await;
    let refused = world.try_restart("production", "").await;
    assert!(matches!(refused, Err(seal::BuildError::SoftwareSeal(_))));
}
