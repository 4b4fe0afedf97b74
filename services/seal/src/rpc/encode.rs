//! Seals on the wire.

use api::convert::instant;
use api::seal::v1 as wire;
use domain::seal::SealState;

use crate::query::seals::View;

/// A seal with its present making.
pub(super) fn seal(view: &View) -> wire::Seal {
    let record = &view.record;
    let (state, filing, ground) = match &record.state {
        SealState::Requested { .. } => (wire::seal::State::Requested, None, ""),
        SealState::Made => (wire::seal::State::Made, None, ""),
        SealState::Active { filing } => (wire::seal::State::Active, filing.as_ref(), ""),
        SealState::Suspended { filing, ground } => {
            (wire::seal::State::Suspended, filing.as_ref(), ground.as_str())
        }
        SealState::Destroyed { ground } => (wire::seal::State::Destroyed, None, ground.as_str()),
    };
    let asked = record.request.as_ref();
    let blank = wire::Seal {
        name: record.name.clone(),
        es_id: record.es_id.clone(),
        title: asked.map(|asked| asked.title.clone()).unwrap_or_default(),
        picture: asked
            .map(|asked| asked.picture.clone().into())
            .unwrap_or_default(),
        width_mm: asked.map(|asked| asked.width_mm).unwrap_or_default(),
        height_mm: asked.map(|asked| asked.height_mm).unwrap_or_default(),
        specimen: record.specimen,
        state: state.into(),
        filing: filing.map(|filing| wire::SealFiling {
            number: filing.number.clone(),
            authority: filing.authority.clone(),
            filed_on: Some(filing.on.into()),
        }),
        ground: ground.to_owned(),
        proposal: view
            .proposal
            .as_ref()
            .map(|(proposal, ground)| wire::SealProposal {
                act: proposal.act.to_ascii_uppercase(),
                ground: ground.clone(),
                proposed_by: proposal.first.officer.clone(),
                proposed_at: Some(instant(proposal.first.at)),
            }),
        ..wire::Seal::default()
    };
    let Some(making) = &view.making else { return blank };
    let seal = making.stamp.seal();
    let picture = seal.picture();
    let chain = |chain: &[gm::Certificate]| chain.iter().map(|one| one.der().to_vec().into()).collect();
    wire::Seal {
        title: seal.name().to_owned(),
        seal: seal.der().to_vec().into(),
        picture: picture.bytes.to_vec().into(),
        width_mm: picture.width.try_into().unwrap_or_default(),
        height_mm: picture.height.try_into().unwrap_or_default(),
        seal_chain: chain(&making.seal_chain),
        pdf_chain: chain(&making.pdf_chain),
        valid_from: Some(instant(seal.valid_from())),
        valid_to: Some(instant(seal.valid_until())),
        ..blank
    }
}
