//! `jianzheng admin bootstrap DIR`: every key and certificate of a development deployment, once.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result};
use certificate_face::seal_picture::{MILLIMETRES, RoundSeal, round_seal};
use gm::{Algorithm, PrivateKey};
use jiff::Timestamp;
use personal_data::{KeyKind, OsRandom, create_key_file};
use rand_core::UnwrapErr;
use seal::ceremony::{Places, Plan};
use service_runtime::auth::TokenSigner;
use service_runtime::clock::{Clock as _, ClockFile, SystemClock};
use service_runtime::config::Deployment as Kind;
use service_runtime::pki::{Authority, Validity};
use service_runtime::tls::{Gate, PeerIdentity};
use tlog::{Algorithm as NoteAlgorithm, VerifierKey};

use super::configure::{ISSUER_NAME, LOG_ORIGIN, SEAL_PURPOSE, witness_name};
use crate::deployment::{Deployment, Role, absolute};

/// Certificates for backends and operators that every development deployment gets.
pub const CLIENTS: &[&str] = &[
    "portal",
    "operator",
    "real-name-authority",
    "bidding-platform",
    "seal-officer-a",
    "seal-officer-b",
];

/// How long the certificates of a development deployment last by the machine's clock.
pub(super) const TLS_SPAN: Duration = Duration::from_secs(2 * 365 * 24 * 3600);

/// The command of an operator: a deployment that begins now.
pub fn command(folder: &Path, address: IpAddr, provinces: Vec<String>) -> Result<()> {
    let now = SystemClock::new().now();
    let deployment = Deployment {
        folder: absolute(folder)?,
        address,
        provinces,
        routes: BTreeMap::new(),
    };
    run(&deployment, now, now)?;
    println!("{}", deployment.folder.display());
    Ok(())
}

/// Makes whatever is missing in the deployment's folder. `now` is the machine's time, `since` the register's first
/// instant: seals and documents' certificates are valid from then on, and the register clock starts there.
pub fn run(deployment: &Deployment, now: Timestamp, since: Timestamp) -> Result<()> {
    let done = deployment.folder.join("bootstrapped");
    if done.exists() {
        return Ok(());
    }
    private_folder(&deployment.folder)?;
    certificates(deployment, now)?;
    ClockFile::create(&deployment.clock(), since)?;
    for role in deployment.roles() {
        keys_of(deployment, &role)?;
    }
    ceremony(deployment, since)?;
    super::trust::write(deployment, since)?;
    std::fs::write(done, "")?;
    Ok(())
}

fn certificates(deployment: &Deployment, now: Timestamp) -> Result<()> {
    let validity = Validity::starting(now, TLS_SPAN)?;
    for gate in [Gate::Services, Gate::Provinces, Gate::Clients] {
        let authority = Authority::create(gate, Kind::Development, validity)?;
        authority.save(&deployment.authority(gate))?;
        for role in deployment.roles() {
            issue(
                &authority,
                &role.identity(),
                &deployment.home(&role),
                "tls",
                validity,
            )?;
        }
        for client in CLIENTS {
            issue(
                &authority,
                &format!("client/{client}"),
                &deployment.clients(),
                client,
                validity,
            )?;
        }
    }
    Ok(())
}

/// Issues for an identity if it is of this authority.
fn issue(authority: &Authority, identity: &str, folder: &Path, name: &str, validity: Validity) -> Result<()> {
    let identity: PeerIdentity = format!("spiffe://jianzheng/{identity}").parse()?;
    if identity.gate() == authority.gate() {
        authority.issue(&identity, &[], validity)?.save(folder, name)?;
    }
    Ok(())
}

/// The keys that a service alone holds.
fn keys_of(deployment: &Deployment, role: &Role) -> Result<()> {
    let home = deployment.home(role);
    if matches!(
        role,
        Role::Identity | Role::Registration(_) | Role::Issuance | Role::Verification
    ) {
        let folder = home.join("personal-data");
        private_folder(&folder)?;
        create_key_file(&folder, KeyKind::KeyEncryption, 1, &mut UnwrapErr(OsRandom))?;
        create_key_file(&folder, KeyKind::BlindIndex, 1, &mut UnwrapErr(OsRandom))?;
    }
    match role {
        Role::Identity => {
            let folder = home.join("token-keys");
            private_folder(&folder)?;
            private_file(&folder.join("1.pem"), TokenSigner::generate_pem()?.as_bytes())?;
            private_file(&folder.join("current"), b"1")
        }
        Role::Registration(province) => {
            let key = PrivateKey::generate(Algorithm::Sm2WithSm3, &mut UnwrapErr(OsRandom));
            private_file(&home.join("exchange-key.pem"), key.to_pkcs8_pem().as_bytes())?;
            announcement_key(deployment, &home, province)?;
            witness_key(deployment, &home, province)?;
            let public = deployment.home(&Role::Issuance).join("provinces");
            private_folder(&public)?;
            private_file(
                &public.join(format!("{province}.der")),
                &gm::Signer::public_key(&key).to_spki(),
            )
        }
        Role::Issuance => {
            let pair = ed25519()?;
            private_file(&home.join("receipt-key.der"), &pair.0)?;
            private_file(&home.join("qr-key.der"), &ed25519()?.0)?;
            private_file(&home.join("status-list-key.der"), &p256()?)?;
            let checkpoint = ed25519()?;
            private_file(&home.join("checkpoint-key.der"), &checkpoint.0)?;
            verifier_key(
                &deployment.log_key(),
                LOG_ORIGIN,
                NoteAlgorithm::Ed25519,
                &checkpoint.1,
            )?;
            private_file(
                &deployment.folder.join("receipt-public.pem"),
                ed25519_pem(&pair.1).as_bytes(),
            )
        }
        Role::Seal | Role::Verification | Role::Portal => Ok(()),
    }
}

/// The key of a province's lists of announcements, and its public half for whoever checks them.
fn announcement_key(deployment: &Deployment, home: &Path, province: &str) -> Result<()> {
    let key = PrivateKey::generate(Algorithm::Sm2WithSm3, &mut UnwrapErr(OsRandom));
    private_file(&home.join("announcement-key.pem"), key.to_pkcs8_pem().as_bytes())?;
    let body = base64::Engine::encode(
        &base64::engine::general_purpose::STANDARD,
        gm::Signer::public_key(&key).to_spki(),
    );
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----\n");
    private_file(&deployment.announcement_public(province), pem.as_bytes())
}

/// The key of a province's witness, its public half for the nation and the trust bundle, and the operator's word, good for once,
/// that it takes up the log.
fn witness_key(deployment: &Deployment, home: &Path, province: &str) -> Result<()> {
    let (private, public) = ed25519()?;
    private_file(&home.join("witness-key.der"), &private)?;
    let name = witness_name(province);
    verifier_key(
        &deployment.witness_key(province),
        &name,
        NoteAlgorithm::CosignatureV1,
        &public,
    )?;
    private_file(&home.join("witness-enrolment"), b"")
}

/// A public key as signed notes name it, on a line of its own.
fn verifier_key(path: &Path, name: &str, kind: NoteAlgorithm, public: &[u8]) -> Result<()> {
    let public = public.try_into().context("an Ed25519 key has 32 bytes")?;
    let key = VerifierKey::new(name, kind, public)?;
    private_file(path, format!("{key}\n").as_bytes())
}

/// A new Ed25519 key: PKCS#8 and raw public key.
pub(crate) fn ed25519() -> Result<(Vec<u8>, Vec<u8>)> {
    use aws_lc_rs::encoding::AsDer as _;
    use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
    let pair = Ed25519KeyPair::generate().context("Ed25519")?;
    let private: aws_lc_rs::encoding::Pkcs8V1Der<'_> = pair.as_der().context("PKCS#8")?;
    Ok((private.as_ref().to_vec(), pair.public_key().as_ref().to_vec()))
}

/// A new key of P-256 in PKCS#8.
fn p256() -> Result<Vec<u8>> {
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
    let random = aws_lc_rs::rand::SystemRandom::new();
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).context("P-256")?;
    Ok(pkcs8.as_ref().to_vec())
}

/// A raw Ed25519 public key as SubjectPublicKeyInfo in PEM (RFC 8410).
fn ed25519_pem(public: &[u8]) -> String {
    const PREFIX: [u8; 12] = [
        0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
    ];
    let body = base64::Engine::encode(
        &base64::engine::general_purpose::STANDARD,
        [&PREFIX, public].concat(),
    );
    format!("-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----\n")
}

fn ceremony(deployment: &Deployment, since: Timestamp) -> Result<()> {
    let picture = round_seal(&RoundSeal {
        authority: ISSUER_NAME,
        purpose: SEAL_PURPOSE,
        specimen: true,
    })?;
    let plan = Plan {
        seal: "specimen".to_owned(),
        es_id: "JIANZHENG-SPECIMEN-0001".to_owned(),
        title: format!("{ISSUER_NAME}{SEAL_PURPOSE}"),
        authority: ISSUER_NAME.to_owned(),
        picture,
        diameter_mm: MILLIMETRES.into(),
        from: since,
    };
    let places = Places {
        keystore: deployment.home(&Role::Seal).join("keystore"),
        offline: deployment.offline(),
        trust: deployment.trust(),
    };
    seal::ceremony::hold(&plan, &places, &mut UnwrapErr(OsRandom)).context("key ceremony")
}

pub(crate) fn private_folder(path: &Path) -> Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .with_context(|| path.display().to_string())
}

pub(crate) fn private_file(path: &Path, content: &[u8]) -> Result<()> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let file = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path);
    file.and_then(|mut file| file.write_all(content))
        .with_context(|| path.display().to_string())
}
