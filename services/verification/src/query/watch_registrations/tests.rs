use domain::province::Province;
use domain::registration_number::RegistrationNumber;

use super::filter::{Filter, Granted, MOST_NUMBERS};
use crate::fixture::{self, tell_person};
use crate::model::Model;

const CODE: &str = domain::credit_code::CreditCode::SPECIMEN_AUTHORITY;

fn granted(scopes: &[&str]) -> Granted {
    let scopes: Vec<String> = scopes.iter().map(|scope| (*scope).to_owned()).collect();
    Granted::of(&scopes)
}

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn matches(model: &Model, filter: &Filter, number: RegistrationNumber) -> bool {
    let slot = model.by_number(number).expect("known");
    model.read(slot, |person| {
        person.entry().is_some_and(|entry| filter.matches(model, entry))
    })
}

#[test]
fn nobody_sees_more_than_the_scopes_say() {
    let model = fixture::empty();
    tell_person(&model, 1);
    let number = fixture::number(1);
    let employer = format!("feed:employer:{}", CODE.to_ascii_lowercase());
    for (scopes, provinces, employers, seen) in [
        (&["feed:province:32"][..], &[][..], &[][..], true),
        (&["feed:province:33"], &[], &[], false),
        (&["feed:province:32", "feed:province:33"], &["33"], &[], false),
        (
            &["feed:province:32", "feed:province:33"],
            &["33", "32"],
            &[],
            true,
        ),
        (&[&employer], &[], &[], true),
        (&["feed:all"], &[], &[], true),
        (&["feed:all"], &["33"], &[], false),
        (&["feed:all"], &["33"], &[CODE], true),
    ] {
        let filter = Filter::new(granted(scopes), &owned(provinces), &owned(employers), &[]);
        let filter = filter.unwrap_or_else(|refusal| panic!("{scopes:?}: {refusal}"));
        assert_eq!(
            matches(&model, &filter, number),
            seen,
            "{scopes:?} {provinces:?} {employers:?}"
        );
    }
    for (scopes, provinces, employers) in [
        (&["feed"][..], &["32"][..], &[][..]),
        (&["feed:province:33"], &["32"], &[]),
        (&["feed:province:32"], &[], &[CODE]),
        (&["feed:employer:91320000000000000x"], &[], &[CODE]),
        (&["feed:names", "feed:province:"], &["32"], &[]),
    ] {
        let refused = Filter::new(granted(scopes), &owned(provinces), &owned(employers), &[]);
        assert_eq!(
            refused.err().map(|refusal| refusal.name()).as_deref(),
            Some("NOT_GRANTED"),
            "{scopes:?}"
        );
    }
}

#[test]
fn numbers_are_watched_by_their_digits_and_without_a_grant_but_not_without_end() {
    let model = fixture::empty();
    tell_person(&model, 1);
    tell_person(&model, 2);
    let shanghai = Province::from_code("31").expect("a province");
    let moved = fixture::number(1).moved_to(shanghai).to_string();
    for number in [fixture::number(1).to_string(), fixture::number(1).short(), moved] {
        let filter = Filter::new(granted(&["feed"]), &[], &[], &[number]).expect("anybody may ask about it");
        assert!(
            matches(&model, &filter, fixture::number(1)) && !matches(&model, &filter, fixture::number(2))
        );
    }
    let many = vec![fixture::number(1).to_string(); MOST_NUMBERS + 1];
    assert!(Filter::new(granted(&["feed"]), &[], &[], &many).is_err());
    assert!(
        Filter::new(granted(&["feed"]), &[], &[], &[]).is_err(),
        "nothing is granted and nothing is stated"
    );
}
