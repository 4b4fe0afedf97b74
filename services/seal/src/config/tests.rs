//! What a configuration may not say of backends, profiles, maker and officers.

use std::os::unix::fs::PermissionsExt as _;

use super::*;

/// The faults of a configuration that has these sections, beside those of the sections that it lacks.
fn faults(sections: &str) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    for name in ["ca.pem", "own.pem", "own-key.pem", "pin", "module.so"] {
        let path = folder.path().join(name);
        std::fs::write(&path, "there").expect("written");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).expect("guarded");
    }
    let text = format!("deployment = \"development\"\n{sections}");
    let read = service_runtime::config::parse(&text, folder.path(), Config::read);
    read.expect_err("sections are missing").to_string()
}

fn platform(name: &str) -> String {
    format!(
        "[backends.{name}]\nkind = \"platform\"\naddress = \"eseal.example.cn:443\"\nca = \"ca.pem\"\n\
         certificate = \"own.pem\"\nkey = \"own-key.pem\"\n"
    )
}

const MODULE: &str =
    "[backends.hsm]\nkind = \"pkcs11\"\nmodule = \"module.so\"\ntoken = \"jianzheng\"\npin_file = \"pin\"\n";

#[track_caller]
fn says(faults: &str, expected: &str) {
    assert!(faults.contains(expected), "{faults}");
}

#[test]
fn one_platform_at_most_and_for_ofd_only() {
    let two = faults(&format!("{}{}", platform("a"), platform("b")));
    says(&two, "may name one external e-seal platform");
    let pdf = faults(&platform("a"));
    says(
        &pdf,
        "profiles.original.pdf: an e-seal platform seals OFD documents only",
    );
    assert!(!pdf.contains("profiles.original.ofd"), "{pdf}");
}

#[test]
fn every_profile_names_a_backend_that_can() {
    let unknown = "[profiles.original]\nofd = \"hsm\"\n";
    says(&faults(unknown), "profiles.original.ofd: names no backend");
    says(
        &faults(MODULE),
        "profiles.use_copy.ofd: that backend has no sm2_mechanism",
    );
    let own = format!("{MODULE}sm2_mechanism = 0x1041\n");
    says(
        &faults(&own),
        "backends.hsm.sm2_mechanism: must be a vendor's number",
    );
    let able = faults(&format!("{MODULE}sm2_mechanism = 0x80000301\n"));
    assert!(!able.contains("profiles") && !able.contains("backends"), "{able}");
    let label = format!("{MODULE}key_label = \"fixed\"\n");
    says(&faults(&label), "backends.hsm.key_label: must contain {key}");
}

#[test]
fn officers_are_two() {
    let one = "[officers]\nclients = [\"seal-officer-a\"]\n";
    says(&faults(one), "officers.clients: must name at least two");
}
