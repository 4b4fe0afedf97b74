//! `jianzheng verify FILE --trust DIR [--online] [--status-list FILE]`: verifies a certificate file by the trust bundle, and on request
//! asks the register how it stands now, or reads that from a status list (design §5).
//!
//! Exit codes:
//!
//! | code | meaning |
//! |---|---|
//! | 0 | authentic and current, by an answer of the register or by a status list that has not expired |
//! | 1 | altered, of another authority, ended, or it cannot be told; also when file or trust bundle cannot be read |
//! | 2 | authentic, standing unknown: not asked, no answer in time, or a stale one, no status list that can be believed; also an authentic specimen without `--allow-specimen`, whatever its standing |
//! | 64 | the command line is wrong, or client identity or endpoints of `--online` cannot be used ([`USAGE`]) |

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use document_verification::{
    DocumentStanding, Listing, Policy, Proofs, Report, TrustBundle, Verifier, consult,
};
use jiff::Timestamp;

pub(crate) mod bundle;
mod json;
mod online;
mod outcome;
pub mod qr;
#[cfg(test)]
mod tests;
mod text;

pub use online::Options;
pub(crate) use online::channel as online_client;
pub use outcome::{Asked, OnlineAnswer, Outcome, Standing, exit_code};

/// Exit code for a wrong command line (`EX_USAGE` of sysexits.h).
pub const USAGE: u8 = 64;
/// Exit code for everything that is no authentic file.
const FAILURE: u8 = 1;
/// Larger files are refused before they are read.
const LARGEST: u64 = 32 << 20;
const LARGEST_PROOF: u64 = 1 << 20;

/// Verifies a certificate file.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// 待核验的 OFD 或 PDF 文件 The OFD or PDF file.
    pub file: PathBuf,
    /// 信任包目录 Folder of the trust bundle.
    #[arg(long, value_name = "DIR")]
    pub trust: PathBuf,
    /// 信任包公钥的 SHA-256（十六进制） Hex SHA-256 of the key that must have signed the bundle.
    #[arg(long, value_name = "HEX")]
    pub trust_key: Option<String>,
    /// 日志证明文件 A proof of the transparency log that the file is in it (C2SP tlog-proof): evidence of when it existed.
    #[arg(long, value_name = "FILE")]
    pub proof: Option<PathBuf>,
    /// 状态列表文件 A status list (statuslist+jwt) fetched from where the certificate says: how it stands, as of then.
    #[arg(long, value_name = "FILE")]
    pub status_list: Option<PathBuf>,
    /// 接受样本 Treats a specimen like a real certificate.
    #[arg(long)]
    pub allow_specimen: bool,
    /// 显示持证人信息 Also prints the facts about the holder.
    #[arg(long)]
    pub show_holder: bool,
    /// 输出 JSON Prints JSON.
    #[arg(long)]
    pub json: bool,
    /// 按指定时刻核验 Verifies as of an instant instead of the present.
    #[arg(long, value_name = "INSTANT")]
    pub at: Option<Timestamp>,
    /// Asking the register as well.
    #[command(flatten)]
    pub online: Options,
}

/// Verifies by the bundle, asks the register if that is wanted, and prints the outcome. A register that does not answer
/// leaves the standing to what the file itself tells.
pub async fn run(arguments: &Arguments) -> ExitCode {
    let register = match arguments.online.register(&arguments.trust) {
        Ok(register) => register,
        Err(error) => {
            eprintln!("无法查询登记册 The register cannot be asked: {error:#}");
            return ExitCode::from(USAGE);
        }
    };
    let told = async {
        let examined = Examined::open(arguments)?;
        let asked = match &register {
            None => Asked::No,
            // Nobody is sent a file that is not the register's.
            Some(_) if examined.report.document != DocumentStanding::Authentic => Asked::NotAboutThis,
            Some(register) => match register.ask(&examined.bytes).await {
                Ok(answer) => Asked::Answered(answer),
                Err(error) => Asked::Unanswered(format!("{error:#}")),
            },
        };
        examined.tell(arguments, &asked)
    };
    match told.await {
        Ok((printed, code)) => {
            print!("{printed}");
            ExitCode::from(code)
        }
        Err(error) => {
            eprintln!("无法核验 Cannot verify: {error:#}");
            ExitCode::from(FAILURE)
        }
    }
}

/// A file as the bundle judges it.
struct Examined {
    now: Timestamp,
    bytes: Vec<u8>,
    verifier: Verifier,
    report: Report,
    /// What the status list says, if one was handed in that is to be believed.
    listing: Option<Listing>,
}

impl Examined {
    fn open(arguments: &Arguments) -> Result<Self> {
        let now = arguments.at.unwrap_or_else(present);
        let bundle = bundle::open(&arguments.trust)?;
        if let Some(expected) = &arguments.trust_key {
            pinned(&bundle, expected)?;
        }
        let bytes = read(&arguments.file)?;
        let verifier = Verifier::new(bundle, Policy::default());
        let checkpoint = arguments.proof.as_deref().map(read_proof).transpose()?;
        let proofs = Proofs {
            checkpoint,
            ..Proofs::default()
        };
        let mut report = verifier.verify_with(&bytes, now, &proofs);
        let token = arguments.status_list.as_deref().map(read_proof).transpose()?;
        let consulted = token.map(|token| consult(&report, verifier.bundle(), &token, now));
        let listing = consulted.and_then(|consulted| {
            report.findings.push(consulted.finding);
            consulted.listing
        });
        Ok(Self {
            now,
            bytes,
            verifier,
            report,
            listing,
        })
    }

    /// What is printed, and the exit code.
    fn tell(&self, arguments: &Arguments, asked: &Asked) -> Result<(String, u8)> {
        let outcome = Outcome::of(&self.report, asked.answer(), self.listing.as_ref(), self.now);
        let code = exit_code(&self.report, outcome.standing, arguments.allow_specimen);
        let printed = if arguments.json {
            json::print(arguments, self, asked, &outcome, code)?
        } else {
            text::print(arguments, &self.report, asked, &outcome, code)
        };
        Ok((printed, code))
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place of the command where the present is read; it is an argument from here on"
)]
fn present() -> Timestamp {
    Timestamp::now()
}

fn pinned(bundle: &TrustBundle, expected: &str) -> Result<()> {
    let actual = text::hex(&bundle.key_fingerprint());
    if !actual.eq_ignore_ascii_case(expected.trim()) {
        bail!("信任包由其他密钥签名 the trust bundle is signed by another key: {actual}");
    }
    Ok(())
}

/// What is longer than any proof is not read to its end; the verifier says that it is none.
fn read_proof(path: &Path) -> Result<String> {
    let at = || path.display().to_string();
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(LARGEST_PROOF).read_to_end(&mut bytes))
        .with_context(at)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Reads a file of reasonable size. A device or pipe that never ends is cut off.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>> {
    let at = || path.display().to_string();
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(LARGEST + 1).read_to_end(&mut bytes))
        .with_context(at)?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > LARGEST) {
        bail!("{}: 文件超过 32 MB the file is larger than 32 MB", at());
    }
    Ok(bytes)
}
