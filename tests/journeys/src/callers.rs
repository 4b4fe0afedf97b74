//! Every method of every service, called as everybody: who is let in is who the row of `docs/callers.md` names.

use std::collections::BTreeMap;

use harness::{PROVINCE, Role, World};
use jianzheng::clients::{Caller, channel};
use service_runtime::tls::{Gate, PeerChannel};
use testkit::methods;
use tonic::Request;

const PAGE: &str = include_str!("../../../docs/callers.md");

/// One method of one service.
#[derive(Debug)]
pub struct Row {
    /// `identity`, `registration` …
    service: &'static str,
    /// `/jianzheng.identity.v1.AccountService/GetAccount`
    method: &'static str,
    open_to: Vec<&'static str>,
}

/// The rows of the page.
///
/// # Panics
/// If it is not read as the table that it is.
pub fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    let mut service = "";
    for line in PAGE.lines() {
        if let Some(title) = line.strip_prefix("## ") {
            service = title;
        }
        let Some((method, words)) = line.strip_prefix("| `").and_then(|rest| rest.split_once("` | ")) else {
            continue;
        };
        let path = format!("/jianzheng.{method}");
        rows.push(Row {
            service,
            // The client wants a path that lives as long as the process; there are some hundreds.
            method: Box::leak(path.into_boxed_str()),
            open_to: words.trim_end_matches(" |").split(", ").collect(),
        });
    }
    assert!(
        rows.len() > 200,
        "the page has a row for every method: {}",
        rows.len()
    );
    rows
}

impl Row {
    fn role(&self) -> Role {
        match self.service {
            "identity" => Role::Identity,
            "issuance" => Role::Issuance,
            "seal" => Role::Seal,
            "verification" => Role::Verification,
            _ => Role::Registration(PROVINCE.to_owned()),
        }
    }

    /// None where only the method itself knows: it is open to some clients by name.
    fn expects(&self, words: &[&str]) -> Option<bool> {
        let open = self
            .open_to
            .iter()
            .any(|word| *word == "anybody" || words.contains(word));
        let narrowed = words.contains(&"certificate") && self.open_to.contains(&"certificate");
        (!narrowed).then_some(open)
    }
}

/// Somebody who calls: with a certificate, perhaps with a token, at a gate.
pub struct Somebody<'a> {
    /// As the words of the page.
    pub words: &'a [&'a str],
    /// Whose certificate.
    pub caller: Caller<'a>,
    /// Where they come in.
    pub gate: Gate,
    /// Puts a token on a request.
    pub sign: &'a dyn Fn(()) -> Request<()>,
}

impl Somebody<'_> {
    /// Calls every method of the services that this gate leads to; returns whoever was let in, or kept out, against the page.
    ///
    /// # Panics
    /// If a service cannot be reached.
    pub async fn calls_everything(&self, world: &World, rows: &[Row]) -> Vec<String> {
        let mut channels: BTreeMap<&str, PeerChannel> = BTreeMap::new();
        let mut wrong = Vec::new();
        for row in rows.iter().filter(|row| leads_to(self.gate, row.service)) {
            let channel = channels.entry(row.service).or_insert_with(|| {
                channel(world.fleet.deployment(), &self.caller, &row.role(), self.gate).expect("a channel")
            });
            let reason = methods::refusal(channel.clone(), row.method, (self.sign)(())).await;
            let let_in = reason != "CALLER_NOT_ALLOWED";
            if row.expects(self.words).is_some_and(|expected| expected != let_in) {
                wrong.push(format!("{:?} {}: {reason:?}", self.words, row.method));
            }
        }
        wrong
    }
}

/// Which services have which gates (docs/architecture.md).
fn leads_to(gate: Gate, service: &str) -> bool {
    match gate {
        Gate::Services => ["identity", "issuance", "seal"].contains(&service),
        Gate::Provinces => ["identity", "issuance"].contains(&service),
        // Seal officers alone come to the keeper of seals; it verifies no token.
        Gate::Clients => service != "seal",
        Gate::Public => false,
    }
}
