//! What is wrong with a configuration is told all at once, before a port is opened.

use identity::{Config, REASONS, allow_list};
use service_runtime::auth::AllowList;

const SERVICES: [&str; 7] = [
    "jianzheng.identity.v1.AccountService",
    "jianzheng.identity.v1.SessionService",
    "jianzheng.identity.v1.EmployerService",
    "jianzheng.identity.v1.AccessService",
    "jianzheng.identity.v1.DirectoryService",
    "jianzheng.identity.v1.BulkDirectoryService",
    "jianzheng.audit.v1.AuditService",
];

#[test]
fn every_method_is_on_the_allow_list_once() {
    AllowList::check(allow_list().iter().copied(), &SERVICES, api::FILE_DESCRIPTOR_SET).expect("complete");
}

#[test]
fn every_fault_is_reported_at_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = "deployment = \"development\"\n[sessions]\nlifetime = \"30d\"\nidel = \"1m\"\n[passwords]\nparallel = 0\n";
    let faults = Config::from_toml(text, folder.path())
        .map(|_| ())
        .expect_err("faults")
        .to_string();
    for place in [
        "listen",
        "tls.certificate",
        "database",
        "token_keys.folder",
        "personal_data.folder",
        "sessions.lifetime",
        "sessions.idel",
        "passwords.parallel",
    ] {
        assert!(faults.contains(place), "{place} in {faults}");
    }
}

#[test]
fn reasons_are_few_and_well_formed() {
    assert!(REASONS.len() <= 20);
    assert!(
        REASONS
            .iter()
            .all(|reason| reason.is_well_formed() && reason.domain == "jianzheng.identity")
    );
}
