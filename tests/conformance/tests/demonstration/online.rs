//! `jianzheng verify FILE --trust DIR --online` against the live system, by its exit code and its JSON (design §5).

use std::net::TcpListener;
use std::path::Path;

use conformance::{DOCUMENTS, Objection, Said, Tools, Verdict};
use serde_json::Value;

/// Asks about files as a backend does that has what the demonstration left.
struct Backend<'a> {
    program: &'a str,
    tools: &'a Tools,
    out: &'a Path,
}

/// Current is 0, superseded 1 with the reason, a register that is away or silent 2, no credentials 64.
pub(crate) fn answers(program: &Path, out: &Path, tools: &Tools) -> Verdict {
    let program = program.to_string_lossy();
    let backend = Backend {
        program: &program,
        tools,
        out,
    };
    for ending in ["ofd", "pdf"] {
        backend.current(ending)?;
        backend.superseded(ending)?;
    }
    backend.altered()?;
    let elsewhere = tempfile::tempdir()?;
    backend.away(elsewhere.path())?;
    backend.silent(elsewhere.path())?;
    backend.without_credentials(elsewhere.path())?;
    backend.for_people()
}

impl Backend<'_> {
    fn current(&self, ending: &str) -> Verdict {
        for name in DOCUMENTS.iter().filter(|name| **name != "superseded") {
            let told = self.json(&format!("{name}.{ending}"), &[], 0)?;
            holds(&told, &[("standing", "CURRENT"), ("verdict", "VALID")])?;
            if told["register"]["answer"]["verdict"] != "VERDICT_VALID" {
                return Err(fault(name, "the register's own answer is not passed on", &told));
            }
            if told["register"]["answer"]["familyName"].is_string() {
                return Err(fault(name, "the holder's name is told unasked", &told));
            }
        }
        Ok(())
    }

    fn superseded(&self, ending: &str) -> Verdict {
        let told = self.json(&format!("superseded.{ending}"), &[], 1)?;
        holds(
            &told,
            &[
                ("document", "AUTHENTIC"),
                ("standing", "ENDED"),
                ("verdict", "SUPERSEDED"),
            ],
        )?;
        let changed = &told["register"]["answer"]["version"]["changedFacts"];
        if *changed != serde_json::json!(["employer"]) {
            return Err(fault("superseded", "what has changed is not told", &told));
        }
        Ok(())
    }

    /// The register is not sent what is not its own.
    fn altered(&self) -> Verdict {
        let folder = tempfile::tempdir()?;
        let mut bytes = std::fs::read(self.out.join("certificate.pdf"))?;
        if let Some(byte) = bytes.get_mut(2000) {
            *byte ^= 1;
        }
        let altered = folder.path().join("altered.pdf");
        std::fs::write(&altered, bytes)?;
        let told = self.json(&altered.to_string_lossy(), &[], 1)?;
        if told["register"]["asked"] != false {
            return Err(fault("altered", "the register was asked", &told));
        }
        Ok(())
    }

    /// Nobody listens there.
    fn away(&self, folder: &Path) -> Verdict {
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string();
        let client = self.client_of(folder, &address)?;
        let told = self.json("certificate.ofd", &["--client", &client], 2)?;
        holds(
            &told,
            &[
                ("document", "AUTHENTIC"),
                ("standing", "CANNOT_SAY"),
                ("verdict", "CANNOT_SAY"),
            ],
        )?;
        let why = told["register"]["unanswered"].as_str().unwrap_or_default();
        if !why.contains(&address) {
            return Err(fault("certificate", "who did not answer is not told", &told));
        }
        Ok(())
    }

    /// Somebody listens and says nothing.
    fn silent(&self, folder: &Path) -> Verdict {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let client = self.client_of(folder, &listener.local_addr()?.to_string())?;
        let told = self.json("certificate.ofd", &["--client", &client, "--timeout", "1"], 2)?;
        let why = told["register"]["unanswered"].as_str().unwrap_or_default();
        if !why.contains("no answer within 1 s") {
            return Err(fault("certificate", "that time has run out is not told", &told));
        }
        Ok(())
    }

    fn without_credentials(&self, folder: &Path) -> Verdict {
        let nowhere = folder.join("nowhere").to_string_lossy().into_owned();
        let said = self.run("certificate.ofd", &["--client", &nowhere])?;
        if said.status != 64 || !said.complaint.contains("client.json") {
            return Err(unexpected("no credentials", 64, &said));
        }
        let said = self.run("certificate.ofd", &["--at", "2026-01-01T00:00:00Z"])?;
        if said.status != 64 {
            return Err(unexpected("--online with --at", 64, &said));
        }
        Ok(())
    }

    /// The same in words: the verdict, its reason, how fresh it is.
    fn for_people(&self) -> Verdict {
        let said = self.run("superseded.ofd", &[])?;
        let told = ["取代", "superseded", "登记册已作答", "退出代码 exit code: 1"];
        match told.iter().find(|text| !said.output.contains(**text)) {
            None => Ok(()),
            Some(text) => Err(unexpected(text, 1, &said)),
        }
    }

    /// What the demonstration left, with identity and verification at another address; returns its `client.json`.
    fn client_of(&self, folder: &Path, address: &str) -> Result<String, Objection> {
        let tls = folder.join("tls");
        std::fs::create_dir_all(&tls)?;
        for name in ["client.json", "client.pem", "client.key", "ca.pem"] {
            std::fs::copy(self.out.join("tls").join(name), tls.join(name))?;
        }
        let endpoints = serde_json::json!({ "identity": address, "verification": address });
        std::fs::write(folder.join("endpoints.json"), endpoints.to_string())?;
        Ok(tls.join("client.json").to_string_lossy().into_owned())
    }

    fn json(&self, document: &str, more: &[&str], status: i32) -> Result<Value, Objection> {
        let said = self.run(document, &[&["--json"], more].concat())?;
        let told: Value = serde_json::from_str(&said.output).unwrap_or_default();
        if said.status == status && told["exit_code"] == status {
            Ok(told)
        } else {
            Err(unexpected(document, status, &said))
        }
    }

    fn run(&self, document: &str, more: &[&str]) -> Result<Said, Objection> {
        let own = [
            "verify",
            document,
            "--trust",
            "trust",
            "--allow-specimen",
            "--online",
        ];
        self.tools.run(self.out, self.program, &[&own, more].concat())
    }
}

fn holds(told: &Value, expected: &[(&str, &str)]) -> Verdict {
    match expected.iter().find(|(field, value)| told[*field] != *value) {
        None => Ok(()),
        Some((field, _)) => Err(fault(field, "is something else", told)),
    }
}

fn fault(about: &str, what: &str, told: &Value) -> Objection {
    Objection::Fault(format!("{about}: {what}: {told:#}"))
}

fn unexpected(about: &str, status: i32, said: &Said) -> Objection {
    let (output, complaint) = (&said.output, &said.complaint);
    Objection::Fault(format!(
        "{about}: exit {} instead of {status}: {output}{complaint}",
        said.status
    ))
}
