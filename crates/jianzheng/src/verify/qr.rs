//! `jianzheng verify-qr TEXT --trust DIR`: what the QR code of a certificate proves without a network.
//!
//! | code | meaning |
//! |---|---|
//! | 1 | forged, of another register, ended by its own dates, or it cannot be told |
//! | 2 | genuine when it was made, present status unknown: the best that can be said offline |

use std::fmt::Write as _;
use std::io::Read as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use document_verification::qr::{GenuineSymbol, SymbolRefused, verify_symbol};
use domain::calendar::day_of;
use jiff::Timestamp;

use super::{FAILURE, bundle, pinned, present};

/// Authentic, standing unknown.
const UNKNOWN: u8 = 2;
/// No symbol says more.
const LONGEST: u64 = 4096;

/// Verifies the text of a QR code.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// 二维码内容，- 表示从标准输入读取 The text of the code; - reads it from standard input.
    pub text: String,
    /// 信任包目录 Folder of the trust bundle.
    #[arg(long, value_name = "DIR")]
    pub trust: PathBuf,
    /// 信任包公钥的 SHA-256（十六进制） Hex SHA-256 of the key that must have signed the bundle.
    #[arg(long, value_name = "HEX")]
    pub trust_key: Option<String>,
    /// 按指定时刻核验 Verifies as of an instant instead of the present.
    #[arg(long, value_name = "INSTANT")]
    pub at: Option<Timestamp>,
}

/// Prints what was found.
pub fn run(arguments: &Arguments) -> ExitCode {
    match check(arguments) {
        Ok((told, code)) => {
            print!("{told}");
            ExitCode::from(code)
        }
        Err(error) => {
            eprintln!("无法核验 Cannot verify: {error:#}");
            ExitCode::from(FAILURE)
        }
    }
}

fn check(arguments: &Arguments) -> Result<(String, u8)> {
    let bundle = bundle::open(&arguments.trust)?;
    if let Some(expected) = &arguments.trust_key {
        pinned(&bundle, expected)?;
    }
    let text = match arguments.text.as_str() {
        "-" => {
            let mut text = String::new();
            let input = std::io::stdin().take(LONGEST).read_to_string(&mut text);
            input.context("标准输入 standard input")?;
            text
        }
        text => text.to_owned(),
    };
    let now = arguments.at.unwrap_or_else(present);
    Ok(match verify_symbol(&bundle, &text, now) {
        Ok(symbol) => (genuine(&symbol), if symbol.ended { FAILURE } else { UNKNOWN }),
        Err(refused) => (told(refused), FAILURE),
    })
}

fn genuine(symbol: &GenuineSymbol) -> String {
    let mut out = String::new();
    let mut line = |text: String| {
        let _ = writeln!(out, "{text}");
    };
    let payload = &symbol.payload;
    let day = day_of(payload.time);
    line(format!("该二维码系{}于{day}签发，内容真实；当前状态未知。", symbol.authority));
    line(format!("Genuine on {day}, signed for {}; current status unknown.", symbol.authority));
    if symbol.ended {
        line("按其自身日期已经失效。 By its own dates it has ended.".to_owned());
    }
    if symbol.specimen {
        line("样本 SPECIMEN".to_owned());
    }
    line("下一步：联网扫描二维码，或按注册编号查询当前状态。".to_owned());
    line("Next: scan it online, or ask by the registration number, for its present status.".to_owned());
    line(String::new());
    line(format!("姓名 name: {}", payload.name));
    line(format!("注册编号 registration number: {}", payload.number));
    line(format!("聘用企业 employer: {}", payload.employer));
    for (specialty, end) in &payload.specialties {
        line(format!("注册专业 specialty: {} 至 until {end}", specialty.name()));
    }
    if let Some(last) = payload.use_until {
        line(format!("使用有效期至 use until: {last}"));
    }
    out
}

/// In Chinese and English, with what to do next.
fn told(refused: SymbolRefused) -> String {
    let (zh, en) = match refused {
        SymbolRefused::Unreadable(_) => (
            "二维码中没有可离线核验的内容，请联网扫描。",
            "The code carries nothing that can be verified offline; scan it online.",
        ),
        SymbolRefused::BundleExpired => (
            "信任包已过期，请更新后再核验。",
            "The trust bundle has expired; get a new one.",
        ),
        SymbolRefused::UnknownKey => (
            "二维码不是由本登记册的密钥签发，请联网核验；信任包可能需要更新。",
            "No key of this register signed the code; verify online, the trust bundle may be old.",
        ),
        SymbolRefused::Signature => (
            "二维码内容与签名不符，系伪造或被改动。",
            "The signature does not hold: the code is forged or altered.",
        ),
        SymbolRefused::Time => (
            "二维码所载时间不在签发密钥的有效期内，不能采信。",
            "The code claims a time at which its key did not sign; it proves nothing.",
        ),
    };
    format!("{zh}\n{en}\n{refused}\n")
}
