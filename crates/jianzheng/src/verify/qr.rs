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
    line(format!(
        "该二维码系{}于{day}签发，内容真实；当前状态未知。",
        symbol.authority
    ));
    line(format!(
        "Genuine on {day}, signed for {}; current status unknown.",
        symbol.authority
    ));
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::net::{IpAddr, Ipv4Addr};

    use aws_lc_rs::signature::Ed25519KeyPair;
    use certificate_face::code::payload::{Payload, PayloadError};
    use domain::specialty::Specialty;
    use jiff::civil::date;

    use super::*;
    use crate::admin::bootstrap;
    use crate::deployment::{Deployment, Role};

    const ADDRESS: &str = "https://verify.example.cn/q/AQIDBAUGBwgJCgsMDQ4PEBESExQ";

    fn at(text: &str) -> Timestamp {
        text.parse().expect("an instant")
    }

    /// A symbol signed by the key that a new deployment has.
    fn symbol(deployment: &Deployment) -> String {
        use aws_lc_rs::signature::KeyPair as _;
        let der = std::fs::read(deployment.home(&Role::Issuance).join("qr-key.der")).expect("bootstrapped");
        let key = Ed25519KeyPair::from_pkcs8_maybe_unchecked(&der).expect("a key");
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, key.public_key().as_ref());
        let named = *digest.as_ref().first_chunk().expect("32 bytes");
        let payload = Payload {
            time: at("2026-05-06T02:00:00Z"),
            use_until: Some(date(2026, 10, 31)),
            number: "苏1322018201901234".to_owned(),
            specialties: vec![(Specialty::WaterAndHydropower, date(2029, 4, 30))],
            name: "张伟民".to_owned(),
            employer: "江苏太湖水利建设工程有限公司".to_owned(),
        };
        let sign = |message: &[u8]| {
            let signature = key.try_sign(message).map_err(|_| PayloadError::Facts)?;
            signature.as_ref().try_into().map_err(|_| PayloadError::Facts)
        };
        payload.text(ADDRESS, named, sign).expect("the facts fit")
    }

    #[test]
    fn the_bundle_of_a_deployment_reads_its_symbols_and_no_others() {
        let folder = tempfile::tempdir().expect("a folder");
        let deployment = Deployment {
            folder: folder.path().join("deployment"),
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            provinces: vec!["32".to_owned()],
            routes: BTreeMap::new(),
        };
        bootstrap::run(
            &deployment,
            at("2026-05-01T00:00:00Z"),
            at("2026-05-01T00:00:00Z"),
        )
        .expect("bootstrapped");
        let told = |text: String, at_: &str| {
            let arguments = Arguments {
                text,
                trust: deployment.trust(),
                trust_key: None,
                at: Some(at(at_)),
            };
            check(&arguments).expect("the bundle opens")
        };
        let (said, code) = told(symbol(&deployment), "2026-06-01T00:00:00Z");
        assert_eq!(code, 2, "{said}");
        for fact in [
            "2026-05-06",
            "current status unknown",
            "样本",
            "张伟民",
            "水利水电工程",
            "2029-04-30",
        ] {
            assert!(said.contains(fact), "{fact} not in {said}");
        }
        let (said, code) = told(symbol(&deployment), "2026-11-01T00:00:00Z");
        assert_eq!(code, 1, "{said}");
        assert!(said.contains("按其自身日期已经失效"), "{said}");
        let (said, code) = told(
            symbol(&deployment).replace("EBESExQ#", "EBESExR#"),
            "2026-06-01T00:00:00Z",
        );
        assert_eq!(code, 1);
        assert!(
            said.contains("伪造或被改动") && !said.contains("张伟民"),
            "{said}"
        );
        let (said, code) = told(ADDRESS.to_owned(), "2026-06-01T00:00:00Z");
        assert_eq!(code, 1);
        assert!(said.contains("请联网扫描"), "{said}");
    }
}
