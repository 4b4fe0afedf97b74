use proptest::prelude::*;

use super::*;
use crate::reason::Reason;

fn name(raw: &str) -> PersonName {
    PersonName::parse(raw).expect("a name")
}

#[test]
fn spellings_of_one_name_become_one() {
    assert_eq!(name(" 张　三 "), name("张三"));
    for dot in ["·", "•", "．", ".", "・", "‧", " · "] {
        assert_eq!(name(&format!("阿卜杜拉{dot}买买提")), name("阿卜杜拉·买买提"));
    }
    assert_eq!(name("ＪＯＨＮ　 SMITH").expose(), "JOHN SMITH");
    assert_eq!(name("王\u{200b}\u{E863}").expose(), "王䶮");
    assert_eq!(name("e\u{301}lodie").expose(), "élodie");
}

#[test]
fn matching_is_exact_after_folding() {
    assert!(name("John Smith").matches(&name("JOHN  SMITH")));
    assert!(name("葛\u{E0100}明").matches(&name("葛明")));
    assert!(!name("张三").matches(&name("張三")));
}

#[test]
fn rare_characters_survive() {
    for raw in ["𬭚𠮷㛃", "王𱁬", "王䶮", "王頔"] {
        assert_eq!(name(raw).expose(), raw);
    }
}

#[test]
fn each_fault_has_its_reason() {
    for (raw, reason) in [
        ("  ", "NAME_EMPTY"),
        ("··", "NAME_EMPTY"),
        ("张3", "NAME_CHARACTER"),
        ("张\u{7}三", "NAME_CHARACTER"),
        ("张\u{E000}", "NAME_PRIVATE_USE_CHARACTER"),
    ] {
        assert_eq!(PersonName::parse(raw).expect_err(raw).reason(), reason);
    }
    assert_eq!(PersonName::parse(&"王".repeat(51)), Err(NameError::TooLong));
    let text = PersonName::parse("张\u{E000}").expect_err("private use").text();
    assert!(text.zh.contains("U+E000") && !text.zh.contains('张'));
}

#[test]
fn the_public_sees_the_family_name_only() {
    for (full, family) in [
        ("张三", "张"),
        ("欧阳修文", "欧阳"),
        ("东方", "东"),
        ("阿卜杜拉·买买提", "买买提"),
        ("JOHN SMITH", "SMITH"),
        ("𠮷野", "𠮷"),
    ] {
        assert_eq!(name(full).family_name(), family);
    }
}

#[test]
fn a_name_never_shows_itself() {
    assert!(!format!("{:?} {:?}", name("张三"), name("张三").matching_key()).contains('张'));
}

proptest! {
    #[test]
    fn parsing_is_idempotent(raw in "\\PC{0,60}") {
        if let Ok(first) = PersonName::parse(&raw) {
            prop_assert_eq!(&PersonName::parse(first.expose()).expect("canonical"), &first);
            prop_assert!(first.expose().contains(first.family_name()));
        }
    }
}
