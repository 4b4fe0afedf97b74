//! The pages of reason codes, of callers and of availability say what the code says.

use std::collections::BTreeSet;

use prost::Message as _;
use prost_types::FileDescriptorSet;

#[test]
fn the_page_of_errors_is_the_code_s_own() {
    let page = include_str!("../../../docs/errors.md");
    assert_eq!(
        page,
        jianzheng::admin::reasons::page(),
        "refresh it: jianzheng admin reasons > docs/errors.md"
    );
}

#[test]
fn the_page_of_callers_is_the_code_s_own_and_no_method_of_any_service_lacks_a_row() {
    let page = include_str!("../../../docs/callers.md");
    assert_eq!(
        page,
        jianzheng::admin::callers::page(),
        "refresh it: jianzheng admin callers > docs/callers.md"
    );
    let set = FileDescriptorSet::decode(api::FILE_DESCRIPTOR_SET).expect("descriptors");
    let mut methods = BTreeSet::new();
    // The project authority's is another system: ours call it, and serve nothing of it.
    for file in set
        .file
        .iter()
        .filter(|file| file.package() != "jianzheng.project.v1")
    {
        for service in &file.service {
            let package = file.package().trim_start_matches("jianzheng.");
            let of = |method: &str| format!("{package}.{}/{method}", service.name());
            methods.extend(service.method.iter().map(|method| of(method.name())));
        }
    }
    let row = |line: &str| Some(line.strip_prefix("| `")?.split_once('`')?.0.to_owned());
    let rows: BTreeSet<String> = page.lines().filter_map(row).collect();
    assert_eq!(rows, methods, "every method has a row, and every row is a method");
}

#[test]
fn the_page_of_availability_is_the_code_s_own_and_every_case_has_a_test() {
    let page = include_str!("../../../docs/availability.md");
    assert_eq!(
        page,
        jianzheng::admin::availability::page(),
        "refresh it: jianzheng admin availability > docs/availability.md"
    );
    let tests = include_str!("../../../services/registration/tests/registration/availability.rs");
    for step in domain::availability::AvailabilityStep::ALL {
        assert!(tests.contains(&format!("Step::{step:?}")), "{step:?} has no test");
    }
}
