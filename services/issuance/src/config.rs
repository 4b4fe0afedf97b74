//! Configuration of the service.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use aws_lc_rs::signature::Ed25519KeyPair;
use domain::certificate::Organisation;
use domain::credit_code::CreditCode;
use domain::licence_identifier::LicenceIdentifier;
use domain::province::Province;
use gm::{Algorithm, PublicKey};
use jiff::SignedDuration;
use service_runtime::config::{
    Common, Deployment, Faults, Peer, Section, database, der_of, load, migration, parse, personal_data,
};
use status_list::{Es256Signer, MAX_TTL, Terms};
use timestamp_client::{Address, Settings, TimeStampClient};
use tlog::{LogSigner, Origin, VerifierKey};

use crate::deps::Issuer;
use crate::event::What;
use crate::exchange::{Ceiling, Ceilings, Enrolled, Exchange};
use crate::sealing::Sealing;
use crate::status::StatusLists;
use crate::witnesses::Witnesses;

/// Everything that the service reads before it opens a port.
#[derive(Debug)]
pub struct Config {
    /// Sections that all services share. `tokens.audience` is `nation`.
    pub common: Common,
    /// `[database]`: as the `_app` role.
    pub database: postgres::Settings,
    /// `[migration] role`, `password_file`: the `_owner` role of the same database. With it the service migrates when
    /// it starts; without it it only checks that somebody has.
    pub migration: Option<postgres::Settings>,
    /// `[peers.identity]`
    pub identity: Peer,
    /// `[objects] directory`: where sealed pictures and documents are kept.
    pub objects: PathBuf,
    /// `[personal_data] folder` with `kek-N.key` and `index-N.key`; `cipher`: `aes-256-gcm` or `sm4-gcm`.
    pub(crate) sealing: Sealing,
    /// `[exchange] receipt_key`, `announce_within`; `[provinces.NN] exchange_key`, `[provinces.NN.ceilings]`.
    pub(crate) exchange: Exchange,
    /// `[issuer] name`, `credit_code`, `type_code`, `show_document_number`.
    pub(crate) issuer: Issuer,
    /// `[log] origin`, `checkpoint_key`: the transparency log's name, for ever, and the Ed25519 key (PKCS #8) that signs its checkpoints.
    /// Without the section, which production may not leave out, the log grows and has no checkpoints.
    pub(crate) log: Option<LogSigner>,
    /// `[status_list] key`, the ES256 key (P-256, PKCS #8) that signs status lists; `url`, where they are served, `public_url` with
    /// `/status` unless given; `ttl`, a minute at most, and `lifetime`, how long they are good for those who cannot ask. Without the
    /// section, which production may not leave out, nothing has a place in a list.
    pub(crate) status: Option<StatusLists>,
    /// `[provinces.NN] witness_key`: the key of the province's witness (`name+id+key`, C2SP); `[log] quorum`: how many make a checkpoint
    /// a witnessed one, more than half of them unless given.
    pub(crate) witnesses: Witnesses,
    /// `[issuing]`
    pub issuing: crate::issuing::Rules,
    /// `[peers.seal]`
    pub seal: Peer,
    /// `[timestamp] urls`: time-stamping authorities (RFC 3161), the preferred one first; their certificates lead to the
    /// PDF root of the trust bundle. `timeout` for each, `tolerance` between their clocks and ours, `ca`: whom `https`
    /// addresses are trusted by. Without the section the time of signing is only claimed.
    pub time_stamps: Option<TimeStampClient>,
}

const FICTITIOUS_ISSUER: &str = "建证市住房和城乡建设局（虚构）";

impl Config {
    /// Reads the file, reporting every fault at once.
    ///
    /// # Errors
    /// Every fault.
    pub fn load(path: &Path) -> Result<Self, Faults> {
        load(path, Self::read)
    }

    /// Reads a text whose paths are relative to `base`.
    ///
    /// # Errors
    /// Every fault.
    pub fn from_toml(text: &str, base: &Path) -> Result<Self, Faults> {
        parse(text, base, Self::read)
    }

    /// Reads every section.
    pub fn read(root: &mut Section) -> Option<Self> {
        let common = Common::read(root);
        let database = database(root, postgres::Settings::faults);
        let owner = |role, file| Some(database.as_ref()?.with_role(role, file));
        let migration = migration(root, owner, postgres::Settings::faults);
        let identity = common
            .as_ref()
            .and_then(|common| common.peers.required(root, "identity"));
        let seal = common
            .as_ref()
            .and_then(|common| common.peers.required(root, "seal"));
        let issuing = crate::issuing::Rules::read(root, common.as_ref().map(|common| common.deployment));
        let objects = root.section("objects").folder("directory");
        let sealing = personal_data(root).map(|(vault, indexer)| Sealing::new(vault, indexer));
        let (exchange, witnesses) = read_exchange(root);
        let time_stamps = read_time_stamps(root);
        let public_url = issuing.as_ref().map(|issuing| issuing.public_url.as_str());
        let status = read_status(root, deployment_of(common.as_ref()), public_url);
        let (log, quorum) = read_log(root, common.as_ref().map(|common| common.deployment));
        if quorum.is_some_and(|quorum| quorum == 0 || quorum > witnesses.len()) {
            root.fault("log.quorum", "must be 1 to the number of witnesses");
        }
        let issuer = read_issuer(root, common.as_ref().map(|common| common.deployment));
        Some(Self {
            common: common?,
            database: database?,
            migration,
            identity: identity?,
            objects: objects?,
            sealing: sealing?,
            exchange: exchange?,
            issuer: issuer?,
            log,
            status,
            witnesses: Witnesses::new(witnesses, quorum),
            issuing: issuing?,
            seal: seal?,
            time_stamps,
        })
    }
}

/// The exchange, and the keys of the provinces' witnesses.
fn read_exchange(root: &mut Section) -> (Option<Exchange>, BTreeMap<Province, VerifierKey>) {
    let mut section = root.section("exchange");
    let receipts = section.key_file("receipt_key").and_then(|path| {
        let key = der_of(&path).and_then(|der| Ed25519KeyPair::from_pkcs8_maybe_unchecked(&der).ok());
        if key.is_none() {
            section.fault("receipt_key", "is no Ed25519 private key in PKCS #8 (DER or PEM)");
        }
        key
    });
    let announce_within = section.or("announce_within", Duration::from_secs(30 * 86_400));
    let announce_within = SignedDuration::try_from(announce_within)
        .ok()
        .filter(|it| it.is_positive());
    if announce_within.is_none() {
        section.fault("announce_within", "must be more than 0");
    }
    drop(section);
    let (mut provinces, mut witnesses) = (BTreeMap::new(), BTreeMap::new());
    for (code, mut section) in root.section("provinces").sections() {
        let province = Province::from_code(&code);
        if province.is_none() {
            section.fault("", "is no province's code");
        }
        let key = section.file("exchange_key").and_then(|path| {
            let key = der_of(&path).and_then(|der| PublicKey::from_spki(&der).ok());
            let key = key.filter(|key| key.algorithm() == Algorithm::Sm2WithSm3);
            if key.is_none() {
                section.fault(
                    "exchange_key",
                    "is no SM2 public key (SubjectPublicKeyInfo, DER or PEM)",
                );
            }
            key
        });
        let witness = read_witness(&mut section);
        let ceilings = read_ceilings(&mut section);
        if let (Some(province), Some(witness)) = (province, witness) {
            if witnesses
                .values()
                .any(|other: &VerifierKey| other.public() == witness.public())
            {
                section.fault("witness_key", "is another province's too");
            }
            witnesses.insert(province, witness);
        }
        if let (Some(province), Some(key)) = (province, key) {
            provinces.insert(province, Enrolled { key, ceilings });
        }
    }
    let exchange = receipts
        .zip(announce_within)
        .map(|(receipts, announce_within)| Exchange::new(provinces, receipts, announce_within));
    (exchange, witnesses)
}

/// `[provinces.NN] witness_key`: a file with one key for cosignatures.
fn read_witness(province: &mut Section) -> Option<VerifierKey> {
    let path = province.optional_location("witness_key")?;
    let key = std::fs::read_to_string(path)
        .ok()
        .and_then(|text| VerifierKey::parse(text.trim()).ok())
        .filter(|key| key.algorithm() == tlog::Algorithm::CosignatureV1);
    if key.is_none() {
        province.fault(
            "witness_key",
            "is no key of a witness (name+id+key, cosignature/v1)",
        );
    }
    key
}

/// `[provinces.NN.ceilings]`: most acts of a kind in an hour or a day, `announced_per_hour`, `lapsed_per_day`; more hold the
/// stream for two officers.
fn read_ceilings(province: &mut Section) -> Ceilings {
    let Some(mut section) = province.optional_section("ceilings") else {
        return Ceilings::new();
    };
    let mut ceilings = Ceilings::new();
    for kind in What::KINDS {
        let mut most = |span: &str| section.optional::<u32>(&format!("{kind}_per_{span}"));
        let ceiling = Ceiling {
            hour: most("hour"),
            day: most("day"),
        };
        if ceiling != Ceiling::default() {
            ceilings.insert(kind, ceiling);
        }
    }
    ceilings
}

fn read_time_stamps(root: &mut Section) -> Option<TimeStampClient> {
    let mut section = root.optional_section("timestamp")?;
    let urls: Vec<String> = section.required("urls").unwrap_or_default();
    let mut addresses: Vec<Address> = Vec::with_capacity(urls.len());
    for url in &urls {
        match url.parse() {
            Ok(address) => addresses.push(address),
            Err(error) => section.fault("urls", format!("{url}: {error}")),
        }
    }
    let secure = addresses.iter().any(Address::is_secure);
    let tls = if secure {
        section.file("ca").and_then(|path| {
            let tls = std::fs::read(path)
                .ok()
                .and_then(|pem| timestamp_client::tls(&pem));
            if tls.is_none() {
                section.fault("ca", "holds no certificate authority");
            }
            tls
        })
    } else {
        None
    };
    let timeout = section.or("timeout", Duration::from_secs(3));
    let tolerance = section.or("tolerance", Duration::from_secs(300));
    if urls.is_empty() {
        section.fault("urls", "must name an authority");
    }
    if timeout.is_zero() {
        section.fault("timeout", "must be more than 0");
    }
    Some(TimeStampClient::new(Settings {
        addresses,
        tls,
        timeout,
        tolerance: SignedDuration::try_from(tolerance).ok()?,
    }))
}

fn read_log(root: &mut Section, deployment: Option<Deployment>) -> (Option<LogSigner>, Option<usize>) {
    let section = match deployment {
        Some(Deployment::Production) => Some(root.section("log")),
        _ => root.optional_section("log"),
    };
    let Some(mut section) = section else {
        return (None, None);
    };
    (read_signer(&mut section), section.optional("quorum"))
}

fn read_signer(section: &mut Section) -> Option<LogSigner> {
    let origin: Option<String> = section.required("origin");
    let named = origin
        .as_deref()
        .is_some_and(|origin| Origin::new(origin).is_some());
    if origin.is_some() && !named {
        section.fault("origin", "must be one line");
    }
    let der = section
        .key_file("checkpoint_key")
        .and_then(|path| der_of(&path))?;
    let signer = LogSigner::from_pkcs8(&origin?, &der);
    if signer.is_err() {
        section.fault(
            "checkpoint_key",
            "is no Ed25519 private key in PKCS #8 (DER or PEM), or origin has spaces or a plus",
        );
    }
    signer.ok()
}

fn deployment_of(common: Option<&Common>) -> Option<Deployment> {
    common.map(|common| common.deployment)
}

fn read_status(
    root: &mut Section,
    deployment: Option<Deployment>,
    public_url: Option<&str>,
) -> Option<StatusLists> {
    let mut section = match deployment {
        Some(Deployment::Production) => root.section("status_list"),
        _ => root.optional_section("status_list")?,
    };
    let url = section.optional::<String>("url");
    let url = url.or_else(|| Some(format!("{}/status", public_url?)));
    if url.as_deref().is_some_and(|url| url.ends_with('/')) {
        section.fault("url", "must have no slash at the end");
    }
    let ttl = section.or("ttl", Duration::from_secs(MAX_TTL.into()));
    let lifetime = section.or("lifetime", Duration::from_secs(12 * 3_600));
    let seconds = |span: Duration| u32::try_from(span.as_secs()).unwrap_or(u32::MAX);
    let terms = Terms::new(seconds(ttl), seconds(lifetime));
    if terms.is_none() {
        section.fault("ttl", "must be 1 to 60 seconds, and not longer than lifetime");
    }
    let der = section.key_file("key").and_then(|path| der_of(&path))?;
    let key = Es256Signer::named_by_digest(&der);
    if key.is_err() {
        section.fault("key", "is no P-256 private key in PKCS #8 (DER or PEM)");
    }
    Some(StatusLists::new(url?, key.ok()?, terms?))
}

/// `[issuer]`: the fictitious authority unless something else is said, which only production may (design §4).
fn read_issuer(root: &mut Section, deployment: Option<Deployment>) -> Option<Issuer> {
    let mut section = root.section("issuer");
    let name = section.or("name", FICTITIOUS_ISSUER.to_owned());
    let code = section.or("credit_code", CreditCode::SPECIMEN_AUTHORITY.to_owned());
    let type_code = section.or("type_code", LicenceIdentifier::SPECIMEN_TYPE_CODE.to_owned());
    let show_document_number = section.or("show_document_number", true);
    let specimen = deployment != Some(Deployment::Production);
    let credit_code = CreditCode::parse(&code).ok();
    let identifier = credit_code
        .as_ref()
        .and_then(|code| LicenceIdentifier::new(&type_code, code, "00000000000000000000", 1).ok());
    match &identifier {
        None => section.fault("", "credit_code or type_code is none"),
        Some(identifier) if identifier.is_specimen() != specimen => {
            section.fault("", "placeholder codes belong to development, and to nothing else");
        }
        Some(_) => {}
    }
    identifier?;
    Some(Issuer {
        organisation: Organisation {
            name,
            credit_code: credit_code?,
        },
        type_code,
        specimen,
        show_document_number,
    })
}
