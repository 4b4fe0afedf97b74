//! What a person at the terminal reads.

use std::path::Path;
use std::time::Instant;

use service_runtime::tls::Gate;
use testkit::story::Narrator;

use crate::deployment::{Deployment, Role};

/// Prints each step with the time since the last one.
pub(super) struct Teller {
    begun: Instant,
    last: Instant,
    number: u32,
}

impl Teller {
    pub(super) fn new() -> Self {
        let now = Instant::now();
        Self {
            begun: now,
            last: now,
            number: 0,
        }
    }

    pub(super) fn say(&mut self, what: &str) {
        let now = Instant::now();
        self.number += 1;
        println!(
            "{:>3}. {:>8.3} s  {what}",
            self.number,
            now.duration_since(self.last).as_secs_f64()
        );
        self.last = now;
    }

    pub(super) fn end(&self) {
        println!(
            "共 {} 步，{:.1} s",
            self.number,
            self.begun.elapsed().as_secs_f64()
        );
    }
}

/// What a person can do while the system goes on serving. Run from the folder of results, as the addresses are there.
pub(super) fn what_to_try(deployment: &Deployment, out: &Path) {
    let program = std::env::current_exe().unwrap_or_else(|_| "jianzheng".into());
    let portal = deployment.listen(&Role::Portal, Gate::Public);
    println!("\n可以试试 (things to try):");
    println!("  cd {}", out.display());
    println!(
        "  {} verify certificate.ofd --trust trust --allow-specimen --online",
        program.display()
    );
    println!("  http://{portal}/    门户 (the portal); 各服务地址 (addresses): endpoints.json");
}

impl Narrator for Teller {
    fn step(&mut self, what: &str) {
        self.say(what);
    }
}
