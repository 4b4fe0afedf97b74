//! Policy profiles: what the sources leave open or practice has changed, held as data and fixed by the day of
//! submission (domain §0, §7; design §2).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::announcement::NumberFormat;
use crate::application::{ApplicationType, MaterialKind};
use crate::authority::ChargedAuthority;
use crate::cancellation::CancellationCompletion;
use crate::check::{CheckPolicy, ExternalCheck};
use crate::employment::GapRule;
use crate::notice::NoticePolicy;
use crate::specialty::{JointReviewer, Specialty};
use crate::validity::{LeapDay, RenewalRule, UsePeriodRule};

mod limits;
#[cfg(test)]
mod tests;

pub use limits::{Step, StepLimit, TimeLimits};

/// Whether continuing education is checked (domain §1.11).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContinuingEducationMode {
    /// Hours on record must suffice.
    Verify,
    /// The person and the employer attest to it (承诺制).
    Attest,
    /// Not looked at.
    Off,
}

/// The day from which an initial term runs (domain §1.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InitialStart {
    /// The day of the announcement.
    Announcement,
    /// The day of the decision.
    Decision,
}

/// How a person goes to another employer (domain §0.8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EmployerChangeMode {
    /// One application for change (153号 art 13).
    Change,
    /// Cancellation, then re-registration (2018 practice).
    CancelAndReregister,
}

/// Which end the practice seal prints when specialties end on different days (domain §1.9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PracticeSealEnd {
    /// The earliest.
    Earliest,
    /// The latest.
    Latest,
}

/// When a material of a type is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MaterialCondition {
    /// Always.
    Always,
    /// Where continuing education must be shown and is not on record.
    EducationDue,
    /// Where the old employer has not confirmed the end of the employment.
    TerminationUnconfirmed,
    /// Where somebody else than the person asks for the cancellation.
    NotByHolder,
    /// Where a fact that identity holds is corrected.
    IdentityCorrected,
    /// Where the photo is replaced.
    PhotoCorrected,
    /// Where the handwritten-signature image is replaced.
    SignatureImageCorrected,
    /// Where the practice seal was lost.
    SealLost,
}

/// A material that a type asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequiredMaterial {
    /// Which.
    pub kind: MaterialKind,
    /// When.
    #[serde(default = "always")]
    pub when: MaterialCondition,
}

const fn always() -> MaterialCondition {
    MaterialCondition::Always
}

const fn objection_days() -> u16 {
    10
}

/// What of an application decides which materials it needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MaterialContext {
    /// Continuing education must be shown by a paper.
    pub education_due: bool,
    /// The old employer has not confirmed the end of the employment.
    pub termination_unconfirmed: bool,
    /// Somebody else than the person asks for the cancellation.
    pub not_by_holder: bool,
    /// A fact that identity holds is corrected.
    pub identity_corrected: bool,
    /// The photo is replaced.
    pub photo_corrected: bool,
    /// The handwritten-signature image is replaced.
    pub signature_image_corrected: bool,
    /// The practice seal was lost.
    pub seal_lost: bool,
}

/// Two steps of one file that no officer may do both (101号 art 16).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FourEyes {
    /// The earlier step.
    pub first: Step,
    /// The later step.
    pub second: Step,
}

/// Rules of use copies beside the period (domain §1.10).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UseCopyPolicy {
    /// How long a copy may be used.
    pub period: UsePeriodRule,
    /// Different copies of one version that may be made in a day; the same purpose and recipient return the same copy.
    pub per_day: u16,
    /// Different copies that a holder may make in a day, of whatever version.
    #[serde(default = "per_day_holder")]
    pub per_day_holder: u16,
    /// Different copies of one holder that employers may have made in a day under consents; they count apart.
    #[serde(default = "per_day_consent")]
    pub per_day_consent: u16,
    /// Longest days of a standing consent (长期授权).
    #[serde(default = "consent_days")]
    pub consent_days: u16,
    /// Days in which a holder may answer an employer's request for a copy.
    #[serde(default = "request_days")]
    pub request_days: u16,
    /// Days after a refusal in which the same is not asked again.
    #[serde(default = "ask_again_days")]
    pub ask_again_days: u16,
}

const fn per_day_holder() -> u16 {
    10
}

const fn per_day_consent() -> u16 {
    20
}

const fn consent_days() -> u16 {
    365
}

const fn request_days() -> u16 {
    30
}

const fn ask_again_days() -> u16 {
    7
}

/// The name and version of a profile, as an application keeps it from submission on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PolicyRef {
    /// As in `provincial-publicity`.
    pub name: String,
    /// From 1.
    pub version: u32,
}

/// A policy profile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyProfile {
    /// As in `provincial-publicity`.
    pub name: String,
    /// From 1; a later version takes the place of an earlier one.
    pub version: u32,
    /// Applies to applications submitted from this day on.
    pub in_force_from: Date,
    /// Who accepts (受理).
    pub accepting_authority: ChargedAuthority,
    /// Whether the province reviews (初审) before the decision.
    pub provincial_review: bool,
    /// Who decides (审批).
    pub deciding_authority: ChargedAuthority,
    /// Who opens publicity and publishes the announcement.
    pub announcing_authority: ChargedAuthority,
    /// How its announcements are numbered, within authority and year.
    #[serde(default)]
    pub announcement_number: NumberFormat,
    /// The day from which an initial term runs.
    pub initial_start: InitialStart,
    /// How a person goes to another employer.
    pub employer_change_mode: EmployerChangeMode,
    /// Working days in which the old employer may object to a notice of termination (解聘告知); 0: there is no such
    /// notice. No article gives a length; ten is that of a publicity (domain §1.4).
    #[serde(default = "objection_days")]
    pub termination_objection_days: u16,
    /// What the days between two employments mean for a change.
    #[serde(default)]
    pub employment_gap: GapRule,
    /// Whether the person's own cancellation is announced, or complete with the employer's confirmation.
    #[serde(default)]
    pub cancellation_completion: CancellationCompletion,
    /// Types that are not taken here.
    #[serde(default)]
    pub not_offered: BTreeSet<ApplicationType>,
    /// Whether continuing education is checked.
    pub ce_mode: ContinuingEducationMode,
    /// Years from the qualification within which an initial registration needs no continuing education.
    pub initial_within_years: u8,
    /// Whether person and employer must commit to the truth of what they file (承诺制).
    pub commitment_required: bool,
    /// Whether a filing deadline on a day off moves to the next working day.
    pub filing_deadline_rolls: bool,
    /// Whether the face shows the document number in full.
    pub show_document_number: bool,
    /// What becomes of 29 February.
    pub leap_day: LeapDay,
    /// Which end the practice seal prints.
    pub practice_seal_end: PracticeSealEnd,
    /// When a renewal may be filed.
    pub renewal: RenewalRule,
    /// Use copies.
    pub use_copy: UseCopyPolicy,
    /// Working days of the authorities.
    pub limits: TimeLimits,
    /// Working days of publicity (公示) by type; a type not named has none.
    pub publicity_days: BTreeMap<ApplicationType, u16>,
    /// Who co-reviews which specialty; a specialty not named is not co-reviewed.
    pub joint_reviewers: BTreeMap<Specialty, JointReviewer>,
    /// Steps that need different officers.
    pub four_eyes: Vec<FourEyes>,
    /// What each type asks for.
    pub materials: BTreeMap<ApplicationType, Vec<RequiredMaterial>>,
    /// How notices (文书) are numbered and what they say of remedies.
    #[serde(default)]
    pub notices: NoticePolicy,
    /// What follows from an external check that a deployment has connected.
    #[serde(default)]
    pub checks: BTreeMap<ExternalCheck, CheckPolicy>,
}

/// What is wrong with a profile or a set of them; every fault at once.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("policy profile: {}", faults.join("; "))]
pub struct PolicyError {
    /// One line each.
    pub faults: Vec<String>,
}

impl PolicyProfile {
    /// Reads a profile and checks that it is complete and sane.
    ///
    /// # Errors
    /// It is no TOML of this shape, or breaks a rule; all broken rules are named.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        let profile: Self = toml::from_str(text).map_err(|error| PolicyError {
            faults: vec![error.to_string()],
        })?;
        let faults = profile.faults();
        if faults.is_empty() {
            Ok(profile)
        } else {
            Err(PolicyError { faults })
        }
    }

    fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let mut require = |holds: bool, fault: &str| {
            if !holds {
                faults.push(format!("{} {}: {fault}", self.name, self.version));
            }
        };
        require(
            !self.name.is_empty() && self.version > 0,
            "name and version must be given",
        );
        require(
            self.renewal.opens > self.renewal.closes,
            "the renewal window must open before it closes",
        );
        require(self.use_copy.period.days > 0, "use copies need at least one day");
        require(
            self.use_copy.per_day > 0,
            "at least one use copy a day must be possible",
        );
        require(
            self.use_copy.per_day_holder >= self.use_copy.per_day,
            "a holder must be able to make what one version allows",
        );
        require(
            self.use_copy.consent_days > 0 && self.use_copy.request_days > 0,
            "consents and requests need at least one day",
        );
        require(
            self.requires_different_officers(Step::Accept, Step::Review) || !self.provincial_review,
            "acceptance and review must be of different officers (101号 art 16)",
        );
        for kind in ApplicationType::ALL {
            let named = self.materials.get(&kind).is_some_and(|list| !list.is_empty());
            require(named, &format!("{} needs a list of materials", kind.code()));
        }
        let repeated = self.materials.values().any(|list| {
            list.iter()
                .map(|required| required.kind)
                .collect::<BTreeSet<_>>()
                .len()
                != list.len()
        });
        require(!repeated, "a material is listed twice for one type");
        let notices = self.notices.faults().into_iter();
        faults.extend(notices.map(|fault| format!("{} {}: {fault}", self.name, self.version)));
        faults
    }

    /// Name and version.
    #[must_use]
    pub fn reference(&self) -> PolicyRef {
        PolicyRef {
            name: self.name.clone(),
            version: self.version,
        }
    }

    /// Whether applications of a type are taken.
    #[must_use]
    pub fn offers(&self, kind: ApplicationType) -> bool {
        !self.not_offered.contains(&kind)
    }

    /// Working days of publicity for a type; none means the step does not exist.
    #[must_use]
    pub fn publicity_days(&self, kind: ApplicationType) -> Option<u16> {
        self.publicity_days.get(&kind).copied().filter(|days| *days > 0)
    }

    /// Which of the specialties need whose joint review. Only types that judge the person are co-reviewed.
    #[must_use]
    pub fn joint_reviews(
        &self,
        kind: ApplicationType,
        specialties: &[Specialty],
    ) -> BTreeMap<Specialty, JointReviewer> {
        let judged = kind.is_judged();
        let specialties = specialties.iter().filter(|_| judged);
        specialties
            .filter_map(|s| self.joint_reviewers.get(s).map(|reviewer| (*s, *reviewer)))
            .collect()
    }

    /// Whether two steps of a file must be done by different officers.
    #[must_use]
    pub fn requires_different_officers(&self, one: Step, other: Step) -> bool {
        let pair = |rule: &FourEyes| [(one, other), (other, one)].contains(&(rule.first, rule.second));
        self.four_eyes.iter().any(pair)
    }

    /// The materials an application of a type needs.
    #[must_use]
    pub fn required_materials(&self, kind: ApplicationType, context: MaterialContext) -> Vec<MaterialKind> {
        let applies = |required: &&RequiredMaterial| match required.when {
            MaterialCondition::Always => true,
            MaterialCondition::EducationDue => context.education_due,
            MaterialCondition::TerminationUnconfirmed => context.termination_unconfirmed,
            MaterialCondition::NotByHolder => context.not_by_holder,
            MaterialCondition::IdentityCorrected => context.identity_corrected,
            MaterialCondition::PhotoCorrected => context.photo_corrected,
            MaterialCondition::SignatureImageCorrected => context.signature_image_corrected,
            MaterialCondition::SealLost => context.seal_lost,
        };
        let listed = self.materials.get(&kind).into_iter().flatten();
        listed.filter(applies).map(|required| required.kind).collect()
    }

    /// The required materials that are not among the attached ones.
    #[must_use]
    pub fn missing_materials(
        &self,
        kind: ApplicationType,
        context: MaterialContext,
        attached: &[MaterialKind],
    ) -> Vec<MaterialKind> {
        let mut required = self.required_materials(kind, context);
        required.retain(|material| !attached.contains(material));
        required
    }
}

/// All versions of all profiles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyBook(Vec<PolicyProfile>);

impl PolicyBook {
    /// Name of the profile that the guide describes, the default.
    pub const PROVINCIAL_PUBLICITY: &'static str = "provincial-publicity";
    /// Name of the profile of the 2018 practice.
    pub const MINISTRY_DIRECT: &'static str = "ministry-direct";

    /// The profiles that ship with the program (`data/policies`).
    #[must_use]
    pub fn builtin() -> &'static Self {
        static BUILTIN: LazyLock<PolicyBook> = LazyLock::new(|| {
            PolicyBook::parse(&[
                include_str!("../data/policies/provincial-publicity.toml"),
                include_str!("../data/policies/ministry-direct.toml"),
            ])
            .expect("invariant: the shipped profiles are read by a test")
        });
        &BUILTIN
    }

    /// Reads profiles, one text each.
    ///
    /// # Errors
    /// A profile is wrong, two have the same name and version, or announcements of two authorities would get the same
    /// numbers; all faults are named.
    pub fn parse(texts: &[&str]) -> Result<Self, PolicyError> {
        let mut profiles: Vec<PolicyProfile> = Vec::new();
        let mut faults = Vec::new();
        for text in texts {
            match PolicyProfile::parse(text) {
                Ok(profile)
                    if profiles
                        .iter()
                        .any(|known| known.reference() == profile.reference()) =>
                {
                    faults.push(format!("{} {} is given twice", profile.name, profile.version));
                }
                Ok(profile) => profiles.push(profile),
                Err(error) => faults.extend(error.faults),
            }
        }
        faults.extend(shared_numbers(&profiles));
        if faults.is_empty() {
            Ok(Self(profiles))
        } else {
            Err(PolicyError { faults })
        }
    }

    /// These profiles and others, one text each.
    ///
    /// # Errors
    /// As [`PolicyBook::parse`]; a name and version that is there already is a fault.
    pub fn with(&self, texts: &[&str]) -> Result<Self, PolicyError> {
        let added = Self::parse(texts)?;
        let twice = |one: &&PolicyProfile| self.find(&one.reference()).is_some();
        let mut faults: Vec<_> = added
            .0
            .iter()
            .filter(twice)
            .map(|one| format!("{} {} is given twice", one.name, one.version))
            .collect();
        let all = [self.0.clone(), added.0].concat();
        faults.extend(shared_numbers(&all));
        if faults.is_empty() {
            Ok(Self(all))
        } else {
            Err(PolicyError { faults })
        }
    }

    /// The version of a profile that applies to applications submitted on a day.
    #[must_use]
    pub fn in_force(&self, name: &str, submitted_on: Date) -> Option<&PolicyProfile> {
        let named = self
            .0
            .iter()
            .filter(|profile| profile.name == name && profile.in_force_from <= submitted_on);
        named.max_by_key(|profile| (profile.in_force_from, profile.version))
    }

    /// The profile that an application was submitted under.
    #[must_use]
    pub fn find(&self, reference: &PolicyRef) -> Option<&PolicyProfile> {
        self.0.iter().find(|profile| profile.reference() == *reference)
    }
}

/// Profiles under which two authorities would give their announcements the same number (文号) in one province. Serials run
/// within authority and year, so that a form of its own is what tells the authorities apart; two profiles of one authority
/// draw from one series and may share a form. Registration numbers are no matter of policy: their form is one for all
/// (domain §1.8).
fn shared_numbers(profiles: &[PolicyProfile]) -> Vec<String> {
    let mut faults = Vec::new();
    for (index, one) in profiles.iter().enumerate() {
        let others = profiles.iter().skip(index + 1);
        faults.extend(
            others
                .filter(|other| {
                    other.announcing_authority != one.announcing_authority
                        && other.announcement_number == one.announcement_number
                })
                .map(|other| {
                    format!(
                        "{} {} and {} {} number the announcements of two authorities alike: {}",
                        one.name,
                        one.version,
                        other.name,
                        other.version,
                        String::from(one.announcement_number.clone()),
                    )
                }),
        );
    }
    faults
}
