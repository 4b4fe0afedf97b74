//! The acts of a story, one call each.

use std::time::Duration;

use api::registration::v1 as wire;
use api::registration::v1::attach_material_request::Part;
use api::types::v1::{ApplicationType, DocumentKind, Specialty};
use bytes::Bytes;
use jiff::civil::{Date, date};
use testkit::picture;
use tonic::Status;
use wire::MaterialKind;
use wire::application::State;

use crate::world::{Actor, Employment, Holder, World, id, officer, wire as day};

pub(crate) const WATER: Specialty = Specialty::WaterAndHydropower;

type Shown = Result<wire::Application, Status>;

/// A small document that says something.
pub(crate) fn scan(says: &str) -> Vec<u8> {
    let comment = format!("%{says}\n");
    let mut document = testkit::materials::SCAN.to_vec();
    let end = document.len() - b"%%EOF\n".len();
    document.splice(end..end, comment.into_bytes());
    document
}

macro_rules! verbs {
    ($($method:ident on $client:ident: $request:ident { $($field:ident: $type:ty),* } $($plain:ident)*;)*) => {
impl World {$(
            pub(crate) async fn $method(&self, actor: &Actor, name: &str $(, $field: $type)*) -> Shown {
                let message = wire::$request {
                    request_id: id(), name: name.to_owned() $(, $field: $field.into())*, $($plain: String::new(),)*
                };
                let answer = self.$client().$method(self.signed(actor, message)).await?;
                Ok(answer.into_inner().application.expect("the resource comes back"))
            }
        )*}
    };
}

verbs! {
    confirm_employment on applications: ConfirmEmploymentRequest { confirmed: bool, reason: &str };
    submit_application on applications: SubmitApplicationRequest { commitment: bool };
    withdraw_application on applications: WithdrawApplicationRequest { reason: &str };
    request_correction on reviews: RequestCorrectionRequest { corrections: Vec<String> } etag;
    accept_application on reviews: AcceptApplicationRequest { etag: &str };
    request_joint_review on reviews: RequestJointReviewRequest {} etag;
    record_joint_review on reviews: RecordJointReviewRequest { specialty: Specialty, opinion: wire::Opinion } etag grounds;
    return_for_review on reviews: ReturnForReviewRequest {} etag;
    decide_application on reviews: DecideApplicationRequest { granted: bool, grounds: &str } etag;
}

/// The officers of a file.
pub(crate) struct Officers {
    pub(crate) acceptor: Actor,
    pub(crate) reviewer: Actor,
    pub(crate) water: Actor,
    pub(crate) ministry: Actor,
}

impl Officers {
    pub(crate) fn new() -> Self {
        Self {
            acceptor: officer("provinces/32"),
            reviewer: officer("provinces/32"),
            water: officer("ministries/water-resources"),
            ministry: officer("ministry"),
        }
    }
}

/// A paper to rest a fact on.
pub(crate) fn paper(content: &[u8]) -> wire::EvidencePaper {
    let digest = gm::sm3::digest(content);
    wire::EvidencePaper {
        media_type: "application/pdf".to_owned(),
        content: Bytes::copy_from_slice(content),
        digest: digest.iter().map(|byte| format!("{byte:02x}")).collect(),
    }
}

/// What a fact says, on the wire.
pub(crate) fn said(statement: wire::fact_statement::Statement) -> Option<wire::FactStatement> {
    Some(wire::FactStatement {
        statement: Some(statement),
    })
}

/// The rules that a refused call names, in its order.
pub(crate) fn rules<T: std::fmt::Debug>(answer: Result<T, Status>) -> Vec<String> {
    let status = answer.expect_err("a refusal");
    let details = tonic_types::StatusExt::get_details_bad_request(&status);
    let fields = details.map(|bad| bad.field_violations).unwrap_or_default();
    fields.into_iter().map(|violation| violation.field).collect()
}

impl World {
    pub(crate) async fn request_employment(&self, actor: &Actor, name: &str) -> Shown {
        self.hand_over(actor, name, false).await
    }

    /// 初审, in the officer's own words.
    pub(crate) async fn record_review(
        &self,
        actor: &Actor,
        name: &str,
        opinion: wire::Opinion,
        grounds: &str,
    ) -> Shown {
        let message = wire::RecordReviewRequest {
            request_id: id(),
            name: name.to_owned(),
            opinion: opinion.into(),
            grounds: grounds.to_owned(),
            ..Default::default()
        };
        let answer = self.reviews().record_review(self.signed(actor, message)).await?;
        Ok(answer.into_inner().application.expect("the resource comes back"))
    }

    /// Hands a draft to the employer, with or without the commitment.
    pub(crate) async fn hand_over(&self, actor: &Actor, name: &str, commitment: bool) -> Shown {
        let message = wire::RequestEmploymentRequest {
            request_id: id(),
            name: name.to_owned(),
            commitment,
        };
        let answer = self
            .applications()
            .request_employment(self.signed(actor, message))
            .await?;
        Ok(answer.into_inner().application.expect("the resource comes back"))
    }

    /// Proposes a fact.
    pub(crate) async fn propose_fact(
        &self,
        officer: &Actor,
        subject: wire::record_fact_request::Subject,
        statement: wire::fact_statement::Statement,
    ) -> Result<wire::Fact, Status> {
        let message = wire::RecordFactRequest {
            request_id: id(),
            subject: Some(subject),
            statement: said(statement),
            source: wire::FactSource::HousingAuthority.into(),
            reference: "苏建罚字〔2022〕7号".to_owned(),
            evidence: Some(paper("%PDF-1.7 处罚决定书".as_bytes())),
        };
        let answer = self.facts().record_fact(self.signed(officer, message)).await?;
        Ok(answer.into_inner().fact.expect("the fact comes back"))
    }

    /// Confirms facts, or declines them.
    pub(crate) async fn confirm_facts(
        &self,
        officer: &Actor,
        names: &[&str],
        confirmed: bool,
    ) -> Result<Vec<wire::FactOutcome>, Status> {
        let message = wire::ConfirmFactsRequest {
            request_id: id(),
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            confirmed,
            grounds: if confirmed {
                String::new()
            } else {
                "文书号不符".to_owned()
            },
        };
        let answer = self.facts().confirm_facts(self.signed(officer, message)).await?;
        Ok(answer.into_inner().outcomes)
    }

    /// A fact that counts: proposed by one officer, confirmed by another.
    pub(crate) async fn fact(
        &self,
        subject: wire::record_fact_request::Subject,
        statement: wire::fact_statement::Statement,
    ) -> wire::Fact {
        let (one, other) = (officer("provinces/32"), officer("provinces/32"));
        let fact = self
            .propose_fact(&one, subject, statement)
            .await
            .expect("proposed");
        let outcomes = self
            .confirm_facts(&other, &[&fact.name], true)
            .await
            .expect("answered");
        assert_eq!(
            outcomes.first().map(|one| one.reason.as_str()),
            Some(""),
            "{outcomes:?}"
        );
        fact
    }

    /// Puts a qualification in 水利水电 on record.
    pub(crate) async fn qualify(&self, holder: &Holder, specialty: Specialty, issued_on: Date) {
        let row = wire::QualificationRow {
            full_name: holder.person.full_name.clone(),
            document_kind: DocumentKind::CitizenIdentityCard.into(),
            document_number: holder.person.document_number.clone(),
            qualification_number: format!(
                "2022{:020}",
                u128::from_be_bytes(*holder.id.as_bytes()) % 1_000_000_007
            ),
            specialty: specialty.into(),
            issued_on: Some(day(issued_on)),
        };
        let message = wire::ImportQualificationsRequest {
            request_id: id(),
            rows: vec![row],
        };
        let request = self.signed(&officer("provinces/32"), message);
        let answer = self
            .qualifications()
            .import_qualifications(request)
            .await
            .expect("imported")
            .into_inner();
        assert_eq!((answer.imported, answer.faults.len()), (1, 0));
    }

    /// Opens a draft.
    pub(crate) async fn draft(
        &self,
        holder: &Holder,
        kind: ApplicationType,
        specialties: &[Specialty],
        employer: &str,
    ) -> Shown {
        let message = self.drafting(kind, specialties, employer);
        let answer = self
            .applications()
            .create_application(self.signed(&holder.actor, message))
            .await?;
        Ok(answer.into_inner().application.expect("the resource comes back"))
    }

    pub(crate) fn drafting(
        &self,
        kind: ApplicationType,
        specialties: &[Specialty],
        employer: &str,
    ) -> wire::CreateApplicationRequest {
        wire::CreateApplicationRequest {
            request_id: id(),
            r#type: kind.into(),
            specialties: specialties.iter().map(|one| (*one).into()).collect(),
            employer: employer.to_owned(),
            contract_from: Some(day(self.today())),
            ..Default::default()
        }
    }

    /// Attaches a material, in chunks.
    pub(crate) async fn attach(
        &self,
        actor: &Actor,
        application: &str,
        kind: MaterialKind,
        media_type: &str,
        content: &[u8],
    ) -> Result<wire::Material, Status> {
        let digest = gm::sm3::digest(content)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let header = wire::MaterialHeader {
            request_id: id(),
            application: application.to_owned(),
            kind: kind.into(),
            media_type: media_type.to_owned(),
            digest,
            ..Default::default()
        };
        self.attach_as(actor, header, content).await
    }

    pub(crate) async fn attach_as(
        &self,
        actor: &Actor,
        header: wire::MaterialHeader,
        content: &[u8],
    ) -> Result<wire::Material, Status> {
        let mut parts = vec![Part::Header(header)];
        parts.extend(
            content
                .chunks(60_000)
                .map(|chunk| Part::Chunk(Bytes::copy_from_slice(chunk))),
        );
        let parts = parts
            .into_iter()
            .map(|part| wire::AttachMaterialRequest { part: Some(part) });
        let request = self.signed(actor, tokio_stream::iter(parts.collect::<Vec<_>>()));
        let answer = self.applications().attach_material(request).await?;
        Ok(answer.into_inner().material.expect("the material comes back"))
    }

    /// Attaches the paper that shows the end of an employment.
    pub(crate) async fn show_termination(
        &self,
        actor: &Actor,
        application: &str,
        (evidence, ended_on): (wire::TerminationEvidence, Date),
    ) -> Result<wire::Material, Status> {
        let content = scan(evidence.as_str_name());
        let header = wire::MaterialHeader {
            request_id: id(),
            application: application.to_owned(),
            kind: MaterialKind::TerminationProof.into(),
            media_type: "application/pdf".to_owned(),
            digest: hex::encode(gm::sm3::digest(&content)),
            employment_ended_on: Some(day(ended_on)),
            termination: evidence.into(),
        };
        self.attach_as(actor, header, &content).await
    }

    /// Everything that the application misses.
    pub(crate) async fn attach_missing(&self, holder: &Holder, application: &str) {
        self.attach_missing_as(&holder.actor, application).await;
    }

    /// As [`World::attach_missing`], by whoever opened it.
    pub(crate) async fn attach_missing_as(&self, actor: &Actor, application: &str) {
        let shown = self.application(actor, application).await.expect("shown");
        for name in &shown.missing_materials {
            let kind = *KINDS
                .iter()
                .find(|(known, _)| known == name)
                .map(|(_, kind)| kind)
                .expect("a known material");
            let (media_type, content) = match kind {
                MaterialKind::Photo => ("image/jpeg", picture::photo_jpeg(7)),
                MaterialKind::SignatureImage => ("image/png", picture::signature_png(7)),
                _ => ("application/pdf", scan(name)),
            };
            self.attach(actor, application, kind, media_type, &content)
                .await
                .expect("attached");
        }
    }

    pub(crate) async fn application(&self, actor: &Actor, name: &str) -> Shown {
        let message = wire::GetApplicationRequest {
            name: name.to_owned(),
        };
        let answer = self
            .applications()
            .get_application(self.signed(actor, message))
            .await?;
        Ok(answer.into_inner().application.expect("the resource comes back"))
    }

    /// A draft with its materials that the employer confirmed.
    pub(crate) async fn confirmed(
        &self,
        holder: &Holder,
        firm: &Employment,
        kind: ApplicationType,
        specialties: &[Specialty],
    ) -> String {
        let name = self
            .draft(holder, kind, specialties, &firm.name)
            .await
            .expect("a draft")
            .name;
        self.attach_missing(holder, &name).await;
        self.request_employment(&holder.actor, &name)
            .await
            .expect("handed to the employer");
        self.confirm_employment(&firm.registrar, &name, true, "")
            .await
            .expect("confirmed");
        name
    }

    /// As [`World::confirmed`], and submitted.
    pub(crate) async fn submitted(
        &self,
        holder: &Holder,
        firm: &Employment,
        kind: ApplicationType,
        specialties: &[Specialty],
    ) -> String {
        let name = self.confirmed(holder, firm, kind, specialties).await;
        let shown = self
            .submit_application(&holder.actor, &name, true)
            .await
            .expect("submitted");
        assert_eq!(shown.state(), State::Submitted);
        name
    }

    /// Accepted, reviewed, jointly reviewed where its specialties need it, and granted.
    pub(crate) async fn granted(&self, name: &str) -> wire::Application {
        let officers = Officers::new();
        self.accept_application(&officers.acceptor, name, "")
            .await
            .expect("accepted");
        let shown = self
            .record_review(&officers.reviewer, name, wire::Opinion::Favourable, "")
            .await
            .expect("reviewed");
        let is_judged = ![
            ApplicationType::Cancellation,
            ApplicationType::Correction,
            ApplicationType::SealReissue,
        ]
        .contains(&shown.r#type());
        if is_judged && shown.specialties().any(|one| one == WATER) {
            self.request_joint_review(&officers.reviewer, name)
                .await
                .expect("passed on");
            self.record_joint_review(&officers.water, name, WATER, wire::Opinion::Favourable)
                .await
                .expect("agreed");
        }
        self.decide_application(&officers.ministry, name, true, "")
            .await
            .expect("granted")
    }

    /// Opens a publicity of one application, waits its window out and closes it.
    pub(crate) async fn publicised(&self, name: &str) -> wire::ClosePublicityResponse {
        let publicity = self.open_publicity(name).await.expect("in publicity");
        self.advance(30);
        self.close_publicity(&publicity.name).await.expect("closed")
    }

    pub(crate) async fn open_publicity(&self, name: &str) -> Result<wire::Publicity, Status> {
        let message = wire::OpenPublicityRequest {
            request_id: id(),
            applications: vec![name.to_owned()],
        };
        let request = self.signed(&officer("provinces/32"), message);
        let answer = self.announcements().open_publicity(request).await?;
        Ok(answer.into_inner().publicity.expect("the publicity comes back"))
    }

    pub(crate) async fn close_publicity(&self, name: &str) -> Result<wire::ClosePublicityResponse, Status> {
        self.close_publicity_within(name, Duration::from_secs(30)).await
    }

    /// As [`Self::close_publicity`], by a caller who waits so long.
    pub(crate) async fn close_publicity_within(
        &self,
        name: &str,
        patience: Duration,
    ) -> Result<wire::ClosePublicityResponse, Status> {
        let message = wire::ClosePublicityRequest {
            request_id: id(),
            name: name.to_owned(),
        };
        let mut request = self.signed(&officer("provinces/32"), message);
        request.set_timeout(patience);
        Ok(self.announcements().close_publicity(request).await?.into_inner())
    }

    pub(crate) async fn publish(&self, names: &[&str]) -> Result<wire::PublishAnnouncementResponse, Status> {
        self.publish_as(&officer("provinces/32"), names).await
    }

    pub(crate) async fn publish_as(
        &self,
        actor: &Actor,
        names: &[&str],
    ) -> Result<wire::PublishAnnouncementResponse, Status> {
        let message = wire::PublishAnnouncementRequest {
            request_id: id(),
            applications: names.iter().map(|name| (*name).to_owned()).collect(),
        };
        let request = self.signed(actor, message);
        Ok(self
            .announcements()
            .publish_announcement(request)
            .await?
            .into_inner())
    }

    pub(crate) async fn explain(&self, holder: &Holder) -> wire::ExplainAvailabilityResponse {
        let message = wire::ExplainAvailabilityRequest {
            person: "persons/me".to_owned(),
            typed: None,
        };
        let request = self.signed(&holder.actor, message);
        self.registrations()
            .explain_availability(request)
            .await
            .expect("explained")
            .into_inner()
    }

    pub(crate) async fn registration(&self, holder: &Holder) -> Result<wire::Registration, Status> {
        let message = wire::GetRegistrationRequest {
            name: format!("provinces/32/registrations/{}", holder.id),
        };
        let answer = self
            .registrations()
            .get_registration(self.signed(&holder.actor, message))
            .await?;
        Ok(answer
            .into_inner()
            .registration
            .expect("the registration comes back"))
    }

    /// The whole path of an initial registration in 水利水电; returns the application.
    pub(crate) async fn registered(&self, holder: &Holder, firm: &Employment) -> String {
        self.qualify(holder, WATER, date(2022, 3, 1)).await;
        let name = self
            .submitted(holder, firm, ApplicationType::Initial, &[WATER])
            .await;
        self.granted(&name).await;
        let closed = self.publicised(&name).await;
        assert!(
            closed.outcomes.iter().all(|outcome| outcome.cleared),
            "{closed:?}"
        );
        let position = self
            .publish(&[&name])
            .await
            .expect("announced")
            .position
            .expect("a position");
        self.nation.applied(position.value).await;
        name
    }
}

const KINDS: [(&str, MaterialKind); 13] = [
    ("注册申请表", MaterialKind::ApplicationForm),
    ("资格证书", MaterialKind::QualificationCertificate),
    ("学历证书", MaterialKind::EducationCertificate),
    ("身份证明", MaterialKind::IdentityDocument),
    ("劳动合同", MaterialKind::LabourContract),
    ("继续教育证明", MaterialKind::ContinuingEducation),
    ("一寸白底免冠照片", MaterialKind::Photo),
    ("手写签名图片", MaterialKind::SignatureImage),
    ("工作调动证明", MaterialKind::TerminationProof),
    ("原注册证书", MaterialKind::PreviousCertificate),
    ("更正事项证明", MaterialKind::CorrectionProof),
    ("注销事由证明", MaterialKind::CancellationProof),
    ("遗失声明", MaterialKind::LossNotice),
];
