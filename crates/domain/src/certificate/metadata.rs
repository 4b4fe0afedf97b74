//! Metadata that files of a certificate carry in the clear: the pinyin keys of the catalogues (domain §3.2).

use super::{FactsRecord, SpecialtyFacts};
use crate::calendar::day_of;

/// Separates values of a key that has one per specialty.
pub const SEPARATOR: &str = ";";

/// Key and value of everything known before sealing; days as `yyyy-MM-dd`. The keys of the seal (ZZQZR, ZZQZSJ, ZZQZMC)
/// belong to the signature and are not repeated here.
#[must_use]
pub fn pairs(facts: &FactsRecord) -> Vec<(&'static str, String)> {
    let document = &facts.holder.document;
    let shown = if facts.layout.show_document_number {
        document.expose().to_owned()
    } else {
        document.masked()
    };
    let mut pairs = vec![
        ("ZZMC", facts.certificate_name.clone()),
        ("ZZLXDM", facts.type_code.clone()),
        ("ZZBH", facts.number.to_string()),
        ("ZZBS", facts.licence_identifier.to_string()),
        ("ZZBFJG", facts.issuer.name.clone()),
        ("ZZBFJGDM", facts.issuer.credit_code.to_string()),
        ("ZZBFRQ", facts.issued_on.to_string()),
        ("CZZT", facts.holder.name.expose().to_owned()),
        ("CZZTDM", shown),
        ("CZZTDMLX", document.kind().code_type().name().to_owned()),
        ("CZZTDMLXDM", facts.holder.document_code_type.clone()),
        ("ZZYXQQSRQ", facts.valid_from.to_string()),
        ("ZZYXQJZRQ", facts.valid_to.to_string()),
        ("CJSJ", facts.issued_on.to_string()),
        ("KZ_certClass", "一级".to_owned()),
        ("KZ_empEnp", facts.employer.name.clone()),
        ("KZ_empEnpCode", facts.employer.credit_code.to_string()),
        (
            "KZ_specSub",
            each(facts, |known| known.specialty.name().to_owned()),
        ),
        (
            "KZ_specSubCode",
            each(facts, |known| known.specialty.code().to_owned()),
        ),
        (
            "KZ_quaCertNum",
            each(facts, |known| known.qualification_number.as_str().to_owned()),
        ),
        (
            "KZ_subBeginDate",
            each(facts, |known| known.valid_from.to_string()),
        ),
        ("KZ_subEndDate", each(facts, |known| known.valid_to.to_string())),
    ];
    if let Some(copy) = &facts.use_copy {
        let reason = match copy.purpose_reference.as_str() {
            "" => copy.purpose.name().to_owned(),
            reference => format!("{}（{reference}）", copy.purpose.name()),
        };
        pairs.extend([
            ("JZJZZSJ", day_of(copy.made_at).to_string()),
            ("JZJZZZ", facts.issuer.name.clone()),
            ("JZJZZSY", format!("{reason}，使用对象：{}", copy.recipient)),
            ("JZJYXQJZSJ", copy.use_until.to_string()),
        ]);
    }
    pairs
}

fn each(facts: &FactsRecord, value: impl Fn(&SpecialtyFacts) -> String) -> String {
    facts
        .specialties
        .iter()
        .map(value)
        .collect::<Vec<_>>()
        .join(SEPARATOR)
}
