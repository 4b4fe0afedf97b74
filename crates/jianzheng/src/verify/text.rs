//! The outcome for people.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use api::convert::Read as _;
use api::verification::v1 as wire;
use document_verification::{DocumentStanding, Finding, Outcome as Found, Report, TimeEvidence};
use domain::certificate::FactsRecord;
use jiff::Timestamp;

use super::{Arguments, Asked, Outcome, Standing};

/// The verdict in Chinese and English, what the certificate says, and every check.
pub(super) fn print(
    arguments: &Arguments,
    report: &Report,
    asked: &Asked,
    outcome: &Outcome,
    code: u8,
) -> String {
    let mut out = String::new();
    let mut line = |text: &str| {
        let _ = writeln!(out, "{text}");
    };
    line(&outcome.text.zh);
    line(&outcome.text.en);
    line(&format!("下一步：{}", outcome.next_step.zh));
    line(&format!("Next: {}", outcome.next_step.en));
    register(asked).iter().for_each(|told| line(told));
    if report.specimen && !arguments.allow_specimen {
        line("本件为样本；如需按正式证书判断，请使用 --allow-specimen。");
        line("This is a specimen; judge it like a certificate with --allow-specimen.");
    }
    line("");
    line(&format!("文件 document: {}", document(report.document)));
    line(&format!("状态 standing: {}", standing(outcome.standing)));
    for signature in &report.signatures {
        line(&signed_by(signature));
    }
    line(&format!("SHA-256: {}", report.sha256));
    if let Some(record) = &report.facts.record {
        facts(record, arguments.show_holder)
            .iter()
            .for_each(|fact| line(fact));
    }
    line("");
    report.findings.iter().for_each(|finding| line(&row(finding)));
    if let Some(answer) = asked.answer() {
        let own: BTreeSet<&str> = report.findings.iter().map(|finding| finding.check).collect();
        let more = answer.message.findings.iter().filter(|finding| {
            finding.result() == wire::finding::Result::Fail || !own.contains(finding.check.as_str())
        });
        more.for_each(|finding| line(&register_row(finding)));
    }
    line("");
    line(&format!("退出代码 exit code: {code}"));
    out
}

/// What came of asking the register.
fn register(asked: &Asked) -> Option<String> {
    match asked {
        Asked::No => None,
        Asked::NotAboutThis => Some(
            "文件本身未通过核验，没有向登记册查询 The file itself does not hold: the register was not asked"
                .to_owned(),
        ),
        Asked::Unanswered(why) => Some(printable(&format!(
            "登记册没有作答 The register did not answer: {why}"
        ))),
        Asked::Answered(answer) => {
            let as_of = answer.message.as_of.clone().unwrap_or_default();
            let time: Result<Timestamp, _> = as_of.time.read("as_of.time");
            let position = as_of.position.unwrap_or_default().value;
            let time = time.map_or_else(|_| "未知 unknown".to_owned(), |time| time.to_string());
            Some(format!(
                "登记册已作答 The register answered: 截至 as of {time}（位点 position {position}）"
            ))
        }
    }
}

/// A finding of the register, beside those of the file.
fn register_row(finding: &wire::Finding) -> String {
    use wire::finding::Result as Told;
    let mark = match finding.result() {
        Told::Pass => PASS,
        Told::Warning => NOTE,
        Told::CannotSay | Told::Unspecified => UNKNOWN,
        Told::Fail => FAIL,
    };
    let text = finding.text.clone().unwrap_or_default();
    printable(&format!("{mark} {} | {} <登记册 register>", text.zh, text.en))
}

const PASS: &str = "[通过 pass]";
const NOTE: &str = "[注意 note]";
const UNKNOWN: &str = "[未知 ????]";
const FAIL: &str = "[失败 FAIL]";

fn row(finding: &Finding) -> String {
    let mark = match finding.result {
        Found::Pass => PASS,
        Found::Warning => NOTE,
        Found::CannotSay => UNKNOWN,
        Found::Fail => FAIL,
    };
    let of = finding
        .signature
        .as_ref()
        .map(|id| format!(" <{}>", printable(id)));
    let texts = printable(&format!("{} | {}", finding.zh(), finding.en()));
    format!("{mark} {texts}{}", of.unwrap_or_default())
}

fn signed_by(signature: &document_verification::SignatureSummary) -> String {
    let unknown = || "未知 unknown".to_owned();
    let names = [&signature.organisation, &signature.signer, &signature.seal_name];
    let mut names: Vec<&str> = names.into_iter().flatten().map(String::as_str).collect();
    names.dedup();
    let who = if names.is_empty() {
        unknown()
    } else {
        names.join(" / ")
    };
    let when = signature.signed_at.map_or_else(unknown, |at| at.to_string());
    let evidence = match signature.evidence {
        TimeEvidence::TimeStamp => "时间戳 time stamp",
        TimeEvidence::Checkpoint => "日志检查点 log checkpoint",
        TimeEvidence::DigestRecord => "登记册记录 record of the register",
        TimeEvidence::Claimed => "自述 claimed",
        TimeEvidence::None => "无 none",
    };
    printable(&format!("签章 signed by: {who}；{when}（{evidence}）"))
}

/// What the certificate says; the holder only if asked for.
fn facts(record: &FactsRecord, show_holder: bool) -> Vec<String> {
    let mut facts = vec![
        format!("电子证照标识 licence identifier: {}", record.licence_identifier),
        format!("注册编号 registration number: {}", record.number),
        format!("聘用企业 employer: {}", record.employer.name),
    ];
    facts.extend(record.specialties.iter().map(|known| {
        format!(
            "注册专业 specialty: {}（{} 至 {}）",
            known.specialty.name(),
            known.valid_from,
            known.valid_to
        )
    }));
    if let Some(copy) = &record.use_copy {
        facts.push(format!(
            "加注件 use copy: {}，{}，使用期限 until {}",
            copy.purpose.name(),
            copy.recipient,
            copy.use_until
        ));
    }
    if show_holder {
        facts.push(format!("持证人 holder: {}", record.holder.name.expose()));
        facts.push(format!(
            "证件号码 document number: {}",
            record.holder.document.masked()
        ));
    }
    facts.iter().map(|fact| printable(fact)).collect()
}

const fn document(document: DocumentStanding) -> &'static str {
    match document {
        DocumentStanding::Authentic => "真实 authentic",
        DocumentStanding::Altered => "已被改动 altered",
        DocumentStanding::WrongAuthority => "不是本登记册的证书 wrong authority",
        DocumentStanding::NotIssuedHere => "登记册没有签发 not issued here",
        DocumentStanding::CannotSay => "无法判断 cannot say",
    }
}

const fn standing(standing: Standing) -> &'static str {
    match standing {
        Standing::Current => "有效 current",
        Standing::Ended => "已终止 ended",
        Standing::CannotSay => "未知 unknown",
    }
}

/// A hostile file does not steer the terminal.
fn printable(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect()
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
            let _ = write!(out, "{byte:02x}");
            out
        })
}
