//! Configuration of the service.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use service_runtime::config::{Common, Faults, Section, database, load, migration};

use crate::backend::{pkcs11, platform};
use crate::logged::Log;
use crate::making::Kind;

/// Everything that the service reads before it opens a port.
#[derive(Debug)]
pub struct Config {
    /// Sections that all services share.
    pub common: Common,
    /// `[database]`
    pub database: postgres::Settings,
    /// `[migration] role`, `password_file`: the `_owner` role of the same database. With it the service migrates when it
    /// starts; without it it only checks that somebody has.
    pub migration: Option<postgres::Settings>,
    /// `[keystore] folder`: one folder per seal (see [`crate::keystore`]).
    pub keystore: PathBuf,
    /// `[ceilings]`
    pub ceilings: Ceilings,
    /// `[backends.<name>]`; `software` alone when there is none.
    pub backends: BTreeMap<String, BackendSettings>,
    /// `[profiles.<profile>]`
    pub profiles: Profiles,
    /// `[maker]`
    pub maker: Option<Maker>,
    /// `[log] keys`: the keys of the transparency log (`name+id+key`, one a line); with it nothing is signed whose version is not logged.
    pub(crate) log: Option<Log>,
    /// `[officers] clients`: names of the client certificates of those who may manage seals; nobody when absent.
    pub officers: BTreeSet<String>,
}

/// One `[backends.<name>]`, by its `kind`.
#[derive(Debug, Clone)]
pub enum BackendSettings {
    /// `software`: keys in the keystore, for specimens only.
    Software,
    /// `pkcs11`
    Pkcs11(pkcs11::Settings),
    /// `platform`
    Platform(platform::Settings),
}

/// Which backend signs what.
#[derive(Debug, Clone)]
pub struct Profiles {
    original: ByKind,
    use_copy: ByKind,
}

#[derive(Debug, Clone)]
struct ByKind {
    ofd: String,
    pdf: String,
}

impl Profiles {
    /// The backend of one kind of document of a profile.
    pub(crate) fn backend(&self, profile: &str, kind: Kind) -> &str {
        let by_kind = match profile {
            "original" => &self.original,
            _ => &self.use_copy,
        };
        match kind {
            // The signer of the seal signs the PDF with SM2 too.
            Kind::Ofd | Kind::PdfSm2 => &by_kind.ofd,
            Kind::Pdf => &by_kind.pdf,
        }
    }

    fn all(&self) -> impl Iterator<Item = (&str, &str, Kind)> {
        [("original", &self.original), ("use_copy", &self.use_copy)]
            .into_iter()
            .flat_map(|(profile, by_kind)| {
                [
                    (profile, by_kind.ofd.as_str(), Kind::Ofd),
                    (profile, by_kind.pdf.as_str(), Kind::Pdf),
                ]
            })
    }
}

/// 制章者: who signs new seals.
#[derive(Debug, Clone)]
pub struct Maker {
    /// `certificate`: its certificate, in PEM.
    pub certificate: PathBuf,
    /// `key`: its private key, for specimens only.
    pub key: PathBuf,
    /// `vendor`: Vid of the seals.
    pub vendor: String,
}

/// How many signatures a profile may take per second: far above use, far below what a thief would want.
#[derive(Debug, Clone, Copy)]
pub struct Ceilings {
    /// `original`
    pub original: NonZeroU32,
    /// `use_copy`
    pub use_copy: NonZeroU32,
}

const USUAL_CEILING: NonZeroU32 = NonZeroU32::new(5_000).expect("five thousand is not zero");

impl Config {
    /// Reads the file, reporting every fault at once.
    pub fn load(path: &std::path::Path) -> Result<Self, Faults> {
        load(path, Self::read)
    }

    /// Reads every section.
    pub fn read(root: &mut Section) -> Option<Self> {
        let common = Common::read(root);
        let database = database(root, postgres::Settings::faults);
        let owner = |role, file| Some(database.as_ref()?.with_role(role, file));
        let migration = migration(root, owner, postgres::Settings::faults);
        let keystore = root.section("keystore").folder("folder");
        let mut section = root.section("ceilings");
        let mut ceiling = |key| {
            let number: u32 = section.or(key, USUAL_CEILING.get());
            NonZeroU32::new(number).or_else(|| {
                section.fault(key, "must be more than 0");
                None
            })
        };
        let (original, use_copy) = (ceiling("original"), ceiling("use_copy"));
        let backends = backends(root);
        let profiles = profiles(root, &backends);
        let maker = root.optional_section("maker").map(maker);
        let officers = officers(root);
        let log = root.optional_section("log").map(|mut section| {
            let keys = section
                .file("keys")
                .and_then(|path| std::fs::read_to_string(path).ok());
            let log = keys.and_then(|keys| Log::read(&keys));
            if log.is_none() {
                section.fault("keys", "holds no keys of one log (name+id+key, one a line)");
            }
            log
        });
        let maker = match maker {
            Some(read) => Some(read?),
            None => None,
        };
        Some(Self {
            common: common?,
            database: database?,
            migration,
            keystore: keystore?,
            ceilings: Ceilings {
                original: original?,
                use_copy: use_copy?,
            },
            backends,
            profiles,
            maker,
            log: log.flatten(),
            officers,
        })
    }
}

const SOFTWARE: &str = "software";

fn backends(root: &mut Section) -> BTreeMap<String, BackendSettings> {
    let mut section = root.section("backends");
    let mut backends = BTreeMap::new();
    for (name, section) in section.sections() {
        if let Some(settings) = backend(section) {
            backends.insert(name, settings);
        }
    }
    let platforms = backends
        .values()
        .filter(|one| matches!(one, BackendSettings::Platform(_)));
    if platforms.count() > 1 {
        section.fault(
            "",
            "may name one external e-seal platform: this service calls nobody else",
        );
    }
    if !section.is_present() {
        backends.insert(SOFTWARE.to_owned(), BackendSettings::Software);
    }
    backends
}

#[derive(Clone, Copy)]
enum BackendKind {
    Software,
    Pkcs11,
    Platform,
}

fn backend(mut section: Section) -> Option<BackendSettings> {
    let kinds = [
        ("software", BackendKind::Software),
        ("pkcs11", BackendKind::Pkcs11),
        ("platform", BackendKind::Platform),
    ];
    Some(match section.one_of("kind", &kinds)? {
        BackendKind::Software => BackendSettings::Software,
        BackendKind::Pkcs11 => BackendSettings::Pkcs11(module(&mut section)?),
        BackendKind::Platform => {
            let address = section.parsed("address", |text: &str| {
                let authority = text.parse::<http::uri::Authority>().ok();
                let authority = authority.filter(|authority| authority.port_u16().is_some());
                authority
                    .map(|authority| authority.to_string())
                    .ok_or("must be host:port")
            });
            let (ca, certificate) = (section.file("ca"), section.file("certificate"));
            let key = section.key_file("key");
            let timeout = section.or("timeout", Duration::from_secs(10));
            BackendSettings::Platform(platform::Settings {
                address: address?,
                ca: ca?,
                certificate: certificate?,
                key: key?,
                timeout,
            })
        }
    })
}

fn module(section: &mut Section) -> Option<pkcs11::Settings> {
    let (module, token) = (section.file("module"), section.required("token"));
    let pin = section.secret_file("pin_file");
    let key_label: String = section.or("key_label", "{key}".to_owned());
    if !key_label.contains("{key}") {
        section.fault("key_label", "must contain {key}");
    }
    let sm2_mechanism = mechanism(section, "sm2_mechanism");
    let sm2_key_pair_mechanism = mechanism(section, "sm2_key_pair_mechanism");
    Some(pkcs11::Settings {
        module: module?,
        token: token?,
        pin: pin?,
        key_label,
        sm2_mechanism,
        sm2_key_pair_mechanism,
    })
}

/// A vendor's mechanism number.
fn mechanism(section: &mut Section, key: &str) -> Option<u64> {
    let number: i64 = section.optional(key)?;
    let number = u64::try_from(number).ok().filter(|number| *number >= 0x8000_0000);
    if number.is_none() {
        section.fault(key, "must be a vendor's number, from 0x80000000 on");
    }
    number
}

fn profiles(root: &mut Section, backends: &BTreeMap<String, BackendSettings>) -> Profiles {
    let mut section = root.section("profiles");
    let usual = match backends.keys().next() {
        Some(only) if backends.len() == 1 => only.clone(),
        _ => SOFTWARE.to_owned(),
    };
    let mut by_kind = |profile: &str| {
        let mut section = section.section(profile);
        ByKind {
            ofd: section.or("ofd", usual.clone()),
            pdf: section.or("pdf", usual.clone()),
        }
    };
    let profiles = Profiles {
        original: by_kind("original"),
        use_copy: by_kind("use_copy"),
    };
    for (profile, name, kind) in profiles.all() {
        let key = format!("{profile}.{}", kind.code());
        match (backends.get(name), kind) {
            (None, _) => section.fault(&key, "names no backend"),
            (Some(BackendSettings::Platform(_)), Kind::Pdf) => {
                section.fault(&key, "an e-seal platform seals OFD documents only");
            }
            (Some(BackendSettings::Pkcs11(module)), Kind::Ofd) if module.sm2_mechanism.is_none() => {
                section.fault(&key, "that backend has no sm2_mechanism");
            }
            _ => {}
        }
    }
    profiles
}

fn maker(mut section: Section) -> Option<Maker> {
    let (certificate, key) = (section.file("certificate"), section.key_file("key"));
    let vendor = section.or("vendor", crate::ceremony::VENDOR.to_owned());
    Some(Maker {
        certificate: certificate?,
        key: key?,
        vendor,
    })
}

fn officers(root: &mut Section) -> BTreeSet<String> {
    let Some(mut section) = root.optional_section("officers") else {
        return BTreeSet::new();
    };
    let clients: Vec<String> = section.required("clients").unwrap_or_default();
    let officers: BTreeSet<String> = clients.into_iter().collect();
    if officers.len() == 1 {
        section.fault(
            "clients",
            "must name at least two: acts on seals need two officers",
        );
    }
    officers
}

#[cfg(test)]
mod tests;
