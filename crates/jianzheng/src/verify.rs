//! `jianzheng verify FILE --trust DIR`: verifies a certificate file offline (design §5).
//!
//! Exit codes:
//!
//! | code | meaning |
//! |---|---|
//! | 0 | authentic and current, by an answer of the register |
//! | 1 | altered, of another authority, ended, or it cannot be told; also when file or trust bundle cannot be read |
//! | 2 | authentic, standing unknown; also an authentic specimen without `--allow-specimen`, whatever its standing |
//! | 64 | the command line is wrong ([`USAGE`]) |

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use document_verification::{Policy, Report, TrustBundle, Verifier};
use jiff::Timestamp;

mod bundle;
mod json;
mod outcome;
#[cfg(test)]
mod tests;
mod text;

pub use outcome::{OnlineAnswer, Outcome, Standing, exit_code};

/// Exit code for a wrong command line (`EX_USAGE` of sysexits.h).
pub const USAGE: u8 = 64;
/// Exit code for everything that is no authentic file.
const FAILURE: u8 = 1;
/// Larger files are refused before they are read.
const LARGEST: u64 = 32 << 20;

/// Asks the register about a file that was verified.
pub type Ask<'a> = &'a dyn Fn(&Report) -> Result<OnlineAnswer>;

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
}

/// Verifies offline and prints the outcome.
pub fn run(arguments: &Arguments) -> ExitCode {
    run_asking(arguments, None)
}

/// Verifies, asks the register if there is a way to, and prints the outcome. A register that does not answer leaves the
/// standing unknown.
pub fn run_asking(arguments: &Arguments, ask: Option<Ask<'_>>) -> ExitCode {
    match verified(arguments, ask) {
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

/// What is printed, and the exit code.
fn verified(arguments: &Arguments, ask: Option<Ask<'_>>) -> Result<(String, u8)> {
    let now = arguments.at.unwrap_or_else(present);
    let bundle = bundle::open(&arguments.trust)?;
    if let Some(expected) = &arguments.trust_key {
        pinned(&bundle, expected)?;
    }
    let bytes = read(&arguments.file)?;
    let verifier = Verifier::new(bundle, Policy::default());
    let report = verifier.verify(&bytes, now);
    let answer = ask.map(|ask| ask(&report)).transpose();
    let unanswered = answer.as_ref().err().map(|error| format!("{error:#}"));
    let outcome = Outcome::of(&report, answer.ok().flatten(), now);
    let code = exit_code(&report, outcome.standing, arguments.allow_specimen);
    let printed = if arguments.json {
        json::print(arguments, verifier.bundle(), &report, &outcome, now, code)?
    } else {
        text::print(arguments, &report, &outcome, unanswered.as_deref(), code)
    };
    Ok((printed, code))
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

/// Reads a file of reasonable size. A device or pipe that never ends is cut off.
fn read(path: &Path) -> Result<Vec<u8>> {
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
