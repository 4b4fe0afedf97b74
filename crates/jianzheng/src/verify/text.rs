//! The outcome for people.

use std::fmt::Write as _;

use document_verification::{DocumentStanding, Finding, Outcome as Found, Report, TimeEvidence};
use domain::certificate::FactsRecord;

use super::{Arguments, Outcome, Standing};

/// The verdict in Chinese and English, what the certificate says, and every check.
pub(super) fn print(
    arguments: &Arguments,
    report: &Report,
    outcome: &Outcome,
    unanswered: Option<&str>,
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
    if let Some(unanswered) = unanswered {
        line(&format!(
            "登记册没有回答 The register did not answer: {unanswered}"
        ));
    }
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
    line("");
    line(&format!("退出代码 exit code: {code}"));
    out
}

fn row(finding: &Finding) -> String {
    let mark = match finding.result {
        Found::Pass => "[通过 pass]",
        Found::Warning => "[注意 note]",
        Found::CannotSay => "[未知 ????]",
        Found::Fail => "[失败 FAIL]",
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
    let names: Vec<&str> = names.into_iter().flatten().map(String::as_str).collect();
    let who = if names.is_empty() {
        unknown()
    } else {
        names.join(" / ")
    };
    let when = signature.signed_at.map_or_else(unknown, |at| at.to_string());
    let evidence = match signature.evidence {
        TimeEvidence::TimeStamp => "时间戳 time stamp",
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
        Standing::CannotSay => "未查询 unknown",
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
