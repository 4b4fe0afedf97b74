//! The sections that services have in common.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use super::{Peers, Section, Tls};
use crate::{
    clock::{ClockFile, RegisterClock, SystemClock},
    tls::Gate,
};

/// What every service reads, in one.
#[derive(Debug)]
pub struct Common {
    /// `deployment`: whether this is the real register.
    pub deployment: Deployment,
    /// `[listen]`
    pub listen: Listen,
    /// `[tls]`
    pub tls: Tls,
    /// `[telemetry]`
    pub telemetry: Telemetry,
    /// `[clock]`
    pub clocks: Clocks,
    /// `[tokens]`
    pub tokens: Tokens,
    /// `[peers.<service>]`
    pub peers: Peers,
    /// `[limits]`
    pub limits: Limits,
}

impl Common {
    /// Reads every common section of the file's root.
    pub fn read(root: &mut Section) -> Option<Self> {
        let deployment = Deployment::read(root);
        let tls = Tls::read(root);
        let listen = Listen::read(root, tls.as_ref());
        let telemetry = Telemetry::read(root);
        let clocks = Clocks::read(root, deployment, tls.as_ref());
        let tokens = Tokens::read(root);
        let peers = Peers::read(root, tls.as_ref());
        let limits = Limits::read(root);
        Some(Self {
            deployment: deployment?,
            listen,
            tls: tls?,
            telemetry,
            clocks: clocks?,
            tokens,
            peers,
            limits,
        })
    }
}

/// Whether a process serves the real register or a story.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deployment {
    /// The real register: no software seals, no placeholder codes, no controlled clock.
    Production,
    /// Development keys: everything made is a specimen.
    Development,
}

impl Deployment {
    /// Reads the root key `deployment`.
    pub fn read(root: &mut Section) -> Option<Self> {
        root.one_of(
            "deployment",
            &[
                ("production", Self::Production),
                ("development", Self::Development),
            ],
        )
    }
}

/// Where a service listens: one address for each gate that it opens.
#[derive(Debug, Clone)]
pub struct Listen {
    /// The gates opened, each with its address; port 0 takes a free one.
    pub at: Vec<ListenAt>,
    /// The file in which the bound addresses are written, one `gate address` a line.
    pub address_file: Option<PathBuf>,
}

/// One gate and its address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListenAt {
    /// Whose certificates are accepted here.
    pub gate: Gate,
    /// Where.
    pub address: SocketAddr,
}

impl Listen {
    fn read(root: &mut Section, tls: Option<&Tls>) -> Self {
        let mut section = root.section("listen");
        let mut at = Vec::new();
        for gate in Gate::ALL {
            let Some(address) = section.optional(gate.name()) else {
                continue;
            };
            if tls.is_some_and(|tls| gate.authority_key().is_some() && tls.trust(gate).is_none()) {
                section.fault(
                    gate.name(),
                    format!("needs tls.{}", gate.authority_key().unwrap_or_default()),
                );
            }
            at.push(ListenAt { gate, address });
        }
        if at.is_empty() {
            section.fault(
                "",
                "opens no gate: give at least one of services, provinces, clients, public",
            );
        }
        Self {
            at,
            address_file: section.optional_location("address_file"),
        }
    }
}

/// Logs, traces and metrics.
#[derive(Debug, Clone)]
pub struct Telemetry {
    /// `log`: a filter like `info,identity=debug`.
    pub log: String,
    /// `otlp`: the collector (`http://127.0.0.1:4317`); nothing is exported without it.
    pub otlp: Option<String>,
    /// `sample`: the part of traces begun here that is exported, 0 to 1.
    pub sample: f64,
}

impl Telemetry {
    fn read(root: &mut Section) -> Self {
        let mut section = root.section("telemetry");
        let log = section.or("log", "info".to_owned());
        if let Err(error) = crate::telemetry::check_filter(&log) {
            section.fault("log", error);
        }
        let otlp: Option<String> = section.optional("otlp");
        if otlp
            .as_ref()
            .is_some_and(|url| url.parse::<http::Uri>().map_or(true, |url| url.host().is_none()))
        {
            section.fault(
                "otlp",
                "must be the URL of a collector (\"http://127.0.0.1:4317\")",
            );
        }
        let sample = section.or("sample", 1.0);
        if !(0.0..=1.0).contains(&sample) {
            section.fault("sample", "must be between 0 and 1");
        }
        Self { log, otlp, sample }
    }
}

/// The two clocks of a process.
#[derive(Debug, Clone)]
pub struct Clocks {
    /// What rules, documents, tokens and feeds go by.
    pub register: RegisterClock,
    /// What leases and timeouts go by.
    pub system: SystemClock,
}

impl Clocks {
    /// `[clock] file` puts the register clock under a harness's control. Only development keys allow it: both the
    /// deployment and the mark in the services' authority must say so.
    fn read(root: &mut Section, deployment: Option<Deployment>, tls: Option<&Tls>) -> Option<Self> {
        let mut section = root.section("clock");
        let system = SystemClock::new();
        let Some(path) = section.optional_location("file") else {
            return Some(Self {
                register: RegisterClock::system(),
                system,
            });
        };
        if deployment == Some(Deployment::Production) || tls.is_some_and(|tls| !tls.services.is_specimen()) {
            section.fault("file", "a controlled register clock is for development keys only");
            return None;
        }
        let file = ClockFile::open(&path)
            .map_err(|error| section.fault("file", error.to_string()))
            .ok()?;
        Some(Self {
            register: RegisterClock::controlled(file),
            system,
        })
    }
}

/// Which access tokens are accepted.
#[derive(Debug, Clone)]
pub struct Tokens {
    /// `issuer` of every token.
    pub issuer: String,
    /// `audience` that a token must name.
    pub audience: String,
    /// `mirror`, `mirror_lasts`
    pub mirror: Option<Mirror>,
    /// `clock_skew`: how far the issuer's clock may be ahead of ours. Clocks of nation and provinces may be minutes apart
    /// (issue 5), as far as registration's own `clock_skew` allows when it announces: a narrower bound here would shut a
    /// province's officers out before anything else notices the clock. Where ours lags, a token is taken for so much longer.
    pub clock_skew: Duration,
}

/// Usual, and widest.
pub(crate) const CLOCK_SKEW: Duration = Duration::from_secs(300);

/// Where a process keeps the keys and revocations that identity told, to come up while identity is away.
#[derive(Debug, Clone)]
pub struct Mirror {
    /// `mirror`: a file in a folder of this process alone. Whoever can write it can make tokens.
    pub path: PathBuf,
    /// `mirror_lasts`: what is older does not count.
    pub lasts: Duration,
}

impl Tokens {
    fn read(root: &mut Section) -> Self {
        let mut section = root.section("tokens");
        let clock_skew = section.or("clock_skew", CLOCK_SKEW);
        if clock_skew > CLOCK_SKEW {
            section.fault("clock_skew", "must be at most 5m");
        }
        Self {
            issuer: section.or("issuer", "spiffe://jianzheng/nation/identity".to_owned()),
            audience: section.or("audience", "jianzheng".to_owned()),
            mirror: Mirror::read(&mut section),
            clock_skew,
        }
    }
}

impl Mirror {
    fn read(section: &mut Section) -> Option<Self> {
        let lasts = section.or("mirror_lasts", Duration::from_secs(24 * 3600));
        let path = section.optional_location("mirror")?;
        if !path.parent().is_some_and(std::path::Path::is_dir) {
            section.fault("mirror", "names no file in a folder that exists");
            return None;
        }
        Some(Self { path, lasts })
    }
}

/// What a service takes on at most.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// `in_flight`: calls being answered; the next one is refused with a delay.
    pub in_flight: usize,
    /// `connections` open at one gate.
    pub connections: usize,
    /// `deadline` of a call that brings none.
    pub deadline: Duration,
    /// `longest_deadline` that a call may ask for.
    pub longest_deadline: Duration,
    /// `grace` that draining gives.
    pub grace: Duration,
    /// `message`: the largest message in bytes, for services to put on their routes.
    pub message: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            in_flight: 1024,
            connections: 4096,
            deadline: Duration::from_secs(30),
            longest_deadline: Duration::from_secs(600),
            grace: Duration::from_secs(20),
            message: 4 << 20,
        }
    }
}

impl Limits {
    fn read(root: &mut Section) -> Self {
        let mut section = root.section("limits");
        let usual = Self::default();
        let limits = Self {
            in_flight: section.or("in_flight", usual.in_flight),
            connections: section.or("connections", usual.connections),
            deadline: section.or("deadline", usual.deadline),
            longest_deadline: section.or("longest_deadline", usual.longest_deadline),
            grace: section.or("grace", usual.grace),
            message: section.or("message", usual.message),
        };
        for (key, zero) in [
            ("in_flight", limits.in_flight == 0),
            ("connections", limits.connections == 0),
            ("deadline", limits.deadline.is_zero()),
            ("longest_deadline", limits.longest_deadline.is_zero()),
            ("message", limits.message == 0),
        ] {
            if zero {
                section.fault(key, "must be more than 0");
            }
        }
        limits
    }
}
