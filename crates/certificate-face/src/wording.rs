//! Characters that stand in every document's fixed font, beyond the fixed wording itself, so that most variable
//! lines need no glyph of their own: digits, letters, dates, specialties, prefixes, wording of notes.

use domain::certificate::CERTIFICATE_NAME;

use crate::facts::FaceFacts;

/// Everything a variable line may be made of without bringing glyphs of its own.
pub(crate) const COMMON: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz .,:-/()（）·，。：、　\
年月日至男女身份证号件码\
京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川贵云滇藏陕甘青宁新兵军\
建筑工程公路铁民航机场港口与道水利电矿业市政用通信广\
使有效期仅供于省自治区县集团股限责任司第一二三四五六七八九十设施安装技术投标资格审查项目";

/// Texts of which every character belongs to the fixed font of a template for this issuer.
pub(crate) fn common(issuer: &str) -> impl Iterator<Item = char> + '_ {
    COMMON.chars().chain(issuer.chars())
}

/// Title of a document, as readers show it.
pub(crate) fn title(facts: &FaceFacts<'_>) -> &'static str {
    if facts.copy.is_some() {
        "中华人民共和国一级建造师注册证书（加注件）"
    } else {
        CERTIFICATE_NAME
    }
}
