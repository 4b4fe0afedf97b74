//! The page of reason codes says what the code says.

#[test]
fn the_page_of_errors_is_the_code_s_own() {
    let page = include_str!("../../../docs/errors.md");
    assert_eq!(
        page,
        jianzheng::admin::reasons::page(),
        "refresh it: jianzheng admin reasons > docs/errors.md"
    );
}
