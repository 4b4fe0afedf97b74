//! The pages of reason codes and of availability say what the code says.

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
