use std::time::Duration;

use domain::province::Province;

use super::*;
use crate::fixture;

fn register() -> (Model, AsOf, Timestamp) {
    let model = fixture::empty();
    for ordinal in 0..20 {
        fixture::tell_person(&model, ordinal);
    }
    model.apply(fixture::heartbeat(&model)).expect("a heartbeat");
    let now = fixture::recorded_at();
    let as_of = model.marks.as_of(now, Duration::from_secs(1)).expect("caught up");
    (model, as_of, now)
}

fn ask(document: u32, name: u32) -> (Answer, Effort) {
    let (model, as_of, now) = register();
    let mut effort = Effort::default();
    let subject = Subject::Document(fixture::document(document));
    let answer = answer(
        &model,
        &subject,
        Some(&fixture::name(name)),
        false,
        now,
        as_of,
        &mut effort,
    );
    (answer, effort)
}

#[test]
fn a_number_of_nobody_and_a_wrong_name_are_one_answer_at_one_cost() {
    let (absent, absent_effort) = ask(900, 3);
    let (mismatched, mismatched_effort) = ask(3, 4);
    assert_eq!(absent, mismatched);
    assert_eq!(absent, Answer::not_found(absent.as_of));
    assert_eq!(absent_effort, mismatched_effort);
    let whole = Effort {
        digests: 2,
        probes: 1,
        reads: 1,
        comparisons: 1,
    };
    assert_eq!(
        absent_effort, whole,
        "a look-up by document number does all of its work"
    );
    let (found, _) = ask(3, 3);
    assert_eq!(found.verdict, domain::standing::Verdict::Valid);
    assert_eq!(found.name_matches, Some(true));
}

#[test]
fn the_old_form_and_an_old_prefix_are_named_as_such() {
    let number = fixture::number(1);
    let now = number.to_string();
    assert_eq!(number_findings(number, Generation::Long, &now), []);
    let old = number_findings(number, Generation::Short, &now);
    assert_eq!(
        old.iter()
            .map(|finding| finding.reason.as_str())
            .collect::<Vec<_>>(),
        ["NUMBER_OLD_FORM"]
    );
    let shanghai = Province::from_code("31").expect("a province");
    let moved = number_findings(number.moved_to(shanghai), Generation::Long, &now);
    assert_eq!(moved[0].reason, "NUMBER_PREFIX_SUPERSEDED");
    assert!(moved[0].text.zh.contains(&now) && moved[0].subject == now);
}
