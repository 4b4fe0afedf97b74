//! What an application makes of the facts about a person.

use domain::application::ApplicationType;
use domain::correction::{CorrectedFact, CorrectionRefused};
use domain::reason::Reason as _;
use jiff::Timestamp;
use service_runtime::clock::day_of;

use super::request_clearance::{Asked, Input, NotCleared};
use crate::holder::{Holder, StoredPicture};

/// What the certificate will say of its holder. Facts about the person change with a registration or a correction and
/// with nothing else (信息更正; domain §1.3): a renewal does not rename anybody. A correction takes what identity holds,
/// once that is what it claims. Documents of whoever is merged into the holder are the caller's.
pub(super) fn holder_after(
    input: &Input,
    asked: &Asked,
    before: Option<&Holder>,
    now: Timestamp,
) -> Result<Holder, &'static str> {
    // Whoever came with an existing register may act without pictures until an act brings them: the registration does not
    // rest on the certificate.
    let anew = matches!(
        input.kind,
        ApplicationType::Initial | ApplicationType::Reregistration
    );
    let came_without = !anew && before.is_some_and(|before| before.pictures().is_none());
    let pick = |new: &Option<StoredPicture>, old: Option<&StoredPicture>| {
        let picked = new.as_ref().or(old).cloned();
        if picked.is_none() && !came_without {
            return Err(NotCleared::PICTURE_MISSING);
        }
        Ok(picked)
    };
    let mut after = Holder {
        person: asked.found.clone(),
        photo: pick(&asked.photo, before.and_then(|before| before.photo.as_ref()))?,
        signature_image: pick(
            &asked.signature,
            before.and_then(|before| before.signature_image.as_ref()),
        )?,
        other_documents: Vec::new(),
    };
    let Some(before) = before else {
        return Ok(after);
    };
    match (&input.type_terms.correction, input.kind) {
        (Some(terms), _) => {
            let corrected = |fact| terms.is_about(fact);
            let differing = after.person.identity().differing(&before.person.identity());
            terms
                .check(day_of(now))
                .and_then(|()| terms.check_against(&differing))
                .map_err(|refusal| refusal.reason())?;
            for (fact, handed_in, slot, old) in [
                (
                    CorrectedFact::Photo,
                    &asked.photo,
                    &mut after.photo,
                    &before.photo,
                ),
                (
                    CorrectedFact::SignatureImage,
                    &asked.signature,
                    &mut after.signature_image,
                    &before.signature_image,
                ),
            ] {
                if !corrected(fact) {
                    *slot = old.clone();
                } else if handed_in.is_none() {
                    return Err(CorrectionRefused::PictureMissing { fact }.reason());
                }
            }
        }
        (None, ApplicationType::Initial | ApplicationType::Reregistration) => {}
        (None, _) => after.person = before.person.clone(),
    }
    Ok(after)
}
