//! Applications for first registrations, brought to their announcement by the province's own RPCs: holders file, a firm's registrar
//! confirms, two officers of the ministry accept and decide, the nation clears.

use anyhow::{Context as _, Result, ensure};
use api::registration::v1 as wire;
use api::registration::v1::announcement_service_client::AnnouncementServiceClient;
use api::registration::v1::application_service_client::ApplicationServiceClient;
use api::registration::v1::qualification_service_client::QualificationServiceClient;
use api::registration::v1::work_service_client::WorkServiceClient;
use api::types::v1 as types;
use bytes::Bytes;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use jiff::civil::date;
use service_runtime::auth::{Claims, EmployerGrant};
use service_runtime::clock::Clock as _;
use service_runtime::tls::PeerChannel;
use testkit::materials::SCAN;
use testkit::people::Person;
use testkit::picture;
use tonic::Request;
use uuid::Uuid;
use wire::MaterialKind;
use wire::attach_material_request::Part;
use wire::batch_act_request::Act;

use crate::nation::Nation;
use crate::nation::directory::{employer_of, id, person_of};
use crate::portal::{Portal, officer};
use crate::server::Database;

/// The province.
const CODE: u8 = 32;
/// Files that are brought on at once, and of one batch of officers.
const AT_ONCE: usize = 8;
const BATCH: usize = 50;
const SPECIALTY: types::Specialty = types::Specialty::Building;

/// The portal of the province, through which everybody acts.
pub(super) struct Office<'a> {
    nation: &'a Nation,
    portal: Portal,
    photo: Bytes,
    signature: Bytes,
}

/// Somebody whose application only waits for its announcement.
pub(super) struct Applicant {
    pub(super) person: Uuid,
    application: String,
}

/// An announcement.
pub(super) struct Published {
    /// The registration number.
    pub(super) number: String,
    pub(super) position: types::Position,
}

impl<'a> Office<'a> {
    pub(super) fn new(nation: &'a Nation, portal: Portal) -> Self {
        Self {
            nation,
            portal,
            photo: picture::photo_jpeg(1).into(),
            signature: picture::signature_png(1).into(),
        }
    }

    /// So many applications, cleared by the nation.
    pub(super) async fn cleared(&self, province: &Database, count: usize) -> Result<Vec<Applicant>> {
        let people: Vec<u32> = (0..u32::try_from(count)?).collect();
        for some in people.chunks(BATCH) {
            self.qualify(some).await?;
        }
        let applicants: Vec<Applicant> = stream::iter(people)
            .map(|nth| self.filed(nth))
            .buffered(AT_ONCE)
            .try_collect()
            .await?;
        let decided = wire::BatchDecide {
            granted: true,
            grounds: String::new(),
        };
        for act in [Act::Accept(wire::BatchAccept {}), Act::Decide(decided)] {
            for some in applicants.chunks(BATCH) {
                self.act(some, &act).await?;
            }
        }
        province
            .until_none("SELECT count(*) FROM registration.application WHERE state <> 'CLEARED'")
            .await?;
        Ok(applicants)
    }

    /// Announces an application alone.
    pub(super) async fn publish(&self, applicant: &Applicant) -> Result<Published> {
        let message = wire::PublishAnnouncementRequest {
            request_id: request_id(),
            applications: vec![applicant.application.clone()],
        };
        let request = self.signed(&officer(self.claims(), None), message)?;
        let mut client = AnnouncementServiceClient::new(self.portal.channel());
        let answer = client.publish_announcement(request).await?.into_inner();
        let announcement = answer.announcement.context("an announcement")?;
        let row = announcement.rows.into_iter().next().context("a row")?;
        Ok(Published {
            number: row.registration_number,
            position: answer.position.context("a position")?,
        })
    }

    async fn qualify(&self, people: &[u32]) -> Result<()> {
        let rows = people.iter().map(|nth| {
            let Person {
                full_name,
                document_number,
                ..
            } = Person::of_crowd(person_of(CODE, *nth));
            wire::QualificationRow {
                full_name,
                document_kind: types::DocumentKind::CitizenIdentityCard.into(),
                document_number,
                qualification_number: format!("2025{nth:020}"),
                specialty: SPECIALTY.into(),
                issued_on: Some(date(2025, 5, 4).into()),
            }
        });
        let message = wire::ImportQualificationsRequest {
            request_id: request_id(),
            rows: rows.collect(),
        };
        let request = self.signed(&officer(self.claims(), Some("32")), message)?;
        let mut client = QualificationServiceClient::new(self.portal.channel());
        let answer = client.import_qualifications(request).await?.into_inner();
        ensure!(answer.faults.is_empty(), "{:?}", answer.faults.first());
        Ok(())
    }

    /// From the draft to the submission.
    async fn filed(&self, nth: u32) -> Result<Applicant> {
        let person = id(person_of(CODE, nth));
        let employer = employer_of(CODE, nth);
        let holder = Claims {
            sub: person.to_string(),
            account: Some(person),
            person: Some(person),
            ..self.claims()
        };
        let registrar = Claims {
            employers: vec![EmployerGrant {
                employer: employer.trim_start_matches("employers/").parse()?,
                role: "REGISTRAR".to_owned(),
            }],
            ..self.claims()
        };
        let message = wire::CreateApplicationRequest {
            request_id: request_id(),
            r#type: types::ApplicationType::Initial.into(),
            specialties: vec![SPECIALTY.into()],
            employer,
            contract_from: Some(date(2026, 5, 4).into()),
            ..Default::default()
        };
        let mut client = self.applications();
        let created = client.create_application(self.signed(&holder, message)?).await?;
        let name = created.into_inner().application.context("a draft")?.name;
        self.attach_all(&holder, &name).await?;
        let message = wire::RequestEmploymentRequest {
            request_id: request_id(),
            name: name.clone(),
            commitment: true,
        };
        client.request_employment(self.signed(&holder, message)?).await?;
        let message = wire::ConfirmEmploymentRequest {
            request_id: request_id(),
            name: name.clone(),
            confirmed: true,
            reason: String::new(),
        };
        client
            .confirm_employment(self.signed(&registrar, message)?)
            .await?;
        let message = wire::SubmitApplicationRequest {
            request_id: request_id(),
            name: name.clone(),
            commitment: true,
        };
        client.submit_application(self.signed(&holder, message)?).await?;
        Ok(Applicant {
            person,
            application: name,
        })
    }

    async fn attach_all(&self, holder: &Claims, application: &str) -> Result<()> {
        let scan = Bytes::from_static(SCAN);
        for (kind, media_type, content) in [
            (MaterialKind::ApplicationForm, "application/pdf", &scan),
            (MaterialKind::QualificationCertificate, "application/pdf", &scan),
            (MaterialKind::EducationCertificate, "application/pdf", &scan),
            (MaterialKind::IdentityDocument, "application/pdf", &scan),
            (MaterialKind::LabourContract, "application/pdf", &scan),
            (MaterialKind::Photo, "image/jpeg", &self.photo),
            (MaterialKind::SignatureImage, "image/png", &self.signature),
        ] {
            let header = wire::MaterialHeader {
                request_id: request_id(),
                application: application.to_owned(),
                kind: kind.into(),
                media_type: media_type.to_owned(),
                digest: hex::encode(gm::sm3::digest(content)),
                ..Default::default()
            };
            let parts = [Part::Header(header), Part::Chunk(content.clone())];
            let parts = parts.map(|part| wire::AttachMaterialRequest { part: Some(part) });
            let request = self.signed(holder, stream::iter(parts))?;
            self.applications().attach_material(request).await?;
        }
        Ok(())
    }

    /// By an officer of the ministry who has not acted before.
    async fn act(&self, applicants: &[Applicant], act: &Act) -> Result<()> {
        let rows = applicants.iter().map(|applicant| wire::BatchRow {
            name: applicant.application.clone(),
            etag: String::new(),
        });
        let message = wire::BatchActRequest {
            request_id: request_id(),
            rows: rows.collect(),
            act: Some(act.clone()),
        };
        let request = self.signed(&officer(self.claims(), None), message)?;
        let mut client = WorkServiceClient::new(self.portal.channel());
        let answer = client.batch_act(request).await?.into_inner();
        let refused = answer.outcomes.iter().find(|outcome| !outcome.done);
        ensure!(refused.is_none(), "{refused:?}");
        Ok(())
    }

    fn applications(&self) -> ApplicationServiceClient<PeerChannel> {
        ApplicationServiceClient::new(self.portal.channel())
    }

    /// Somebody new.
    fn claims(&self) -> Claims {
        self.portal.claims(self.nation.clock.now())
    }

    fn signed<T>(&self, claims: &Claims, message: T) -> Result<Request<T>> {
        self.portal.request(&self.nation.signer, claims, message)
    }
}

fn request_id() -> String {
    Uuid::new_v4().to_string()
}
