//! A verification replica that follows the nation, and a backend that asks it.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use api::verification::v1 as wire;
use api::verification::v1::verification_service_client::VerificationServiceClient;
use api::verification::v1::verify_certificate_request::Subject;
use personal_data::{KeyKind, OsRandom, create_key_file};
use service_runtime::auth::{AuthLevel, Claims, TokenKind};
use service_runtime::clock::Clock as _;
use service_runtime::tls::Gate;
use tonic::Code;

use super::applicants::Published;
use crate::nation::Nation;
use crate::portal::Portal;
use crate::server::Server;
use crate::verification::{Process, REPLICA};

/// How long an announcement may take until the bench gives up.
const PATIENCE: Duration = Duration::from_secs(60);

/// The replica's process.
pub(super) struct Replica<'a> {
    nation: &'a Nation,
    process: Process,
    portal: Portal,
}

impl<'a> Replica<'a> {
    /// Starts it and waits until it has read the register.
    pub(super) async fn start(server: &Server, nation: &'a Nation) -> Result<Self> {
        let folder = nation.realm.folder();
        std::fs::create_dir(folder.join("replica-keys"))?;
        create_key_file(
            &folder.join("replica-keys"),
            KeyKind::BlindIndex,
            1,
            &mut OsRandom,
        )?;
        let database = server
            .database("lag_verification", &verification::MIGRATIONS)
            .await?;
        let config = format!(
            "{}[clock]\nfile = \"clock\"\n[tokens]\naudience = \"nation\"\n[peers.issuance]\naddress = \"{}\"\n\
             [peers.identity]\naddress = \"{}\"\n{}[personal_data]\nfolder = \"replica-keys\"\n[trust]\nfolder = \"trust\"\n",
            nation.realm.tls_section("nation/verification"),
            nation.issuance(Gate::Services)?,
            nation.identity(Gate::Services)?,
            database.section()?,
        );
        let process = Process::start(REPLICA, folder, "replica", &config, &[])?;
        let portal = Portal::to(&nation.realm, ("nation/verification", "nation"), process.address)?;
        let service = "jianzheng.verification.v1.VerificationService";
        testkit::double::serving(portal.channel(), service).await;
        Ok(Self {
            nation,
            process,
            portal,
        })
    }

    /// Returns once the replica answers, at the position of an announcement, that who was announced is registered. A refusal,
    /// because the answer would be too old, is asked again: until then nothing is verifiable.
    pub(super) async fn verified(&self, published: &Published) -> Result<()> {
        let begun = Instant::now();
        loop {
            match self.ask(published).await {
                Ok(answer) => {
                    let verification = answer.verification.context("an answer")?;
                    ensure!(
                        verification.verdict() == wire::Verdict::Valid,
                        "{:?}: {:?}",
                        verification.verdict(),
                        verification.text
                    );
                    return Ok(());
                }
                Err(status) if status.code() == Code::Unavailable && begun.elapsed() < PATIENCE => {
                    println!("exchange.lag: refused: {}", status.message());
                }
                Err(status) => bail!("{status}"),
            }
        }
    }

    async fn ask(&self, published: &Published) -> Result<wire::VerifyCertificateResponse, tonic::Status> {
        let claims = self.portal.claims(self.nation.clock.now());
        let claims = Claims {
            sub: "portal".to_owned(),
            kind: TokenKind::Client,
            account: None,
            scopes: vec!["verify".to_owned()],
            auth_level: AuthLevel::Single,
            act: None,
            ..claims
        };
        let question = wire::VerifyCertificateRequest {
            subject: Some(Subject::RegistrationNumber(published.number.clone())),
            min_position: Some(published.position.clone()),
            purpose: "投标资格核验".to_owned(),
            ..Default::default()
        };
        let request = self
            .portal
            .request(&self.nation.signer, &claims, question)
            .map_err(|error| tonic::Status::internal(error.to_string()))?;
        let mut client = VerificationServiceClient::new(self.portal.channel());
        Ok(client.verify_certificate(request).await?.into_inner())
    }

    /// Lets it drain.
    pub(super) fn end(self) -> Result<()> {
        self.process.end()
    }
}
