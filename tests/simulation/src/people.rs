//! Who takes part, and how far each has come.

use jiff::{SignedDuration, Timestamp};
use testkit::actors::{Citizen, Holder};
use testkit::stage::Stage;

/// Codes of the two provinces.
pub(crate) const PROVINCES: [&str; 2] = ["32", "33"];
/// Tokens live five minutes of the register clock.
const FRESH: SignedDuration = SignedDuration::from_secs(200);

/// Officers and employers of a province.
pub(crate) struct Cast {
    pub(crate) stage: Stage,
    signed_in_at: Timestamp,
}

impl Cast {
    pub(crate) fn new(stage: Stage) -> Self {
        Self {
            stage,
            signed_in_at: Timestamp::MIN,
        }
    }

    /// Everybody with a token that is alive.
    pub(crate) async fn ready(&mut self) -> Result<&mut Stage, tonic::Status> {
        let now = self.stage.announcing.citizen.door.clock.now();
        if is_stale(self.signed_in_at, now) {
            self.stage.sign_in_again().await?;
            self.signed_in_at = self.stage.announcing.citizen.door.clock.now();
        }
        Ok(&mut self.stage)
    }
}

fn is_stale(signed_in_at: Timestamp, now: Timestamp) -> bool {
    now.duration_since(signed_in_at) > FRESH
}

/// Where a constructor stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Never registered, or registered and without an open application.
    Idle,
    /// Submitted.
    Filed(Filed),
    /// Granted; awaits publicity, or clearance where the type has none.
    Granted(Filed),
    /// In publicity.
    Publicised(Filed),
    /// Publicity is over, or was none: to be announced once the nation has cleared it.
    Awaiting(Filed),
    /// Takes part no more: an operation broke off in the middle, or the nation ended the registration.
    Out,
}

/// An application on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Filed {
    pub(crate) name: String,
    /// Index of the province that examines it.
    pub(crate) province: usize,
    /// Index of the employer there that it is for.
    pub(crate) employer: usize,
    pub(crate) initial: bool,
}

/// A constructor.
pub(crate) struct Constructor {
    pub(crate) holder: Holder,
    pub(crate) phase: Phase,
    /// Province and employer of the registration.
    pub(crate) registered: Option<(usize, usize)>,
    pub(crate) suspended: bool,
    signed_in_at: Timestamp,
}

impl Constructor {
    pub(crate) fn new(mut holder: Holder) -> Self {
        for province in PROVINCES {
            let audience = format!("provinces/{province}");
            if !holder.citizen.audiences.contains(&audience) {
                holder.citizen.audiences.push(audience);
            }
        }
        Self {
            holder,
            phase: Phase::Idle,
            registered: None,
            suspended: false,
            signed_in_at: Timestamp::MIN,
        }
    }

    /// With a token that is alive.
    pub(crate) async fn ready(&mut self) -> Result<&Holder, tonic::Status> {
        fresh(&mut self.holder.citizen, &mut self.signed_in_at).await?;
        Ok(&self.holder)
    }
}

/// Signs somebody in whose token has ended.
pub(crate) async fn fresh(citizen: &mut Citizen, signed_in_at: &mut Timestamp) -> Result<(), tonic::Status> {
    if is_stale(*signed_in_at, citizen.door.clock.now()) {
        citizen.sign_in().await?;
        *signed_in_at = citizen.door.clock.now();
    }
    Ok(())
}
