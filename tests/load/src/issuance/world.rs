//! The nation with a register that is arranged as rows.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use api::issuance::v1 as wire;
use api::issuance::v1::certificate_service_client::CertificateServiceClient;
use api::issuance::v1::start_bulk_request::Selection;
use certificate_face::specimen;
use domain::credit_code::CreditCode;
use domain::licence_identifier::LicenceIdentifier;
use domain::registration_number::RegistrationNumber;
use personal_data::{Cipher, KeyKind, Keyring, OsRandom, Vault};
use postgres::sqlx::{self, Connection as _};
use rand_core::{Rng as _, UnwrapErr};
use service_runtime::auth::{AuthLevel, Claims};
use service_runtime::clock::Clock as _;
use service_runtime::tls::PeerChannel;
use sha2::{Digest as _, Sha256};
use tlog::commit_facts;
use tonic::Request;
use uuid::Uuid;

use super::PATIENCE;
use crate::nation::{Nation, Wants};
use crate::server::Server;

/// Photos, signatures and names repeat after so many people; every person has a key of their own.
const PICTURES: u64 = 16;

/// Somebody with a certificate version.
struct Holder {
    person: Uuid,
    identifier: String,
}

/// The nation with its register.
pub(super) struct World {
    pub(super) nation: Nation,
    vault: Vault,
    holders: std::sync::OnceLock<Vec<Holder>>,
}

impl World {
    pub(super) async fn new(server: &Server) -> Result<Self> {
        let wants = Wants {
            documents: true,
            lists: false,
        };
        let nation = Nation::start(server, "issuance", wants).await?;
        let keyring = Keyring::load(&nation.realm.folder().join("personal"), KeyKind::KeyEncryption)?;
        Ok(Self {
            nation,
            vault: Vault::new(keyring, Cipher::Aes256Gcm),
            holders: std::sync::OnceLock::new(),
        })
    }

    /// Versions with their waiting jobs as rows of a paused bulk; its name.
    pub(super) async fn registered_in_bulk(&self, count: usize) -> Result<String> {
        let bulk = Uuid::now_v7();
        let mut owner = self.nation.database.owner().await?;
        let mut tx = owner.begin().await?;
        sqlx::query(
            "INSERT INTO issuing.bulk (id, purpose, selection, target, ground, state, rows, started_by, started_at)
             VALUES ($1, 'issue', 'province', '32', 'bench', 'paused', $2, 'bench', now())",
        )
        .bind(bulk)
        .bind(i64::try_from(count)?)
        .execute(&mut *tx)
        .await?;
        let pictures = Pictures::new();
        let mut holders = Vec::with_capacity(count);
        for ordinal in 0..count {
            holders.push(self.register(&mut tx, ordinal, &pictures, Some(bulk)).await?);
        }
        tx.commit().await?;
        if self.holders.set(holders).is_err() {
            bail!("one register a world");
        }
        Ok(format!("bulks/{bulk}"))
    }

    /// A certificate of its own, so that templates, connections and seals are known.
    pub(super) async fn warm_up(&self) -> Result<()> {
        let mut owner = self.nation.database.owner().await?;
        let mut tx = owner.begin().await?;
        let holder = self.register(&mut tx, 90_000, &Pictures::new(), None).await?;
        tx.commit().await?;
        let request = || wire::GetCertificateRequest {
            name: format!("certificates/{}", holder.identifier),
            ..Default::default()
        };
        let started = Instant::now();
        loop {
            let answer = self
                .certificates()
                .get_certificate(self.asked_by(holder.person, request())?)
                .await?;
            let certificate = answer.into_inner().certificate.context("it is answered")?;
            if certificate.state() == wire::certificate::State::Issued {
                return Ok(());
            }
            if started.elapsed() > PATIENCE {
                bail!("the first certificate is not issued");
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn register(
        &self,
        tx: &mut sqlx::PgConnection,
        ordinal: usize,
        pictures: &Pictures,
        bulk: Option<Uuid>,
    ) -> Result<Holder> {
        let issuer = CreditCode::parse(CreditCode::SPECIMEN_AUTHORITY)?;
        // No serial of a registration is 0.
        let (serial, digits) = (
            format!("BENCH{ordinal:015}"),
            format!("13220182019{:05}", ordinal + 1),
        );
        let mut facts = specimen::record("张伟民", 2);
        facts.licence_identifier =
            LicenceIdentifier::new(LicenceIdentifier::SPECIMEN_TYPE_CODE, &issuer, &serial, 1)?;
        facts.number = RegistrationNumber::parse(&format!("苏{digits}"))?;
        let mut salt = [0; 32];
        UnwrapErr(OsRandom).fill_bytes(&mut salt);
        facts.salt = Some(hex::encode(salt));
        facts.check()?;
        let (photo, signature) = pictures.of(ordinal, &mut facts);
        let (person, version, act) = (Uuid::new_v4(), Uuid::new_v4(), Uuid::new_v4());
        let random = &mut UnwrapErr(OsRandom);
        let (key, wrapped) = self.vault.create(person, random);
        let mut places = Vec::new();
        for (name, column, bytes) in [
            ("photo", "register.photo", photo),
            ("signature", "register.signature_image", signature),
        ] {
            let place = format!("pictures/{version}-{name}");
            let sealed = key.seal(column, bytes, random).into_bytes();
            std::fs::write(self.nation.realm.folder().join("objects").join(&place), sealed)?;
            places.push(place);
        }
        let [photo, signature] = places.as_slice() else {
            bail!("two pictures")
        };
        let record = facts.canonical_bytes();
        let leaf = tlog::Leaf::Facts(commit_facts(&salt, &record)).encode();
        let column = format!("issuing.certificate_version.facts:{version}");
        let sealed = key.seal(&column, &record, random).into_bytes();
        let identifier = facts.licence_identifier.to_string();
        let now = self.nation.clock.now().to_string();
        sqlx::query(
            "WITH person AS (
                 INSERT INTO register.person (person, wrapped_key, created_at) VALUES ($1, $2, $3::text::timestamptz)),
             number AS (
                 INSERT INTO register.registration_number (number, person, reserved_at)
                 VALUES ($4, $1, $3::text::timestamptz)),
             act AS (
                 INSERT INTO register.act (id, person, at, kind, province, decided_by, announced_by, record, recorded_at)
                 VALUES ($5, $1, $3::text::timestamptz, 'REGISTER', '32', 'ministry', 'provinces/32', '',
                     $3::text::timestamptz)),
             version AS (
                 INSERT INTO issuing.certificate_version (id, person, act, licence_identifier, serial, version,
                     registration_digits, facts, facts_hash, photo, signature_image, operation, province, application,
                     announced_at, state, current, made_at)
                 VALUES ($6, $1, $5, $7, $8, 1, $4, $9, $10, $11, $12, '01', '32', $13, $3::text::timestamptz, 'issuing',
                     true, $3::text::timestamptz)),
             change AS (
                 INSERT INTO log.change (kind, person, version, sealed, recorded_at, leaf)
                 VALUES ('version', $1, $6, '', $3::text::timestamptz, $16))
             INSERT INTO issuing.job (id, version, state, due_at, created_at, updated_at, bulk)
             VALUES ($14, $6, 'waiting', '2020-01-01', $3::text::timestamptz, $3::text::timestamptz, $15)",
        )
        .bind(person)
        .bind(wrapped.as_bytes().to_vec())
        .bind(now)
        .bind(digits)
        .bind(act)
        .bind(version)
        .bind(&identifier)
        .bind(serial)
        .bind(sealed)
        .bind(Sha256::digest(&record).to_vec())
        .bind(photo)
        .bind(signature)
        .bind(Uuid::new_v4())
        .bind(Uuid::new_v4())
        .bind(bulk)
        .bind(leaf)
        .execute(tx)
        .await?;
        Ok(Holder { person, identifier })
    }

    fn certificates(&self) -> CertificateServiceClient<PeerChannel> {
        CertificateServiceClient::new(self.nation.portal().channel())
    }

    /// A request of a holder who has just proved the second factor.
    fn asked_by<T>(&self, person: Uuid, message: T) -> Result<Request<T>> {
        let portal = self.nation.portal();
        let claims = portal.claims(self.nation.clock.now());
        let claims = Claims {
            person: Some(person),
            auth_level: AuthLevel::StepUp,
            step_up_at: Some(claims.iat),
            ..claims
        };
        portal.request(&self.nation.signer, &claims, message)
    }

    /// The first certificates, as a list.
    pub(super) fn first(&self, count: usize) -> Selection {
        let known = self.holders.get().map_or(&[][..], Vec::as_slice);
        Selection::List(wire::BulkList {
            licence_identifiers: known
                .iter()
                .take(count)
                .map(|holder| holder.identifier.clone())
                .collect(),
        })
    }

    /// A use copy of somebody's certificate, from the call until it can be downloaded.
    pub(super) async fn copy(&self, ordinal: usize) -> Result<()> {
        let known = self.holders.get().context("a register")?;
        let holder = known.get(ordinal).context("a holder")?;
        let request = wire::CreateUseCopyRequest {
            request_id: Uuid::new_v4().to_string(),
            certificate: format!("certificates/{}", holder.identifier),
            purpose: wire::Purpose::Tender.into(),
            purpose_reference: Uuid::new_v4().to_string(),
            recipient: "无锡市公共资源交易中心".to_owned(),
        };
        let mut client = self.certificates();
        let request = self.asked_by(holder.person, request)?;
        let made = client.create_use_copy(request).await?;
        let copy = made.into_inner().copy.context("it is answered")?;
        let request = wire::DownloadDocumentRequest {
            name: copy.name,
            format: wire::DocumentFormat::Ofd.into(),
        };
        let request = self.asked_by(holder.person, request)?;
        let mut parts = client.download_document(request).await?.into_inner();
        parts.message().await?.context("a file")?;
        Ok(())
    }
}

/// Pictures of a few people.
struct Pictures(Vec<(Vec<u8>, Vec<u8>)>);

impl Pictures {
    fn new() -> Self {
        let one = |seed| {
            (
                testkit::picture::photo_jpeg(seed),
                testkit::picture::signature_png(seed),
            )
        };
        Self((0..PICTURES).map(|seed| one(specimen::SEED + seed)).collect())
    }

    /// The pictures of a person; the facts name them.
    fn of(&self, ordinal: usize, facts: &mut domain::certificate::FactsRecord) -> (&[u8], &[u8]) {
        let (photo, signature) = &self.0[ordinal % self.0.len()];
        facts.photo_sm3 = hex::encode(gm::sm3::digest(photo));
        facts.signature_image_sm3 = hex::encode(gm::sm3::digest(signature));
        (photo, signature)
    }
}
