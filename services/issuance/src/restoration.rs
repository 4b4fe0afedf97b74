//! Whether the nation works, or is being restored from a backup (decision 0035): what every call and every job asks first.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use domain::restoration::RestorationStep;
use service_runtime::error::RESTORING;
use service_runtime::server::Door;

/// How far the doors are open. One per process; follows `restoration.restoration`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Gate(Arc<AtomicU8>);

/// How far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Everything goes on.
    Open,
    /// Nothing is decided, issued or published.
    Closed,
    /// As before, and provinces tell again what was lost.
    Replaying,
}

/// Served whatever the phase: what says how things stand, and by what a province finds out how far its events are applied.
const ALWAYS: &[&str] = &[
    "/grpc.",
    "/jianzheng.audit.v1.AuditService/",
    "/jianzheng.issuance.v1.RestorationService/",
    "/jianzheng.issuance.v1.ProvinceStreamService/List",
    "/jianzheng.exchange.v1.ExchangeService/ReportHead",
    "/jianzheng.exchange.v1.ExchangeService/FetchEnvelopes",
    "/jianzheng.exchange.v1.ExchangeService/FetchCheckpoint",
];
/// Served while provinces tell again: what they tell, and what two officers do about an event that cannot be applied. Nothing of it writes
/// to the register but the event itself; a clearance is not voided meanwhile, for an event that is still to come may rest on it.
const REPLAYING: &[&str] = &[
    "/jianzheng.exchange.v1.ExchangeService/PushChanges",
    "/jianzheng.issuance.v1.ProvinceStreamService/",
];

impl Gate {
    pub(crate) fn phase(&self) -> Phase {
        match self.0.load(Ordering::Acquire) {
            0 => Phase::Open,
            1 => Phase::Closed,
            _ => Phase::Replaying,
        }
    }

    pub(crate) fn is_open(&self) -> bool {
        self.phase() == Phase::Open
    }

    /// Follows the step of the restoration under way; none: there is no such.
    pub(crate) fn follow(&self, step: Option<RestorationStep>) {
        let phase = match step {
            None | Some(RestorationStep::Opened) => 0,
            Some(RestorationStep::Replay) => 2,
            Some(_) => 1,
        };
        self.0.store(phase, Ordering::Release);
    }

    fn admits(&self, method: &str) -> bool {
        let one_of = |served: &[&str]| served.iter().any(|served| method.starts_with(served));
        match self.phase() {
            Phase::Open => true,
            Phase::Closed => one_of(ALWAYS),
            Phase::Replaying => one_of(ALWAYS) || one_of(REPLAYING),
        }
    }

    /// For the server.
    pub(crate) fn door(&self) -> Door {
        let gate = self.clone();
        Arc::new(move |method| (!gate.admits(method)).then_some(RESTORING))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rpc::ALLOW;

    #[test]
    fn closed_means_every_method_but_those_that_say_how_things_stand() {
        let gate = Gate::default();
        let admitted = |gate: &Gate| -> Vec<&str> {
            let methods = ALLOW.iter().map(|allow| allow.method());
            methods.filter(|method| gate.admits(method)).collect()
        };
        assert_eq!(admitted(&gate).len(), ALLOW.len());
        gate.follow(Some(RestorationStep::Load));
        let closed = admitted(&gate);
        let names: Vec<&str> = closed
            .iter()
            .filter_map(|method| method.rsplit('/').next())
            .collect();
        assert_eq!(
            names,
            [
                "ReportHead",
                "FetchEnvelopes",
                "FetchCheckpoint",
                "ListProvinceStreams",
                "ListStreamRepairs",
                "GetRestoration",
                "OpenNation",
                "VerifyAudit",
                "ExportAudit",
            ]
        );
        gate.follow(Some(RestorationStep::Replay));
        let mut besides = admitted(&gate);
        besides.retain(|method| !closed.contains(method));
        let names: Vec<&str> = besides
            .iter()
            .filter_map(|method| method.rsplit('/').next())
            .collect();
        assert_eq!(
            names,
            [
                "PushChanges",
                "ProposeStreamRepair",
                "ConfirmStreamRepair",
                "DeclineStreamRepair",
            ]
        );
        gate.follow(Some(RestorationStep::Opened));
        assert!(gate.is_open());
    }
}
