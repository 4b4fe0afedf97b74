//! An application follows the registration that it rests on to the successor of the employer.

use super::*;

fn employer(n: u128) -> EmployerId {
    EmployerId::from_uuid(uuid(n))
}

#[test]
fn an_open_renewal_goes_on_with_the_successor_as_it_stands() {
    let (old, heir) = (employer(3), employer(4));
    let draft = moved(Application::create(
        new(ApplicationType::Renewal, HYDROPOWER),
        account(10),
        at(0),
    ));
    let pending = moved(draft.clone().request_employment(account(10), at(1)));
    let confirmed = moved(pending.confirm_employment(account(11), at(2)));
    for stands in [draft, confirmed] {
        let state = stands.state().clone();
        let (followed, event) = stands
            .follow_employer((old, heir), at(3))
            .expect("it rests on the old employer");
        assert_eq!((followed.employer, followed.state()), (heir, &state));
        assert_eq!(
            (event.act, event.from, event.to),
            (Act::FollowEmployer, state.kind(), state.kind())
        );
        assert_eq!(event.actor, Actor::System);
        assert_eq!(
            refused(followed.follow_employer((old, heir), at(4))),
            "APPLICATION_STATE",
            "once"
        );
    }
}

#[test]
fn a_change_leaves_the_successor_and_whoever_is_not_registered_follows_nobody() {
    let (old, heir) = (employer(8), employer(4));
    let leaving = NewApplication {
        previous_employer: Some(old),
        ..new(ApplicationType::Change, HYDROPOWER)
    };
    let draft = moved(Application::create(leaving, account(10), at(0)));
    let goes_to = draft.employer;
    let followed = moved(draft.clone().follow_employer((old, heir), at(1)));
    assert_eq!(
        (followed.employer, followed.previous_employer),
        (goes_to, Some(heir))
    );
    assert_eq!(
        refused(draft.follow_employer((goes_to, heir), at(1))),
        "APPLICATION_STATE",
        "nothing rests on the employer to come"
    );
    let initial = moved(Application::create(
        new(ApplicationType::Initial, HYDROPOWER),
        account(10),
        at(0),
    ));
    assert_eq!(
        refused(initial.follow_employer((employer(3), heir), at(1))),
        "APPLICATION_STATE"
    );
}
