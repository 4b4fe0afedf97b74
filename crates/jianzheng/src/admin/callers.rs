//! `jianzheng admin callers`: who may call which method, as `docs/callers.md`.

use service_runtime::auth::{Allow, Rule};

/// The page.
pub fn page() -> String {
    let mut page = String::from(
        "# Callers (谁可以调用什么)\n\n\
         A method is open to whoever its row names; who then sees which rows is decided by the method itself. This page is printed by\n\
         `jianzheng admin callers` and compared by a test; another calls every method as everybody, over real processes\n\
         (`journeys::tokens_and_callers`).\n\n\
         | word | who |\n| --- | --- |\n\
         | anybody | 任何人: published for all |\n\
         | certificate | a client with its certificate, without a token; the method says which |\n\
         | backend SCOPE | a backend (接入系统) whose token has the scope |\n\
         | account | 已登录人员: for their own account |\n\
         | holder | 持证人或申请人: a person on record, acting for themself |\n\
         | registrar | 企业经办人 |\n\
         | officer · leader · auditor · help desk · administrator | 经办人员 · 负责人 · 审计人员 · 咨询服务人员 · 国家管理员 |\n\
         | identity · issuance · verification · seal | that service of the nation |\n\
         | provinces | the registration service of any province |\n",
    );
    let tables: [(&str, &[Allow]); 5] = [
        ("identity", identity::allow_list()),
        ("registration", registration::allow_list()),
        ("issuance", issuance::allow_list()),
        ("seal", seal::allow_list()),
        ("verification", verification::allow_list()),
    ];
    for (service, entries) in tables {
        page.push_str(&format!(
            "\n## {service}\n\n| method | open to |\n| --- | --- |\n"
        ));
        for entry in entries {
            let words: Vec<String> = entry.rules().iter().flat_map(words).collect();
            let method = entry.method().trim_start_matches("/jianzheng.");
            page.push_str(&format!("| `{method}` | {} |\n", words.join(", ")));
        }
    }
    page
}

fn words(rule: &Rule) -> Vec<String> {
    let one = |word: &str| vec![word.to_owned()];
    match rule {
        Rule::Service(name) => one(name),
        Rule::ProvinceService(_) => one("provinces"),
        Rule::ClientCertificate => one("certificate"),
        Rule::Client(scope) => vec![format!("backend {scope}")],
        Rule::Holder => one("holder"),
        Rule::Account => one("account"),
        Rule::Employer(roles) | Rule::Officer(roles) => roles.iter().map(|role| of_role(role)).collect(),
        Rule::Public => one("anybody"),
    }
}

fn of_role(role: &str) -> String {
    match role {
        "NATIONAL_ADMINISTRATOR" => "administrator".to_owned(),
        other => other.to_lowercase().replace('_', " "),
    }
}
