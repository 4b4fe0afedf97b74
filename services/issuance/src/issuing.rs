//! The issuing room: what its job, commands and queries work with, and what an operator may set about it.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use certificate_face::code::Code;
use domain::policy::{PolicyBook, UseCopyPolicy};
use jiff::Timestamp;
use jiff::civil::Date;
use postgres::{Database, ReadDatabase, SqlTimestamp};
use service_runtime::clock::{Clock as _, RegisterClock, SystemClock};
use service_runtime::config::{Deployment, Section, der_of};
use timestamp_client::TimeStampClient;
use tokio::sync::Notify;
use uuid::Uuid;

use crate::deps::{Bells, Deps};
use crate::job::issue::{DocumentTrust, KeptOutside, Seals, Step, Templates, TrustError, Validation};
use crate::objects::Objects;
use crate::peer::seal::SealClient;
use crate::positions::Positions;
use crate::qr::QrKey;
use crate::restoration::Gate;
use crate::sealing::Sealing;
use crate::status::StatusLists;
use crate::witnesses::Witnesses;

/// `[issuing]`
#[derive(Debug, Clone)]
pub struct Rules {
    /// `public_url`: where QR symbols lead, without a slash at the end (`https://verify.example.cn`);
    /// in development also plain http on a loopback address.
    pub public_url: String,
    /// `seal`: the seal of every document (`seals/specimen`).
    pub seal: String,
    /// `trust`: the folder of the trust bundle, against which every sealed file is verified.
    pub trust: PathBuf,
    /// `batch`: how many document sets go through the cycle together.
    pub batch: u16,
    /// `lease`: how long a worker that vanished keeps others from its sets.
    pub lease: Duration,
    /// `policy`: the profile whose rules of use copies count.
    pub policy: String,
    /// `qr_key`: the private key (Ed25519, PKCS #8) that signs what QR symbols say offline. Without it, which only
    /// development may be, symbols lead to the portal and say nothing by themselves.
    pub qr_key: Option<QrKey>,
    /// `copies_per_day`: different use copies of one version in a day, in place of the profile's number.
    pub copies_per_day: Option<u16>,
    /// `copies_per_holder`: different use copies that one holder makes in a day, of whatever version.
    pub copies_per_holder: Option<u16>,
    /// `consent_days`: the longest standing consent, in days.
    pub consent_days: Option<u16>,
    /// `sm2_pdf`: whether sets prepared from now on get the PDF signed with SM2 too, as a third file. Not for seals of an
    /// external e-seal platform, which signs no PDF.
    pub sm2_pdf: bool,
    /// `files_read_over`: in how many days the daily comparison of the stores reads every stored file; what was issued since the
    /// run before is always read. With 1 every file is read every day.
    pub files_read_over: u16,
}

/// Days in which every stored file is read: a month, well below the time for which backups of the object store are kept.
const FILES_READ_OVER: u16 = 30;
/// Characters of a QR token.
pub(crate) const TOKEN_CHARACTERS: usize = 27;
/// Characters of the longest payload: a name of fifty characters beyond the basic plane, an employer of a hundred, ten
/// specialties.
pub(crate) const LONGEST_PAYLOAD: usize = 695;

/// Whether what travels to this URL is protected: by TLS or, in development, by never leaving the machine.
fn is_reachable_safely(url: &str, deployment: Option<Deployment>) -> bool {
    let stays_here = deployment == Some(Deployment::Development) && url.starts_with("http://127.");
    url.starts_with("https://") || stays_here
}

impl Rules {
    /// Reads the section.
    pub fn read(root: &mut Section, deployment: Option<Deployment>) -> Option<Self> {
        let mut section = root.section("issuing");
        let public_url: Option<String> = section.parsed("public_url", |text| {
            let plain = is_reachable_safely(text, deployment)
                && !text.ends_with('/')
                && !text.contains(['?', '#', ' ']);
            let longest = format!(
                "{text}/q/{}#{}",
                "x".repeat(TOKEN_CHARACTERS),
                "x".repeat(LONGEST_PAYLOAD)
            );
            match (plain, Code::new(&longest)) {
                (true, Ok(_)) => Ok(text.to_owned()),
                (true, Err(_)) => Err("is too long for the QR symbol"),
                (false, _) => {
                    Err("must be an https URL (http on a loopback address) without a slash at the end")
                }
            }
        });
        let seal = section.required("seal");
        let trust = section.folder("trust");
        let batch = section.or("batch", 32_u16);
        let lease = section.or("lease", Duration::from_secs(30));
        let policy = section.or("policy", PolicyBook::PROVINCIAL_PUBLICITY.to_owned());
        let copies_per_day = section.optional("copies_per_day");
        let qr_key = read_qr_key(&mut section, deployment);
        if !(1..=128).contains(&batch) {
            section.fault("batch", "must be between 1 and 128");
        }
        if lease.is_zero() {
            section.fault("lease", "must be more than 0");
        }
        if PolicyBook::builtin().in_force(&policy, Date::MAX).is_none() {
            section.fault("policy", "names no profile");
        }
        let copies_per_holder = section.optional("copies_per_holder");
        let consent_days = section.optional("consent_days");
        let sm2_pdf = section.or("sm2_pdf", false);
        let files_read_over = section.or("files_read_over", FILES_READ_OVER);
        for (name, number) in [
            ("files_read_over", Some(files_read_over)),
            ("copies_per_day", copies_per_day),
            ("copies_per_holder", copies_per_holder),
            ("consent_days", consent_days),
        ] {
            if number == Some(0) {
                section.fault(name, "must be more than 0");
            }
        }
        Some(Self {
            public_url: public_url?,
            seal: seal?,
            trust: trust?,
            batch,
            lease,
            policy,
            qr_key,
            copies_per_day,
            copies_per_holder,
            consent_days,
            sm2_pdf,
            files_read_over,
        })
    }

    /// The rules of use copies on a day; none before the profile was in force.
    pub(crate) fn use_copies(&self, day: Date) -> Option<UseCopyPolicy> {
        let profile = PolicyBook::builtin().in_force(&self.policy, day)?;
        let usual = profile.use_copy;
        let per_day = self.copies_per_day.unwrap_or(usual.per_day);
        // A holder may always make what one version allows.
        let per_day_holder = self
            .copies_per_holder
            .unwrap_or(usual.per_day_holder)
            .max(per_day);
        Some(UseCopyPolicy {
            per_day,
            per_day_holder,
            consent_days: self.consent_days.unwrap_or(usual.consent_days),
            ..usual
        })
    }
}

fn read_qr_key(section: &mut Section, deployment: Option<Deployment>) -> Option<QrKey> {
    let path = match deployment {
        Some(Deployment::Production) => section.key_file("qr_key")?,
        _ => section.optional_location("qr_key")?,
    };
    let key = der_of(&path).and_then(|der| QrKey::from_pkcs8(&der));
    if key.is_none() {
        section.fault("qr_key", "is no Ed25519 private key in PKCS #8 (DER or PEM)");
    }
    key
}

/// One per process, shared by the room's job, commands and queries.
pub(crate) struct Issuing {
    pub(crate) database: Database,
    pub(crate) read: ReadDatabase,
    pub(crate) sealing: Sealing,
    /// What documents and rules go by.
    pub(crate) clock: RegisterClock,
    /// What leases and pauses go by.
    pub(crate) system: SystemClock,
    pub(crate) seal: SealClient,
    pub(crate) seals: Seals,
    pub(crate) objects: Objects,
    pub(crate) rules: Rules,
    pub(crate) trust: DocumentTrust,
    pub(crate) templates: Templates,
    /// What PDF documents bring along.
    pub(crate) validation: Validation,
    /// Time-stamping authorities; without them the time of signing is only claimed.
    pub(crate) time_stamps: Option<TimeStampClient>,
    /// How far this process knows the register to be.
    pub(crate) positions: Positions,
    /// Where copies get their places.
    pub(crate) status: Option<Arc<StatusLists>>,
    /// Whether the log is signed here: then nothing is sealed before its version is logged.
    pub(crate) logged: bool,
    /// Whose cosignatures of the log count.
    pub(crate) witnesses: Witnesses,
    /// Whether the nation works, or is being restored.
    pub(crate) gate: Gate,
    /// What its job has kept outside the database.
    pub(crate) kept: tokio::sync::Mutex<KeptOutside>,
    /// Whom to wake after a commit; `documents` wakes the room's own job.
    pub(crate) bells: Bells,
    /// Rung after the job has finished sets, for calls that wait for theirs.
    pub(crate) finished: Notify,
    /// This process, unique among those that compete for sets.
    pub(crate) holder: String,
    /// Where a test lets the job end as by a crash.
    pub(crate) stop_after: Option<Step>,
}

impl Issuing {
    /// Shares database, keys, objects and bells with the other rooms; reads the trust bundle.
    ///
    /// # Errors
    /// The bundle cannot be used.
    pub(crate) fn new(
        deps: &Deps,
        seal: SealClient,
        time_stamps: Option<TimeStampClient>,
        rules: Rules,
    ) -> Result<Self, TrustError> {
        Ok(Self {
            database: deps.database.clone(),
            read: deps.read.clone(),
            sealing: deps.sealing.clone(),
            clock: deps.clock.clone(),
            system: deps.system.clone(),
            seals: Seals::new(seal.clone(), rules.seal.clone()),
            seal,
            objects: deps.objects.clone(),
            trust: DocumentTrust::open(&rules.trust)?,
            rules,
            templates: Templates::default(),
            validation: Validation::default(),
            time_stamps,
            positions: deps.positions.clone(),
            status: deps.status.clone(),
            logged: deps.log.is_some(),
            witnesses: deps.witnesses.clone(),
            gate: deps.gate.clone(),
            kept: tokio::sync::Mutex::default(),
            bells: deps.bells.clone(),
            finished: Notify::new(),
            holder: Uuid::new_v4().to_string(),
            stop_after: None,
        })
    }

    /// The present by the register clock, as exact as the store keeps it.
    pub(crate) fn now(&self) -> Timestamp {
        SqlTimestamp::from(self.clock.now()).to_jiff()
    }
}
