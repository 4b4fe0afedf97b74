//! `jianzheng admin reasons`: every reason code that crosses the wire, as `docs/errors.md`.

use service_runtime::Reason;
use service_runtime::error::markdown;

/// The page.
pub fn page() -> String {
    let mut page = String::from(
        "# Errors\n\n\
         Every error carries `google.rpc.ErrorInfo{reason, domain}`; clients branch on the two and on nothing else. Fields that\n\
         broke a rule stand in `BadRequest` as `REASON: 中文 / English`, with the reasons of the last table. This page is\n\
         printed by `jianzheng admin reasons` and compared by a test.\n",
    );
    let tables: [(&str, &str, &[Reason]); 7] = [
        ("Every service", "jianzheng", service_runtime::error::REASONS),
        ("identity", "jianzheng.identity", identity::REASONS),
        ("registration", "jianzheng.registration", registration::REASONS),
        ("issuance", "jianzheng.issuance", issuance::REASONS),
        ("seal", "jianzheng.seal", seal::REASONS),
        ("verification", "jianzheng.verification", verification::REASONS),
        ("portal", "jianzheng.portal", &[]),
    ];
    for (title, domain, reasons) in tables {
        if !reasons.is_empty() {
            page.push_str(&format!("\n## {title} (`{domain}`)\n\n{}", markdown(reasons)));
        }
    }
    page.push_str("\n## Rules\n\n| reason | article |\n| --- | --- |\n");
    for (reason, article) in domain::reason::all() {
        page.push_str(&format!("| `{reason}` | {article} |\n"));
    }
    page
}
