//! Words and dates as people read them.

use domain::calendar::OFFSET;
use jiff::Timestamp;
use jiff::civil::Date;

/// 2026年3月1日
pub(super) fn day(day: Date) -> String {
    format!("{}年{}月{}日", day.year(), day.month(), day.day())
}

/// 2026年3月1日 09:05:12, Beijing time.
pub(super) fn instant(at: Timestamp) -> String {
    let local = OFFSET.to_datetime(at);
    let (hour, minute, second) = (local.hour(), local.minute(), local.second());
    format!("{} {hour:02}:{minute:02}:{second:02}", day(local.date()))
}

/// The family name with the rest hidden, whatever its length: 张某某.
pub(super) fn masked_name(family_name: &str) -> String {
    match family_name.chars().next() {
        None => String::new(),
        Some(first) if !is_of_an_alphabet(first) => format!("{family_name}某某"),
        Some(_) => format!("{family_name} ***"),
    }
}

/// A fact of the certificate by its name in the record.
pub(super) fn fact(name: &str) -> &str {
    match name {
        "number" => "注册编号",
        "holder.name" => "姓名",
        "holder.sex" => "性别",
        "holder.birth_date" => "出生日期",
        "holder.document" => "证件号码",
        "employer" => "聘用企业",
        "specialties" => "注册专业",
        "practice_seal" => "执业印章",
        "photo" => "照片",
        "signature_image" => "签名图像",
        "issuer" => "发证机关",
        other => other,
    }
}

/// The subject of a check, from its name in the report (`chain.validity`).
pub(super) fn check(name: &str) -> &str {
    match name.split('.').next().unwrap_or_default() {
        "container" => "文件格式",
        "document" | "structure" => "文档结构",
        "integrity" => "内容完整性",
        "integrity_list" => "完整性清单",
        "coverage" => "签章保护范围",
        "signature" | "cades" | "plain" => "签名",
        "seal" | "stamp" => "电子印章",
        "authority" => "发证机关",
        "chain" | "certificate" => "证书链",
        "revocation" => "签章证书吊销状态",
        "time" | "signing_time" => "签章时间",
        "issued_file" | "register" => "登记册签发记录",
        "facts" | "face" => "证照信息",
        "copy" => "使用期限",
        "specimen" => "样本标记",
        _ => name,
    }
}

/// Latin, Greek and Cyrillic letters: names in them are written with a space.
fn is_of_an_alphabet(first: char) -> bool {
    first.is_alphabetic() && u32::from(first) < 0x0530
}
