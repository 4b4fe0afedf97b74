//! Keys, databases and services of one test, and the holders that live in it.

use std::net::SocketAddr;
use std::time::Duration;

use api::issuance::v1 as wire;
use certificate_face::specimen;
use domain::authority::Authority;
use domain::certificate::FactsRecord;
use domain::credit_code::CreditCode;
use domain::ids::{EmployerId, RegisterActId};
use domain::licence_identifier::LicenceIdentifier;
use domain::register::{ActRecord, RegisterAct, RegisterEntry, RegisteredEmployer, SpecialtyRegistration};
use domain::registration_number::RegistrationNumber;
use domain::validity::Validity;
use issuance::{App, Config, Step};
use jiff::Timestamp;
use personal_data::{Cipher, DataKey, KeyKind, Keyring, OsRandom, Vault, create_key_file};
use postgres::test_support::TestDatabase;
use rand_core::UnwrapErr;
use service_runtime::Lifecycle;
use service_runtime::auth::{AuthLevel, Claims, EmployerGrant, TokenKind, TokenSigner};
use service_runtime::clock::{Clock as _, ClockFile, RegisterClock};
use service_runtime::config::Common;
use service_runtime::tls::{Gate, Leaf, PeerChannel, Thumbprint};
use sha2::{Digest as _, Sha256};
use sqlx::query;
use testkit::realm::Realm;
use testkit::{double, tokens};
use uuid::Uuid;

use crate::access;
use crate::door::Door;
use crate::keys::{ceremony, database, exchange_keys, listen, make, rest};
use crate::remade;

/// The morning of the story: 4 May 2026, ten o'clock in China.
pub(crate) const MORNING: Timestamp = Timestamp::constant(1_777_860_000, 0);
pub(crate) const SEAL: &str = "specimen";
const LONGEST: Duration = Duration::from_secs(20);

pub(crate) struct World {
    pub(crate) realm: Realm,
    pub(crate) database: TestDatabase,
    seal_database: TestDatabase,
    clock: RegisterClock,
    clock_file: ClockFile,
    signer: TokenSigner,
    vault: Vault,
    identity: SocketAddr,
    pub(crate) seal: SocketAddr,
    pub(crate) seal_life: Lifecycle,
    _identity_life: Lifecycle,
    pub(crate) life: Lifecycle,
    /// The backend that carries the calls of holders, and the certificate to which their tokens are bound.
    portal: Option<(PeerChannel, Thumbprint)>,
    holders: std::cell::Cell<u32>,
    /// Time-stamping authorities that issuance asks from its next start on.
    pub(crate) stampers: Vec<String>,
    /// Whether issuance has the PDF signed with SM2 too from its next start on.
    pub(crate) sm2_pdf: bool,
    /// How many document sets go through the cycle together, from the next start on.
    pub(crate) batch: u16,
    /// Where the officers of the keeper are let in.
    pub(crate) seal_officers: SocketAddr,
}

/// Somebody with a certificate version.
pub(crate) struct Holder {
    pub(crate) person: Uuid,
    pub(crate) account: Uuid,
    pub(crate) version: Uuid,
    pub(crate) identifier: String,
    /// With whom [`World::enter`] registers them.
    pub(crate) employer: Uuid,
    /// The act that made the version.
    act: Uuid,
    facts: FactsRecord,
    key: DataKey,
}

impl Holder {
    pub(crate) fn certificate(&self) -> String {
        format!("certificates/{}", self.identifier)
    }
}

/// How well a holder has proved who they are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Proof {
    SecondFactor,
    SteppedUp,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::stopping_after(None).await
    }

    /// A world whose issuing job ends as by a crash after a step.
    pub(crate) async fn stopping_after(step: Option<Step>) -> Self {
        #[expect(
            clippy::disallowed_methods,
            reason = "certificates of connections go by the machine's present"
        )]
        let realm = Realm::new(Timestamp::now());
        let folder = realm.folder().to_owned();
        let clock_file = ClockFile::create(&folder.join("clock"), MORNING).expect("the folder is writable");
        let clock = RegisterClock::controlled(ClockFile::open(&folder.join("clock")).expect("just made"));
        ceremony(&realm);
        for kind in [KeyKind::KeyEncryption, KeyKind::BlindIndex] {
            create_key_file(&make(&folder, "personal"), kind, 1, &mut UnwrapErr(OsRandom))
                .expect("a key is made");
        }
        make(&folder, "objects/pictures");
        exchange_keys(&folder);
        let keyring = Keyring::load(&folder.join("personal"), KeyKind::KeyEncryption).expect("just made");
        let pem = TokenSigner::generate_pem().expect("a key");
        let signer = TokenSigner::from_pem("k1", &pem).expect("a signer");

        let identity_life = Lifecycle::new();
        let text = format!("{}{}", listen(0), rest(&realm, "nation/identity"));
        let common = service_runtime::config::parse(&text, &folder, Common::read).expect("a configuration");
        let running = access::serve(&common, &identity_life, signer.public_jwk().clone()).await;
        let nowhere = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut world = Self {
            database: postgres::test_support::database("issuance", &issuance::MIGRATIONS).await,
            seal_database: postgres::test_support::database("seal", &seal::MIGRATIONS).await,
            clock,
            clock_file,
            signer,
            vault: Vault::new(keyring, Cipher::Aes256Gcm),
            identity: running.address(Gate::Services).expect("the gate is open"),
            seal: nowhere,
            seal_life: Lifecycle::new(),
            _identity_life: identity_life,
            life: Lifecycle::new(),
            portal: None,
            holders: std::cell::Cell::new(0),
            stampers: Vec::new(),
            sm2_pdf: false,
            batch: 32,
            seal_officers: nowhere,
            realm,
        };
        world.start_seal().await;
        world.restart(step).await;
        world
    }

    /// Starts the keeper of the seals, at its old address if it has been there before.
    pub(crate) async fn start_seal(&mut self) {
        let text = format!(
            "{}clients = \"127.0.0.1:0\"\n[keystore]\nfolder = \"keystore\"\n{}{}{}",
            listen(self.seal.port()),
            database(&self.seal_database),
            rest(&self.realm, "nation/seal"),
            remade::SECTIONS,
        );
        let config = service_runtime::config::parse(&text, self.realm.folder(), seal::Config::read);
        let config = config.unwrap_or_else(|faults| panic!("{faults}"));
        self.seal_life = Lifecycle::new();
        let app = seal::App::build(config)
            .await
            .expect("keystore and database are there");
        let running = app.serve(&self.seal_life).await.expect("it listens");
        self.seal = running.address(Gate::Services).expect("the gate is open");
        self.seal_officers = running.address(Gate::Clients).expect("the gate is open");
    }

    /// The keeper of the seals goes away.
    pub(crate) async fn stop_seal(&self) {
        self.seal_life.drain(Duration::from_secs(5)).await;
    }

    /// Starts issuance (again); what it knows is in its database and object store only.
    pub(crate) async fn restart(&mut self, stop_after: Option<Step>) {
        self.life.drain(Duration::from_secs(5)).await;
        self.life = Lifecycle::new();
        let app = self.app().await;
        let app = match stop_after {
            Some(step) => app.stopping_after(step),
            None => app,
        };
        let running = app.serve(&self.life).await.expect("it listens");
        let address = running.address(Gate::Clients).expect("the gate is open");
        let channel = self.realm.channel("client/portal", "nation/issuance", address);
        let path = |name: &str| self.realm.folder().join(name);
        let leaf =
            Leaf::open(&path("client-portal.pem"), &path("client-portal-key.pem")).expect("just issued");
        self.portal = Some((channel, leaf.thumbprint().expect("a certificate")));
    }

    /// Issuance as it is configured now, not serving.
    pub(crate) async fn app(&self) -> App {
        let text = format!(
            "{}clients = \"127.0.0.1:0\"\nprovinces = \"127.0.0.1:0\"\n{}{}\
             [peers.identity]\naddress = \"{}\"\n[peers.seal]\naddress = \"{}\"\n\
             [personal_data]\nfolder = \"personal\"\n[objects]\ndirectory = \"objects\"\n\
             [exchange]\nreceipt_key = \"receipt.der\"\n[provinces.32]\nexchange_key = \"exchange-32.der\"\n\
             [issuing]\npublic_url = \"https://verify.example.cn\"\nseal = \"seals/{SEAL}\"\ntrust = \"trust\"\n\
             lease = \"500ms\"\nqr_key = \"qr.der\"\nsm2_pdf = {}\nbatch = {}\nfiles_read_over = 2\n[tokens]\naudience = \"nation\"\n",
            listen(0),
            database(&self.database),
            rest(&self.realm, "nation/issuance"),
            self.identity,
            self.seal,
            self.sm2_pdf,
            self.batch,
        );
        let stamping = if self.stampers.is_empty() {
            String::new()
        } else {
            format!("[timestamp]\nurls = {:?}\ntimeout = \"20s\"\n", self.stampers)
        };
        let text = text + &stamping;
        let config =
            Config::from_toml(&text, self.realm.folder()).unwrap_or_else(|faults| panic!("{faults}"));
        App::build(config).await.expect("everything is there")
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The register clock, for others who go by it.
    pub(crate) fn present(&self) -> impl Fn() -> Timestamp + Send + Sync + 'static {
        let clock = self.clock.clone();
        move || clock.now()
    }

    pub(crate) fn advance(&self, by: Duration) {
        self.clock_file
            .advance(by)
            .expect("a story moves forward within the past");
    }

    /// A holder whose announcement has just been applied: facts, pictures and a waiting job are there.
    pub(crate) async fn registered(&self, name: &str) -> Holder {
        self.registered_with(name, |_| {}).await
    }

    /// Somebody whose job stops, since no font of the pack draws a character of the facts, and somebody who got a certificate.
    pub(crate) async fn one_stopped_one_issued(&self) -> [Holder; 2] {
        let unlucky = self
            .registered_with("张伟民", |facts| {
                facts.employer.name = "江苏\u{1F600}建设有限公司".to_owned();
            })
            .await;
        let holder = self.registered("李秀英").await;
        self.issued(&holder).await;
        self.until("SELECT FROM issuing.job WHERE state = 'stopped' AND reason = 'CHARACTER_NOT_DRAWABLE'")
            .await;
        [unlucky, holder]
    }

    /// As [`World::registered`], with other facts.
    pub(crate) async fn registered_with(&self, name: &str, change: impl FnOnce(&mut FactsRecord)) -> Holder {
        let ordinal = self.holders.get() + 1;
        self.holders.set(ordinal);
        let mut facts = specimen::record(name, 2);
        let issuer = CreditCode::parse("11990000000000000D").expect("the fictitious authority");
        let serial = format!("TEST{ordinal:016}");
        facts.licence_identifier =
            LicenceIdentifier::new(LicenceIdentifier::SPECIMEN_TYPE_CODE, &issuer, &serial, 1)
                .expect("an identifier");
        facts.number = RegistrationNumber::parse(&format!("苏13220182019{ordinal:05}")).expect("a number");
        change(&mut facts);
        facts.check().expect("the facts agree with each other");
        self.store(facts, &serial, &format!("13220182019{ordinal:05}"))
            .await
    }

    async fn store(&self, facts: FactsRecord, serial: &str, digits: &str) -> Holder {
        let (person, version, act) = (Uuid::new_v4(), Uuid::new_v4(), Uuid::new_v4());
        let random = &mut UnwrapErr(OsRandom);
        let (key, wrapped) = self.vault.create(person, random);
        let picture = |name: &str, column: &str, bytes: Vec<u8>| {
            let place = format!("pictures/{version}-{name}");
            let sealed = key.seal(column, &bytes, &mut UnwrapErr(OsRandom)).into_bytes();
            std::fs::write(self.realm.folder().join("objects").join(&place), sealed).expect("written");
            place
        };
        let photo = picture(
            "photo",
            "register.photo",
            testkit::picture::photo_jpeg(specimen::SEED),
        );
        let signature = testkit::picture::signature_png(specimen::SEED);
        let signature = picture("signature", "register.signature_image", signature);
        let record = facts.canonical_bytes();
        let sealed = key
            .seal(
                &format!("issuing.certificate_version.facts:{version}"),
                &record,
                random,
            )
            .into_bytes();
        let now = self.now().to_string();
        let mut owner = self.database.owner_connection().await;
        let statements = [
            query("INSERT INTO register.person (person, wrapped_key, created_at) VALUES ($1, $2, $3::text::timestamptz)")
                .bind(person)
                .bind(wrapped.as_bytes().to_vec())
                .bind(&now),
            query("INSERT INTO register.registration_number (number, person, reserved_at) VALUES ($1, $2, $3::text::timestamptz)")
                .bind(digits.to_owned())
                .bind(person)
                .bind(&now),
            query(
                "INSERT INTO register.act (id, person, at, kind, province, decided_by, announced_by, record, recorded_at)
                 VALUES ($1, $2, $3::text::timestamptz, 'REGISTER', '32', 'ministry', 'provinces/32', '', $3::text::timestamptz)",
            )
            .bind(act)
            .bind(person)
            .bind(&now),
            query(
                "INSERT INTO issuing.certificate_version (id, person, act, licence_identifier, serial, version,
                     registration_digits, facts, facts_hash, photo, signature_image, operation, province, application,
                     announced_at, state, current, made_at)
                 VALUES ($1, $2, $3, $4, $5, 1, $6, $7, $12, $8, $9, '01', '32', $10, $11::text::timestamptz,
                     'issuing', true, $11::text::timestamptz)",
            )
            .bind(version)
            .bind(person)
            .bind(act)
            .bind(facts.licence_identifier.to_string())
            .bind(serial.to_owned())
            .bind(digits.to_owned())
            .bind(sealed)
            .bind(photo)
            .bind(signature)
            .bind(Uuid::new_v4())
            .bind(&now)
            .bind(Sha256::digest(&record).to_vec()),
            query(
                "INSERT INTO issuing.job (id, version, state, due_at, created_at, updated_at)
                 VALUES ($1, $2, 'waiting', '2020-01-01', $3::text::timestamptz, $3::text::timestamptz)",
            )
            .bind(Uuid::new_v4())
            .bind(version)
            .bind(&now),
        ];
        for statement in statements {
            statement.execute(&mut owner).await.expect("the owner may");
        }
        Holder {
            person,
            account: Uuid::new_v4(),
            version,
            identifier: facts.licence_identifier.to_string(),
            employer: Uuid::new_v4(),
            act,
            facts,
            key,
        }
    }

    /// What step 1 writes of the register itself, so that acts can be done to it.
    pub(crate) async fn enter(&self, holder: &Holder) {
        let (facts, now) = (&holder.facts, self.now());
        let employer = RegisteredEmployer {
            id: EmployerId::from_uuid(holder.employer),
            name: facts.employer.name.clone(),
            credit_code: facts.employer.credit_code.clone(),
            province: facts.number.prefix(),
        };
        let specialties = facts.specialties.iter().map(|known| SpecialtyRegistration {
            specialty: known.specialty,
            validity: Validity {
                from: known.valid_from,
                to: known.valid_to,
            },
            qualification_number: known.qualification_number.clone(),
        });
        let employer_id = employer.id.as_uuid();
        let registered = ActRecord {
            id: RegisterActId::from_uuid(holder.act),
            person: holder.person.into(),
            at: now,
            act: RegisterAct::Register {
                number: facts.number,
                birth_date: facts.holder.birth_date,
                employer,
                specialties: specialties.collect(),
            },
            decided_by: Authority::Ministry,
            announced_by: Authority::Province(facts.number.prefix()),
            announcement_number: None,
            application: None,
        };
        let entry = RegisterEntry::apply(None, &registered).expect("a registration makes an entry");
        let person = serde_json::json!({
            "person": {
                "name": facts.holder.name, "document": facts.holder.document, "sex": facts.holder.sex,
                "birth_date": facts.holder.birth_date,
            },
            "photo": null, "signature_image": null,
        });
        let sealed = |column: &str, value: Vec<u8>| {
            let sealed = holder.key.seal(column, &value, &mut UnwrapErr(OsRandom));
            sealed.into_bytes()
        };
        let entry_bytes = serde_json::to_vec(&entry).expect("plain fields encode");
        let person_bytes = serde_json::to_vec(&person).expect("plain fields encode");
        let statements = [
            query(
                "INSERT INTO register.entry (person, province, last_act, entry, facts, updated_at)
                 VALUES ($1, '32', $2, $3, $4, $5::text::timestamptz)",
            )
            .bind(holder.person)
            .bind(holder.act)
            .bind(sealed("register.entry.entry", entry_bytes))
            .bind(sealed("register.entry.facts", person_bytes))
            .bind(now.to_string()),
            query(
                "INSERT INTO register.active_registration (person, province, employer, number, since)
                 VALUES ($1, '32', $2, $3, $4::text::timestamptz)",
            )
            .bind(holder.person)
            .bind(employer_id)
            .bind(facts.number.to_string())
            .bind(now.to_string()),
        ];
        let mut owner = self.database.owner_connection().await;
        for statement in statements {
            statement.execute(&mut owner).await.expect("the owner may");
        }
    }

    /// What the register does when a newer version takes the place of this one.
    pub(crate) async fn supersede(&self, holder: &Holder) {
        let update = query(
            "UPDATE issuing.certificate_version SET current = false, superseded_at = $2::text::timestamptz WHERE id = $1",
        );
        let mut owner = self.database.owner_connection().await;
        update
            .bind(holder.version)
            .bind(self.now().to_string())
            .execute(&mut owner)
            .await
            .expect("the owner may");
    }

    /// The door of a holder.
    pub(crate) fn holder(&self, holder: &Holder, proof: Proof) -> Door {
        let stepped_up = proof == Proof::SteppedUp;
        self.door(|claims| {
            claims.sub = holder.account.to_string();
            claims.account = Some(holder.account);
            claims.person = Some(holder.person);
            if stepped_up {
                claims.auth_level = AuthLevel::StepUp;
                claims.step_up_at = Some(claims.iat);
            }
        })
    }

    /// Somebody registered with an employer, whose documents are there.
    pub(crate) async fn employed(&self, name: &str, employer: Uuid) -> Holder {
        let mut holder = self.registered(name).await;
        holder.employer = employer;
        self.enter(&holder).await;
        self.issued(&holder).await;
        holder
    }

    /// What the register does when somebody leaves the employer.
    pub(crate) async fn leave(&self, holder: &Holder) {
        self.supersede(holder).await;
        let gone = query("DELETE FROM register.active_registration WHERE person = $1");
        let mut owner = self.database.owner_connection().await;
        gone.bind(holder.person)
            .execute(&mut owner)
            .await
            .expect("the owner may");
    }

    /// The door of an employer's registrar, who has just proved the second factor.
    pub(crate) fn registrar(&self, employer: Uuid) -> Door {
        self.door(|claims| {
            claims.employers = vec![EmployerGrant {
                employer,
                role: "REGISTRAR".to_owned(),
            }];
            claims.auth_level = AuthLevel::StepUp;
            claims.step_up_at = Some(claims.iat);
        })
    }

    /// The door of the portal's own backend, which acts for nobody.
    pub(crate) fn backend(&self) -> Door {
        self.door(|claims| {
            claims.kind = TokenKind::Client;
            claims.sub = "portal".to_owned();
            claims.act = None;
            claims.account = None;
            claims.scopes = vec!["notifications".to_owned()];
        })
    }

    /// The door of an officer of the ministry, or of a province.
    pub(crate) fn officer(&self, province: Option<&str>) -> Door {
        self.door(|claims| {
            claims.kind = TokenKind::Officer;
            claims.roles = vec![tokens::office(province)];
        })
    }

    fn door(&self, change: impl FnOnce(&mut Claims)) -> Door {
        let (channel, thumbprint) = self.portal.clone().expect("issuance has been started");
        let mut claims = tokens::claims("nation", thumbprint, self.now());
        change(&mut claims);
        Door {
            channel,
            token: self.signer.sign(&claims).expect("lawful claims"),
        }
    }

    /// The holder's certificate once its documents are there.
    pub(crate) async fn issued(&self, holder: &Holder) -> wire::Certificate {
        let door = self.holder(holder, Proof::SteppedUp);
        // The keys of tokens are fetched in the background.
        double::serving(door.channel.clone(), "jianzheng.issuance.v1.CertificateService").await;
        let ends = tokio::time::Instant::now() + LONGEST;
        loop {
            let request = wire::GetCertificateRequest {
                name: holder.certificate(),
                ..Default::default()
            };
            let answer = door.client().get_certificate(door.request(request)).await;
            let certificate = answer.expect("answered").into_inner().certificate;
            let certificate = certificate.expect("it is answered");
            if certificate.state() == wire::certificate::State::Issued {
                return certificate;
            }
            assert!(
                tokio::time::Instant::now() < ends,
                "not issued: {}",
                self.jobs().await
            );
            tokio::task::yield_now().await;
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Waits until the database says something.
    pub(crate) async fn until(&self, what: &str) {
        let ends = tokio::time::Instant::now() + LONGEST;
        loop {
            if self
                .count(&format!("SELECT count(*) FROM ({what}) AS found"))
                .await
                > 0
            {
                return;
            }
            assert!(
                tokio::time::Instant::now() < ends,
                "never: {what}; {}",
                self.jobs().await
            );
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    async fn jobs(&self) -> String {
        let mut owner = self.database.owner_connection().await;
        let jobs = sqlx::query_as::<_, (String, Option<String>, i32)>(
            "SELECT state, reason, attempts FROM issuing.job",
        );
        format!("{:?}", jobs.fetch_all(&mut owner).await.expect("it can be read"))
    }

    pub(crate) async fn count(&self, statement: &str) -> i64 {
        let mut owner = self.database.owner_connection().await;
        let count = sqlx::query_scalar(sqlx::AssertSqlSafe(statement.to_owned()));
        count.fetch_one(&mut owner).await.expect("it can be counted")
    }

    pub(crate) async fn seal_count(&self, statement: &str) -> i64 {
        let mut owner = self.seal_database.owner_connection().await;
        let count = sqlx::query_scalar(sqlx::AssertSqlSafe(statement.to_owned()));
        count.fetch_one(&mut owner).await.expect("it can be counted")
    }

    /// Verb and reason of every refusal recorded.
    pub(crate) async fn refusals(&self) -> Vec<(String, String)> {
        let mut owner = self.database.owner_connection().await;
        let rows =
            sqlx::query_as("SELECT verb, reason FROM shared.audit WHERE outcome = 'refused' ORDER BY id");
        rows.fetch_all(&mut owner).await.expect("the audit can be read")
    }

    /// Unsigned digests and the digests of the stored files.
    pub(crate) async fn digests(&self, holder: &Holder) -> Vec<Vec<u8>> {
        let mut owner = self.database.owner_connection().await;
        let rows = sqlx::query_scalar(
            "SELECT unsigned_ofd FROM issuing.intent JOIN issuing.document_set ON id = document_set WHERE version = $1
             UNION ALL
             SELECT unsigned_pdf FROM issuing.intent JOIN issuing.document_set ON id = document_set WHERE version = $1",
        );
        rows.bind(holder.version)
            .fetch_all(&mut owner)
            .await
            .expect("it can be read")
    }

    /// Replaces a stored, sealed photo by another: what step 1 never does.
    pub(crate) fn exchange_photo(&self, holder: &Holder) {
        let other = holder.key.seal(
            "register.photo",
            &testkit::picture::photo_jpeg(99),
            &mut UnwrapErr(OsRandom),
        );
        let place = self
            .realm
            .folder()
            .join(format!("objects/pictures/{}-photo", holder.version));
        std::fs::write(place, other.into_bytes()).expect("written");
    }
}
