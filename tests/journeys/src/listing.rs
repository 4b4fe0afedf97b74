//! A status list as any outsider uses it: the whole list from the portal, then nothing but the program, the file and the trust bundle.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use api::types::v1::Position;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use harness::{Role, World};
use jiff::Timestamp;
use serde_json::Value;
use service_runtime::tls::Gate;

use crate::desk::get;

const LOOKS: u32 = 400;
const PAUSE: Duration = Duration::from_millis(50);
/// Where every certificate of a small register has its place.
const LIST: &str = "/status/0";

/// Somebody without any account or certificate of a client.
pub struct Outsider {
    portal: SocketAddr,
    trust: PathBuf,
    folder: PathBuf,
}

/// What the program said of a file by a list.
#[derive(Debug, PartialEq, Eq)]
pub struct Said {
    /// Exit code, of a specimen taken for a certificate.
    pub code: Option<i32>,
    /// Verdict and standing.
    pub verdict: String,
    /// The word of the list.
    pub listed: String,
}

impl Said {
    /// What is expected.
    #[must_use]
    pub fn new(code: i32, verdict: &str, listed: &str) -> Self {
        Self {
            code: Some(code),
            verdict: verdict.to_owned(),
            listed: listed.to_owned(),
        }
    }
}

impl Outsider {
    /// Somebody who has the trust bundle of a world.
    #[must_use]
    pub fn of(world: &World) -> Self {
        let deployment = world.fleet.deployment();
        Self {
            portal: deployment.listen(&Role::Portal, Gate::Public),
            trust: deployment.trust(),
            folder: world.folder().to_owned(),
        }
    }

    /// The list as soon as it says that it holds a change.
    ///
    /// # Panics
    /// If it does not within twenty seconds, or does not name what the portal's cache needs.
    pub async fn list(&self, least: &Position) -> Vec<u8> {
        self.list_signed_since(least, Timestamp::UNIX_EPOCH).await
    }

    /// As [`Self::list`], and as soon as it was signed at an instant or after: what time alone ends is in it by then.
    ///
    /// # Panics
    /// As [`Self::list`].
    pub async fn list_signed_since(&self, least: &Position, since: Timestamp) -> Vec<u8> {
        for _ in 0..LOOKS {
            let answer = get(self.portal, LIST);
            // The first list takes its time.
            if answer.status == 200 {
                assert_eq!(answer.header("content-type"), Some("application/statuslist+jwt"));
                assert!(answer.header("etag").is_some());
                let claims = claims(&answer.body);
                if claims["position"].as_u64() >= Some(least.value)
                    && claims["iat"].as_i64() >= Some(since.as_second())
                {
                    return answer.body;
                }
            }
            tokio::time::sleep(PAUSE).await;
        }
        panic!("no list holds position {}", least.value);
    }

    /// `jianzheng verify FILE --trust DIR --status-list LIST` at an instant.
    ///
    /// # Panics
    /// If the program does not run.
    #[must_use]
    pub fn verify(&self, file: &[u8], list: &[u8], at: Timestamp) -> Said {
        let write = |name: &str, content: &[u8]| {
            let path = self.folder.join(name);
            std::fs::write(&path, content).expect("written");
            path
        };
        let output = Command::new(harness::program::built().expect("built"))
            .arg("verify")
            .arg(write("outsider-file", file))
            .arg("--trust")
            .arg(&self.trust)
            .arg("--status-list")
            .arg(write("outsider-list", list))
            .args(["--allow-specimen", "--json", "--at", &at.to_string()])
            .output()
            .expect("it runs");
        let said: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        Said {
            code: output.status.code(),
            verdict: format!("{} {}", word(&said["verdict"]), word(&said["standing"])),
            listed: word(&said["status_list"]["status"]),
        }
    }
}

fn claims(token: &[u8]) -> Value {
    let claims = token.split(|byte| *byte == b'.').nth(1).expect("three parts");
    let json = URL_SAFE_NO_PAD.decode(claims).expect("base64url");
    serde_json::from_slice(&json).expect("JSON")
}
